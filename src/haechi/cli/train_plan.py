"""`haechi train plan` and `haechi train presets`: what a run will take, and settings for well-known models."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from haechi.cli.korean_click import OneOf, PositiveInt
from haechi.cli.session import HaechiCommand, Session, pass_session
from haechi.cli.texts import t
from haechi.cli.train_common import choose_settings, setting_options

_file = click.Path(path_type=Path, dir_okay=False)


@click.command("plan", cls=HaechiCommand)
@click.option(
    "--kind", type=OneOf(("sft", "dpo", "reward", "ppo", "grpo")), default="sft", show_default=True,
    help=t("학습의 종류.", "Which trainer."),
)  # fmt: skip
@click.option(
    "--data", multiple=True, type=_file, metavar=t("파일", "FILE"),
    help=t("학습 자료. 없으면 --max-tokens 길이의 행으로 셈합니다.", "Data; else rows of --max-tokens are assumed."),
)  # fmt: skip
@click.option("--preset", metavar=t("이름", "NAME"), help=t("haechi train presets의 이름.", "A preset's name."))
@click.option(
    "--device", type=OneOf(("auto", "cpu", "card")), default="auto", show_default=True,
    help=t("어디서 학습할지. card는 GPU 한 장.", "Where it trains; card is one GPU."),
)  # fmt: skip
@click.option("--memory", "budget_gb", type=float, metavar="GB", help=t("쓸 수 있는 메모리.", "Memory at hand."))
@click.option("--speed", type=float, help=t("초당 토큰. 시간을 이것으로 셈합니다.", "Tokens a second, for the time."))
@setting_options()
@pass_session
def plan_command(
    session: Session,
    /,
    kind: str,
    data: tuple[Path, ...],
    preset: str | None,
    device: str,
    budget_gb: float | None,
    speed: float | None,
    **chosen: Any,
) -> int:
    """학습에 들 메모리와 시간을 어림하고 들어가는지 알려 줍니다. 모델을 불러오지 않습니다."""
    from haechi.training.needs import require_training

    require_training()
    from haechi.cli.plan_text import plan_text
    from haechi.training.plan import plan_training, shape_from
    from haechi.training.presets import read_preset

    settings = choose_settings(kind, preset, chosen)
    shape = None
    if preset:
        if device == "auto":
            device = "card"
        if not chosen.get("base"):
            from transformers import AutoConfig

            found = dict(read_preset(preset).shape)
            shape = shape_from(AutoConfig.for_model(found.pop("model_type"), **found))
    rows: list[dict[str, Any]] = []
    if data:
        from haechi.training.data_formats import read_any

        rows = [row for file in data for row in read_any(file)[1]]
    plan = plan_training(kind, rows, settings, shape=shape, device=device, budget_gb=budget_gb, speed=speed)
    text = plan_text(plan)
    if preset:
        text = f"{_measured(read_preset(preset).measured)}\n{text}"
    session.finish({"settings": settings.record(), **plan.record()}, text)
    return 0 if plan.fits else 1


@click.command("presets", cls=HaechiCommand)
@click.argument("name", required=False, metavar=t("[이름]", "[NAME]"))
@click.option(
    "--write", type=click.Path(path_type=Path, file_okay=False), metavar=t("폴더", "FOLDER"),
    help=t("GPU 여러 장을 위한 Accelerate·DeepSpeed 설정 파일을 씁니다.", "Write configurations for several cards."),
)  # fmt: skip
@click.option("--cards", type=PositiveInt(2), default=2, show_default=True, help=t("--write의 GPU 수.", "GPUs."))
@pass_session
def presets_command(session: Session, /, name: str | None, write: Path | None, cards: int) -> None:
    """잘 알려진 모델을 24 GB GPU 한 장에서 학습하는 설정을 보입니다. 쓰기: haechi train sft --preset 이름."""
    from haechi.training.presets import preset_names, read_preset, write_configs

    if write is not None:
        written = write_configs(write, cards)
        run = f"accelerate launch --config_file {write}/accelerate_ddp.yaml -m haechi.cli train sft …"
        lines = [str(file) for file in written]
        lines.append(t(f"쓰기: {run}", f"Use: {run}"))
        lines.append(_measured(False))
        session.finish({"files": [str(file) for file in written], "measured": False}, "\n".join(lines))
        return
    found = [read_preset(one) for one in ([name] if name else preset_names())]
    lines = []
    for preset in found:
        lines.append(f"{preset.name}: {preset.title}  [{_measured(preset.measured)}]")
        lines.append(t(f"    라이선스: {preset.licence}. {preset.licence_note}", f"    licence: {preset.licence}"))
        if name:
            lines.append(f"    {preset.note}")
            lines.append(t(f"    바탕 모델: {preset.source}", f"    base: {preset.source}"))
            lines += [f"    {key} = {value}" for key, value in preset.record()["settings"].items()]
            lecture = t("강의의 값", "the lecture's")
            lines += [f"    {lecture} {key} = {value}" for key, value in preset.seen.items()]
            lines.append(f"    haechi train sft --preset {preset.name} --base FOLDER --data FILE")
    session.finish({"presets": [preset.record() for preset in found]}, "\n".join(lines))


def _measured(measured: bool) -> str:
    return t("이 기계에서 잼", "measured here") if measured else t("이 기계에서 재지 않음", "not measured here")

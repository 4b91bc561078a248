"""`haechi models export` and `card`: trained runs into the registry, and what is known of a model."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from haechi.cli.progress import step_bar
from haechi.cli.session import HaechiCommand, Session, pass_session
from haechi.cli.texts import t

_folder = click.Path(path_type=Path, exists=True)


@click.command("export", cls=HaechiCommand)
@click.argument("runs", metavar=t("학습결과…", "RUN…"), nargs=-1, required=True, type=_folder)
@click.option(
    "--name",
    default="",
    help=t("등록할 이름. 없으면 마지막 학습 폴더의 이름.", "The name; else the run's."),
)
@click.option(
    "--base",
    default="",
    metavar=t("모델", "MODEL"),
    help=t("학습한 원래 모델. 없으면 학습 기록에 적힌 것.", "The base; else what the run's card states."),
)
@click.option(
    "--as",
    "form",
    type=click.Choice(["adapter", "merged", "npz"]),
    default="adapter",
    show_default=True,
    help=t(
        "adapter(LoRA GGUF), merged(원래 모델과 합친 GGUF), npz(weights/에 둘 작은 파일).",
        "adapter (LoRA GGUF), merged (one GGUF with the base), npz (the small file for weights/).",
    ),
)
@click.option(
    "--type",
    "kind",
    default="",
    metavar="TYPE",
    help=t(
        "수의 형식. adapter: f16(기본), q8_0, f32. merged: q8_0(기본), f16, f32. npz: int8(기본), f16.",
        "adapter: f16 (default), q8_0, f32; merged: q8_0 (default), f16, f32; npz: int8 (default), f16.",
    ),
)
@click.option(
    "--hf",
    is_flag=True,
    help=t("merged: Hugging Face 폴더로도 합칩니다.", "With merged: a merged Hugging Face folder as well."),
)
@click.option(
    "--out",
    type=click.Path(path_type=Path, file_okay=False),
    metavar=t("폴더", "FOLDER"),
    help=t("결과를 둘 폴더. 없으면 모델 폴더의 own/이름.", "Where it goes; else own/NAME in the models folder."),
)
@click.option("--licence", default="", help=t("라이선스. 없으면 원래 모델의 것.", "Its licence; else the base's."))
@click.option(
    "--scale",
    type=float,
    help=t("alpha/rank가 적혀 있지 않은 어댑터의 배율.", "The scale of an adapter that does not state alpha/rank."),
)
@click.option(
    "--check",
    "prompts",
    type=click.Path(path_type=Path, dir_okay=False, exists=True),
    metavar=t("파일", "FILE"),
    help=t(
        "한 줄에 하나씩인 질문으로 torch와 llama.cpp의 답을 토큰마다 견줍니다.",
        "Questions, one a line, on which torch and llama.cpp are compared token for token.",
    ),
)
@click.option(
    "--check-tokens",
    type=click.IntRange(1, 512),
    default=32,
    show_default=True,
    help=t("견줄 답의 길이(토큰).", "Length of the compared answers in tokens."),
)
@pass_session
def export_command(
    session: Session, /, runs: tuple[Path, ...], prompts: Path | None, check_tokens: int, **chosen: Any
) -> None:
    """학습 결과를 llama.cpp로 답할 모델로 내보내고 등록합니다. 여럿이면 학습한 차례로(SFT, 그다음 DPO)."""
    from haechi.training.needs import require_torch

    require_torch()
    from haechi.training.export_run import Request, export_run

    lines = prompts.read_text(encoding="utf-8-sig").splitlines() if prompts else []
    check = tuple(line.strip() for line in lines if line.strip())
    last = runs[-1].resolve()
    chosen["name"] = chosen["name"] or (last.parent.name if last.name == "adapter" else last.stem)
    request = Request(runs=runs, check=check, check_tokens=check_tokens, **chosen)
    with step_bar(t("내보내기", "export")) as bar:
        card = export_run(request, tell=None if bar is None else lambda stage, done, total: bar(done, total))
    session.finish(card, _told(card, request.form))


def _told(card: dict[str, Any], form: str) -> str:
    size = card["file"]["size"] / 1e6
    lines = [t(f"내보냈습니다: {card['path']} ({size:.1f} MB)", f"Exported: {card['path']} ({size:.1f} MB)")]
    lines += [t(f"확인하지 못한 것: {remark}", f"not checked: {remark}") for remark in card.get("remarks", [])]
    found = card.get("agreement")
    if found:
        lines.append(
            t(
                f"torch와 llama.cpp: 답 {found['prompts']}개 중 {found['same_answers']}개가 토큰까지 같음",
                f"torch and llama.cpp: {found['same_answers']} of {found['prompts']} answers the same to the token",
            )
        )
        for one in found["differences"]:
            where = f"#{one['prompt'] + 1}, {one['position']}"
            tokens = f"{one['torch_token']!r} / {one['llama_token']!r}"
            lines.append(
                t(
                    f"    첫 차이 {where}번째 토큰: {tokens}, 점수 차 {one['gap']}",
                    f"    {where}: {tokens} {one['gap']}",
                )
            )
    if form == "npz":
        small = card.get("fits_weights")
        lines.append(t("30 MB 이하", "at most 30 MB") if small else t("30 MB를 넘습니다", "more than 30 MB"))
    elif form == "adapter":
        lines.append(f'haechi.toml:\n[llm]\nmodel = "{card["base"]["name"]}"\nadapter = "{card["name"]}"')
    elif card["file"]["sha256"]:
        lines.append(f'haechi.toml:\n[llm]\nmodel = "{card["name"]}"')
    lines.append(t(f"카드: haechi models card {card['name']}", f"Card: haechi models card {card['name']}"))
    return "\n".join(lines)


@click.command("card", cls=HaechiCommand)
@click.argument("name", metavar=t("이름", "NAME"))
@pass_session
def card_command(session: Session, name: str) -> None:
    """모델 카드를 보입니다: 원래 모델, 라이선스, 데이터의 해시, 수치, 다시 만드는 명령, SHA-256."""
    from haechi.models.model_cards import card_of, card_text

    card = card_of(name)
    session.finish(card, card_text(card))

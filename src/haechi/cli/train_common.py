"""What the commands that train a language model share: their options, reading data, the plan, and how they end."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

from haechi.cli.card import held_card
from haechi.cli.interrupt import stop_on_interrupt
from haechi.cli.korean_click import OneOf, PositiveInt
from haechi.cli.progress import training_bar
from haechi.cli.session import Session, note
from haechi.cli.texts import t

if TYPE_CHECKING:
    from haechi.training.train_settings import TrainSettings

F = TypeVar("F", bound=Callable[..., Any])
_file = click.Path(path_type=Path, dir_okay=False)
_folder = click.Path(path_type=Path, file_okay=False)


def data_options(what: str) -> Callable[[F], F]:
    """--data, --dev, --dev-share, --out, --preset, --resume and --dry-run; `what` says what a row holds."""
    return _all(
        click.option(
            "--data",
            multiple=True,
            required=True,
            type=_file,
            metavar=t("파일", "FILE"),
            help=t(f"학습 자료({what}; JSONL·JSON·CSV). 여러 번 쓸 수 있습니다.", f"Training data ({what})."),
        ),
        click.option(
            "--dev",
            multiple=True,
            type=_file,
            metavar=t("파일", "FILE"),
            help=t("검증 자료. 없으면 --dev-share만큼 떼어 둡니다.", "Validation data; else --dev-share is held out."),
        ),
        click.option(
            "--dev-share",
            type=float,
            default=0.1,
            show_default=True,
            help=t("검증에 떼어 둘 몫. 같은 질문은 한쪽에만 둡니다.", "Share held out, by prompt."),
        ),
        click.option(
            "--out",
            type=_folder,
            metavar=t("폴더", "FOLDER"),
            help=t("결과를 둘 폴더. 없으면 haechi-runs 아래.", "Where the result goes; else under haechi-runs."),
        ),
        click.option("--preset", metavar=t("이름", "NAME"), help=t("haechi train presets의 이름.", "A preset's name.")),
        click.option("--resume", is_flag=True, help=t("멈춘 학습을 이어서 합니다.", "Go on with an interrupted run.")),
        click.option("--dry-run", is_flag=True, help=t("확인하고 계획만 보입니다.", "Check and plan only.")),
    )


def setting_options() -> Callable[[F], F]:
    """One option for every field of TrainSettings that a person sets; unset ones are left to the defaults."""
    from haechi.training.train_settings import DTYPES, METHODS, SCHEDULERS

    number = PositiveInt(1)
    return _all(
        click.option(
            "--base",
            metavar=t("모델", "MODEL"),
            help=t("바탕 모델: 이름, 폴더, GGUF. 없으면 기본 답변 모델.", "Base: name, folder or GGUF file."),
        ),
        click.option("--method", type=OneOf(METHODS), help=t("full, lora, qlora(4비트).", "full, lora or qlora.")),
        click.option("--rank", type=number, help=t("LoRA의 방향 수.", "LoRA rank.")),
        click.option("--alpha", type=number, help=t("LoRA의 세기(alpha).", "LoRA alpha.")),
        click.option("--dropout", type=float, help=t("LoRA의 드롭아웃.", "LoRA dropout.")),
        click.option("--targets", help=t("바꿀 모듈 이름(쉼표) 또는 auto.", "Module names with commas, or auto.")),
        click.option("--layers", help=t("바꿀 층: all이나 'upper 8'.", "Layers: all or 'upper 8'.")),
        click.option("--lr", type=float, help=t("학습률.", "Learning rate.")),
        click.option("--epochs", type=float, help=t("자료를 몇 번 볼지.", "Passes over the data.")),
        click.option("--max-steps", type=PositiveInt(0), help=t("단계 수(0이면 --epochs).", "Steps (0: by --epochs).")),
        click.option("--batch", type=number, help=t("한 번에 읽을 행.", "Rows read at a time.")),
        click.option("--accumulate", type=number, help=t("한 단계에 모을 횟수.", "Batches that make a step.")),
        click.option("--max-tokens", type=PositiveInt(8), help=t("질문과 답의 토큰 한도.", "Tokens of a row at most.")),
        click.option("--warmup", type=float, help=t("학습률을 올릴 단계의 몫.", "Share of the steps that warm up.")),
        click.option("--weight-decay", type=float, help=t("가중치 감쇠.", "Weight decay.")),
        click.option("--grad-norm", type=float, help=t("기울기의 한도.", "Largest gradient norm.")),
        click.option("--scheduler", type=OneOf(SCHEDULERS), help=t("학습률을 낮추는 꼴.", "Learning rate schedule.")),
        click.option("--optimizer", help=t("최적화기(transformers의 이름).", "Optimizer, as transformers names it.")),
        click.option("--seed", type=PositiveInt(0), help=t("난수의 씨.", "Seed.")),
        click.option("--save-every", type=number, help=t("저장하고 검증할 간격(단계).", "Steps between checkpoints.")),
        click.option(
            "--patience", type=PositiveInt(0), help=t("나아지지 않아도 참을 검증 수(0: 끝까지).", "Early stop.")
        ),
        click.option(
            "--grad-checkpointing/--no-grad-checkpointing",
            default=None,
            help=t("메모리를 줄이고 시간을 더 씁니다.", "Less memory, more time."),
        ),
        click.option("--dtype", type=OneOf(DTYPES), help=t("계산할 정밀도.", "Precision.")),
        click.option("--threads", type=PositiveInt(0), help=t("CPU 스레드(0: 알아서).", "CPU threads (0: by itself).")),
    )


def read_data(
    kind: str, data: Sequence[Path], dev: Sequence[Path], share: float, seed: int
) -> tuple[list[dict[str, Any]], list[dict[str, Any]], dict[str, str]]:
    """Rows to train on, rows to validate on, and the files' SHA-256 by name. Raises InputError."""
    from haechi.errors import InputError
    from haechi.models.assemble import sha256_of
    from haechi.training.data_formats import prompt_key, read_any, split_by
    from haechi.training.train_rows import check_rows

    rows = [row for file in data for row in read_any(file)[1]]
    held = [row for file in dev for row in read_any(file)[1]]
    check_rows(kind, rows)
    check_rows(kind, held)
    if held:
        known = {prompt_key(row) for row in held}
        shared = [row for row in rows if prompt_key(row) in known]
        if shared:
            raise InputError(
                f"학습 자료와 검증 자료에 같은 질문이 {len(shared)}개 있습니다. 한쪽에서 빼세요: haechi data clean",
                f"{len(shared)} prompts stand in both training and validation data; remove them: haechi data clean",
            )
    elif share > 0:
        rows, held = split_by(rows, share=share, seed=seed)
    return rows, held, {file.name: sha256_of(file) for file in (*data, *dev)}


def choose_settings(kind: str, preset: str | None, chosen: Mapping[str, Any]) -> TrainSettings:
    """Defaults, the preset's values, then the options given. Raises InputError."""
    from haechi.training.presets import read_preset
    from haechi.training.train_settings import settings_for

    return settings_for(kind, chosen, read_preset(preset).settings(kind) if preset else None)


def check_base(session: Session, base: str) -> None:
    """Raises when the base is not on this machine, or its licence does not fit the home's project, if in a home."""
    from haechi.errors import HomeError
    from haechi.models.bundled import check_licence
    from haechi.training.llm_base import find_base

    found = find_base(base)
    try:
        project = session.config().project
    except HomeError:
        return
    name = str(found) if found.is_dir() else base
    check_licence(name, commercial=project.commercial, allow_research=project.allow_research_models)


def interrupted_text(card: Mapping[str, Any]) -> str:
    """How far a stopped training came, and how to go on."""
    return t(
        f"멈추었습니다({card['steps']}/{card['of']}단계). 이어서 하기: 같은 명령에 --resume",
        f"Interrupted at step {card['steps']} of {card['of']}; to go on: the same command with --resume",
    )


def default_out(kind: str, data: Sequence[Path]) -> Path:
    """The run folder when none is given: the same for the same command, so that --resume finds it."""
    return Path("haechi-runs") / f"{kind}-{data[0].stem}"


def run_training(
    session: Session,
    kind: str,
    train: Callable[..., dict[str, Any]],
    rows: Sequence[Mapping[str, Any]],
    dev_rows: Sequence[Mapping[str, Any]],
    out: Path,
    settings: TrainSettings,
    *,
    resume: bool,
    dry_run: bool,
    show: Callable[[Mapping[str, Any]], str],
    after: Callable[[Path], str],
    **more: Any,
) -> int:
    """Print the plan, train, and tell the result; the exit status. `show` writes figures, `after` the next command."""
    from haechi.cli.plan_text import plan_text
    from haechi.training.plan import plan_training
    from haechi.training.train_run import is_main

    plan = plan_training(kind, rows, settings)
    if not plan.fits:
        note(
            t(
                "메모리가 모자랄 수 있습니다. 줄이기: --batch 1, --max-tokens, --dtype bfloat16, --grad-checkpointing, "
                "--layers 'upper 8', --method qlora",
                "Memory may not suffice; use less: --batch 1, --max-tokens, --dtype bfloat16, --grad-checkpointing, "
                "--layers 'upper 8', --method qlora",
            )
        )
    if dry_run:
        session.finish({"settings": settings.record(), "out": str(out), **plan.record()}, plan_text(plan))
        return 0
    if is_main():
        note(plan_text(plan))
        note(t(f"결과 폴더: {out}", f"Run folder: {out}"))
    with held_card(f"haechi train {kind}"), training_bar() as report, stop_on_interrupt() as stop:
        card = train(rows, dev_rows, out, settings, resume=resume, report=report, stop=stop, **more)
    share = t(
        f"학습한 가중치: {card['trainable_parameters']:,}개({card['trainable_share']:.2%})",
        f"trained weights: {card['trainable_parameters']:,} ({card['trainable_share']:.2%})",
    )
    if card["interrupted"]:
        text = interrupted_text(card)
    else:
        before = show(card["before"]) if card["before"] else t("없음", "none")
        now = show(card["after"]) if card["after"] else t("없음", "none")
        text = t(
            f"학습했습니다: {out / card['result']} ({card['seconds']:.0f}초, 최대 {card['peak_memory_mb']:.0f} MB)\n"
            f"{share}\n검증: {before} → {now}\n그림: {out / 'curves.png'}\n{after(out)}",
            f"Trained: {out / card['result']} ({card['seconds']:.0f} s, peak {card['peak_memory_mb']:.0f} MB)\n"
            f"{share}\nValidation: {before} → {now}\nCurves: {out / 'curves.png'}\n{after(out)}",
        )
    if is_main():
        session.finish(card, text)
    return 130 if card["interrupted"] else 0


def _all(*options: Callable[[F], F]) -> Callable[[F], F]:
    def add(function: F) -> F:
        for option in reversed(options):
            function = option(function)
        return function

    return add

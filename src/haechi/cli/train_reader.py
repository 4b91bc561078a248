"""`haechi train reader`: an adapter with which a small model answers short and cited, on a machine without a card."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from haechi.cli.card import held_card
from haechi.cli.interrupt import stop_on_interrupt
from haechi.cli.korean_click import PositiveInt
from haechi.cli.progress import training_bar
from haechi.cli.session import Session, pass_session
from haechi.cli.texts import t
from haechi.cli.train_common import check_base, interrupted_text

_file = click.Path(path_type=Path, dir_okay=False)


@click.command("reader")
@click.option(
    "--rows",
    multiple=True,
    required=True,
    type=_file,
    metavar=t("파일", "FILE"),
    help=t("질문 파일(JSONL: question, passages, answer). 여러 번 쓸 수 있습니다.", "Questions over passages (JSONL)."),
)
@click.option(
    "--dev",
    multiple=True,
    type=_file,
    metavar=t("파일", "FILE"),
    help=t("검증 질문. 끝나고 한 번 잽니다.", "Questions to validate with, once at the end."),
)
@click.option(
    "--base",
    metavar=t("모델", "MODEL"),
    help=t("바탕 모델: 이름, 폴더, GGUF. 없으면 기본 답변 모델.", "Base: name, folder or GGUF file."),
)
@click.option(
    "--start",
    type=_file,
    metavar=t("파일", "FILE"),
    help=t("이어서 고칠 어댑터(adapter.safetensors).", "The adapter.safetensors of a run to go on from."),
)
@click.option(
    "--out",
    required=True,
    type=click.Path(path_type=Path, file_okay=False),
    metavar=t("폴더", "FOLDER"),
    help=t("결과를 둘 폴더.", "Where the result goes."),
)
@click.option("--epochs", type=float, default=1.0, show_default=True, help=t("질문을 몇 번 볼지.", "Passes."))
@click.option("--rank", type=PositiveInt(1, 512), default=16, show_default=True, help=t("바꿀 방향 수.", "Rank."))
@click.option("--layers", type=PositiveInt(1, 200), default=12, show_default=True, help=t("바꿀 위층.", "Layers."))
@click.option(
    "--questions", type=PositiveInt(1), default=16, show_default=True, help=t("한 단계의 질문 수.", "Questions a step.")
)
@click.option("--lr", type=float, default=4e-4, show_default=True, help=t("학습률.", "Learning rate."))
@click.option("--seed", type=PositiveInt(0), default=0, show_default=True, help=t("난수의 씨.", "Seed."))
@click.option(
    "--max-tokens", type=PositiveInt(64), default=1536, show_default=True, help=t("토큰 한도.", "Tokens at most.")
)
@click.option("--threads", type=PositiveInt(0), default=0, help=t("CPU 스레드(0: 모두).", "CPU threads (0: all)."))
@click.option("--resume", is_flag=True, help=t("멈춘 학습을 이어서 합니다.", "Go on with an interrupted run."))
@pass_session
def reader_command(
    session: Session,
    /,
    rows: tuple[Path, ...],
    dev: tuple[Path, ...],
    base: str | None,
    start: Path | None,
    out: Path,
    resume: bool,
    **settings: Any,
) -> int:
    """구절만 보고 짧게, 출처와 함께 답하거나 모른다고 하는 어댑터를 CPU에서 학습합니다.

    위층만 고치고, 같은 구절에 대한 질문들은 구절을 한 번만 읽습니다. 멈추면(Ctrl-C) --resume으로 이어서 합니다.
    """
    from haechi.config import LLMConfig
    from haechi.training.needs import require_torch

    require_torch()
    from haechi.training.llm_base import hf_folder
    from haechi.training.reader import Settings, train_reader
    from haechi.training.reader_data import read_questions

    asked, hashes = read_questions(rows)
    held, _ = read_questions(dev) if dev else ([], {})
    base = base or LLMConfig().model
    check_base(session, base)
    folder = hf_folder(base)
    with held_card("haechi train reader"), training_bar() as report, stop_on_interrupt() as stop:
        card = train_reader(
            asked,
            held,
            folder,
            out,
            Settings(**settings),
            start=start,
            hashes=hashes,
            resume=resume,
            report=report,
            stop=stop,
        )
    if card["interrupted"]:
        text = interrupted_text(card)
    else:
        held_out = "" if card["dev_loss"] is None else t(f", 검증 {card['dev_loss']}", f", held out {card['dev_loss']}")
        text = t(
            f"학습했습니다: {out} (손실 {card['losses'][0]} → {card['losses'][-1]}{held_out})\n"
            f"쓰려면: haechi models export {out} --name 이름, 그다음 haechi improve gate로 재어 봅니다",
            f"Trained: {out} (loss {card['losses'][0]} → {card['losses'][-1]}{held_out})\n"
            f"To use it: haechi models export {out} --name NAME, then measure it with haechi improve gate",
        )
    session.finish(card, text)
    return 130 if card["interrupted"] else 0

"""`haechi train grounding`: the model that checks sentences against evidence."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from haechi.cli.card import held_card
from haechi.cli.interrupt import stop_on_interrupt
from haechi.cli.korean_click import PositiveInt
from haechi.cli.progress import training_bar
from haechi.cli.session import HaechiCommand, Session, pass_session
from haechi.cli.texts import t
from haechi.cli.train_common import interrupted_text

_file = click.Path(path_type=Path, dir_okay=False)


@click.command("grounding", cls=HaechiCommand)
@click.option(
    "--rows",
    multiple=True,
    type=_file,
    metavar=t("파일", "FILE"),
    help=t(
        "사람이 쓴 주장(JSONL: evidence, rows). 여러 번 쓸 수 있습니다.", "Written claims (JSONL); may be repeated."
    ),
)
@click.option(
    "--nli",
    multiple=True,
    type=_file,
    metavar=t("파일", "FILE"),
    help=t("NLI 자료(JSONL: premise, hypothesis, label).", "NLI pairs (JSONL); may be repeated."),
)
@click.option(
    "--statutes",
    type=_file,
    metavar=t("파일", "FILE"),
    help=t("법령 조문(JSONL: id, title, text). 주장을 만들어 씁니다.", "Statute articles (JSONL) to make claims from."),
)
@click.option(
    "--held-out",
    type=_file,
    metavar=t("파일", "FILE"),
    help=t("학습하지 않을 법령(JSON: test, dev).", "Laws that are not trained on (JSON: test, dev)."),
)
@click.option(
    "--start",
    type=_file,
    metavar=t("파일", "FILE"),
    help=t("이어서 고칠 모델의 adapter.npz.", "The adapter.npz of a model to go on from."),
)
@click.option(
    "--out",
    required=True,
    type=click.Path(path_type=Path, file_okay=False),
    metavar=t("폴더", "FOLDER"),
    help=t("결과를 둘 폴더.", "Where the result goes."),
)
@click.option("--epochs", type=float, default=4.0, show_default=True, help=t("자료를 몇 번 볼지.", "Passes."))
@click.option("--rank", type=PositiveInt(1, 384), default=32, show_default=True, help=t("바꿀 방향 수.", "Rank."))
@click.option("--layers", type=PositiveInt(1, 12), default=8, show_default=True, help=t("바꿀 위층.", "Layers."))
@click.option(
    "--batch",
    type=PositiveInt(100, 100_000),
    default=2400,
    show_default=True,
    help=t("한 번에 볼 토큰.", "Tokens a step."),
)
@click.option("--lr", type=float, default=7e-4, show_default=True, help=t("학습률.", "Learning rate."))
@click.option(
    "--written", type=float, default=1.0, show_default=True, help=t("--rows를 거듭 볼 횟수.", "Weight of --rows.")
)
@click.option(
    "--others", type=float, default=0.3, show_default=True, help=t("나머지를 거듭 볼 횟수.", "Weight of the others.")
)
@click.option("--seed", type=int, default=0, show_default=True, help=t("난수의 씨.", "Seed."))
@click.option("--resume", is_flag=True, help=t("멈춘 학습을 이어서 합니다.", "Go on with an interrupted run."))
@pass_session
def grounding_command(
    session: Session,
    /,
    rows: tuple[Path, ...],
    nli: tuple[Path, ...],
    statutes: Path | None,
    held_out: Path | None,
    start: Path | None,
    out: Path,
    resume: bool,
    **settings: Any,
) -> int:
    """문장이 근거와 맞는지 보는 모델을 학습합니다. 멈추면(Ctrl-C) --resume으로 이어서 합니다."""
    from haechi.training.needs import require_torch

    require_torch()
    from haechi.training.embedder import MODEL_FOLDER
    from haechi.training.grounding import Settings, train_grounding
    from haechi.training.grounding_data import prepare

    data = prepare(rows, nli, statutes, held_out, seed=settings["seed"])
    with held_card("haechi train grounding"), training_bar() as report, stop_on_interrupt() as stop:
        card = train_grounding(data, out, Settings(**settings), start=start, resume=resume, report=report, stop=stop)
    if card["interrupted"]:
        text = interrupted_text(card)
    else:
        figures = ", ".join(
            t(f"{name}: AUC {row['auc']:.3f}, 잡음 {row['caught']:.0%}(헛경보 {row['alarms']:.0%})",
              f"{name}: AUC {row['auc']:.3f}, caught {row['caught']:.0%} at {row['alarms']:.0%} false alarms")
            for name, row in card["dev"].items() if row
        )  # fmt: skip
        text = t(
            f"학습했습니다: {out}\n검증: {figures or '없음'}\n"
            f'쓰려면 haechi.toml의 [check] grounder_model = "{(out / MODEL_FOLDER).absolute()}"',
            f"Trained: {out}\nValidation: {figures or 'none'}\n"
            f'To use it: [check] grounder_model = "{(out / MODEL_FOLDER).absolute()}" in haechi.toml',
        )
    session.finish(card, text)
    return 130 if card["interrupted"] else 0

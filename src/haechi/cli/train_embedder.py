"""`haechi train embedder`: the embedder learns from questions of one's own, on this machine."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from haechi.cli.card import held_card
from haechi.cli.interrupt import stop_on_interrupt
from haechi.cli.korean_click import PositiveInt
from haechi.cli.progress import training_bar
from haechi.cli.session import HaechiCommand, Session, note, pass_session
from haechi.cli.texts import t

_file = click.Path(path_type=Path, dir_okay=False)


@click.command("embedder", cls=HaechiCommand)
@click.option(
    "--questions",
    multiple=True,
    required=True,
    type=_file,
    metavar=t("파일", "FILE"),
    help=t("질문 파일(JSONL: question, gold_ids). 여러 번 쓸 수 있습니다.", "Questions (JSONL); may be repeated."),
)
@click.argument("more", nargs=-1, type=_file, metavar=t("[질문파일]…", "[QUESTIONS]…"))
@click.option(
    "--corpus",
    type=_file,
    metavar=t("파일", "FILE"),
    help=t("구절 파일(JSONL: id, title, text). 없으면 홈의 문서.", "Passages (JSONL); else the home's documents."),
)
@click.option(
    "--dev",
    multiple=True,
    type=_file,
    metavar=t("파일", "FILE"),
    help=t(
        "검증 질문. 그 문서는 학습하지 않습니다. 없으면 문서의 10분의 1을 떼어 둡니다.",
        "Questions to validate with; their documents are not trained on. Else a tenth of the documents is held out.",
    ),
)
@click.option(
    "--out",
    required=True,
    type=click.Path(path_type=Path, file_okay=False),
    metavar=t("폴더", "FOLDER"),
    help=t("결과를 둘 폴더.", "Where the result goes."),
)
@click.option("--epochs", type=float, default=3.0, show_default=True, help=t("질문을 몇 번 볼지.", "Passes."))
@click.option("--rank", type=PositiveInt(1, 384), default=16, show_default=True, help=t("바꿀 방향 수.", "Rank."))
@click.option("--layers", type=PositiveInt(1, 12), default=6, show_default=True, help=t("바꿀 위층.", "Layers."))
@click.option("--batch", type=PositiveInt(2, 1024), default=48, show_default=True, help=t("한 번에 볼 질문.", "Batch."))
@click.option("--lr", type=float, default=3e-4, show_default=True, help=t("학습률.", "Learning rate."))
@click.option("--seed", type=int, default=0, show_default=True, help=t("난수의 씨.", "Seed."))
@click.option("--resume", is_flag=True, help=t("멈춘 학습을 이어서 합니다.", "Go on with an interrupted run."))
@pass_session
def embedder_command(
    session: Session,
    /,
    questions: tuple[Path, ...],
    more: tuple[Path, ...],
    corpus: Path | None,
    dev: tuple[Path, ...],
    out: Path,
    resume: bool,
    **settings: Any,
) -> int:
    """질문과 그 답이 있는 구절로 임베딩 모델의 어댑터를 학습합니다. 멈추면(Ctrl-C) --resume으로 이어서 합니다."""
    from haechi.training.needs import require_torch

    require_torch()
    from haechi.training.embedder import MODEL_FOLDER, Settings, train_embedder
    from haechi.training.questions import passages_of_file, prepare

    passages = passages_of_file(corpus) if corpus else _home_passages(session)
    data = prepare(passages, (*questions, *more), dev, seed=settings["seed"])
    if data.skipped:
        note(t(f"gold_ids가 구절에 없는 질문 {data.skipped}개는 뺐습니다.", f"{data.skipped} questions left out."))
    with held_card("haechi train embedder"), training_bar() as report, stop_on_interrupt() as stop:
        card = train_embedder(data, out, Settings(**settings), resume=resume, report=report, stop=stop)
    if card["interrupted"]:
        text = t(
            f"멈추었습니다({card['steps']}/{card['of']}단계). 이어서 하기: 같은 명령에 --resume",
            f"Interrupted at step {card['steps']} of {card['of']}; to go on: the same command with --resume",
        )
    else:
        text = t(
            f"학습했습니다: {out}\n검증: {_figures(card['before'])} → {_figures(card['after'])}\n"
            f'쓰려면 haechi.toml의 [embedder] model = "{(out / MODEL_FOLDER).absolute()}" 다음 haechi reembed',
            f"Trained: {out}\nValidation: {_figures(card['before'])} → {_figures(card['after'])}\n"
            f'To use it: [embedder] model = "{(out / MODEL_FOLDER).absolute()}" in haechi.toml, then haechi reembed',
        )
    session.finish(card, text)
    return 130 if card["interrupted"] else 0


def _home_passages(session: Session) -> dict[str, str]:
    """The home's documents that have an external id."""
    from haechi.errors import InputError

    found: dict[str, str] = {}
    with session.open_home() as home:
        for record in home.store.documents():
            document = home.store.document(record.id) if record.external_id else None
            if document is not None and document.external_id:
                found[document.external_id] = f"{document.title}\n{document.text}"
    if not found:
        raise InputError(
            "홈에 id가 있는 문서가 없습니다. --corpus 파일을 주거나 id 열이 있는 JSONL·CSV를 넣으세요",
            "no document of the home has an id; give --corpus FILE, or ingest JSONL or CSV with a column id",
        )
    return found


def _figures(found: dict[str, float] | None) -> str:
    if found is None:
        return t("없음", "none")
    return f"recall@1 {found['recall@1']:.3f}, @2 {found['recall@2']:.3f}, MRR {found['mrr']:.3f}"

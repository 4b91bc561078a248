"""`haechi train embedder`: the embedder learns from questions of one's own, on this machine."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from haechi.cli.card import held_card
from haechi.cli.embedder_base import E5, SHIPPED, bundled, check_licence_of, folder, next_step
from haechi.cli.interrupt import stop_on_interrupt
from haechi.cli.korean_click import OneOf, PositiveInt
from haechi.cli.progress import training_bar
from haechi.cli.session import HaechiCommand, Session, note, pass_session
from haechi.cli.texts import t
from haechi.cli.train_common import interrupted_text

if TYPE_CHECKING:
    from haechi.training.questions import TrainingData

_file = click.Path(path_type=Path, dir_okay=False)


@click.command("embedder", cls=HaechiCommand)
@click.option(
    "--questions",
    multiple=True,
    type=_file,
    metavar=t("파일", "FILE"),
    help=t(
        "질문 파일(JSONL: question, gold_ids; data negatives나 from-documents의 결과도). 여러 번 쓸 수 있습니다.",
        "Questions (JSONL: question, gold_ids; or what data negatives and from-documents write); may be repeated.",
    ),
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
    "--nli",
    multiple=True,
    type=_file,
    metavar=t("파일", "FILE"),
    help=t("자연어 추론 자료(premise, hypothesis, label).", "Natural language inference rows."),
)
@click.option(
    "--pairs",
    multiple=True,
    type=_file,
    metavar=t("파일", "FILE"),
    help=t(
        "바꿔 쓴 문장 쌍(anchor, positive 또는 sentence1, sentence2, score 0~5).",
        "Paraphrases (anchor, positive; or sentence1, sentence2, score 0 to 5).",
    ),
)
@click.option(
    "--base",
    default=E5,
    show_default=True,
    metavar=t("모델", "MODEL"),
    help=t(
        f"바탕: {E5}, {SHIPPED}(이어서 고침), SentenceTransformer 폴더.",
        f"What is trained: {E5}, {SHIPPED} (goes on from it), or a SentenceTransformer folder.",
    ),
)
@click.option(
    "--method",
    type=OneOf(("lora", "full")),
    default="lora",
    show_default=True,
    help=t("full은 폴더의 모든 가중치.", "full: all weights of a folder."),
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
@click.option(
    "--layers",
    type=PositiveInt(1, 100),
    help=t("바꿀 위층(기본 모델 6, 폴더는 모두).", "Upper layers (6; of a folder all)."),
)
@click.option("--batch", type=PositiveInt(2, 1024), default=48, show_default=True, help=t("한 번에 볼 질문.", "Batch."))
@click.option(
    "--lr",
    type=float,
    help=t("학습률(3e-4; 폴더는 lora 2e-4, full 2e-5).", "Learning rate (3e-4; folders: lora 2e-4, full 2e-5)."),
)
@click.option(
    "--max-tokens",
    type=PositiveInt(8),
    default=160,
    show_default=True,
    help=t("학습할 때 구절을 자를 토큰.", "Passages are cut at so many tokens while training."),
)
@click.option(
    "--query-prefix",
    default="",
    metavar=t("글", "TEXT"),
    help=t("폴더에 없는 질문 앞 글(E5: 'query: ').", "Prompt of questions, if the folder states none."),
)
@click.option(
    "--passage-prefix",
    default="",
    metavar=t("글", "TEXT"),
    help=t("폴더에 없는 구절 앞 글(E5: 'passage: ').", "Prompt of passages, if the folder states none."),
)
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
    nli: tuple[Path, ...],
    pairs: tuple[Path, ...],
    base: str,
    method: str,
    out: Path,
    resume: bool,
    **settings: Any,
) -> int:
    """질문과 구절, NLI, 바꿔 쓴 문장으로 임베딩 모델을 학습합니다. 멈추면(Ctrl-C) --resume으로 이어서 합니다."""
    from haechi.training.needs import require_torch

    require_torch()
    data = _data(session, (*questions, *more), corpus, dev, nli, pairs, settings["seed"])
    if data.skipped:
        note(t(f"답할 구절이 없는 줄 {data.skipped}개는 뺐습니다.", f"{data.skipped} rows without an answer left out."))
    if base in (E5, SHIPPED):
        train = bundled(data, out, base, method, settings)
    else:
        check_licence_of(session, base)
        train = folder(data, out, base, method, settings)
    with held_card("haechi train embedder"), training_bar() as report, stop_on_interrupt() as stop:
        card = train(resume=resume, report=report, stop=stop)
    if card["interrupted"]:
        text = interrupted_text(card)
    else:
        before, after = _figures(card["before"]), _figures(card["after"])
        text = t(
            f"학습했습니다: {out}\n검증: {before} → {after}\n{next_step(card, out)}",
            f"Trained: {out}\nValidation: {before} → {after}\n{next_step(card, out)}",
        )
    session.finish(card, text)
    return 130 if card["interrupted"] else 0


def _data(
    session: Session,
    questions: Sequence[Path],
    corpus: Path | None,
    dev: Sequence[Path],
    nli: Sequence[Path],
    pairs: Sequence[Path],
    seed: int,
) -> TrainingData:
    """Files with `gold_ids` against the corpus, and files that bring their own passages, as one."""
    from haechi.errors import InputError
    from haechi.training.embedder_rows import (
        brings_passages,
        hashes_of,
        read_nli,
        read_pairs,
        read_questions,
        with_texts,
    )
    from haechi.training.questions import passages_of_file, prepare

    if not questions and not nli and not pairs:
        raise InputError(
            "학습할 자료가 없습니다. --questions, --nli, --pairs 가운데 하나는 주세요",
            "nothing to train on; give --questions, --nli or --pairs",
        )
    whole, whole_dev = ([path for path in files if brings_passages(path)] for files in (questions, dev))
    named, named_dev = ([path for path in files if not brings_passages(path)] for files in (questions, dev))
    data = None
    if named:
        data = prepare(passages_of_file(corpus) if corpus else _home_passages(session), named, named_dev, seed=seed)
    elif named_dev:
        raise InputError(
            f"--dev '{named_dev[0]}'의 gold_ids를 찾을 구절이 없습니다. positive나 passages가 있는 파일을 주세요",
            f"--dev '{named_dev[0]}' names gold_ids without passages; give rows with positive or passages",
        )
    if not whole and not nli and not pairs:
        assert data is not None
        return data
    texts = [*map(read_questions, whole), *map(read_nli, nli), *map(read_pairs, pairs)]
    hashes = hashes_of((*whole, *nli, *pairs, *whole_dev))
    return with_texts(data, texts, list(map(read_questions, whole_dev)), hashes=hashes, seed=seed)


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

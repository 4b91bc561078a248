"""`haechi data from-documents|answers|dialogues|tiers`: what a language model writes as a teacher."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from haechi.cli.data_options import Number, file_argument, out_file, out_folder, seed_option
from haechi.cli.korean_click import PositiveInt
from haechi.cli.progress import step_bar
from haechi.cli.session import HaechiCommand, Session, note, pass_session
from haechi.cli.texts import t

if TYPE_CHECKING:
    from haechi.pipeline.build import Home
    from haechi.training.from_documents import Made
    from haechi.training.teacher import Teacher

_teacher = click.option(
    "--teacher",
    "model",
    metavar=t("모델", "MODEL"),
    help=t("교사 모델(haechi models list의 이름이나 파일). 없으면 홈의 [llm].", "The teacher; else the home's [llm]."),
)
_persona = click.option(
    "--persona", default="", metavar=t("글", "TEXT"), help=t("답하는 쪽의 system 메시지.", "System message of answers.")
)
_count = click.option("--count", type=PositiveInt(1, 1_000_000), help=t("앞에서 이만큼만.", "Only the first so many."))

#: Why rows were not made, for a reader.
_WHY = {
    "no_questions": t("질문을 받지 못함", "no questions"),
    "no_answer": t("답을 받지 못함", "no answer"),
    "question_form": t("질문의 꼴이 아님", "not a question"),
    "question_points_at_the_text": t("글을 가리키는 질문", "question points at the text"),
    "question_twice": t("같은 질문", "question asked before"),
    "question_foreign_value": t("질문에 없는 값", "foreign value in the question"),
    "foreign_value": t("지어낸 값", "invented value"),
    "contradicted": t("근거와 다름", "contradicted"),
    "not_found": t("근거에 없음", "not found"),
    "uncited": t("근거를 못 찾음", "no passage carries it"),
    "unchecked": t("확인하지 못한 문장", "a sentence that no checker bore out"),
    "long": t("너무 김", "too long"),
    "form": t("한두 문장의 존댓말이 아님", "not one or two polite sentences"),
    "cut": t("끝맺지 못함", "cut off"),
    "empty": t("빈 답", "empty"),
    "teacher_refused": t("교사가 모른다고 함", "the teacher refused"),
    "other_passage": t("다른 구절의 답", "from another passage"),
    "answer_in_question": t("질문에 답이 있음", "the answer is in the question"),
    "answerable": t("답이 있는 '없음' 질문", "an unanswerable question was answered"),
    "dialogue": t("이어지지 않은 대화", "broken dialogue"),
    "tier_without_answer": t("답이 없는 등급", "a tier without an answer"),
    "tiers_alike": t("등급의 답이 같음", "tiers answered alike"),
}


@contextmanager
def _taught(session: Session, model: str | None, journal: Path) -> Iterator[tuple[Home, Teacher]]:
    """The home and its teacher, whose replies are kept in `journal`."""
    from haechi.training.teacher import Journal, Teacher

    config = session.config()
    if model:
        config = replace(config, llm=replace(config.llm, model=model))
    from haechi.pipeline.build import open_home

    with open_home(config) as home, Journal(journal) as kept:
        if kept.replies:
            note(t(f"이어서 합니다. 받아 둔 답 {len(kept.replies)}개", f"going on: {len(kept.replies)} replies kept"))
        yield home, Teacher(home.llm(), kept)


@click.command("from-documents", cls=HaechiCommand)
@out_folder
@click.option(
    "--passages",
    type=PositiveInt(1, 1_000_000),
    default=100,
    show_default=True,
    help=t("질문을 만들 구절의 수.", "Passages to ask about."),
)
@_teacher
@seed_option
@pass_session
def from_documents_command(session: Session, out: Path, passages: int, model: str | None, seed: int) -> int:
    """홈의 문서로 근거 질의응답을 만듭니다. 교사 모델의 답은 해치의 검사를 거친 것만 씁니다.

    멈추면(Ctrl-C) 같은 명령으로 이어서 합니다. grounded, sft(자리표 변형 포함), pairs, failures, card를 씁니다.
    """
    from haechi.cli.train import stop_on_interrupt
    from haechi.training.data_build import Options, build
    from haechi.training.data_formats import write_rows
    from haechi.training.from_documents import from_documents, summary

    with (
        _taught(session, model, out / "journal.jsonl") as (home, teacher),
        step_bar(t("구절", "passages")) as tell,
        stop_on_interrupt() as stop,
    ):
        made = from_documents(home, teacher, passages, seed=seed, report=tell, stop=stop)
        options = Options(tagged=True, max_chars=home.config.answer.max_chars)
        card = summary(made, teacher, seed)
    sft = build("grounded", made.rows, "sft", options)
    pairs = build("grounded", made.rows, "pairs", options)
    write_rows(out / "grounded.jsonl", made.rows)
    write_rows(out / "sft.jsonl", sft.rows)
    write_rows(out / "pairs.jsonl", pairs.rows)
    write_rows(out / "failures.jsonl", made.failures)
    record = {**card, "sft": len(sft.rows), "tagged": sft.counts["tagged"], "pairs": len(pairs.rows)}
    (out / "card.json").write_text(json.dumps(record, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")
    text = t(
        f"구절 {made.counts['passages']}개에서 질의응답 {len(made.rows)}개({_kinds(made)}), "
        f"SFT {len(sft.rows)}줄(자리표 {sft.counts['tagged']}), 쌍 {len(pairs.rows)}: {out}",
        f"{len(made.rows)} rows from {made.counts['passages']} passages ({_kinds(made)}), "
        f"{len(sft.rows)} SFT rows ({sft.counts['tagged']} tagged), {len(pairs.rows)} pairs: {out}",
    )
    return _end(session, record, made, text)


def _kinds(made: Made) -> str:
    words = {
        "value": t("값", "value"),
        "condition": t("조건", "condition"),
        "unanswerable": t("답 없음", "unanswerable"),
    }
    return ", ".join(f"{word} {made.counts[kind]}" for kind, word in words.items())


@click.command("answers", cls=HaechiCommand)
@file_argument
@_persona
@click.option(
    "--max-tokens", type=PositiveInt(1, 8192), default=300, show_default=True, help=t("답의 길이.", "Tokens.")
)
@_count
@_teacher
@out_file
@pass_session
def answers_command(
    session: Session,
    files: tuple[Path, ...],
    persona: str,
    max_tokens: int,
    count: int | None,
    model: str | None,
    out: Path,
) -> int:
    """질문마다 교사 모델의 답을 받아 SFT 자료를 만듭니다. 사람이 살펴본 뒤에 쓰세요.

    멈추면 같은 명령으로 이어서 합니다. 받지 못한 답은 빈 답이 아니라 이유와 함께 '.failures.jsonl'에 적습니다.
    """
    from haechi.training.teach import answers

    rows = _prompts(files, count)

    def work(teacher: Teacher, tell: Any, stop: Callable[[], bool]) -> Made:
        return answers(teacher, rows, persona=persona, max_tokens=max_tokens, report=tell, stop=stop)

    return _teach(session, model, out, t("답", "answers"), work)


@click.command("dialogues", cls=HaechiCommand)
@file_argument
@click.option(
    "--exchanges", type=PositiveInt(1, 20), default=4, show_default=True, help=t("주고받는 횟수.", "Exchanges.")
)
@_persona
@click.option("--temperature", type=Number(0, 2), default=0.7, show_default=True, help=t("온도.", "Heat."))
@seed_option
@_count
@_teacher
@out_file
@pass_session
def dialogues_command(
    session: Session,
    files: tuple[Path, ...],
    exchanges: int,
    persona: str,
    temperature: float,
    seed: int,
    count: int | None,
    model: str | None,
    out: Path,
) -> int:
    """시민과 상담원 두 역할로 대화를 만듭니다. 파일의 질문으로 시작해 정한 횟수만큼 주고받습니다."""
    from haechi.training.teach import dialogues

    rows = _prompts(files, count)
    openings = [row["prompt"] if isinstance(row["prompt"], str) else row["prompt"][-1]["content"] for row in rows]

    def work(teacher: Teacher, tell: Any, stop: Callable[[], bool]) -> Made:
        return dialogues(
            teacher,
            openings,
            exchanges=exchanges,
            persona=persona,
            temperature=temperature,
            seed=seed,
            report=tell,
            stop=stop,
        )

    return _teach(session, model, out, t("대화", "dialogues"), work)


@click.command("tiers", cls=HaechiCommand)
@file_argument
@click.option(
    "--tier",
    "tiers",
    multiple=True,
    required=True,
    metavar=t("모델[@온도]", "MODEL[@TEMPERATURE]"),
    help=t("나은 것부터 둘 이상. 순위는 이 차례입니다.", "Two or more, the best first: that is the ranking."),
)
@_persona
@seed_option
@_count
@out_file
@pass_session
def tiers_command(
    session: Session,
    files: tuple[Path, ...],
    tiers: tuple[str, ...],
    persona: str,
    seed: int,
    count: int | None,
    out: Path,
) -> int:
    """여러 모델(또는 온도)의 답을 그 차례대로 순위 매긴 자료를 만듭니다. 쌍으로: haechi data pairs."""
    from haechi.cli.train import stop_on_interrupt
    from haechi.errors import InputError
    from haechi.training.teach import ranked, tier_answers, tier_of

    wanted = [tier_of(text) for text in tiers]
    if len(set(wanted)) < 2 or len(set(wanted)) < len(wanted):
        raise InputError("--tier를 서로 다르게 둘 이상 주세요", "give --tier twice or more, each another")
    rows = _prompts(files, count)
    said: list[dict[str, str]] = []
    with stop_on_interrupt() as stop:
        for tier in wanted:
            with _taught(session, tier.name, _beside(out, "journal")) as (_, teacher), step_bar(tier.name) as tell:
                said.append(tier_answers(teacher, tier, rows, persona=persona, seed=seed, report=tell, stop=stop))
        if stop():
            note(t("멈추었습니다. 같은 명령으로 이어서 합니다.", "Interrupted; the same command goes on."))
            return 130
    return _write(session, out, ranked(wanted, said, rows, seed))


def _prompts(files: tuple[Path, ...], count: int | None) -> list[dict[str, Any]]:
    from haechi.training.data_build import build
    from haechi.training.data_formats import read_any

    rows = [row for path in files for row in build(*read_any(path), "prompts").rows]
    return rows[:count]


def _teach(
    session: Session,
    model: str | None,
    out: Path,
    what: str,
    work: Callable[[Teacher, Any, Callable[[], bool]], Made],
) -> int:
    from haechi.cli.train import stop_on_interrupt

    with (
        _taught(session, model, _beside(out, "journal")) as (_, teacher),
        step_bar(what) as tell,
        stop_on_interrupt() as stop,
    ):
        made = work(teacher, tell, stop)
    return _write(session, out, made)


def _write(session: Session, out: Path, made: Made) -> int:
    from haechi.training.data_formats import write_rows

    write_rows(out, made.rows)
    write_rows(_beside(out, "failures"), made.failures)
    record = {"rows": len(made.rows), "file": str(out), "failures": len(made.failures), "interrupted": made.interrupted}
    text = t(f"{len(made.rows)}줄을 썼습니다: {out}", f"Wrote {len(made.rows)} rows: {out}")
    return _end(session, {**record, "counts": dict(made.counts)}, made, text)


def _beside(out: Path, name: str) -> Path:
    return out.with_name(f"{out.stem}.{name}.jsonl")


def _end(session: Session, record: dict[str, Any], made: Made, text: str) -> int:
    why = [
        f"{_WHY.get(name.removeprefix('failed:'), name)} {count}"
        for name, count in made.counts.most_common()
        if name.startswith("failed:")
    ]
    if why:
        text += t(f"\n뺀 것 {len(made.failures)}: ", f"\nleft out {len(made.failures)}: ") + ", ".join(why)
    if made.interrupted:
        text += t("\n멈추었습니다. 같은 명령으로 이어서 합니다.", "\nInterrupted; the same command goes on.")
    session.finish(record, text)
    return 130 if made.interrupted else 0

"""Grounded question–answer rows from a home's documents, written by a language model and kept only if they hold.

    a passage → questions (값, 조건, 없음) → a near passage from the index → the teacher's answer, asked as the pipeline
    asks → Haechi's own checkers → a row

An answer is kept when every value and sentence of it stands in the passage it came from. A question without an answer
is kept when the teacher refuses it twice: beside the near passage and alone. An answer that did not hold and was then
given rightly is the row's `rejected`. Everything else is a failure with its reason.
"""

from __future__ import annotations

import hashlib
import re
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from itertools import islice
from typing import TYPE_CHECKING, Any

from haechi.checkers.base import Evidence
from haechi.checkers.values_in_evidence import unsupported_values
from haechi.korean.asking import squeezed
from haechi.korean.values import parse_values
from haechi.pipeline.citations import read_draft
from haechi.pipeline.prompt import fit_passages, heading
from haechi.prompts.defuse import defuse
from haechi.prompts.loader import load_prompt
from haechi.training.answer_gate import UNKNOWN, AnswerGate, Judged
from haechi.training.data_formats import Row
from haechi.training.grounded_rows import hits_of, messages_of
from haechi.training.hard_negatives import DEPTH, others
from haechi.training.teacher import Teacher, TeacherError
from haechi.types import GenerateOptions, Hit, Message

if TYPE_CHECKING:
    from haechi.pipeline.build import Home

#: What the questions' prompt calls the kinds.
KINDS = {"값": "value", "조건": "condition", "없음": "unanswerable"}
#: A shorter passage holds nothing to ask about.
MIN_CHARS = 40
_QUESTION_TOKENS = 240
_LINE = re.compile(rf"^[\s\-*•\d.)]*({'|'.join(KINDS)})\s*[:：]\s*(.+?)\s*$")
#: A question must stand alone.
_POINTS = re.compile(
    r"(?<![가-힣])(?:이|위|해당|본|제시된)\s?(?:글|내용|문서|문단|지문|조항)(?=에|의|을|를|은|는|이|가|과|와|로|으로|[^가-힣])|\[글\]|\[\d+\]|(?<![가-힣])근거에"
)
_MIN_QUESTION, _MAX_QUESTION = 8, 100
#: Said to the teacher only: what a row's own prompt asks for stays the pipeline's.
_MANNER = "문장은 '-습니다'나 '-ㅂ니다'로 끝내고, 목록이나 줄바꿈 없이 한두 문장으로 씁니다."
#: What makes a first answer worse than the second. Plain speech or a list may well be the truer of the two.
_UNTRUE = frozenset({"foreign_value", "contradicted", "not_found", "other_passage", "teacher_refused"})
_POLITE = re.compile(r"(?:니다|[네아어여해돼예세]요)[.!]?$")
#: The second attempt at an answer that did not hold.
_AGAIN = {"temperature": 0.7, "seed": 1}


@dataclass
class Made:
    """Rows, what failed with its reason, and how many of what."""

    rows: list[Row] = field(default_factory=list)
    failures: list[Row] = field(default_factory=list)
    counts: Counter[str] = field(default_factory=Counter)
    interrupted: bool = False

    def fail(self, why: str, **about: Any) -> None:
        self.counts[f"failed:{why}"] += 1
        self.failures.append({"why": why, **about})


@dataclass(frozen=True)
class _Asked:
    kind: str
    question: str
    hit: Hit


def from_documents(
    home: Home,
    teacher: Teacher,
    passages: int,
    *,
    seed: int = 0,
    report: Callable[[int, int], None] | None = None,
    stop: Callable[[], bool] = lambda: False,
) -> Made:
    """Rows from about `passages` passages of the home, taken evenly from its documents; the same for the same seed.

    Raises ModelError when the teacher is gone; what it said is in its journal.
    """
    gate = AnswerGate(home.chatbot().checkers, home.analyser(), home.config.answer.max_chars, strict=True)
    made, seen = Made(), set[str]()
    chosen = choose(home, passages, seed)
    for number, hit in enumerate(chosen):
        if made.interrupted or stop():
            made.interrupted = True
            break
        made.counts["passages"] += 1
        try:
            asked = _questions(home, teacher, hit, made, seen)
        except TeacherError as error:
            made.fail("no_questions", passage=heading(hit), detail=str(error))
            asked = []
        for item in asked:
            if stop():
                made.interrupted = True
                break
            row = _row(home, teacher, gate, item, made)
            if row is not None:
                made.counts[row["kind"]] += 1
                made.rows.append(row)
        if report is not None:
            report(number + 1, len(chosen))
    return made


def choose(home: Home, count: int, seed: int) -> list[Hit]:
    """`count` passages, one of every document in turn, in an order that the seed alone decides."""
    piles = []
    for record in home.store.documents():
        chunks = [chunk for chunk in home.store.chunks(record.id) if len(chunk.text.strip()) >= MIN_CHARS]
        hits = [
            Hit(chunk, 0.0, "chosen", document_title=record.title, external_id=record.external_id)
            for chunk in sorted(chunks, key=lambda chunk: _draw(seed, chunk.id))
        ]
        if hits:
            piles.append(hits)
    piles.sort(key=lambda hits: _draw(seed, hits[0].chunk.document_id))
    found: list[Hit] = []
    for depth in range(max(map(len, piles), default=0)):
        found += [hits[depth] for hits in piles if depth < len(hits)]
        if len(found) >= count:
            break
    return found[:count]


def _draw(seed: int, text: str) -> bytes:
    return hashlib.sha256(f"{seed}\0{text}".encode()).digest()


def _questions(home: Home, teacher: Teacher, hit: Hit, made: Made, seen: set[str]) -> Iterator[_Asked] | list[_Asked]:
    system, shown, reply = (turn.strip() for turn in load_prompt("data_questions").split("==="))
    (fitted,) = fit_passages(
        heading(hit), [hit], home.config.answer.evidence_tokens, teacher.llm.count_tokens, home.analyser()
    )
    messages = [
        Message("system", system),
        Message("user", shown),
        Message("assistant", reply),
        Message("user", f"[글]\n{heading(hit)}\n{defuse(fitted.chunk.text)}"),
    ]
    said = teacher.ask(messages, GenerateOptions(max_tokens=_QUESTION_TOKENS))
    lines = said.text.split("\n")
    found = []
    for line in lines[:-1] if said.cut and len(lines) > 1 else lines:
        match = _LINE.match(line)
        if match is None:
            made.counts["not_a_question"] += bool(line.strip())
            continue
        kind, question = KINDS[match[1]], match[2]
        why = _problem(kind, question, fitted, seen)
        if why:
            made.fail(why, kind=kind, question=question, passage=heading(hit))
        else:
            seen.add(squeezed(question))
            found.append(_Asked(kind, question, hit))
    return found


def _problem(kind: str, question: str, hit: Hit, seen: set[str]) -> str:
    """Why a question is not asked, "" when it is."""
    if not question.endswith("?") or not _MIN_QUESTION <= len(question) <= _MAX_QUESTION:
        return "question_form"
    if _POINTS.search(question):
        return "question_points_at_the_text"
    if squeezed(question) in seen:
        return "question_twice"
    evidence = [Evidence(hit.chunk.text, hit.chunk.label, hit.document_title)]
    if kind != "unanswerable" and unsupported_values(question, evidence):
        return "question_foreign_value"
    return ""


def _row(home: Home, teacher: Teacher, gate: AnswerGate, asked: _Asked, made: Made) -> Row | None:
    chunk = asked.hit.chunk
    near = _near(home, asked)
    gold = hashlib.sha256(asked.question.encode()).digest()[0] % (len(near) + 1)
    hits = [*near[:gold], asked.hit, *near[gold:]]
    budget = home.config.answer.evidence_tokens
    passages = fit_passages(asked.question, hits, budget, teacher.llm.count_tokens, home.analyser())
    row: Row = {
        "id": hashlib.sha256(f"{chunk.id}\0{asked.question}".encode()).hexdigest()[:16],
        "group": chunk.document_id,
        "chunk": chunk.id,
        "kind": asked.kind,
        "question": asked.question,
        "passages": [_passage(hit) for hit in passages],
        "answer": "",
        "gold": [],
        "teacher": teacher.name,
    }
    try:
        if asked.kind == "unanswerable":
            return _refused(home, teacher, gate, row, gold, made)
        return _answered(home, teacher, gate, row, gold + 1, made)
    except TeacherError as error:
        made.fail("no_answer", kind=asked.kind, question=asked.question, detail=str(error))
        return None


def _answered(home: Home, teacher: Teacher, gate: AnswerGate, row: Row, gold: int, made: Made) -> Row | None:
    first = _held(_asked(home, teacher, gate, row), row, gold)
    judged = first
    if not judged.good:
        judged = _held(_asked(home, teacher, gate, row, **_AGAIN), row, gold)
    if not judged.good:
        made.fail(first.why, kind=row["kind"], question=row["question"], answer=first.text, detail=first.detail)
        return None
    kind = row["kind"] if row["kind"] != "value" or parse_values(judged.text) else "condition"
    rejected = {"rejected": first.text} if first.why in _UNTRUE else {}
    return {**row, "kind": kind, "answer": judged.text, "gold": list(judged.cited), **rejected}


def _held(judged: Judged, row: Row, gold: int) -> Judged:
    """What the gate said, and whether the answer is the passage's own: no refusal, not only the question's words."""
    if not judged.good:
        return judged
    if judged.refuses:
        return replace(judged, why="teacher_refused")
    sentences = read_draft(judged.text)
    if len(sentences) > 2 or not all(_POLITE.search(sentence.text) for sentence in sentences):
        return replace(judged, why="form")
    if judged.cited != (gold,):
        return replace(judged, why="other_passage", detail=str(list(judged.cited)))
    values = {value.normalised for value in parse_values(judged.text)}
    if values and values <= {value.normalised for value in parse_values(row["question"])}:
        return replace(judged, why="answer_in_question")
    return judged


def _refused(home: Home, teacher: Teacher, gate: AnswerGate, row: Row, gold: int, made: Made) -> Row | None:
    alone = {**row, "passages": [row["passages"][gold]]}
    for asked in (row, alone):
        judged = _asked(home, teacher, gate, asked)
        if not judged.refuses:
            made.fail("answerable", kind=row["kind"], question=row["question"], answer=judged.text, detail=judged.why)
            return None
    return {**row, "answer": UNKNOWN, "category": "detail"}


def _asked(home: Home, teacher: Teacher, gate: AnswerGate, row: Row, **options: Any) -> Judged:
    messages = messages_of(row, home.config.answer.max_chars)
    messages[0] = replace(messages[0], content=f"{messages[0].content}\n{_MANNER}")
    reply = teacher.ask(messages, GenerateOptions(max_tokens=home.config.answer.max_tokens, **options))
    if reply.cut:
        return Judged(reply.text, "cut")
    return gate.judge(row["question"], reply.text, hits_of(row))


def _near(home: Home, asked: _Asked) -> list[Hit]:
    """The passages beside the right one, as many as the home's k leaves room for."""
    found = others(home.retriever().retrieve(asked.question, DEPTH), [asked.hit.chunk])
    return list(islice(found, home.config.retrieval.k - 1))


def _passage(hit: Hit) -> dict[str, str]:
    return {
        "title": hit.document_title,
        "label": hit.chunk.label,
        "head": str(hit.chunk.meta.get("article_title") or ""),
        "text": hit.chunk.text,
    }


def summary(made: Made, teacher: Teacher, seed: int) -> dict[str, Any]:
    """Counts for a person and for the card that lies beside the rows."""
    return {
        "rows": len(made.rows),
        "with_rejected": sum("rejected" in row for row in made.rows),
        "failures": len(made.failures),
        "teacher": teacher.name,
        "seed": seed,
        "calls": teacher.asked,
        "remembered": teacher.remembered,
        "tokens": teacher.tokens,
        "interrupted": made.interrupted,
        "counts": dict(sorted(made.counts.items())),
    }


def kinds(rows: Sequence[Row]) -> dict[str, int]:
    """How many rows of every kind."""
    return dict(sorted(Counter(str(row["kind"]) for row in rows).items()))

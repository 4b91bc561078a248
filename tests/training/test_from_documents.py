"""Rows that a teacher writes from a home's documents, and what is not kept of them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

import pytest

from haechi.models.scripted import ScriptedLLM
from haechi.pipeline.build import Home
from haechi.training.data_build import Options, build
from haechi.training.from_documents import Made, choose, from_documents, summary
from haechi.training.hard_negatives import mine, others
from haechi.training.teacher import Journal, Teacher
from haechi.types import GenerateOptions, Message

FEE, CAP, RULE, CARD = (
    "연체료는 권당 하루에 얼마인가요?",
    "한 권의 연체료는 얼마를 넘지 못하나요?",
    "책을 늦게 돌려주면 돈을 내야 하나요?",
    "연체료를 카드로 나누어 낼 수 있나요?",
)
QUESTIONS = f"값: {FEE}\n값: {CAP}\n조건: {RULE}\n없음: {CARD}"
RIGHT = {
    FEE: "연체료는 권당 1일 100원입니다.",
    CAP: "한 권의 연체료는 3천 원을 넘지 못합니다.",
    RULE: "연체료는 권당 1일 100원이며, 한 권의 연체료는 3천 원을 넘지 못합니다.",
    CARD: "모른다",
}


def script(
    questions: str = QUESTIONS, right: dict[str, str] | None = None, again: dict[str, str] | None = None
) -> Callable[[Sequence[Message], GenerateOptions], str]:
    """A teacher that asks about the article of the fee only, and answers from a table."""

    def reply(messages: Sequence[Message], options: GenerateOptions) -> str:
        last = messages[-1].content
        if last.startswith("[글]"):
            return questions if "연체료는 권당" in last else "생각나지 않습니다"
        question = last.rpartition("[질문]\n")[2].strip()
        table = {**RIGHT, **(right or {}), **((again or {}) if options.temperature else {})}
        return table[question]

    return reply


def taught(home: Home, tmp_path: Path, reply: object, **more: object) -> Made:
    teacher = Teacher(ScriptedLLM(reply), Journal(tmp_path / "journal.jsonl"), sleep=lambda seconds: None)  # type: ignore[arg-type]
    return from_documents(home, teacher, 99, **more)  # type: ignore[arg-type]


def test_a_row_has_its_passage_a_near_one_and_a_cited_answer(home: Home, tmp_path: Path) -> None:
    made = taught(home, tmp_path, script())
    rows = {row["question"]: row for row in made.rows}
    assert {question: row["kind"] for question, row in rows.items()} == {
        FEE: "value",
        CAP: "value",
        RULE: "condition",
        CARD: "unanswerable",
    }
    row = rows[FEE]
    (gold,) = row["gold"]
    assert row["answer"] == f"연체료는 권당 1일 100원입니다. [{gold}]"
    assert (len(row["passages"]), row["passages"][gold - 1]["label"]) == (2, "제3조")
    assert row["passages"][gold - 1]["head"] == "연체료"
    assert row["passages"][2 - gold]["label"] != "제3조"
    assert (rows[CARD]["answer"], rows[CARD]["gold"]) == ("모른다", [])
    assert {row["group"] for row in made.rows} == {home.store.documents()[0].id}


def test_the_answers_passage_is_not_always_the_first(home: Home, tmp_path: Path) -> None:
    # A model that only ever sees it there learns to cite [1].
    asked = [f"{who} 연체료는 권당 얼마인가요?" for who in ("학생의", "시민의", "직원의", "교사의", "손님의", "이웃의")]
    right = dict.fromkeys(asked, RIGHT[FEE])
    made = taught(home, tmp_path, script("\n".join(f"값: {question}" for question in asked), right))
    assert {tuple(row["gold"]) for row in made.rows} == {(1,), (2,)}
    assert all(row["passages"][row["gold"][0] - 1]["label"] == "제3조" for row in made.rows)


def test_the_rows_become_sft_rows_with_tags_and_the_same_prompt_the_pipeline_builds(home: Home, tmp_path: Path) -> None:
    made = taught(home, tmp_path, script())
    built = build("grounded", made.rows, "sft", Options(tagged=True))
    assert built.counts["tagged"] >= 3
    tagged = [row for row in built.rows if row.get("tagged")]
    assert any("<금액" in row["completion"] for row in tagged)
    assert not any("100원" in row["prompt"][-1]["content"] for row in tagged)


@pytest.mark.parametrize(
    ("answer", "why"),
    [
        ("연체료는 권당 1일 700원입니다.", "foreign_value"),
        ("모른다", "teacher_refused"),
        ("관장이 기분에 따라 몰래 정하는 비밀스러운 절차입니다.", "uncited"),
        ("대출 기간은 14일로 하고, 한 번에 5권까지 빌릴 수 있습니다.", "other_passage"),
        ("연체료는 권당 1일 100원입니다. " * 9, "long"),
        ("연체료는 권당 1일 100원이다.", "form"),
        # Seen on the 1.5B: half of the passage, half invented, and no value that could give it away.
        ("권당 연체료를 규정에 따라 도서관에 내야 합니다.", "unchecked"),
        ("1. 연체료는 권당 1일 100원\n2. 한 권의 연체료는 3천 원", "form"),
    ],
)
def test_an_answer_that_does_not_hold_is_a_failure_with_its_reason(
    home: Home, tmp_path: Path, answer: str, why: str
) -> None:
    made = taught(home, tmp_path, script(f"값: {FEE}", {FEE: answer}))
    assert made.rows == []
    failures = [row for row in made.failures if row.get("question") == FEE]
    assert [row["why"] for row in failures] == [why]
    assert made.counts[f"failed:{why}"] == 1


def test_an_answer_that_drops_the_proviso_does_not_hold(home: Home, tmp_path: Path) -> None:
    made = taught(home, tmp_path, script(f"조건: {RULE}", {RULE: "연체료는 권당 1일 100원으로 합니다."}))
    assert (made.rows, made.counts["failed:contradicted"]) == ([], 1)


def test_an_answer_that_was_mended_keeps_the_wrong_one_as_rejected(home: Home, tmp_path: Path) -> None:
    wrong = "연체료는 권당 1일 700원입니다."
    made = taught(home, tmp_path, script(f"값: {FEE}", {FEE: wrong}, {FEE: RIGHT[FEE]}))
    (row,) = made.rows
    assert (row["rejected"], row["answer"][:16]) == (wrong, RIGHT[FEE][:16])
    (pair,) = build("grounded", made.rows, "pairs").rows
    assert pair["rejected"] == wrong


def test_an_answer_that_was_only_plain_is_not_rejected_for_a_polite_one(home: Home, tmp_path: Path) -> None:
    # The second attempt is drawn at a higher temperature: a preference for it would be one for chance.
    made = taught(home, tmp_path, script(f"값: {FEE}", {FEE: "연체료는 권당 1일 100원이다."}, {FEE: RIGHT[FEE]}))
    (row,) = made.rows
    assert "rejected" not in row


def test_a_question_without_an_answer_must_be_refused_with_and_without_the_near_passage(
    home: Home, tmp_path: Path
) -> None:
    answered = taught(home, tmp_path, script(f"없음: {CARD}", {CARD: RIGHT[FEE]}))
    assert (answered.rows, answered.counts["failed:answerable"]) == ([], 1)

    def only_alone(messages: Sequence[Message], options: GenerateOptions) -> str:
        last = messages[-1].content
        if last.startswith("[글]"):
            return script(f"없음: {CARD}")(messages, options)
        return "모른다" if "\n[2] " in last else RIGHT[FEE]

    (tmp_path / "journal.jsonl").unlink()
    made = taught(home, tmp_path, only_alone)
    assert (made.rows, made.counts["failed:answerable"]) == ([], 1)


@pytest.mark.parametrize(
    ("line", "why"),
    [
        ("값: 연체료", "question_form"),
        ("값: 위 글에서 연체료는 얼마인가요?", "question_points_at_the_text"),
        ("값: 이 규정 말고 해당 문서에 적힌 연체료는?", "question_points_at_the_text"),
        ("값: 연체료가 권당 900원인가요?", "question_foreign_value"),
        (f"값: {FEE}\n조건: {FEE}", "question_twice"),
    ],
)
def test_a_bad_question_is_not_asked(home: Home, tmp_path: Path, line: str, why: str) -> None:
    made = taught(home, tmp_path, script(line))
    assert made.counts[f"failed:{why}"] == 1


def test_a_question_about_paper_documents_does_not_point_at_the_text(home: Home, tmp_path: Path) -> None:
    question = "종이 문서의 연체료는 권당 얼마인가요?"  # 이 문서 stands in it
    made = taught(home, tmp_path, script(f"값: {question}", {question: RIGHT[FEE]}))
    assert made.counts["failed:question_points_at_the_text"] == 0


def test_a_stopped_run_goes_on_from_its_journal_to_the_same_rows(home: Home, tmp_path: Path) -> None:
    whole = taught(home, tmp_path, script())
    calls = []

    def counting(messages: Sequence[Message], options: GenerateOptions) -> str:
        calls.append(1)
        return script()(messages, options)

    (tmp_path / "journal.jsonl").unlink()
    ends = iter([*[False] * 6, *[True] * 9])
    part = taught(home, tmp_path, counting, stop=lambda: next(ends))
    asked = len(calls)
    again = taught(home, tmp_path, counting)
    assert part.interrupted
    assert 0 < asked < len(calls)
    assert again.rows == whole.rows
    assert len(calls) == len((tmp_path / "journal.jsonl").read_text(encoding="utf-8").splitlines())
    assert taught(home, tmp_path, counting).rows == whole.rows
    teacher = Teacher(ScriptedLLM(counting), Journal(tmp_path / "journal.jsonl"))
    card = summary(from_documents(home, teacher, 99), teacher, 0)
    assert (card["calls"], card["rows"], card["interrupted"]) == (0, len(whole.rows), False)


def test_passages_are_taken_from_every_document_in_turn(home: Home, tmp_path: Path) -> None:
    from haechi.pipeline.ingest import ingest

    (tmp_path / "안내.txt").write_text(
        "주차장은 오전 9시부터 오후 6시까지 열고, 요금은 10분에 500원으로 한다. " * 2, encoding="utf-8"
    )
    ingest(home, [str(tmp_path / "안내.txt")])
    first = choose(home, 2, seed=3)
    assert len({hit.chunk.document_id for hit in first}) == 2
    assert [hit.chunk.id for hit in choose(home, 2, seed=3)] == [hit.chunk.id for hit in first]


def test_hard_negatives_are_near_and_are_not_the_answer(home: Home) -> None:
    chunks = home.store.chunks(home.store.documents()[0].id)
    gold = next(chunk for chunk in chunks if chunk.label == "제3조")
    row = {"question": FEE, "chunk": gold.id, "group": gold.document_id}
    (mined,), left = mine(home, [row], 3)
    assert mined.positive == gold.text
    assert mined.negatives
    assert all(hit.chunk.label != "제3조" for hit in mined.negatives)
    assert left["no_gold"] == 0
    assert mine(home, [{"question": FEE, "gold_ids": ["zzz"]}], 3)[1]["no_gold"] == 1


def test_a_passage_with_the_answers_words_is_no_negative(home: Home) -> None:
    chunks = home.store.chunks(home.store.documents()[0].id)
    gold = next(chunk for chunk in chunks if chunk.label == "제3조")
    hits = home.retriever().retrieve(FEE, 9)
    assert gold.id in {hit.chunk.id for hit in hits}
    assert gold.id not in {hit.chunk.id for hit in others(hits, [gold])}

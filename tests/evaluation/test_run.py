"""`evaluate`: the figures come from the real pipeline, resume, and mean what they say."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from haechi.errors import InputError
from haechi.evaluation.run import evaluate_answers, evaluate_retrieval, judge_row, read_questions, summarise
from haechi.models.scripted import ScriptedLLM
from haechi.pipeline.build import Home
from haechi.pipeline.ingest import ingest

#: The reply to the warm-up before the first question.
WARM_UP = ""
FEE = {"document": "운영규정.md", "label": "제3조"}
QUESTIONS = [
    {"id": "a", "question": "연체료는 얼마인가요?", "answers": ["100원"], "gold": [FEE], "answerable": True},
    {"id": "b", "question": "정기휴관일은 언제인가요?", "answers": ["월요일"], "gold": [{**FEE, "label": "제4조"}]},
    {"id": "c", "question": "수영장 강습료 환불 절차는요?", "answers": [], "answerable": False},
]


def test_retrieval_figures_have_the_keys_of_the_contract(home: Home, documents: Path) -> None:
    ingest(home, [str(documents)])
    figures = evaluate_retrieval(home, QUESTIONS)
    assert figures["n"] == 2
    assert figures["recall@1"] == figures["mrr"] == 1.0
    keys = {"recall@1", "recall@2", "recall@5", "recall@10", "mrr", "ndcg@10", "p50_ms", "p95_ms", "ci95"}
    assert keys <= set(figures)


def test_retrieval_without_golds_is_refused(home: Home) -> None:
    with pytest.raises(InputError, match="정답"):
        evaluate_retrieval(home, [{"id": "c", "question": "?"}])


def test_answers_are_counted_and_a_second_run_asks_nothing_again(home: Home, documents: Path, tmp_path: Path) -> None:
    ingest(home, [str(documents)])
    chatbot = home.chatbot()
    chatbot.llm = ScriptedLLM([WARM_UP, "연체료는 권당 1일 100원입니다. [1]", "모른다"])
    out = tmp_path / "answers.jsonl"
    figures = evaluate_answers(home, QUESTIONS, out=out)
    assert (figures["n"], figures["answered"]) == (3, 1)
    assert figures["contains_answer"] == 0.5
    assert figures["over_refusal"] == 0.5
    assert figures["refusal_recall"] == 1.0
    assert figures["citation_precision"] == figures["citation_recall"] == 1.0
    assert figures["fabricated_values"] == 0
    # The scripted model has no reply left: asking again would raise.
    assert evaluate_answers(home, QUESTIONS, out=out) == figures


def test_a_line_cut_by_a_kill_is_asked_again(home: Home, documents: Path, tmp_path: Path) -> None:
    ingest(home, [str(documents)])
    chatbot = home.chatbot()
    chatbot.llm = ScriptedLLM([WARM_UP, "모른다", "모른다", WARM_UP, "연체료는 권당 1일 100원입니다. [1]"])
    out = tmp_path / "answers.jsonl"
    evaluate_answers(home, QUESTIONS, out=out)
    lines = out.read_text(encoding="utf-8").splitlines()
    out.write_text("\n".join(lines[1:]) + "\n" + lines[0][:40], encoding="utf-8")
    assert evaluate_answers(home, QUESTIONS, out=out)["contains_answer"] == 0.5


def test_a_refused_question_is_judged_by_what_it_should_have_been() -> None:
    refused = {
        "origin": "refused",
        "answer": "모른다",
        "hits": [],
        "citations": [],
        "verdicts": [],
        "timings": {"total": 1},
    }
    wrong = judge_row({"answerable": True, "answers": ["100원"], "gold": [FEE]}, refused)
    right = judge_row({"answerable": False}, refused)
    figures = summarise([wrong, right])
    assert (figures["over_refusal"], figures["refusal_recall"], figures["f1"]) == (1.0, 1.0, 0.0)
    assert figures["right_citation"] is None


@pytest.mark.parametrize(
    ("text", "message"), [("", "질문이 없습니다"), ("{not json}\n", ":1:"), ('{"id": "1"}\n', ":1:")]
)
def test_a_bad_question_file_is_named_by_line(tmp_path: Path, text: str, message: str) -> None:
    path = tmp_path / "q.jsonl"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(InputError, match=message):
        read_questions(path)


def test_questions_without_an_id_are_numbered(tmp_path: Path) -> None:
    path = tmp_path / "q.jsonl"
    path.write_text(json.dumps({"question": "연체료는?"}) + "\n", encoding="utf-8")
    assert read_questions(path)[0]["id"] == "1"

"""The checks behind a LangChain chain."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import Any

import pytest

pytest.importorskip("langchain_core", reason="langchain-core is not installed: pip install 'haechi[langchain]'")

from langchain_core.documents import Document
from langchain_core.messages import AIMessage
from langchain_core.runnables import RunnableLambda

from haechi.checkers.base import Evidence
from haechi.errors import InputError
from haechi.integrations.langchain import UNKNOWN, HaechiCheck, HaechiCorrect
from haechi.types import Verdict

FEE = "연체료는 권당 1일 100원으로 한다."
DOCUMENTS = [Document(FEE, metadata={"title": "운영규정", "label": "제3조"})]


class Fee:
    """500원 is wrong, 100원 is right, 5유로 stands nowhere. Remembers what it was given."""

    name = "amount"

    def __init__(self) -> None:
        self.seen: list[tuple[str, Sequence[Evidence], str]] = []

    def check(self, answer: str, evidence: Sequence[Evidence], question: str = "") -> list[Verdict]:
        self.seen.append((answer, evidence, question))
        rules: list[tuple[str, Any, str]] = [
            ("500원", "contradicted", "100원"),
            ("100원", "supported", ""),
            ("5유로", "not_found", ""),
        ]
        return [
            Verdict(self.name, claim, label, FEE, "", new, start=at, end=at + len(claim))
            for claim, label, new in rules
            if (at := answer.find(claim)) >= 0
        ]


def test_the_output_of_a_retrieval_chain_is_checked() -> None:
    checker = Fee()
    chain = RunnableLambda(
        lambda question: {"input": question, "context": DOCUMENTS, "answer": "연체료는 권당 500원입니다."}
    )
    record = (chain | HaechiCheck(checkers=[checker])).invoke("연체료는요?")
    assert (record["supported"], record["corrected"]) == (False, "연체료는 권당 100원입니다.")
    assert checker.seen[0] == ("연체료는 권당 500원입니다.", [Evidence(FEE, "제3조", "운영규정")], "연체료는요?")


@pytest.mark.parametrize("answer", ["연체료는 권당 100원입니다.", AIMessage("연체료는 권당 100원입니다.")])
def test_an_answer_alone_is_checked_against_passages_given_before(answer: Any) -> None:
    assert HaechiCheck(FEE, checkers=[Fee()]).invoke(answer)["supported"] is True
    assert HaechiCorrect([FEE], checkers=[Fee()]).invoke(answer) == "연체료는 권당 100원입니다."


def test_what_is_passed_on_is_corrected_refused_or_marked() -> None:
    correct = RunnableLambda(lambda text: text) | HaechiCorrect(DOCUMENTS, checkers=[Fee()])
    assert correct.batch(["연체료는 권당 500원입니다.", "회비는 5유로입니다.", "책은 좋습니다."]) == [
        "연체료는 권당 100원입니다.",
        UNKNOWN,
        "책은 좋습니다. (확인하지 못한 부분이 있습니다)",
    ]


def test_async_calls_work_like_the_others() -> None:
    check = HaechiCheck(FEE, checkers=[Fee()])
    records = asyncio.run(check.abatch(["연체료는 권당 100원입니다.", "회비는 5유로입니다."]))
    assert [record["supported"] for record in records] == [True, False]


@pytest.mark.parametrize(
    ("given", "word"),
    [
        ({"answer": "", "evidence": FEE}, "answer"),
        ("연체료는 100원입니다.", "근거"),
        ({"answer": "가", "context": [3]}, "int"),
    ],
)
def test_a_missing_answer_or_passage_is_named(given: Any, word: str) -> None:
    with pytest.raises(InputError, match=word):
        HaechiCheck(checkers=[Fee()]).invoke(given)

"""`make test-all`: the default 1.5B model over the example institution, as `make run` shows it."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator
from pathlib import Path

import pytest

from haechi.config import load_config
from haechi.errors import ModelError
from haechi.models.llama_cpp import LlamaCppLLM
from haechi.pipeline.build import Home, init_home, open_home
from haechi.pipeline.ingest import ingest

pytestmark = [pytest.mark.slow, pytest.mark.models]


@pytest.fixture(scope="module")
def example_home(tmp_path_factory: pytest.TempPathFactory, repository: Path) -> Iterator[Home]:
    folder = init_home(tmp_path_factory.mktemp("example") / "home")
    with open_home(load_config(folder)) as home:
        ingest(home, [str(repository / "examples" / "documents")])
        yield home


@pytest.mark.parametrize(
    ("question", "value", "label"),
    [
        ("정액급식비는 한 달에 얼마인가요?", "140,000원", "제6조"),
        ("헬스장 월 이용권은 청소년이 얼마인가요?", "36,000원", "별표 2"),
        ("직원이 출장에서 돌아오면 며칠 안에 보고해야 하나요?", "5일", "제16조제2항"),
    ],
)
def test_a_start_question_gets_its_value_and_its_source(
    example_home: Home, default_llm: Path, question: str, value: str, label: str
) -> None:
    answer = example_home.chatbot().ask(question)
    assert answer.origin == "generated"
    assert value in answer.answer
    assert [citation.label for citation in answer.citations] == [label]
    assert {verdict.label for verdict in answer.verdicts} == {"supported"}


def test_what_the_documents_do_not_have_is_refused(example_home: Home, default_llm: Path) -> None:
    answer = example_home.chatbot().ask("야외 결혼식장 대여비는 어떻게 되나요?")
    assert (answer.origin, answer.citations) == ("refused", ())
    assert answer.answer.startswith("모른다")


def test_a_model_killed_in_the_middle_of_an_answer_is_an_honest_failure_and_the_next_question_works(
    example_home: Home, default_llm: Path
) -> None:
    chatbot = example_home.chatbot()
    assert isinstance(chatbot.llm, LlamaCppLLM)
    stream = chatbot.stream("정액급식비는 한 달에 얼마인가요?")
    with pytest.raises(ModelError, match="haechi doctor"):
        for item in stream:
            if isinstance(item, str) and chatbot.llm.process_id is not None:
                os.kill(chatbot.llm.process_id, signal.SIGKILL)
    assert chatbot.ask("정액급식비는 한 달에 얼마인가요?").origin == "generated"

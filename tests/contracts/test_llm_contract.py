"""What every LLM back end must do. A new back end is one more row in `BACKENDS`."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import pytest

from haechi.errors import ModelError
from haechi.models.base import LLM
from haechi.models.llama_cpp import LlamaCppLLM
from haechi.models.openai_compatible import OpenAICompatibleLLM
from haechi.models.scripted import ScriptedLLM
from haechi.types import GenerateOptions, Generation, Message
from tests.conftest import SMALL_LLM, _weights
from tests.models import llama_server

KEY = "a-key-of-the-contract-test"
QUESTION = [Message("system", "한국어로 답하세요."), Message("user", "도서관은 어떤 곳인가요?")]
YES_OR_NO = 'root ::= "예" | "아니오"'


def _script(messages: Sequence[Message], options: GenerateOptions) -> str:
    return "예" if options.grammar else "도서관은 책을 빌리고 읽는 곳입니다. 누구나 이용할 수 있습니다."


def _scripted() -> Iterator[LLM]:
    yield ScriptedLLM(_script)


def _llama_cpp() -> Iterator[LLM]:
    llm = LlamaCppLLM(_weights(SMALL_LLM), name=SMALL_LLM, context=2048, threads=1)
    yield llm
    llm.close()


def _openai_compatible() -> Iterator[LLM]:
    with llama_server.running(_weights(SMALL_LLM), KEY) as url, pytest.MonkeyPatch.context() as environment:
        environment.setenv("CONTRACT_TEST_KEY", KEY)
        llm = OpenAICompatibleLLM(url, SMALL_LLM, "CONTRACT_TEST_KEY", 120.0, grammar="gbnf")
        yield llm
        llm.close()


BACKENDS = {"scripted": _scripted, "llama_cpp": _llama_cpp, "openai_compatible": _openai_compatible}


@pytest.fixture(
    scope="module",
    params=["scripted", *(pytest.param(name, marks=pytest.mark.models) for name in list(BACKENDS)[1:])],
)
def made(request: pytest.FixtureRequest) -> Iterator[LLM]:
    yield from BACKENDS[request.param]()


@pytest.fixture
def llm(made: LLM, monkeypatch: pytest.MonkeyPatch) -> LLM:
    monkeypatch.setenv("CONTRACT_TEST_KEY", KEY)
    return made


def test_it_is_an_llm(llm: LLM) -> None:
    assert isinstance(llm, LLM)
    assert llm.name


def test_a_stream_is_pieces_and_then_the_whole_reply(llm: LLM) -> None:
    *pieces, last = llm.stream(QUESTION, GenerateOptions(max_tokens=12))
    assert isinstance(last, Generation)
    assert all(isinstance(piece, str) and piece for piece in pieces)
    assert len(pieces) > 1
    assert "".join(str(piece) for piece in pieces) == last.text
    assert any("가" <= letter <= "힣" for letter in last.text)
    assert "\ufffd" not in last.text


def test_generate_is_the_streams_last_item_and_repeatable_at_temperature_zero(llm: LLM) -> None:
    options = GenerateOptions(max_tokens=8, temperature=0.0, seed=7)
    *_, streamed = llm.stream(QUESTION, options)
    assert isinstance(streamed, Generation)
    assert llm.generate(QUESTION, options).text == streamed.text


def test_the_token_limit_holds_and_is_told(llm: LLM) -> None:
    reply = llm.generate(QUESTION, GenerateOptions(max_tokens=3))
    assert reply.finish_reason == "length"
    assert reply.completion_tokens == 3
    assert reply.prompt_tokens is not None
    assert reply.prompt_tokens > 5
    assert reply.seconds is not None and reply.first_token_seconds is not None
    assert 0 <= reply.first_token_seconds <= reply.seconds


def test_a_stop_string_ends_the_reply_and_is_not_in_it(llm: LLM) -> None:
    free = llm.generate(QUESTION, GenerateOptions(max_tokens=12)).text
    stop = free[4]
    stopped = llm.generate(QUESTION, GenerateOptions(max_tokens=12, stop=(stop,)))
    assert stopped.text == free[: free.index(stop)]
    assert stopped.finish_reason == "stop"


def test_a_grammar_is_honoured_or_refused_and_never_ignored(llm: LLM) -> None:
    options = GenerateOptions(max_tokens=8, grammar=YES_OR_NO)
    if not llm.supports_grammar:
        with pytest.raises(ModelError):
            llm.generate(QUESTION, options)
        return
    reply = llm.generate(QUESTION, options)
    assert reply.text in ("예", "아니오")
    assert reply.finish_reason == "stop"


def test_closing_the_stream_cancels_and_the_next_request_works(llm: LLM) -> None:
    stream = llm.stream(QUESTION, GenerateOptions(max_tokens=1500))
    assert isinstance(next(stream), str)
    stream.close()  # type: ignore[attr-defined]
    # Would wait for 1,500 tokens if the first request went on: the fixture's server has one slot.
    assert llm.generate(QUESTION, GenerateOptions(max_tokens=2)).completion_tokens == 2


def test_a_message_cannot_smuggle_in_control_tokens(llm: LLM) -> None:
    # The trap: servers read `<|im_end|>` in a document as the end of the turn.
    plain = llm.generate([Message("user", "가")], GenerateOptions(max_tokens=1)).prompt_tokens
    smuggled = llm.generate([Message("user", "가<|im_end|>")], GenerateOptions(max_tokens=1)).prompt_tokens
    assert plain is not None and smuggled is not None
    assert smuggled >= plain + 3


def test_token_counts(llm: LLM) -> None:
    assert llm.count_tokens("") == 0
    short, long = llm.count_tokens("연체료는 1일 100원"), llm.count_tokens("연체료는 1일 100원" * 10)
    assert 4 <= short <= 20
    assert 8 * short <= long <= 10 * short
    assert llm.count_tokens("<|im_end|>") > 1


def test_closing_twice_is_safe(llm: LLM) -> None:
    llm.close()
    llm.close()

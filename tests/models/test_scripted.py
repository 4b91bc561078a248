"""The fakes are deterministic, keep count, and load through the registry."""

from __future__ import annotations

import subprocess
import sys

import numpy as np
import pytest

from haechi import registry
from haechi.errors import ModelError
from haechi.models.base import LLM, Embedder
from haechi.models.scripted import ScriptedEmbedder, ScriptedLLM
from haechi.types import GenerateOptions, Message

ASK = [Message("user", "질문")]
OPTIONS = GenerateOptions()


def test_both_load_through_the_registry() -> None:
    assert isinstance(registry.load("llms", "scripted")(), LLM)
    assert isinstance(registry.load("embedders", "scripted")(), Embedder)


def test_replies_come_in_order_and_calls_are_recorded() -> None:
    llm = ScriptedLLM(["하나", "둘"])
    assert [llm.generate(ASK, OPTIONS).text, llm.generate(ASK, OPTIONS).text] == ["하나", "둘"]
    assert llm.calls == [(tuple(ASK), OPTIONS)] * 2
    with pytest.raises(ModelError, match="모두 썼습니다"):
        llm.generate(ASK, OPTIONS)


def test_a_function_sees_messages_and_options() -> None:
    llm = ScriptedLLM(lambda messages, options: f"{messages[-1].content}:{options.grammar}")
    assert llm.generate(ASK, GenerateOptions(grammar="g")).text == "질문:g"


def test_without_a_script_it_does_not_know() -> None:
    assert ScriptedLLM().generate(ASK, OPTIONS).text == "모른다"


def test_a_closed_stream_is_counted() -> None:
    llm = ScriptedLLM(["여러 조각으로 나뉘는 긴 답"])
    stream = llm.stream(ASK, OPTIONS)
    next(stream)
    stream.close()  # type: ignore[attr-defined]
    assert llm.cancelled == 1


def test_a_grammar_is_refused_when_told_so() -> None:
    with pytest.raises(ModelError):
        ScriptedLLM(supports_grammar=False).generate(ASK, GenerateOptions(grammar="g"))


def test_texts_that_share_bigrams_are_near() -> None:
    embedder = ScriptedEmbedder()
    question, near, far = embedder.embed(["연체료는 얼마", "연체료는 100원", "Opening hours"], "passage")
    assert question @ near > question @ far
    assert np.allclose(np.linalg.norm(embedder.embed(["", "가", "나 다"], "query"), axis=1), 1.0)
    assert embedder.embed([], "query").shape == (0, 64)
    assert embedder.calls[1] == ("query", ("", "가", "나 다"))


def test_vectors_are_the_same_in_every_process() -> None:
    # The trap: hash() of a string differs from process to process.
    script = (
        "from haechi.models.scripted import ScriptedEmbedder as E; "
        "print(E().embed(['도서관'], 'query').tobytes().hex())"
    )
    other = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True).stdout.strip()
    assert ScriptedEmbedder().embed(["도서관"], "query").tobytes().hex() == other

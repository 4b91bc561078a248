"""Clear errors, no leaks, no silence: what the HTTP back ends do when a server is absent, odd or hostile.

That they work with a real server is the contract test's part (a llama.cpp HTTP server on loopback).
"""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from haechi.errors import ConfigError, ModelError
from haechi.models.base import Embedder
from haechi.models.openai_compatible import OpenAICompatibleEmbedder, OpenAICompatibleLLM
from haechi.types import GenerateOptions, Generation, Message
from tests.models import llama_server

KEY = "sk-very-secret-0123456789"
ASK = [Message("user", "연체료는?")]
Answer = Callable[[str, dict[str, Any]], tuple[int, bytes | str]]


class Stub:
    """A server whose answers a test writes: path and body → status and reply."""

    def __init__(self) -> None:
        self.answer: Answer = lambda path, body: (404, "{}")
        self.seen: list[tuple[str, dict[str, str], dict[str, Any]]] = []
        stub = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
                stub.seen.append((self.path, dict(self.headers), body))
                status, reply = stub.answer(self.path, body)
                raw = reply.encode() if isinstance(reply, str) else reply
                self.send_response(status)
                if 300 <= status < 400:
                    self.send_header("Location", "/elsewhere")
                self.end_headers()
                self.wfile.write(raw)

            def do_GET(self) -> None:
                status, reply = stub.answer(self.path, {})
                self.send_response(status)
                self.end_headers()
                self.wfile.write(reply.encode() if isinstance(reply, str) else reply)

            def log_message(self, *arguments: object) -> None:
                """Quiet."""

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_address[1]}/v1"
        self.thread = threading.Thread(target=self.server.serve_forever, kwargs={"poll_interval": 0.01})
        self.thread.start()

    def close(self) -> None:
        self.server.shutdown()
        self.thread.join()
        self.server.server_close()


@pytest.fixture
def stub() -> Iterator[Stub]:
    made = Stub()
    yield made
    made.close()


@pytest.fixture
def llm(stub: Stub, monkeypatch: pytest.MonkeyPatch) -> Iterator[OpenAICompatibleLLM]:
    monkeypatch.setenv("TEST_KEY", KEY)
    made = OpenAICompatibleLLM(stub.url, "served", "TEST_KEY", 5.0)
    yield made
    made.close()


def events(*items: object, done: bool = True) -> str:
    lines = [f"data: {json.dumps(item, ensure_ascii=False)}\n\n" for item in items]
    return "".join(lines) + ("data: [DONE]\n\n" if done else "")


def delta(text: str | None = None, finish: str | None = None) -> dict[str, Any]:
    return {"choices": [{"index": 0, "delta": {"content": text} if text else {}, "finish_reason": finish}]}


def test_pieces_and_usage_come_from_the_events(stub: Stub, llm: OpenAICompatibleLLM) -> None:
    usage = {"choices": [], "usage": {"prompt_tokens": 7, "completion_tokens": 2}}
    stub.answer = lambda path, body: (
        200,
        ": ping\n\n" + events(delta(), delta("연체료는 "), delta("100원"), delta(None, "length"), usage),
    )
    *pieces, last = llm.stream(ASK, GenerateOptions(max_tokens=2, stop=("\n",), seed=3))
    assert pieces == ["연체료는 ", "100원"]
    assert isinstance(last, Generation)
    assert (last.text, last.prompt_tokens, last.completion_tokens, last.finish_reason) == (
        "연체료는 100원", 7, 2, "length",
    )  # fmt: skip
    path, headers, body = stub.seen[0]
    assert path == "/v1/chat/completions"
    assert headers["Authorization"] == f"Bearer {KEY}"
    assert (body["model"], body["max_tokens"], body["stop"], body["seed"]) == ("served", 2, ["\n"], 3)


def test_a_server_that_is_not_there_is_named_with_the_next_command(stub: Stub) -> None:
    stub.close()
    llm = OpenAICompatibleLLM(stub.url, "served")
    with pytest.raises(ModelError, match=rf"{stub.url}.*haechi doctor"):
        llm.generate(ASK, GenerateOptions())
    stub.__init__()  # type: ignore[misc]


def test_a_stream_that_breaks_off_is_an_error_and_not_a_short_answer(stub: Stub, llm: OpenAICompatibleLLM) -> None:
    stub.answer = lambda path, body: (200, events(delta("연체료는 "), done=False))
    with pytest.raises(ModelError, match="도중에 끊겼습니다"):
        llm.generate(ASK, GenerateOptions())


def test_an_error_inside_the_stream_is_raised(stub: Stub, llm: OpenAICompatibleLLM) -> None:
    stub.answer = lambda path, body: (200, events(delta("연"), {"error": {"message": "out of memory"}}))
    with pytest.raises(ModelError, match="out of memory"):
        llm.generate(ASK, GenerateOptions())


def test_the_servers_own_words_are_shown(stub: Stub, llm: OpenAICompatibleLLM) -> None:
    stub.answer = lambda path, body: (404, json.dumps({"error": {"message": "model 'served' not found"}}))
    with pytest.raises(ModelError, match=r"\(404\): model 'served' not found.*haechi\.toml의 model"):
        llm.generate(ASK, GenerateOptions())


@pytest.mark.parametrize("status", [400, 401])
def test_the_key_never_shows_even_when_the_server_quotes_it(stub: Stub, llm: OpenAICompatibleLLM, status: int) -> None:
    stub.answer = lambda path, body: (status, json.dumps({"error": {"message": f"bad key {KEY}"}}))
    with pytest.raises(ModelError) as caught:
        llm.generate(ASK, GenerateOptions())
    assert KEY not in caught.value.korean + caught.value.english
    assert status != 401 or "TEST_KEY" in caught.value.korean


def test_a_redirect_is_not_followed(stub: Stub, llm: OpenAICompatibleLLM) -> None:
    stub.answer = lambda path, body: (307, "{}")
    with pytest.raises(ModelError, match="307"):
        llm.generate(ASK, GenerateOptions())
    assert [path for path, _, _ in stub.seen] == ["/v1/chat/completions"]


def test_proxy_variables_are_ignored(stub: Stub, llm: OpenAICompatibleLLM, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:9")
    stub.answer = lambda path, body: (200, events(delta("네"), delta(None, "stop")))
    assert OpenAICompatibleLLM(stub.url, "served").generate(ASK, GenerateOptions()).text == "네"


def test_a_grammar_is_sent_only_where_it_is_understood(stub: Stub, llm: OpenAICompatibleLLM) -> None:
    # The trap: vLLM, Ollama and TGI ignore an unknown `grammar` field, and the answer looks locked.
    options = GenerateOptions(grammar='root ::= "예"')
    with pytest.raises(ModelError, match="grammar='gbnf'"):
        llm.generate(ASK, options)
    assert stub.seen == []
    stub.answer = lambda path, body: (200, events(delta("예"), delta(None, "stop")))
    OpenAICompatibleLLM(stub.url, "served", grammar="gbnf").generate(ASK, options)
    assert stub.seen[0][2]["grammar"] == options.grammar
    # vLLM reads it from another field, and takes the older guided_grammar without a word and without an effect.
    OpenAICompatibleLLM(stub.url, "served", grammar="ebnf").generate(ASK, options)
    assert stub.seen[1][2]["structured_outputs"] == {"grammar": options.grammar}
    assert "grammar" not in stub.seen[1][2]


@pytest.mark.parametrize("reply", [{"tokens": [1, 2, 3]}, {"count": 3, "tokens": [1, 2, 3]}, [{"id": 1}] * 3])
def test_tokens_are_counted_by_llama_server_vllm_and_tgi(stub: Stub, llm: OpenAICompatibleLLM, reply: object) -> None:
    stub.answer = lambda path, body: (200, json.dumps(reply)) if path == "/tokenize" else (500, "")
    assert llm.count_tokens("연체료는?") == 3
    assert llm.exact_counts


def test_without_a_tokenizer_the_count_is_a_stated_estimate(stub: Stub, llm: OpenAICompatibleLLM) -> None:
    stub.answer = lambda path, body: (404, "not found")
    assert llm.count_tokens("연체료는 abc") == 4 + 2
    assert not llm.exact_counts
    llm.count_tokens("다시")
    assert len(stub.seen) == 1


@pytest.mark.parametrize("url", ["127.0.0.1:8000/v1", "ftp://host/v1", "http:///v1", "http://me:secret@host/v1"])
def test_a_bad_url_is_told_and_a_password_in_it_is_not_repeated(url: str) -> None:
    with pytest.raises(ConfigError) as caught:
        OpenAICompatibleLLM(url, "served")
    assert "secret" not in caught.value.korean + caught.value.english


def embeddings(path: str, body: dict[str, Any]) -> tuple[int, str]:
    if path != "/v1/embeddings":
        return 404, "{}"
    rows = [{"index": at, "embedding": [float(len(text)), 1.0, 0.0]} for at, text in enumerate(body["input"])]
    return 200, json.dumps({"data": rows[::-1]})  # a server may answer in any order


def test_the_embedder_normalises_orders_and_prefixes(stub: Stub) -> None:
    stub.answer = embeddings
    embedder = OpenAICompatibleEmbedder(stub.url, "e", query_prefix="query: ", passage_prefix="passage: ")
    assert isinstance(embedder, Embedder)
    texts = ["가" * length for length in range(1, 70)]
    vectors = embedder.embed(texts, "query")
    expected = np.array([[len("query: ") + len(text), 1.0, 0.0] for text in texts])
    assert vectors.dtype == np.float32
    assert np.allclose(vectors, expected / np.linalg.norm(expected, axis=1, keepdims=True))
    assert "query: 가" in [body["input"][0] for _, _, body in stub.seen]
    assert embedder.dimension == 3
    assert embedder.embed([], "passage").shape == (0, 3)
    embedder.close()


@pytest.mark.parametrize(
    ("path", "reply", "limit"),
    [
        ("/v1/models", {"data": [{"id": "other", "max_model_len": 9}, {"id": "e", "max_model_len": 8192}]}, 8192),
        ("/info", {"model_id": "e", "max_input_length": 1024}, 1024),
        ("/v1/models", {"data": [{"id": "e"}]}, 256),
        ("/v1/models", ["what"], 256),
    ],
    ids=["vllm", "tei", "says nothing", "nonsense"],
)
def test_the_limit_is_the_servers_and_the_settings_only_where_it_says_none(
    stub: Stub, path: str, reply: object, limit: int
) -> None:
    stub.answer = lambda asked, body: (200, json.dumps(reply)) if asked == path else (404, "{}")
    embedder = OpenAICompatibleEmbedder(stub.url, "e", max_tokens=256)
    assert embedder.max_tokens == limit
    assert embedder.limit_from == ("haechi.toml" if limit == 256 else stub.url.removesuffix("/v1") + path)
    embedder.close()


def test_a_prefix_of_passages_names_other_vectors_but_not_another_model(stub: Stub) -> None:
    stub.answer = embeddings
    embedder = OpenAICompatibleEmbedder(stub.url, "e", passage_prefix="passage: ")
    embedder.embed(["가"], "passage")
    assert embedder.name.startswith("e+")
    assert [body["model"] for _, _, body in stub.seen if body] == ["e"]
    assert OpenAICompatibleEmbedder(stub.url, "e", query_prefix="query: ").name == "e"


@pytest.mark.models
def test_a_real_server_embeds(small_llm: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TEST_KEY", KEY)
    with llama_server.running(small_llm, KEY, embedding=True) as url:
        embedder = OpenAICompatibleEmbedder(url, "small", "TEST_KEY", 120.0, max_tokens=256)
        question, near, far = embedder.embed(
            ["연체료는 얼마인가요?", "연체료가 얼마죠?", "def f(x): return x"], "query"
        )
        assert question.shape == (embedder.dimension,)
        assert np.isclose(np.linalg.norm(question), 1.0, atol=1e-5)
        assert question @ near > question @ far
        assert embedder.count_tokens("연체료") > 2
        embedder.close()


@pytest.mark.parametrize(
    "data",
    [[], [{"index": 0, "embedding": [0.0, 0.0]}], [{"index": 0, "embedding": [float("nan"), 1.0]}], [{"index": 0}]],
    ids=["missing", "zero", "nan", "none"],
)
def test_unusable_vectors_are_refused(stub: Stub, data: object) -> None:
    stub.answer = lambda path, body: (200, json.dumps({"data": data}))
    with pytest.raises(ModelError, match="no usable vectors"):
        OpenAICompatibleEmbedder(stub.url, "e").embed(["가"], "query")

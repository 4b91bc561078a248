"""Servers that speak the OpenAI API inside the organisation: vLLM, Ollama, TGI, llama-server.

The key is read from the environment at each request and never appears in a message. Nothing but the given URL is
contacted: no redirect is followed and proxy variables are ignored.
Grammar: llama-server takes GBNF (`grammar="gbnf"`); the others ignore the field without a word, so for them
(`grammar="none"`, the default) a request with a grammar raises.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from typing import Any, Literal
from urllib.parse import urlsplit

import httpx
import numpy as np

from haechi.errors import ConfigError, ModelError
from haechi.models.base import Vectors
from haechi.models.chat_protocol import LIMITS, RequestRefused, chat_body, inert, refusal, stream_chat
from haechi.models.prefixes import chosen
from haechi.types import EmbedKind, GenerateOptions, Generation, Message

#: Texts sent to an embedding server at once.
_EMBED_BATCH = 32


class OpenAICompatibleLLM:
    """`url` ends before `/chat/completions`, for example `http://10.0.0.5:8000/v1`.

    `exact_counts` is False once the server turned out to have no tokenizer endpoint (Ollama); `count_tokens` is then
    an upper estimate: one token per character that is not ASCII, one per three ASCII characters.
    """

    def __init__(
        self,
        url: str,
        model: str,
        api_key_env: str = "",
        timeout: float = 300.0,
        *,
        grammar: Literal["none", "gbnf"] = "none",
    ) -> None:
        self.name = model
        self.supports_grammar = grammar == "gbnf"
        # Only llama-server is known to give them with a stream; another server might refuse the request.
        self.supports_logprobs = self.supports_grammar
        self.exact_counts = True
        self._server = _Server(url, api_key_env, timeout)

    def generate(self, messages: Sequence[Message], options: GenerateOptions) -> Generation:
        *_, last = self.stream(messages, options)
        assert isinstance(last, Generation)
        return last

    def stream(self, messages: Sequence[Message], options: GenerateOptions) -> Iterator[str | Generation]:
        if options.grammar is not None and not self.supports_grammar:
            raise ModelError(
                f"'{self._server.url}'의 '{self.name}'에는 문법(GBNF)을 보낼 수 없습니다. "
                "llama-server라면 grammar='gbnf'로 설정하고, 아니면 근거 잠금을 끄세요(answer.lock = false)",
                f"'{self.name}' at '{self._server.url}' takes no grammar; for llama-server set grammar='gbnf', "
                "else turn the evidence lock off (answer.lock = false)",
            )
        body = chat_body(messages, options, self.name)
        try:
            yield from stream_chat(self._server.client(), f"{self._server.url}/chat/completions", body)
        except httpx.HTTPError as error:
            raise self._server.unreachable(error) from error
        except RequestRefused as error:
            raise self._server.refused(error, self.name) from error

    def count_tokens(self, text: str) -> int:
        if self.exact_counts:
            counted = self._count_on_server(text)
            if counted is not None:
                return counted
            self.exact_counts = False
        ascii_characters = sum(character.isascii() for character in text)
        return len(text) - ascii_characters + (ascii_characters + 2) // 3

    def close(self) -> None:
        self._server.close()

    def _count_on_server(self, text: str) -> int | None:
        """None: no such endpoint. llama-server reads `content`, vLLM `prompt`, TGI `inputs`; others are ignored."""
        body = {
            "model": self.name,
            "content": text,
            "prompt": text,
            "inputs": text,
            "add_special": False,
            "parse_special": False,
            "add_special_tokens": False,
        }
        try:
            reply = self._server.client().post(f"{self._server.url.removesuffix('/v1')}/tokenize", json=body)
        except httpx.HTTPError as error:
            raise self._server.unreachable(error) from error
        if reply.status_code in (404, 405, 501):
            return None
        if reply.status_code != 200:
            raise self._server.refused(refusal(reply), self.name)
        answer = _json(reply, self._server)
        tokens = answer.get("tokens") if isinstance(answer, dict) else answer
        if not isinstance(tokens, list):
            raise self._server.refused(RequestRefused(200, f"no tokens in {str(answer)[:80]!r}"), self.name)
        return len(tokens)


class OpenAICompatibleEmbedder:
    """`/v1/embeddings` of a server. The prefixes are the model's and must be told: no server says them.

    `max_tokens` is what the server says (vLLM: max_model_len of `/v1/models`, TEI: max_input_length of `/info`), and
    the given one where it says nothing; `limit_from` names which. `count_tokens` asks the server's tokenizer, or
    estimates from above where there is none; two special tokens and the prefix are included.
    """

    def __init__(
        self,
        url: str,
        model: str,
        api_key_env: str = "",
        timeout: float = 300.0,
        *,
        max_tokens: int = 512,
        query_prefix: str = "",
        passage_prefix: str = "",
    ) -> None:
        self._prefixes, suffix = chosen("", "", query_prefix, passage_prefix)
        self.name = model + suffix
        self._model = model
        self._given_limit = max_tokens
        self._limit: tuple[int, str] | None = None
        self._server = _Server(url, api_key_env, timeout)
        self._counter = OpenAICompatibleLLM(url, model, api_key_env, timeout)
        self._dimension: int | None = None

    @property
    def max_tokens(self) -> int:
        """Asked of the server once."""
        return self._stated()[0]

    @property
    def limit_from(self) -> str:
        """Where `max_tokens` comes from: the server's path, or the settings."""
        return self._stated()[1]

    def _stated(self) -> tuple[int, str]:
        if self._limit is None:
            root = self._server.url.removesuffix("/v1")
            places = ((f"{self._server.url}/models", _vllm_limit), (f"{root}/info", _tei_limit))
            found = ((read(self._server.read(url), self._model), url) for url, read in places)
            self._limit = next(((limit, url) for limit, url in found if limit), (self._given_limit, "haechi.toml"))
        return self._limit

    @property
    def dimension(self) -> int:
        """Asked of the server once, with a one-word request."""
        if self._dimension is None:
            self._dimension = self._request(["차원"]).shape[1]
        return self._dimension

    def embed(self, texts: Sequence[str], kind: EmbedKind) -> Vectors:
        prefixed = [self._prefixes[kind] + text for text in texts]
        if not prefixed:
            return np.zeros((0, self.dimension), dtype=np.float32)
        starts = range(0, len(prefixed), _EMBED_BATCH)
        return np.concatenate([self._request(prefixed[start : start + _EMBED_BATCH]) for start in starts])

    def count_tokens(self, text: str, kind: EmbedKind = "passage") -> int:
        return self._counter.count_tokens(self._prefixes[kind] + text) + 2

    def close(self) -> None:
        self._server.close()
        self._counter.close()

    def _request(self, texts: list[str]) -> Vectors:
        body = {"model": self._model, "input": [inert(text) for text in texts], "encoding_format": "float"}
        try:
            reply = self._server.client().post(f"{self._server.url}/embeddings", json=body)
        except httpx.HTTPError as error:
            raise self._server.unreachable(error) from error
        if reply.status_code != 200:
            raise self._server.refused(refusal(reply), self._model)
        try:
            rows = sorted(_json(reply, self._server)["data"], key=lambda row: row["index"])
            vectors = np.asarray([row["embedding"] for row in rows], dtype=np.float32)
            good = vectors.ndim == 2 and len(vectors) == len(texts) and bool(np.isfinite(vectors).all())
        except (KeyError, TypeError, ValueError):
            good = False
        norms = np.linalg.norm(vectors, axis=1, keepdims=True) if good else np.zeros(1)
        if not good or not norms.all() or (self._dimension or vectors.shape[1]) != vectors.shape[1]:
            raise self._server.refused(RequestRefused(200, f"no usable vectors for {len(texts)} texts"), self._model)
        normalised: Vectors = vectors / norms
        return normalised


class _Server:
    """One URL, its key, and how its failures are told."""

    def __init__(self, url: str, api_key_env: str, timeout: float) -> None:
        parts = urlsplit(url)
        if parts.scheme not in ("http", "https") or not parts.hostname or parts.username or parts.password:
            shown = url if "@" not in url else f"{parts.scheme}://***@{parts.hostname}"
            raise ConfigError(
                f"서버 주소 '{shown}'이(가) 잘못되었습니다. http://호스트:포트/v1 꼴이고 비밀번호가 없어야 합니다",
                f"bad server URL '{shown}': expected http://host:port/v1, without credentials",
            )
        self.url = url.rstrip("/")
        self._key_name = api_key_env
        self._timeout = timeout
        self._client = httpx.Client(timeout=httpx.Timeout(timeout, connect=10.0), limits=LIMITS, trust_env=False)

    def client(self) -> httpx.Client:
        """The client, with today's key: a rotated key needs no restart."""
        key = self._key()
        self._client.headers = httpx.Headers({"Authorization": f"Bearer {key}"} if key else {})
        return self._client

    def close(self) -> None:
        self._client.close()

    def read(self, url: str) -> Any:
        """What the server says at an address that not every server has; None where it says nothing of use."""
        try:
            reply = self.client().get(url)
        except httpx.HTTPError as error:
            raise self.unreachable(error) from error
        try:
            return reply.json() if reply.status_code == 200 else None
        except ValueError:
            return None

    def unreachable(self, error: httpx.HTTPError) -> ModelError:
        if isinstance(error, httpx.ReadTimeout):
            return ModelError(
                f"모델 서버 '{self.url}'이(가) {self._timeout:.0f}초 동안 답하지 않았습니다. "
                "서버 상태를 보거나 haechi.toml의 timeout을 늘리세요",
                f"the model server '{self.url}' did not answer for {self._timeout:.0f} s; raise timeout in haechi.toml",
            )
        reason = self._scrub(str(error)) or type(error).__name__
        return ModelError(
            f"모델 서버 '{self.url}'에 연결할 수 없거나 도중에 끊겼습니다: {reason}. "
            "서버가 켜져 있는지, haechi.toml의 url이 맞는지 확인하세요: haechi doctor",
            f"cannot reach the model server '{self.url}', or it broke off: {reason}; "
            "check that it runs and that url in haechi.toml is right: haechi doctor",
        )

    def refused(self, error: RequestRefused, model: str) -> ModelError:
        reason = self._scrub(error.message)
        if error.status in (401, 403):
            name = self._key_name or "(api_key_env 없음)"
            return ModelError(
                f"모델 서버 '{self.url}'이(가) 키를 받지 않았습니다({error.status}). 환경 변수 {name}을(를) 확인하세요",
                f"the model server '{self.url}' refused the key ({error.status}); check the variable {name}",
            )
        return ModelError(
            f"모델 서버 '{self.url}'이(가) 모델 '{model}'의 요청을 거절했습니다({error.status}): {reason}. "
            "서버의 모델 이름과 haechi.toml의 model이 같은지 확인하세요",
            f"the model server '{self.url}' refused the request for '{model}' ({error.status}): {reason}; "
            "check that model in haechi.toml is the name that the server uses",
        )

    def _key(self) -> str:
        return os.environ.get(self._key_name, "").strip() if self._key_name else ""

    def _scrub(self, text: str) -> str:
        """Servers like to quote the key that they refuse."""
        key = self._key()
        return text.replace(key, "***") if key else text


def _vllm_limit(reply: Any, model: str) -> int:
    rows = reply.get("data") if isinstance(reply, dict) else None
    rows = [row for row in rows if isinstance(row, dict)] if isinstance(rows, list) else []
    return next((_number(row.get("max_model_len")) for row in rows if row.get("id") == model), 0)


def _tei_limit(reply: Any, model: str) -> int:
    return _number(reply.get("max_input_length")) if isinstance(reply, dict) else 0


def _number(value: Any) -> int:
    return value if isinstance(value, int) and not isinstance(value, bool) and value > 0 else 0


def _json(reply: httpx.Response, server: _Server) -> Any:
    try:
        return reply.json()
    except ValueError as error:
        raise server.refused(RequestRefused(reply.status_code, f"not JSON: {reply.text[:80]!r}"), "") from error

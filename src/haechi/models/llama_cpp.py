"""Any GGUF model through llama.cpp, in a supervised child process.

A crash of the native code or a kill costs one answer, never the program: the child is started on first use, restarted
when it died, and a request it took down is repeated once as long as nothing of the answer was handed out.
Requests queue up inside the child; the unchanging start of a prompt is read once and kept (prefix cache).
"""

from __future__ import annotations

import json
import os
import secrets
import shutil
import subprocess
import sys
import tempfile
import threading
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx

from haechi.errors import ModelError
from haechi.models.adapter_check import check_adapter
from haechi.models.chat_protocol import LIMITS, RequestRefused, chat_body, stream_chat
from haechi.types import GenerateOptions, Generation, Message

#: Without a byte for this long the child hangs: it writes after every 256 tokens of the prompt and after every token.
SILENCE_SECONDS = 300.0
#: A fresh child after so many requests, so that a slow leak in native code never matters.
RECYCLE_AFTER = 2000
#: `sun_path` holds 108 bytes on Linux, 104 on macOS.
_SOCKET_PATH_LIMIT = 100


@dataclass
class _Child:
    process: subprocess.Popen[str]
    client: httpx.Client
    folder: Path
    requests: int = 0
    active: int = 0


class LlamaCppLLM:
    """`threads = 0` uses every core this process may use. The grammar (GBNF) is honoured.

    `adapter` is a LoRA GGUF of this very model, checked before it is loaded; what it adds is times `adapter_scale`.
    """

    supports_grammar = True
    supports_logprobs = True

    def __init__(
        self,
        model_path: Path,
        *,
        name: str,
        context: int = 4096,
        threads: int = 0,
        adapter: Path | None = None,
        adapter_scale: float = 1.0,
    ) -> None:
        self.name = name
        self._model = model_path
        self._adapter = adapter
        self._adapter_scale = adapter_scale
        self._context = context
        self._threads = threads or len(os.sched_getaffinity(0))
        self._lock = threading.Lock()
        self._child: _Child | None = None

    def generate(self, messages: Sequence[Message], options: GenerateOptions) -> Generation:
        *_, last = self._answer(messages, options, hand_out=False)
        assert isinstance(last, Generation)
        return last

    def stream(self, messages: Sequence[Message], options: GenerateOptions) -> Iterator[str | Generation]:
        return self._answer(messages, options, hand_out=True)

    def count_tokens(self, text: str) -> int:
        body = {"content": text, "add_special": False, "parse_special": False}
        for last_try in (False, True):
            child = self._enter()
            try:
                reply = child.client.post("/tokenize", json=body)
                reply.raise_for_status()
                return len(reply.json()["tokens"])
            except httpx.TransportError as error:
                self._discard(child)
                if last_try:
                    raise self._failed(error) from error
            except (httpx.HTTPStatusError, ValueError, KeyError) as error:
                raise self._failed(error) from error
            finally:
                self._leave(child)
        raise AssertionError("unreachable")

    def greedy_tokens(self, prompt: Sequence[int], max_tokens: int) -> list[int]:
        """The likeliest next token again and again after `prompt` (token ids), to compare with another engine.

        Ends after `max_tokens` or with an end mark, which is the last of them. Raises ModelError.
        """
        body = {
            "prompt": list(prompt),
            "n_predict": max_tokens,
            "temperature": 0.0,
            "repeat_penalty": 1.0,
            "return_tokens": True,
            "cache_prompt": False,
        }
        child = self._enter()
        try:
            reply = child.client.post("/completion", json=body)
            reply.raise_for_status()
            return [int(token) for token in reply.json()["tokens"]]
        except (httpx.TransportError, httpx.HTTPStatusError, ValueError, KeyError) as error:
            raise self._failed(error) from error
        finally:
            self._leave(child)

    def close(self) -> None:
        with self._lock:
            child, self._child = self._child, None
        if child is not None:
            _end(child)

    @property
    def process_id(self) -> int | None:
        """The child's process id while it runs."""
        child = self._child
        return child.process.pid if child is not None and child.process.poll() is None else None

    def _answer(
        self, messages: Sequence[Message], options: GenerateOptions, *, hand_out: bool
    ) -> Iterator[str | Generation]:
        # return_progress makes the server write after every batch of the prompt, so that silence means a hang.
        body = {**chat_body(messages, options, self.name), "cache_prompt": True, "return_progress": True}
        for last_try in (False, True):
            child = self._enter()
            handed_out = False
            try:
                for item in stream_chat(child.client, "/v1/chat/completions", body):
                    handed_out = hand_out
                    yield item
                return
            except httpx.TransportError as error:
                self._discard(child)
                if handed_out or last_try:
                    raise self._failed(error) from error
            except RequestRefused as error:
                raise self._refused(error) from error
            finally:
                self._leave(child)

    def _enter(self) -> _Child:
        """The running child, a fresh one when there is none; counted as busy until `_leave`."""
        with self._lock:
            child = self._child
            worn_out = child is not None and child.requests >= RECYCLE_AFTER and not child.active
            if child is not None and (worn_out or child.process.poll() is not None):
                _end(child)
                child = None
            if child is None:
                child = self._child = self._start()
            child.requests += 1
            child.active += 1
            return child

    def _leave(self, child: _Child) -> None:
        with self._lock:
            child.active -= 1

    def _discard(self, child: _Child) -> None:
        with self._lock:
            if self._child is child:
                self._child = None
        _end(child)

    def _start(self) -> _Child:
        if not self._model.is_file():
            raise ModelError(
                f"모델 파일이 없습니다: '{self._model}'. 확인: haechi models list",
                f"no model file at '{self._model}'; see: haechi models list",
            )
        if self._adapter is not None:
            check_adapter(self._adapter, self._model)
        folder = _socket_folder()
        socket = str(folder / "llm.sock")
        key = secrets.token_urlsafe(32)
        settings = {
            "model": str(self._model),
            "context": self._context,
            "threads": self._threads,
            "adapter": str(self._adapter) if self._adapter else None,
            "adapter_scale": self._adapter_scale,
            "socket": socket,
            "key": key,
        }
        process = subprocess.Popen(
            [sys.executable, "-m", "haechi.models.llama_cpp_worker"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
            start_new_session=True,  # Ctrl-C in a terminal is for the parent
        )
        client = httpx.Client(
            transport=httpx.HTTPTransport(uds=socket, limits=LIMITS),
            base_url="http://llm",
            headers={"Authorization": f"Bearer {key}"},
            timeout=SILENCE_SECONDS,
        )
        child = _Child(process, client, folder)
        answer = _first_line(process, settings)
        if answer.get("state") != "ready":
            _end(child)
            model = self.name.rpartition("+")[0] if self._adapter else self.name
            raise ModelError(
                f"모델 '{self.name}'을(를) 올리지 못했습니다('{self._model}'): {answer.get('error')}. "
                f"파일이 온전한지, 메모리가 충분한지 확인하세요: haechi models verify {model}, haechi doctor",
                f"could not load the model '{self.name}' ('{self._model}'): {answer.get('error')}; "
                f"check the file and the free memory: haechi models verify {model}, haechi doctor",
            )
        return child

    def _failed(self, error: Exception) -> ModelError:
        return ModelError(
            f"모델 '{self.name}'의 프로세스가 답하는 도중 멈췄습니다({type(error).__name__}). "
            "다시 질문하세요. 되풀이되면: haechi doctor",
            f"the process of the model '{self.name}' failed while answering ({type(error).__name__}); "
            "ask again, and if it happens again: haechi doctor",
        )

    def _refused(self, error: RequestRefused) -> ModelError:
        if error.kind == "exceed_context_size_error":
            return ModelError(
                f"프롬프트가 모델의 문맥 {self._context}토큰보다 깁니다: {error.message}. "
                "haechi.toml의 llm.context를 늘리거나 answer.evidence_tokens를 줄이세요",
                f"the prompt does not fit the context of {self._context} tokens: {error.message}; "
                "raise llm.context or lower answer.evidence_tokens in haechi.toml",
            )
        return ModelError(
            f"모델 '{self.name}'이(가) 요청을 거절했습니다: {error.message}",
            f"the model '{self.name}' refused the request: {error.message}",
        )


def _socket_folder() -> Path:
    folder = Path(tempfile.mkdtemp(prefix="haechi-"))
    if len(str(folder / "llm.sock").encode()) <= _SOCKET_PATH_LIMIT:
        return folder
    folder.rmdir()
    return Path(tempfile.mkdtemp(prefix="haechi-", dir="/tmp"))


def _first_line(process: subprocess.Popen[str], settings: dict[str, Any]) -> dict[str, str]:
    """Hand over the settings and wait until the model is loaded, or the child is gone."""
    assert process.stdin is not None and process.stdout is not None
    try:
        process.stdin.write(json.dumps(settings) + "\n")
        process.stdin.flush()
        line = process.stdout.readline()
    except BrokenPipeError:
        line = ""
    if not line:
        return {"state": "failed", "error": f"exit code {process.wait()}"}
    answer: dict[str, str] = json.loads(line)
    return answer


def _end(child: _Child) -> None:
    """Stop the child now: it holds nothing that needs saving."""
    child.process.kill()
    child.process.wait()
    for pipe in (child.process.stdin, child.process.stdout):
        if pipe is not None:
            pipe.close()
    child.client.close()
    shutil.rmtree(child.folder, ignore_errors=True)

"""The OpenAI-shaped chat request and its streamed reply, as llama-server, vLLM, Ollama and TGI speak it.

Knows nothing of processes, keys or models. Transport errors (`httpx.TransportError`) go to the caller, who knows
which server it was; a refusal by the server is `RequestRefused`.
"""

from __future__ import annotations

import json
import time
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import httpx

from haechi.types import GenerateOptions, Generation, Message, TokenChance

#: A connection for each request. A kept one may be closed by llama-server just as it is used again; that looks like a
#: dead server (seen in the contract test under load). A new one costs well under a millisecond here.
LIMITS = httpx.Limits(max_keepalive_connections=0)


class RequestRefused(Exception):  # noqa: N818 - an answer of the server, turned into a ModelError by the caller
    """The server answered, and the answer was no. `kind` is the server's own error type, if it gave one."""

    def __init__(self, status: int, message: str, kind: str = "") -> None:
        super().__init__(message)
        self.status = status
        self.message = message
        self.kind = kind


def chat_body(messages: Sequence[Message], options: GenerateOptions, model: str) -> dict[str, Any]:
    """The request. The grammar goes in llama-server's field; callers refuse it for servers that ignore it."""
    body: dict[str, Any] = {
        "model": model,
        "messages": [{"role": message.role, "content": inert(message.content)} for message in messages],
        "max_tokens": options.max_tokens,
        "temperature": options.temperature,
        "seed": options.seed,
        "stream": True,
        "stream_options": {"include_usage": True},
    }
    if options.stop:
        body["stop"] = list(options.stop)
    if options.grammar is not None:
        body["grammar"] = options.grammar
    if options.top_logprobs:
        body["logprobs"] = True
        body["top_logprobs"] = options.top_logprobs
    return body


def inert(text: str) -> str:
    """Break `<|`: servers read `<|im_end|>` inside a message as the control token, so a document could end its turn."""
    return text.replace("<|", "< |")


def stream_chat(client: httpx.Client, url: str, body: Mapping[str, Any]) -> Iterator[str | Generation]:
    """Send the request, yield text pieces, then the whole reply. Closing the iterator closes the connection."""
    started = time.monotonic()
    pieces: list[str] = []
    first: float | None = None
    finish, ended = "stop", False
    usage: Mapping[str, Any] = {}
    chances: list[TokenChance] = []
    with client.stream("POST", url, json=body) as response:
        if response.status_code != 200:
            response.read()
            raise refusal(response)
        for event in _events(response):
            if "error" in event:
                raise _refused(500, event["error"])
            usage = event.get("usage") or usage
            for choice in event.get("choices") or ():
                finish = choice.get("finish_reason") or finish
                ended = ended or bool(choice.get("finish_reason"))
                chances += _chances(choice.get("logprobs"))
                piece = (choice.get("delta") or {}).get("content")
                if piece:
                    first = time.monotonic() - started if first is None else first
                    pieces.append(piece)
                    yield piece
    if not ended:
        # A server that dies between two events may close the stream politely; half an answer is not an answer.
        raise httpx.RemoteProtocolError("the stream ended before the reply did")
    yield Generation(
        text="".join(pieces),
        prompt_tokens=usage.get("prompt_tokens"),
        completion_tokens=usage.get("completion_tokens"),
        finish_reason="length" if finish == "length" else "stop",
        first_token_seconds=first,
        seconds=time.monotonic() - started,
        chances=tuple(chances),
    )


def _chances(logprobs: object) -> Iterator[TokenChance]:
    """OpenAI's `logprobs.content`; llama-server and vLLM write the same."""
    content = logprobs.get("content") if isinstance(logprobs, dict) else None
    for item in content or ():
        rivals = tuple((str(rival["token"]), float(rival["logprob"])) for rival in item.get("top_logprobs") or ())
        yield TokenChance(str(item["token"]), float(item["logprob"]), rivals)


def refusal(response: httpx.Response) -> RequestRefused:
    """The error of a reply that is not 200, in the server's words."""
    try:
        detail = response.json()
    except ValueError:
        return RequestRefused(response.status_code, response.text[:300].strip())
    return _refused(response.status_code, detail.get("error", detail) if isinstance(detail, dict) else detail)


def _refused(status: int, detail: object) -> RequestRefused:
    if isinstance(detail, dict):
        return RequestRefused(status, str(detail.get("message", detail))[:300], str(detail.get("type", "")))
    return RequestRefused(status, str(detail)[:300])


def _events(response: httpx.Response) -> Iterator[dict[str, Any]]:
    for line in response.iter_lines():
        data = line.removeprefix("data:").strip()
        if not line.startswith("data:") or data == "[DONE]":
            continue
        try:
            event = json.loads(data)
        except ValueError as error:
            raise RequestRefused(200, f"not JSON in the stream: {data[:80]!r}") from error
        if isinstance(event, dict):
            yield event

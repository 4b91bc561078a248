"""The OpenAI shapes: GET /v1/models and POST /v1/chat/completions, for clients that speak nothing else.

The last user message is the question and the messages before it are its history. System messages and sampling
parameters are those of the client's habit: the home's own rules hold. What streams is the checked answer, because such
a client cannot take a draft back; the whole Answer object rides in `haechi`.
"""

from __future__ import annotations

import json
import time
from collections.abc import AsyncGenerator
from typing import TYPE_CHECKING, Annotated, Any, Literal

from fastapi import FastAPI
from fastapi.responses import JSONResponse, Response
from pydantic import BaseModel, ConfigDict, Field
from starlette.exceptions import HTTPException

from haechi.pipeline.history import turns_of_messages
from haechi.serve.events import EventStream
from haechi.serve.schemas import MAX_QUESTION, MAX_TEXT, AskRequest, Reply, SearchRequest, TurnRequest
from haechi.types import Message

if TYPE_CHECKING:
    from haechi.serve.api import Service

MODEL = "haechi"
#: The checked answer is sent in pieces of so many characters.
_PIECE = 24


class TextPart(BaseModel):
    """A part of a message; only text can be read."""

    type: Literal["text"]
    text: str


class ChatMessage(BaseModel):
    """One message; `content` is text or a list of text parts."""

    model_config = ConfigDict(extra="ignore")

    role: Literal["system", "developer", "user", "assistant"]
    content: Annotated[str, Field(max_length=MAX_TEXT)] | list[TextPart]

    @property
    def text(self) -> str:
        """The content as one text."""
        return self.content if isinstance(self.content, str) else "\n".join(part.text for part in self.content)


class HaechiOptions(SearchRequest):
    """What `haechi ask` takes beside the question, under the key `haechi` (the client's `extra_body`)."""

    question: str = Field(default="", max_length=0)
    neighbours: bool | None = None
    conversation_id: str | None = Field(default=None, pattern=r"^[0-9A-Za-z_-]{8,64}$")
    no_lock: bool = False
    no_check: bool = False
    no_gate: bool = False


class CompletionRequest(BaseModel):
    """A chat completion. Other keys of the OpenAI API are accepted and have no effect."""

    model_config = ConfigDict(extra="ignore")

    model: str = MODEL
    messages: list[ChatMessage] = Field(min_length=1, max_length=200)
    stream: bool = False
    haechi: HaechiOptions = Field(default_factory=HaechiOptions)


class CompletionReply(Reply):
    """A chat completion; `haechi` is the Answer object of POST /ask."""

    id: str
    object: str
    created: int
    model: str
    choices: list[dict[str, Any]]
    usage: dict[str, int]
    haechi: dict[str, Any]


class ModelListReply(Reply):
    """The one model: this home."""

    object: str
    data: list[dict[str, Any]]


def add_openai_routes(app: FastAPI, service: Service) -> None:
    """GET /v1/models and POST /v1/chat/completions."""
    stream_reply = {"content": {"text/event-stream": {"schema": {"type": "string"}}}}

    @app.get("/v1/models", response_model=ModelListReply)
    async def models() -> Any:
        """OpenAI 호환: 모델 목록. 이 홈 하나뿐입니다."""
        return {"object": "list", "data": [{"id": MODEL, "object": "model", "created": 0, "owned_by": MODEL}]}

    @app.post("/v1/chat/completions", response_model=CompletionReply, responses={200: stream_reply})
    async def completions(request: CompletionRequest) -> Response:
        """OpenAI 호환: 마지막 user 메시지에 답합니다. 앞의 메시지는 이어지는 질문을 풀어 쓰는 데 씁니다."""
        asked = ask_request(request)
        if request.stream:
            return EventStream(_chunks(service, asked))
        return JSONResponse(completion(await service.in_turn(lambda: service.ask(asked))))


def ask_request(request: CompletionRequest) -> AskRequest:
    """The question with its history. Raises HTTPException 400 when the last message is no question."""
    last = request.messages[-1]
    question = last.text.strip()
    if last.role != "user" or not question:
        raise HTTPException(400, "messages의 마지막은 내용이 있는 user 메시지여야 합니다")
    if len(question) > MAX_QUESTION:
        raise HTTPException(400, f"질문이 너무 깁니다: {len(question)}자(최대 {MAX_QUESTION}자)")
    before = [Message(message.role, message.text) for message in request.messages[:-1] if message.role != "developer"]
    turns = [turn for turn in turns_of_messages(before) if 0 < len(turn.question.strip()) <= MAX_QUESTION]
    history = [TurnRequest(question=turn.question, answer=turn.answer[:MAX_TEXT]) for turn in turns[-50:]]
    options = request.haechi.model_dump(exclude={"question"})
    return AskRequest(question=question, history=history, **options)


def content(record: dict[str, Any]) -> str:
    """What a client shows that knows nothing of `haechi`: the answer, and that it was not checked where it was not."""
    unchecked = record["status"] == "unchecked"
    return f"{record['answer']}\n\n({record['status_text']})" if unchecked else str(record["answer"])


def completion(record: dict[str, Any]) -> dict[str, Any]:
    """The whole reply."""
    tokens = {key: int(record["tokens"].get(key) or 0) for key in ("prompt", "completion")}
    return {
        **_head(record, "chat.completion"),
        "choices": [
            {"index": 0, "message": {"role": "assistant", "content": content(record)}, "finish_reason": "stop"}
        ],
        "usage": {
            "prompt_tokens": tokens["prompt"],
            "completion_tokens": tokens["completion"],
            "total_tokens": tokens["prompt"] + tokens["completion"],
        },
        "haechi": record,
    }


async def _chunks(service: Service, asked: AskRequest) -> AsyncGenerator[bytes, None]:
    """The checked answer in pieces, the Answer object with the last one, then [DONE]."""
    record: dict[str, Any] = await service.in_turn(lambda: service.ask(asked))
    text = content(record)
    pieces = [text[start : start + _PIECE] for start in range(0, len(text), _PIECE)] or [""]
    for number, piece in enumerate(pieces):
        delta = {"role": "assistant", "content": piece} if number == 0 else {"content": piece}
        yield _event({**_head(record, "chat.completion.chunk"), "choices": [_choice(delta, None)]})
    yield _event({**_head(record, "chat.completion.chunk"), "choices": [_choice({}, "stop")], "haechi": record})
    yield b"data: [DONE]\n\n"


def _choice(delta: dict[str, str], reason: str | None) -> dict[str, Any]:
    return {"index": 0, "delta": delta, "finish_reason": reason}


def _head(record: dict[str, Any], kind: str) -> dict[str, Any]:
    return {"id": f"chatcmpl-{record['id']}", "object": kind, "created": int(time.time()), "model": MODEL}


def _event(data: dict[str, Any]) -> bytes:
    return f"data: {json.dumps(data, ensure_ascii=True)}\n\n".encode("ascii")

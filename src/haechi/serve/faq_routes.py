"""/faq: the curated pairs with their hits, one added or changed, one removed; and what the gate makes of a question.

Changes are open only while the server is bound to this machine, like those of documents.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

from fastapi import FastAPI, HTTPException
from pydantic import Field

from haechi.pipeline.faq_edit import add_pair, remove_pairs
from haechi.pipeline.faq_gate import today
from haechi.pipeline.faq_table import MAX_ANSWER, MAX_QUESTION, make_pair
from haechi.serve.schemas import Question, Reply, Request
from haechi.serve.source_routes import local_only

if TYPE_CHECKING:
    from haechi.pipeline.build import Home

MAX_VARIANTS = 100


class FaqRequest(Request):
    """`haechi faq add`: a pair; one with an `id` that is there is changed."""

    question: Annotated[str, Field(min_length=1, max_length=MAX_QUESTION)]
    answer: Annotated[str, Field(min_length=1, max_length=MAX_ANSWER)]
    id: str = ""
    variants: list[str] = Field(default=[], max_length=MAX_VARIANTS)
    category: str = ""
    expires: str = ""
    source: str = ""


class FaqTestRequest(Request):
    """`haechi faq test`."""

    question: Question


class FaqPairReply(Reply):
    """One pair. `hits` counts answers; `expired` and `enabled` say whether it may answer."""

    id: str
    question: str
    answer: str
    variants: list[str]
    hits: int
    last_hit: str
    expires: str
    expired: bool
    enabled: bool


class FaqListReply(Reply):
    """All pairs."""

    faq: list[FaqPairReply]


class FaqChangeReply(Reply):
    """`result` is added, updated or unchanged."""

    id: str
    result: str


class FaqRemovedReply(Reply):
    """How many were removed."""

    removed: int


class FaqTestReply(Reply):
    """What the gate decided, as `haechi faq test`."""

    matched: bool
    faq_id: str | None
    score: float
    margin: float
    reason: str


def add_faq_routes(app: FastAPI, home: Home) -> None:
    """Add the routes to `app`."""
    local = [local_only(home)]

    @app.get("/faq", response_model=FaqListReply)
    def faq() -> Any:
        """자주 묻는 질문: 답한 횟수, 마지막으로 답한 때, 만료 여부와 함께."""
        day = today()
        return {"faq": [pair.as_json(day) for pair in home.store.faq_pairs()]}

    @app.post("/faq", response_model=FaqChangeReply, dependencies=local)
    def put(request: FaqRequest) -> Any:
        """질문과 답변 한 쌍을 더하거나 고칩니다."""
        pair = make_pair(
            request.question,
            request.answer,
            identity=request.id,
            category=request.category,
            expires=request.expires,
            source=request.source,
            variants=request.variants,
        )
        return {"id": pair.id, "result": add_pair(home, pair)}

    @app.post("/faq/test", response_model=FaqTestReply)
    def test(request: FaqTestRequest) -> Any:
        """이 질문에 FAQ가 답하는지, 아니면 왜 넘기는지. 횟수에는 넣지 않습니다."""
        found = home.gate().match(request.question)
        return {
            "matched": found.matched,
            "faq_id": found.faq_id or None,
            "score": found.score,
            "margin": found.margin,
            "reason": found.reason,
        }

    @app.delete("/faq/{faq_id}", response_model=FaqRemovedReply, dependencies=local)
    def remove(faq_id: str) -> Any:
        """질문과 답변 한 쌍을 흔적까지 없앱니다."""
        if all(pair.id != faq_id for pair in home.store.faq_pairs()):
            raise HTTPException(404, f"FAQ '{faq_id}'이(가) 없습니다. 목록: GET /faq")
        return {"removed": remove_pairs(home, [faq_id])}

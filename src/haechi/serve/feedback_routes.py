"""POST /feedback: a thumb up or down for a recorded answer, with the right answer where someone knows it.

Open to whoever may ask: an opinion changes no document and no answer. Reading them is for the command line.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any, Literal

from fastapi import FastAPI, HTTPException
from pydantic import Field

from haechi.pipeline.feedback import MAX_CORRECTION, MAX_NOTE, MAX_WHO, give_feedback
from haechi.serve.schemas import Reply, Request
from haechi.stores.feedback_base import Feedback

if TYPE_CHECKING:
    from haechi.pipeline.build import Home


class FeedbackRequest(Request):
    """`haechi feedback add`: `answer_id` is the `id` of the answer of /ask."""

    answer_id: Annotated[str, Field(min_length=1, max_length=64)]
    verdict: Literal["good", "bad"]
    corrected_answer: Annotated[str, Field(max_length=MAX_CORRECTION)] = ""
    note: Annotated[str, Field(max_length=MAX_NOTE)] = ""
    who: Annotated[str, Field(max_length=MAX_WHO)] = ""


class FeedbackReply(Reply):
    """What was kept."""

    id: str
    answer_id: str
    verdict: str
    created: str


def add_feedback_routes(app: FastAPI, home: Home) -> None:
    """Add the route to `app`."""

    @app.post("/feedback", response_model=FeedbackReply)
    def feedback(request: FeedbackRequest) -> Any:
        """답 하나가 맞았는지(good, bad), 아니라면 바른 답과 함께 적어 둡니다."""
        # Over HTTP only a whole id: beginnings would let a stranger try out other people's.
        if home.store.answer(request.answer_id) is None:
            raise HTTPException(404, f"답 '{request.answer_id}'이(가) 없습니다. 번호는 /ask 답의 id입니다")
        made = Feedback(
            request.answer_id, request.verdict, request.corrected_answer, note=request.note, who=request.who
        )
        return give_feedback(home, made).as_json()

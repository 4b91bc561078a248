"""POST /check: the checkers and the corrector alone, on anyone's answer, one or many."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from anyio.to_thread import run_sync
from fastapi import FastAPI

from haechi.pipeline.check import check_answer, check_record, default_checkers, passages_of
from haechi.serve.schemas import CheckBatchReply, CheckReply, CheckRequest, CheckRow

if TYPE_CHECKING:
    from haechi.serve.api import Service


def add_check_routes(app: FastAPI, service: Service) -> None:
    """POST /check."""

    @app.post("/check", response_model=CheckBatchReply | CheckReply)
    async def check(request: CheckRequest) -> Any:
        """답과 근거를 받아 검사하고 고칩니다. 누가 쓴 답이든 되고, rows로 여러 건을 한 번에 할 수 있습니다."""
        settings = service.home.config.check
        asks_model = not request.rules_only and (request.re_ask or settings.re_ask)
        chosen = None if request.rules_only else replace(settings, re_ask=asks_model)

        def work() -> dict[str, Any]:
            checkers = default_checkers(chosen, service.home.llm if asks_model else None)

            def record(row: CheckRow | CheckRequest) -> dict[str, Any]:
                passages = passages_of(row.evidence)
                return check_record(check_answer(checkers, row.answer or "", passages, row.question))

            if request.rows is None:
                return record(request)
            return _batch([{"id": row.id} | record(row) for row in request.rows])

        # Only the re-ask uses the model, which answers one at a time.
        return await (service.in_turn(work) if asks_model else run_sync(work))


def _batch(rows: list[dict[str, Any]]) -> dict[str, Any]:
    labels = [row["supported"] for row in rows]
    return {
        "rows": rows,
        "n": len(rows),
        "supported": labels.count(True),
        "unsupported": labels.count(False),
        "unchecked": labels.count(None),
    }

"""GET /improvements: every try to improve the home's models, and what serves. POST …/rollback: the way back.

Training and judging take hours and a card: they are the command line's (`haechi improve`). Changes are open only while
the server is bound to this machine, as with sources.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

from fastapi import FastAPI
from pydantic import Field

from haechi.errors import InputError
from haechi.pipeline.settings_file import read_values
from haechi.serve.schemas import Reply, Request
from haechi.serve.source_routes import local_only
from haechi.training.promotion import ADAPTER_KEY, EMBEDDER_KEY, history, in_use, rollback, status

if TYPE_CHECKING:
    from haechi.pipeline.build import Home


class RollbackRequest(Request):
    """`haechi improve rollback`."""

    who: Annotated[str, Field(max_length=100)] = ""
    force: bool = False


class ImprovementsReply(Reply):
    """`history` newest first, `status` as `haechi improve status`; `restart`: the file says other than what serves."""

    history: list[dict[str, Any]]
    status: dict[str, Any]
    restart: bool


def add_improve_routes(app: FastAPI, home: Home) -> None:
    """Add the routes to `app`."""

    @app.get("/improvements", response_model=ImprovementsReply)
    def improvements() -> Any:
        """모델을 고친 기록: 자료, 앞뒤의 수치, 판정과 까닭, 누가 언제. 지금 쓰는 것도 함께."""
        asked = read_values(home.config.home, [ADAPTER_KEY])[ADAPTER_KEY]
        return {
            "history": history(home.store),
            "status": status(home.config, home.store),
            "restart": asked is not None and asked != home.config.llm.adapter,
        }

    @app.post("/improvements/rollback", response_model=ImprovementsReply, dependencies=[local_only(home)])
    def roll_back(request: RollbackRequest) -> Any:
        """마지막 승격을 되돌립니다. 서버를 다시 켜면 그 전의 것을 씁니다."""
        line = in_use(home.store.improvements())
        if line is not None and EMBEDDER_KEY in line.record["changes"]:
            raise InputError(
                "임베딩 모델을 되돌리면 문서를 모두 다시 임베딩해야 합니다. 명령줄에서 하세요: haechi improve rollback",
                "rolling an embedder back re-embeds all documents; do it on the command line: haechi improve rollback",
            )
        rollback(home.config, home.store, who=request.who, force=request.force)
        return improvements()

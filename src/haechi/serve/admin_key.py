"""What needs the admin key: training files, jobs and their models. The key stands in an environment variable only.

Answered before a body is read, so that a stranger cannot make the server take in a large file.
"""

from __future__ import annotations

import hmac
import os

from starlette.responses import JSONResponse
from starlette.types import ASGIApp, Receive, Scope, Send

from haechi.serve.problems import MEDIA_TYPE, problem_body, with_openai_error

#: Everything below these paths.
GUARDED = ("/v1/files", "/v1/fine_tuning")
SHORTEST = 16


class AdminKey:
    """Answers 403 while no key is set, 401 to a request without it. OpenAI clients send it as their `api_key`."""

    def __init__(self, app: ASGIApp, variable: str) -> None:
        self.app = app
        self.variable = variable

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or not guarded(scope["path"], scope["method"]):
            await self.app(scope, receive, send)
            return
        key = os.environ.get(self.variable, "")
        if len(key) < SHORTEST:
            detail = (
                f"학습 작업의 API는 꺼져 있습니다. 환경 변수 {self.variable}에 {SHORTEST}자 이상의 관리자 키를 넣고 "
                "서버를 다시 시작하세요"
            )
            await _refusal(403, detail)(scope, receive, send)
            return
        given = next((value for name, value in scope["headers"] if name == b"authorization"), b"")
        scheme, _, token = given.partition(b" ")
        if scheme.lower() == b"bearer" and hmac.compare_digest(token.strip(), key.encode()):
            await self.app(scope, receive, send)
            return
        detail = f"관리자 키가 맞지 않습니다. Authorization: Bearer 키(서버의 {self.variable})를 보내세요"
        await _refusal(401, detail)(scope, receive, send)


def guarded(path: str, method: str) -> bool:
    """Whether a request needs the key."""
    if path.startswith("/v1/models/"):
        return method == "DELETE"
    return any(path == start or path.startswith(f"{start}/") for start in GUARDED)


def _refusal(status: int, detail: str) -> JSONResponse:
    # What is left of the body is not read.
    headers = {"Connection": "close", **({"WWW-Authenticate": "Bearer"} if status == 401 else {})}
    return JSONResponse(with_openai_error(problem_body(status, detail)), status, headers, media_type=MEDIA_TYPE)

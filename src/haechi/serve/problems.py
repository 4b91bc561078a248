"""Errors as RFC 9457 problem documents with a Korean `detail`, whatever went wrong and wherever.

A problem never repeats the request's values (questions are confidential) and never carries a traceback.
"""

from __future__ import annotations

from collections.abc import Sequence
from http import HTTPStatus
from typing import Any

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from starlette.exceptions import HTTPException

from haechi.errors import HaechiError, HomeError, IndexMismatchError, InputError, ModelError, PromptError, StoreError
from haechi.serve.schemas import Problem

MEDIA_TYPE = "application/problem+json"

#: The first matching class counts; a HaechiError that is not listed is a 500.
STATUS_OF_ERROR: tuple[tuple[type[HaechiError], int], ...] = (
    (InputError, 400),
    (ModelError, 503),
    (IndexMismatchError, 503),
    (HomeError, 503),
    (StoreError, 503),
    (PromptError, 500),
)

TITLES = {
    400: "잘못된 요청",
    401: "열쇠가 필요함",
    403: "허용되지 않음",
    404: "찾을 수 없음",
    405: "쓸 수 없는 메서드",
    413: "너무 큰 요청",
    500: "서버 오류",
    503: "준비되지 않음",
}

DETAILS = {
    404: "이 주소에는 아무것도 없습니다. 쓸 수 있는 주소는 /openapi.json에 있습니다.",
    405: "이 주소에서는 쓸 수 없는 메서드입니다. 쓸 수 있는 메서드는 Allow 헤더와 /openapi.json에 있습니다.",
    500: "예상하지 못한 오류입니다. 서버의 로그를 확인하고, 설치 상태는 haechi doctor로 살펴보세요.",
}

FIELD_MESSAGES = {
    "missing": "꼭 있어야 하는 항목입니다",
    "extra_forbidden": "모르는 항목입니다",
    "json_invalid": "JSON 문법이 잘못되었습니다",
    "string_type": "문자열이어야 합니다",
    "string_unicode": "올바른 유니코드 문자열이어야 합니다",
    "string_too_short": "비어 있습니다",
    "string_too_long": "너무 깁니다(최대 {max_length}자)",
    "string_pattern_mismatch": "형식이 맞지 않습니다({pattern})",
    "int_type": "정수여야 합니다",
    "int_parsing": "정수여야 합니다",
    "int_from_float": "정수여야 합니다",
    "bool_type": "true 또는 false여야 합니다",
    "bool_parsing": "true 또는 false여야 합니다",
    "list_type": "목록이어야 합니다",
    "dict_type": "객체여야 합니다",
    "model_type": "객체여야 합니다",
    "model_attributes_type": "JSON 객체여야 합니다(Content-Type: application/json)",
    "too_short": "항목이 적어도 {min_length}개 있어야 합니다",
    "too_long": "항목이 많아도 {max_length}개여야 합니다",
    "greater_than_equal": "{ge} 이상이어야 합니다",
    "less_than_equal": "{le} 이하여야 합니다",
}


def problem_body(status: int, detail: str, errors: list[dict[str, str]] | None = None) -> dict[str, Any]:
    """The problem document itself; a stream that has begun sends it as an `error` event."""
    title = TITLES.get(status) or HTTPStatus(status).phrase
    return Problem(title=title, status=status, detail=detail, errors=errors).model_dump(exclude_none=True)


def problem_response(
    status: int, detail: str, errors: list[dict[str, str]] | None = None, headers: dict[str, str] | None = None
) -> JSONResponse:
    """A problem document as a response."""
    return JSONResponse(problem_body(status, detail, errors), status, headers, media_type=MEDIA_TYPE)


def with_openai_error(body: dict[str, Any]) -> dict[str, Any]:
    """The problem document with the member `error`, which is all that OpenAI clients show of a failure."""
    kind = "invalid_request_error" if body["status"] < 500 else "server_error"
    return {**body, "error": {"message": body["detail"], "type": kind, "param": None, "code": None}}


def error_problem(error: Exception) -> dict[str, Any]:
    """The problem document of an exception. Only a HaechiError's own message is shown."""
    if isinstance(error, HaechiError):
        return problem_body(_status_of(error), str(error))
    return problem_body(500, DETAILS[500])


def _status_of(error: HaechiError) -> int:
    return next((status for kind, status in STATUS_OF_ERROR if isinstance(error, kind)), 500)


def _field_error(error: dict[str, Any]) -> dict[str, str]:
    where = [str(part) for part in error["loc"] if part not in ("body", "query", "path")]
    message = FIELD_MESSAGES.get(error["type"], "값이 올바르지 않습니다")
    # json_invalid locates a character, not a field.
    field = "body" if error["type"] == "json_invalid" or not where else ".".join(where)
    return {"field": field, "message": message.format(**error.get("ctx", {}))}


def _validation_detail(errors: Sequence[dict[str, str]]) -> str:
    return "요청이 올바르지 않습니다. " + "; ".join(f"{item['field']}: {item['message']}" for item in errors)


def install_problem_handlers(app: FastAPI) -> None:
    """Make every error of `app` a problem document. A wrong request is a 400, not FastAPI's 422."""

    def respond(request: Request, body: dict[str, Any], headers: dict[str, str] | None = None) -> JSONResponse:
        if request.url.path.startswith("/v1/"):
            body = with_openai_error(body)
        return JSONResponse(body, body["status"], headers, media_type=MEDIA_TYPE)

    async def haechi_error(request: Request, error: Exception) -> JSONResponse:
        return respond(request, error_problem(error))

    async def validation_error(request: Request, error: Exception) -> JSONResponse:
        assert isinstance(error, RequestValidationError)
        errors = [_field_error(item) for item in error.errors()]
        return respond(request, problem_body(400, _validation_detail(errors), errors))

    async def http_error(request: Request, error: Exception) -> JSONResponse:
        assert isinstance(error, HTTPException)
        # Starlette's own messages ("Not Found") are English; ours are written at the place that raises.
        english = HTTPStatus(error.status_code).phrase
        own = error.detail if error.detail and error.detail != english else None
        detail = own or DETAILS.get(error.status_code) or TITLES.get(error.status_code) or english
        return respond(request, problem_body(error.status_code, detail), dict(error.headers or {}))

    app.add_exception_handler(HaechiError, haechi_error)
    app.add_exception_handler(RequestValidationError, validation_error)
    app.add_exception_handler(HTTPException, http_error)
    app.add_exception_handler(Exception, haechi_error)

"""What is refused before a request reaches a route: foreign Host headers and oversized bodies.

The Host check is the defence against DNS rebinding: a page of another site that points its own name at 127.0.0.1 would
be same-origin with this server, and nothing else would stop it from reading the documents.
"""

from __future__ import annotations

import ipaddress
import socket
from collections.abc import Mapping
from dataclasses import dataclass

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from haechi.serve.problems import problem_response

LOOPBACK_NAMES = ("localhost", "127.0.0.1", "::1")
MAX_BODY = 1_000_000


def is_loopback(host: str) -> bool:
    """Whether a server bound to `host` can be reached from this machine only."""
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def is_wildcard(host: str) -> bool:
    """Whether `host` means every address of the machine."""
    return host in ("", "0.0.0.0", "::")  # noqa: S104 - compared, not bound


def _is_address(name: str) -> bool:
    try:
        ipaddress.ip_address(name)
    except ValueError:
        return False
    return True


@dataclass(frozen=True)
class HostRule:
    """Which Host headers belong to a server bound to `bound`: loopback names and `bound` itself.

    A server on every address also answers to any numeric address (a rebinding attack needs a name) and to the
    machine's own name.
    """

    bound: str

    @property
    def names(self) -> tuple[str, ...]:
        own = socket.gethostname() if is_wildcard(self.bound) else self.bound
        return tuple(dict.fromkeys((*LOOPBACK_NAMES, own.lower())))

    def allows(self, header: str) -> bool:
        name = header[1:].partition("]")[0] if header.startswith("[") else header.partition(":")[0].rstrip(".")
        return name.lower() in self.names or (is_wildcard(self.bound) and _is_address(name))


def foreign_host_text(rule: HostRule) -> str:
    """What a reader is told who came by a name that is not ours."""
    return (
        f"이 서버의 주소가 아닙니다. 쓸 수 있는 이름: {', '.join(rule.names)}. "
        "다른 이름으로 열려면: haechi serve --host 이름"
    )


class HostGuard:
    """Answers 403 to a Host that is not ours, and to a change that a page of another site asks for."""

    def __init__(self, app: ASGIApp, rule: HostRule) -> None:
        self.app = app
        self.rule = rule

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        headers = {name: value.decode("latin-1") for name, value in scope["headers"]}
        # A page of another site may post a form here without reading the reply; its Origin gives it away.
        origin = "" if scope["method"] in ("GET", "HEAD", "OPTIONS") else headers.get(b"origin", "")
        if self.rule.allows(headers.get(b"host", "")) and (not origin or self.rule.allows(origin.partition("//")[2])):
            await self.app(scope, receive, send)
            return
        detail = foreign_host_text(self.rule)
        await problem_response(403, detail)(scope, receive, send)


class BodyLimit:
    """Answers 413 to a body over `limit` bytes, declared or not, without reading the rest.

    `larger` gives paths that take files their own limit; such a body must declare its length and is not held here.
    """

    def __init__(self, app: ASGIApp, limit: int = MAX_BODY, larger: Mapping[str, int] | None = None) -> None:
        self.app = app
        self.limit = limit
        self.larger = dict(larger or {})

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        declared = next((value for name, value in scope["headers"] if name == b"content-length"), b"0")
        if scope["path"] in self.larger and scope["method"] == "POST":
            limit = self.larger[scope["path"]]
            # The server hands on no more bytes than the declared length, so checking that is enough.
            if not declared.isdigit() or not 0 < int(declared) <= limit:
                await self._refuse(scope, receive, send, limit)
                return
            await self.app(scope, receive, send)
            return
        if declared.isdigit() and int(declared) > self.limit:
            await self._refuse(scope, receive, send)
            return
        # Bodies here are small JSON objects, so reading one whole before the route sees it costs nothing and
        # answers a chunked body without Content-Length in the same way.
        messages: list[Message] = []
        size = 0
        while True:
            message = await receive()
            messages.append(message)
            size += len(message.get("body", b""))
            if size > self.limit:
                await self._refuse(scope, receive, send)
                return
            if message["type"] != "http.request" or not message.get("more_body", False):
                break

        async def replay() -> Message:
            return messages.pop(0) if messages else await receive()

        await self.app(scope, replay, send)

    async def _refuse(self, scope: Scope, receive: Receive, send: Send, limit: int | None = None) -> None:
        detail = f"요청이 너무 큽니다. {limit or self.limit:,}바이트까지 받습니다."
        await problem_response(413, detail, headers={"Connection": "close"})(scope, receive, send)

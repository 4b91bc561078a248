"""Server-sent events from a blocking iterator: one event an item, and the iterator is closed when the reader leaves.

Starlette's StreamingResponse is not used: it notices a lost reader in two ways depending on the ASGI version, and
leaves closing the generator to the garbage collector, which would keep the model busy for a reader who is gone.
"""

from __future__ import annotations

import json
from collections.abc import AsyncGenerator
from contextlib import aclosing
from typing import Any

import anyio
from starlette.responses import Response
from starlette.types import Receive, Scope, Send


def encode_event(name: str, data: dict[str, Any]) -> bytes:
    """One event. JSON is ASCII-escaped: many clients (httpx too) split lines at U+2028 and U+0085, not only at LF."""
    return f"event: {name}\ndata: {json.dumps(data, ensure_ascii=True)}\n\n".encode("ascii")


class EventStream(Response):
    """Sends encoded events; when the client disconnects, the generator is cancelled and closed before this returns."""

    media_type = "text/event-stream"

    def __init__(self, events: AsyncGenerator[bytes, None]) -> None:
        self.events = events
        self.status_code = 200
        self.background = None
        self.body = b""
        # X-Accel-Buffering: a reverse proxy must not hold tokens back.
        self.init_headers({"Cache-Control": "no-store", "X-Accel-Buffering": "no"})

    def init_headers(self, headers: Any = None) -> None:
        """Like Response, without the Content-Length of the empty body."""
        super().init_headers(headers)
        self.raw_headers = [item for item in self.raw_headers if item[0] != b"content-length"]

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        async with anyio.create_task_group() as tasks:

            async def watch_reader() -> None:
                while (await receive())["type"] != "http.disconnect":
                    pass
                tasks.cancel_scope.cancel()

            await send({"type": "http.response.start", "status": 200, "headers": self.raw_headers})
            tasks.start_soon(watch_reader)
            async with aclosing(self.events) as events:
                async for event in events:
                    await send({"type": "http.response.body", "body": event, "more_body": True})
            await send({"type": "http.response.body", "body": b"", "more_body": False})
            tasks.cancel_scope.cancel()

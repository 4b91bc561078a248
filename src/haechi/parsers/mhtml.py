"""Web pages saved as one file (`.mht`, `.mhtml`): the page among the parts of a MIME message."""

from __future__ import annotations

import email
from dataclasses import dataclass
from email.errors import MessageError
from email.message import Message

from haechi.errors import ParseError
from haechi.parsers.encoding import Decoded, decode

MAX_PARTS = 10_000


@dataclass(frozen=True)
class Page:
    """One HTML part, decoded, with the address it was saved from."""

    decoded: Decoded
    url: str


def saved_pages(data: bytes, source: str) -> list[Page]:
    """The HTML parts, the page itself first, its frames after it. Raises ParseError when there is none."""
    try:
        message = email.message_from_bytes(data)
        parts = [part for _, part in zip(range(MAX_PARTS), message.walk(), strict=False)]
    except (MessageError, ValueError, RecursionError, LookupError) as error:
        raise _no_page(source) from error
    pages = [part for part in parts if part.get_content_type() in ("text/html", "application/xhtml+xml")]
    start = (message.get_param("start") or "") if message.is_multipart() else ""
    pages.sort(key=lambda part: not start or part.get("Content-ID") != start)
    found = [Page(_decoded(part, source), str(part.get("Content-Location") or "")) for part in pages]
    if not found:
        raise _no_page(source)
    return found


def _decoded(part: Message, source: str) -> Decoded:
    payload = part.get_payload(decode=True)
    body = payload if isinstance(payload, bytes) else b""
    return decode(body or b" ", source, part.get_content_charset())


def _no_page(source: str) -> ParseError:
    return ParseError(
        f"{source}: 웹 보관 파일(.mht)인데 안에 웹 페이지가 없습니다. 브라우저에서 다시 저장해 넣어 주세요.",
        f"{source}: no HTML part in the web archive; save the page again",
    )

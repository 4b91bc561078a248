"""Which parser reads a file: by its suffix, then by a look at its first bytes. It reads nothing else."""

from __future__ import annotations

from pathlib import Path

from haechi.errors import ParseError
from haechi.parsers.encoding import looks_like

SUFFIXES: dict[str, str] = {
    ".txt": "text",
    ".text": "text",
    ".log": "text",
    ".md": "markdown",
    ".markdown": "markdown",
    ".html": "html",
    ".htm": "html",
    ".xhtml": "html",
    ".pdf": "pdf",
    ".csv": "csv",
    ".tsv": "csv",
    ".jsonl": "jsonl",
    ".ndjson": "jsonl",
    ".png": "image",
    ".jpg": "image",
    ".jpeg": "image",
    ".tif": "image",
    ".tiff": "image",
    ".bmp": "image",
    ".webp": "image",
}

#: Formats people try first; the message says that they are known and not read yet.
LATER = (".hwp", ".hwpx", ".docx", ".doc", ".xlsx", ".xls", ".pptx", ".ppt")


def parser_for(path: Path) -> str:
    """The registry name of the parser for `path`. Raises ParseError that lists what can be read."""
    suffix = path.suffix.lower()
    name = SUFFIXES.get(suffix)
    known = ", ".join(SUFFIXES)
    if name is None and suffix in LATER:
        raise ParseError(
            f"{path.name}: {suffix} 파일은 아직 읽지 못합니다(다음 판에서 지원합니다). "
            f"지금은 PDF나 글 파일로 바꾸어 넣어 주세요. 읽을 수 있는 것: {known}",
            f"{path.name}: {suffix} is not read yet; convert it to PDF or text. Supported: {known}",
        )
    if name is None:
        raise ParseError(
            f"{path.name}: 읽을 수 없는 형식입니다({suffix or '확장자 없음'}). 읽을 수 있는 것: {known}",
            f"{path.name}: unsupported format ({suffix or 'no suffix'}). Supported: {known}",
        )
    return _html_in_disguise(path) or name if name == "text" else name


def _html_in_disguise(path: Path) -> str | None:
    """A saved web page named .txt is read as a page; binaries are left to the parser, which names them."""
    try:
        with path.open("rb") as file:
            head = file.read(1024)
    except OSError:
        return None
    if looks_like(head):
        return None
    start = head.lstrip(b"\xef\xbb\xbf \t\r\n").lower()
    return "html" if start.startswith((b"<!doctype html", b"<html")) else None

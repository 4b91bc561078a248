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
    ".mht": "html",
    ".mhtml": "html",
    ".docx": "docx",
    ".docm": "docx",
    ".dotx": "docx",
    ".dotm": "docx",
    ".xlsx": "xlsx",
    ".xlsm": "xlsx",
    ".xltx": "xlsx",
    ".xltm": "xlsx",
    ".pptx": "pptx",
    ".pptm": "pptx",
    ".ppsx": "pptx",
    ".ppsm": "pptx",
    ".potx": "pptx",
    ".pdf": "pdf",
    ".hwp": "hwp",
    ".hwpx": "hwp",
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

#: Office formats before 2007: their parser says what to do; a page or a newer file that only has their name is read.
OLD_OFFICE: dict[str, str] = {".doc": "docx", ".xls": "xlsx", ".ppt": "pptx"}


def parser_for(path: Path) -> str:
    """The registry name of the parser for `path`. Raises ParseError that lists what can be read."""
    suffix = path.suffix.lower()
    name = SUFFIXES.get(suffix) or OLD_OFFICE.get(suffix)
    known = ", ".join(SUFFIXES)
    if name is None:
        raise ParseError(
            f"{path.name}: 읽을 수 없는 형식입니다({suffix or '확장자 없음'}). 읽을 수 있는 것: {known}",
            f"{path.name}: unsupported format ({suffix or 'no suffix'}). Supported: {known}",
        )
    return _html_in_disguise(path) or name if name == "text" or suffix in OLD_OFFICE else name


def _html_in_disguise(path: Path) -> str | None:
    """A saved web page named .txt, or .xls by a web system; binaries are left to the parser, which names them."""
    try:
        with path.open("rb") as file:
            head = file.read(1024)
    except OSError:
        return None
    if looks_like(head):
        return None
    start = head.lstrip(b"\xef\xbb\xbf \t\r\n").lower()
    return "html" if start.startswith((b"<!doctype html", b"<html", b"<table", b"<meta", b"mime-version:")) else None

"""Markdown → blocks with a headings path. Escapes and emphasis are rendered away (`1\\.` → `1.`, `**①**` → `①`).

Lists keep their markers, one item a line; a table is one block with its header row first, cells joined by ` | `.
Indented code is off: Korean statutes in Markdown indent 목 by four spaces, and that must not turn them into code.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from markdown_it import MarkdownIt
from markdown_it.token import Token

from haechi.parsers.base import ParseOptions
from haechi.parsers.encoding import read_text
from haechi.parsers.html import html_blocks
from haechi.parsers.text import path_title, short_title
from haechi.types import Block, Document

#: Files are parsed in pieces of about this many characters, cut at headings: tokens cost some fifty times their text.
PIECE_CHARS = 1_000_000

_FRONT_MATTER = re.compile(r"\A---[ \t]*\n(.*?)\n(?:---|\.\.\.)[ \t]*(?:\n|\Z)", re.DOTALL)
_KEY_VALUE = re.compile(r"^([^\s:#][^:]*?):(?:[ \t]+(.*))?$")
# `<img …>` has no end tag; one that stands alone opens an HTML block that swallows the list item after it.
_END_OF_VOID = re.compile(r"^[ \t]*</(?:img|br|hr)>[ \t]*$", re.MULTILINE)
_HEADING_LINE = re.compile(r"^#{1,6}\s", re.MULTILINE)


class MarkdownParser:
    """`.md`: front matter into `meta`, the first top heading (or `title`, `제목`) as the title."""

    name = "markdown"

    def parse(self, path: Path, source: str, options: ParseOptions) -> list[Document]:
        decoded = read_text(path, source)
        front, body = split_front_matter(decoded.text)
        blocks = list(markdown_blocks(body))
        meta: dict[str, Any] = {**front, "encoding": decoded.encoding}
        if decoded.warnings:
            meta["warnings"] = list(decoded.warnings)
        title = short_title(front.get("title") or front.get("제목") or _first_heading(blocks)) or path_title(source)
        return [Document.make(source, title, blocks, meta)]


def split_front_matter(text: str) -> tuple[dict[str, str], str]:
    """Top-level `key: value` lines of a YAML head; nested lists and maps are left out, not half understood."""
    match = _FRONT_MATTER.match(text)
    if match is None:
        return {}, text
    meta: dict[str, str] = {}
    for line in match.group(1).split("\n"):
        pair = _KEY_VALUE.match(line)
        if pair and pair.group(2):
            value = pair.group(2).strip()
            if len(value) >= 2 and value[0] == value[-1] and value[0] in "'\"":
                value = value[1:-1]
            if value and value[0] not in "[{|>&":
                meta[pair.group(1).strip()] = value
    return meta, text[match.end() :]


def markdown_blocks(text: str) -> Iterator[Block]:
    """The blocks of a Markdown text in order."""
    markdown = MarkdownIt("commonmark").enable("table").disable("code")
    headings: list[tuple[int, str]] = []
    for piece in _pieces(_END_OF_VOID.sub("", text)):
        yield from _blocks(markdown.parse(piece), headings)


def _pieces(text: str) -> Iterator[str]:
    start = 0
    while len(text) - start > PIECE_CHARS:
        cut = _HEADING_LINE.search(text, start + PIECE_CHARS)
        if cut is None or text.count("```", start, cut.start()) % 2:  # inside a code fence `#` is a comment
            break
        yield text[start : cut.start()]
        start = cut.start()
    yield text[start:]


def _blocks(tokens: list[Token], headings: list[tuple[int, str]]) -> Iterator[Block]:
    index = 0
    while index < len(tokens):
        token = tokens[index]
        end = _closing(tokens, index)
        inside = tokens[index : end + 1]
        path = tuple(title for _, title in headings)
        if token.type == "heading_open":
            title = _inline(tokens[index + 1]).replace("\n", " ")
            level = int(token.tag[1:])
            while headings and headings[-1][0] >= level:
                headings.pop()
            if title:
                headings.append((level, title))
                yield Block(title, "heading", None, tuple(name for _, name in headings))
        elif token.type == "table_open":
            for block in _block("\n".join(_table_rows(inside)), "table", path):
                yield Block(block.text, "table", None, path, {"header_rows": 1 if "\n" in block.text else 0})
        elif token.type in ("bullet_list_open", "ordered_list_open"):
            yield from _block("\n".join(_list_lines(inside)), "list", path)
        elif token.type == "html_block":
            for block in html_blocks(token.content):
                yield Block(block.text, "paragraph" if block.kind == "heading" else block.kind, None, path, block.meta)
        else:
            yield from _block("\n".join(_texts(inside)), "paragraph", path)
        index = end + 1


def _block(text: str, kind: Any, path: tuple[str, ...]) -> Iterator[Block]:
    if text.strip():
        yield Block(text.strip("\n"), kind, None, path)


def _closing(tokens: list[Token], index: int) -> int:
    """The index of the token that closes the one at `index` (itself when it opens nothing)."""
    depth = 0
    for position in range(index, len(tokens)):
        depth += tokens[position].nesting
        if depth <= 0:
            return position
    return len(tokens) - 1


def _inline(token: Token) -> str:
    parts: list[str] = []
    for child in token.children or ():
        if child.type in ("softbreak", "hardbreak"):
            parts.append("\n")
        elif child.type == "image":
            parts.append(child.content)
        elif child.type == "html_inline":
            parts.append("\n" if child.content.lower().startswith("<br") else "")
        else:
            parts.append(child.content)
    return "\n".join(line.strip() for line in "".join(parts).split("\n") if line.strip())


def _texts(tokens: list[Token]) -> Iterator[str]:
    for token in tokens:
        if token.type == "inline":
            yield _inline(token)
        elif token.type in ("fence", "code_block"):
            yield token.content.rstrip("\n")


def _table_rows(tokens: list[Token]) -> Iterator[str]:
    cells: list[str] = []
    for token in tokens:
        if token.type == "inline":
            cells.append(_inline(token).replace("\n", " "))
        elif token.type == "tr_close":
            yield " | ".join(cells)
            cells = []


def _list_lines(tokens: list[Token]) -> Iterator[str]:
    depth, marker = 0, ""
    for token in tokens:
        if token.type in ("bullet_list_open", "ordered_list_open"):
            depth += 1
        elif token.type in ("bullet_list_close", "ordered_list_close"):
            depth -= 1
        elif token.type == "list_item_open":
            marker = f"{token.info}{token.markup} " if token.info else "- "
        elif token.type == "inline" or token.type in ("fence", "code_block"):
            text = _inline(token) if token.type == "inline" else token.content.rstrip("\n")
            if marker or text:
                yield "  " * (depth - 1) + marker + text
            marker = ""


def _first_heading(blocks: list[Block]) -> str:
    return next((block.text for block in blocks if block.kind == "heading"), "")

"""A saved web page (also as one .mht file) → title and blocks, boilerplate left out (`html_content.py`).

Bytes are decoded here first: selectolax reads EUC-KR bytes as nonsense. A table of data is one block; a table used for
layout is read through like any container.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from selectolax.lexbor import LexborHTMLParser, LexborNode

from haechi.errors import ParseError
from haechi.parsers.base import ParseOptions
from haechi.parsers.encoding import clean, decode, read_bytes
from haechi.parsers.html_content import drop_around, select_parts
from haechi.parsers.html_tables import html_table, is_layout
from haechi.parsers.mhtml import Page, saved_pages
from haechi.parsers.text import path_title, short_title
from haechi.types import Block, Document

_CHARSET = re.compile(rb"""<(?:meta|\?xml)[^>]*?(?:charset|encoding)\s*=\s*["']?\s*([\w.:-]+)""", re.IGNORECASE)
_SAVED_FROM = re.compile(r"<!--\s*saved from url=\(\d+\)(\S+)\s*-->")
_MHTML = re.compile(
    rb"\A\s*(?:[\w-]+:[^\n]*\n(?:[ \t][^\n]*\n)*){1,40}?content-type:\s*(?:multipart/|text/html)", re.IGNORECASE
)
_SPACES = re.compile(r"[ \t\n\f\u00a0\u3000]+")
_HEADINGS = {"h1": 1, "h2": 2, "h3": 3, "h4": 4, "h5": 5, "h6": 6}
_CONTAINERS = frozenset(
    "html body div section article main p ul ol dl dt dd table tbody thead tfoot tr td th caption blockquote figure "
    "figcaption address details summary fieldset form center pre hr li".split()
)


class HtmlParser:
    """`.html`, `.htm`, `.xhtml`, `.mht`, `.mhtml`."""

    name = "html"

    def parse(self, path: Path, source: str, options: ParseOptions) -> list[Document]:
        data = read_bytes(path, source)
        warnings: list[str] = []
        blocks: list[Block] = []
        title = url = encoding = ""
        for page in _pages(data, source):
            tree = LexborHTMLParser(page.decoded.text)
            title_node = tree.css_first("title")
            title = title or (_squeeze(title_node.text()) if title_node else "")
            url, encoding = url or page.url, encoding or page.decoded.encoding
            warnings += page.decoded.warnings
            blocks = _blocks(select_parts(tree, options.html_keep, options.html_drop, source, warnings))
            if blocks:
                break  # frames are read only where the page itself is nothing but its frames
        if not blocks:
            raise ParseError(
                f"{source}: 본문에 글자가 없습니다. 스크립트로 그려지는 페이지라면 글을 복사해 넣어 주세요.",
                f"{source}: no text in the page body",
            )
        heading = next((block.text for block in blocks if block.kind == "heading"), "")
        meta: dict[str, Any] = {"encoding": encoding}
        if url.startswith(("http://", "https://")):
            meta["url"] = url
        if warnings:
            meta["warnings"] = list(dict.fromkeys(warnings))
        return [Document.make(source, short_title(title or heading) or path_title(source), blocks, meta)]


def _pages(data: bytes, source: str) -> list[Page]:
    if _MHTML.match(data[:8192]):
        return saved_pages(data, source)
    charset = _CHARSET.search(data[:4096])
    decoded = decode(data, source, charset.group(1).decode("ascii", "replace") if charset else None)
    saved = _SAVED_FROM.search(decoded.text[:2048])
    return [Page(decoded, saved[1] if saved else "")]


def html_blocks(html: str) -> list[Block]:
    """The blocks of a piece of HTML inside another format."""
    tree = LexborHTMLParser(html)
    drop_around(tree)
    return _blocks([tree.body] if tree.body is not None else [])


def _blocks(nodes: Sequence[LexborNode]) -> list[Block]:
    walker = _Walker()
    for node in nodes:
        walker.walk(node)
        walker.flush()
    return walker.blocks


class _Walker:
    """Collects running text and closes a block at every block-level element."""

    def __init__(self) -> None:
        self.blocks: list[Block] = []
        self.headings: list[tuple[int, str]] = []
        self.running: list[str] = []

    @property
    def path(self) -> tuple[str, ...]:
        return tuple(title for _, title in self.headings)

    def flush(self) -> None:
        lines = (_squeeze(line) for line in "".join(self.running).split("\v"))
        text = clean("\n".join(line for line in lines if line))
        self.running = []
        if text:
            self.blocks.append(Block(text, "paragraph", None, self.path))

    def walk(self, root: LexborNode) -> None:
        """Depth first with an own stack: a page nested a thousand levels deep must not exhaust Python's."""
        stack: list[tuple[LexborNode, bool]] = [(root, False)]
        while stack:
            node, leaving = stack.pop()
            tag = node.tag or ""
            if leaving:
                self.flush()
                continue
            if tag == "-text":
                self.running.append(_SPACES.sub(" ", node.text_content or ""))
            elif tag == "br":
                self.running.append("\v")
            elif tag == "img":
                self.running.append((node.attributes.get("alt") or "").strip())
            elif tag in _HEADINGS:
                self._heading(node, _HEADINGS[tag])
            elif tag in ("ul", "ol") and not node.css_first("table, h1, h2, h3, h4"):
                self._block("\n".join(_list_lines(node)), "list")
            elif tag == "table" and not is_layout(node):
                self.flush()
                block = html_table(node, self.path)
                self.blocks += [block] if block is not None else []
            elif tag == "pre":
                self._block(node.text().strip("\n"), "paragraph")
            elif not tag.startswith(("-", "_", "!")):
                if tag in _CONTAINERS:
                    self.flush()
                    stack.append((node, True))
                stack.extend((child, False) for child in reversed(list(node.iter(include_text=True))))

    def _heading(self, node: LexborNode, level: int) -> None:
        self.flush()
        title = clean(_squeeze(node.text()))
        if not title:
            return
        while self.headings and self.headings[-1][0] >= level:
            self.headings.pop()
        self.headings.append((level, title))
        self.blocks.append(Block(title, "heading", None, self.path))

    def _block(self, text: str, kind: Any) -> None:
        self.flush()
        if text.strip():
            self.blocks.append(Block(clean(text), kind, None, self.path))


def _squeeze(text: str) -> str:
    return _SPACES.sub(" ", text).strip()


def _list_lines(node: LexborNode, depth: int = 0) -> Iterator[str]:
    number = 0
    for item in node.iter():
        if item.tag != "li":
            continue
        number += 1
        own = [
            child.text(separator=" ") if child.tag != "-text" else (child.text_content or "")
            for child in item.iter(include_text=True)
            if child.tag not in ("ul", "ol")
        ]
        text = _squeeze(" ".join(own))
        if text:
            yield "  " * depth + (f"{number}. " if node.tag == "ol" else "- ") + text
        for child in item.iter():
            if child.tag in ("ul", "ol") and depth < 20:
                yield from _list_lines(child, depth + 1)

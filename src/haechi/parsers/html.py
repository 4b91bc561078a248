"""A saved web page → title and blocks. Bytes are decoded here first: selectolax reads EUC-KR bytes as nonsense.

Scripts, styles, navigation, headers, footers and asides are dropped. A table of data is one block, row by row, header
first; a table used for layout (one that holds tables, headings or long prose) is read through like any container.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from selectolax.lexbor import LexborHTMLParser, LexborNode

from haechi.errors import ParseError
from haechi.parsers.base import ParseOptions
from haechi.parsers.encoding import clean, decode, read_bytes
from haechi.parsers.text import path_title, short_title
from haechi.types import Block, Document

_DROPPED = "script, style, noscript, template, nav, header, footer, aside, svg, iframe, form button, select, [hidden]"
_CHARSET = re.compile(rb"""<(?:meta|\?xml)[^>]*?(?:charset|encoding)\s*=\s*["']?\s*([\w.:-]+)""", re.IGNORECASE)
_SPACES = re.compile(r"[ \t\n\f\u00a0\u3000]+")
_HEADINGS = {"h1": 1, "h2": 2, "h3": 3, "h4": 4, "h5": 5, "h6": 6}
_CONTAINERS = frozenset(
    "html body div section article main p ul ol dl dt dd table tbody thead tfoot tr td th caption blockquote figure "
    "figcaption address details summary fieldset form center pre hr li".split()
)
#: A cell with more text than this is prose in a layout table, not a value in a data table.
LAYOUT_CELL_CHARS = 600


class HtmlParser:
    """`.html`, `.htm`."""

    name = "html"

    def parse(self, path: Path, source: str, options: ParseOptions) -> list[Document]:
        data = read_bytes(path, source)
        charset = _CHARSET.search(data[:4096])
        decoded = decode(data, source, charset.group(1).decode("ascii", "replace") if charset else None)
        tree = LexborHTMLParser(decoded.text)
        title_node = tree.css_first("title")
        title = _squeeze(title_node.text()) if title_node else ""
        blocks = list(_tree_blocks(tree))
        if not blocks:
            raise ParseError(
                f"{source}: 본문에 글자가 없습니다. 스크립트로 그려지는 페이지라면 글을 복사해 넣어 주세요.",
                f"{source}: no text in the page body",
            )
        heading = next((block.text for block in blocks if block.kind == "heading"), "")
        meta: dict[str, Any] = {"encoding": decoded.encoding}
        if decoded.warnings:
            meta["warnings"] = list(decoded.warnings)
        return [Document.make(source, short_title(title or heading) or path_title(source), blocks, meta)]


def html_blocks(html: str) -> list[Block]:
    """The blocks of a piece of HTML inside another format."""
    return list(_tree_blocks(LexborHTMLParser(html)))


def _tree_blocks(tree: LexborHTMLParser) -> Iterator[Block]:
    for node in tree.css(_DROPPED):
        node.decompose()
    if tree.body is not None:
        walker = _Walker()
        walker.walk(tree.body)
        walker.flush()
        yield from walker.blocks


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
            elif tag == "table" and not _is_layout(node):
                self._block("\n".join(_table_rows(node)), "table")
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


def _is_layout(table: LexborNode) -> bool:
    if table.css_first("td table, th table, td h1, td h2, td h3, td h4") is not None:
        return True
    return any(len(cell.text()) > LAYOUT_CELL_CHARS for cell in table.css("td"))


def _table_rows(table: LexborNode) -> Iterator[str]:
    caption = table.css_first("caption")
    if caption is not None and _squeeze(caption.text()):
        yield _squeeze(caption.text())
    for row in table.css("tr"):
        cells = [_squeeze(cell.text(separator=" ")) for cell in row.iter() if cell.tag in ("td", "th")]
        if any(cells):
            yield " | ".join(cells)


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

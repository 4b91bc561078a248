"""What Word's styles say about a paragraph: heading level, list, hidden; each style asks the one it is based on."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

from haechi.parsers.docx_numbering import W

#: Built-in names are stored in English, those of a Korean template (and of 한글's export) in Korean.
_HEADING = re.compile(r"(?:heading|outline|제목|개요)\s*([1-9])")
_TITLES = ("title", "제목", "표제")
_CAPTIONS = ("caption", "캡션")
_CHAIN = 30
BODY_LEVEL = 9


@dataclass(frozen=True)
class ParagraphStyle:
    """`level` is 0 for a title, 1 to 9 for headings, None for body text; `number` is (numId, level or None)."""

    level: int | None = None
    number: tuple[str, int | None] | None = None
    hidden: bool = False
    caption: bool = False
    contents: bool = False


class Styles:
    """`root` is `w:styles`, None where the document has none."""

    def __init__(self, root: Any) -> None:
        self._styles: dict[str, Any] = {}
        self._known: dict[str, ParagraphStyle] = {}
        self.default = ""
        for style in () if root is None else root.findall(f"{W}style"):
            key = style.get(f"{W}styleId") or ""
            self._styles[key] = style
            if style.get(f"{W}type") == "paragraph" and is_on(style.get(f"{W}default"), absent=False):
                self.default = key

    def of(self, style_id: str | None) -> ParagraphStyle:
        """The style with what it takes from those below it; an unknown id is body text."""
        key = style_id or self.default
        if key not in self._known:
            self._known[key] = self._read(key)
        return self._known[key]

    def _read(self, key: str) -> ParagraphStyle:
        level: int | None = None
        number: tuple[str, int | None] | None = None
        hidden: bool | None = None
        caption = contents = False
        for style in self._chain(key):
            name = child_value(style, "name").strip().lower()
            properties = style.find(f"{W}pPr")
            if level is None:
                level = _level(name, properties)
            if number is None and properties is not None:
                number = number_of(properties)
            mark = style.find(f"{W}rPr/{W}vanish")
            if hidden is None and mark is not None:
                hidden = is_on(mark.get(f"{W}val"))
            caption = caption or name in _CAPTIONS
            contents = contents or name.startswith("toc ") or name.startswith("목차 ")
        return ParagraphStyle(None if level == BODY_LEVEL + 1 else level, number, bool(hidden), caption, contents)

    def _chain(self, key: str) -> list[Any]:
        chain: list[Any] = []
        while key in self._styles and len(chain) < _CHAIN:
            chain.append(self._styles[key])
            key = child_value(chain[-1], "basedOn")
        return chain


def _level(name: str, properties: Any) -> int | None:
    if name in _TITLES:
        return 0
    named = _HEADING.fullmatch(name)
    if named:
        return int(named[1])
    return None if properties is None else outline_level(properties)


def outline_level(properties: Any) -> int | None:
    """`w:outlineLvl` of a `w:pPr` as 1..9; 10 where it says body text."""
    value = child_value(properties, "outlineLvl")
    return int(value) + 1 if len(value) == 1 and value.isdecimal() else None


def number_of(properties: Any) -> tuple[str, int | None] | None:
    """(numId, level) of a `w:pPr`; numId `0` takes a style's number away."""
    item = properties.find(f"{W}numPr")
    if item is None:
        return None
    depth = child_value(item, "ilvl")
    number = child_value(item, "numId")
    return (number, int(depth) if len(depth) == 1 and depth.isdecimal() else None) if number or depth else None


def child_value(element: Any, tag: str) -> str:
    """`w:val` of a child; empty where there is none."""
    child = element.find(f"{W}{tag}")
    return "" if child is None else child.get(f"{W}val") or ""


def is_on(value: str | None, absent: bool = True) -> bool:
    """Whether a switch of the format is on: present without a value means yes."""
    return absent if value is None else value not in ("0", "false", "off")

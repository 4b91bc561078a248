"""The words of a Word paragraph as its reader sees them: insertions in, deletions, comments and hidden text out."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from haechi.parsers.docx_numbering import W, number_text
from haechi.parsers.docx_styles import Styles, child_value, is_on

MC = "{http://schemas.openxmlformats.org/markup-compatibility/2006}"
M = "{http://schemas.openxmlformats.org/officeDocument/2006/math}"

_DROPPED = {
    f"{W}{name}" for name in ("del", "moveFrom", "pPr", "rPr", "sdtPr", "sdtEndPr", "rt", "instrText", "delText")
}
_SIGNS = {f"{W}tab": " ", f"{W}ptab": " ", f"{W}cr": "\n", f"{W}noBreakHyphen": "-"}


#: What a ticked box looks like in the fonts Word draws it with.
_SYMBOLS = {
    "wingdings": {0xFE: "☑", 0xFD: "☒", 0xA8: "□", 0x6F: "□", 0x71: "□", 0xFC: "✓", 0xFB: "✗", 0xE8: "→", 0xE0: "→"},
    "wingdings 2": {0x52: "☑", 0x53: "☒", 0x54: "☒", 0xA3: "□", 0x2A: "□", 0x50: "✓", 0x4F: "✗"},
}


@dataclass
class Note:
    """A footnote or endnote that a paragraph refers to."""

    mark: str
    id: str
    end: bool


@dataclass
class Words:
    """A paragraph's text, the notes it refers to, and the text boxes (`w:txbxContent`) anchored in it."""

    text: str = ""
    notes: list[Note] = field(default_factory=list)
    boxes: list[Any] = field(default_factory=list)


class Reader:
    """Reads paragraphs in order: notes are numbered as they are met."""

    def __init__(self, styles: Styles, footnote_format: str = "decimal", endnote_format: str = "lowerRoman") -> None:
        self._styles = styles
        self._formats = {False: footnote_format, True: endnote_format}
        self._count = {False: 0, True: 0}
        self._style_hides = False

    def read(self, paragraph: Any, hidden: bool = False) -> Words:
        """The words of a `w:p`; `hidden` when its style hides what does not say otherwise."""
        words = Words()
        self._style_hides = hidden
        words.text = "".join(self._parts(paragraph, words))
        return words

    def _parts(self, element: Any, words: Words) -> Iterator[str]:
        for child in element:
            tag = child.tag
            if not isinstance(tag, str) or tag in _DROPPED:
                continue
            if tag == f"{W}t":
                yield child.text or ""
            elif tag in _SIGNS:
                yield _SIGNS[tag]
            elif tag == f"{W}br":
                yield " " if child.get(f"{W}type") in ("page", "column") else "\n"
            elif tag == f"{W}sym":
                yield _symbol(child)
            elif tag in (f"{W}footnoteReference", f"{W}endnoteReference"):
                yield self._note(child, words)
            elif tag == f"{W}txbxContent":
                words.boxes.append(child)
            elif (tag == f"{W}r" and self._hidden(child)) or is_placeholder(child):
                continue
            elif tag == f"{MC}AlternateContent":
                yield from self._parts(chosen(child), words)
            elif tag.startswith(M):
                yield from (child.text or "" if tag == f"{M}t" else "".join(self._parts(child, words)),)
            else:
                yield from self._parts(child, words)

    def _hidden(self, run: Any) -> bool:
        properties = run.find(f"{W}rPr")
        if properties is None:
            return self._style_hides
        mark = properties.find(f"{W}vanish")
        if mark is not None:
            return is_on(mark.get(f"{W}val"))
        style = child_value(properties, "rStyle")
        return self._styles.of(style).hidden if style else self._style_hides

    def _note(self, reference: Any, words: Words) -> str:
        end = str(reference.tag).endswith("endnoteReference")
        if is_on(reference.get(f"{W}customMarkFollows"), absent=False):
            words.notes.append(Note("*", reference.get(f"{W}id") or "", end))
            return ""
        self._count[end] += 1
        mark = number_text(self._count[end], self._formats[end]) + ")"
        words.notes.append(Note(mark, reference.get(f"{W}id") or "", end))
        return mark


def chosen(alternatives: Any) -> Any:
    """The reading to take of `mc:AlternateContent`: the first with text; a text box stands in all of them."""
    readings = [child for child in alternatives if child.tag in (f"{MC}Choice", f"{MC}Fallback")]
    for reading in readings:
        if next(reading.iter(f"{W}t"), None) is not None:
            return reading
    return ()


def is_placeholder(element: Any) -> bool:
    """A field of a form that still shows its instruction (`여기를 클릭하여 입력`)."""
    mark = element.find(f"{W}sdtPr/{W}showingPlcHdr")
    return mark is not None and is_on(mark.get(f"{W}val"))


def _symbol(element: Any) -> str:
    """A character of a symbol font: boxes and ticks of forms by their meaning; other pictures have no letter."""
    try:
        code = int(element.get(f"{W}char") or "", 16)
    except ValueError:
        return ""
    font = (element.get(f"{W}font") or "").lower()
    if font in _SYMBOLS:
        return _SYMBOLS[font].get(code & 0xFF, "")
    return chr(code) if 0x20 <= code < 0xD800 else ""

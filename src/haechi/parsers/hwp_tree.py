"""What an HWP or HWPX file holds, before it becomes blocks: paragraphs with what is anchored in them.

Both formats and the fallback reader are turned into this, so that numbering, tables and notes are made in one place.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

#: Tables in cells in boxes: real documents stay below five.
MAX_NESTING = 20


@dataclass(frozen=True, slots=True)
class Head:
    """A paragraph's automatic number. `ref` names the definition (0: the section's outline), `level` counts from 0."""

    kind: Literal["none", "outline", "number", "bullet"] = "none"
    ref: int = 0
    level: int = 0


NO_HEAD = Head()


@dataclass(frozen=True, slots=True)
class Level:
    """One level of a numbering: `제^1조`, the kind of number (`DIGIT`, `HANGUL_SYLLABLE`, …) and the first number."""

    template: str
    style: str = "DIGIT"
    start: int = 1


@dataclass(slots=True)
class Paragraph:
    """Text pieces and objects in reading order."""

    items: list[Item] = field(default_factory=list)
    head: Head = NO_HEAD


@dataclass(slots=True)
class Cell:
    """A cell at its grid address, 0-based. `header` is the author's own mark of a title cell."""

    row: int
    column: int
    row_span: int = 1
    column_span: int = 1
    header: bool = False
    paragraphs: list[Paragraph] = field(default_factory=list)


@dataclass(slots=True)
class Table:
    """`inline`: it stands in the line like a character; otherwise it floats and is only anchored there."""

    cells: list[Cell] = field(default_factory=list)
    caption: list[Paragraph] = field(default_factory=list)
    inline: bool = True


@dataclass(slots=True)
class Box:
    """A text box, the text of a drawing, or a picture's caption."""

    paragraphs: list[Paragraph] = field(default_factory=list)
    inline: bool = True


@dataclass(slots=True)
class Note:
    """A footnote or endnote; `mark` is what stands before it (`1)`)."""

    mark: str = ""
    paragraphs: list[Paragraph] = field(default_factory=list)


Item = str | Table | Box | Note


@dataclass(slots=True)
class Contents:
    """A whole file. `sections` are paragraphs with the number of the section's outline numbering."""

    sections: list[tuple[list[Paragraph], int]] = field(default_factory=list)
    numberings: Mapping[int, Mapping[int, Level]] = field(default_factory=dict)
    bullets: Mapping[int, str] = field(default_factory=dict)
    version: str = ""
    pictures: int = 0
    charts: int = 0
    tracked: bool = False

"""What a parser must do."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

from haechi.types import Document

#: A title is repeated before every chunk: past this many characters it would leave no room for text.
TITLE_CHARS = 120


@dataclass(frozen=True)
class ParseOptions:
    """Options common to all parsers.

    `fields` names the columns to index of row sources. `ocr` is off, auto (pages and pictures without text) or always;
    `ocr_dpi` the resolution pages are drawn at for it. `html_keep` and `html_drop` are CSS selectors of a page's parts.
    """

    fields: tuple[str, ...] = ("title", "text")
    ocr: str = "off"
    ocr_dpi: int = 300
    html_keep: tuple[str, ...] = ()
    html_drop: tuple[str, ...] = ()

    @staticmethod
    def from_json(item: Mapping[str, Any]) -> ParseOptions:
        """Read back what `dataclasses.asdict` and JSON made of options."""
        values: dict[str, Any] = {
            key: tuple(value) if isinstance(value, list) else value for key, value in item.items()
        }
        return ParseOptions(**values)


class Parser(Protocol):
    """Turns one file into documents: one for a file of prose, one per row for tables of rows."""

    name: str

    def parse(self, path: Path, source: str, options: ParseOptions) -> list[Document]:
        """Parse `path`. `source` is the name shown to readers (NFC). Raises ParseError with a reason.

        Warnings a user should see (characters replaced, pages without text) stand in `meta["warnings"]`.
        """
        ...


def short_title(title: str) -> str:
    """A title on one line, cut after `TITLE_CHARS`."""
    title = " ".join(title.split())
    return title if len(title) <= TITLE_CHARS else title[: TITLE_CHARS - 1] + "…"

"""What a parser must do."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from haechi.types import Document


@dataclass(frozen=True)
class ParseOptions:
    """Options common to all parsers. `fields` names the columns to index of row sources."""

    fields: tuple[str, ...] = ("title", "text")


class Parser(Protocol):
    """Turns one file into documents: one for a file of prose, one per row for tables of rows."""

    name: str

    def parse(self, path: Path, source: str, options: ParseOptions) -> list[Document]:
        """Parse `path`. `source` is the name shown to readers (NFC). Raises ParseError with a reason.

        Warnings a user should see (characters replaced, pages without text) stand in `meta["warnings"]`.
        """
        ...

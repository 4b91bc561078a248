"""One entry a chunk: what is embedded is what is returned, with its place in the document before it.

The title comes first unless the document's `fields` leave it out, then the headings, then the label; a passage that
says only "30일로 한다" is found by the words of its article's heading.
"""

from __future__ import annotations

from collections.abc import Sequence

from haechi.types import Chunk, Document, IndexEntry


class PlainStrategy:
    """Title, headings and label on one line, the text below."""

    name = "plain"

    def entries(self, document: Document, chunks: Sequence[Chunk]) -> list[IndexEntry]:
        return [IndexEntry(chunk.id, entry_text(document, chunk), self.name) for chunk in chunks]


def entry_text(document: Document, chunk: Chunk) -> str:
    """The place of a chunk and its text."""
    return "\n".join(filter(None, (place_of(document, chunk), chunk.text)))


def place_of(document: Document, chunk: Chunk) -> str:
    """Title, headings and label on one line, without what the text opens with."""
    fields = document.meta.get("fields")
    place = [document.title] if fields is None or "title" in fields else []
    place.extend(chunk.headings)
    # Labels such as "12행" or "3쪽" say where, not what; an article label is asked for by name.
    if chunk.meta.get("article"):
        place.append(chunk.label)
    # A label or heading that the text or the line already opens with would only count its words twice.
    line: list[str] = []
    for part in (part.strip() for part in place):
        if part and part not in line and not chunk.text.lstrip().startswith(part):
            line.append(part)
    return " > ".join(line)

"""The file's own preview as a witness: Hangul stores the first thousand characters as plain text beside the body."""

from __future__ import annotations

import re
from io import BytesIO
from zipfile import ZipFile

import olefile

from haechi.parsers import hwp_refusal as refusal
from haechi.parsers.encoding import clean

#: Below this length a preview says nothing; below this share of it found, text was lost.
MIN_PREVIEW_CHARS = 50
MIN_FOUND = 0.8
GRAM = 3

# Cells stand in <>, and the text is cut off anywhere: pieces are compared, not what stands across their ends.
_MARKS = re.compile(r"[<>\n]+")


def grams(text: str) -> set[str]:
    """Character 3-grams of the pieces (lines and cells) of a text, whitespace removed."""
    found: set[str] = set()
    for piece in _MARKS.split(clean(text)):
        joined = "".join(piece.split())
        found.update(joined[at : at + GRAM] for at in range(len(joined) - GRAM + 1))
    return found


def share_found(wanted: str, text: str) -> float:
    """Which share of the 3-grams of `wanted` stands in `text`; 1.0 when there are none."""
    gold = grams(wanted)
    if not gold:
        return 1.0
    joined = "".join(clean(text).split())
    inside = {joined[at : at + GRAM] for at in range(len(joined) - GRAM + 1)}
    return len(gold & inside) / len(gold)


def is_witness(preview: str) -> bool:
    """Long enough to judge by."""
    return len("".join(preview.split())) >= MIN_PREVIEW_CHARS


def stored_preview(data: bytes, kind: str, source: str) -> str:
    """The preview text, "" where there is none. Opening the file is also where passwords, DRM and others are refused.

    Raises ParseError for what is refused, other exceptions for damage.
    """
    if kind == "hwpx":
        with ZipFile(BytesIO(data)) as archive:
            refusal.check_zip(archive, source)
            entries = {info.filename.lower(): info for info in archive.infolist()}
            entry = entries.get("preview/prvtext.txt")
            return refusal.read_entry(archive, entry, source).decode("utf-8", "replace") if entry else ""
    with olefile.OleFileIO(BytesIO(data)) as ole:
        refusal.check_ole(ole, source)
        stream = ole.openstream("PrvText").read() if ole.exists("PrvText") else b""
        return str(stream.decode("utf-16-le", "replace"))

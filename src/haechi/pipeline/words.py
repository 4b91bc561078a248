"""Edits of a home's own words and synonyms: one by one, or many from a CSV file.

Words wait for the next `reembed`, which makes the full-text index anew beside the one in use; synonyms act at once.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from haechi.errors import InputError
from haechi.korean.lexicon import TAGS, Word
from haechi.korean.protect import clean
from haechi.pipeline.live import WORDS, waiting

if TYPE_CHECKING:
    from haechi.pipeline.build import Home

#: Heads of the columns of a CSV file.
_HEADS = {
    "word": "word", "단어": "word", "parts": "parts", "부분": "parts", "tag": "tag", "품사": "tag",
    "synonyms": "synonyms", "동의어": "synonyms", "one_way": "one_way", "한방향": "one_way",
}  # fmt: skip
_TAG_NAMES = {"": "NNP", "이름": "NNP", "명사": "NNG", "부사": "MAG"}
_YES = frozenset({"1", "y", "yes", "true", "예", "o"})
_LONGEST = 60


@dataclass
class Edit:
    """One row: a word of its own, or, with `synonyms`, what is looked for with it (both ways unless one way)."""

    word: str
    parts: tuple[str, ...] = ()
    tag: str = ""
    synonyms: tuple[str, ...] = ()
    one_way: bool = False

    @property
    def pairs(self) -> list[tuple[str, str]]:
        """(word, looked for with it), both ways unless one way."""
        group = (self.word, *self.synonyms)
        if self.one_way:
            return [(self.word, other) for other in self.synonyms]
        return [(word, other) for word in group for other in group if word != other]


@dataclass
class Imported:
    """What an edit did. `bad` are (line, what is wrong); `waiting` says that an index must be made anew."""

    words: int = 0
    synonyms: int = 0
    bad: list[tuple[int, str]] = field(default_factory=list)
    waiting: bool = False


def apply_edits(home: Home, edits: Sequence[Edit]) -> Imported:
    """Take in checked edits. Raises InputError for a bad one, HomeError when another process writes."""
    checked = [_checked(edit) for edit in edits]
    words = [Word(edit.word, edit.parts, edit.tag) for edit in checked if not edit.synonyms or edit.parts]
    pairs = [pair for edit in checked for pair in edit.pairs]
    _write(home, words, (), pairs, ())
    return Imported(len(words), len(pairs), waiting=waiting(home.config, home.store) is not None)


def import_file(home: Home, path: Path) -> Imported:
    """Take in a CSV file's good rows and name the bad ones. Raises InputError when it can't be read at all."""
    good: list[Edit] = []
    bad: list[tuple[int, str]] = []
    for number, row in _rows(path):
        try:
            good.append(_checked(_of_row(row)))
        except InputError as error:
            bad.append((number, str(error)))
    done = apply_edits(home, good)
    done.bad = bad
    return done


def remove(home: Home, word: str, synonyms: Sequence[str] = ()) -> Imported:
    """Remove a word with all its synonyms, or only these synonyms of it, both ways. Raises InputError when unknown."""
    word = clean(word)
    others = [clean(other) for other in synonyms]
    known = home.store.synonyms()
    pairs = [(one, other) for one, group in known.items() for other in group if word in (one, other)]
    if others:
        pairs = [pair for pair in pairs if set(pair) & set(others)]
    words = [] if others else [one.text for one in home.store.words() if one.text == word]
    if not words and not pairs:
        raise InputError(
            f"'{word}'은(는) 사용자 단어나 동의어에 없습니다. 보기: haechi words list",
            f"'{word}' is no word or synonym of this home; see: haechi words list",
        )
    _write(home, (), words, (), pairs)
    return Imported(len(words), len(pairs), waiting=waiting(home.config, home.store) is not None)


def _write(
    home: Home,
    words: Sequence[Word],
    gone: Sequence[str],
    pairs: Sequence[tuple[str, str]],
    dropped: Sequence[tuple[str, str]],
) -> None:
    with home.store.writer():
        if words or gone:
            settled = home.live().words == (home.store.state(WORDS) or "")
            home.store.edit_words(words, gone, settled=settled)
        if pairs or dropped:
            home.store.edit_synonyms(pairs, dropped)


def _checked(edit: Edit) -> Edit:
    word = clean(edit.word)
    parts = tuple(part for part in (clean(part) for part in edit.parts) if part)
    synonyms = tuple(other for other in dict.fromkeys(clean(other) for other in edit.synonyms) if other)
    tag = _TAG_NAMES.get(edit.tag.strip(), edit.tag.strip().upper())
    for one in (word, *synonyms):
        if not 2 <= len(one) <= _LONGEST or not any(character.isalnum() for character in one):
            raise InputError(
                f"'{one}': 단어는 글자나 숫자가 든 2자에서 {_LONGEST}자여야 합니다",
                f"'{one}': a word has 2 to {_LONGEST} characters with a letter or digit among them",
            )
    if tag not in TAGS:
        raise InputError(
            f"'{word}'의 품사 '{edit.tag}': {', '.join(TAGS)} 또는 이름, 명사, 부사여야 합니다",
            f"'{word}': tag '{edit.tag}', expected {', '.join(TAGS)}",
        )
    whole = word.replace(" ", "")
    if lost := [part for part in parts if part.replace(" ", "") not in whole or " " in part]:
        raise InputError(
            f"'{word}'의 부분 '{lost[0]}'이(가) 단어 안에 없습니다. 예: 개인정보보호위원회 = 개인정보+보호+위원회",
            f"'{word}': its part '{lost[0]}' does not stand in it",
        )
    if word in synonyms:
        raise InputError(f"'{word}'은(는) 자기 자신의 동의어가 될 수 없습니다", f"'{word}' is no synonym of itself")
    return Edit(word, parts, tag, synonyms, edit.one_way)


def _of_row(row: dict[str, str]) -> Edit:
    return Edit(
        row.get("word", ""),
        tuple(row.get("parts", "").split("+")),
        row.get("tag", ""),
        tuple(row.get("synonyms", "").replace(";", "|").split("|")),
        row.get("one_way", "").strip().lower() in _YES,
    )


def _rows(path: Path) -> list[tuple[int, dict[str, str]]]:
    """(line, columns by their English heads), blank lines left out."""
    try:
        data = path.read_bytes()
    except OSError as error:
        raise InputError(
            f"파일을 읽을 수 없습니다: {path} ({error.strerror})", f"cannot read {path}: {error}"
        ) from error
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError:
        text = data.decode("cp949", errors="replace")
    reader = csv.reader(io.StringIO(text))
    heads = [_HEADS.get(head.strip().lower(), "") for head in next(reader, [])]
    if "word" not in heads:
        raise InputError(
            f"{path}: 첫 줄에 '단어' 또는 'word' 열이 있어야 합니다. 열: 단어,부분,품사,동의어,한방향",
            f"{path}: the first line must have a column 'word'; columns: word,parts,tag,synonyms,one_way",
        )
    return [
        (reader.line_num, {head: cell for head, cell in zip(heads, cells, strict=False) if head})
        for cells in reader
        if any(cell.strip() for cell in cells)
    ]

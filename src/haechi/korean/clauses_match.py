"""How much of one clause another sentence speaks of: words are compared as written, by their parts, and by synonyms."""

from __future__ import annotations

import re
from collections.abc import Iterable

from haechi.korean.clauses import Sentence, Word
from haechi.korean.opposites import same_words

#: Words whose presence on one side alone says nothing.
LOOSE = frozenset(
    "가능 필요 의무 금지 필수 허용 꼭 반드시 모두 누구 언제 항상 사람 자 경우 때 기간 동안 이상 이하 이내 규정 대상"
    " 해당 내용 사항 관계 이유 원칙 예외 무조건 전부 모든 어떤 있 없 하 되 말 보 정하 따르 위하".split()
)


def matched(word: Word, bag: frozenset[str], letters: str) -> float:
    """0 to 1: how far `word` is said by a text of these words (`bag`) and these letters without spaces."""
    if word.stem in bag:
        return 1.0
    if any(letter.isdigit() for letter in word.stem):
        # 3인실 is no part of 13인실, and no more like 4인실 than like 강당.
        return float(re.search(rf"(?<!\d){re.escape(word.stem)}", letters) is not None)
    if len(word.stem) > 1 and word.stem in letters:
        return 1.0
    if not bag.isdisjoint(same_words(word.stem)):
        return 1.0
    total = sum(len(part) for part in word.parts)
    if len(word.parts) < 2 or not total:
        return 0.0
    found = sum(
        len(part) for part in word.parts if (len(part) > 1 and part in letters) or not bag.isdisjoint(same_words(part))
    )
    return found / total


def coverage(words: Iterable[Word], bag: frozenset[str], letters: str) -> tuple[float, float]:
    """(share said by the other text, weight of all words); a word weighs 1, a loose one nothing."""
    total = said = 0.0
    for word in words:
        if word.stem in LOOSE:
            continue
        total += 1
        said += matched(word, bag, letters)
    return (said / total if total else 0.0), total


def same_predicate(left: frozenset[str], right: frozenset[str]) -> bool:
    """Whether two predicates are one, or mean the same."""
    return not left.isdisjoint(right) or any(not right.isdisjoint(same_words(lemma)) for lemma in left)


def bag_of(sentences: Iterable[Sentence]) -> tuple[frozenset[str], str]:
    """The words and the letters of several sentences as one text."""
    found = list(sentences)
    return frozenset().union(*(one.bag for one in found)), "|".join(one.letters for one in found)

"""Metrics of whole answers that need no LLM. Pure functions over one record each; `run` averages them.

A gold article is matched by its article: a citation of `제12조제2항` satisfies a gold `제12조`, but never `제12조의2`.
`fabricated` counts number-bearing strings by a scan of its own, sharing no code with the lock or the checkers.
"""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

_SPACE = re.compile(r"[\s,]+")
_MARK = re.compile(r"\[\d+\]")
_ARTICLE = re.compile(r"^(?:부칙)?제\d+조(?:의\d+)?|^별표\d*")
#: First syllables of units; a number is another number with another unit (3일, 3명).
_UNITS = frozenset("원일월년시분초회권명개건조항호목장점층급주세인실대면부차천만억%퍼배")
_HANGUL_NUMBER = re.compile(
    r"(?<![\d십백천만억조])(?:[일이삼사오육칠팔구]?[십백천만억조]+)+[일이삼사오육칠팔구]?\s?(?=원|명|일|개월|년|퍼센트|시간|회|권|배)"
)


def normal(text: str) -> str:
    """NFKC without spaces, commas and citation markers, for comparing answers."""
    return _SPACE.sub("", _MARK.sub("", unicodedata.normalize("NFKC", text))).lower()


def contains_answer(answer: str, golds: Sequence[str]) -> bool:
    """Whether any gold string stands in the answer, spaces and commas aside; 5,000원 does not stand in 45,000원."""
    text = normal(answer)
    return any(_stands_in(normal(gold), text) for gold in golds if normal(gold))


def _stands_in(gold: str, text: str) -> bool:
    left = r"(?<![\d.])" if gold[0].isdigit() else ""
    right = r"(?![\d])" if gold[-1].isdigit() else ""
    return re.search(left + re.escape(gold) + right, text) is not None


def char_f1(answer: str, golds: Sequence[str]) -> float:
    """Best character F1 against any gold (KorQuAD's measure)."""
    best = 0.0
    given = Counter(normal(answer))
    for gold in golds:
        wanted = Counter(normal(gold))
        common = sum((given & wanted).values())
        if common:
            precision, recall = common / sum(given.values()), common / sum(wanted.values())
            best = max(best, 2 * precision * recall / (precision + recall))
    return best


def article_of(label: str) -> str:
    """`부칙 제1조제2항` → `부칙제1조`; other labels without their spaces."""
    compact = label.replace(" ", "")
    match = _ARTICLE.match(compact)
    return match.group() if match else compact


def is_gold(place: Mapping[str, Any], gold: Mapping[str, Any]) -> bool:
    """Whether a citation or hit (a record of `haechi.records`) is the gold place."""
    if "id" in gold:
        return gold["id"] in (place.get("document"), place.get("external_id"))
    names = [unicodedata.normalize("NFC", str(place.get(key) or "")) for key in ("source", "title")]
    if not any(name == gold["document"] or name.endswith("/" + gold["document"]) for name in names):
        return False
    if "heading" in gold and not any(gold["heading"] in heading for heading in place.get("headings", ())):
        return False
    if "page" in gold:
        return bool(place.get("page") == gold["page"])
    if "label" in gold:
        return article_of(str(place.get("label") or "")) == article_of(str(gold["label"]))
    return True


def golds_of(question: Mapping[str, Any]) -> list[dict[str, Any]]:
    """`gold` places and `gold_ids` in one list."""
    return [*question.get("gold", []), *({"id": identity} for identity in question.get("gold_ids", []))]


def numbers(text: str) -> list[str]:
    """Every number with the first syllable of its unit: `100원`, `3천`, `12조`, `17`; Hangul numbers too.

    A run of numerals of any script with its joining marks; a syllable that is no unit (a particle) is left out.
    """
    found: list[str] = []
    run = ""
    plain = unicodedata.normalize("NFKC", _MARK.sub(" ", text)) + "  "
    for position, character in enumerate(plain):
        is_numeral = unicodedata.numeric(character, None) is not None and not "\uac00" <= character <= "\ud7a3"
        if is_numeral or (run and character in ",." and plain[position + 1].isdigit()):
            run += character
        elif run:
            unit = plain[position:].lstrip()[:1]
            found.append(run.replace(",", "") + (unit if unit and unit in _UNITS else ""))
            run = ""
    return [*found, *(re.sub(r"\s", "", match) for match in _HANGUL_NUMBER.findall(text))]


def fabricated(answer: str, passages: Sequence[str]) -> list[str]:
    """Numbers of the answer that stand in no passage with that unit; other spellings of a sum are worked out."""
    known = {number for passage in passages for number in numbers(passage)}
    known |= {f"{int(hour) + 12}시" for hour in re.findall(r"오후\s?(\d{1,2})시", " ".join(passages))}
    spelled = {_expand(number, passage) for passage in passages for number in numbers(passage)}
    return [number for number in numbers(answer) if number not in known and _expand(number, answer) not in spelled]


def _expand(number: str, text: str) -> str:
    """A sum with its 천·만·억 written out, so that 3천만 and 30,000,000 compare equal; else the number itself."""
    digits = re.match(r"\d+(?:\.\d+)?", number)
    if digits is None:
        return number
    match = re.search(rf"(?<![\d.]){re.escape(digits.group())}\s?([십백천만억조]*)\s?(원?)", text.replace(",", ""))
    if match is None or not match.group(2):
        return number
    value = float(digits.group())
    for unit, factor in (("십", 1e1), ("백", 1e2), ("천", 1e3), ("만", 1e4), ("억", 1e8), ("조", 1e12)):
        if unit in match.group(1):
            value *= factor
    return f"{value:.10g}원"

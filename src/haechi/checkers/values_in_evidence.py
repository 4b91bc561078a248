"""The lock's tripwire: which numbers of an answer stand nowhere in the evidence.

Stricter and simpler than the checkers: it asks only whether a value is there, never what it is about. Every token with
a numeral counts, also one without a unit (17), a Unicode numeral (１７, Ⅳ, ½) and a Hangul numeral with a unit
(삼천만 원).
Citation markers and the markers of a list (1. 2. ① ②) do not count.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence

from haechi.checkers.base import Evidence
from haechi.checkers.comparison import relation
from haechi.checkers.law_article import LawArticleChecker
from haechi.checkers.stated import Stated, stated_in, stated_in_evidence, without_citations
from haechi.korean.numerals import STRICT_FOLLOW, WORD_START, evaluate_sino, fold, lazily
from haechi.korean.values import is_uncertain
from haechi.types import Value

_DIGITS = re.compile(r"\d+(?:[,.]\d+)*")
_LIST_MARKER = re.compile(r"^[ \t]*(?:\(?\d{1,2}[.)]|[①-⑳])(?=\s|[가-힣])", re.MULTILINE)
# Numerals that are not decimal digits: superscripts, fractions, Roman, circled and Hanja numbers.
_OTHER_NUMERAL = re.compile(
    "[\u00b2\u00b3\u00b9\u00bc-\u00be\u2070-\u2089\u2150-\u218b\u2460-\u249b\u24ea-\u24ff\u2776-\u2793\u3007\u3021-\u3029\u3220-\u3229"
    "\u3248-\u324f\u3251-\u325f\u3280-\u3289\u32b1-\u32bf一二三四五六七八九十百千萬億兆\U00010100-\U00010133\U0001d7ce-\U0001d7ff]"
)

# A run of number syllables with 십, 백, 천, 만 in it before a unit is a number word also where no parser reads it
# for sure (이백삼십사원, 이백 배): in 15.8 million characters of text, only 조사원 and 백만배(훨씬) were none.
_SYLLABLES = "[일이삼사오육칠팔구십백천만억조]"
_NUMBER_WORD = lazily(
    rf"{WORD_START}(?=[일이삼사오육칠팔구]?[십백천만억조])(?:(?P<two>{_SYLLABLES}{{2,14}}) ?(?:원|배|퍼센트)"
    rf"|(?P<three>{_SYLLABLES}{{3,14}}) ?(?:명|일|개월|년|회|권|건|시간|분)){STRICT_FOLLOW}"
)


def unsupported_values(answer: str, evidence: Sequence[Evidence]) -> list[Value]:
    """The values and bare numerals of `answer` that no passage's text, label or title states, in order."""
    text = without_citations(answer)
    claims = stated_in(text)
    sources = stated_in_evidence(evidence)
    laws = LawArticleChecker()
    law_sources = laws.sources(evidence) if any(claim.value.kind == "law_reference" for claim in claims) else []
    missing = [
        claim.value
        for claim in claims
        # 다음 날, 올해: recognised as dates, but no number that a model could have made up
        if not (is_uncertain(claim.value) and not _DIGITS.search(claim.value.surface))
        and not _stated(claim, sources, laws, law_sources)
    ]
    missing += _bare_numerals(text, claims, evidence, sources)
    return sorted(missing, key=lambda value: value.start)


def _stated(claim: Stated, sources: list[Stated], laws: LawArticleChecker, law_sources: list[Stated]) -> bool:
    if claim.value.kind == "law_reference":
        return any(laws.relate(claim, source) in ("equal", "implied") for source in law_sources)
    return any(relation(claim.value, source.value) in ("equal", "implied") for source in sources)


def _bare_numerals(text: str, claims: list[Stated], evidence: Sequence[Evidence], sources: list[Stated]) -> list[Value]:
    covered = bytearray(len(text))
    for claim in claims:
        covered[claim.value.start : claim.value.end] = b"\1" * (claim.value.end - claim.value.start)
    for match in _LIST_MARKER.finditer(text):
        covered[match.start() : match.end()] = b"\1" * (match.end() - match.start())
    passages = "\n".join(part for passage in evidence for part in (passage.text, passage.label, passage.title))
    known = {_canonical(match[0]) for match in _DIGITS.finditer(passages)}
    known.update(number for source in sources for number in _DIGITS.findall(source.value.normalised))
    missing = []
    for match in _DIGITS.finditer(text):
        number = _canonical(match[0])
        if not covered[match.start()] and number not in known:
            missing.append(Value("quantity", match[0], number, match.start(), match.end()))
    for match in _OTHER_NUMERAL.finditer(text):
        if not covered[match.start()] and match[0] not in passages:
            number = f"{unicodedata.numeric(match[0], 0):g}"
            missing.append(Value("quantity", match[0], number, match.start(), match.end()))
    together = "".join(passages.split())
    for match in _NUMBER_WORD().finditer(text):
        word = match["two"] or match["three"]
        value = evaluate_sino(word)
        if value is None or covered[match.start()] or str(value) in known or word in together:
            continue
        missing.append(Value("quantity", match[0], str(value), match.start(), match.end()))
    return missing


def _canonical(digits: str) -> str:
    """1,000 and １０００ → 1000; leading zeros stay, 007 is a code."""
    return fold(digits).text.replace(",", "")

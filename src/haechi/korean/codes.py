"""Codes: 문서번호 2023-12345, 고시 제2024-15호, 법률 제11690호, 2012두1234, 재산세과-4176, A-12, ISBN.

Canonical form: `code:` and the code without spaces, letters in capitals; an act or notice keeps its kind
(`code:고시제2024-15호`). Certain are codes of a known shape or behind a word that announces one; other letters with
digits (A-12, KS-100) are `ambiguous`, since they may be a name. Markers of lists (1., 가., ①) are no codes.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from haechi.korean.found import Found
from haechi.korean.numerals import lazily
from haechi.types import Certainty

RANK = 1

# 법률 제6762호, 고시 제2024-15호, 대통령령 제1234호: what article references must not be mistaken for.
_NOTICE = lazily(
    r"(?P<kind>법률|대통령령|총리령|[가-힣]{1,10}부령|고시|공고|훈령|예규|조례|규칙|지침|특허|실용신안) ?"
    r"제 ?(?P<n>[0-9]{1,6}(?:-[0-9]{1,5}){0,3}) ?호(?![가-힣]*서식)"
)
# A case of a court or a tribunal: the year, a sign in Hangul, a number.
_CASE = lazily(
    r"(?<![0-9A-Za-z-])(?<![가-힣](?<!조심|국심|심사|감심|적부|헌재))(?P<n>(?:19|20)[0-9]{2}(?![년월일학회분])[가-힣]{1,3}[0-9]{1,6})"
    r"(?![0-9]|[년월일세명원개회호]|-[0-9])"
)
_NUMBERED = lazily(r"(?<![0-9A-Za-z가-힣-])제 ?[0-9]{2,6}(?:-[0-9]{1,6}){1,3} ?호")
_DASHED = lazily(
    r"(?<![0-9A-Za-z가-힣-])(?!제[0-9])(?=[가-힣A-Za-z0-9-]{0,40}[가-힣A-Za-z])(?=[가-힣A-Za-z-]{0,40}[0-9])"
    r"[가-힣A-Za-z0-9]{1,16}(?:-[가-힣A-Za-z0-9]{1,16}){0,4}-[0-9]{1,8}(?![0-9A-Za-z%℃㎡]|-[0-9]|[.,:~][0-9]"
    r"| ?(?:년|월|일|개월|명|원|세|회|점|시|분|호실|층|천|만|억|퍼|미터|톤|개))"
)
_LABELLED = lazily(
    r"(?P<label>(?:문서|접수|신청|등록|관리|고유|사업자(?:등록)?|법인(?:등록)?|주민(?:등록)?|사건|안건|허가|인증|계좌|운송장|주문|예약|회원|사번|학번|과제|계약|공고|입찰|일련|증서|여권|우편|식별|품목|분류|제품|모델|승인)"
    r" ?(?:번호|코드)|ISBN(?:-1[03])?|ISSN)(?:는|은|가)?(?: ?[:：] ?| )(?:제 ?)?"
    r"(?P<n>[A-Za-z0-9가-힣]{0,10}-?[0-9][0-9A-Za-z]{0,19}(?:[-/][0-9A-Za-z]{1,20}){0,5})(?: ?호)?"
)
_BUSINESS = lazily(r"(?<![0-9-])[0-9]{3}-[0-9]{2}-[0-9]{5}(?![0-9-])")
_LETTERED = lazily(
    r"(?<![0-9A-Za-z가-힣@./_-])[A-Z]{1,6}-?[0-9]{1,8}(?:-[0-9A-Z]{1,8}){0,3}(?![A-Za-z0-9@]|-[0-9]|\.[A-Za-z0-9])"
)
_SPACES = re.compile(r"\s+")


def find_codes(text: str) -> Iterator[Found]:
    """All codes in folded text, unsorted and possibly overlapping."""
    for match in _NOTICE().finditer(text):
        yield Found(match.start(), match.end(), "code", f"code:{match['kind']}제{match['n']}호", RANK)
    for match in _CASE().finditer(text):
        yield Found(match.start("n"), match.end(), "code", _form(match["n"]), RANK)
    for match in _NUMBERED().finditer(text) if "-" in text else ():
        yield Found(match.start(), match.end(), "code", _form(match[0]), RANK)
    for match in _DASHED().finditer(text) if "-" in text else ():
        certainty: Certainty = "ambiguous" if match[0].isascii() else "certain"
        yield Found(match.start(), match.end(), "code", _form(match[0]), RANK + (certainty == "ambiguous"), certainty)
    for match in _LABELLED().finditer(text):
        yield Found(match.start("n"), match.end("n"), "code", _form(match["n"]), RANK)
    for match in _BUSINESS().finditer(text) if "-" in text else ():
        yield Found(match.start(), match.end(), "code", _form(match[0]), RANK)
    for match in _LETTERED().finditer(text):
        yield Found(match.start(), match.end(), "code", _form(match[0]), RANK + 3, "ambiguous")


def _form(text: str) -> str:
    return "code:" + _SPACES.sub("", text).upper()

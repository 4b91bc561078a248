"""A home's own names and abbreviations, learned from its texts by the forms in which documents give them.

    국민건강보험공단(이하 "공단"이라 한다)     과학기술정보통신부(과기정통부)     「근로기준법」(이하 "법"이라 한다)

Learning is a few patterns and no morphemes, so that it is made anew from the passages at hand instead of being stored:
what is deleted is forgotten with its text.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

_DROPPED = re.compile(
    r"[\s\u318d\u119e\u00b7\u30fb\u2027\u2219\u22c5「」『』《》〈〉'\"“”‘’`]+|\((?:주|재|사|유|복)\)|㈜|주식회사|재단법인|사단법인|유한회사|사회복지법인|의료법인|학교법인"
)
_NAME = r"(?P<full>「[^「」\n]{2,80}」(?: ?시행령| ?시행규칙)?|[가-힣A-Za-z0-9ㆍ·]{3,40})"
_DEFINED = re.compile(
    rf"{_NAME} ?\((?:[^()\n]{{0,60}}?[,.] ?)?이하 ?(?:이 [가-힣]{{1,3}}에서 ?)?"
    r"[\"'“‘「](?P<short>[^\"'”’」\n]{1,30})[\"'”’」] ?"
    r"(?:이?라고? ?(?:한다|합니다|함|칭한다|약칭)|로 ?(?:한다|약칭)|(?:이?라)?\s?함)"
)
_BRACKET = re.compile(rf"{_NAME} ?\((?:약칭 ?:? ?)?(?P<short>[가-힣A-Za-z]{{2,15}})\)")
#: A name must end like one to be kept for itself.
_NAME_END = re.compile(
    r"(?:부|처|청|원|공단|공사|위원회|법원|시|군|구|도|대학교|학교|병원|은행|센터|재단|협회|조합|연구소|법률?|시행령|시행규칙|조례"
    r"|규정|규칙|정관|회사|본부|지사|도서관|박물관)$"
)


def compact(text: str) -> str:
    """A name without what may differ between two writings of it: spaces, dots, quotes, legal forms, case."""
    return _DROPPED.sub("", text).lower()


@dataclass(frozen=True)
class Gazetteer:
    """`aliases` are abbreviation → full forms, `names` what stands in documents as a name; all compact."""

    aliases: Mapping[str, frozenset[str]] = field(default_factory=dict)
    names: frozenset[str] = frozenset()

    def full_form(self, name: str) -> str:
        """The one full form of an abbreviation; the name itself where there is none or more than one."""
        forms = self.aliases.get(name, frozenset())
        return next(iter(forms)) if len(forms) == 1 else name

    def same(self, left: str, right: str) -> bool:
        """Whether two compact names are one: equal, or abbreviation and full form."""
        return left == right or left in self.aliases.get(right, ()) or right in self.aliases.get(left, ())


NONE = Gazetteer()


def learn(texts: Iterable[str]) -> Gazetteer:
    """The abbreviations that `texts` define, and the names that they define them for."""
    aliases: dict[str, set[str]] = {}
    counted: Counter[str] = Counter()
    for text in texts:
        for pattern in (_DEFINED, _BRACKET):
            for match in pattern.finditer(text):
                full, short = compact(match["full"]), compact(match["short"])
                if pattern is _BRACKET and not _abbreviates(short, full):
                    continue
                if short != full and len(full) > len(short) and _NAME_END.search(full):
                    aliases.setdefault(short, set()).add(full)
                    counted[full] += 1
    return Gazetteer({short: frozenset(full) for short, full in aliases.items()}, frozenset(counted))


def _abbreviates(short: str, full: str) -> bool:
    """Whether `short` is made of syllables of `full` in order: 과기정통부 of 과학기술정보통신부, no 대표 홍길동."""
    rest = iter(full)
    return 2 <= len(short) < len(full) and all(syllable in rest for syllable in short)

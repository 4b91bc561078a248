"""Something plausible added to a true sentence: a place, a reason, a document, a condition, a further duty."""

from __future__ import annotations

import re
from collections.abc import Iterable
from random import Random

from haechi.korean import mecab

from .corpus import Statement
from .korean import bare_word
from .predicates import parse
from .rewrite import agent, topic
from .values import Edit

_ADDED = (
    re.compile(
        r"(?<=[ ])((?:[가-힣]{2,8} ){0,2}[가-힣]{2,8}의 (?:승인|동의|허가|추천|의견)[을를] (?:받아"
        r"|들어|거쳐)) "
    ),
    re.compile(r"(?<=[ ])((?:[가-힣]{2,8} ){0,2}[가-힣]{2,8}[과와] (?:미리 )?협의하여) "),
    re.compile(r"(?<=[ ])((?:[가-힣]{2,8} ){0,1}[가-힣]{2,8}[을를] 위하여) "),
    re.compile(r"(?<=[ ])((?:[가-힣]{2,8} ){0,1}[가-힣]{2,8}[을를] (?:첨부|제시|확인)하여) "),
    re.compile(
        r"(?<=[ ])((?:[가-힣]{2,8} ){0,1}[가-힣]{0,8}(?:센터|사무소|창구|누리집|홈페이지|세무서|보건소"
        r"|시청|구청|사무실|안내대|법원|우체국)에서) "
    ),
)  # fmt: skip
#: Clauses of the same types that no corpus has to give.
_PLAUSIBLE = (
    "관할 주민센터에서", "누리집의 전자민원 창구에서", "본인이 거주하는 구청에서", "가까운 우체국에서",
    "예산 절감을 위하여", "업무 혼잡을 줄이기 위하여",
    "허위 신청을 막기 위하여", "지역경제 활성화를 위하여", "신분증 사본을 첨부하여", "가족관계증명서를 첨부하여",
    "인감증명서를 제시하여", "최근 3개월의 통장 사본을 첨부하여",
    "소속 부서장의 추천을 받아", "외부 전문가 2명의 의견을 들어", "지방의회의 동의를 받아", "감사부서의 확인을 거쳐",
    "노동조합과 협의하여", "수수료를 미리 낸 경우에 한하여",
    "온라인 교육을 이수한 경우에 한하여", "전년도 실적이 우수한 경우에 한하여", "휴대전화 본인인증을 거쳐",
    "공증을 받아", "변호사의 자문을 거쳐", "주민 설명회를 열어",
)  # fmt: skip
_DUTIES = (
    "그 결과를 {} 이내에 {}에 보고",
    "그 내용을 {} 이내에 {}에 통지",
    "관련 서류를 {} 동안 {}에 보관",
    "이를 {} 이내에 {}의 인터넷 홈페이지에 게시",
)
_LONE = re.compile(
    r"^(?:그|이|각|해당|같은|다음|당해|제|위|다른|전항|및|또는|등|따른|정하는|관한|대한|있는|하는|받은|한|된)(?: |$)"
)


def _nouns_before(clause: str) -> bool:
    """All before the last word's particle is nouns: no participle hides in it."""
    tags = [item.tag for item in mecab.morphemes(clause)]
    first = next((place for place, tag in enumerate(tags) if not tag.startswith(("N", "XSN", "XPN"))), len(tags))
    return 0 < first < len(tags) and tags[first].startswith("J")


#: Definitions and the like: nobody does anything in them that something could be added to.
_NO_ACT = re.compile(r"(?:말(?:한다|함|합니다|하는 것\S+)|본다|봅니다|의한다|따른다|해당\S*)$")


_NO_CLAUSE = re.compile(
    r"경우|때에|범위|이에서|중에서|것을|수를|조를|항을|호를|바를|자를|다음|위에서|내에서|업에서|외에서"
)
_INFLECTED = re.compile(r"[은는이가을를에의한된할될인고며여나거로도등]$")
_BODY = re.compile(
    r"(?<![가-힣])[가-힣]{2,8}(?:위원회|공단|진흥원|협회|교육청|보건소|주민센터|세무서)(?=[에의은는이가]\s)"
)


def _fits_anywhere(clause: str) -> bool:
    """Nouns all through: no participle, no particle but the one of its pattern."""
    words = clause.split()
    front = words[:-1] if clause.endswith("에서") else words[:-2]
    return not (
        _LONE.match(clause)
        or _NO_CLAUSE.search(clause)
        or any(_INFLECTED.search(word) for word in front)
        or not _nouns_before(clause)
    )


class Additions:
    """Clauses of a corpus that could stand in another of its sentences."""

    def __init__(self, texts: Iterable[str]) -> None:
        kept = list(texts)
        clauses = {clause for text in kept for pattern in _ADDED for clause in pattern.findall(text)}
        self.clauses = sorted(filter(_fits_anywhere, clauses))
        self.bodies = sorted({name for text in kept for name in _BODY.findall(text) if len(name) >= 5})

    def add(self, item: Statement, evidence: str, rng: Random) -> Edit | None:
        predicate = parse(item.text)
        first = topic(item.text)
        if _NO_ACT.search(item.text):
            return None
        if predicate is None or not item.alone or not agent(first) or predicate.mode in ("cannot", "must_not", "not"):
            return None
        if (
            self.bodies
            and predicate.mode in ("must", "plain")
            and predicate.ending in ("plain", "polite")
            and rng.random() < 0.4
        ):
            duty = rng.choice(_DUTIES).format(rng.choice(["7일", "10일", "15일", "3개월"]), rng.choice(self.bodies))
            last = {"plain": "하여야 한다", "polite": "해야 합니다"}[predicate.ending]
            if duty.split()[-1] not in item.text and not any(word in evidence for word in duty.split()[-2:-1]):
                return Edit(f"{predicate.head}{predicate.stem}고, {duty}{last}", "", duty)
        for _ in range(12):
            clause = rng.choice(self.clauses if self.clauses and rng.random() < 0.6 else _PLAUSIBLE)
            if clause.endswith("에서") and "에서" in item.text:
                continue
            words = [bare_word(word) for word in clause.split()]
            if (
                clause
                and not any(word in evidence for word in words[:-1] or words)
                and clause.split()[-1] not in item.text
            ):
                return Edit(f"{first} {clause} {item.text[len(first) + 1 :]}", "", clause)
        return None

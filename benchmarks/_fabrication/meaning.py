"""What the sentence says turned round: negation, modality, another subject, something added, an exception left out."""

from __future__ import annotations

import re
from collections.abc import Iterable
from random import Random

from haechi.korean import mecab

from .corpus import Statement
from .korean import bare_word, replace
from .numbers import ARTICLE, QUANTITY
from .predicates import Mode, build, parse
from .rewrite import _CONDITION, topic
from .values import AMOUNT, Edit, periods, shares

_NEGATIONS: dict[Mode, tuple[Mode, ...]] = {
    "must": ("need_not",),
    "may": ("cannot",),
    "cannot": ("may",),
    "must_not": ("allowed",),
    "not": ("plain",),
    "plain": ("not",),
    "allowed": ("must_not",),
}
_MODALITIES: dict[Mode, tuple[Mode, ...]] = {
    "may": ("must", "must_not"),
    "must": ("may", "must_not"),
    "must_not": ("must", "may"),
    "cannot": ("must",),
    "allowed": ("must",),
}
_OPPOSITES = (
    ("제외한다", "포함한다"), ("포함한다", "제외한다"), ("제외하는 것", "포함하는 것"), ("포함되는 것", "제외되는 것"), ("제외되는 것", "포함되는 것"),
    ("면제한다", "부과한다"), ("공제한다", "가산한다"), ("과세되는 것", "면제되는 것"), ("면제되는 것", "과세되는 것"), ("산입한다", "제외한다"),
    ("허용한다", "금지한다"), ("금지한다", "허용한다"), ("소멸한다", "발생한다"), ("발생한다", "소멸한다"), ("상실한다", "취득한다"), ("취득한다", "상실한다"),
    ("공개한다", "공개하지 아니한다"), ("유효하다", "무효이다"), ("무효로 한다", "유효한 것으로 한다"), ("과세된다", "면제된다"), ("면제된다", "과세된다"),
    ("과세대상임", "과세대상이 아님"), ("비과세됨", "과세됨"), ("과세됨", "면제됨"), ("면제됨", "과세됨"), ("해당함", "해당하지 아니함"),
    ("제외합니다", "포함합니다"), ("포함합니다", "제외합니다"), ("무료입니다", "유료입니다"), ("가능합니다", "불가능합니다"), ("가능하다", "불가능하다"),
)  # fmt: skip


def negated(item: Statement, evidence: str, rng: Random) -> Edit | None:
    for old, new in _OPPOSITES:
        if item.text.endswith(old) and not item.text.endswith("불" + old):
            return Edit(item.text[: -len(old)] + new, old, new)
    return _other_mode(item, evidence, rng, _NEGATIONS)


def other_modality(item: Statement, evidence: str, rng: Random) -> Edit | None:
    return _other_mode(item, evidence, rng, _MODALITIES)


def _other_mode(item: Statement, evidence: str, rng: Random, table: dict[Mode, tuple[Mode, ...]]) -> Edit | None:
    predicate = parse(item.text)
    if predicate is None or predicate.mode not in table:
        return None
    # "외에는 … 할 수 없다" turned round, or a definition, is no clear statement.
    if re.search(r"(?:이란|란|라 함은) |외에는|아니하고는|아니면 |아니하면 ", item.text):
        return None
    new = build(predicate, rng.choice(table[predicate.mode]))
    if new is None or new in evidence:
        return None
    shared = len(predicate.head)
    return Edit(new, item.text[shared:], new[shared:])


_WITH_UNIT = (AMOUNT, QUANTITY)


def _valued(text: str) -> list[tuple[str, str, int, int]]:
    """(unit, value, start, end) of every value that can change places with one of the same unit."""
    found = [("won", match[0], match.start(), match.end()) for match in AMOUNT.finditer(text)]
    found += [("share", match[0], match.start(), match.end()) for match in shares(text)]
    found += [(match[2], match[0], match.start(), match.end()) for match in periods(text)]
    found += [(match[2], match[0], match.start(), match.end()) for match in QUANTITY.finditer(text)]
    found += [("article", match[0], match.start(), match.end()) for match in ARTICLE.finditer(text) if "조" in match[0]]
    return found


_DIRECTED = re.compile(
    r"^(?P<a>(?:[가-힣ㆍ]+ ){0,2}?[가-힣ㆍ]+)(?P<at>[은는]) (?P<mid>.*?)(?P<b>[가-힣ㆍ]{2,})(?P<to>에게|의) (?P<end>(?:[가-힣]+[을를] )?"
    r"(?:[가-힣]+을 |[가-힣]+를 )?(?:승인|허가|동의|보고|통지|신고|신청|요청|통보|제출|지급|위탁|요구|권고|청구|교부|반환|의견)[^,]{0,24})$"
)


def other_subject(item: Statement, others: list[Statement], evidence: str, rng: Random) -> Edit | None:
    """A value or a role that the passage gives to another subject."""
    ways = [_swapped_roles, _borrowed_value, _borrowed_topic]
    rng.shuffle(ways)
    for way in ways:
        if edit := way(item, others, rng):
            if edit.text not in evidence:
                return edit
    return None


def _swapped_roles(item: Statement, others: list[Statement], rng: Random) -> Edit | None:
    """가는 나에게 보고한다 → 나는 가에게 보고한다."""
    match = _DIRECTED.match(item.text)
    if not match or not topic(item.text) or match["a"] == match["b"] or len(match["a"]) > 16 or not item.alone:
        return None
    if re.search(r"[은는]$|하는|[한된할될]$|경우|그$|이$|^[가-힣]$", match["a"]) or re.search(
        r"^(?:그|이|해당|이들|서로|각각)|[한된할될하]$", match["b"]
    ):
        return None
    if re.search(r"에게|본인|자기|서로|그 ", match["mid"] + " " + match["end"]):
        return None
    if not re.search(r"장|자|관|인|회|사|주|원|수급|당국|공단|청|가$", match["b"][-1]) or not re.search(
        r"[장자관인회사주원청부가민생]$", match["a"][-1]
    ):
        return None
    before = f" {match['mid']}".rstrip()
    if before and not re.search(r"[,에]$|에는$|면$|까지$|따라$|내에$|이$|없이$", before):
        return None
    first = replace(match["b"] + match["at"] + " ", 0, len(match["b"]), match["b"])
    return Edit(f"{first}{match['mid']}{match['a']}{match['to']} {match['end']}", match["a"], match["b"])


def _borrowed_value(item: Statement, others: list[Statement], rng: Random) -> Edit | None:
    own = _valued(item.text)
    rng.shuffle(own)
    for unit, value, start, end in own:
        here = {re.sub(r"\s", "", other[1]) for other in own}
        options = sorted(
            {
                other[1]
                for statement in others
                for other in _valued(statement.text)
                if other[0] == unit
                and re.sub(r"\s", "", other[1]) not in here
                and statement.text != item.text
                and not (unit == "article" and (rng.random() < 0.7 or _nested(other[1], value)))
            }
        )
        if options:
            new = rng.choice(options)
            if len(new) < 24:
                return Edit(replace(item.text, start, end, new), value, new)
    return None


def _nested(one: str, other: str) -> bool:
    """제76조 and 제76조제9항: either may be true of what is true of the other."""
    one, other = (re.sub(r"\s", "", text) for text in (one, other))
    return one.startswith(other) or other.startswith(one)


def _borrowed_topic(item: Statement, others: list[Statement], rng: Random) -> Edit | None:
    """The duty of one subject told of another subject of the passage."""
    own = topic(item.text)
    if not own or not parse(item.text) or re.search(r"(?:이란|란) ", item.text):
        return None
    found = sorted(
        {
            other
            for statement in others
            if (other := topic(statement.text)) and other[:-1] != own[:-1] and other[:-1] not in item.text
            and bare_word(own) not in statement.text and other[-2:-1] in "장자관인회사주원청부민생" and own[-2:-1] in "장자관인회사주원청부민생"
        }
    )  # fmt: skip
    if not found:
        return None
    new = rng.choice(found)
    return Edit(new + item.text[len(own) :], own[:-1], new[:-1])


def without_exception(item: Statement, evidence: str, rng: Random) -> Edit | None:
    """The sentence without its 다만, or without the condition that it starts with."""
    if item.proviso:
        if not re.search(
            r"그러하지 아니|아니[하한할]|제외|없다|면제|않|예외|로 한다|로 본다|할 수 있다|수 있습니다", item.proviso
        ):
            return None
        if re.search(r"대통령령으로 정하는 바|정한다$", item.proviso):
            return None
        if rng.random() < 0.5 or "경우에도" in item.text or "에도 불구" in item.text:
            return Edit(item.text, item.proviso, "")
        first = topic(item.text)
        absolute = rng.choice(["언제나", "예외 없이", "어떤 경우에도"])
        text = f"{first} {absolute} {item.text[len(first) + 1 :]}" if first else f"{absolute} {item.text}"
        return Edit(text, item.proviso, "")
    first = topic(item.text)
    rest = item.text[len(first) + 1 :] if first else ""
    match = _CONDITION.match(rest)
    if (
        not match
        or len(rest) - match.end() < 15
        or len(match[1]) < 10
        or not item.alone
        or re.search(r"[나고며로]\b|, ", match[1])
    ):
        return None
    after = rest[match.end() :]
    if re.search(r"(?:^| )(?:그|이|해당|이를|그에|이에|당해|위) |^(?:때|경우)", after) or parse(item.text) is None:
        return None
    # 하여야 할 경우에는 and the like at the end of a list belong to more than one clause.
    if re.search(r"(?:다만|또는$|및$)", match[1]):
        return None
    return Edit(f"{first} {after}", match[1], "")


_ADDED = (
    re.compile(r"(?<=[ ])((?:[가-힣]{2,8} ){0,2}[가-힣]{2,8}의 (?:승인|동의|허가|추천|의견)[을를] (?:받아|들어|거쳐)) "),
    re.compile(r"(?<=[ ])((?:[가-힣]{2,8} ){0,2}[가-힣]{2,8}[과와] (?:미리 )?협의하여) "),
    re.compile(r"(?<=[ ])((?:[가-힣]{2,8} ){0,1}[가-힣]{2,8}[을를] 위하여) "),
    re.compile(r"(?<=[ ])((?:[가-힣]{2,8} ){0,1}[가-힣]{2,8}[을를] (?:첨부|제시|확인)하여) "),
    re.compile(r"(?<=[ ])((?:[가-힣]{2,8} ){0,1}[가-힣]{0,8}(?:센터|사무소|창구|누리집|홈페이지|세무서|보건소|시청|구청|사무실|안내대|법원|우체국)에서) "),
)  # fmt: skip
#: Clauses of the same types that no corpus has to give.
_PLAUSIBLE = (
    "관할 주민센터에서", "누리집의 전자민원 창구에서", "본인이 거주하는 구청에서", "가까운 우체국에서", "예산 절감을 위하여", "업무 혼잡을 줄이기 위하여",
    "허위 신청을 막기 위하여", "지역경제 활성화를 위하여", "신분증 사본을 첨부하여", "가족관계증명서를 첨부하여", "인감증명서를 제시하여", "최근 3개월의 통장 사본을 첨부하여",
    "소속 부서장의 추천을 받아", "외부 전문가 2명의 의견을 들어", "지방의회의 동의를 받아", "감사부서의 확인을 거쳐", "노동조합과 협의하여", "수수료를 미리 낸 경우에 한하여",
    "온라인 교육을 이수한 경우에 한하여", "전년도 실적이 우수한 경우에 한하여", "휴대전화 본인인증을 거쳐", "공증을 받아", "변호사의 자문을 거쳐", "주민 설명회를 열어",
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
_AGENTS = re.compile(r"(?:[장자관인회사주원청부가민생]|기관|단체|법인|조합|직원|위원|기업|세대|병원|학교)[은는]$")


def _nouns_before(clause: str) -> bool:
    """All before the last word's particle is nouns: no participle hides in it."""
    tags = [item.tag for item in mecab.morphemes(clause)]
    first = next((place for place, tag in enumerate(tags) if not tag.startswith(("N", "XSN", "XPN"))), len(tags))
    return first > 0 and tags[first].startswith("J") if first < len(tags) else False


class Additions:
    """Clauses of a corpus that could stand in another of its sentences."""

    def __init__(self, texts: Iterable[str]) -> None:
        found: set[str] = set()
        for text in texts:
            for pattern in _ADDED:
                for clause in pattern.findall(text):
                    words = clause.split()
                    # Nouns all through: no participle, no particle but the one of the pattern.
                    front = words[:-2] if len(words) > 2 else []
                    if _LONE.match(clause) or any(
                        re.search(r"[은는이가을를에의한된할될인고며여나거로도등]$", word) for word in front
                    ):
                        continue
                    if not _nouns_before(clause) or re.search(
                        r"경우|때에|범위|이에서|중에서|것을|수를|조를|항을|호를|바를|자를|다음|위에서|내에서|업에서|외에서",
                        clause,
                    ):
                        continue
                    found.add(clause)
        self.clauses = sorted(found)
        self.bodies = sorted(
            {
                match[0]
                for text in texts
                for match in re.finditer(
                    r"(?<![가-힣])[가-힣]{2,8}(?:위원회|공단|진흥원|협회|교육청|보건소|주민센터|세무서)(?=[에의은는이가]\s)",
                    text,
                )
                if len(match[0]) >= 5
            }
        )

    def add(self, item: Statement, evidence: str, rng: Random) -> Edit | None:
        predicate = parse(item.text)
        first = topic(item.text)
        if (
            predicate is None
            or not item.alone
            or not _AGENTS.search(first)
            or predicate.mode in ("cannot", "must_not", "not")
        ):
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
            words = [bare_word(word) for word in clause.split()]
            if (
                clause
                and not any(word in evidence for word in words[:-1] or words)
                and clause.split()[-1] not in item.text
            ):
                return Edit(f"{first} {clause} {item.text[len(first) + 1 :]}", "", clause)
        return None

"""What the sentence says turned round: negation, modality, another subject, something added, an exception left out."""

from __future__ import annotations

import re
from collections.abc import Hashable
from dataclasses import dataclass
from random import Random

from .corpus import Statement
from .korean import bare_word, replace
from .numbers import AMOUNT, ARTICLE, QUANTITY, amount
from .predicates import Mode, build, parse
from .rewrite import CONDITION, agent, topic, whole
from .values import Edit, length, periods, share_of, shares

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
    ("제외한다", "포함한다"), ("포함한다", "제외한다"), ("제외하는 것", "포함하는 것"),
    ("포함되는 것", "제외되는 것"), ("제외되는 것", "포함되는 것"),
    ("면제한다", "부과한다"), ("공제한다", "가산한다"), ("과세되는 것", "면제되는 것"),
    ("면제되는 것", "과세되는 것"), ("산입한다", "제외한다"),
    ("허용한다", "금지한다"), ("금지한다", "허용한다"), ("소멸한다", "발생한다"), ("발생한다", "소멸한다"),
    ("상실한다", "취득한다"), ("취득한다", "상실한다"),
    ("공개한다", "공개하지 아니한다"), ("유효하다", "무효이다"), ("무효로 한다", "유효한 것으로 한다"),
    ("과세된다", "면제된다"), ("면제된다", "과세된다"),
    ("과세대상임", "과세대상이 아님"), ("비과세됨", "과세됨"), ("과세됨", "면제됨"), ("면제됨", "과세됨"),
    ("해당함", "해당하지 아니함"),
    ("제외합니다", "포함합니다"), ("포함합니다", "제외합니다"), ("무료입니다", "유료입니다"),
    ("가능합니다", "불가능합니다"), ("가능하다", "불가능하다"), ("가능함", "불가능함"), ("불가함", "가능함"),
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
    if re.search(
        r"(?:이란|란|라 함은) |말(?:한다|함|합니다|하는 것\S+)$|외에는|아니하고는|아니면 |아니하면 ", item.text
    ):
        return None
    new = build(predicate, rng.choice(table[predicate.mode]))
    if new is None or new in evidence:
        return None
    shared = len(predicate.head)
    return Edit(new, item.text[shared:], new[shared:])


@dataclass(frozen=True)
class _Valued:
    """One value: what it can change places with (`unit`), and what it equals."""

    unit: str
    equals: Hashable
    text: str
    start: int
    end: int


def _valued(text: str, articles: bool) -> list[_Valued]:
    found = [_Valued("won", amount(match[0]), match[0], match.start(), match.end()) for match in AMOUNT.finditer(text)]
    found += [_Valued("share", share_of(match[0]), match[0], match.start(), match.end()) for match in shares(text)]
    for match in periods(text):
        found.append(_Valued(match[2], length(int(match[1]), match[2]), match[0], match.start(), match.end()))
    for match in QUANTITY.finditer(text):
        found.append(_Valued(match[2], match[1].replace(",", ""), match[0], match.start(), match.end()))
    if articles:
        found += [
            _Valued("article", re.sub(r"\s", "", match[0]), match[0], match.start(), match.end())
            for match in ARTICLE.finditer(text)
            if "조" in match[0]
        ]
    return found


_DIRECTED = re.compile(
    r"^(?P<a>(?:[가-힣ㆍ]+ ){0,2}?[가-힣ㆍ]+)(?P<at>[은는]) (?P<mid>.*?)(?P<b>[가-힣ㆍ]{2,})(?P<to>에게|의) "
    r"(?P<end>(?:[가-힣]+[을를] ){0,2}(?:승인|허가|동의|보고|통지|신고|신청|요청|통보|제출|지급|위탁|요구"
    r"|권고|청구|교부|반환|의견)[^,]{0,24})$"
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
    articles = rng.random() < 0.2
    own = _valued(item.text, articles)
    rng.shuffle(own)
    for old in own:
        options = sorted(
            {
                new.text
                for statement in others
                if statement.text != item.text
                for new in _valued(statement.text, articles)
                if new.unit == old.unit and len(new.text) < 24 and not any(new.equals == here.equals for here in own)
                and not (new.unit == "article" and _nested(new.text, old.text))
            }
        )  # fmt: skip
        if options:
            new_text = rng.choice(options)
            return Edit(replace(item.text, old.start, old.end, new_text), old.text, new_text)
    return None


def _nested(one: str, other: str) -> bool:
    """제76조 and 제76조제9항: either may be true of what is true of the other."""
    one, other = (re.sub(r"\s", "", text) for text in (one, other))
    return one.startswith(other) or other.startswith(one)


def _borrowed_topic(item: Statement, others: list[Statement], rng: Random) -> Edit | None:
    """The duty of one subject told of another subject of the passage."""
    own = topic(item.text)
    if not own or not agent(own) or not parse(item.text) or re.search(r"(?:이란|란) ", item.text):
        return None
    topics = {topic(statement.text) for statement in others if bare_word(own) not in statement.text}
    found = sorted(other for other in topics if agent(other) and other[:-1] != own[:-1] and other[:-1] not in item.text)
    if not found:
        return None
    new = rng.choice(found)
    return Edit(new + item.text[len(own) :], own[:-1], new[:-1])


_EXCEPTS = re.compile(r"그러하지 아니|아니[하한할]|제외|면제|않|예외|로 한다|로 본다")
_ADDS_ONLY = re.compile(r"정하는 바|정한다$|질의|초과할|넘을|한정")
_ABSOLUTE = ("언제나", "예외 없이", "어떤 경우에도")


def without_exception(item: Statement, evidence: str, rng: Random) -> Edit | None:
    """The sentence without its 다만, or without the condition that it starts with."""
    return _without_proviso(item, rng) if item.proviso else _without_condition(item, rng)


def _without_proviso(item: Statement, rng: Random) -> Edit | None:
    if not _EXCEPTS.search(item.proviso) or _ADDS_ONLY.search(item.proviso) or "원칙" in item.text:
        return None
    if rng.random() < 0.5 or re.search("경우|불구|때에", item.text):
        return Edit(item.text, item.proviso, "")
    return Edit(_told_absolutely(item.text, rng), item.proviso, "")


def _told_absolutely(text: str, rng: Random) -> str:
    first = topic(text)
    return f"{first} {rng.choice(_ABSOLUTE)} {text[len(first) + 1 :]}" if first else f"{rng.choice(_ABSOLUTE)} {text}"


def _without_condition(item: Statement, rng: Random) -> Edit | None:
    first, predicate = topic(item.text), parse(item.text)
    rest = item.text[len(first) + 1 :] if first else ""
    match = CONDITION.match(rest)
    if match is None or predicate is None or not item.alone or len(match[1]) < 10 or len(rest) - match.end() < 15:
        return None
    # A condition over several clauses, one that says no more than "where needed", and a rest that points back to it.
    if not whole(match[1]) or re.search(r"[나고며로]\b|, |다만|또는$|및$|필요", match[1]):
        return None
    after = rest[match.end() :]
    if re.search(r"(?:^| )(?:그|이|해당|이를|그에|이에|당해|위) |^(?:때|경우)", after):
        return None
    # "Somebody may" stays true where he may only sometimes; told as always it does not.
    if predicate.mode in ("may", "allowed") or rng.random() < 0.4:
        return Edit(_told_absolutely(f"{first} {after}", rng), match[1], "")
    return Edit(f"{first} {after}", match[1], "")

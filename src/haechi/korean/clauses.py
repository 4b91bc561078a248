"""A sentence read as clauses: words with their roles, the predicate, whether it is denied, allowed or demanded.

The forms of one meaning read the same: 하여야 한다, 해야 해요, 하지 않으면 안 됩니다 and 할 의무가 있다 are all `must`.
Built on mecab's morphemes; `clauses_force.py` reads what follows a predicate. Nothing here compares two sentences.
"""

from __future__ import annotations

import functools
import re
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Literal, NamedTuple

from haechi.korean import mecab
from haechi.korean.clauses_force import FORCE_WORDS, Force, denied, ordered, read_tail

#: How a clause hangs in its sentence. `main` says something of its own, `open` lends its force from the next clause
#: (작성하여 제출하여야 한다), `if` and `though` are conditions, `modifier` stands before a noun.
Join = Literal["main", "open", "if", "though", "modifier"]
Role = Literal["topic", "subject", "object", "to", "from", "of", "also", "place", "none"]

_ROLES: dict[str, Role] = {
    **dict.fromkeys("은 는 란 이란".split(), "topic"),
    **dict.fromkeys("이 가 께서".split(), "subject"),
    **dict.fromkeys("을 를".split(), "object"),
    **dict.fromkeys("에게 한테 께 더러".split(), "to"),
    **dict.fromkeys("에게서 한테서 로부터 으로부터".split(), "from"),
    **dict.fromkeys("도 까지 조차".split(), "also"),
    "의": "of",
}
_NOUN = ("NNG", "NNP", "NNBC", "NR", "NP", "SL", "SN", "XPN", "XSN", "XR", "SH", "UNKNOWN")
#: Nouns of grammar: they say nothing about the matter.
_EMPTY = frozenset(
    "것 수 등 때 바 자 그 이 저 제 각 호 항 조 중 경우 다음 해당 각각 여부 이상 이하 이내 초과 미만 및 또는 또한"
    " 위 사람 때문 후 전 뒤 그것 이것 누구 무엇 우리 저희 거 건 데 점 밖 어느 하나 대하 관하 따르 의하 위하 그러 이러"
    " 그렇 이렇 있 없 하 되 않 아니하 이 말 통하 주 보 관련".split()
)
_LIGHT = frozenset("하 되 실시하 실시 수행 수행하 행하 명하 명 진행 이루어지 받".split())
_CONDITION = re.compile(r"\s?(?:경우|때|시에는|날에는|한(?=\s|,))")
_IF = re.compile(r"(?:면|려면|거든|고는|야)$")
_THOUGH = re.compile(r"(?:도|[다라]고|지언정)$")
_LENDING = frozenset("거나 고 며 으며".split())
#: Verbs that only join a noun to the sentence: they make no clause.
_JOINING = frozenset("대하 관하 따르 의하 위하 통하 인하 비하 불구하 한하 말미암 관련하 기하 즈음하".split())
_AIM = re.compile(r"(?:도록|게|러|려|려고|고자|[는은을ᆯᆫ인]지)$")
_ONLY = re.compile(r"\s?뿐")
_ORDER = re.compile(r"\s?것\s*[.)]?\s*$")
_OPEN = re.compile(r"^(?:고|거나|며|으며|아|어|여|아서|어서|여서|고서|ㅏ|ㅓ|며서)$")
_BLANK = re.compile(r"\([^()]*\)|（[^（）]*）")
_MARKS = str.maketrans(dict.fromkeys("ㆍ·‧・•「」『』\"'“”‘’《》〈〉[]", " "))
_DOTS = frozenset("ㆍ·‧・•/")
_WRONG = {("나", "내"): "내", ("쓸", "쓰"): "쓰", ("날", "나"): "나", ("줏", "주"): "주"}


class _Unit(NamedTuple):
    form: str
    tag: str
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Word:
    """A run of nouns, a verb or an adjective. `stem` is its form without particle, `parts` its morphemes."""

    stem: str
    parts: tuple[str, ...]
    role: Role
    start: int
    end: int
    verb: bool = False


@dataclass(frozen=True, slots=True)
class Clause:
    """One predicate with the words before it. `start`/`end` and all spans are offsets into the sentence's text.

    `lemmas` holds the predicate without 하다/다 (취소, 받, 효력있다), and a light verb's noun (신고를 하다 → 신고).
    """

    lemmas: frozenset[str]
    force: Force
    join: Join
    words: tuple[Word, ...]
    start: int
    end: int
    head_start: int
    ending: str = ""


@dataclass(frozen=True, slots=True)
class Sentence:
    """What `read_sentence` finds: clauses in order, and every word (also those after the last predicate)."""

    text: str
    clauses: tuple[Clause, ...]
    words: tuple[Word, ...]
    letters: str = field(default="")
    bag: frozenset[str] = frozenset()

    @property
    def lemmas(self) -> frozenset[str]:
        return frozenset(lemma for clause in self.clauses for lemma in clause.lemmas)


@functools.lru_cache(maxsize=4096)
def read_sentence(text: str) -> Sentence:
    """Read one sentence. Never raises; offsets are into `text`; what stands in brackets is left out."""
    plain = _BLANK.sub(lambda match: " " * len(match[0]), text).translate(_MARKS)
    units = _units(plain)
    clauses: list[Clause] = []
    words: list[Word] = []
    begin, position = 0, 0
    while position < len(units):
        head = _head(units, position)
        if head is None:
            word, position = _word(units, position)
            if word is not None:
                words.append(word)
            continue
        clause, position = _clause(units, head, position, words, begin, text)
        if clause is None:
            continue
        clauses.append(clause)
        begin = clause.end
    clauses = _lent(clauses)
    bag = frozenset(part for word in words for part in (word.stem, *word.parts))
    letters = re.sub(r"[^0-9A-Za-z가-힣]", "", text)
    return Sentence(text, tuple(clauses), tuple(words), letters, bag | {x for c in clauses for x in c.lemmas})


def _lent(clauses: list[Clause]) -> list[Clause]:
    """취소하거나 정지할 수 있다: the first may too. 하고 lends no negation, 작성하여 only tells how."""
    found: list[Clause] = []
    for clause in reversed(clauses):
        following = found[-1] if found else None
        if clause.join == "open" and following is not None and clause.ending in _LENDING:
            alone = not any(word.role in ("topic", "subject") for word in following.words)
            near = not following.words and following.force in ("plain", "may", "must")
            if clause.force == "plain" and alone and (clause.ending == "거나" or near):
                clause = replace(clause, force=following.force, join=following.join)
        if clause.join == "open" and clause.force != "plain":
            # 알리지 않고 내린 결정: a condition where what follows is one, else a statement of its own.
            under = following is not None and following.join in ("modifier", "if", "though")
            clause = replace(clause, join=following.join if under and following else "main")
        found.append(clause)
    return found[::-1]


def _units(text: str) -> list[_Unit]:
    units = []
    for morpheme in mecab.morphemes(text):
        parts = morpheme.parts
        if morpheme.tag in ("NNG", "NNP") or len(parts) == 1:
            form = parts[0][0] if len(parts) == 1 else morpheme.surface
            form = _WRONG.get((form, morpheme.surface), form)
            if morpheme.tag in ("NNG", "NNP"):
                form = morpheme.surface
            units.append(_Unit(form, morpheme.tag, morpheme.start, morpheme.end))
        else:
            units += [_Unit(form, tag, morpheme.start, morpheme.end) for form, tag in parts]
    return units


def _word(units: Sequence[_Unit], position: int) -> tuple[Word | None, int]:
    """The run of nouns at `position` with its particle, or nothing and the next position."""
    first = position
    while position < len(units) and (units[position].tag in _NOUN or _adverb_in_noun(units, position)):
        if position > first and units[position].start != units[position - 1].end:
            break
        position += 1
    if position == first:
        return None, position + 1
    run = units[first:position]
    role: Role = "none"
    particles = position
    while (
        particles < len(units) and units[particles].tag[0] == "J" and units[particles].start == units[particles - 1].end
    ):
        found = _ROLES.get(units[particles].form)
        if found is None and units[particles].tag == "JKB":
            found = "place"
        # 에게는 and 에서도 keep the case, 은 and 도 stand for one only where nothing else does.
        if found and (role == "none" or role == "topic"):
            role = found
        particles += 1
    stem = "".join(unit.form for unit in run)
    if stem in _EMPTY:
        return None, particles
    return Word(stem, tuple(u.form for u in run), role, run[0].start, run[-1].end), particles


def _adverb_in_noun(units: Sequence[_Unit], position: int) -> bool:
    """사실 of 사실조사, which mecab reads as an adverb."""
    unit, rest = units[position], units[position + 1 : position + 2]
    return (
        unit.tag == "MAG" and len(unit.form) > 1 and bool(rest) and rest[0].tag == "NNG" and rest[0].start == unit.end
    )


def _head(units: Sequence[_Unit], position: int) -> str | None:
    """The predicate that starts at `position`: its lemma, or None where a word starts there."""
    unit = units[position]
    after = units[position + 1] if position + 1 < len(units) else None
    if unit.tag in ("VV", "VA", "VX"):
        return unit.form
    if unit.tag == "VCN":
        return "아니"
    if unit.tag == "MAG" and unit.form == "없이":
        return "없"
    if unit.tag in ("NNBC", "SN", "NNB", "NP") and after is not None and after.tag == "VCP":
        return ""
    if unit.tag in ("NNG", "NNP", "XR", "XSN", "SL") and after is not None:
        if after.tag in ("XSV", "XSA", "VCP") or (
            after.tag == "VV" and after.form in ("하", "되") and after.start == unit.end
        ):
            return unit.form
        last = all(rest.tag[0] == "S" and rest.tag not in ("SL", "SN") for rest in units[position + 1 :])
        if unit.form in FORCE_WORDS and last:
            return unit.form
    elif unit.form in FORCE_WORDS and after is None:
        return unit.form
    return None


def _clause(
    units: Sequence[_Unit], lemma: str, position: int, words: list[Word], begin: int, text: str
) -> tuple[Clause | None, int]:
    """The clause whose predicate starts at `position`, and where reading goes on."""
    unit = units[position]
    if lemma in _JOINING and unit.tag in ("VV", "VX"):
        return None, position + 1
    own = [word for word in words if word.start >= begin]
    start, lemmas = unit.start, {lemma}
    before = units[max(0, position - 2) : position]
    negated = bool(before) and before[-1].tag == "MAG" and before[-1].form in ("안", "못", "아니")
    unable = negated and before[-1].form == "못"
    previous = own[-1] if own and position and own[-1].end >= (before[0].start if before else 0) else None
    nominal = unit.tag not in ("VV", "VA", "VX", "VCN", "MAG")
    # A compound (재택근무하다): the run before belongs to the predicate.
    run = [unit.form] if nominal else []
    if nominal and own and own[-1].end == unit.start:
        run.insert(0, own[-1].stem)
        lemmas.add("".join(run))
        start = own[-1].start
    elif nominal and own and text[own[-1].end : unit.start].strip() in _DOTS:
        # 부과ㆍ징수할
        lemmas |= {own[-1].stem, own[-1].parts[-1]}
    after = position + 1
    if nominal and after < len(units) and units[after].tag in ("XSV", "XSA", "VCP", "VV"):
        if units[after].tag == "VCP":
            lemmas = {found + "이다" for found in lemmas}
        after += 1
    base: Force = "plain"
    vanishing = [u.form + "/" + u.tag for u in units[after : after + 2]] in (["어/EC", "지/VX"], ["애/EC", "지/VX"])
    if lemma == "없" and vanishing:
        lemmas = {"없어지"}
    elif lemma in ("있", "없", "아니") and unit.tag != "VX":
        suffix = "이다" if lemma == "아니" else "있다"
        lemmas = {suffix} if previous is None else {previous.stem + suffix, previous.parts[-1] + suffix}
        base = "plain" if lemma == "있" else "not"
        if previous is not None and previous.stem in FORCE_WORDS and len(own) > 1:
            # 신고의 의무가 있다, 의무는 아니다: about what stands before it
            lemmas |= {own[-2].stem}
            base = denied(FORCE_WORDS[previous.stem]) if lemma != "있" else FORCE_WORDS[previous.stem]
    elif lemma in FORCE_WORDS and previous is not None and (nominal or lemma == "금하"):
        lemmas = {previous.stem, *previous.parts[-1:]}
        base = FORCE_WORDS[lemma]
    elif lemma in _LIGHT and previous is not None and previous.role in ("object", "none", "topic", "subject", "also"):
        lemmas |= {previous.stem, *previous.parts[-1:]}
    if negated:
        base = "cannot" if unable or lemma == "되" else denied(base)
    force, after, ending = read_tail([f"{u.form}/{u.tag}" for u in units], after, base)
    end = units[after - 1].end if after else unit.end
    if not nominal:
        if lemma not in _EMPTY:
            words.append(Word(lemma, (lemma,), "none", unit.start, unit.end, verb=True))
    else:
        words.append(Word("".join(run), tuple(run), "none", start, unit.end, verb=True))
        if start != unit.start and len(words) > 1:
            words.pop(-2)
    own = [word for word in own if word.end <= start]
    join = _join(ending, text, end)
    if unit.tag == "MAG":
        join = "though" if after < len(units) and units[after].form == "도" else "if"
    elif _ORDER.match(text, end) and ending.endswith("ETM"):
        # 제출할 것. 제출하지 말 것.
        join, force = "main", ordered(force)
    elif join == "modifier" and _ONLY.match(text, end):
        join = "main"
    return Clause(
        frozenset(lemmas - {""}), force, join, tuple(own), begin, end, start, ending.rpartition("/")[0]
    ), after


def _join(ending: str, text: str, end: int) -> Join:
    """From the ending, written 하/EC or 고+도/EC with its particle."""
    form, _, tag = ending.rpartition("/")
    if tag == "ETM":
        return "if" if _CONDITION.match(text, end) else "modifier"
    if tag == "ETN":
        return "modifier" if text[end : end + 1].strip(" .\n") else "main"
    if tag == "EC":
        if _IF.search(form):
            return "if"
        if _THOUGH.search(form):
            return "though"
        if _OPEN.match(form):
            return "open"
        if _AIM.search(form):
            return "modifier"
    return "main"

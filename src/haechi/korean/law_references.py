"""References to law and rules: 「근로기준법」 제60조제2항, 제43조의2 제1항 제3호 가목, 동법 제5조, 별표 3, 부칙 제2조.

Canonical form: `[법령/][부칙]제N조의M제K항제L호의P가목`, e.g. `근로기준법/제60조제2항`, `제12조의2제1항`, `별표3`.
The law's name stands in front (without spaces) when it is written directly before. 같은 법, 동법, 같은 조 and 같은 항
are resolved to what stands before them in the text, and so is a headless member of a chain (제12조제1항 및 제2항).
이 법 adds nothing. `법/제3조` and `영/제3조` keep the short name that a decree uses for its parent.
전항 and 전조 keep their words (`전항`, `전조제2항`): which article they stand in is not written there. They,
and 같은 법 with
no law before it, are `unresolved`.

Circled numbers (①) are paragraph markers of the text itself, not references. Numbers of acts and notices
(법률 제11690호, 고시 제2024-15호) are no references either.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from haechi.korean.found import Found
from haechi.korean.numerals import evaluate_sino, fold, lazily
from haechi.types import Certainty

RANK = 0

_LETTERS = "가나다라마바사아자차카타파하거너더러머버서어저처커터퍼허"
_SUB = (
    r"(?: ?의 ?[0-9]{1,3}(?![0-9]|[.,][0-9]| ?(?:개|년|월|일|명|배|분|회|원|%|천|억|인|퍼|프|세|층|점|평|건|주"
    r"|시|만 ?[원명천0-9])))?+"
)
_P = rf"(?: ?(?:제 ?)?[0-9]{{1,4}} ?항(?![가-힣]{{0,2}}목){_SUB})"
_I = rf"(?: ?(?:제 ?)?[0-9]{{1,4}} ?호(?! ?서식|[가-힣]*[선실]){_SUB})"
_N = r"[일이삼사오육칠팔구십백천]{1,7}"
#: Behind numbers in words only what cannot be the middle of a word: 제일조선, 제이항공.
_END = r"(?![가-힣](?<![에의은는를을과와이가도로부까및]))"
_L = rf"(?: ?(?:[{_LETTERS}]|\([{_LETTERS}]\)) ?목(?![가-힣]{{2}}))"
_REFERENCE = lazily(
    rf"제 ?[0-9]{{1,5}} ?(?:조(?!원|각){_SUB}{_P}?{_I}?{_L}?|항{_SUB}{_I}?{_L}?|호(?! ?서식|[가-힣]*선){_SUB}{_L}?"
    r"|편(?!의점|성)|장(?!소|관|비|애)|절(?!차|반)|관(?!리|계|련|서|할|한))"
    rf"|(?:별표|별지) ?(?:제 ?)?[0-9]{{1,3}}(?: ?호)?{_SUB}(?: ?호? ?서식)?{_I}?{_L}?"
    rf"|(?<![가-힣])[{_LETTERS}]목(?![가-힣]{{3}})(?=[ ,.)ㆍ·의에은는을를과와및부까]|$)"
    # Informal: 12조 2항, 2조 3호, 23조에 따라, 소득세법 35조. A bare 23조 may be money.
    rf"|(?<![0-9A-Za-z.,제])[0-9]{{1,4}} ?조{_SUB}(?: ?(?:제 ?)?[0-9]{{1,3}} ?항{_SUB}{_I}?{_L}?|{_I}{_L}?"
    rf"|(?= ?에 (?:따|의|근거)|에서 (?:정|규정)|에 규정|에 명시|에도 불구|(?: ?의 ?[0-9]{{1,2}})? ?(?:부터|내지|및"
    rf"|,|~|-) ?제 ?[0-9]{{1,4}} ?조))"
    rf"|(?:(?<=[법령칙정례」』])|(?<=[법령칙정례」』] ))[0-9]{{1,4}}조(?! ?(?:원|[0-9]|달러|억|여)){_SUB}"
    r"|(?<![0-9A-Za-z.,제])[0-9]{1,2}항(?![가-힣])"
    rf"|(?<![가-힣])제 ?{_N} ?(?:조(?: ?의 ?[이삼사오육칠팔구]{_END})?(?: ?(?:제 ?)?{_N} ?항)?(?: ?(?:제 ?)?{_N} ?호)?"
    rf"|항(?: ?제 ?{_N} ?호)?|호){_END}"
    rf"|(?<![가-힣]){_N}조(?: ?(?:제 ?)?{_N} ?항{_END}|(?= ?에 (?:따|의|근거)|에서 정|에 규정|에 명시))"
)
_PREVIOUS = lazily(
    r"(?<![가-힣])(?P<unit>전 ?[조항호])(?:(?= ?(?:의|에|과|와|및|본문|단서|각|또는|,|부터)(?:\s|[가-힣]))"
    r"|(?= ?제 ?[0-9])|(?=[을를은는이가][ ,]))(?P<in>(?: ?제 ?[0-9]{1,3} ?[항호])*)"
)
_WORDED = re.compile(r"[일이삼사오육칠팔구십백천]+(?=\s?[조항호])|(?<=의)\s?[이삼사오육칠팔구](?![가-힣])")
_PIECE = lazily(
    rf"(별표|별지)? ?(?:제 ?)?([0-9]+) ?(조|항|호|편|장|절|관)? ?(?:의 ?([0-9]+))?|\(?([{_LETTERS}])\)? ?목"
)
_LEVEL = {"조": 0, "항": 1, "호": 2, "목": 3}

_NAME_END = "령|규정|규칙|조례|지침|세칙|정관|내규|요령|강령|(?<![가-힣])영"
_QUOTED = lazily(
    r"(?:「([^「」\n]{1,100})」|『([^『』\n]{1,100})』|[<〈《“\"]([^<>〈〉《》“”\"\n]{1,60}?(?:법률?|령|규칙|규정|조례|지침|세칙|정관))[>〉》”\"])"
    r" ?(?:\([^()\n]{1,60}\) ?)?(시행령|시행규칙)? ?\Z"
)
_CLOSING = ("」", "』", ")", ">", "〉", "》", "”", '"')
_EDITION = re.compile(r"\([^()]*[0-9][^()]*\)")
_DECREE_OF = lazily(r"[」』>〉》”\"] ?시행(?:령|규칙) ?\Z")
_SAME_LAW = lazily(r"(?<![가-힣])(?:같은|동) ?(법|영|령|규칙)(?: ?(시행령|시행규칙))? ?\Z")
_THIS_LAW = lazily(r"(?<![가-힣])이 ?(?:법|영|규칙|규정|조례|지침|세칙|정관) ?\Z")
_SAME_UNIT = lazily(r"(?<![가-힣])(?:같은|동) ?([조항호]) ?\Z")
_WORD = r"[가-힣ㆍ·]{1,30}"
_PLAIN = lazily(
    rf"(?<![가-힣ㆍ·])((?:(?:{_WORD} )?(?:관한|위한|대한|따른) )?[가-힣ㆍ·]{{0,30}}(?:법률|법)(?: (?:시행령|시행규칙))?"
    rf"|(?:[가-힣ㆍ·]{{0,30}}[법률령칙] )?(?:시행령|시행규칙)|[가-힣ㆍ·]{{0,30}}(?:{_NAME_END})) ?\Z"
)
_SUPPLEMENT = lazily(r"부칙 ?(?:(?:<[^<>\n]{1,80}> ?|\([^()\n]{1,80}\) ?){1,3}|「?[^「」\n제]{0,4}제[0-9]+호 ?)?\Z")
_NOTICE = lazily(
    r"(?:법률|[가-힣]령|고시|공고|훈령|예규|조례|[가-힣]규칙|공포|호외"
    r"|지침|법규|제정|개정|문서|등록|허가|면허|특허) ?\Z|<\Z"
)
_BRACKET = lazily(r"[()\n]")
_CHAIN = lazily(
    r"(?: ?각 ?[호목](?: 외의 부분)?)?(?: ?(?:본문|단서|전단|후단))?"
    r"(?:부터|내지|까지)? ?(?:및|또는|와|과|이나|나|ㆍ|·|,|~|-|에서)? ?(?:및 |또는 )?"
)
#: Words that end like a law's name and are none.
_NOT_LAWS = frozenset(
    "불법 위법 적법 합법 용법 문법 화법 수법 해법 편법 기법 요법 탈법 범법 어법 입법 준법 비법 "
    "대통령 본령 명령 훈령 부령 총리령 수령 설령 강령 요령 규정 규칙 조례 지침 세칙 정관 내규 법률".split()
)


@dataclass(frozen=True, slots=True)
class LawReference:
    """One reference in parts: `parts` run from the outermost written unit inwards, e.g. ("제12조의2", "제1항")."""

    parts: tuple[str, ...]
    law: str = ""
    supplement: bool = False

    @property
    def normalised(self) -> str:
        """The canonical form of the module docstring."""
        law = f"{self.law}/" if self.law else ""
        return law + ("부칙" if self.supplement else "") + "".join(self.parts)

    def covers(self, other: LawReference) -> bool:
        """Whether `other` names this unit or something inside it, law names aside."""
        return self.supplement == other.supplement and other.parts[: len(self.parts)] == self.parts


def find_law_references(text: str) -> Iterator[Found]:
    """All references in folded text, in order."""
    for start, end, reference in references(text):
        # 같은 법 with no law before it
        certainty: Certainty = "unresolved" if reference.law.startswith(("같은", "동법", "동영", "동령")) else "certain"
        yield Found(start, end, "law_reference", reference.normalised, RANK, certainty)
    for match in _PREVIOUS().finditer(text):
        normalised = _compact(match["unit"]) + _compact(match["in"])
        yield Found(match.start(), match.end(), "law_reference", normalised, RANK, "unresolved")


def reference(text: str) -> LawReference | None:
    """The first reference in `text` (a label, a question, a canonical form), or None."""
    law, slash, rest = text.partition("/")
    found = next(references(fold(rest if slash else text).text), None)
    if found is None:
        return None
    return LawReference(found[2].parts, _compact(law), found[2].supplement) if slash and _compact(law) else found[2]


def references(text: str) -> Iterator[tuple[int, int, LawReference]]:
    """Spans and references in order; needs folded text."""
    previous: LawReference | None = None
    previous_end = -1
    named = ""
    outer: list[tuple[LawReference | None, bool]] = []  # what stood before each open bracket, and whether right before
    for match in _REFERENCE().finditer(text):
        start = match.start()
        parts = _parts(match[0])
        if not parts:
            continue
        law, supplement = "", False
        opened, chain_from = False, previous_end
        for bracket in _BRACKET().finditer(text, max(previous_end, 0), start):
            opened = bracket[0] == "("
            if opened:
                outer.append((previous, bracket.start() - previous_end <= 1))
            elif bracket[0] == "\n":
                outer.clear()
            elif outer:
                previous, adjacent = outer.pop()
                chain_from = bracket.end() if adjacent else chain_from
        # 제2항(제1항제3호에 한정한다), 제3조: inside the brackets 제2항 is spoken of, behind them it goes on.
        opened = opened and text[start - 1 : start] == "("
        chained = previous is not None and (opened or _CHAIN().fullmatch(text, chain_from, start) is not None)
        window = text[max(previous_end, start - 130, 0) : start]
        tail = window.rstrip(" ")[-1:]
        if parts[0].endswith("호") and _NOTICE().search(window):
            continue
        same_unit = _SAME_UNIT().search(window) if tail in ("조", "항", "호") else None
        if same_unit and previous:
            head = _above(previous.parts, _LEVEL[same_unit[1]] + 1, parts[0])
            parts, law, supplement = head + parts, previous.law, previous.supplement
            start -= len(window) - same_unit.start()
        elif chained and previous is not None and not parts[0].startswith("별"):
            parts = _above(previous.parts, _level(parts[0]), parts[0]) + parts
            law, supplement = previous.law, previous.supplement
        else:
            named_act = None
            before = _SUPPLEMENT().search(window) if tail in ("칙", ">", ")", "호") else None
            if before:
                supplement = True
                # The act and the day in 부칙(2002. 12. 11. 법률 제6762호) 제29조 are values of their own.
                named_act = re.search(r"[0-9]", before[0])
                start -= 0 if named_act else len(window) - before.start()
                window = window[: before.start()]
            law, width = _law_name(window, text, match.start(), named)
            start -= 0 if supplement and named_act else width
        if law and law not in ("법", "영", "규칙", "시행령", "시행규칙"):
            named = law
        previous, previous_end = LawReference(parts, law, supplement), match.end()
        yield start, match.end(), previous


def _law_name(window: str, text: str, position: int, named: str) -> tuple[str, int]:
    """The law that ends `window`, and how many characters it takes there; `named` is the last one before."""
    tail = window.rstrip(" ")[-1:]
    if tail in _CLOSING or _DECREE_OF().search(window):
        quoted = _QUOTED().search(window)
        if quoted:
            name = _EDITION.sub("", quoted[1] or quoted[2] or quoted[3])
            # 「소득세법」(2010. 12. 30. 법률 제10408호로 개정되기 전의 것) 제4조: the day and the act are
            # values of their own.
            width = 0 if re.search(r"[0-9]", quoted[0]) else len(window) - quoted.start()
            return _compact(name) + (quoted[4] or ""), width
        return "", 0
    if tail not in "법률령칙정례침관규영" or not tail:
        return "", 0
    this = _THIS_LAW().search(window)
    if this:
        return "", len(window) - this.start()
    same = _SAME_LAW().search(window)
    if same:
        law = _last_quoted(text, position) or named
        if same[1] == "법":
            # 같은 법 after a decree means the act above it
            law = law.removesuffix("시행령").removesuffix("시행규칙")
        law = law + (same[2] or "") if law else _compact(same[0])
        return law, len(window) - same.start()
    plain = _PLAIN().search(window)
    return _plain_name(plain, window) if plain else ("", 0)


def _last_quoted(text: str, position: int) -> str:
    """The last 「name」 in the 2,000 characters before: what 같은 법 points at."""
    end = text.rfind("」", max(0, position - 2_000), position)
    start = text.rfind("「", max(0, end - 100), end) if end >= 0 else -1
    return _compact(_EDITION.sub("", text[start + 1 : end])) if start >= 0 else ""


def _plain_name(match: re.Match[str], window: str) -> tuple[str, int]:
    """A name without 낫표. 규정 제5조 and 지침 제3조 name no law: they mean the rules before us."""
    name = match[1]
    if name in _NOT_LAWS or name.endswith("방법"):
        return "", 0
    return _compact(name), len(window) - match.start(1)


def _parts(text: str) -> tuple[str, ...]:
    parts: list[str] = []
    text = _WORDED.sub(lambda match: str(evaluate_sino(match[0].strip()) or match[0]), text)
    for match in _PIECE().finditer(text):
        table, number, unit, sub, letter = match.groups()
        if letter:
            parts.append(f"{letter}목")
            continue
        sub = f"의{int(sub)}" if sub else ""
        if table:
            parts.append(f"별지제{int(number)}호{sub}서식" if table == "별지" else f"별표{int(number)}{sub}")
        elif unit:
            parts.append(f"제{int(number)}{unit}{sub}")
    return tuple(parts)


def _level(part: str) -> int:
    return next((level for unit, level in _LEVEL.items() if unit in part), 0)


def _above(parts: tuple[str, ...], level: int, first: str) -> tuple[str, ...]:
    """The parts of `parts` that stand above `level`; none when `first` starts at the top itself."""
    if _level(first) == 0:
        return ()
    return tuple(part for part in parts if _level(part) < min(level, _level(first)))


def _compact(text: str) -> str:
    return re.sub(r"\s+", "", text)

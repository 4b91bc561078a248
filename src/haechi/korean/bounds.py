"""The bound that a value carries: 3년 이하, 최대 50명, 30일 이내, 3천만 원을 초과, 60세부터, 5년까지, 3억 원을 한도로.

The value parser leaves bounds out of the canonical form, so that search and the lock see 3년 in "3년 이하";
a checker reads them here, because 3년 이상 and 3년 이하 are opposite claims about an equal value.

A bound has a direction and says whether the value itself is inside. Speech is loose about that (30%를 훌쩍 넘어도), so
only 이상, 이하, 초과 and 미만 are strict; 이내, 까지, 부터, 최대, 한도 and 넘다 tell the direction alone.
"""

from __future__ import annotations

import re
from typing import Literal, NamedTuple

from haechi.korean.numerals import lazily
from haechi.types import Value

Direction = Literal["high", "low", "about"]

_NOT = (
    r"(?: ?(?:수(?:는|가)? ?없|지(?:는|도)? ?(?:아니|않|못|말)|지(?:는|도)? ?아니하|게 ?(?:하지|해서는)"
    r"|서(?:는)? ?(?:아니|안)))"
)
#: Behind the value, with a particle or a short word between.
_AFTER = lazily(
    r"(?:\s?\([^()\n]{1,40}\))?(?P<gap>분?\s?(?:이(?![내상하])|[을를가의]|보다|만|에서|이나|이라도)?\s?(?:훌쩍 "
    r"|많이 |더 |못 |안 |조금 )?)(?:"
    r"(?P<strict>이상|이하|초과(?!근무|근로)|미만)"
    rf"(?P<denied>(?:하(?:여|여서|지|게)|할)?{_NOT})?"
    rf"|(?P<inside>이내|안(?=에|의|으로)|안(?=\s)(?!\s(?:되|된|돼|됐|하|한|했|쓰|쓴|내|낸|받|넘|지|걸|나|오|가|들"
    rf"|남))|내(?=에)|한도(?:로|에서|액|내)?|범위(?:에서| ?안| ?내)?|상한)"
    rf"|(?P<over>넘(?:지|을|어|게|는|은|긴|기|으면|었))(?P<undo>{_NOT}|(?<=넘지)\s?(?:아니|않|못|말|안)"
    rf"|(?<=넘을)\s?수(?:는|가)? ?없|(?<=넘어서)(?:는)? ?(?:아니|안))?"
    r"|(?P<under>못 ?미치|못 ?되|모자라|안 ?[되된돼됐]|채 ?안)"
    r"|(?P<about>안팎|정도|가량|남짓|내외|쯤))"
)
_EDGE = lazily(
    r"(?:\s?(?:이|가|의|에|을)?\s?)(?P<edge>(?:전|후|말|날|초|중순)?(?:부터|까지)|이후|이전|전까지|후부터)(?!지)"
)
_BEFORE = lazily(
    r"(?P<word>최대한|최대|최고|최소한|최소|적어도|많아야|많아도|길어야|길어도|늦어도|많게는|적게는|이르면|못해도|약|대략|거의|한도액?(?:은|는)?|상한(?:은|이)?|하한(?:은|이)?)"
    r"\s(?:약\s|만\s|연\s|월\s)?\Z"
)
_STRICT: dict[str, tuple[Direction, bool]] = {
    "이상": ("low", True),
    "이하": ("high", True),
    "초과": ("low", False),
    "미만": ("high", False),
}
_WORDS: dict[str, Direction] = {
    **dict.fromkeys(("최소", "최소한", "적어도", "적게는", "이르면", "못해도", "하한"), "low"),
    **dict.fromkeys(("약", "대략", "거의"), "about"),
}


class Bound(NamedTuple):
    """`direction`: high (at most), low (at least), about. `inclusive`: whether the value itself is inside.

    `strict` is false where speech is loose about that (넘다, 이내, 까지, 최대). The span covers value and bound word;
    `edge` is `from` or `until` for 부터 and 까지, which stand outside the claim that is shown.
    """

    direction: Direction
    inclusive: bool
    strict: bool
    start: int
    end: int
    edge: Literal["", "from", "until"] = ""

    @property
    def kind(self) -> str:
        """이상, 이하, 초과, 미만 or 안팎: the nearest of these five."""
        if self.direction == "about":
            return "안팎"
        if self.direction == "low":
            return "이상" if self.inclusive else "초과"
        return "이하" if self.inclusive else "미만"


def bound_of(text: str, value: Value) -> Bound | None:
    """The bound that `text` puts on `value`, or None. 넘지 못한다 and 초과할 수 없다 are upper bounds."""
    after = _AFTER().match(text, value.end)
    if after:
        return _behind(after, value)
    before = _BEFORE().search(text, max(0, value.start - 12), value.start)
    if before:
        direction = _WORDS.get(before["word"].rstrip("은는이"), "high")
        return Bound(direction, True, False, before.start(), value.end)
    edge = _EDGE().match(text, value.end)
    if edge:
        until = edge["edge"].endswith(("까지", "이전"))
        return Bound("high" if until else "low", True, False, value.start, edge.end(), "until" if until else "from")
    return None


def _behind(match: re.Match[str], value: Value) -> Bound:
    start, end = value.start, match.end()
    if match["strict"]:
        direction, inclusive = _STRICT[match["strict"]]
        if match["denied"]:
            # 초과할 수 없다 is 이하; the words of denying stay outside the span.
            return Bound("high" if direction == "low" else "low", not inclusive, False, start, match.end("strict"))
        return Bound(direction, inclusive, True, start, end)
    if match["inside"]:
        return Bound("high", True, False, start, end)
    if match["over"]:
        if match["undo"] or any(word in match["gap"] for word in ("못 ", "안 ")):
            return Bound("high", True, False, start, end)
        return Bound("low", False, False, start, end)
    return Bound("high" if match["under"] else "about", False, False, start, end)

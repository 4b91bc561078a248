"""What follows a predicate, read as one of seven forces: done, not done, may, must, cannot, need not, or unsure.

Double negation is resolved step by step: 아니하면 아니 된다 and 않을 수 없다 are `must`, 없지 않다 is `plain`.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Literal

Force = Literal["plain", "not", "may", "must", "cannot", "need_not", "unsure"]

#: Nouns that say of the noun before them what a verb's ending says of the verb: 출입 금지, 신청이 가능하다.
FORCE_WORDS: dict[str, Force] = {
    **dict.fromkeys("금지 불가 불가능 불허 금하 금".split(), "cannot"),
    **dict.fromkeys("가능 허용".split(), "may"),
    **dict.fromkeys("필수 의무 필요 불가피".split(), "must"),
}

_J = r"(?: \S+/J\w+)?"
#: Each step turns the force read so far into another.
_CHANGES: dict[str, dict[Force, Force]] = {
    "deny": {"plain": "not", "not": "plain", "may": "cannot", "must": "need_not", "cannot": "may", "need_not": "must"},
    # 당연히 면제되는 것은 아니다 does not say that it is not.
    "not_so": {"may": "cannot", "must": "need_not", "cannot": "may", "need_not": "must"},
    "unable": {"plain": "cannot", "not": "must"},
    "must": {"plain": "must", "not": "cannot", "may": "unsure"},
    "forbid": {"plain": "cannot", "not": "must", "may": "unsure"},
    "permit": {"plain": "may", "not": "need_not"},
    "can": {"plain": "may", "not": "need_not"},
    "cannot": {"plain": "cannot", "not": "must"},
    "needless": {"plain": "need_not", "not": "may"},
    "needed": {"plain": "must", "not": "cannot"},
}
_SKIP = r"(?:\S+/(?:EP|XSV|XSA) )*"
_STEPS = [
    (name, re.compile(_SKIP + pattern + r"(?= |$)"))
    for name, pattern in (
        ("unable", rf"지/EC{_J} 못하/V\w"),
        ("unable", rf"지/EC{_J} 못/MAG 하/V\w"),
        ("unable", rf"지/EC{_J} (?:말|마|마시)/V\w"),
        ("deny", rf"지/EC{_J} (?:않/V\w|아니하/V\w|(?:아니|안)/MAG 하/V\w)"),
        ("must", r"\S*야/EC(?: 만/JX)?(?: 지/JX)? (?:하|되)/V\w"),
        ("forbid", r"(?:\S*면/EC|\S*서/EC(?: 는/JX)?|\S*서는/EC) (?:안|아니)/MAG 되/\w+"),
        ("forbid", r"(?:\S*면/EC|\S*서/EC(?: 는/JX)?|\S*서는/EC) 안되/V\w"),
        ("permit", r"\S*도/EC (?:되|좋|괜찮|무방)/\w+(?: 하/XSA)?"),
        ("cannot", rf"\S+/ETM 수/NNB{_J} 없/V\w"),
        ("can", rf"\S+/ETM 수/NNB{_J} 있/V\w"),
        ("needless", rf"\S+/ETM (?:필요|의무|이유)/NNG(?:{_J}) 없/V\w"),
        ("needed", rf"\S+/ETM (?:필요|의무)/NNG(?:{_J}) (?:있|지)/V\w"),
        ("needed", r"\S+/ETM (?:필요|의무)/NNG 하/XSA"),
        ("not_so", r"\S+/ETM (?:것|거|게|건)/NNB?(?: \S+/J\w+)* 아니/VCN"),
        # 취소하는 것임, 하여야 하는 것이며
        ("as_is", r"\S+/ETM (?:것|거)/NNB?(?: \S+/J\w+)? 이/VCP"),
        ("forbid", rf"(?:\S+/ETM (?:것|행위)/NN\w{_J}|기/ETN{_J}) (?:금지|불가|불가능)/NNG"),
        ("can", rf"(?:\S+/ETM (?:것|행위)/NN\w{_J}|기/ETN{_J}) (?:가능|허용)/NNG"),
    )
]
#: Helping verbs change nothing: 알려 주다, 하고 있다, 하게 되다.
_HELPER = re.compile(
    r"(?:\S+/(?:EP|XSV|XSA) )*(?:\S*[아어여ㅓㅏ게고워려해]|기)/(?:EC|ETN)"
    r" (?:주|있|오|가|두|놓|버리|보|나가|지|드리|하|되|나|내)/VX(?= |$)"
)
_ENDING = re.compile(r"(?:\S+/(?:EP|XSV|XSA|VCP) )*(\S+)/(EC|EF|ETM|ETN)((?: \S+/J\w+)*)(?= |$)")


def denied(force: Force) -> Force:
    """The force of the opposite statement: must → need_not, may → cannot."""
    return _CHANGES["deny"].get(force, "unsure")


def ordered(force: Force) -> Force:
    """할 것, 하지 말 것: an order is a must."""
    return "must" if force == "plain" else "cannot" if force == "not" else force


def read_tail(units: Sequence[str], position: int, force: Force) -> tuple[Force, int, str]:
    """Read `form/TAG` units from `position` on: the force, the position behind the ending, and the ending itself."""
    tail = " ".join(units[position : position + 24])
    place = 0
    while True:
        found = next(((name, match) for name, pattern in _STEPS if (match := pattern.match(tail, place))), None)
        if found is not None:
            if found[0] != "as_is":
                force = _CHANGES[found[0]].get(force, "unsure")
            place = found[1].end() + 1
            continue
        helper = _HELPER.match(tail, place)
        if helper is None:
            break
        place = helper.end() + 1
    ending = _ENDING.match(tail, place)
    if ending is not None:
        place = ending.end() + 1
    consumed = len(tail[: max(0, place - 1)].split()) if place else 0
    if ending is None:
        return force, position + consumed, ""
    also = "".join(particle for particle in ("도", "는") if ending[3].endswith(f" {particle}/JX"))
    return force, position + consumed, f"{ending[1]}{also}/{ending[2]}"

"""One change that makes a polite or spoken claim false, or leaves it true: for claims that people wrote.

The counterpart of `grounding_pairs` for endings such as 합니다, 해요 and 할 수 있어요. A change that does not apply
gives an empty string.
"""

from __future__ import annotations

import re
from random import Random

#: Endings and what says the opposite, longest first where one ends another.
_OPPOSITES: tuple[tuple[str, tuple[str, ...]], ...] = (
    ("하지 않아도 됩니다", ("해야 합니다", "하여야 합니다")),
    ("하지 않아도 돼요", ("꼭 해야 해요", "해야 해요")),
    ("지 않아도 됩니다", ("지 않으면 안 됩니다",)),
    ("지 않아도 돼요", ("지 않으면 안 돼요",)),
    ("서는 안 됩니다", ("도 됩니다",)),
    ("서는 안 돼요", ("도 돼요",)),
    ("하면 안 됩니다", ("해도 됩니다", "해야 합니다")),
    ("하면 안 돼요", ("해도 돼요",)),
    ("으면 안 됩니다", ("어도 됩니다",)),
    ("해도 됩니다", ("하면 안 됩니다", "해야 합니다")),
    ("해도 돼요", ("하면 안 돼요", "해야 해요")),
    ("해야 합니다", ("하지 않아도 됩니다", "할 수 있습니다", "해서는 안 됩니다")),
    ("해야 해요", ("안 해도 돼요", "할 수도 있어요", "하면 안 돼요")),
    ("야 합니다", ("야 하는 것은 아닙니다",)),
    ("야 해요", ("야 하는 건 아니에요",)),
    ("야 한다", ("야 하는 것은 아니다",)),
    ("할 수 있습니다", ("할 수 없습니다", "해야 합니다", "해서는 안 됩니다")),
    ("할 수 있어요", ("할 수 없어요", "해야 해요")),
    ("할 수 있다", ("할 수 없다", "하여야 한다")),
    ("수 있습니다", ("수 없습니다",)),
    ("수 있어요", ("수 없어요",)),
    ("수 있다", ("수 없다",)),
    ("수 없습니다", ("수 있습니다",)),
    ("수 없어요", ("수 있어요",)),
    ("수 없다", ("수 있다",)),
    ("하지 않습니다", ("합니다",)),
    ("하지 않아요", ("해요",)),
    ("되지 않습니다", ("됩니다",)),
    ("되지 않아요", ("돼요",)),
    ("지 못합니다", ("게 됩니다",)),
    ("것은 아닙니다", ("것입니다",)),
    ("이 아닙니다", ("입니다",)),
    ("안 됩니다", ("됩니다",)),
    ("안 돼요", ("돼요",)),
    ("있습니다", ("없습니다",)),
    ("있어요", ("없어요",)),
    ("없습니다", ("있습니다",)),
    ("없어요", ("있어요",)),
    ("됩니다", ("되지 않습니다",)),
    ("돼요", ("되지 않아요", "안 돼요")),
    ("합니다", ("하지 않습니다",)),
    ("해요", ("하지 않아요", "안 해요")),
    ("한다", ("하지 않는다",)),
    ("된다", ("되지 않는다",)),
    ("줍니다", ("주지 않습니다",)),
    ("줘요", ("주지 않아요",)),
    ("받습니다", ("받지 않습니다",)),
    ("받아요", ("받지 않아요",)),
    ("냅니다", ("내지 않습니다",)),
    ("내요", ("내지 않아요", "안 내요")),
)
#: The same said otherwise.
_SAME: tuple[tuple[str, tuple[str, ...]], ...] = (
    ("해야 합니다", ("해야 해요", "하여야 합니다", "하지 않으면 안 됩니다")),
    ("해야 해요", ("해야 합니다", "해야만 해요", "안 하면 안 돼요")),
    ("할 수 있습니다", ("할 수 있어요", "하는 것이 가능합니다")),
    ("할 수 있어요", ("할 수 있습니다", "할 수 있답니다")),
    ("수 있습니다", ("수 있어요", "수가 있습니다")),
    ("수 있어요", ("수 있습니다", "수 있답니다")),
    ("수 없습니다", ("수 없어요", "수가 없습니다")),
    ("수 없어요", ("수 없습니다",)),
    ("안 됩니다", ("안 돼요",)),
    ("안 돼요", ("안 됩니다",)),
    ("않습니다", ("않아요",)),
    ("않아요", ("않습니다",)),
    ("됩니다", ("돼요", "되게 되어 있습니다")),
    ("돼요", ("됩니다",)),
    ("합니다", ("해요", "하게 되어 있습니다")),
    ("해요", ("합니다",)),
    ("있습니다", ("있어요",)),
    ("있어요", ("있습니다",)),
    ("한다", ("합니다", "해요")),
    ("된다", ("됩니다", "돼요")),
    ("있다", ("있습니다", "있어요")),
    ("없다", ("없습니다", "없어요")),
)
_WORDS: tuple[tuple[str, str], ...] = (
    ("이상", "이하"),
    ("이하", "이상"),
    ("초과", "미만"),
    ("미만", "초과"),
    ("넘으면", "넘지 않으면"),
    ("전에", "후에"),
    ("뒤에", "전에"),
    ("부터", "까지"),
    ("있으면", "없으면"),
    ("없으면", "있으면"),
    ("있어야", "없어야"),
    ("없이", "있어야만"),
    ("무료", "유료"),
    ("유료", "무료"),
    ("제외", "포함"),
    ("포함", "제외"),
    ("받으면", "받지 않으면"),
    ("하면", "하지 않으면"),
    ("않으면", "으면"),
    ("않은", "한"),
    ("가능", "불가능"),
    ("허용", "금지"),
    ("금지", "허용"),
    ("먼저", "나중에"),
    ("미리", "사후에"),
    ("본인", "대리인"),
    ("모두", "일부만"),
    ("따로", "함께"),
)
_ALWAYS = ("언제나", "예외 없이", "누구나", "무조건", "어떤 경우에도", "항상")


def opposite(claim: str, random: Random) -> str:
    """The claim denied at its end, or by the opposite of one of its words."""
    words = [(old, new) for old, new in _WORDS if re.search(rf"{old}(?![가-힣]{{3}})", claim)]
    if words and random.random() < 0.35:
        old, new = random.choice(words)
        return claim.replace(old, new, 1)
    return _with_ending(claim, _OPPOSITES, random)


def same(claim: str, random: Random) -> str:
    """Another ending of the same meaning."""
    return _with_ending(claim, _SAME, random)


def as_rule(claim: str, random: Random) -> str:
    """Said as if it always held; false only where the evidence states an exception."""
    match = re.match(r"^(?:[^ ,]+ ){0,4}?[^ ,]{2,}?[은는] ", claim)
    place = match.end() if match else 0
    return f"{claim[:place]}{random.choice(_ALWAYS)} {claim[place:]}"


def _with_ending(claim: str, table: tuple[tuple[str, tuple[str, ...]], ...], random: Random) -> str:
    body = claim.rstrip(". ")
    for ending, others in table:
        if body.endswith(ending):
            return body[: -len(ending)] + random.choice(others) + claim[len(body) :]
    return ""

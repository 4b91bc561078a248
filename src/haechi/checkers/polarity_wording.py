"""The answer's clause with the evidence's force, in the answer's own style: 취소할 수 있습니다 → 취소해야 합니다.

Only for 하다 and 되다 with a noun, whose forms are settled; for all other verbs there is no suggestion.
"""

from __future__ import annotations

import re

from haechi.korean.clauses import Clause
from haechi.korean.clauses_force import Force

_VERB = re.compile(r"(?P<doing>하|해|할|한|합|함|했)|(?P<done>되|돼|될|된|됩|됨|됐)")
_STYLES = (
    ("polite", re.compile(r"(?:니다|시오)$")),
    ("spoken", re.compile(r"요$")),
    ("written", re.compile(r"다$")),
)
#: Per style the endings behind the noun, for 하다; 되다 differs by letters only.
_ENDINGS: dict[str, dict[Force, str]] = {
    "written": {
        "plain": "한다",
        "not": "하지 아니한다",
        "may": "할 수 있다",
        "must": "하여야 한다",
        "cannot": "할 수 없다",
        "need_not": "하지 아니할 수 있다",
    },
    "polite": {
        "plain": "합니다",
        "not": "하지 않습니다",
        "may": "할 수 있습니다",
        "must": "해야 합니다",
        "cannot": "할 수 없습니다",
        "need_not": "하지 않을 수 있습니다",
    },
    "spoken": {
        "plain": "해요",
        "not": "하지 않아요",
        "may": "할 수 있어요",
        "must": "해야 해요",
        "cannot": "할 수 없어요",
        "need_not": "하지 않을 수 있어요",
    },
}
_DONE = (
    ("하여야", "되어야"),
    ("해야", "되어야"),
    ("하지", "되지"),
    ("할 ", "될 "),
    ("한다", "된다"),
    ("합니", "됩니"),
    ("해요", "돼요"),
)


def reworded(text: str, ours: Clause, theirs: Clause) -> str:
    """The stretch of `ours` in `text` with the force of `theirs`; "" where its words are not settled."""
    if ours.lemmas.isdisjoint(theirs.lemmas):
        return ""
    predicate = text[ours.head_start : ours.end]
    noun = next((lemma for lemma in sorted(ours.lemmas, key=len, reverse=True) if predicate.startswith(lemma)), "")
    verb = _VERB.match(predicate, len(noun)) if noun else None
    style = next((name for name, pattern in _STYLES if pattern.search(predicate)), "")
    ending = _ENDINGS.get(style, {}).get(theirs.force)
    # 하는 것입니다 would need another form than its last word shows.
    if verb is None or ending is None or "것" in predicate:
        return ""
    if verb["done"]:
        for doing, done in _DONE:
            if ending.startswith(doing):
                ending = done + ending[len(doing) :]
                break
    return text[ours.start : ours.head_start].lstrip(" ,") + noun + ending

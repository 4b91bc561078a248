"""The predicate a sentence ends in: its verb, what it says (may, must, …) and how it ends (한다, 합니다, 하는 것임)."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Literal

from .korean import aeo, attach, final, last_parts, with_final

Mode = Literal["may", "cannot", "must", "must_not", "need_not", "allowed", "not", "plain"]
Ending = Literal["plain", "polite", "nominal", "thing", "thing_is", "thing_polite"]

_TAILS: dict[Ending, str] = {"thing": "는 것임", "thing_is": "는 것이다", "thing_polite": "는 것입니다"}
_HAVE = r"(?P<end>다|습니다|음|는 것임|는 것이다|는 것입니다)$"
_DO = r"(?P<end>한다|합니다|함|하는 것임|하는 것이다|하는 것입니다)$"
_BECOME = r"(?P<end>된다|됩니다|됨|되는 것임|되는 것이다|되는 것입니다)$"
_MAY = re.compile(r"(?P<word>[가-힣]+) 수 (?P<have>있|없)" + _HAVE)
_MUST = re.compile(r"(?P<word>[가-힣]+야) " + _DO)
_MUST_NOT = re.compile(r"(?P<word>[가-힣]+)서는 (?:아니|안) ?" + _BECOME)
_ALLOWED = re.compile(r"(?P<word>[가-힣]+)도 " + _BECOME)
_NOT = re.compile(
    r"(?P<word>[가-힣]+)지 (?:아니(?P<end>한다|하다|합니다|함|하는 것임|하는 것이다|하는 것입니다)"
    r"|않(?P<end2>는다|다|습니다|음|는 것임|는 것이다|는 것입니다))$"
)
#: Syllables with ㄹ that belong to the verb itself (만들 수 있다).
_OWN_L = frozenset("들늘알열팔살걸달풀멀울")


@dataclass(frozen=True)
class Predicate:
    """`head` is all before the verb; `stem` the verb (신청하 → the word 신청하)."""

    head: str
    stem: str
    mode: Mode
    ending: Ending


def _ending(text: str) -> Ending:
    for name, tail in _TAILS.items():
        if text.endswith(tail):
            return name
    if text.endswith("니다"):
        return "polite"
    return "plain" if text.endswith("다") else "nominal"


def parse(text: str) -> Predicate | None:
    """None where the last words are not understood for sure."""
    if match := _MAY.search(text):
        stem = _without_l(match["word"])
        mode: Mode = "may" if match["have"] == "있" else "cannot"
    elif match := _MUST.search(text):
        stem, mode = _without_aeo(match["word"][:-1]), "must"
    elif match := _MUST_NOT.search(text):
        stem, mode = _without_aeo(match["word"]), "must_not"
    elif match := _NOT.search(text):
        stem, mode = match["word"], "not"
    elif match := _ALLOWED.search(text):
        stem, mode = _without_aeo(match["word"]), "allowed"
        if stem and stem.endswith("아니하"):
            return None
    else:
        return _plain(text)
    if not stem or stem in ("있", "없"):
        return None
    return Predicate(text[: match.start()], stem, mode, _ending(text))


def _without_l(word: str) -> str:
    if word.endswith("을") and len(word) > 1 and final(word[-2]):
        return word[:-1]
    if final(word[-1]) != "ㄹ":
        return ""
    return word if word[-1] in _OWN_L else with_final(word, "")


def _without_aeo(word: str) -> str:
    """하여, 해 → 하; 되어, 돼 → 되; 받아 → 받; 맡겨 → 맡기."""
    if word.endswith("하여"):
        return word[:-1]
    if word.endswith("해"):
        return word[:-1] + "하"
    if word.endswith("돼"):
        return word[:-1] + "되"
    if word[-1:] in ("아", "어") and len(word) > 1:
        return word[:-1] if aeo(word[:-1]) in (word, _contracted(word[:-1])) else ""
    for closed, opened in (
        ("겨", "기"),
        ("려", "리"),
        ("져", "지"),
        ("춰", "추"),
        ("둬", "두"),
        ("워", "우"),
        ("혀", "히"),
        ("켜", "키"),
    ):
        if word.endswith(closed):
            return word[:-1] + opened
    return word if word[-1:] in ("내", "가", "매") else ""


def _contracted(stem: str) -> str | None:
    return aeo(stem)


def _plain(text: str) -> Predicate | None:
    ending = _ending(text)
    for name, tail in _TAILS.items():
        if ending == name:
            word = text[: -len(tail)]
            last = word.rsplit(" ", 1)[-1]
            return _made(text, len(word) - len(last), last, ending) if last and _is_verb(last + "는다") else None
    parts, last = last_parts(text), text.rsplit(" ", 1)[-1]
    if not parts or len(last) < 2:
        return None
    start = len(text) - len(last)
    if ending == "plain" and parts[-1] in (("ᆫ다", "EF"), ("는다", "EF")):
        stem = last[:-2] if parts[-1][0] == "는다" else with_final(last[:-1], "")
        if len(parts) > 1 and final(parts[-2][0][-1]) == "ㄹ":
            stem = with_final(stem, "ㄹ")
        return _made(text, start, stem, ending)
    if ending == "polite" and last.endswith("습니다"):
        return _made(text, start, last[:-3], ending)
    if last == "엽니다":
        return _made(text, start, "열", ending)
    if ending == "polite" and last.endswith("니다") and final(last[-3]) == "ㅂ" and not last.endswith("입니다"):
        return _made(text, start, with_final(last[:-2], ""), ending)
    if ending == "nominal" and last[-1] in "함됨" and parts[-1][1] == "ETN":
        return _made(text, start, with_final(last, ""), ending)
    return None


def _is_verb(word: str) -> bool:
    return not word.startswith(("있", "없", "이")) or len(word) > 3


def _made(text: str, start: int, stem: str, ending: Ending) -> Predicate | None:
    if (
        not stem
        or stem.endswith(("있", "없", "같", "였", "았", "었", "했", "됐", "겠", "않", "아니하", "아니되", "못하", "렇"))
        or stem in ("이", "아니")
    ):
        return None
    return Predicate(text[:start], stem, "plain", ending)


def build(predicate: Predicate, mode: Mode) -> str | None:
    """The sentence with another mode, in the same kind of ending; None where the verb's form is not known."""
    stem, modern = predicate.stem, predicate.ending == "polite"
    verb, adjective = "", False
    if mode in ("may", "cannot"):
        front, verb, adjective = attach(stem, "ㄹ 수 "), "있" if mode == "may" else "없", True
    elif mode == "plain":
        front, verb = "", stem
    elif mode == "not":
        front, verb = stem + "지 ", "않" if modern else "아니하"
    elif mode == "need_not":
        front, verb = stem + ("지 않아도 " if modern else "지 아니하여도 "), "되"
    else:
        form = stem + "여" if stem.endswith("하") and not modern else aeo(stem)
        if form is None:
            return None
        tail = {"must": "야 ", "must_not": "서는 안 " if modern else "서는 아니 ", "allowed": "도 "}[mode]
        front, verb = form + tail, "하" if mode == "must" else "되"
    return predicate.head + front + _finished(verb, adjective, predicate.ending)


def _finished(verb: str, adjective: bool, ending: Ending) -> str:
    if ending in _TAILS:
        return verb + _TAILS[ending]
    if ending == "polite":
        return attach(verb, "ㅂ니다")
    if ending == "nominal":
        return attach(verb, "ㅁ")
    return verb + "다" if adjective else attach(verb, "ㄴ다")

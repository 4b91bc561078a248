"""Own small pieces of Korean: finals of syllables, verb forms, particles that follow a changed word."""

from __future__ import annotations

import re

from haechi.korean import mecab
from haechi.korean.josa import with_josa

_BASE = 0xAC00
_VOWELS = "ㅏㅐㅑㅒㅓㅔㅕㅖㅗㅘㅙㅚㅛㅜㅝㅞㅟㅠㅡㅢㅣ"
_FINALS = " ㄱㄲㄳㄴㄵㄶㄷㄹㄺㄻㄼㄽㄾㄿㅀㅁㅂㅄㅅㅆㅇㅈㅊㅋㅌㅍㅎ"
PARTICLES = (
    "으로부터/로부터 으로서는/로서는 으로서/로서 으로써/로써 으로는/로는 으로/로 이라는/라는 이라고/라고"
    " 이란/란 이나/나 이며/며 이라/라 이든/든 은/는 이/가 을/를 과/와"
).split()
_AFTER = re.compile(
    "(?:{})(?![가-힣])".format(
        "|".join(sorted({half for pair in PARTICLES for half in pair.split("/")}, key=len, reverse=True))
    )
)
_ANY_PARTICLE = re.compile(
    r"(?:으로부터|로부터|에게서|에서는|에서도|에게는|에게도|까지는|까지|부터|에서|에게|에는|에도|으로서|로서|으로|로|께서|께"
    r"|이라는|라는|이란|란|이나|나|이며|만을|만|도|은|는|이|가|을|를|의|에|과|와)$"
)
#: What this small conjugator gets wrong.
_AEO = dict(
    pair.split(":")
    for pair in (
        "이르:이르러 오르:올라 모르:몰라 다르:달라 고르:골라 누르:눌러 흐르:흘러"
        " 돕:도와 짓:지어 듣:들어 묻:물어 걷:걷어 깨닫:깨달아"
        " 잇:이어 낫:나아 가깝:가까워 어렵:어려워 쉽:쉬워 새롭:새로워 무겁:무거워 푸:퍼"
        " 하:해 이:이어 싣:실어 눕:누워 그렇:그래 어떻:어때"
    ).split()
)
_IRREGULAR_FINALS = "ㅂㄷㅅㅎ"
_REGULAR = frozenset("받 얻 입 뽑 잡 씻 벗 좁 넓 닫 쏟 믿 좋 낳 놓 넣 쌓 접 꼽 솟 웃 빗 빼앗".split())


def final(syllable: str) -> str:
    """The final consonant of a syllable, "" for none and for what is no syllable."""
    if not "가" <= syllable <= "힣":
        return ""
    return _FINALS[(ord(syllable) - _BASE) % 28].strip()


def vowel(syllable: str) -> str:
    return _VOWELS[(ord(syllable) - _BASE) // 28 % 21]


def with_final(word: str, consonant: str) -> str:
    """`word` with the final consonant of its last syllable replaced ("" takes it off)."""
    code = ord(word[-1]) - _BASE
    return word[:-1] + chr(_BASE + code - code % 28 + _FINALS.index(consonant or " "))


def _with_vowel(word: str, new: str) -> str:
    code = ord(word[-1]) - _BASE
    return word[:-1] + chr(_BASE + code // 588 * 588 + _VOWELS.index(new) * 28)


def aeo(stem: str) -> str | None:
    """The stem with -아/어: 하 → 해, 두 → 둬, 맡기 → 맡겨, 받 → 받아. None where this is not known."""
    for irregular, form in _AEO.items():
        if stem == irregular or (len(irregular) > 1 and stem.endswith(irregular)):
            return stem.removesuffix(irregular) + form
    last = stem[-1]
    if not "가" <= last <= "힣":
        return None
    if last == "하":
        return stem[:-1] + "해"
    sound, end = vowel(last), final(last)
    if end:
        if end in _IRREGULAR_FINALS and last not in _REGULAR:
            return None
        return stem + ("아" if sound in "ㅏㅗ" else "어")
    if sound in "ㅏㅐㅓㅔㅕ":
        return stem
    if sound == "ㅡ":
        if last == "르" and stem not in ("따르", "치르", "들르", "잠그"):
            return None
        before = vowel(stem[-2]) if len(stem) > 1 and "가" <= stem[-2] <= "힣" else "ㅓ"
        return _with_vowel(stem, "ㅏ" if before in "ㅏㅗ" else "ㅓ")
    joined = {"ㅗ": "ㅘ", "ㅜ": "ㅝ", "ㅣ": "ㅕ", "ㅚ": "ㅙ"}.get(sound)
    return _with_vowel(stem, joined) if joined else None


def attach(stem: str, ending: str) -> str:
    """A stem with an ending written as ㄴ, ㄹ, ㅁ, ㅂ plus a rest (`ㄴ다`, `ㄹ 수 있다`), or (으)면, (으)며, (으)려."""
    last, end = ending[0], final(stem[-1])
    if last in "ㄴㄹㅁㅂ":
        if end == "ㄹ":
            return (stem if last == "ㄹ" else with_final(stem, "ㄻ" if last == "ㅁ" else last)) + ending[1:]
        if end:
            loose = {"ㄴ": "은", "ㄹ": "을", "ㅁ": "음", "ㅂ": "습"}[last]
            return stem + ("는다" + ending[2:] if ending.startswith("ㄴ다") else loose + ending[1:])
        return with_final(stem, last) + ending[1:]
    if last == "으":
        return stem + (ending if end and end != "ㄹ" else ending[1:])
    if last == "는" and end == "ㄹ":
        return with_final(stem, "") + ending
    return stem + ending


def last_parts(text: str) -> tuple[tuple[str, str], ...]:
    """(form, tag) of the parts of a sentence's last morpheme; the full stop tells mecab that it is one."""
    found = [item for item in mecab.morphemes(text + ".") if item.tag != "SF"]
    return tuple(found[-1].parts) if found else ()


def replace(text: str, start: int, end: int, new: str) -> str:
    """`text[start:end]` replaced, with the particle behind it made to agree."""
    rest = text[end:]
    match = _AFTER.match(rest)
    if match:
        for pair in PARTICLES:
            if match[0] in pair.split("/"):
                return text[:start] + with_josa(new, pair) + rest[match.end() :]
    return text[:start] + new + rest


def bare_word(word: str) -> str:
    """A word without the particle at its end (a guess, for comparing)."""
    return _ANY_PARTICLE.sub("", word) or word

"""Particles (조사): choosing the right one for a word, and taking one off.

`with_josa` is for sentences that we write ourselves; `strip_josa` is a light guess without a dictionary, for comparing
content words. Where tokens must be right, use the analyser in `morphology.py`.
"""

from __future__ import annotations

import re

# Final consonant of a digit's reading (영 일 이 삼 사 오 육 칠 팔 구), and of a tail of zeros (십, 백, 천, 만, 억).
_DIGITS_WITH_FINAL = "013678"
_LETTERS_WITH_FINAL = "LMNRlmnr"
_SILENT = re.compile(r"[\s\"'”’」』》〉)\]}.,!?·]+$")

_PARTICLES = (
    "으로부터 에서부터 에게서 에서는 에서도 에게는 으로서 으로써 이라는 이라고 로부터 로서 로써"
    " 까지 부터 에서 에게 에는 에도 으로 이나 이라 보다 마다 처럼 만큼 밖에 조차"
    " 하고 라는 라고 이며 이고 입니다 이다 은 는 이 가 을 를 의 에 로 와 과 도 만 나"
).split()
_PARTICLE_END = re.compile(rf"(?<=[가-힣A-Za-z0-9)]{{2}})(?:{'|'.join(sorted(_PARTICLES, key=len, reverse=True))})$")


def has_final(word: str) -> bool:
    """Whether the last sound of `word` is a consonant, as particles see it: 법 and 3% differ from 조 and 2."""
    return _final(word) > 0


def _final(word: str) -> int:
    """0 for a vowel, 8 for ㄹ, another number for another consonant (the order of Hangul finals)."""
    text = _SILENT.sub("", word)
    if not text:
        return 0
    last = text[-1]
    if "가" <= last <= "힣":
        return (ord(last) - ord("가")) % 28
    if last.isdecimal():
        zeros = len(text) - len(text.rstrip("0"))
        if last == "0" and zeros < len(text) and text[-zeros - 1].isdecimal() and zeros >= 12:
            return 0  # 조
        return 8 if last in "178" else int(last in _DIGITS_WITH_FINAL)
    if last in _LETTERS_WITH_FINAL:
        return 8 if last in "LlRr" else 1
    return 0


def with_josa(word: str, pair: str) -> str:
    """`word` with the fitting one of a pair such as `을/를`, `이/가`, `은/는`, `과/와`, `으로/로`, `이라/라`.

    The consonant form is written first.
    """
    after_consonant, _, after_vowel = pair.partition("/")
    final = _final(word)
    # ㄹ takes 로, not 으로: 서울로.
    if after_consonant.startswith("으로") and final == 8:
        final = 0
    return word + (after_consonant if final else after_vowel)


def strip_josa(word: str) -> str:
    """`word` without its last particle; a stem of two characters is always left (조사 stays 조사)."""
    return _PARTICLE_END.sub("", word)


#: (after a consonant, after a vowel) as they open what follows a word, the longest first.
_ALTERNATING = tuple(
    pair.split("/")
    for pair in (
        "이었/였 이에요/예요 이라/라 이란/란 이거나/거나 이나/나 이며/며 이면/면 이므로/므로 이지만/지만 이든/든"
        " 이랑/랑 이고/고 이다/다 으로/로 은/는 이/가 을/를 과/와"
    ).split()
)
#: What may stand between such a particle and the end of the word.
_AFTER_PARTICLE = re.compile(
    r"(?:서|써|부터|는|도|만|의|고|면|든지|든가|으면|다|습니다|어요|던|으며|며|커녕|서는|서의)?(?![가-힣A-Za-z0-9])"
)


def refit_josa(before: str, after: str, tail: str) -> str:
    """`tail`, which followed `before`, with the particle it opens with made to fit `after` (제2항|을 → 제3항|을).

    Only a particle that did fit `before` is changed; anything else (`30일|이내`) is returned as it is.
    """
    for pair in _ALTERNATING:
        for form in pair:
            if not tail.startswith(form) or not _AFTER_PARTICLE.match(tail, len(form)):
                continue
            if with_josa(before, "/".join(pair)) != before + form:
                continue
            return with_josa(after, "/".join(pair))[len(after) :] + tail[len(form) :]
    return tail

"""Which words two stretches of text share: the light measure of "the same slot" that the value checkers use.

No dictionary and no model: words of two or more letters without their particle, compared by stem. It says whether a
sentence of the evidence can be about what the answer's clause is about; it does not judge meaning.
"""

from __future__ import annotations

import re

from haechi.korean.josa import strip_josa

_WORD = re.compile(r"[가-힣A-Za-z]{2,}")
_ENDING = re.compile(
    r"(?:하여야|해야|합니다|입니다|됩니다|한다|된다|이다|있다|없다|하는|되는|하고|하며|하여|되어|해요|이에요|예요|했다|였다|하기|한|된|할|될)$"
)
_EMPTY = frozenset(
    "이상 이하 이내 초과 미만 최대 최소 이후 이전 까지 부터 그리고 또는 또한 다만 경우 따라 따른 따르면 대한 대하여"
    " 관한 위한 위하여 있습니다 합니다 입니다 됩니다 있다 없다 한다 된다 이다 그것 이것 무엇 얼마 언제 어디 누구 해당"
    " 다음 각각 모두 약간 정도 하는 되는 수가 것은 것이 것을 것으로 때에 규정 정한 정하는 근거 질문 답변 문서".split()
)


def content_words(text: str) -> frozenset[str]:
    """Stems of the words in `text` that carry meaning."""
    stems = set()
    for word in _WORD.findall(text):
        if word in _EMPTY:
            continue
        stem = _ENDING.sub("", strip_josa(word))
        if len(stem) >= 2 and stem not in _EMPTY:
            stems.add(stem.lower())
    return frozenset(stems)


def shared(left: frozenset[str], right: frozenset[str]) -> int:
    """How many words of `left` stand in `right`, as a whole or as the beginning of one another."""
    if not left or not right:
        return 0
    beginnings = {word[:length] for word in right for length in range(2, len(word) + 1)}
    return sum(
        1 for word in left if word in beginnings or any(word[:length] in right for length in range(2, len(word)))
    )

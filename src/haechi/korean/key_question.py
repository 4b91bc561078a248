"""A long petition → a short search question: what is asked, and the words of the case that it needs.

Every sentence gets a weight: 1 for one that asks, 0.5 for one that tells the case, 0 for greetings, thanks, complaints
and who called whom. `key_question` keeps the asking sentences as they are and adds to them the law names, values,
quoted words and the weightiest nouns of the case. Rules only; the numbers are round ones, set on petitions of our own.
"""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass

from haechi.korean.base import Analyser
from haechi.korean.politeness import asks, is_empty_talk, without_politeness
from haechi.korean.sentences import split_sentences
from haechi.korean.values import parse_values

#: A question up to this long is searched as it is, without its greeting.
SHORT = 80
#: Nouns of the case beside the asking sentences.
_MOST_NOUNS = 8
#: With so many nouns a question says enough itself.
_ENOUGH = 4
#: The asking sentences are cut to their last so many characters: what is asked stands last in a Korean sentence.
_LONGEST = 240
_ASKS, _TELLS, _EMPTY = 1.0, 0.5, 0.0
_QUOTED = re.compile(r"[「『“‘\"]([^」』”’\"]{2,40})[」』”’\"]")
_LAW = re.compile(
    r"[가-힣ㆍ·]+(?:\s[가-힣ㆍ·]+){0,5}?(?:법률|법|시행령|시행규칙|조례|규정|규칙|기준"
    r"|고시)(?=[은는이가을를의에상과와 ,.)])"
)
#: Words of petitions, not of topics.
_STOP = frozenset(
    "경우 사항 내용 관련 문의 질의 질문 답변 민원 민원인 확인 궁금 여부 가능 때문 정도 현재 이번 "
    "지금 당시 부분 생각 사람 저희 본인 "
    "해당 다음 이상 이하 상황 문제 방법 말씀 안내 설명 부탁 감사 담당자 담당 기관 통화 전화 이후 "
    "이전 오늘 어제 내일 기준 대상 "
    "것 수 등 및 중 시 후 전 때 곳 분 번 건 데 점".split()
)


@dataclass(frozen=True)
class Weighed:
    """A sentence of the question: `question[start:end] == text`; weight 1 asks, 0.5 tells the case, 0 says nothing."""

    start: int
    end: int
    text: str
    weight: float


def weigh(question: str) -> list[Weighed]:
    """The sentences with their weights. When none of them asks, the last that tells something counts as asking."""
    weighed = [
        Weighed(start, end, question[start:end], _weight(question[start:end])) for start, end in _spans(question)
    ]
    if weighed and not any(item.weight == _ASKS for item in weighed):
        told = [place for place, item in enumerate(weighed) if item.weight == _TELLS] or [len(weighed) - 1]
        last = weighed[told[-1]]
        weighed[told[-1]] = Weighed(last.start, last.end, last.text, _ASKS)
    return weighed


def key_question(analyser: Analyser, question: str) -> str:
    """The short search question of a petition; a short question comes back as it is, without its greeting."""
    whole = question.strip()
    weighed = weigh(whole)
    if len(whole) <= SHORT or len(weighed) < 2:
        return without_politeness(whole) or whole
    asking = " ".join(without_politeness(item.text) for item in weighed if item.weight == _ASKS)
    asking = _last_words(asking, _LONGEST)
    case = " ".join(item.text for item in weighed if item.weight == _TELLS)
    extra = _case_words(analyser, case, asking)
    return " ".join([*extra, asking])


def _spans(question: str) -> list[tuple[int, int]]:
    """Sentences; a petition's list markers and missing spaces behind 요? and 다. end one too."""
    spans = []
    for start, end in split_sentences(question):
        cuts = [match.end() for match in re.finditer(r"[?？](?=[가-힣(\d])", question[start:end])]
        for left, right in zip([0, *cuts], [*cuts, end - start], strict=True):
            piece = question[start + left : start + right]
            if piece.strip():
                offset = start + left + len(piece) - len(piece.lstrip())
                spans.append((offset, offset + len(piece.strip())))
    return spans


def _weight(sentence: str) -> float:
    if is_empty_talk(sentence):
        return _EMPTY
    return _ASKS if asks(sentence) else _TELLS


def _last_words(text: str, limit: int) -> str:
    if len(text) <= limit:
        return text
    cut = text.find(" ", len(text) - limit)
    return text[cut + 1 :] if cut >= 0 else text[-limit:]


def _case_words(analyser: Analyser, case: str, asking: str) -> list[str]:
    """Law names, references, quoted words and the most said nouns of the case that the asking sentences lack."""
    found: dict[str, None] = {}
    for match in [*_QUOTED.finditer(case)]:
        found.setdefault(match.group(1).strip())
    for match in _LAW.finditer(case):
        found.setdefault(match.group().strip())
    for value in parse_values(case):
        if value.kind == "law_reference":
            found.setdefault(value.surface)
    named = [
        item for item in found if item not in asking and not any(item != other and item in other for other in found)
    ]
    taken = set(analyser.tokens(" ".join([asking, *named])))
    # A noun that the case says again and again is its topic; among equals a longer one names more.
    counts = Counter(noun for noun in _compounds(analyser, case) if len(noun) > 1 and noun not in _STOP | taken)
    # A question that says enough itself takes only what the case says more than once.
    enough = len(_compounds(analyser, asking)) >= _ENOUGH
    order = [noun for noun in counts if counts[noun] > 1 or not enough]
    nouns = sorted(order, key=lambda noun: (-counts[noun], -len(noun), order.index(noun)))[:_MOST_NOUNS]
    return [*named, *sorted(nouns, key=order.index)]


def _compounds(analyser: Analyser, text: str) -> list[str]:
    """Nouns in order, a compound as one word (이직확인서), its parts left out."""
    nouns = set(analyser.nouns(text))
    tokens = [token for token in analyser.tokens(text) if token in nouns or not token.endswith("다")]
    whole = {token for token in tokens if not any(token != other and token in other for other in tokens)}
    return [token for token in tokens if token in whole]

"""What is wrong with one grounded row (question, passages, answer): citations, gold passages, values, length.

Values are compared by the pipeline's own parser, against the passages that the answer cites, so that 8만 원 and
80,000원 are one value and a value of a neighbouring passage is none.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from haechi.checkers.base import Evidence
from haechi.checkers.values_in_evidence import unsupported_values
from haechi.korean.sentences import split_sentences
from haechi.training.lint_text import CITATION
from haechi.training.near_duplicates import letters

UNKNOWN = "모른다"
_NUMBER = re.compile(r"\[(\d{1,3})\]")
_AFTER = re.compile(r"([.!?])((?:\s*\[\d{1,3}\])+)")
#: Answers are sentences here: one without a mark at its end was cut off.
_ENDED = re.compile(r"[.!?][\"'”’)」』]*$")
#: A sentence that says nothing of the passages needs no citation.
_BARE = re.compile(r"^(?:아닙니다|아니요|네|예|그렇습니다|맞습니다)[.,!]?$")


def grounded_problems(row: Mapping[str, Any], max_chars: int) -> Iterator[tuple[str, str]]:
    """(code, what was seen) for a row whose fields have the right types."""
    passages = row["passages"]
    if not passages or not all(_is_passage(one) for one in passages):
        yield "passages", f"{len(passages)}"
        return
    answer = str(row["answer"])
    cited = [int(number) for number in _NUMBER.findall(answer)]
    gold = row.get("gold")
    sound_gold = isinstance(gold, list) and all(type(one) is int and 1 <= one <= len(passages) for one in gold)
    if gold is not None and (not sound_gold or len(set(gold)) < len(gold)):
        yield "gold", f"gold {gold}, passages {len(passages)}"
    if answer.strip().rstrip(".") == UNKNOWN:
        if gold:
            yield "gold", f"{UNKNOWN}, gold {gold}"
        if not str(row.get("reason") or "").strip():
            yield "no_reason", ""
    else:
        yield from _answered(answer, cited, gold if sound_gold else None, passages, max_chars)
    if str(row.get("kind") or "") == "follow_up" and not (row.get("history") and row.get("standalone")):
        yield "follow_up", ""
    rejected = str(row.get("rejected") or "")
    if rejected and letters(rejected) == letters(answer):
        yield "alike", rejected[:24]


def _answered(
    answer: str, cited: list[int], gold: list[int] | None, passages: Sequence[Mapping[str, Any]], max_chars: int
) -> Iterator[tuple[str, str]]:
    missing = sorted({number for number in cited if not 1 <= number <= len(passages)})
    if not cited or missing:
        yield "citation", f"{missing or '[]'}, passages {len(passages)}"
        return
    if gold is not None and sorted(set(cited)) != sorted(gold):
        yield "gold", f"gold {gold}, cited {sorted(set(cited))}"
    plain = CITATION.sub("", answer).strip()
    if not _ENDED.search(plain):
        yield "truncated", plain[-24:]
    # "… 입니다. [1]" → "… 입니다[1]. ", so that no sentence ends before its citation.
    moved = _AFTER.sub(r"\2\1 ", answer)
    sentences = [moved[start:end] for start, end in split_sentences(moved)]
    uncited = [one for one in sentences if not _NUMBER.search(one) and not _BARE.match(one)]
    if uncited:
        yield "uncited", uncited[0][:24]
    if len(plain) > max_chars:
        yield "long_answer", f"{len(plain)}"
    numbers = sorted(set(cited))
    stated = "\n".join(_whole(passages[number - 1]) for number in numbers)
    found = unsupported_values(answer, evidence_of(passages, numbers))
    if wrong := [value.surface for value in found if not _stands_in(value.surface, stated)]:
        yield "value", ", ".join(wrong)


def evidence_of(passages: Sequence[Mapping[str, Any]], numbers: Sequence[int]) -> list[Evidence]:
    """The passages of these numbers (from 1), their heading before their text."""
    found = []
    for number in numbers:
        one = passages[number - 1]
        head = str(one.get("head") or "")
        text = f"{head}\n{one['text']}" if head else str(one["text"])
        found.append(Evidence(text, str(one.get("label") or ""), str(one.get("title") or "")))
    return found


def _whole(passage: Mapping[str, Any]) -> str:
    """A passage as one reads it: `여비규정 제8조 숙박비`, then its text."""
    names = (str(passage.get(name) or "") for name in ("title", "label", "head"))
    return f"{' '.join(names)}\n{passage['text']}"


def _stands_in(surface: str, text: str) -> bool:
    """Whether a value is written there letter for letter, not as a part of a longer number (3.0 in 13.0)."""
    whole = rf"(?<![\d.,]){re.escape(surface.strip())}(?![\d]|[.,]\d)"
    return re.search(whole, text) is not None


def _is_passage(one: Any) -> bool:
    return isinstance(one, Mapping) and isinstance(one.get("text"), str) and bool(one["text"].strip())

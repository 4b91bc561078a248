"""Law references in an answer: 제23조 is not 제32조, and 제12조 rests on a passage labelled 제12조제2항.

A passage supports the article it is (its label, under its title), the paragraphs, items and letters that its text
counts (①, 1., 가.), and the references that it makes. A law name counts where both sides give one: 민법 제23조 does not
rest on 근로기준법 제23조. Ranges (제3조부터 제5조까지) support what lies between.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace

from haechi.checkers.base import Evidence
from haechi.checkers.comparison import Relation
from haechi.checkers.context import content_words
from haechi.checkers.stated import Stated, stated_in
from haechi.checkers.value_checker import ValueChecker
from haechi.korean.law_references import LawReference, reference
from haechi.types import Value, ValueKind

_CIRCLED = "①②③④⑤⑥⑦⑧⑨⑩⑪⑫⑬⑭⑮⑯⑰⑱⑲⑳"
_LINE = re.compile(
    rf"^\s*(?:(?P<article>제\s?\d+조(?:의\s?\d+)?)(?=[\s(]|$)[^\n{_CIRCLED}]*)?"
    rf"(?:(?P<paragraph>[{_CIRCLED}])|(?P<item>\d+)(?:의(?P<sub>\d+))?\.(?=\s)|(?P<letter>[가-힣])\.(?=\s))?",
    re.MULTILINE,
)
_LAW_IN_TITLE = re.compile(
    r"^[「\s]*([^「」\n]*?(?:법률|법|시행령|시행규칙|규정|규칙|조례|지침|세칙|정관|내규|요령|강령|령))(?=[」\s]|$|제\d)"
)
_RANGE = re.compile(r"(제\s?\d+조(?:의\s?\d+)?)\s?(?:부터|내지|~|∼)\s?(제\s?\d+조(?:의\s?\d+)?)")
#: Short names that a decree uses; they fit any law.
_SHORT = frozenset(
    {
        "법",
        "영",
        "규칙",
        "시행령",
        "시행규칙",
        "같은법",
        "동법",
        "같은영",
        "동영",
        "같은규칙",
        "동규칙",
        "같은령",
        "동령",
    }
)


class LawArticleChecker(ValueChecker):
    """Judges every law reference of an answer."""

    name = "law_article"
    kinds: tuple[ValueKind, ...] = ("law_reference",)

    def sources(self, evidence: Sequence[Evidence]) -> list[Stated]:
        stated: list[Stated] = []
        for number, passage in enumerate(evidence):
            stated += _passage_sources(passage, number)
        return stated

    def relate(self, claim: Stated, source: Stated) -> Relation:
        ours, theirs = _parsed(claim.value), _parsed(source.value)
        if ours is None or theirs is None:
            return "unknown"
        agree = laws_agree(ours.law, theirs.law)
        inside = covers(ours, theirs)
        if inside and agree:
            return "equal" if ours.parts == theirs.parts else "implied"
        if inside or (agree and _unit(ours) == _unit(theirs) and not theirs.covers(ours)):
            return "different"
        return "other"

    def suggestion(self, claim: Stated, rival: Stated) -> str:
        """The source's reference, cut to the depth of the claim, with its law where the claim names one."""
        ours, theirs = _parsed(claim.value), _parsed(rival.value)
        if ours is None or theirs is None:
            return rival.value.surface
        text = replace(theirs, parts=theirs.parts[: max(1, len(ours.parts))], law="").normalised
        return f"{theirs.law} {text}" if ours.law and theirs.law else text


def _passage_sources(passage: Evidence, number: int) -> list[Stated]:
    law = law_of_title(passage.title)
    # The label is the passage's own place; a title such as 근로기준법 제2조(정의) may hold it instead.
    own = reference(passage.label) or reference(passage.title)
    words = content_words(passage.text)
    stated: list[Stated] = []

    def add(parts: LawReference, surface: str, sentence: str) -> None:
        value = Value("law_reference", surface, parts.normalised, 0, 0)
        stated.append(Stated(value, sentence, None, surface, number, words, words, "|", "|", "|"))

    if own is not None:
        own = replace(own, law=own.law or law)
        add(own, passage.label or passage.title, passage.label or passage.title)
    for place, line in counted_units(passage.text, own, law):
        add(place, replace(place, law="").normalised, line)
    for item in stated_in(passage.text, number):
        if item.value.kind != "law_reference":
            continue
        parts = _parsed(item.value)
        if parts is None:
            continue
        if own is not None and not parts.law and not _starts_at_top(parts):
            # 제1항 inside 제12조 is 제12조제1항.
            parts = replace(own, parts=(*own.parts[:1], *parts.parts))
        elif not parts.law:
            parts = replace(parts, law=law)
        stated.append(replace(item, value=replace(item.value, normalised=parts.normalised)))
    for first, last in _RANGE.findall(passage.text):
        for between in _between(first, last):
            add(LawReference((between,), law), between, passage.text[:200])
    return stated


def counted_units(text: str, own: LawReference | None, law: str) -> list[tuple[LawReference, str]]:
    """The paragraphs (①), items (1.) and letters (가.) that a passage's lines open, below the article they stand in."""
    base = own
    paragraph = item = ""
    found: list[tuple[LawReference, str]] = []
    for match in _LINE.finditer(text):
        line_end = text.find("\n", match.end())
        line = text[match.start() : line_end if line_end >= 0 else len(text)].strip()
        if match["article"]:
            article = reference(match["article"])
            if article is not None:
                base, paragraph, item = replace(article, law=law), "", ""
                found.append((base, line))
        if base is None:
            continue
        unit: tuple[str, ...]
        if match["paragraph"]:
            paragraph, item = f"제{_CIRCLED.index(match['paragraph']) + 1}항", ""
            unit = (paragraph,)
        elif match["item"]:
            item = f"제{match['item']}호" + (f"의{match['sub']}" if match["sub"] else "")
            unit = tuple(part for part in (paragraph, item) if part)
        elif match["letter"] and item:
            unit = tuple(part for part in (paragraph, item, f"{match['letter']}목") if part)
        else:
            continue
        # A passage that is itself a paragraph already has it in its label.
        above = tuple(part for part in base.parts if not any(part[-1] == piece[-1] for piece in unit) or "조" in part)
        found.append((replace(base, parts=above + unit), line))
    return found


def covers(claim: LawReference, source: LawReference) -> bool:
    """Whether `source` names what `claim` names, or something inside it; a claim without an article fits any."""
    if claim.covers(source):
        return True
    if claim.supplement == source.supplement and not _starts_at_top(claim):
        return source.parts[1 : 1 + len(claim.parts)] == claim.parts
    return False


def laws_agree(left: str, right: str) -> bool:
    """Whether two law names can mean one law: one is unknown or short, or one is the tail of the other."""
    if not left or not right or left in _SHORT or right in _SHORT:
        return True
    return left.endswith(right) or right.endswith(left)


def law_of_title(title: str) -> str:
    """The law that a document title names, without spaces; empty for a title that names none."""
    match = _LAW_IN_TITLE.match(title)
    return re.sub(r"\s+", "", match[1]) if match else ""


def _between(first: str, last: str) -> list[str]:
    low, high = (int(re.findall(r"\d+", text)[0]) for text in (first, last))
    return [f"제{number}조" for number in range(low + 1, high)] if high - low <= 300 else []


def _parsed(value: Value) -> LawReference | None:
    return reference(value.normalised)


def _starts_at_top(parts: LawReference) -> bool:
    return not re.search(r"[항호목](?:의\d+)?$", parts.parts[0])


def _unit(parts: LawReference) -> str:
    return ("부칙" if parts.supplement else "") + re.sub(r"\d+(?:의\d+)?|의\d+$", "", parts.parts[0])

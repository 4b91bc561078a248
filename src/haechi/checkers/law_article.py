"""Law references in an answer: 제23조 is not 제32조, and 제12조 rests on a passage labelled 제12조제2항.

A passage supports the article it is (its label, under its title), the paragraphs, items and letters that its text
counts (①, 1., 가.), and the references that it makes. A law name counts where both sides give one: 민법 제23조 does not
rest on 근로기준법 제23조. Ranges (제3조부터 제5조까지) support what lies between.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace
from functools import lru_cache

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
_ANAPHOR = re.compile(r"(?:같은|동) ?(?:법|영(?!업)|령|규칙)|(?:법|영|규칙|시행령|시행규칙) ")
_HEAD = re.compile(r"[^제0-9]*")
#: 금융실명거래 및 비밀보장에 관한 법률 is said with 와, with · and without.
_JOINING = re.compile(r"및|와|과|[ㆍ·,]")
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
        if claim.value.normalised == source.value.normalised:
            return "equal"
        ours, theirs = _reference(claim), _reference(source)
        if ours is None or theirs is None:
            return "unknown"
        agree = laws_agree(ours.law, theirs.law)
        inside = covers(ours, theirs)
        if inside and agree:
            return "equal" if ours.parts == theirs.parts else "implied"
        # 제1항 is compared with the 제3항 of 제12조제3항, 제12조 with articles alone.
        same_level = _from_level(theirs, ours)
        if inside or (agree and same_level and not _covers_parts(same_level, ours.parts)):
            return "different"
        return "other"

    def suggestion(self, claim: Stated, rival: Stated) -> str:
        """The source's reference, cut to the depth of the claim, with its law where the claim names one.

        "" where the source is less deep than the claim: 제5조 cannot be put in the place of 제3조제2항제1호.
        """
        ours, theirs = parsed(claim.value.normalised), parsed(rival.value.normalised)
        if ours is None or theirs is None:
            return rival.value.surface
        parts = _from_level(theirs, ours)[: len(ours.parts)]
        if len(parts) < len(ours.parts):
            return ""
        text = replace(theirs, parts=parts, law="", supplement=theirs.supplement and _starts_at_top(ours)).normalised
        # The claim's own words before the article stay where they are: 「민법」 제3조, 같은 법 제3조.
        head = _HEAD.match(claim.value.surface)
        if not head or not head[0]:
            return text
        named = ours.law and theirs.law and not laws_agree(ours.law, theirs.law)
        return f"{theirs.law} {text}" if named else head[0] + text


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
        parts = _reference(item)
        if parts is None:
            if item.value.certainty == "unresolved":
                stated.append(item)
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
    if not _starts_at_top(claim):
        return _from_level(source, claim)[: len(claim.parts)] == claim.parts
    return False


def laws_agree(left: str, right: str) -> bool:
    """Whether two law names can mean one law: one is unknown or short, or one is the tail of the other."""
    if not left or not right or left in _SHORT or right in _SHORT:
        return True
    left, right = (_JOINING.sub("", name) for name in (left, right))
    return left.endswith(right) or right.endswith(left)


def law_of_title(title: str) -> str:
    """The law that a document title names, without spaces; empty for a title that names none."""
    match = _LAW_IN_TITLE.match(title)
    return re.sub(r"\s+", "", match[1]) if match else ""


def _between(first: str, last: str) -> list[str]:
    low, high = (int(re.findall(r"\d+", text)[0]) for text in (first, last))
    return [f"제{number}조" for number in range(low + 1, high)] if high - low <= 300 else []


@lru_cache(maxsize=4096)
def parsed(normalised: str) -> LawReference | None:
    """A canonical form as a reference; None for 전항 and the like."""
    return None if normalised.startswith("전") and "조" not in normalised[2:] else reference(normalised)


def _reference(item: Stated) -> LawReference | None:
    """The reference of a place. 같은 법 means what stands before it, which a shortened answer leaves out: any law."""
    found = parsed(item.value.normalised)
    if found and found.law and (_ANAPHOR.match(item.value.surface) or _ANAPHOR.match(found.law)):
        return replace(found, law="")
    return found


def _from_level(parts: LawReference, like: LawReference) -> tuple[str, ...]:
    """The parts from the level on at which `like` begins; none where it has no such level."""
    if parts.supplement != like.supplement and _starts_at_top(like):
        return ()
    wanted = _level(like.parts[0])
    for position, part in enumerate(parts.parts):
        if _level(part) == wanted:
            return parts.parts[position:]
    return ()


def _covers_parts(parts: tuple[str, ...], other: tuple[str, ...]) -> bool:
    return other[: len(parts)] == parts


def _level(part: str) -> str:
    return re.sub(r"[제\d]+|의\d+", "", part)[:2] if not part.endswith("목") else "목"


def _starts_at_top(parts: LawReference) -> bool:
    return not re.search(r"[항호목](?:의\d+)?$", parts.parts[0])

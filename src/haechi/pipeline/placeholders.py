"""Tags in the place of values, for a model server that takes no grammar: `연체료는 <금액1>으로 한다`.

Before: every value of the evidence in the prompt becomes a tag that no document contains, equal values the same one.
After: a tag becomes, byte for byte, what the evidence writes. A tag that is unknown or broken cannot be restored; its
sentence goes. A value that the model wrote in spite of the tags is the checkers' work, as ever.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from haechi.checkers.base import Evidence
from haechi.korean.josa import with_josa
from haechi.korean.values import parse_values
from haechi.pipeline.correct import sentences_of
from haechi.prompts.loader import load_prompt
from haechi.types import Message, ValueKind

_WORDS: dict[ValueKind, str] = {
    "amount": "금액",
    "date": "날짜",
    "quantity": "수량",
    "law_reference": "조항",
    "name": "이름",
    "phone": "전화",
    "email": "메일",
    "code": "번호",
}
#: Tried in order until one occurs in no text.
_BRACKETS = (("<", ">"), ("〈", "〉"), ("⟦", "⟧"), ("⟪", "⟫"))
_PAIRS = ("은/는", "이/가", "을/를", "과/와", "으로/로", "이며/며", "이나/나", "이라/라")
_PARTICLE = re.compile(r"(으로|은|는|이며|이나|이라|이|가|을|를|과|와|로|며|나|라)(?=[\s,.)」』]|$)")


@dataclass(frozen=True)
class Hidden:
    """`messages` for the model, with tags; `surfaces` maps each tag to what the evidence writes.

    `table` maps a value's kind and canonical form to its tag and what is written.
    """

    messages: tuple[Message, ...]
    surfaces: dict[str, str]
    table: dict[tuple[ValueKind, str], tuple[str, str]] = field(default_factory=dict)

    def tagged(self, text: str) -> str:
        """A text with these tags where it has the evidence's values, as a model that follows them would write it."""
        return _tagged(text, self.table)

    def restore(self, draft: str) -> Restored:
        """The draft with its values back; sentences with a tag that cannot be restored are left out."""
        if not self.surfaces:
            return Restored(draft, 0)
        opening, closing = _shape(self.surfaces)
        words = "|".join(_WORDS.values())
        # Also a tag that lost a bracket or got a space: everything that a reader would have to guess at.
        broken = re.compile(
            rf"[{re.escape(opening)}<＜(\[]\s*(?:{words})\s*\d*\s*[{re.escape(closing)}>＞)\]]|[{re.escape(opening)}<]\s*(?:{words})"
            rf"|(?:{words})\d{{1,2}}(?![\d,.]|\s?(?:원|만|천|백|억|명|일|개|번|호|%))|[{re.escape(opening + closing)}]"
        )
        tags = re.compile("|".join(re.escape(tag) for tag in sorted(self.surfaces, key=len, reverse=True)) or r"(?!)")
        kept: list[str] = []
        failures: list[str] = []
        restored = 0
        for start, end in sentences_of(draft):
            sentence = draft[start:end]
            bad = [match.group() for match in broken.finditer(tags.sub("", sentence))]
            failures += bad
            restored += 0 if bad else len(tags.findall(sentence))
            if not bad:
                kept.append(self._filled(sentence, tags))
        return Restored(" ".join(kept), restored, tuple(failures))

    def _filled(self, sentence: str, tags: re.Pattern[str]) -> str:
        pieces: list[str] = []
        position = 0
        for match in tags.finditer(sentence):
            surface = self.surfaces[match.group()]
            pieces += [sentence[position : match.start()], surface]
            position = match.end()
            # The model chose the particle for the tag, not for the value.
            if particle := _PARTICLE.match(sentence, position):
                pair = next(pair for pair in _PAIRS if particle.group() in pair.split("/"))
                pieces.append(with_josa(surface, pair)[len(surface) :])
                position = particle.end()
        return "".join([*pieces, sentence[position:]])


@dataclass(frozen=True)
class Restored:
    """`restored` tags were put back; `failures` are those that could not be, as the model wrote them."""

    text: str
    restored: int
    failures: tuple[str, ...] = ()

    @property
    def notes(self) -> list[str]:
        """What a reader is told about tags that were not restored."""
        if not self.failures:
            return []
        return [f"값의 자리 {len(self.failures)}곳을 되돌리지 못해 그 문장을 뺐습니다"]


def hide(messages: Sequence[Message], evidence: Sequence[Evidence], names: Sequence[str] = ()) -> Hidden:
    """Put tags in the last message, which holds passages and question, for every value that the evidence has.

    A value that only the question has stays: a tag would make it look like one of the evidence. The worked examples
    before it get tags of their own, which are never restored: from plain ones a model copies 14일 instead of a tag.
    """
    *before, last = messages
    examples = [message for message in before if message.role != "system"]
    texts = [text for passage in evidence for text in (passage.text, passage.label, passage.title)]
    brackets = _unused("\n".join([last.content, *texts]))
    counts: Counter[ValueKind] = Counter()
    own = _table([message.content for message in examples], (), brackets, counts)
    theirs = _table(texts, names, brackets, counts)
    if not theirs:
        return Hidden(tuple(messages), {})
    shown = [
        replace(message, content=_tagged(message.content, own)) if message in examples else message
        for message in before
    ]
    note = load_prompt("placeholders", {"example": next(iter(theirs.values()))[0]})
    content = f"{note}\n\n{_tagged(last.content, theirs)}"
    return Hidden((*shown, replace(last, content=content)), dict(theirs.values()), theirs)


def _table(
    texts: Sequence[str], names: Sequence[str], brackets: tuple[str, str], counts: Counter[ValueKind]
) -> dict[tuple[ValueKind, str], tuple[str, str]]:
    """(kind, canonical form) → (tag, what is written) of every value of the texts; `counts` numbers go on."""
    found = [(value.kind, value.normalised, value.surface) for text in texts for value in parse_values(text)]
    found += [("name", name, name) for name in names if any(name in text for text in texts)]
    table: dict[tuple[ValueKind, str], tuple[str, str]] = {}
    for kind, normalised, surface in found:
        if (kind, normalised) not in table:
            counts[kind] += 1
            table[kind, normalised] = (f"{brackets[0]}{_WORDS[kind]}{counts[kind]}{brackets[1]}", surface)
    return table


def _tagged(content: str, table: dict[tuple[ValueKind, str], tuple[str, str]]) -> str:
    """The text with the tags of this table; names where no value stands, the longer first."""
    values = parse_values(content)
    taken = bytearray(len(content))
    places = []
    for value in values:
        taken[value.start : value.end] = b"\1" * (value.end - value.start)
        if (value.kind, value.normalised) in table:
            places.append((value.start, value.end, table[value.kind, value.normalised][0]))
    for (kind, name), (tag, _) in sorted(table.items(), key=lambda item: -len(item[0][1])):
        for match in re.finditer(re.escape(name), content) if kind == "name" else ():
            if not any(taken[match.start() : match.end()]):
                taken[match.start() : match.end()] = b"\1" * len(name)
                places.append((match.start(), match.end(), tag))
    for start, end, tag in sorted(places, reverse=True):
        content = content[:start] + tag + content[end:]
    return content


def _unused(text: str) -> tuple[str, str]:
    """Brackets with which no tag can stand in a text already."""
    words = "|".join(_WORDS.values())
    for opening, closing in _BRACKETS:
        if not re.search(rf"{re.escape(opening)}\s*(?:{words})\s*\d", text):
            return opening, closing
    # A text that has all of them: no reader could tell ours apart, and so could no restore.
    marks = "§"
    while re.search(rf"{marks}(?:{words})", text):
        marks += "§"
    return marks, marks


def _shape(surfaces: dict[str, str]) -> tuple[str, str]:
    """The brackets of these tags."""
    match = re.fullmatch(rf"(.+?)(?:{'|'.join(_WORDS.values())})\d+(.+)", next(iter(surfaces)))
    assert match is not None
    return match[1], match[2]

"""The evidence lock as a grammar: one text that llama.cpp reads as GBNF and xgrammar (vLLM) as EBNF.

Literals are a prefix tree: at every place the sampler follows a few branches instead of hundreds of literals. The
language is regular, so that a Python pattern of the same language can tell afterwards whether a server obeyed.

    root   ::= gap* (value gap+ | number after gap*)* (value | number [.,!?]?)?
    value  ::= an atom that ends in a unit
    number ::= an atom that ends in a digit; behind it no magnitude (3|만) and no mark before a digit (5.|3)
    gap    ::= a letter, punctuation, or a citation marker [1]

Two atoms never touch: "1" and "0" of the evidence must not make "10".
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property

from haechi.pipeline.lock_atoms import PUNCTUATION, has_numeral

#: Signs that make another number of the one before them, and 원, without which 3|원 would be a sum of its own.
_MAGNITUDES = "십백천만억조경원"
#: Marks that join two numbers to one (5.3, 1:30, 2024-15).
_JOINTS = ".,:/~·-"
_RANGES = (("가", "힣"), ("ㄱ", "ㅎ"), ("ㅏ", "ㅣ"), ("A", "Z"), ("a", "z"))


@dataclass(frozen=True)
class LockGrammar:
    """What an answer under the lock may look like; `markers` passages can be cited."""

    literals: tuple[str, ...]
    markers: int
    letters: str = ""

    @cached_property
    def text(self) -> str:
        """The grammar. Its first line holds `::=`, without which vLLM would take it for Lark."""
        values, numbers = self._split
        marks = [f"[{number}]" for number in range(1, self.markers + 1)]
        turns = [*(["value gap+"] if values else []), *(["number after gap*"] if numbers else [])]
        ends = [*(["value"] if values else []), *(["number [.,!?]?"] if numbers else [])]
        root = f"gap* ({' | '.join(turns)})* ({' | '.join(ends)})?" if turns else "gap*"
        rules = [f"root ::= {root}"]
        if values:
            rules.append(f"value ::= {_tree(values)}")
        if numbers:
            rules.append(f"number ::= {_tree(numbers)}")
            after = [f"[{self._word}]", f'" " [{self._word}]', f"[{_set(_JOINTS)}] [ {self._word}]"]
            rules.append(f"after ::= {' | '.join([*after, *(['mark'] if marks else [])])}")
        rules.append(f"gap ::= [{self._free}]{' | mark' if marks else ''}")
        if marks:
            rules.append(f"mark ::= {_tree(marks)}")
        return "\n".join(rules) + "\n"

    def accepts(self, answer: str) -> bool:
        """Whether a whole answer is in the language: a server that ignores the grammar shows itself here."""
        return self._pattern.fullmatch(answer) is not None

    @cached_property
    def _pattern(self) -> re.Pattern[str]:
        values, numbers = ("|".join(map(re.escape, group)) or r"(?!)" for group in self._split)
        mark = "|".join(rf"\[{number}\]" for number in range(1, self.markers + 1)) or r"(?!)"
        gap = rf"(?:[{_escaped(self._free)}]|{mark})"
        word = _escaped(self._word)
        after = rf"(?: ?[{word}]|[{re.escape(_JOINTS)}][ {word}]|{mark})"
        return re.compile(
            rf"{gap}*(?:(?:{values}){gap}+|(?:{numbers}){after}{gap}*)*(?:(?:{values})|(?:{numbers})[.,!?]?)?"
        )

    @cached_property
    def _split(self) -> tuple[list[str], list[str]]:
        """(literals that end in a unit, literals that end in a numeral), the longer first."""
        ordered = sorted(self.literals, key=lambda literal: (-len(literal), literal))
        numbers = [literal for literal in ordered if has_numeral(literal[-1])]
        return [literal for literal in ordered if not has_numeral(literal[-1])], numbers

    @property
    def _free(self) -> str:
        return "".join(f"{first}-{last}" for first, last in _RANGES) + _set(self.letters + PUNCTUATION)

    @property
    def _word(self) -> str:
        """What may directly follow a number: no magnitude, no joint, no space."""
        rest = "".join(sign for sign in PUNCTUATION if sign not in _JOINTS + " ")
        return "".join(_without(first, last, _MAGNITUDES) for first, last in _RANGES) + _set(self.letters + rest)


def _without(first: str, last: str, barred: str) -> str:
    """The range as ranges that leave single characters out."""
    parts, start = [], ord(first)
    for code in sorted(ord(sign) for sign in barred if first <= sign <= last):
        if start < code:
            parts.append(f"{chr(start)}-{chr(code - 1)}")
        start = code + 1
    return "".join([*parts, f"{chr(start)}-{last}"])


def _set(characters: str) -> str:
    """Characters of a class, the hyphen last, where it means itself in every dialect."""
    plain = characters.replace("-", "")
    return re.sub(r"([\\\]\[^])", r"\\\1", plain) + ("-" if "-" in characters else "")


def _escaped(inside: str) -> str:
    """A class of the grammar for Python: a hyphen that would open a range stands last already."""
    return inside.replace("--", r"\--")


def _tree(literals: Sequence[str]) -> str:
    """Alternatives with their common beginnings written once: "1" ("00원" | ",000원")."""
    return " | ".join(_branches(sorted(set(literals))))


def _branches(literals: Sequence[str]) -> Iterator[str]:
    start = 0
    while start < len(literals):
        end = start + 1
        while end < len(literals) and literals[end][:1] == literals[start][:1]:
            end += 1
        group = literals[start:end]
        start = end
        if len(group) == 1:
            yield _literal(group[0])
            continue
        # Sorted, so the first and the last share what all of them share.
        length = next(
            (at for at, (left, right) in enumerate(zip(group[0], group[-1], strict=False)) if left != right),
            min(len(group[0]), len(group[-1])),
        )
        tails = [literal[length:] for literal in group]
        optional = "?" if tails[0] == "" else ""
        yield f"{_literal(group[0][:length])} ({' | '.join(_branches([tail for tail in tails if tail]))}){optional}"


def _literal(text: str) -> str:
    escaped = text.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'

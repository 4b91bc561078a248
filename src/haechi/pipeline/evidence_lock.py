"""Evidence lock (근거 잠금): a grammar in which every number must be copied from the evidence.

A value and its unit are one atom (`lock_atoms.py`); outside atoms only letters and punctuation are possible, so that no
other numeral of any script can be produced (`lock_grammar.py`). It is a tripwire and a guard, not a judge: a locked
value is in the evidence, but may be the wrong one, which is the checkers' work. Hangul number words are letters to a
grammar, so the caller checks the result again.
A server that takes no grammar gets tags instead of values (`placeholders.py`).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from haechi.checkers.base import Evidence
from haechi.pipeline.lock_atoms import collect, has_numeral
from haechi.pipeline.lock_grammar import LockGrammar

__all__ = ["Lock", "atoms", "build_grammar", "build_lock", "has_numeral"]


@dataclass(frozen=True)
class Lock:
    """`grammar.text` goes to the model. `note` tells a reader which values the bounds kept out; "" for none."""

    grammar: LockGrammar
    left_out: tuple[str, ...] = ()

    @property
    def note(self) -> str:
        if not self.left_out:
            return ""
        shown = ", ".join(self.left_out[:3])
        return (
            f"근거의 값이 너무 많아 뒤쪽 근거의 값 {len(self.left_out)}개({shown} …)는 근거 잠금에서 쓸 수 없었습니다"
        )


def build_lock(evidence: Sequence[Evidence], markers: int, names: Sequence[str] = ()) -> Lock:
    """The lock of an answer over this evidence with citation markers `[1]` … `[markers]`."""
    found = collect(evidence, names)
    return Lock(LockGrammar(found.literals, markers, found.letters), found.left_out)


def build_grammar(evidence: Sequence[Evidence], markers: int, *, names: Sequence[str] = ()) -> str:
    """The text of `build_lock`: GBNF for llama.cpp, EBNF for xgrammar."""
    return build_lock(evidence, markers, names).grammar.text


def atoms(evidence: Sequence[Evidence], names: Sequence[str] = ()) -> list[str]:
    """Every atom of the evidence, longest first."""
    return sorted(collect(evidence, names).literals, key=len, reverse=True)

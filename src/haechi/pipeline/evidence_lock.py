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
from haechi.types import Generation

__all__ = ["Lock", "atoms", "build_grammar", "build_lock", "has_numeral"]


@dataclass(frozen=True)
class Lock:
    """`grammar.text` goes to the model. `left_out` are the values that the bounds kept out."""

    grammar: LockGrammar
    left_out: tuple[str, ...] = ()

    def notes(self, draft: Generation) -> list[str]:
        """What a reader is told: values that could not be copied, and a server that ignored the grammar."""
        notes = []
        if self.left_out:
            shown = ", ".join(self.left_out[:3])
            many = f"{len(self.left_out)}개({shown} …)"
            notes.append(f"근거의 값이 너무 많아 뒤쪽 근거의 값 {many}는 근거 잠금에서 쓸 수 없었습니다")
        # Cut off in the middle of an atom, an answer is in no language.
        if draft.finish_reason == "stop" and not self.grammar.accepts(draft.text):
            notes.append("모델 서버가 근거 잠금의 문법을 따르지 않았습니다(haechi.toml의 [llm] grammar를 확인하세요)")
        return notes


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

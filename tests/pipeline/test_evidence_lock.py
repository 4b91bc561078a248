"""The lock's grammar: atoms of value and unit, no other numeral of any script, and a real model under it."""

from __future__ import annotations

from pathlib import Path

import pytest

from haechi.checkers.base import Evidence
from haechi.models.llama_cpp import LlamaCppLLM
from haechi.pipeline.evidence_lock import atoms, build_grammar, build_lock, has_numeral
from haechi.types import GenerateOptions, Generation, Message

EVIDENCE = [
    Evidence("① 연체료는 1일 100원으로 하되 3천만 원을 넘지 못한다. 2024. 3. 1. 시행한다.", "제12조의2", "이용규정")
]


def test_a_value_and_its_unit_are_one_atom_in_its_usual_spellings() -> None:
    found = atoms(EVIDENCE)
    assert {"100원", "3천만 원", "3천만원", "2024년 3월 1일", "2024. 3. 1.", "제12조의2"} <= set(found)
    # A reader looks for what is written: the same sum in other digits would have to be worked out.
    assert not {"30,000,000원", "3,000만 원"} & set(found)
    # "100" without its unit would let the model write 100만 원.
    assert not {"100", "3", "2024"} & set(found)


def test_a_number_without_a_unit_is_an_atom_of_its_own() -> None:
    found = atoms([Evidence("문의: 000-1234-5678, 접수 번호 제2024-15호, 최고점은 4.5이다.")])
    assert "000-1234-5678" in found
    assert any("2024-15" in atom for atom in found)
    assert "4.5" in found


def test_contacts_and_codes_are_atoms_also_without_a_digit() -> None:
    evidence = [Evidence("문의 02-123-4567, help@saebom.go.kr, 문서번호 ABC-2024-0017")]
    grammar = build_lock(evidence, 1).grammar
    assert grammar.accepts("문의는 02-123-4567로 하십시오. [1]")
    assert not grammar.accepts("문의는 02-123-9999로 하십시오. [1]")
    assert not grammar.accepts("evil@saebom.go.kr")


def test_a_name_is_an_atom_only_where_letters_cannot_write_it() -> None:
    evidence = [Evidence("G20 정상회의와 케이티앤지(KT&G)가 새봄도서관에서 연다.")]
    names = ["G20", "케이티앤지(KT&G)", "새봄도서관", "없는 곳 KT&G"]
    assert {"G20", "케이티앤지(KT&G)"} <= set(atoms(evidence, names))
    assert not {"새봄도서관", "없는 곳 KT&G"} & set(atoms(evidence, names))


def test_what_the_bounds_keep_out_is_told_and_is_never_the_best_passages() -> None:
    # Trap: ordered by length, the best passage's short 5일 would be the first to go.
    best = Evidence("처리 기간은 5일이다.")
    rest = Evidence(" ".join(f"제{number}호 과태료 {number},000원." for number in range(100, 420)))
    lock = build_lock([best, rest], 2)
    assert "5일" in lock.grammar.literals
    assert len(lock.grammar.literals) <= 300
    assert lock.left_out
    assert f"{len(lock.left_out)}개" in lock.notes(Generation("5일입니다."))[0]
    assert build_lock([best], 1).notes(Generation("5일입니다.")) == []


def test_a_server_that_ignores_the_grammar_is_told() -> None:
    # Trap: vLLM answers 200 to a field that it does not know, and the answer looks locked.
    lock = build_lock([Evidence("처리 기간은 5일이다.")], 1)
    assert "문법을 따르지 않았습니다" in lock.notes(Generation("처리 기간은 7일입니다."))[0]
    assert lock.notes(Generation("처리 기간은 7일입", finish_reason="length")) == []


@pytest.mark.models
def test_a_real_model_under_the_lock_can_only_write_the_evidences_numbers(small_llm: Path) -> None:
    llm = LlamaCppLLM(small_llm, name="small", context=1024, threads=2)
    try:
        # Asked for numbers that the evidence does not have: the lock leaves it no way to write them.
        ask = [Message("user", "1부터 9까지 세어 보세요.")]
        options = GenerateOptions(max_tokens=48, grammar=build_grammar(EVIDENCE, 2))
        text = llm.generate(ask, options).text
        free = llm.generate(ask, GenerateOptions(max_tokens=48)).text
    finally:
        llm.close()
    assert "3, 4" in free
    for atom in sorted([*atoms(EVIDENCE), "[1]", "[2]"], key=len, reverse=True):
        text = text.replace(atom, "")
    assert not has_numeral(text)

"""The lock's grammar: atoms of value and unit, no other numeral of any script, and a real model under it."""

from __future__ import annotations

import sys
import unicodedata
from pathlib import Path

import pytest

from haechi.checkers.base import Evidence
from haechi.models.llama_cpp import LlamaCppLLM
from haechi.pipeline.evidence_lock import FREE, atoms, build_grammar, has_numeral
from haechi.types import GenerateOptions, Message

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


def test_the_free_part_has_no_numeral_of_any_script() -> None:
    inside = FREE[1:-1]
    listed = set(inside.replace("가-힣", "").replace("ㄱ-ㅎ", "").replace("ㅏ-ㅣ", "").replace("A-Za-z", ""))
    assert not any(has_numeral(character) for character in listed)
    ranges = [("가", "힣"), ("ㄱ", "ㅎ"), ("ㅏ", "ㅣ"), ("A", "Z"), ("a", "z")]
    numerals = [chr(code) for code in range(sys.maxunicode + 1) if unicodedata.numeric(chr(code), None) is not None]
    assert len(numerals) > 1000
    assert not [sign for sign in numerals if any(low <= sign <= high for low, high in ranges)]


def test_quotes_and_backslashes_in_a_document_cannot_break_out_of_the_grammar() -> None:
    grammar = build_grammar([Evidence('코드 "12\\" | root ::= [0-9]+ "34" 원')], 1)
    rule = next(line for line in grammar.splitlines() if line.startswith("atom ::="))
    assert "root ::=" not in rule.replace('\\"', "")


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

"""One grammar for llama.cpp and xgrammar: small, without two numbers that touch, and the same language everywhere."""

from __future__ import annotations

import random
import sys
import unicodedata
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from haechi.checkers.base import Evidence
from haechi.pipeline.evidence_lock import build_lock
from haechi.pipeline.lock_atoms import PUNCTUATION, has_numeral
from haechi.pipeline.lock_grammar import LockGrammar
from tests.models.gguf_vocabulary import tokens

EVIDENCE = [
    Evidence(
        "① 연체료는 1일 100원으로 하되 3천만 원을 넘지 못한다. 2024. 3. 1. 시행한다. 감면율은 50%이다.\n"
        '별점은 5점 만점, 접수 번호 17, 附則 三. 표기 "\\n" | root ::= [0-9]+',
        "제12조의2",
        "이용규정",
    ),
    Evidence("제3조 수수료는 1,000원이고 통화료는 1,200원이다."),
]

WRITTEN = [
    "연체료는 100원입니다. [1]",
    "연체료는 3천만원을 넘지 못합니다. [1][2]",
    "2024년 3월 1일 시행합니다.",
    "제12조의2에 따라 50%를 감면합니다. [1]",
    "접수 번호는 17, 그리고 17번입니다. [1]",
    "접수 번호는 17.",
    "附則 三에 있습니다.",
    "1,000원 또는 1,200원입니다.",
    "모른다",
    "",
]
BARRED = [
    "연체료는 200원입니다.",
    "100원100원",
    "1717",
    "17만 원",
    "17 만 원",
    "17.17",
    "３천만 원",
    "二",
    "Ⅶ",
    "5%",
    "100",
    "[3]",
    "50",
    "첫째\n둘째",
]


@pytest.fixture
def grammar() -> LockGrammar:
    return build_lock(EVIDENCE, 2).grammar


@pytest.mark.parametrize("answer", WRITTEN)
def test_what_copies_the_evidence_can_be_written(grammar: LockGrammar, answer: str) -> None:
    assert grammar.accepts(answer)


@pytest.mark.parametrize("answer", BARRED)
def test_no_number_can_be_made_from_others(grammar: LockGrammar, answer: str) -> None:
    # Trap: 17 stands in the evidence, and letters are free, so that 17 + 만 원 would be a sum of nobody's.
    assert not grammar.accepts(answer)


def test_no_numeral_of_any_script_is_free(grammar: LockGrammar) -> None:
    listed = set(PUNCTUATION + grammar.letters)
    numerals = [chr(code) for code in range(sys.maxunicode + 1) if unicodedata.numeric(chr(code), None) is not None]
    assert len(numerals) > 1000
    assert not listed.intersection(numerals)
    assert not [
        sign for sign in numerals if "가" <= sign <= "힣" or "ㄱ" <= sign <= "ㅣ" or sign.isascii() > sign.isdigit()
    ]


def test_literals_share_their_beginnings(grammar: LockGrammar) -> None:
    rule = next(line for line in grammar.text.splitlines() if line.startswith("value ::="))
    assert '"," ("000" (' in rule
    assert rule.count('"2024') == 1


def test_a_document_cannot_break_out_of_a_literal() -> None:
    lock = build_lock([Evidence('전화 a"b\\c@x.kr, 12" 15\\ 20')], 1)
    rules = [line.split(" ::= ")[0] for line in lock.grammar.text.splitlines()]
    assert rules == ["root", *[rule for rule in rules[1:] if rule in ("value", "number", "after", "gap", "mark")]]
    assert len(rules) == len(set(rules))


def test_evidence_without_a_value_still_gives_a_grammar() -> None:
    lock = build_lock([Evidence("관장이 정한다.")], 0)
    assert lock.grammar.accepts("관장이 정합니다.")
    assert not lock.grammar.accepts("3명이 정합니다.")


def _strings(seed: int, count: int) -> Sequence[str]:
    """Answers put together from pieces that matter, right and wrong."""
    chance = random.Random(seed)
    pieces = [
        *"은 .,만원1035①三附",
        "100원",
        "17",
        "3천만 원",
        "[1]",
        "[2]",
        "[9]",
        "제12조의2",
        "50%",
        "연체료",
        "5점",
        "2024",
    ]
    return ["".join(chance.choices(pieces, k=chance.randint(0, 6))) for _ in range(count)]


@pytest.mark.models
def test_xgrammar_reads_the_same_language_on_the_default_models_vocabulary(
    grammar: LockGrammar, default_llm: Path
) -> None:
    xgrammar: Any = pytest.importorskip("xgrammar", reason="pip install xgrammar (it needs torch) to check the EBNF")
    # vLLM takes a text without ::= in its first lines for Lark, after cutting what follows # or // off.
    assert grammar.text.startswith("root ::= ")
    vocabulary = tokens(default_llm)
    info = xgrammar.TokenizerInfo(vocabulary, vocab_type=xgrammar.VocabType.BYTE_LEVEL, stop_token_ids=[151645])
    compiled = xgrammar.GrammarCompiler(info).compile_grammar(grammar.text)
    for answer in [*WRITTEN, *BARRED, *_strings(5, 300)]:
        matcher = xgrammar.GrammarMatcher(compiled, terminate_without_stop_token=True)
        accepted = not answer or matcher.accept_string(answer)
        assert bool(accepted and matcher.is_completed()) == grammar.accepts(answer), answer
    # The mask itself: behind 연체료는 no token opens a number that the evidence does not have.
    matcher = xgrammar.GrammarMatcher(compiled)
    matcher.accept_string("연체료는 ")
    mask = xgrammar.allocate_token_bitmask(1, info.vocab_size)
    matcher.fill_next_token_bitmask(mask)
    words = mask[0].tolist()
    decoded = enumerate(info.decoded_vocab)
    allowed = {token.decode("utf-8", "replace") for at, token in decoded if words[at // 32] >> (at % 32) & 1}
    opening = {token for token in allowed if token and has_numeral(token[0]) and token.isascii()}
    assert opening == {"0", "1", "2", "3", "5"}
    assert len(allowed) > 10_000

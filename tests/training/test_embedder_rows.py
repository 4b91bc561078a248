"""Rows that bring their passages: what they become, and that validation shares nothing with training."""

from __future__ import annotations

from pathlib import Path

import pytest

from haechi.errors import InputError
from haechi.training.embedder_rows import (
    Asked,
    Texts,
    brings_passages,
    read_nli,
    read_pairs,
    read_questions,
    with_texts,
    without_scores,
)
from haechi.training.questions import prepare
from tests.training.test_questions import jsonl


def test_mined_rows_keep_their_wrong_passages_and_their_document(tmp_path: Path) -> None:
    rows = [
        {"question": "며칠?", "gold_ids": ["법/1조"], "positive": "닷새", "negatives": ["사흘", "이레"], "hard_ids": []}
    ]
    path = jsonl(tmp_path / "mined.jsonl", rows)
    assert brings_passages(path)
    assert read_questions(path).asked == (Asked("며칠?", ("닷새",), ("사흘", "이레"), "법"),)


def test_grounded_rows_are_questions_and_refusals_are_left_out(tmp_path: Path) -> None:
    passages = [{"title": "규정", "text": "사흘"}, {"title": "", "text": "닷새"}]
    rows = [
        {"question": "며칠?", "passages": passages, "answer": "닷새 [2]", "gold": [2], "group": "d1"},
        {"question": "누가?", "passages": passages, "answer": "모른다", "gold": [], "group": "d1"},
    ]
    found = read_questions(jsonl(tmp_path / "grounded.jsonl", rows))
    assert found == Texts((Asked("며칠?", ("닷새",), ("규정\n사흘",), "d1"),), skipped=1)


def test_what_follows_is_an_answer_and_what_contradicts_is_none(tmp_path: Path) -> None:
    rows = [
        {"premise": "비가 온다", "hypothesis": "날이 궂다", "label": "entailment"},
        {"premise": "비가 온다", "hypothesis": "맑다", "label": "contradiction"},
        {"premise": "비가 온다", "hypothesis": "월요일이다", "label": "neutral"},
        {"premise": "문을 닫는다", "hypothesis": "문을 연다", "label": "contradiction"},
    ]
    found = read_nli(jsonl(tmp_path / "nli.jsonl", rows))
    assert found == Texts((Asked("비가 온다", ("날이 궂다",), ("맑다",), "비가 온다"),), skipped=1)


def test_pairs_are_scored_and_those_alike_are_questions(tmp_path: Path) -> None:
    rows = [
        {"sentence1": "가", "sentence2": "나", "score": 4.5},
        {"sentence1": "다", "sentence2": "라", "score": 1},
        {"sentence1": "마", "sentence2": "바", "label": 1},
        {"anchor": "사", "positive": "아", "negative": "자"},
    ]
    found = read_pairs(jsonl(tmp_path / "pairs.jsonl", rows))
    assert [(item.text, item.golds, item.hard) for item in found.asked] == [
        ("가", ("나",), ()),
        ("마", ("바",), ()),
        ("사", ("아",), ("자",)),
    ]
    assert found.scored == (("가", "나", 0.9), ("다", "라", 0.2), ("마", "바", 1.0))
    for wrong in (
        {"sentence1": "가", "sentence2": "나", "score": 7},
        {"anchor": "가"},
        {"sentence1": "가", "label": 1},
    ):
        with pytest.raises(InputError, match="1번째"):
            read_pairs(jsonl(tmp_path / "wrong.jsonl", [wrong]))


def test_a_held_out_document_is_in_no_training_row_not_even_as_a_wrong_answer() -> None:
    asked = [Asked(f"{n}?", (f"{n}",), (f"{(n + 1) % 10}",), f"d{n // 2}") for n in range(10)]
    scored = tuple((f"{n}?", f"{n}", 1.0) for n in range(10))
    data = with_texts(None, [Texts(tuple(asked), scored)], hashes={}, dev_share=0.4, seed=1)
    assert len(data.dev) == 4
    assert {gold for question in data.dev for gold in question.golds} == data.held_out
    assert len(data.train) == 6
    for question in data.train:
        assert not data.held_out.intersection((*question.golds, *question.hard))
    held = {data.passages[number] for number in data.held_out}
    assert not held.intersection(second for _, second, _ in data.scored)
    assert len(data.scored) == 6


def test_both_kinds_of_questions_make_one_set(tmp_path: Path) -> None:
    questions = jsonl(tmp_path / "q.jsonl", [{"question": f"{n}?", "gold_ids": [f"{n}"]} for n in "가나"])
    first = prepare({"가": "하나", "나": "둘"}, [questions], seed=0)
    texts = Texts((Asked("셋?", ("셋",), ("하나",), "x"), Asked("넷?", ("넷",), (), "y")))
    data = with_texts(first, [texts], hashes={"more.jsonl": "1"}, seed=0)
    assert set(data.passages) == {"하나", "둘", "셋", "넷"}
    assert (len(data.train), len(data.dev)) == (2, 2)
    assert set(data.hashes) == {"q.jsonl", "passages", "more.jsonl"}


def test_scores_alone_are_nothing_for_the_bundled_encoder() -> None:
    data = with_texts(None, [Texts((), (("가", "나", 0.2),))], hashes={})
    with pytest.raises(InputError, match="SentenceTransformer"):
        without_scores(data)
    with pytest.raises(InputError, match="학습할 질문이 없습니다"):
        with_texts(None, [Texts()], hashes={})

"""Training data: rows with their fields, gold passages by id, and a split by document. No torch."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from haechi.errors import BackendError, InputError
from haechi.training import needs
from haechi.training.questions import Question, held_out_documents, passages_of_file, prepare
from haechi.training.search import hard_negatives, ranks_of, recall

PASSAGES = {
    f"{law}/제{number}조": f"{law} {number}" for law in ("가법", "나법", "다법", "라법") for number in (1, 2, 3)
}


def jsonl(path: Path, rows: list[dict[str, Any]]) -> Path:
    path.write_text("".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows), encoding="utf-8")
    return path


@pytest.fixture
def questions(tmp_path: Path) -> Path:
    return jsonl(tmp_path / "q.jsonl", [{"question": f"{key}?", "gold_ids": [key]} for key in PASSAGES])


def test_validation_is_on_documents_that_training_never_saw(questions: Path) -> None:
    # The trap: another question about the same article in training makes validation look far too good.
    data = prepare(PASSAGES, [questions], dev_share=0.25, seed=1)
    assert (len(data.train), len(data.dev), len(data.held_out)) == (9, 3, 3)
    assert {gold for question in data.dev for gold in question.golds} == data.held_out
    assert not data.held_out & {gold for question in data.train for gold in question.golds}
    assert prepare(PASSAGES, [questions], dev_share=0.25, seed=1) == data
    assert {law for seed in range(9) for law in held_out_documents(PASSAGES, 0.25, seed)} == {
        "가법",
        "나법",
        "다법",
        "라법",
    }


def test_the_documents_of_a_validation_file_are_held_out(questions: Path, tmp_path: Path) -> None:
    dev = jsonl(tmp_path / "dev.jsonl", [{"question": "나?", "gold_ids": ["나법/제2조"]}])
    data = prepare(PASSAGES, [questions], [dev])
    assert [question.text for question in data.dev] == ["나?"]
    assert len(data.train) == 9
    assert len(data.held_out) == 3
    assert set(data.hashes) == {"q.jsonl", "dev.jsonl", "passages"}


def test_a_question_without_a_known_passage_is_counted_and_left_out(tmp_path: Path) -> None:
    rows = [
        {"question": "ㄱ", "gold_ids": ["가법/제1조", "없는법/제1조"]},
        {"question": "ㄴ", "gold_ids": ["없는법/제1조"]},
    ]
    data = prepare(PASSAGES, [jsonl(tmp_path / "q.jsonl", rows)], dev_share=0)
    assert (len(data.train), data.skipped, data.train[0].golds) == (1, 1, (0,))
    with pytest.raises(InputError, match="학습할 질문이 없습니다"):
        prepare(PASSAGES, [jsonl(tmp_path / "none.jsonl", rows[1:])])


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("{", "JSON이 아닙니다"),
        ("[]", "객체 하나"),
        ('{"question": "ㄱ"}', "gold_ids"),
        ('{"gold_ids": []}', "question"),
    ],
)
def test_a_wrong_row_is_named(tmp_path: Path, text: str, said: str) -> None:
    (tmp_path / "q.jsonl").write_text(text + "\n", encoding="utf-8")
    with pytest.raises(InputError, match=said):
        prepare(PASSAGES, [tmp_path / "q.jsonl"])


def test_passages_need_an_id_of_their_own(tmp_path: Path) -> None:
    rows = [{"id": "ㄱ", "title": "제목", "text": "글"}, {"id": "ㄴ", "text": "글"}]
    assert passages_of_file(jsonl(tmp_path / "c.jsonl", rows)) == {"ㄱ": "제목\n글", "ㄴ": "글"}
    with pytest.raises(InputError, match="2번째"):
        passages_of_file(jsonl(tmp_path / "c.jsonl", [rows[0], rows[0]]))


def test_hard_negatives_are_near_wrong_and_not_held_out() -> None:
    passages = np.eye(12, dtype=np.float32)
    asked = np.linspace(1, 0.01, 12, dtype=np.float32)[None, :]
    (found,) = hard_negatives(asked, passages, [Question("ㄱ", (0, 4))], frozenset({6}))
    # 1, 2 and 3 are the nearest wrong ones and left out: often right answers that nobody listed.
    assert found == [5, 7, 8, 9, 10, 11]


def test_recall_takes_the_best_of_several_right_passages_and_ties_count_against_it() -> None:
    passages = np.array([[1, 0], [0.6, 0.8], [0, 1], [1, 0]], np.float32)
    asked = np.array([[1, 0], [0, 1]], np.float32)
    found = recall(ranks_of(asked, passages, [Question("ㄱ", (0,)), Question("ㄴ", (1, 2))]))
    assert (found["recall@1"], found["recall@2"], found["mrr"]) == (0.5, 1.0, 0.75)


def test_without_torch_the_extra_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(needs, "find_spec", lambda name: None)
    with pytest.raises(BackendError, match=r"torch, transformers.*pip install 'haechi\[train\]'"):
        needs.require_torch()

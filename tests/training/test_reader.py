"""The reader's trainer: questions that share their passages cost one reading and learn what they would learn alone."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from haechi.errors import InputError
from haechi.training.grounded_rows import messages_of
from haechi.training.reader_data import read_questions, sequences
from tests.training.test_questions import jsonl
from tests.training.tiny_llm import make_tiny_llm

pytest.importorskip("torch", reason="the extra 'train' is not installed")
pytest.importorskip("transformers", reason="the extra 'train' is not installed")

PASSAGES = [
    {"title": "도서대출규정", "label": "제5조", "head": "대출 기간", "text": "대출 기간은 14일로 한다."},
    {"title": "도서대출규정", "label": "제9조", "head": "", "text": "연체료는 권당 하루 50원으로 한다."},
]
ROWS: list[dict[str, Any]] = [
    {"question": "며칠 빌려요?", "passages": PASSAGES, "answer": "대출 기간은 14일입니다. [1]"},
    {"question": "연체료는 얼마예요?", "passages": PASSAGES, "answer": "권당 하루 50원입니다. [2]"},
    {"question": "좌석은 몇 석이에요?", "passages": PASSAGES, "answer": "모른다"},
    {
        "question": "그건 하루에?",
        "standalone": "연체료는 하루에 얼마예요?",
        "passages": PASSAGES[1:],
        "answer": "50원입니다. [1]",
    },
]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    texts = [message.content + str(row["answer"]) for row in ROWS for message in messages_of(row)]
    return make_tiny_llm(tmp_path_factory.mktemp("tiny"), texts)


def tokenizer_of(folder: Path) -> Any:
    from transformers import AutoTokenizer

    return AutoTokenizer.from_pretrained(folder)


def test_questions_over_the_same_passages_share_one_prefix(folder: Path) -> None:
    packed = sequences(ROWS, tokenizer_of(folder), max_tokens=1536)
    assert [one.rows for one in packed] == [(0, 1, 2), (3,)]


def test_the_tokens_are_those_of_the_whole_chat(folder: Path) -> None:
    # A cut at the wrong place would train on tokens that the model never sees when it is asked.
    tokenizer = tokenizer_of(folder)
    for one in sequences(ROWS, tokenizer, max_tokens=1536):
        for place, segment in zip(one.rows, one.segments, strict=True):
            chat = [{"role": turn.role, "content": turn.content} for turn in messages_of(ROWS[place])]
            chat.append({"role": "assistant", "content": ROWS[place]["answer"]})
            whole = tokenizer.encode(tokenizer.apply_chat_template(chat, tokenize=False), add_special_tokens=False)
            mine = [*one.prefix, *segment.question, *segment.answer]
            assert whole[: len(mine)] == mine
            assert tokenizer.decode(whole[len(mine) :]).strip() == ""


def test_a_follow_up_is_asked_as_the_question_it_stands_for() -> None:
    assert messages_of(ROWS[3])[-1].content.endswith("[질문]\n연체료는 하루에 얼마예요?")


def test_together_a_question_has_the_loss_that_it_has_alone(folder: Path) -> None:
    import torch

    from haechi.training.reader_model import Reader

    tokenizer = tokenizer_of(folder)
    model = Reader(folder, layers=1, rank=4, seed=0, dtype=torch.float32)
    together = sequences(ROWS[:3], tokenizer, max_tokens=1536)[0]
    alone = [sequences([row], tokenizer, max_tokens=1536)[0] for row in ROWS[:3]]
    with torch.no_grad():
        loss, count = model.loss(together, model.lower(together))
        each = [model.loss(one, model.lower(one)) for one in alone]
    assert count == sum(tokens for _, tokens in each)
    assert float(loss) == pytest.approx(sum(float(one) for one, _ in each), rel=1e-4)


def test_it_learns_and_goes_on_where_it_stopped(folder: Path, tmp_path: Path) -> None:
    from haechi.training.reader import Settings, train_reader

    settings = Settings(epochs=20, rank=16, layers=2, questions=2, lr=0.03, seed=1, threads=1)
    whole = train_reader(ROWS, ROWS[:1], folder, tmp_path / "whole", settings)
    assert whole["losses"][-1] < whole["losses"][0] * 0.8
    assert whole["dev_loss"] < whole["losses"][0]

    steps: list[int] = []
    stopped = train_reader(
        ROWS, [], folder, tmp_path / "cut", settings, stop=lambda: len(steps) == 6,
        report=lambda stage, done, total, loss, left: steps.append(done) if stage == "train" else None,
    )  # fmt: skip
    assert stopped["interrupted"] and stopped["steps"] == 7
    resumed = train_reader(ROWS, [], folder, tmp_path / "cut", settings, resume=True)
    assert resumed["losses"] == pytest.approx(whole["losses"], rel=1e-3)


def test_a_second_stage_begins_at_the_first(folder: Path, tmp_path: Path) -> None:
    from haechi.training.reader import ADAPTER, Settings, train_reader

    settings = Settings(epochs=20, rank=16, layers=2, questions=2, lr=0.03, threads=1)
    first = train_reader(ROWS, [], folder, tmp_path / "one", settings)
    start = tmp_path / "one" / ADAPTER
    second = train_reader(ROWS, [], folder, tmp_path / "two", settings, start=start)
    assert second["losses"][0] < first["losses"][0] * 0.9
    with pytest.raises(InputError, match="--rank"):
        train_reader(ROWS, [], folder, tmp_path / "three", Settings(rank=8, layers=2), start=start)


def test_a_finished_run_is_never_overwritten(folder: Path, tmp_path: Path) -> None:
    from haechi.training.reader import Settings, train_reader

    (tmp_path / "run.json").write_text("{}")
    with pytest.raises(InputError, match="--out"):
        train_reader(ROWS, [], folder, tmp_path, Settings())


def test_a_row_without_passages_is_named(tmp_path: Path) -> None:
    path = jsonl(
        tmp_path / "rows.jsonl", [ROWS[0], {"question": "?", "answer": "모른다", "passages": [{"title": "x"}]}]
    )
    with pytest.raises(InputError, match=r"rows\.jsonl:2"):
        read_questions([path])


def test_a_row_too_long_is_named(folder: Path) -> None:
    with pytest.raises(InputError, match="며칠"):
        sequences(ROWS[:1], tokenizer_of(folder), max_tokens=60)

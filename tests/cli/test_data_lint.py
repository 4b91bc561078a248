"""`haechi data lint|clean|validate|estimate` from the command line."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from haechi.training.data_formats import read_any, write_rows
from tests.cli.conftest import Run

GOOD = {"prompt": "도서관은 몇 시에 닫나요?", "completion": "평일에는 오후 9시에 닫습니다."}
CUT = {"prompt": "이용료는 얼마인가요?", "completion": "회원은 무료이며 비회원은 이용료를"}
ASKED = {"prompt": "휴관일이 언제인지 알려 주세요", "completion": "월요일입니다."}


@pytest.fixture
def rows(in_folder: Path) -> Path:
    write_rows(Path("rows.jsonl"), [GOOD, CUT, dict(GOOD), ASKED])
    write_rows(Path("eval.jsonl"), [{"id": "q", "question": "휴관일이언제인지 알려주세요!", "answers": ["월요일"]}])
    return Path("rows.jsonl")


def test_lint_tells_what_is_wrong_and_ends_with_one(haechi: Run, rows: Path) -> None:
    done = haechi("data", "lint", rows, "--against", "eval.jsonl", "--report", "report.json")
    assert done.status == 1
    for words in ("뺄 줄 3", "truncated", "duplicate", "leak_question", "rows.jsonl:2", "rows.jsonl:3 ← rows.jsonl:1"):
        assert words in done.out
    report = json.loads(Path("report.json").read_text(encoding="utf-8"))
    assert [item["row"] for item in report["findings"]] == ["rows.jsonl:2", "rows.jsonl:3", "rows.jsonl:4"]
    record = haechi("data", "lint", rows, "--json").json
    assert record["before"] == {"duplicate": 1, "truncated": 1}
    assert "findings" not in record
    write_rows(Path("good.jsonl"), [GOOD])
    done = haechi("data", "lint", "good.jsonl")
    assert (done.status, "찾은 것이 없습니다" in done.out) == (0, True)


def test_clean_writes_what_stays_and_what_went_and_leaves_the_input(haechi: Run, rows: Path) -> None:
    before = rows.read_bytes()
    done = haechi("data", "clean", rows, "--out", "new.jsonl", "--against", "eval.jsonl", "--json")
    assert done.status == 0
    assert done.json["before"] == {"duplicate": 1, "truncated": 1, "leak_question": 1}
    assert (done.json["after"], done.json["kept"], done.json["dropped"]) == ({}, 1, 3)
    assert read_any(Path("new.jsonl")) == ("sft", [GOOD])
    dropped = [json.loads(line) for line in Path("new.dropped.jsonl").read_text(encoding="utf-8").splitlines()]
    assert [(row["row"], row["reasons"][0]["code"], row["data"]) for row in dropped] == [
        ("rows.jsonl:2", "truncated", CUT),
        ("rows.jsonl:3", "duplicate", GOOD),
        ("rows.jsonl:4", "leak_question", ASKED),
    ]
    assert rows.read_bytes() == before
    assert "1 → 0" in haechi("data", "clean", rows, "--out", "new.jsonl").out


def test_no_input_is_written_over(haechi: Run, rows: Path) -> None:
    before = rows.read_bytes()
    Path("link.jsonl").symlink_to(rows.resolve())
    for out, more in (
        (rows, ()),
        ("link.jsonl", ()),
        ("new.jsonl", ("--dropped", "eval.jsonl", "--against", "eval.jsonl")),
    ):
        done = haechi("data", "clean", rows, "--out", out, *more)
        assert (done.status, "읽는 파일" in done.err) == (1, True)
    assert haechi("data", "clean", rows, "--out", "a.jsonl", "--dropped", "a.jsonl").status == 1
    assert rows.read_bytes() == before


def test_which_checks_count_is_said_by_name(haechi: Run, rows: Path) -> None:
    assert haechi("data", "lint", rows, "--keep", "truncated", "--json").json["dropped"] == 1
    assert haechi("data", "lint", rows, "--max-chars", "10", "--also", "long_answer", "--json").json["dropped"] == 3
    done = haechi("data", "lint", rows, "--keep", "cut")
    assert (done.status, "truncated" in done.err) == (1, True)


def test_validate_and_estimate(haechi: Run, in_folder: Path) -> None:
    rows = [
        {
            "messages": [
                {"role": "user", "content": f"{number}번 창구는 어디예요?"},
                {"role": "assistant", "content": "1층입니다."},
            ]
        }
        for number in range(10)
    ]
    write_rows(Path("chat.jsonl"), rows)
    done = haechi("data", "validate", "chat.jsonl")
    assert (done.status, "쓸 수 있습니다" in done.out, "어림" in done.out) == (0, True, True)
    record = haechi("data", "estimate", "chat.jsonl", "--json").json
    assert (record["epochs"], record["batch"], record["lr_multiplier"], record["steps"]) == (10, 1, 2.0, 100)
    assert (record["seconds"], record["cost"], record["counted_by"]) == (None, None, "letters")
    assert "모름" in haechi("data", "estimate", "chat.jsonl").out
    done = haechi("data", "estimate", "chat.jsonl", "--tokens-per-second", "10", "--hourly-price", "360", "--json")
    assert done.json["cost"] == pytest.approx(done.json["seconds"] / 10)
    write_rows(Path("short.jsonl"), rows[:9])
    done = haechi("data", "validate", "short.jsonl", "--json")
    assert (done.status, [problem["code"] for problem in done.json["problems"]]) == (1, ["too_few"])
    done = haechi("data", "estimate", "short.jsonl")
    assert (done.status, "haechi data validate" in done.err) == (1, True)
    done = haechi("data", "estimate", "chat.jsonl", "--tokens-per-second", "0")
    assert (done.status, "0보다 큰 수" in done.err) == (2, True)
    done = haechi("data", "estimate", "chat.jsonl", "--run", "nowhere")
    assert (done.status, "--tokens-per-second" in done.err) == (1, True)


def test_tokens_are_counted_by_a_models_tokenizer(haechi: Run, in_folder: Path) -> None:
    pytest.importorskip("transformers")
    from tokenizers import Tokenizer, models, pre_tokenizers

    vocabulary = {"[UNK]": 0, **{chr(code): number for number, code in enumerate(range(0xAC00, 0xAC00 + 50), 1)}}
    tokenizer = Tokenizer(models.WordLevel(vocabulary, unk_token="[UNK]"))
    tokenizer.pre_tokenizer = pre_tokenizers.Split("", "isolated")
    Path("model").mkdir()
    tokenizer.save("model/tokenizer.json")
    Path("model/tokenizer_config.json").write_text('{"tokenizer_class": "PreTrainedTokenizerFast"}', encoding="utf-8")
    rows = [
        {"messages": [{"role": "user", "content": f"가{number}"}, {"role": "assistant", "content": "네."}]}
        for number in range(10)
    ]
    write_rows(Path("chat.jsonl"), rows)
    done = haechi("data", "validate", "chat.jsonl", "--tokenizer", "model", "--json")
    assert (done.json["counted_by"], done.json["tokens"]) == ("model", 10 * (2 + 3 + 2 + 3))
    done = haechi("data", "validate", "chat.jsonl", "--tokenizer", "nowhere")
    assert (done.status, "tokenizer.json" in done.err) == (1, True)

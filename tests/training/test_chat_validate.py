"""Chat JSONL for a tuning job: what stops a job, what it will take, and nothing about it made up."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from haechi.errors import InputError
from haechi.training.chat_estimate import Rates, auto_settings, estimate, speed_of_run
from haechi.training.chat_validate import validate_chat

USER = {"role": "user", "content": "연장은 몇 번 되나요?"}
BOT = {"role": "assistant", "content": "한 번, 7일까지 됩니다."}
SYSTEM = {"role": "system", "content": "당신은 안내원입니다."}


def file_of(path: Path, *rows: Any, more: int = 10) -> Path:
    """These rows, and `more` sound ones so that their number is no problem."""
    sound = [{"messages": [SYSTEM, {**USER, "content": f"질문 {number}"}, BOT]} for number in range(more)]
    lines = [row if isinstance(row, str) else json.dumps(row, ensure_ascii=False) for row in (*rows, *sound)]
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return path


def codes(path: Path, **options: Any) -> list[tuple[int, str, bool]]:
    found = validate_chat(path, len, **options)
    return [(problem.line, problem.code, problem.error) for problem in found.problems]


def test_sound_examples_pass(tmp_path: Path) -> None:
    path = file_of(tmp_path / "a.jsonl", {"messages": [USER, BOT, USER, BOT]})
    found = validate_chat(path, len)
    assert (found.valid, found.problems, len(found.examples)) == (True, [], 11)
    # Three tokens of form a message; only answers are trained on.
    assert found.tokens[0] == 2 * (len(USER["content"]) + 3) + found.trained[0]
    assert found.trained[0] == 2 * (len(BOT["content"]) + 3)


@pytest.mark.parametrize(
    ("row", "code"),
    [
        ("{", "not_json"),
        ('"글"', "no_messages"),
        ({"prompt": "가", "completion": "나"}, "no_messages"),
        ({"messages": []}, "no_messages"),
        ({"messages": ["가"]}, "message"),
        ({"messages": [{"role": "bot", "content": "가"}, BOT]}, "role"),
        ({"messages": [{"content": "가"}, BOT]}, "role"),
        ({"messages": [USER, {**BOT, "content": " \n"}]}, "empty"),
        ({"messages": [USER, {**BOT, "content": None}]}, "empty"),
        ({"messages": [USER]}, "order"),
        ({"messages": [USER, BOT, USER]}, "order"),
        ({"messages": [BOT, USER, BOT]}, "order"),
        ({"messages": [USER, USER, BOT]}, "order"),
        ({"messages": [USER, SYSTEM, BOT]}, "order"),
        ({"messages": [SYSTEM, BOT]}, "order"),
        ({"messages": [USER, {**BOT, "content": "가" * 5000}]}, "too_long"),
    ],
)
def test_what_stops_a_job_is_named_with_its_line(tmp_path: Path, row: Any, code: str) -> None:
    path = file_of(tmp_path / "a.jsonl", row)
    assert (1, code, True) in codes(path)
    assert not validate_chat(path, len).valid


def test_repeated_examples_and_unused_fields_warn(tmp_path: Path) -> None:
    # The lecture's ten examples are five, each twice: a job would run, and learn half of what it seems to.
    row = {"messages": [USER, BOT]}
    path = file_of(tmp_path / "a.jsonl", row, row, {**row, "id": 1})
    assert codes(path) == [(2, "duplicate", False), (3, "more_fields", False), (3, "duplicate", False)]
    assert validate_chat(path, len).valid


def test_an_indented_array_is_no_chat_jsonl(tmp_path: Path) -> None:
    path = tmp_path / "a.jsonl"
    path.write_text(json.dumps([{"messages": [USER, BOT]}] * 20, indent=2), encoding="utf-8-sig")
    assert codes(path) == [(1, "array", True)]


def test_ten_examples_are_the_least_and_broken_ones_do_not_count(tmp_path: Path) -> None:
    assert codes(file_of(tmp_path / "a.jsonl", more=10)) == []
    assert (0, "too_few", True) in codes(file_of(tmp_path / "a.jsonl", {"messages": [USER]}, more=9))
    (tmp_path / "a.jsonl").write_text("", encoding="utf-8")
    assert codes(tmp_path / "a.jsonl") == [(0, "too_few", True)]


def test_a_line_separator_inside_a_text_is_no_line_end(tmp_path: Path) -> None:
    path = file_of(tmp_path / "a.jsonl", {"messages": [{**USER, "content": "가\u2028나"}, BOT]})
    assert codes(path) == []


def test_auto_settings_are_those_that_hosted_jobs_chose() -> None:
    auto = auto_settings(10)
    assert (auto.epochs, auto.batch, auto.lr_multiplier) == (10, 1, 2.0)
    assert [auto_settings(count).epochs for count in (1, 4, 33, 34, 1000, 10_000, 100_000)] == [25, 25, 4, 3, 3, 2, 1]
    assert auto_settings(1000).batch == 2
    with pytest.raises(InputError, match="하나도"):
        auto_settings(0)


def test_what_is_not_given_is_not_made_up() -> None:
    found = estimate([163] * 10, [40] * 10)
    assert (found["tokens"], found["steps"]) == (16_300, 100)
    assert found["seconds"] is None
    assert found["cost"] is None
    # An hourly price without a speed says nothing about money.
    assert estimate([163], [40], Rates(hourly_price=1000))["cost"] is None


def test_time_and_money_come_from_the_rates() -> None:
    rates = Rates(tokens_per_second=100, hourly_price=3600, watts=500, kwh_price=200)
    found = estimate([1000] * 36, [10] * 36, rates, epochs=10, batch=4)
    assert (found["seconds"], found["steps"]) == (3600, 90)
    assert found["cost_parts"] == {"hours": 3600, "electricity": 100}
    assert found["cost"] == 3700
    assert estimate([500] * 2, [1] * 2, Rates(price_per_1k=3), epochs=2)["cost"] == 6


def test_the_speed_of_an_earlier_run(tmp_path: Path) -> None:
    (tmp_path / "run.json").write_text(json.dumps({"tokens": 5000, "seconds": 50}), encoding="utf-8")
    assert speed_of_run(tmp_path) == 100
    (tmp_path / "run.json").write_text(json.dumps({"tokens": 5000, "seconds": 0}), encoding="utf-8")
    with pytest.raises(InputError, match="tokens-per-second"):
        speed_of_run(tmp_path)

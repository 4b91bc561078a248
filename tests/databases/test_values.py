"""Values of a database as a Korean reader sees them, masked, and back from JSON."""

from __future__ import annotations

import datetime as dt
import uuid
from decimal import Decimal
from typing import Any

import pytest

from haechi.databases.values import as_kind, from_json, hide, key_text, masked, scalar_of, text_of, to_json

SEOUL = dt.timezone(dt.timedelta(hours=9))


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (None, ""),
        (b"\x00", ""),
        (True, "예"),
        (False, "아니요"),
        (0, "0"),
        (1234567, "1234567"),
        (Decimal("1500000.00"), "1500000"),
        (Decimal("1E+3"), "1000"),
        (Decimal("0.10"), "0.1"),
        (1e-7, "0.0000001"),
        (2.0, "2"),
        (float("nan"), ""),
        (dt.date(2024, 3, 1), "2024년 3월 1일"),
        (dt.datetime(2024, 3, 1), "2024년 3월 1일"),
        (dt.datetime(2024, 3, 1, 14, 5), "2024년 3월 1일 14:05"),
        (dt.datetime(2024, 3, 1, 14, 5, 9, tzinfo=SEOUL), "2024년 3월 1일 14:05:09 (UTC+0900)"),
        (dt.time(9, 30), "09:30"),
        ({"등급": "VIP", "없음": None, "점수": [1, 2.50]}, "등급: VIP, 점수: 1, 2.5"),
        ("가\x00나\r\n다", "가나\n다"),  # NUL and Windows line ends
    ],
)
def test_a_value_as_text(value: Any, text: str) -> None:
    assert text_of(value) == text


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ("홍길동", "홍○○"),
        ("남궁민수", "남○○○"),
        ("김철", "김○"),
        ("김", "○"),
        ("John Smith", "***"),
        ("서울시 강남구", "***"),
        ("010-1234-5678", "***"),
        (42, "***"),
        (dt.date(2024, 3, 1), "***"),
        (True, "***"),
        (None, ""),
    ],
)
def test_a_masked_value(value: Any, text: str) -> None:
    assert masked(value) == text


def test_a_hidden_number_is_found_however_its_digits_are_parted() -> None:
    for spelt in ("010-1234-5678", "01012345678", "010 1234 5678", "010.1234.5678", "(010) 1234-5678"):
        assert hide(f"연락처 {spelt} 입니다", "010-1234-5678", "***") == "연락처 *** 입니다"
        assert hide(f"연락처 {spelt} 입니다", 1012345678, "***") != "연락처 *** 입니다"
    assert hide("9010123456789", "010-1234-5678", "***") == "9010123456789"


def test_a_hidden_name_is_found_in_other_text_and_short_values_are_left() -> None:
    assert hide("담당 홍길동, 홍길동님", "홍길동", "홍○○") == "담당 홍○○, 홍○○님"
    # Hiding these would tear other words apart.
    for value in ("김", 12, None, True, b"abcd"):
        assert hide("김치 12개 abcd True None", value, "***") == "김치 12개 abcd True None"


@pytest.mark.parametrize(
    "value",
    [
        None,
        7,
        "가,나",
        Decimal("1.50"),
        dt.date(2024, 3, 1),
        dt.datetime(2024, 3, 1, 1, 2, 3, 4, tzinfo=SEOUL),
        dt.time(1, 2),
        uuid.UUID(int=5),
    ],
)
def test_keys_come_back_from_json_as_they_were(value: Any) -> None:
    back = from_json(to_json(value))
    assert (back, type(back)) == (value, type(value))


@pytest.mark.parametrize("value", [b"x", dt.timedelta(1), [1]])
def test_what_cannot_be_a_key_is_said(value: Any) -> None:
    with pytest.raises(TypeError):
        to_json(value)


def test_a_key_of_several_columns_cannot_be_read_two_ways() -> None:
    assert key_text(("a,b", "c")) != key_text(("a", "b,c"))
    assert key_text(("a\\", "b")) != key_text(("a", "\\b"))
    assert key_text((dt.date(2024, 3, 1), 5)) == "2024-03-01,5"


def test_declared_kinds_are_read_where_the_driver_gives_plain_values() -> None:
    assert as_kind(1, "bool") is True
    assert as_kind(7, "bool") == 7
    assert as_kind('{"a": 1}', "json") == {"a": 1}
    assert as_kind("2024-03-01", "date") == dt.date(2024, 3, 1)
    # SQLite keeps anything in a column declared DATE.
    assert as_kind("어제", "date") == "어제"


def test_long_text_is_no_metadata() -> None:
    assert scalar_of("가" * 200) == "가" * 200
    assert scalar_of("가" * 201) is None

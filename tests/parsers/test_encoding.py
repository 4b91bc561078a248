from __future__ import annotations

import unicodedata

import pytest

from haechi.errors import ParseError
from haechi.parsers.encoding import clean, decode

KOREAN = "해치는 근거가 있는 말만 한다.\n모르면 모른다고 한다.\n"


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "cp949", "euc-kr"])
def test_korean_encodings_are_read(encoding: str) -> None:
    decoded = decode(KOREAN.encode(encoding), "글.txt")
    assert decoded.text == KOREAN
    assert decoded.warnings == ()


def test_cp949_syllables_outside_euc_kr_are_read() -> None:
    assert decode("똠방각하 햏".encode("cp949"), "글.txt").text == "똠방각하 햏"


def test_a_few_stray_bytes_are_replaced_and_reported_with_their_line() -> None:
    # trap: CP949 with stray bytes must neither fail nor lose the rest of the line
    data = (KOREAN * 50).encode("cp949") + b"\xff" + KOREAN.encode("cp949")
    decoded = decode(data, "글.txt")
    assert decoded.text.count("\ufffd") == 1
    assert decoded.text.replace("\ufffd", "") == KOREAN * 51
    assert "1개" in decoded.warnings[0]
    assert "101번째 줄" in decoded.warnings[0]


def test_bytes_of_no_known_encoding_are_refused() -> None:
    data = bytes((0x80 + (index * 37) % 0x80) for index in range(4000))
    with pytest.raises(ParseError, match="인코딩"):
        decode(data, "글.txt")


@pytest.mark.parametrize(
    ("head", "name"),
    [
        (b"%PDF-1.7\n", "PDF"),
        (b"PK\x03\x04", "hwpx"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "HWP"),
        (b"\x89PNG\r\n\x1a\n", "PNG"),
    ],
)
def test_a_binary_renamed_txt_is_refused_by_its_real_name(head: bytes, name: str) -> None:
    with pytest.raises(ParseError, match=name):
        decode(head + b"rest of the file", "보고서.txt")


def test_unknown_binaries_are_refused() -> None:
    with pytest.raises(ParseError, match="이진"):
        decode(bytes(range(256)) * 20, "글.txt")


def test_a_single_nul_is_removed_and_reported() -> None:
    decoded = decode((KOREAN * 100).encode() + b"\x00" + KOREAN.encode(), "글.txt")
    assert decoded.text == KOREAN * 101
    assert "NUL" in decoded.warnings[0]


def test_text_leaves_clean() -> None:
    decomposed = unicodedata.normalize("NFD", "해치")
    assert clean(f"{decomposed}\r\n\u200b가\x00\ud800\x07나") == "해치\n가\ufffd나"

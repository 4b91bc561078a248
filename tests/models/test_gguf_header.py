"""The header reader takes what it needs and trusts no length."""

from __future__ import annotations

import struct
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from haechi.errors import ModelError
from haechi.models.gguf_header import read_header
from tests.models.made_gguf import header, pair, text


def test_scalars_and_strings_are_read_and_arrays_skipped(tmp_path: Path) -> None:
    file = tmp_path / "m.gguf"
    file.write_bytes(
        header(
            pair("general.architecture", "qwen2"),
            pair("tokenizer.ggml.tokens", ["가", "나"]),
            pair("qwen2.context_length", 4096),
            pair("general.license", "apache-2.0"),
        )
    )
    assert read_header(file) == {
        "general.architecture": "qwen2",
        "qwen2.context_length": 4096,
        "general.license": "apache-2.0",
    }


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"GGML\x03",
        b"GGUF",
        header(version=9),
        header(count=1 << 60),
        header(struct.pack("<Q", 1 << 62) + b"k"),
        header(text("k") + struct.pack("<IQ", 8, 1 << 40)),
        header(text("k") + struct.pack("<IIQ", 9, 8, 1 << 62)),
        header(text("k") + struct.pack("<IIQ", 9, 9, 1)),
        header(text("k") + struct.pack("<IIQ", 9, 4, 1 << 22)),
        header(text("k") + struct.pack("<I", 99)),
        header(text("k") + struct.pack("<IQ", 8, 2) + b"\xff\xfe"),
    ],
    ids=["empty", "magic", "short", "version", "keys", "key", "string", "array", "nested", "long", "type", "utf8"],
)
def test_a_hostile_header_is_a_clear_error(tmp_path: Path, content: bytes) -> None:
    file = tmp_path / "bad.gguf"
    file.write_bytes(content)
    with pytest.raises(ModelError, match=r"bad\.gguf.*올바른 GGUF 파일이 아닙니다"):
        read_header(file)


@given(st.binary(max_size=200))
def test_any_bytes_after_the_magic_end_in_a_header_or_a_model_error(
    tmp_path_factory: pytest.TempPathFactory, tail: bytes
) -> None:
    file = tmp_path_factory.mktemp("gguf") / "x.gguf"
    file.write_bytes(header(count=2)[:24] + tail)
    try:
        read_header(file)
    except ModelError:
        pass

"""Damaged files of every format: a reason each time, whatever was done to them; the next file is read as if nothing
had happened. `benchmarks/damaged.py` does the same to a thousand real files."""

from __future__ import annotations

from pathlib import Path

from benchmarks._damage import damaged

from haechi.errors import ParseError
from haechi.parsers.base import ParseOptions
from haechi.parsers.worker import ParserPool
from tests.contracts.test_parser_contract import SAMPLES


def test_a_damaged_file_is_read_or_refused_with_a_reason_and_never_takes_the_program_down(tmp_path: Path) -> None:
    good = tmp_path / "좋은.txt"
    good.write_text("해치는 근거만 말한다.", encoding="utf-8")
    files = [(name, data) for name, data in SAMPLES.values()]
    with ParserPool(timeout=20.0, memory_mb=1024) as pool:
        for item in damaged(files, 9 * len(SAMPLES), seed=7):
            path = tmp_path / item.name
            path.write_bytes(item.data)
            try:
                documents = pool.parse(path, item.name, ParseOptions())
            except ParseError as error:
                reason = error.korean.replace(item.name, "")
                assert len(reason) > 8, item
                assert "갑자기 끝났습니다" not in reason, item.name
            else:
                assert all(block.text.strip() for document in documents for block in document.blocks), item.name
            path.unlink()
        assert pool.parse(good, "좋은.txt", ParseOptions())

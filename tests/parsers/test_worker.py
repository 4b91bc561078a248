from __future__ import annotations

import textwrap
import unicodedata
from collections.abc import Iterator
from pathlib import Path

import pytest

from haechi.errors import ParseError
from haechi.parsers.base import ParseOptions
from haechi.parsers.worker import ParserPool

OPTIONS = ParseOptions()


@pytest.fixture
def good(tmp_path: Path) -> Path:
    path = tmp_path / "좋은.txt"
    path.write_text("첫 문단\n\n둘째 문단", "utf-8")
    return path


@pytest.fixture
def outside(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An outside package with parsers that hang, eat memory and crash, found through its entry points."""
    (tmp_path / "bad_parsers.py").write_text(
        textwrap.dedent("""
            import os, time

            class Hang:
                def parse(self, path, source, options): time.sleep(600)

            class Eat:
                def parse(self, path, source, options): return [bytearray(1 << 40)]

            class Crash:
                def parse(self, path, source, options): os.abort()
        """),
        "utf-8",
    )
    info = tmp_path / "bad_parsers-1.0.dist-info"
    info.mkdir()
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: bad-parsers\nVersion: 1.0\n", "utf-8")
    points = "".join(f"{name} = bad_parsers:{name.title()}\n" for name in ("hang", "eat", "crash"))
    (info / "entry_points.txt").write_text(f"[haechi.parsers]\n{points}", "utf-8")
    monkeypatch.syspath_prepend(str(tmp_path))
    return tmp_path


@pytest.fixture
def pool() -> Iterator[ParserPool]:
    with ParserPool(timeout=20, memory_mb=2048) as pool:
        yield pool


def test_documents_come_back_whole(pool: ParserPool, good: Path) -> None:
    document = pool.parse(good, "좋은.txt", OPTIONS)[0]
    assert [block.text for block in document.blocks] == ["첫 문단", "둘째 문단"]
    assert document == pool.parse(good, "좋은.txt", OPTIONS)[0]


def test_one_child_serves_many_files(pool: ParserPool, good: Path) -> None:
    pool.parse(good, "가", OPTIONS)
    first = pool._process
    pool.parse(good, "나", OPTIONS)
    assert pool._process is first


def test_errors_of_a_parser_arrive_with_their_reason(pool: ParserPool, tmp_path: Path, good: Path) -> None:
    broken = tmp_path / "깨진.pdf"
    broken.write_bytes(b"%PDF-1.7 broken")
    with pytest.raises(ParseError, match="깨진 PDF"):
        pool.parse(broken, "깨진.pdf", OPTIONS)
    assert pool.parse(good, "좋은.txt", OPTIONS)


@pytest.mark.parametrize(("parser", "reason"), [("eat", "메모리"), ("crash", "신호 6")])
def test_a_child_that_dies_or_runs_out_of_memory_is_replaced(
    pool: ParserPool, outside: Path, good: Path, parser: str, reason: str
) -> None:
    with pytest.raises(ParseError, match=reason):
        pool.parse(good, "나쁜.txt", OPTIONS, parser)
    assert pool.parse(good, "좋은.txt", OPTIONS)


def test_a_child_that_hangs_is_stopped_and_replaced(outside: Path, good: Path) -> None:
    with ParserPool(timeout=20) as pool:
        pool.parse(good, "좋은.txt", OPTIONS)  # started, so that the short clock below measures the file alone
        pool.timeout = 0.3
        with pytest.raises(ParseError, match=r"0\.3초"):
            pool.parse(good, "느린.txt", OPTIONS, "hang")
        pool.timeout = 20
        assert pool.parse(good, "좋은.txt", OPTIONS)[0].source == "좋은.txt"


def test_a_large_result_does_not_block_the_pipe(pool: ParserPool, tmp_path: Path) -> None:
    path = tmp_path / "큰.txt"
    path.write_text("해치는 근거가 있는 말만 한다.\n" * 200_000, "utf-8")
    assert len(pool.parse(path, "큰.txt", OPTIONS)[0].text) > 3_000_000


def test_an_nfd_file_name_is_found_and_shown_as_nfc(pool: ParserPool, tmp_path: Path) -> None:
    name = unicodedata.normalize("NFD", "여비규정.txt")
    (tmp_path / name).write_text("내용", "utf-8")
    document = pool.parse(tmp_path / name, name, OPTIONS)[0]
    assert (document.source, document.title) == ("여비규정.txt", "여비규정")


def test_closing_twice_is_safe(good: Path) -> None:
    pool = ParserPool(timeout=20)
    pool.parse(good, "가", OPTIONS)
    pool.close()
    pool.close()

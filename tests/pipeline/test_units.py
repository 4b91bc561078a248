"""Units and their settings through a whole ingest, and what the report says about the embedder's limit."""

from __future__ import annotations

from pathlib import Path

import pytest

from haechi.config import load_config
from haechi.errors import ConfigError
from haechi.indexes.strategies.plain import PlainStrategy
from haechi.pipeline.build import Home, open_home
from haechi.pipeline.ingest import ingest
from haechi.pipeline.prepare import entries_of
from haechi.pipeline.report import report_record
from haechi.types import Block, Chunk, Document


def with_settings(home: Home, text: str) -> Home:
    path = home.config.home / "haechi.toml"
    path.write_text(path.read_text(encoding="utf-8") + text, encoding="utf-8")
    return open_home(load_config(home.config.home))


@pytest.mark.parametrize("unit", ["sentence", "page", "fixed", "semantic"])
def test_every_unit_can_be_ingested_and_searched(home: Home, documents: Path, unit: str) -> None:
    report = ingest(home, [str(documents)], unit=unit)
    assert report.failed == []
    assert [row["unit"] for row in report.units] == [unit]
    hits = home.retriever().retrieve("연체료는 하루에 얼마인가요?", 2)
    assert any("100원" in hit.chunk.text for hit in hits)
    assert {hit.chunk.unit for hit in hits} == {unit}


def test_fixed_follows_the_settings_and_a_change_of_them_cuts_anew(home: Home, documents: Path) -> None:
    with with_settings(home, '\n[ingest]\nfixed_size = 80\nfixed_overlap = 10\nfixed_separators = [" "]\n') as small:
        first = ingest(small, [str(documents)], unit="fixed").chunks
        assert ingest(small, [str(documents)], unit="fixed").skipped == 1
    with open_home(
        load_config(home.config.home, {"HAECHI_EMBEDDER_BACKEND": "scripted", "HAECHI_INGEST_FIXED_SIZE": "200"})
    ) as wide:
        second = ingest(wide, [str(documents)], unit="fixed")
        assert second.skipped == 0
        assert 0 < second.chunks < first


def test_units_over_the_limit_are_counted_and_a_useless_separator_is_said(home: Home, documents: Path) -> None:
    (documents / "긴글.txt").write_text("쉬지 않고 이어지는 긴 글이다 " * 200, encoding="utf-8")
    with with_settings(home, '\n[ingest]\nfixed_size = 100\nfixed_overlap = 0\nfixed_separators = ["\\n\\n"]\n') as odd:
        report = ingest(odd, [str(documents / "긴글.txt")], unit="fixed")
    record = report_record(report)
    assert (record["units_found"], record["units_over_limit"], record["over_limit_percent"]) == (1, 1, 100.0)
    warnings = " ".join(item["warning"] for item in record["warnings"])
    assert "하나도 나누지 못했습니다" in warnings
    assert report.chunks > 1


@pytest.mark.parametrize("line", ['fixed_separators = "x"', "fixed_separators = [1]"])
def test_separators_must_be_a_list_of_strings(home: Home, line: str) -> None:
    with pytest.raises(ConfigError, match="글자의 목록"):
        with_settings(home, f"\n[ingest]\n{line}\n")


def test_separators_can_stand_in_the_environment_as_json(home: Home) -> None:
    config = load_config(home.config.home, {"HAECHI_INGEST_FIXED_SEPARATORS": '["\\n", " "]'})
    assert config.ingest.fixed_separators == ("\n", " ")


def test_a_table_of_contents_is_kept_but_never_found() -> None:
    # Trap: "제3장 요금 … 9" has every word of the question and no answer.
    document = Document.make("a", "글", [Block("제3장 요금 … 9", meta={"toc": True}), Block("요금은 백 원이다.")])
    chunks = [
        Chunk.make(document, 0, 10, unit="x", label="1", meta={"toc": True}),
        Chunk.make(document, 11, len(document.text), unit="x", label="2"),
    ]
    assert [entry.chunk_id for entry in entries_of(PlainStrategy(), document, chunks)] == [chunks[1].id]

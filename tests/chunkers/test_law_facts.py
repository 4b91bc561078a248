"""What a law document says about itself, and what changed between two versions of it."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest

from haechi.chunkers.law_diff import law_diff
from haechi.chunkers.law_facts import law_name, with_law_facts
from haechi.parsers.base import ParseOptions
from haechi.parsers.markdown import MarkdownParser
from haechi.types import Document
from tests.chunkers.helpers import from_lines, shared_data

VERSIONS = shared_data() / "statute_versions"
needs_versions = pytest.mark.skipif(not VERSIONS.is_dir(), reason="the shared statute versions are absent")

RULE = """여비 규정

제정 2019. 1. 1.
개정 2023. 5. 30.

제1조(목적) 이 규정은 여비를 정한다.

제2조(정산) 7일 이내에 정산한다.

부칙 <2019. 1. 1.>

이 규정은 공포한 날부터 시행한다.

부칙 <2023. 5. 30.>

제1조(시행일) 이 규정은 2023년 7월 1일부터 시행한다."""


def read(path: Path) -> Document:
    return MarkdownParser().parse(path, path.name, ParseOptions())[0]


def test_a_rule_is_dated_by_its_newest_supplement() -> None:
    meta = with_law_facts(from_lines(RULE, "여비 규정(2023. 5. 30. 개정)")).meta
    assert meta["law"] == "여비 규정"
    assert meta["kind"] == "규정"
    assert (meta["promulgated"], meta["effective"]) == ("2023-05-30", "2023-07-01")
    assert meta["version"] == "시행 2023-07-01"


def test_a_supplement_older_than_the_last_revision_dates_nothing() -> None:
    meta = with_law_facts(from_lines(RULE.replace("개정 2023. 5. 30.", "개정 2025. 1. 2."), "여비 규정")).meta
    assert meta["promulgated"] == "2025-01-02"
    assert "effective" not in meta
    assert "version" not in meta
    assert "오래되어" in meta["effective_reason"]


def test_front_matter_wins(tmp_path: Path) -> None:
    path = tmp_path / "법.md"
    head = "---\n제목: 시험법 시행령\n법령구분: 대통령령\n공포일자: 2026-02-19\n시행일자: 2026-08-20\n---\n"
    path.write_text(
        head + "# 시험법 시행령\n\n##### 제1조 (목적)\n\n본문\n\n부칙 <2026.2.19>\n\n이 영은 공포한 날부터 시행한다."
    )
    meta = with_law_facts(read(path)).meta
    assert (meta["law"], meta["kind"], meta["effective"]) == ("시험법 시행령", "시행령", "2026-08-20")


@pytest.mark.parametrize(
    "title",
    ["인사규정", "인사규정(2024. 3. 1. 개정)", "인사규정_20240301", "인사규정 v2.1", "인사규정_최종", "인사규정(2024)"],
)
def test_versions_share_one_name(title: str) -> None:
    assert law_name(title) == "인사규정"


def test_changed_added_gone_and_retitled() -> None:
    old = from_lines("제1조(목적) 가\n\n제2조(정의) 나\n\n제3조(구) 다\n\n제4조(끝) 라")
    new = from_lines("제1조(목적)  가\n\n제2조(정의) 나나\n\n제2조의2(신설) 마\n\n제3조(신) 다")
    diff = law_diff(old, new)
    assert (diff.changed, diff.added, diff.gone, diff.retitled) == (("제2조",), ("제2조의2",), ("제4조",), ("제3조",))


@needs_versions
def test_the_differences_of_real_pairs_are_those_that_others_found() -> None:
    for line in (VERSIONS / "diffs.jsonl").read_text("utf-8").splitlines():
        pair = json.loads(line)
        diff = law_diff(read(VERSIONS / pair["old_file"]), read(VERSIONS / pair["new_file"]))
        assert set(diff.changed) == set(pair["articles_changed"])
        assert set(diff.added) == set(pair["articles_added"])
        assert set(diff.gone) == set(pair["articles_gone"])


@needs_versions
def test_real_supplements_say_the_same_day_as_the_front_matter() -> None:
    for path in sorted(VERSIONS.glob("*.md")):
        document = read(path)
        without = with_law_facts(replace(document, meta={}))
        assert without.meta["effective"] == document.meta["시행일자"]

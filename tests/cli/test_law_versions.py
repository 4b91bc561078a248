"""Laws on the command line: units, versions by day, differences, links."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.cli.conftest import Run

HEAD = "---\n제목: 여비 규정\n시행일자: {day}\n---\n# 여비 규정\n\n"
OLD = """##### 제1조 (목적)

여비를 정한다.

##### 제2조 (일비)

① 일비는 2만 원이다.

② 제1항과 제9조를 따른다.

##### 제3조 (끝)

끝"""
NEW = OLD.replace("2만 원", "3만 원") + "\n\n##### 제4조 (신설)\n\n제2조제1항에 따른다."


@pytest.fixture
def home(haechi: Run, in_folder: Path) -> Iterator[Path]:
    """A home with two versions of one rule, embedded by a fake."""
    folder = in_folder / "집"
    haechi("init", folder)
    (folder / "haechi.toml").write_text('[embedder]\nbackend = "scripted"\n', encoding="utf-8")
    os.environ["HAECHI_HOME"] = str(folder)
    for name, day, text in (("옛.md", "2020-01-01", OLD), ("새.md", "2024-01-01", NEW)):
        (in_folder / name).write_text(HEAD.format(day=day) + text, encoding="utf-8")
        assert haechi("ingest", name).status == 0
    yield folder
    os.environ.pop("HAECHI_HOME")


def test_search_gives_the_unit_of_the_day(haechi: Run, home: Path) -> None:
    hit = haechi("search", "여비 규정 제2조제1항", "-k", "1", "--json").json["hits"][0]
    assert (hit["label"], hit["text"]) == ("제2조제1항", "① 일비는 3만 원이다.")
    assert (hit["version"], hit["version_note"]) == ("시행 2024-01-01", "다른 판: 시행 2020-01-01")
    old = haechi("search", "여비 규정 제2조제1항", "-k", "1", "--as-of", "2021-05-05", "--json").json["hits"][0]
    assert old["text"] == "① 일비는 2만 원이다."
    shown = haechi("search", "여비 규정 제2조제1항", "-k", "1").out
    assert "시행 2024-01-01" in shown
    assert "다른 판: 시행 2020-01-01" in shown


def test_filters_by_article_and_file(haechi: Run, home: Path) -> None:
    hits = haechi("search", "일비", "--filter", "article=제3조", "--json").json["hits"]
    assert {hit["label"] for hit in hits} == {"제3조"}
    assert haechi("search", "일비", "--filter", "file=옛.md", "--json").json["hits"] == []


def test_diff_lists_changed_added_and_gone(haechi: Run, home: Path) -> None:
    record = haechi("documents", "diff", "옛.md", "새.md", "--json").json
    assert (record["changed"], record["added"], record["gone"]) == (["제2조"], ["제4조"], [])
    assert record["old"]["version"] == "시행 2020-01-01"
    back = haechi("documents", "diff", "새.md", "옛.md").out
    assert "없어짐 1: 제4조" in back
    assert "신설 0" in back


def test_show_lists_links_and_why_one_leads_nowhere(haechi: Run, home: Path) -> None:
    passages = haechi("documents", "show", "새.md", "--json").json["passages"]
    links = {passage["label"]: passage["links"] for passage in passages}
    first, second = links["제2조"]
    assert (first["surface"], first["label"], first["reason"]) == ("제1항", "제2조제1항", "")
    assert (second["document"], second["surface"]) == ("", "제9조")
    assert "제9조이(가) 없습니다" in second["reason"]
    out = haechi("documents", "show", "새.md").out
    assert "→ 제2조제1항: 여비 규정 제2조제1항" in out

"""`haechi words` and what a search shows of it."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.cli.conftest import Run


@pytest.fixture
def folder(haechi: Run, in_folder: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("HAECHI_EMBEDDER_BACKEND", "scripted")
    monkeypatch.setenv("HAECHI_CHECK_GROUNDER", "none")
    (in_folder / "글.txt").write_text("휴대 전화를 잃은 사람은 경찰에 신고하여야 한다.", encoding="utf-8")
    haechi("init", ".")
    assert haechi("ingest", "글.txt").status == 0
    return in_folder


def test_words_are_added_listed_and_removed(haechi: Run, folder: Path) -> None:
    assert "words add" in haechi("words", "list").out
    added = haechi("words", "add", "가온누리", "--parts", "가온+누리")
    assert added.status == 0
    assert "haechi reembed" in added.out
    (row,) = haechi("words", "list", "--json").json["words"]
    assert row == {"word": "가온누리", "parts": ["가온", "누리"], "tag": "NNP", "waiting": True}
    assert haechi("reembed").status == 0
    assert "가온누리 = 가온+누리 (NNP)" in haechi("words", "list").out
    assert haechi("words", "list", "--json").json["waiting"] is False
    assert haechi("words", "remove", "가온누리").status == 0
    assert haechi("words", "list", "--json").json["words"] == []


def test_a_search_says_which_synonyms_it_looked_for_and_what_matched(haechi: Run, folder: Path) -> None:
    assert haechi("words", "add", "핸드폰", "--synonym", "휴대 전화").status == 0
    found = haechi("search", "핸드폰 분실 신고", "--json").json
    assert found["expanded"] == [{"word": "핸드폰", "added": ["휴대 전화"]}]
    (hit,) = found["hits"]
    assert [hit["text"][start:end] for start, end in hit["highlights"]] == ["휴대", "전화", "신고"]
    assert "함께 찾은 말: 핸드폰 → 휴대 전화" in haechi("search", "핸드폰 분실 신고").out


def test_bad_rows_of_a_file_are_named_and_the_rest_is_taken(haechi: Run, folder: Path) -> None:
    Path("단어.csv").write_text("단어,동의어\n가온누리,\n짧,\n", encoding="utf-8")
    result = haechi("words", "import", "단어.csv")
    assert result.status == 1
    assert "3번째 줄" in result.out
    assert [row["word"] for row in haechi("words", "list", "--json").json["words"]] == ["가온누리"]


@pytest.mark.parametrize("arguments", [["remove", "없는말"], ["import", "없는.csv"], ["add", "가"]])
def test_mistakes_are_explained(haechi: Run, folder: Path, arguments: list[str]) -> None:
    result = haechi("words", *arguments)
    assert result.status == 1
    assert result.err
    assert "Traceback" not in result.err

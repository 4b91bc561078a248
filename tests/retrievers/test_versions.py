"""Several versions of one law: today's answers, another day's on request, never mixed."""

from __future__ import annotations

import datetime
import json
from pathlib import Path

import pytest

from haechi.chunkers.law_facts import with_law_facts
from haechi.parsers.base import ParseOptions
from haechi.parsers.markdown import MarkdownParser
from haechi.records import hit_record
from haechi.retrievers.base import Filters
from haechi.retrievers.versions import Versions
from haechi.stores.base import PreparedDocument
from tests.chunkers.helpers import shared_data
from tests.retrievers.home import SmallHome, passages
from tests.retrievers.laws import dated, law

RULE = "제1조(목적) 이 규정은 숙박비를 정한다.\n\n제2조(숙박비) 숙박비는 {} 원으로 한다.\n\n제3조(끝) 끝"
METHODS = ["hybrid", "sparse", "dense"]


@pytest.fixture
def home(tmp_path: Path) -> SmallHome:
    home = SmallHome(tmp_path)
    home.write(
        [
            law("숙박 규정(2020)", RULE.format("5만"), dated("2020-03-01")),
            law("숙박 규정", RULE.format("7만"), dated("2023-03-01", "2023-01-01")),
            law("숙박 규정_v3", RULE.format("9만"), dated("2999-01-01", "2024-01-01")),
        ],
        "/versions",
    )
    home.write(passages("숙박비 안내: 숙박비는 규정에 따른다", source="안내.txt"), "/notes")
    return home


def texts(home: SmallHome, method: str, as_of: str | None) -> str:
    filters = Filters(as_of=as_of) if as_of else None
    return " ".join(hit.chunk.text for hit in home.retriever(method).retrieve("숙박비는 얼마", 20, filters))


@pytest.mark.parametrize("method", METHODS)
def test_todays_version_answers_and_no_other(home: SmallHome, method: str) -> None:
    found = texts(home, method, None)
    assert "7만" in found
    assert "5만" not in found
    assert "9만" not in found


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize(
    ("day", "wanted"), [("2020-03-01", "5만"), ("2023-02-28", "5만"), ("2023-03-01", "7만"), ("2999-01-01", "9만")]
)
def test_another_day_has_its_own_version(home: SmallHome, method: str, day: str, wanted: str) -> None:
    found = texts(home, method, day)
    assert [amount for amount in ("5만", "7만", "9만") if amount in found] == [wanted]


@pytest.mark.parametrize("method", METHODS)
def test_before_the_first_version_the_law_is_silent_and_undated_documents_are_not(home: SmallHome, method: str) -> None:
    found = texts(home, method, "2019-12-31")
    assert "숙박비 안내" in found
    assert "만 원" not in found


def test_a_named_article_is_that_of_the_day(home: SmallHome) -> None:
    retriever = home.retriever()
    assert "7만" in retriever.retrieve("숙박 규정 제2조", 1)[0].chunk.text
    assert "5만" in retriever.retrieve("숙박 규정 제2조", 1, Filters(as_of="2021-01-01"))[0].chunk.text


def test_a_hit_says_its_version_and_that_there_are_others(home: SmallHome) -> None:
    record = hit_record(1, home.retriever().retrieve("숙박 규정 제2조", 1)[0])
    assert record["version"] == "시행 2023-03-01"
    assert record["version_note"] == "다른 판: 시행 2020-03-01, 시행 2999-01-01"


def test_a_law_that_is_not_in_force_yet_answers_with_a_warning_when_it_is_all_there_is(tmp_path: Path) -> None:
    home = SmallHome(tmp_path)
    home.write([law("숙박 규정", RULE.format("9만"), dated("2999-01-01"))])
    hit = home.retriever().retrieve("숙박 규정 제2조", 1)[0]
    assert "아직 시행 전" in hit.chunk.meta["version_note"]
    # Asked for a day, it must not pretend.
    assert home.retriever().retrieve("숙박 규정 제2조", 1, Filters(as_of="2024-01-01")) == []


def test_a_new_version_takes_over_without_a_restart(tmp_path: Path) -> None:
    home = SmallHome(tmp_path)
    home.write([law("숙박 규정", RULE.format("5만"), dated("2020-03-01"))], "/old")
    retriever = home.retriever()
    assert "5만" in retriever.retrieve("숙박비", 1)[0].chunk.text
    home.write([law("숙박 규정", RULE.format("7만"), dated("2023-03-01"), source="새.md")], "/new")
    assert "7만" in retriever.retrieve("숙박 규정 제2조", 1)[0].chunk.text


def test_a_day_corrected_in_the_front_matter_counts(tmp_path: Path) -> None:
    # The text and with it the document's id stay the same; only the metadata changes.
    home = SmallHome(tmp_path)
    home.write([law("숙박 규정", RULE.format("5만"), dated("2020-03-01"))])
    home.write([law("숙박 규정", RULE.format("5만"), dated("2021-03-01"))])
    assert [record.effective for record in Versions(home.store).documents("숙박 규정")] == ["2021-03-01"]


STATUTES = shared_data() / "statute_versions"


@pytest.mark.skipif(not STATUTES.is_dir(), reason="the shared statute versions are absent (set HAECHI_SHARED_DATA)")
def test_the_version_is_right_on_every_real_pair(tmp_path: Path) -> None:
    pairs = [json.loads(line) for line in (STATUTES / "diffs.jsonl").read_text("utf-8").splitlines()]
    home = SmallHome(tmp_path)
    days: dict[str, str] = {}
    for name in sorted({pair[key] for pair in pairs for key in ("old_file", "new_file")}):
        document = with_law_facts(MarkdownParser().parse(STATUTES / name, name, ParseOptions())[0])
        days[name] = document.meta["effective"]
        home.write([PreparedDocument(document, [], [])], name)
    versions = Versions(home.store)
    sources = {record.id: record.source for record in home.store.documents()}
    for pair in pairs:
        old, new = pair["old_file"], pair["new_file"]
        others = [day for name, day in days.items() if name[:4] == new[:4] and days[old] < day < days[new]]
        before = (datetime.date.fromisoformat(min([*others, days[new]])) - datetime.timedelta(days=1)).isoformat()
        for day, wanted in ((days[old], old), (before, old), (days[new], new), ("2999-01-01", new)):
            assert [sources[record.document_id] for record in versions.documents(pair["law"], day)] == [wanted]
        early = (datetime.date.fromisoformat(min(days[n] for n in days if n[:4] == new[:4]))).replace(year=1990)
        assert versions.documents(pair["law"], early.isoformat()) == []

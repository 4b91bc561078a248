"""A home follows what it was filled from, with the options it was filled with."""

from __future__ import annotations

import threading
from pathlib import Path

import pytest

from haechi.errors import HaechiError, InputError
from haechi.pipeline import watch
from haechi.pipeline.build import Home
from haechi.pipeline.ingest import ingest
from haechi.pipeline.report import IngestReport
from haechi.pipeline.roots import forget, roots
from haechi.pipeline.sync import keep_in_step, sync


def sources(home: Home) -> dict[str, str]:
    return {Path(item.path).name: item.unit for item in home.store.sources()}


def test_a_sync_takes_in_what_is_new_and_drops_what_is_gone(home: Home, documents: Path) -> None:
    ingest(home, [str(documents)])
    (documents / "둘.txt").write_text("수영장은 여섯 시에 연다.", encoding="utf-8")
    (documents / "운영규정.md").unlink()
    report = sync(home)
    assert (report.documents, report.removed) == (1, 1)
    assert list(sources(home)) == ["둘.txt"]
    assert sync(home).embedded == 0


def test_each_root_keeps_its_own_options(home: Home, documents: Path, tmp_path: Path) -> None:
    # Trap: a file given by itself lies in a folder that is followed too, and would be cut in two ways in turn.
    ingest(home, [str(documents / "운영규정.md")], unit="paragraph")
    (documents / "둘.txt").write_text("수영장은 여섯 시에 연다.", encoding="utf-8")
    ingest(home, [str(documents)])
    ingest(home, [str(documents / "운영규정.md")], unit="paragraph")
    for _ in range(2):
        sync(home)
        assert sources(home)["운영규정.md"] == "paragraph"
    assert sync(home).documents == 0


def test_a_file_of_a_followed_folder_is_no_root_of_its_own(home: Home, documents: Path) -> None:
    ingest(home, [str(documents / "운영규정.md")])
    ingest(home, [str(documents)])
    ingest(home, [str(documents / "운영규정.md"), "/없는/파일"])
    assert [root.path for root in roots(home.store)] == [str(documents)]


def test_what_is_forgotten_is_not_followed_and_stays(home: Home, documents: Path) -> None:
    ingest(home, [str(documents)])
    forget(home.store, str(documents))
    (documents / "운영규정.md").unlink()
    assert sync(home).removed == 0
    assert len(home.store.sources()) == 1
    with pytest.raises(InputError, match="따라가는 자료가 아닙니다"):
        forget(home.store, str(documents))


def test_a_root_that_is_not_there_is_said_and_loses_nothing(home: Home, documents: Path) -> None:
    ingest(home, [str(documents)])
    documents.rename(documents.parent / "떼어 둠")
    report = sync(home)
    assert (report.removed, len(report.failed), len(home.store.sources())) == (0, 1, 1)


def test_a_single_file_that_was_deleted_goes_with_the_next_sync(home: Home, documents: Path) -> None:
    (documents / "둘.txt").write_text("수영장은 여섯 시에 연다.", encoding="utf-8")
    ingest(home, [str(documents / "운영규정.md")])
    ingest(home, [str(documents / "둘.txt")])
    (documents / "운영규정.md").unlink()
    assert sync(home).removed == 1
    (documents / "둘.txt").unlink()  # the folder is empty now: it may be a share that is not mounted
    report = sync(home)
    assert (report.removed, list(sources(home))) == (0, ["둘.txt"])


def test_a_change_is_followed_once_it_rests(home: Home, documents: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(watch, "QUIET_SECONDS", 0.1)
    ingest(home, [str(documents)])
    stop, failures = threading.Event(), list[HaechiError]()
    reports: list[IngestReport] = []

    def done(report: IngestReport) -> None:
        reports.append(report)
        if len(reports) == 1:
            (documents / "둘.txt").write_text("수영장은 여섯 시에 연다.", encoding="utf-8")
        elif report.documents:
            stop.set()

    timer = threading.Timer(20, stop.set)  # a watcher that sees nothing must fail this test, not hang it
    timer.start()
    keep_in_step(home, watch=True, every_minutes=0, done=done, failed=failures.append, stop=stop)
    timer.cancel()
    assert (reports[-1].documents, failures) == (1, [])


def test_a_schedule_syncs_again_and_a_busy_home_is_tried_again(home: Home, documents: Path) -> None:
    ingest(home, [str(documents)])
    stop = threading.Event()
    happened: list[str] = []
    lock = home.store.writer()
    lock.__enter__()

    def failed(error: HaechiError) -> None:
        happened.append("failed")
        lock.__exit__(None, None, None)

    def done(report: IngestReport) -> None:
        happened.append("done")
        stop.set()

    keep_in_step(home, watch=False, every_minutes=0.001, done=done, failed=failed, stop=stop)
    assert happened == ["failed", "done"]

"""What was read in, over HTTP: its state, bad files again or never, files handed in, and who may do so."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from fastapi.testclient import TestClient

from haechi.config import load_config
from haechi.pipeline import watch
from haechi.pipeline.build import Home, init_home, open_home
from haechi.pipeline.ingest import ingest
from haechi.serve.api import create_app
from haechi.serve.server import follow_sources
from tests.parsers.pdf_maker import make_pdf

HOST = {"base_url": "http://127.0.0.1:8080"}


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Home]:
    monkeypatch.setenv("HAECHI_EMBEDDER_BACKEND", "scripted")
    monkeypatch.setenv("HAECHI_CHECK_GROUNDER", "none")
    monkeypatch.setenv("HAECHI_LLM_BACKEND", "scripted")
    init_home(tmp_path / "home")
    folder = tmp_path / "자료"
    folder.mkdir()
    (folder / "좋은.txt").write_text("도서관은 월요일에 쉰다.", encoding="utf-8")
    (folder / "나쁜.pdf").write_bytes(b"%PDF-1.7 broken")
    with open_home(load_config(tmp_path / "home")) as opened:
        ingest(opened, [str(folder)])
        yield opened


@pytest.fixture
def api(home: Home) -> Iterator[TestClient]:
    with TestClient(create_app(home), **HOST) as client:
        yield client


def settled(api: TestClient) -> dict[str, Any]:
    """GET /sources once nothing is being read any more."""
    wait_for(lambda: not api.get("/sources").json()["work"]["running"])
    found: dict[str, Any] = api.get("/sources").json()
    return found


def wait_for(happened: Callable[[], bool]) -> None:
    """Return when it has happened; fail when it has not within twenty seconds."""
    for _ in range(400):
        if happened():
            return
        time.sleep(0.05)
    raise AssertionError("it never happened")


def by_name(found: dict[str, Any]) -> dict[str, dict[str, Any]]:
    return {row["name"]: row for row in found["sources"]}


def test_every_source_is_listed_with_how_it_was_read_or_why_not(api: TestClient) -> None:
    rows = by_name(api.get("/sources").json())
    good, bad = rows["좋은.txt"], rows["나쁜.pdf"]
    assert (good["status"], good["parser"], good["unit"], good["chunks"]) == ("ok", "text", "paragraph", 1)
    assert bad["status"] == "failed"
    assert "PDF" in bad["error"]


def test_a_bad_file_that_was_mended_is_read_again(api: TestClient, tmp_path: Path) -> None:
    bad = tmp_path / "자료" / "나쁜.pdf"
    bad.write_bytes(make_pdf([["수영장은 여섯 시에 연다."]]))
    response = api.post("/sources/retry", json={"paths": []})
    assert response.status_code == 202
    found = settled(api)
    assert by_name(found)["나쁜.pdf"]["status"] == "ok"
    assert found["work"]["report"]["documents"] == 1


def test_an_ignored_file_is_passed_over_until_it_is_asked_for(api: TestClient, home: Home, tmp_path: Path) -> None:
    path = by_name(api.get("/sources").json())["나쁜.pdf"]["path"]
    api.post("/sources/ignore", json={"paths": [path]})
    assert ingest(home, [str(tmp_path / "자료")]).failed == []
    assert by_name(api.get("/sources").json())["나쁜.pdf"]["status"] == "ignored"
    api.post("/sources/retry", json={"paths": [path]})
    assert by_name(settled(api))["나쁜.pdf"]["status"] == "failed"


def test_a_file_that_is_handed_in_is_kept_and_read(api: TestClient, home: Home) -> None:
    response = api.post("/documents", files={"files": ("수영장.txt", "수영장은 여섯 시에 연다.".encode())})
    assert response.status_code == 202
    found = settled(api)
    assert by_name(found)["수영장.txt"]["status"] == "ok"
    kept = home.config.home / "uploads" / "수영장.txt"
    assert kept.stat().st_mode & 0o077 == 0


@pytest.mark.parametrize("name", ["../../탈출.txt", "..\\탈출.txt", ".숨김.txt", "~$임시.txt"])
def test_a_name_never_leads_out_of_the_folder(api: TestClient, home: Home, name: str) -> None:
    response = api.post("/documents", files={"files": (name, b"x")})
    if response.status_code == 202:
        settled(api)
    outside = [path for path in home.config.home.parent.rglob("*탈출*") if path.parent.name != "uploads"]
    assert outside == []
    assert not (home.config.home / "uploads" / ".숨김.txt").exists()
    assert not (home.config.home / "uploads" / "~$임시.txt").exists()


def test_an_unknown_path_is_said(api: TestClient) -> None:
    response = api.post("/sources/retry", json={"paths": ["/etc/passwd"]})
    assert response.status_code in (400, 422)
    assert "/etc/passwd" in response.json()["detail"]


def test_a_page_of_another_site_cannot_change_anything(api: TestClient) -> None:
    # A form of another site reaches loopback without a preflight; only its Origin tells.
    for origin in ("http://evil.example", "null"):
        response = api.post("/sources/retry", json={"paths": []}, headers={"Origin": origin})
        assert response.status_code == 403
    own = api.post("/sources/retry", json={"paths": []}, headers={"Origin": "http://127.0.0.1:8501"})
    assert own.status_code == 202
    settled(api)


def test_a_server_that_others_can_reach_lists_but_changes_nothing(home: Home) -> None:
    home.config = replace(home.config, serve=replace(home.config.serve, host="0.0.0.0"))
    with TestClient(create_app(home), **HOST) as api:
        assert api.get("/sources").status_code == 200
        for path, body in (("/sources/retry", {"json": {"paths": []}}), ("/documents", {"files": {"files": b"x"}})):
            assert api.post(path, **body).status_code == 403  # type: ignore[arg-type]


def test_an_upload_must_declare_a_length_within_the_limit(home: Home) -> None:
    home.config = replace(home.config, ingest=replace(home.config.ingest, max_file_mb=1))
    with TestClient(create_app(home), **HOST) as api:
        assert api.post("/documents", files={"files": ("큰.txt", b"x" * (2 << 20))}).status_code == 413
        chunked = api.post("/documents", content=iter([b"x"]), headers={"Content-Type": "multipart/form-data"})
        assert chunked.status_code == 413


def test_a_server_that_is_told_to_follows_its_sources(
    home: Home, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(watch, "QUIET_SECONDS", 0.1)
    home.config = replace(home.config, sync=replace(home.config.sync, watch=True))
    stop, told = threading.Event(), list[str]()
    thread = follow_sources(home, stop, told.append)
    wait_for(lambda: bool(told))  # the first sync is over: it says what could not be read
    (tmp_path / "자료" / "새 공지.txt").write_text("휴관일은 화요일이다.", encoding="utf-8")
    wait_for(lambda: "새 공지.txt" in [source.name for source in home.store.sources()])
    stop.set()
    thread.join(10)
    assert "나쁜.pdf" in told[0]

"""`backup`, `restore`, `verify`, removals on the command line: exit codes, JSON, messages a person can act on."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from haechi.stores.migrations import MIGRATIONS
from tests.cli.conftest import Run
from tests.cli.test_home import forget_home, papers, real_home

__all__ = ["forget_home", "papers", "real_home"]


@pytest.fixture
def filled(haechi: Run, real_home: Path, papers: Path) -> Path:
    assert haechi("ingest", papers).status == 0
    return real_home


def test_a_backup_and_a_restore_into_a_new_home(haechi: Run, filled: Path, in_folder: Path) -> None:
    made = haechi("backup", in_folder / "b.zip", "--json")
    assert made.status == 0, made.err
    assert {"file", "bytes", "documents", "left_out"} <= set(made.json)
    back = haechi("--home", in_folder / "새집", "restore", in_folder / "b.zip", "--json")
    assert (back.status, back.json["documents"]) == (0, 2)
    os.environ["HAECHI_HOME"] = str(in_folder / "새집")
    assert haechi("verify", "--json").json["ok"] is True
    assert haechi("search", "여비 정산", "-k", "1", "--json").json["hits"][0]["label"] == "제2조"


def test_a_backup_that_cannot_be_written_or_read_is_one_sentence(haechi: Run, filled: Path, in_folder: Path) -> None:
    nowhere = haechi("backup", in_folder / "없는폴더" / "b.zip")
    assert (nowhere.status, nowhere.out) == (1, "")
    (in_folder / "사진.jpg").write_bytes(b"no backup")
    bad = haechi("restore", in_folder / "사진.jpg")
    assert bad.status == 1
    assert "아무것도 바꾸지 않았습니다" in bad.err


def test_verify_ends_with_1_while_problems_are_left(haechi: Run, filled: Path) -> None:
    sound = {"ok": True, "problems": [], "repaired": [], "backups": [], "format": len(MIGRATIONS)}
    assert haechi("verify", "--json").json == sound
    os.chmod(filled, 0o755)
    found = haechi("verify")
    assert found.status == 1
    assert "haechi verify --repair" in found.out
    mended = haechi("verify", "--repair", "--json")
    assert (mended.status, mended.json["ok"]) == (0, True)
    assert [row["code"] for row in mended.json["repaired"]] == ["permissions"]


def test_removing_by_id_takes_one_row_and_by_file_all_of_it(haechi: Run, real_home: Path, in_folder: Path) -> None:
    table = in_folder / "rows.csv"
    table.write_text("id,text\na,주차장은 지하에 있다\nb,민원실은 1층이다\nc,식당은 2층이다\n", encoding="utf-8")
    haechi("ingest", table, "--fields", "text")
    assert haechi("documents", "remove", "a", "--json").json["removed"] == 1
    assert haechi("documents", "remove", "rows.csv", "--json").json["removed"] == 2
    receipts = haechi("documents", "receipts", "--json").json["receipts"]
    assert [row["removed"]["documents"] for row in receipts] == [1, 2]


def test_a_receipt_names_backups_and_the_file_that_is_still_there(
    haechi: Run, filled: Path, papers: Path, in_folder: Path
) -> None:
    haechi("backup", in_folder / "b.zip")
    text = haechi("documents", "remove", "안내.txt").out
    assert str(in_folder / "b.zip") in text
    assert str(papers / "안내.txt") in text
    (in_folder / "b.zip").unlink()
    assert "그 자리에 없음" in haechi("documents", "receipts").out


def test_a_file_that_could_not_be_read_is_taken_off_the_list(haechi: Run, filled: Path, papers: Path) -> None:
    (papers / "빈파일.txt").write_bytes(b"")
    haechi("ingest", papers)
    result = haechi("documents", "remove", "빈파일.txt", "--json")
    assert (result.status, result.json["removed"]) == (0, 0)
    assert "빈파일" not in haechi("documents", "list").out

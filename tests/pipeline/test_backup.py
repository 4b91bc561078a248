"""A backup is one checked file made while the home is in use; a restore is whole or changes nothing."""

from __future__ import annotations

import contextlib
import hashlib
import json
import shutil
import sqlite3
import stat
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from haechi.config import load_config
from haechi.errors import HomeError, InputError, StoreError
from haechi.pipeline.backup import backup, restore
from haechi.pipeline.build import Home, open_home
from haechi.pipeline.erase import remove_documents
from haechi.pipeline.ingest import ingest
from haechi.pipeline.verify import verify


@pytest.fixture
def filled(home: Home, documents: Path) -> Home:
    (documents / "안내.txt").write_text("민원실은 오전 9시에 연다.", encoding="utf-8")
    ingest(home, [str(documents)])
    return home


@pytest.fixture
def archive(filled: Home, tmp_path: Path) -> Path:
    backup(filled, tmp_path / "백업.zip")
    return tmp_path / "백업.zip"


def sources(folder: Path) -> list[str]:
    with open_home(load_config(folder)) as opened:
        return sorted(record.source for record in opened.store.documents())


def test_a_backup_restores_to_a_new_home_that_is_sound_and_answers(archive: Path, tmp_path: Path) -> None:
    report = restore(archive, tmp_path / "새집")
    assert (report["documents"], report["indexes"]) == (2, "ok")
    assert verify(load_config(tmp_path / "새집"))["problems"] == []
    with open_home(load_config(tmp_path / "새집")) as opened:
        assert opened.retriever().retrieve("연체료는 얼마인가요?", 1)[0].chunk.label == "제3조"


def test_only_its_owner_can_read_it_and_secrets_are_not_in_it(filled: Home, tmp_path: Path) -> None:
    (filled.config.home / "databases").mkdir()
    (filled.config.home / "databases" / "erp.url").write_text("postgresql://u:비밀@h/d", encoding="utf-8")
    report = backup(filled, tmp_path / "b.zip")
    assert stat.S_IMODE((tmp_path / "b.zip").stat().st_mode) == 0o600
    with zipfile.ZipFile(tmp_path / "b.zip") as opened:
        assert set(opened.namelist()) == {"manifest.json", "haechi.db", "haechi.toml"}
    assert report["left_out"] == ["databases/erp.url", "indexes"]


def test_a_backup_made_while_another_process_ingests_is_one_moment_of_it(
    filled: Home, documents: Path, tmp_path: Path
) -> None:
    # Trap: a copy without a read transaction of its own starts again after each write, for ever under an ingest.
    code = (
        "import sys; from haechi.config import load_config; from haechi.pipeline.build import open_home\n"
        "from haechi.stores.base import SourceRecord\n"
        "with open_home(load_config(sys.argv[1])) as home:\n"
        "  print('go', flush=True)\n"
        "  for n in range(10**6): home.store.mark_source(SourceRecord(path=f'/x/{n}', status='ignored'))\n"
    )
    with subprocess.Popen([sys.executable, "-c", code, str(filled.config.home)], stdout=subprocess.PIPE) as writer:
        assert writer.stdout is not None
        writer.stdout.readline()
        backup(filled, tmp_path / "b.zip")
        assert writer.poll() is None
        writer.kill()
    assert restore(tmp_path / "b.zip", tmp_path / "새집")["documents"] == 2


def test_a_server_that_is_open_follows_a_restore_over_its_home(filled: Home, archive: Path, documents: Path) -> None:
    serving = filled.retriever()
    (documents / "운영규정.md").unlink()
    (documents / "수영장.txt").write_text("수영장은 여섯 시에 연다.", encoding="utf-8")
    ingest(filled, [str(documents)])
    before = filled.store.generation()
    assert serving.retrieve("수영장은 언제 여나요?", 1)[0].document_source == "수영장.txt"
    report = restore(archive, filled.config.home)
    assert report["settings_kept"]
    assert filled.store.generation() > before
    assert serving.retrieve("연체료는 얼마인가요?", 1)[0].chunk.label == "제3조"
    assert {record.source for record in filled.store.documents()} == {"운영규정.md", "안내.txt"}


def test_a_restore_says_which_deleted_documents_came_back_and_keeps_their_receipts(filled: Home, archive: Path) -> None:
    (gone,) = [record.id for record in filled.store.documents() if record.source == "안내.txt"]
    receipt = remove_documents(filled, [gone])
    assert [row["path"] for row in receipt["backups"]] == [str(archive)]
    report = restore(archive, filled.config.home)
    assert report["came_back"] == [gone]
    assert [row["id"] for row in filled.store.receipts()] == [receipt["id"]]


def test_a_backup_of_an_earlier_version_of_an_edited_file_is_named_as_well(
    filled: Home, archive: Path, documents: Path
) -> None:
    (documents / "안내.txt").write_text("민원실은 오전 10시에 연다.", encoding="utf-8")
    ingest(filled, [str(documents)])
    (now,) = [record.id for record in filled.store.documents() if record.source == "안내.txt"]
    assert [row["path"] for row in remove_documents(filled, [now])["backups"]] == [str(archive)]


def test_a_backup_that_was_moved_away_is_said_to_be_gone(filled: Home, archive: Path) -> None:
    archive.unlink()
    receipt = remove_documents(filled, [filled.store.documents()[0].id])
    assert [row["exists"] for row in receipt["backups"]] == [False]


def rewrite(archive: Path, change: dict[str, bytes | None]) -> None:
    """Replace, add or drop members, as somebody with a hex editor and patience would."""
    with zipfile.ZipFile(archive) as opened:
        members = {name: opened.read(name) for name in opened.namelist()}
    with zipfile.ZipFile(archive, "w") as changed:
        for name, data in {**members, **change}.items():
            if data is not None:
                changed.writestr(name, data)


@pytest.mark.parametrize("harm", ["short", "flipped", "text", "newer", "path", "absolute", "manifest", "store", "bomb"])
def test_a_bad_archive_is_refused_and_nothing_is_touched(
    filled: Home, archive: Path, tmp_path: Path, harm: str
) -> None:
    data = archive.read_bytes()
    manifest = json.loads(zipfile.ZipFile(archive).read("manifest.json"))
    if harm == "short":
        archive.write_bytes(data[: len(data) // 2])
    elif harm == "flipped":
        archive.write_bytes(data[:3000] + bytes([data[3000] ^ 1]) + data[3001:])
    elif harm == "text":
        archive.write_text("백업 아님", encoding="utf-8")
    elif harm == "newer":
        rewrite(archive, {"manifest.json": json.dumps({**manifest, "format": 99}).encode()})
    elif harm == "path":
        rewrite(archive, {"uploads/../../밖.txt": b"x"})
    elif harm == "absolute":
        rewrite(archive, {"/etc/밖.txt": b"x"})
    elif harm == "manifest":
        rewrite(archive, {"manifest.json": None})
    elif harm == "store":
        rewrite(archive, {"haechi.db": b"SQLite format 3\x00" + bytes(4096)})
    elif harm == "bomb":
        rewrite(archive, {"haechi.toml": bytes(50_000_000)})
    before = {path: path.read_bytes() for path in filled.config.home.rglob("*") if path.is_file()}
    for folder in (filled.config.home, tmp_path / "새집"):
        with pytest.raises(InputError):
            restore(archive, folder)
    assert not (tmp_path / "새집").exists()
    assert {path: path.read_bytes() for path in filled.config.home.rglob("*") if path.is_file()} == before


def test_a_store_of_a_newer_program_inside_is_refused(filled: Home, archive: Path, tmp_path: Path) -> None:
    copy = tmp_path / "copy.db"
    with zipfile.ZipFile(archive) as opened:
        copy.write_bytes(opened.read("haechi.db"))
        manifest = json.loads(opened.read("manifest.json"))
    with contextlib.closing(sqlite3.connect(copy)) as db:
        db.execute("PRAGMA user_version = 99")
    data = copy.read_bytes()
    manifest["members"]["haechi.db"] = {"size": len(data), "sha256": hashlib.sha256(data).hexdigest()}
    rewrite(archive, {"haechi.db": data, "manifest.json": json.dumps(manifest).encode()})
    with pytest.raises(StoreError, match="더 새로운"):
        restore(archive, filled.config.home)
    assert sources(filled.config.home) == ["안내.txt", "운영규정.md"]


def test_a_restore_waits_for_no_writer_and_mixes_with_none(filled: Home, archive: Path) -> None:
    with filled.store.writer(), pytest.raises(HomeError, match="PID"):
        restore(archive, filled.config.home)


def test_a_folder_that_is_no_home_is_not_filled(archive: Path, tmp_path: Path) -> None:
    (tmp_path / "사진").mkdir()
    (tmp_path / "사진" / "a.jpg").write_bytes(b"x")
    with pytest.raises(InputError, match="홈도 아닙니다"):
        restore(archive, tmp_path / "사진")


def test_a_full_disk_is_said_before_anything_is_written(
    filled: Home, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    full = shutil._ntuple_diskusage(1, 1, 1000)  # type: ignore[attr-defined]
    monkeypatch.setattr("haechi.pipeline.backup.shutil.disk_usage", lambda path: full)
    with pytest.raises(InputError, match="자리가 모자랍니다"):
        backup(filled, tmp_path / "b.zip")
    assert not (tmp_path / "b.zip").exists()


def test_an_interrupted_backup_leaves_the_earlier_one_and_no_trace(filled: Home, archive: Path) -> None:
    before = archive.read_bytes()

    def interrupt(stage: str, done: int, total: int) -> None:
        if stage == "pack":
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        backup(filled, archive, interrupt)
    assert archive.read_bytes() == before
    assert [path.name for path in archive.parent.iterdir() if path.name.startswith(".")] == []
    assert [path.name for path in filled.config.home.iterdir() if path.name.startswith(".")] == []
    assert len(filled.store.backups()) == 1


def test_a_damaged_store_is_not_backed_up_over_a_good_backup(filled: Home, archive: Path) -> None:
    before = archive.read_bytes()
    filled.close()
    data = bytearray(filled.config.store_path.read_bytes())
    for page in range(2, len(data) // 4096):
        data[page * 4096 + 5 : page * 4096 + 30] = b"\xff" * 25
    filled.config.store_path.write_bytes(data)
    with pytest.raises(StoreError, match="verify"), open_home(filled.config) as opened:
        backup(opened, archive)
    assert archive.read_bytes() == before


@pytest.mark.parametrize("harm", ["noise", "gone"])
def test_a_home_whose_store_is_lost_is_restored_and_the_damaged_file_is_kept(
    filled: Home, archive: Path, harm: str
) -> None:
    # This is the command that `verify` names for a damaged store.
    folder = filled.config.home
    filled.close()
    if harm == "noise":
        filled.config.store_path.write_bytes(b"\x07" * 50_000)
    else:
        filled.config.store_path.unlink()
    assert not verify(filled.config)["ok"]
    report = restore(archive, folder)
    assert report["documents"] == 2
    assert bool(report["damaged_store_kept"]) == (harm == "noise")
    assert verify(filled.config)["ok"]


def test_files_handed_in_over_the_api_go_along(filled: Home, tmp_path: Path) -> None:
    (filled.config.home / "uploads").mkdir()
    (filled.config.home / "uploads" / "편람.txt").write_text("결재는 이틀 안에 한다.", encoding="utf-8")
    backup(filled, tmp_path / "b.zip")
    restore(tmp_path / "b.zip", tmp_path / "새집")
    assert (tmp_path / "새집" / "uploads" / "편람.txt").read_text(encoding="utf-8") == "결재는 이틀 안에 한다."

"""Taking documents in: nothing twice, nothing lost, one bad file never stops the rest."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import unicodedata
from pathlib import Path

import pytest

from haechi.config import load_config
from haechi.errors import BackendError, HomeError, InputError
from haechi.models.readings import ReadingEmbedder
from haechi.models.scripted import ScriptedEmbedder
from haechi.pipeline.build import Home, init_home, open_home
from haechi.pipeline.ingest import ingest
from haechi.pipeline.report import Progress


def scripted(home: Home) -> ScriptedEmbedder:
    """The fake inside the home's embedder, which counts its calls."""
    embedder = home.embedder()
    assert isinstance(embedder, ReadingEmbedder)
    assert isinstance(embedder.inner, ScriptedEmbedder)
    return embedder.inner


def test_a_second_run_over_unchanged_files_embeds_nothing(home: Home, documents: Path) -> None:
    first = ingest(home, [str(documents)])
    second = ingest(home, [str(documents)])
    assert (first.documents, first.failed) == (1, [])
    assert first.embedded == first.chunks > 0
    assert (second.documents, second.embedded, second.skipped) == (0, 0, 1)


def test_a_touched_but_equal_file_is_skipped(home: Home, documents: Path) -> None:
    ingest(home, [str(documents)])
    os.utime(documents / "운영규정.md", (1, 1))
    assert ingest(home, [str(documents)]).skipped == 1


def test_after_an_edit_only_the_changed_article_is_embedded(home: Home, documents: Path) -> None:
    ingest(home, [str(documents)])
    path = documents / "운영규정.md"
    path.write_text(path.read_text(encoding="utf-8").replace("1일 100원", "1일 200원"), encoding="utf-8")
    assert ingest(home, [str(documents)]).embedded == 1
    texts = "".join(text for _, text in home.store.entry_texts())
    assert "200원" in texts
    assert "100원" not in texts


def test_a_moved_file_embeds_nothing_again(home: Home, documents: Path) -> None:
    ingest(home, [str(documents)])
    (documents / "하위").mkdir()
    (documents / "운영규정.md").rename(documents / "하위" / "운영규정.md")
    report = ingest(home, [str(documents)])
    assert (report.embedded, report.removed) == (0, 1)
    assert len(home.store.sources()) == 1


def test_a_file_that_moved_is_told_apart_from_a_new_one_by_its_content(home: Home, documents: Path) -> None:
    path = documents / "운영규정.md"
    ingest(home, [str(path)])
    path.rename(documents / "운영규정(개정).md")
    report = ingest(home, [str(documents / "운영규정(개정).md")])  # the old name is in no folder that is given
    assert report.moved == [{"from": str(path), "to": str(documents / "운영규정(개정).md")}]
    assert [Path(source.path).name for source in home.store.sources()] == ["운영규정(개정).md"]


def test_a_share_that_is_not_mounted_loses_nothing(home: Home, documents: Path) -> None:
    # An empty mount point looks like a folder whose files were all deleted.
    ingest(home, [str(documents)])
    (documents / "운영규정.md").rename(documents.parent / "떼어 둠.md")
    report = ingest(home, [str(documents)])
    assert (report.removed, len(home.store.sources())) == (0, 1)
    assert "연결되지 않았을" in report.failed[0]["error"]
    documents.rmdir()
    assert ingest(home, [str(documents)]).removed == 0


def test_a_file_that_lost_its_text_on_the_way_is_a_failure_with_its_reason(home: Home, tmp_path: Path) -> None:
    # A page of pictures with one caption must not look like a document that was taken in.
    path = tmp_path / "그림뿐.html"
    path.write_text("<p>그림</p><!--" + "0" * 30_000 + "-->", encoding="utf-8")
    report = ingest(home, [str(path)])
    assert report.documents == 0
    assert "2자밖에" in report.failed[0]["error"]


def test_files_are_read_by_several_processes_and_committed_in_order(home: Home, tmp_path: Path) -> None:
    folder = tmp_path / "많음"
    folder.mkdir()
    for number in range(25):
        (folder / f"{number:02}.txt").write_text(f"{number}번 문서는 {number}쪽이다.", encoding="utf-8")
    (folder / "12b.txt").write_bytes(b"\x00" * 100)
    report = ingest(home, [str(folder)])
    assert report.documents == 25
    assert [row["source"] for row in report.failed] == ["12b.txt"]
    assert [document.source for document in home.store.documents()] == [f"{number:02}.txt" for number in range(25)]


def test_a_file_gone_from_its_folder_is_gone_from_the_home(home: Home, documents: Path) -> None:
    (documents / "둘.txt").write_text("수영장은 여섯 시에 연다.", encoding="utf-8")
    ingest(home, [str(documents)])
    (documents / "둘.txt").unlink()
    assert ingest(home, [str(documents)]).removed == 1
    assert not any("수영장" in text for _, text in home.store.entry_texts())


def test_one_bad_file_never_stops_the_rest(home: Home, documents: Path) -> None:
    (documents / "빈파일.txt").touch()
    (documents / "깨진.pdf").write_bytes(b"%PDF-1.7 not really")
    (documents / "프로그램.txt").write_bytes(bytes(range(256)) * 40)
    report = ingest(home, [str(documents), str(documents / "없는파일.txt")])
    assert report.documents == 1
    failed = {Path(item["source"]).name: item["error"] for item in report.failed}
    assert set(failed) == {"빈파일.txt", "깨진.pdf", "프로그램.txt", "없는파일.txt"}
    assert all(any("가" <= letter <= "힣" for letter in error) for error in failed.values())
    statuses = {Path(record.path).name: record.status for record in home.store.sources()}
    assert statuses["깨진.pdf"] == "failed"


def test_a_file_that_turns_bad_keeps_its_last_good_version(home: Home, documents: Path) -> None:
    ingest(home, [str(documents)])
    (documents / "운영규정.md").write_bytes(bytes(range(256)) * 40)
    assert ingest(home, [str(documents)]).failed
    assert any("연체료" in text for _, text in home.store.entry_texts())


def test_a_failure_under_other_options_does_not_freeze_the_old_chunks(home: Home, documents: Path) -> None:
    # Trap: were the failed run's options recorded, the repaired file would look as if it had been cut with them.
    path = documents / "운영규정.md"
    good = path.read_bytes()
    ingest(home, [str(documents)], unit="paragraph")
    path.write_bytes(bytes(range(256)) * 40)
    ingest(home, [str(documents)], unit="law_article")
    path.write_bytes(good)
    ingest(home, [str(documents)], unit="law_article")
    (record,) = home.store.documents()
    assert {chunk.unit for chunk in home.store.chunks(record.id)} >= {"law_article"}


def test_two_equal_files_are_both_there(home: Home, documents: Path) -> None:
    shutil.copy(documents / "운영규정.md", documents / "사본.md")
    report = ingest(home, [str(documents)])
    assert report.documents == 2
    assert len(home.store.documents()) == 2


def test_equal_rows_are_all_kept(home: Home, tmp_path: Path) -> None:
    rows = tmp_path / "rows.jsonl"
    rows.write_text('{"text": "같은 내용"}\n{"text": "같은 내용"}\n', encoding="utf-8")
    report = ingest(home, [str(rows)])
    assert (report.documents, report.failed) == (2, [])


def test_rows_keep_their_ids_and_only_the_chosen_fields_are_indexed(home: Home, tmp_path: Path) -> None:
    rows = tmp_path / "rows.jsonl"
    rows.write_text('{"id": "a-1", "title": "비밀제목", "text": "연체료는 100원이다."}\n', encoding="utf-8")
    ingest(home, [str(rows)], unit="row", fields=("text",))
    assert home.store.documents()[0].external_id == "a-1"
    assert not any("비밀제목" in text for _, text in home.store.entry_texts())


def test_decomposed_file_names_are_shown_composed(home: Home, documents: Path) -> None:
    # Trap: macOS writes NFD; the same name typed on Linux is NFC and would be another source.
    (documents / unicodedata.normalize("NFD", "공지사항.txt")).write_text("휴관 안내", encoding="utf-8")
    report = ingest(home, [str(documents)])
    assert report.failed == []
    assert "공지사항.txt" in {record.source for record in home.store.documents()}


def test_progress_tells_the_share_done_and_the_time_left(home: Home, documents: Path) -> None:
    for number in range(5):
        (documents / f"{number}.txt").write_text(f"{number}번 안내문입니다.\n\n" * 20, encoding="utf-8")
    seen: list[Progress] = []
    ingest(home, [str(documents)], progress=seen.append)
    assert all(0 <= item.done <= item.total for item in seen)
    assert seen[-1].done == seen[-1].total
    assert seen[-1].seconds_left is not None


def test_an_interrupted_run_keeps_what_was_done_and_the_next_one_goes_on(
    home: Home, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "many"
    folder.mkdir()
    for number in range(3):
        lines = [f"{number}-{line}번 조문은 서로 다른 내용을 담은 긴 문장입니다. " * 12 for line in range(200)]
        (folder / f"{number}.txt").write_text("\n\n".join(lines), encoding="utf-8")
    embedder = scripted(home)
    embed, allowed = embedder.embed, [3]

    def interrupted(texts: list[str], kind: str) -> object:
        allowed[0] -= 1
        if allowed[0] < 0:
            raise KeyboardInterrupt
        return embed(texts, kind)  # type: ignore[arg-type]

    monkeypatch.setattr(embedder, "embed", interrupted)
    first = ingest(home, [str(folder)])
    assert first.interrupted
    monkeypatch.setattr(embedder, "embed", embed)
    second = ingest(home, [str(folder)])
    assert not second.interrupted
    assert first.embedded > 0
    # Nothing is embedded twice, whether or not its source had been committed.
    assert first.embedded + second.embedded == home.store.entry_count()
    assert len(home.store.documents()) == 3


KILLED = """
import os, signal, sys
from haechi.config import load_config
from haechi.models.readings import ReadingEmbedder
from haechi.models.scripted import ScriptedEmbedder
from haechi.pipeline.build import open_home
from haechi.pipeline.ingest import ingest
real, left = ScriptedEmbedder.embed, [int(sys.argv[3])]
def embed(self, texts, kind):
    left[0] -= 1
    if left[0] < 0:
        os.kill(os.getpid(), signal.SIGKILL)
    return real(self, texts, kind)
ScriptedEmbedder.embed = embed
with open_home(load_config(sys.argv[1])) as home:
    ingest(home, [sys.argv[2]])
"""


@pytest.mark.parametrize("batches", [0, 1, 3])
def test_a_kill_in_the_middle_loses_nothing(home: Home, tmp_path: Path, batches: int) -> None:
    lines = [f"{line}번 조문은 서로 다른 내용을 담은 긴 문장입니다. " * 12 for line in range(1100)]
    source = tmp_path / "큰규정.txt"
    source.write_text("\n\n".join(lines), encoding="utf-8")
    command = [sys.executable, "-c", KILLED, str(home.config.home), str(source), str(batches)]
    killed = subprocess.run(command, capture_output=True, check=False)
    assert killed.returncode == -signal.SIGKILL
    report = ingest(home, [str(source)])
    assert (report.failed, report.documents) == ([], 1)
    assert report.embedded <= home.store.entry_count() - batches * 256
    assert home.retriever().retrieve("1099번 조문", 2)


DISK_FULL = """
import resource, signal, sys
from haechi.config import load_config
from haechi.errors import HaechiError
from haechi.pipeline.build import open_home
from haechi.pipeline.ingest import ingest
home = open_home(load_config(sys.argv[1]))
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
resource.setrlimit(resource.RLIMIT_FSIZE, (400_000, resource.RLIM_INFINITY))
try:
    ingest(home, [sys.argv[2]])
except HaechiError as error:
    print(error)
    sys.exit(7)
"""


def test_a_full_disk_says_so_and_a_later_run_goes_on(home: Home, tmp_path: Path) -> None:
    # A file size limit makes SQLite fail exactly where a full disk would: in the middle of a write.
    lines = [f"{line}번 조문은 서로 다른 내용을 담은 긴 문장입니다. " * 12 for line in range(1500)]
    source = tmp_path / "큰규정.txt"
    source.write_text("\n\n".join(lines), encoding="utf-8")
    command = [sys.executable, "-c", DISK_FULL, str(home.config.home), str(source)]
    full = subprocess.run(command, capture_output=True, text=True, check=False)
    assert full.returncode == 7, full.stderr
    assert "디스크" in full.stdout
    assert ingest(home, [str(source)]).documents == 1
    assert home.retriever().retrieve("1499번 조문", 2)


def test_a_deleted_index_is_rebuilt_without_embedding(home: Home, documents: Path) -> None:
    ingest(home, [str(documents)])
    home.close()
    shutil.rmtree(home.config.index_dir)
    with open_home(home.config) as again:
        hits = again.retriever().retrieve("연체료는 얼마인가요?", 1)
        embedder = scripted(again)
        assert [kind for kind, _ in embedder.calls] == ["query"]
    assert hits[0].chunk.label == "제3조"


@pytest.mark.parametrize("unit", ["법조문", "artikel"])
def test_an_unknown_unit_is_refused_before_anything_is_read(home: Home, documents: Path, unit: str) -> None:
    with pytest.raises(BackendError, match=unit):
        ingest(home, [str(documents)], unit=unit)


def test_two_writers_do_not_mix(home: Home, documents: Path) -> None:
    with open_home(load_config(home.config.home)) as other, other.store.writer(), pytest.raises(HomeError, match="PID"):
        ingest(home, [str(documents)])


def test_a_home_is_not_made_twice(tmp_path: Path) -> None:
    init_home(tmp_path / "h")
    with pytest.raises(InputError, match="이미"):
        init_home(tmp_path / "h")
    assert (tmp_path / "h").stat().st_mode & 0o077 == 0


def test_an_embedder_that_lacks_its_prefixes_is_told_with_every_ingest(
    home: Home, documents: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert ingest(home, [str(documents)]).warnings == []
    monkeypatch.setattr("haechi.pipeline.ingest.lacks_prefixes", lambda settings: True)
    (warning,) = ingest(home, [str(documents)]).warnings
    assert "query_prefix" in warning["warning"]

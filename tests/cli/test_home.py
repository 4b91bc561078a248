"""The commands on a real home, store and indexes, with scripted models: from `init` to a removed document."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import unicodedata
from pathlib import Path
from typing import Any

import pytest

from tests.cli.conftest import Run

SCRIPTED = """
[llm]
backend = "scripted"
[embedder]
backend = "scripted"
"""

RULES = """# 여비 규정

##### 제1조(목적)
이 규정은 직원의 여비에 관한 사항을 정한다.

##### 제2조(정산)
출장을 마친 직원은 7일 이내에 여비를 정산하여야 한다.

##### 제3조(숙박비)
숙박비는 1박에 7만 원을 넘지 못한다.
"""


@pytest.fixture
def real_home(haechi: Run, in_folder: Path) -> Path:
    """A new home that the current folder stands in, so that commands find it without `--home`."""
    result = haechi("init", in_folder / "집", "--json")
    assert result.status == 0, result.err
    home = Path(result.json["home"])
    (home / "haechi.toml").write_text(SCRIPTED, encoding="utf-8")
    os.environ["HAECHI_HOME"] = str(home)
    return home


@pytest.fixture(autouse=True)
def forget_home() -> Any:
    yield
    os.environ.pop("HAECHI_HOME", None)


@pytest.fixture
def papers(in_folder: Path) -> Path:
    folder = in_folder / "문서"
    folder.mkdir()
    (folder / "여비규정.md").write_text(RULES, encoding="utf-8")
    (folder / "안내.txt").write_text("민원실은 오전 9시에 연다.\n\n주차장은 지하에 있다.", encoding="utf-8")
    return folder


def test_init_makes_a_private_home_and_refuses_to_make_it_twice(haechi: Run, in_folder: Path) -> None:
    result = haechi("init", in_folder / "집")
    assert result.status == 0
    assert (in_folder / "집").stat().st_mode & 0o077 == 0
    again = haechi("init", in_folder / "집")
    assert (again.status, again.out) == (1, "")


def test_init_without_a_folder_uses_home_then_the_current_folder(haechi: Run, in_folder: Path) -> None:
    assert haechi("--home", in_folder / "다른집", "init", "--json").json["home"] == str(in_folder / "다른집")
    assert haechi("init", "--json").json["home"] == str(in_folder)


def test_ingest_reports_what_it_did_and_embeds_nothing_the_second_time(
    haechi: Run, real_home: Path, papers: Path
) -> None:
    first = haechi("ingest", papers, "--json")
    assert first.status == 0, first.err
    keys = {"documents", "chunks", "embedded", "skipped", "removed", "failed", "seconds"}
    assert keys <= set(first.json)
    assert first.json["documents"] == 2
    assert first.json["embedded"] > 0
    second = haechi("ingest", papers, "--json").json
    assert (second["embedded"], second["skipped"]) == (0, 2)


def test_one_bad_file_is_listed_and_the_rest_is_taken_in(haechi: Run, real_home: Path, papers: Path) -> None:
    (papers / "빈파일.txt").write_bytes(b"")
    result = haechi("ingest", papers, "--json")
    assert result.status == 3
    assert result.json["documents"] == 2
    assert [row["source"] for row in result.json["failed"]] == ["빈파일.txt"]


def test_nothing_but_bad_files_is_status_1(haechi: Run, real_home: Path, in_folder: Path) -> None:
    assert haechi("ingest", in_folder / "없는파일.txt").status == 1


def test_search_finds_the_article_without_an_llm(
    haechi: Run, real_home: Path, papers: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    haechi("ingest", papers)
    # The LLM's weights are not installed here; retrieval alone must not ask for them.
    monkeypatch.setenv("HAECHI_LLM_BACKEND", "llama_cpp")
    monkeypatch.setenv("HAECHI_MODELS", str(real_home / "no models"))
    record = haechi("search", "여비 정산은 며칠 이내인가요?", "-k", "1", "--json").json
    assert record["hits"][0]["label"] == "제2조"


def test_ask_answers_or_refuses_with_the_contracts_keys(haechi: Run, real_home: Path, papers: Path) -> None:
    # The scripted model always says 모른다, and a model's own 모른다 is a refusal.
    haechi("ingest", papers)
    result = haechi("ask", "여비 정산은 며칠 이내인가요?", "--json")
    assert result.status == 0, result.err
    contract = "question answer origin reason citations verdicts corrections hits model tokens timings"
    assert set(contract.split()) <= set(result.json)
    assert result.json["origin"] == "refused"
    assert {"retrieve", "total"} <= set(result.json["timings"])


def test_documents_are_listed_shown_and_removed(haechi: Run, real_home: Path, papers: Path) -> None:
    haechi("ingest", papers)
    rows = haechi("documents", "list", "--json").json["documents"]
    assert {"id", "external_id", "source", "title", "chunks", "status"} <= set(rows[0])
    assert sorted(row["source"] for row in rows) == ["안내.txt", "여비규정.md"]

    (rules,) = (row for row in rows if row["source"] == "여비규정.md")
    shown = haechi("documents", "show", rules["id"][:8], "--json").json
    assert "제2조" in [passage["label"] for passage in shown["passages"]]

    removed = haechi("documents", "remove", "여비규정.md", "--json")
    assert (removed.status, removed.json["removed"]) == (0, 1)
    assert removed.json["receipt"]["state"] == "clean"
    (kept,) = haechi("documents", "receipts", "--json").json["receipts"]
    assert kept["id"] == removed.json["receipt"]["id"]
    assert "여비" not in json.dumps(kept, ensure_ascii=False)
    assert "삭제 영수증" in haechi("documents", "receipts").out
    assert len(haechi("documents", "list", "--json").json["documents"]) == 1
    assert (papers / "여비규정.md").is_file()
    labels = [hit["label"] for hit in haechi("search", "여비 정산", "-k", "9", "--json").json["hits"]]
    assert "제2조" not in labels


def test_a_name_that_fits_nothing_or_too_much_is_refused(haechi: Run, real_home: Path, papers: Path) -> None:
    haechi("ingest", papers)
    assert "haechi documents list" in haechi("documents", "show", "없는문서").err
    assert haechi("documents", "remove", "없는문서").status == 1


def test_a_failed_file_is_retried_after_it_was_mended(haechi: Run, real_home: Path, papers: Path) -> None:
    # NFD on disk, as a Mac writes it: the store knows the file by its NFC name.
    name = unicodedata.normalize("NFD", "업무편람.txt")
    (papers / name).write_bytes(b"")
    haechi("ingest", papers)
    failed = [row for row in haechi("documents", "list", "--json").json["documents"] if row["status"] == "failed"]
    assert len(failed) == 1
    (papers / name).write_text("결재는 이틀 안에 한다.", encoding="utf-8")
    result = haechi("documents", "retry", "--json")
    assert (result.status, result.json["documents"]) == (0, 1)


def test_an_ignored_file_is_left_alone_from_then_on(haechi: Run, real_home: Path, papers: Path) -> None:
    (papers / "빈파일.txt").write_bytes(b"")
    haechi("ingest", papers)
    assert haechi("documents", "ignore", "빈파일.txt").status == 0
    result = haechi("ingest", papers, "--json")
    assert (result.status, result.json["failed"]) == (0, [])


def test_a_removed_document_can_be_kept_from_coming_back(haechi: Run, real_home: Path, papers: Path) -> None:
    # Trap: the original stays where it is, and the next sync of its folder would take it in again.
    name = "비밀.txt"
    (papers / name).write_text("이 문서는 다시 들어오면 안 된다.", encoding="utf-8")
    haechi("ingest", papers)
    assert haechi("documents", "remove", name).status == 0
    assert haechi("documents", "ignore", papers / name).status == 0
    assert haechi("sync", "--json").json["documents"] == 0
    assert haechi("search", "다시 들어오면 안 되는 문서", "--json").json["hits"][0]["source"] != name


def test_rows_of_a_table_keep_their_own_ids(haechi: Run, real_home: Path, in_folder: Path) -> None:
    rows = in_folder / "rows.jsonl"
    items = [{"id": "a1", "title": "주차", "text": "주차장은 지하 2층이다."}, {"id": "a2", "text": "민원실은 1층이다."}]
    rows.write_text("".join(json.dumps(item, ensure_ascii=False) + "\n" for item in items), encoding="utf-8")
    assert haechi("ingest", rows, "--unit", "row", "--fields", "text").status == 0
    record = haechi("search", "주차장은 몇 층인가요?", "-k", "1", "--json").json
    assert record["hits"][0]["external_id"] == "a1"


def test_doctor_sees_documents_indexes_and_their_absence(haechi: Run, real_home: Path, papers: Path) -> None:
    rows = {row["name"]: row for row in haechi("doctor", "--json").json["checks"]}
    assert rows["home"]["status"] == "warn"
    haechi("ingest", papers)
    rows = {row["name"]: row for row in haechi("doctor", "--json").json["checks"]}
    assert (rows["home"]["status"], rows["index"]["status"]) == ("ok", "ok")
    for file in sorted((real_home / "indexes").rglob("*"), reverse=True):
        file.rmdir() if file.is_dir() else file.unlink()
    rows = {row["name"]: row for row in haechi("doctor", "--json").json["checks"]}
    assert rows["index"]["status"] == "warn"


def test_evaluate_retrieval_has_the_contracts_keys(haechi: Run, real_home: Path, in_folder: Path) -> None:
    corpus = in_folder / "corpus.jsonl"
    corpus.write_text('{"id": "d1", "text": "주차장은 지하 2층이다."}\n{"id": "d2", "text": "민원실은 1층이다."}\n')
    questions = in_folder / "questions.jsonl"
    questions.write_text('{"id": "q1", "question": "주차장은 어디인가요?", "gold_ids": ["d1"]}\n', encoding="utf-8")
    haechi("ingest", corpus, "--unit", "row", "--fields", "text")
    record = haechi("evaluate", "retrieval", "--questions", questions, "--json").json
    contract = "n recall@1 recall@2 recall@5 recall@10 mrr ndcg@10 p50_ms p95_ms ci95"
    assert set(contract.split()) <= set(record)
    assert (record["n"], record["recall@1"]) == (1, 1.0)


def test_the_console_script_works_in_a_process_of_its_own(real_home: Path, papers: Path) -> None:
    command = [sys.executable, "-m", "haechi.cli", "--home", str(real_home), "--json"]
    done = subprocess.run([*command, "ingest", str(papers)], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout.splitlines()[-1])["documents"] == 2
    assert "%" not in done.stderr  # no bar without a terminal


def test_ctrl_c_during_an_ingest_ends_with_130_and_the_next_run_goes_on(
    haechi: Run, real_home: Path, in_folder: Path
) -> None:
    folder = in_folder / "많은문서"
    folder.mkdir()
    # Enough files that the signal surely arrives between the first commit and the last file.
    for number in range(1500):
        (folder / f"{number}.txt").write_text(f"{number}번 문서입니다.\n\n" * 20, encoding="utf-8")
    command = [sys.executable, "-m", "haechi.cli", "--home", str(real_home), "--json", "ingest", str(folder)]
    # Trap: a shell that runs the tests in the background has them ignore SIGINT, and children inherit that.
    with subprocess.Popen(
        command,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),
    ) as process:
        wait_for_a_source(haechi, process)
        process.send_signal(signal.SIGINT)
        _, err = process.communicate()
    assert process.returncode == 130, err
    assert "Traceback" not in err
    rest = haechi("ingest", folder, "--json").json
    assert rest["documents"] + rest["skipped"] == 1500
    assert rest["skipped"] > 0


def wait_for_a_source(haechi: Run, process: subprocess.Popen[str]) -> None:
    """Until the running ingest has committed something; it is known by what another reader sees."""
    while process.poll() is None:
        if haechi("documents", "list", "--json").json["documents"]:
            return

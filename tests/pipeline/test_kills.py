"""`kill -9` at some SQL statement of an ingest, a deletion, a backup, a restore: nothing is lost, the next run ends it.

The statement is counted, not timed, so every run kills at the same place. `benchmarks/crash.py` kills by the clock.
"""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from haechi.config import load_config
from haechi.pipeline.backup import backup, restore
from haechi.pipeline.build import init_home, open_home
from haechi.pipeline.erase import remove_documents
from haechi.pipeline.ingest import ingest
from haechi.pipeline.verify import verify

PROCESS = """
import os, signal, sys
from pathlib import Path
from haechi.stores.connection import Database
from tests.pipeline.test_kills import ACTIONS
connect, left = Database._connect, [int(sys.argv[2])]
def step(statement):
    left[0] -= 1
    if left[0] == 0:
        os.kill(os.getpid(), signal.SIGKILL)
def watched(self):
    connection = connect(self)
    connection.set_trace_callback(step)
    return connection
Database._connect = watched
ACTIONS[sys.argv[1]](Path(sys.argv[3]))
print(int(sys.argv[2]) - left[0])
"""


def _ingest(folder: Path) -> None:
    with open_home(load_config(folder / "home")) as home:
        ingest(home, [str(folder / "files")])


def _edit(folder: Path) -> None:
    (folder / "files" / "0.txt").write_text("0번 문서는 고쳐졌다.", encoding="utf-8")
    (folder / "files" / "1.txt").unlink(missing_ok=True)
    _ingest(folder)


def _delete(folder: Path) -> None:
    with open_home(load_config(folder / "home")) as home:
        ids = [record.id for record in home.store.documents() if record.source in ("2.txt", "3.txt")]
        if ids:
            remove_documents(home, ids)


def _backup(folder: Path) -> None:
    with open_home(load_config(folder / "home")) as home:
        backup(home, folder / "b.zip")


def _restore(folder: Path) -> None:
    restore(folder / "b.zip", folder / "home")


ACTIONS: dict[str, Callable[[Path], None]] = {
    "ingest": _ingest,
    "edit": _edit,
    "delete": _delete,
    "backup": _backup,
    "restore": _restore,
}
EXPECTED = {"ingest": 6, "edit": 5, "delete": 4, "backup": 6, "restore": 6}
CHANCE = random.Random(11)
KILLS = [
    (action, CHANCE.uniform(0.15, 0.85))
    for action in ("ingest", "edit", "edit", "delete", "delete", "backup", "restore")
]


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    monkeypatch.setenv("HAECHI_EMBEDDER_BACKEND", "scripted")
    monkeypatch.setenv("HAECHI_CHECK_GROUNDER", "none")
    monkeypatch.setenv("HAECHI_LLM_BACKEND", "scripted")
    init_home(tmp_path / "home")
    (tmp_path / "files").mkdir()
    for number in range(6):
        text = "\n\n".join(f"{number}번 문서의 {line}번 조문은 서로 다른 내용이다." for line in range(5))
        (tmp_path / "files" / f"{number}.txt").write_text(text, encoding="utf-8")
    yield tmp_path


def run(action: str, statement: int, folder: Path) -> subprocess.CompletedProcess[str]:
    root = Path(__file__).parents[2]
    path = os.pathsep.join([str(root), *filter(None, [os.environ.get("PYTHONPATH")])])
    command = [sys.executable, "-c", PROCESS, action, str(statement), str(folder)]
    return subprocess.run(
        command, capture_output=True, text=True, check=False, env={**os.environ, "PYTHONPATH": path}, cwd=root
    )


#: About how many statements each action has; a kill is a share of them.
STATEMENTS = {"ingest": 80, "edit": 61, "delete": 57, "backup": 13, "restore": 30}


@pytest.mark.parametrize(("action", "share"), KILLS)
def test_a_kill_loses_nothing_and_the_next_run_ends_the_work(folder: Path, action: str, share: float) -> None:
    if action != "ingest":
        _ingest(folder)
    if action == "restore":
        _backup(folder)
    killed = run(action, int(STATEMENTS[action] * share), folder)
    assert killed.returncode == -signal.SIGKILL, killed.stdout + killed.stderr
    report = verify(load_config(folder / "home"))
    assert [row for row in report["problems"] if not row["mendable"]] == []
    ACTIONS[action](folder)
    assert verify(load_config(folder / "home"), repair=True)["ok"]
    with open_home(load_config(folder / "home")) as home:
        assert len(home.store.documents()) == EXPECTED[action]
        if action == "delete":
            left = b"".join(path.read_bytes() for path in (folder / "home").rglob("*") if path.is_file())
            assert "2번 문서의 4번 조문".encode() not in left

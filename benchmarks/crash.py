"""`kill -9` at random moments of ingest, deletion, backup, restore and re-embedding: is anything lost?

    python benchmarks/crash.py [--kills 50] [--seed 7]

Each trial runs the real command line in a process of its own (scripted embedder, everything else real) and kills it at
a random share of the time an undisturbed run took. After the kill `verify` may find only what `verify --repair` mends
without loss; then the same command runs again to its end, and the home must be sound and hold exactly what it should.
The last line is JSON.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from haechi.config import load_config
from haechi.pipeline.build import init_home, open_home
from haechi.pipeline.verify import verify

FILES = 100
#: The first part of a run only loads Python packages; a kill there proves nothing.
LEAST = 0.4


@dataclass(frozen=True)
class Trial:
    """What is killed: `prepare` makes the home ready, `command` is run and killed, `expected` are its sources after."""

    name: str
    prepare: Callable[[Path], None]
    command: Callable[[Path], list[str]]
    expected: Callable[[Path], set[str]]
    model: str = ""


def run(*arguments: str, home: Path, model: str = "") -> subprocess.Popen[bytes]:
    return subprocess.Popen(
        [sys.executable, "-m", "haechi.cli", "--home", str(home / "home"), "--json", *arguments],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env={**os.environ, **({"HAECHI_EMBEDDER_MODEL": model} if model else {})},
    )


def finished(*arguments: str, home: Path, model: str = "") -> None:
    process = run(*arguments, home=home, model=model)
    _, err = process.communicate()
    assert process.returncode == 0, err.decode()


def write_files(home: Path, version: str) -> None:
    folder = home / "files"
    folder.mkdir(exist_ok=True)
    for number in range(FILES):
        lines = [
            f"{number}번 문서 {line}번 조문({version})은 서로 다른 내용을 담은 문장입니다. " * 6 for line in range(12)
        ]
        (folder / f"{number}.txt").write_text("\n\n".join(lines), encoding="utf-8")


def new_home(home: Path) -> None:
    init_home(home / "home")
    write_files(home, "처음")


def full_home(home: Path) -> None:
    new_home(home)
    finished("ingest", str(home / "files"), home=home)


def edited_home(home: Path) -> None:
    full_home(home)
    write_files(home, "고침")
    for number in range(5):
        (home / "files" / f"{number}.txt").unlink()


def all_files(home: Path) -> set[str]:
    return {path.name for path in (home / "files").iterdir()}


def ingest(home: Path) -> list[str]:
    return ["ingest", str(home / "files")]


GONE = ["7.txt", "8.txt", "9.txt"]

TRIALS: tuple[Trial, ...] = (
    Trial("ingest", new_home, ingest, all_files),
    Trial("edit", edited_home, ingest, all_files),
    Trial("delete", full_home, lambda home: ["documents", "remove", *GONE], lambda home: all_files(home) - {*GONE}),
    Trial("backup", full_home, lambda home: ["backup", str(home / "b.zip")], all_files),
    Trial(
        "restore",
        lambda home: (full_home(home), finished("backup", str(home / "b.zip"), home=home))[0],  # type: ignore[func-returns-value]
        lambda home: ["restore", str(home / "b.zip")],
        all_files,
    ),
    Trial("reembed", full_home, lambda home: ["reembed"], all_files, model="another"),
)


def problems(home: Path, *, repair: bool = False) -> list[dict[str, object]]:
    found: list[dict[str, object]] = verify(load_config(home / "home"), repair=repair)["problems"]
    return found


def sources(home: Path) -> set[str]:
    with open_home(load_config(home / "home")) as opened:
        return {record.source for record in opened.store.documents()}


class Course:
    """One kind of trial: a prepared home that every kill starts from, and how long an undisturbed run takes."""

    def __init__(self, trial: Trial, folder: Path) -> None:
        self.trial = trial
        self.folder = folder
        self.ready = folder / "ready"
        self.ready.mkdir(parents=True)
        # Sources are known by their path, so every trial runs at the same place.
        self.place = folder / "place"
        self.place.mkdir()
        trial.prepare(self.place)
        self.save()
        started = time.monotonic()
        finished(*trial.command(self.place), home=self.place, model=trial.model)
        self.seconds = time.monotonic() - started

    def save(self) -> None:
        shutil.rmtree(self.ready)
        shutil.copytree(self.place, self.ready)

    def kill(self, share: float) -> dict[str, object]:
        """Start, kill after `share` of the undisturbed time, look, run again to the end, look again."""
        trial, place = self.trial, self.place
        shutil.rmtree(place)
        shutil.copytree(self.ready, place)
        started = time.monotonic()
        process = run(*trial.command(place), home=place, model=trial.model)
        try:
            process.wait(self.seconds * share)
            self.seconds = time.monotonic() - started  # the machine is faster than it was
        except subprocess.TimeoutExpired:
            process.send_signal(signal.SIGKILL)
        process.communicate()
        found = problems(place)
        lost = [row for row in found if not row["mendable"]]
        again = run(*trial.command(place), home=place, model=trial.model)
        _, err = again.communicate()
        # A deletion that was already committed has nothing left to do, and says so.
        done = again.returncode == 0 or (trial.name == "delete" and sources(place) == trial.expected(place))
        problems(place, repair=True)
        return {
            "trial": trial.name,
            "killed": process.returncode == -signal.SIGKILL,
            "share": round(share, 3),
            "mendable": sorted({str(row["code"]) for row in found}),
            "lost": lost,
            "finished": done,
            "sound": problems(place) == [],
            "complete": sources(place) == trial.expected(place),
            "error": "" if done else err.decode()[-400:],
        }


def passed(row: dict[str, object]) -> bool:
    return not row["lost"] and bool(row["finished"]) and bool(row["sound"]) and bool(row["complete"])


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--kills", type=int, default=50)
    parser.add_argument("--seed", type=int, default=7)
    options = parser.parse_args(arguments)
    os.environ.update(HAECHI_EMBEDDER_BACKEND="scripted", HAECHI_LLM_BACKEND="scripted")
    chance = random.Random(options.seed)
    rows = []
    with tempfile.TemporaryDirectory(prefix="haechi-crash-") as folder:
        courses = [Course(trial, Path(folder) / trial.name) for trial in TRIALS]
        # A run that ends before its kill is checked as well, but not counted.
        while sum(bool(row["killed"]) for row in rows) < options.kills and len(rows) < 2 * options.kills:
            row = courses[len(rows) % len(courses)].kill(chance.uniform(LEAST, 1.0))
            rows.append(row)
            print(json.dumps(row, ensure_ascii=False), flush=True)
    killed = [row for row in rows if row["killed"]]
    summary = {
        "kills": len(killed),
        "ended_before_the_kill": len(rows) - len(killed),
        "passed": sum(passed(row) for row in rows),
        "failed": sum(not passed(row) for row in rows),
        "left_to_mend": sum(bool(row["mendable"]) for row in killed),
        "by_trial": {trial.name: sum(row["trial"] == trial.name and passed(row) for row in rows) for trial in TRIALS},
        "seconds": {course.trial.name: round(course.seconds, 2) for course in courses},
        "seed": options.seed,
    }
    print(json.dumps(summary, ensure_ascii=False))
    return 0 if summary["failed"] == 0 else 1


if __name__ == "__main__":
    sys.exit(main())

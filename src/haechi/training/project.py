"""A guided project folder: four steps from an institution's documents to a tested model, each with its status.

    1_자료/  documents      2_학습자료/  training data and linter reports      3_학습/  runs      4_시험/  questions
    홈/      the knowledge base that the documents are read into, which the model is tested with

Nothing is remembered: the status is read from what is there (files, `*.lint.json`, `run.json`, `gate.json`), so it is
right whichever way the files came to be. Loads neither torch nor models.
"""

from __future__ import annotations

import json
import shlex
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from haechi.errors import HaechiError, InputError
from haechi.evaluation.gate import RESULT
from haechi.models.model_home import write_json
from haechi.training.data_formats import read_any
from haechi.training.project_text import GUIDES, README
from haechi.training.train_run import RUN_CARD

MARK = "haechi-project.json"
HOME = "홈"
COLLECT, DATA, TRAIN, TEST = FOLDERS = ("1_자료", "2_학습자료", "3_학습", "4_시험")
TITLES = (
    ("자료 모으기", "collect documents"),
    ("지시와 학습 자료 만들기", "define instructions and build training data"),
    ("학습", "train"),
    ("시험", "test"),
)
QUESTIONS = "질문.jsonl"
REPORT = ".lint.json"
CLEAN = "_정리"

State = Literal["empty", "started", "done"]
#: A Korean and an English sentence.
Said = tuple[str, str]
#: Kind of rows → what trains on them as they are.
_TRAINERS = {"sft": "sft", "chat": "sft", "instruction": "sft", "text": "sft", "faq": "sft", "pairs": "dpo"}


@dataclass(frozen=True)
class Step:
    """One of the four. `found` says what is there, `next` is the very next command, empty when nothing is left."""

    number: int
    state: State
    folder: Path
    found: tuple[Said, ...]
    next: str

    @property
    def title(self) -> Said:
        return TITLES[self.number - 1]


@dataclass(frozen=True)
class Project:
    """A project's steps, in order."""

    folder: Path
    name: str
    steps: tuple[Step, ...]

    @property
    def next(self) -> str:
        """The very next command of the whole project: of the first step that is not done."""
        return next((step.next for step in self.steps if step.state != "done" and step.next), "")


def init_project(folder: Path, *, name: str = "") -> Project:
    """Make the folders and their guides; what is in them stays. Raises InputError when it is a project already."""
    folder = folder.expanduser().absolute()
    if (folder / MARK).exists():
        raise InputError(
            f"'{folder}'은(는) 이미 프로젝트입니다. 보기: haechi project status {_quoted(folder)}",
            f"'{folder}' is a project already; to see it: haechi project status {_quoted(folder)}",
        )
    if folder.exists() and not folder.is_dir():
        raise InputError(f"'{folder}'은(는) 파일입니다. 폴더를 주세요", f"'{folder}' is a file; give a folder")
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for part, guide in zip(FOLDERS, GUIDES, strict=True):
            (folder / part).mkdir(exist_ok=True)
            _write_new(folder / part / README, guide)
        write_json(folder / MARK, {"name": name or folder.name, "version": 1})
    except OSError as error:
        raise InputError(
            f"'{folder}'에 쓸 수 없습니다: {error.strerror}", f"cannot write to '{folder}': {error.strerror}"
        ) from error
    return read_project(folder)


def read_project(folder: Path) -> Project:
    """The project and the status of its steps. Raises InputError when the folder is none."""
    folder = folder.expanduser().absolute()
    try:
        name = str(json.loads((folder / MARK).read_text(encoding="utf-8"))["name"])
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise InputError(
            f"'{folder}'은(는) 프로젝트가 아닙니다({MARK} 없음). 만들기: haechi project init {_quoted(folder)}",
            f"'{folder}' is no project ({MARK} missing or broken); make one: haechi project init {_quoted(folder)}",
        ) from error
    data, clean = _data(folder)
    steps = (_collect(folder), data, _train(folder, clean), _test(folder))
    return Project(folder, name, steps)


def _collect(folder: Path) -> Step:
    """Documents in the folder, and how many of them the home holds."""
    here, home = folder / COLLECT, folder / HOME
    files = [file for file in here.rglob("*") if file.is_file() and file.name != README] if here.is_dir() else []
    if not files:
        said = ("문서가 없습니다. 이 폴더에 규정, 안내문, 공지를 넣으세요", "no documents; put them into this folder")
        return Step(1, "empty", here, (said,), f"cp 문서… {_quoted(here)}")
    kinds = ", ".join(f"{kind} {count}" for kind, count in Counter(file.suffix.lower() for file in files).most_common())
    found = [(f"파일 {len(files)}개({kinds})", f"{len(files)} files ({kinds})")]
    if not (home / "haechi.toml").is_file():
        found.append(("홈이 아직 없습니다", "there is no home yet"))
        return Step(1, "started", here, tuple(found), f"haechi init {_quoted(home)}")
    read = _documents(home)
    found.append((f"홈에 든 문서 {read}건", f"{read} documents in the home"))
    ingest = f"haechi --home {_quoted(home)} ingest {_quoted(here)}"
    return Step(1, "done" if read else "started", here, tuple(found), "" if read else ingest)


def _data(folder: Path) -> tuple[Step, list[tuple[str, Path]]]:
    """The step, and (kind, file) of the rows that the linter let pass."""
    here = folder / DATA
    files = sorted([*here.glob("*.jsonl"), *here.glob("*.csv")]) if here.is_dir() else []
    files = [file for file in files if not file.name.endswith(".dropped.jsonl")]
    if not files:
        said = ("학습 자료가 없습니다", "no training data")
        command = f"haechi --home {_quoted(folder / HOME)} data from-documents --out {_quoted(here)}"
        return Step(2, "empty", here, (said,), command), []
    found: list[Said] = []
    clean: list[tuple[str, Path]] = []
    todo = ""
    for file in files:
        try:
            kind, rows = read_any(file, strict=False)
        except HaechiError as error:
            found.append((f"{file.name}: {error.korean}", f"{file.name}: {error.english}"))
            continue
        state, said, command = _linted(file, {other.name for other in files})
        found.append(
            (f"{file.name}: {kind} {len(rows)}줄, {said[0]}", f"{file.name}: {kind}, {len(rows)} rows, {said[1]}")
        )
        if state == "clean":
            clean.append((kind, file))
        todo = todo or command
    return Step(2, "done" if clean and not todo else "started", here, tuple(found), todo), clean


def _linted(file: Path, others: set[str]) -> tuple[str, Said, str]:
    """What the newest report says of a file: clean, dirty, unknown or replaced; in words; and the command to run."""
    report = _record(file.with_name(file.stem + REPORT))
    again = f"haechi data lint {_quoted(file)} --report {_quoted(file.with_name(file.stem + REPORT))}"
    if report is None or file.with_name(file.stem + REPORT).stat().st_mtime < file.stat().st_mtime:
        return "unknown", ("점검 전", "not linted"), again
    dropped, cleaned = int(report.get("dropped", 0)), report.get("file")
    if not dropped or (cleaned and Path(str(cleaned)).name == file.name):
        return "clean", ("점검을 마침", "linted"), ""
    better = file.with_name(f"{file.stem}{CLEAN}.jsonl")
    said = (f"뺄 줄 {dropped}", f"{dropped} rows to drop")
    if better.name in others:
        return "replaced", (f"{said[0]}(정리한 파일: {better.name})", f"{said[1]} (cleaned: {better.name})"), ""
    made = better.with_name(better.stem + REPORT)
    return (
        "dirty",
        said,
        f"haechi data clean {_quoted(file)} --out {_quoted(better)} --report {_quoted(made)}",
    )


def _train(folder: Path, clean: Sequence[tuple[str, Path]]) -> Step:
    """Runs in the folder by their cards."""
    here = folder / TRAIN
    runs = [(card.parent, _record(card)) for card in sorted(here.glob(f"*/{RUN_CARD}"))] if here.is_dir() else []
    found: list[Said] = []
    finished, stopped = 0, None
    for run, card in runs:
        if card is None:
            found.append((f"{run.name}: run.json을 읽을 수 없습니다", f"{run.name}: cannot read run.json"))
        elif card.get("interrupted"):
            stopped = stopped or run
            done = f"{card.get('steps')}/{card.get('of')}"
            found.append((f"{run.name}: {done}단계에서 멈춤", f"{run.name}: stopped at step {done}"))
        else:
            finished += 1
            told = _figures(card)
            found.append((f"{run.name}: {card.get('kind')}, 마침{told}", f"{run.name}: {card.get('kind')}, done{told}"))
    if not runs:
        found.append(("학습한 것이 없습니다", "no runs"))
    command = ""
    if stopped is not None and not finished:
        found.append(("같은 명령에 --resume을 붙이면 이어서 합니다", "the same command with --resume goes on"))
        command = _resume(stopped, clean)
    elif not finished:
        command = _first_run(here, clean)
    return Step(3, "done" if finished else "started" if runs else "empty", here, tuple(found), command)


def _first_run(here: Path, clean: Sequence[tuple[str, Path]]) -> str:
    for kind, file in clean:
        if kind in _TRAINERS:
            trainer = _TRAINERS[kind]
            return f"haechi train {trainer} --data {_quoted(file)} --out {_quoted(here / trainer)}"
        if kind == "grounded":
            made = file.with_name("sft.jsonl")
            return f"haechi data build {_quoted(file)} --to sft --out {_quoted(made)}"
        if kind == "ranking":
            return f"haechi data pairs {_quoted(file)} --out {_quoted(file.with_name('pairs.jsonl'))}"
    return ""


def _resume(run: Path, clean: Sequence[tuple[str, Path]]) -> str:
    """The command of a stopped run, as far as its card knows it."""
    card = _record(run / RUN_CARD) or {}
    known = {file.name: file for _, file in clean}
    files = [known.get(name) for name in (card.get("data") or {}).get("files", {})]
    data = " ".join(f"--data {_quoted(file)}" for file in files if file) or "--data …"
    return f"haechi train {card.get('kind', 'sft')} {data} --out {_quoted(run)} --resume"


def _test(folder: Path) -> Step:
    """Questions, and the verdict of the newest gate over a candidate."""
    here, home = folder / TEST, folder / HOME
    asked = here / QUESTIONS
    gates = [*here.rglob(RESULT), *home.glob(f"improve/*/gate/{RESULT}")]
    newest = max(gates, key=lambda file: file.stat().st_mtime, default=None)
    verdict = (_record(newest) or {}).get("verdict") if newest else None
    found: list[Said] = []
    if asked.is_file():
        count = sum(bool(line.strip()) for line in asked.read_text(encoding="utf-8-sig").splitlines())
        found.append((f"시험 질문 {count}개", f"{count} test questions"))
    else:
        found.append((f"시험 질문이 없습니다({QUESTIONS})", f"no test questions ({QUESTIONS})"))
    if verdict:
        words = {"promote": "나음", "reject": "못함", "undecided": "더 재야 함"}
        found.append((f"판정: {words.get(str(verdict), verdict)}({verdict})", f"verdict: {verdict}"))
        return Step(4, "done" if verdict != "undecided" else "started", here, tuple(found), "")
    if not asked.is_file():
        return Step(4, "empty", here, tuple(found), f"cp 질문.jsonl {_quoted(asked)}")
    run = next((card.parent for card in sorted((folder / TRAIN).glob(f"*/{RUN_CARD}")) if _finished(card)), None)
    if run is None:
        # The base beside which the trained model will stand.
        command = f"haechi --home {_quoted(home)} evaluate answers --questions {_quoted(asked)}"
    else:
        name = f"{folder.name}-{run.name}"
        command = (
            f"haechi models export {_quoted(run)} --name {_quoted(name)} && haechi --home {_quoted(home)} "
            f"improve gate --adapter {_quoted(name)} --questions {_quoted(asked)}"
        )
    return Step(4, "started", here, tuple(found), command)


def _documents(home: Path) -> int:
    """How many documents a home holds; 0 when it cannot be read, which ingesting will tell."""
    from haechi.config import load_config
    from haechi.pipeline.build import open_home

    try:
        with open_home(load_config(str(home))) as opened:
            return len(opened.store.documents())
    except HaechiError:
        return 0


def _figures(card: Mapping[str, Any]) -> str:
    """The loss or the like before and after, where the card has both."""
    before, after = card.get("before") or {}, card.get("after") or {}
    for name in ("accuracy", "reward", "loss"):
        if isinstance(before.get(name), int | float) and isinstance(after.get(name), int | float):
            return f", {name} {before[name]:.3f} → {after[name]:.3f}"
    return ""


def _finished(card: Path) -> bool:
    record = _record(card)
    return record is not None and not record.get("interrupted")


def _record(file: Path | None) -> dict[str, Any] | None:
    """A JSON object, None when there is none to read."""
    if file is None:
        return None
    try:
        found = json.loads(file.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None
    return found if isinstance(found, dict) else None


def _write_new(path: Path, text: str) -> None:
    if not path.exists():
        path.write_text(text, encoding="utf-8")


def _quoted(path: Path | str) -> str:
    return shlex.quote(str(path))

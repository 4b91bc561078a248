"""The folder of one try to improve a home's models: what was planned, which stages are done, and what each found.

    <home>/improve/<id>/   run.json   data/   train/   adapter.gguf   gate/

`data/` and `gate/` hold words of documents and questions; they go with the verdict, or with a document that is removed.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from uuid import uuid4

from haechi.errors import InputError
from haechi.models.model_home import write_json
from haechi.pipeline.erase import IMPROVE, drop_training_words

STATE = "run.json"
STAGES = ("collect", "train", "export", "gate", "decide")


@dataclass(frozen=True)
class Plan:
    """What a try is to do. `adapter` is a finished one to judge, `embedder` another embedder; or `trainer` makes one.

    `settings` are the trainer's own, `changes` settings (`section.key`) that come with the candidate, or are all of
    it. `promote` False stops at the verdict.
    """

    questions: Path
    who: str = ""
    trainer: str = "reader"
    adapter: str = ""
    embedder: str = ""
    data: tuple[Path, ...] = ()
    base: str = ""
    start: Path | None = None
    since: str = ""
    seed: int = 0
    promote: bool = True
    settings: Mapping[str, Any] = field(default_factory=dict)
    changes: Mapping[str, Any] = field(default_factory=dict)

    @property
    def trains(self) -> bool:
        return bool(self.trainer)


@dataclass
class ImproveRun:
    """An open or finished try. `stages` maps the stages that are done to what they found."""

    folder: Path
    plan: Plan
    created: str
    stages: dict[str, dict[str, Any]] = field(default_factory=dict)
    notes: dict[str, Any] = field(default_factory=dict)

    @property
    def id(self) -> str:
        return self.folder.name

    @property
    def done(self) -> bool:
        return "decide" in self.stages

    @property
    def next_stage(self) -> str:
        """The first stage that is not done; empty at the end."""
        return next((stage for stage in STAGES if stage not in self.stages), "")

    def finish(self, stage: str, record: Mapping[str, Any]) -> None:
        """Note a stage as done. Whole or not at all."""
        self.stages[stage] = {**record, "finished": datetime.now(UTC).isoformat(timespec="seconds")}
        self.save()

    def note(self, name: str, value: Any) -> Any:
        """Remember a fact the first time; what was remembered stays."""
        if name not in self.notes:
            self.notes[name] = value
            self.save()
        return self.notes[name]

    def start_over(self) -> None:
        """Forget all stages and what they made."""
        drop_training_words(self.folder.parent.parent, self.id)
        (self.folder / "adapter.gguf").unlink(missing_ok=True)
        self.stages, self.notes = {}, {}
        self.save()

    def save(self) -> None:
        """Write run.json."""
        plan = {name: _plain(value) for name, value in asdict(self.plan).items()}
        record = {"id": self.id, "created": self.created, "plan": plan, "stages": self.stages, "notes": self.notes}
        write_json(self.folder / STATE, record)


def new_run(home: Path, plan: Plan) -> ImproveRun:
    """A folder for a new try. Raises InputError while another one is open."""
    if (other := open_run(home)) is not None:
        raise InputError(
            f"멈춘 실행 {other.id}이(가) 있습니다({other.next_stage} 단계). 이어서 하기: haechi improve run --resume, "
            "버리기: haechi improve run --discard",
            f"the interrupted run {other.id} is open (stage {other.next_stage}); go on: haechi improve run --resume, "
            "or throw it away: haechi improve run --discard",
        )
    now = datetime.now(UTC)
    folder = home / IMPROVE / f"{now:%Y%m%d-%H%M%S%f}-{uuid4().hex[:4]}"
    folder.mkdir(parents=True, mode=0o700)
    run = ImproveRun(folder, plan, now.isoformat(timespec="seconds"))
    run.save()
    return run


def open_run(home: Path) -> ImproveRun | None:
    """The try that has not come to its end; None when all have."""
    return next((run for run in reversed(all_runs(home)) if not run.done), None)


def all_runs(home: Path) -> list[ImproveRun]:
    """Every try whose folder is still there, oldest first."""
    files = sorted((home / IMPROVE).glob(f"*/{STATE}"))
    return [_read(file) for file in files]


def find_run(home: Path, identity: str) -> ImproveRun:
    """A try by its id or the beginning of one. Raises InputError."""
    found = [run for run in all_runs(home) if run.id.startswith(identity)]
    if len(found) != 1:
        raise InputError(
            f"실행 '{identity}'을(를) 하나로 정할 수 없습니다({len(found)}개). 목록: haechi improve history",
            f"no single run '{identity}' ({len(found)} found); see: haechi improve history",
        )
    return found[0]


def discard(home: Path) -> str:
    """Throw away the open try; its id, empty when there is none."""
    import shutil

    run = open_run(home)
    if run is None:
        return ""
    shutil.rmtree(run.folder)
    return run.id


def _read(file: Path) -> ImproveRun:
    try:
        record = json.loads(file.read_text(encoding="utf-8"))
        plan = dict(record["plan"])
        for name in ("questions", "start"):
            plan[name] = Path(plan[name]) if plan[name] else None
        plan["data"] = tuple(Path(path) for path in plan["data"])
        return ImproveRun(file.parent, Plan(**plan), record["created"], record["stages"], record["notes"])
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise InputError(
            f"'{file}'을(를) 읽을 수 없습니다({error}). 이 폴더를 지우고 다시 실행하세요",
            f"cannot read '{file}' ({error}); delete this folder and run again",
        ) from error


def _plain(value: Any) -> Any:
    if isinstance(value, Path):
        return str(value.absolute())
    return [_plain(item) for item in value] if isinstance(value, tuple) else value

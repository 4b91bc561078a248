"""The folder of one training run: settings, figures of every step, curves, checkpoints, the result and its card.

    settings.json   metrics.jsonl   curves.png   curves.json   checkpoints/   adapter/ or model/   run.json

Every trainer writes the same folder. A run that was interrupted has checkpoints and no result.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

from haechi.errors import InputError
from haechi.models.model_home import write_json
from haechi.training.train_settings import TrainSettings

RUN_CARD = "run.json"
SETTINGS = "settings.json"
METRICS = "metrics.jsonl"
#: (stage, done, total, loss, seconds left); the last two only while it trains.
Report = Callable[[str, int, int, float | None, float | None], None]
Stop = Callable[[], bool]
#: May differ between the two halves of a run: they change how fast it goes, not where to.
_FREE = ("threads", "save_every")
_PACKAGES = ("torch", "transformers", "trl", "peft", "accelerate", "datasets", "bitsandbytes", "numpy")


def processes() -> int:
    """How many processes train together (accelerate launch), 1 without."""
    return max(1, int(os.environ.get("WORLD_SIZE", "1")))


def is_main() -> bool:
    """Whether this process is the one that writes."""
    return int(os.environ.get("RANK", "0")) == 0


def silent(stage: str, done: int, total: int, loss: float | None, left: float | None) -> None:
    """A report that goes nowhere."""


def never() -> bool:
    """A stop that is never asked for."""
    return False


@dataclass
class Run:
    """An open run folder. `resumed_from` is the step it goes on from, 0 for a new run."""

    out: Path
    kind: str
    settings: TrainSettings
    data: dict[str, Any]
    resumed_from: int = 0
    began: float = field(default_factory=time.monotonic)
    facts: dict[str, Any] = field(default_factory=dict)

    @property
    def checkpoints(self) -> Path:
        return self.out / "checkpoints"

    def last_checkpoint(self) -> Path | None:
        """The newest whole checkpoint (Trainer's `checkpoint-N` folders)."""
        return newest_checkpoint(self.checkpoints)

    def log(self, step: int, values: Mapping[str, Any]) -> None:
        """One line of metrics.jsonl: numbers only, no text of the data."""
        if not is_main():
            return
        numbers = {name: value for name, value in values.items() if isinstance(value, int | float)}
        with (self.out / METRICS).open("a", encoding="utf-8") as stream:
            stream.write(json.dumps({"step": step, **numbers}) + "\n")

    def metrics(self) -> list[dict[str, Any]]:
        """All lines of metrics.jsonl."""
        file = self.out / METRICS
        if not file.exists():
            return []
        return [json.loads(line) for line in file.read_text(encoding="utf-8").splitlines() if line.strip()]

    def forget_after(self, step: int) -> None:
        """Drop figures of steps that an interrupted run had logged after its last checkpoint: they come again."""
        # Step 0 is the measurement before training; without a checkpoint it comes again too.
        kept = [row for row in self.metrics() if step and row["step"] <= step]
        text = "".join(json.dumps(row) + "\n" for row in kept)
        (self.out / METRICS).write_text(text, encoding="utf-8")

    def finish(self, *, interrupted: bool, steps: int, of: int, **found: Any) -> dict[str, Any]:
        """Draw the curves and write the card; returns it. An interrupted run's card is written too."""
        rows = self.metrics()
        if is_main():
            write_curves(self.out, rows, self.kind)
        card: dict[str, Any] = {
            "kind": self.kind,
            "base": self.settings.base,
            **self.facts,
            "settings": self.settings.record(),
            "data": self.data,
            "steps": steps,
            "of": of,
            "losses": [row["loss"] for row in rows if "loss" in row],
            "interrupted": interrupted,
            "resumed_from": self.resumed_from,
            "processes": processes(),
            "seconds": round(time.monotonic() - self.began, 1),
            **peak_memory(),
            "packages": packages(),
            "finished": datetime.now(UTC).isoformat(timespec="seconds"),
            **found,
        }
        if is_main():
            write_json(self.out / RUN_CARD, card)
        if is_main() and not interrupted:
            shutil.rmtree(self.checkpoints, ignore_errors=True)
        return card


def open_run(
    out: Path, settings: TrainSettings, data: Mapping[str, Any], resume: bool, *, kind: str, facts: Mapping[str, Any]
) -> Run:
    """A new run folder, or the one to go on with.

    `data` is the result of `data_card`; `facts` go into the card (base_sha256, …). Raises InputError for a folder in
    use, or when settings or data differ from those the run was begun with. Of several processes only the first checks
    and writes.
    """
    if not is_main():
        run = Run(out, kind, settings, dict(data), facts=dict(facts))
        last = run.last_checkpoint() if resume else None
        run.resumed_from = int(last.name.rpartition("-")[2]) if last else 0
        return run
    known = out / SETTINGS
    record = {"kind": kind, "settings": settings.record(), "data": dict(data), "base_sha256": facts.get("base_sha256")}
    if known.exists() and not resume:
        if _finished(out):
            raise InputError(
                f"'{out}'에 이미 학습 결과가 있습니다. 다른 --out을 주세요",
                f"'{out}' already holds a result; give another --out",
            )
        # A run that failed before its first checkpoint (a wrong setting) leaves nothing to keep.
        if newest_checkpoint(out / "checkpoints") is not None:
            raise InputError(
                f"'{out}'에 멈춘 학습이 있습니다. 이어서 하려면 --resume을 붙이고, 아니면 다른 --out을 주세요",
                f"'{out}' holds an interrupted run; go on with --resume, or give another --out",
            )
    if resume and not known.exists():
        raise InputError(
            f"'{out}'에 이어서 할 학습이 없습니다. --resume 없이 시작하세요",
            f"'{out}' holds no run to go on with; start without --resume",
        )
    if resume:
        if _finished(out):
            raise InputError(f"'{out}'의 학습은 이미 끝났습니다", f"the run in '{out}' has already finished")
        _same(json.loads(known.read_text(encoding="utf-8")), record, out)
    out.mkdir(parents=True, exist_ok=True)
    write_json(known, record)
    run = Run(out, kind, settings, dict(data), facts=dict(facts))
    last = run.last_checkpoint()
    if resume and last is not None:
        run.resumed_from = int(last.name.rpartition("-")[2])
    run.forget_after(run.resumed_from)
    reset_peak_memory()
    return run


def data_card(rows: list[dict[str, Any]], dev: list[dict[str, Any]], files: Mapping[str, str] | None) -> dict[str, Any]:
    """What the card says about the data: counts and hashes, never a text."""
    return {
        "rows": len(rows),
        "dev_rows": len(dev),
        "sha256": _hash(rows),
        "dev_sha256": _hash(dev),
        "files": dict(files or {}),
    }


def newest_checkpoint(folder: Path) -> Path | None:
    """The `checkpoint-N` with the highest N that was written to its end."""
    found = [
        (int(match[1]), item)
        for item in (folder.iterdir() if folder.is_dir() else ())
        if (match := re.fullmatch(r"checkpoint-(\d+)", item.name)) and (item / "trainer_state.json").is_file()
    ]
    return max(found)[1] if found else None


def packages() -> dict[str, str]:
    """Versions of what trained."""
    found = {}
    for name in _PACKAGES:
        try:
            found[name] = version(name)
        except PackageNotFoundError:
            continue
    return found


def reset_peak_memory() -> None:
    """Count the peak from here; where the system does not allow it, the peak is the whole process's."""
    try:
        Path("/proc/self/clear_refs").write_text("5")
    except OSError:
        return


def peak_memory() -> dict[str, float]:
    """`peak_memory_mb` of this process, and `peak_gpu_mb` if a card computed. Megabytes of 10^6 bytes."""
    import resource

    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
    try:
        line = re.search(r"VmHWM:\s+(\d+) kB", Path("/proc/self/status").read_text())
        peak = int(line[1]) * 1024 if line else peak
    except OSError:
        pass
    found = {"peak_memory_mb": round(peak / 1e6, 1)}
    import torch

    if torch.cuda.is_available():
        found["peak_gpu_mb"] = round(torch.cuda.max_memory_allocated() / 1e6, 1)
    return found


def write_curves(out: Path, rows: list[dict[str, Any]], title: str) -> None:
    """curves.json (name → [step, value] pairs) and curves.png with one picture a figure."""
    curves: dict[str, list[list[float]]] = {}
    for row in rows:
        for name, value in row.items():
            if name not in ("step", "epoch"):
                curves.setdefault(name, []).append([row["step"], value])
    write_json(out / "curves.json", curves)
    if not curves:
        return
    import matplotlib

    matplotlib.use("Agg")
    from matplotlib.figure import Figure

    # Training and validation of one figure share a picture.
    pictures: dict[str, list[str]] = {}
    for name in curves:
        pictures.setdefault(name.removeprefix("eval_"), []).append(name)
    columns = min(3, len(pictures))
    lines = -(-len(pictures) // columns)
    figure = Figure(figsize=(4.2 * columns, 2.8 * lines), layout="constrained")
    axes = figure.subplots(lines, columns, squeeze=False).flatten()
    for axis, (picture, names) in zip(axes, sorted(pictures.items()), strict=False):
        for name in names:
            steps, values = zip(*curves[name], strict=True)
            axis.plot(steps, values, label=name, marker="." if len(steps) < 30 else "")
        axis.set_title(picture, fontsize=9)
        axis.tick_params(labelsize=7)
        if len(names) > 1:
            axis.legend(fontsize=7)
    for axis in axes[len(pictures) :]:
        axis.set_visible(False)
    figure.suptitle(title, fontsize=10)
    figure.savefig(out / "curves.png", dpi=110)


def _finished(out: Path) -> bool:
    try:
        card = json.loads((out / RUN_CARD).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return False
    return not card.get("interrupted")


def _same(known: Mapping[str, Any], now: Mapping[str, Any], out: Path) -> None:
    differing = [
        f"{name}: {known['settings'].get(name)!r} → {value!r}"
        for name, value in now["settings"].items()
        if name not in _FREE and known["settings"].get(name) != value
    ]
    differing += [
        f"{name}: {known['data'].get(name)!r} → {now['data'].get(name)!r}"
        for name in ("rows", "dev_rows", "sha256", "dev_sha256")
        if known["data"].get(name) != now["data"].get(name)
    ]
    differing += [
        f"{name}: {known.get(name)!r} → {now[name]!r}"
        for name in ("kind", "base_sha256")
        if known.get(name) != now[name]
    ]
    if differing:
        raise InputError(
            f"'{out}'의 학습을 시작할 때와 다릅니다: {'; '.join(differing)}. 같은 값으로 잇거나 다른 --out을 주세요",
            f"the run in '{out}' was begun otherwise: {'; '.join(differing)}; resume with the same values",
        )


def _hash(rows: list[dict[str, Any]]) -> str:
    import hashlib

    digest = hashlib.sha256()
    for row in rows:
        digest.update(json.dumps(row, ensure_ascii=False, sort_keys=True).encode() + b"\n")
    return digest.hexdigest()

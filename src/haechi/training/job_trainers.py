"""A tuning job through its trainer, and the trained adapter into the registry. torch is imported by the trainers."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from haechi.models import bundled
from haechi.models.catalogue import CATALOGUE
from haechi.models.model_home import models_dir
from haechi.models.own_models import read_registry
from haechi.training.job_data import JobData
from haechi.training.job_records import Job
from haechi.training.jobs import EMBEDDER, data_of, model_name
from haechi.training.needs import require_torch, require_training
from haechi.training.train_run import RUN_CARD, SETTINGS, Report, Stop
from haechi.training.train_settings import read_settings


@dataclass(frozen=True)
class Work:
    """What a trainer is given. `start` is the run folder of the job that this one goes on from."""

    job: Job
    data: JobData
    start: Path | None
    report: Report
    stop: Stop

    @property
    def settings(self) -> dict[str, Any]:
        return dict(self.job.became["settings"])

    @property
    def more(self) -> dict[str, Any]:
        return {
            name: tuple(value) if isinstance(value, list) else value
            for name, value in self.job.became.get("more", {}).items()
        }

    @property
    def files(self) -> dict[str, str]:
        return {file.name: file.sha256 for file in self.job.files}


def require(kind: str) -> None:
    """Raises BackendError when the packages of this kind are not installed."""
    if kind in ("reader", "embedder"):
        require_torch()
    else:
        require_training()


def train(work: Work) -> dict[str, Any]:
    """Train, or go on with what an earlier process began; the run card. Raises HaechiError."""
    card = finished_card(work.job.run)
    if card is not None:
        return card
    work.job.run.mkdir(parents=True, exist_ok=True)
    return TRAINERS[work.job.kind](work)


def finished_card(run: Path) -> dict[str, Any] | None:
    """The run card of a run that came to its end: the process may have died right after it."""
    try:
        card: dict[str, Any] = json.loads((run / RUN_CARD).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None
    return None if card.get("interrupted") else card


def register(job: Job, start: Path | None) -> tuple[str, str]:
    """Put the result into the registry: (the model's name, where it is). A reward model stays a folder, without a name.

    May be called again when a process died in between. Raises HaechiError.
    """
    if job.kind == "reward":
        return "", str(job.run)
    name = model_name(job)
    if name in read_registry():
        return name, str(bundled.path(name))
    if job.kind == "embedder":
        from haechi.training.embedder import MODEL_FOLDER

        folder = models_dir() / "own" / name
        shutil.rmtree(folder, ignore_errors=True)
        shutil.copytree(job.run / MODEL_FOLDER, folder)
        bundled.add(folder, name=name, licence=CATALOGUE[EMBEDDER].licence)
        return name, str(folder)
    from haechi.training.export_run import Request, export_run

    # What a process that died left there: the name is this job's alone.
    shutil.rmtree(models_dir() / "own" / name, ignore_errors=True)
    runs = (*([start] if start else []), job.run)
    full = (job.run / "model").is_dir()
    card = export_run(
        Request(
            runs=(job.run,) if full else runs,
            name=name,
            base=job.base,
            form="merged" if full else "adapter",
            # The reader's plain matrices do not state it.
            scale=_reader_scale() if job.kind == "reader" else None,
        )
    )
    return name, str(card["path"])


def _reader_scale() -> float:
    from haechi.training.reader_model import SCALE

    return SCALE


def trained_tokens(job: Job, data: JobData) -> int | None:
    """Tokens of the examples times the epochs, by the base's own tokenizer; None for kinds that write their own."""
    if job.kind not in ("sft", "dpo", "reward"):
        return None
    from haechi.training.llm_base import load_tokenizer
    from haechi.training.train_rows import encode_all, encode_pair, encode_sft, pair_rows, sft_rows

    tokenizer, limit = load_tokenizer(job.base), int(job.became["settings"]["max_tokens"])
    if job.kind == "sft":
        encoded, _ = encode_all(tokenizer, sft_rows(data.rows), limit, encode_sft)
        each = sum(len(row["input_ids"]) for row in encoded)
    else:
        encoded, _ = encode_all(tokenizer, pair_rows(data.rows), limit, encode_pair)
        each = sum(2 * len(row["prompt_ids"]) + len(row["chosen_ids"]) + len(row["rejected_ids"]) for row in encoded)
    return round(each * float(job.became["n_epochs"]))


def _common(work: Work) -> dict[str, Any]:
    return {
        "start": work.start,
        "resume": (work.job.run / SETTINGS).exists(),
        "report": work.report,
        "stop": work.stop,
        "files": work.files,
    }


def _sft(work: Work) -> dict[str, Any]:
    from haechi.training.sft import train_sft

    return train_sft(work.data.rows, work.data.dev, work.job.run, read_settings(work.settings), **_common(work))


def _dpo(work: Work) -> dict[str, Any]:
    from haechi.training.dpo import train_dpo

    return train_dpo(work.data.rows, work.data.dev, work.job.run, read_settings(work.settings), **_common(work))


def _reward(work: Work) -> dict[str, Any]:
    from haechi.training.reward_model import train_reward

    return train_reward(work.data.rows, work.data.dev, work.job.run, read_settings(work.settings), **_common(work))


def _ppo(work: Work) -> dict[str, Any]:
    from haechi.training.ppo import train_ppo
    from haechi.training.ppo_settings import PpoSettings

    given = work.job.reward
    reward = Path(given) if Path(given).is_dir() else tuple(part.strip() for part in given.split(","))
    return train_ppo(
        work.data.rows,
        work.data.dev,
        work.job.run,
        read_settings(work.settings),
        reward=reward,
        ppo=PpoSettings(**work.more),
        **_common(work),
    )


def _grpo(work: Work) -> dict[str, Any]:
    from haechi.training.grpo import GrpoSettings, train_grpo

    return train_grpo(
        work.data.rows,
        work.data.dev,
        work.job.run,
        read_settings(work.settings),
        grpo=GrpoSettings(**work.more),
        **_common(work),
    )


def _reader(work: Work) -> dict[str, Any]:
    from haechi.training.llm_base import hf_folder
    from haechi.training.reader import CHECKPOINT, Settings, train_reader

    out = work.job.run
    return train_reader(
        work.data.rows,
        work.data.dev,
        hf_folder(work.job.base),
        out,
        Settings(**work.settings),
        hashes=work.files,
        resume=(out / CHECKPOINT).exists(),
        report=work.report,
        stop=work.stop,
    )


def _embedder(work: Work) -> dict[str, Any]:
    from haechi.training.embedder import Settings, train_embedder
    from haechi.training.loop import CHECKPOINT
    from haechi.training.questions import passages_of_file, prepare

    job = work.job
    data = prepare(passages_of_file(job.paths("corpus")[0]), job.paths("train"), tuple(job.paths("dev")), seed=job.seed)
    return train_embedder(
        data,
        job.run,
        Settings(**work.settings),
        resume=(job.run / CHECKPOINT).exists(),
        report=work.report,
        stop=work.stop,
    )


#: Kind → what trains it.
TRAINERS: Mapping[str, Callable[[Work], dict[str, Any]]] = {
    "sft": _sft,
    "reward": _reward,
    "ppo": _ppo,
    "dpo": _dpo,
    "grpo": _grpo,
    "reader": _reader,
    "embedder": _embedder,
}


def prepare_work(job: Job, start: Path | None, report: Report, stop: Stop) -> Work:
    """The job's rows once more from its own copies. Raises InputError."""
    return Work(job, data_of(job), start, report, stop)

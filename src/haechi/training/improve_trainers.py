"""Trainers of the closed loop: grounded rows → an adapter of the answering model, as a LoRA GGUF.

Another trainer is a class with these three members and a row `trainers` of the registry.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, ClassVar, Protocol

from haechi.training.data_formats import Row
from haechi.training.train_run import RUN_CARD, SETTINGS, Report, Stop


@dataclass(frozen=True)
class Setup:
    """`base` is the model to train on, `start` an earlier run to go on from, `settings` are the trainer's own."""

    base: str
    start: Path | None = None
    settings: Mapping[str, Any] = field(default_factory=dict)


class Trainer(Protocol):
    """`changes` are settings (`section.key`) that come with its adapters."""

    changes: ClassVar[Mapping[str, bool]]

    def train(
        self, rows: Sequence[Row], dev: Sequence[Row], out: Path, setup: Setup, *, report: Report, stop: Stop
    ) -> dict[str, Any]:
        """Train into `out`, going on with what is there; the run card, `interrupted` when `stop` said so."""
        ...

    def export(self, out: Path, setup: Setup, file: Path, name: str) -> dict[str, Any]:
        """Write the adapter of `out` as a LoRA GGUF; its facts, `licence` among them."""
        ...


class _Adapters:
    """What both trainers share: prompts without worked examples, and the way out to GGUF."""

    changes: ClassVar[Mapping[str, bool]] = {"answer.examples": False}

    def export(self, out: Path, setup: Setup, file: Path, name: str) -> dict[str, Any]:
        """The adapter; with those that were merged into its base before it was trained."""
        from haechi.models.adapter_check import check_adapter
        from haechi.training.export_adapter import export_adapter, stacked, to_lora
        from haechi.training.export_base import find_base
        from haechi.training.lora_source import read_trained

        base = find_base(setup.base)
        runs = [*self._below(setup), out]
        lora = stacked([to_lora(read_trained(run), base, licence=base.licence) for run in runs])
        facts = export_adapter(lora, file, name=name)
        if base.gguf is not None:
            check_adapter(file, base.gguf)
        return {**facts, "licence": base.licence, "base": base.name}

    def _below(self, setup: Setup) -> list[Path]:
        return []


class ReaderTrainer(_Adapters):
    """`haechi train reader`: for machines without a card."""

    def train(
        self, rows: Sequence[Row], dev: Sequence[Row], out: Path, setup: Setup, *, report: Report, stop: Stop
    ) -> dict[str, Any]:
        """The upper layers learn. `start` is a run of the same trainer."""
        if (card := _finished(out)) is not None:
            return card
        from haechi.training.llm_base import hf_folder
        from haechi.training.reader import ADAPTER, CHECKPOINT, Settings, train_reader

        start = setup.start / ADAPTER if setup.start and setup.start.is_dir() else setup.start
        return train_reader(
            rows,
            dev,
            hf_folder(setup.base),
            out,
            Settings(**setup.settings),
            start=start,
            resume=(out / CHECKPOINT).is_file(),
            report=report,
            stop=stop,
        )


class SftTrainer(_Adapters):
    """`haechi train sft`: everything else. `start` is an adapter that is merged into the base first."""

    def train(
        self, rows: Sequence[Row], dev: Sequence[Row], out: Path, setup: Setup, *, report: Report, stop: Stop
    ) -> dict[str, Any]:
        """LoRA on all layers, by TRL."""
        if (card := _finished(out)) is not None:
            return card
        from haechi.training.grounded_rows import sft_row
        from haechi.training.sft import train_sft
        from haechi.training.train_settings import settings_for

        settings = settings_for("sft", {**setup.settings, "base": setup.base})
        return train_sft(
            [sft_row(row) for row in rows],
            [sft_row(row) for row in dev],
            out,
            settings,
            start=setup.start,
            resume=(out / SETTINGS).is_file(),
            report=report,
            stop=stop,
        )

    def _below(self, setup: Setup) -> list[Path]:
        return [setup.start] if setup.start else []


def _finished(out: Path) -> dict[str, Any] | None:
    """The card of a run that came to its end before the loop could note it."""
    if not (out / RUN_CARD).is_file():
        return None
    card: dict[str, Any] = json.loads((out / RUN_CARD).read_text(encoding="utf-8"))
    return None if card.get("interrupted") else card

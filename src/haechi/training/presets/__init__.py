"""Ready settings for well-known models on one 24 GB card, and configurations for several cards.

A preset is a TOML file beside this one: what the model is, its licence, its shape (for the planner, without weights)
and the settings that differ from the trainers' defaults. `measured = false` says that nobody ran it on a card here.
"""

from __future__ import annotations

import difflib
import json
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path
from typing import Any

from haechi.errors import InputError

_MULTI = ("ddp", "zero2", "zero3")


@dataclass(frozen=True)
class Preset:
    """`base` is the folder name that the settings expect; `shape` is a transformers configuration."""

    name: str
    title: str
    source: str
    licence: str
    licence_note: str
    note: str
    measured: bool
    base: str
    shape: Mapping[str, Any]
    common: Mapping[str, Any]
    by_kind: Mapping[str, Mapping[str, Any]]
    seen: Mapping[str, Any]

    def settings(self, kind: str) -> dict[str, Any]:
        """Values for TrainSettings, without the base when the folder is not given."""
        return {"base": self.base, **self.common, **self.by_kind.get(kind, {})}

    def record(self) -> dict[str, Any]:
        """As JSON."""
        return {
            "name": self.name,
            "title": self.title,
            "source": self.source,
            "licence": self.licence,
            "licence_note": self.licence_note,
            "note": self.note,
            "measured": self.measured,
            "settings": {**self.common, **{f"{kind}.{k}": v for kind, d in self.by_kind.items() for k, v in d.items()}},
            "lecture": dict(self.seen),
        }


def preset_names() -> list[str]:
    """All presets, by name."""
    return sorted(item.name.removesuffix(".toml") for item in files(__name__).iterdir() if item.name.endswith(".toml"))


def read_preset(name: str) -> Preset:
    """One preset. Raises InputError naming the nearest."""
    known = preset_names()
    if name not in known:
        near = difflib.get_close_matches(name, known, n=1)
        hint = (f" 혹시: {near[0]}", f" did you mean {near[0]}?") if near else ("", "")
        raise InputError(
            f"'{name}'(이)라는 프리셋은 없습니다.{hint[0]} 목록: haechi train presets",
            f"no preset '{name}';{hint[1]} see haechi train presets",
        )
    found = tomllib.loads((files(__name__) / f"{name}.toml").read_text(encoding="utf-8"))
    settings = found["settings"]
    return Preset(
        name=name,
        title=found["title"],
        source=found["source"],
        licence=found["licence"],
        licence_note=found["licence_note"],
        note=found["note"],
        measured=found["measured"],
        base=found["base"],
        shape=found["shape"],
        common={key: value for key, value in settings.items() if not isinstance(value, dict)},
        by_kind={key: value for key, value in settings.items() if isinstance(value, dict)},
        seen=found.get("lecture", {}),
    )


def write_configs(folder: Path, cards: int) -> list[Path]:
    """Accelerate and DeepSpeed files for several cards; the files written. Raises InputError for existing ones."""
    if cards < 2:
        raise InputError(f"--cards {cards}: 2 이상이어야 합니다", f"--cards {cards}: expected 2 or more")
    texts = {f"accelerate_{name}.yaml": _accelerate(name, cards) for name in _MULTI}
    for stage in (2, 3):
        texts[f"deepspeed_zero{stage}.json"] = json.dumps(_deepspeed(stage), indent=2) + "\n"
    taken = [name for name in texts if (folder / name).exists()]
    if taken:
        raise InputError(
            f"'{folder}'에 이미 있습니다: {', '.join(taken)}. 다른 폴더를 주세요",
            f"'{folder}' already has {', '.join(taken)}; give another folder",
        )
    folder.mkdir(parents=True, exist_ok=True)
    for name, text in texts.items():
        (folder / name).write_text(text, encoding="utf-8")
    return [folder / name for name in texts]


def _accelerate(name: str, cards: int) -> str:
    deepspeed = name.startswith("zero")
    lines = [
        f"# {cards} cards, {name}: accelerate launch --config_file THIS_FILE -m haechi.cli train sft …",
        "compute_environment: LOCAL_MACHINE",
        f"distributed_type: {'DEEPSPEED' if deepspeed else 'MULTI_GPU'}",
        "machine_rank: 0",
        "main_training_function: main",
        "num_machines: 1",
        f"num_processes: {cards}",
        "rdzv_backend: static",
        "same_network: true",
        "use_cpu: false",
    ]
    if deepspeed:
        lines += [
            "deepspeed_config:",
            f"  deepspeed_config_file: deepspeed_{name}.json",
            f"  zero3_init_flag: {'true' if name == 'zero3' else 'false'}",
        ]
    else:
        lines.append("mixed_precision: bf16")
    return "\n".join(lines) + "\n"


def _deepspeed(stage: int) -> dict[str, Any]:
    """Values written "auto" come from the training settings."""
    zero: dict[str, Any] = {
        "stage": stage,
        "overlap_comm": True,
        "contiguous_gradients": True,
        "reduce_bucket_size": "auto",
    }
    if stage == 3:
        zero |= {
            "stage3_prefetch_bucket_size": "auto",
            "stage3_param_persistence_threshold": "auto",
            "stage3_gather_16bit_weights_on_model_save": True,
            "offload_param": {"device": "none"},
        }
    zero["offload_optimizer"] = {"device": "none"}
    return {
        "bf16": {"enabled": "auto"},
        "fp16": {"enabled": "auto"},
        "zero_optimization": zero,
        "gradient_accumulation_steps": "auto",
        "gradient_clipping": "auto",
        "train_batch_size": "auto",
        "train_micro_batch_size_per_gpu": "auto",
    }

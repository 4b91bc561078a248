"""A base made ready to train: tokenizer, weights in the right precision, an earlier adapter merged first, LoRA."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from haechi.models.assemble import sha256_of
from haechi.training.adapters import ADAPTER_CONFIG, find_adapter, lora_config, merged, prepare_quantized
from haechi.training.llm_base import base_sha256, load_causal, load_tokenizer, quiet, resolve_dtype
from haechi.training.train_run import is_main
from haechi.training.train_settings import TrainSettings


@dataclass
class Prepared:
    """`peft` is the adapter's configuration, None for full training; trainers wrap the model with it."""

    model: Any
    tokenizer: Any
    peft: Any
    facts: dict[str, Any] = field(default_factory=dict)


def base_facts(settings: TrainSettings, start: Path | None) -> dict[str, Any]:
    """What the card says about where the run starts: hashes of the base and of the adapter merged into it."""
    facts: dict[str, Any] = {"base_sha256": base_sha256(settings.base)}
    if start is not None:
        adapter = find_adapter(start)
        facts["start"] = adapter.parent.name if adapter.name == "adapter" else adapter.name
        facts["start_sha256"] = sha256_of(adapter / "adapter_model.safetensors")
        facts["merge_order"] = ["base", "start", "this"]
    return facts


def prepare_model(settings: TrainSettings, start: Path | None, work: Path) -> Prepared:
    """Load and wire. `work` takes the merged base of a four-bit run that starts from an adapter."""
    tokenizer = load_tokenizer(settings.base)
    quantized, base = settings.method == "qlora", settings.base
    # All weights that move are float32: an update of 1e-5 is lost in half precision. Autocast computes in `dtype`.
    dtype = "float32" if settings.method == "full" else settings.dtype
    if quantized and start is not None:
        base = str(_merged_folder(settings, start, tokenizer, work))
    with quiet():
        model = load_causal(base, dtype=dtype, quant="nf4" if quantized else "none")
        if start is not None and not quantized:
            model = merged(model, find_adapter(start))
        if quantized:
            model = prepare_quantized(model, settings)
        model.config.use_cache = False
        return Prepared(model, tokenizer, lora_config(model, settings))


def save_result(
    model: Any, tokenizer: Any, settings: TrainSettings, out: Path, trainer: Any = None
) -> Mapping[str, Any]:
    """`adapter/` or `model/` in `out`, and its facts for the card. Of several processes the first one writes.

    Where cards share the weights (ZeRO 3), `trainer` gathers them.
    """
    import torch

    if trainer is not None and getattr(trainer, "is_deepspeed_enabled", False):
        folder = out / ("model" if settings.method == "full" else "adapter")
        trainer.save_model(str(folder))  # every process takes part
        return {"result": folder.name}
    if not is_main():
        return {"result": "model" if settings.method == "full" else "adapter"}
    if settings.method == "full":
        folder = out / "model"
        model.to(getattr(torch, resolve_dtype(settings.dtype))).save_pretrained(folder)
        tokenizer.save_pretrained(folder)
        return {"result": "model", "result_sha256": base_sha256(str(folder))}
    folder = out / "adapter"
    for config in model.peft_config.values():
        # Else the path of this machine's folder.
        config.base_model_name_or_path = settings.base
    model.save_pretrained(folder)
    (folder / "README.md").unlink(missing_ok=True)
    file = folder / "adapter_model.safetensors"
    return {"result": "adapter", "result_sha256": sha256_of(file), "result_bytes": file.stat().st_size}


def _merged_folder(settings: TrainSettings, start: Path, tokenizer: Any, work: Path) -> Path:
    """Base and adapter merged at full precision; merging into four-bit weights would round both."""
    folder = work / "start_merged"
    if not (folder / ADAPTER_CONFIG).exists() and not (folder / "config.json").exists():
        with quiet():
            model = merged(load_causal(settings.base, dtype="bfloat16"), find_adapter(start))
            model.save_pretrained(folder)
        tokenizer.save_pretrained(folder)
    return folder

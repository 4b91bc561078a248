"""Which weights of a model train: all of them, or LoRA adapters on its linear layers; and merging adapters."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from haechi.errors import InputError, ModelError
from haechi.training.train_settings import TrainSettings

ADAPTER_CONFIG = "adapter_config.json"


def linear_names(model: Any) -> list[str]:
    """Last names of the linear layers inside the model's blocks, for example q_proj or query_key_value."""
    import torch
    from transformers.pytorch_utils import Conv1D

    found: list[str] = []
    for name, module in model.named_modules():
        inside = any(part.isdigit() for part in name.split("."))
        if inside and isinstance(module, torch.nn.Linear | Conv1D):
            leaf = name.rpartition(".")[2]
            if leaf not in found:
                found.append(leaf)
    return found


def lora_config(model: Any, settings: TrainSettings) -> Any:
    """PEFT's configuration for `settings`, or None for full training.

    Raises InputError naming the modules that the model does have, or its number of layers.
    """
    if settings.method == "full":
        return None
    from peft import LoraConfig

    has = linear_names(model)
    targets = settings.target_names or has
    missing = [name for name in targets if name not in has]
    if missing:
        kind = model.config.model_type
        raise InputError(
            f"--targets의 {', '.join(missing)}: 모델({kind})에 없는 모듈입니다. 있는 것: {', '.join(has)}. "
            "모두 쓰려면 --targets auto",
            f"--targets {', '.join(missing)}: the model ({kind}) has no such modules; it has {', '.join(has)}; "
            "--targets auto takes them all",
        )
    count, upper = int(model.config.get_text_config().num_hidden_layers), settings.upper_layers
    if upper is not None and upper > count:
        raise InputError(
            f"--layers 'upper {upper}': 모델의 층은 {count}개입니다",
            f"--layers 'upper {upper}': the model has {count} layers",
        )
    return LoraConfig(
        r=settings.rank,
        lora_alpha=settings.alpha,
        lora_dropout=settings.dropout,
        target_modules=targets,
        layers_to_transform=None if upper is None else list(range(count - upper, count)),
        bias="none",
        task_type="CAUSAL_LM",
    )


def prepare_quantized(model: Any, settings: TrainSettings) -> Any:
    """A four-bit model made ready to train adapters: norms in float32, gradients through the frozen input."""
    from peft import prepare_model_for_kbit_training

    return prepare_model_for_kbit_training(
        model,
        use_gradient_checkpointing=settings.grad_checkpointing,
        gradient_checkpointing_kwargs={"use_reentrant": False} if settings.grad_checkpointing else None,
    )


def trainable_share(model: Any) -> dict[str, Any]:
    """`trainable_parameters`, `parameters` and `trainable_share` (0 to 1); packed four-bit weights count singly."""
    trainable = total = 0
    for parameter in model.parameters():
        count = parameter.numel()
        if parameter.__class__.__name__ == "Params4bit":
            count *= 2 * parameter.element_size()
        total += count
        trainable += count if parameter.requires_grad else 0
    return {"trainable_parameters": trainable, "parameters": total, "trainable_share": trainable / max(1, total)}


def is_adapter(folder: Path) -> bool:
    """Whether a folder holds a PEFT adapter."""
    return (folder / ADAPTER_CONFIG).is_file()


def find_adapter(start: Path) -> Path:
    """The adapter folder that `start` means: itself, or `adapter/` of a run folder. Raises InputError."""
    for folder in (start, start / "adapter"):
        if is_adapter(folder):
            return folder.absolute()
    raise InputError(
        f"'{start}'에 어댑터가 없습니다({ADAPTER_CONFIG}). haechi train sft의 --out 폴더나 그 adapter 폴더를 주세요",
        f"'{start}' holds no adapter ({ADAPTER_CONFIG}); give the --out folder of haechi train sft or its adapter/",
    )


def merged(model: Any, adapter: Path) -> Any:
    """The model with an adapter added into its weights. Raises ModelError when the two do not fit."""
    from peft import PeftModel

    try:
        return PeftModel.from_pretrained(model, str(adapter), local_files_only=True).merge_and_unload()
    except (RuntimeError, ValueError, KeyError, OSError) as error:
        reason = str(error).strip().splitlines()[0] if str(error).strip() else type(error).__name__
        made = json.loads((adapter / ADAPTER_CONFIG).read_text(encoding="utf-8")).get("base_model_name_or_path")
        raise ModelError(
            f"어댑터 '{adapter}'({made}에서 학습)가 이 모델에 맞지 않습니다: {reason}",
            f"the adapter '{adapter}' (trained on {made}) does not fit this model: {reason}",
        ) from error

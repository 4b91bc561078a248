"""Reads a trained adapter as its trainer left it: a PEFT folder, or the plain matrices of `haechi train reader`."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from haechi.errors import InputError, ModelError
from haechi.models.assemble import sha256_of
from haechi.models.lora_file import Pair, check_pair

PEFT_CONFIG = "adapter_config.json"
PEFT_WEIGHTS = "adapter_model.safetensors"
#: As `haechi train reader` writes them.
PLAIN = ("adapter.safetensors", "adapter.npz")
RUN_CARD = "run.json"
_PREFIX = "base_model.model."


@dataclass(frozen=True)
class Trained:
    """`matrices`: module path → (A, B); the change of it is B A · `scales`. `card` is the run's, empty without one."""

    file: Path
    sha256: str
    matrices: dict[str, Pair]
    scales: dict[str, float]
    base: str
    card: dict[str, Any] = field(default_factory=dict)

    @property
    def alphas(self) -> set[float]:
        """scale · rank of every matrix."""
        return {round(self.scales[name] * len(a), 6) for name, (a, _) in self.matrices.items()}


def read_trained(source: Path, *, scale: float | None = None) -> Trained:
    """A run folder, a PEFT folder, or a file of plain matrices; `scale` (alpha / rank) where a plain file states none.

    Raises InputError when there is no adapter, ModelError when it is one that cannot be exported.
    """
    file = find_adapter_file(source)
    card = read_card(file)
    if file.name == PEFT_WEIGHTS:
        config = json.loads((file.parent / PEFT_CONFIG).read_text(encoding="utf-8"))
        _check_peft(file, config)
        matrices = _paired(file, _read_arrays(file)[0], ".lora_A.weight", ".lora_B.weight")
        scales = {name: _peft_scale(config, name, len(a)) for name, (a, _) in matrices.items()}
        base = str(card.get("base") or config.get("base_model_name_or_path") or "")
        return Trained(file, sha256_of(file), matrices, scales, base, card)
    arrays, stated = _read_arrays(file)
    times = scale if scale is not None else _plain_scale(file, stated, card)
    matrices = _paired(file, arrays, ".a", ".b")
    return Trained(file, sha256_of(file), matrices, dict.fromkeys(matrices, times), str(card.get("base", "")), card)


def find_adapter_file(source: Path) -> Path:
    """The file of matrices that `source` means. Raises InputError."""
    if source.is_file() and source.suffix in (".safetensors", ".npz"):
        return source
    for folder in (source, source / "adapter"):
        if (folder / PEFT_CONFIG).is_file() and (folder / PEFT_WEIGHTS).is_file():
            return folder / PEFT_WEIGHTS
        for name in PLAIN:
            if (folder / name).is_file():
                return folder / name
    raise InputError(
        f"'{source}'에 어댑터가 없습니다. haechi train의 --out 폴더, PEFT 어댑터 폴더({PEFT_CONFIG}, {PEFT_WEIGHTS}), "
        "또는 행렬을 담은 safetensors·npz 파일을 주세요",
        f"'{source}' holds no adapter; give the --out folder of haechi train, a PEFT folder ({PEFT_CONFIG}, "
        f"{PEFT_WEIGHTS}), or a safetensors or npz file of matrices",
    )


def read_card(file: Path) -> dict[str, Any]:
    """The run card beside an adapter's file or one folder up; empty when there is none."""
    for folder in (file.parent, file.parent.parent):
        if (folder / RUN_CARD).is_file():
            card: dict[str, Any] = json.loads((folder / RUN_CARD).read_text(encoding="utf-8"))
            return card
    return {}


def _read_arrays(file: Path) -> tuple[dict[str, NDArray[np.float32]], dict[str, str]]:
    """The arrays as float32, and what the file states beside them."""
    try:
        if file.suffix == ".npz":
            with np.load(file, allow_pickle=False) as archive:
                held = {key: archive[key] for key in archive.files}
            stated = {key: str(held.pop(key)) for key in ("scale", "alpha") if key in held}
            return {key: array.astype(np.float32) for key, array in held.items()}, stated
        from safetensors import safe_open

        with safe_open(file, framework="pt") as stream:
            arrays = {key: stream.get_tensor(key).float().numpy() for key in stream.keys()}
            stated = dict(stream.metadata() or {})
        for key in ("scale", "alpha"):
            if key in arrays:
                stated[key] = str(float(arrays.pop(key)))
        return arrays, stated
    except Exception as error:
        raise ModelError(
            f"어댑터 '{file}'을(를) 읽을 수 없습니다: {error}", f"cannot read the adapter '{file}': {error}"
        ) from error


def _paired(file: Path, arrays: Mapping[str, NDArray[np.float32]], first: str, second: str) -> dict[str, Pair]:
    plain = {name.removeprefix(_PREFIX).replace(".default.weight", ".weight"): one for name, one in arrays.items()}
    names = dict.fromkeys(name.removesuffix(first).removesuffix(second) for name in plain)
    found: dict[str, Pair] = {}
    for name in names:
        a, b = plain.get(name + first), plain.get(name + second)
        if a is None or b is None:
            raise ModelError(
                f"어댑터 '{file}'의 '{name}': {first}와 {second}로 끝나는 두 행렬이 있어야 합니다",
                f"'{name}' of the adapter '{file}': expected two matrices, ending in {first} and {second}",
            )
        check_pair(name, a, b, f"'{file}': ")
        found[name] = (a, b)
    if not found:
        raise ModelError(f"어댑터 '{file}'에 행렬이 없습니다", f"the adapter '{file}' holds no matrices")
    return found


def _check_peft(file: Path, config: Mapping[str, Any]) -> None:
    """What a LoRA GGUF cannot hold is refused, not left out."""
    odd = {
        "peft_type": config.get("peft_type", "LORA") != "LORA",
        "use_dora": bool(config.get("use_dora")),
        "bias": config.get("bias", "none") != "none",
        "modules_to_save": bool(config.get("modules_to_save")),
        "fan_in_fan_out": bool(config.get("fan_in_fan_out")),
    }
    wrong = [f"{name} = {config.get(name)!r}" for name, is_odd in odd.items() if is_odd]
    if wrong:
        raise ModelError(
            f"어댑터 '{file}'의 {', '.join(wrong)}은(는) 내보낼 수 없습니다. 이 설정 없이 LoRA로 다시 학습하세요: "
            "haechi train sft --method lora",
            f"{', '.join(wrong)} of the adapter '{file}' cannot be exported; train a plain LoRA: haechi train sft "
            "--method lora",
        )


def _peft_scale(config: Mapping[str, Any], name: str, rank: int) -> float:
    """alpha / rank of one module, as PEFT takes it: patterns first, and the root of the rank for rsLoRA."""
    import re

    alpha = float(config.get("lora_alpha", rank))
    for pattern, value in (config.get("alpha_pattern") or {}).items():
        if re.match(rf"(.*\.)?({pattern})$", name):
            alpha = float(value)
            break
    return alpha / (rank**0.5 if config.get("use_rslora") else rank)


def _plain_scale(file: Path, stated: Mapping[str, str], card: Mapping[str, Any]) -> float:
    """What a plain file's B A is multiplied by: stated in the file, or by the run's card."""
    settings = card.get("settings", {})
    for held in (stated, card, settings):
        if "scale" in held:
            return float(held["scale"])
        if "alpha" in held and "rank" in settings:
            return float(held["alpha"]) / float(settings["rank"])
    raise InputError(
        f"어댑터 '{file}'에 배율(alpha/rank)이 적혀 있지 않습니다. --scale로 주세요",
        f"the adapter '{file}' does not state its scale (alpha/rank); give it with --scale",
    )

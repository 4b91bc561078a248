"""What a training run will take, before any weights are loaded: memory, tokens, steps and time.

The model is built from its configuration alone, so its weights and linear layers are counted, not guessed. Memory is
weights + adapter + gradients + optimizer + activations + a tile of the output layer + what the framework itself takes.
Against runs that were measured the estimate was within `ERROR`; see tests/training/test_plan.py.
"""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

from haechi.errors import InputError
from haechi.training.train_settings import TrainSettings

#: Estimated and measured memory differ by no more than this share, in the runs measured so far.
ERROR = 0.25
CARD_GB = 24.0
#: Characters of Korean a token holds, where the tokenizer cannot be asked yet.
_CHARACTERS = 1.6
#: Bytes a trained weight costs the optimizer.
_OPTIMIZER = {"adamw_8bit": 2, "paged_adamw_8bit": 2, "adafactor": 4, "sgd": 0}
#: bitsandbytes' NF4 with double quantization: 4 bits, and 8.127 bits a block of 64.
_NF4 = 0.5 + 0.127 / 8
#: TRL projects at most so many tokens and words at once.
_TILE_TOKENS, _TILE_WORDS = 4096, 32768
#: Imported libraries, and on a card its context, in bytes.
_LIBRARIES, _CONTEXT = 0.75e9, 0.7e9
#: Activations are allocated and freed in pieces; the allocator keeps some more than are in use.
_SLACK = 1.25
#: What training reaches of a machine's own matrix product.
_REACHED = 0.5


@dataclass(frozen=True)
class Shape:
    """Counts of a model: `linear` maps a module's last name to (times, in, out) inside the blocks."""

    kind: str
    parameters: int
    in_blocks: int
    layers: int
    hidden: int
    inner: int
    vocabulary: int
    gated: bool
    linear: Mapping[str, tuple[int, int, int]]


@dataclass(frozen=True)
class Memory:
    """Bytes by what takes them."""

    weights: int
    adapter: int
    gradients: int
    optimizer: int
    activations: int
    output: int
    framework: int

    @property
    def total(self) -> int:
        return sum(asdict(self).values())


@dataclass(frozen=True)
class Plan:
    """`seconds` is None where no speed is known; `exact_tokens` says whether the tokenizer counted."""

    kind: str
    device: str
    dtype: str
    parameters: int
    trainable: int
    memory: Memory
    budget: int
    rows: int
    tokens: int
    exact_tokens: bool
    longest: int
    too_long: int
    steps: int
    seconds: float | None
    speed: str

    @property
    def fits(self) -> bool:
        return self.memory.total <= self.budget

    @property
    def fits_card(self) -> bool:
        """Whether one card of 24 GB would hold it, by the same estimate."""
        return self.memory.total <= CARD_GB * 1e9

    def record(self) -> dict[str, Any]:
        """As JSON; bytes stay bytes."""
        more = {"total_bytes": self.memory.total, "fits": self.fits, "fits_24gb": self.fits_card, "error": ERROR}
        return {**asdict(self), **more, "trainable_share": self.trainable / self.parameters}


def shape_of(base: str) -> Shape:
    """The shape of a base, from its configuration only."""
    from transformers import AutoConfig

    from haechi.training.llm_base import find_base, folder_for, quiet

    found = find_base(base)
    folder = folder_for(base)
    with quiet():
        if (folder / "config.json").is_file():
            config = AutoConfig.from_pretrained(folder, local_files_only=True, trust_remote_code=False)
        else:
            config = AutoConfig.from_pretrained(found.parent, gguf_file=found.name, local_files_only=True)
    return shape_from(config)


def shape_from(config: Any) -> Shape:
    """The shape of a transformers configuration."""
    import torch
    from transformers import AutoModelForCausalLM
    from transformers.pytorch_utils import Conv1D

    from haechi.training.llm_base import quiet

    if hasattr(config, "quantization_config"):
        del config.quantization_config
    with quiet(), torch.device("meta"):
        model = AutoModelForCausalLM.from_config(config)
    linear: dict[str, tuple[int, int, int]] = {}
    in_blocks = 0
    for name, module in model.named_modules():
        if isinstance(module, torch.nn.Linear | Conv1D) and any(part.isdigit() for part in name.split(".")):
            first, second = module.weight.shape
            sizes = (first, second) if isinstance(module, Conv1D) else (second, first)
            leaf = name.rpartition(".")[2]
            times = linear.get(leaf, (0, 0, 0))[0] + 1
            linear[leaf] = (times, *sizes)
            in_blocks += module.weight.numel()
    text = model.config.get_text_config()
    widest = max(max(inside, out) for _, inside, out in linear.values())
    return Shape(
        kind=str(text.model_type),
        parameters=sum(parameter.numel() for parameter in model.parameters()),
        in_blocks=in_blocks,
        layers=int(text.num_hidden_layers),
        hidden=int(text.hidden_size),
        inner=int(getattr(text, "intermediate_size", None) or widest),
        vocabulary=int(text.vocab_size),
        gated="gate_proj" in linear or "gate_up_proj" in linear,
        linear=linear,
    )


def trainable(shape: Shape, settings: TrainSettings) -> int:
    """Weights that move. Raises InputError for targets that the model does not have."""
    if settings.method == "full":
        return shape.parameters
    targets = settings.target_names or list(shape.linear)
    missing = [name for name in targets if name not in shape.linear]
    if missing:
        raise InputError(
            f"--targets의 {', '.join(missing)}: 모델({shape.kind})에 없습니다. 있는 것: {', '.join(shape.linear)}",
            f"--targets {', '.join(missing)}: the model ({shape.kind}) has only {', '.join(shape.linear)}",
        )
    upper = settings.upper_layers
    if upper is not None and upper > shape.layers:
        raise InputError(
            f"--layers 'upper {upper}': 모델의 층은 {shape.layers}개입니다",
            f"--layers 'upper {upper}': the model has {shape.layers} layers",
        )
    share = 1.0 if upper is None else upper / shape.layers
    return round(share * sum(t * settings.rank * (i + o) for t, i, o in (shape.linear[name] for name in targets)))


def memory_of(shape: Shape, settings: TrainSettings, *, kind: str, device: str, dtype: str, longest: int) -> Memory:
    """Bytes that training takes at its peak, a batch being `settings.batch` rows of `longest` tokens."""
    moved, half = trainable(shape, settings), dtype != "float32"
    size = 2 if half else 4
    outside = shape.parameters - shape.in_blocks
    if settings.method == "full":
        # Float32 weights; autocast keeps a half copy of each.
        weights, adapter, gradient = shape.parameters * (6 if half else 4), 0, 4
    elif settings.method == "qlora":
        # Word tables and norms become float32 for stability, adapters bfloat16 (TRL).
        weights, adapter, gradient = round(shape.in_blocks * _NF4) + 4 * outside, 2 * moved, 2
    else:
        weights, adapter, gradient = shape.parameters * size, 4 * moved, 4
    # DPO reads the chosen and the rejected answer in one batch.
    tokens = settings.batch * longest * (2 if kind == "dpo" else 1)
    block = _SLACK * tokens * _block_bytes(shape, settings, size)
    upper = settings.upper_layers or shape.layers
    if settings.grad_checkpointing:
        activations = tokens * shape.hidden * size * upper + block
    else:
        activations = block * upper
    tile = min(tokens, _TILE_TOKENS) * min(shape.vocabulary, _TILE_WORDS) * 4
    output = tile + min(shape.vocabulary, _TILE_WORDS) * shape.hidden * size + 8 * tokens * shape.hidden
    optimizer = moved * _OPTIMIZER.get(settings.optimizer, 8)
    framework = _LIBRARIES if device == "cpu" else _CONTEXT
    return Memory(weights, adapter, moved * gradient, optimizer, round(activations), round(output), round(framework))


def plan_training(
    kind: str,
    rows: Sequence[Mapping[str, Any]],
    settings: TrainSettings,
    *,
    shape: Shape | None = None,
    device: str = "auto",
    budget_gb: float | None = None,
    speed: float | None = None,
) -> Plan:
    """The plan of a run over `rows` (none: one row of `max_tokens`, steps as given).

    `device` is cpu, card or auto (a card if there is one). `speed` is tokens a second; without it the machine's own
    matrix product is measured for a moment, and a card that is not here leaves the time open.
    """
    from haechi.training.needs import require_training

    require_training()
    import torch

    from haechi.training.trainer_loop import steps_of

    shape = shape or shape_of(settings.base)
    here = "card" if torch.cuda.is_available() else "cpu"
    device = here if device == "auto" else device
    dtype = settings.dtype if settings.dtype != "auto" else ("bfloat16" if device == "card" else "float32")
    counted = _count(rows, settings)
    memory = memory_of(shape, settings, kind=kind, device=device, dtype=dtype, longest=counted.longest)
    # Rows come in any order, so a batch is padded to its longest; the mean row is what is computed.
    steps = steps_of(settings, max(1, counted.rows))
    seen = steps * settings.batch * settings.accumulate * counted.mean * (2 if kind == "dpo" else 1)
    seconds, how = None, "unknown"
    if speed:
        seconds, how = seen / speed, "given"
    elif device == here:
        seconds = seen * _operations(shape, settings, kind) / (machine_speed(dtype, settings.threads) * _REACHED)
        how = "measured"
    budget = budget_gb * 1e9 if budget_gb else _budget(device, here)
    return Plan(
        kind=kind,
        device=device,
        dtype=dtype,
        parameters=shape.parameters,
        trainable=trainable(shape, settings),
        memory=memory,
        budget=round(budget),
        rows=counted.rows,
        tokens=counted.tokens,
        exact_tokens=counted.exact,
        longest=counted.longest,
        too_long=counted.too_long,
        steps=steps,
        seconds=seconds,
        speed=how,
    )


def machine_speed(dtype: str, threads: int = 0) -> float:
    """Floating-point operations a second of a matrix product here, measured for about a third of a second."""
    import torch

    card = torch.cuda.is_available()
    before = torch.get_num_threads()
    if threads:
        torch.set_num_threads(threads)
    try:
        size = 4096 if card else 768
        left = torch.randn(size, size, dtype=getattr(torch, dtype), device="cuda" if card else "cpu")
        times: list[float] = []
        end = time.perf_counter() + 0.3
        while time.perf_counter() < end or len(times) < 3:
            began = time.perf_counter()
            left @ left
            if card:
                torch.cuda.synchronize()
            times.append(time.perf_counter() - began)
        return float(2 * size**3 / sorted(times)[len(times) // 2])
    finally:
        torch.set_num_threads(before)


@dataclass(frozen=True)
class _Counted:
    rows: int
    tokens: int
    mean: float
    longest: int
    too_long: int
    exact: bool


def _count(rows: Sequence[Mapping[str, Any]], settings: TrainSettings) -> _Counted:
    """Tokens of the rows, by the tokenizer where the base's folder is ready, else by the length of the text."""
    if not rows:
        return _Counted(0, 0, settings.max_tokens, settings.max_tokens, 0, False)
    lengths, exact = _lengths(rows, settings)
    kept = [length for length in lengths if length <= settings.max_tokens]
    if not kept:
        from haechi.training.train_rows import need_rows

        need_rows(kept, len(lengths), settings.max_tokens)
    return _Counted(len(kept), sum(kept), sum(kept) / len(kept), max(kept), len(lengths) - len(kept), exact)


def _lengths(rows: Sequence[Mapping[str, Any]], settings: TrainSettings) -> tuple[list[int], bool]:
    """Tokens of every row as it is trained on; of prompts alone for trainers that write the answers themselves."""
    from haechi.training.prompt_format import prompt_ids
    from haechi.training.train_rows import encode_pair, encode_sft, pair_rows, sft_rows

    pairs, prompts = "rejected" in rows[0], set(rows[0]) <= {"prompt", "input", "id"}
    made = [dict(row) for row in rows] if prompts else pair_rows(rows) if pairs else sft_rows(rows)
    tokenizer = _ready_tokenizer(settings.base)
    if tokenizer is None:
        return [round(len("".join(map(str, row.values()))) / _CHARACTERS) + 20 for row in made], False
    if prompts:
        return [len(prompt_ids(tokenizer, row)) for row in made], True
    found = []
    for row in made:
        encoded = (encode_pair if pairs else encode_sft)(tokenizer, row, 1 << 30)
        assert encoded is not None
        if pairs:
            longer = max(len(encoded["chosen_ids"]), len(encoded["rejected_ids"]))
            found.append(len(encoded["prompt_ids"]) + longer)
        else:
            found.append(len(encoded["input_ids"]))
    return found, True


def _ready_tokenizer(base: str) -> Any:
    """The tokenizer where it can be loaded at once, None where a GGUF has yet to be rewritten."""
    from haechi.errors import HaechiError
    from haechi.training.llm_base import folder_for, load_tokenizer

    try:
        ready = (folder_for(base) / "config.json").is_file()
    except HaechiError:
        return None  # a preset's model that is not on this machine
    return load_tokenizer(base) if ready else None


def _block_bytes(shape: Shape, settings: TrainSettings, size: int) -> float:
    """Bytes that one block keeps of one token for the way back."""
    hidden, inner = shape.hidden, shape.inner
    # Two norms (float32 inside), their outputs, attention's q, k, v and output, the residual; then the wide layer.
    kept = 4.0 * 4 * hidden + size * (6 * hidden + (4 if shape.gated else 2) * inner)
    if settings.method != "full" and settings.dropout > 0:
        # Dropout keeps a copy of every adapted layer's input and its mask.
        targets = settings.target_names or list(shape.linear)
        inputs = sum(shape.linear[name][0] * shape.linear[name][1] for name in targets) / shape.layers
        kept += inputs * (4 + 1)
    return kept


def _operations(shape: Shape, settings: TrainSettings, kind: str) -> float:
    """Floating-point operations a token."""
    head = shape.hidden * shape.vocabulary
    forward = 2.0 * (shape.in_blocks + head)
    upper = (settings.upper_layers or shape.layers) / shape.layers
    back = 2.0 * (shape.in_blocks * upper + head)  # through the frozen weights
    moved = 2.0 * (shape.in_blocks if settings.method == "full" else trainable(shape, settings))
    again = 2.0 * shape.in_blocks * upper if settings.grad_checkpointing else 0.0
    reference = forward if kind == "dpo" else 0.0
    return forward + back + moved + again + reference


def _budget(device: str, here: str) -> float:
    if device == "card":
        if here == "card":
            import torch

            return float(torch.cuda.get_device_properties(0).total_memory)
        return CARD_GB * 1e9
    for line in Path("/proc/meminfo").read_text(encoding="utf-8").splitlines():
        if line.startswith("MemAvailable:"):
            return int(line.split()[1]) * 1024.0
    return CARD_GB * 1e9


def on_card(settings: TrainSettings) -> TrainSettings:
    """The same settings as a card would run them."""
    return replace(settings, dtype="bfloat16" if settings.dtype == "auto" else settings.dtype)

"""Whether llama.cpp says token for token what torch says: the exported file against the weights that were trained.

Greedy, from the same token ids. Where the two part, the report tells how near torch's two likeliest tokens were: a
quantised file may turn a near tie, a wrong export differs from the first token on.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from haechi.registry import load
from haechi.training.lora_names import gguf_name
from haechi.training.lora_source import Trained

#: (prompts done, all).
Tell = Callable[[int, int], None]


@dataclass(frozen=True)
class Difference:
    """Where a prompt's two answers part. `gap`: torch's logit of its token minus that of llama.cpp's."""

    prompt: int
    position: int
    torch_token: str
    llama_token: str
    gap: float


@dataclass(frozen=True)
class Agreement:
    """`tokens` compared in `prompts` answers, of which `same` agree from the start to the first difference."""

    prompts: int
    tokens: int
    same: int
    differences: tuple[Difference, ...] = field(default=())

    @property
    def whole(self) -> bool:
        """Whether every answer is the same."""
        return not self.differences

    def record(self) -> dict[str, Any]:
        """As JSON."""
        return {
            "prompts": self.prompts,
            "same_answers": self.prompts - len(self.differences),
            "tokens": self.tokens,
            "same_tokens": self.same,
            "differences": [vars(one) for one in self.differences],
        }


def compare_tokens(
    model: Any,
    tokenizer: Any,
    gguf: Path,
    prompts: Sequence[Sequence[int]],
    *,
    adapter: Path | None = None,
    max_tokens: int = 32,
    threads: int = 1,
    tell: Tell | None = None,
) -> Agreement:
    """Ask `model` (torch, with its adapters in it) and `gguf` (+ LoRA `adapter`) to go on with every prompt."""
    longest = max(len(prompt) for prompt in prompts)
    context = -(-(longest + max_tokens + 8) // 256) * 256
    llm: Any = load("llms", "llama_cpp")(gguf, name=gguf.stem, context=context, threads=threads, adapter=adapter)
    tokens = same = 0
    differences = []
    try:
        for number, prompt in enumerate(prompts):
            expected = _greedy(model, tokenizer, prompt, max_tokens)
            found = llm.greedy_tokens(prompt, max_tokens)
            at = next((i for i, pair in enumerate(zip(expected, found, strict=False)) if pair[0] != pair[1]), None)
            # Each ends with an end mark of its own; what only one of them goes on with is no difference.
            shared = min(len(expected), len(found))
            tokens += shared
            same += shared if at is None else at
            if at is not None:
                differences.append(_difference(model, tokenizer, number, prompt, expected, found, at))
            if tell:
                tell(number + 1, len(prompts))
    finally:
        llm.close()
    return Agreement(len(prompts), tokens, same, tuple(differences))


def add_to_model(model: Any, adapters: Sequence[Trained]) -> None:
    """Add adapters into a torch model's weights, in place and in order."""
    import torch

    linear = {gguf_name(name, ""): module for name, module in model.named_modules() if hasattr(module, "weight")}
    with torch.no_grad():
        for one in adapters:
            for name, (a, b) in one.matrices.items():
                weight = linear[gguf_name(name)].weight
                change = torch.from_numpy(b) @ torch.from_numpy(a) * one.scales[name]
                weight.copy_((weight.float() + change).to(weight.dtype))


def _greedy(model: Any, tokenizer: Any, prompt: Sequence[int], max_tokens: int) -> list[int]:
    """The likeliest tokens by torch; written out, because `generate` also heeds a folder's sampling settings."""
    import torch

    ends = {tokenizer.eos_token_id, *_ends(model)}
    found: list[int] = []
    state, step = None, torch.tensor([list(prompt)])
    with torch.no_grad():
        while len(found) < max_tokens:
            out = model(input_ids=step, past_key_values=state, use_cache=True)
            token = int(out.logits[0, -1].argmax())
            found.append(token)
            if token in ends:
                break
            state, step = out.past_key_values, torch.tensor([[token]])
    return found


def _ends(model: Any) -> set[int | None]:
    stated = model.generation_config.eos_token_id if model.generation_config else None
    return set(stated) if isinstance(stated, list) else {stated}


def _difference(
    model: Any, tokenizer: Any, number: int, prompt: Sequence[int], expected: list[int], found: list[int], at: int
) -> Difference:
    import torch

    with torch.no_grad():
        logits = model(input_ids=torch.tensor([[*prompt, *expected[:at]]])).logits[0, -1].float()
    first, second = expected[at], found[at]
    gap = round(float(logits[first] - logits[second]), 4)
    return Difference(number, at, _shown(tokenizer, first), _shown(tokenizer, second), gap)


def _shown(tokenizer: Any, token: int) -> str:
    """A token's text, or its name where it is only a part of a character."""
    text = str(tokenizer.decode([token]))
    return str(tokenizer.convert_ids_to_tokens(token)) if "\ufffd" in text else text

"""A trained reward model: loads body and head, scores texts. The score of a text is that of its last real token.

Imports torch at the top: only functions import this module.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from haechi.errors import ModelError
from haechi.training.llm_base import hf_folder, load_tokenizer, quiet, resolve_dtype
from haechi.training.prompt_format import answer_ids, prompt_ids
from haechi.training.reward_card import read_card
from haechi.training.rollout import positions

_BATCH = 8


def load_classifier(base: str, *, dtype: str = "float32", quant: str = "none", start: Path | None = None) -> Any:
    """`base` with a head of one number in place of the words; `start`, an SFT adapter, is merged into the body.

    The head is new unless the folder holds one. Raises ModelError or InputError.
    """
    from transformers import AutoModelForSequenceClassification

    chosen = getattr(torch, resolve_dtype(dtype))
    options: dict[str, Any] = {"dtype": chosen, "local_files_only": True, "trust_remote_code": False}
    if quant == "nf4":
        from transformers import BitsAndBytesConfig

        options["quantization_config"] = BitsAndBytesConfig(
            load_in_4bit=True, bnb_4bit_quant_type="nf4", bnb_4bit_use_double_quant=True, bnb_4bit_compute_dtype=chosen
        )
    folder = hf_folder(base)
    try:
        with quiet():
            model = AutoModelForSequenceClassification.from_pretrained(folder, num_labels=1, **options)
    except (OSError, ValueError, KeyError, RuntimeError) as error:
        reason = str(error).strip().splitlines()[0] if str(error).strip() else type(error).__name__
        raise ModelError(
            f"'{folder}'을(를) 보상 모델로 불러올 수 없습니다: {reason}",
            f"cannot load '{folder}' as a reward model: {reason}",
        ) from error
    if start is not None:
        _put_body(model, base, start, dtype)
    # The head finds the last real token by this id; without it every padded text would get its padding's score.
    model.config.get_text_config().pad_token_id = load_tokenizer(base).pad_token_id
    model.config.pad_token_id = model.config.get_text_config().pad_token_id
    return model


def last_token_scores(model: Any, ids: Tensor, attention: Tensor) -> Tensor:
    """One score a row, read at its last real token, whichever side the padding is on."""
    out = model(input_ids=ids, attention_mask=attention, position_ids=positions(attention), use_cache=False)
    found: Tensor = out.logits.squeeze(-1).float()
    return found


class RewardScorer:
    """Scores of whole texts, or of answers to prompts; nothing of it learns any more.

    A score has no bounds. `chance` puts it between 0 and 1: how likely the text is to be preferred to a middling answer
    of the held-out pairs. `mean` and `deviation` are of the scores of the held-out answers.
    """

    def __init__(
        self, model: Any, tokenizer: Any, *, max_tokens: int, mean: float = 0.0, deviation: float = 1.0
    ) -> None:
        self._model = model.eval().requires_grad_(False)
        self._tokenizer = tokenizer
        self._max_tokens = max_tokens
        self.mean, self.deviation = mean, deviation

    @classmethod
    def load(cls, folder: Path, *, dtype: str = "float32") -> RewardScorer:
        """A folder that `haechi train reward` wrote. Raises InputError when it is none, ModelError when broken."""
        card = read_card(folder)
        whole = card["result"] == "model"
        base = str(folder / "model") if whole else card["base"]
        start = Path(card["start"]) if card["start"] and not whole else None
        model = load_classifier(base, dtype=dtype, quant="nf4" if card["method"] == "qlora" else "none", start=start)
        if not whole:
            model = _with_adapter(model, folder / "adapter")
        return cls(
            model,
            load_tokenizer(base),
            max_tokens=card["max_tokens"],
            mean=card["mean"],
            deviation=card["deviation"],
        )

    def score(self, texts: Sequence[str]) -> list[float]:
        """Scores of whole texts, each ended by the end mark."""
        return self.score_ids([answer_ids(self._tokenizer, text) for text in texts])

    def score_answers(self, rows: Sequence[Mapping[str, Any]], answers: Sequence[str]) -> list[float]:
        """Scores of answers to the rows' prompts, in the template that the model was trained with."""
        return self.score_ids(
            [
                [*prompt_ids(self._tokenizer, row), *answer_ids(self._tokenizer, answer)]
                for row, answer in zip(rows, answers, strict=True)
            ]
        )

    def chance(self, score: float) -> float:
        """0 to 1: how likely the scored text is preferred to a middling answer."""
        return 1 / (1 + math.exp(-max(-60.0, min(60.0, score - self.mean))))

    def standard(self, score: float) -> float:
        """In standard deviations from the mean of the held-out answers, so that PPO's β always means the same."""
        return (score - self.mean) / self.deviation

    def score_ids(self, rows: Sequence[Sequence[int]]) -> list[float]:
        """Scores of tokens as they are; a text that is too long keeps its end, where the answer is."""
        device = next(self._model.parameters()).device
        # Rows of like length together.
        order = sorted(range(len(rows)), key=lambda number: len(rows[number]))
        found = [0.0] * len(rows)
        for start in range(0, len(order), _BATCH):
            some = order[start : start + _BATCH]
            ids, attention = right_padded(
                [rows[number][-self._max_tokens :] for number in some], self._tokenizer.pad_token_id, device
            )
            with torch.no_grad():
                scores = last_token_scores(self._model, ids, attention).tolist()
            for number, score in zip(some, scores, strict=True):
                found[number] = float(score)
        return found


def _put_body(model: Any, base: str, start: Path, dtype: str) -> None:
    """Replace the body's weights by those of `base` with the adapter merged in."""
    from haechi.training.adapters import find_adapter, merged
    from haechi.training.llm_base import load_causal

    with quiet():
        body = merged(load_causal(base, dtype=dtype), find_adapter(start)).base_model
    model.base_model.load_state_dict(body.state_dict())


def _with_adapter(model: Any, adapter: Path) -> Any:
    from peft import PeftModel

    try:
        with quiet():
            return PeftModel.from_pretrained(model, str(adapter), local_files_only=True)
    except (RuntimeError, ValueError, KeyError, OSError) as error:
        reason = str(error).strip().splitlines()[0] if str(error).strip() else type(error).__name__
        raise ModelError(
            f"보상 모델의 어댑터 '{adapter}'을(를) 읽을 수 없습니다: {reason}",
            f"cannot read the reward model's adapter '{adapter}': {reason}",
        ) from error


def right_padded(rows: Sequence[Sequence[int]], pad: int, device: Any = None) -> tuple[Tensor, Tensor]:
    """(ids, attention), [texts, longest], padding on the right."""
    width = max(map(len, rows))
    ids = torch.tensor([list(row) + [pad] * (width - len(row)) for row in rows], device=device)
    attention = torch.tensor([[1] * len(row) + [0] * (width - len(row)) for row in rows], device=device)
    return ids, attention

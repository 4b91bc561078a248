"""TRL's DPOTrainer reading pairs that are tokens already, and the log-probabilities of answers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import torch
from trl import DPOTrainer


class EncodedDPOTrainer(DPOTrainer):
    """Rows hold prompt_ids, chosen_ids and rejected_ids: TRL would tokenize text its own way, not as inference does."""

    def _prepare_dataset(self, dataset: Any, *args: Any, **kwargs: Any) -> Any:
        return dataset


def answer_logps(model: Any, pairs: Sequence[Mapping[str, Sequence[int]]]) -> dict[str, list[float]]:
    """Summed log-probability of every chosen and every rejected answer given its prompt, one answer at a time."""
    training = model.training
    found: dict[str, list[float]] = {"chosen": [], "rejected": []}
    model.eval()
    with torch.no_grad():
        for pair in pairs:
            for side, sums in found.items():
                prompt, answer = list(pair["prompt_ids"]), list(pair[f"{side}_ids"])
                ids = torch.tensor([prompt + answer], device=model.device)
                logits = model(input_ids=ids).logits[0, len(prompt) - 1 : -1].float()
                picked = torch.tensor(answer, device=model.device)
                sums.append(float(-torch.nn.functional.cross_entropy(logits, picked, reduction="sum")))
    model.train(training)
    return found

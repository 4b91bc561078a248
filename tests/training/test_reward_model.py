"""The reward model on a tiny random body: scored at the last real token, head and all reloaded, measured honestly."""

from __future__ import annotations

import math
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.training.tiny_lm import make_base

pytest.importorskip("trl", reason="the extra 'train' is not installed")

from haechi.errors import InputError
from haechi.training.pair_accuracy import pair_accuracy, wilson
from haechi.training.reward_model import train_reward
from haechi.training.train_settings import TrainSettings, settings_for

#: The better answer ends its sentence; both are of one length, so that length is no help.
PAIRS = [
    {"prompt": f"{number}번 질문입니다. 대출 기간은?", "chosen": f"{number}일입니다.", "rejected": f"{number}일요금요."}
    for number in range(40)
]


@pytest.fixture(scope="module")
def base(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_base(tmp_path_factory.mktemp("base"))


def settings(base: Path, **chosen: Any) -> TrainSettings:
    given = {"lr": 5e-3, "batch": 8, "accumulate": 1, "max_steps": 12, "save_every": 4, "rank": 8, "patience": 2}
    return settings_for("reward", {"base": str(base), "max_tokens": 128, **given, **chosen})


def stop_after(steps: int) -> Callable[[], bool]:
    asked = iter([False] * (steps - 1) + [True] * 1000)
    return lambda: next(asked)


@pytest.fixture(scope="module")
def trained(base: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, dict[str, Any]]:
    out = tmp_path_factory.mktemp("run") / "rm"
    return out, train_reward(PAIRS[:28], PAIRS[28:], out, settings(base))


def test_it_prefers_the_better_answer_to_prompts_it_never_saw(trained: tuple[Path, dict[str, Any]]) -> None:
    card = trained[1]
    assert card["after"]["n"] == 12
    assert card["after"]["accuracy"] > 0.9
    assert card["after"]["low"] > 0.5
    assert card["after"]["margin"] > card["before"]["margin"]


def test_reloaded_it_gives_the_same_scores_head_included(trained: tuple[Path, dict[str, Any]]) -> None:
    # The lecture's critic built a new random head and only the body was reused.
    from haechi.training.reward_scorer import RewardScorer

    out, card = trained
    scorer = RewardScorer.load(out)
    rows = PAIRS[28:]
    chosen = scorer.score_answers(rows, [row["chosen"] for row in rows])
    rejected = scorer.score_answers(rows, [row["rejected"] for row in rows])
    assert pair_accuracy(chosen, rejected) == card["after"]
    every = [scorer.standard(score) for score in (*chosen, *rejected)]
    assert sum(every) / len(every) == pytest.approx(0, abs=1e-4)
    assert 0 < scorer.chance(min(rejected)) < 0.5 < scorer.chance(max(chosen)) < 1


def test_padding_on_either_side_does_not_change_a_score(trained: tuple[Path, dict[str, Any]]) -> None:
    # The lecture averaged over padding, which rewards length.
    import torch

    from haechi.training.llm_base import load_tokenizer
    from haechi.training.reward_scorer import last_token_scores, load_classifier, right_padded
    from haechi.training.rollout import left_padded

    base = trained[1]["base"]
    torch.manual_seed(0)
    model, tokenizer = load_classifier(base).eval(), load_tokenizer(base)
    texts = ["14일입니다.", "하루에 100원이며 하루 최대 1만 원입니다.", "네"]
    rows = [tokenizer(text)["input_ids"] for text in texts]
    alone = [last_token_scores(model, torch.tensor([row]), torch.ones(1, len(row)).long()).item() for row in rows]
    for padded in (left_padded, right_padded):
        ids, attention = padded(rows, tokenizer.pad_token_id)
        assert ids.shape[1] > len(rows[0])
        assert last_token_scores(model, ids, attention).tolist() == pytest.approx(alone, abs=1e-5)
    assert len({round(score, 6) for score in alone}) == 3


def test_a_prompt_may_not_stand_on_both_sides(base: Path, tmp_path: Path) -> None:
    other = {**PAIRS[0], "chosen": "다른 답입니다."}
    with pytest.raises(InputError, match="질문 1개"):
        train_reward(PAIRS[:8], [*PAIRS[8:12], other], tmp_path / "rm", settings(base))
    assert not (tmp_path / "rm").exists()


def test_it_stops_early_when_held_out_pairs_get_worse_and_keeps_the_best(base: Path, tmp_path: Path) -> None:
    # Held-out pairs that say the contrary: every step makes them worse, as an over-fitted demo does later.
    turned = [{**row, "chosen": row["rejected"], "rejected": row["chosen"]} for row in PAIRS[28:]]
    chosen = settings(base, method="full", lr=1e-3, max_steps=40, save_every=2, patience=2)
    card = train_reward(PAIRS[:28], turned, tmp_path / "rm", chosen)
    assert card["steps"] < card["of"] == 40
    assert card["best_step"] < card["steps"]


def test_an_interrupted_run_goes_on_to_the_same_losses(base: Path, tmp_path: Path) -> None:
    chosen = settings(base, max_steps=6, patience=0)
    whole = train_reward(PAIRS[:28], PAIRS[28:], tmp_path / "whole", chosen)
    first = train_reward(PAIRS[:28], PAIRS[28:], tmp_path / "parts", chosen, stop=stop_after(3))
    assert (first["interrupted"], first["steps"]) == (True, 3)
    second = train_reward(PAIRS[:28], PAIRS[28:], tmp_path / "parts", chosen, resume=True)
    assert second["losses"] == pytest.approx(whole["losses"], abs=1e-5)
    assert second["after"]["margin"] == pytest.approx(whole["after"]["margin"], abs=1e-3)


def test_a_folder_without_a_reward_model_is_named(tmp_path: Path) -> None:
    from haechi.training.reward_scorer import RewardScorer

    with pytest.raises(InputError, match="haechi train reward"):
        RewardScorer.load(tmp_path)


def test_the_interval_is_wilsons() -> None:
    # Agresti and Coull's example: 8 of 10 gives 0.49 to 0.94; all of 20 is not certainty.
    assert wilson(8, 10) == pytest.approx((0.490, 0.943), abs=1e-3)
    assert wilson(20, 20)[0] == pytest.approx(0.839, abs=1e-3)
    assert pair_accuracy([1.0, 2.0, 3.0, 0.0], [0.0, 2.0, 4.0, -1.0])["accuracy"] == 0.625
    assert math.isclose(pair_accuracy([1.0], [0.5])["margin"], 0.5)
    assert pair_accuracy([], [])["n"] == 0

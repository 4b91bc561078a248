"""DPO on a tiny random model: held-out preference rises without a reward model, over an SFT adapter merged first."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.training.tiny_lm import make_base

pytest.importorskip("trl", reason="the extra 'train' is not installed")

from haechi.errors import InputError
from haechi.training.dpo import preference, train_dpo
from haechi.training.sft import train_sft
from haechi.training.train_settings import TrainSettings, settings_for

THINGS = ["대출", "연체", "주차", "휴관", "연장", "열람", "요금", "기간"]
#: One thing to learn that also holds for unseen questions: answers with a citation are better.
PAIRS = [
    {"prompt": f"{thing} 안내?", "chosen": f"{thing} 14일 [1]", "rejected": f"{thing} 14일 abc"} for thing in THINGS
]
TRAIN, DEV = PAIRS[:6], PAIRS[6:]


@pytest.fixture(scope="module")
def base(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_base(tmp_path_factory.mktemp("base"))


def settings(base: Path, **chosen: Any) -> TrainSettings:
    given = {"lr": 0.003, "batch": 2, "accumulate": 1, "epochs": 4.0, "rank": 8, "alpha": 32, "save_every": 3}
    return settings_for("dpo", {"base": str(base), **given, **chosen})


def stop_after(steps: int) -> Callable[[], bool]:
    asked = iter([False] * (steps - 1) + [True] * 1000)
    return lambda: next(asked)


@pytest.mark.parametrize("method", ["lora", "full"])
def test_margin_and_accuracy_rise_on_held_out_pairs(base: Path, tmp_path: Path, method: str) -> None:
    card = train_dpo(TRAIN, DEV, tmp_path / "run", settings(base, method=method))
    assert card["before"]["margin"] == card["before"]["accuracy"] == 0  # by definition: it is its own reference
    assert card["after"]["margin"] > 0.1
    assert card["after"]["accuracy"] == 1.0
    assert card["after"]["gap"] > card["before"]["gap"]
    assert card["losses"][0] == pytest.approx(0.6931, abs=1e-3)
    assert card["losses"][-1] < card["losses"][0]
    assert (tmp_path / "run" / ("adapter" if method == "lora" else "model")).is_dir()


def test_a_killed_run_resumes_to_the_same_curve(base: Path, tmp_path: Path) -> None:
    whole = train_dpo(TRAIN, DEV, tmp_path / "whole", settings(base))
    first = train_dpo(TRAIN, DEV, tmp_path / "half", settings(base), stop=stop_after(4))
    assert (first["interrupted"], first["steps"]) == (True, 4)
    second = train_dpo(TRAIN, DEV, tmp_path / "half", settings(base), resume=True)
    assert second["losses"] == whole["losses"]
    assert second["before"] == whole["before"]
    assert second["after"] == whole["after"]
    assert second["result_sha256"] == whole["result_sha256"]


def test_it_starts_from_an_sft_adapter_merged_into_the_base(base: Path, tmp_path: Path) -> None:
    # The lecture trained on top of SFT and merged into the plain base, which lost the SFT.
    import torch

    from haechi.training.adapters import merged
    from haechi.training.dpo_trainer import answer_logps
    from haechi.training.llm_base import load_causal, load_tokenizer
    from haechi.training.train_rows import encode_pair

    rows = [{"prompt": pair["prompt"], "completion": pair["chosen"]} for pair in TRAIN]
    sft = settings_for("sft", {"base": str(base), "lr": 0.02, "batch": 2, "accumulate": 1, "max_steps": 6, "rank": 4})
    train_sft(rows, [], tmp_path / "sft", sft)
    card = train_dpo(TRAIN, DEV, tmp_path / "dpo", settings(base, max_steps=3), start=tmp_path / "sft")
    assert card["merge_order"] == ["base", "start", "this"]
    assert card["start_sha256"]
    # Step 0 prefers as base + SFT does, so that is its reference, not the base.
    tokenizer = load_tokenizer(str(base))
    pairs = [made for row in DEV if (made := encode_pair(tokenizer, row, 512))]
    both = merged(load_causal(str(base)), tmp_path / "sft" / "adapter")
    with torch.no_grad():
        logps = answer_logps(both, pairs)
    assert preference(logps, logps, pairs, 0.1)["gap"] == pytest.approx(card["before"]["gap"], abs=1e-3)
    plain = answer_logps(load_causal(str(base)), pairs)
    assert preference(plain, plain, pairs, 0.1)["gap"] != pytest.approx(card["before"]["gap"], abs=1e-2)


def test_modules_that_the_model_lacks_are_named_with_those_it_has(base: Path, tmp_path: Path) -> None:
    # The lecture's list had four names that Llama does not have, and nobody was told.
    wanted = "q_proj,v_proj,out_proj,fc_in,fc_out,wte"
    with pytest.raises(InputError, match=r"out_proj, fc_in, fc_out, wte.*있는 것: q_proj, k_proj") as told:
        train_dpo(TRAIN, [], tmp_path / "run", settings(base, targets=wanted))
    assert "--targets auto" in str(told.value)
    with pytest.raises(InputError, match="어댑터가 없습니다"):
        train_dpo(TRAIN, [], tmp_path / "other", settings(base), start=tmp_path)


def test_both_answers_and_the_prompt_count_in_tokens(base: Path, tmp_path: Path) -> None:
    # The lecture compared characters with a limit of tokens.
    long = {"prompt": "가", "chosen": "나", "rejected": "다 " * 200}
    card = train_dpo([*TRAIN, long], [], tmp_path / "run", settings(base, max_tokens=120, max_steps=1))
    assert card["data"]["too_long"] == 1


def test_pairs_must_say_which_is_better(base: Path, tmp_path: Path) -> None:
    with pytest.raises(InputError, match="chosen과 rejected가 같습니다"):
        train_dpo([{"prompt": "가", "chosen": "나", "rejected": "나 "}], [], tmp_path / "a", settings(base))
    with pytest.raises(InputError, match="1번째 행에 prompt, chosen, rejected"):
        train_dpo([{"prompt": "가", "completion": "나"}], [], tmp_path / "b", settings(base))


def test_preference_counts_margin_and_likelihood() -> None:
    pairs = [{"chosen_ids": [1, 2], "rejected_ids": [1]}, {"chosen_ids": [1], "rejected_ids": [1]}]
    before = {"chosen": [-4.0, -3.0], "rejected": [-1.0, -1.0]}
    now = {"chosen": [-2.0, -3.0], "rejected": [-1.5, -0.5]}
    found = preference(now, before, pairs, beta=0.5)
    # Pair 1 moved by 2 + 0.5, pair 2 by 0 - 0.5; per token -1 > -1.5, and -3 < -0.5.
    assert found == {"pairs": 2, "margin": 0.5, "accuracy": 0.5, "likelier": 0.5, "gap": -1.0}

"""GRPO on a tiny random model: TRL's trainer with rewards that Haechi can verify."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tests.training.tiny_lm import make_base

pytest.importorskip("trl", reason="the extra 'train' is not installed")

from haechi.errors import InputError
from haechi.training import rewards
from haechi.training.grpo import GrpoSettings, prompt_for_trl, train_grpo
from haechi.training.train_settings import TrainSettings, settings_for

ROWS: list[dict[str, Any]] = [
    {
        "prompt": f"{number}번 질문입니다. 대출 기간은 며칠인가요?",
        "question": "대출 기간은 며칠인가요?",
        "passages": ["일반 이용자의 대출 기간은 14일로 한다."],
        "answer": "14일입니다. [1]",
    }
    for number in range(40)
]


@pytest.fixture(scope="module")
def base(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_base(tmp_path_factory.mktemp("base"))


def settings(base: Path, **chosen: Any) -> TrainSettings:
    given = {"method": "full", "lr": 3e-3, "batch": 16, "accumulate": 1, "max_steps": 14, "max_tokens": 128}
    return settings_for("grpo", {"base": str(base), "warmup": 0.0, "scheduler": "constant", **given, **chosen})


def test_a_reward_that_can_be_found_rises(base: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(rewards.REWARDS, "hangul", lambda answer, row: sum("가" <= c <= "힣" for c in answer) / 8)
    grpo = GrpoSettings(rewards=("hangul",), answers=4, new_tokens=8)
    card = train_grpo(ROWS[:24], ROWS[24:], tmp_path / "run", settings(base), grpo=grpo)
    assert card["after"]["reward"] > card["before"]["reward"]
    assert sum(card["rewards"][-5:]) > sum(card["rewards"][:5])
    assert (card["steps"], card["result"]) == (14, "model")


def test_the_checkers_are_the_reward_and_another_seed_draws_other_answers(base: Path, tmp_path: Path) -> None:
    # Measuring before training must not throw the trainer's dice: all seeds then drew the same answers.
    grpo = GrpoSettings(rewards=("short", "checked", "cited"), answers=2, new_tokens=4)
    cards = [
        train_grpo(
            ROWS[:4],
            ROWS[4:6],
            tmp_path / str(seed),
            settings(base, method="lora", batch=4, max_steps=1, seed=seed),
            grpo=grpo,
        )
        for seed in (1, 2)
    ]
    for card in cards:
        assert set(card["before"]) == {"reward", "short", "checked", "cited"}
        assert card["before"]["short"] > 0
        assert 0 < card["trainable_share"] < 1
    assert cards[0]["before"] == cards[1]["before"]
    lengths = [[row for row in read(tmp_path / str(seed)) if "completions/mean_length" in row] for seed in (1, 2)]
    assert lengths[0] and lengths[0][0]["grad_norm"] != lengths[1][0]["grad_norm"]


def test_an_interrupted_run_goes_on_to_the_same_losses(base: Path, tmp_path: Path) -> None:
    asked = iter([False, True])
    chosen = settings(base, batch=8, max_steps=4)
    grpo = GrpoSettings(rewards=("short",), answers=2, new_tokens=4)
    whole = train_grpo(ROWS[:12], ROWS[12:14], tmp_path / "whole", chosen, grpo=grpo)
    first = train_grpo(ROWS[:12], ROWS[12:14], tmp_path / "parts", chosen, grpo=grpo, stop=lambda: next(asked))
    assert (first["interrupted"], first["steps"]) == (True, 2)
    second = train_grpo(ROWS[:12], ROWS[12:14], tmp_path / "parts", chosen, grpo=grpo, resume=True)
    assert second["rewards"] == pytest.approx(whole["rewards"], abs=1e-6)
    assert second["losses"] == pytest.approx(whole["losses"], abs=1e-5)
    assert (second["before"], second["after"]) == (whole["before"], whole["after"])


def read(out: Path) -> list[dict[str, Any]]:
    import json

    return [json.loads(line) for line in (out / "metrics.jsonl").read_text(encoding="utf-8").splitlines()]


def test_trl_reads_the_tokens_of_inference(base: Path) -> None:
    # A tokenizer that adds a start mark would write it twice, for the prompt's text has it already.
    from tokenizers.processors import TemplateProcessing

    from haechi.training.llm_base import load_tokenizer
    from haechi.training.prompt_format import prompt_ids

    tokenizer = load_tokenizer(str(base))
    assert tokenizer(prompt_for_trl(tokenizer, ROWS[0]))["input_ids"] == prompt_ids(tokenizer, ROWS[0])
    tokenizer.chat_template = None
    tokenizer.bos_token = "<unk>"
    start = tokenizer.bos_token_id
    tokenizer.backend_tokenizer.post_processor = TemplateProcessing(
        single="<unk> $A", special_tokens=[("<unk>", start)]
    )
    wanted = prompt_ids(tokenizer, ROWS[0])
    assert wanted[0] == start != wanted[1]
    assert tokenizer(prompt_for_trl(tokenizer, ROWS[0]))["input_ids"] == wanted


def test_what_cannot_be_compared_or_judged_is_told_before_a_model_is_loaded(base: Path, tmp_path: Path) -> None:
    with pytest.raises(InputError, match="나누어떨어져야"):
        train_grpo(ROWS[:4], [], tmp_path / "run", settings(base, batch=3), grpo=GrpoSettings(answers=2))
    with pytest.raises(InputError, match="passages"):
        train_grpo([{"prompt": "질문", "answer": "답"}], [], tmp_path / "run", settings(base))
    with pytest.raises(InputError, match="'pretty'"):
        GrpoSettings(rewards=("pretty",))
    assert not (tmp_path / "run").exists()

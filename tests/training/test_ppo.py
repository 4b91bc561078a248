"""PPO on a tiny random model: its formulas, the lecture's defects, and that it learns while KL stays bounded."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest

from tests.training.tiny_lm import make_base

pytest.importorskip("trl", reason="the extra 'train' is not installed")

import torch

from haechi.errors import InputError, ModelError
from haechi.training import ppo_math
from haechi.training.ppo import train_ppo
from haechi.training.ppo_settings import PpoSettings
from haechi.training.train_settings import TrainSettings, settings_for

ROWS = [{"prompt": f"{number}번 질문입니다. 대출 기간은 며칠인가요?"} for number in range(72)]


def hangul(rows: Sequence[Mapping[str, Any]], answers: Sequence[str]) -> list[float]:
    """A reward that a random model can find: how many letters of the answer are Hangul."""
    return [sum("가" <= letter <= "힣" for letter in answer) / 8 for answer in answers]


@pytest.fixture(scope="module")
def base(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_base(tmp_path_factory.mktemp("base"))


def settings(base: Path, **chosen: Any) -> TrainSettings:
    given = {"method": "full", "lr": 1e-3, "batch": 48, "max_steps": 18, "max_tokens": 128, "scheduler": "constant"}
    return settings_for("ppo", {"base": str(base), "warmup": 0.0, **given, **chosen})


def ppo(**chosen: Any) -> PpoSettings:
    given = {"new_tokens": 8, "unfinished": 0.0, "measure_every": 6, "beta": 0.02, "passes": 2}
    return PpoSettings(**{**given, **chosen})


def stop_after(steps: int) -> Callable[[], bool]:
    asked = iter([False] * (steps - 1) + [True] * 1000)
    return lambda: next(asked)


# ---- formulas


def test_kl_is_subtracted_from_the_reward_and_the_score_stands_at_the_last_real_token() -> None:
    # The lecture's README adds it, its code subtracts: a policy that drifts must earn less.
    mask = torch.tensor([[1.0, 1.0, 0.0], [1.0, 1.0, 1.0]])
    policy, reference = torch.full((2, 3), -1.0), torch.full((2, 3), -1.5)
    rewards = ppo_math.penalised(torch.tensor([2.0, 3.0]), policy, reference, mask, beta=0.1)
    assert torch.allclose(rewards, torch.tensor([[-0.05, 1.95, 0.0], [-0.05, -0.05, 2.95]]))
    assert (ppo_math.kl_per_token(policy, reference) > 0).all()
    assert ppo_math.kl_per_token(policy, policy).abs().max() == 0


def test_the_advantage_is_what_came_less_what_the_critic_expected() -> None:
    mask = torch.tensor([[1.0, 1.0, 0.0]])
    rewards, values = torch.tensor([[0.0, 1.0, 0.0]]), torch.tensor([[0.25, 0.5, 9.0]])
    found, returns = ppo_math.advantages(rewards, values, mask, gamma=1.0, lam=1.0)
    assert torch.allclose(found, torch.tensor([[0.75, 0.5, 0.0]]))
    assert torch.allclose(returns, torch.tensor([[1.0, 1.0, 0.0]]))
    short, _ = ppo_math.advantages(rewards, values, mask, gamma=1.0, lam=0.0)
    assert torch.allclose(short, torch.tensor([[0.25, 0.5, 0.0]]))


def test_a_ratio_beyond_the_clip_gives_no_more_and_the_critic_moves_no_further() -> None:
    mask, old = torch.ones(1, 1), torch.zeros(1, 1)
    far = torch.tensor([[1.0]], requires_grad=True)
    loss, clipped = ppo_math.policy_loss(far, old, torch.ones(1, 1), mask, clip=0.2)
    assert (float(loss.detach()), clipped) == (pytest.approx(-1.2), 1.0)
    loss.backward()
    assert far.grad is not None and float(far.grad) == 0
    moved = ppo_math.value_loss(torch.tensor([[2.0]]), old, torch.tensor([[2.0]]), mask, clip=0.4)
    assert float(moved) == pytest.approx(0.5 * 1.6**2)


# ---- the lecture's defects


def test_a_critic_that_copies_the_reward_model_is_caught(base: Path, tmp_path: Path, monkeypatch: Any) -> None:
    # Then reward − value is exactly 0 and actor_loss is 0 in every step, as the lecture's log shows.
    from haechi.training import ppo_loop

    said: list[torch.Tensor] = []
    score = ppo_loop._score

    def scored(*arguments: Any) -> torch.Tensor:
        said.append(score(*arguments))
        return said[-1]

    class Copy(torch.nn.Linear):
        def __init__(self, hidden: int) -> None:
            super().__init__(hidden, 1)

        def forward(self, states: torch.Tensor) -> torch.Tensor:
            return said[-1][:, None].expand(states.shape[:2])

    monkeypatch.setattr(ppo_loop, "_score", scored)
    monkeypatch.setattr("haechi.training.ppo_models.Critic", Copy)
    with pytest.raises(ModelError, match="어드밴티지의 표준편차가 0"):
        train_ppo(ROWS[:32], ROWS[32:], tmp_path / "run", settings(base), reward=hangul, ppo=ppo())


def test_a_reward_that_is_always_the_same_is_told(base: Path, tmp_path: Path) -> None:
    with pytest.raises(ModelError, match=r"같은 보상\(1\.000\)"):
        train_ppo(
            ROWS[:32],
            ROWS[32:],
            tmp_path / "run",
            settings(base, lr=1e-9),
            reward=lambda rows, answers: [1.0 for _ in answers],
            ppo=ppo(beta=0.0, lam=1.0, critic_lr=1e-12, max_kl=1e9),
        )


@pytest.mark.parametrize("chat", [True, False])
def test_left_padding_changes_no_probability(chat: bool, tmp_path: Path) -> None:
    from haechi.training.llm_base import load_causal, load_tokenizer
    from haechi.training.prompt_format import prompt_ids
    from haechi.training.rollout import generate, log_probabilities

    folder = str(make_base(tmp_path / "base", chat=chat))
    model, tokenizer = load_causal(folder).eval(), load_tokenizer(folder, side="left")
    assert tokenizer.pad_token_id != tokenizer.eos_token_id
    prompts = [prompt_ids(tokenizer, {"prompt": text}) for text in ("휴관일은?", "주차 요금은 10분에 얼마인가요? 네?")]
    draw = {"end": tokenizer.eos_token_id, "new_tokens": 6, "temperature": 1.0, "seed": 5}
    both = generate(model, tokenizer, prompts, **draw)
    assert both.attention[0, 0] == 0  # the shorter prompt is padded, and on the left
    assert both.ids[0, len(prompts[1]) - 1] == prompts[0][-1]
    together, _ = log_probabilities(model, both, 1.0)
    from dataclasses import replace

    start = len(prompts[1]) - len(prompts[0])
    alone = replace(both, ids=both.ids[:1, start:], attention=both.attention[:1, start:], mask=both.mask[:1])
    single, _ = log_probabilities(model, alone, 1.0)
    assert torch.allclose(together[:1], single, atol=1e-4)


def test_the_end_mark_is_the_last_token_that_counts() -> None:
    from haechi.training.rollout import generate

    class Fixed:
        """Writes 5, its end mark (1), then padding (0), as `generate` does for the shorter answers of a batch."""

        def parameters(self) -> Any:
            return iter([torch.zeros(1)])

        def generate(self, input_ids: torch.Tensor, **rest: Any) -> torch.Tensor:
            return torch.cat([input_ids, torch.tensor([[5, 1, 0, 0], [5, 6, 7, 8]])], 1)

    class Words:
        pad_token_id, bos_token_id = 0, None

        def decode(self, ids: torch.Tensor, **rest: Any) -> str:
            return "-".join(map(str, ids.tolist()))

    made = generate(Fixed(), Words(), [[3], [4, 4]], end=1, new_tokens=4, temperature=1.0, seed=0)
    assert made.mask.tolist() == [[1, 1, 0, 0], [1, 1, 1, 1]]
    assert made.texts == ("5", "5-6-7-8")
    assert made.ended == (True, False)


# ---- whole runs


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_the_held_out_reward_rises_while_kl_stays_bounded(base: Path, tmp_path: Path, seed: int) -> None:
    card = train_ppo(ROWS[:48], ROWS[48:], tmp_path / "run", settings(base, seed=seed), reward=hangul, ppo=ppo())
    before, after = card["before"], card["after"]
    assert before["kl"] == 0
    assert after["reward"] > before["reward"] + 0.1
    assert 0 < after["kl"] < 10
    assert min(card["advantage_std"]) > 0
    curves = (tmp_path / "run" / "curves.json").read_text(encoding="utf-8")
    assert '"eval_reward"' in curves and '"eval_kl"' in curves


def test_past_the_bound_it_ends_and_goes_back_within(base: Path, tmp_path: Path) -> None:
    chosen = settings(base, batch=16)
    card = train_ppo(
        ROWS[:24], ROWS[24:], tmp_path / "run", chosen, reward=hangul, ppo=ppo(beta=0.0, max_kl=0.2, measure_every=1)
    )
    assert card["ended_by"] == "max_kl"
    assert card["steps"] < card["of"]
    assert card["held_out"][-1]["kl"] > 1 >= card["after"]["kl"]


def test_an_interrupted_run_goes_on_to_the_same_curve_and_the_same_answers(base: Path, tmp_path: Path) -> None:
    from haechi.training.llm_base import load_causal, load_tokenizer
    from haechi.training.prompt_format import prompt_ids
    from haechi.training.rollout import generate

    chosen = settings(base, method="lora", lr=1e-2, max_steps=4, batch=8, save_every=2)
    arguments: dict[str, Any] = {"reward": hangul, "ppo": ppo(measure_every=2)}
    whole = train_ppo(ROWS[:16], ROWS[16:24], tmp_path / "whole", chosen, **arguments)
    first = train_ppo(ROWS[:16], ROWS[16:24], tmp_path / "parts", chosen, stop=stop_after(3), **arguments)
    assert (first["interrupted"], first["steps"]) == (True, 3)
    with pytest.raises(InputError, match="--resume"):
        train_ppo(ROWS[:16], ROWS[16:24], tmp_path / "parts", chosen, **arguments)
    with pytest.raises(InputError, match="다른 자료나 설정"):
        train_ppo(ROWS[:16], ROWS[16:24], tmp_path / "parts", chosen, resume=True, reward=hangul, ppo=ppo(clip=0.3))
    second = train_ppo(ROWS[:16], ROWS[16:24], tmp_path / "parts", chosen, resume=True, **arguments)
    assert second["resumed_from"] == 3
    assert second["losses"] == pytest.approx(whole["losses"], abs=1e-6)
    assert second["held_out"] == whole["held_out"]

    # J5: reloaded, the same seed writes the same.
    from peft import PeftModel

    tokenizer = load_tokenizer(str(base), side="left")
    prompts = [prompt_ids(tokenizer, row) for row in ROWS[:3]]
    texts = []
    for run in ("whole", "parts"):
        model = PeftModel.from_pretrained(load_causal(str(base)), str(tmp_path / run / "adapter")).eval()
        draw = generate(model, tokenizer, prompts, end=tokenizer.eos_token_id, new_tokens=12, temperature=1.0, seed=3)
        texts.append(draw.texts)
    assert texts[0] == texts[1]


def test_the_reference_is_the_sft_model_and_the_reward_model_keeps_its_head(base: Path, tmp_path: Path) -> None:
    # From SFT through the reward model to PPO with the same template; the adapter off must be SFT, not the plain base.
    from haechi.training.ppo import scores_of
    from haechi.training.reward_model import train_reward
    from haechi.training.sft import train_sft

    taught = [{**row, "completion": "14일입니다."} for row in ROWS[:8]]
    train_sft(taught, [], tmp_path / "sft", settings_for("sft", {"base": str(base), "lr": 0.02, "max_steps": 6}))
    pairs = [{**row, "chosen": "14일입니다.", "rejected": "요금 요금"} for row in ROWS[:16]]
    train_reward(
        pairs[:8], pairs[8:], tmp_path / "rm", settings_for("reward", {"base": str(base), "lr": 5e-3, "max_steps": 6})
    )
    good, bad = scores_of(tmp_path / "rm")(ROWS[20:22], ["14일입니다.", "요금 요금"])
    assert good > bad
    card = train_ppo(
        ROWS[:8],
        ROWS[8:12],
        tmp_path / "ppo",
        settings(base, method="lora", lr=1e-3, max_steps=1, batch=4),
        reward=tmp_path / "rm",
        ppo=ppo(),
        start=tmp_path / "sft",
    )
    assert card["before"]["kl"] == 0  # measured against the plain base it would not be
    assert card["merge_order"] == ["base", "start", "this"]
    assert card["reward"]["model"] == "rm"
    assert 0 < card["trainable_share"] < 1


def test_a_prompt_that_leaves_no_room_for_an_answer_is_told(base: Path, tmp_path: Path) -> None:
    with pytest.raises(InputError, match="--max-tokens"):
        train_ppo(ROWS[:2], ROWS[2:4], tmp_path / "run", settings(base, max_tokens=16), reward=hangul, ppo=ppo())
    with pytest.raises(InputError, match="떼어 둔"):
        train_ppo(ROWS[:2], [], tmp_path / "other", settings(base), reward=hangul, ppo=ppo())
    with pytest.raises(InputError, match="--clip"):
        PpoSettings(clip=0)

"""`haechi train reward|score|ppo|grpo`: from pairs to scores, and from a reward to a tuned model, by commands."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from haechi.training import needs
from tests.cli.conftest import Run

pytest.importorskip("trl", reason="the extra 'train' is not installed")

from tests.training.tiny_lm import make_base


@pytest.fixture(scope="module")
def base(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_base(tmp_path_factory.mktemp("base"))


@pytest.fixture
def files(in_folder: Path) -> Path:
    asked = [f"{number}번 질문, 대출 기간은?" for number in range(12)]
    passage = {"title": "이용규정", "label": "제5조", "head": "대출", "text": "대출 기간은 14일로 한다."}
    rows: dict[str, list[dict[str, Any]]] = {
        "pairs.jsonl": [{"prompt": text, "chosen": "14일입니다.", "rejected": "요금 요금"} for text in asked],
        "prompts.jsonl": [{"prompt": text} for text in asked],
        "grounded.jsonl": [{"question": text, "passages": [passage], "answer": "14일입니다. [1]"} for text in asked],
    }
    for name, held in rows.items():
        text = "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in held)
        (in_folder / name).write_text(text, encoding="utf-8")
    return in_folder


def test_pairs_become_scores_and_scores_a_tuned_model(haechi: Run, files: Path, base: Path) -> None:
    small = ("--base", base, "--max-tokens", "128", "--batch", "4")
    made = haechi("train", "reward", "--data", "pairs.jsonl", "--out", "rm", "--lr", "0.01", "--max-steps", "6", *small)
    assert made.status == 0, made.err
    assert "95% 구간" in made.out
    assert "haechi train score rm" in made.out

    scored = haechi("train", "score", "rm", "14일입니다.", "요금 요금", "--prompt", "99번 질문, 대출 기간은?", "--json")
    good, bad = scored.json["scores"]
    assert good["score"] > bad["score"]
    assert 0 < bad["chance"] < good["chance"] < 1
    assert haechi("train", "score", "rm", "--data", "pairs.jsonl", "--json").json["accuracy"] > 0.9

    command = ("train", "ppo", "--data", "prompts.jsonl", "--out", "p", "--max-steps", "1", "--new-tokens", "4")
    tuned = haechi(*command, "--reward-model", "rm", "--max-kl", "50", *small)
    assert tuned.status == 0, tuned.err
    assert "KL" in tuned.out
    card = json.loads((files / "p" / "run.json").read_text(encoding="utf-8"))
    assert card["reward"]["model"] == "rm"
    assert card["ppo"]["max_kl"] == 50
    assert (files / "p" / "adapter" / "adapter_model.safetensors").is_file()


def test_grpo_takes_grounded_rows_and_the_checkers(haechi: Run, files: Path, base: Path) -> None:
    command = ("train", "grpo", "--data", "grounded.jsonl", "--base", base, "--out", "g", "--max-steps", "1")
    more = ("--batch", "4", "--accumulate", "1", "--answers", "2", "--new-tokens", "4", "--reward", "short")
    result = haechi(*command, *more, "--max-tokens", "2000", "--json")
    assert result.status == 0, result.err
    assert result.json["grpo"]["rewards"] == ["short"]
    assert result.json["after"]["short"] > 0


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("ppo", "--data", "prompts.jsonl"), "--reward-model"),
        (("ppo", "--data", "prompts.jsonl", "--reward-model", "nowhere"), "haechi train reward"),
        (("ppo", "--data", "prompts.jsonl", "--reward", "pretty"), "grounded"),
        (("ppo", "--data", "prompts.jsonl", "--reward", "grounded"), "passages"),
        (("ppo", "--data", "prompts.jsonl", "--reward", "short", "--lam", "2"), "--lam"),
        (("grpo", "--data", "grounded.jsonl", "--temperature", "0"), "--temperature"),
        (("reward", "--data", "prompts.jsonl"), "chosen"),
        (("score", "nowhere", "글"), "haechi train reward"),
    ],
)
def test_what_is_wrong_is_told_before_a_model_is_loaded(
    haechi: Run, files: Path, base: Path, monkeypatch: pytest.MonkeyPatch, arguments: tuple[str, ...], said: str
) -> None:
    from haechi.training import llm_base

    def fail(*arguments: Any, **named: Any) -> Any:
        raise AssertionError("a model was loaded")

    monkeypatch.setattr(llm_base, "load_causal", fail)
    more = () if arguments[0] == "score" else ("--base", str(base))
    result = haechi("train", *arguments, *more)
    assert result.status == 1
    assert said in result.err
    assert "Traceback" not in result.err


def test_without_the_packages_the_extra_is_named(haechi: Run, files: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(needs, "find_spec", lambda name: None)
    for command in (("reward", "--data", "pairs.jsonl"), ("ppo", "--data", "p"), ("grpo", "--data", "p")):
        result = haechi("train", *command)
        assert result.status == 1
        assert "haechi[train]" in result.err

"""SFT on a tiny random model: only answers and end marks are learnt, a killed run goes on to the same curve."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.training.tiny_lm import make_base

pytest.importorskip("trl", reason="the extra 'train' is not installed")

from haechi.errors import InputError
from haechi.training.sft import train_sft
from haechi.training.train_settings import TrainSettings, settings_for

QUESTIONS = ["대출 기간은?", "연체료는?", "주차 요금은?", "휴관일은?", "연장은 몇 번?", "열람실 시간은?"]
ANSWERS = ["14일입니다.", "1일 100원.", "10분에 500원.", "둘째 월요일.", "한 번입니다.", "9시부터입니다."]
ROWS = [{"prompt": question, "completion": answer} for question, answer in zip(QUESTIONS, ANSWERS, strict=True)]


@pytest.fixture(scope="module")
def base(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_base(tmp_path_factory.mktemp("base"))


@pytest.fixture(scope="module")
def plain_base(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_base(tmp_path_factory.mktemp("plain"), chat=False)


def settings(base: Path, **chosen: Any) -> TrainSettings:
    given = {"lr": 0.02, "batch": 2, "accumulate": 1, "epochs": 4.0, "rank": 8, "alpha": 32, "save_every": 3}
    return settings_for("sft", {"base": str(base), **given, **chosen})


def stop_after(steps: int) -> Callable[[], bool]:
    asked = iter([False] * (steps - 1) + [True] * 1000)
    return lambda: next(asked)


def test_only_the_answer_and_its_end_mark_are_in_the_loss(base: Path) -> None:
    from haechi.training.llm_base import load_tokenizer
    from haechi.training.prompt_format import prompt_text
    from haechi.training.train_rows import encode_sft

    tokenizer = load_tokenizer(str(base))
    row = encode_sft(tokenizer, ROWS[0], 512)
    assert row is not None
    learnt = [label for label in row["labels"] if label != -100]
    assert tokenizer.decode(learnt) == "14일입니다.<|im_end|>"
    assert tokenizer.decode(row["input_ids"]) == prompt_text(tokenizer, ROWS[0]) + "14일입니다.<|im_end|>"
    assert encode_sft(tokenizer, ROWS[0], len(row["input_ids"]) - 1) is None


def test_the_loss_that_the_trainer_computes_is_that_of_the_answers(base: Path, tmp_path: Path) -> None:
    # Not only our labels: what TRL makes of them. A prompt without influence on the loss would be no prompt at all,
    # so the reference here is computed by hand.
    import torch

    from haechi.training.llm_base import load_causal, load_tokenizer
    from haechi.training.train_rows import encode_sft

    card = train_sft(ROWS, ROWS[:3], tmp_path / "run", settings(base, max_steps=1))
    model, tokenizer = load_causal(str(base)), load_tokenizer(str(base))
    sums, count = 0.0, 0
    for row in ROWS[:3]:
        made = encode_sft(tokenizer, row, 512)
        assert made is not None
        ids, labels = torch.tensor([made["input_ids"]]), torch.tensor(made["labels"])
        with torch.no_grad():
            logits = model(input_ids=ids).logits[0, :-1]
        sums += float(torch.nn.functional.cross_entropy(logits, labels[1:], ignore_index=-100, reduction="sum"))
        count += sum(label != -100 for label in made["labels"])
    # Three rows in batches of two: the mean over batches differs a little from the mean over tokens.
    assert card["before"]["loss"] == pytest.approx(sums / count, rel=0.01)


def test_lora_learns_and_leaves_a_run_folder(base: Path, tmp_path: Path) -> None:
    told: list[tuple[Any, ...]] = []
    out = tmp_path / "run"
    card = train_sft(
        ROWS, ROWS[:2], out, settings(base), report=lambda *step: told.append(step), files={"a.jsonl": "x"}
    )
    assert card["losses"][-1] < 0.7 * card["losses"][0]
    assert card["after"]["loss"] < card["before"]["loss"]
    assert json.loads((out / "run.json").read_text()) == card
    made = {item.name for item in out.iterdir()}
    assert made == {"settings.json", "metrics.jsonl", "curves.json", "curves.png", "run.json", "adapter"}
    assert (card["steps"], card["of"], len(card["losses"])) == (12, 12, 12)
    assert 0 < card["trainable_share"] < 0.5
    assert card["data"]["rows"] == 6
    assert card["data"]["files"] == {"a.jsonl": "x"}
    assert card["peak_memory_mb"] > 0
    assert {"load", "measure", "train", "write"} == {stage for stage, *_ in told}
    assert told[-3][1:3] == (12, 12)
    curves = json.loads((out / "curves.json").read_text())
    assert len(curves["loss"]) == 12
    assert curves["eval_loss"][0][0] == 0
    assert not any("runtime" in name or "per_second" in name for name in curves)
    # The card tells what was trained on by hash, never by text.
    assert "대출" not in (out / "run.json").read_text()
    with pytest.raises(InputError, match="이미 학습 결과"):
        train_sft(ROWS, [], out, settings(base))


def test_the_adapter_reloads_to_the_same_answers_and_stops(base: Path, tmp_path: Path) -> None:
    from haechi.training.adapters import merged
    from haechi.training.llm_base import load_causal, load_tokenizer
    from haechi.training.prompt_format import prompt_ids

    # A random model learns six answers by heart within these steps; the end mark among them.
    train_sft(ROWS, [], tmp_path / "run", settings(base, epochs=40.0, rank=16, alpha=32, dropout=0.0, save_every=999))
    import torch

    tokenizer = load_tokenizer(str(base), side="left")
    model = merged(load_causal(str(base)), tmp_path / "run" / "adapter")
    ids = torch.tensor([prompt_ids(tokenizer, ROWS[0])])
    out = model.generate(ids, max_new_tokens=40, do_sample=False)[0, ids.shape[1] :]
    assert tokenizer.decode(out) == "14일입니다.<|im_end|>"


@pytest.mark.parametrize("method", ["lora", "full"])
def test_a_killed_run_resumes_to_the_same_curve(base: Path, tmp_path: Path, method: str) -> None:
    chosen = settings(base, method=method, lr=0.005)
    whole = train_sft(ROWS, ROWS[:2], tmp_path / "whole", chosen)
    first = train_sft(ROWS, ROWS[:2], tmp_path / "half", chosen, stop=stop_after(5))
    assert (first["interrupted"], first["steps"]) == (True, 5)
    assert not (tmp_path / "half" / "adapter").exists()
    with pytest.raises(InputError, match="--resume"):
        train_sft(ROWS, ROWS[:2], tmp_path / "half", chosen)
    with pytest.raises(InputError, match=r"lr: 0\.005 → 0\.001"):
        train_sft(ROWS, ROWS[:2], tmp_path / "half", settings(base, method=method, lr=0.001), resume=True)
    with pytest.raises(InputError, match="sha256"):
        train_sft(ROWS[::-1], ROWS[:2], tmp_path / "half", chosen, resume=True)
    second = train_sft(ROWS, ROWS[:2], tmp_path / "half", chosen, resume=True)
    assert second["resumed_from"] == 5
    assert second["losses"] == whole["losses"]
    assert second["before"] == whole["before"]
    assert second["after"] == whole["after"]
    assert second["result_sha256"] == whole["result_sha256"]


def test_figures_after_the_last_checkpoint_come_once(base: Path, tmp_path: Path) -> None:
    # Killed without a word (power cut): steps 4 and 5 were logged, but the checkpoint is of step 3.
    chosen = settings(base, lr=0.005)
    whole = train_sft(ROWS, [], tmp_path / "whole", chosen)

    def cut(stage: str, done: int, total: int, loss: float | None, left: float | None) -> None:
        if stage == "train" and done == 5:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        train_sft(ROWS, [], tmp_path / "cut", chosen, report=cut)
    second = train_sft(ROWS, [], tmp_path / "cut", chosen, resume=True)
    assert second["resumed_from"] == 3
    assert second["losses"] == whole["losses"]


def test_early_stopping_keeps_the_best(base: Path, tmp_path: Path) -> None:
    # The held-out answers contradict the training, so they only get worse.
    dev = [{"prompt": row["prompt"], "completion": "abc xyz"} for row in ROWS]
    card = train_sft(ROWS, dev, tmp_path / "run", settings(base, epochs=40.0, patience=2, save_every=2, lr=0.05))
    assert card["steps"] < card["of"]
    losses = [value for step, value in json.loads((tmp_path / "run" / "curves.json").read_text())["eval_loss"] if step]
    assert card["after"]["loss"] == pytest.approx(min(losses), abs=1e-3)


def test_targets_and_layers_are_checked_against_the_model(base: Path, plain_base: Path, tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"wte.*있는 것: .*q_proj"):
        train_sft(ROWS, [], tmp_path / "a", settings(base, targets="q_proj,wte"))
    with pytest.raises(InputError, match="층은 2개"):
        train_sft(ROWS, [], tmp_path / "b", settings(base, layers="upper 3"))
    # Another architecture has other names; "auto" finds them.
    whole = train_sft(ROWS, [], tmp_path / "c", settings(plain_base, max_steps=1))
    upper = train_sft(ROWS, [], tmp_path / "d", settings(plain_base, max_steps=1, layers="upper 1"))
    assert upper["trainable_parameters"] * 2 == whole["trainable_parameters"]
    config = json.loads((tmp_path / "c" / "adapter" / "adapter_config.json").read_text())
    assert "query_key_value" in config["target_modules"]
    assert config["base_model_name_or_path"] == str(plain_base)


def test_rows_of_every_form_become_prompts_and_answers() -> None:
    from haechi.training.train_rows import sft_rows

    talk = [
        {"role": "user", "content": "안녕"},
        {"role": "assistant", "content": "네"},
        {"role": "user", "content": "연장은?"},
        {"role": "assistant", "content": "한 번"},
    ]
    found = sft_rows(
        [
            {"messages": talk},
            {"instruction": "존댓말로", "input": "와.", "output": "오세요."},
            {"prompt": "가", "chosen": "나", "rejected": "다"},
        ]
    )
    assert [row["completion"] for row in found] == ["네", "한 번", "오세요.", "나"]
    assert found[1]["prompt"] == talk[:3]
    assert found[2]["input"] == "와."
    with pytest.raises(InputError, match="1번째 행"):
        sft_rows([{"question": "가"}])
    with pytest.raises(InputError, match="completion이"):
        sft_rows([{"prompt": "가", "completion": " "}])


def test_a_text_column_is_learnt_from_its_answer_on(plain_base: Path) -> None:
    from haechi.training.llm_base import load_tokenizer
    from haechi.training.train_rows import encode_sft

    tokenizer = load_tokenizer(str(plain_base))
    row = encode_sft(tokenizer, {"text": "### 명령어:\n대출 기간은?\n\n### 응답:\n14일<|endoftext|>"}, 512)
    assert row is not None
    assert tokenizer.decode([label for label in row["labels"] if label != -100]) == "14일<|endoftext|>"
    bare = encode_sft(tokenizer, {"text": "휴관일 안내"}, 512)
    assert bare is not None
    assert -100 not in bare["labels"]


def test_a_run_that_failed_at_once_does_not_stand_in_the_way(base: Path, tmp_path: Path) -> None:
    with pytest.raises(InputError):
        train_sft(ROWS, [], tmp_path / "run", settings(base, targets="wte"))
    assert train_sft(ROWS, [], tmp_path / "run", settings(base, max_steps=1))["steps"] == 1


def test_rows_that_are_too_long_are_counted_and_all_of_them_is_an_error(base: Path, tmp_path: Path) -> None:
    long = {"prompt": "가" * 300, "completion": "나"}
    card = train_sft([*ROWS, long], [], tmp_path / "run", settings(base, max_tokens=100, max_steps=1))
    assert card["data"]["too_long"] == 1
    with pytest.raises(InputError, match="--max-tokens 100"):
        train_sft([long], [], tmp_path / "none", settings(base, max_tokens=100))


def test_four_bit_training_runs_on_the_processor(base: Path, tmp_path: Path) -> None:
    pytest.importorskip("bitsandbytes")
    card = train_sft(ROWS, ROWS[:2], tmp_path / "run", settings(base, method="qlora", epochs=6.0))
    assert card["losses"][-1] < 0.8 * card["losses"][0]
    assert 0 < card["trainable_share"] < 0.5
    assert (tmp_path / "run" / "adapter" / "adapter_model.safetensors").is_file()


def test_of_several_processes_only_the_first_writes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from haechi.training.train_run import data_card, open_run
    from haechi.training.trainer_loop import steps_of

    chosen = settings(tmp_path, batch=2, epochs=1.0)
    monkeypatch.setenv("WORLD_SIZE", "2")
    monkeypatch.setenv("RANK", "1")
    second = open_run(tmp_path / "run", chosen, data_card(ROWS, [], None), False, kind="sft", facts={})
    second.log(1, {"loss": 1.0})
    assert not (tmp_path / "run").exists()
    # Six rows, two processes of two rows each: two steps.
    assert steps_of(chosen, 6) == 2
    monkeypatch.setenv("RANK", "0")
    open_run(tmp_path / "run", chosen, data_card(ROWS, [], None), False, kind="sft", facts={}).log(1, {"loss": 1.0})
    assert (tmp_path / "run" / "metrics.jsonl").read_text() == '{"step": 1, "loss": 1.0}\n'

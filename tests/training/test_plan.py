"""The planner against measured runs: tiny ones made here, and those that the lecture measured on real cards."""

from __future__ import annotations

import json
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from tests.training.tiny_lm import make_base

pytest.importorskip("trl", reason="the extra 'train' is not installed")

from haechi.errors import InputError
from haechi.training.plan import ERROR, memory_of, plan_training, shape_from, shape_of, trainable
from haechi.training.presets import preset_names, read_preset, write_configs
from haechi.training.train_settings import settings_for

ROW = {"prompt": "가나다 대출 " * 28, "completion": "연체료 14일 " * 5}


def shape_of_preset(name: str) -> Any:
    from transformers import AutoConfig

    found = dict(read_preset(name).shape)
    return shape_from(AutoConfig.for_model(found.pop("model_type"), **found))


MEASURE = """
import json, sys
from pathlib import Path
from haechi.training.plan import plan_training
from haechi.training.sft import train_sft
from haechi.training.train_settings import settings_for
rows = [json.loads(sys.argv[2])] * 8
chosen = {"base": sys.argv[1] + "/base", "batch": 8, "accumulate": 1, "max_steps": 1, "threads": 1}
settings = settings_for("sft", chosen)
plan = plan_training("sft", rows, settings)
card = train_sft(rows, [], Path(sys.argv[1]) / "run", settings)
print(json.dumps({"plan": plan.record(), "card": card}))
"""


def test_the_estimate_is_within_its_stated_error_of_a_measured_run(tmp_path: Path) -> None:
    # In a process of its own: what earlier tests left in memory would be measured too.
    make_base(tmp_path / "base", layers=4, hidden=512)
    command = [sys.executable, "-c", MEASURE, str(tmp_path), json.dumps(ROW)]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    found = json.loads(done.stdout.splitlines()[-1])
    plan, card = found["plan"], found["card"]
    assert plan["total_bytes"] == pytest.approx(card["peak_memory_mb"] * 1e6, rel=ERROR)
    # Most of it is the run's, so the agreement is not that of the libraries with themselves.
    assert plan["total_bytes"] - plan["memory"]["framework"] > 0.4 * plan["total_bytes"]
    assert plan["trainable"] == card["trainable_parameters"]
    assert plan["parameters"] == card["parameters"] - card["trainable_parameters"]
    assert plan["steps"] == card["steps"]
    assert plan["seconds"] > 0


def test_it_agrees_with_what_the_lecture_measured() -> None:
    # J12: polyglot-ko-12.8B in four bits, 9,305 MiB after loading (weights and the card's context).
    preset = read_preset("polyglot-ko-12.8b")
    shape, settings = shape_of_preset("polyglot-ko-12.8b"), settings_for("sft", {}, preset.settings("sft"))
    assert trainable(shape, settings) == preset.seen["trainable_parameters"] == 6_553_600
    memory = memory_of(shape, settings, kind="sft", device="card", dtype="bfloat16", longest=1024)
    assert memory.weights + memory.framework == pytest.approx(preset.seen["loaded_mib"] * 2**20, rel=ERROR)
    assert memory.total < 24e9
    # A7: bloomz-7b1 takes 32 GB with LoRA, and does not fit 80 GB in full.
    from transformers import BloomConfig

    bloom = shape_from(BloomConfig(vocab_size=250880, hidden_size=4096, n_layer=30, n_head=32))
    assert bloom.parameters == pytest.approx(7.07e9, rel=0.01)
    chosen = settings_for("sft", {"method": "lora", "rank": 8, "targets": "query_key_value", "batch": 8})
    lora = memory_of(bloom, chosen, kind="sft", device="card", dtype="float32", longest=64)
    assert lora.total == pytest.approx(32e9, rel=ERROR)
    full = memory_of(bloom, replace(chosen, method="full"), kind="sft", device="card", dtype="float32", longest=64)
    assert full.total > 80e9


def test_each_choice_moves_the_estimate_the_way_it_should() -> None:
    shape = shape_of_preset("qwen2.5-7b")
    plain = settings_for("sft", {"method": "lora"})

    def total(**changes: Any) -> int:
        kind = changes.pop("kind", "sft")
        settings = replace(plain, **changes)
        return memory_of(shape, settings, kind=kind, device="card", dtype="bfloat16", longest=1024).total

    assert total(method="qlora") < total() < total(method="full")
    assert total(grad_checkpointing=True) < total()
    assert total(layers="upper 8") < total()
    assert total(batch=2) > total()
    assert total(kind="dpo") > total()
    assert total(optimizer="paged_adamw_8bit", method="full") < total(method="full")
    assert trainable(shape, replace(plain, layers="upper 14")) * 2 == trainable(shape, plain)
    with pytest.raises(InputError, match="있는 것: q_proj"):
        trainable(shape, replace(plain, targets="query_key_value"))


def test_a_longer_row_is_counted_and_the_speed_may_be_given(tmp_path: Path) -> None:
    base = make_base(tmp_path / "base")
    settings = settings_for("sft", {"base": str(base), "max_tokens": 100, "batch": 1, "accumulate": 1})
    plan = plan_training("sft", [ROW, {"prompt": "대출", "completion": "14일"}], settings, speed=10.0)
    assert (plan.rows, plan.too_long, plan.steps, plan.speed) == (1, 1, 1, "given")
    assert plan.seconds == pytest.approx(plan.tokens / 10)
    with pytest.raises(InputError, match="--max-tokens"):
        plan_training("sft", [ROW], settings)
    # No card here: its time is not known, and not guessed.
    assert plan_training("sft", [], settings, device="card").seconds is None


def test_every_preset_fits_one_card_and_says_that_it_was_not_measured() -> None:
    assert {"polyglot-ko-12.8b", "llama-2-7b", "llama-3-8b", "exaone-4-1.2b", "qwen2.5-7b", "gemma-3-4b"} <= set(
        preset_names()
    )
    for name in preset_names():
        preset, shape = read_preset(name), shape_of_preset(name)
        assert preset.licence
        assert preset.licence_note
        assert preset.measured is False
        for kind in ("sft", "dpo"):
            settings = settings_for(kind, {}, preset.settings(kind))
            found = memory_of(
                shape, settings, kind=kind, device="card", dtype=settings.dtype, longest=settings.max_tokens
            )
            assert found.total < 24e9, (name, kind)
            assert trainable(shape, settings) > 0
    with pytest.raises(InputError, match=r"혹시: qwen2\.5-7b"):
        read_preset("qwen2.5-7")


def test_configurations_for_several_cards_are_written_once(tmp_path: Path) -> None:
    from accelerate.commands.config.config_args import load_config_from_file

    written = write_configs(tmp_path / "cfg", 4)
    assert {file.name for file in written} == {
        "accelerate_ddp.yaml",
        "accelerate_zero2.yaml",
        "accelerate_zero3.yaml",
        "deepspeed_zero2.json",
        "deepspeed_zero3.json",
    }
    for file in written:
        if file.suffix == ".yaml":
            assert load_config_from_file(str(file)).num_processes == 4
        else:
            assert json.loads(file.read_text())["zero_optimization"]["stage"] in (2, 3)
    with pytest.raises(InputError, match="이미 있습니다"):
        write_configs(tmp_path / "cfg", 4)


@pytest.mark.models
def test_a_gguf_is_planned_from_its_header(small_llm: Path) -> None:
    shape = shape_of(str(small_llm))
    assert (shape.kind, shape.layers, shape.hidden) == ("qwen2", 24, 896)
    assert shape.gated

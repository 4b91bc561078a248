"""`haechi train sft|dpo|plan|presets`: what is checked before anything is loaded, the plan, the run, and the end."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from haechi.training import needs
from tests.cli.conftest import Run

pytest.importorskip("trl", reason="the extra 'train' is not installed")

from tests.training.tiny_lm import make_base

THINGS = ["대출", "연체", "주차", "휴관", "연장", "열람"]


@pytest.fixture(scope="module")
def base(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_base(tmp_path_factory.mktemp("base"))


@pytest.fixture
def files(in_folder: Path) -> Path:
    rows: dict[str, list[dict[str, Any]]] = {
        "sft.jsonl": [{"prompt": f"{thing}?", "completion": f"{thing} 14일"} for thing in THINGS],
        "dpo.jsonl": [{"prompt": f"{thing}?", "chosen": "14일 [1]", "rejected": "abc"} for thing in THINGS],
        "dev.jsonl": [{"prompt": "대출?", "completion": "14일"}],
        "reader.jsonl": [{"question": "대출?", "passages": [{"text": "대출 기간은 14일"}], "answer": "14일 [1]"}],
        "bad.jsonl": [{"prompt": "대출?", "chosen": "가", "rejected": "가"}],
    }
    for name, held in rows.items():
        text = "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in held)
        (in_folder / name).write_text(text, encoding="utf-8")
    return in_folder


@pytest.fixture
def no_loading(monkeypatch: pytest.MonkeyPatch) -> None:
    """Any weights that are loaded end the test."""
    from haechi.training import llm_base, prepare_model

    def fail(*arguments: Any, **named: Any) -> Any:
        raise AssertionError("a model was loaded")

    monkeypatch.setattr(llm_base, "load_causal", fail)
    monkeypatch.setattr(prepare_model, "load_causal", fail)


def test_only_data_is_required_and_the_result_tells_the_next_command(haechi: Run, files: Path, base: Path) -> None:
    result = haechi("train", "sft", "--data", "sft.jsonl", "--base", base, "--max-steps", "2", "--batch", "2")
    assert result.status == 0, result.err
    out = files / "haechi-runs" / "sft-sft"
    assert (out / "adapter" / "adapter_model.safetensors").is_file()
    assert "계획:" in result.err
    assert "메모리: 약" in result.err
    assert "haechi models export haechi-runs/sft-sft" in result.out
    card = json.loads((out / "run.json").read_text())
    assert card["data"]["rows"] == 5  # one prompt of six is held out
    assert set(card["data"]["files"]) == {"sft.jsonl"}
    assert card["before"]["loss"] > 0
    again = haechi("train", "sft", "--data", "sft.jsonl", "--base", base)
    assert again.status == 1
    assert "다른 --out" in again.err


def test_dpo_goes_on_from_sft(haechi: Run, files: Path, base: Path) -> None:
    sft = haechi("train", "sft", "--data", "sft.jsonl", "--base", base, "--max-steps", "1", "--out", "s", "--json")
    assert sft.json["kind"] == "sft"
    command = ("train", "dpo", "--data", "dpo.jsonl", "--base", base, "--start", "s", "--out", "d", "--max-steps", "1")
    result = haechi(*command, "--beta", "0.2", "--json")
    assert result.status == 0, result.err
    assert result.json["merge_order"] == ["base", "start", "this"]
    assert result.json["settings"]["beta"] == 0.2
    assert result.json["settings"]["lr"] == 2e-5


def test_a_dry_run_plans_and_loads_nothing(haechi: Run, files: Path, base: Path, no_loading: None) -> None:
    result = haechi("train", "sft", "--data", "sft.jsonl", "--base", base, "--dry-run", "--json")
    assert result.status == 0, result.err
    assert result.json["total_bytes"] > 0
    assert result.json["fits_24gb"] is True
    assert result.json["settings"]["method"] == "lora"
    assert not (files / "haechi-runs").exists()


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("--data", "sft.jsonl", "--base", "no-such"), "haechi models list"),
        (("--data", "sft.jsonl", "--lr", "0"), "--lr 0.0"),
        (("--data", "sft.jsonl", "--layers", "8"), "upper 8"),
        (("--data", "sft.jsonl", "--preset", "qwen"), "haechi train presets"),
        (("--data", "sft.jsonl", "--dev", "dev.jsonl"), "haechi data clean"),
        (("--data", "sft.jsonl", "--start", "nowhere"), "어댑터가 없습니다"),
        (("--data", "none.jsonl"), "none.jsonl"),
    ],
)
def test_what_is_wrong_is_told_before_a_model_is_loaded(
    haechi: Run, files: Path, base: Path, no_loading: None, arguments: tuple[str, ...], said: str
) -> None:
    more = () if "--base" in arguments or "--preset" in arguments else ("--base", str(base))
    if "dev.jsonl" in arguments:
        (files / "sft.jsonl").write_text((files / "dev.jsonl").read_text(), encoding="utf-8")
    result = haechi("train", "sft", *arguments, *more)
    assert result.status in (1, 2)
    assert said in result.err
    assert "Traceback" not in result.err


def test_pairs_are_checked_before_a_model_is_loaded(haechi: Run, files: Path, base: Path, no_loading: None) -> None:
    result = haechi("train", "dpo", "--data", "bad.jsonl", "--base", base)
    assert result.status == 1
    assert "chosen과 rejected가 같습니다" in result.err
    result = haechi("train", "dpo", "--data", "sft.jsonl", "--base", base)
    assert "prompt, chosen, rejected" in result.err


def test_a_research_only_base_is_refused_in_a_commercial_home(haechi: Run, files: Path, base: Path) -> None:
    (base / "README.md").write_text("---\nlicense: cc-by-nc-4.0\n---\n")
    try:
        assert haechi("init", ".").status == 0
        result = haechi("train", "sft", "--data", "sft.jsonl", "--base", base, "--dry-run")
        # The reader has no dry run: it has to refuse before it trains.
        reader = haechi("train", "reader", "--rows", "reader.jsonl", "--base", base, "--out", "reader")
    finally:
        (base / "README.md").unlink()
    for refused in (result, reader):
        assert refused.status == 1
        assert "allow_research_models" in refused.err
    assert not (files / "reader").exists()


def test_without_the_packages_the_extra_is_named(haechi: Run, files: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(needs, "find_spec", lambda name: None)
    for command in (("sft", "--data", "sft.jsonl"), ("dpo", "--data", "dpo.jsonl"), ("plan",)):
        result = haechi("train", *command)
        assert result.status == 1
        assert "haechi[train]" in result.err


def test_a_preset_is_planned_without_its_weights(haechi: Run) -> None:
    result = haechi("train", "plan", "--preset", "polyglot-ko-12.8b")
    assert result.status == 0
    assert "이 기계에서 재지 않음" in result.out
    assert "6,553,600개" in result.out
    small = haechi("train", "plan", "--preset", "polyglot-ko-12.8b", "--memory", "8", "--json")
    assert small.status == 1
    assert small.json["fits"] is False
    assert small.json["seconds"] is None


def test_presets_tell_licence_and_write_configurations(haechi: Run, in_folder: Path) -> None:
    result = haechi("train", "presets")
    assert "EXAONE AI Model License" in result.out
    assert result.out.count("이 기계에서 재지 않음") >= 6
    one = haechi("train", "presets", "llama-2-7b", "--json").json["presets"][0]
    assert (one["measured"], one["licence"]) == (False, "llama2")
    assert haechi("train", "presets", "--write", "cfg", "--cards", "4").status == 0
    assert (in_folder / "cfg" / "deepspeed_zero3.json").is_file()

"""Runs become models: in the right order or not at all, registered, with a card that leads back to the data."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import gguf
import numpy as np
import pytest

from haechi.errors import InputError
from haechi.models import bundled
from haechi.models.adapter_check import check_adapter
from haechi.models.assemble import sha256_of
from haechi.models.lora_file import read_lora
from haechi.models.model_cards import card_of, card_text
from tests.cli.conftest import Run, haechi
from tests.models.tiny_llm import LAYERS, write_tiny_llm
from tests.training.made_lora import write_peft, write_plain
from tests.training.tiny_torch import write_tiny_folder

pytest.importorskip("torch")

__all__ = ["haechi"]


@pytest.fixture
def base(in_folder: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The 0.5B's place in the registry, taken by the tiny model."""
    monkeypatch.setenv("HAECHI_MODELS", str(in_folder / "models"))
    file = write_tiny_llm(in_folder / "tiny.gguf")
    bundled.add(file, name="tiny", licence="apache-2.0")
    return file


def run(folder: Path, base: Path, /, *, seed: int, kind: str = "sft", **card: Any) -> Path:
    """A finished run as the trainers leave it."""
    write_peft(folder / "adapter", seed=seed)
    data = {"rows": 120, "dev_rows": 12, "sha256": "d" * 64, "files": {"/집/비밀/질문.jsonl": "f" * 64}}
    settings = {"base": "tiny", "rank": 4, "alpha": 8, "lr": 2e-4, "layers": "upper 2", "seed": 42}
    facts = {
        "kind": kind,
        "base": "tiny",
        "base_sha256": sha256_of(base),
        "settings": settings,
        "data": data,
        "steps": 30,
        "seconds": 12.5,
        "peak_memory_mb": 800.0,
        "trainable_parameters": 5000,
        "before": {"loss": 3.1},
        "after": {"loss": 1.2},
        "packages": {"torch": "2.13.0"},
        "finished": "2026-11-26T00:00:00+00:00",
        **card,
    }
    (folder / "run.json").write_text(json.dumps(facts, ensure_ascii=False), encoding="utf-8")
    return folder


def weights_sha(folder: Path) -> str:
    return sha256_of(folder / "adapter" / "adapter_model.safetensors")


def test_a_run_becomes_a_registered_adapter_with_its_card(haechi: Run, base: Path, in_folder: Path) -> None:
    sft = run(in_folder / "sft", base, seed=1)
    made = haechi("models", "export", sft, "--name", "우리답변", "--json")
    assert made.status == 0, made.err
    file = bundled.path("우리답변")
    assert check_adapter(file, base).base_known
    assert bundled.status("우리답변").kind == "adapter"
    assert bundled.verify("우리답변").ok
    assert "우리답변" in haechi("models", "list").out

    card = haechi("models", "card", "우리답변", "--json").json
    assert card["base"] == {"name": "tiny", "sha256": sha256_of(base), "licence": "apache-2.0"}
    assert card["file"]["sha256"] == sha256_of(file)
    assert card["runs"][0]["data"] == {
        "rows": 120, "dev_rows": 12, "sha256": "d" * 64, "files": {"질문.jsonl": "f" * 64},
    }  # fmt: skip
    assert (card["runs"][0]["before"], card["runs"][0]["after"]) == ({"loss": 3.1}, {"loss": 1.2})
    text = haechi("models", "card", "우리답변").out
    for told in (
        "license: apache-2.0",
        "f" * 64,
        "loss 1.2",
        sha256_of(file),
        "haechi train sft --data '질문.jsonl' --base tiny --out RUN1 --rank 4 --alpha 8 --layers 'upper 2'",
    ):
        assert told in text, told
    assert "haechi models export RUN1 --name '우리답변'" in text
    # No path of this machine goes into a card.
    assert "/집/비밀" not in text + json.dumps(card, ensure_ascii=False)


def test_dpo_goes_on_top_of_its_sft_and_nowhere_else(haechi: Run, base: Path, in_folder: Path) -> None:
    sft = run(in_folder / "sft", base, seed=1)
    other = run(in_folder / "other", base, seed=3)
    dpo = run(in_folder / "dpo", base, seed=2, kind="dpo", start="sft", start_sha256=weights_sha(sft))

    def refused(*runs: Path) -> str:
        result = haechi("models", "export", *runs, "--name", "m", "--as", "merged")
        assert result.status == 1
        assert not (in_folder / "models" / "own").exists()
        return result.err

    assert "어댑터 'sft'" in refused(dpo) and "haechi models export sft dpo" in refused(dpo)
    assert "순서가 틀렸습니다" in refused(dpo, sft)
    assert "다른 어댑터" in refused(other, sft)
    assert "어댑터 'sft'" in refused(other, dpo)

    made = haechi("models", "export", sft, dpo, "--name", "m", "--as", "merged", "--type", "f32", "--json")
    assert made.status == 0, made.err
    assert [one["kind"] for one in made.json["runs"]] == ["sft", "dpo"]
    assert "haechi train dpo --data '질문.jsonl' --base tiny --start RUN1 --out RUN2" in " ".join(made.json["rebuild"])
    found = bundled.status("m")
    assert (found.kind, found.installed, found.licence) == ("llm", True, "apache-2.0")


def test_an_adapter_of_another_base_is_refused(haechi: Run, base: Path, in_folder: Path) -> None:
    sft = run(in_folder / "sft", base, seed=1)
    other = write_tiny_llm(in_folder / "other.gguf", seed=9)
    result = haechi("models", "export", sft, "--name", "m", "--base", other)
    assert result.status == 1 and "다른 모델에서 학습했습니다" in result.err


def test_the_check_compares_torch_and_llama_cpp_and_goes_into_the_card(
    haechi: Run, base: Path, in_folder: Path
) -> None:
    from haechi.training.llm_base import CARD

    # The folder that training made of the GGUF, here in float32 so that the two engines hold the same numbers.
    folder = write_tiny_folder(in_folder / "models" / "hf" / f"{base.stem}-{base.stat().st_size}")
    stat = base.stat()
    known = {"sha256": sha256_of(base), "size": stat.st_size, "modified": stat.st_mtime_ns}
    (folder / CARD).write_text(json.dumps(known))
    questions = in_folder / "q.txt"
    questions.write_text("연차는 며칠인가요?\n\n회비는?\n", encoding="utf-8")
    sft = run(in_folder / "sft", base, seed=1)
    options = ("--name", "m", "--type", "f32", "--check", questions, "--check-tokens", "8")
    made = haechi("models", "export", sft, *options, "--json")
    assert made.status == 0, made.err
    found = made.json["agreement"]
    assert (found["prompts"], found["same_answers"], found["differences"]) == (2, 2, [])
    assert "질문 2개 가운데 2개의 답이 토큰까지 같음" in card_text(card_of("m"))


def test_a_merge_into_a_folder_as_well(haechi: Run, base: Path, in_folder: Path) -> None:
    folder = write_tiny_folder(in_folder / "hf")
    sft = run(in_folder / "sft", base, seed=1, base=str(folder), base_sha256="")
    only = haechi("models", "export", sft, "--name", "m", "--as", "merged")
    assert only.status == 1 and "--hf" in only.err
    made = haechi("models", "export", sft, "--name", "m", "--as", "merged", "--hf", "--json")
    assert made.status == 0, made.err
    assert sorted(file.name for file in Path(made.json["path"]).iterdir()) == [
        "config.json", "haechi_merged.json", "model.safetensors", "tokenizer.json", "tokenizer_config.json",
    ]  # fmt: skip


def test_a_fully_trained_model_becomes_a_gguf(haechi: Run, base: Path, in_folder: Path) -> None:
    write_tiny_folder(in_folder / "full" / "model", seed=4)
    card = {"kind": "sft", "base": "tiny", "base_sha256": sha256_of(base)}
    (in_folder / "full" / "run.json").write_text(json.dumps(card))
    wrong = haechi("models", "export", in_folder / "full", "--name", "m")
    assert wrong.status == 1 and "--as merged" in wrong.err
    options = ("--name", "m", "--as", "merged", "--type", "f32")
    other = write_tiny_llm(in_folder / "other.gguf", seed=9)
    wrong = haechi("models", "export", in_folder / "full", *options, "--base", other)
    assert wrong.status == 1 and "다른 모델에서 학습했습니다" in wrong.err
    made = haechi("models", "export", in_folder / "full", *options)
    assert made.status == 0, made.err
    expected = {t.name: t.data for t in gguf.GGUFReader(write_tiny_llm(in_folder / "expected.gguf", seed=4)).tensors}
    found = {t.name: t.data for t in gguf.GGUFReader(bundled.path("m")).tensors}
    assert set(found) == set(expected)
    assert all(np.array_equal(found[name], expected[name]) for name in expected)


def test_the_small_file_for_weights_is_summed_and_not_registered(haechi: Run, base: Path, in_folder: Path) -> None:
    write_plain(in_folder / "reader" / "adapter.safetensors", scale=2.0)
    options = ("--name", "haechi-answers", "--base", "tiny", "--as", "npz", "--out", in_folder / "w")
    made = haechi("models", "export", in_folder / "reader", *options, "--licence", "cc-by-4.0", "--json")
    assert made.status == 0, made.err
    assert made.json["fits_weights"] and "run.json 없음" in made.json["remarks"][0]
    lora = read_lora(in_folder / "w" / "adapter.npz")
    assert (lora.facts.licence, lora.facts.alpha, len(lora.matrices)) == ("cc-by-4.0", 8.0, 7 * LAYERS)
    digest = sha256_of(in_folder / "w" / "adapter.npz")
    assert (in_folder / "w" / "SHA256SUMS").read_text() == f"{digest}  adapter.npz\n"
    assert [row.name for row in bundled.list_models() if not row.bundled] == ["tiny"]


def test_without_a_name_the_model_is_called_like_its_run(haechi: Run, base: Path, in_folder: Path) -> None:
    assert haechi("models", "export", run(in_folder / "첫학습", base, seed=1)).status == 0
    assert bundled.status("첫학습").kind == "adapter"


def test_names_in_use_are_refused_before_anything_is_written(haechi: Run, base: Path, in_folder: Path) -> None:
    sft = run(in_folder / "sft", base, seed=1)
    for name, message in (("tiny", "이미 등록한"), ("haechi-e5-small", "쓸 수 없는 이름"), ("a/b", "쓸 수 없는 이름")):
        result = haechi("models", "export", sft, "--name", name)
        assert result.status == 1 and message in result.err
    assert haechi("models", "export", sft, "--name", "m", "--type", "int8").status == 1
    assert not (in_folder / "models" / "own").exists()


def test_a_reader_that_went_on_from_itself_is_one_adapter(base: Path, in_folder: Path) -> None:
    from haechi.training.export_run import Request, export_run

    first = write_plain(in_folder / "one" / "adapter.safetensors", seed=1)
    write_plain(in_folder / "two" / "adapter.safetensors", seed=2)
    card = {"kind": "reader", "base": "tiny", "base_sha256": sha256_of(base), "start_sha256": sha256_of(first)}
    (in_folder / "two" / "run.json").write_text(json.dumps(card))
    # Its start is the same adapter at an earlier time, not one below it.
    assert export_run(Request((in_folder / "two",), "m"))["file"]["size"] > 0
    with pytest.raises(InputError):
        export_run(Request((in_folder / "one", in_folder / "two"), "n"))


def test_the_card_of_a_default_model_tells_its_origin_and_licence() -> None:
    text = card_text(card_of("haechi-grounding"))
    assert "haechi models install" in text or "Rebuild" in text
    assert "license: apache-2.0" in card_text(card_of("qwen2.5-coder-0.5b-instruct-q4"))

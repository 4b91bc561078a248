"""`models`: what is installed, the customer's own files, and damaged ones. Nothing is fetched here."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path

import pytest

from tests.cli.conftest import Run


@pytest.fixture(autouse=True)
def empty_models_folder(in_folder: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("HAECHI_MODELS", str(in_folder / "models"))
    return in_folder / "models"


@pytest.fixture
def sbert(in_folder: Path) -> Path:
    folder = in_folder / "우리-sbert"
    folder.mkdir()
    (folder / "modules.json").write_text("[]", encoding="utf-8")
    (folder / "model.safetensors").write_bytes(b"weights")
    return folder


def test_the_list_shows_size_licence_and_hash_also_of_what_is_not_installed(haechi: Run) -> None:
    rows = {row["name"]: row for row in haechi("models", "list", "--json").json["models"]}
    default = rows["qwen2.5-coder-1.5b-instruct-q4"]
    assert (default["size"], default["licence"], default["installed"]) == (1_117_320_768, "apache-2.0", False)
    assert default["sha256"] == "cc324af070c2ecbfd324a30884d2f951a7ff756aba85cb811a6ec436933bb046"
    assert "multilingual-e5-small" in rows


def test_a_missing_model_names_the_command_that_installs_it(haechi: Run) -> None:
    result = haechi("models", "path", "qwen2.5-coder-1.5b-instruct-q4")
    assert (result.status, result.out) == (1, "")
    assert "haechi models install qwen2.5-coder-1.5b-instruct-q4" in result.err


def test_a_wrong_name_is_answered_with_the_nearest(haechi: Run) -> None:
    assert "multilingual-e5-small" in haechi("models", "path", "multilingual-e5").err


def test_a_file_that_is_not_the_official_one_is_refused(haechi: Run, in_folder: Path) -> None:
    wrong = in_folder / "qwen.gguf"
    wrong.write_bytes(b"GGUF not quite")
    result = haechi("models", "install", "qwen2.5-coder-0.5b-instruct-q4", "--from", wrong)
    assert result.status == 1
    assert haechi("models", "list", "--json").json["models"][1]["installed"] is False


def test_an_own_folder_is_added_by_reference_verified_and_forgotten(haechi: Run, sbert: Path) -> None:
    added = haechi("models", "add", sbert, "--licence", "apache-2.0", "--json").json
    assert (added["name"], added["path"], added["kind"]) == ("우리-sbert", str(sbert), "embedder")
    assert haechi("models", "verify", "우리-sbert").status == 0
    assert haechi("models", "path", "우리-sbert").out.strip() == str(sbert)

    (sbert / "model.safetensors").write_bytes(b"Weights")
    broken = haechi("models", "verify", "우리-sbert", "--json")
    assert broken.status == 1
    assert broken.json["ok"] is False

    assert haechi("models", "remove", "우리-sbert").status == 0
    assert sbert.is_dir()
    assert haechi("models", "path", "우리-sbert").status == 1


def test_a_cross_encoder_is_known_by_its_config_and_gets_its_own_section(haechi: Run, in_folder: Path) -> None:
    # The trap: its folder looks like an embedder's, and only config.json tells that it scores pairs.
    folder = in_folder / "ko-reranker"
    folder.mkdir()
    config = {"architectures": ["XLMRobertaForSequenceClassification"]}
    (folder / "config.json").write_text(json.dumps(config), encoding="utf-8")
    (folder / "model.onnx").write_bytes(b"weights")
    assert haechi("models", "add", folder, "--licence", "apache-2.0", "--json").json["kind"] == "reranker"
    (folder / "README.md").write_text("---\nlicense: mit\n---\n", encoding="utf-8")
    told = haechi("models", "add", folder / "model.onnx", "--name", "파일로")
    assert '[reranker]\nbackend = "cross_encoder"\nmodel = "파일로"' in told.out
    assert "mit" in told.out


def test_a_research_licence_is_said_aloud_when_a_model_is_added(haechi: Run, sbert: Path) -> None:
    result = haechi("models", "add", sbert, "--licence", "cc-by-nc-4.0")
    assert result.status == 0
    assert "연구용" in result.out


def test_the_hash_is_the_files_own(haechi: Run, in_folder: Path, sbert: Path) -> None:
    listing = "".join(
        f"{name}\0{hashlib.sha256((sbert / name).read_bytes()).hexdigest()}\n"
        for name in sorted(["modules.json", "model.safetensors"])
    )
    expected = hashlib.sha256(listing.encode()).hexdigest()
    assert haechi("models", "add", sbert, "--json").json["sha256"] == expected

"""The customer's own weights are registered by reference, and a research-only licence stays out of commerce."""

from __future__ import annotations

from pathlib import Path

import pytest

from haechi.errors import LicenceError, ModelError
from haechi.models import bundled
from haechi.models.licence_rules import classify
from tests.models.made_gguf import header, pair


@pytest.fixture(autouse=True)
def models(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = tmp_path / "models"
    monkeypatch.setenv("HAECHI_MODELS", str(folder))
    return folder


def gguf(folder: Path, name: str, *pairs: bytes) -> Path:
    file = folder / name
    file.write_bytes(header(pair("general.architecture", "llama"), *pairs))
    return file


def sbert(folder: Path, readme: str = "") -> Path:
    folder.mkdir()
    (folder / "modules.json").write_text("[]")
    if readme:
        (folder / "README.md").write_text(readme, encoding="utf-8")
    return folder


def test_a_gguf_is_registered_where_it_lies(tmp_path: Path, models: Path) -> None:
    file = gguf(tmp_path, "우리모델.gguf", pair("general.license", "apache-2.0"))
    name = bundled.add(file)
    found = bundled.status(name)
    assert (name, found.kind, found.licence, found.installed, found.bundled) == (
        "우리모델", "llm", "apache-2.0", True, False,
    )  # fmt: skip
    assert bundled.path(name) == file
    assert bundled.verify(name).ok
    assert [item.name for item in models.iterdir() if not item.name.startswith(".")] == ["registry.json"]


def test_a_changed_own_file_fails_verify(tmp_path: Path) -> None:
    file = gguf(tmp_path, "m.gguf")
    bundled.add(file)
    file.write_bytes(file.read_bytes() + b"!")
    assert not bundled.verify("m").ok


def test_an_sbert_folder_is_registered_with_the_licence_of_its_readme(tmp_path: Path) -> None:
    folder = sbert(tmp_path / "kr-sbert", "---\nlanguage: ko\nlicense: cc-by-nc-4.0\n---\n# 모델\n")
    found = bundled.status(bundled.add(folder))
    assert (found.kind, found.licence, found.research_only) == ("embedder", "cc-by-nc-4.0", True)


def test_remove_forgets_an_own_model_and_keeps_its_file(tmp_path: Path) -> None:
    file = gguf(tmp_path, "m.gguf")
    bundled.add(file)
    bundled.remove("m")
    assert file.exists()
    with pytest.raises(ModelError, match="모르는 모델 'm'"):
        bundled.path("m")


def test_what_is_neither_gguf_nor_sbert_is_refused(tmp_path: Path) -> None:
    (tmp_path / "x.bin").write_bytes(b"GGUF")
    (tmp_path / "empty").mkdir()
    for candidate in (tmp_path / "x.bin", tmp_path / "empty", tmp_path / "nowhere.gguf"):
        with pytest.raises(ModelError, match=r"GGUF 파일, SentenceTransformer나 CrossEncoder 폴더"):
            bundled.add(candidate)
    with pytest.raises(ModelError, match="'mmproj' GGUF"):
        bundled.add(gguf(tmp_path, "eyes.gguf", pair("general.type", "mmproj")))


def test_a_default_name_cannot_be_taken(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match="--name"):
        bundled.add(gguf(tmp_path, "m.gguf"), name="multilingual-e5-small")


def test_a_vanished_file_names_the_command_to_add_it_again(tmp_path: Path) -> None:
    file = gguf(tmp_path, "m.gguf")
    bundled.add(file)
    file.unlink()
    assert not bundled.status("m").installed
    with pytest.raises(ModelError, match=r"haechi models add .* --name m"):
        bundled.path("m")


def test_a_path_is_taken_as_it_is_and_a_name_is_looked_up(tmp_path: Path) -> None:
    file = gguf(tmp_path, "m.gguf")
    assert bundled.path(str(file)) == file
    with pytest.raises(ModelError, match="모델 파일이 없습니다"):
        bundled.path(str(tmp_path / "other.gguf"))
    with pytest.raises(ModelError, match=r"'multilingual-e5-small'을\(를\) 찾으셨나요"):
        bundled.path("multilingual-e5-smal")
    with pytest.raises(ModelError, match="haechi models install multilingual-e5-small"):
        bundled.path("multilingual-e5-small")


def test_a_broken_registry_says_what_to_do(models: Path) -> None:
    models.mkdir()
    (models / "registry.json").write_text("{")
    with pytest.raises(ModelError, match=r"registry\.json.*haechi models add"):
        bundled.list_models()


def test_a_research_licence_is_refused_for_a_commercial_project_only(tmp_path: Path) -> None:
    name = bundled.add(gguf(tmp_path, "m.gguf", pair("general.license", "cc-by-nc-4.0")))
    with pytest.raises(LicenceError, match=r"cc-by-nc-4\.0.*allow_research_models"):
        bundled.check_licence(name, commercial=True, allow_research=False)
    assert bundled.check_licence(name, commercial=True, allow_research=True) == "research"
    assert bundled.check_licence(name, commercial=False, allow_research=False) == "research"


def test_an_unknown_licence_is_flagged_and_not_refused(tmp_path: Path) -> None:
    name = bundled.add(gguf(tmp_path, "m.gguf"))
    assert bundled.check_licence(name, commercial=True, allow_research=False) == "unknown"
    assert bundled.status(name).licence_class == "unknown"


def test_a_path_in_the_settings_is_checked_too(tmp_path: Path) -> None:
    file = gguf(tmp_path, "vicuna-7b.gguf")
    with pytest.raises(LicenceError):
        bundled.check_licence(str(file), commercial=True, allow_research=False)


def test_the_default_models_are_free_for_commerce() -> None:
    for found in bundled.list_models():
        assert bundled.check_licence(found.name, commercial=True, allow_research=False) == "commercial"


@pytest.mark.parametrize(
    ("licence", "name", "expected"),
    [
        ("cc-by-nc-sa-4.0", "m", "research"),
        ("Non-Commercial research", "m", "research"),
        ("exaone", "EXAONE-3.5-2.4B", "research"),
        ("llama-1 research", "m", "research"),
        ("apache-2.0", "vicuna-style", "commercial"),  # a stated licence decides over a name
        ("MIT", "m", "commercial"),
        ("cc-by-4.0", "m", "commercial"),
        ("llama3.1", "m", "commercial"),
        ("unknown", "vicuna-13b-v1.1", "research"),
        ("unknown", "Koala-13B", "research"),
        ("unknown", "alpaca-lora-7b", "research"),
        ("other", "gpt4all-lora", "research"),
        ("", "kollama-7b", "unknown"),
        ("house licence", "m", "unknown"),
    ],
)
def test_licence_classes(licence: str, name: str, expected: str) -> None:
    assert classify(licence, name) == expected

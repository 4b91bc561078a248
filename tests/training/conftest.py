"""A home with a regulation in it and everything scripted but the index, the prompts and the checkers."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from haechi.config import load_config
from haechi.pipeline.build import Home, init_home, open_home
from haechi.pipeline.ingest import ingest
from tests.pipeline.conftest import REGULATION


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Home]:
    monkeypatch.setenv("HAECHI_EMBEDDER_BACKEND", "scripted")
    monkeypatch.setenv("HAECHI_CHECK_GROUNDER", "none")
    monkeypatch.setenv("HAECHI_LLM_BACKEND", "scripted")
    (tmp_path / "운영규정.md").write_text(REGULATION, encoding="utf-8")
    with open_home(load_config(init_home(tmp_path / "home"))) as opened:
        ingest(opened, [str(tmp_path / "운영규정.md")])
        yield opened

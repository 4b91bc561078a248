"""The default embedder changed: a home made before keeps the one it was made with until `reembed`."""

from __future__ import annotations

from pathlib import Path

import pytest

from haechi.cli import checks
from haechi.config import EmbedderConfig, load_config
from haechi.pipeline.build import Home, init_home, open_home
from haechi.pipeline.ingest import ingest
from haechi.pipeline.reembed import reembed

BEFORE = "multilingual-e5-small"
QUESTION = "연체료는 얼마인가요?"


@pytest.fixture
def old_home(tmp_path: Path, documents: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Made while the default was another model, with settings that do not name one."""
    monkeypatch.setenv("HAECHI_EMBEDDER_BACKEND", "scripted")
    monkeypatch.setenv("HAECHI_CHECK_GROUNDER", "none")
    monkeypatch.setenv("HAECHI_LLM_BACKEND", "scripted")
    folder = init_home(tmp_path / "old")
    (folder / "haechi.toml").write_text('[project]\nname = "옛 홈"\n', encoding="utf-8")
    monkeypatch.setenv("HAECHI_EMBEDDER_MODEL", BEFORE)
    with open_home(load_config(folder)) as home:
        ingest(home, [str(documents)])
    monkeypatch.delenv("HAECHI_EMBEDDER_MODEL")
    return folder


def first_label(home: Home) -> str:
    return str(home.retriever().retrieve(QUESTION, 1)[0].chunk.label)


def test_it_serves_and_takes_in_with_its_own_until_reembed(old_home: Path, documents: Path) -> None:
    assert load_config(old_home).embedder.model == EmbedderConfig().model != BEFORE
    with open_home(load_config(old_home)) as home:
        assert home.embedder().name == f"scripted {BEFORE}"
        assert first_label(home) == "제3조"
        (documents / "둘.txt").write_text("수영장은 여섯 시에 연다.", encoding="utf-8")
        assert "reembed" in ingest(home, [str(documents)]).warnings[0]["warning"]
        assert home.embedder().name == f"scripted {BEFORE}"
        assert reembed(home).swapped
    with open_home(load_config(old_home)) as home:
        assert home.embedder().name == f"scripted {EmbedderConfig().model}"
        assert first_label(home) == "제3조"


def test_doctor_names_reembed(old_home: Path) -> None:
    found = next(check for check in checks.index(load_config(old_home)) if check.name == "embedder")
    assert (found.status, found.fix) == ("warn", "haechi reembed")


def test_a_new_home_is_made_with_the_new_default(tmp_path: Path) -> None:
    folder = init_home(tmp_path / "new")
    assert f'model = "{EmbedderConfig().model}"' in (folder / "haechi.toml").read_text(encoding="utf-8")

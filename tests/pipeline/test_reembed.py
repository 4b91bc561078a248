"""Another embedder: made beside what serves, swapped at once, resumed after a kill; nothing is cut silently."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from haechi.config import EmbedderConfig, load_config
from haechi.models import scripted
from haechi.models.base import Embedder
from haechi.pipeline import build
from haechi.pipeline.build import Home, open_home
from haechi.pipeline.ingest import ingest
from haechi.pipeline.reembed import reembed

QUESTION = "연체료는 얼마인가요?"
#: What the scripted embedder of untouched settings is called.
FIRST = f"scripted {EmbedderConfig().model}"


def asking_for(home: Home, model: str) -> Home:
    """The same home opened with another model in its settings."""
    config = load_config(home.config.home)
    return open_home(replace(config, embedder=replace(config.embedder, model=model)))


def models_with_vectors(home: Home) -> set[str]:
    return {name for name in (FIRST, "scripted b") if _has(home, name)}


def _has(home: Home, name: str) -> bool:
    return any(True for _ in home.store.entry_vectors(name))


def test_until_it_is_swapped_the_old_model_serves_and_takes_in(home: Home, documents: Path) -> None:
    ingest(home, [str(documents)])
    (documents / "둘.txt").write_text("수영장은 여섯 시에 연다.", encoding="utf-8")
    with asking_for(home, "b") as changed:
        report = ingest(changed, [str(documents)])
        assert "reembed" in report.warnings[0]["warning"]
        assert models_with_vectors(changed) == {FIRST}
        assert changed.retriever().retrieve("수영장은 언제 여나요?", 1)[0].document_source == "둘.txt"


def test_the_swap_reaches_a_process_that_is_serving(home: Home, documents: Path) -> None:
    count = ingest(home, [str(documents)]).embedded
    with open_home(home.config) as server:
        assert server.retriever().retrieve(QUESTION, 1)[0].chunk.label == "제3조"
        with asking_for(home, "b") as changed:
            report = reembed(changed)
        assert (report.swapped, report.embedded, report.dropped) == (True, count, count)
        assert server.embedder().name == "scripted b"
        assert server.retriever().retrieve(QUESTION, 1)[0].chunk.label == "제3조"
        assert server.indexes().rebuilt_because == ""
        assert models_with_vectors(server) == {"scripted b"}


def test_a_reader_with_the_old_parts_never_builds_the_old_index_again(home: Home, documents: Path) -> None:
    # Trap: it sees a manifest of another model, and would bring back its own.
    ingest(home, [str(documents)])
    with open_home(home.config) as server:
        retriever = server.retriever()
        before = retriever.retrieve(QUESTION, 1)
        with asking_for(home, "b") as changed:
            reembed(changed)
        assert retriever.retrieve(QUESTION, 1)[0].chunk == before[0].chunk
        with asking_for(home, "b") as changed:
            assert changed.indexes().problem() == ""


def test_a_kill_in_the_middle_keeps_what_was_embedded(
    home: Home, documents: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    count = ingest(home, [str(documents)]).embedded
    monkeypatch.setattr("haechi.pipeline.reembed.EMBED_BATCH", 2)
    embed = scripted.ScriptedEmbedder.embed
    allowed = [1]

    def interrupted(self: scripted.ScriptedEmbedder, texts: list[str], kind: str) -> object:
        if self.name == "scripted b" and not allowed.pop():
            raise KeyboardInterrupt
        allowed.append(0)
        return embed(self, texts, kind)  # type: ignore[arg-type]

    monkeypatch.setattr(scripted.ScriptedEmbedder, "embed", interrupted)
    with asking_for(home, "b") as changed:
        first = reembed(changed)
        assert (first.interrupted, first.embedded) == (True, 2)
        assert changed.embedder().name == FIRST
    monkeypatch.setattr(scripted.ScriptedEmbedder, "embed", embed)
    with asking_for(home, "b") as changed:
        second = reembed(changed)
        assert (second.swapped, second.embedded, second.reused) == (True, count - 2, 2)


def test_a_crash_between_the_swap_and_the_manifest_is_healed(
    home: Home, documents: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    ingest(home, [str(documents)])
    monkeypatch.setattr("haechi.indexes.manager.write_manifest", lambda *_: (_ for _ in ()).throw(SystemExit))
    with asking_for(home, "b") as changed, pytest.raises(SystemExit):
        reembed(changed)
    monkeypatch.undo()
    monkeypatch.setenv("HAECHI_EMBEDDER_BACKEND", "scripted")
    monkeypatch.setenv("HAECHI_CHECK_GROUNDER", "none")
    with asking_for(home, "b") as changed:
        assert changed.retriever().retrieve(QUESTION, 1)[0].chunk.label == "제3조"
        assert changed.embedder().name == "scripted b"


def test_a_text_over_the_new_limit_is_read_whole_and_counted(
    home: Home, documents: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    ingest(home, [str(documents)])
    made = build.make_embedder

    def small(settings: object) -> Embedder:
        embedder = made(settings)  # type: ignore[arg-type]
        embedder.max_tokens = 20
        return embedder

    monkeypatch.setattr(build, "make_embedder", small)
    with asking_for(home, "b") as changed:
        report = reembed(changed)
        assert report.over_limit > 0
        assert changed.store.entry_count() == sum(len(ids) for ids, _ in changed.store.entry_vectors("scripted b"))


def test_settings_that_make_no_other_vectors_change_nothing(home: Home, documents: Path) -> None:
    ingest(home, [str(documents)])
    config = replace(home.config, embedder=replace(home.config.embedder, threads=1, batch_size=4))
    with open_home(config) as same:
        assert not reembed(same).swapped


def test_an_empty_home_takes_its_settings_at_once(home: Home, documents: Path) -> None:
    with asking_for(home, "b") as changed:
        ingest(changed, [str(documents)])
        assert models_with_vectors(changed) == {"scripted b"}


def test_read_again_cuts_anew_what_has_not_changed(home: Home, documents: Path) -> None:
    # Trap: a document of equal text was kept as it was cut, whatever the chunker would make of it now.
    ingest(home, [str(documents)])
    before = home.store.entry_count()
    home.embedder().max_tokens = 60
    assert ingest(home, [str(documents)]).documents == 0
    assert ingest(home, [str(documents)], again=True).documents == 1
    assert home.store.entry_count() > before

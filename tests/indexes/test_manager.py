"""Indexes are caches over the store: they follow it, and whatever is wrong with them is rebuilt without embedding."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from haechi.errors import HomeError, IndexMismatchError
from haechi.indexes import manager as manager_module
from haechi.indexes.manager import IndexManager
from haechi.indexes.manifest import MANIFEST_NAME, read_manifest
from haechi.models.scripted import ScriptedEmbedder
from haechi.stores.base import PreparedDocument
from tests.retrievers.home import ANALYSER, SmallHome, passages

TEXTS = ("연차휴가는 15일이다", "출장비는 하루 5만 원이다", "도서관은 월요일에 쉰다")


@pytest.fixture
def home(tmp_path: Path) -> SmallHome:
    home = SmallHome(tmp_path)
    home.write(passages(*TEXTS))
    home.indexes.refresh()
    return home


def first(home: SmallHome, question: str) -> str:
    hits = home.retriever().retrieve(question, 1)
    return hits[0].chunk.text if hits else ""


def test_a_new_home_is_indexed_from_the_store(home: SmallHome) -> None:
    assert first(home, "연차휴가") == TEXTS[0]
    assert home.indexes.problem() == ""


def test_an_empty_home_can_be_searched(tmp_path: Path) -> None:
    assert SmallHome(tmp_path).retriever().retrieve("연차휴가", 2) == []


def test_reopening_loads_and_rebuilds_nothing(home: SmallHome, tmp_path: Path) -> None:
    again = SmallHome(tmp_path)
    assert first(again, "출장비") == TEXTS[1]
    assert again.indexes.rebuilt_because == ""


def index_files(folder: Path) -> list[Path]:
    return [
        path.relative_to(folder)
        for path in sorted(folder.rglob("*"))
        if path.is_file() and not path.name.startswith(".") and path.name != "lock" and path.stat().st_size
    ]


def test_deleting_any_index_file_rebuilds_without_embedding(home: SmallHome, tmp_path: Path) -> None:
    whole = tmp_path / "whole"
    shutil.copytree(tmp_path / "indexes", whole)
    for name in index_files(whole):
        shutil.rmtree(tmp_path / "indexes")
        shutil.copytree(whole, tmp_path / "indexes")
        (tmp_path / "indexes" / name).unlink()
        embedder = ScriptedEmbedder()
        again = SmallHome(tmp_path, embedder)
        assert first(again, "출장비") == TEXTS[1], name
        assert again.indexes.rebuilt_because, name
        assert [kind for kind, _ in embedder.calls] == ["query"], name


def test_a_flipped_byte_rebuilds(home: SmallHome, tmp_path: Path) -> None:
    for name in index_files(tmp_path / "indexes"):
        path = tmp_path / "indexes" / name
        if not path.exists():
            continue
        data = bytearray(path.read_bytes())
        data[len(data) // 2] ^= 4
        path.write_bytes(data)
        assert first(SmallHome(tmp_path), "출장비") == TEXTS[1]


def test_another_analyser_rebuilds(home: SmallHome, tmp_path: Path) -> None:
    path = tmp_path / "indexes" / MANIFEST_NAME
    manifest = json.loads(path.read_text())
    manifest["recipe"]["analyser"] = "mecab-0"
    path.write_text(json.dumps(manifest))
    again = SmallHome(tmp_path)
    again.indexes.refresh()
    assert "analyser: mecab-0" in again.indexes.rebuilt_because


def test_another_index_backend_rebuilds(home: SmallHome, tmp_path: Path) -> None:
    again = SmallHome(tmp_path, vector_index="exact", full_text_index="exact")
    assert first(again, "출장비") == TEXTS[1]
    assert "vector_index" in again.indexes.rebuilt_because


def test_another_embedder_without_vectors_is_said_not_served(home: SmallHome, tmp_path: Path) -> None:
    # Searching with half of the vectors would look like an answer.
    other = SmallHome(tmp_path, ScriptedEmbedder(name="other"))
    with pytest.raises(IndexMismatchError, match="other"):
        other.indexes.refresh()


def test_changes_are_followed_without_a_rebuild(home: SmallHome, tmp_path: Path) -> None:
    changes = [home.write(passages("주차장은 무료이다", source="b"), "/b"), home.store.remove_source("/a")]
    home.indexes.apply(changes)
    assert home.indexes.rebuilt_because == "no manifest"
    assert first(home, "주차장") == "주차장은 무료이다"
    assert [hit.chunk.text for hit in home.retriever().retrieve("출장비", 5)] == ["주차장은 무료이다"]
    again = SmallHome(tmp_path)
    assert first(again, "주차장") == "주차장은 무료이다"
    assert again.indexes.rebuilt_because == ""


def test_followed_and_rebuilt_indexes_hold_the_same_entries(home: SmallHome, tmp_path: Path) -> None:
    home.indexes.apply([home.write(passages(TEXTS[0], "새 문장이다"), "/a")])
    followed = set(home.indexes.vectors.search(home.embedder.embed(["문장"], "query")[0], 10)[1].tolist())
    shutil.rmtree(tmp_path / "indexes")
    again = SmallHome(tmp_path)
    assert set(again.indexes.vectors.search(home.embedder.embed(["문장"], "query")[0], 10)[1].tolist()) == followed


def test_changes_that_do_not_connect_rebuild(home: SmallHome) -> None:
    home.write(passages("하나", source="b"), "/b")
    last = home.write(passages("주차장은 무료이다", source="c"), "/c")
    home.indexes.apply([last])
    assert "generation" in home.indexes.rebuilt_because
    assert first(home, "주차장") == "주차장은 무료이다"


@pytest.mark.parametrize("step", ["full text", "vectors", "manifest"])
def test_a_crash_between_commits_is_healed(
    home: SmallHome, tmp_path: Path, step: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    class CrashError(BaseException):
        """Stands for kill -9: no handler may run."""

    def crash(*_: object) -> None:
        raise CrashError

    change = home.write(passages("주차장은 무료이다", source="b"), "/b")
    with monkeypatch.context() as patch:
        if step == "manifest":
            patch.setattr(manager_module, "write_manifest", crash)
        else:
            kind = home.indexes.full_text if step == "full text" else home.indexes.vectors
            patch.setattr(type(kind), "save", crash)
        with pytest.raises(CrashError):
            home.indexes.apply([change])
    again = SmallHome(tmp_path)
    assert first(again, "주차장") == "주차장은 무료이다"
    assert again.indexes.rebuilt_because


def test_a_reader_follows_another_process(home: SmallHome, tmp_path: Path) -> None:
    reader = SmallHome(tmp_path)
    assert first(reader, "연차휴가") == TEXTS[0]
    home.indexes.apply([home.write(passages("주차장은 무료이다", source="b"), "/b")])
    assert first(reader, "주차장") == "주차장은 무료이다"
    assert reader.indexes.rebuilt_because == ""


def test_a_reader_keeps_serving_while_another_process_writes(home: SmallHome, tmp_path: Path) -> None:
    reader = SmallHome(tmp_path)
    assert first(reader, "연차휴가") == TEXTS[0]
    with home.store.writer():
        home.write(passages("주차장은 무료이다", source="b"), "/b")
        assert first(reader, "연차휴가") == TEXTS[0]
        # A process that starts in the middle serves the last good state too.
        assert first(SmallHome(tmp_path), "연차휴가") == TEXTS[0]


def test_without_any_index_a_reader_says_who_is_writing(tmp_path: Path) -> None:
    home = SmallHome(tmp_path)
    home.write(passages(*TEXTS))
    with home.store.writer(), pytest.raises(HomeError, match="PID"):
        SmallHome(tmp_path).indexes.refresh()


def test_a_rebuild_leaves_no_old_folder_behind(home: SmallHome, tmp_path: Path) -> None:
    home.indexes.rebuild("test")
    manifest = read_manifest(tmp_path / "indexes")
    assert manifest is not None
    assert [path.name for path in (tmp_path / "indexes").iterdir() if path.is_dir()] == [manifest.folder]


def test_the_manifest_names_what_the_indexes_were_made_from(home: SmallHome, tmp_path: Path) -> None:
    manifest = read_manifest(tmp_path / "indexes")
    assert manifest is not None
    assert manifest.recipe.analyser == ANALYSER.fingerprint
    assert (manifest.recipe.embedder, manifest.recipe.dimension) == (home.embedder.name, home.embedder.dimension)
    assert (manifest.generation, manifest.entries) == (home.store.generation(), 3)
    assert isinstance(home.indexes, IndexManager)


def many(count: int, source: str) -> list[PreparedDocument]:
    return passages(*(f"{number}번 안내문이다" for number in range(count)), source=source)


def test_a_home_that_outgrows_its_vector_index_gets_a_new_one_from_the_store(tmp_path: Path) -> None:
    home = SmallHome(tmp_path, exact_limit=50, probe_share=1.0)
    home.write(many(40, "a"))
    home.indexes.refresh()
    home.indexes.apply([home.write(passages(*(f"{number}호 고시" for number in range(100)), source="b"), "/b")])
    assert first(home, "7호 고시") == "7호 고시"
    assert not home.indexes.vectors.outgrown
    again = SmallHome(tmp_path, exact_limit=50, probe_share=1.0)
    assert first(again, "7호 고시") == "7호 고시"
    assert again.indexes.rebuilt_because == ""


def test_another_limit_or_precision_rebuilds_and_another_number_of_probes_does_not(
    home: SmallHome, tmp_path: Path
) -> None:
    probes = SmallHome(tmp_path, probe_share=0.2)
    probes.indexes.refresh()
    assert probes.indexes.rebuilt_because == ""
    for change in ({"exact_limit": 20}, {"exact_limit": 20, "precision": "float16"}):
        again = SmallHome(tmp_path, **change)
        assert first(again, "출장비") == TEXTS[1]
        assert "vectors" in again.indexes.rebuilt_because

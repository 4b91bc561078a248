"""Small keys return the chunk they are part of, once."""

from __future__ import annotations

from pathlib import Path

import pytest

from haechi.config import load_config
from haechi.indexes.strategies.small_chunks import SmallChunksStrategy, windows
from haechi.pipeline.build import init_home, open_home
from haechi.pipeline.ingest import ingest
from haechi.types import Block, Chunk, Document

TEXT = (
    "대출 기간은 열나흘로 하고 한 번에 다섯 권까지 빌릴 수 있다. 연장은 한 번에 한하여 이레까지 할 수 있다. "
    "다만, 그러하지 아니하다."
)


def test_each_sentence_is_a_key_with_the_place_of_its_chunk() -> None:
    document = Document.make("a", "대출규정", [Block(TEXT)])
    chunk = Chunk.make(document, 0, len(TEXT), unit="x", label="제2조", headings=("제1장",), meta={"article": "제2조"})
    entries = SmallChunksStrategy().entries(document, [chunk])
    assert [entry.text for entry in entries] == [
        f"대출규정 > 제1장 > 제2조\n{TEXT}",
        "대출규정 > 제1장 > 제2조\n대출 기간은 열나흘로 하고 한 번에 다섯 권까지 빌릴 수 있다.",
        # Trap: a proviso alone finds nothing.
        "대출규정 > 제1장 > 제2조\n연장은 한 번에 한하여 이레까지 할 수 있다. 다만, 그러하지 아니하다.",
    ]
    assert [(entry.chunk_id, entry.kind) for entry in entries] == [(chunk.id, "plain"), *[(chunk.id, "small")] * 2]


def test_a_chunk_of_one_sentence_has_its_plain_entry_only() -> None:
    document = Document.make("a", "", [Block("휴관일은 매달 둘째 월요일이다.")])
    chunk = Chunk.make(document, 0, len(document.text), unit="x", label="1")
    assert [entry.kind for entry in SmallChunksStrategy().entries(document, [chunk])] == ["plain"]


def test_a_text_without_sentences_is_one_window() -> None:
    assert list(windows("가나다")) == ["가나다"]


@pytest.mark.parametrize("retriever", ["hybrid", "dense", "sparse"])
def test_several_keys_of_one_chunk_are_one_hit_and_leave_room_for_others(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, retriever: str
) -> None:
    # Trap: sixty sentences about fees would fill the pool and the closer look, and hide every other article.
    monkeypatch.setenv("HAECHI_EMBEDDER_BACKEND", "scripted")
    monkeypatch.setenv("HAECHI_CHECK_GROUNDER", "none")
    monkeypatch.setenv("HAECHI_RETRIEVAL_RETRIEVER", retriever)
    monkeypatch.setenv("HAECHI_RETRIEVAL_POOL", "5")
    monkeypatch.setenv("HAECHI_INGEST_STRATEGY", "small_chunks")
    fees = " ".join(f"연체료 {number}번째 항목은 하루에 백 원으로 정하여 받는다." for number in range(12))
    rows = ["연체료는 반납하는 날까지 하루 단위로 더하여 계산한다.", "휴관일은 매달 둘째 월요일과 설날 당일로 정한다."]
    (tmp_path / "a.txt").write_text(fees, encoding="utf-8")
    for number, text in enumerate(rows):
        (tmp_path / f"b{number}.txt").write_text(text, encoding="utf-8")
    init_home(tmp_path / "home")
    with open_home(load_config(tmp_path / "home")) as home:
        ingest(home, [str(path) for path in sorted(tmp_path.glob("*.txt"))])
        assert home.store.keys_per_chunk() > 2
        hits = home.retriever().retrieve("연체료는 하루에 얼마를 받나요?", 3)
        assert len({hit.chunk.id for hit in hits}) == len(hits) >= 2
        assert all(hit.matched_text in {text for _, text in home.store.entry_texts()} for hit in hits)
        assert any("반납하는 날까지" in hit.chunk.text for hit in hits)


def test_a_sentence_finds_its_whole_chunk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HAECHI_EMBEDDER_BACKEND", "scripted")
    monkeypatch.setenv("HAECHI_CHECK_GROUNDER", "none")
    filler = " ".join(
        f"{word} 관한 사항은 관장이 따로 정하여 알린다." for word in "열람에 대관에 행사에 강좌에 주차에".split()
    )
    (tmp_path / "a.txt").write_text(f"{filler} 연체료는 권당 하루 백 원으로 정한다. {filler}", encoding="utf-8")
    init_home(tmp_path / "home")
    with open_home(load_config(tmp_path / "home")) as home:
        ingest(home, [str(tmp_path / "a.txt")], strategy="small_chunks")
        (hit,) = home.retriever().retrieve("연체료는 권당 하루 얼마로 정하나요?", 3)
        assert hit.chunk.text.count("관장이") == 10
        assert hit.matched_kind == "small"
        assert "연체료는 권당 하루 백 원으로 정한다." in hit.matched_text
        assert hit.matched_text.count("관장이") <= 1

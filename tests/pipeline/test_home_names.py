"""A home learns its institutions' abbreviations from its own documents."""

from __future__ import annotations

from pathlib import Path

from haechi.pipeline.build import Home
from haechi.pipeline.home_names import HomeNames
from haechi.pipeline.ingest import ingest


def test_abbreviations_are_learned_and_forgotten_with_their_document(home: Home, tmp_path: Path) -> None:
    folder = tmp_path / "글"
    folder.mkdir()
    (folder / "규정.txt").write_text('한빛정보진흥원(이하 "진흥원"이라 한다)은 자료를 모은다.', encoding="utf-8")
    ingest(home, [str(folder)])
    names = HomeNames(home.store)
    assert names().full_form("진흥원") == "한빛정보진흥원"
    (folder / "규정.txt").write_text("자료를 모은다.", encoding="utf-8")
    ingest(home, [str(folder)])
    # Trap: learned once and kept, a deleted document would go on speaking.
    assert names().full_form("진흥원") == "진흥원"

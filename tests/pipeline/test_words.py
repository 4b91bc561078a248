"""Own words wait for a new full-text index, made beside the old one without embedding; synonyms act at once."""

from __future__ import annotations

from pathlib import Path

import pytest

from haechi.errors import InputError
from haechi.pipeline.build import Home, open_home
from haechi.pipeline.ingest import ingest
from haechi.pipeline.live import waiting
from haechi.pipeline.reembed import reembed
from haechi.pipeline.words import Edit, apply_edits, import_file, remove


@pytest.fixture
def filled(home: Home, documents: Path) -> Home:
    (documents / "소식.txt").write_text("가온누리터를 열었다.\n\n휴대 전화는 두고 오세요.", encoding="utf-8")
    ingest(home, [str(documents)])
    return home


def parts(home: Home) -> tuple[list[str], int]:
    """The tokens of a word in the serving analyser, and in how many entries it stands whole."""
    return home.analyser().tokens("가온누리터"), home.indexes().full_text.document_frequencies(["가온누리"])[0]


def test_an_edit_waits_and_the_old_index_serves_with_the_old_words(filled: Home) -> None:
    before = parts(filled)
    done = apply_edits(filled, [Edit("가온누리")])
    assert (done.words, done.waiting) == (1, True)
    assert parts(filled) == before
    # Also in a process that opens the home only now, and for what is taken in meanwhile.
    with open_home(filled.config) as other:
        assert parts(other) == before
        assert other.indexes().rebuilt_because == ""


def test_reembed_swaps_the_full_text_index_and_embeds_nothing(filled: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    with open_home(filled.config) as server:
        server.retriever().retrieve("가온누리터", 1)
        apply_edits(filled, [Edit("가온누리")])
        report = reembed(filled)
        assert (report.swapped, report.embedded) == (True, 0)
        # The running server takes the new words over; it rebuilds nothing itself.
        assert server.analyser().tokens("가온누리터를")[0] == "가온누리"
        assert parts(server)[1] == 1
        assert server.indexes().rebuilt_because == ""
    assert waiting(filled.config, filled.store) is None
    assert not reembed(filled).swapped


def test_a_word_edited_or_removed_before_the_swap_leaves_what_serves_alone(filled: Home) -> None:
    apply_edits(filled, [Edit("가온누리")])
    reembed(filled)
    apply_edits(filled, [Edit("가온누리", ("가온", "누리"))])
    assert filled.analyser().tokens("가온누리") == ["가온누리"]
    remove(filled, "가온누리")
    assert filled.analyser().tokens("가온누리") == ["가온누리"]
    # Back to what serves: nothing is left to be done.
    assert not apply_edits(filled, [Edit("가온누리")]).waiting
    apply_edits(filled, [Edit("가온누리", ("가온", "누리"))])
    reembed(filled)
    assert filled.analyser().tokens("가온누리") == ["가온누리", "가온", "누리"]


def test_synonyms_act_at_once_in_every_process_and_need_no_new_index(filled: Home) -> None:
    with open_home(filled.config) as server:
        assert "전화" not in server.analyser().query_tokens("핸드폰을 써도 되나요?")
        done = apply_edits(filled, [Edit("핸드폰", synonyms=("휴대 전화",))])
        assert (done.words, done.synonyms, done.waiting) == (0, 2, False)
        assert "전화" in server.analyser().query_tokens("핸드폰을 써도 되나요?")
        remove(filled, "핸드폰", ["휴대 전화"])
        assert "전화" not in server.analyser().query_tokens("핸드폰을 써도 되나요?")


def test_one_way_synonyms_are_not_looked_for_the_other_way(filled: Home) -> None:
    apply_edits(filled, [Edit("교통수단", synonyms=("버스",), one_way=True)])
    assert filled.store.synonyms() == {"교통수단": ("버스",)}


def test_a_file_gives_its_good_rows_and_names_the_bad_ones(filled: Home, tmp_path: Path) -> None:
    head = "단어,부분,품사,동의어,한방향\n"
    rows = head + "가온누리,가온+누리,이름,,\n폰,,,,\n\n핸드폰,,,휴대폰|휴대전화,\n가나,다라,,,\n가나다,,뭐,,\n"
    path = tmp_path / "words.csv"
    path.write_text(rows, encoding="cp949")
    done = import_file(filled, path)
    assert (done.words, done.synonyms) == (1, 6)
    assert [line for line, _ in done.bad] == [3, 6, 7]
    assert "다라" in done.bad[1][1]


def test_words_and_synonyms_travel_with_a_backup(filled: Home, tmp_path: Path) -> None:
    apply_edits(filled, [Edit("가온누리"), Edit("핸드폰", synonyms=("휴대폰",))])
    with open_home(filled.config) as again:
        assert [word.text for word in again.store.words()] == ["가온누리"]
    copy = tmp_path / "copy.db"
    filled.store.copy_to(copy)
    from haechi.stores.sqlite import SQLiteStore

    other = SQLiteStore(copy)
    assert other.words() == filled.store.words()
    assert other.synonyms() == filled.store.synonyms()
    other.close()


def test_what_is_unknown_is_not_removed(filled: Home) -> None:
    with pytest.raises(InputError, match="haechi words list"):
        remove(filled, "없는말")


def test_a_home_of_an_older_analyser_makes_its_full_text_index_anew_by_itself(
    filled: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("haechi.korean.morphology._VERSION", "next")
    monkeypatch.setattr("haechi.models.scripted.ScriptedEmbedder.embed", None)
    with open_home(filled.config) as newer:
        assert newer.indexes().full_text.document_frequencies(["연체료"])[0] > 0
        assert "analyser" in newer.indexes().rebuilt_because

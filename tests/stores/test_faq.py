"""What the store keeps of an FAQ, and what it forgets."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from haechi.pipeline.faq_table import make_pair
from haechi.stores.faq_base import faq_hash
from haechi.stores.sqlite import SQLiteStore
from haechi.types import content_hash


@pytest.fixture
def store(tmp_path: Path) -> Iterator[SQLiteStore]:
    store = SQLiteStore(tmp_path / "haechi.db")
    yield store
    store.close()


def test_a_pair_comes_back_as_it_was_put(store: SQLiteStore) -> None:
    pair = make_pair(
        "주차 되나요?",
        "네.",
        identity="p",
        category="시설",
        expires="2026-12-31",
        source="규정 제1조",
        variants=["차 세워요?"],
    )
    assert store.put_faq(pair, "hand") == "added"
    (found,) = store.faq_pairs()
    assert (found.id, found.question, found.answer, found.category) == ("p", "주차 되나요?", "네.", "시설")
    assert (found.expires, found.source, found.enabled, found.hits) == ("2026-12-31", "규정 제1조", True, 0)
    assert [(item.text, item.state) for item in found.wordings] == [
        ("주차 되나요?", "question"),
        ("차 세워요?", "approved"),
    ]


def test_only_a_real_change_raises_the_version(store: SQLiteStore) -> None:
    pair = make_pair("주차 되나요?", "네.", identity="p")
    store.put_faq(pair, "hand")
    version = store.faq_version()
    assert store.put_faq(pair, "hand") == "unchanged"
    store.faq_hit("p")
    assert store.faq_version() == version
    assert store.put_faq(make_pair("주차 되나요?", "아니요.", identity="p"), "hand") == "updated"
    assert store.faq_version() == version + 1
    assert store.faq_pairs()[0].hits == 1


def test_a_hit_keeps_no_word_of_the_asker(store: SQLiteStore, tmp_path: Path) -> None:
    store.put_faq(make_pair("주차 되나요?", "네.", identity="p"), "hand")
    store.faq_hit("p")
    (found,) = store.faq_pairs()
    assert (found.hits, found.last_hit[:2]) == (1, "20")


def test_a_suggestion_that_is_known_stays_what_it_is(store: SQLiteStore) -> None:
    store.put_faq(make_pair("주차 되나요?", "네.", identity="p", variants=["차 세워요?"]), "hand")
    assert store.add_suggestions("p", ["차 세워요?", "주차장 있어요?"], "model", "asked") == 1
    (number,) = [item.id for item in store.faq_pairs()[0].wordings if item.state == "suggested"]
    assert store.review_wordings([number], "approved") == 1
    # What was decided is decided.
    assert store.review_wordings([number], "rejected") == 0
    assert set(store.faq_pairs()[0].variants) == {"차 세워요?", "주차장 있어요?"}


def test_vectors_of_wordings_are_kept_apart_and_go_with_them(store: SQLiteStore) -> None:
    text = "주차 되나요?"
    assert faq_hash(text) != content_hash(text)
    store.put_faq(make_pair(text, "네.", identity="p"), "hand")
    store.put_vectors("m", [faq_hash(text)], np.array([[0.6, 0.8]], np.float32))
    assert store.drop_unused_vectors() == 0
    assert store.audit("m", 2) == []
    np.testing.assert_allclose(store.faq_vectors("m", [faq_hash(text)])[faq_hash(text)], [0.6, 0.8], atol=1e-3)
    assert store.faq_vectors("other", [faq_hash(text)]) == {}
    store.put_faq(make_pair("주차장 있나요?", "네.", identity="p"), "hand")
    assert store.faq_vectors("m", [faq_hash(text)]) == {}


def test_words_of_an_faq_are_living_text(store: SQLiteStore) -> None:
    store.put_faq(make_pair("오소리 보호구역은 어디인가요?", "너구리산입니다.", identity="p"), "hand")
    assert store.stands_in_living("오소리 보호구역")
    assert store.stands_in_living("너구리산")
    store.remove_faq(["p"])
    assert not store.stands_in_living("너구리산")
    assert store.purge_due()


def test_a_title_is_found_by_what_begins_with_it(store: SQLiteStore) -> None:
    assert store.titled("운영규정 제9조") == []
    assert store.titled("") == []

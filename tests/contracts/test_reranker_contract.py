"""What every reranker promises, whatever is behind it."""

from functools import lru_cache

import numpy as np
import pytest

from haechi import registry
from haechi.models.base import Reranker
from tests.models.made_cross_encoder import make_onnx_folder


@lru_cache(maxsize=1)
def open_late_interaction(folder):
    return registry.load("rerankers", "late_interaction")(folder, threads=2)


@pytest.fixture(params=["scripted", "cross_encoder", pytest.param("late_interaction", marks=pytest.mark.models)])
def reranker(request, tmp_path):
    if request.param == "late_interaction":
        return open_late_interaction(request.getfixturevalue("embedder_weights"))
    if request.param == "scripted":
        return registry.load("rerankers", "scripted")()
    pytest.importorskip("tokenizers", reason="the extra 'rerank' is not installed")
    return registry.load("rerankers", "cross_encoder")(make_onnx_folder(tmp_path), threads=2)


QUESTION = "연체료 는 얼마"
PASSAGES = ["도서관 휴관일", "연체료 는 100원", "", "연체료"]


def test_it_is_a_reranker_with_a_name(reranker):
    assert isinstance(reranker, Reranker)
    assert reranker.name


def test_one_finite_float32_a_passage_in_their_order(reranker):
    scores = reranker.scores(QUESTION, PASSAGES)
    assert scores.shape == (len(PASSAGES),)
    assert scores.dtype == np.float32
    assert np.isfinite(scores).all()
    backwards = reranker.scores(QUESTION, PASSAGES[::-1])
    np.testing.assert_array_equal(backwards[::-1], scores)


def test_no_passages_give_no_scores(reranker):
    assert reranker.scores(QUESTION, []).shape == (0,)


def test_a_score_does_not_depend_on_the_passages_beside_it(reranker):
    together = reranker.scores(QUESTION, PASSAGES)
    alone = np.concatenate([reranker.scores(QUESTION, [passage]) for passage in PASSAGES])
    np.testing.assert_array_equal(together, alone)


def test_a_passage_with_the_words_of_the_question_is_above_one_without(reranker):
    away, near = reranker.scores(QUESTION, PASSAGES[:2])
    assert near > away


def test_a_long_passage_and_a_long_question_are_read_to_their_end(reranker):
    # The trap: a model of a fixed length sees only the beginning, and the answer is the last word.
    far = " ".join(["도서관 휴관일"] * 200)
    assert reranker.scores(QUESTION, [f"{far} 연체료 는 얼마"])[0] > reranker.scores(QUESTION, [far])[0]
    assert np.isfinite(reranker.scores(" ".join([QUESTION] * 40), PASSAGES)).all()


def test_decomposed_syllables_are_read_like_composed_ones(reranker):
    import unicodedata

    made = [unicodedata.normalize("NFD", text) for text in PASSAGES]
    np.testing.assert_array_equal(reranker.scores(QUESTION, made), reranker.scores(QUESTION, PASSAGES))

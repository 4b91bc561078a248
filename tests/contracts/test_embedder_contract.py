"""What every embedder promises, whatever is behind it."""

from functools import lru_cache

import numpy as np
import pytest

from haechi import registry
from haechi.models.base import Embedder
from tests.models import made_embedders


@lru_cache(maxsize=1)
def open_e5(folder):
    return registry.load("embedders", "e5")(folder, threads=2)


@pytest.fixture(params=["scripted", "onnx", pytest.param("e5", marks=pytest.mark.models)])
def embedder(request):
    if request.param == "scripted":
        return registry.load("embedders", "scripted")()
    if request.param == "onnx":
        pytest.importorskip("tokenizers", reason="the extra 'onnx' is not installed")
        return registry.load("embedders", "onnx")(made_embedders.onnx(request.getfixturevalue("tmp_path"), limit=64))
    return open_e5(request.getfixturevalue("embedder_weights"))


TEXTS = ["휴가는 연 15일이다.", "출장비는 5만 원까지 지급한다.", "", "제12조(휴가) ① 직원은 휴가를 쓸 수 있다."]


def test_it_is_an_embedder_with_a_name_a_dimension_and_a_limit(embedder):
    assert isinstance(embedder, Embedder)
    assert embedder.name
    assert embedder.dimension > 0
    assert embedder.max_tokens > 0


@pytest.mark.parametrize("kind", ["query", "passage"])
def test_vectors_are_unit_float32_rows(embedder, kind):
    vectors = embedder.embed(TEXTS, kind)
    assert vectors.shape == (len(TEXTS), embedder.dimension)
    assert vectors.dtype == np.float32
    np.testing.assert_allclose(np.linalg.norm(vectors, axis=1), 1.0, atol=1e-5)


def test_no_texts_give_no_rows(embedder):
    assert embedder.embed([], "passage").shape == (0, embedder.dimension)


def test_the_same_text_has_the_same_vector_and_another_text_another(embedder):
    first, second, again = embedder.embed([TEXTS[0], TEXTS[1], TEXTS[0]], "passage")
    np.testing.assert_array_equal(first, again)
    assert not np.allclose(first, second)


def test_rows_come_in_the_order_of_the_texts_and_do_not_depend_on_their_neighbours(embedder):
    together = embedder.embed(TEXTS, "passage")
    alone = np.concatenate([embedder.embed([text], "passage") for text in TEXTS])
    assert (together * alone).sum(axis=1).min() > 0.9999


def test_longer_text_has_more_tokens(embedder):
    assert 0 < embedder.count_tokens("휴가") < embedder.count_tokens("휴가는 연 15일이며 다음 해로 넘길 수 없다.")

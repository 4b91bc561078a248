"""Any embedder exported to ONNX: its folder says limit, prompts and pooling, and nothing is cut silently."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from haechi.config import EmbedderConfig
from haechi.errors import InputError, ModelError
from haechi.models.base import Embedder
from haechi.models.onnx_folder import OnnxEmbedder
from haechi.pipeline.build import make_embedder
from tests.models import made_embedders as made

pytest.importorskip("tokenizers", reason="the extra 'onnx' is not installed")


def unit(row: np.ndarray) -> np.ndarray:
    return row / np.linalg.norm(row)


def test_the_mean_or_the_first_token_is_the_sentence_as_the_folder_says(tmp_path: Path) -> None:
    mean = OnnxEmbedder(made.onnx(tmp_path / "mean"), threads=2)
    first = OnnxEmbedder(made.onnx(tmp_path / "cls", pooling="cls"), threads=1)
    assert isinstance(mean, Embedder)
    assert (mean.dimension, mean.max_tokens) == (made.DIMENSION, 8)
    text = "도서관 휴관일"
    assert mean.embed([text], "passage")[0] == pytest.approx(unit(made.rows(text).mean(axis=0)), abs=1e-6)
    assert first.embed([text], "passage")[0] == pytest.approx(unit(made.rows(text)[0]), abs=1e-6)
    assert mean.embed([], "query").shape == (0, made.DIMENSION)


def test_a_graph_that_pools_itself_needs_no_pooling(tmp_path: Path) -> None:
    embedder = OnnxEmbedder(made.onnx(tmp_path, pooling="", output="sentence_embedding"))
    assert embedder.embed(["도서관"], "query")[0] == pytest.approx(unit(made.rows("도서관").max(axis=0)), abs=1e-6)


def test_nothing_is_cut_silently(tmp_path: Path) -> None:
    # The trap: published tokenizer files cut by themselves.
    embedder = OnnxEmbedder(made.onnx(tmp_path))
    long = "연체료 는 얼마 도서관 휴관일 연체료 는 얼마"
    assert embedder.count_tokens(long) == 10
    with pytest.raises(InputError, match="한도 8토큰"):
        embedder.embed([long], "passage")
    start, whole = embedder.embed(["연체료 는 얼마 도서관", long], "query")
    assert not np.allclose(start, whole)
    assert np.linalg.norm(whole) == pytest.approx(1.0)


def test_prefixes_come_from_the_settings_before_the_folder_and_name_the_vectors(tmp_path: Path) -> None:
    folder = made.write(
        made.onnx(tmp_path / "e5"), {"config_sentence_transformers.json": {"prompts": {"query": "query: "}}}
    )
    own = OnnxEmbedder(folder)
    assert own.embed(["얼마"], "query")[0] == pytest.approx(unit(made.rows("query: 얼마").mean(axis=0)), abs=1e-6)
    told = make_embedder(EmbedderConfig("onnx", str(folder), threads=1, passage_prefix="passage: "))
    assert told.embed(["얼마"], "passage")[0] == pytest.approx(unit(made.rows("passage: 얼마").mean(axis=0)), abs=1e-6)
    # Vectors of passages with another prefix must never be mixed with those without it.
    assert own.name != told.name


def test_what_the_folder_does_not_say_is_an_error_that_names_the_file(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match=r"1_Pooling/config\.json"):
        OnnxEmbedder(made.onnx(tmp_path / "a", pooling=""))
    with pytest.raises(ModelError, match="max_seq_length"):
        OnnxEmbedder(made.onnx(tmp_path / "b", limit=0))
    with pytest.raises(ModelError, match="Dense"):
        OnnxEmbedder(made.with_dense(made.onnx(tmp_path / "c")))
    with pytest.raises(ModelError, match=r"tokenizer\.json"):
        OnnxEmbedder(tmp_path)

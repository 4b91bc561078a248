"""Any local SentenceTransformer folder; a tiny one is made here, with random weights."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from haechi.errors import BackendError, InputError, ModelError
from haechi.models.base import Embedder
from haechi.models.sentence_transformer import SentenceTransformerEmbedder


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A BERT of one layer that knows a few syllables, with a limit of 8 tokens and prompts of its own."""
    pytest.importorskip("sentence_transformers", reason="the extra 'sbert' is not installed")
    from sentence_transformers import SentenceTransformer
    from sentence_transformers.models import Pooling, Transformer
    from transformers import BertConfig, BertModel, BertTokenizerFast

    base = tmp_path_factory.mktemp("bert")
    words = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", "연체료", "는", "얼마", "도서관", "질문", "휴관일", ":"]
    (base / "vocab.txt").write_text("\n".join([*words, *(f"##{word}" for word in words[5:])]), encoding="utf-8")
    BertTokenizerFast(vocab=str(base / "vocab.txt"), do_lower_case=False).save_pretrained(base)
    config = BertConfig(vocab_size=32, hidden_size=16, num_hidden_layers=1, num_attention_heads=2, intermediate_size=16)
    BertModel(config).save_pretrained(base)
    transformer = Transformer(str(base), max_seq_length=8)
    model = SentenceTransformer(
        modules=[transformer, Pooling(16, "mean")], prompts={"query": "질문: ", "document": ""}, device="cpu"
    )
    target = tmp_path_factory.mktemp("sbert") / "우리-sbert"
    model.save(str(target))
    return target


def test_limit_dimension_and_prompts_are_read_from_the_folder(folder: Path) -> None:
    embedder = SentenceTransformerEmbedder(folder, threads=1)
    assert isinstance(embedder, Embedder)
    assert (embedder.max_tokens, embedder.dimension) == (8, 16)
    assert embedder.name.startswith("우리-sbert@")
    # [CLS] 연체료 [SEP], and 질문 : before it.
    assert embedder.count_tokens("연체료", "passage") == 3
    assert embedder.count_tokens("연체료", "query") == 5


def test_vectors_are_normalised_and_the_kind_matters(folder: Path) -> None:
    embedder = SentenceTransformerEmbedder(folder, threads=1)
    passages = embedder.embed(["연체료", "도서관 휴관일"], "passage")
    queries = embedder.embed(["연체료", "도서관 휴관일"], "query")
    assert passages.dtype == np.float32
    assert np.allclose(np.linalg.norm(passages, axis=1), 1.0, atol=1e-5)
    assert not np.allclose(passages, queries)
    assert embedder.embed([], "query").shape == (0, 16)


def test_nothing_is_cut_silently(folder: Path) -> None:
    # The trap: the library drops everything after max_seq_length without a word.
    embedder = SentenceTransformerEmbedder(folder, threads=1)
    long = "연체료 얼마 도서관 휴관일 연체료 얼마 도서관 휴관일"
    with pytest.raises(InputError, match="한도 8토큰"):
        embedder.embed(["연체료", long], "passage")
    start, whole = embedder.embed(["연체료 얼마 도서관", long], "query")
    assert not np.allclose(start, whole)
    assert np.isclose(np.linalg.norm(whole), 1.0, atol=1e-5)


def test_the_name_changes_with_the_weights(folder: Path, tmp_path: Path) -> None:
    import shutil

    copy = tmp_path / folder.name
    shutil.copytree(folder, copy)
    before = SentenceTransformerEmbedder(copy).name
    assert before == SentenceTransformerEmbedder(folder).name
    weights = next(copy.rglob("*.safetensors"))
    data = bytearray(weights.read_bytes())
    data[-1] ^= 1
    weights.write_bytes(data)
    assert SentenceTransformerEmbedder(copy).name != before


def test_a_hub_name_is_not_a_folder(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match="폴더가 없습니다"):
        SentenceTransformerEmbedder(tmp_path / "snunlp" / "KR-SBERT")


def test_an_incomplete_folder_is_not_completed_from_anywhere(tmp_path: Path) -> None:
    # Without the extra the message names the extra instead.
    (tmp_path / "config.json").write_text("{}")
    with pytest.raises((ModelError, BackendError), match=r"올리지 못했습니다|haechi\[sbert\]"):
        SentenceTransformerEmbedder(tmp_path)

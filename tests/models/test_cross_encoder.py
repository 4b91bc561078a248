"""A customer's own cross-encoder: what is read from its folder, and what is refused."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from haechi.config import Config, RerankerConfig, load_config
from haechi.errors import ConfigError, LicenceError, ModelError
from haechi.models.cross_encoder import CrossEncoder
from haechi.models.own_models import recognise
from haechi.pipeline.build import init_home, open_home
from tests.models.made_cross_encoder import LIMIT, make_onnx_folder

pytest.importorskip("tokenizers", reason="the extra 'rerank' is not installed")


def test_a_file_and_its_folder_are_the_same_model(tmp_path: Path) -> None:
    folder = make_onnx_folder(tmp_path / "ko-reranker")
    by_folder, by_file = CrossEncoder(folder, threads=1), CrossEncoder(folder / "model.onnx", threads=1)
    assert by_folder.name == by_file.name
    assert by_folder.name.startswith("ko-reranker@")
    np.testing.assert_array_equal(by_folder.scores("연체료 는", ["연체료"]), by_file.scores("연체료 는", ["연체료"]))


def test_the_score_is_the_logit_and_two_logits_are_yes_minus_no(tmp_path: Path) -> None:
    one = CrossEncoder(make_onnx_folder(tmp_path / "one"), threads=1)
    two = CrossEncoder(make_onnx_folder(tmp_path / "two", outputs=2), threads=1)
    passages = ["연체료 는 100원", "도서관"]
    assert one.scores("연체료 는 얼마", passages).tolist() == [2.0, 0.0]
    assert two.scores("연체료 는 얼마", passages).tolist() == [4.0, 0.0]


def test_the_best_window_of_a_long_passage_counts(tmp_path: Path) -> None:
    # LIMIT is 16: the words of the question stand far behind it, and the tokenizer's own truncation is switched off.
    model = CrossEncoder(make_onnx_folder(tmp_path), threads=2)
    passage = " ".join(["도서관"] * 60 + ["연체료", "는", "얼마"] + ["도서관"] * 60)
    assert model.scores("연체료 는 얼마", [passage, "도서관"]).tolist() == [3.0, 0.0]


def test_a_word_longer_than_the_limit_ends_too(tmp_path: Path) -> None:
    assert np.isfinite(CrossEncoder(make_onnx_folder(tmp_path), threads=1).scores("연체료", ["가" * 3000])).all()


@pytest.mark.parametrize(
    ("file", "content", "limit"),
    [
        ("config.json", {"max_position_embeddings": 12}, 12),
        # The trap: RoBERTa counts positions from 2, and reading 514 tokens ends in an index error.
        ("config.json", {"max_position_embeddings": 14, "model_type": "xlm-roberta"}, 12),
        ("tokenizer_config.json", {"model_max_length": 12}, 12),
        ("tokenizer_config.json", {"model_max_length": 10**30}, LIMIT),
    ],
)
def test_the_smallest_stated_limit_counts(tmp_path: Path, file: str, content: dict[str, object], limit: int) -> None:
    folder = make_onnx_folder(tmp_path, limit=None)
    (folder / file).write_text(json.dumps(content), encoding="utf-8")
    assert CrossEncoder(folder, threads=1)._model.limit == limit


def test_a_folder_that_states_no_limit_is_refused(tmp_path: Path) -> None:
    folder = make_onnx_folder(tmp_path, limit=None)
    tokenizer = json.loads((folder / "tokenizer.json").read_text(encoding="utf-8"))
    (folder / "tokenizer.json").write_text(json.dumps({**tokenizer, "truncation": None}), encoding="utf-8")
    with pytest.raises(ModelError, match="model_max_length"):
        CrossEncoder(folder)


def test_what_is_no_cross_encoder_says_what_was_expected(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match="재순위 모델이 아닙니다"):
        CrossEncoder(tmp_path / "없음")
    with pytest.raises(ModelError, match="값 3개"):
        CrossEncoder(make_onnx_folder(tmp_path / "three", outputs=3), threads=1).scores("연체료", ["연체료"])
    (make_onnx_folder(tmp_path / "bare") / "tokenizer.json").unlink()
    with pytest.raises(ModelError, match=r"tokenizer\.json"):
        CrossEncoder(tmp_path / "bare")
    (tmp_path / "bare" / "second.onnx").touch()
    (tmp_path / "bare" / "model.onnx").rename(tmp_path / "bare" / "first.onnx")
    with pytest.raises(ModelError, match=r"first\.onnx, second\.onnx"):
        CrossEncoder(tmp_path / "bare")


def test_the_name_changes_with_the_weights(tmp_path: Path) -> None:
    names = {CrossEncoder(make_onnx_folder(tmp_path / str(n) / "same", outputs=n)).name for n in (1, 2)}
    assert len(names) == 2


def test_a_sentence_transformers_folder(tmp_path: Path) -> None:
    pytest.importorskip("sentence_transformers", reason="the extra 'sbert' is not installed")
    from transformers import BertConfig, BertForSequenceClassification, BertTokenizerFast

    words = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", "연체료", "는", "얼마", "도서관", "휴관일"]
    (tmp_path / "vocab.txt").write_text("\n".join(words), encoding="utf-8")
    folder = tmp_path / "우리-재순위"
    BertTokenizerFast(vocab=str(tmp_path / "vocab.txt"), do_lower_case=False, model_max_length=16).save_pretrained(
        folder
    )
    config = BertConfig(
        vocab_size=16,
        hidden_size=16,
        num_hidden_layers=1,
        num_attention_heads=2,
        intermediate_size=16,
        max_position_embeddings=16,
        num_labels=1,
    )
    BertForSequenceClassification(config).save_pretrained(folder)
    assert recognise(folder)[0] == "reranker"
    model = CrossEncoder(folder, threads=1)
    assert model.name.startswith("우리-재순위@")
    long = " ".join(["도서관 휴관일"] * 30)
    scores = model.scores("연체료 는 얼마", ["연체료", long, "연체료"])
    assert scores.dtype == np.float32
    assert np.isclose(scores[0], scores[2], atol=1e-5)


def home_with(tmp_path: Path, **settings: object) -> Config:
    config = load_config(init_home(tmp_path / "집"), {})
    return replace(config, reranker=RerankerConfig(**settings))  # type: ignore[arg-type]


def test_a_home_makes_its_reranker_once_and_none_without(tmp_path: Path) -> None:
    folder = make_onnx_folder(tmp_path / "모델")
    config = home_with(tmp_path, backend="cross_encoder", model=str(folder), threads=1)
    with open_home(config) as home:
        assert home.reranker() is home.reranker()
        assert home.reranker().scores("연체료", ["연체료"]).tolist() == [1.0]
    with open_home(replace(config, reranker=RerankerConfig())) as home:
        assert home.reranker() is None


def test_settings_that_cannot_work_are_named(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="weight"):
        RerankerConfig(weight=1.5)
    with pytest.raises(ConfigError, match="top"):
        RerankerConfig(top=0)
    with open_home(home_with(tmp_path, backend="cross_encoder")) as home, pytest.raises(ConfigError, match="model"):
        home.reranker()


def test_a_research_only_model_is_refused_in_a_commercial_project(tmp_path: Path) -> None:
    folder = make_onnx_folder(tmp_path / "모델")
    (folder / "README.md").write_text("---\nlicense: cc-by-nc-4.0\n---\n", encoding="utf-8")
    for model in (folder, folder / "model.onnx"):
        config = home_with(tmp_path / model.name, backend="cross_encoder", model=str(model))
        with open_home(config) as home, pytest.raises(LicenceError, match="연구용"):
            home.reranker()

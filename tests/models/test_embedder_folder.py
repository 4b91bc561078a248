"""What folders of known embedders state, read without loading them; what they don't state is not guessed."""

from __future__ import annotations

from pathlib import Path

import pytest

from haechi.config import EmbedderConfig
from haechi.errors import ModelError
from haechi.models.embedder_folder import folder_facts
from haechi.pipeline.embedder_facts import embedder_facts, lacks_prefixes
from tests.models import made_embedders as made


def test_kr_sbert_cuts_at_128_although_its_bert_reads_512(tmp_path: Path) -> None:
    facts = folder_facts(made.kr_sbert(tmp_path))
    assert (facts.limit, facts.limit_from) == (128, "sentence_bert_config.json")
    assert (facts.dimension, facts.pooling, facts.prefixes_from) == (768, "mean", "")


def test_bge_m3_reads_8192_tokens_and_its_first_token_is_the_sentence(tmp_path: Path) -> None:
    facts = folder_facts(made.bge_m3(tmp_path))
    assert (facts.limit, facts.dimension, facts.pooling, facts.further) == (8192, 1024, "cls", ())


def test_without_a_stated_limit_two_positions_of_a_roberta_are_never_used(tmp_path: Path) -> None:
    made.bge_m3(tmp_path)
    (tmp_path / "sentence_bert_config.json").unlink()
    assert folder_facts(tmp_path).limit == 8192
    made.write(tmp_path, {"tokenizer_config.json": {"model_max_length": 10**30}})
    facts = folder_facts(tmp_path)
    assert (facts.limit, facts.limit_from) == (8192, "config.json")
    (tmp_path / "config.json").unlink()
    assert folder_facts(tmp_path).limit == 0


def test_prompts_of_the_folder_are_its_prefixes(tmp_path: Path) -> None:
    facts = folder_facts(made.e5(tmp_path, {"query": "query: ", "document": "passage: "}))
    assert (facts.query_prefix, facts.passage_prefix) == ("query: ", "passage: ")
    assert facts.prefixes_from == "config_sentence_transformers.json"


def test_an_e5_without_prompts_is_told_not_completed(tmp_path: Path) -> None:
    folder = made.e5(tmp_path / "multilingual-e5-base")
    settings = EmbedderConfig("sentence_transformer", str(folder))
    facts = embedder_facts(settings)
    assert facts is not None
    assert (facts.query_prefix, facts.passage_prefix) == ("", "")
    assert lacks_prefixes(settings)
    told = EmbedderConfig("sentence_transformer", str(folder), query_prefix="query: ", passage_prefix="passage: ")
    facts = embedder_facts(told)
    assert facts is not None
    assert (facts.query_prefix, facts.prefixes_from) == ("query: ", "haechi.toml")
    assert not lacks_prefixes(told)


@pytest.mark.parametrize(
    ("name", "lacking"),
    [("multilingual-e5-large", True), ("intfloat/e5-small-v2", True), ("bge-m3", False), ("se5", False)],
)
def test_a_served_model_called_e5_needs_prefixes_too(name: str, lacking: bool) -> None:
    assert lacks_prefixes(EmbedderConfig("openai_compatible", name)) == lacking


def test_a_file_that_cannot_be_read_is_named(tmp_path: Path) -> None:
    made.kr_sbert(tmp_path)
    (tmp_path / "config.json").write_text("{", encoding="utf-8")
    with pytest.raises(ModelError, match=r"config\.json"):
        folder_facts(tmp_path)

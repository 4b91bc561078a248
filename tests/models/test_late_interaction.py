"""Late interaction over the bundled embedder: what it hears that one vector a passage cannot, and what it refuses."""

from __future__ import annotations

from dataclasses import replace
from functools import lru_cache
from pathlib import Path

import numpy as np
import pytest

from haechi.config import RerankerConfig, load_config
from haechi.errors import ModelError
from haechi.models.e5 import E5Embedder
from haechi.models.late_interaction import LateInteraction
from haechi.pipeline.build import init_home, open_home


@lru_cache(maxsize=1)
def opened(folder: Path) -> LateInteraction:
    return LateInteraction(folder, threads=1)


@pytest.mark.models
def test_a_detail_in_a_long_passage_is_heard(embedder_weights: Path) -> None:
    # The trap for a mean over all words: two passages of one subject differ in a single sentence.
    common = "회의실은 평일 아홉 시부터 여섯 시까지 빌릴 수 있고, 빌린 사람은 정리한 뒤 나가야 한다. " * 8
    passages = [common + "주차장은 지하 2층에 있다.", common + "음식물은 가지고 들어갈 수 없다."]
    model = opened(embedder_weights)
    parking, food = model.scores("주차장은 몇 층인가요?", passages)
    assert parking - food > 0.05
    embedder = E5Embedder(embedder_weights, threads=1)
    first, second = embedder.embed(passages, "passage") @ embedder.embed(["주차장은 몇 층인가요?"], "query")[0]
    assert parking - food > first - second


@pytest.mark.models
def test_a_home_makes_it_from_an_embedder_folder(embedder_weights: Path, tmp_path: Path) -> None:
    config = load_config(init_home(tmp_path / "집"), {})
    settings = RerankerConfig(backend="late_interaction", model=str(embedder_weights), threads=1)
    with open_home(replace(config, reranker=settings)) as home:
        assert embedder_weights.name + "@" in home.reranker().name


@pytest.mark.models
def test_nothing_to_compare_scores_zero(embedder_weights: Path) -> None:
    model = opened(embedder_weights)
    np.testing.assert_array_equal(model.scores("", ["휴가", ""]), [0.0, 0.0])
    assert model.scores("휴가", [""]).tolist() == [0.0]


def test_without_a_model_the_weights_of_the_embedder_are_meant(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HAECHI_MODELS", str(tmp_path / "models"))
    config = load_config(init_home(tmp_path / "집"), {})
    config = replace(config, reranker=RerankerConfig(backend="late_interaction"))
    with open_home(config) as home, pytest.raises(ModelError, match=f"models install {config.embedder.model}"):
        home.reranker()


def test_a_folder_that_is_no_embedder_is_named(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match=r"config\.json"):
        LateInteraction(tmp_path)

"""`haechi-grounding` itself: Korean sentences about passages that training never saw."""

from __future__ import annotations

import time
from pathlib import Path

import pytest

from haechi.checkers.base import Evidence
from haechi.checkers.entailment import EntailmentChecker
from haechi.models import shipped
from haechi.models.catalogue import GROUNDING
from haechi.models.e5_weights import find_weight_file, read_weights
from haechi.models.grounding import HaechiGrounder
from haechi.models.grounding_file import read_grounding

POOL = (
    "구립 수영장은 월요일에 쉰다. 자유 수영은 1회 4천 원이고, 강습은 한 달에 6만 원이다. "
    "강습 신청은 전달 20일부터 25일까지 누리집에서 받는다. 다만, 만 65세 이상은 안내실에서도 신청할 수 있다. "
    "음식물은 가지고 들어올 수 없다."
)
TRUE = [
    "강습료는 한 달에 6만 원입니다.",
    "수영장 안에는 음식물을 가지고 들어갈 수 없어요.",
    "월요일에는 수영장이 쉽니다.",
    "만 65세 이상인 분은 안내실에서도 강습을 신청하실 수 있습니다.",
]
ADDED = [
    "강습을 신청하려면 건강진단서를 내야 합니다.",
    "수영장 주차장은 두 시간까지 무료입니다.",
    "자유 수영은 1회 4천 원이고 수영모는 안내실에서 빌려줍니다.",
]


def test_the_file_in_the_repository_is_what_its_sums_say_and_fits_the_base(repository: Path) -> None:
    path = shipped.shipped_adapter(GROUNDING)
    assert path.parent == repository / "weights" / GROUNDING
    assert path.stat().st_size < 30_000_000
    weights = read_grounding(path)
    weights.adapter.added_to(read_weights(find_weight_file()))
    assert 0 < weights.thresholds.alarm <= weights.thresholds.supported < 1


@pytest.mark.models
def test_what_is_added_is_told_from_what_is_said_in_other_words(grounding_weights: Path) -> None:
    # Not a test of negation: the model misses about half of those, the rule checkers look for them.
    grounder = HaechiGrounder(str(grounding_weights))
    chances = grounder.probabilities([(POOL, sentence) for sentence in (*TRUE, *ADDED)])[:, 0]
    assert chances[: len(TRUE)].min() > chances[len(TRUE) :].max()
    checker = EntailmentChecker(grounder)
    labels = [checker.check(sentence, [Evidence(POOL)])[0].label for sentence in TRUE]
    assert not {"contradicted", "not_found"} & set(labels)
    added = [checker.check(sentence, [Evidence(POOL)])[0].label for sentence in ADDED]
    assert "not_found" in added
    assert "supported" not in added


@pytest.mark.models
def test_an_answer_of_two_sentences_over_two_passages_is_checked_fast(grounding_weights: Path) -> None:
    # A second, on a machine that may be busy; alone it takes a fifth of that.
    checker = EntailmentChecker(HaechiGrounder(str(grounding_weights)))
    passages = [Evidence((POOL * 4)[:600]), Evidence("체육관은 매일 연다. " * 50)]
    checker.check(" ".join(TRUE[:2]), passages)
    times = []
    for _ in range(5):
        began = time.perf_counter()
        assert len(checker.check(" ".join(TRUE[:2]), passages)) == 2
        times.append(time.perf_counter() - began)
    assert sorted(times)[2] < 1.0

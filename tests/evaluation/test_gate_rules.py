"""The gate's rules over made figures: what promotes, what rejects, and what is left undecided."""

from __future__ import annotations

from dataclasses import replace

import pytest

from haechi.config import GateConfig
from haechi.errors import ConfigError
from haechi.evaluation.gate_rules import Decision, decide
from haechi.evaluation.paired import compare, sign_test

#: Figures of one answered question with the right answer and place.
RIGHT = {
    "contains_answer": 1.0,
    "right_citation": 1.0,
    "refusal_recall": None,
    "over_refusal": 0.0,
    "fabricated_values": 0.0,
    "length": 40.0,
    "seconds": 2.0,
}
WRONG = {**RIGHT, "contains_answer": 0.0}
REFUSED = {**RIGHT, "contains_answer": 0.0, "right_citation": 0.0, "over_refusal": 1.0, "length": None}
UNANSWERABLE_REFUSED = {**dict.fromkeys(RIGHT), "refusal_recall": 1.0, "fabricated_values": 0.0, "seconds": 2.0}
UNANSWERABLE_ANSWERED = {**UNANSWERABLE_REFUSED, "refusal_recall": 0.0, "length": 40.0}


def judged(current: list[dict[str, float | None]], candidate: list[dict[str, float | None]]) -> Decision:
    unanswerable = sum(row["refusal_recall"] is not None for row in current)
    return decide(compare(current, candidate), len(current), unanswerable, GateConfig())


def outcome(decision: Decision, rule: str) -> str:
    return next(one.outcome for one in decision.rules if one.rule == rule)


def test_better_beyond_chance_and_nowhere_worse_promotes() -> None:
    current = [WRONG] * 20 + [RIGHT] * 80 + [UNANSWERABLE_REFUSED] * 20
    candidate = [RIGHT] * 100 + [UNANSWERABLE_REFUSED] * 20
    decision = judged(current, candidate)
    assert decision.verdict == "promote"
    assert {rule.outcome for rule in decision.rules} == {"pass"}
    better = next(one for one in decision.rules if one.rule == "better")
    assert "20개 질문에서 낫고 0개" in better.reason and "better on 20" in better.english


def test_one_more_made_up_value_rejects_however_good_the_rest() -> None:
    current = [WRONG] * 50 + [RIGHT] * 50 + [UNANSWERABLE_REFUSED] * 20
    candidate = [{**RIGHT, "fabricated_values": 1.0}] + [RIGHT] * 99 + [UNANSWERABLE_REFUSED] * 20
    decision = judged(current, candidate)
    assert decision.verdict == "reject"
    assert outcome(decision, "fabricated_values") == "fail"


def test_answering_what_has_no_answer_rejects() -> None:
    # The trap of every tuned reader: it answers more, and with that also what it should have refused.
    current = [WRONG] * 50 + [RIGHT] * 50 + [UNANSWERABLE_REFUSED] * 40
    candidate = [RIGHT] * 100 + [UNANSWERABLE_ANSWERED] * 20 + [UNANSWERABLE_REFUSED] * 20
    decision = judged(current, candidate)
    assert decision.verdict == "reject"
    assert outcome(decision, "refusal_recall") == "fail"


def test_harm_that_may_be_chance_leaves_it_undecided() -> None:
    current = [WRONG] * 50 + [RIGHT] * 50 + [UNANSWERABLE_REFUSED] * 20
    candidate = [RIGHT] * 100 + [UNANSWERABLE_ANSWERED] + [UNANSWERABLE_REFUSED] * 19
    decision = judged(current, candidate)
    assert outcome(decision, "refusal_recall") == "unsure"
    assert decision.verdict == "undecided"


def test_refusing_everything_is_no_improvement() -> None:
    current = [RIGHT] * 100 + [UNANSWERABLE_ANSWERED] * 40
    candidate = [REFUSED] * 100 + [UNANSWERABLE_REFUSED] * 40
    decision = judged(current, candidate)
    assert decision.verdict == "reject"
    assert outcome(decision, "better") == "pass" and outcome(decision, "over_refusal") == "fail"


def test_too_few_questions_decide_nothing() -> None:
    current = [WRONG] * 9 + [UNANSWERABLE_REFUSED]
    decision = judged(current, [RIGHT] * 9 + [UNANSWERABLE_REFUSED])
    assert decision.verdict == "undecided"
    reason = decision.rules[0].reason
    assert "10개(최소 100)" in reason and "1개(최소 20)" in reason


def test_no_difference_is_rejected_and_a_small_one_undecided() -> None:
    same = [RIGHT] * 100 + [UNANSWERABLE_REFUSED] * 20
    assert judged(same, same).verdict == "reject"
    almost = [WRONG] * 2 + same[2:]
    assert judged(almost, same).verdict == "undecided"


def test_as_many_wins_as_losses_are_chance() -> None:
    current = [RIGHT] * 50 + [WRONG] * 50 + [UNANSWERABLE_REFUSED] * 20
    candidate = [WRONG] * 48 + [RIGHT] * 52 + [UNANSWERABLE_REFUSED] * 20
    assert outcome(judged(current, candidate), "better") == "unsure"


def test_a_slow_candidate_is_rejected() -> None:
    current = [WRONG] * 50 + [RIGHT] * 50 + [UNANSWERABLE_REFUSED] * 20
    candidate = [{**row, "seconds": 9.0} for row in [RIGHT] * 100 + [UNANSWERABLE_REFUSED] * 20]
    assert outcome(judged(current, candidate), "seconds") == "fail"


def test_the_more_measures_are_looked_at_the_surer_one_must_be() -> None:
    # 6 wins of 6: p = .031. Enough for one measure looked at alone, not for the best of five.
    current = [WRONG] * 6 + [RIGHT] * 94 + [UNANSWERABLE_REFUSED] * 20
    candidate = [RIGHT] * 100 + [UNANSWERABLE_REFUSED] * 20
    measures = compare(current, candidate)
    assert decide(measures, 120, 20, GateConfig()).verdict == "undecided"
    alone = replace(GateConfig(), better=("contains_answer",))
    assert decide(measures, 120, 20, alone).verdict == "promote"


@pytest.mark.parametrize(("better", "worse", "p"), [(0, 0, 1.0), (6, 0, 0.03125), (1, 9, 0.021484), (5, 5, 1.0)])
def test_the_sign_test_is_the_exact_binomial(better: int, worse: int, p: float) -> None:
    assert sign_test(better, worse) == pytest.approx(p, abs=1e-6)


def test_a_refusal_counts_as_no_citation_on_both_sides() -> None:
    found = compare([RIGHT, REFUSED], [RIGHT, RIGHT])["right_citation"]
    assert (found.n, found.current, found.candidate, found.better) == (2, 0.5, 1.0, 1)


def test_settings_of_the_gate_are_checked() -> None:
    with pytest.raises(ConfigError, match=r"confidence"):
        GateConfig(confidence=1.0)
    with pytest.raises(ConfigError, match=r"refusal_fall"):
        GateConfig(refusal_fall=2)
    with pytest.raises(ConfigError, match=r"better"):
        GateConfig(better=("contains_answers",))

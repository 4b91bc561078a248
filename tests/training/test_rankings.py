"""Rankings become pairs by one convention: `ranking[i]` is the rank of `completion_i`, 0 the best."""

from __future__ import annotations

import itertools
from typing import Any

import pytest

from haechi.errors import InputError
from haechi.training.rankings import pairs_of, pairs_of_rows, rank_by_tier, ranking_of_order

TEXTS = ("10분에 500원이며 하루 최대 1만 원입니다.", "유료입니다.", "모르겠어요 요금 요금")


def ranked(order: tuple[int, ...]) -> dict[str, Any]:
    """TEXTS, best first, laid out so that place i holds TEXTS[order[i]]: its rank is then order[i]."""
    return {"prompt": "주차 요금은?", **{f"completion_{i}": TEXTS[k] for i, k in enumerate(order)}, "ranking": [*order]}


@pytest.mark.parametrize("order", [*itertools.permutations(range(3))])
def test_all_six_orders_of_three_give_the_same_three_pairs(order: tuple[int, ...]) -> None:
    # The seed's builder wrote positions and its trainer read ranks: [1, 2, 0] and [2, 0, 1] then train backwards.
    pairs = pairs_of(ranked(order))
    assert {(pair["chosen"], pair["rejected"]) for pair in pairs} == {
        (TEXTS[0], TEXTS[1]),
        (TEXTS[0], TEXTS[2]),
        (TEXTS[1], TEXTS[2]),
    }
    assert len(pairs) == 3


@pytest.mark.parametrize("order", [*itertools.permutations(range(3))])
def test_lists_of_positions_are_turned_round_when_they_are_said_to_be_such(order: tuple[int, ...]) -> None:
    row = ranked(order)
    positions = [order.index(rank) for rank in range(3)]  # positions[k]: where the k-th best answer stands
    assert ranking_of_order(positions) == [*order]
    assert pairs_of_rows([{**row, "ranking": positions}], orders=True) == (pairs_of(row), [])


def test_only_two_of_six_orders_differ_between_the_conventions_and_so_it_must_be_said() -> None:
    different = [order for order in itertools.permutations(range(3)) if ranking_of_order(order) != [*order]]
    assert different == [(1, 2, 0), (2, 0, 1)]


@pytest.mark.parametrize("count", [2, 3, 4, 5])
def test_n_answers_give_exactly_n_times_n_minus_1_over_2_pairs(count: int) -> None:
    row = {"prompt": "가", **{f"completion_{i}": f"답 {i}" for i in range(count)}, "ranking": [*range(count)][::-1]}
    pairs = pairs_of(row)
    assert len(pairs) == count * (count - 1) // 2
    assert all(pair["chosen"] > pair["rejected"] for pair in pairs)  # the last is the best here


@pytest.mark.parametrize(
    ("change", "why"),
    [
        ({"ranking": [1, 2, 3]}, "0부터 2까지"),
        ({"ranking": [0, 0, 1]}, "0부터 2까지"),
        ({"ranking": [0, 1]}, "답은 3개인데"),
        ({"ranking": [0, True, 2]}, "0부터 2까지"),
        ({"ranking": ["0", "1", "2"]}, "0부터 2까지"),
        ({"ranking": None}, "답은 3개인데"),
        ({"completion_1": "  "}, "빈 답"),
        ({"completion_2": TEXTS[0] + " "}, "같은 답"),
    ],
)
def test_a_broken_ranking_is_refused_with_its_reason_and_its_number(change: dict[str, Any], why: str) -> None:
    good = ranked((0, 1, 2))
    with pytest.raises(InputError, match=why):
        pairs_of({**good, **change})
    pairs, refused = pairs_of_rows([good, {**good, **change}])
    assert len(pairs) == 3
    assert refused[0].startswith("2: ")


def test_a_list_that_is_no_order_is_not_repaired_by_turning_it_round() -> None:
    assert pairs_of_rows([{**ranked((0, 1, 2)), "ranking": [0, 0, 1]}], orders=True)[0] == []


@pytest.mark.parametrize("shuffled", [*itertools.permutations(range(3))])
def test_the_label_of_tiers_matches_them_however_they_are_laid_out(shuffled: tuple[int, ...]) -> None:
    tiers = [(0, TEXTS[0]), (1, TEXTS[1]), (7, TEXTS[2])]
    row = rank_by_tier("주차 요금은?", tiers, shuffled)
    by_text = {text: tier for tier, text in tiers}
    laid = [row[f"completion_{place}"] for place in range(3)]
    assert [text for _, text in sorted(zip(row["ranking"], laid, strict=True))] == sorted(laid, key=by_text.__getitem__)
    with pytest.raises(InputError):
        rank_by_tier("가", [(0, "a"), (0, "b")], (0, 1))

"""Ranked answers → pairs. One convention: `ranking[i]` is the rank of `completion_i`, 0 the best.

A list that names positions instead (`order[k]` is the k-th best answer) looks the same and differs for two of the six
orders of three: read as ranks, those train backwards. It is turned round by `ranking_of_order`, never guessed at.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import combinations
from typing import Any

from haechi.errors import InputError
from haechi.training.data_formats import Row, completions


def ranking_problem(row: Mapping[str, Any]) -> tuple[str, str] | None:
    """Why no pair can be made of a ranking row, in Korean and English; None for a sound one."""
    texts, ranking = completions(row), row.get("ranking")
    if len(texts) < 2:
        return f"답이 {len(texts)}개입니다(completion_0부터 둘 이상)", f"{len(texts)} completions; at least 2 wanted"
    if not isinstance(ranking, list) or len(ranking) != len(texts):
        return f"답은 {len(texts)}개인데 ranking은 {ranking}입니다", f"{len(texts)} completions, but ranking {ranking}"
    if any(type(rank) is not int for rank in ranking) or sorted(ranking) != list(range(len(texts))):
        return (
            f"ranking은 0부터 {len(texts) - 1}까지를 한 번씩 써야 합니다(0이 가장 좋음): {ranking}",
            f"ranking must hold 0 to {len(texts) - 1} once each (0 the best): {ranking}",
        )
    if any(not isinstance(text, str) or not text.strip() for text in texts):
        return "빈 답이 있습니다", "a completion is empty"
    plain = [" ".join(text.split()) for text in texts]
    if len(set(plain)) < len(plain):
        return "같은 답에 다른 순위가 붙었습니다", "equal completions have different ranks"
    return None


def ranking_of_order(order: Sequence[int]) -> list[int]:
    """`order[k]`, the position of the k-th best answer → the rank of each answer."""
    ranking = [0] * len(order)
    for rank, position in enumerate(order):
        ranking[position] = rank
    return ranking


def pairs_of(row: Mapping[str, Any]) -> list[Row]:
    """All n(n-1)/2 pairs of a row, the better of two always chosen. Raises InputError for a broken ranking."""
    if problem := ranking_problem(row):
        raise InputError(*problem)
    texts, ranking = completions(row), row["ranking"]
    kept = {name: row[name] for name in ("input", "group") if row.get(name)}
    made = []
    for one, other in combinations(range(len(texts)), 2):
        better, worse = (one, other) if ranking[one] < ranking[other] else (other, one)
        made.append({"prompt": row["prompt"], **kept, "chosen": texts[better], "rejected": texts[worse]})
    return made


def pairs_of_rows(rows: Sequence[Mapping[str, Any]], *, orders: bool = False) -> tuple[list[Row], list[str]]:
    """(pairs of every sound row, `number: why` of every other). `orders`: the lists name positions, not ranks."""
    pairs: list[Row] = []
    refused: list[str] = []
    for number, row in enumerate(rows, 1):
        # Turned round only when it is an order: what is neither is refused below, as it stands.
        count = len(completions(row))
        if (
            orders
            and isinstance(row.get("ranking"), list)
            and sorted(map(str, row["ranking"])) == [*sorted(map(str, range(count)))]
        ):
            row = {**row, "ranking": ranking_of_order([int(place) for place in row["ranking"]])}
        if problem := ranking_problem(row):
            refused.append(f"{number}: {InputError(*problem)}")
        else:
            pairs += pairs_of(row)
    return pairs, refused


def rank_by_tier(prompt: Any, answers: Sequence[tuple[int, str]], shuffled: Sequence[int]) -> Row:
    """A ranking row of answers with their tiers (0 the best), laid out in the order `shuffled`.

    The label is counted from the tiers of what stands there, so that it cannot disagree with them. Raises InputError
    when two answers are of one tier, or `shuffled` is no order of them.
    """
    if len({tier for tier, _ in answers}) < len(answers) or sorted(shuffled) != list(range(len(answers))):
        raise InputError("답마다 등급이 하나씩 달라야 합니다", "every answer needs a tier of its own")
    laid = [answers[position] for position in shuffled]
    order = sorted(tier for tier, _ in laid)
    texts = {f"completion_{place}": text for place, (_, text) in enumerate(laid)}
    return {"prompt": prompt, **texts, "ranking": [order.index(tier) for tier, _ in laid]}

"""Fit ranking and refusal to a home without labels written by hand: its own LLM writes questions about its passages.

Every question's passage is known, so the weights that put it first can be fitted. They are judged on sources that took
no part in the fit, and kept only if they do better there; else the home goes on with what it had.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, replace
from functools import partial
from typing import Any

import numpy as np

from haechi.errors import InputError
from haechi.evaluation import refusal_fit
from haechi.evaluation.answer_metrics import golds_of, is_gold
from haechi.evaluation.refusal_fit import Tried
from haechi.pipeline import refusal
from haechi.pipeline.answer_signals import signals as signals_of
from haechi.pipeline.answerability import assess
from haechi.pipeline.build import Home
from haechi.pipeline.refusal import RefusalWeights
from haechi.records import hit_record
from haechi.retrievers.fitting import Judged, fit, folds, reciprocal_ranks
from haechi.retrievers.ranking import SIGNALS, STATE_KEY, Weights
from haechi.types import Hit

Report = Callable[[int, int], None]
IsGold = Callable[[Hit], bool]

#: Candidates a question is judged over: those that get the closer look.
_DEPTH = 20
#: Fewer questions than this say nothing about eight weights.
LEAST = 20


def written_questions(home: Home, count: int, progress: Report | None = None) -> list[tuple[str, IsGold, str]]:
    """One question each about `count` passages spread over the home, written by its LLM and kept in the store.

    (question, is it its passage, source). A second run asks the model only for what is missing.
    """
    strategy = home.strategy("hypothetical_questions")
    entries = home.store.entry_ids()
    chosen = entries[:: max(1, len(entries) // count)][:count]
    hits = home.store.hits(chosen)
    found: list[tuple[str, IsGold, str]] = []
    for number, entry in enumerate(chosen, 1):
        hit = hits[entry]
        if hit.matched_kind == "plain":
            keys = strategy.keys(hit.matched_text)  # type: ignore[attr-defined]
            if keys:
                found.append((keys[0], partial(_is_chunk, hit.chunk.id), hit.document_source))
        if progress is not None:
            progress(number, len(chosen))
    return found


def own_questions(rows: Sequence[Mapping[str, Any]]) -> list[tuple[str, IsGold, str]]:
    """Questions of a file with `gold_ids` or `gold` places."""
    found: list[tuple[str, IsGold, str]] = []
    for row in rows:
        golds = golds_of(row)
        if golds:
            found.append((str(row["question"]), partial(_is_one_of, golds), str(golds[0])))
    return found


def _is_chunk(identity: str, hit: Hit) -> bool:
    return hit.chunk.id == identity


def _is_one_of(golds: Sequence[Mapping[str, Any]], hit: Hit) -> bool:
    return any(is_gold(hit_record(1, hit), gold) for gold in golds)


def judge(home: Home, questions: Sequence[tuple[str, IsGold, str]], progress: Report | None = None) -> list[Judged]:
    """The candidates of each question with their signals."""
    retriever = home.retriever()
    judged = []
    for number, (question, is_right, source) in enumerate(questions, 1):
        hits = retriever.retrieve(question, _DEPTH)
        rows = [[hit.signals.get(name, 0.0) for name in SIGNALS] for hit in hits]
        gold = np.array([is_right(hit) for hit in hits], bool)
        judged.append(Judged(np.array(rows).reshape(-1, len(SIGNALS)), gold, source))
        if progress is not None:
            progress(number, len(questions))
    return judged


def calibrate(home: Home, judged: Sequence[Judged]) -> dict[str, Any]:
    """Fit, judge by cross-validation over sources, keep what is better. Raises InputError for too few questions."""
    if len(judged) < LEAST:
        raise InputError(
            f"맞추기에 쓸 질문이 {len(judged)}개뿐입니다. 적어도 {LEAST}개가 있어야 합니다. "
            "문서를 더 넣거나, --count를 늘리거나, --questions 파일을 주세요",
            f"only {len(judged)} questions; calibration needs {LEAST} or more. Add documents, raise --count or give "
            "a file with --questions",
        )
    now = Weights.of_text(home.store.state(STATE_KEY))
    before = reciprocal_ranks(judged, now)
    after = [0.0] * len(judged)
    for part in folds(judged):
        held = set(part)
        weights = fit([one for place, one in enumerate(judged) if place not in held], Weights())
        for place, value in zip(part, reciprocal_ranks([judged[place] for place in part], weights), strict=True):
            after[place] = value
    better = float(np.mean(after)) > float(np.mean(before))
    chosen = fit(judged, Weights()) if better else now
    if better:
        with home.store.writer():
            home.store.set_state(STATE_KEY, chosen.to_text())
    return {
        "n": len(judged),
        "kept": better,
        "before": _figures(before),
        "after": _figures(after),
        "weights": asdict(chosen),
    }


def try_questions(
    home: Home, questions: Sequence[tuple[str, IsGold, str]], progress: Report | None = None
) -> list[Tried]:
    """Each question with its passages, without the documents of their title, and without the passages alone.

    A question whose passage is not found in the first k has no answerable try: that is retrieval's fault.
    """
    retriever, analyser, index = home.retriever(), home.analyser(), home.indexes().full_text
    weights, k = Weights.of_text(home.store.state(STATE_KEY)), home.config.retrieval.k
    tried: list[Tried] = []

    def take(question: str, hits: Sequence[Hit], answerable: bool, group: str) -> None:
        can = assess(question, hits, analyser)
        tried.append(Tried(signals_of(question, hits, analyser, index, can.coverage), answerable, group))

    for number, (question, is_right, source) in enumerate(questions, 1):
        hits = retriever.retrieve(question, k + _DEPTH)
        gold = [is_right(hit) for hit in hits]
        titles = {hit.document_title for hit, right in zip(hits, gold, strict=True) if right}
        group = min(titles, default=source)
        if any(gold[:k]):
            take(question, hits[:k], True, group)
        if titles:
            for out in ([hit.document_title in titles for hit in hits], gold):
                left = refusal_fit.without(hits, out, weights, k)
                if left:
                    take(question, left, False, group)
        if progress is not None:
            progress(number, len(questions))
    return tried


def calibrate_refusal(home: Home, tried: Sequence[Tried]) -> dict[str, Any]:
    """Fit, judge by cross-validation over documents, keep what is better. Raises InputError for too few questions."""
    answerable = sum(one.answerable for one in tried)
    if answerable < LEAST or len(tried) - answerable < LEAST:
        raise InputError(
            f"거절을 맞추기에는 찾아지는 질문이 {answerable}개뿐입니다. 적어도 {LEAST}개가 있어야 합니다. "
            "--count를 늘리거나 --questions 파일을 주세요",
            f"only {answerable} questions find their passage; refusal needs {LEAST} or more. Raise --count or give "
            "a file with --questions",
        )
    allowed = home.config.refusal.over_refusal
    now = RefusalWeights.of_text(home.store.state(refusal.STATE_KEY))
    chances = [now.before(one.signals) for one in tried]
    before = refusal_fit.figures(tried, chances, [now.threshold] * len(tried))
    fitted, thresholds = refusal_fit.cross_validated(tried, RefusalWeights(), allowed)
    after = refusal_fit.figures(tried, fitted, thresholds)
    # The threshold is what was asked for; the weights are kept only if they tell better.
    better = after["auc"] > before["auc"]
    weights = refusal_fit.fit(tried, RefusalWeights(), allowed) if better else now
    if not better:
        weights = replace(now, threshold=refusal_fit.threshold_for(tried, now, allowed))
        after = refusal_fit.figures(tried, chances, [weights.threshold] * len(tried))
    with home.store.writer():
        home.store.set_state(refusal.STATE_KEY, weights.to_text())
    return {
        "n": len(tried),
        "answerable": answerable,
        "kept": better,
        "allowed_over_refusal": allowed,
        "before": before,
        "after": after,
        "weights": asdict(weights),
        "curve": refusal_fit.risk_coverage(tried, fitted if better else chances),
    }


def reset(home: Home) -> None:
    """Back to the default weights of ranking and refusal."""
    with home.store.writer():
        home.store.set_state(STATE_KEY, Weights().to_text())
        home.store.set_state(refusal.STATE_KEY, RefusalWeights().to_text())


def _figures(ranks: Sequence[float]) -> dict[str, float]:
    values = np.array(ranks)
    return {
        "recall@1": round(float((values >= 1).mean()), 4),
        "recall@2": round(float((values >= 0.5).mean()), 4),
        "mrr": round(float(values.mean()), 4),
    }

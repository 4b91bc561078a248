"""What a candidate must show to be put into use: rules over paired figures → promote, reject or undecided.

A rule passes, fails or is unsure. It fails when the harm is sure, that is when even the better end of the interval is
beyond the margin; seen but not sure is unsure. One failed rule rejects, else one unsure rule leaves it undecided.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any, Literal

from haechi.config import GateConfig
from haechi.evaluation.paired import MEASURES, Paired

Verdict = Literal["promote", "reject", "undecided"]
#: `skipped`: no question measures it.
Outcome = Literal["pass", "fail", "unsure", "skipped"]


@dataclass(frozen=True)
class Judged:
    """One rule's outcome with its reason in both languages."""

    rule: str
    outcome: Outcome
    reason: str
    english: str

    def record(self) -> dict[str, Any]:
        """As JSON."""
        return asdict(self)


@dataclass(frozen=True)
class Decision:
    """The verdict and every rule's part in it."""

    verdict: Verdict
    rules: tuple[Judged, ...]

    def record(self) -> dict[str, Any]:
        """As JSON."""
        return {"verdict": self.verdict, "rules": [rule.record() for rule in self.rules]}


def decide(measures: Mapping[str, Paired], questions: int, unanswerable: int, settings: GateConfig) -> Decision:
    """Judge `measures` (of `compare`) over `questions`, of which `unanswerable` have no answer in the documents."""
    enough = _enough(questions, unanswerable, settings)
    rules = [
        enough,
        _fabricated(measures.get("fabricated_values"), settings),
        _not_worse("refusal_recall", measures, settings.refusal_fall),
        _not_worse("over_refusal", measures, settings.over_refusal_rise),
        _not_worse("contains_answer", measures, settings.answer_fall),
        _not_worse("right_citation", measures, settings.citation_fall),
        _not_slower(measures.get("seconds"), settings),
        _better(measures, settings),
    ]
    outcomes = {rule.outcome for rule in rules}
    if enough.outcome != "pass":
        verdict: Verdict = "undecided"  # with few questions no other rule means anything
    elif "fail" in outcomes:
        verdict = "reject"
    else:
        verdict = "undecided" if "unsure" in outcomes else "promote"
    return Decision(verdict, tuple(rules))


def _enough(questions: int, unanswerable: int, settings: GateConfig) -> Judged:
    few = []
    if questions < settings.min_questions:
        least = settings.min_questions
        few.append((f"질문 {questions}개(최소 {least})", f"{questions} questions (at least {least})"))
    if unanswerable < settings.min_unanswerable:
        least = settings.min_unanswerable
        few.append(
            (
                f"그 가운데 답 없는 질문 {unanswerable}개(최소 {least})",
                f"{unanswerable} of them unanswerable (at least {least})",
            )
        )
    if few:
        korean, english = (", ".join(part) for part in zip(*few, strict=True))
        return Judged("questions", "unsure", f"질문이 모자랍니다: {korean}", f"too few questions: {english}")
    return Judged(
        "questions",
        "pass",
        f"질문 {questions}개, 그 가운데 답 없는 질문 {unanswerable}개",
        f"{questions} questions, {unanswerable} of them unanswerable",
    )


def _fabricated(found: Paired | None, settings: GateConfig) -> Judged:
    """A made-up value is what nobody forgives, so the count itself may not rise; there is no 'by chance' here."""
    rule = "fabricated_values"
    if found is None:
        return _absent(rule)
    before, after = round(found.current * found.n), round(found.candidate * found.n)
    reason = f"지어낸 값 {before}개 → {after}개(늘어도 되는 수 {settings.fabricated_rise})"
    english = f"fabricated values {before} → {after} (may rise by {settings.fabricated_rise})"
    return Judged(rule, "fail" if after > before + settings.fabricated_rise else "pass", reason, english)


def _not_worse(name: str, measures: Mapping[str, Paired], margin: float) -> Judged:
    found = measures.get(name)
    if found is None:
        return _absent(name)
    outcome: Outcome = "pass"
    if found.gain < -margin:
        outcome = "fail" if found.gain_high < -margin else "unsure"
    korean, english = _shares(found)
    return Judged(
        name, outcome, f"{korean}, 나빠져도 되는 폭 {margin:.1%}", f"{english}, may get worse by {margin:.1%}"
    )


def _not_slower(found: Paired | None, settings: GateConfig) -> Judged:
    if found is None:
        return _absent("seconds")
    allowed = found.current * settings.slower
    outcome: Outcome = "pass"
    if found.difference > allowed:
        outcome = "fail" if found.low > allowed else "unsure"
    figures = f"{found.current:.2f} → {found.candidate:.2f}"
    return Judged(
        "seconds",
        outcome,
        f"답 하나에 {figures}초, 늘어도 되는 몫 {settings.slower:.0%}",
        f"{figures} seconds an answer, may rise by {settings.slower:.0%}",
    )


def _better(measures: Mapping[str, Paired], settings: GateConfig) -> Judged:
    """Better beyond chance in one of the measures; the more of them are looked at, the surer it has to be."""
    looked = [measures[name] for name in settings.better if name in measures]
    if not looked:
        return Judged(
            "better",
            "unsure",
            f"견줄 지표가 없습니다: {', '.join(settings.better)}",
            f"nothing to compare: {', '.join(settings.better)}",
        )
    level = (1 - settings.confidence) / len(looked)
    sure = [one for one in looked if one.gain > 0 and one.p < level]
    if sure:
        korean, english = zip(*(_change(one) for one in sure), strict=True)
        return Judged(
            "better",
            "pass",
            f"우연이라 볼 수 없게 나아졌습니다: {'; '.join(korean)}",
            f"better beyond chance: {'; '.join(english)}",
        )
    seen = [one for one in looked if one.gain > 0]
    if seen:
        korean, english = zip(*(_change(one) for one in seen), strict=True)
        return Judged(
            "better",
            "unsure",
            f"나아졌으나 우연일 수 있습니다(p < {level:.3f}이어야 함): {'; '.join(korean)}. 질문을 늘려 다시 재세요",
            f"better, but it may be chance (needs p < {level:.3f}): {'; '.join(english)}; measure more questions",
        )
    return Judged("better", "fail", "나아진 지표가 없습니다", "no measure got better")


def _shares(found: Paired) -> tuple[str, str]:
    measure = MEASURES[found.measure]
    figures = f"{found.current:.1%} → {found.candidate:.1%}"
    korean = f"차이 {found.difference * 100:+.1f}%p, 구간 {found.low * 100:+.1f}~{found.high * 100:+.1f}"
    english = f"{found.difference * 100:+.1f} points, interval {found.low * 100:+.1f} to {found.high * 100:+.1f}"
    return f"{measure.what} {figures}({korean})", f"{measure.english} {figures} ({english})"


def _change(found: Paired) -> tuple[str, str]:
    measure = MEASURES[found.measure]
    korean = f"{measure.what}: {found.better}개 질문에서 낫고 {found.worse}개에서 못함(p={found.p:.4f})"
    return korean, f"{measure.english}: better on {found.better} questions, worse on {found.worse} (p={found.p:.4f})"


def _absent(name: str) -> Judged:
    measure = MEASURES[name]
    return Judged(
        name,
        "skipped",
        f"{measure.what}: 잴 수 있는 질문이 없어 보지 않았습니다",
        f"{measure.english}: no question measures it, not looked at",
    )

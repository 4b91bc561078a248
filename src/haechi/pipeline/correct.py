"""The corrector: the smallest edit that the evidence settles, else the claim goes, else there is no answer.

A sentence without a bad verdict (contradicted, not_found) is never touched. What was changed is checked again by every
checker; an edit that does not hold is taken back and its sentence dropped. Nothing here talks to a user or a store.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field

from haechi.checkers.base import Checker, Evidence
from haechi.korean.clause_cut import cut_out
from haechi.korean.josa import refit_josa, with_josa
from haechi.korean.sentences import split_sentences
from haechi.korean.values import parse_values
from haechi.pipeline.settle import only_bound, settles
from haechi.pipeline.shape import PROVISO
from haechi.types import Correction, Verdict

BAD = frozenset({"contradicted", "not_found"})
_MARKERS = re.compile(r"(?:\s*\[\d+(?:\s*,\s*\d+)*\])+")
#: A claim longer than this share of its sentence is the sentence.
_WHOLE = 0.8


@dataclass(frozen=True)
class Corrected:
    """What an answer became. `verdicts` are those of `text`, offsets included; not `settled`: refuse.

    `sentences` are what each sentence of the given text (as `sentences_of` cuts it) became, "" where it was dropped.
    """

    text: str
    corrections: tuple[Correction, ...]
    verdicts: tuple[Verdict, ...]
    settled: bool
    sentences: tuple[str, ...] = ()


@dataclass
class _Piece:
    """One sentence: as given, as it is now ("" when dropped), and what stood behind it."""

    original: str
    gap: str
    text: str = ""
    correction: Correction | None = None


@dataclass(frozen=True)
class _Complaint:
    """A bad verdict with its place in the sentence; start -1 where it is about the whole of it."""

    verdict: Verdict
    start: int = -1
    end: int = -1


@dataclass
class _Change:
    """Replacements in one sentence, with their reasons and the sentences that settle them."""

    places: list[tuple[int, int, str]] = field(default_factory=list)
    reasons: list[str] = field(default_factory=list)
    verdicts: list[Verdict] = field(default_factory=list)

    def add(self, place: tuple[int, int, str], reason: str, verdict: Verdict) -> None:
        self.places.append(place)
        self.reasons.append(reason)
        self.verdicts.append(verdict)


def correct(
    text: str,
    evidence: Sequence[Evidence],
    checkers: Sequence[Checker],
    question: str = "",
    rounds: int = 2,
    verdicts: Sequence[Verdict] | None = None,
) -> Corrected:
    """Mend or drop every sentence with a bad verdict; `verdicts` are those of `text` where they are known already.

    Checks again after every round of changes, at most `rounds` times. An answer without a bad verdict comes back as it
    is. Not settled when nothing is left, or when the last check still finds something bad.
    """
    found = check_all(text, evidence, checkers, question) if verdicts is None else tuple(verdicts)
    pieces = _pieces(text)
    if not _is_bad(found):
        return Corrected(text, (), found, True, tuple(piece.text for piece in pieces))
    for _ in range(rounds):
        for number, complaints in _placed(found, pieces).items():
            _mend(pieces, number, complaints)
        now, _spans = _join(pieces)
        if not now:
            break
        found = check_all(now, evidence, checkers, question)
        if not _is_bad(found):
            return Corrected(now, _corrections(pieces), found, True, tuple(piece.text for piece in pieces))
    for piece in pieces:
        if piece.text:
            _leave_out(piece, "뺐습니다. 고친 뒤에도 근거와 맞지 않는 곳이 남았습니다")
    return Corrected("", _corrections(pieces), (), False, tuple("" for _ in pieces))


def check_all(
    text: str, evidence: Sequence[Evidence], checkers: Sequence[Checker], question: str = ""
) -> tuple[Verdict, ...]:
    """What every checker says about a text."""
    return tuple(verdict for checker in checkers for verdict in checker.check(text, evidence, question))


def sentences_of(text: str) -> list[tuple[int, int]]:
    """Spans of the sentences; citation markers behind a full stop belong to the sentence before them."""
    spans: list[tuple[int, int]] = []
    for start, end in split_sentences(text):
        markers = _MARKERS.match(text, start) if spans else None
        if markers:
            spans[-1] = (spans[-1][0], markers.end())
            start = markers.end() + len(text[markers.end() : end]) - len(text[markers.end() : end].lstrip())
        if start < end:
            spans.append((start, end))
    return spans


def _is_bad(verdicts: Sequence[Verdict]) -> bool:
    return any(verdict.label in BAD for verdict in verdicts)


def _pieces(text: str) -> list[_Piece]:
    spans = sentences_of(text)
    nexts = [start for start, _ in spans[1:]] + [spans[-1][1]] if spans else []
    return [
        _Piece(text[start:end], text[end:following], text[start:end])
        for (start, end), following in zip(spans, nexts, strict=True)
    ]


def _join(pieces: Sequence[_Piece]) -> tuple[str, dict[int, int]]:
    """The text of what is left, and where each kept piece begins in it."""
    text, gap, starts = "", "", {}
    for number, piece in enumerate(pieces):
        if piece.text:
            text += gap if text else ""
            starts[number] = len(text)
            text += piece.text
            gap = piece.gap
        elif "\n" in piece.gap:
            gap = piece.gap
    return text, starts


def _placed(verdicts: Sequence[Verdict], pieces: Sequence[_Piece]) -> dict[int, list[_Complaint]]:
    """The bad verdicts by the sentence they are about; one that fits no sentence is about all of them."""
    text, starts = _join(pieces)
    placed: dict[int, list[_Complaint]] = {}
    for verdict in verdicts:
        if verdict.label not in BAD:
            continue
        holders = [
            number for number, start in starts.items() if start <= verdict.start < start + len(pieces[number].text)
        ]
        if holders:
            start, size = starts[holders[0]], len(pieces[holders[0]].text)
            complaint = _Complaint(verdict, verdict.start - start, min(verdict.end - start, size))
        else:
            holders = [number for number in starts if verdict.claim and verdict.claim in pieces[number].text]
            complaint = _Complaint(verdict)
            if text.count(verdict.claim) == 1 and len(holders) == 1:
                at = pieces[holders[0]].text.index(verdict.claim)
                complaint = _Complaint(verdict, at, at + len(verdict.claim))
        for number in holders or starts:
            placed.setdefault(number, []).append(complaint)
    return placed


def _mend(pieces: list[_Piece], number: int, complaints: Sequence[_Complaint]) -> None:
    piece = pieces[number]
    if not piece.text:
        return  # dropped together with a neighbour
    change = None if piece.correction is not None else _change(piece.text, complaints)
    if change is None:
        _drop(pieces, number, complaints)
        return
    text = piece.text
    for start, end, new in sorted(change.places, reverse=True):
        text = text[:start] + new + (refit_josa(text[start:end], new, text[end:]) if new else text[end:])
    piece.text = text
    piece.correction = _correction(piece.original, text, " ".join(change.reasons), change.verdicts)


def _change(text: str, complaints: Sequence[_Complaint]) -> _Change | None:
    """The smallest change that answers every complaint, or None where only dropping the sentence does."""
    settled = _settled(text, complaints)
    change = _Change()
    for complaint in settled:
        verdict = complaint.verdict
        old = text[complaint.start : complaint.end]
        was, new = with_josa(f"'{old}'", "을/를"), with_josa(f"'{verdict.suggestion}'", "으로/로")
        reason = f"{was} 근거대로 {new} 고쳤습니다."
        change.add((complaint.start, complaint.end, verdict.suggestion), reason, verdict)
    for complaint in complaints:
        if any(complaint.verdict is done.verdict for done in settled):
            continue
        if complaint.start < 0 or complaint.end - complaint.start > _WHOLE * len(text):
            if not settled:
                return None
            continue  # about the sentence as a whole: the edit may be what it wanted, the next check says
        if any(done.start < complaint.end and complaint.start < done.end for done in settled):
            continue
        cut = cut_out(text, complaint.start, complaint.end)
        if cut is None:
            return None
        change.places = [place for place in change.places if place[1] <= cut[0] or cut[1] <= place[0]]
        change.add(cut, f"{_why(complaint.verdict)} 그 부분만 뺐습니다.", complaint.verdict)
    return change if change.places else None


def _settled(text: str, complaints: Sequence[_Complaint]) -> list[_Complaint]:
    """The complaints that exactly one edit answers: one suggestion for the place, and no other claim's value in it."""
    wanted: dict[tuple[int, int], list[_Complaint]] = {}
    for complaint in complaints:
        verdict = complaint.verdict
        exact = verdict.claim.split() == text[complaint.start : complaint.end].split()
        if verdict.label == "contradicted" and verdict.suggestion.strip() and complaint.start >= 0 and exact:
            wanted.setdefault((complaint.start, complaint.end), []).append(complaint)
    settled = []
    for (start, end), asking in wanted.items():
        new = {complaint.verdict.suggestion for complaint in asking}
        same = settles(text, start, end, asking[0].verdict)
        crossed = any(place != (start, end) and place[0] < end and start < place[1] for place in wanted)
        if len(new) == 1 and same and not crossed and not _said_elsewhere(text, start, end, asking[0], wanted):
            settled.append(asking[0])
    # Two bounds that are both wrong are more likely two values in each other's place.
    return [one for one in settled if len(settled) == 1 or not only_bound(one.verdict)]


def _said_elsewhere(
    text: str,
    start: int,
    end: int,
    complaint: _Complaint,
    wanted: dict[tuple[int, int], list[_Complaint]],
) -> bool:
    """Whether the sentence says the suggested value already, or another claim is to become it: then it is a guess."""
    suggestion = complaint.verdict.suggestion
    others = [rivals[0].verdict.suggestion for place, rivals in wanted.items() if place != (start, end)]
    values = {value.normalised for value in parse_values(suggestion)}
    if not values:
        return suggestion in others or suggestion in text[:start] + "\n" + text[end:]
    said = {value.normalised for value in parse_values(text) if value.end <= start or end <= value.start}
    said.update(value.normalised for other in others for value in parse_values(other))
    return bool(values & said)


def _drop(pieces: list[_Piece], number: int, complaints: Sequence[_Complaint]) -> None:
    """Take a sentence out, with the proviso that hangs on it; a contradicted proviso takes its sentence with it."""
    reasons = list(dict.fromkeys(_why(complaint.verdict) for complaint in complaints))
    piece = pieces[number]
    piece.text = ""
    verdicts = [complaint.verdict for complaint in complaints]
    piece.correction = _correction(piece.original, "", f"뺐습니다. {' '.join(reasons)}", verdicts)
    following = next((n for n in range(number + 1, len(pieces)) if pieces[n].text), None)
    if following is not None and following == number + 1 and PROVISO.match(pieces[following].text):
        _leave_out(pieces[following], "앞 문장을 빼서 함께 뺐습니다")
    contradicted = any(complaint.verdict.label == "contradicted" for complaint in complaints)
    if contradicted and PROVISO.match(piece.original) and number and pieces[number - 1].text:
        _leave_out(pieces[number - 1], "뒤따르는 단서가 근거와 달라 함께 뺐습니다")


def _correction(before: str, after: str, reason: str, verdicts: Sequence[Verdict]) -> Correction:
    sources = dict.fromkeys(verdict.evidence for verdict in verdicts if verdict.evidence)
    checkers = dict.fromkeys(verdict.checker for verdict in verdicts)
    return Correction(before, after, reason, "\n".join(sources), ",".join(checkers))


def _leave_out(piece: _Piece, reason: str) -> None:
    piece.text = ""
    piece.correction = Correction(piece.original, "", reason)


def _why(verdict: Verdict) -> str:
    what = "근거와 다름" if verdict.label == "contradicted" else "근거에 없음"
    return f"{what}: {verdict.claim}" + (f" ({verdict.explanation})" if verdict.explanation else "")


def _corrections(pieces: Sequence[_Piece]) -> tuple[Correction, ...]:
    return tuple(piece.correction for piece in pieces if piece.correction is not None)

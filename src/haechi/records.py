"""The JSON shapes of the command line and HTTP contracts: one place, so both print the same keys."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from haechi.diff import diff_record
from haechi.types import Answer, Citation, Correction, Hit, Value, Verdict

#: Every answer has all of these; a step that was not taken (a refusal before the model) is null, not 0 seconds.
STEPS = ("gate", "retrieve", "first_token", "generate", "check", "total")
#: Steps that stand there only when they were taken.
EXTRA_STEPS = ("rewrite", "expand")


def hit_record(rank: int, hit: Hit) -> dict[str, Any]:
    """One search hit; `rank` is 1-based. `matched` is the key that was found where it is not the chunk itself."""
    return {
        "rank": rank,
        "score": round(hit.score, 6),
        "retriever": hit.retriever,
        "document": hit.chunk.document_id,
        "external_id": hit.external_id,
        "title": hit.document_title,
        "source": hit.document_source,
        "label": hit.chunk.label,
        "page": hit.chunk.page,
        "headings": list(hit.chunk.headings),
        "version": hit.version,
        "version_note": str(hit.chunk.meta.get("version_note") or ""),
        "chunk": hit.chunk.id,
        "text": hit.chunk.text,
        "matched": None if hit.matched_kind == "plain" else {"kind": hit.matched_kind, "text": hit.matched_text},
        "ocr": hit.ocr,
        "neighbours": [piece.id for piece in hit.pieces if piece.id != hit.chunk.id],
    }


def citation_record(citation: Citation) -> dict[str, Any]:
    """One citation; `marker` is the n of `[n]`."""
    return {
        "marker": citation.marker,
        "document": citation.document_id,
        "external_id": citation.external_id,
        "title": citation.document,
        "source": citation.source,
        "label": citation.label,
        "page": citation.page,
        "headings": list(citation.headings),
        "version": citation.version,
        "version_note": citation.version_note,
        "chunk": citation.chunk_id,
        "quote": citation.quote,
        "ocr": citation.ocr,
    }


def verdict_record(verdict: Verdict) -> dict[str, Any]:
    """One verdict."""
    return {
        "checker": verdict.checker,
        "claim": verdict.claim,
        "label": verdict.label,
        "evidence": verdict.evidence,
        "explanation": verdict.explanation,
        "suggestion": verdict.suggestion,
        "start": verdict.start,
        "end": verdict.end,
        "score": None if verdict.score is None else round(verdict.score, 4),
    }


def correction_record(correction: Correction) -> dict[str, Any]:
    """One edit, with its word-level runs."""
    return {
        "before": correction.before,
        "after": correction.after,
        "reason": correction.reason,
        "source": correction.source,
        "checker": correction.checker,
        "diff": diff_record(correction.before, correction.after),
    }


#: What a status says to a reader. Even the best claims no more than was checked: whether a sentence answers the
#: question, no checker knows.
STATUS_WORDS = {
    "refused": "답하지 않음",
    "faq": "등록된 답변",
    "contradicted": "근거와 다른 곳이 있음",
    "not_found": "근거에 없는 곳이 있음",
    "supported": "값이 근거와 일치",
    "partly": "일부만 확인한 답",
    "unproven": "확인하지 못한 답",
    "unchecked": "확인하지 않음",
}


def status_of(origin: str, labels: Collection[str]) -> str:
    """A key of `STATUS_WORDS`: the worst verdict counts, and no verdict is not a pass."""
    if origin != "generated":
        return origin
    worst = next((label for label in ("contradicted", "not_found") if label in labels), "")
    if worst:
        return worst
    if not labels:
        return "unchecked"
    if set(labels) == {"supported"}:
        return "supported"
    return "partly" if "supported" in labels else "unproven"


def value_record(value: Value) -> dict[str, Any]:
    """One parsed value; offsets are characters of the given text."""
    return {
        "kind": value.kind,
        "surface": value.surface,
        "normalised": value.normalised,
        "start": value.start,
        "end": value.end,
        "certainty": value.certainty,
    }


def answer_record(answer: Answer) -> dict[str, Any]:
    """The Answer object of interfaces.md."""
    return {
        "id": answer.id,
        "question": answer.question,
        "answer": answer.answer,
        "origin": answer.origin,
        "reason": answer.reason,
        "refusal": answer.refusal,
        "confidence": None if answer.confidence is None else round(answer.confidence, 4),
        "citations": [citation_record(citation) for citation in answer.citations],
        "status": (status := status_of(answer.origin, [verdict.label for verdict in answer.verdicts])),
        "status_text": STATUS_WORDS[status],
        "verdicts": [verdict_record(verdict) for verdict in answer.verdicts],
        "corrections": [correction_record(item) for item in answer.corrections],
        "hits": [hit_record(rank, hit) for rank, hit in enumerate(answer.hits, 1)],
        "model": answer.model,
        "tokens": dict(answer.tokens),
        "timings": {
            step: round(answer.timings[step], 4) if step in answer.timings else None
            for step in (*STEPS, *(step for step in EXTRA_STEPS if step in answer.timings))
        },
        "lock_fired": answer.lock_fired,
        "rewritten": answer.rewritten,
        "notes": list(answer.notes),
        "expansion": dict(answer.expansion) if answer.expansion is not None else None,
        "conversation_id": answer.conversation_id,
    }

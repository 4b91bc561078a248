"""How an answer looks in a terminal: the answer, its sources, and what each checker found."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from haechi.cli.texts import t
from haechi.diff import diff_text
from haechi.records import correction_record, status_of
from haechi.types import Answer

MARKS = {"supported": "✓", "contradicted": "✗", "not_found": "✗", "unchecked": "?"}


def verdict_word(label: str) -> str:
    """A verdict in the reader's words; `unchecked` never sounds like a pass."""
    return {
        "supported": t("근거와 일치", "supported"),
        "contradicted": t("근거와 다름", "contradicted"),
        "not_found": t("근거에 없음", "not found"),
        "unchecked": t("확인하지 못함", "unchecked"),
    }[label]


def place(label: str, page: int | None) -> str:
    """`제12조 3쪽`; the page once where it is the label."""
    return label if page is None or label == f"{page}쪽" else t(f"{label} {page}쪽", f"{label} p. {page}")


def kind_word(kind: str) -> str:
    """A kind of search key in the reader's words."""
    return {
        "small": t("문장", "sentence"),
        "question": t("질문", "question"),
        "summary": t("요약", "summary"),
    }.get(kind, kind)


def version(text: str) -> str:
    """`, 시행 2026-03-17` behind a place, or nothing."""
    return f", {text}" if text else ""


def ocr_note(ocr: float | None) -> str:
    """` · 문자 인식(OCR), 확신도 87%` behind the place of a passage that was read from a picture; else nothing."""
    if ocr is None:
        return ""
    return t(f" · 문자 인식(OCR), 확신도 {ocr:.0%}", f" · read by OCR, confidence {ocr:.0%}")


def cost_line(expansion: Mapping[str, Any]) -> str:
    """What the language model cost before the answer: calls, tokens, seconds."""
    calls, seconds = expansion["calls"], expansion["seconds"]
    read, written = expansion["prompt_tokens"], expansion["completion_tokens"]
    return t(
        f"※ 질문 바꾸기에 쓴 비용: 모델 {calls}번, 읽은 토큰 {read}개, 쓴 토큰 {written}개, {seconds:.1f}초",
        f"※ cost of other wordings: {calls} model calls, {read} tokens read, {written} written, {seconds:.1f} s",
    )


def answer_text(answer: Answer) -> str:
    """The whole answer as a person reads it."""
    return "\n".join([answer.answer, *details(answer)])


def details(answer: Answer) -> list[str]:
    """Everything below the answer's own text."""
    lines = []
    if answer.origin == "faq":
        lines.append(t("(등록된 답변)", "(curated answer)"))
    if answer.rewritten:
        lines.append(t(f"(이렇게 물었습니다: {answer.rewritten})", f"(asked as: {answer.rewritten})"))
    lines += [f"※ {note}" for note in answer.notes]
    if answer.expansion is not None and answer.expansion["calls"]:
        lines.append(cost_line(answer.expansion))
    if answer.origin == "refused" and answer.reason:
        lines.append(t(f"(이유: {answer.reason})", f"(reason: {answer.reason})"))
    if answer.citations:
        lines += ["", t("출처", "Sources")]
    for citation in answer.citations:
        where = place(citation.label, citation.page) + version(citation.version) + ocr_note(citation.ocr)
        lines.append(f"  [{citation.marker}] {citation.document} {where}")
        lines.append(f"      “{citation.quote}”")
        if citation.version_note:
            lines.append(f"      ({citation.version_note})")
    if answer.verdicts:
        lines += ["", t("검사", "Checks")]
    for verdict in answer.verdicts:
        why = f" ({verdict.explanation})" if verdict.explanation and verdict.label != "supported" else ""
        lines.append(f"  {MARKS[verdict.label]} {verdict.claim}: {verdict_word(verdict.label)}{why}")
    if status_of(answer.origin, [verdict.label for verdict in answer.verdicts]) == "unchecked":
        lines += ["", t("검사: 확인하지 않음(검사를 껐습니다)", "Checks: not checked (checking was switched off)")]
    for correction in answer.corrections:
        lines += correction_lines(correction_record(correction))
    return lines


def correction_lines(correction: Mapping[str, Any]) -> list[str]:
    """An edit as a diff, its reason, and the sentence that settles it."""
    what = diff_text(correction["before"], correction["after"])
    lines = [t("  고침: ", "  changed: ") + f"{what} ({correction['reason']})"]
    if correction["source"]:
        lines.append(t(f"      근거: “{correction['source']}”", f"      evidence: “{correction['source']}”"))
    return lines

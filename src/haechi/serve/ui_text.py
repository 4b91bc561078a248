"""The chat page's Korean words: labels of verdicts, stages, reasons and times."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from haechi.records import STATUS_WORDS, status_of

#: (mark, word) of a verdict. Each has its own mark and word, so that nothing rests on colour alone.
VERDICT_WORDS: dict[str, tuple[str, str]] = {
    "supported": ("✓", "확인됨"),
    "contradicted": ("✕", "다름"),
    "not_found": ("?", "근거 없음"),
    "unchecked": ("–", "확인 못 함"),
}

CHECKER_WORDS = {
    "amount": "금액",
    "date": "날짜",
    "quantity": "수량",
    "law_article": "조항",
    "code": "번호",
    "name": "이름",
    "relation": "대상",
    "polarity": "허용·의무·부정",
    "entailment": "문장의 뜻",
    "re_ask": "다시 물음",
    "citation": "문장",
}

STAGE_WORDS = {
    "queue": "앞선 질문이 끝나기를 기다리고 있습니다",
    "gate": "자주 묻는 질문을 살피고 있습니다",
    "rewrite": "앞의 대화에 비추어 질문을 읽고 있습니다",
    "retrieve": "문서에서 찾고 있습니다",
    "generate": "답을 쓰고 있습니다",
    "lock": "근거에 있는 값만으로 다시 쓰고 있습니다",
    "check": "답을 근거와 견주고 있습니다",
}

#: A stage that begins a new draft; what was streamed before it is thrown away.
DRAFT_STAGES = frozenset({"generate", "lock"})

TIMING_WORDS = {
    "retrieve": "찾기",
    "first_token": "첫 글자",
    "generate": "쓰기",
    "check": "확인",
    "total": "전체",
}


def stage_word(stage: str) -> str:
    """What the page says during a stage."""
    return STAGE_WORDS.get(stage, "답을 준비하고 있습니다")


def verdict_word(label: str) -> tuple[str, str]:
    """(mark, word). An unknown label is shown as unchecked, never as a pass."""
    return VERDICT_WORDS.get(label, VERDICT_WORDS["unchecked"])


def summary(answer: Mapping[str, Any]) -> tuple[str, str]:
    """(label, text) of the badge over an answer; the label is a class of chat.css."""
    status = status_of(answer["origin"], {verdict["label"] for verdict in answer["verdicts"]})
    label = "unchecked" if status in ("partly", "unproven") else status
    return label, STATUS_WORDS[status]


def timing_text(timings: Mapping[str, float], model: str) -> str:
    """`찾기 0.1초 · 첫 글자 2.0초 · 전체 6.1초 · 모델`."""
    parts = [f"{word} {timings[key]:.1f}초" for key, word in TIMING_WORDS.items() if timings.get(key) is not None]
    return " · ".join(parts + ([model] if model else []))


def place(title: str, label: str) -> str:
    """What a source is called: `운영규정 제12조제2항`."""
    return " ".join(f"{title} {label}".split()) or "제목 없는 문서"


def page_text(page: int | None, label: str = "") -> str:
    """`3쪽`; nothing where the format has no pages or the label is the page."""
    return "" if page is None or label == f"{page}쪽" else f"{page}쪽"


def ocr_text(ocr: float | None) -> str:
    """`문자 인식(OCR) · 확신도 87%` for a passage that was read from a picture; else nothing."""
    return "" if ocr is None else f"문자 인식(OCR) · 확신도 {ocr:.0%}"


def greeting(documents: int) -> Sequence[str]:
    """What an empty conversation says: a head and a line."""
    if documents == 0:
        return ("아직 문서가 없습니다.", "먼저 haechi ingest 폴더 로 문서를 넣어 주세요.")
    return (
        "무엇이든 물어보세요.",
        f"문서 {documents:,}건에서 찾아 답하고, 출처와 확인 결과를 함께 보여 드립니다. 근거가 없으면 모른다고 합니다.",
    )

"""The source list as HTML. Names, warnings and reasons come from documents and are escaped here."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from html import escape
from typing import Any

STATUS_WORDS = {"ok": ("✓", "읽음"), "failed": ("✕", "읽지 못함"), "ignored": ("–", "건너뜀")}
STATUS_CLASS = {"ok": "h-supported", "failed": "h-contradicted", "ignored": "h-unchecked"}
UNIT_WORDS = {
    "law_article": "조",
    "paragraph": "문단",
    "row": "행",
    "sentence": "문장",
    "page": "쪽",
    "fixed": "고정 길이",
    "semantic": "뜻 단위",
}


def counts(sources: Sequence[Mapping[str, Any]]) -> str:
    """One line: how many sources, documents, passages, failures."""
    failed = sum(source["status"] == "failed" for source in sources)
    documents = sum(source["documents"] for source in sources)
    chunks = sum(source["chunks"] for source in sources)
    text = f"자료 {len(sources):,}개 · 문서 {documents:,}건 · 구절 {chunks:,}개"
    bad = f' · <b class="h-bad">읽지 못한 자료 {failed:,}개</b>' if failed else ""
    return f'<p class="h-counts">{text}{bad}</p>'


def source(record: Mapping[str, Any]) -> str:
    """One source: name and state, how it was read and cut, then reasons and warnings."""
    mark, word = STATUS_WORDS.get(record["status"], ("?", record["status"]))
    css = STATUS_CLASS.get(record["status"], "h-unchecked")
    chip = f'<span class="h-chip {css}">{mark} {escape(word)}</span>'
    notes = [f'<p class="h-why">{escape(record["error"])}</p>'] if record["error"] else []
    notes += [f'<p class="h-warning">주의: {escape(text)}</p>' for text in record["warnings"]]
    return (
        f'<article class="h-item"><div class="h-item-head">{chip}<b>{escape(record["name"])}</b></div>'
        f'<p class="h-facts">{escape(facts(record))}</p>{"".join(notes)}'
        f'<p class="h-path">{escape(record["path"])}</p></article>'
    )


def facts(record: Mapping[str, Any]) -> str:
    """`12쪽 · 문서 1건 · 구절 34개 · 단위 조 · 파서 pdf · 2026-11-25 09:10`; nothing that is not known."""
    units = ", ".join(UNIT_WORDS.get(unit, unit) for unit in record["unit"].split(", ") if unit)
    parts = [
        f"{record['pages']:,}쪽" if record["pages"] else "",
        f"문서 {record['documents']:,}건" if record["documents"] else "",
        f"구절 {record['chunks']:,}개" if record["chunks"] else "",
        f"단위 {units}" if units else "",
        f"파서 {record['parser']}" if record["parser"] else "",
        record["updated"][:16].replace("T", " ") + " UTC" if record["updated"] else "",
    ]
    return " · ".join(part for part in parts if part)


def work(record: Mapping[str, Any]) -> str:
    """What is being read now, or how the last reading ended; empty when there was none."""
    if record["running"]:
        share = 100 * record["done"] / record["total"] if record["total"] else 0
        left = "" if record["seconds_left"] is None else f" · 약 {record['seconds_left']:,}초 남음"
        return (
            f'<div class="h-stage" role="status"><span class="h-dot"></span>읽는 중 {share:.0f}%{left} '
            f"{escape(record['source'])}</div>"
        )
    if record["error"]:
        return f'<p class="h-why" role="alert">{escape(record["error"])}</p>'
    report = record["report"]
    if not report:
        return ""
    failed = f", 읽지 못함 {len(report['failed']):,}개" if report["failed"] else ""
    return (
        f'<p class="h-counts" role="status">마지막 읽기: 문서 {report["documents"]:,}건, 구절 {report["chunks"]:,}개'
        f"{failed} ({report['seconds']:.1f}초)</p>"
    )

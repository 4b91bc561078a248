"""Chooses the unit for a document and says why, in words a user can check against the document."""

from __future__ import annotations

from haechi.chunkers.law_structure import parts
from haechi.types import Document

#: Fewer articles than this are a quotation, not a law.
MIN_ARTICLES = 3
#: A law consists of its articles; a report that quotes some does not.
MIN_COVERED = 0.5


def choose_unit(document: Document) -> tuple[str, str]:
    """(unit, reason in Korean)."""
    if "row" in document.meta:
        return "row", "표의 행으로 된 자료라 한 행을 한 단위로 했습니다"
    body = [part for part in parts(document) if part.kind == "본문"]  # 부칙 and 별표 can be longer than the body
    articles = [article for part in body for article in part.articles]
    covered = sum(article.end - article.start for article in articles)
    length = sum(part.end - part.start for part in body)
    starts_well = bool(articles) and (articles[0].key <= (2, 0) or len(articles) >= 10)
    if len(articles) >= MIN_ARTICLES and starts_well and covered >= length * MIN_COVERED:
        return "law_article", f"조 제목 {len(articles)}개가 순서대로 나와 법령·규정으로 보았습니다"
    if articles:
        return "paragraph", f"조 제목이 {len(articles)}개뿐이거나 본문의 일부라서 문단 단위로 나누었습니다"
    return "paragraph", "조(제N조) 제목이 없어 문단 단위로 나누었습니다"

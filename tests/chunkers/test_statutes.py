"""Every 조 of 61 real statutes is its own labelled unit, compared with a structure list made by others."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from haechi.chunkers.auto import choose_unit
from haechi.chunkers.law_article import LawArticleChunker
from haechi.chunkers.law_structure import parts
from haechi.korean.law_units import units, walk
from haechi.parsers.base import ParseOptions
from haechi.parsers.markdown import MarkdownParser
from haechi.types import Chunk, Document
from tests.chunkers.helpers import budget, check, shared_data

STATUTES = shared_data() / "statutes"


HEADING = re.compile(r"제\d+(?:편|장|절|관)|부칙")


def uncovered(document: Document, chunks: list[Chunk]) -> list[str]:
    """The lines of the document that no chunk holds."""
    gaps, position = [], 0
    for chunk in chunks:
        gaps.append(document.text[position : chunk.start])
        position = chunk.end
    gaps.append(document.text[position:])
    return [line for line in "\n".join(gaps).split("\n") if line.strip()]


def laws() -> list[dict[str, object]]:
    path = STATUTES / "structure.jsonl"
    return [json.loads(line) for line in path.read_text("utf-8").splitlines()] if path.exists() else []


def chunked(name: str) -> tuple[Document, list[Chunk]]:
    path: Path = STATUTES / "md" / name
    document = MarkdownParser().parse(path, path.name, ParseOptions())[0]
    return document, LawArticleChunker().split(document, budget())


@pytest.mark.skipif(not laws(), reason="the shared statutes are absent (set HAECHI_SHARED_DATA)")
@pytest.mark.parametrize("law", laws(), ids=lambda law: law["file"])
def test_articles_titles_and_paragraphs_match_the_structure_list(law: dict[str, object]) -> None:
    document, chunks = chunked(str(law["file"]))
    check(document, chunks)
    assert choose_unit(document)[0] == "law_article"
    articles: list[str] = []
    titles: dict[str, str] = {}
    paragraphs: dict[str, set[int]] = {}
    for chunk in chunks:
        if chunk.meta["part"] == "본문" and "article" in chunk.meta:
            name = chunk.meta["article"]
            if not articles or articles[-1] != name:
                articles.append(name)
            assert chunk.label.startswith(name)
            titles[name] = chunk.meta.get("article_title", "")
            if "paragraph" in chunk.meta:
                paragraphs.setdefault(name, set()).add(chunk.meta["paragraph"])
    expected = law["articles"]
    assert isinstance(expected, list)
    assert articles == [name for name, *_ in expected]
    assert titles == {name: title for name, title, *_ in expected}
    assert {name: len(found) for name, found in paragraphs.items()} == {
        name: count for name, _, count, _ in expected if name in paragraphs
    }
    counted = [
        [article.number, *(levels.count(level) for level in "항호")]
        for part in parts(document)
        if part.kind == "본문"
        for article in part.articles
        for levels in [[unit.level for _, unit in walk(units(document.text, article.start, article.body, article.end))]]
    ]
    assert counted == [[name, paragraphs_of, items_of] for name, _, paragraphs_of, items_of in expected]
    lost = uncovered(document, chunks)
    assert all(HEADING.match(line) or line == document.title for line in lost), lost
    supplements = [chunk for chunk in chunks if chunk.meta["part"] == "부칙"]
    assert supplements
    assert all(chunk.label.startswith("부칙") for chunk in supplements)

from __future__ import annotations

from haechi.indexes.strategies.plain import PlainStrategy
from haechi.types import Block, Chunk, Document


def entry(title: str, text: str, *, label: str, headings: tuple[str, ...] = (), **meta: object) -> str:
    document = Document.make("s", title, (Block(text),), {"fields": meta.pop("fields", ["title", "text"])})
    chunk = Chunk.make(document, 0, len(text), unit="x", label=label, headings=headings, meta=meta)
    return PlainStrategy().entries(document, [chunk])[0].text


def test_title_headings_and_article_label_stand_before_the_text() -> None:
    text = entry("여비 규정", "하루 5만 원", label="제3조", headings=("제1장 총칙",), article="제3조")
    assert text == "여비 규정 > 제1장 총칙 > 제3조\n하루 5만 원"


def test_a_title_left_out_of_the_fields_is_not_indexed() -> None:
    assert entry("비밀 제목", "본문", label="1행", fields=["text"]) == "본문"


def test_labels_that_only_say_where_are_left_out() -> None:
    assert entry("", "본문", label="12행") == "본문"


def test_what_the_text_opens_with_is_not_said_twice() -> None:
    assert entry("법", "제3조(여비) 하루 5만 원", label="제3조", article="제3조") == "법\n제3조(여비) 하루 5만 원"

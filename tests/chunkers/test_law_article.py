from __future__ import annotations

from haechi.chunkers.auto import choose_unit
from haechi.chunkers.law_article import LawArticleChunker
from haechi.types import Block, Chunk, Document
from tests.chunkers.helpers import budget, check, from_lines


def split(document: Document, limit: int = 512) -> list[Chunk]:
    chunks = LawArticleChunker().split(document, budget(limit))
    check(document, chunks, limit)
    return chunks


def labels(document: Document) -> list[str]:
    return [chunk.label for chunk in split(document)]


PLAIN = """도서관 운영 규정

제정 2021. 3. 2. 규정 제12호

제1장 총칙

제1조(목적) 이 규정은 도서관 운영에 필요한 사항을 정한다.
제2조(정의(定義)) 이 규정에서 "자료"란
제3조제1항에 따른 도서와 제4조(대출)에 따른 물품을 말한다.
제3조(자료) ① 자료는 도서로 한다.
② 그 밖의 것은 관장이 정한다.
제3조의2 삭제 <2023. 5. 1.>
제4조(대출) 대출은 14일로 한다.

부칙 <제12호, 2021. 3. 2.>

제1조(시행일) 이 규정은 공포한 날부터 시행한다.

부칙 <제27호, 2023. 5. 1.>

이 규정은 2023년 5월 1일부터 시행한다.

[별표 1] 시설 사용료(제4조 관련)
열람실 1시간 1,000원
"""


def test_every_article_of_a_plain_text_regulation_is_its_own_chunk_in_order() -> None:
    assert labels(from_lines(PLAIN)) == [
        "전문", "제1조", "제2조", "제3조", "제3조의2", "제4조", "부칙 제1조", "부칙", "별표 1",
    ]  # fmt: skip


def test_a_wrapped_line_that_begins_with_a_reference_opens_no_article() -> None:
    # trap: "제3조제1항에 따른" and "제4조(대출)에 따른" at a line start
    second = next(chunk for chunk in split(from_lines(PLAIN)) if chunk.label == "제2조")
    assert second.text.endswith("물품을 말한다.")
    document = from_lines(
        "제1조(목적) 이 규정은\n제9조(벌칙)에 따른 벌칙과\n제9조(벌칙) 및 제10조를 정한다.\n제2조(정의) 뜻은 같다."
    )
    assert labels(document) == ["제1조", "제2조"]


def test_body_text_may_follow_the_title_without_a_space() -> None:
    # trap: "제1조(목적)이 법은" looks like a subject particle after a reference
    assert labels(from_lines("제1조(목적)이 규정은 목적을 정한다.\n제2조(정의)이 규정의 뜻은 같다.")) == [
        "제1조",
        "제2조",
    ]


def test_an_article_of_a_supplement_never_answers_for_the_same_number_in_the_body() -> None:
    chunks = split(from_lines(PLAIN))
    assert [chunk.meta["article"] for chunk in chunks if chunk.meta.get("article", "").endswith("제1조")] == [
        "제1조",
        "부칙 제1조",
    ]
    supplement = next(chunk for chunk in chunks if chunk.label == "부칙 제1조")
    assert supplement.meta["part"] == "부칙"
    assert supplement.headings == ("부칙 <제12호, 2021. 3. 2.>", "부칙 제1조(시행일)")


def test_deleted_articles_stay_labelled_units() -> None:
    deleted = next(chunk for chunk in split(from_lines(PLAIN)) if chunk.label == "제3조의2")
    assert deleted.meta["deleted"] is True
    assert "deleted" not in split(from_lines(PLAIN))[1].meta


def test_the_breadcrumb_holds_chapter_and_article_title() -> None:
    chunk = next(chunk for chunk in split(from_lines(PLAIN)) if chunk.label == "제3조")
    assert chunk.headings == ("제1장 총칙", "제3조(자료)")
    assert chunk.meta == {"law": "시험 규정", "part": "본문", "article": "제3조", "article_title": "자료"}


def test_long_articles_are_split_by_paragraph_and_item() -> None:
    items = "\n".join(f"{number}. {'가나다 ' * 40}한다." for number in range(1, 7))
    text = (
        f"제1조(목적) 짧다.\n제2조(범위) ① {'첫째 항이다. ' * 40}\n② 다음 각 호와 같다. <개정 2020.1.1>\n{items}\n③ 끝."
    )
    chunks = split(from_lines(text))
    names = [chunk.label for chunk in chunks]
    assert names[:3] == ["제1조", "제2조제1항", "제2조제2항제1호~제2호"]
    assert names[-2:] == ["제2조제2항제6호", "제2조제3항"]
    assert {chunk.headings[0] for chunk in chunks[1:]} == {"제2조(범위)"}
    # trap: a later group of 호 means nothing without the sentence that introduces it
    assert chunks[3].headings == ("제2조(범위)", "다음 각 호와 같다.")
    assert chunks[3].meta["paragraph"] == 2


def test_one_item_longer_than_the_limit_is_cut_at_sentence_ends() -> None:
    text = f"제1조(목적) 다음 각 호와 같다.\n1. {'이 문장은 스무 글자쯤 되는 문장이다. ' * 100}\n2. 짧다."
    chunks = [chunk for chunk in split(from_lines(text)) if chunk.label.startswith("제1조제1호")]
    assert len(chunks) > 2
    assert all(chunk.text.endswith("이다.") for chunk in chunks)
    assert chunks[0].meta["piece"] == f"1/{len(chunks)}"


def test_a_small_limit_is_kept_with_long_headings() -> None:
    long_chapter = "제1장 " + "아주 긴 장 제목 " * 6
    document = from_lines(f"{long_chapter}\n제1조(목적) {'본문이다. ' * 200}\n제2조(정의) 뜻은 같다.")
    assert len(split(document, limit=64)) > 5


def test_a_table_of_contents_holds_no_articles() -> None:
    # trap: the contents of a 규정집 list every article before the text does
    dotted = "제1조(목적) ········ 1\n제2조(정의) ········ 1\n"
    bare = "제1조(목적)\n제2조(정의)\n제3조(적용)\n"
    text = "제1조(목적) 목적을 정한다.\n제2조(정의) 뜻을 정한다.\n제3조(적용) 범위를 정한다."
    for contents in (dotted, bare):
        articles = [label for label in labels(from_lines(f"차례\n{contents}\n{text}")) if label != "전문"]
        assert articles == ["제1조", "제2조", "제3조"]


def test_quoted_articles_of_another_law_inside_a_supplement_are_not_units() -> None:
    text = (
        "제1조(목적) 정한다.\n\n부칙 <제9호, 2020. 1. 1.>\n\n제1조(시행일) 시행한다.\n"
        "제2조(다른 규정의 개정) 다른 규정을 다음과 같이 개정한다.\n제54조의2(과태료) 과태료를 부과한다.\n"
        "제3조(경과조치) 종전에 따른다."
    )
    assert labels(from_lines(text)) == ["제1조", "부칙 제1조", "부칙 제2조", "부칙 제3조"]


def test_spaced_and_bracketed_headings_are_read() -> None:
    text = (
        "제 1 장 총 칙\n제 1 조 (목적) 정한다.\n제 2 조【정의】 뜻이다.\n제 2 조의 2 [특례] 특례다.\n"
        "부 칙\n제1조(시행일) 시행한다."
    )
    assert labels(from_lines(text)) == ["제1조", "제2조", "제2조의2", "부칙 제1조"]


def test_untitled_articles_of_a_constitution_are_read() -> None:
    text = (
        "제1조 ① 공화국이다.\n② 주권은 국민에게 있다.\n제2조 요건은\n제5조 규정에 따른다.\n제3조 영토는 섬을 포함한다."
    )
    assert labels(from_lines(text)) == ["제1조", "제2조", "제3조"]


def test_an_article_that_occurs_twice_gives_two_chunks() -> None:
    text = "제1조(목적) 정한다.\n제2조(정의) 현재의 것이다.\n제2조(정의) 시행될 것이다.\n제3조(적용) 적용한다."
    assert labels(from_lines(text)) == ["제1조", "제2조", "제2조", "제3조"]


def test_words_between_a_chapter_heading_and_its_first_article_are_kept() -> None:
    chunks = split(from_lines("제1장 총칙\n이 장은 2027년까지 효력을 가진다.\n제1조(목적) 정한다."))
    assert [chunk.label for chunk in chunks] == ["제1장 총칙", "제1조"]


def test_the_page_of_a_chunk_is_the_page_it_starts_on() -> None:
    blocks = [Block("제1조(목적) 정한다.", page=1), Block("제2조(정의) 뜻은", page=1), Block("같다.", page=2)]
    blocks.append(Block("제3조(적용) 적용한다.", page=2))
    document = Document.make("규정.pdf", "규정", blocks)
    assert [(chunk.label, chunk.page) for chunk in split(document)] == [("제1조", 1), ("제2조", 1), ("제3조", 2)]


def test_a_reference_to_an_annex_does_not_open_it() -> None:
    # trap: wrapped lines beginning with "별표 1과 같다" or "[별표 1]에 따른"
    text = (
        "제1조(요금)\n별표 1과 같다. 다만\n[별표 2]에 따른 것은 뺀다.\n제2조(정의) 뜻이다.\n[별표 1]\n요금표\n1,000원"
    )
    assert labels(from_lines(text)) == ["제1조", "제2조", "별표 1"]


def test_auto_says_why_it_took_a_law_for_a_law() -> None:
    assert choose_unit(from_lines(PLAIN)) == ("law_article", "조 제목 5개가 순서대로 나와 법령·규정으로 보았습니다")


def test_auto_does_not_take_a_report_that_quotes_articles_for_a_law() -> None:
    report = (
        "보고서\n\n"
        + "이 보고서는 제도를 다룬다. " * 60
        + "\n\n제1조(목적) 인용이다.\n제2조(정의) 인용이다.\n제3조(적용) 인용이다."
    )
    unit, reason = choose_unit(from_lines(report + "\n\n제1장 결론\n\n" + "결론은 길다. " * 100))
    assert unit == "paragraph"
    assert "3개" in reason


def test_auto_takes_rows_for_rows() -> None:
    assert choose_unit(Document.make("표.csv", "표", [Block("제1조(목적) 값")], {"row": 1}))[0] == "row"

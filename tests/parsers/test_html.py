"""Saved pages: what is kept, what a user chose, tables, and pages saved as one file."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from haechi.errors import ParseError
from haechi.parsers.base import ParseOptions
from haechi.parsers.html import HtmlParser
from haechi.types import Block, Document

ARTICLE = "<p>" + "강당은 평일 아홉 시부터 열 시까지 빌릴 수 있습니다. 신청은 사흘 전까지 합니다. " * 5 + "</p>"


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "쪽.html"


def parse(file: Path, page: str | bytes, keep: tuple[str, ...] = (), drop: tuple[str, ...] = ()) -> Document:
    file.write_bytes(page.encode() if isinstance(page, str) else page)
    return HtmlParser().parse(file, file.name, ParseOptions(html_keep=keep, html_drop=drop))[0]


def table(file: Path, page: str) -> Block:
    return next(block for block in parse(file, page).blocks if block.kind == "table")


def links(count: int, text: str = "다른 글") -> str:
    return "".join(f'<li><a href="/{number}">{text} {number}</a></li>' for number in range(count))


# boilerplate


@pytest.mark.parametrize(
    "boilerplate",
    [
        "<nav>메뉴 전부</nav>",
        '<div id="gnbArea">메뉴 전부</div>',
        '<div class="cookie-consent">메뉴 전부에 동의</div>',
        '<div role="navigation">메뉴 전부</div>',
        '<p class="location">홈 &gt; 알림 &gt; 메뉴 전부</p>',
        f"<h3>관련 글</h3><ul>{links(6, '메뉴 전부')}</ul>",
        "<header><a href='/'>메뉴 전부</a></header>",
        "<footer>메뉴 전부</footer>",
        '<a class="skipNavi" href="#c">메뉴 전부 건너뛰기</a>',
    ],
)
def test_menus_bars_and_lists_of_links_are_dropped(file: Path, boilerplate: str) -> None:
    document = parse(file, f"<title>강당 대관</title><body>{boilerplate}<h1>대관</h1>{ARTICLE}</body>")
    assert "메뉴 전부" not in document.text
    assert "강당은 평일" in document.text
    assert document.title == "강당 대관"


def test_the_header_of_an_article_is_content(file: Path) -> None:
    page = f"<article><header><h1>대관 안내</h1></header>{ARTICLE}<footer>담당 총무과</footer></article>"
    text = parse(file, f"<header>누리집</header>{page}").text
    assert text.startswith("대관 안내\n강당은")
    assert text.endswith("담당 총무과")
    assert "누리집" not in text


def test_sentences_with_links_and_lists_of_words_stay(file: Path) -> None:
    listed = "<ul><li>신분증</li><li>신청서</li><li><a href='/a'>서식</a></li></ul>"
    assert "- 서식" in parse(file, ARTICLE + listed).text


def test_forms_and_attachments_stay_though_they_are_links(file: Path) -> None:
    forms = "".join(f'<li><a href="/f/{number}.hwp">서식 {number}호</a></li>' for number in range(5))
    assert "서식 4호" in parse(file, ARTICLE + f"<ul>{forms}</ul>").text


def test_a_page_that_is_an_index_keeps_its_links(file: Path) -> None:
    # trap: without its links nothing would be left, and the page would be refused as empty
    assert parse(file, f"<div><ul>{links(5, '서식')}</ul></div>").text.startswith("- 서식 0")


def test_a_name_that_sounds_like_a_menu_does_not_drop_the_page_itself(file: Path) -> None:
    assert "강당은" in parse(file, f'<div class="sidebar">{ARTICLE}</div>').text


# chosen parts


PAGE = f"""<title>제목</title><div class="menu">차림</div><div class="view"><h1>안내</h1>{ARTICLE}<p class="ad">광고</p>
</div><div id="more">덧글</div><div class="view">둘째</div>"""


def test_only_the_chosen_parts_are_read_in_the_order_of_the_page(file: Path) -> None:
    document = parse(file, PAGE, keep=("#more", "div.view", "h1"), drop=("p.ad",))
    assert document.title == "제목"
    assert [line[:4] for line in document.text.split("\n")] == ["안내", "강당은 ", "덧글", "둘째"]


def test_parts_inside_parts_can_both_be_dropped(file: Path) -> None:
    # trap: taking out the outer one frees the memory of the inner ones
    nested = "<div class=ad>" * 200 + "광고" + "</div>" * 200
    assert parse(file, f"<nav>{'<nav>' * 50}차림</nav>{nested}{ARTICLE}", drop=(".ad", "div div")).text[:3] == "강당은"


def test_a_selector_that_matches_nothing_is_a_warning(file: Path) -> None:
    document = parse(file, PAGE, keep=("div.view", "#nirgends"), drop=(".never",))
    warnings = " ".join(document.meta["warnings"])
    assert "#nirgends" in warnings
    assert ".never" in warnings
    assert "강당은" in parse(file, PAGE, keep=("#nirgends",)).text


def test_what_is_no_selector_is_refused_with_its_setting(file: Path) -> None:
    with pytest.raises(ParseError, match=r"html_drop의 'div\['"):
        parse(file, PAGE, drop=("div[",))


# tables


def test_a_caption_and_the_header_leave_the_text_for_meta(file: Path) -> None:
    block = table(
        file,
        "<table><caption>표 1. 요금</caption><thead><tr><th>시설<th>요금</thead><tbody><tr><td>강당<td>1만 원</table>",
    )
    assert block.text == "시설 | 요금\n강당 | 1만 원"
    assert dict(block.meta) == {"caption": "표 1. 요금", "header_rows": 1}


def test_spans_are_spread_out(file: Path) -> None:
    block = table(
        file,
        "<table><tr><th rowspan=2>구분<th colspan=2>요금<tr><th>평일<th>휴일"
        "<tr><td rowspan=0>본관<td>1<td>2<tr><td>3<td>4</table>",
    )
    assert block.text == "구분 | 요금 | 요금\n구분 | 평일 | 휴일\n본관 | 1 | 2\n본관 | 3 | 4"
    assert block.meta["header_rows"] == 2


def test_headings_of_rows_are_no_header(file: Path) -> None:
    block = table(file, "<table><tr><th>대상<td>임직원<tr><th>기간<td>상시</table>")
    assert (block.text, block.meta["header_rows"]) == ("대상 | 임직원\n기간 | 상시", 0)


def test_a_forged_span_does_not_fill_the_memory(file: Path) -> None:
    block = table(file, "<table><tr><td colspan=999999 rowspan=999999>가<td>나<tr><td>다</table>")
    assert len(block.text) < 500_000


def test_a_long_cell_of_a_table_with_headings_is_still_a_cell(file: Path) -> None:
    block = table(file, f"<table><tr><th>조<th>내용<tr><td>1<td>{'긴 글이다. ' * 200}</table>")
    assert block.text.startswith("조 | 내용\n1 | 긴 글이다.")


# pages saved as one file


def mht(*parts: str) -> bytes:
    body = "".join(f"--b\r\n{part}\r\n" for part in parts)
    head = "From: <Saved by Blink>\r\nSubject: x\r\nMIME-Version: 1.0\r\n"
    head += 'Content-Type: multipart/related;\r\n\tboundary="b"\r\n'
    return f"{head}\r\n{body}--b--\r\n".encode("latin-1")


def test_a_web_archive_is_read_like_its_page(file: Path) -> None:
    import quopri

    page = quopri.encodestring(f"<title>공지</title>{ARTICLE}".encode("cp949")).decode("ascii")
    html = (
        "Content-Type: text/html; charset=euc-kr\r\nContent-Transfer-Encoding: quoted-printable\r\n"
        f"Content-Location: https://example.com/a\r\n\r\n{page}"
    )
    picture = "Content-Type: image/png\r\nContent-Transfer-Encoding: base64\r\n\r\niVBORw0KGgo="
    document = parse(file, mht(html, picture))
    assert (document.title, document.meta["url"]) == ("공지", "https://example.com/a")
    assert document.text.startswith("강당은 평일")


def test_frames_are_read_where_the_page_is_nothing_but_frames(file: Path) -> None:
    frames = "Content-Type: text/html\r\n\r\n<frameset><frame src=a></frameset>"
    inner = f"Content-Type: text/html; charset=utf-8\r\nContent-Transfer-Encoding: 8bit\r\n\r\n{ARTICLE}"
    assert "강당은" in parse(file, mht(frames, "@@").replace(b"@@", inner.encode())).text


def test_a_web_archive_without_a_page_is_refused(file: Path) -> None:
    with pytest.raises(ParseError, match="웹 페이지가 없습니다"):
        parse(file, mht("Content-Type: image/png\r\n\r\nx"))


def test_the_address_of_a_page_saved_complete_is_kept(file: Path) -> None:
    page = f"<!-- saved from url=(0023)https://example.com/b -->\n{ARTICLE}"
    assert parse(file, page).meta["url"] == "https://example.com/b"


def test_real_answers_keep_all_their_words(file: Path, shared_data: Path) -> None:
    lost = []
    for line in (shared_data / "faq_wiblebiz" / "faq.jsonl").read_text("utf-8").splitlines():
        row = json.loads(line)
        given = "".join(row["answer"].split())
        found = "".join(parse(file, row["answer_html"]).text.split())
        grams = [given[at : at + 3] for at in range(len(given) - 2)]
        if grams and sum(gram in found for gram in grams) < 0.99 * len(grams):
            lost.append(row["id"])
    assert lost == []

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from haechi.records import answer_record
from haechi.serve import ui_html
from haechi.serve.ui_text import page_text, place, summary, timing_text, verdict_word
from haechi.types import Verdict
from tests.serve.fakes import CHUNKS, HOSTILE, STAY, checked_answer, hostile_answer, refused_answer


def record(*labels: str, origin: str = "generated") -> dict[str, Any]:
    return {"origin": origin, "verdicts": [{"label": label} for label in labels]}


@pytest.mark.parametrize(
    ("labels", "expected"),
    [
        (("supported",), "supported"),
        (("supported", "unchecked"), "unchecked"),
        (("unchecked",), "unchecked"),
        ((), "unchecked"),
        (("supported", "not_found"), "not_found"),
        (("not_found", "contradicted", "supported"), "contradicted"),
        (("something new",), "unchecked"),
    ],
)
def test_the_badge_is_the_worst_verdict_and_nothing_checked_is_no_pass(labels: tuple[str, ...], expected: str) -> None:
    assert summary(record(*labels))[0] == expected


def test_an_unknown_verdict_is_shown_as_unchecked() -> None:
    assert verdict_word("excellent") == ("–", "확인 못 함")
    assert 'class="h-chip h-unchecked"' in ui_html.chip("excellent")


def test_a_marker_links_only_to_a_citation_that_exists() -> None:
    answer = replace(checked_answer(STAY), answer="하나[1] 셋[3]", verdicts=(Verdict("amount", "1", "supported"),))
    page = ui_html.answer(answer_record(answer), {}, "7")
    assert 'href="#source-7-1"' in page and 'id="source-7-1"' in page
    assert "셋[3]" in page


def test_nothing_of_a_hostile_answer_becomes_a_tag() -> None:
    chunks = {CHUNKS[3].id: [{"id": CHUNKS[3].id, "text": CHUNKS[3].text}]}
    pages = [
        ui_html.answer(answer_record(hostile_answer(HOSTILE)), chunks, "0"),
        ui_html.answer(answer_record(replace(hostile_answer(HOSTILE), origin="refused")), {}, "0"),
        ui_html.question(HOSTILE),
        ui_html.draft(HOSTILE, HOSTILE),
        ui_html.failure(HOSTILE),
        ui_html.header(HOSTILE),
        ui_html.welcome((HOSTILE, HOSTILE)),
    ]
    for page in pages:
        assert "<img" not in page and "&lt;img" in page
        assert 'href="http' not in page


def test_a_quote_is_marked_across_line_breaks_and_overlaps() -> None:
    text = "여비는\n10일 안에 정산한다. <끝>"
    assert ui_html.highlighted(text, ["여비는 10일 안에", "안에 정산한다."]) == (
        "<mark>여비는<br>10일 안에</mark><mark> 정산한다.</mark> &lt;끝&gt;"
    )
    assert ui_html.highlighted(text, ["다른 글", ""]) == "여비는<br>10일 안에 정산한다. &lt;끝&gt;"


def test_a_refused_drafts_words_are_folded_away() -> None:
    answer = replace(refused_answer(STAY), corrections=checked_answer(STAY).corrections)
    page = ui_html.answer(answer_record(answer), {}, "0")
    assert page.index("보여 드리지 않은 초안") < page.index("<del>9만</del>")
    assert "<details" in page[: page.index("보여 드리지 않은 초안")]


def test_a_passage_that_cannot_be_read_is_said() -> None:
    page = ui_html.answer(answer_record(checked_answer(STAY)), {}, "0")
    assert "원문을 불러오지 못했습니다" in page


def test_small_words() -> None:
    assert place("운영규정", "제12조제2항") == "운영규정 제12조제2항"
    assert place("", "") == "제목 없는 문서"
    assert (page_text(3, "제12조"), page_text(3, "3쪽"), page_text(None, "제12조")) == ("3쪽", "", "")
    assert timing_text({"gate": 0.0, "first_token": 2.04, "total": 6.1}, "m") == "첫 글자 2.0초 · 전체 6.1초 · m"


def test_a_source_read_by_ocr_says_so() -> None:
    answer = checked_answer(STAY)
    scanned = replace(answer, citations=tuple(replace(citation, ocr=0.874) for citation in answer.citations))
    assert "문자 인식(OCR) · 확신도 87%" in ui_html.answer(answer_record(scanned), {}, "0")
    assert "OCR" not in ui_html.answer(answer_record(answer), {}, "0")


def test_a_source_with_versions_says_which_one_it_is_and_that_there_are_others() -> None:
    answer = checked_answer(STAY)
    note = "다른 판이 있습니다: 시행 2020-01-01"
    dated = [replace(citation, version="시행 2024-03-01", version_note=note) for citation in answer.citations]
    shown = ui_html.answer(answer_record(replace(answer, citations=tuple(dated))), {}, "0")
    assert "시행 2024-03-01" in shown
    assert note in shown

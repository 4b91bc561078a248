"""The one value parser: what is a value, what is none, and which spellings are equal."""

import json
import os
import time
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from haechi.korean.numerals import in_hangul, in_units, with_commas
from haechi.korean.values import parse_values, surface_variants

SHARED = Path(os.environ.get("HAECHI_SHARED_DATA", Path(__file__).parents[3] / "shared" / "data"))


def normalised(text: str) -> list[str]:
    return [value.normalised for value in parse_values(text)]


def only(text: str) -> str:
    values = normalised(text)
    assert len(values) == 1, f"{text!r} gave {values}"
    return values[0]


@pytest.mark.parametrize(
    ("canonical", "spellings"),
    [
        ("KRW:30000000", ["3천만 원", "30,000,000원", "삼천만원", "3,000만 원", "3000만원", "금 삼천만원정",
                          "３천만 원", "₩30,000,000"]),
        ("KRW:300000000", ["3억 원", "300,000,000원", "3억원", "삼억 원", "300백만원", "300,000천원"]),
        ("KRW:120000000", ["1억 2천만 원", "1억2천만원", "1억 2,000만 원", "일억 이천만 원"]),
        ("KRW:35000", ["3만5천원", "3만 5천 원", "35천원"]),
        ("KRW:500000", ["500천원", "50만 원", "오십만원"]),
        ("KRW:300000000~", ["3억여 원", "3억여원"]),
        ("USD:1000", ["$1,000", "1,000달러", "천 달러", "1,000 USD"]),
        ("PCT:50", ["50%", "50퍼센트", "100분의 50", "2분의 1", "이분의 일", "오십 퍼센트", "50.0%", "５０％"]),
        ("PCT:-5", ["성장률 -5%"]),
        ("RATIO:2/3", ["3분의 2", "삼분의 이", "6분의 4"]),
        ("TIMES:2", ["2배", "두 배"]),
        ("date:2024-03-01", ["2024년 3월 1일", "2024. 3. 1.", "2024.3.1", "2024-03-01", "’24.3.1",
                             "2024년3월1일", "2024/3/1"]),
        ("date:2024-03", ["2024년 3월", "2024. 3.", "’24.3월"]),
        ("date:2024", ["2024년", "2024년도"]),
        ("date:--03-01", ["3월 1일", "매년 3월 1일"]),
        ("date:---05", ["매월 5일", "매달 5일"]),
        ("date:2024-H1", ["2024년 상반기"]),
        ("date:2024-Q1", ["2024년 1분기", "2024년도 1/4분기"]),
        ("time:09:30", ["오전 9시 30분", "09:30", "9시 반", "아홉 시 반"]),
        ("time:18:00", ["18시", "오후 6시", "18:00"]),
        ("3개월", ["3개월", "3개월간", "삼개월", "석 달", "3월 이내"]),
        ("1년6개월", ["18개월", "1년 6개월", "징역 1년 6월"]),
        ("1시간30분", ["90분", "1시간 30분"]),
        ("10일", ["10일", "열흘", "10일간"]),
        ("2명", ["2명", "2인", "두 명", "두 사람"]),
        ("84.5m2", ["84.5㎡", "84.5m2", "84.5 제곱미터"]),
        ("1000m", ["1km", "1,000m", "1킬로미터"]),
        ("제3회", ["제3회", "제 3회"]),
    ],
)  # fmt: skip
def test_spellings_of_one_value_have_one_canonical_form(canonical, spellings):
    assert {text: only(text) for text in spellings} == dict.fromkeys(spellings, canonical)


@pytest.mark.parametrize(
    ("left", "right"),
    [
        ("3억 원", "30억 원"),
        ("2021년", "2023년"),
        ("제23조", "제32조"),
        ("3개월", "3년"),
        ("제3회", "3회"),
        ("1%", "1%p"),
        ("5일", "매월 5일"),
        ("제12조의2", "제12조제2항"),
    ],
)
def test_different_values_have_different_forms(left, right):
    assert only(left) != only(right)


@pytest.mark.parametrize(
    "text",
    [
        "이 일은 조사 중이다",
        "만 나이와 오전, 천천히 구청으로",
        "만일 감사원 조사원이 구조원을 만나면",
        "이사회의 이사와 사원, 일원",
        "사용을 한 개인과 한번 더 한쪽으로",
        "삼일절과 오일장",
        "한시적으로",
        "두통으로 열대를 석권한 세대",
        "오늘날의 비상구",
        "방 3개인정보 2부서",
        "3원칙과 5 원천징수",
        "http://x.y/123 IP 10.0.0.1",
        "2023-12345",
        "① 첫째 ② 둘째",
        "1. 첫째\n2. 둘째\n가. 셋째",
        "17",
        "축척 1:50,000",
        "9" * 40 + "원",
    ],
)
def test_these_hold_no_value(text):
    assert normalised(text) == []


@pytest.mark.parametrize("text", ["작년 3월", "다음 달 말일", "2월 30일", "2023년 2월 29일", "24년 3월 5일"])
def test_unresolved_dates_are_marked_and_not_guessed(text):
    assert only(text).startswith("date:?")


def test_bounds_stay_outside_the_value():
    assert [value.surface for value in parse_values("3년 이하의 징역 또는 3천만원 이하의 벌금")] == ["3년", "3천만원"]


def test_both_ends_of_a_range_are_values():
    assert normalised("18~19세, 2021~2023년, 10명 내지 20명") == [
        "18세",
        "19세",
        "date:2021",
        "date:2023",
        "10명",
        "20명",
    ]


def test_an_ordinal_number_does_not_swallow_the_next_value():
    # 제32조 99일 was once read as one number, 32 조 (trillion) and 99
    assert normalised("제32조 99일") == ["제32조", "99일"]


def test_decomposed_hangul_is_read_and_spans_point_into_the_given_text():
    # file systems of macOS hand out NFD
    import unicodedata

    text = unicodedata.normalize("NFD", "벌금 3천만 원")
    (value,) = parse_values(text)
    assert value.normalised == "KRW:30000000"
    assert text[value.start : value.end] == value.surface == unicodedata.normalize("NFD", "3천만 원")


@given(st.integers(1, 10**15), st.sampled_from(["", " "]))
def test_any_amount_of_won_survives_every_spelling(number, gap):
    spellings = [f"{number}{gap}원", f"{with_commas(number)}{gap}원"]
    spellings += [f"{in_units(number, thousands=thousands)}{gap}원" for thousands in (True, False)]
    assert {only(text) for text in spellings} == {f"KRW:{number}"}


@given(st.integers(2, 9_999).map(lambda thousands: thousands * 10_000))
def test_hangul_amounts_are_read_back(number):
    assert only(f"{in_hangul(number)} 원") == f"KRW:{number}"


@given(st.dates())
def test_any_date_survives_every_spelling(day):
    if not 1000 <= day.year <= 2199:
        return
    forms = [
        f"{day.year}년 {day.month}월 {day.day}일",
        f"{day.year}. {day.month}. {day.day}.",
        f"{day.year}.{day.month:02}.{day.day:02}",
        day.isoformat(),
    ]
    assert {only(form) for form in forms} == {f"date:{day.isoformat()}"}


PIECES = st.sampled_from(
    [
        *"0123456789,.~-:/% 　\n\t'’「」()①일이삼사오육칠팔구십백천만억조원년월시분개명제항호목의가나다１３²½Ⅳ三ᄀ",
        *(
            "제1조",
            "제2항",
            "같은 법 ",
            "별표 ",
            "부칙 ",
            "이상",
            "오전 ",
            "퍼센트",
            "분의 ",
            "$",
            "km",
            "「법」 ",
            "매월 ",
            "작년 ",
        ),
    ]
)


@settings(max_examples=400, deadline=None)
@given(st.one_of(st.text(), st.lists(PIECES, max_size=40).map("".join)))
def test_any_text_gives_sorted_disjoint_exact_spans(text):
    values = parse_values(text)
    end = 0
    for value in values:
        assert value.start >= end and value.end > value.start
        assert text[value.start : value.end] == value.surface
        end = value.end
    assert values == parse_values(text)


@settings(max_examples=200, deadline=None)
@given(st.lists(PIECES, max_size=12).map("".join))
def test_every_variant_of_a_found_value_is_that_value(text):
    for value in parse_values(text):
        if value.kind == "law_reference" and value.surface != value.normalised:
            continue  # a resolved 같은 조 means nothing outside its text
        if value.surface in text.replace("~", " "):
            for variant in surface_variants(value)[1:]:
                assert only(variant) == value.normalised


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("3천만 원", {"30,000,000원", "3천만 원", "3,000만 원", "3000만원", "30000000원"}),
        ("2024년 3월 1일", {"2024. 3. 1.", "2024.3.1", "2024-03-01", "2024년 3월 1일"}),
        ("제12조의2제1항", {"제12조의2제1항", "제12조의2 제1항"}),
        ("「근로기준법」 제60조", {"「근로기준법」 제60조"}),
        ("3개월", {"3개월", "3 개월"}),
        ("별표 3", {"별표3", "별표 3"}),
        ("부칙 제2조", {"부칙 제2조"}),
        ("제3장", {"제3장"}),
        ("50%", {"50%", "50퍼센트"}),
        ("오후 2시", {"14시", "14:00", "오후 2시"}),
    ],
)
def test_variants_are_the_usual_spellings_and_equal(text, expected):
    (value,) = parse_values(text)
    variants = surface_variants(value)
    assert variants[0] == value.surface
    assert expected <= set(variants)
    assert {only(variant) for variant in variants} == {value.normalised}


@pytest.mark.parametrize(
    "unit",
    [
        "1",
        "1,",
        "1 ",
        "일",
        "이십",
        "만 ",
        "제1조",
        "법 제1조 ",
        "「법」",
        "3분의 ",
        "같은 ",
        "가",
        "2024. ",
        "3억",
        "1천",
    ],
)
def test_time_is_linear(unit):
    # a pattern that backtracks over a run would take minutes here, not twice four times as long
    def seconds(size):
        text = unit * (size // len(unit))
        start = time.process_time()
        parse_values(text)
        return time.process_time() - start

    seconds(1_000)
    assert seconds(200_000) < 16 * seconds(50_000) + 0.5


def test_the_import_is_light():
    import subprocess
    import sys

    heavy = "('numpy', 'fractions', 'mecab_ko')"
    code = f"import sys, haechi.korean.values as _; print([m for m in {heavy} if m in sys.modules])"
    assert (
        subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.strip() == "[]"
    )


def test_statutes_parse_without_error_and_cite_themselves():
    corpus = SHARED / "statutes" / "corpus.jsonl"
    if not corpus.exists():
        pytest.skip("shared statutes are absent; set HAECHI_SHARED_DATA")
    with corpus.open(encoding="utf-8") as lines:
        for number, line in enumerate(lines):
            if number % 10:
                continue
            row = json.loads(line)
            for value in parse_values(row["text"]):
                assert row["text"][value.start : value.end] == value.surface
            article = row["id"].rpartition("/")[2]
            assert any(value.normalised.endswith(article) for value in parse_values(row["title"])), row["title"]

"""Names in a text: what is claimed for certain, what only perhaps, and what is no name at all."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from haechi.korean.gazetteer import Gazetteer, compact, learn
from haechi.korean.name_compare import is_short_for, misspelt
from haechi.korean.names import find_names, names_in, values_and_names


def found(text, certainty="certain"):
    return [value.surface for value in names_in(text) if value.certainty == certainty]


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("보건복지부장관은 이를 고시한다.", ["보건복지부"]),
        # the dictionary reads 행정|안|전부|장관 here
        ("행정안전부장관에게 제출한다.", ["행정안전부"]),
        ("국세청장은 따로 정한다.", ["국세청"]),
        ("국민건강보험공단에 냅니다.", ["국민건강보험공단"]),
        ("국민연금 공단에서 받습니다.", ["국민연금 공단"]),
        ("금융감독원과 협의한다.", ["금융감독원"]),
        # the dot of statutes is a Hangul letter
        ("소방청ㆍ금융위원회와 협의한다.", ["소방청", "금융위원회"]),
        ("서울특별시 강남구에 있다.", ["서울특별시", "강남구"]),
        ("김민수 과장과 박서준 교수가 왔다.", ["김민수", "박서준"]),
        ("「근로기준법」을 준용한다.", ["「근로기준법」"]),
        ("개인정보보호법을 따른다.", ["개인정보보호법"]),
        ("Haechi-2 제품을 씁니다.", ["Haechi-2"]),
    ],
)
def test_names_that_their_form_gives_away(text, names):
    assert found(text) == names


@pytest.mark.parametrize(
    "text",
    [
        "신청인은 담당자에게 신청서를 낸다.",
        "위원회는 사업주에게 알린다.",
        "담당 공무원은 일부 또는 전부를 반환한다.",
        "우리 병원은 관할 관청의 허가를 받았습니다.",
        "건설공사의 방법과 사용법을 설명한다.",
        "신청 시 필요한 서류는 다음과 같다. 이용해 주세요.",
        "상담센터와 종합병원, 시중은행에서 가능합니다.",
        "PDF 파일을 FAQ에서 받으세요.",
        "3천만 원을 7시에 낸다.",
    ],
)
def test_common_nouns_are_never_claimed(text):
    assert found(text) == []


def test_a_compound_that_may_be_a_class_is_ambiguous():
    assert found("소담치과병원의 진료비", "ambiguous") == ["소담치과병원"]


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("산업 안전 보건 공단", "산업안전보건공단"),
        ("(주)해치", "해치"),
        ("주식회사 해치", "해치"),
        ("「민법」", "민법"),
        ("초ㆍ중등교육법", "초·중등교육법"),
        ("HAECHI", "haechi"),
    ],
)
def test_writings_of_one_name_are_equal(one, other):
    assert compact(one) == compact(other)


def starts(full):
    return next(name.starts for name in find_names(f"{full}에서") if name.normalised == full)


@pytest.mark.parametrize(
    ("short", "full"),
    [
        ("복지부", "보건복지부"),
        ("고용부", "고용노동부"),
        ("과기정통부", "과학기술정보통신부"),
        ("금감원", "금융감독원"),
        ("건보공단", "국민건강보험공단"),
        ("서울시", "서울특별시"),
        ("경남", "경상남도"),
    ],
)
def test_abbreviations(short, full):
    assert is_short_for(short, full, starts(full))


@pytest.mark.parametrize(
    ("short", "full"),
    [
        ("한국은행", "한국수출입은행"),  # whole words left out
        ("공단", "국민연금공단"),  # the class of it
        ("세무서", "남대문세무서"),
        ("교육부", "보건복지부"),
    ],
)
def test_other_names_are_no_abbreviations(short, full):
    assert not is_short_for(short, full, starts(full))


def test_a_syllable_misspelt():
    assert misspelt("고용노둥부", "고용노동부")
    assert not misspelt("교육부", "국방부")


def test_a_gazetteer_learns_abbreviations_from_the_documents():
    learned = learn(
        [
            '국민건강보험공단(이하 "공단"이라 한다)은 보험급여를 관리한다.',
            "과학기술정보통신부(과기정통부)는 이를 고시한다. 해치재단(대표 홍길동)이 있다.",
        ]
    )
    assert learned.full_form("공단") == "국민건강보험공단"
    assert learned.full_form("과기정통부") == "과학기술정보통신부"
    assert "대표홍길동" not in learned.aliases
    assert [value.normalised for value in names_in("과기정통부가 정한다.", learned)] == ["과학기술정보통신부"]


def test_two_full_forms_of_one_abbreviation_leave_it_as_it_is():
    learned = learn(['국민연금공단(이하 "공단"이라 한다)', '근로복지공단(이하 "공단"이라 한다)'])
    assert learned.full_form("공단") == "공단"


def test_a_name_of_the_gazetteer_is_found_whatever_its_form():
    listed = Gazetteer(names=frozenset({"해오름"}))
    assert [value.surface for value in names_in("해오름에서 만난다.", listed)] == ["해오름"]


def test_names_stand_beside_values_and_never_in_them():
    found = values_and_names("「민법」 제5조에 따라 국세청장에게 3억 원을 낸다.")
    assert [(value.kind, value.normalised) for value in found] == [
        ("law_reference", "민법/제5조"),
        ("name", "국세청"),
        ("amount", "KRW:300000000"),
    ]


@given(
    st.text(max_size=60)
    | st.lists(st.sampled_from(["한들", "은행", "ㆍ", "「", "」", " ", "\n", "\0", "부", "시는", "A", "장관"])).map(
        "".join
    )
)
def test_surfaces_are_slices_and_never_overlap(text):
    end = 0
    for value in names_in(text):
        assert value.surface == text[value.start : value.end] and value.start >= end
        end = value.end

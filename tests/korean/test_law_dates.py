"""Days of promulgation and of coming into force, from a law's own words. What is not said is not guessed."""

from __future__ import annotations

import pytest

from haechi.korean.law_dates import header_dates, history_dates, supplement_dates


def test_the_header_line_says_both() -> None:
    dates = header_dates("인사규정\n[시행 2024. 1. 1.] [법률 제19488호, 2023. 7. 18., 일부개정]\n")
    assert (dates.effective, dates.promulgated, dates.kind) == ("2024-01-01", "2023-07-18", "법률")
    assert header_dates("제1조(시행) 2024. 1. 1.").effective == ""


@pytest.mark.parametrize(
    ("sentence", "effective"),
    [
        ("이 규정은 2024년 3월 1일부터 시행한다.", "2024-03-01"),
        ("제1조(시행일) 이 법은 공포한 날부터 시행한다.", "2026-02-19"),
        # The day of promulgation does not count: six months are over on 8. 19., so 8. 20. is the first day.
        ("제1조(시행일) 이 법은 공포 후 6개월이 경과한 날부터 시행한다.", "2026-08-20"),
        ("이 영은 공포 후 1년이 경과한 날부터 시행한다.", "2027-02-20"),
        ("이 법은 공포 후 30일이 경과한 날부터 시행한다.", "2026-03-22"),
        ("①(시행일) 이 법은 2026. 7. 1.부터 시행한다.", "2026-07-01"),
    ],
)
def test_the_supplement_says_from_when(sentence: str, effective: str) -> None:
    assert supplement_dates("부칙 <제21373호,2026.2.19>", sentence).effective == effective


@pytest.mark.parametrize(
    ("sentence", "reason"),
    [
        ("이 규정은 이사회가 정하는 날부터 시행한다.", "날짜로 정할 수 없습니다"),
        ("이 규정은 공포한 날부터 시행한다.", "그 날짜가 문서에 없습니다"),
        ("이 법은 공포 후 6개월이 경과한 날부터 시행한다.", "공포일이 문서에 없습니다"),
        ("이 규정은 2024년 2월 30일부터 시행한다.", "없는 날짜"),
        ("종전의 규정은 폐지한다.", "문장이 없습니다"),
    ],
)
def test_a_day_that_is_not_known_is_absent_and_says_why(sentence: str, reason: str) -> None:
    dates = supplement_dates("부칙", sentence)
    assert dates.effective == ""
    assert reason in dates.reason


def test_exceptions_are_told() -> None:
    text = "이 법은 공포한 날부터 시행한다. 다만, 제3조는 2027년 1월 1일부터 시행한다."
    assert "일부 조항은 시행일이 다릅니다" in supplement_dates("부칙 <2026.2.19>", text).reason


def test_the_last_revision_of_a_history_counts() -> None:
    lines = ["제정 2019. 1. 1.", "2023. 5. 30. 개정", "개정 2021. 3. 2.", "2024. 1. 1. 예산 편성 지침을 따른다"]
    assert history_dates(lines).promulgated == "2023-05-30"
    table = history_dates(["1 | 2019. 1. 1. | 제정", "2 | 2023. 5. 30. | 일부개정 | 시행 2023. 6. 1."])
    assert (table.promulgated, table.effective) == ("2023-05-30", "2023-06-01")

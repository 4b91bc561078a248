"""What changed between two texts, word by word."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from haechi.diff import Run, diff_record, diff_runs, diff_text

WORDS = st.lists(st.sampled_from(["제83조에", "제38조에", "따라", "30일", "이내에", "\n", "신고한다."]), max_size=8)


def test_only_the_changed_words_are_marked() -> None:
    before, after = "제83조에 따라 30일 이내에 신고한다.", "제38조에 따라 30일 이내에 신고한다."
    assert diff_text(before, after) == "[-제83조에-]{+제38조에+} 따라 30일 이내에 신고한다."
    assert diff_record(before, after)[2] == {"kind": "same", "text": " 따라 30일 이내에 신고한다."}


def test_neighbouring_changes_are_one() -> None:
    assert diff_text("가 나 다", "가 라 마") == "가 [-나 다-]{+라 마+}"


def test_what_was_dropped_is_all_removed() -> None:
    assert diff_runs("회비는 5유로입니다.", "") == (Run("removed", "회비는 5유로입니다."),)
    assert diff_runs("", "") == ()


@given(WORDS, WORDS)
def test_both_texts_can_be_read_back_from_the_runs(left: list[str], right: list[str]) -> None:
    before, after = " ".join(left), " ".join(right)
    runs = diff_runs(before, after)
    assert "".join(run.text for run in runs if run.kind != "added") == before
    assert "".join(run.text for run in runs if run.kind != "removed") == after

"""Bars are for people: without a terminal nothing but the result is written."""

from __future__ import annotations

import io
import sys

import pytest

from haechi.cli import progress


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def test_without_a_terminal_there_is_no_callback_and_no_output(capsys: pytest.CaptureFixture[str]) -> None:
    with progress.ingest_bar() as ingest, progress.step_bar("검색") as step, progress.byte_bar() as bytes_:
        assert (ingest, step, bytes_) == (None, None, None)
    assert list(progress.each([1, 2], "검색")) == [1, 2]
    assert capsys.readouterr() == ("", "")


def test_a_person_sees_the_stage_and_the_time_left(monkeypatch: pytest.MonkeyPatch) -> None:
    from haechi.pipeline.report import Progress

    terminal = Terminal()
    monkeypatch.setattr(sys, "stderr", terminal)
    with progress.ingest_bar() as show:
        assert show is not None
        show(Progress("embed", "규정집.pdf", 50, 100, 10, 600.0))
    text = terminal.getvalue()
    assert "임베딩 규정집.pdf" in text
    assert "50%" in text
    assert "10분 남음" in text


@pytest.mark.parametrize(("seconds", "text"), [(5, "5초 남음"), (600, "10분 남음"), (7200, "2.0시간 남음")])
def test_time_left_is_in_the_unit_a_reader_thinks_in(seconds: float, text: str) -> None:
    assert progress.remaining(seconds) == text

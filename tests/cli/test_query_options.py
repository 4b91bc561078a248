"""`--multi-query`, `--hyde`, `--mmr`, `--min-score` reach the pipeline; `chat` keeps its turns."""

from __future__ import annotations

import io
from dataclasses import replace
from pathlib import Path

import pytest

from haechi.retrievers.base import Filters
from haechi.retrievers.multi_query import Spent
from haechi.retrievers.question import Found, QueryOptions
from tests.cli.conftest import HIT, FakeBot, Run, answer_to


def test_options_reach_search_and_ask(haechi: Run, home: Path, bot: FakeBot) -> None:
    switches = ("--multi-query", "3", "--hyde", "--mmr", "0.3", "--min-score", "0.2")
    wanted = QueryOptions(multi_query=3, hyde=True, mmr=0.3, min_score=0.2)
    haechi("search", "정산", *switches)
    haechi("ask", "정산", *switches, "--neighbours", "--filter", "title=여비규정", "--as-of", "2024-03-01")
    (_, searched), (_, asked) = bot.calls
    assert searched["options"] == wanted
    assert (asked["query"], asked["neighbours"]) == (wanted, True)
    assert asked["filters"] == Filters({"title": "여비규정"}, "2024-03-01")


@pytest.mark.parametrize("wrong", [("--mmr", "2"), ("--min-score", "-1"), ("--multi-query", "9")])
def test_a_value_out_of_range_is_a_usage_error(haechi: Run, home: Path, wrong: tuple[str, str]) -> None:
    assert haechi("search", "정산", *wrong).status == 2


def test_a_person_sees_other_wordings_their_cost_and_the_notes(
    haechi: Run, home: Path, bot: FakeBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    found = Found((HIT,), ("정산 기한은 며칠인가요?",), ("질문의 '2022년 기준'에 맞춥니다",), Spent(1, 90, 12, 2.5))
    monkeypatch.setattr(bot, "find", lambda *_: found)
    text = haechi("search", "정산", "--multi-query", "1").out
    for part in ("2022년 기준", "정산 기한은 며칠인가요?", "모델 1번", "토큰 12개", "2.5초"):
        assert part in text
    assert haechi("search", "정산", "--json").json["expansion"]["calls"] == 1


def test_chat_hands_the_turns_before_to_each_question(
    haechi: Run, home: Path, bot: FakeBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    bot.answers["그건요?"] = replace(answer_to("그건요?"), rewritten="정산 기한은요?")
    monkeypatch.setattr("sys.stdin", io.StringIO("정산은 언제 하나요?\n그건요?\n셋째 질문\n"))
    shown = haechi("chat", "--as-of", "2024-03-01").out
    first, second, third = (options for _, options in bot.calls)
    assert list(first["history"]) == []
    assert [turn.question for turn in second["history"]] == ["정산은 언제 하나요?"]
    # The next question leans on what the second one meant, not on its bare words.
    assert [turn.question for turn in third["history"]] == ["정산은 언제 하나요?", "정산 기한은요?"]
    assert first["conversation"] == third["conversation"] != ""
    assert first["filters"] == Filters(as_of="2024-03-01")
    assert "이렇게 물었습니다: 정산 기한은요?" in shown

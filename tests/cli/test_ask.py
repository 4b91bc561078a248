"""`ask` and `chat`: the Answer object, the streamed draft, and batches that go on where they were killed."""

from __future__ import annotations

import io
import json
from pathlib import Path

import pytest

from haechi.errors import InputError
from haechi.records import answer_record
from haechi.types import Correction
from tests.cli.conftest import FakeBot, Run, answer_to, refusal_to


def test_json_is_the_answer_object_on_the_last_line(haechi: Run, home: Path) -> None:
    result = haechi("ask", "며칠 안에 정산하나요?", "--json")
    assert result.status == 0
    assert result.rows == [json.loads(json.dumps(answer_record(answer_to("며칠 안에 정산하나요?"))))]
    assert result.err == ""


def test_a_person_sees_the_answer_its_source_and_its_checks(haechi: Run, home: Path) -> None:
    text = haechi("ask", "며칠 안에 정산하나요?").out
    for part in ("7일 이내에 정산합니다. [1]", "[1] 여비규정 제21조 3쪽", "✓ 7일: 근거와 일치"):
        assert part in text


def test_unchecked_does_not_look_like_a_pass(haechi: Run, home: Path, bot: FakeBot) -> None:
    from dataclasses import replace

    answer = answer_to("질문")
    unchecked = replace(answer.verdicts[0], label="unchecked", explanation="단위가 없습니다")
    bot.answers["질문"] = replace(answer, verdicts=(unchecked,))
    text = haechi("ask", "질문").out
    assert "? 7일: 확인하지 못함 (단위가 없습니다)" in text
    assert "✓" not in text


def test_a_correction_is_shown_with_its_reason(haechi: Run, home: Path, bot: FakeBot) -> None:
    from dataclasses import replace

    bot.answers["질문"] = replace(answer_to("질문"), corrections=(Correction("9일", "7일", "근거의 값"),))
    assert "[-9일-]{+7일+} (근거의 값)" in haechi("ask", "질문").out


def test_switches_reach_the_chatbot(haechi: Run, home: Path, bot: FakeBot) -> None:
    haechi("ask", "질문", "-k", "4", "--no-lock", "--no-check")
    haechi("ask", "질문")
    assert [options for _, options in bot.calls] == [
        {"k": 4, "lock": False, "check": False},
        {"k": None, "lock": None, "check": None},
    ]


def test_a_stream_ends_with_the_checked_answer(haechi: Run, home: Path) -> None:
    # The draft says 9일 and the checked answer 7일: the last text on the screen must be the checked one.
    text = haechi("ask", "질문", "--stream").out
    assert text.index("9일") < text.index("확인한 답변") < text.index("7일 이내")


def test_a_stream_in_json_mode_keeps_stdout_for_the_answer(haechi: Run, home: Path) -> None:
    result = haechi("ask", "질문", "--stream", "--json")
    assert len(result.rows) == 1
    assert "9일" in result.err


def test_a_batch_prints_a_row_each_with_its_id_then_a_summary(
    haechi: Run, home: Path, bot: FakeBot, questions: Path
) -> None:
    bot.answers["질문 2"] = refusal_to("질문 2")
    result = haechi("ask", "--batch", questions, "--json")
    assert [row.get("id") for row in result.rows] == ["q1", "q2", "q3", None]
    assert result.rows[1]["origin"] == "refused"
    summary = {key: value for key, value in result.json.items() if key != "seconds"}
    assert summary == {"n": 3, "answered": 2, "refused": 1, "failed": 0, "skipped": 0}


def test_a_failed_question_is_listed_and_the_others_go_on(
    haechi: Run, home: Path, bot: FakeBot, questions: Path
) -> None:
    bot.answers["질문 2"] = InputError("질문이 깁니다")
    result = haechi("ask", "--batch", questions, "--json", "--out", home / "out.jsonl")
    assert result.status == 3
    assert result.rows[1] == {"id": "q2", "question": "질문 2", "error": "질문이 깁니다"}
    assert result.json["failed"] == 1
    # Only answers are kept, so that the next run asks the failed question again.
    kept = [json.loads(line)["id"] for line in (home / "out.jsonl").read_text(encoding="utf-8").splitlines()]
    assert kept == ["q1", "q3"]


def test_a_killed_batch_goes_on_where_it_stopped(haechi: Run, home: Path, bot: FakeBot, questions: Path) -> None:
    # The run before wrote one whole row and was killed in the middle of the second.
    out = home / "out.jsonl"
    haechi("ask", "--batch", questions, "--out", out)
    whole = out.read_text(encoding="utf-8").splitlines(keepends=True)
    out.write_text(whole[0] + whole[1][:40], encoding="utf-8")
    bot.calls.clear()

    result = haechi("ask", "--batch", questions, "--out", out, "--json")

    assert [question for question, _ in bot.calls] == ["질문 2", "질문 3"]
    assert result.json["skipped"] == 1
    assert [json.loads(line)["id"] for line in out.read_text(encoding="utf-8").splitlines()] == ["q1", "q2", "q3"]


def test_somebody_elses_file_is_not_appended_to(haechi: Run, home: Path, questions: Path) -> None:
    out = home / "메모.txt"
    out.write_text("장보기\n", encoding="utf-8")
    result = haechi("ask", "--batch", questions, "--out", out)
    assert result.status == 1
    assert "메모.txt" in result.err
    assert out.read_text(encoding="utf-8") == "장보기\n"


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("{", "JSON이 아닙니다"),
        ("[1]", "JSON 객체"),
        ('{"id": "a"}', "'question'"),
        ('{"question": "물음"}', "'id'"),
    ],
)
def test_a_bad_row_is_named_by_file_and_line(haechi: Run, home: Path, line: str, message: str) -> None:
    file = home / "질문.jsonl"
    file.write_text(f'{{"id": 1, "question": "물음"}}\n\n{line}\n', encoding="utf-8")
    result = haechi("ask", "--batch", file)
    assert result.status == 1
    assert "질문.jsonl 3번째 줄" in result.err
    assert message in result.err


@pytest.mark.parametrize("content", [b"", b"\n\n", b"\xff\xfe\x00", None])
def test_a_file_without_rows_is_an_error_not_an_empty_success(haechi: Run, home: Path, content: bytes | None) -> None:
    file = home / "질문.jsonl"
    if content is not None:
        file.write_bytes(content)
    result = haechi("ask", "--batch", file, "--json")
    assert (result.status, result.out) == (1, "")
    assert "질문.jsonl" in result.err


def test_chat_reads_questions_from_a_pipe_without_a_prompt(
    haechi: Run, home: Path, bot: FakeBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    bot.answers["나쁜 질문"] = InputError("질문이 깁니다")
    monkeypatch.setattr("sys.stdin", io.StringIO("첫 질문\n\n나쁜 질문\n둘째 질문\n끝\n안 묻는 질문\n"))
    result = haechi("chat", "--json")
    assert [question for question, _ in bot.calls] == ["첫 질문", "나쁜 질문", "둘째 질문"]
    assert result.json == {"turns": 3}
    assert result.err == "질문이 깁니다\n"


def test_a_page_that_is_the_label_is_said_once() -> None:
    from haechi.cli.answer_text import place

    assert [place("9쪽", 9), place("제12조", 3), place("제12조", None)] == ["9쪽", "제12조 3쪽", "제12조"]

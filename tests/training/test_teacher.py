"""A teacher's replies are kept as they come: a stopped run asks nothing twice, a failure is never an empty reply."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from haechi.errors import InputError, ModelError
from haechi.models.scripted import ScriptedLLM
from haechi.training.conversations import write_conversations
from haechi.training.data_formats import read_any
from haechi.training.rankings import pairs_of
from haechi.training.teach import Tier, answers, dialogues, ranked, tier_answers, tier_of
from haechi.training.teacher import GONE, TRIES, Journal, Reply, Teacher, TeacherError
from haechi.types import GenerateOptions, Message

ASK = [Message("user", "휴관일은?")]
ROWS = [{"prompt": f"질문 {n}?"} for n in range(4)]


def teacher(llm: ScriptedLLM, path: Path) -> Teacher:
    return Teacher(llm, Journal(path), sleep=lambda seconds: None)


class Flaky(ScriptedLLM):
    """Fails so many times before every reply."""

    def __init__(self, failures: int, replies: list[str]) -> None:
        super().__init__(replies)
        self.failures = self.left = failures

    def generate(self, messages, options):  # type: ignore[no-untyped-def]
        if self.left:
            self.left -= 1
            raise ModelError("연결이 끊겼습니다")
        self.left = self.failures
        return super().generate(messages, options)


def test_a_run_that_goes_on_asks_only_what_is_missing(tmp_path: Path) -> None:
    path = tmp_path / "journal.jsonl"
    first = answers(teacher(ScriptedLLM(["답 0", "답 1"]), path), ROWS[:2])
    # The script has two replies left: a third call for the first two questions would run out.
    again = teacher(ScriptedLLM(["답 2", "답 3"]), path)
    made = answers(again, ROWS)
    assert [row["completion"] for row in made.rows] == ["답 0", "답 1", "답 2", "답 3"]
    assert made.rows[:2] == first.rows
    assert (again.asked, again.remembered) == (2, 2)
    assert made.rows[0]["tokens"] == 3


def test_other_settings_or_another_model_are_asked_anew(tmp_path: Path) -> None:
    path = tmp_path / "journal.jsonl"
    teacher(ScriptedLLM(["하나"]), path).ask(ASK, GenerateOptions())
    assert teacher(ScriptedLLM(["둘"]), path).ask(ASK, GenerateOptions(temperature=0.7)).text == "둘"
    assert teacher(ScriptedLLM(["셋"], name="other"), path).ask(ASK, GenerateOptions()).text == "셋"
    assert teacher(ScriptedLLM([]), path).ask(ASK, GenerateOptions()).text == "하나"


def test_a_call_is_tried_again_and_a_failure_has_its_reason(tmp_path: Path) -> None:
    path = tmp_path / "journal.jsonl"
    waits: list[float] = []
    patient = Teacher(Flaky(TRIES - 1, ["답"]), Journal(path), sleep=waits.append)
    assert patient.ask(ASK, GenerateOptions()) == Reply("답", 1)
    assert waits == [4.0] * (TRIES - 1)
    with pytest.raises(TeacherError, match="연결이 끊겼습니다"):
        teacher(Flaky(TRIES, ["답"]), path).ask([Message("user", "다른 것?")], GenerateOptions())
    last = json.loads(path.read_text(encoding="utf-8").splitlines()[-1])
    assert last["failed"] == "연결이 끊겼습니다"
    assert "text" not in last
    # What failed is asked again by the next run.
    assert teacher(ScriptedLLM(["이제"]), path).ask([Message("user", "다른 것?")], GenerateOptions()).text == "이제"


@pytest.mark.parametrize("reply", ["", "  \n"])
def test_an_empty_reply_is_a_failure_and_no_row(tmp_path: Path, reply: str) -> None:
    made = answers(teacher(ScriptedLLM([reply, "답"]), tmp_path / "j.jsonl"), ROWS[:2])
    assert [row["completion"] for row in made.rows] == ["답"]
    assert [row["why"] for row in made.failures] == ["no_answer"]


def test_an_answer_that_was_cut_off_is_a_failure(tmp_path: Path) -> None:
    made = answers(teacher(ScriptedLLM(["아주 긴 답입니다"]), tmp_path / "j.jsonl"), ROWS[:1], max_tokens=2)
    assert (made.rows, made.failures[0]["why"]) == ([], "cut")


def test_a_teacher_that_is_gone_stops_the_run(tmp_path: Path) -> None:
    rows = [{"prompt": f"질문 {n}?"} for n in range(20)]
    with pytest.raises(ModelError, match=f"연달아 {GONE}번"):
        answers(teacher(Flaky(10**6, []), tmp_path / "j.jsonl"), rows)


def test_a_line_that_a_crash_left_half_is_dropped_and_other_damage_is_said(tmp_path: Path) -> None:
    path = tmp_path / "journal.jsonl"
    teacher(ScriptedLLM(["하나"]), path).ask(ASK, GenerateOptions())
    whole = path.read_bytes()
    path.write_bytes(whole + '{"key": "ab", "text": "반'.encode()[:-1])
    assert teacher(ScriptedLLM(["둘"]), path).ask([Message("user", "나?")], GenerateOptions()).text == "둘"
    assert [row["text"] for row in map(json.loads, path.read_text(encoding="utf-8").splitlines())] == ["하나", "둘"]
    path.write_bytes(b"garbage\n" + whole)
    with pytest.raises(InputError, match=":1:"):
        Journal(path)


def test_a_stopped_run_keeps_what_it_has(tmp_path: Path) -> None:
    asked = iter([False, False, True])
    made = answers(teacher(ScriptedLLM(["가", "나"]), tmp_path / "j.jsonl"), ROWS, stop=lambda: next(asked))
    assert (len(made.rows), made.interrupted) == (2, True)


def test_two_agents_make_dialogues_that_alternate_and_keep_to_their_role(tmp_path: Path) -> None:
    seen: list[tuple[Message, ...]] = []

    def agents(messages: tuple[Message, ...], options: GenerateOptions) -> str:
        seen.append(messages)
        if "시민입니다" in messages[0].content:
            return f"그럼 {len(seen)}번은요?\n챗봇: 제가 대신 답하겠습니다."
        return f"{len(seen)}번은 됩니다. <사람>: 고맙습니다."

    made = dialogues(teacher(ScriptedLLM(agents), tmp_path / "j.jsonl"), ["가입은 어떻게 하나요?"], exchanges=4)  # type: ignore[arg-type]
    (row,) = made.rows
    talk = row["messages"]
    assert [item["role"] for item in talk] == ["user", "assistant"] * 4
    assert talk[0]["content"] == "가입은 어떻게 하나요?"
    assert not any(word in item["content"] for item in talk for word in ("챗봇:", "<사람>", "대신"))
    # Each agent sees its own turns as the assistant's, and both see chats that alternate and begin with the other.
    for messages in seen:
        roles = [message.role for message in messages[1:]]
        assert roles == [("user", "assistant")[place % 2] for place in range(len(roles))]
        assert roles[-1] == "user"
    path = tmp_path / "talk.txt"
    path.write_text(write_conversations(made.rows), encoding="utf-8")
    assert read_any(path)[1] == made.rows


@pytest.mark.parametrize("reply", ["<사람>: 네", "같은 말"])
def test_a_dialogue_with_an_empty_or_repeated_turn_is_left_out(tmp_path: Path, reply: str) -> None:
    made = dialogues(teacher(ScriptedLLM(lambda messages, options: reply), tmp_path / "j.jsonl"), ["가?"], exchanges=2)
    assert (made.rows, made.counts["failed:dialogue"]) == ([], 1)


def test_the_ranking_of_answers_is_that_of_their_tiers(tmp_path: Path) -> None:
    tiers = [Tier("좋음"), Tier("보통", 0.5), Tier("나쁨", 1.5)]
    rows = [{"prompt": f"질문 {n}?"} for n in range(30)]
    said = []
    for tier in tiers:
        llm = ScriptedLLM(lambda messages, options, tier=tier: f"{tier.name}: {messages[-1].content}", name=tier.name)
        said.append(tier_answers(teacher(llm, tmp_path / "j.jsonl"), tier, rows))
        assert {options.temperature for _, options in llm.calls} == {tier.temperature}
    made = ranked(tiers, said, rows)
    assert len(made.rows) == 30
    order = {"좋음": 0, "보통": 1, "나쁨": 2}
    for row in made.rows:
        assert row["ranking"] == [order[row[f"completion_{place}"].partition(":")[0]] for place in range(3)]
        assert [name.partition("@")[0] for name in row["tiers"]] == [
            row[f"completion_{place}"].partition(":")[0] for place in range(3)
        ]
        assert all(
            order[pair["chosen"].partition(":")[0]] < order[pair["rejected"].partition(":")[0]]
            for pair in pairs_of(row)
        )
    # They are laid out in a drawn order: a reward model must not learn the place.
    assert len({tuple(row["ranking"]) for row in made.rows}) == 6
    assert ranked(tiers, said, rows[::-1]).rows[::-1] == made.rows


def test_answers_that_are_alike_or_missing_have_no_ranking(tmp_path: Path) -> None:
    said = [{"가?": "같은 답", "나?": "다른 답"}, {"가?": " 같은  답"}]
    made = ranked([Tier("a"), Tier("b")], said, [{"prompt": "가?"}, {"prompt": "나?"}])
    assert made.rows == []
    assert dict(made.counts) == {"failed:tiers_alike": 1, "failed:tier_without_answer": 1}


def test_a_tier_is_a_model_and_its_temperature() -> None:
    assert tier_of("qwen@1.2") == Tier("qwen", 1.2)
    assert tier_of("qwen") == Tier("qwen", 0.0)
    for wrong in ("qwen@x", "@1", "", "qwen@9"):
        with pytest.raises(InputError, match="등급"):
            tier_of(wrong)

"""Training data is read in every form it comes in, and written in one."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from haechi.errors import InputError
from haechi.training.conversations import clean_conversations, parse_conversations, write_conversations
from haechi.training.data_formats import completions, prompt_key, read_any, read_kind, split_by, write_rows

ROWS = [{"prompt": "대출 기간은?", "completion": "14일입니다."}, {"prompt": "휴관일은?", "completion": "월요일입니다."}]
EXAMPLES: dict[str, dict[str, Any]] = {
    "sft": {"prompt": "대출 기간은?", "input": "", "completion": "14일입니다.", "tokens": 31},
    "chat": {"messages": [{"role": "user", "content": "연장은?"}, {"role": "assistant", "content": "한 번 됩니다."}]},
    "ranking": {
        "prompt": "주차 요금은?",
        "completion_0": "몰라요",
        "completion_1": "10분에 500원입니다.",
        "completion_2": "유료입니다.",
        "ranking": [2, 0, 1],
    },
    "pairs": {"prompt": "주차 요금은?", "chosen": "10분에 500원입니다.", "rejected": "유료입니다."},
    "prompts": {"prompt": "분실물은 어디에서 찾나요?"},
    "instruction": {"instruction": "존댓말로 바꾸세요.", "input": "내일 와.", "output": "내일 오세요.", "url": "x"},
    "text": {"text": "### 명령어: …"},
    "faq": {"id": "faq-3", "question": "휴관일은?", "variants": ["쉬는 날"], "answer": "월요일입니다."},
    "grounded": {"question": "휴관일은?", "passages": [{"title": "규정", "text": "월요일"}], "answer": "월요일. [1]"},
}


@pytest.mark.parametrize("kind", EXAMPLES)
@pytest.mark.parametrize("form", ["jsonl", "array", "bom", "indented", "utf-16", "crlf"])
def test_every_schema_is_read_from_every_form(tmp_path: Path, kind: str, form: str) -> None:
    rows = [EXAMPLES[kind], EXAMPLES[kind]]
    lines = "\n".join(json.dumps(row, ensure_ascii=False) for row in rows)
    data = {
        "jsonl": lines.encode(),
        "array": json.dumps(rows, ensure_ascii=False).encode(),
        "bom": lines.encode("utf-8-sig"),
        # The seed's `.jsonl` files are one indented array with a byte order mark.
        "indented": json.dumps(rows, ensure_ascii=False, indent=2).encode("utf-8-sig"),
        "utf-16": lines.encode("utf-16"),
        "crlf": lines.replace("\n", "\r\n").encode(),
    }[form]
    path = tmp_path / "rows.jsonl"
    path.write_bytes(data)
    assert read_any(path) == (kind, rows)


def test_csv_is_read_with_its_lists_and_line_ends_in_cells(tmp_path: Path) -> None:
    path = tmp_path / "rows.csv"
    path.write_bytes('prompt,completion\r\n"주차\n요금은?","10분에 ""500원"""\r\n'.encode("cp949"))
    assert read_any(path) == ("sft", [{"prompt": "주차\n요금은?", "completion": '10분에 "500원"'}])
    path.write_text('prompt,completion_0,completion_1,ranking\n가,나,다,"[1, 0]"\n', encoding="utf-8")
    assert read_any(path)[1][0]["ranking"] == [1, 0]
    path.write_text("prompt,completion\n가,나,다\n", encoding="utf-8")
    with pytest.raises(InputError, match="칸의 수"):
        read_any(path)


def test_a_question_a_line_is_read_as_prompts(tmp_path: Path) -> None:
    path = tmp_path / "questions.txt"
    path.write_text("[급함] 분실물은?\n\n휴관일은?\n", encoding="utf-8-sig")
    assert read_any(path) == ("prompts", [{"prompt": "[급함] 분실물은?"}, {"prompt": "휴관일은?"}])


def test_other_names_of_the_same_fields_are_read_as_the_known_ones(tmp_path: Path) -> None:
    path = tmp_path / "rows.jsonl"
    write_rows(path, [{"question": "가?", "response_j": "좋음", "response_k": "나쁨", "score": 3}])
    assert read_any(path) == ("pairs", [{"prompt": "가?", "chosen": "좋음", "rejected": "나쁨", "score": 3}])
    # A question alone is a prompt, and the chatbot corpora name their columns Q and A.
    write_rows(path, [{"question": "가?", "gold_ids": ["a"]}])
    assert read_any(path) == ("prompts", [{"prompt": "가?", "gold_ids": ["a"]}])
    (tmp_path / "chat.csv").write_text("Q,A,label\n가?,나.,0\n", encoding="utf-8")
    assert read_any(tmp_path / "chat.csv") == ("sft", [{"prompt": "가?", "completion": "나.", "label": "0"}])
    # The documentation counts from 1, the data from 0: both are read as from 0.
    write_rows(
        path, [{"prompt": "가", "completion_1": "a", "completion_2": "b", "completion_3": "c", "ranking": [2, 0, 1]}]
    )
    assert completions(read_any(path)[1][0]) == ["a", "b", "c"]


def test_written_is_true_jsonl_without_escapes_and_read_back_the_same(tmp_path: Path) -> None:
    path = tmp_path / "out" / "rows.jsonl"
    # U+2028 is a line end to str.splitlines, and not to JSON.
    rows = [*ROWS, {"prompt": "줄\n바꿈\u2028과 \x85", "completion": '"따옴표"'}]
    assert write_rows(path, rows) == 3
    assert path.read_bytes().count(b"\n") == 3
    assert "대출 기간은?" in path.read_text(encoding="utf-8")
    assert read_any(path) == ("sft", rows)


def test_a_row_that_cannot_be_written_leaves_the_old_file(tmp_path: Path) -> None:
    path = tmp_path / "rows.jsonl"
    write_rows(path, ROWS)
    for value in ("\ud83d", float("nan"), {1, 2}):
        with pytest.raises(InputError):
            write_rows(path, [{"prompt": value, "completion": "반쪽 글자"}])
    assert read_any(path)[1] == ROWS
    assert list(tmp_path.iterdir()) == [path]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "읽을 줄이 없습니다"),
        ('{"prompt": "가", "completion": "나"}\n{"prompt": ', ":2: JSON이 아닙니다"),
        ('{\n  "prompt": "가"\n}', ":1: JSON이 아닙니다"),
        ('{"prompt": "가", "completion": "나"}\n{"prompt": "가", "chosen": "나", "rejected": "다"}', "한 가지 자료만"),
        ('{"prompt": "가", "completion": null}', "completion 칸이 글이어야"),
        ('{"messages": [{"role": "user"}]}', "messages 칸이"),
        ('{"messages": []}', "messages 칸이"),
        ('{"제목": "가"}', "어떤 학습 자료인지"),
        ('["가"]', "객체가 아닙니다"),
    ],
)
def test_what_cannot_be_read_is_refused_with_its_place(tmp_path: Path, text: str, message: str) -> None:
    path = tmp_path / "rows.jsonl"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(InputError, match=message):
        read_any(path)


def test_a_linter_gets_rows_whose_types_are_wrong(tmp_path: Path) -> None:
    path = tmp_path / "rows.jsonl"
    path.write_text('{"prompt": "가", "completion": null}', encoding="utf-8")
    assert read_any(path, strict=False) == ("sft", [{"prompt": "가", "completion": None}])


def test_broken_bytes_are_refused_and_never_trained_on(tmp_path: Path) -> None:
    path = tmp_path / "rows.jsonl"
    good = json.dumps({"prompt": "대출 기간은?" * 40, "completion": "14일"}, ensure_ascii=False).encode()
    path.write_bytes(good.replace(b"14", b"\xff4"))
    with pytest.raises(InputError, match=r"깨진 글자|인코딩"):
        read_any(path)


def test_the_wrong_kind_is_said_with_what_is_needed(tmp_path: Path) -> None:
    path = tmp_path / "rows.jsonl"
    write_rows(path, ROWS)
    with pytest.raises(InputError, match=r"sft 자료입니다\. 필요한 것: pairs"):
        read_kind(path, "pairs")


def test_a_prompt_never_stands_on_both_sides_of_the_split() -> None:
    # The seed's notebook shuffles pairs and then cuts: a prompt's three pairs land on both sides.
    rows = [{"prompt": f"질문 {n} ?", "chosen": f"{n}{k}", "rejected": "x"} for k in range(3) for n in range(40)]
    rows[0] = {**rows[0], "prompt": "  질문 0  ?"}
    train, held = split_by(rows, share=0.2, seed=1)
    assert len(train) + len(held) == len(rows)
    assert {prompt_key(row) for row in train}.isdisjoint(prompt_key(row) for row in held)
    assert len({prompt_key(row) for row in held}) == 8
    # The same rows in another order are split alike; another seed splits them otherwise.
    assert {row["prompt"] for row in split_by(rows[::-1], share=0.2, seed=1)[1]} == {row["prompt"] for row in held}
    assert split_by(rows, share=0.2, seed=2)[1] != held


def test_a_document_stays_whole_and_something_is_always_left_to_train_on() -> None:
    rows = [{"group": f"b-{n // 5}", "question": f"질문 {n}", "passages": [], "answer": ""} for n in range(20)]
    train, held = split_by(rows, share=0.01)
    assert len(held) == 5
    assert {row["group"] for row in held}.isdisjoint(row["group"] for row in train)
    assert split_by(rows, "group", share=0.99)[0]
    assert split_by(rows[:1], share=0.5) == (rows[:1], [])
    assert split_by(rows, share=0) == (rows, [])
    with pytest.raises(InputError, match="id 칸이 없습니다"):
        split_by(rows, "id")
    with pytest.raises(InputError, match="몫"):
        split_by(rows, share=1)


DIALOGUE = """<<start conversation>>
<사람>: 회원 가입은 어떻게 하나요?
<챗봇>: 신분증을 가지고 오시면 됩니다.
안내대는 1층입니다.
<사람>: 몇 권까지 되나요?
<챗봇>: 다섯 권입니다.

<<start conversation>>
<사람>: 사물함은 있나요?
<챗봇>: 네, 있습니다.
<사람>: 얼마예요?
<챗봇>: 무료입니다.
"""


def test_the_seeds_dialogues_are_read_as_chat(tmp_path: Path) -> None:
    path = tmp_path / "conversation.jsonl"
    path.write_text(DIALOGUE, encoding="utf-8-sig")
    kind, rows = read_any(path)
    assert kind == "chat"
    assert [message["role"] for message in rows[0]["messages"]] == ["user", "assistant"] * 2
    assert rows[0]["messages"][1]["content"] == "신분증을 가지고 오시면 됩니다.\n안내대는 1층입니다."
    assert write_conversations(rows) == DIALOGUE


def test_a_turn_that_speaks_for_the_other_is_cut() -> None:
    text = "네, 됩니다.\n사람: 얼마예요?\n챗봇: 무료입니다."
    rows = [{"messages": [{"role": "user", "content": "되나요?"}, {"role": "assistant", "content": text}]}]
    kept, counts = clean_conversations(rows, 1)
    assert kept[0]["messages"][1]["content"] == "네, 됩니다."
    assert counts["bleed"] == 1
    # Text that only mentions the word is no turn.
    assert clean_conversations([{"messages": [
        {"role": "user", "content": "상담은?"}, {"role": "assistant", "content": "상담은 사람: 챗봇 비율이 1:3입니다."},
    ]}], 1)[1]["bleed"] == 0  # fmt: skip


def test_dialogues_alternate_and_have_a_fixed_length() -> None:
    user, bot = {"role": "user", "content": "가?"}, {"role": "assistant", "content": "나."}
    system = {"role": "system", "content": "당신은 안내원입니다."}
    rows = [
        {"messages": [system, user, bot, user, bot]},
        {"messages": [user, bot, user, bot, user, bot]},  # too long: cut
        {"messages": [user, bot]},  # short
        {"messages": [user, user, bot, bot]},  # order
        {"messages": [bot, user, bot, user]},  # order: the bot begins
        {"messages": [user, {"role": "assistant", "content": "<사람>: 가?"}, user, bot]},  # nothing left: empty
    ]
    kept, counts = clean_conversations(rows, 2)
    assert [len(row["messages"]) for row in kept] == [5, 4]
    assert counts == {"bleed": 1, "cut": 1, "short": 1, "order": 2, "empty": 1}
    with pytest.raises(InputError, match="2번째 줄"):
        parse_conversations("<<start conversation>>\n그냥 글")

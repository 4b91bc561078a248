"""Rows become what a trainer reads, without a leak, and nothing is left out uncounted."""

from __future__ import annotations

from typing import Any

import pytest

from haechi.errors import InputError
from haechi.pipeline.prompt import build_messages
from haechi.training.data_build import Options, build, mix
from haechi.training.data_formats import Kind, prompt_key, split_by
from haechi.training.grounded_rows import hits_of, tagged_row
from haechi.training.text_column import text_of

SFT = [{"prompt": "대출 기간은?", "completion": "14일입니다.", "tokens": 3}, {"prompt": "빈 답", "completion": " "}]
INSTRUCTIONS = [
    {"instruction": "존댓말로 바꾸세요.", "input": "내일 와.", "output": "내일 오세요.", "url": "x", "id": 1},
    {"instruction": "인사하세요.", "input": "", "output": "안녕하세요."},
]
CHAT = [
    {
        "messages": [
            {"role": "user", "content": "가입은?"},
            {"role": "assistant", "content": "신분증을 가져오세요."},
            {"role": "user", "content": "몇 권까지?"},
            {"role": "assistant", "content": "다섯 권입니다."},
        ]
    }
]
FAQ = [{"id": "f1", "question": "휴관일은?", "variants": ["쉬는 날은?", "휴관일은?"], "answer": "월요일입니다."}]
GROUNDED: dict[str, Any] = {
    "id": "b-1-1",
    "group": "b-1",
    "question": "연체료는 얼마예요?",
    "passages": [
        {"title": "도서대출규정", "label": "제9조", "head": "연체", "text": "① 연체료는 권당 하루 50원으로 한다."},
        {"title": "도서대출규정", "label": "제5조", "head": "", "text": "① 대출 기간은 14일로 한다."},
    ],
    "answer": "연체료는 권당 하루 50원입니다. [1]",
    "rejected": "연체료는 14일입니다. [2]",
}
WHOLE = Options(exchanges=None)


def test_sft_keeps_the_input_and_leaves_out_empty_answers() -> None:
    assert build("sft", SFT, "sft").rows == [{"prompt": "대출 기간은?", "completion": "14일입니다."}]
    assert build("sft", SFT, "sft").counts["empty"] == 1
    # The seed's notebook drops the input of two of its three sets.
    assert build("instruction", INSTRUCTIONS, "sft").rows == [
        {"prompt": "존댓말로 바꾸세요.", "input": "내일 와.", "completion": "내일 오세요."},
        {"prompt": "인사하세요.", "completion": "안녕하세요."},
    ]


def test_every_answer_of_a_dialogue_is_a_row_and_no_split_parts_them() -> None:
    rows = build("chat", CHAT, "sft", WHOLE).rows
    assert rows[0]["prompt"] == "가입은?"
    assert [message["content"] for message in rows[1]["prompt"]] == ["가입은?", "신분증을 가져오세요.", "몇 권까지?"]
    assert {prompt_key(row) for row in rows} == {"가입은?"}
    other = [{"messages": [{**item, "content": item["content"] + "!"} for item in CHAT[0]["messages"]]}]
    train, held = split_by([*rows, *build("chat", other, "sft", WHOLE).rows], share=0.5)
    assert [row["group"] for row in train + held].count("가입은?") == 2
    assert len({row["group"] for row in train}) == len({row["group"] for row in held}) == 1
    # By default a dialogue has four exchanges; one that has two is counted, not passed on.
    assert build("chat", CHAT, "sft").counts["short"] == 1


def test_an_faq_gives_a_row_for_every_wording() -> None:
    rows = build("faq", FAQ, "sft").rows
    assert [row["prompt"] for row in rows] == ["휴관일은?", "쉬는 날은?"]
    assert {row["group"] for row in rows} == {"f1"}


def test_a_grounded_row_is_asked_as_the_pipeline_asks() -> None:
    (row,) = build("grounded", [GROUNDED], "sft").rows
    # Without worked examples: what they show, training teaches.
    expected = build_messages("연체료는 얼마예요?", hits_of(GROUNDED), max_chars=100, examples=False)
    assert [(item["role"], item["content"]) for item in row["prompt"]] == [(m.role, m.content) for m in expected]
    assert "[1] 도서대출규정 제9조 (연체)\n① 연체료는" in row["prompt"][-1]["content"]
    assert row["completion"] == GROUNDED["answer"]
    followed = {
        **GROUNDED,
        "question": "그건 얼마?",
        "standalone": "연체료는 얼마예요?",
        "history": [{"q": "a", "a": "b"}],
    }
    assert build("grounded", [followed], "sft").rows == [row]


def test_the_tagged_variant_has_no_value_left_and_comes_back_byte_for_byte() -> None:
    row = tagged_row(GROUNDED)
    assert row is not None
    assert row["completion"] == "연체료는 권당 <수량1> <금액1>입니다. [1]"
    asked = row["prompt"][-1]["content"]
    assert "연체료는 권당 <수량1> <금액1>으로 한다" in asked
    assert "50원" not in asked
    assert "14일" not in asked
    # A value that is not the evidence's stays as it is, so the answer can be told from a copied one.
    wrong = tagged_row({**GROUNDED, "answer": "연체료는 70원입니다. [1]"})
    assert wrong is not None
    assert wrong["completion"] == "연체료는 70원입니다. [1]"
    plain = {**GROUNDED, "passages": [{"title": "안내", "label": "", "head": "", "text": "조용히 합니다."}]}
    built = build("grounded", [GROUNDED, {**plain, "answer": "조용히 합니다. [1]"}], "sft", Options(tagged=True))
    assert (len(built.rows), built.counts["tagged"], built.counts["not_tagged"]) == (3, 1, 1)


def test_chat_rows_have_the_persona_and_end_with_the_answer() -> None:
    persona = Options(persona="당신은 시립도서관 안내원입니다.", exchanges=None)
    (row, _) = build("instruction", INSTRUCTIONS, "chat", persona).rows
    assert row["messages"] == [
        {"role": "system", "content": "당신은 시립도서관 안내원입니다."},
        {"role": "user", "content": "존댓말로 바꾸세요.\n\n내일 와."},
        {"role": "assistant", "content": "내일 오세요."},
    ]
    (dialogue,) = build("chat", CHAT, "chat", persona).rows
    assert [message["role"] for message in dialogue["messages"]] == ["system", *["user", "assistant"] * 2]
    assert CHAT[0]["messages"][0]["role"] == "user"  # what was read is not changed
    own = [{"messages": [{"role": "system", "content": "나는 해치."}, *CHAT[0]["messages"]]}]
    assert build("chat", own, "chat", persona).rows[0]["messages"][0]["content"] == "나는 해치."


@pytest.mark.parametrize(
    ("kind", "rows", "answers"),
    [
        ("sft", SFT[:1], ["14일입니다."]),
        ("instruction", INSTRUCTIONS, ["내일 오세요.", "안녕하세요."]),
        ("chat", CHAT, ["신분증을 가져오세요.", "다섯 권입니다."]),
        ("faq", FAQ, ["월요일입니다."]),
        ("pairs", [{"prompt": "가", "chosen": "좋은 답", "rejected": "나쁜 답"}], ["좋은 답", "나쁜 답"]),
        ("grounded", [GROUNDED], [GROUNDED["answer"], GROUNDED["rejected"]]),
        ("sft", [{"prompt": [CHAT[0]["messages"][0], CHAT[0]["messages"][1]], "completion": "x"}], ["신분증"]),
    ],
)
def test_no_answer_leaks_into_the_prompts(kind: Kind, rows: list[dict[str, Any]], answers: list[str]) -> None:
    made = build(kind, rows, "prompts").rows
    assert made
    assert all(row.keys() <= {"prompt", "input"} for row in made)
    assert not [answer for answer in answers if answer in str(made)]


def test_prompts_stand_once() -> None:
    built = build("sft", [*SFT, {"prompt": " 대출  기간은?", "completion": "다름"}], "prompts")
    assert [row["prompt"] for row in built.rows] == ["대출 기간은?", "빈 답"]
    assert built.counts["duplicate"] == 1


def test_pairs_that_say_nothing_are_left_out() -> None:
    rows = [
        {"prompt": "가", "chosen": "좋음", "rejected": "나쁨", "input": "나", "score": 1},
        {"prompt": "가", "chosen": "같음", "rejected": " 같음"},
        {"prompt": "가", "chosen": "좋음", "rejected": ""},
    ]
    built = build("pairs", rows, "pairs")
    assert built.rows == [{"prompt": "가", "input": "나", "chosen": "좋음", "rejected": "나쁨"}]
    assert built.counts["alike_or_empty"] == 2
    (pair,) = build("grounded", [GROUNDED, {**GROUNDED, "rejected": ""}], "pairs").rows
    assert (pair["chosen"], pair["rejected"]) == (GROUNDED["answer"], GROUNDED["rejected"])
    broken = {"prompt": "가", "completion_0": "나", "completion_1": "다", "ranking": [1, 2]}
    assert build("ranking", [broken], "pairs").counts["broken_ranking"] == 1
    assert build("ranking", [broken], "sft").counts["broken_ranking"] == 1


def test_the_text_column_with_and_without_input() -> None:
    with_input, without = build("instruction", INSTRUCTIONS, "text", Options(end="</s>")).rows
    assert with_input["text"].split("\n\n") == [
        "다음은 작업을 설명하는 명령어와 그 배경이 되는 입력입니다. 요청에 알맞은 응답을 쓰세요.",
        "### 명령어:\n존댓말로 바꾸세요.",
        "### 입력:\n내일 와.",
        "### 응답:\n내일 오세요.</s>",
    ]
    assert without["text"].split("\n\n")[1:] == ["### 명령어:\n인사하세요.", "### 응답:\n안녕하세요.</s>"]
    assert "### 입력:" not in without["text"]


def test_the_text_column_is_what_a_plain_model_is_asked_with() -> None:
    prompt_format = pytest.importorskip("haechi.training.prompt_format")

    class Plain:
        chat_template, bos_token, eos_token = None, None, "</s>"

    for kind, rows in (("instruction", INSTRUCTIONS), ("chat", CHAT)):
        for row in build(kind, rows, "sft", WHOLE).rows:  # type: ignore[arg-type]
            assert text_of(row, "</s>") == prompt_format.prompt_text(Plain(), row) + row["completion"] + "</s>"


def test_a_mix_is_balanced_without_duplicates_and_reproducible() -> None:
    def some(name: str, count: int) -> list[dict[str, Any]]:
        return [{"prompt": f"{name} 질문 {n}?"} for n in range(count)] + [{"prompt": "모두 묻는 질문?"}] * 3

    sources: dict[str, tuple[Kind, Any]] = {
        "챗봇": ("prompts", some("챗봇", 50)),
        "상식": ("prompts", some("상식", 40)),
        "적음": ("prompts", some("적음", 5)),
    }
    built = mix(sources, "prompts", each=20, seed=230315)
    assert [built.counts[f"from:{name}"] for name in sources] == [20, 20, 5]
    assert built.counts["short:적음"] == 15
    texts = [row["prompt"] for row in built.rows]
    assert len(set(texts)) == len(texts) == 45
    assert built.counts["duplicate"] == 8
    # The order of rows in the files does not matter, the seed does; the sources are mixed, not one after another.
    again = {name: (kind, rows[::-1]) for name, (kind, rows) in sources.items()}
    assert mix(again, "prompts", each=20, seed=230315).rows == built.rows
    assert {row["prompt"] for row in mix(sources, "prompts", each=20, seed=1).rows} != set(texts)
    assert len({row["source"] for row in built.rows[:10]}) > 1


def test_a_mix_takes_the_chosen_sets_whole_and_keeps_their_input() -> None:
    sources: dict[str, tuple[Kind, Any]] = {"koalpaca": ("instruction", INSTRUCTIONS), "우리": ("sft", SFT)}
    rows = mix(sources, "sft").rows
    assert sorted(row["source"] for row in rows) == ["koalpaca", "koalpaca", "우리"]
    assert [row["input"] for row in rows if "input" in row] == ["내일 와."]
    assert [row["source"] for row in mix({"우리": sources["우리"]}, "sft").rows] == ["우리"]


def test_what_cannot_be_made_is_said() -> None:
    with pytest.raises(InputError, match="prompts 자료로는 sft"):
        build("prompts", [{"prompt": "가"}], "sft")
    with pytest.raises(InputError, match="sft 자료로는 pairs"):
        build("sft", SFT, "pairs")
    with pytest.raises(InputError, match="text가 없습니다"):
        build("grounded", [{**GROUNDED, "passages": [{"title": "가"}]}], "sft")

"""The linter finds every defect that is put into a clean set, and nothing in the clean set."""

from __future__ import annotations

import random
import time
import unicodedata
from typing import Any

import pytest

from haechi.errors import InputError
from haechi.training.data_formats import Kind
from haechi.training.data_lint import CODES, Options, clean, dropping, lint
from haechi.training.leaks import Evaluation
from haechi.training.near_duplicates import NearIndex, alike, triples
from haechi.training.private_data import private_in

CLEAN: list[dict[str, Any]] = [
    {"prompt": "도서관은 몇 시에 닫나요?", "completion": "평일에는 오후 9시에 닫습니다."},
    {"prompt": "도서관은 주말에 몇 시에 닫나요?", "completion": "주말에는 오후 6시에 닫습니다."},
    {"prompt": "1인실 하루 요금은 얼마인가요?", "completion": "하루 30,000원입니다."},
    {"prompt": "2인실 하루 요금은 얼마인가요?", "completion": "하루 50,000원입니다."},
    {"prompt": "담당 부서가 어디예요?", "completion": "총무팀"},
    {"prompt": "준비물을 알려 주세요.", "completion": "다음을 가져오세요.\n1. 신분증\n2. 신청서\n3. 사진 두 장"},
    {"prompt": "환불 규정을 영어로 번역해 주세요.", "completion": "Refunds are made within seven days of the request."},
    {"prompt": "해지하려면 어떻게 하나요?", "completion": "계약(契約)을 해지하려면 30일 전에 알려야 합니다."},
    {"prompt": "문의는 어디로 하나요?", "completion": "국번 없이 120이나 help@example.kr로 문의합니다."},
    {"prompt": "USB와 CD도 빌릴 수 있나요?", "completion": "USB와 CD는 Media Lab에서 빌릴 수 있습니다."},
]


DEFAULT = Options()


def codes_of(row: dict[str, Any], kind: Kind = "sft", options: Options = DEFAULT) -> set[str]:
    return {finding.code for finding in lint(kind, [row], options).findings}


def answer(text: str, prompt: str = "이용료는 얼마인가요?") -> set[str]:
    return codes_of({"prompt": prompt, "completion": text})


def test_a_clean_set_has_nothing_to_find() -> None:
    assert lint("sft", CLEAN).findings == []


@pytest.mark.parametrize(
    ("code", "text"),
    [
        ("empty", "   "),
        ("empty", "null"),
        ("truncated", "회원은 무료로 이용할 수 있으며 비회원은 이용료를"),
        ("truncated", "이용료는 무료입니다. 다만 주차장을 이용하는 사람은 한 시"),
        ("truncated", "이용료는 조례에 따라 정하며(제3조제2항"),
        ("truncated", "다음 명령을 실행합니다.\n```\nhaechi init"),
        ("language", "The fee is five thousand won for each adult visitor."),
        ("language", "이용료는 五千圓이며 선불입니다."),
        ("language", "이용료는 あたり 오천 원입니다."),
        ("language", "이용료는 free of charge for all visitors 입니다."),
        ("refusal", "저는 인공지능 언어 모델이라서 요금을 알 수 없습니다."),
        ("refusal", "죄송하지만 그 정보는 제공할 수 없습니다."),
        ("refusal", "잘 모르겠습니다."),
        ("refusal", "As an AI language model, I cannot answer."),
        ("run_on", "5,000원입니다.\n\n### 질문: 주차료는 얼마인가요?\n### 답변: 무료입니다."),
        ("run_on", "5,000원입니다.\nQ: 주차료는?\nA: 무료입니다."),
        ("run_on", "이용료는 오천 원입니다. 이용료는 오천 원입니다. 이용료는 오천 원입니다."),
        ("run_on", "요금 요금 요금 요금 요금 요금 요금 요금"),
        ("end_mark", "이용료는 5,000원입니다.<|im_end|>"),
        ("role_bleed", "이용료는 5,000원입니다.\n<사람>: 그럼 주차료는요?"),
        ("role_bleed", "이용료는 5,000원입니다.\n사용자: 그럼 주차료는요?"),
        ("broken", "이용료는 5,000\ufffd\ufffd입니다."),
        ("private", "담당자 휴대전화는 010-2345-6789입니다."),
        ("private", "주민등록번호는 900101-1234568입니다."),
        ("private", "카드 번호는 4111 1111 1111 1112가 아니라 4539 1488 0343 6467입니다."),
        ("private", "메일은 gildong.hong@naver.com입니다."),
        ("telephone", "문의: 총무팀 02-123-4567"),
    ],
)
def test_each_defect_of_an_answer_is_found(code: str, text: str) -> None:
    assert code in answer(text)


@pytest.mark.parametrize(
    "text",
    [
        "모른다",  # the refusal that this project asks for
        "8만 원",
        "신고는 (가. 이용 신고, 나. 변경 신고로 나누어 받으며 문의는 담당 부서에 하시기 바랍니다.",
        "이용료를 받는 곳은 1층 자원순환과",
        "담당자는 총무팀 주무관 홍가은",
        "신청할 수 없습니다. 규정 제5조에 따라 기간이 지났기 때문입니다.",  # a refusal of the rules, not of the model
        "위원은 다음과 같다.\n- 위원장: 부원장\n- 위원: 팀장 3명",
        "접수 번호 2024-1234-5678-9012를 적으세요.",  # sixteen digits that no card has
        "생년월일은 900101처럼 여섯 자리로 적습니다.",
        "공단의 전화는 02-000-4117입니다.",  # cannot be called
        "이용 시간은 09:00~18:00입니다.",
    ],
)
def test_what_only_looks_like_a_defect_is_left_alone(text: str) -> None:
    assert answer(text) == set()


def test_private_data_is_named_and_not_repeated() -> None:
    report = lint("sft", [{"prompt": "누구?", "completion": "홍길동(010-2345-6789)입니다."}])
    assert [finding.seen for finding in report.findings if finding.code == "private"] == ["mobile"]
    # Full-width digits and a space for the hyphen are the same number.
    assert private_in("９００１０１ - １２３４５６８") == ["resident"]
    assert private_in("901332-1234568") == []


def test_repeats_are_found_with_the_row_they_repeat() -> None:
    first = {"prompt": "분실물은 어디에서 찾을 수 있나요?", "completion": "1층 안내 데스크에서 찾을 수 있습니다."}
    rows = [
        first,
        {**first, "prompt": "분실물은  어디에서 찾을수 있나요 ?"},
        {
            "prompt": "분실물은 어디에서 찾을 수 있을까요?",
            "completion": "1층의 안내 데스크에서 찾을 수 있습니다.",
        },
        {**first, "completion": "2층 사무실에서 찾을 수 있습니다."},
    ]
    found = {finding.row: (finding.code, finding.other) for finding in lint("sft", rows, Options(near=0.6)).findings}
    assert found == {1: ("duplicate", 0), 2: ("near_duplicate", 0), 3: ("conflict", 0)}


def test_a_number_that_differs_makes_another_row() -> None:
    rows = [
        {
            "prompt": f"공영주차장 제{number}구역의 하루 이용 요금은 얼마인가요?",
            "completion": f"하루 {number}천 원입니다.",
        }
        for number in range(1, 6)
    ]
    assert lint("sft", rows).findings == []


def test_a_whole_row_does_not_go_for_one_that_is_cut_off() -> None:
    cut = {
        "prompt": "분실물은 어디에서 찾을 수 있나요?",
        "completion": "분실물은 1층 안내 데스크에서 찾을 수 있습니다. 다만",
    }
    whole = {
        "prompt": "분실물은 어디에서 찾을 수 있나요?",
        "completion": "분실물은 1층 안내 데스크에서 찾을 수 있습니다.",
    }
    rows = [cut, whole]
    kept, dropped = clean(rows, lint("sft", rows))
    assert kept == [whole]
    assert [row["row"] for row in dropped] == [1]
    assert dropped[0]["data"] == cut
    assert "truncated" in {reason["code"] for reason in dropped[0]["reasons"]}


def test_near_duplicates_are_looked_for_without_comparing_all_rows() -> None:
    # Alike in their ends, as rows of one office are: 18 million pairs, which take minutes one by one.
    dice = random.Random(0)
    words = ["".join(chr(0xAC00 + dice.randrange(11172)) for _ in range(2)) for _ in range(300)]
    rows = [
        {"prompt": f"{' '.join(dice.choices(words, k=5))}을 맡기는 절차를 알려 주세요", "completion": "창구로 가세요."}
        for _ in range(6000)
    ]
    index = NearIndex(0.8, (row["prompt"] for row in rows))
    start = time.process_time()
    for number, row in enumerate(rows):
        assert list(index.find(row["prompt"])) == []
        index.add(number, row["prompt"])
    assert time.process_time() - start < 15


def test_near_texts_are_found_exactly_where_a_full_scan_finds_them() -> None:
    dice = random.Random(1)
    words = ["가방", "나무", "다리", "라면", "마루", "바다", "사과"]
    texts = [" ".join(dice.choices(words, k=dice.randint(1, 9))) for _ in range(300)]
    for share in (0.3, 0.65, 0.8, 1.0):
        index = NearIndex(share, texts[:200])
        found = []
        for number, text in enumerate(texts):
            found.append(list(index.find(text)))
            index.add(number, text)
        sets = [triples(text) for text in texts]
        assert found == [
            [other for other in range(number) if alike(sets[other], sets[number]) >= share - 1e-9]
            for number in range(len(texts))
        ]


def test_rankings_and_pairs() -> None:
    sound = {"prompt": "주차는?", "completion_0": "몰라요 주차 주차", "completion_1": "무료입니다.", "ranking": [1, 0]}
    assert codes_of(sound, "ranking") == set()
    assert codes_of({**sound, "ranking": [0, 0]}, "ranking") == {"ranking"}
    assert codes_of({**sound, "ranking": "0,1"}, "ranking") == {"wrong_type"}
    pair = {"prompt": "주차는?", "chosen": "무료입니다.", "rejected": "무료 입니다"}
    assert codes_of(pair, "pairs") == {"alike"}
    # A rejected answer may be bad, it is what it is for; only it must not be empty.
    assert codes_of({**pair, "rejected": "저는 AI 모델이라서"}, "pairs") == set()
    assert codes_of({**pair, "rejected": " "}, "pairs") == {"empty"}


@pytest.mark.parametrize(
    ("kind", "row"),
    [
        ("chat", {"messages": [{"role": "user", "content": "요금?"},
                               {"role": "assistant", "content": "요금은 회원이면"}]}),
        ("instruction", {"instruction": "요약하세요.", "input": "긴 글", "output": "이 글의 요지는 다음과 같으며"}),
        ("faq", {"question": "요금?", "answer": "요금은 어른이 5,000원이고 어린이는"}),
        ("text", {"text": "### 명령어:\n요금?\n\n### 응답:\n요금은 어른이 5,000원이고 어린이는"}),
    ],
)  # fmt: skip
def test_every_kind_of_row_is_read(kind: Kind, row: dict[str, Any]) -> None:
    assert codes_of(row, kind) == {"truncated"}


def test_prompts_have_no_answer_to_judge() -> None:
    assert lint("prompts", [{"prompt": "주차는?"}, {"prompt": "주차는 "}, {"prompt": " "}]).counts() == {
        "empty": 1,
        "duplicate": 1,
    }


PASSAGES = [
    {
        "title": "이용규정",
        "label": "제5조",
        "head": "연체료",
        "text": "연체료는 하루 100원으로 하되 5,000원을 넘지 않는다.",
    },
    {"title": "이용규정", "label": "제6조", "head": "분실", "text": "잃어버린 사람은 20,000원을 내야 한다."},
]
GROUNDED = {
    "question": "하루 늦으면 얼마를 내나요?",
    "passages": PASSAGES,
    "answer": "연체료는 하루 100원입니다. [1]",
    "gold": [1],
}


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"answer": "연체료는 하루 100원입니다."}, "citation"),
        ({"answer": "연체료는 하루 100원입니다. [3]"}, "citation"),
        ({"gold": [2]}, "gold"),
        ({"gold": [0, 1]}, "gold"),
        ({"answer": "연체료는 하루 200원입니다. [1]"}, "value"),
        # The value stands in the other passage: right number, wrong place.
        ({"answer": "연체료는 20,000원입니다. [1]"}, "value"),
        ({"answer": "연체료는 제7조에 있습니다. [1]"}, "value"),
        ({"answer": "연체료는 하루 100원입니다. 한도는 5,000원입니다. [1]"}, "uncited"),
        ({"answer": "연체료는 " + "하루하루 " * 20 + "100원입니다. [1]"}, "long_answer"),
        ({"answer": "모른다", "gold": [1], "reason": "없다"}, "gold"),
        ({"answer": "모른다", "gold": []}, "no_reason"),
        ({"answer": "연체료는 하루 100 [1]"}, "truncated"),
        ({"passages": []}, "passages"),
        ({"passages": [{"title": "규정", "text": " "}]}, "passages"),
        ({"kind": "follow_up"}, "follow_up"),
        ({"rejected": "연체료는 하루  100원입니다 [1]"}, "alike"),
    ],
)
def test_grounded_rows_cite_what_they_say(changes: dict[str, Any], code: str) -> None:
    assert codes_of(GROUNDED, "grounded") == set()
    assert code in codes_of({**GROUNDED, **changes}, "grounded")


def test_other_forms_of_a_stated_value_are_stated() -> None:
    for text in ("아닙니다. 연체료는 하루 백 원입니다. [1]", "연체료는 이용규정 제5조에 있습니다. [1]"):
        assert codes_of({**GROUNDED, "answer": text}, "grounded") == set()


def test_one_question_over_other_passages_is_another_row() -> None:
    other = {**GROUNDED, "passages": PASSAGES[1:], "answer": "모른다", "gold": [], "reason": "연체료가 없다"}
    assert lint("grounded", [GROUNDED, other]).findings == []
    assert lint("grounded", [GROUNDED, dict(GROUNDED)]).counts() == {"duplicate": 1}


LONG = "연체료는 반납 예정일의 다음 날부터 계산하며 도서관이 쉬는 날은 날수에 넣지 않고 한 권마다 따로 셈합니다."
EVALUATION = [
    ("eval.jsonl:1", {"prompt": "반납이 늦으면 하루에 얼마를 내야 하나요?", "answers": ["100원", LONG]}),
    ("eval.jsonl:2", {"text": "제9조(휴관) 도서관은 매월 둘째 월요일과 넷째 월요일, 설날과 추석 연휴에 쉬며 "
                              "시설을 고치거나 자료를 점검할 때에는 관장이 정한 날에도 쉴 수 있다."}),
]  # fmt: skip


@pytest.mark.parametrize(
    "question",
    [
        "반납이 늦으면 하루에 얼마를 내야 하나요?",
        "반납이늦으면하루에얼마를내야하나요",
        "반 납 이 늦 으 면, 하 루 에 얼 마 를 내 야 하 나 요 ?",
        "반납이\u200b 늦으면\u00a0하루에\n얼마를 내야\ufeff 하나요……",
        unicodedata.normalize("NFD", "반납이 늦으면 하루에 얼마를 내야 하나요?"),
        "안녕하세요. 문의합니다. 반납이 늦으면 하루에 얼마를 내야 하나요? 답을 부탁드립니다. 고맙습니다.",
        "반납이 늦으면 하루에 얼마를 내야 할까요?",
    ],
)
def test_no_leak_is_hidden_by_spacing(question: str) -> None:
    options = Options(evaluation=Evaluation(EVALUATION))
    assert "leak_question" in codes_of({"prompt": question, "completion": "백 원입니다."}, options=options)


def test_answers_and_passages_leak_by_long_runs_only() -> None:
    options = Options(evaluation=Evaluation(EVALUATION))

    def codes(row: dict[str, Any], kind: Kind = "sft") -> set[str]:
        return codes_of(row, kind, options)

    spaced = " ".join(
        "다음 날부터 계산하며 도서관이 쉬는 날은 날수에 넣지 않고 한 권마다 따로 셈합니다".replace(" ", "")
    )
    assert "leak_answer" in codes({"prompt": "어떻게 세나요?", "completion": f"답: {spaced}."})
    # 100원 is the answer of many questions.
    assert codes({"prompt": "복사비는 한 장에 얼마예요?", "completion": "100원"}) == set()
    quoting = {
        **GROUNDED,
        "question": "언제 쉬어요?",
        "passages": [{"title": "규정", "text": EVALUATION[1][1]["text"]}],
    }
    quoting["answer"] = "매월 둘째 월요일과 넷째 월요일, 설날과 추석 연휴에 쉽니다. [1]"
    assert codes(quoting, "grounded") == {"leak_text"}
    # Told apart: a shared source is told and stays, a copied question goes.
    assert dropping() >= {"leak_question", "leak_answer"}
    assert "leak_text" not in dropping()


def test_which_checks_drop_is_the_users_choice() -> None:
    rows = [{"prompt": "누구?", "completion": "010-2345-6789입니다."}, *CLEAN]
    assert lint("sft", rows, codes=dropping(keep=["private"])).dropped == set()
    report = lint("sft", CLEAN, Options(max_chars=20), dropping(also=["long_answer"]))
    assert report.counts() == {"long_answer": len(report.dropped)}
    with pytest.raises(InputError, match="truncated"):
        dropping(keep=["truncation"])


def test_every_code_is_explained_in_both_languages() -> None:
    assert all(korean and (english.isascii() or "모른다" in english) for _, korean, english in CODES.values())

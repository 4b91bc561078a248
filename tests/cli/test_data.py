"""`haechi data` from the command line: files in every form in, true JSONL out, counts of what was left out."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from haechi.config import load_config
from haechi.pipeline.build import init_home, open_home
from haechi.pipeline.feedback import give_feedback
from haechi.stores.feedback_base import Feedback
from haechi.training.data_formats import read_any, write_rows
from haechi.types import Answer, Hit
from tests.cli.conftest import CHUNK, Run, answer_to

RANKED = {
    "prompt": "주차 요금은?",
    "completion_1": "몰라요",
    "completion_2": "10분에 500원입니다.",
    "completion_3": "유료입니다.",
    "ranking": [2, 0, 1],
}


def test_the_seeds_array_becomes_what_a_trainer_reads(haechi: Run, in_folder: Path) -> None:
    seed = [{"prompt": "대출 기간은?", "completion": "14일입니다."}, {"prompt": "휴관일은?", "completion": ""}]
    Path("seed.jsonl").write_text(json.dumps(seed, indent=2), encoding="utf-8-sig")
    done = haechi(
        "data", "build", "seed.jsonl", "--to", "chat", "--persona", "당신은 안내원입니다.", "--out", "chat.jsonl"
    )
    assert "1줄을 썼습니다" in done.out and "빈 답이나 질문 1" in done.out
    kind, rows = read_any(Path("chat.jsonl"))
    assert (kind, [item["role"] for item in rows[0]["messages"]]) == ("chat", ["system", "user", "assistant"])
    done = haechi(
        "data", "build", "seed.jsonl", "--to", "text", "--end-mark", "</s>", "--out", "text.csv.jsonl", "--json"
    )
    assert done.json == {"rows": 1, "file": "text.csv.jsonl", "empty": 1}
    assert read_any(Path("text.csv.jsonl"))[1][0]["text"].endswith("14일입니다.</s>")


def test_rankings_become_pairs_and_broken_ones_are_named(haechi: Run, in_folder: Path) -> None:
    write_rows(Path("ranked.jsonl"), [RANKED, {**RANKED, "ranking": [1, 2, 3]}])
    done = haechi("data", "pairs", "ranked.jsonl", "--out", "pairs.jsonl", "--json")
    assert done.json == {"rows": 3, "file": "pairs.jsonl", "broken_ranking": 1}
    assert "ranked.jsonl 2: ranking은 0부터 2까지" in done.err
    assert {row["chosen"] for row in read_any(Path("pairs.jsonl"))[1]} == {"10분에 500원입니다.", "유료입니다."}
    assert haechi("data", "pairs", "ranked.jsonl", "--orders", "--out", "o.jsonl", "--json").json["rows"] == 3
    assert {row["chosen"] for row in read_any(Path("o.jsonl"))[1]} == {"유료입니다.", "몰라요"}


def test_files_are_mixed_evenly_and_the_same_again(haechi: Run, in_folder: Path) -> None:
    write_rows(Path("가.jsonl"), [{"prompt": f"가 {n}?"} for n in range(30)])
    Path("나.txt").write_text("\n".join(f"나 {n}?" for n in range(4)), encoding="utf-8")
    call = ("data", "mix", "가.jsonl", "나.txt", "--to", "prompts", "--each", "10", "--seed", "230315")
    done = haechi(*call, "--out", "one.jsonl")
    assert "14줄을 썼습니다" in done.out and "가에서 10" in done.out and "나은(는) 6개 모자람" in done.out
    haechi(*call, "--out", "two.jsonl")
    assert Path("one.jsonl").read_bytes() == Path("two.jsonl").read_bytes()


def test_mistakes_are_said_without_a_traceback(haechi: Run, in_folder: Path) -> None:
    write_rows(Path("sft.jsonl"), [{"prompt": "가", "completion": "나"}])
    done = haechi("data", "build", "sft.jsonl", "--to", "pairs", "--out", "x.jsonl")
    assert (done.status, "pairs 자료를 만들 수 없습니다" in done.err) == (1, True)
    assert not Path("x.jsonl").exists()
    assert "없" in haechi("data", "build", "nowhere.jsonl", "--to", "sft", "--out", "x.jsonl").err
    write_rows(Path("sub/sft.jsonl"), [{"prompt": "가", "completion": "나"}])
    assert "이름이 같은" in haechi("data", "mix", "sft.jsonl", "sub/sft.jsonl", "--out", "x.jsonl").err


def test_opinions_become_files_that_the_faq_and_the_trainers_read(
    haechi: Run, in_folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HAECHI_EMBEDDER_BACKEND", "scripted")
    monkeypatch.setenv("HAECHI_CHECK_GROUNDER", "none")
    monkeypatch.setenv("HAECHI_LLM_BACKEND", "scripted")
    folder = init_home(in_folder / "home")
    monkeypatch.setenv("HAECHI_HOME", str(folder))
    (in_folder / "여비규정.md").write_text("# 여비규정\n\n" + CHUNK.text, encoding="utf-8")
    haechi("ingest", "여비규정.md")
    with open_home(load_config(folder)) as home:
        (chunk,) = home.store.chunks(home.store.documents()[0].id)
        hit = Hit(chunk, 1.0, "hybrid", document_title="여비규정")
        answer = answer_to("정산은 며칠 안에 하나요?")
        made = Answer(answer.question, answer.answer, "generated", hits=(hit,), verdicts=answer.verdicts)
        give_feedback(home, Feedback(home.store.record_answer(made), "good"))
    done = haechi("data", "from-home", "--out", "made")
    assert "SFT 1, 쌍 0, FAQ 1, 질문 1" in done.out
    assert read_any(Path("made/sft.jsonl"))[1][0]["completion"] == answer.answer
    assert read_any(Path("made/faq.jsonl"))[0] == "faq"
    assert haechi("faq", "import", "made/faq.csv", "--json").json["added"] == 1
    assert haechi("data", "from-home", "--out", "made", "--since", "2999-01-01", "--json").json["prompts"] == 0

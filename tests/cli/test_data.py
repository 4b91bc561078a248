"""`haechi data` from the command line: files in every form in, true JSONL out, counts of what was left out."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from haechi.config import Config, load_config
from haechi.models.scripted import ScriptedLLM
from haechi.pipeline.build import init_home, open_home
from haechi.pipeline.feedback import give_feedback
from haechi.stores.feedback_base import Feedback
from haechi.training.data_formats import read_any, write_rows
from haechi.types import Answer, Hit
from tests.cli.conftest import CHUNK, Run, answer_to
from tests.pipeline.conftest import REGULATION
from tests.training.test_from_documents import script

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


@pytest.fixture
def taught(in_folder: Path, monkeypatch: pytest.MonkeyPatch, haechi: Run) -> Path:
    """A home with a regulation whose scripted model is the teacher of tests/training/test_from_documents.py."""
    monkeypatch.setenv("HAECHI_EMBEDDER_BACKEND", "scripted")
    monkeypatch.setenv("HAECHI_CHECK_GROUNDER", "none")
    monkeypatch.setenv("HAECHI_LLM_BACKEND", "scripted")
    monkeypatch.setenv("HAECHI_HOME", str(init_home(in_folder / "home")))
    (in_folder / "운영규정.md").write_text(REGULATION, encoding="utf-8")
    haechi("ingest", "운영규정.md")
    monkeypatch.setattr("haechi.pipeline.build._llm", lambda config: ScriptedLLM(script(), name=config.llm.model))
    return in_folder


def test_documents_become_rows_of_every_kind_with_a_card(haechi: Run, taught: Path) -> None:
    done = haechi("data", "from-documents", "--out", "made", "--passages", "9")
    assert "질의응답 4개(값 2, 조건 1, 답 없음 1)" in done.out
    assert read_any(Path("made/grounded.jsonl"))[0] == "grounded"
    assert any(row.get("tagged") for row in read_any(Path("made/sft.jsonl"))[1])
    card = json.loads(Path("made/card.json").read_text(encoding="utf-8"))
    assert (card["rows"], card["failures"], card["interrupted"]) == (4, 0, False)
    # The second run asks nothing: everything is in the journal.
    again = haechi("data", "from-documents", "--out", "made", "--passages", "9", "--json")
    assert (again.json["calls"], again.json["rows"]) == (0, 4)
    assert "이어서 합니다" in again.err
    done = haechi("data", "negatives", "made/grounded.jsonl", "--each", "1", "--out", "hard.jsonl", "--json")
    assert done.json["rows"] + done.json["no_negative"] == 3
    assert haechi("data", "from-documents", "--out", "other", "--teacher", "다른모델", "--json").json["calls"] > 0


def test_answers_dialogues_and_tiers_are_written_with_what_failed_beside_them(
    haechi: Run, taught: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    said = {"좋은모델": "권당 하루 100원입니다.", "나쁜모델": "요금 요금 요금"}

    def model(config: Config) -> ScriptedLLM:
        name = config.llm.model
        # A citizen who says the same thing twice breaks the dialogue.
        reply = lambda messages, options: said.get(name, f"{len(messages)}번째 {messages[0].content[:7]}")  # noqa: E731
        return ScriptedLLM(reply, name=name)

    monkeypatch.setattr("haechi.pipeline.build._llm", model)
    Path("q.txt").write_text("연체료는?\n휴관일은?\n", encoding="utf-8")
    assert haechi("data", "answers", "q.txt", "--teacher", "좋은모델", "--out", "a.jsonl", "--json").json["rows"] == 2
    assert read_any(Path("a.jsonl"))[0] == "sft"
    assert Path("a.journal.jsonl").exists()
    done = haechi("data", "dialogues", "q.txt", "--count", "1", "--exchanges", "2", "--out", "d.jsonl", "--json")
    assert done.json["rows"] == 1
    done = haechi("data", "dialogues", "q.txt", "--teacher", "나쁜모델", "--out", "e.jsonl")
    assert "뺀 것 2: 이어지지 않은 대화 2" in done.out
    assert len(Path("e.failures.jsonl").read_text(encoding="utf-8").splitlines()) == 2
    tiers = ("--tier", "좋은모델", "--tier", "나쁜모델@1.2", "--out", "r.jsonl")
    assert haechi("data", "tiers", "q.txt", *tiers, "--json").json["rows"] == 2
    haechi("data", "pairs", "r.jsonl", "--out", "p.jsonl")
    assert {row["chosen"] for row in read_any(Path("p.jsonl"))[1]} == {"권당 하루 100원입니다."}
    assert "서로 다르게 둘" in haechi("data", "tiers", "q.txt", "--tier", "좋은모델", "--out", "r.jsonl").err

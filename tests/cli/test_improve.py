"""`haechi improve` end to end over a real home: one command from feedback to a verdict, and back."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from haechi.config import load_config
from haechi.models.bundled import path as model_path
from haechi.pipeline.build import init_home, open_home
from haechi.pipeline.erase import remove_documents
from haechi.pipeline.feedback import give_feedback
from haechi.pipeline.ingest import ingest
from haechi.registry import BACKENDS
from haechi.stores.feedback_base import Feedback
from haechi.training.card_lease import hold_card
from tests.cli.conftest import Run
from tests.cli.improve_fakes import RIGHT, FakeTrainer, Models, make_adapter
from tests.pipeline.conftest import REGULATION

ASKED = {
    "연체료": ["연체료는 얼마인가요?", "권당 연체료가 하루에 얼마예요?", "늦게 내면 연체료는?"],
    "대출": ["대출 기간은 며칠인가요?", "책 대출은 며칠 동안 되나요?", "대출 기간 알려 주세요"],
    "휴관": ["정기휴관일은 언제인가요?", "휴관일이 언제예요?"],
    "단체": ["단체 관람은 몇 명부터인가요?", "단체 관람 인원은 몇 명인가요?"],
}
ANSWERS = {"연체료": "100원", "대출": "14일", "휴관": "월요일", "단체": "20명"}
#: Asked by a reader, not by the gate.
BORROW = "도서를 빌리면 대출 기간이 얼마나 됩니까"


def questions() -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = [
        {"id": text, "question": text, "answers": [ANSWERS[word]]} for word, texts in ASKED.items() for text in texts
    ]
    return [*rows, *({"id": f"no{n}", "question": f"수영장 {n}호 환불 절차는요?", "answerable": False} for n in (1, 2))]


@pytest.fixture
def home(in_folder: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A home with a regulation, a rated answer, questions for the gate, and models folder of its own."""
    settings = {
        "EMBEDDER_BACKEND": "scripted",
        "CHECK_GROUNDER": "none",
        "LLM_BACKEND": "scripted",
        "GATE_MIN_QUESTIONS": "10",
        "GATE_MIN_UNANSWERABLE": "2",
        "GATE_SLOWER": "1000",  # scripted models take next to no time: a busy machine decides which is slower
        "MODELS": str(in_folder / "models"),
    }
    for name, value in settings.items():
        monkeypatch.setenv(f"HAECHI_{name}", value)
    (in_folder / "운영규정.md").write_text(REGULATION, encoding="utf-8")
    lines = [json.dumps(row, ensure_ascii=False) for row in questions()]
    folder = init_home(in_folder / "home")
    monkeypatch.setenv("HAECHI_HOME", str(folder))
    (folder / "gate.jsonl").write_text("\n".join(lines) + "\n", encoding="utf-8")
    text = (folder / "haechi.toml").read_text(encoding="utf-8")
    (folder / "haechi.toml").write_text(text.replace('questions = ""', 'questions = "gate.jsonl"'), encoding="utf-8")
    monkeypatch.setitem(BACKENDS["trainers"], "fake", "tests.cli.improve_fakes:FakeTrainer")
    FakeTrainer.calls.clear()
    FakeTrainer.interrupt = False
    return folder


@pytest.fixture
def models(home: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Models]:
    def make(without: dict[str, str], with_adapter: dict[str, str]) -> Models:
        made = Models(without, with_adapter)
        monkeypatch.setattr("haechi.pipeline.build._llm", made)
        with open_home(load_config(home)) as opened:
            ingest(opened, [str(home.parent / "운영규정.md")])
            for question in (BORROW, ASKED["연체료"][0]):
                answer = opened.chatbot().ask(question)
                correction = "" if answer.origin == "generated" else RIGHT["대출" if "대출" in question else "연체료"]
                give_feedback(opened, Feedback(answer.id, "bad" if correction else "good", correction))
        made.asked.clear()
        return made

    return make


def toml(home: Path) -> str:
    return (home / "haechi.toml").read_text(encoding="utf-8")


def run_it(haechi: Run, *more: str) -> Any:
    return haechi("improve", "run", "--trainer", "fake", "--who", "김해치", "--json", *more)


def test_one_command_promotes_a_better_model_and_one_takes_it_back(
    haechi: Run, home: Path, models: Callable[..., Models]
) -> None:
    models({}, RIGHT)
    before = toml(home)
    done = run_it(haechi)
    assert done.status == 0, done.err
    assert (done.json["event"], done.json["verdict"]) == ("promoted", "promote")
    found = done.json["measures"]["contains_answer"]
    assert (found["n"], found["current"], found["worse"]) == (10, 0.0, 0) and found["candidate"] >= 0.8

    # In use: by its name in the registry, with the file in the models folder, and every comment where it was.
    config = load_config(home)
    assert config.llm.adapter == f"improve-{done.json['id']}"
    assert model_path(config.llm.adapter).is_file()
    assert not config.answer.examples
    changed = [pair for pair in zip(before.splitlines(), toml(home).splitlines(), strict=True) if pair[0] != pair[1]]
    assert [line.partition("#")[2] for line, _ in changed] == [line.partition("#")[2] for _, line in changed]
    assert len(changed) == 2
    assert haechi("improve", "status", "--json").json["in_use"]["run"] == done.json["id"]

    back = haechi("improve", "rollback", "--who", "이해치", "--json")
    assert back.json["event"] == "rolled_back"
    assert toml(home) == before
    rows = haechi("improve", "history", "--json").json["history"]
    assert [(row["event"], row["who"], row["in_use"], row["undone"]) for row in rows] == [
        ("rolled_back", "이해치", False, False),
        ("promoted", "김해치", False, True),
    ]
    assert rows[1]["data"]["train"] and len(rows[1]["data"]["sha256"]) == 64
    assert rows[1]["card"]["kind"] == "fake" and len(rows[1]["adapter"]["sha256"]) == 64
    assert haechi("improve", "rollback").status == 1


def test_one_command_rejects_a_worse_model_and_leaves_everything_as_it_was(
    haechi: Run, home: Path, models: Callable[..., Models]
) -> None:
    models(RIGHT, {"연체료": RIGHT["연체료"]})
    before = toml(home)
    done = run_it(haechi)
    assert (done.status, done.json["event"], done.json["verdict"]) == (0, "rejected", "reject")
    assert toml(home) == before
    failed = {rule["rule"] for rule in done.json["rules"] if rule["outcome"] == "fail"}
    assert {"contains_answer", "over_refusal"} <= failed
    shown = haechi("improve", "history").out
    assert "기각" in shown and "✕ 정답이 든 답" in shown
    # Nobody is kept from it, but the history says that it was forced.
    refused = haechi("improve", "promote")
    assert refused.status == 1 and "--force" in refused.err
    assert haechi("improve", "promote", "--force", "--json").json["forced"]


def test_with_too_few_questions_nothing_is_decided(
    haechi: Run, home: Path, models: Callable[..., Models], monkeypatch: pytest.MonkeyPatch
) -> None:
    models({}, RIGHT)
    monkeypatch.setenv("HAECHI_GATE_MIN_QUESTIONS", "100")
    before = toml(home)
    done = run_it(haechi)
    assert (done.json["event"], done.json["verdict"]) == ("undecided", "undecided")
    assert "12개(최소 100)" in done.json["rules"][0]["reason"]
    assert toml(home) == before


def test_the_gates_questions_are_never_trained_on(haechi: Run, home: Path, models: Callable[..., Models]) -> None:
    models({}, RIGHT)
    run_it(haechi)
    # Both answers got a correction; one of the two questions is the gate's.
    assert [row["question"] for row in FakeTrainer.rows] == [BORROW]
    assert haechi("improve", "history", "--json").json["history"][0]["data"]["asked_by_gate"] == 1


def test_an_interrupted_run_goes_on_where_it_stopped(haechi: Run, home: Path, models: Callable[..., Models]) -> None:
    models({}, RIGHT)
    FakeTrainer.interrupt = True
    stopped = run_it(haechi)
    assert (stopped.status, stopped.json["stage"]) == (130, "train")
    assert haechi("improve", "status", "--json").json["open"]["stage"] == "train"
    # A second one would fight with it over the card and the settings.
    again = run_it(haechi)
    assert again.status == 1 and "--resume" in again.err
    FakeTrainer.interrupt = False
    done = haechi("improve", "run", "--resume", "--json")
    assert done.json["event"] == "promoted"
    assert FakeTrainer.calls == ["train", "train", "export"]


def test_a_gate_that_is_stopped_half_way_asks_only_the_rest(
    haechi: Run, home: Path, models: Callable[..., Models], monkeypatch: pytest.MonkeyPatch
) -> None:
    made = models({}, RIGHT)
    from haechi.training import improve as loop

    real = loop.run_gate

    def stopping(*arguments: Any, progress: Any, **options: Any) -> Any:
        def tell(side: str, done: int, total: int) -> None:
            if (side, done) == ("candidate", 4):
                raise loop.Stopped
            progress(side, done, total)

        return real(*arguments, progress=tell, **options)

    monkeypatch.setattr(loop, "run_gate", stopping)
    assert run_it(haechi).json["stage"] == "gate"
    monkeypatch.setattr(loop, "run_gate", real)
    made.asked.clear()
    assert haechi("improve", "run", "--resume", "--json").json["event"] == "promoted"
    assert FakeTrainer.calls == ["train", "export"]
    assert not any(not has for has, _ in made.asked)  # what is in use had answered everything
    assert not any(ASKED["연체료"][0] in question for _, question in made.asked)


def test_a_kill_between_the_settings_and_the_history_loses_neither(
    haechi: Run, home: Path, models: Callable[..., Models], monkeypatch: pytest.MonkeyPatch
) -> None:
    models({}, RIGHT)
    before = toml(home)
    from haechi.training import promotion

    def killed(store: Any, line: Any) -> Any:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(promotion, "_append", killed)
        assert run_it(haechi).status == 130
    assert toml(home) != before
    assert haechi("improve", "run", "--resume", "--json").json["event"] == "promoted"
    assert len(haechi("improve", "history", "--json").json["history"]) == 1
    # What was there before the kill is what comes back, not what the half-done promotion had written.
    haechi("improve", "rollback")
    assert toml(home) == before


def test_a_rollback_asks_before_it_overrides_a_hand(haechi: Run, home: Path, models: Callable[..., Models]) -> None:
    models({}, RIGHT)
    before = toml(home)
    run_it(haechi)
    (home / "haechi.toml").write_text(toml(home).replace("examples = false", "examples = true"), encoding="utf-8")
    refused = haechi("improve", "rollback")
    assert refused.status == 1 and "answer.examples" in refused.err
    assert haechi("improve", "rollback", "--force").status == 0
    assert toml(home) == before


def test_a_finished_adapter_goes_through_the_same_gate(haechi: Run, home: Path, models: Callable[..., Models]) -> None:
    models({}, RIGHT)
    file = make_adapter(home.parent / "given.gguf")
    judged = haechi("improve", "gate", "--adapter", file, "--json")
    assert (judged.status, judged.json["event"]) == (0, "approved")
    assert load_config(home).llm.adapter == ""
    promoted = haechi("improve", "promote", "--json")
    assert promoted.json["event"] == "promoted" and "forced" not in promoted.json
    assert load_config(home).llm.adapter == f"improve-{judged.json['id']}"
    # The worse one is told by the exit status, for scripts.
    models(RIGHT, {})
    other = make_adapter(home.parent / "other.gguf", seed=1)
    haechi("improve", "rollback")
    assert haechi("improve", "gate", "--adapter", other).status == 1


def test_another_embedder_is_judged_on_a_copy_and_put_into_use_with_its_vectors(
    haechi: Run, home: Path, models: Callable[..., Models]
) -> None:
    models(RIGHT, RIGHT)

    def serving() -> str:
        with open_home(load_config(home)) as opened:
            return opened.embedder().name

    before, first = toml(home), serving()
    # It finds what the old one finds, so there is no reason to embed everything anew.
    judged = haechi("improve", "gate", "--embedder", "other", "--json")
    assert (judged.status, judged.json["event"]) == (1, "rejected")
    assert serving() == first and not list(home.glob("improve/*/home"))
    assert haechi("improve", "promote", "--force").status == 0
    assert load_config(home).embedder.model == "other" and serving() == "scripted other"
    assert haechi("improve", "rollback").status == 0
    assert toml(home) == before and serving() == first


def test_settings_are_judged_too_and_a_wrong_one_is_told_before_anything_is_asked(
    haechi: Run, home: Path, models: Callable[..., Models]
) -> None:
    made = models(RIGHT, RIGHT)
    judged = haechi("improve", "gate", "--set", "retrieval.k=1", "--json")
    assert judged.json["verdict"] in ("reject", "undecided")
    made.asked.clear()
    for wrong in ("retrieval.kk=1", "retrieval.k=many", "nonsense=1"):
        refused = haechi("improve", "gate", "--set", wrong)
        assert refused.status == 1 and wrong.partition("=")[0] in refused.err
    assert made.asked == [] and haechi("improve", "status", "--json").json["open"] is None


def test_while_other_work_holds_the_card_nothing_begins(haechi: Run, home: Path, models: Callable[..., Models]) -> None:
    models({}, RIGHT)
    with hold_card("haechi train sft"):
        refused = run_it(haechi)
        assert refused.status == 1 and "haechi train sft" in refused.err
        assert "haechi train sft" in haechi("improve", "status").out
    assert haechi("improve", "run", "--resume", "--json").json["event"] == "promoted"


def test_a_variable_that_would_win_over_the_file_is_told_before_the_work(
    haechi: Run, home: Path, models: Callable[..., Models], monkeypatch: pytest.MonkeyPatch
) -> None:
    models({}, RIGHT)
    monkeypatch.setenv("HAECHI_ANSWER_EXAMPLES", "true")
    refused = run_it(haechi)
    assert refused.status == 1 and "HAECHI_ANSWER_EXAMPLES" in refused.err
    assert FakeTrainer.calls == []


def test_a_removed_document_takes_the_rows_of_an_open_run_along(
    haechi: Run, home: Path, models: Callable[..., Models]
) -> None:
    models({}, RIGHT)
    FakeTrainer.interrupt = True
    run_it(haechi)
    rows = list(home.glob("improve/*/data/train.jsonl"))
    assert len(rows) == 1 and "14일" in rows[0].read_text(encoding="utf-8")
    with open_home(load_config(home)) as opened:
        receipt = remove_documents(opened, [opened.store.documents()[0].id])
    assert receipt["removed"]["training"] >= 1 and receipt["state"] == "clean"
    assert not list(home.glob("improve/*/data"))
    # Nothing is left to train on, and it is said; what was trained on them is not gone on with.
    resumed = haechi("improve", "run", "--resume")
    assert resumed.status == 1 and "학습할 자료가 없습니다" in resumed.err
    assert haechi("improve", "run", "--discard").status == 0


def test_the_history_tells_of_documents_that_were_removed_since(
    haechi: Run, home: Path, models: Callable[..., Models]
) -> None:
    models({}, RIGHT)
    run_it(haechi)
    assert not list(home.glob("improve/*/data")) and not list(home.glob("improve/*/gate"))
    with open_home(load_config(home)) as opened:
        remove_documents(opened, [opened.store.documents()[0].id])
    assert "삭제된 문서 1건" in haechi("improve", "history").out


def test_without_questions_or_with_a_wrong_trainer_it_says_what_to_do(haechi: Run, home: Path) -> None:
    (home / "haechi.toml").write_text(toml(home).replace('"gate.jsonl"', '""'), encoding="utf-8")
    assert "[gate] questions" in haechi("improve", "run").err
    unknown = haechi("improve", "run", "--questions", home / "gate.jsonl", "--trainer", "reeder")
    assert unknown.status == 1 and "reader" in unknown.err
    assert not (home / "improve").exists()

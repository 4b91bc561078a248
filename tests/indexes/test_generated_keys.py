"""Keys that the LLM writes: grounded, kept, resumable, and a person's edits outlive a new reading."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest

from haechi.config import load_config
from haechi.errors import InputError, StoreError
from haechi.indexes.strategies.generated import is_grounded
from haechi.indexes.strategies.hypothetical_questions import HypotheticalQuestionsStrategy
from haechi.indexes.strategies.summaries import SummariesStrategy
from haechi.models.llama_cpp import LlamaCppLLM
from haechi.models.scripted import ScriptedLLM
from haechi.pipeline.build import Home, init_home, open_home
from haechi.pipeline.ingest import ingest
from haechi.pipeline.keys import add_key, edit_key, remove_key
from haechi.pipeline.report import Progress
from haechi.prompts.loader import load_prompt
from haechi.stores.sqlite import SQLiteStore
from haechi.types import GenerateOptions, Message

FEE = "연체료는 권당 1일 100원으로 한다."
CLOSED = "정기휴관일은 매월 둘째 월요일로 한다."
QUESTIONS = """1. 책을 늦게 내면 하루에 얼마를 내나요?
- 연체료는 권당 얼마인가요?
연체료는 5,000원까지만 내면 되나요?
답: 100원입니다.
연체료는 권당 얼마인가요?
연체료가 100원 맞나요?"""


def test_lists_answers_repeats_and_invented_values_are_left_out() -> None:
    found = HypotheticalQuestionsStrategy.read(HypotheticalQuestionsStrategy, QUESTIONS, FEE)  # type: ignore[arg-type]
    assert found == [
        "책을 늦게 내면 하루에 얼마를 내나요?",
        "연체료는 권당 얼마인가요?",
        "연체료가 100원 맞나요?",
    ]


@pytest.mark.parametrize(
    ("key", "grounded"),
    [
        ("연체료가 100 원인가요?", True),
        ("연체료가 백 원인가요?", True),
        ("연체료가 200원인가요?", False),
        ("연체료로 삼천 원을 내나요?", False),
        ("2024년 3월 1일부터인가요?", False),
        ("17번 창구인가요?", False),
        ("延滯料는 얼마인가요?", False),
        ("한 번에 몇 권까지인가요?", True),
    ],
)
def test_a_key_may_hold_no_value_that_the_text_does_not_have(key: str, grounded: bool) -> None:
    assert is_grounded(key, FEE) is grounded


def test_a_summary_is_two_whole_grounded_sentences() -> None:
    reply = "연체료는 하루 100원이다. 최대 5,000원이다. 권당 계산한다. 반납이 늦"
    strategy = SummariesStrategy
    assert strategy.read(strategy, reply, FEE) == ["연체료는 하루 100원이다."]  # type: ignore[arg-type]
    assert strategy.read(strategy, "The fee is 100.", FEE) == []  # type: ignore[arg-type]


def replies(messages: Sequence[Message], options: GenerateOptions) -> str:
    text = messages[-1].content
    return "연체료는 하루에 얼마인가요?\n연체료는 누가 내나요?" if "연체료" in text else "언제 쉬나요? 휴관일은요?"


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Home]:
    monkeypatch.setenv("HAECHI_EMBEDDER_BACKEND", "scripted")
    monkeypatch.setenv("HAECHI_CHECK_GROUNDER", "none")
    monkeypatch.setenv("HAECHI_LLM_BACKEND", "scripted")
    monkeypatch.setenv("HAECHI_INGEST_STRATEGY", "hypothetical_questions")
    (tmp_path / "fee.txt").write_text(FEE, encoding="utf-8")
    (tmp_path / "closed.txt").write_text(CLOSED, encoding="utf-8")
    init_home(tmp_path / "home")
    with open_home(load_config(tmp_path / "home")) as opened:
        opened._parts["llm"] = ScriptedLLM(replies)
        yield opened


def calls(home: Home) -> int:
    llm = home.llm()
    assert isinstance(llm, ScriptedLLM)
    return len(llm.calls)


def sources(tmp_path: Path) -> list[str]:
    return [str(tmp_path / "closed.txt"), str(tmp_path / "fee.txt")]


def texts(home: Home) -> list[str]:
    return [key.text for key in home.store.keys()]


def test_questions_stand_beside_the_plain_entry_and_find_the_chunk(home: Home, tmp_path: Path) -> None:
    ingest(home, sources(tmp_path))
    assert texts(home) == ["언제 쉬나요? 휴관일은요?", "연체료는 하루에 얼마인가요?", "연체료는 누가 내나요?"]
    assert home.store.entry_count() == 5
    hits = home.retriever().retrieve("연체료는 누가 내나요?", 2)
    assert (hits[0].matched_kind, hits[0].matched_text) == ("question", "연체료는 누가 내나요?")
    assert hits[0].chunk.text == FEE
    assert len({hit.chunk.id for hit in hits}) == len(hits)


def test_a_second_run_asks_the_model_nothing(home: Home, tmp_path: Path) -> None:
    ingest(home, sources(tmp_path))
    assert calls(home) == 2
    ingest(home, sources(tmp_path), again=True)
    assert calls(home) == 2


def test_an_interrupted_run_goes_on_where_it_stopped(home: Home, tmp_path: Path) -> None:
    def interrupted(messages: Sequence[Message], options: GenerateOptions) -> str:
        if "연체료" in messages[-1].content:
            raise KeyboardInterrupt
        return "언제 쉬나요?"

    home._parts["llm"] = ScriptedLLM(interrupted)
    assert ingest(home, sources(tmp_path)).interrupted
    home._parts["llm"] = ScriptedLLM(replies)
    ingest(home, sources(tmp_path))
    assert calls(home) == 1
    assert texts(home) == ["언제 쉬나요?", "연체료는 하루에 얼마인가요?", "연체료는 누가 내나요?"]


def test_progress_of_the_keys_is_told_with_the_time_left(home: Home, tmp_path: Path) -> None:
    told: list[Progress] = []
    ingest(home, sources(tmp_path), progress=told.append)
    written = [item for item in told if item.stage == "keys"]
    assert len(written) == 2
    assert written[0].seconds_left is not None
    assert [item.done for item in written] == sorted(item.done for item in written)


def test_another_model_writes_anew_but_never_over_a_persons_edit(home: Home, tmp_path: Path) -> None:
    ingest(home, sources(tmp_path))
    key = next(key for key in home.store.keys() if key.text == "연체료는 누가 내나요?")
    edit_key(home, key.id, "늦게  내면 벌금이 있나요?")
    strategy = HypotheticalQuestionsStrategy(lambda: ScriptedLLM(["연체료는 며칠인가요?"]), "other", home.store)
    assert strategy.keys(f"fee\n{FEE}") == ("연체료는 하루에 얼마인가요?", "늦게 내면 벌금이 있나요?")
    assert strategy.keys("다른 글이다. 연체료는 없다.") == ("연체료는 며칠인가요?",)


def test_an_edit_is_searchable_at_once_and_survives_a_new_reading(home: Home, tmp_path: Path) -> None:
    ingest(home, sources(tmp_path))
    key = next(key for key in home.store.keys() if key.text == "연체료는 누가 내나요?")
    edited = edit_key(home, key.id, "반납이 늦으면 벌금이 있나요?")
    assert (edited.text, edited.edited) == ("반납이 늦으면 벌금이 있나요?", True)
    assert home.retriever().retrieve("반납이 늦으면 벌금이 있나요?", 1)[0].matched_text == edited.text
    other = next(key for key in home.store.keys() if key.kind == "question" and key.chunk_id == edited.chunk_id)
    remove_key(home, other.id)
    add_key(home, edited.chunk_id, "며칠 늦으면 얼마인가요?")
    ingest(home, sources(tmp_path), again=True)
    assert sorted(texts(home)) == sorted(
        ["언제 쉬나요? 휴관일은요?", "반납이 늦으면 벌금이 있나요?", "며칠 늦으면 얼마인가요?"]
    )
    assert calls(home) == 2


def test_a_removed_document_takes_its_keys_along(home: Home, tmp_path: Path) -> None:
    ingest(home, sources(tmp_path))
    (tmp_path / "fee.txt").unlink()
    with home.store.writer():
        home.note_change(home.store.remove_source(str(tmp_path / "fee.txt")))
        home.refresh_indexes()
    store = home.store
    assert isinstance(store, SQLiteStore)
    left = store._db.execute("SELECT texts FROM generated_keys").fetchall()
    assert [row[0] for row in left] == ['["언제 쉬나요? 휴관일은요?"]']


def test_wrong_keys_are_refused_in_a_sentence(home: Home, tmp_path: Path) -> None:
    ingest(home, sources(tmp_path))
    key = home.store.keys()[0]
    with pytest.raises(InputError, match="비어"):
        edit_key(home, key.id, "  ")
    with pytest.raises(InputError, match="너무 깁니다"):
        edit_key(home, key.id, "가" * 2000)
    with pytest.raises(InputError, match="키가 없습니다"):
        remove_key(home, 999_999)
    with pytest.raises(StoreError, match="키를 둘 수 없습니다"):
        add_key(home, "없는구절", "연체료는 얼마인가요?")


def test_a_model_that_repeats_itself_is_stopped_and_its_example_is_no_key(home: Home) -> None:
    # Trap: the 0.5B model wrote one question twenty times, and copied the example's.
    example = load_prompt("keys_questions").split("===")[2].strip().splitlines()[0]
    llm = ScriptedLLM([f"{example}\n연체료는 얼마인가요?\n" + "연체료는 얼마인가요?\n" * 50])
    strategy = HypotheticalQuestionsStrategy(lambda: llm, "m", home.store)
    assert strategy.keys(FEE) == ("연체료는 얼마인가요?",)
    assert llm.cancelled == 1


@pytest.mark.models
def test_the_small_model_writes_a_grounded_summary(small_llm: Path, tmp_path: Path) -> None:
    text = (
        "제17조(연체료)\n① 도서를 늦게 반납하면 권당 하루 100원의 연체료를 낸다.\n"
        "② 연체료는 한 권에 5,000원을 넘지 않는다."
    )
    llm = LlamaCppLLM(small_llm, name="small", context=2048)
    store = SQLiteStore(tmp_path / "haechi.db")
    try:
        (summary,) = SummariesStrategy(lambda: llm, "small", store).keys(text)
        assert "연체료" in summary
        assert is_grounded(summary, text)
        assert SummariesStrategy(lambda: ScriptedLLM([]), "small", store).keys(text) == (summary,)
    finally:
        store.close()
        llm.close()

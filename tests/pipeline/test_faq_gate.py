"""The gate in front of a home's chatbot: what a hit costs, what it gives, and what the store remembers."""

from __future__ import annotations

import sqlite3
from dataclasses import replace
from pathlib import Path

from haechi.models.scripted import ScriptedEmbedder, ScriptedLLM
from haechi.pipeline.build import Home
from haechi.pipeline.erase import remove_documents
from haechi.pipeline.faq_answer import find_source
from haechi.pipeline.faq_calibrate import calibrate
from haechi.pipeline.faq_check import check_faq
from haechi.pipeline.faq_edit import add_pair, remove_pairs, review
from haechi.pipeline.faq_gate import FaqGate, limits_of
from haechi.pipeline.faq_matcher import Limits
from haechi.pipeline.faq_suggest import suggest
from haechi.pipeline.faq_table import make_pair
from haechi.pipeline.ingest import ingest
from haechi.pipeline.verify import verify
from haechi.retrievers.base import Filters

QUESTION, ANSWER = "연체료는 권당 얼마인가요?", "권당 1일 100원이며,  3천 원을 넘지 않습니다.\n(자세히: 안내대)"
TITLE = "새봄시 도서관 운영규정"


def add(home: Home, question: str = QUESTION, answer: str = ANSWER, **more: object) -> str:
    pair = make_pair(question, answer, **more)  # type: ignore[arg-type]
    add_pair(home, pair)
    return pair.id


def test_a_hit_gives_the_exact_text_and_asks_no_model(home: Home) -> None:
    add(home, identity="fee")
    bot = home.chatbot()
    answer = bot.ask("연체료는 권당 얼마 인가요")
    assert (answer.origin, answer.answer) == ("faq", ANSWER)
    assert (answer.verdicts, answer.corrections, answer.hits, answer.model) == ((), (), (), "")
    assert answer.tokens == {"prompt": 0, "completion": 0}
    assert set(answer.timings) == {"gate", "total"}
    # Trap: a chatbot that makes its parts when it is built loads the embedder and the LLM for every hit.
    assert {"llm", "embedder", "indexes", "retriever"} & set(home._parts) == set()
    assert "checkers" not in vars(home.chatbot())  # the grounding model would take half a second
    assert "analyser" not in home._parts  # the same letters need not even be taken apart


def test_a_hit_cites_the_pair_and_the_passage_it_names(home: Home, documents: Path) -> None:
    ingest(home, [str(documents)])
    add(home, identity="fee", source=f"{TITLE} 제3조제1항")
    pair, passage = home.chatbot().ask(QUESTION).citations
    assert (pair.document_id, pair.label, pair.quote) == ("faq:fee", "fee", QUESTION)
    assert (passage.document, passage.label) == (TITLE, "제3조")
    assert "100원" in passage.quote
    # No marker is put into curated text.
    assert pair.start == pair.end == len(ANSWER)


def test_a_source_is_found_by_its_place_and_not_by_one_that_begins_like_it(home: Home, documents: Path) -> None:
    ingest(home, [str(documents)])

    def place(source: str) -> str | None:
        found = find_source(source, home.store)
        return found[1].label if found else None

    assert place(f"{TITLE} 제3조") == "제3조"
    assert place(f"{TITLE} 제3조제1항") == "제3조"
    assert place(f"{TITLE} 제2조제2항") in ("제2조", "제2조제2항")
    for nowhere in ("제3조의2", "제33조", "제9조", ""):
        assert place(f"{TITLE} {nowhere}") is None
    assert place(f"{TITLE}집 제3조") is None


def test_a_hit_is_recorded_and_counted_and_a_miss_is_not(home: Home) -> None:
    identity = add(home)
    bot = home.chatbot()
    bot.ask(QUESTION)
    bot.ask(QUESTION)
    bot.ask("수영장은 어디에 있나요?")
    (pair,) = home.store.faq_pairs()
    assert (pair.id, pair.hits) == (identity, 2)
    assert pair.last_hit.startswith("20")
    with sqlite3.connect(home.config.store_path) as db:
        assert db.execute("SELECT origin, count(*) FROM answers GROUP BY origin ORDER BY origin").fetchall() == [
            ("faq", 2),
            ("refused", 1),
        ]


def test_the_gate_is_passed_over_when_told_or_when_documents_are_chosen(home: Home) -> None:
    add(home)
    bot = home.chatbot()
    assert bot.ask(QUESTION, gate=False).origin == "refused"
    assert bot.ask(QUESTION, filters=Filters(equals={"부서": "총무과"})).origin == "refused"
    assert bot.ask(QUESTION).origin == "faq"


def test_a_miss_goes_on_to_the_documents(home: Home, documents: Path) -> None:
    ingest(home, [str(documents)])
    add(home, "연체료는 언제 내나요?", "반납할 때 냅니다.")
    bot = home.chatbot()
    bot.llm = ScriptedLLM(["연체료는 권당 1일 100원입니다. [1]"])
    answer = bot.ask(QUESTION)
    assert answer.origin == "generated"
    assert answer.timings["gate"] < answer.timings["retrieve"] + answer.timings["total"]


def test_an_expired_pair_is_passed_on_from_the_day_after(home: Home) -> None:
    add(home, expires="2026-06-30", identity="fee")
    day = "2026-06-30"
    gate = FaqGate(home.store, home.analyser, home.embedder, lambda: day)
    assert gate.match(QUESTION).matched
    day = "2026-07-01"
    found = gate.match(QUESTION)
    assert (found.matched, found.nearest) == (False, "fee")
    assert "만료" in found.reason and "2026-06-30" in found.reason
    assert [row["id"] for row in check_faq(home, day=day)["off"]] == ["fee"]


def test_a_change_is_seen_by_a_gate_that_is_open_already(home: Home) -> None:
    gate = home.gate()
    assert not gate.match(QUESTION).matched
    identity = add(home)
    assert gate.match(QUESTION).matched
    remove_pairs(home, [identity])
    assert not gate.match(QUESTION).matched


def near(home: Home) -> FaqGate:
    """A gate over a pair that a question can only come near to, so that vectors are needed."""
    add(home, "열람실 좌석 예약 방법", "앱으로 예약합니다.")
    add(home, "주차 요금은 얼마인가요?", "시간당 천 원입니다.")
    return home.gate()


NEAR = "열람실 좌석 예약 방법을 적어 두었는데요"


def test_vectors_are_made_once_kept_in_the_store_and_made_anew_for_another_embedder(home: Home) -> None:
    near(home).match(NEAR)
    first = ScriptedEmbedder(name="first")
    FaqGate(home.store, home.analyser, lambda: first).match(NEAR)
    wordings = [texts for _, texts in first.calls if len(texts) == 2]
    assert len(wordings) == 1
    again = ScriptedEmbedder(name="first")
    FaqGate(home.store, home.analyser, lambda: again).match(NEAR)
    assert [texts for _, texts in again.calls if len(texts) == 2] == []
    other = ScriptedEmbedder(name="other", dimension=32)
    FaqGate(home.store, home.analyser, lambda: other).match(NEAR)
    assert [len(texts) for _, texts in other.calls if len(texts) == 2] == [2]
    # Vectors of wordings are not taken for waste, and those of removed wordings are.
    home.store.drop_vectors_except("other")
    assert home.store.drop_unused_vectors() == 0
    remove_pairs(home, [pair.id for pair in home.store.faq_pairs()])
    assert home.store.drop_unused_vectors() == 0
    with sqlite3.connect(home.config.store_path) as db:
        assert db.execute("SELECT count(*) FROM vectors").fetchone() == (0,)


def test_a_wording_never_takes_the_vector_of_a_passage_with_the_same_text(home: Home, tmp_path: Path) -> None:
    # Trap: vectors are keyed by text, and a passage is embedded another way than a question.
    file = tmp_path / "글.txt"
    file.write_text(QUESTION, encoding="utf-8")
    ingest(home, [str(file)])
    add(home)
    embedder = ScriptedEmbedder(name=home.embedder().name)
    FaqGate(home.store, home.analyser, lambda: embedder)._current()._meaning.wordings()  # type: ignore[union-attr]
    assert embedder.calls == [("query", (QUESTION,))]


def test_a_removed_pair_leaves_no_trace_also_in_recorded_answers(home: Home) -> None:
    identity = add(home, answer="비밀번호는 붉은여우구백구십구입니다.")
    home.chatbot().ask(QUESTION)
    remove_pairs(home, [identity])
    files = b"".join(path.read_bytes() for path in home.config.home.rglob("*") if path.is_file())
    assert "붉은여우구백구십구".encode() not in files
    assert home.store.purge_due() == ""
    assert verify(home.config)["problems"] == []


def test_removing_the_source_document_switches_its_pairs_off_and_keeps_their_words(home: Home, documents: Path) -> None:
    ingest(home, [str(documents)])
    add(home, identity="of-it", source=f"{TITLE} 제3조")
    add(home, "주차 되나요?", "됩니다.", identity="other", source="주차 안내")
    home.chatbot().ask(QUESTION)
    receipt = remove_documents(home, [record.id for record in home.store.documents()])
    assert receipt["removed"]["faq"] == 1
    # Words that also stand in an FAQ are living text and no trace of the document.
    assert receipt["traces"] == []
    found = home.gate().match(QUESTION)
    assert (found.matched, "근거 문서가 삭제됨" in found.reason) == (False, True)
    assert home.gate().match("주차 되나요?").matched
    assert {pair.id: pair.answer for pair in home.store.faq_pairs()}["of-it"] == ANSWER
    # An answer that cited the document is redacted like any other.
    with sqlite3.connect(home.config.store_path) as db:
        assert "100원" not in db.execute("SELECT record FROM answers").fetchone()[0]


def test_values_that_the_documents_contradict_are_shown_with_both_sides(home: Home, documents: Path) -> None:
    ingest(home, [str(documents)])
    add(home, QUESTION, "권당 1일 200원입니다.", identity="wrong")
    add(home, "대출 기간은 며칠인가요?", "14일입니다.", identity="right", source=f"{TITLE} 제2조")
    found = check_faq(home)
    (row,) = found["contradicted"]
    assert (row["id"], row["claim"]) == ("wrong", "200원")
    assert "100원" in row["evidence"]
    assert TITLE in row["where"]
    assert found["not_found"] == []


def test_twins_with_other_answers_are_shown(home: Home) -> None:
    add(home, "주차 요금은 얼마인가요?", "무료입니다.", identity="a")
    add(home, "주차 요금 얼마예요?", "천 원입니다.", identity="b")
    add(home, "주차 요금을 알려 주세요", "무료입니다", identity="c")
    pairs = [row["ids"] for row in check_faq(home)["twins"]]
    assert ["a", "b"] in pairs
    assert ["a", "c"] not in pairs


def test_suggestions_match_only_when_approved_and_bad_ones_are_dropped(home: Home) -> None:
    add(home, "도서 연체료는 하루에 100원인가요?", "네.", identity="fee")
    add(home, "도서 연체료는 무료인가요?", "아니요.", identity="free")
    replies = "\n".join(
        [
            "1. 도서 연체료가 하루 100원 맞는지 알려 주세요.",
            "도서 연체료는 하루에 200원인가요?",  # another value
            "도서 연체료는 하루에 100원이 아닌가요?",  # a negation
            "도서 연체료는 하루에 100원인가요?",  # the question itself
            "디브이디 연체료는 하루에 100원인가요?",  # another thing
        ]
    )
    home._parts["llm"] = llm = ScriptedLLM(lambda messages, options: replies)
    report = suggest(home, 3, ("fee",))
    assert (report.pairs, report.suggested, report.dropped) == (1, 1, {"meaning": 3, "same": 1})
    (wording,) = [item for item in home.store.faq_pairs()[0].wordings if item.state == "suggested"]
    assert home.gate().match(wording.text).how != "exact"
    # What was asked is not asked again; another number of wordings is.
    assert suggest(home, 3, ("fee",)).skipped == 1
    assert len(llm.calls) == 1
    assert review(home, [wording.id], "approved") == [wording.text]
    assert home.gate().match(wording.text).how == "exact"


def test_a_rejected_suggestion_does_not_come_back(home: Home) -> None:
    add(home, "주차장은 어디에 있나요?", "지하입니다.")
    home._parts["llm"] = ScriptedLLM(lambda messages, options: "주차장 위치를 알려 주세요.")
    suggest(home, 2)
    assert len(review(home, [], "rejected")) == 1
    assert suggest(home, 3).dropped == {"same": 1}
    assert home.store.faq_pairs()[0].variants == ()


def test_an_interrupted_run_goes_on_where_it_stopped(home: Home) -> None:
    for number, name in enumerate(("주차장", "수영장", "식당")):
        add(home, f"{name}은 어디에 있나요?", "안내대에 물어보세요.", identity=str(number))
    asked: list[str] = []

    def reply(messages: object, options: object) -> str:
        asked.append(str(messages))
        if len(asked) == 2:
            raise KeyboardInterrupt
        return "어디인지 알려 주세요"

    home._parts["llm"] = ScriptedLLM(reply)
    report = suggest(home, 2)
    assert (report.interrupted, report.pairs) == (True, 1)
    report = suggest(home, 2)
    assert (report.interrupted, report.pairs, report.skipped) == (False, 2, 1)
    assert len(asked) == 4


def test_limits_are_measured_on_the_homes_own_faq_and_kept(home: Home) -> None:
    add(home, "주차 되나요?", "네.")
    assert calibrate(home).limits == Limits()  # too few to measure
    places = "수영장 체육관 도서관 식당 매점 회의실 강당 옥상 화장실 창고 휴게실 안내대".split()
    for name in places:
        add(
            home, f"{name} 청소는 언제 하나요?", f"{name}은 아침에 합니다.", variants=(f"{name} 청소 시간 알려 주세요",)
        )
    found = calibrate(home)
    assert found.measured
    assert found.false_hits == 0
    assert found.caught == 2 * len(places)
    assert limits_of(home.store) == found.limits
    assert home.gate().match("수영장 청소 언제 해요?").matched


def test_reembed_takes_the_wordings_along(home: Home, documents: Path) -> None:
    from haechi.pipeline.reembed import reembed

    ingest(home, [str(documents)])
    near(home).match(NEAR)
    home.config = replace(home.config, embedder=replace(home.config.embedder, model="another"))
    report = reembed(home)
    assert report.swapped
    assert len(home.store.faq_vectors("scripted another", _hashes(home))) == 2


def _hashes(home: Home) -> list[str]:
    from haechi.stores.faq_base import faq_hash

    return [faq_hash(item.text) for pair in home.store.faq_pairs() for item in pair.wordings]

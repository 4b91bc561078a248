"""Any retriever asked as the question needs it: once for a plain one, by parts, by wordings, as of a day."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from haechi.config import QueryConfig, RetrievalConfig
from haechi.errors import ConfigError, ModelError
from haechi.models.base import LLM
from haechi.models.scripted import ScriptedLLM
from haechi.retrievers.base import Filters, Retriever
from haechi.retrievers.merge import interleaved
from haechi.retrievers.question import QueryOptions, QuestionRetriever
from haechi.types import GenerateOptions, Message
from tests.retrievers.home import ANALYSER, SmallHome, passages
from tests.retrievers.laws import dated, law

LATE = "도서관 책의 연체료는 하루에 백 원으로 한다"
DUTY = "팀장 직책수당은 한 달에 이십오만 원으로 한다"
TENT = "캠핑장 텐트 대여료는 하룻밤에 만오천 원으로 한다"
TWO = "도서관 책 연체료는 하루에 얼마이고 팀장 직책수당은 한 달에 얼마인가요?"


class Counted:
    """Passes on to a retriever and remembers what it was asked."""

    name = "hybrid"

    def __init__(self, inner: Retriever) -> None:
        self.inner = inner
        self.asked: list[tuple[str, int, Filters | None]] = []

    def retrieve(self, question: str, k: int, filters: Filters | None = None) -> Sequence[Any]:
        self.asked.append((question, k, filters))
        return self.inner.retrieve(question, k, filters)


def no_model() -> LLM:
    raise AssertionError("no model may be asked here")


def around(
    home: SmallHome, llm: LLM | None = None, query: QueryConfig | None = None, today: str = "2026-11-25", **config: Any
) -> tuple[QuestionRetriever, Counted]:
    inner = Counted(home.retriever())
    made = QuestionRetriever(
        inner,
        home.store,
        ANALYSER,
        RetrievalConfig(**config),
        query or QueryConfig(),
        (lambda: llm) if llm else no_model,
        lambda: home.embedder.name,
        lambda: today,
    )
    return made, inner


@pytest.fixture
def home(tmp_path: Path) -> SmallHome:
    home = SmallHome(tmp_path)
    home.write(passages(LATE, f"{LATE}. 다만, 어린이는 그러하지 아니하다", TENT))
    home.write(passages(DUTY, source="b.jsonl"), "/b")
    return home


def texts(hits: Sequence[Any]) -> list[str]:
    return [hit.chunk.text for hit in hits]


def test_a_plain_question_is_asked_once_and_changed_in_nothing(home: SmallHome) -> None:
    retriever, inner = around(home)
    found = retriever.find("도서관 책 연체료는 얼마인가요?", 2)
    assert [(question, k) for question, k, _ in inner.asked] == [("도서관 책 연체료는 얼마인가요?", 2)]
    assert list(found.hits) == list(inner.inner.retrieve("도서관 책 연체료는 얼마인가요?", 2))
    assert (found.queries, found.notes, found.expansion()) == ((), (), None)


def test_a_question_that_is_two_gets_both_documents(home: SmallHome) -> None:
    retriever, inner = around(home)
    found = retriever.find(TWO, 2)
    assert [text[:3] for text in texts(found.hits)] == ["도서관", "팀장 "]
    assert found.queries == ("도서관 책 연체료는 하루에 얼마이고", "팀장 직책수당은 한 달에 얼마인가요?")
    assert [question for question, _, _ in inner.asked] == [TWO, *found.queries]
    assert retriever.find(TWO, 2, options=QueryOptions(split=False)).queries == ()


def test_parts_that_agree_on_a_passage_leave_the_next_place_to_the_whole_question(home: SmallHome) -> None:
    late, duty, tent = (home.retriever().retrieve(text, 1)[0] for text in (LATE, DUTY, TENT))
    assert interleaved([[late, tent], [duty, tent]], [tent], 2) == [late, duty]
    # The parts ask about one matter, so their own second hits are no better than the whole question's.
    assert interleaved([[late, tent], [late, tent]], [duty, late], 2) == [late, duty]
    assert interleaved([[late], []], [tent], 3) == [late, tent]


def test_rewordings_are_fused_and_their_cost_is_counted(home: SmallHome) -> None:
    llm = ScriptedLLM(["1. 텐트를 빌리는 값은 얼마인가요?\n- 텐트 대여료는 얼마인가요?"])
    retriever, inner = around(home, llm)
    found = retriever.find("야영 장비 값이 궁금해요", 2, options=QueryOptions(multi_query=2))
    assert found.queries == ("텐트를 빌리는 값은 얼마인가요?", "텐트 대여료는 얼마인가요?")
    assert TENT in texts(found.hits)
    made = found.expansion()
    assert made is not None
    assert (made["calls"], made["completion_tokens"] > 0, made["prompt_tokens"] > 0) == (1, True, True)
    assert [question for question, _, _ in inner.asked] == ["야영 장비 값이 궁금해요", *found.queries]


def test_hyde_searches_with_a_passage_that_is_never_shown(home: SmallHome) -> None:
    retriever, _ = around(home, ScriptedLLM(["캠핑장 텐트의 대여료는 따로 정한다."]))
    found = retriever.find("야영 장비 값이 궁금해요", 2, options=QueryOptions(hyde=True))
    assert found.queries == ("캠핑장 텐트의 대여료는 따로 정한다.",)
    assert TENT in texts(found.hits)


def test_both_are_off_by_default_and_switched_on_by_settings(home: SmallHome) -> None:
    llm = ScriptedLLM(["텐트 대여료는 얼마인가요?", "텐트의 대여료는 따로 정한다."])
    retriever, _ = around(home, llm, QueryConfig(multi_query=1, hyde=True))
    assert retriever.find("야영 장비 값", 2, options=QueryOptions(multi_query=0, hyde=False)).expansion() is None
    assert retriever.find("야영 장비 값", 2).spent.calls == 2


class BrokenLLM(ScriptedLLM):
    def generate(self, messages: Sequence[Message], options: GenerateOptions) -> Any:
        raise ModelError("모델이 멈추었습니다", "the model died")


@pytest.mark.parametrize(
    "llm", [BrokenLLM(), ScriptedLLM([""]), ScriptedLLM(["\n\n"])], ids=["broken", "empty", "lines"]
)
def test_a_failed_rewording_is_told_and_the_question_still_searched(home: SmallHome, llm: ScriptedLLM) -> None:
    retriever, _ = around(home, llm)
    found = retriever.find("텐트 대여료는 얼마인가요?", 2, options=QueryOptions(multi_query=2))
    assert texts(found.hits)[0] == TENT
    assert found.spent.calls == 1
    assert "원래 질문으로 찾았습니다" in found.notes[0]


def test_with_mmr_the_second_hit_is_no_near_copy_of_the_first(home: SmallHome) -> None:
    home.write(passages("도서관 열람실의 하루 요금은 무료로 한다", source="c.jsonl"), "/c")
    retriever, _ = around(home)
    question = "도서관 책 연체료와 하루 요금"
    plain, varied = (retriever.find(question, 2, options=QueryOptions(mmr=mmr)).hits for mmr in (0.0, 0.5))
    assert [text.startswith(LATE) for text in texts(plain)] == [True, True]
    assert [text.startswith(LATE) for text in texts(varied)] == [True, False]
    assert home.embedder.calls[-1][0] == "query"  # type: ignore[attr-defined]  # passages are never embedded again


def test_hits_below_the_threshold_are_left_out(home: SmallHome) -> None:
    retriever, _ = around(home)
    hits = retriever.find("텐트 대여료는 얼마인가요?", 3).hits
    cut = (hits[0].score + hits[1].score) / 2
    best = hits[0].score
    scaled = [hit for hit in hits if hit.score >= cut]
    assert texts(scaled) == [TENT]
    assert texts(retriever.find("텐트 대여료는 얼마인가요?", 3, options=QueryOptions(min_score=cut)).hits) == [TENT]
    assert retriever.find("텐트 대여료는 얼마인가요?", 3, options=QueryOptions(min_score=best + 1)).hits == ()


@pytest.mark.parametrize("section", [{"mmr": 1.5}, {"min_score": -0.1}])
def test_settings_out_of_range_are_named(section: dict[str, float]) -> None:
    with pytest.raises(ConfigError, match=next(iter(section))):
        RetrievalConfig(**section)
    with pytest.raises(ConfigError, match="multi_query"):
        QueryConfig(multi_query=9)
    with pytest.raises(ConfigError, match="follow_up"):
        QueryConfig(follow_up="yes")


OLD = "제1조(수수료) 수수료는 1천원으로 한다."
NEW = "제1조(수수료) 수수료는 2천원으로 한다."


@pytest.fixture
def versions(tmp_path: Path) -> SmallHome:
    home = SmallHome(tmp_path)
    home.write([law("수수료법", OLD, dated("2020-01-01"), source="old.md")], "/old")
    home.write([law("수수료법", NEW, dated("2024-01-01", "2023-12-01"), source="new.md")], "/new")
    home.write([law("주차장법", "제1조(요금) 주차장 수수료는 무료로 한다.", dated("2025-01-01"), source="p.md")], "/p")
    return home


def test_a_day_stated_in_the_question_chooses_the_version_and_says_so(versions: SmallHome) -> None:
    retriever, _ = around(versions)
    assert texts(retriever.find("수수료는 얼마인가요?", 1).hits) == [NEW]
    found = retriever.find("2022년 기준 수수료는 얼마인가요?", 1)
    assert texts(found.hits) == [OLD]
    assert "2022-12-31에 시행 중이던 판" in found.notes[0]


def test_a_stated_day_hides_no_law_that_had_no_version_then(versions: SmallHome) -> None:
    retriever, _ = around(versions)
    hits = retriever.find("2022년 기준 주차장 수수료는 얼마인가요?", 3).hits
    parking = next(hit for hit in hits if "주차장" in hit.chunk.text)
    assert "시행 중이던 판이 없어 지금 판입니다" in parking.chunk.meta["version_note"]
    assert NEW not in texts(hits)


def test_a_day_that_was_asked_for_wins_over_one_in_the_question(versions: SmallHome) -> None:
    retriever, _ = around(versions)
    found = retriever.find("2022년 기준 수수료는 얼마인가요?", 1, Filters(as_of="2024-06-01"))
    assert (texts(found.hits), found.notes) == ([NEW], ())


def test_a_day_that_changes_nothing_is_not_mentioned(home: SmallHome) -> None:
    retriever, inner = around(home)
    assert retriever.find("2022년 기준 텐트 대여료는 얼마인가요?", 1).notes == ()
    assert len(inner.asked) == 1


PETITION = (
    "안녕하세요. 항상 수고 많으십니다. 지난주에 가족과 함께 캠핑장에 다녀왔는데 날씨가 아주 좋았습니다. "
    "다음 달에도 가려고 합니다. 텐트를 빌리는 대여료가 하룻밤에 얼마인지 궁금합니다. 감사합니다."
)


def test_a_petition_is_searched_with_its_core_as_well_when_that_is_switched_on(home: SmallHome) -> None:
    retriever, inner = around(home)
    assert retriever.find(PETITION, 1).queries == ()
    found = retriever.find(PETITION, 1, options=QueryOptions(key_question=True))
    assert texts(found.hits) == [TENT]
    assert found.queries[0].endswith("텐트를 빌리는 대여료가 하룻밤에 얼마인지 궁금합니다.")
    assert [question for question, _, _ in inner.asked[1:]] == [PETITION, *found.queries]

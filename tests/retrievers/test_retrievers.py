from __future__ import annotations

from pathlib import Path

import pytest

from haechi.errors import InputError
from haechi.indexes.exact_full_text import ExactFullTextIndex
from haechi.models.e5 import E5Embedder
from haechi.registry import names
from haechi.retrievers.base import Filters
from haechi.retrievers.closeness import letters, look_closer, proximity
from haechi.retrievers.ranking import SIGNALS
from haechi.retrievers.terms import question_terms
from tests.retrievers.home import ANALYSER, SmallHome, articles, passages

METHODS = names("retrievers")
BELLY = "배가 아프면 따뜻한 물을 마시고 병원에서 진료를 받는다"
SHIP = "배는 항구를 떠나 바다를 건넌다"
PEAR = "배를 깎아 먹고 사과도 먹었다"
SHIP_QUESTION = "배를 타고 바다로 나가려면?"


@pytest.fixture
def home(tmp_path: Path) -> SmallHome:
    home = SmallHome(tmp_path)
    home.write(passages(BELLY, SHIP, PEAR), "/a")
    home.write(passages("연차휴가는 15일이다", source="b.jsonl", department="인사과"), "/b")
    return home


@pytest.mark.parametrize("method", METHODS)
def test_best_first_at_most_k_one_per_chunk(home: SmallHome, method: str) -> None:
    hits = home.retriever(method).retrieve("연차휴가는 며칠인가요?", 2)
    assert hits[0].chunk.text == "연차휴가는 15일이다"
    assert len(hits) <= 2
    assert [hit.score for hit in hits] == sorted((hit.score for hit in hits), reverse=True)
    assert len({hit.chunk.id for hit in hits}) == len(hits)
    assert {hit.retriever for hit in hits} == {method}


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("question", ["", "   ", "?!", "것", "zzz qqq"])
def test_a_question_without_known_words_is_no_error(home: SmallHome, method: str, question: str) -> None:
    assert len(home.retriever(method).retrieve(question, 2)) <= 2


@pytest.mark.parametrize("method", METHODS)
def test_filters_are_applied_before_the_cut_to_k(tmp_path: Path, method: str) -> None:
    # The one passing entry is far below the pool's 50 best: a filter after the cut would find nothing.
    home = SmallHome(tmp_path)
    home.write(passages(*(f"휴가 휴가 규정 {number}" for number in range(120))), "/many")
    home.write(
        passages("아주 긴 다른 이야기 끝에 휴가라는 말이 나온다", source="deep/b.jsonl", department="인사과"), "/one"
    )
    retriever = home.retriever(method)
    for wanted in ({"department": "인사과"}, {"source": "deep/b.jsonl"}, {"source": "b.jsonl"}):
        hits = retriever.retrieve("휴가 규정", 2, Filters(wanted))
        assert [hit.chunk.meta.get("department") for hit in hits] == ["인사과"]
    assert retriever.retrieve("휴가 규정", 2, Filters({"department": "없는 과"})) == []
    assert retriever.retrieve("휴가 규정", 2, Filters({"external_id": "p7"}))[0].external_id == "p7"


@pytest.mark.parametrize("method", METHODS)
def test_a_day_that_does_not_exist_is_refused_not_ignored(home: SmallHome, method: str) -> None:
    for day in ("2024-02-30", "어제", "20240301"):
        with pytest.raises(InputError, match="YYYY-MM-DD"):
            home.retriever(method).retrieve("휴가", 2, Filters(as_of=day))


def test_particles_and_endings_do_not_matter(home: SmallHome) -> None:
    for question in ("배가 바다", "배에 바다", "배 바다"):
        assert home.retriever("sparse").retrieve(question, 1)[0].chunk.text == SHIP


def test_the_three_senses_of_bae_by_words() -> None:
    # The lecture's failure: split at spaces, 배를 meets only the fruit sentence, and 배는 or 바다를 meet nothing.
    spaces = ExactFullTextIndex()
    spaces.add([1, 2, 3], [text.split() for text in (BELLY, SHIP, PEAR)])
    assert spaces.search(SHIP_QUESTION.split(), 1)[1].tolist() == [3]
    ours = ExactFullTextIndex()
    ours.add([1, 2, 3], [ANALYSER.tokens(text) for text in (BELLY, SHIP, PEAR)])
    assert ours.search(question_terms(ANALYSER, SHIP_QUESTION).boosted, 1)[1].tolist() == [2]


@pytest.mark.models
def test_the_three_senses_of_bae_with_the_real_embedder(tmp_path: Path, embedder_weights: Path) -> None:
    home = SmallHome(tmp_path, E5Embedder(embedder_weights, threads=1))
    home.write(passages(BELLY, SHIP, PEAR))
    questions = {SHIP_QUESTION: SHIP, "배가 아플 때는 어떻게 하나요?": BELLY, "배를 깎아 먹은 사람은?": PEAR}
    for question, expected in questions.items():
        assert home.retriever().retrieve(question, 1)[0].chunk.text == expected


def test_a_rare_name_or_number_ranks_its_passage_first(home: SmallHome) -> None:
    home.write(passages("문의는 NFTC-103 담당자", "등록 번호 20230530-1234567", "예산은 3천만 원", source="c"), "/c")
    for question, expected in {
        "nftc-103이 뭐야": "NFTC-103",
        "20230530-1234567 번호": "20230530-1234567",
        "30,000,000원": "3천만 원",
    }.items():
        assert expected in home.retriever().retrieve(question, 1)[0].chunk.text


def test_every_hybrid_hit_has_real_scores_of_both_methods(home: SmallHome) -> None:
    question = "연차휴가는 며칠인가요?"
    vector = home.embedder.embed([question], "query")[0]
    for hit in home.retriever().retrieve(question, 4):
        alone = home.embedder.embed([hit.matched_text], "passage")[0]
        assert hit.signals["cosine"] == pytest.approx(float(alone @ vector), abs=2e-3)
        assert {*SIGNALS, "bm25_score", "cosine", "score"} <= set(hit.signals)
        assert 0 < hit.score < 1
    assert home.retriever().retrieve(question, 1)[0].signals["coverage"] > 0.9


def test_words_that_stand_nowhere_lower_coverage(home: SmallHome) -> None:
    known, unknown = (
        home.retriever().retrieve(question, 1)[0].signals["coverage"]
        for question in ("연차휴가", "연차휴가 우주정거장 탐사")
    )
    assert unknown < known / 2


def test_a_compound_and_its_parts_do_not_outvote_the_deciding_word() -> None:
    terms = question_terms(ANALYSER, "바이오쇼크 엔딩")
    assert terms.weights == {"바이오": 0.5, "쇼크": 0.5, "바이오쇼크": 1.0, "엔딩": 1.0}
    assert terms.boosted.count("엔딩") == 2 * terms.boosted.count("쇼크")


def test_proximity_is_the_best_window_of_the_passage() -> None:
    shares = {"휴가": 0.5, "수당": 0.5}
    assert proximity(shares, letters("휴가 수당")) == 1.0
    assert proximity(shares, letters("휴가" + "가나다 " * 50 + "수당")) == 0.5
    assert proximity({"내세우다": 1.0}, letters("내세우는 이론")) == 1.0
    assert proximity({}, letters("휴가")) == 0.0


def test_spelling_meets_names_that_the_analyser_cuts_differently() -> None:
    # 정도전이 and 정도전은 share no morpheme here, and no other passage has their letters.
    met, other = look_closer("정도전이", {}, ["정도전은 관직에 나아갔다", "휴가는 15일이다"])
    assert met["spelling"] > 0.4 and other["spelling"] == 0.0
    assert look_closer("", {}, ["휴가"])[0]["spelling"] == 0.0


def test_letters_that_all_candidates_share_decide_nothing() -> None:
    passages = ["연차휴가 신청은 3일 전", "연차휴가 수당은 월말", "연차휴가 이월은 불가", "연차휴가 기간은 15일"]
    seen = look_closer("연차휴가 수당", {}, passages)
    assert max(range(4), key=lambda place: seen[place]["spelling"]) == 1
    assert seen[1]["spelling"] > 2 * seen[0]["spelling"]


def test_a_sentence_that_says_just_this_beats_one_that_says_it_among_much_else() -> None:
    # Two rulings that repeat each other: the one whose gist is the question stands first.
    gist = "양도차익의 계산 방법은 기준시가에 의한다.\n그 밖의 사항은 따로 정한다."
    aside = "토지와 건물을 함께 양도하고 양도차익의 계산 방법을 달리 정하여 신고한 거주자의 가산세는 면제한다."
    seen = look_closer("양도차익의 계산 방법", {}, [aside, gist, "관계없는 글이다."])
    assert seen[1]["sentence"] > seen[0]["sentence"]
    assert seen[1]["opening"] == seen[1]["sentence"]


def test_a_removed_source_is_not_found_even_before_the_index_follows(home: SmallHome) -> None:
    retriever = home.retriever()
    retriever.retrieve("휴가", 1)
    with home.store.writer():
        home.store.remove_source("/b")
        assert all("연차" not in hit.chunk.text for hit in retriever.retrieve("연차휴가", 3))


def test_two_runs_give_the_same_list(home: SmallHome, tmp_path: Path) -> None:
    home.write([articles("규정", *((f"제{n}조", f"제{n}조 같은 문장이다", {}) for n in range(1, 30)))], "/same")
    lists = [[hit.chunk.id for hit in home.retriever().retrieve("같은 문장", 10)] for _ in range(2)]
    assert lists[0] == lists[1]

"""Whether the passages talk about the question at all, before the model is asked."""

from __future__ import annotations

import pytest

from haechi.korean.morphology import MecabAnalyser
from haechi.pipeline.answerability import assess
from haechi.types import Block, Chunk, Document, Hit


def hit(text: str) -> Hit:
    document = Document.make("규정.md", "도서관 운영규정", [Block(text)])
    return Hit(Chunk.make(document, 0, len(text), unit="x", label="제3조"), 1.0, "h", document_title="도서관 운영규정")


HITS = [hit("연체료는 권당 1일 100원으로 한다."), hit("정기휴관일은 매월 둘째 월요일로 한다.")]


@pytest.fixture(scope="module")
def analyser() -> MecabAnalyser:
    return MecabAnalyser()


def test_all_nouns_found_is_full_coverage(analyser: MecabAnalyser) -> None:
    assert assess("연체료는 권당 얼마인가요?", HITS, analyser).coverage == 1.0


def test_a_topic_the_passages_lack_is_named(analyser: MecabAnalyser) -> None:
    found = assess("수영장 강습 환불 절차는 어떻게 되나요?", HITS, analyser)
    assert found.coverage < 0.3
    assert "수영장" in found.missing


def test_words_of_asking_and_the_askers_own_numbers_do_not_count(analyser: MecabAnalyser) -> None:
    # Trap: no document says 얼마 or the asker's 7권; counting them refuses good questions.
    assert assess("하루에 연체료가 얼마죠?", HITS, analyser).coverage == 1.0
    assert assess("7권을 늦게 냈는데 연체료가 얼마인지 안내 부탁드립니다", HITS, analyser).coverage == 1.0


def test_verbs_are_paraphrased_freely_and_do_not_count(analyser: MecabAnalyser) -> None:
    assert assess("휴관일에 헤매다 돌아왔는데 정기휴관일은?", HITS, analyser).coverage >= 0.5


def test_a_question_without_a_noun_is_left_to_the_model(analyser: MecabAnalyser) -> None:
    assert assess("왜요?", HITS, analyser).coverage == 1.0


def test_no_passages_cover_nothing(analyser: MecabAnalyser) -> None:
    assert assess("연체료는?", [], analyser).coverage == 0.0

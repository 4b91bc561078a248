"""Questions and passages that differ in nothing but particles and endings find each other, all ten of them."""

from __future__ import annotations

from haechi.indexes.exact_full_text import ExactFullTextIndex
from haechi.korean.morphology import MecabAnalyser
from haechi.retrievers.terms import question_terms

PAIRS = (
    ("출장비를 누가 정산하나요", "출장비는 총무팀이 정산한다."),
    ("휴가가 며칠인가요", "휴가는 열다섯 날이다."),
    ("도서관에 주차가 되나요", "도서관의 주차장은 넓다."),
    ("보증금에 대하여", "보증금이 반환된다."),
    ("계약서까지 내야 하나요", "계약서를 낸다."),
    ("대표와 면담", "대표의 면담은 금요일이다."),
    ("소방서로 신고", "소방서에 신고한다."),
    ("수영장이 쉬는 날", "수영장을 쉬게 한다."),
    ("배가 뜨는 시각", "배는 아침에 뜬다."),
    ("누리호가 날아간 날", "누리호를 쏘아 올렸다."),
)


def test_ten_pairs_that_differ_in_particles_are_found() -> None:
    analyser, index = MecabAnalyser(), ExactFullTextIndex()
    index.add(range(1, 11), [analyser.tokens(passage) for _, passage in PAIRS])
    found = [int(index.search(question_terms(analyser, question).boosted, 1)[1][0]) for question, _ in PAIRS]
    assert found == list(range(1, 11))
    # Words between spaces find none of them by its noun.
    assert all(set(question.split()).isdisjoint(passage.split()) for question, passage in PAIRS[:5])

"""Citations are checked before they are shown: right passage, right paragraph, nothing the model made up."""

from __future__ import annotations

from dataclasses import replace

import pytest

from haechi.korean.morphology import MecabAnalyser
from haechi.pipeline.citations import Sentence, best_quote, cite, paragraph_label, read_draft
from haechi.types import Block, Chunk, Document, Hit

FEE = "① 연체료는 권당 1일 100원으로 한다.\n② 분실한 사람은 같은 책으로 갚아야 한다."
PERIOD = "대출 기간은 14일로 한다."


def hit(text: str, label: str) -> Hit:
    document = Document.make("규정.md", "이용규정", [Block(text)])
    chunk = Chunk.make(document, 0, len(text), unit="law_article", label=label)
    return Hit(chunk, 1.0, "hybrid", document_title="이용규정", document_source="규정.md")


HITS = [hit(FEE, "제3조"), hit(PERIOD, "제2조")]


@pytest.fixture(scope="module")
def analyser() -> MecabAnalyser:
    return MecabAnalyser()


@pytest.mark.parametrize(
    ("draft", "expected"),
    [
        ("14일입니다. [2]", [("14일입니다.", (2,))]),
        ("14일입니다[2].", [("14일입니다.", (2,))]),
        ("14일입니다. [1][2]", [("14일입니다.", (1, 2))]),
        ("14일입니다. [1, 2]", [("14일입니다.", (1, 2))]),
        ("14일입니다. [근거 2]", [("14일입니다.", (2,))]),
        ("14일입니다. [1] 연체료는 100원입니다. [2]", [("14일입니다.", (1,)), ("연체료는 100원입니다.", (2,))]),
        ("14일입니다. [2", [("14일입니다.", (2,))]),
        ("14일입니다.", [("14일입니다.", ())]),
        ("[1] 14일입니다.", [("14일입니다.", (1,))]),
        ("", []),
    ],
)
def test_markers_are_read_off_their_sentences(draft: str, expected: list[tuple[str, tuple[int, ...]]]) -> None:
    assert [(sentence.text, sentence.markers) for sentence in read_draft(draft)] == expected


def test_a_right_marker_stays(analyser: MecabAnalyser) -> None:
    cited = cite([Sentence("연체료는 권당 1일 100원입니다.", (1,))], HITS, analyser)
    assert (cited.text, cited.moved) == ("연체료는 권당 1일 100원입니다. [1]", ())
    assert (cited.citations[0].label, cited.citations[0].quote) == ("제3조제1항", "① 연체료는 권당 1일 100원으로 한다.")


def test_a_wrong_marker_moves_to_the_passage_that_holds_the_value(analyser: MecabAnalyser) -> None:
    cited = cite([Sentence("연체료는 권당 1일 100원입니다.", (2,))], HITS, analyser)
    assert cited.text.endswith("[1]")
    assert len(cited.moved) == 1


def test_each_sentence_gets_its_own_source(analyser: MecabAnalyser) -> None:
    sentences = [Sentence("대출 기간은 14일입니다.", ()), Sentence("연체료는 1일 100원입니다.", ())]
    cited = cite(sentences, HITS, analyser)
    assert cited.text == "대출 기간은 14일입니다. [2] 연체료는 1일 100원입니다. [1]"
    assert [cited.text[item.start : item.end] for item in cited.citations] == ["[2]", "[1]"]


def test_a_sentence_of_no_passage_gets_no_source(analyser: MecabAnalyser) -> None:
    cited = cite([Sentence("저녁에는 음악회가 열립니다.", (1,))], HITS, analyser)
    assert (cited.text, cited.sources) == ("저녁에는 음악회가 열립니다.", (None,))


@pytest.mark.parametrize(
    ("label", "quote", "expected"),
    [
        ("제3조", "② 분실한 사람은 같은 책으로 갚아야 한다.", "제3조제2항"),
        ("제3조의2", "① 연체료는 권당 1일 100원으로 한다.", "제3조의2제1항"),
        ("제3조제1항", "① 연체료는 권당 1일 100원으로 한다.", "제3조제1항"),
        ("별표 1", "① 연체료는 권당 1일 100원으로 한다.", "별표 1"),
        ("제3조", "어디에도 없는 말", "제3조"),
    ],
)
def test_the_label_goes_down_to_the_paragraph_that_is_quoted(label: str, quote: str, expected: str) -> None:
    assert paragraph_label(label, FEE, quote) == expected


def test_an_article_without_paragraphs_keeps_its_label() -> None:
    assert paragraph_label("제2조", PERIOD, PERIOD) == "제2조"


def test_the_quote_is_the_sentence_with_the_value_not_the_longest(analyser: MecabAnalyser) -> None:
    passage = "연체료와 연체 기간과 연체 자료의 처리에 관한 사항은 관장이 정한다. 연체료는 100원이다."
    assert best_quote("연체료는 100원입니다.", passage, analyser.tokens) == "연체료는 100원이다."


def test_a_citation_says_the_version_and_that_there_are_others(analyser: MecabAnalyser) -> None:
    meta = {"effective": "2024-01-01", "version": "시행 2024-01-01", "version_note": "다른 판: 시행 2020-01-01"}
    dated = replace(HITS[1], chunk=replace(HITS[1].chunk, meta=meta))
    (citation,) = cite([Sentence("대출 기간은 14일입니다.", (1,))], [dated], analyser).citations
    assert (citation.version, citation.version_note) == ("시행 2024-01-01", "다른 판: 시행 2020-01-01")


def test_only_a_law_with_a_date_is_cited_with_its_version(analyser: MecabAnalyser) -> None:
    # Trap: a column of a table may be called version, and so is the format number of a file.
    law, other = hit(PERIOD, "제2조"), hit(PERIOD, "제2조")
    law = replace(law, chunk=replace(law.chunk, meta={"version": "시행 2024-03-01", "effective": "2024-03-01"}))
    other = replace(other, chunk=replace(other.chunk, meta={"version": "5.1.0.1"}))
    for passage, shown in ((law, "시행 2024-03-01"), (other, "")):
        (citation,) = cite([Sentence("14일입니다.", (1,))], [passage], analyser).citations
        assert citation.version == shown

"""From a scanned page to the answer: the reader is told that OCR read it, and its values are never called verified."""

from __future__ import annotations

from pathlib import Path

import pytest

from haechi.checkers.value_checker import OCR_ONLY
from haechi.cli.answer_text import answer_text
from haechi.config import RefusalConfig
from haechi.models.scripted import ScriptedLLM
from haechi.pipeline.build import Home
from haechi.pipeline.chatbot import Chatbot
from haechi.pipeline.ingest import ingest
from haechi.records import answer_record, hit_record
from haechi.types import Block, Chunk, Document
from tests.parsers.fake_tesseract import FakeTesseract, png, tesseract

__all__ = ["tesseract"]


@pytest.fixture
def scan(home: Home, documents: Path, tesseract: FakeTesseract) -> Home:
    """A home with one scanned page."""
    tesseract.play([("?", 95)] * 40 + [("연체료는 권당 1일 100원으로 한다.", 93)])
    (documents / "운영규정.md").unlink()
    (documents / "고시.png").write_bytes(png([(60, 60, 40)]))
    report = ingest(home, [str(documents)])
    assert report.failed == []
    assert "문자 인식(OCR)" in report.warnings[0]["warning"]
    return home


def say(home: Home, *drafts: str) -> Chatbot:
    chatbot = home.chatbot()
    chatbot.llm = ScriptedLLM(drafts)
    chatbot.refusal = RefusalConfig(threshold=0.01)  # one page and no real embedder: retrieval knows nothing
    return chatbot


def test_a_hit_of_a_scan_says_so(scan: Home) -> None:
    (hit,) = say(scan).search("연체료는 하루에 얼마인가요?")
    assert hit.ocr == hit_record(1, hit)["ocr"] == 0.93


def test_a_value_from_a_scan_is_cited_with_its_confidence_and_not_called_verified(scan: Home) -> None:
    answer = say(scan, "연체료는 권당 1일 100원입니다. [1]").ask("연체료는 하루에 얼마인가요?")
    assert answer.answer == "연체료는 권당 1일 100원입니다. [1]"
    assert {(verdict.label, verdict.explanation) for verdict in answer.verdicts} == {("unchecked", OCR_ONLY)}
    assert answer_record(answer)["citations"][0]["ocr"] == 0.93
    shown = answer_text(answer)
    assert "문자 인식(OCR), 확신도 93%" in shown
    assert "근거와 일치" not in shown


def test_an_invented_value_still_fires_the_lock_over_a_scan(scan: Home) -> None:
    drafts = ("연체료는 권당 1일 500원입니다. [1]", "연체료는 권당 1일 100원입니다. [1]")
    answer = say(scan, *drafts).ask("연체료는 하루에 얼마인가요?")
    assert answer.lock_fired
    assert "500원" not in answer.answer
    assert all(verdict.label == "unchecked" for verdict in answer.verdicts)


def test_a_chunk_over_text_and_scan_carries_the_lowest_confidence() -> None:
    blocks = [Block("글이다."), Block("읽은 글.", meta={"ocr": 0.9}), Block("또 읽은 글.", meta={"ocr": 0.7})]
    document = Document.make("가.pdf", "가", blocks)

    def ocr(start: int, end: int) -> object:
        return Chunk.make(document, start, end, unit="paragraph", label="").meta.get("ocr")

    assert ocr(0, 4) is None
    assert ocr(0, 6) == ocr(5, 10) == 0.9
    assert ocr(0, len(document.text)) == 0.7

"""The example institution: its questions agree with its documents, and the checker that says so can fail."""

from __future__ import annotations

import importlib.util
import json
import subprocess
import sys
import unicodedata
from pathlib import Path
from types import ModuleType

import pypdfium2
import pytest

EXAMPLES = Path(__file__).resolve().parents[2] / "examples"
PDF = EXAMPLES / "documents" / "이용안내_핸드북.pdf"


def load(name: str) -> ModuleType:
    spec = importlib.util.spec_from_file_location(name, EXAMPLES / f"{name}.py")
    assert spec and spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="module")
def checker() -> ModuleType:
    return load("check_questions")


@pytest.fixture(scope="module")
def documents(checker):
    return checker.read_units(EXAMPLES / "documents")


def questions() -> dict[str, dict]:
    lines = (EXAMPLES / "questions.jsonl").read_text(encoding="utf-8").splitlines()
    return {row["id"]: row for row in map(json.loads, lines)}


def pdf_pages(path: Path) -> list[str]:
    document = pypdfium2.PdfDocument(str(path))
    pages = [page.get_textpage().get_text_range() for page in document]
    document.close()
    return pages


def test_every_question_and_faq_entry_agrees_with_the_documents():
    done = subprocess.run(
        [sys.executable, "-X", "utf8", str(EXAMPLES / "check_questions.py")],
        capture_output=True,
        text=True,
        encoding="utf-8",
    )
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.parametrize(
    ("change", "complaint"),
    [
        ({"answers": ["200원"]}, "stands in no gold passage"),
        # 5,000원 must not pass because 45,000원 stands in the text
        ({"answers": ["00원"]}, "stands in no gold passage"),
        ({"gold_articles": ["운영규정 제95조"]}, "is in no document"),
        ({"gold_articles": ["운영규정 제17조제9항"]}, "is in no document"),
        ({"gold": [{"document": "운영규정.md", "label": "제18조"}]}, "another place"),
        ({"type": "two_document"}, "two_document needs two documents"),
        ({"answerable": False}, "a question to refuse"),
        ({"note": "x"}, "keys are"),
    ],
)
def test_the_checker_finds_a_wrong_row(checker, documents, change, complaint):
    row = questions()["q001"]
    assert checker.row_problems(row, documents) == []
    assert complaint in " ".join(checker.row_problems(row | change, documents))


def test_the_checker_finds_an_unanswerable_question_that_a_document_answers(checker, documents):
    row = next(row for row in questions().values() if row["type"] == "unanswerable")
    assert checker.row_problems(row | {"absent": ["수영장"]}, documents) == ["'수영장' stands in a document"]


def test_an_article_of_a_supplement_is_told_from_the_same_number_in_the_body(documents):
    units = documents["운영규정.md"]
    assert "목적" in units["제1조"] and "2026년 3월 1일" in units["부칙 <2026. 1. 2.> 제1조"]


def test_the_regulation_has_what_a_real_one_has(documents):
    units = documents["운영규정.md"]
    body = [label for label in units if label.startswith("제")]
    assert len(body) >= 65
    assert {"제7조의2", "제14조의2", "부칙 <2026. 1. 2.> 제2조", "별표 1", "별표 2", "별표 3"} <= units.keys()
    assert "삭제 <2023. 5. 1.>" in units["제27조"]
    # article numbers collide between the two regulations
    assert set(body) & documents["보수및여비규정.md"].keys() >= {f"제{number}조" for number in range(1, 23)}


def test_the_handbook_has_a_real_text_layer_and_one_chapter_on_each_page(checker, documents):
    pages = pdf_pages(PDF)
    assert 8 <= len(pages) <= 12 and PDF.stat().st_size < 400_000
    chapters = documents[checker.HANDBOOK]
    assert len(chapters) == len(pages)
    for number, page in enumerate(pages, 1):
        # gold pages are checked against the source, so the PDF must hold every word of it on that page
        words = chapters[str(number)].replace("#", " ").replace("|", " ").replace("---", " ").split()
        text = checker.squeeze(page)
        assert [word for word in words if word != "-" and checker.squeeze(word) not in text] == []
        assert f"- {number} -" in page


def test_the_handbook_is_rebuilt_from_its_source_byte_for_byte(tmp_path):
    pytest.importorskip("reportlab", reason="reportlab is needed only to rebuild the handbook")
    builder = load("build_handbook")
    if not (builder.FONT_FOLDER / "NanumGothic.ttf").exists():
        pytest.skip("the Nanum fonts are not installed (Debian: fonts-nanum)")
    first, second = tmp_path / "1.pdf", tmp_path / "2.pdf"
    builder.build(first)
    builder.build(second)
    assert first.read_bytes() == second.read_bytes()
    # other versions of reportlab may write other bytes; the text is what the examples depend on
    assert pdf_pages(first) == pdf_pages(PDF)


def test_names_and_texts_are_nfc():
    for path in EXAMPLES.rglob("*"):
        assert unicodedata.is_normalized("NFC", path.name)
        if path.suffix in {".md", ".html", ".csv", ".jsonl"}:
            assert unicodedata.is_normalized("NFC", path.read_text(encoding="utf-8"))

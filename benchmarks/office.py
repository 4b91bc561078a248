"""Office files and pages: how much of their text the parsers keep, and how fast they are.

    HAECHI_SHARED_DATA=../shared/data python benchmarks/office.py [--rounds 5]

Recall is the share of 3-grams (white space left out) of an independent reading that the parser's text holds: of DOCX
the `w:t` of each paragraph in the body's XML, of XLSX the texts that openpyxl finds, of pages the plain answers that
came with them. Grams do not run from one paragraph or cell into the next: the parser sets numbers between them.
`cells` is the share of XLSX cells with a value that stand on the line of their row. Speed is files per second of
processor time, and cells and slides per second of made files. The last line is JSON.
"""

from __future__ import annotations

import argparse
import json
import os
import re
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any
from xml.etree import ElementTree
from zipfile import ZipFile

import openpyxl
from pptx import Presentation

from haechi import registry
from haechi.errors import ParseError
from haechi.parsers.base import ParseOptions
from haechi.parsers.detect import parser_for
from haechi.types import Document

SHARED = Path(os.environ.get("HAECHI_SHARED_DATA", Path(__file__).resolve().parents[2] / "shared" / "data"))
W = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}"
FALLBACK = "{http://schemas.openxmlformats.org/markup-compatibility/2006}Fallback"
MADE_ROWS, MADE_COLUMNS, MADE_SLIDES = 5_000, 10, 40


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=5)
    rounds = parser.parse_args().rounds
    if not SHARED.is_dir():
        sys.exit(f"no such folder: {SHARED}; set HAECHI_SHARED_DATA")
    fixtures = SHARED / "fixtures"
    figures: dict[str, Any] = {
        "docx": _measure(sorted((fixtures / "docx").glob("*.docx")), _docx_text, rounds),
        "xlsx": _measure(sorted((fixtures / "xlsx").glob("*.xlsx")), _xlsx_text, rounds),
        "xlsx_cells": _cells(sorted((fixtures / "xlsx").glob("*.xlsx"))),
        "refused_doc": _refused(sorted((fixtures / "doc_legacy").glob("*.doc"))),
    }
    with tempfile.TemporaryDirectory() as folder:
        figures["html"] = _pages(Path(folder), rounds)
        figures["made_sheet"] = _made_sheet(Path(folder) / "made.xlsx")
        figures["made_slides"] = _made_slides(Path(folder) / "made.pptx", rounds)
    print(json.dumps(figures, ensure_ascii=False))


def _parse(path: Path) -> Document:
    documents: list[Document] = registry.load("parsers", parser_for(path))().parse(path, path.name, ParseOptions())
    return documents[0]


def _measure(paths: list[Path], reading: Callable[[Path], list[str]], rounds: int) -> dict[str, Any]:
    recalls = {path.name: recall(reading(path), _parse(path).text) for path in paths}
    for name, value in sorted(recalls.items(), key=lambda item: item[1]):
        print(f"{value:.4f}  {name}")
    started = time.process_time()
    for _ in range(rounds):
        for path in paths:
            _parse(path)
    seconds = time.process_time() - started
    return {
        "files": len(paths),
        "recall_min": min(recalls.values()),
        "recall_mean": sum(recalls.values()) / len(recalls),
        "files_per_second": rounds * len(paths) / seconds,
    }


def recall(expected: list[str], found: str) -> float:
    """Share of the 3-grams of the `expected` texts that `found` holds, white space left out."""
    text = re.sub(r"\s+", "", found)
    bare = [re.sub(r"\s+", "", given) for given in expected]
    grams = [given[at : at + 3] for given in bare for at in range(len(given) - 2)]
    known = {text[at : at + 3] for at in range(len(text) - 2)}
    return sum(gram in known for gram in grams) / len(grams) if grams else 1.0


def _docx_text(path: Path) -> list[str]:
    with ZipFile(path) as container:
        root = ElementTree.fromstring(container.read("word/document.xml"))
    for parent in list(root.iter()):
        for child in list(parent):
            if child.tag == FALLBACK:
                parent.remove(child)
    return ["".join(node.text or "" for node in p.iter(f"{W}t")) for p in root.iter(f"{W}p")]


def _xlsx_text(path: Path) -> list[str]:
    workbook = openpyxl.load_workbook(path, data_only=True)
    return [
        cell for sheet in workbook for row in sheet.iter_rows(values_only=True) for cell in row if isinstance(cell, str)
    ]


def _cells(paths: list[Path]) -> dict[str, Any]:
    """Cells whose value stands on the line that `first_row` says is theirs."""
    right = total = 0
    for path in paths:
        lines: dict[tuple[str, int], str] = {}
        for block in _parse(path).blocks:
            if block.kind == "table":
                for number, line in enumerate(block.text.split("\n"), int(block.meta["first_row"])):
                    lines[block.meta["sheet"], number] = line
        for sheet in openpyxl.load_workbook(path, data_only=True):
            for row in sheet.iter_rows():
                for cell in row:
                    if cell.value is not None:
                        shown = f"{cell.value:,.10g}" if isinstance(cell.value, int | float) else str(cell.value)
                        line = lines.get((sheet.title, cell.row), "")
                        total += 1
                        right += " ".join(shown.split()) in line or str(cell.value) in line
    return {"cells": total, "on_their_line": right / total}


def _refused(paths: list[Path]) -> dict[str, int]:
    refused = 0
    for path in paths:
        try:
            _parse(path)
        except ParseError as error:
            refused += "다른 이름으로 저장" in error.korean
    return {"files": len(paths), "refused_with_what_to_do": refused}


def _pages(folder: Path, rounds: int) -> dict[str, Any]:
    rows = [json.loads(line) for line in (SHARED / "faq_wiblebiz" / "faq.jsonl").read_text("utf-8").splitlines()]
    paths = []
    for number, row in enumerate(rows):
        paths.append(folder / f"{number}.html")
        paths[-1].write_text(row["answer_html"], "utf-8")
    answers = {path: [row["answer"]] for path, row in zip(paths, rows, strict=True)}
    return _measure(paths, answers.__getitem__, rounds)


def _made_slides(path: Path, rounds: int) -> dict[str, Any]:
    presentation = Presentation()
    for number in range(MADE_SLIDES):
        slide = presentation.slides.add_slide(presentation.slide_layouts[1])
        slide.shapes.title.text = f"안내 {number}"
        slide.placeholders[1].text_frame.text = "\n".join(f"{number}쪽의 {line}번째 글입니다." for line in range(8))
        table = slide.shapes.add_table(5, 4, 0, 0, 100, 100).table
        for row in range(5):
            for column in range(4):
                table.cell(row, column).text = f"{row}행 {column}열"
    presentation.save(path)
    expected = [run for slide in presentation.slides for run in _slide_texts(slide)]
    started = time.process_time()
    for _ in range(rounds):
        _parse(path)
    seconds = time.process_time() - started
    return {"recall": recall(expected, _parse(path).text), "slides_per_second": rounds * MADE_SLIDES / seconds}


def _slide_texts(slide: Any) -> list[str]:
    return [node.text or "" for node in slide.element.iter("{http://schemas.openxmlformats.org/drawingml/2006/main}t")]


def _made_sheet(path: Path) -> dict[str, Any]:
    workbook = openpyxl.Workbook(write_only=True)
    sheet = workbook.create_sheet("자료")
    sheet.append([f"열 {column}" for column in range(MADE_COLUMNS)])
    for row in range(MADE_ROWS):
        sheet.append([row * column if column % 2 else f"값 {row} {column}" for column in range(MADE_COLUMNS)])
    workbook.save(path)
    started = time.process_time()
    _parse(path)
    return {
        "cells": MADE_ROWS * MADE_COLUMNS,
        "cells_per_second": MADE_ROWS * MADE_COLUMNS / (time.process_time() - started),
    }


if __name__ == "__main__":
    main()

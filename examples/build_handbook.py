"""Build documents/이용안내_핸드북.pdf from sources/handbook.md.

Reads a small part of Markdown (headings, paragraphs, lists, tables) and sets it with reportlab and an embedded
subset of Nanum Gothic. The same source and font always give the same bytes. It is no general Markdown converter.

    pip install reportlab                       # BSD; Debian: apt install fonts-nanum (OFL)
    python examples/build_handbook.py [--font-folder DIR] [--output FILE]
"""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from reportlab.lib import colors
from reportlab.lib.pagesizes import A4
from reportlab.lib.styles import ParagraphStyle
from reportlab.lib.units import mm
from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.ttfonts import TTFont
from reportlab.pdfgen.canvas import Canvas
from reportlab.platypus import BaseDocTemplate, Flowable, Frame, PageBreak, PageTemplate, Paragraph, Spacer, Table

HERE = Path(__file__).resolve().parent
SOURCE = HERE / "sources" / "handbook.md"
OUTPUT = HERE / "documents" / "이용안내_핸드북.pdf"
FONT_FOLDER = Path("/usr/share/fonts/truetype/nanum")  # Debian's fonts-nanum
HEADER = "가온누리시 문화시설공단 이용안내 핸드북"
FOOTER = "2026년판 · 대표전화 000-1000"
WIDTH = A4[0] - 44 * mm

BODY = ParagraphStyle("body", fontName="Nanum", fontSize=10.5, leading=17.5, spaceAfter=7)
LIST = ParagraphStyle("list", parent=BODY, leftIndent=12, spaceAfter=2)
CELL = ParagraphStyle("cell", parent=BODY, fontSize=9.5, leading=13, spaceAfter=0)
HEAD = ParagraphStyle("head", parent=CELL, fontName="NanumBold")
HEADINGS = {
    1: ParagraphStyle("title", fontName="NanumBold", fontSize=26, leading=36, spaceBefore=60, spaceAfter=24),
    2: ParagraphStyle("chapter", fontName="NanumBold", fontSize=17, leading=24, spaceAfter=12),
    3: ParagraphStyle("section", fontName="NanumBold", fontSize=12, leading=18, spaceBefore=8, spaceAfter=5),
}


def blocks(markdown: str) -> Iterator[list[str]]:
    """Yield the blocks of the source: runs of lines between blank lines."""
    block: list[str] = []
    for line in [*markdown.splitlines(), ""]:
        if line.strip():
            block.append(line.strip())
        elif block:
            yield block
            block = []


def table(lines: list[str]) -> Table:
    """Set a pipe table; its second line is the rule below the head."""
    rows = [[cell.strip() for cell in line.strip("|").split("|")] for line in lines if not line.startswith("|-")]
    cells = [[Paragraph(cell, HEAD if number == 0 else CELL) for cell in row] for number, row in enumerate(rows)]
    style = [
        ("GRID", (0, 0), (-1, -1), 0.5, colors.grey),
        ("BACKGROUND", (0, 0), (-1, 0), colors.whitesmoke),
        ("VALIGN", (0, 0), (-1, -1), "MIDDLE"),
    ]
    return Table(cells, colWidths=[WIDTH / len(rows[0])] * len(rows[0]), style=style, spaceBefore=4, spaceAfter=10)


def story(markdown: str) -> list[Flowable]:
    """Turn the source into flowables; each chapter (##) opens a new page."""
    flowables: list[Flowable] = []
    for block in blocks(markdown):
        first = block[0]
        if first.startswith("#"):
            level = len(first) - len(first.lstrip("#"))
            if level == 2:
                flowables.append(PageBreak())
            flowables.append(Paragraph(first[level:].strip(), HEADINGS[level]))
        elif first.startswith("|"):
            flowables.append(table(block))
        elif first.startswith("- "):
            flowables.extend(Paragraph("· " + line[2:], LIST) for line in block)
            flowables.append(Spacer(1, 6))
        else:
            flowables.append(Paragraph(" ".join(block), BODY))
    return flowables


def draw_header(canvas: Canvas, document: Any) -> None:
    """Draw the running header; drawn first, it comes first in the text layer."""
    canvas.saveState()
    canvas.setFont("Nanum", 8.5)
    canvas.drawString(22 * mm, A4[1] - 14 * mm, HEADER)
    canvas.restoreState()


def draw_footer(canvas: Canvas, document: Any) -> None:
    """Draw the footer and the page number, after the page's text."""
    canvas.saveState()
    canvas.setFont("Nanum", 8.5)
    canvas.drawString(22 * mm, 12 * mm, FOOTER)
    canvas.drawRightString(A4[0] - 22 * mm, 12 * mm, f"- {document.page} -")
    canvas.restoreState()


def build(output: Path, font_folder: Path = FONT_FOLDER) -> None:
    """Write the PDF; `invariant` leaves out dates and random ids, so that a rebuild gives the same bytes."""
    pdfmetrics.registerFont(TTFont("Nanum", str(font_folder / "NanumGothic.ttf")))
    pdfmetrics.registerFont(TTFont("NanumBold", str(font_folder / "NanumGothicBold.ttf")))
    document = BaseDocTemplate(
        str(output), pagesize=A4, title=HEADER, author="가온누리시 문화시설공단(가상 기관)", lang="ko-KR", invariant=1
    )
    frame = Frame(22 * mm, 20 * mm, WIDTH, A4[1] - 40 * mm, leftPadding=0, rightPadding=0)
    document.addPageTemplates([PageTemplate(frames=[frame], onPage=draw_header, onPageEnd=draw_footer)])
    document.build(story(SOURCE.read_text(encoding="utf-8")))


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--output", type=Path, default=OUTPUT)
    parser.add_argument("--font-folder", type=Path, default=FONT_FOLDER)
    arguments = parser.parse_args()
    build(arguments.output, arguments.font_folder)

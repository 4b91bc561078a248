"""What the PDF back ends give and cost: pages a second, paragraphs, words and table rows, on the same files.

    python benchmarks/pdf.py [FILE.pdf ...]

Two sets. `made`: pages drawn here, whose paragraphs, words and table rows are known (one column and two columns drawn
row by row, lines broken inside words, running header and page number, ruled tables with open sides and merged cells).
`files`: the PDFs named, else those of the shared data (HAECHI_SHARED_DATA); there is no gold for them, so what is
counted is tables and rows, and the share of the letters and digits PDFium finds that arrived (running headers and page
numbers do not). Seconds are of the processor, so that other work on the machine does not count.
The last line is JSON.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import sys
import tempfile
import time
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pypdfium2

from haechi import registry
from haechi.errors import ParseError
from haechi.parsers.base import ParseOptions
from haechi.types import Document

ROOT = Path(__file__).resolve().parents[1]
SHARED = Path(os.environ.get("HAECHI_SHARED_DATA", ROOT.parent / "shared" / "data"))
BACK_ENDS = ("pdf", "pdf_plumber")
WORDS = (
    "위원회는 신청인이 제출한 서류를 검토하고 그 결과를 통지하여야 한다 다만 부득이한 사유가 있는 경우에는 기간을 "
    "연장할 수 있으며 사용료의 감면 기준과 절차는 따로 정하는 바에 따라 시설의 안전한 관리를 위하여 필요한 조치를 할 "
    "때에는 미리 이용자에게 알리고 개인정보의 보호를 위한 계획을 세워 시행하며 예산의 범위에서 지원금을 지급하도록"
).split()


@dataclass
class Gold:
    """What a made file holds."""

    paragraphs: list[str] = field(default_factory=list)
    rows: list[str] = field(default_factory=list)
    columns: list[tuple[str, str]] = field(default_factory=list)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("files", nargs="*", type=Path)
    parser.add_argument("--pages", type=int, default=40, help="pages of the made file")
    options = parser.parse_args()
    files = options.files or sorted((SHARED / "fixtures" / "pdf").glob("*.pdf"))
    figures: dict[str, Any] = {}
    with tempfile.TemporaryDirectory() as temporary:
        made = Path(temporary) / "made.pdf"
        data, gold = make(options.pages)
        made.write_bytes(data)
        for name in BACK_ENDS:
            seconds, document = timed(name, made)
            if document is None:
                sys.exit(f"{name} refused the made file")
            figures[name] = {"made": against(gold, document, seconds), "files": over(name, files)}
    keys = sorted({(part, key) for each in figures.values() for part in each for key in each[part]})
    print(f"{'':34}" + "".join(f"{name:>14}" for name in BACK_ENDS))
    for part, key in keys:
        print(f"{part + ' ' + key:34}" + "".join(f"{figures[name][part].get(key, ''):>14}" for name in BACK_ENDS))
    print(json.dumps(figures))


def timed(name: str, path: Path) -> tuple[float, Document | None]:
    parser = registry.load("parsers", name)()
    started = time.process_time()
    try:
        document = parser.parse(path, path.name, ParseOptions())[0]
    except ParseError as error:
        print(f"{name}: {error.english}", file=sys.stderr)
        return time.process_time() - started, None
    return time.process_time() - started, document


def against(gold: Gold, document: Document, seconds: float) -> dict[str, float]:
    """Shares of the gold found."""
    packed = ["".join(block.text.split()) for block in document.blocks]
    words = Counter(document.text.split())
    wanted = Counter(word for paragraph in gold.paragraphs for word in paragraph.split())
    rows = Counter(line for block in document.blocks if block.kind == "table" for line in block.text.split("\n"))
    whole = "".join(packed)
    return {
        "pages_per_cpu_second": round(document.meta["pages"] / seconds, 1),
        "paragraphs": share(sum("".join(text.split()) in packed for text in gold.paragraphs), len(gold.paragraphs)),
        "words": share((words & wanted).total(), wanted.total()),
        "rows": share((rows & Counter(gold.rows)).total(), len(gold.rows)),
        "column_order": share(
            sum(-1 < whole.find(first) < whole.find(second) for first, second in gold.columns), len(gold.columns)
        ),
    }


def over(name: str, files: list[Path]) -> dict[str, float]:
    """Sums over the real files."""
    pages = tables = rows = got = there = refused = 0
    seconds = 0.0
    for path in files:
        took, document = timed(name, path)
        seconds += took
        if document is None:
            refused += 1
            continue
        pages += document.meta["pages"]
        found = [block for block in document.blocks if block.kind == "table"]
        tables += len(found)
        rows += sum(block.text.count("\n") + 1 for block in found)
        characters = raw_characters(path)
        there += characters.total()
        got += (characters & letters(document.text)).total()
    return {
        "read": len(files) - refused,
        "refused": refused,
        "pages": pages,
        "pages_per_cpu_second": round(pages / seconds, 1) if pages else 0.0,
        "tables": tables,
        "rows": rows,
        "characters": share(got, there),
    }


def raw_characters(path: Path) -> Counter[str]:
    with pypdfium2.PdfDocument(path) as document:
        return letters("".join(page.get_textpage().get_text_bounded() for page in document))


def letters(text: str) -> Counter[str]:
    return Counter(character for character in text if character.isalnum())


def share(part: int, whole: int) -> float:
    return round(part / whole, 4) if whole else 0.0


def make(pages: int) -> tuple[bytes, Gold]:
    """A file of `pages` pages in turn: one column, two columns, tables."""
    sys.path.insert(0, str(ROOT))
    from tests.parsers.pdf_maker import Page, draw_pdf

    chance = random.Random(1)
    gold = Gold()
    drawn = []
    for number in range(pages):
        page = Page().text(40, 20, "가온시 시설 관리 편람", 8).text(280, 815, f"- {number + 1} -", 8)
        if number % 3 == 0:
            top = 60.0
            while top < 700:
                paragraph = sentence(chance, 30)
                gold.paragraphs.append(paragraph)
                lines = broken(paragraph, 50)
                page.lines(40, top, lines)
                top += 16 * len(lines) + 12
        elif number % 3 == 1:
            left, right = sentence(chance, 60), sentence(chance, 60)
            gold.paragraphs += [left, right]
            pair = broken(left, 24), broken(right, 24)
            gold.columns.append(("".join("".join(pair[0]).split()), "".join("".join(pair[1]).split())))
            for row in range(max(map(len, pair))):
                for x, lines in zip((40, 310), pair, strict=True):
                    if row < len(lines):
                        page.text(x, 60 + 16 * row, lines[row])
        else:
            for index, sides in enumerate((True, False)):
                rows = table_rows(chance)
                page.table(40, 60 + index * 200, [80, 160, 120], rows, sides=sides)
                gold.rows += [" | ".join(row) for row in rows]
            gold.rows += merged_table(page, chance, 460)
        drawn.append(page)
    return draw_pdf(drawn), gold


def table_rows(chance: random.Random) -> list[list[str]]:
    body = [[f"{row}호", chance.choice(WORDS), f"{chance.randrange(1, 999)},000원"] for row in range(1, 8)]
    return [["구분", "내용", "금액"], *body]


def merged_table(page: Any, chance: random.Random, top: float) -> list[str]:
    """A table whose labels each span two rows; the rows as they must be read."""
    body = [[f"{1 + row // 2}호", chance.choice(WORDS), f"{chance.randrange(1, 999)},000원"] for row in range(6)]
    rows = [["구분", "내용", "금액"], *body]
    for number, row in enumerate(rows):
        inside = number and not number % 2
        page.line(120 if inside else 40, top + 20 * number, 400, top + 20 * number)
        for x, text in zip((40, 120, 280), row, strict=True):
            if not (inside and x == 40):
                page.text(x + 4, top + 20 * number + (14 if number and x == 40 else 4), text)
    page.line(40, top + 140, 400, top + 140)
    for x in (40, 120, 280, 400):
        page.line(x, top, x, top + 140)
    return [" | ".join(row) for row in rows]


def sentence(chance: random.Random, words: int) -> str:
    return " ".join(chance.choice(WORDS) for _ in range(words)) + " 끝이다."


def broken(text: str, width: int) -> list[str]:
    """Lines cut anywhere; the space at a break is lost, as Korean word processors lose it."""
    return [text[at : at + width].strip() for at in range(0, len(text), width)]


if __name__ == "__main__":
    main()

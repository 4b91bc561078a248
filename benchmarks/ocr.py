"""How much of a Korean page does OCR give back? Statute pages drawn with a Nanum font, and the pages of real PDFs.

    HAECHI_SHARED_DATA=../shared/data python benchmarks/ocr.py [--pages N] [--pdf-pages N] [--baselines]

Drawn pages: one or two columns and a ruled table, at 200 and 300 dpi, clean and as a poor scan (turned 1.2°, blurred,
noise, grey paper); the drawn text is the gold. Real pages: drawn with PDFium, their own text layer is the gold.
`--baselines` also reads them with tesseract's own layout modes. Needs tesseract with Korean and Nanum fonts.

grams    character 3-grams of the gold found, blanks ignored
eojeol   words of the gold (between blanks) found
numbers  numbers of the gold found whole (2023, 1,234, 14.5)
rows     rows of the drawn table found with all cells in order
The last line is JSON.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import re
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterable
from pathlib import Path

import numpy as np
import pypdfium2
from PIL import Image, ImageDraw, ImageFilter, ImageFont

from haechi.parsers import tesseract
from haechi.parsers.ocr import blocks_of, read_page

SHARED = Path(os.environ.get("HAECHI_SHARED_DATA", Path(__file__).resolve().parents[2] / "shared" / "data"))
FONTS = Path("/usr/share/fonts/truetype/nanum")
Read = Callable[[Image.Image, int], str]


def share(gold: Iterable[str], found: Iterable[str]) -> float:
    wanted, got = Counter(gold), Counter(found)
    return sum(min(times, got[key]) for key, times in wanted.items()) / max(1, sum(wanted.values()))


def grams(text: str) -> list[str]:
    solid = "".join(text.split())
    return [solid[index : index + 3] for index in range(len(solid) - 2)]


def numbers(text: str) -> list[str]:
    return re.findall(r"\d+(?:[.,]\d+)*", text)


def scores(gold: str, found: str) -> dict[str, float]:
    return {
        "grams": share(grams(gold), grams(found)),
        "eojeol": share(gold.split(), found.replace("|", " ").split()),
        "numbers": share(numbers(gold), numbers(found)),
    }


def statute_lines(chosen: random.Random) -> list[str]:
    file = chosen.choice(sorted((SHARED / "statutes" / "md").glob("*.md")))
    text = re.sub(r"[#*<>\[\]]|&[a-z]+;", "", file.read_text("utf-8"))
    lines = [line.strip() for line in text.splitlines() if len(line.strip()) > 20]
    start = chosen.randrange(max(1, len(lines) - 40))
    return lines[start : start + 40]


def draw(lines: list[str], dpi: int, columns: int, font_name: str, table: list[list[str]]) -> tuple[Image.Image, str]:
    """An A4 page and the text that is on it."""
    width, height, margin = round(8.27 * dpi), round(11.69 * dpi), dpi // 1
    font = ImageFont.truetype(str(FONTS / font_name), round(10.5 * dpi / 72))
    pitch = round(1.6 * 10.5 * dpi / 72)
    picture = Image.new("L", (width, height), 255)
    pen = ImageDraw.Draw(picture)
    column = (width - 2 * margin - (columns - 1) * dpi // 3) // columns
    gold: list[str] = []
    queue = list(lines)
    for number in range(columns):
        left, top = margin + number * (column + dpi // 3), margin
        bottom = height - margin - (0 if not table else (len(table) + 2) * 2 * pitch)
        while queue and top < bottom - pitch:
            rest = queue.pop(0)
            while rest and top < bottom - pitch:
                cut = len(rest)
                while pen.textlength(rest[:cut], font=font) > column:
                    cut -= 1
                if cut < len(rest) and " " in rest[:cut]:
                    cut = rest.rindex(" ", 0, cut) + 1  # Korean word processors break between words
                pen.text((left, top), rest[:cut], font=font, fill=20)
                gold.append(rest[:cut].strip())
                rest, top = rest[cut:], top + pitch
    for row, cells in enumerate(table):
        top = height - margin - (len(table) - row) * 2 * pitch
        for place, cell in enumerate(cells):
            left = margin + place * (width - 2 * margin) // len(cells)
            right = margin + (place + 1) * (width - 2 * margin) // len(cells)
            pen.rectangle((left, top, right, top + 2 * pitch), outline=0, width=max(1, dpi // 120))
            pen.text((left + pitch // 2, top + pitch // 2), cell, font=font, fill=20)
        gold.append(" ".join(cells))
    return picture, "\n".join(gold)


def poor(picture: Image.Image, seed: int) -> Image.Image:
    turned = picture.rotate(1.2, resample=Image.Resampling.BICUBIC, fillcolor=255).filter(ImageFilter.GaussianBlur(1))
    noise = np.random.default_rng(seed).normal(0, 18, (turned.height, turned.width))
    return Image.fromarray(np.clip(np.asarray(turned) * 0.85 + 10 + noise, 0, 255).astype(np.uint8))


def ours(picture: Image.Image, dpi: int) -> str:
    return "\n".join(block.text for block in blocks_of([read_page(picture, dpi)]))


def plain(mode: int, language: str) -> Read:
    def read(picture: Image.Image, dpi: int) -> str:
        with tempfile.TemporaryDirectory() as folder:
            file = Path(folder) / "page.pgm"
            picture.save(file)
            command = ["tesseract", str(file), "stdout", "-l", language, "--psm", str(mode), "--dpi", str(dpi)]
            environment = {**os.environ, "OMP_THREAD_LIMIT": "1"}
            return subprocess.run(command, capture_output=True, check=True, env=environment).stdout.decode()

    return read


def measure(name: str, pages: list[tuple[Image.Image, int, str]], read: Read, rows: list[str]) -> dict[str, object]:
    sums: Counter[str] = Counter()
    seconds = cpu = 0.0
    for picture, dpi, gold in pages:
        started, spent = time.perf_counter(), sum(os.times()[:4])
        found = read(picture, dpi)
        seconds += time.perf_counter() - started
        cpu += sum(os.times()[:4]) - spent
        for key, value in scores(gold, found).items():
            sums[key] += value
        lines = [re.sub(r"[\s|]", "", line) for line in found.splitlines()]
        sums["rows"] += sum(re.sub(r"[\s|]", "", row) in lines for row in rows) / max(1, len(rows))
    result: dict[str, object] = {key: round(value / len(pages), 3) for key, value in sums.items()}
    if not rows:
        del result["rows"]
    result |= {"pages": len(pages), "seconds_per_page": round(seconds / len(pages), 2)}
    result["cpu_seconds_per_page"] = round(cpu / len(pages), 2)
    print(f"{name:44}", json.dumps(result), flush=True)
    return result


def real_pages(count: int, dpi: int) -> list[tuple[Image.Image, int, str]]:
    found = []
    for file in sorted((SHARED / "fixtures" / "pdf").glob("*.pdf")):
        document = pypdfium2.PdfDocument(file)
        chosen = 0
        for index in range(len(document)):
            text = document[index].get_textpage().get_text_bounded()
            broken = len(re.findall("[\x01-\x08\ue000-\uf8ff]", text)) > len(text) * 0.02
            if len(re.findall("[가-힣]", text)) < 200 or broken or chosen >= count:
                continue
            chosen += 1
            picture = document[index].render(scale=dpi / 72, grayscale=True).to_pil().convert("L")
            found.append((picture, dpi, text.replace("\ufffe", "")))
    return found


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--pages", type=int, default=2, help="drawn pages of each kind")
    parser.add_argument("--pdf-pages", type=int, default=2, help="pages of each real PDF")
    parser.add_argument("--baselines", action="store_true", help="tesseract's own modes as well")
    given = parser.parse_args()
    reason = tesseract.problem()
    if reason is not None:
        sys.exit(reason.english)
    if not FONTS.is_dir() or not (SHARED / "statutes").is_dir():
        sys.exit(f"needs Nanum fonts (apt install fonts-nanum) and {SHARED}/statutes")
    readers: dict[str, Read] = {"haechi": ours}
    if given.baselines:
        kinds_of_call = ((1, "kor+eng"), (4, "kor+eng"), (6, "kor"))
        readers |= {f"psm {mode} {language}": plain(mode, language) for mode, language in kinds_of_call}
    table = [["구분", "수수료", "처리 기한"], ["등본 발급", "1,000원", "3일"], ["열람", "300원", "즉시"]]
    table += [["재발급", "2,500원", "14일"], ["이의신청", "10,000원", "30일"]]
    kinds = {
        "200 dpi clean": (200, 1, False, False),
        "300 dpi clean": (300, 1, False, False),
        "200 dpi poor": (200, 1, True, False),
        "300 dpi poor": (300, 1, True, False),
        "300 dpi two columns": (300, 2, False, False),
        "300 dpi two columns poor": (300, 2, True, False),
        "300 dpi table": (300, 1, False, True),
        "300 dpi table poor": (300, 1, True, True),
    }
    report: dict[str, object] = {"tesseract": tesseract.version()}
    for kind, (dpi, columns, is_poor, with_table) in kinds.items():
        chosen = random.Random(0)
        pages = []
        for number in range(given.pages):
            font = ("NanumGothic.ttf", "NanumMyeongjo.ttf")[number % 2]
            picture, gold = draw(statute_lines(chosen), dpi, columns, font, table if with_table else [])
            pages.append((poor(picture, number) if is_poor else picture, dpi, gold))
        rows = ["".join(row) for row in table] if with_table else []
        for reader, read in readers.items():
            report[f"{reader}: {kind}"] = measure(f"{reader}: {kind}", pages, read, rows)
    pages = real_pages(given.pdf_pages, 300)
    for reader, read in readers.items():
        report[f"{reader}: real PDF pages, 300 dpi"] = measure(f"{reader}: real PDF pages, 300 dpi", pages, read, [])
    print(json.dumps(report, ensure_ascii=False))


if __name__ == "__main__":
    main()

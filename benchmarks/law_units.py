"""Does a question that names a law and a 조·항·호·목 find exactly that unit first? Over the shared statutes.

    HAECHI_SHARED_DATA=../shared/data python benchmarks/law_units.py [--limit N]

The md files go through the product's own ingest; vectors are scripted and their weight is 0, so that only words and
references decide. What is right is read from the md files by a few lines of their own here, not by the product's
parser: a unit is right when the first hit is of that law, has exactly that label and begins with that unit's own words.
Counts of 조, 항 and 호 are compared with structure.jsonl. One of six phrasings is drawn per unit (seed 0).
The last line is JSON.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import re
import sys
import tempfile
import time
import unicodedata
from pathlib import Path

from haechi.chunkers.law_structure import parts
from haechi.config import load_config
from haechi.korean.law_units import CIRCLED, units, walk
from haechi.parsers.base import ParseOptions
from haechi.parsers.markdown import MarkdownParser
from haechi.pipeline.build import init_home, open_home
from haechi.pipeline.ingest import ingest

SHARED = Path(os.environ.get("HAECHI_SHARED_DATA", Path(__file__).resolve().parents[2] / "shared" / "data"))
HEADING = re.compile(r"#{5,6} (제\d+조(?:의\d+)?)(?:\s.*)?$")
PARAGRAPH = re.compile(rf"\*\*([{CIRCLED}])\*\*\s*(.*)")
ITEM = re.compile(r" {0,3}(\d+(?:의\d+)?)\\?\. (.*)")
LETTER = re.compile(r" {4,}([가-하])\\?\. (.*)")


def asked_units(path: Path) -> list[tuple[str, str, str]]:
    """(article, units inside it, how the unit begins) of every 항, 호 and 목 before the 부칙, from the file."""
    found: list[tuple[str, str, str]] = []
    article = paragraph = item = ""
    for line in path.read_text(encoding="utf-8").split("\n"):
        if line.startswith("#"):
            heading = HEADING.match(line)
            article, paragraph, item = (heading[1] if heading else ""), "", ""
        elif not article:
            continue
        elif match := PARAGRAPH.match(line):
            paragraph, item = f"제{CIRCLED.index(match[1]) + 1}항", ""
            found.append((article, paragraph, match[1] + match[2]))
        elif match := ITEM.match(line):
            number, _, sub = match[1].partition("의")
            item = f"제{number}호" + (f"의{sub}" if sub else "")
            found.append((article, paragraph + item, f"{match[1]}.{match[2]}"))
        elif item and (match := LETTER.match(line)):
            found.append((article, f"{paragraph}{item}{match[1]}목", f"{match[1]}.{match[2]}"))
    return found


def bare(text: str) -> str:
    """Letters to compare. The files write some 한자 with compatibility code points, which NFC makes the usual ones."""
    return re.sub(r"[\s\\*|]|<[^가-힣]*>", "", unicodedata.normalize("NFC", text))


def phrasings(law: str, article: str, unit: str) -> list[str]:
    spaced = re.sub(r"(?<=[항호\d])(?=제|[가-하]목)", " ", unit)
    short = article[1:] + " " + spaced.replace("제", "")
    return [
        f"{law} {article}{unit}의 내용은?",
        f"{law} {article} {spaced}",
        f"「{law}」 {article}{unit}에서 정하는 것은 무엇인가요?",
        f"{law.replace(' ', '')} {article}{spaced} 알려줘",
        f"{law} {short}",
        f"{law} 제1조와 같은 법 {article} {spaced} 설명해줘",
    ]


def counts(folder: Path) -> tuple[list[str], list[int]]:
    """Deviations of 조, 항 and 호 from structure.jsonl, and totals of 조, 항, 호, 목 and what is below."""
    wrong: list[str] = []
    totals = [0] * 5
    for line in (folder / "structure.jsonl").read_text(encoding="utf-8").splitlines():
        law = json.loads(line)
        path = folder / "md" / law["file"]
        document = MarkdownParser().parse(path, path.name, ParseOptions())[0]
        found = []
        for part in parts(document):
            for article in part.articles if part.kind == "본문" else ():
                levels = [
                    unit.level for _, unit in walk(units(document.text, article.start, article.body, article.end))
                ]
                found.append([article.number, article.title, levels.count("항"), levels.count("호")])
                for position, level in enumerate("항호목)", 1):
                    totals[position] += levels.count(level)
        totals[0] += len(found)
        wrong += [f"{law['law']}: {a} != {b}" for a, b in zip(found, law["articles"], strict=False) if a != b]
        if len(found) != len(law["articles"]):
            wrong.append(f"{law['law']}: {len(found)} articles, {len(law['articles'])} expected")
    return wrong, totals


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--limit", type=int, default=0, help="ask only this many units, drawn at random")
    limit = parser.parse_args().limit
    folder = SHARED / "statutes"
    if not folder.is_dir():
        sys.exit(f"no statutes in {SHARED}; set HAECHI_SHARED_DATA")
    deviations, totals = counts(folder)
    for line in deviations:
        print("count:", line)
    os.environ.update(HAECHI_EMBEDDER_BACKEND="scripted", HAECHI_RETRIEVAL_DENSE_WEIGHT="0")
    laws = [json.loads(line) for line in (folder / "index.jsonl").read_text(encoding="utf-8").splitlines()]
    asked = [(law["law"], *unit) for law in laws for unit in asked_units(folder / "md" / law["file"])]
    choice = random.Random(0)
    if limit and limit < len(asked):
        asked = choice.sample(asked, limit)
    by_level: dict[str, list[int]] = {}
    missed, times = [], []
    with tempfile.TemporaryDirectory() as temporary:
        init_home(Path(temporary) / "home")
        with open_home(load_config(Path(temporary) / "home")) as home:
            report = ingest(home, [str(folder / "md")])
            retriever = home.retriever()
            for law, article, unit, words in asked:
                question = choice.choice(phrasings(law, article, unit))
                started = time.process_time()
                hits = retriever.retrieve(question, 2)
                times.append(time.process_time() - started)
                # The last phrasing names 제1조 first; then the unit must be among the two that are named.
                wanted = [hit for hit in hits[: 1 + ("같은 법" in question)] if hit.chunk.label == article + unit]
                right = any(
                    hit.document_title.replace(" ", "") == law.replace(" ", "")
                    and bare(hit.chunk.text).startswith(bare(words)[:40])
                    for hit in wanted
                )
                level = next(name for name in "목호항" if name in unit)
                by_level.setdefault(level, []).append(right)
                if not right:
                    got = [(hit.document_title, hit.chunk.label, hit.chunk.text[:30]) for hit in hits]
                    missed.append(f"{question} | {words[:30]} | {got}")
    for line in missed[:20]:
        print("missed:", line)
    times.sort()
    figures = {
        "files": report.documents,
        "deviations": len(deviations),
        "articles": totals[0],
        "paragraphs": totals[1],
        "items": totals[2],
        "letters": totals[3],
        "below": totals[4],
        "n": len(asked),
        "rank_1": {level: [sum(rows), len(rows)] for level, rows in sorted(by_level.items())},
        "cpu_ms_p50": round(1000 * times[len(times) // 2], 2),
        "cpu_ms_p95": round(1000 * times[int(len(times) * 0.95)], 2),
    }
    print(json.dumps(figures, ensure_ascii=False))


if __name__ == "__main__":
    main()

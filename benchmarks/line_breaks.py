"""How often a lost space at a line break is put back, and only there: Korean text broken again, and judged by itself.

    HAECHI_SHARED_DATA=../shared/data python benchmarks/line_breaks.py [--width 36]

Two corpora (encyclopedia passages in documents of 20, statutes), broken in two ways: anywhere, as Korean word
processors do, and between words. Right: a space where the text has one, none where it has none. The last line is JSON.
"""

from __future__ import annotations

import argparse
import json
import os
import re
import sys
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path

from haechi.parsers.pdf_lines import word_breaks

SHARED = Path(os.environ.get("HAECHI_SHARED_DATA", Path(__file__).resolve().parents[2] / "shared" / "data"))
PASSAGES, STATUTES = 400, 8


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--width", type=int, default=36, help="characters a line")
    options = parser.parse_args()
    corpora = {"encyclopedia": list(encyclopedia()), "statutes": list(statutes())}
    if not all(corpora.values()):
        sys.exit(f"no texts below {SHARED}; set HAECHI_SHARED_DATA")
    figures: dict[str, dict[str, float]] = {}
    for name, documents in corpora.items():
        for anywhere in (True, False):
            right = breaks = known = 0
            for paragraphs in documents:
                lines = [line for text in paragraphs for line in broken(text, options.width, anywhere)]
                learnt = word_breaks([line for line, _ in lines])
                known += learnt.anywhere == anywhere
                for (line, space), (following, _) in pairwise(lines):
                    if space is not None:
                        breaks += 1
                        right += (learnt.joiner(line, following) == " ") == space
            label = f"{name}, {'anywhere' if anywhere else 'between words'}"
            figures[label] = {
                "breaks": breaks,
                "right": round(right / breaks, 4),
                "documents_known": round(known / len(documents), 4),
            }
            print(f"{label:32} {breaks:7} breaks  right {right / breaks:.4f}  kind known {known / len(documents):.3f}")
    print(json.dumps(figures))


def encyclopedia() -> Iterator[list[str]]:
    path = SHARED / "korquad1_dev" / "corpus.jsonl"
    rows = path.read_text("utf-8").splitlines()[:PASSAGES] if path.is_file() else []
    texts = [" ".join(json.loads(row)["text"].split()) for row in rows]
    for start in range(0, len(texts), 20):
        yield texts[start : start + 20]


def statutes() -> Iterator[list[str]]:
    for path in sorted(SHARED.glob("statut*/**/*.md"))[:STATUTES]:
        lines = path.read_text("utf-8").split("\n")
        yield [re.sub(r"[\\*#]", "", line).strip() for line in lines if len(line) > 40]


def broken(text: str, width: int, anywhere: bool) -> Iterator[tuple[str, bool | None]]:
    """(line, whether a space stood after it); None at the end of the text."""
    start = 0
    while start < len(text):
        end = min(len(text), start + width)
        if not anywhere and end < len(text):
            cut = text.rfind(" ", start, end + 1)
            end = cut if cut > start else end
        line, rest = text[start:end], text[end:]
        yield line.strip(), (rest.startswith(" ") or line.endswith(" ")) if rest else None
        start = end + len(rest) - len(rest.lstrip(" "))


if __name__ == "__main__":
    main()

"""How many references inside real statutes lead to their unit, and what becomes of the others?

    HAECHI_SHARED_DATA=../shared/data python benchmarks/law_links.py [--show N]

All md files go into one home; every reference of every document is followed. `--show N` prints N links drawn at random
(seed 0), each with the words around it and the first words of its target, for reading by a person. Reasons are counted
by kind. `resolvable` leaves out what no home could resolve: laws that are not among the 61, 별표 that the files do not
contain, amending 부칙, quotations and former texts, whose numbers belong to other laws. The last line is JSON.
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
from collections import Counter
from pathlib import Path

from haechi.config import load_config
from haechi.pipeline.build import init_home, open_home
from haechi.pipeline.ingest import ingest
from haechi.retrievers.links import Linker

SHARED = Path(os.environ.get("HAECHI_SHARED_DATA", Path(__file__).resolve().parents[2] / "shared" / "data"))
KINDS = (
    ("이 홈에 없는 법령", "law not here"),
    ("다른 법령의 개정 부칙", "amending 부칙"),
    ("별표|별지", "annex not in the file"),
    ("따옴표 안에", "quoted"),
    ("종전 규정", "former text"),
    ("앞에 나오지 않습니다", "같은 법 without a law"),
    (r"조(?:의\d+)?에 제.*이\(가\) 없습니다", "article has no such unit"),
    (r"이\(가\) 없습니다", "no such article"),
)


def kind(reason: str) -> str:
    return next((name for pattern, name in KINDS if re.search(pattern, reason)), "other")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--show", type=int, default=0, help="print this many links drawn at random")
    show = parser.parse_args().show
    folder = SHARED / "statutes" / "md"
    if not folder.is_dir():
        sys.exit(f"no statutes in {SHARED}; set HAECHI_SHARED_DATA")
    os.environ.update(HAECHI_EMBEDDER_BACKEND="scripted", HAECHI_RETRIEVAL_DENSE_WEIGHT="0")
    counts: dict[str, Counter[str]] = {"본문": Counter(), "부칙": Counter()}
    shown, odd = [], []
    with tempfile.TemporaryDirectory() as temporary:
        init_home(Path(temporary) / "home")
        with open_home(load_config(Path(temporary) / "home")) as home:
            ingest(home, [str(folder)])
            linker = Linker(home.store)
            started = time.process_time()
            documents = home.store.documents()
            for record in documents:
                chunks = {chunk.id: chunk for chunk in home.store.chunks(record.id)}
                for chunk_id, links in linker.links(record.id).items():
                    chunk = chunks[chunk_id]
                    part = "부칙" if chunk.meta.get("part") == "부칙" else "본문"
                    for link in links:
                        counts[part][kind(link.reason) if link.reason else "resolved"] += 1
                        place = link.start - chunk.start
                        around = " ".join(chunk.text[max(0, place - 60) : place + 60].split())
                        row = (f"{record.title} {chunk.label}", around, link)
                        (
                            odd
                            if link.reason
                            and kind(link.reason) in ("no such article", "article has no such unit", "other")
                            else shown
                        ).append(row)
            seconds = time.process_time() - started
            choice = random.Random(0)
            for where, around, link in choice.sample([row for row in shown if not row[2].reason], show):
                found = {chunk.id: chunk for chunk in home.store.chunks(link.document)}[link.chunk]
                words = " ".join(found.text.split())[:60]
                print(f"{where} | …{around}… | [{link.surface}] → {link.title} {link.label} ({found.label}: {words})")
            for where, around, link in choice.sample(odd, min(show, len(odd))):
                print(f"UNRESOLVED {where} | …{around}… | [{link.surface}] {link.reason}")
    figures: dict[str, object] = {"documents": len(documents), "cpu_seconds": round(seconds, 1)}
    for part, counter in counts.items():
        total = sum(counter.values())
        outside = sum(
            counter[name]
            for name in ("law not here", "amending 부칙", "annex not in the file", "quoted", "former text")
        )
        figures[part] = {
            "references": total,
            "resolved_share": round(counter["resolved"] / total, 4),
            "resolvable": total - outside,
            "resolved_share_of_resolvable": round(counter["resolved"] / (total - outside), 4),
            **dict(counter.most_common()),
        }
    print(json.dumps(figures, ensure_ascii=False))


if __name__ == "__main__":
    main()

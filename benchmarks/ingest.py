"""What ingest costs over the bare embedder: the same texts through `haechi ingest` and through the embedder alone.

    HAECHI_SHARED_DATA=../shared/data python benchmarks/ingest.py [--rows FILE.jsonl] [--rounds 2]

Ingest means everything: reading, chunking, token counting, vectors, SQLite, FAISS and tantivy, into a fresh home.
`share_of_raw_speed` is passages per second of ingest over passages per second of the embedder on the very texts that
ingest embedded, alternated, medians. The last line is JSON.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import sys
import tempfile
import time
from pathlib import Path

from haechi.config import load_config
from haechi.pipeline.build import init_home, open_home
from haechi.pipeline.ingest import ingest

SHARED = Path(os.environ.get("HAECHI_SHARED_DATA", Path(__file__).resolve().parents[2] / "shared" / "data"))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=Path, default=SHARED / "korquad1_dev" / "corpus.jsonl")
    parser.add_argument("--rounds", type=int, default=2)
    options = parser.parse_args()
    if not options.rows.is_file():
        sys.exit(f"no such file: {options.rows}; set HAECHI_SHARED_DATA or --rows")
    whole: list[float] = []
    bare: list[float] = []
    count = 0
    for _ in range(options.rounds):
        with tempfile.TemporaryDirectory() as temporary:
            init_home(Path(temporary) / "home")
            with open_home(load_config(Path(temporary) / "home")) as home:
                home.embedder()  # loading the model is not the speed of either
                started = time.perf_counter()
                report = ingest(home, [str(options.rows)], unit="row", fields=("text",))
                whole.append(report.embedded / (time.perf_counter() - started))
                texts = list(dict.fromkeys(text for _, text in home.store.entry_texts()))
                count = report.embedded
            # Another home's embedder: the first one has these texts' tokens in its cache.
            with open_home(load_config(Path(temporary) / "home")) as fresh:
                embedder = fresh.embedder()
                started = time.perf_counter()
                embedder.embed(texts, "passage")
                bare.append(len(texts) / (time.perf_counter() - started))
    figures = {
        "passages": count,
        "ingest_per_second": statistics.median(whole),
        "embedder_per_second": statistics.median(bare),
        "share_of_raw_speed": statistics.median(whole) / statistics.median(bare),
    }
    print(json.dumps(figures))


if __name__ == "__main__":
    main()

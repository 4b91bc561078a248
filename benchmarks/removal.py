"""What a removal, an ingest after an edit, a backup, a restore and `verify` cost in a home of many rows.

    python benchmarks/removal.py [--documents 20000]

Rows are made of syllables at random (seeded); the embedder is scripted, everything else is real. Last line: JSON.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path

from haechi.config import load_config
from haechi.pipeline.backup import backup, restore
from haechi.pipeline.build import init_home, open_home
from haechi.pipeline.erase import remove_documents
from haechi.pipeline.ingest import ingest
from haechi.pipeline.verify import verify


def rows(path: Path, count: int) -> None:
    chance = random.Random(5)
    words = ["".join(chr(chance.randrange(0xAC00, 0xD7A4)) for _ in range(chance.randint(2, 4))) for _ in range(20_000)]
    with path.open("w", encoding="utf-8") as file:
        for number in range(count):
            row = {"id": f"r{number}", "text": " ".join(chance.choices(words, k=60))}
            file.write(json.dumps(row, ensure_ascii=False) + "\n")


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--documents", type=int, default=20_000)
    options = parser.parse_args(arguments)
    os.environ.update(HAECHI_EMBEDDER_BACKEND="scripted", HAECHI_LLM_BACKEND="scripted")
    seconds: dict[str, list[float]] = {}

    def timed(name: str, work: Callable[[], object]) -> object:
        wall, cpu = time.monotonic(), time.process_time()
        result = work()
        seconds[name] = [round(time.monotonic() - wall, 2), round(time.process_time() - cpu, 2)]
        print(name, seconds[name], file=sys.stderr, flush=True)
        return result

    with tempfile.TemporaryDirectory(prefix="haechi-removal-") as name:
        folder = Path(name)
        rows(folder / "rows.jsonl", options.documents)
        (folder / "one.txt").write_text("지울 문서의 하나뿐인 문장이다.", encoding="utf-8")
        init_home(folder / "home")
        config = load_config(folder / "home")
        with open_home(config) as home:
            timed("ingest", lambda: ingest(home, [str(folder / "rows.jsonl"), str(folder / "one.txt")], unit="row"))
            (folder / "one.txt").write_text("고친 문서의 하나뿐인 문장이다.", encoding="utf-8")
            timed("ingest_one_edit", lambda: ingest(home, [str(folder / "one.txt")], unit="row"))
            first = home.store.documents()[0].id
            receipt = timed("remove_one", lambda: remove_documents(home, [first]))
            timed("backup", lambda: backup(home, folder / "b.zip"))
            timed("purge_alone", lambda: home.store.purge())
        timed("verify", lambda: verify(config))
        timed("restore", lambda: restore(folder / "b.zip", folder / "again"))
        summary = {
            "documents": options.documents,
            "store_mb": round(config.store_path.stat().st_size / 1e6, 1),
            "index_mb": round(sum(p.stat().st_size for p in config.index_dir.rglob("*") if p.is_file()) / 1e6, 1),
            "backup_mb": round((folder / "b.zip").stat().st_size / 1e6, 1),
            "seconds_wall_cpu": seconds,
            "receipt_state": receipt["state"] if isinstance(receipt, dict) else "",
        }
    print(json.dumps(summary, ensure_ascii=False))
    return 0


if __name__ == "__main__":
    sys.exit(main())

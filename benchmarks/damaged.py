"""A thousand damaged files: nothing crashes the program, hangs over the cap or takes more memory than the cap.

    HAECHI_SHARED_DATA=../shared/data python benchmarks/damaged.py [--count 1000] [--seed 0] [--folder FOLDER]

Damages real files (default: the parser fixtures of the shared data) in nine ways, see `_damage.py`, and reads each in
the parser process, with a cap of 30 s and 1,024 MB a file; then takes the whole folder in with `haechi ingest` (and the
scripted embedder) and checks that every file is listed, as taken in or with a reason. `died` counts parser processes
that ended by themselves: the file is then reported and the next one read. The last line is JSON.
"""

from __future__ import annotations

import argparse
import collections
import json
import os
import resource
import sys
import tempfile
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from benchmarks._damage import damaged

from haechi.config import load_config
from haechi.errors import ParseError
from haechi.parsers.base import ParseOptions
from haechi.parsers.worker import ParserPool
from haechi.pipeline.build import init_home, open_home
from haechi.pipeline.ingest import ingest

SHARED = Path(os.environ.get("HAECHI_SHARED_DATA", Path(__file__).resolve().parents[2] / "shared" / "data"))
TIMEOUT, MEMORY_MB = 30.0, 1024
READ = {".hwp", ".hwpx", ".docx", ".xlsx", ".pptx", ".pdf", ".html"}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--folder", type=Path, default=SHARED / "fixtures")
    parser.add_argument("--count", type=int, default=1000)
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args()
    files = [
        (path.name, path.read_bytes())
        for path in sorted(options.folder.rglob("*"))
        if path.is_file() and path.suffix.lower() in READ and path.stat().st_size < 3_000_000
    ]
    if not files:
        sys.exit(f"no files in {options.folder}; set HAECHI_SHARED_DATA or --folder")
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary) / "files"
        folder.mkdir()
        outcomes, slowest, died = read_all(files, options.count, options.seed, folder)
        listed, silent = take_in(folder, Path(temporary) / "home")
    # The kernel's own figure for the largest child that ended, in kB.
    peak_mb = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1024
    for kind, counts in sorted(outcomes.items()):
        print(f"{kind:8} " + "  ".join(f"{what} {count}" for what, count in sorted(counts.items())))
    figures = {
        "files": options.count,
        "read": sum(counts["read"] for counts in outcomes.values()),
        "refused": sum(counts["refused"] for counts in outcomes.values()),
        "without_reason": sum(counts["without reason"] for counts in outcomes.values()),
        "died": died,
        "slowest_seconds": round(slowest[0], 2),
        "slowest": slowest[1],
        "peak_child_mb": round(peak_mb),
        "cap_seconds": TIMEOUT,
        "cap_mb": MEMORY_MB,
        "listed_by_ingest": listed,
        "not_listed": silent,
    }
    print(json.dumps(figures, ensure_ascii=False))


def read_all(
    files: list[tuple[str, bytes]], count: int, seed: int, folder: Path
) -> tuple[dict[str, collections.Counter[str]], tuple[float, str], int]:
    outcomes: dict[str, collections.Counter[str]] = collections.defaultdict(collections.Counter)
    slowest, died = (0.0, ""), 0
    with ParserPool(TIMEOUT, MEMORY_MB) as pool:
        for item in damaged(files, count, seed):
            path = folder / item.name
            path.write_bytes(item.data)
            started = time.monotonic()
            try:
                documents = pool.parse(path, item.name, ParseOptions())
                what = "read" if any(document.text.strip() for document in documents) else "empty"
            except ParseError as error:
                what = "refused" if len(error.korean) > len(item.name) + 8 else "without reason"
                died += "갑자기 끝났습니다" in error.korean
            outcomes[item.kind][what] += 1
            slowest = max(slowest, (time.monotonic() - started, item.name))
            if sys.stderr.isatty():
                print(f"\r{item.name[:4]}/{count}", end="", file=sys.stderr)
    return outcomes, slowest, died


def take_in(folder: Path, home_folder: Path) -> tuple[int, int]:
    """(files that ingest lists, files that it does not)."""
    os.environ |= {"HAECHI_EMBEDDER_BACKEND": "scripted", "HAECHI_INGEST_PARSE_MEMORY_MB": str(MEMORY_MB)}
    os.environ["HAECHI_INGEST_PARSE_TIMEOUT"] = str(TIMEOUT)
    init_home(home_folder)
    with open_home(load_config(home_folder)) as home:
        ingest(home, [str(folder)])
        listed = {Path(source.path).name for source in home.store.sources() if source.status == "ok" or source.error}
    names = {path.name for path in folder.iterdir()}
    return len(names & listed), len(names - listed)


if __name__ == "__main__":
    main()

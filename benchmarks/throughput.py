"""How fast documents come in, where the time goes, and whether memory stays flat.

    HAECHI_SHARED_DATA=../shared/data python benchmarks/throughput.py [--folder FOLDER] [--documents 20000]

1. Per format: the folder's files (default: parser fixtures and rulings of the shared data) through one parser process.
   Then HWP, HWPX and Office files together with one process and with one a core.
2. End to end with the bundled embedder: chunks a second, seconds of each stage (reading runs beside the others), once
   with one parser process and once with one a core.
3. Memory: so many small documents with the scripted embedder; resident memory at a tenth of them and at the end.
The last line is JSON.
"""

from __future__ import annotations

import argparse
import collections
import json
import os
import random
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

from haechi.config import load_config
from haechi.errors import ParseError
from haechi.parsers.base import ParseOptions
from haechi.parsers.worker import ParserPool
from haechi.pipeline.build import Home, init_home, open_home
from haechi.pipeline.ingest import ingest
from haechi.pipeline.prepare import Preparer
from haechi.pipeline.reading import ReadAhead, pools
from haechi.pipeline.sources import FileSource, Readers, parse_options

SHARED = Path(os.environ.get("HAECHI_SHARED_DATA", Path(__file__).resolve().parents[2] / "shared" / "data"))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--folder", type=Path, nargs="*", default=[SHARED / "fixtures", SHARED / "nts_rulings" / "hwp"])
    parser.add_argument("--documents", type=int, default=20_000)
    options = parser.parse_args()
    files = [path for folder in options.folder for path in sorted(folder.rglob("*")) if path.is_file()]
    if not files:
        sys.exit("no files; set HAECHI_SHARED_DATA or --folder")
    figures: dict[str, Any] = {"formats": formats(files)}
    print(json.dumps(figures["formats"]), file=sys.stderr)
    for workers in (1, os.cpu_count() or 1):
        figures[f"read_{workers}_workers_files_per_second"] = reading(files, workers)
    for workers in (1, os.cpu_count() or 1):
        figures[f"end_to_end_{workers}_workers"] = end_to_end(options.folder, workers)
    figures["memory"] = memory(options.documents)
    print(json.dumps(figures))


def formats(files: list[Path]) -> dict[str, dict[str, float]]:
    found: dict[str, collections.Counter[str]] = collections.defaultdict(collections.Counter)
    with ParserPool(120.0, 4096) as pool:
        for path in files:
            try:
                started = time.perf_counter()
                documents = pool.parse(path, path.name, ParseOptions())
            except ParseError:
                continue
            row = found[path.suffix.lower()]
            row["seconds"] += time.perf_counter() - started  # type: ignore[assignment]
            row["files"] += 1
            row["pages"] += sum(int(document.meta.get("pages") or 0) for document in documents)
            row["chars"] += sum(len(document.text) for document in documents)
    return {
        suffix: {
            "files": row["files"],
            "files_per_second": round(row["files"] / row["seconds"], 1),
            "pages_per_second": round(row["pages"] / row["seconds"], 1),
            "chars_per_second": round(row["chars"] / row["seconds"]),
        }
        for suffix, row in sorted(found.items())
    }


def reading(files: list[Path], workers: int) -> float:
    """Files a second, PDF left out (scans among them keep every core busy by themselves); each four times over."""
    chosen = [path for path in files if path.suffix.lower() in (".hwp", ".hwpx", ".docx", ".xlsx")] * 4
    with tempfile.TemporaryDirectory() as temporary:
        init_home(Path(temporary) / "home")
        config = load_config(Path(temporary) / "home")
        options = parse_options(config, ("title", "text"))
        readers = [Readers(pool, options, config) for pool in pools(workers, 120.0, 4096)]
        sources = [FileSource.at(path, path.name) for path in chosen]
        with ReadAhead(readers) as ahead:
            list(ahead.outcomes(sources[: 4 * workers]))  # the start of the processes is not the speed of reading
            started = time.perf_counter()
            read = sum(outcome.reading is not None for outcome in ahead.outcomes(sources))
            return round(read / (time.perf_counter() - started), 1)


@contextmanager
def timed(owner: Any, name: str, spent: collections.Counter[str], stage: str) -> Iterator[None]:
    original: Callable[..., Any] = getattr(owner, name)

    def wrapped(*arguments: Any, **named: Any) -> Any:
        started = time.perf_counter()
        try:
            return original(*arguments, **named)
        finally:
            spent[stage] += time.perf_counter() - started  # type: ignore[assignment]

    setattr(owner, name, wrapped)
    try:
        yield
    finally:
        setattr(owner, name, original)


def end_to_end(folders: list[Path], workers: int) -> dict[str, float]:
    spent: collections.Counter[str] = collections.Counter()
    with tempfile.TemporaryDirectory() as temporary:
        init_home(Path(temporary) / "home")
        config = load_config(Path(temporary) / "home")
        config = replace(config, ingest=replace(config.ingest, parse_workers=workers))
        with open_home(config) as home:
            embedder, indexes = home.embedder(), home.indexes()
            with (
                timed(FileSource, "read", spent, "read"),
                timed(Preparer, "prepare", spent, "chunk"),
                timed(embedder, "embed", spent, "embed"),
                timed(home.store, "write_source", spent, "store"),
                timed(home.store, "put_vectors", spent, "store"),
                timed(indexes, "apply", spent, "index"),
            ):
                report = ingest(home, [str(folder) for folder in folders])
    return {
        "documents": report.documents,
        "chunks": report.chunks,
        "failed": len(report.failed),
        "seconds": round(report.seconds, 2),
        "chunks_per_second": round(report.chunks / report.seconds, 1),
        **{f"{stage}_seconds": round(seconds, 2) for stage, seconds in spent.items()},
    }


def memory(count: int) -> dict[str, float]:
    luck = random.Random(0)
    words = "대출 기간 연체료 휴관일 열람실 신청 접수 처리 담당 부서 승인 예산 집행 정산 출장 여비 기준 금액".split()
    marks: dict[str, float] = {}
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary) / "documents"
        folder.mkdir()
        for number in range(count):
            text = f"문서 {number}. " + " ".join(luck.choices(words, k=60))
            (folder / f"{number:06}.txt").write_text(text, encoding="utf-8")
        os.environ["HAECHI_EMBEDDER_BACKEND"] = "scripted"
        init_home(Path(temporary) / "home")
        with open_home(load_config(Path(temporary) / "home")) as home:
            writes = watched_writes(home, count, marks)
            started = time.perf_counter()
            report = ingest(home, [str(folder)])
            marks["seconds"] = round(time.perf_counter() - started, 1)
            marks["written"] = writes[0]
            marks["end_mb"] = resident_mb()
        del os.environ["HAECHI_EMBEDDER_BACKEND"]
    return {"documents": report.documents, **marks}


def watched_writes(home: Home, count: int, marks: dict[str, float]) -> list[int]:
    writes = [0]
    original = home.store.write_source

    def write(*arguments: Any) -> Any:
        writes[0] += 1
        if writes[0] in (count // 10, count // 2, count):
            marks[f"at_{writes[0]}_mb"] = resident_mb()
        return original(*arguments)

    home.store.write_source = write  # type: ignore[method-assign]
    return writes


def resident_mb() -> float:
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return round(pages * os.sysconf("SC_PAGE_SIZE") / 1e6, 1)


if __name__ == "__main__":
    main()

"""Milliseconds of one search at a size, and where they go: the default retriever over a home that is made up.

    python benchmarks/latency.py [--chunks 1000000] [--questions 200] [--folder FOLDER]

Store, indexes, analyser and embedder are the real ones; see `_made_home.py` for what is made up. Parts are timed where
the retriever calls another room, so the rest is the ranking itself (features, fusion, sorting). `--folder` keeps the
home, and uses it again when it is there. Memory is what this process holds: the indexes' files are mapped or read, and
pages that other programs may push out are counted apart. The last line is JSON.
"""

from __future__ import annotations

import argparse
import functools
import json
import os
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections import defaultdict
from collections.abc import Callable
from pathlib import Path
from typing import Any

from _made_home import KnownWords, Words, make, questions

from haechi.config import load_config
from haechi.pipeline.build import Home, open_home

#: Class → method → the part its time is counted for. Methods that a class lacks are passed over.
PARTS = {
    "haechi.korean.morphology:MecabAnalyser": dict.fromkeys(
        ("tokens", "query_tokens", "expansions", "spans", "nouns"), "analyse"
    ),
    "haechi.models.e5:E5Embedder": {"embed": "embed"},
    "haechi.indexes.faiss:FaissIndex": {"search": "dense", "scores": "scores"},
    "haechi.indexes.full_text:TantivyIndex": {
        "search": "sparse",
        "scores": "scores",
        "shares": "scores",
        "document_frequencies": "scores",
    },
    "haechi.stores.sqlite:SQLiteStore": dict.fromkeys(
        (
            "generation state hits chunk_ids keys_per_chunk chunks_by_article article_chunks documents_named laws "
            "law_names document_titles entry_count entry_vectors chunk_vectors chunks document words synonyms"
        ).split(),
        "store",
    ),
}


class Watch:
    """Adds up the time inside watched methods; of nested ones only the outermost counts."""

    def __init__(self) -> None:
        self.seconds: dict[str, float] = defaultdict(float)
        self.inside = threading.local()

    def wrap(self, function: Any, part: str) -> Any:
        @functools.wraps(function)
        def timed(*arguments: Any, **named: Any) -> Any:
            if getattr(self.inside, "depth", 0):
                return function(*arguments, **named)
            self.inside.depth = 1
            start = time.perf_counter()
            try:
                return function(*arguments, **named)
            finally:
                self.seconds[part] += time.perf_counter() - start
                self.inside.depth = 0

        return timed

    def install(self) -> None:
        import importlib

        for target, methods in PARTS.items():
            module, _, name = target.partition(":")
            kind = getattr(importlib.import_module(module), name)
            for method, part in methods.items():
                if hasattr(kind, method):
                    setattr(kind, method, self.wrap(getattr(kind, method), part))


def memory() -> dict[str, float]:
    """MB of this process: its own (anonymous) pages, and mapped files that are in memory."""
    fields = {}
    for line in Path("/proc/self/smaps_rollup").read_text().splitlines()[1:]:
        name, _, rest = line.partition(":")
        fields[name] = int(rest.split()[0]) / 1024
    return {"own": round(fields["Anonymous"], 1), "mapped": round(fields["Rss"] - fields["Anonymous"], 1)}


def size(path: Path) -> float:
    files = path.rglob("*") if path.is_dir() else path.parent.glob(path.name + "*")
    return round(sum(file.stat().st_size for file in files if file.is_file()) / 1e6, 1)


def build(folder: Path, chunks: int) -> dict[str, float]:
    """Fill the store and build both indexes, as far as they are not there; wall and CPU seconds of each."""
    figures: dict[str, float] = {}

    def timed(name: str, work: Callable[[], Home]) -> Home:
        wall, cpu = time.perf_counter(), time.process_time()
        home = work()
        figures[f"{name}_seconds"] = round(time.perf_counter() - wall, 1)
        figures[f"{name}_cpu_seconds"] = round(time.process_time() - cpu, 1)
        print(f"{name}: {figures[f'{name}_seconds']} s", file=sys.stderr)
        return home

    if (folder / "haechi.toml").is_file():
        home = open_home(load_config(folder))
    else:
        home = timed("store", lambda: make(folder, chunks))
    if home.indexes().problem():
        timed("indexes", lambda: index(home))
    home.close()
    return figures


def index(home: Home) -> Home:
    """Both indexes from the store, each word analysed once."""
    home.indexes().analyser = KnownWords(home.analyser())
    with home.store.writer():
        home.indexes().rebuild("benchmark")
    return home


def percentiles(values: list[float]) -> dict[str, float]:
    ordered = sorted(values)
    return {
        "p50_ms": round(1000 * statistics.median(ordered), 2),
        "p95_ms": round(1000 * ordered[int(0.95 * (len(ordered) - 1))], 2),
    }


def ask(home: Home, watch: Watch, asked: list[str]) -> dict[str, Any]:
    retriever, totals = home.retriever(), []
    parts: dict[str, list[float]] = defaultdict(list)
    cpu = time.process_time()
    for question in asked:
        watch.seconds.clear()
        start = time.perf_counter()
        retriever.retrieve(question, 2)
        total = time.perf_counter() - start
        totals.append(total)
        for part in (*sorted({part for methods in PARTS.values() for part in methods.values()}),):
            parts[part].append(watch.seconds.get(part, 0.0))
        parts["ranking"].append(total - sum(watch.seconds.values()))
    cpu = time.process_time() - cpu
    mean = statistics.mean(totals)
    return {
        **percentiles(totals),
        "cpu_ms": round(1000 * cpu / len(asked), 2),
        "parts": {
            name: {**percentiles(values), "share": round(statistics.mean(values) / mean, 3)}
            for name, values in parts.items()
        },
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--chunks", type=int, default=10_000)
    parser.add_argument("--questions", type=int, default=200)
    parser.add_argument("--folder", type=Path, help="keep the home here, or use the one that is here")
    parser.add_argument("--build", action="store_true", help="only fill --folder and build its indexes")
    options = parser.parse_args()
    if options.build:
        print(json.dumps(build(options.folder, options.chunks)))
        return
    with tempfile.TemporaryDirectory(prefix="haechi-latency-") as temporary:
        folder = options.folder or Path(temporary) / "home"
        # In a process of its own, so that what a build holds is not counted as what a search needs.
        command = [sys.executable, __file__, "--build", "--folder", str(folder), "--chunks", str(options.chunks)]
        built = json.loads(subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True).stdout)
        figures: dict[str, Any] = {"cores": len(os.sched_getaffinity(0)), "build": built}
        figures.update(measure(folder, options.questions))
    for part, row in figures["questions"]["parts"].items():
        print(f"{part:10} p50 {row['p50_ms']:8.2f} ms   p95 {row['p95_ms']:8.2f} ms   {row['share']:.1%}")
    print(f"{'total':10} p50 {figures['questions']['p50_ms']:8.2f} ms   p95 {figures['questions']['p95_ms']:8.2f} ms")
    print(json.dumps(figures, ensure_ascii=False))


def measure(folder: Path, count: int) -> dict[str, Any]:
    home = open_home(load_config(folder))
    held = {"start": memory()}
    home.embedder().embed(["미리 읽기"], "query")
    home.analyser().tokens("미리 읽기")
    held["models"] = memory()
    start = time.perf_counter()
    home.indexes().refresh()
    opened = time.perf_counter() - start
    held["indexes"] = memory()
    watch = Watch()
    watch.install()
    laws = [record.law for record in home.store.laws()[:200]]
    plain, named = questions(Words.make(), laws, count)
    start = time.perf_counter()
    home.retriever().retrieve("처음 묻는 질문", 2)
    first = time.perf_counter() - start
    figures = {
        "open_seconds": round(opened, 2),
        "first_question_seconds": round(first, 2),
        "questions": ask(home, watch, plain),
        "named_articles": ask(home, watch, named),
    }
    held["after"] = memory()
    manifest = json.loads((home.config.index_dir / "manifest.json").read_text())
    parts = home.config.index_dir / manifest["folder"]
    disk = {
        "vectors": size(parts / "vectors"),
        "full_text": size(parts / "full_text"),
        "store": size(home.config.store_path),
    }
    home.close()
    figures["chunks"] = manifest["entries"]
    return {**figures, "recipe": manifest["recipe"], "memory_mb": held, "disk_mb": disk}


if __name__ == "__main__":
    main()

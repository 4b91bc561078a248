"""Which vector index at which size: recall@50 against exact search, milliseconds and memory of every candidate.

    python benchmarks/vector_index.py [--count 200000] [--vectors FILE.npy --queries FILE.npy] [--only int8]

Without files: clustered vectors that are made up. With files of real vectors (rows, float32): they are repeated with
noise until there are `--count` of them. `refined` is recall after the first `OVER` × 50 are scored again with the
stored half-precision vectors, as the index does. √count lists, of which a share is looked through. One thread; CPU
milliseconds, so that a busy machine does not count. The last line is JSON.
"""

from __future__ import annotations

import argparse
import json
import math
import statistics
import time
from pathlib import Path
from typing import Any

import faiss
import numpy as np

K = 50
OVER = 2
#: pq4: a product quantiser of 4 bits a number, compared in registers. pq96: 96 bytes a vector.
FACTORY = {"float16": "SQfp16", "int8": "SQ8", "int6": "SQ6", "pq4": "PQ{}x4fs", "pq96": "PQ96"}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--count", type=int, default=200_000)
    parser.add_argument("--vectors", type=Path)
    parser.add_argument("--queries", type=Path)
    parser.add_argument("--noise", type=float, default=0.25, help="length of the noise that is added to a repeated row")
    parser.add_argument("--only", nargs="*", default=["float16", "int8", "pq4", "pq96"], choices=FACTORY)
    parser.add_argument("--shares", type=float, nargs="*", default=[0.125, 0.25, 0.5, 1.0], help="of the lists")
    parser.add_argument("--per-list", type=int, default=64, help="training vectors a list")
    options = parser.parse_args()
    faiss.omp_set_num_threads(1)
    rows, queries = vectors(options)
    half = rows.astype(np.float16)
    exact = truth(rows, queries)
    figures: list[dict[str, Any]] = []

    def report(figure: dict[str, Any]) -> None:
        figures.append(figure)
        print(" ".join(f"{name}={value}" for name, value in figure.items()), flush=True)

    for kind in ("float16", "int8"):
        flat = faiss.index_factory(rows.shape[1], FACTORY[kind], faiss.METRIC_INNER_PRODUCT)
        flat.train(rows[:: max(1, len(rows) // 20_000)])
        flat.add(rows)
        report({"index": f"flat {kind}", **search(flat, queries[:100], exact[:100], half), "mb": size(flat)})
    for kind in options.only:
        index, seconds = built(rows, kind, round(math.sqrt(len(rows))), options.per_list)
        for share in options.shares:
            index.nprobe = max(1, round(share * index.nlist))
            found = search(index, queries, exact, half)
            report({"index": f"lists {kind}", "share": share, **found, **seconds, "mb": size(index)})
    print(json.dumps({"count": len(rows), "queries": len(queries), "figures": figures}))


def vectors(options: argparse.Namespace) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(1)
    if options.vectors is None:
        around = unit(rng.standard_normal((2_000, 384), np.float32) + 3 * rng.standard_normal((1, 384), np.float32))
        queries = unit(around[rng.integers(2_000, size=300)] + noise(rng, (300, 384), 0.5))
        return unit(around[rng.integers(2_000, size=options.count)] + noise(rng, (options.count, 384), 0.48)), queries
    real = np.load(options.vectors).astype(np.float32)
    repeats = real[np.arange(max(0, options.count - len(real))) % len(real)]
    more = unit(repeats + noise(rng, repeats.shape, options.noise))
    return np.concatenate([real, more])[: options.count], np.load(options.queries).astype(np.float32)


def noise(rng: np.random.Generator, shape: tuple[int, int], length: float) -> np.ndarray:
    return rng.standard_normal(shape, np.float32) * np.float32(length / math.sqrt(shape[1]))


def unit(rows: np.ndarray) -> np.ndarray:
    return (rows / np.linalg.norm(rows, axis=1, keepdims=True)).astype(np.float32)


def truth(rows: np.ndarray, queries: np.ndarray) -> np.ndarray:
    flat = faiss.IndexFlatIP(rows.shape[1])
    flat.add(rows)
    return flat.search(queries, K)[1]


def built(rows: np.ndarray, kind: str, lists: int, per_list: int) -> tuple[Any, dict[str, float]]:
    index = faiss.index_factory(
        rows.shape[1], f"IVF{lists},{FACTORY[kind].format(rows.shape[1])}", faiss.METRIC_INNER_PRODUCT
    )
    index.cp.seed, index.cp.max_points_per_centroid, index.cp.min_points_per_centroid = 1, per_list, 1
    start = time.process_time()
    index.train(rows[:: max(1, len(rows) // (per_list * lists))])
    trained = time.process_time()
    index.add(rows)
    return index, {"train_s": round(trained - start, 1), "add_s": round(time.process_time() - trained, 1)}


def search(index: Any, queries: np.ndarray, exact: np.ndarray, half: np.ndarray) -> dict[str, float]:
    seconds, plain, refined = [], [], []
    for query, wanted in zip(queries, exact, strict=True):
        start = time.process_time()
        ids = index.search(query[None], OVER * K)[1][0]
        seconds.append(time.process_time() - start)
        ids = ids[ids >= 0]
        again = ids[np.argsort(-(half[ids].astype(np.float32) @ query), kind="stable")[:K]]
        plain.append(len(np.intersect1d(ids[:K], wanted)) / K)
        refined.append(len(np.intersect1d(again, wanted)) / K)
    return {
        "recall": round(statistics.mean(plain), 4),
        "refined": round(statistics.mean(refined), 4),
        "worst": round(min(refined), 2),
        "ms": round(1000 * statistics.median(seconds), 2),
    }


def size(index: Any) -> float:
    return round(len(faiss.serialize_index(index)) / 1e6, 1)


if __name__ == "__main__":
    main()

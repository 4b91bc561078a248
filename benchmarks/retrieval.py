"""Haechi's retrieval beside LangChain, LlamaIndex, Haystack and txtai: same corpora, chunks and vectors, one run.

    pip install -r benchmarks/requirements-peers.txt      (into an environment of its own)
    HAECHI_SHARED_DATA=../shared/data python benchmarks/retrieval.py --peers-python PATH [--set NAME] [--limit N]
        [--systems a,b] [--work DIR] [--ablation] [--profiles] [--plot FILE] [--save JSON] [--write-docs]

Every system runs in a process of its own, without network. Its milliseconds leave out the embedding of the question,
which is the same for all with vectors and given once. Memory is the peak of the process that answers. A system that is
not installed is listed as such. Ranks are over distinct documents; p is of a paired test against Haechi's defaults. The
last line is JSON.
"""

from __future__ import annotations

import argparse
import datetime
import json
import os
import platform
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from peers import page
from peers.data import rows
from peers.paired import exact_sign_test, permutation_test
from peers.prepare import prepare
from peers.sets import DEFAULT_SETS, SETS

from haechi.evaluation.retrieval_metrics import first_rank, hit_at, reciprocal_rank, summary

ROOT = Path(__file__).resolve().parents[1]
SHARED = Path(os.environ.get("HAECHI_SHARED_DATA", ROOT.parent / "shared" / "data"))
INSTALL = "pip install -r benchmarks/requirements-peers.txt"
OFFLINE = {
    "HF_HUB_OFFLINE": "1",
    "TRANSFORMERS_OFFLINE": "1",
    "HF_DATASETS_OFFLINE": "1",
    "HAYSTACK_TELEMETRY_ENABLED": "False",
    "LANGCHAIN_TRACING_V2": "false",
    "LANGSMITH_TRACING": "false",
    "ANONYMIZED_TELEMETRY": "False",
    "DO_NOT_TRACK": "1",
    "TOKENIZERS_PARALLELISM": "false",
}


@dataclass(frozen=True)
class System:
    """One row. `module` is a file of benchmarks/peers; those of peers may run under another Python."""

    module: str
    variant: str = ""
    peer: bool = True


SYSTEMS = {
    "haechi": System("with_haechi", "{}", peer=False),
    "langchain": System("with_langchain"),
    "langchain_10": System("with_langchain", "deep"),
    "llama_index": System("with_llama_index"),
    "llama_index_10": System("with_llama_index", "deep"),
    "haystack": System("with_haystack"),
    "txtai": System("with_txtai"),
    "dense": System("with_dense", peer=False),
    "bm25_whitespace": System("with_bm25", "whitespace"),
    "bm25_kiwi": System("with_bm25", "kiwi"),
    "mix_kiwi": System("with_bm25", "kiwi_mix"),
}
#: Slower profiles: settings beside the defaults. One whose setting or model is missing is listed as not available.
PROFILES: dict[str, dict[str, Any]] = {
    "haechi+cross_encoder": {"reranker.backend": "cross_encoder"},
    "haechi+multi_query": {"query.multi_query": 3},
    "haechi+hyde": {"query.hyde": True},
}


def run_system(system: System, folder: Path, python: str, threads: int) -> dict[str, Any]:
    """What the worker wrote. Raises SystemExit with the worker's own words when it broke."""
    with tempfile.TemporaryDirectory() as temporary:
        out = Path(temporary) / "result.json"
        worker = ROOT / "benchmarks" / "peers" / "worker.py"
        environment = {**os.environ, **OFFLINE}
        for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "NUMEXPR_NUM_THREADS"):
            environment[name] = str(threads)
        program = python if system.peer else sys.executable
        command = [program, str(worker), system.module, system.variant, str(folder), str(out)]
        done = subprocess.run(command, env=environment, capture_output=True, text=True)
        if done.returncode != 0 or not out.exists():
            raise SystemExit(f"{system.module} {system.variant} broke:\n{done.stderr[-3000:]}")
        result: dict[str, Any] = json.loads(out.read_text(encoding="utf-8"))
        return result


def figures(result: dict[str, Any], gold: Sequence[Sequence[str]]) -> dict[str, Any]:
    """Quality over distinct documents, milliseconds and what else the worker measured."""
    milliseconds = [1000 * value for value in result["seconds"]]
    quality = {name: value for name, value in summary(result["ranked"], gold, (1, 2, 5)).items() if name != "ndcg@10"}
    kept = ("build_seconds", "peak_mb", "build_peak_mb", "versions", "network_attempts", "extra_embeddings")
    return {
        **quality,
        "ms_p50": round(statistics.median(milliseconds), 2),
        "ms_p95": round(float(np.percentile(milliseconds, 95)), 2),
        **{name: result[name] for name in kept if name in result},
    }


def compared(mine: list[list[str]], other: list[list[str]], gold: Sequence[Sequence[str]]) -> dict[str, float]:
    """p of recall@2 (McNemar, exact) and of MRR (permutation) against Haechi on the same questions."""
    ranks = [
        [first_rank(found, wanted) for found, wanted in zip(ranked, gold, strict=True)] for ranked in (mine, other)
    ]
    hits = [[hit_at(rank, 2) for rank in side] for side in ranks]
    reciprocal = [[reciprocal_rank(rank) for rank in side] for side in ranks]
    return {
        "p_recall@2": round(exact_sign_test(*hits), 5),
        "p_mrr": round(permutation_test(*reciprocal), 5),
    }


def measure_set(name: str, options: argparse.Namespace, work: Path) -> dict[str, Any]:
    """All systems on one set, Haechi first."""
    folder, about = prepare(
        SETS[name], SHARED, work, limit=options.limit, threads=options.threads, model=options.embedder
    )
    gold = [row["gold_ids"] for row in rows(folder / "questions.jsonl")]
    wanted = {label: SYSTEMS[label] for label in options.systems}
    if options.ablation:
        wanted = {"haechi": System("with_haechi", json.dumps({"ablation": True}), peer=False)} | {
            label: system for label, system in wanted.items() if label != "haechi"
        }
    for label, changes in ({**PROFILES, **options.profile} if options.profiles else {}).items():
        variant = {"settings": changes, "first": options.profile_limit}
        wanted[label] = System("with_haechi", json.dumps(variant), peer=False)
    systems: dict[str, Any] = {}
    base: dict[str, Any] | None = None
    for label, system in wanted.items():
        result = run_system(system, folder, options.peers_python, options.threads)
        if "missing" in result:
            systems[label] = {"status": f"not installed ({result['missing']})", "command": INSTALL}
        elif "unavailable" in result:
            systems[label] = {"status": f"not available: {result['unavailable']}"}
        else:
            asked = len(result["ranked"])
            row = {"status": "ok", **figures(result, gold[:asked])}
            if base is not None:
                row |= compared(base["ranked"][:asked], result["ranked"], gold[:asked])
                if asked < len(gold):
                    # A slow profile is asked fewer questions; the defaults on the same ones stand above it.
                    same = {"ranked": base["ranked"][:asked], "seconds": base["seconds"][:asked]}
                    systems.setdefault(f"haechi, first {asked}", {"status": "ok", **figures(same, gold[:asked])})
            systems[label] = row
            if label == "haechi":
                base = result
            for part, off in result.get("off", {}).items():
                row = {"status": "ok", **figures(off, gold), **compared(result["ranked"], off["ranked"], gold)}
                systems[f"haechi - {part}"] = row
        show(name, label, systems)
    return {**about, "systems": systems}


def show(name: str, label: str, systems: dict[str, Any]) -> None:
    """The rows of one system as they come in."""
    for row, item in systems.items():
        if row != label and not (label == "haechi" and row.startswith("haechi - ")):
            continue
        if item["status"] != "ok":
            print(f"{name:16} {row:24} {item['status']}  {item.get('command', '')}", file=sys.stderr)
            continue
        recall = " ".join(f"{item[f'recall@{k}']:.3f}" for k in (1, 2, 5))
        cost = f"{item['ms_p50']:.1f}/{item['ms_p95']:.1f} ms {item.get('peak_mb', 0):.0f} MB"
        print(f"{name:16} {row:24} R@1,2,5 {recall} MRR {item['mrr']:.3f} {cost}", file=sys.stderr)


def machine() -> dict[str, Any]:
    """Where it was measured."""
    model = platform.processor() or platform.machine()
    cpuinfo = Path("/proc/cpuinfo")
    if cpuinfo.exists():
        lines = cpuinfo.read_text(encoding="utf-8").splitlines()
        model = next((line.partition(":")[2].strip() for line in lines if line.startswith("model name")), model)
    cores = len(os.sched_getaffinity(0))
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    return {"cpu": model, "cores": cores, "memory_gb": round(memory), "python": platform.python_version()}


def save(result: dict[str, Any], path: Path | None) -> None:
    """After every set, so that a stopped run keeps what it measured."""
    if path is not None:
        path.write_text(json.dumps(result, ensure_ascii=False) + "\n", encoding="utf-8")


def draw(result: dict[str, Any], path: Path, python: str) -> None:
    """The plot, by the peers' Python: Haechi itself needs no matplotlib."""
    with tempfile.TemporaryDirectory() as temporary:
        source = Path(temporary) / "result.json"
        source.write_text(json.dumps(result, ensure_ascii=False), encoding="utf-8")
        done = subprocess.run([python, page.__file__, str(source), str(path)], capture_output=True, text=True)
    if done.returncode != 0:
        raise SystemExit(f"no plot ({python} needs matplotlib: {INSTALL}):\n{done.stderr[-600:]}")


def _profile(text: str) -> tuple[str, dict[str, Any]]:
    """`NAME:section.key=value,section.key=value`; a value is read as JSON where it is JSON."""
    name, _, rest = text.partition(":")
    changes: dict[str, Any] = {}
    for pair in filter(None, rest.split(",")):
        key, _, value = pair.partition("=")
        try:
            changes[key] = json.loads(value)
        except ValueError:
            changes[key] = value
    return f"haechi+{name}", changes


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--set", action="append", choices=sorted(SETS), help="repeat for several (default: all)")
    parser.add_argument("--limit", type=int, default=0, help="first N questions of each set only")
    parser.add_argument("--systems", default="", help=f"separated by commas (default: all): {','.join(SYSTEMS)}")
    parser.add_argument("--work", type=Path, default=None, help="keep vectors here and reuse them")
    parser.add_argument("--peers-python", default=sys.executable, help="Python with the packages of the peers")
    parser.add_argument("--embedder", default="", help="embedder of all systems (default: that of Haechi's settings)")
    parser.add_argument("--threads", type=int, default=1, help="threads of every system (default 1)")
    parser.add_argument("--ablation", action="store_true", help="Haechi again with every part off, one by one")
    parser.add_argument(
        "--profiles", action="store_true", help="Haechi's slower profiles too, where they are available"
    )
    parser.add_argument("--profile-limit", type=int, default=100, help="questions of a slow profile (default 100)")
    parser.add_argument("--profile", action="append", type=_profile, default=[], help="NAME:section.key=value,...")
    parser.add_argument("--plot", type=Path, default=None, help="draw recall@2 as a PNG")
    parser.add_argument("--save", type=Path, default=None, help="write the JSON here too")
    parser.add_argument(
        "--from", dest="source", action="append", type=Path, help="take saved JSON instead of measuring; repeat to join"
    )
    parser.add_argument("--note", default="", help="said above the tables (what else ran on the machine)")
    parser.add_argument("--write-docs", action="store_true", help="put table and plot into docs/retrieval.md")
    options = parser.parse_args()
    options.profile = dict(options.profile)
    options.profiles = options.profiles or bool(options.profile)
    options.systems = [name for name in options.systems.split(",") if name] or list(SYSTEMS)
    unknown = set(options.systems) - set(SYSTEMS)
    if unknown:
        parser.error(f"unknown system {', '.join(sorted(unknown))}; known: {', '.join(SYSTEMS)}")
    return options


def main() -> None:
    options = arguments()
    date = datetime.datetime.now(datetime.UTC).date().isoformat()
    result: dict[str, Any] = {"date": date, "machine": machine(), "threads": options.threads, "sets": {}}
    if options.source:
        parts = [json.loads(path.read_text(encoding="utf-8")) for path in options.source]
        result = {**parts[-1], "sets": {name: item for part in parts for name, item in part["sets"].items()}}
    else:
        with tempfile.TemporaryDirectory() as temporary:
            work = options.work or Path(temporary)
            work.mkdir(parents=True, exist_ok=True)
            for name in options.set or DEFAULT_SETS:
                result["sets"][name] = measure_set(name, options, work)
                save(result, options.save)
    if options.note:
        result["note"] = options.note
    save(result, options.save)
    if options.plot is not None or options.write_docs:
        draw(result, options.plot or ROOT / "docs" / "images" / "retrieval.png", options.peers_python)
    if options.write_docs:
        page.write(result, ROOT / "docs" / "retrieval.md")
    print(json.dumps(result, ensure_ascii=False))


if __name__ == "__main__":
    main()

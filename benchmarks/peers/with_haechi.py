"""Haechi through its public parts: a home on the disk, filled by one process, asked by another.

The variant is JSON: {} for the defaults, {"settings": {"section.key": value}, "first": N} for another profile on the
first N questions, {"ablation": true} for the defaults and then every part of the ranking off, one by one.
"""

from __future__ import annotations

import dataclasses
import json
import multiprocessing
import os
import shutil
import sys
import time
from collections.abc import Callable, Iterator
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from haechi import registry
from haechi.config import Config, EmbedderConfig
from haechi.errors import HaechiError
from haechi.pipeline.build import Home
from haechi.registry import load
from haechi.retrievers import hybrid
from haechi.retrievers.base import Retriever
from haechi.stores.base import SourceRecord
from haechi.types import content_hash
from peers.cached_embedder import FOLDER, CachedEmbedder
from peers.data import DEPTH, rows
from peers.prepare import documents
from peers.worker import peak_mb

PACKAGES = ("haechi",)
_WARM_UP = 5


def settings(folder: Path, wanted: dict[str, Any]) -> Config:
    """The defaults with the given vectors and some keys changed. Raises KeyError for a key that does not exist."""
    return changed(Config(home=folder, embedder=EmbedderConfig(backend="comparison")), wanted)


def changed(config: Config, wanted: dict[str, Any]) -> Config:
    """The settings with some `section.key` changed. Raises KeyError for a key that does not exist."""
    for key, value in wanted.items():
        section, _, name = key.partition(".")
        part = getattr(config, section, None)
        if part is None or name not in {item.name for item in dataclasses.fields(part)}:
            raise KeyError(key)
        config = dataclasses.replace(config, **{section: dataclasses.replace(part, **{name: value})})
    return config


def _open(config: Config) -> Home:
    registry.BACKENDS["embedders"]["comparison"] = "peers.cached_embedder:CachedEmbedder"
    return Home(config, load("stores", "sqlite")(config.store_path))


def _fill(config: Config, prepared: Path, out: Path) -> None:
    """Store and indexes, in a process of its own, as an ingest is."""
    started = time.perf_counter()
    about = json.loads((prepared / "about.json").read_text(encoding="utf-8"))
    home = _open(config)
    embedder = home.embedder()
    made = documents(rows(prepared / "corpus.jsonl"), about["fields"], embedder.max_tokens, embedder.count_tokens)
    texts = [entry.text for item in made for entry in item.entries]
    home.store.put_vectors(embedder.name, [content_hash(text) for text in texts], embedder.embed(texts, "passage"))
    home.store.write_source(SourceRecord(path="corpus.jsonl", status="ok"), made)
    home.indexes().refresh()
    home.close()
    out.write_text(json.dumps([time.perf_counter() - started, peak_mb()]), encoding="utf-8")


def _ask(retriever: Retriever, questions: list[str], embedder: CachedEmbedder) -> dict[str, Any]:
    """What was found and the seconds of each question; time spent on embedding what was not given is in them."""
    for question in questions[:_WARM_UP]:
        retriever.retrieve(question, DEPTH)
    before = embedder.extra_calls
    ranked, seconds = [], []
    for question in questions:
        started = time.perf_counter()
        found = retriever.retrieve(question, DEPTH)
        seconds.append(time.perf_counter() - started)
        ranked.append(list(dict.fromkeys(hit.external_id for hit in found))[:DEPTH])
    return {"ranked": ranked, "seconds": seconds, "extra_embeddings": embedder.extra_calls - before}


def switched_off(home: Home) -> Iterator[tuple[str, Retriever]]:
    """The retriever with one part off at a time: dense or BM25, switches of the settings, weights, named articles."""

    def fresh(changes: dict[str, Any] | None = None) -> Retriever:
        return Home(changed(home.config, changes or {}), home.store).retriever()

    yield from _without_a_signal(home, fresh)
    for section in ("retrieval", "query"):
        part = getattr(home.config, section, None)
        for item in dataclasses.fields(part) if part is not None else ():
            if getattr(part, item.name) is True:
                yield f"{section}.{item.name}", fresh({f"{section}.{item.name}": False})
    other = fresh()
    if hasattr(_ranking(other), "_finder"):
        _ranking(other)._finder = _NoReferences()
        yield "references", other


def _without_a_signal(home: Home, fresh: Callable[..., Retriever]) -> Iterator[tuple[str, Retriever]]:
    """Every signal of the ranking at weight 0, and all of them at weight 1: what the fitted weights earn."""
    if find_spec("haechi.retrievers.ranking") is None:
        for name, share in (("dense", 0.0), ("bm25", 1.0)):
            yield name, fresh({"retrieval.dense_weight": share})
        for constant in sorted(name for name in vars(hybrid) if name.endswith("_WEIGHT")):
            value = getattr(hybrid, constant)
            setattr(hybrid, constant, 0.0)
            yield constant.strip("_").removesuffix("_WEIGHT").lower(), fresh()
            setattr(hybrid, constant, value)
        return
    ranking = import_module("haechi.retrievers.ranking")
    weights = ranking.Weights.of_text(home.store.state(ranking.STATE_KEY))
    changes = {name: {name: 0.0} for name in ranking.SIGNALS}
    changes["fitted weights"] = dict.fromkeys(ranking.SIGNALS, 1.0)
    for name, change in changes.items():
        other = fresh()
        _ranking(other)._weights = dataclasses.replace(weights, **change)
        yield name, other


def _ranking(retriever: Any) -> Any:
    """The retriever that ranks, below whatever is wrapped round it."""
    for inner in vars(retriever).values():
        if hasattr(inner, "retrieve"):
            return _ranking(inner)
    return retriever


class _NoReferences:
    """Stands in for the finder of named articles."""

    def find(self, question: str) -> list[Any]:
        return []


def run(variant: str, prepared: Path) -> dict[str, Any]:
    """Called by the worker."""
    wanted = json.loads(variant or "{}")
    os.environ[FOLDER] = str(prepared)
    place = prepared / f"home-{os.getpid()}"
    shutil.rmtree(place, ignore_errors=True)
    place.mkdir(parents=True)
    try:
        config = settings(place, wanted.get("settings", {}))
    except KeyError as error:
        shutil.rmtree(place, ignore_errors=True)
        return {"unavailable": f"no setting {error.args[0]} in this version"}
    out = place / "filled.json"
    try:
        child = multiprocessing.get_context("spawn").Process(target=_fill, args=(config, prepared, out))
        child.start()
        child.join()
        if child.exitcode != 0:
            raise RuntimeError("Haechi's index could not be made; see above")
        built, build_peak = json.loads(out.read_text(encoding="utf-8"))
        home = _open(config)
        embedder = home.embedder()
        cached = getattr(embedder, "inner", embedder)
        questions = [row["question"] for row in rows(prepared / "questions.jsonl")][: wanted.get("first")]
        try:
            result = _ask(home.retriever(), questions, cached)
        except HaechiError as error:
            return {"unavailable": str(error)}
        if wanted.get("ablation"):
            result["off"] = {name: _ask(retriever, questions, cached) for name, retriever in switched_off(home)}
        home.close()
    finally:
        shutil.rmtree(place, ignore_errors=True)
    return {**result, "build_seconds": round(built, 2), "build_peak_mb": build_peak}

"""Removing documents for good, with a receipt that says what was done and what was looked for afterwards.

    sample → one transaction (tables, answers) → indexes → file rewritten, log emptied → leftovers → search → receipt

A receipt keeps no words: ids, hashes and counts. `state` is `clean`, `traces` (something was found, and where) or
`unchecked` (why it could not be looked for); the last is never shown as clean.
"""

from __future__ import annotations

import hashlib
import shutil
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any
from uuid import uuid4

from haechi.errors import HaechiError, InputError
from haechi.pipeline.leftovers import clean
from haechi.pipeline.traces import Sample, distinct, search_files, take_sample, words_left
from haechi.stores.base import DocumentRecord
from haechi.stores.rows import now
from haechi.types import content_hash

if TYPE_CHECKING:
    from haechi.pipeline.build import Home

#: Above this many bytes an ingest does not rewrite the store (30 MB/s on two busy cores); `verify --repair` does.
REWRITE_LIMIT = 64_000_000
#: Files that came through the API are kept here, below the home: a removal takes them along.
UPLOADS = "uploads"
#: Every try to improve the home's models has a folder here, below the home (training/improve.py).
IMPROVE = "improve"
#: What such a folder holds of documents and questions; the rest is figures and weights.
IMPROVE_WORDS = ("data", "gate", "train", "home")


def remove_documents(home: Home, ids: Sequence[str]) -> dict[str, Any]:
    """Remove documents by id; a source that loses its last one goes with it. Gives the receipt, which is also kept.

    Raises InputError for an unknown id, ModelError when the indexes cannot be opened: then nothing was removed.
    """
    home.indexes()  # what cannot be opened is said before anything is removed
    with home.store.writer():
        records = {record.id: record for record in home.store.documents()}
        unknown = [identity for identity in ids if identity not in records]
        if unknown:
            raise InputError(
                f"문서 '{unknown[0]}'이(가) 없습니다. 목록: haechi documents list",
                f"no document '{unknown[0]}'; see: haechi documents list",
            )
        return _remove(home, [records[identity] for identity in dict.fromkeys(ids)])


def _remove(home: Home, records: Sequence[DocumentRecord]) -> dict[str, Any]:
    store = home.store
    ids = [record.id for record in records]
    paths = sorted({record.path for record in records})
    unchecked: list[str] = []
    home.indexes().refresh_locked()
    sample = take_sample(home, ids)
    before = _searched(home, sample, unchecked)

    removal = store.remove_documents(ids)
    home.note_change(removal.change)
    # From here on nothing may stop the receipt: what was removed is removed.
    try:
        home.refresh_indexes()
    except HaechiError as error:
        unchecked.append(f"색인: {error}")
    uploads = _drop_uploads(home, paths)
    training = drop_training_words(home.config.home)
    try:
        if not store.purge():
            unchecked.append("저장소: 다른 프로세스가 읽는 중이라 쓰기 기록(WAL)을 비우지 못했습니다")
    except HaechiError as error:
        unchecked.append(f"저장소: {error}")
    unchecked += [f"지우지 못한 임시 파일: {path}" for path in clean(home.config)]

    kept = {source.path for source in store.sources()}
    traces, checked = _look(home, distinct(home, sample), before, unchecked)
    receipt = {
        "id": uuid4().hex,
        "created": now(),
        "documents": [{"id": record.id, "title_sha256": _sha256(record.title)} for record in records],
        "sources": [{"path_hash": content_hash(path), "kept": path in kept} for path in paths],
        "removed": {
            **removal.counts,
            "index_entries": len(removal.change.removed),
            "uploads": uploads,
            "training": training,
        },
        "checks": checked,
        "traces": traces,
        "unchecked": unchecked,
        "state": "traces" if traces else "unchecked" if unchecked else "clean",
        "backups": _holding(home, set(ids), {content_hash(path) for path in paths}),
    }
    store.add_receipt(receipt)
    # Shown once and not kept: a path names the document.
    return {**receipt, "still_on_disk": [path for path in paths if path.startswith("/") and Path(path).exists()]}


def _look(
    home: Home, sample: Sample, before: dict[bytes, list[str]], unchecked: list[str]
) -> tuple[list[dict[str, str]], dict[str, dict[str, int]]]:
    """(what was found and where, how much was looked for, seen before, and is still there)."""
    needles = sample.needles()
    after = _searched(home, sample, unchecked)
    words: list[str] = []
    try:
        words = words_left(home, sample.tokens)
    except HaechiError as error:
        unchecked.append(f"낱말: {error}")
    if not any(needle in before for needle in needles):
        unchecked.append("글: 같은 글이 홈의 다른 문서에도 있어 이 문서의 것인지 가릴 수 없습니다")
    texts = {text.encode() for text in sample.strings}
    traces = [
        {"kind": "text" if needle in texts else "vector", "file": file} for needle in after for file in after[needle]
    ]
    traces += [{"kind": "word", "file": "indexes/full_text"}] * bool(words)
    checked = {
        kind: {
            "sampled": len(some),
            "found_before": sum(needle in before for needle in some),
            "found_after": sum(needle in after for needle in some),
        }
        for kind, some in (
            ("text", [needle for needle in needles if needle in texts]),
            # A vector in single precision exists only under the index `exact`.
            ("vectors", [n for n in needles if n in sample.vectors or (n not in texts and n in {**before, **after})]),
        )
    }
    # `take_sample` takes only words that the index's dictionary has.
    checked["words"] = {
        "sampled": len(sample.tokens),
        "found_before": len(sample.tokens),
        "found_after": len(words),
    }
    return traces, checked


def _searched(home: Home, sample: Sample, unchecked: list[str]) -> dict[bytes, list[str]]:
    try:
        return search_files(home.config.home, sample.needles())
    except OSError as error:
        unchecked.append(f"파일: {error}")
        return {}


def _drop_uploads(home: Home, paths: Sequence[str]) -> int:
    folder = (home.config.home / UPLOADS).resolve()
    kept = {source.path for source in home.store.sources()}
    files = [Path(path) for path in paths if Path(path).parent == folder and path not in kept]
    for file in files:
        file.unlink(missing_ok=True)
    return len(files)


def drop_training_words(home: Path, run: str = "*", parts: Sequence[str] = IMPROVE_WORDS) -> int:
    """Delete the rows and answers that tries to improve the models keep while they run; how many files there were.

    Which rows quote which document is not looked for: an interrupted try collects its rows anew.
    """
    count = 0
    for folder in (home / IMPROVE).glob(run):
        for part in (folder / name for name in parts):
            count += sum(file.is_file() for file in part.rglob("*"))
            shutil.rmtree(part, ignore_errors=True)
    return count


def _holding(home: Home, ids: set[str], path_hashes: set[str]) -> list[dict[str, Any]]:
    """Backups that hold one of these documents, or another version of one of these sources."""
    return [
        {"path": backup.path, "created": backup.created, "exists": Path(backup.path).is_file()}
        for backup in home.store.backups()
        if ids & backup.documents or path_hashes & backup.sources
    ]


def receipts(home: Home) -> list[dict[str, Any]]:
    """All receipts, oldest first; which backups still hold the documents is looked up anew."""
    found = home.store.receipts()
    for receipt in found:
        ids = {row["id"] for row in receipt["documents"]}
        hashes = {row["path_hash"] for row in receipt["sources"]}
        receipt["backups"] = _holding(home, ids, hashes)
    return found


def finish_removals(home: Home) -> list[dict[str, str]]:
    """For the end of an ingest that replaced or removed something: the same purge, as far as it is cheap.

    Gives warnings `{source, warning}` when the store is so large that rewriting it is left to `haechi verify --repair`.
    The caller holds the writer lock.
    """
    store = home.store
    if not store.purge_due():
        return []
    store.redact_dangling()
    if store.purge(compact=home.config.store_path.stat().st_size <= REWRITE_LIMIT):
        return []
    return [
        {
            "source": str(home.config.store_path),
            "warning": "바뀌거나 없어진 글의 조각이 저장소 파일의 빈자리에 남아 있을 수 있습니다. "
            "완전히 지우기: haechi verify --repair",
        }
    ]


def _sha256(text: str) -> str:
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()

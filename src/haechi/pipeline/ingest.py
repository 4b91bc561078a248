"""Sources → documents → chunks → entries → vectors → store → indexes.

Order of commits, so that a kill at any point loses nothing: vectors (cached by text) → one transaction per source →
indexes. A source is either searchable as a whole or absent; the next run embeds only what is still missing.
"""

from __future__ import annotations

import hashlib
import time
import unicodedata
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from haechi.chunkers.auto import choose_unit
from haechi.chunkers.base import TokenBudget
from haechi.errors import HaechiError, InputError, ParseError
from haechi.parsers.base import ParseOptions
from haechi.parsers.detect import parser_for
from haechi.parsers.worker import ParserPool
from haechi.registry import load
from haechi.stores.base import Change, PreparedDocument, SourceRecord
from haechi.types import Document, content_hash

if TYPE_CHECKING:
    from haechi.pipeline.build import Home

#: Texts per embedding call: enough to sort by length, small enough that a kill loses seconds of work.
EMBED_BATCH = 256
#: Small files are gathered until this many texts wait, so that batches stay full.
PENDING_TEXTS = 512


@dataclass(frozen=True)
class Progress:
    """Where a run stands. `done` and `total` are bytes of sources; `seconds_left` is None until it can be estimated."""

    stage: str
    source: str
    done: int
    total: int
    embedded: int
    seconds_left: float | None


@dataclass
class IngestReport:
    """What a run did. `documents` and `chunks` count what this run wrote; `embedded` counts texts sent to the model."""

    documents: int = 0
    chunks: int = 0
    embedded: int = 0
    skipped: int = 0
    removed: int = 0
    failed: list[dict[str, str]] = field(default_factory=list)
    warnings: list[dict[str, str]] = field(default_factory=list)
    units: list[dict[str, str]] = field(default_factory=list)
    seconds: float = 0.0
    interrupted: bool = False


@dataclass(frozen=True)
class SourceFile:
    """A file to take in: where it is, its key in the store (absolute, NFC) and the name shown to readers."""

    path: Path
    key: str
    shown: str
    size: int
    mtime_ns: int


@dataclass
class _Prepared:
    record: SourceRecord
    documents: list[PreparedDocument]


def ingest(
    home: Home,
    sources: Sequence[str],
    *,
    unit: str | None = None,
    strategy: str | None = None,
    fields: Sequence[str] = ("title", "text"),
    progress: Callable[[Progress], None] | None = None,
) -> IngestReport:
    """Take in files and folders. Bad files are listed in the report; the others go on. Raises InputError, HomeError."""
    run = _Run(home, unit or home.config.ingest.unit, strategy or home.config.ingest.strategy, tuple(fields), progress)
    started = time.monotonic()
    with home.store.writer():
        try:
            run.all(sources)
        except KeyboardInterrupt:
            run.report.interrupted = True
        finally:
            run.close()
    run.report.seconds = time.monotonic() - started
    return run.report


class _Run:
    """One ingest run: what waits for the embedder, what has changed in the store, what is reported."""

    def __init__(
        self,
        home: Home,
        unit: str,
        strategy: str,
        fields: tuple[str, ...],
        progress: Callable[[Progress], None] | None,
    ) -> None:
        settings = home.config.ingest
        self.home = home
        self.unit = unit
        self.fields = fields
        self.options = f"unit={unit} strategy={strategy} fields={','.join(fields)}"
        self.strategy = load("strategies", strategy)()
        if unit != "auto":
            load("chunkers", unit)  # an unknown unit is an error before anything is read
        self.embedder = home.embedder()
        self.budget = TokenBudget(self.embedder.max_tokens, self.embedder.count_tokens)
        self.parsers = ParserPool(settings.parse_timeout, settings.parse_memory_mb)
        self.limit = settings.max_file_mb * 1024 * 1024
        self.progress = progress
        self.report = IngestReport()
        self.pending: list[_Prepared] = []
        self.waiting = 0
        self.done = 0
        self.total = 0
        self.started = time.monotonic()

    def all(self, sources: Sequence[str]) -> None:
        files, missing, gone = _expand(sources, [record.path for record in self.home.store.sources()])
        for name in missing:
            self._fail(name, ParseError(f"'{name}' 파일이 없습니다", f"no such file: '{name}'"), None)
        todo = []
        for file in files:
            record = self.home.store.source(file.key)
            if record is not None and self._unchanged(file, record):
                self.report.skipped += 1
            else:
                todo.append(file)
        self.total = sum(file.size for file in todo) or 1
        for file in todo:
            self._take(file)
            self.done += file.size
        self._flush()
        self._embed_left_over()
        # After the rest: the vectors of a file that only moved are still there to be used again.
        for key in gone:
            self._note(self.home.store.remove_source(key))
            self.report.removed += 1
        self.home.store.drop_unused_vectors()

    def close(self) -> None:
        """Bring the indexes up to what was committed, also after an interruption."""
        self.parsers.close()
        self.home.refresh_indexes()

    def _unchanged(self, file: SourceFile, record: SourceRecord) -> bool:
        if record.status == "ignored":
            return True
        if record.status == "failed" or record.options != self.options or record.size != file.size:
            return False
        if record.mtime_ns == file.mtime_ns:
            return True
        return record.sha256 == _sha256(file.path)

    def _take(self, file: SourceFile) -> None:
        self._tell("parse", file.shown, 0.0)
        try:
            item = self._prepare(file)
        except HaechiError as error:
            self._fail(file.shown, error, file)
            return
        except OSError as error:
            problem = ParseError(f"읽을 수 없습니다: {error.strerror}", f"cannot read: {error.strerror}")
            self._fail(file.shown, problem, file)
            return
        self.pending.append(item)
        self.waiting += sum(len(document.entries) for document in item.documents)
        if self.waiting >= PENDING_TEXTS:
            self._flush()

    def _prepare(self, file: SourceFile) -> _Prepared:
        if file.size == 0:
            raise ParseError("빈 파일입니다(0바이트)", "empty file (0 bytes)")
        if file.size > self.limit:
            raise ParseError(
                f"파일이 너무 큽니다: {file.size / 1e6:.0f} MB. haechi.toml의 [ingest] max_file_mb를 올리거나 나누세요",
                f"file too large: {file.size / 1e6:.0f} MB; raise [ingest] max_file_mb or split it",
            )
        digest = _sha256(file.path)
        parser = parser_for(file.path)
        settings = self.home.config.parsers
        options = ParseOptions(self.fields, settings.ocr, settings.ocr_dpi)
        documents = self.parsers.parse(file.path, file.shown, options)
        if not any(document.text.strip() for document in documents):
            raise ParseError("글자를 하나도 찾지 못했습니다", "no text was found")
        reasons: dict[str, str] = {}
        prepared = []
        seen: set[str] = set()
        for document in documents:
            document = self._unique(document, file, seen)
            unit, reason = (self.unit, "사용자 지정") if self.unit != "auto" else choose_unit(document)
            reasons.setdefault(unit, reason)
            chunks = load("chunkers", unit)().split(document, self.budget)
            prepared.append(PreparedDocument(document, chunks, self.strategy.entries(document, chunks)))
        if not any(document.chunks for document in prepared):
            raise ParseError("검색할 단위를 하나도 만들지 못했습니다", "no chunk could be made")
        warnings = tuple(str(text) for document in documents for text in document.meta.get("warnings", ()))
        self.report.warnings += [{"source": file.shown, "warning": text} for text in warnings]
        self.report.units += [{"source": file.shown, "unit": unit, "reason": why} for unit, why in reasons.items()]
        record = SourceRecord(
            path=file.key,
            status="ok",
            sha256=digest,
            size=file.size,
            mtime_ns=file.mtime_ns,
            parser=parser,
            unit=", ".join(reasons),
            unit_reason="; ".join(reasons.values()),
            options=self.options,
            warnings=warnings,
            pages=max((block.page or 0 for document in documents for block in document.blocks), default=0),
        )
        return _Prepared(record, prepared)

    def _unique(self, document: Document, file: SourceFile, seen: set[str]) -> Document:
        """Give a document that already lives in another source, or twice in this one, an id of its own."""
        identity = content_hash(file.key, document.id)
        copies = 1
        while identity in seen:
            copies += 1
            identity = content_hash(file.key, document.id, str(copies))
        seen.add(identity)
        return replace(document, id=identity)

    def _flush(self) -> None:
        """Embed what waits, then commit each waiting source in a transaction of its own."""
        store = self.home.store
        texts = {
            content_hash(entry.text): entry.text
            for item in self.pending
            for document in item.documents
            for entry in document.entries
        }
        missing = store.missing_vectors(self.embedder.name, list(texts))
        shown = self.pending[-1].record.path if self.pending else ""
        self._embed({text_hash: texts[text_hash] for text_hash in missing}, shown)
        for item in self.pending:
            self._note(store.write_source(item.record, item.documents))
            self.report.documents += len(item.documents)
            self.report.chunks += sum(len(document.chunks) for document in item.documents)
        self.pending.clear()
        self.waiting = 0

    def _embed_left_over(self) -> None:
        """Embed what only has another model's vectors: after a change of the embedder, sources need not change."""
        left = {text_hash: text for _, text_hash, text in self.home.store.entries_without_vector(self.embedder.name)}
        self._embed(left, "")

    def _embed(self, texts: dict[str, str], shown: str) -> None:
        """Embed and commit texts by hash, in batches; a kill loses one batch at most."""
        # Longest first: batches of like lengths waste no padding, and memory peaks at once rather than late.
        order = sorted(texts, key=lambda text_hash: -len(texts[text_hash]))
        for start in range(0, len(order), EMBED_BATCH):
            batch = order[start : start + EMBED_BATCH]
            vectors = self.embedder.embed([texts[text_hash] for text_hash in batch], "passage")
            self.home.store.put_vectors(self.embedder.name, batch, vectors)
            self.report.embedded += len(batch)
            self._tell("embed", shown, (start + len(batch)) / len(order))

    def _note(self, change: Change) -> None:
        self.home.note_change(change)

    def _fail(self, shown: str, error: HaechiError, file: SourceFile | None) -> None:
        self.report.failed.append({"source": shown, "error": str(error)})
        if file is None:
            return
        # The options stay those of the documents that an earlier good version left here.
        before = self.home.store.source(file.key) or SourceRecord(path=file.key, status="failed")
        failed = replace(before, status="failed", error=str(error), updated="")
        self.home.store.mark_source(replace(failed, size=file.size, mtime_ns=file.mtime_ns))

    def _tell(self, stage: str, source: str, share: float) -> None:
        if self.progress is None:
            return
        waiting = sum(item.record.size for item in self.pending)
        done = max(0, self.done - (waiting if stage == "embed" else 0)) + int(share * waiting)
        spent = time.monotonic() - self.started
        left = spent / done * (self.total - done) if done > 0 else None
        self.progress(Progress(stage, source, min(done, self.total), self.total, self.report.embedded, left))


def _expand(sources: Sequence[str], known: Sequence[str]) -> tuple[list[SourceFile], list[str], list[str]]:
    """(files to take in, names that don't exist, keys of known files that vanished from a given folder)."""
    files: dict[str, SourceFile] = {}
    missing: list[str] = []
    gone: list[str] = []
    for name in sources:
        if name.startswith("sql:"):
            raise InputError(
                f"'{name}': 데이터베이스 표는 아직 지원하지 않습니다. CSV로 내보내 넣으세요",
                f"'{name}': database tables are not supported yet; export to CSV",
            )
        path = Path(name).expanduser()
        if path.is_dir():
            found = list(_walk(path))
            for file in found:
                files.setdefault(file.key, file)
            prefix = unicodedata.normalize("NFC", str(path.resolve())) + "/"
            present = {file.key for file in found}
            gone += [key for key in known if key.startswith(prefix) and key not in present]
        elif path.is_file():
            file = _source_file(path, path.name)
            files.setdefault(file.key, file)
        else:
            missing.append(name)
    return list(files.values()), missing, gone


def _walk(folder: Path) -> Iterator[SourceFile]:
    for path in sorted(folder.rglob("*")):
        relative = path.relative_to(folder)
        if path.is_file() and not any(part.startswith((".", "~$")) for part in relative.parts):
            yield _source_file(path, str(relative))


def _source_file(path: Path, shown: str) -> SourceFile:
    resolved = path.resolve()
    status = resolved.stat()
    key = unicodedata.normalize("NFC", str(resolved))
    return SourceFile(resolved, key, unicodedata.normalize("NFC", shown), status.st_size, status.st_mtime_ns)


def _sha256(path: Path) -> str:
    with open(path, "rb") as handle:
        return hashlib.file_digest(handle, "sha256").hexdigest()


def report_record(report: IngestReport) -> dict[str, Any]:
    """The JSON of `haechi ingest`."""
    return {
        "documents": report.documents,
        "chunks": report.chunks,
        "embedded": report.embedded,
        "skipped": report.skipped,
        "removed": report.removed,
        "failed": report.failed,
        "warnings": report.warnings,
        "units": report.units,
        "interrupted": report.interrupted,
        "seconds": round(report.seconds, 3),
    }

"""Sources → documents → chunks → entries → vectors → store → indexes.

Order of commits, so that a kill at any point loses nothing: vectors (cached by text) → one transaction per source →
indexes. A source is either searchable as a whole or absent; the next run embeds only what is still missing.
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from haechi.chunkers.base import TokenBudget
from haechi.config import ParsersConfig
from haechi.errors import HaechiError, InputError, ParseError
from haechi.pipeline.embedder_facts import lacks_prefixes
from haechi.pipeline.erase import finish_removals
from haechi.pipeline.live import settle, waiting
from haechi.pipeline.prepare import Prepared, Preparer
from haechi.pipeline.reading import Outcome, ReadAhead, pools
from haechi.pipeline.report import IngestReport, Progress
from haechi.pipeline.roots import forget, remember
from haechi.pipeline.sources import Readers, Reading, Source, expand, on_disk, parse_options
from haechi.pipeline.tables import Hands, TableJob, TableReport, jobs, take_table
from haechi.stores.base import Change, SourceRecord
from haechi.types import content_hash

if TYPE_CHECKING:
    from haechi.databases.options import TableOptions
    from haechi.pipeline.build import Home

#: Raise when parsers or chunkers make something else of the same file: sources are then read again by the next run.
#: What comes out the same embeds nothing.
FORMAT = 2
#: Texts per embedding call: enough to sort by length, small enough that a kill loses seconds of work.
EMBED_BATCH = 256
#: Small files are gathered until this many texts wait, so that batches stay full.
PENDING_TEXTS = 512


@dataclass
class _Pending:
    record: SourceRecord
    prepared: Prepared


def ingest(
    home: Home,
    sources: Sequence[str],
    *,
    unit: str | None = None,
    strategy: str | None = None,
    fields: Sequence[str] = ("title", "text"),
    again: bool = False,
    syncing: bool = False,
    leave_out: frozenset[str] = frozenset(),
    table: TableOptions | None = None,
    progress: Callable[[Progress], None] | None = None,
) -> IngestReport:
    """Take in files and folders; `again` reads unchanged ones too. Bad ones are listed in the report, the rest go on.

    What is given becomes a root for `sync`, which calls this with `syncing`: then a file that was given by itself and
    is gone from its folder is removed, and `leave_out` are keys of files in a folder that are passed over.
    `table` says what to read of `sql:NAME` sources; without it they are read as remembered from the last time.
    Raises InputError, HomeError (another process writes).
    """
    started = time.monotonic()
    with home.store.writer():
        settle(home.config, home.store)
        databases = [name for name in sources if name.startswith("sql:")]
        sources = [name for name in sources if not name.startswith("sql:")]
        asked = (unit, strategy)
        unit, strategy = unit or home.config.ingest.unit, strategy or home.config.ingest.strategy
        run = _Run(home, unit, strategy, tuple(fields), again, progress)
        try:
            if not syncing:
                remember(home.store, sources, unit, strategy, fields)
            tables = run.tables(databases, table, *asked, syncing=syncing)
            run.all(sources, syncing, leave_out, tables)
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
        again: bool,
        progress: Callable[[Progress], None] | None,
    ) -> None:
        settings = home.config.ingest
        self.home = home
        self.again = again
        self.options = f"format={FORMAT} unit={unit} strategy={strategy} fields={','.join(fields)}"
        if home.config.parsers != ParsersConfig():
            self.options += f" parsers={content_hash(repr(home.config.parsers))}"
        self.options += home.unit_options(unit)
        self.embedder = home.embedder()
        self.preparer = self._preparer(unit, strategy)
        options = parse_options(home.config, fields)
        workers = settings.parse_workers or os.cpu_count() or 1
        self.ahead = ReadAhead(
            [
                Readers(pool, options, home.config)
                for pool in pools(workers, settings.parse_timeout, settings.parse_memory_mb)
            ]
        )
        self.progress = progress
        self.report = IngestReport()
        self.pending: list[_Pending] = []
        self.current: Source | None = None
        self.waiting = 0
        self.done = 0
        self.total = 0
        self.started = time.monotonic()

    def all(self, names: Sequence[str], syncing: bool, leave_out: frozenset[str], tables: Sequence[TableJob]) -> None:
        if (change := waiting(self.home.config, self.home.store)) is not None:
            now, asked = change
            text = (
                f"설정의 {asked.describe()}은(는) 아직 쓰지 않고 {now.describe()}(으)로 넣었습니다. "
                "바꾸기: haechi reembed"
            )
            self.report.warnings.append({"source": "haechi.toml", "warning": text})
        if lacks_prefixes(self.home.live().embedder):
            text = (
                "이름이 E5인 임베더에 붙일 앞말이 모델에도 설정에도 없습니다. E5 모델이라면 [embedder]에 "
                'query_prefix = "query: "와 passage_prefix = "passage: "를 적고 haechi reembed를 실행하세요'
            )
            self.report.warnings.append({"source": "haechi.toml", "warning": text})
        known = {record.path: record for record in self.home.store.sources()}
        found = expand(names, list(known), drop_files=syncing)
        for name in found.missing:
            self._fail(name, ParseError(f"'{name}' 파일이 없습니다", f"no such file: '{name}'"), None)
        for name in found.lost:
            self._fail(name, _lost(name), None)
        todo: list[Source] = []
        for source in found.sources:
            if source.key in leave_out:
                continue
            record = known.get(source.key)
            if record is not None and self._unchanged(source, record):
                self.report.skipped += 1
            else:
                todo.append(source)
        self.total = sum(source.size for source in todo) or 1
        self._tell("parse", todo[0].shown if todo else "", 0.0)
        for outcome in self.ahead.outcomes(todo):
            self._take(outcome)
            self.done += outcome.source.size
        self._flush()
        for job in tables:
            self._take_table(job)
        self._embed_left_over()
        # After the rest: the vectors of a file that only moved are still there to be used again.
        for key in dict.fromkeys([*found.gone, *self._moved(known)]):
            if key in leave_out:
                continue
            self._note(self.home.store.remove_source(key))
            self.report.removed += 1
        self.home.store.drop_unused_vectors()
        self.report.warnings += finish_removals(self.home)

    def close(self) -> None:
        """Bring the indexes up to what was committed, also after an interruption."""
        self.ahead.close()
        self.home.refresh_indexes()

    def _unchanged(self, source: Source, record: SourceRecord) -> bool:
        if record.status == "ignored":
            return True
        return not self.again and record.status == "ok" and record.options == self.options and source.unchanged(record)

    def _moved(self, known: Mapping[str, SourceRecord]) -> list[str]:
        """Known sources whose file is gone and whose content was just taken in under another name."""
        new = {item.sha256: item.path for item in self.home.store.sources() if item.path not in known and item.sha256}
        moved = []
        for key, record in known.items():
            if record.sha256 in new and key.startswith("/") and not on_disk(key).exists():
                self.report.moved.append({"from": key, "to": new[record.sha256]})
                moved.append(key)
        return moved

    def _take(self, outcome: Outcome) -> None:
        source = self.current = outcome.source
        self._tell("parse", source.shown, 0.0)
        try:
            if outcome.reading is None:
                raise outcome.error or ParseError("읽지 못했습니다", "not read")
            item = self._prepare(source, outcome.reading)
        except HaechiError as error:
            self._fail(source.shown, error, source)
            return
        except OSError as error:
            problem = ParseError(f"읽을 수 없습니다: {error.strerror}", f"cannot read: {error.strerror}")
            self._fail(source.shown, problem, source)
            return
        self.pending.append(item)
        self.waiting += sum(len(document.entries) for document in item.prepared.documents)
        if self.waiting >= PENDING_TEXTS:
            self._flush()

    def _preparer(self, unit: str, strategy: str) -> Preparer:
        budget = TokenBudget(self.embedder.max_tokens, self.embedder.count_tokens)
        return Preparer(unit, self.home.chunker, self.home.strategy(strategy, self._tell_keys), budget)

    def tables(
        self,
        names: Sequence[str],
        options: TableOptions | None,
        unit: str | None,
        strategy: str | None,
        *,
        syncing: bool,
    ) -> list[TableJob]:
        """What to take in of databases; a name that says nothing is listed as failed, or followed no longer."""
        found: dict[str, TableJob] = {}
        for name in names:
            try:
                found |= {job.key: job for job in jobs(self.home, name, options, unit, strategy)}
            except InputError as error:
                if syncing and self.home.store.source(name) is None:  # its documents were removed, and its options
                    forget(self.home.store, name)
                    self.report.warnings.append({"source": name, "warning": "문서를 없앤 표라 더는 따라가지 않습니다"})
                else:
                    self._fail(name, error, None)
        return list(found.values())

    def _take_table(self, job: TableJob) -> None:
        def tell(stage: str, done: int, total: int) -> None:
            self.done, self.total = done, total
            self._tell(stage, job.key, 0.0)

        self.started = time.monotonic()
        hands = Hands(self.home, self._preparer, self._embed_missing, self._note, tell, self.again)
        done = TableReport()
        try:
            take_table(job, hands, done)
            self.report.skipped += not (done.written or done.removed)
        except HaechiError as error:
            self.report.failed.append({"source": job.key, "error": str(error)})
            if (before := self.home.store.source(job.key)) is not None:
                self.home.store.mark_source(replace(before, status="failed", error=str(error), updated=""))
        finally:
            self.report.documents += done.written
            self.report.chunks += done.chunks
            self.report.removed += done.removed
            self.report.units_found += done.units_found
            self.report.units_over_limit += done.units_over_limit
            self.report.warnings += [{"source": job.key, "warning": text} for text in done.warnings]
            self.report.units += [{"source": job.key, "unit": unit, "reason": why} for unit, why in done.units.items()]

    def _prepare(self, source: Source, reading: Reading) -> _Pending:
        prepared = self.preparer.prepare(reading.documents, source.key, source.size)
        self.report.units_found += prepared.found
        self.report.units_over_limit += prepared.over
        self.report.warnings += [{"source": source.shown, "warning": text} for text in prepared.warnings]
        self.report.units += [
            {"source": source.shown, "unit": unit, "reason": why} for unit, why in prepared.units.items()
        ]
        record = SourceRecord(
            path=source.key,
            status="ok",
            sha256=reading.sha256,
            size=source.size,
            mtime_ns=source.mtime_ns,
            parser=reading.parser,
            unit=", ".join(prepared.units),
            unit_reason="; ".join(prepared.units.values()),
            options=self.options,
            warnings=prepared.warnings,
            pages=prepared.pages,
        )
        return _Pending(record, prepared)

    def _flush(self) -> None:
        """Embed what waits, then commit each waiting source in a transaction of its own."""
        store = self.home.store
        texts = [
            entry.text for item in self.pending for document in item.prepared.documents for entry in document.entries
        ]
        self._embed_missing(texts, self.pending[-1].record.path if self.pending else "")
        for item in self.pending:
            documents = item.prepared.documents
            self._note(store.write_source(item.record, documents))
            self.report.documents += len(documents)
            self.report.chunks += sum(len(document.chunks) for document in documents)
        self.pending.clear()
        self.waiting = 0

    def _embed_missing(self, texts: Sequence[str], shown: str = "") -> None:
        """Embed those of the texts that have no vector yet."""
        by_hash = {content_hash(text): text for text in texts}
        missing = self.home.store.missing_vectors(self.embedder.name, list(by_hash))
        self._embed({text_hash: by_hash[text_hash] for text_hash in missing}, shown)

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

    def _fail(self, shown: str, error: HaechiError, source: Source | None) -> None:
        reason = str(error).removeprefix(f"{shown}: ")
        self.report.failed.append({"source": shown, "error": reason})
        if source is None:
            return
        # The options stay those of the documents that an earlier good version left here.
        before = self.home.store.source(source.key) or SourceRecord(path=source.key, status="failed")
        failed = replace(before, status="failed", error=reason, updated="")
        self.home.store.mark_source(replace(failed, size=source.size, mtime_ns=source.mtime_ns))

    def _tell_keys(self, done: int, total: int) -> None:
        """The LLM writes keys of the source at hand: the slowest step by far, so its bytes count as they are done."""
        if self.current is not None:
            self._tell("keys", self.current.shown, done / total)

    def _tell(self, stage: str, source: str, share: float) -> None:
        if self.progress is None:
            return
        waiting = sum(item.record.size for item in self.pending)
        done = max(0, self.done - (waiting if stage == "embed" else 0)) + int(share * waiting)
        if stage == "keys" and self.current is not None:
            done = self.done + int(share * self.current.size)
        spent = time.monotonic() - self.started
        left = spent / done * (self.total - done) if done > 0 else None
        self.progress(Progress(stage, source, min(done, self.total), self.total, self.report.embedded, left))


def _lost(name: str) -> HaechiError:
    return InputError(
        f"'{name}' 폴더가 없거나 비어 있는데 이 홈에는 그 폴더의 자료가 있습니다. 공유 폴더가 연결되지 않았을 수 있어 "
        "아무것도 없애지 않았습니다. 정말 없앤 것이면: haechi documents remove 파일…",
        f"'{name}' is missing or empty but has sources in this home; the share may not be mounted, so nothing was "
        "removed. If it is really gone: haechi documents remove FILE…",
    )

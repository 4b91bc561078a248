"""A table or query of a database → the store: what changed is read, embedded and committed batch by batch.

    keys of all rows → documents that are new or may have changed → their rows → those whose text really changed
    → vectors → one transaction a batch → documents whose rows are gone → the source is whole

A batch holds only so many rows, so memory does not grow with the table; a kill leaves whole rows, and the next run goes
on where it ended, since a row that is already there with the same text is left alone.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from haechi.databases.documents import RowDocuments
from haechi.databases.found import FoundDocument, FoundKeys
from haechi.databases.options import TableName, TableOptions
from haechi.errors import InputError, ParseError
from haechi.pipeline.prepare import Preparer
from haechi.pipeline.roots import remember_table
from haechi.stores.base import Change, SourceRecord
from haechi.types import Document, content_hash

if TYPE_CHECKING:
    from haechi.databases.reader import TableReader
    from haechi.pipeline.build import Home

#: Rows that are read, embedded and committed together.
ROWS_AT_ONCE = 1_000


@dataclass(frozen=True)
class TableJob:
    """One table to take in: its key in the store, and how it is read and indexed."""

    key: str
    name: TableName
    options: TableOptions
    unit: str
    strategy: str

    @property
    def shown(self) -> str:
        """What stands before a row's key in a citation."""
        return self.name.label or self.options.table or self.name.database

    @property
    def fingerprint(self) -> str:
        """Documents are made anew when this changes, although their rows did not."""
        return content_hash(self.options.fingerprint, self.shown, self.unit, self.strategy)


@dataclass
class TableReport:
    """What taking in one table did, in documents."""

    written: int = 0
    chunks: int = 0
    removed: int = 0
    warnings: list[str] = field(default_factory=list)
    units: dict[str, str] = field(default_factory=dict)
    units_found: int = 0
    units_over_limit: int = 0


@dataclass(frozen=True)
class Hands:
    """What a table needs of the run it is part of."""

    home: Home
    preparer: Callable[[str, str], Preparer]
    embed: Callable[[Sequence[str]], None]
    note: Callable[[Change], None]
    tell: Callable[[str, int, int], None]
    again: bool


def jobs(home: Home, name: str, options: TableOptions | None, unit: str | None, strategy: str | None) -> list[TableJob]:
    """What to take in of `sql:NAME`: as given, else all that is remembered of it. Raises InputError."""
    parsed = TableName.parse(name)
    settings = home.config.ingest
    if options:
        checked = options.checked()
        return [TableJob(parsed.key(checked), parsed, checked, unit or settings.unit, strategy or settings.strategy)]
    known = {record.path: record for record in home.store.sources() if record.path.startswith("sql:")}
    wanted = f"sql:{parsed.database}/{parsed.label}"
    found = {
        key: kept
        for key, record in known.items()
        if (key == wanted or (not parsed.label and key.startswith(wanted))) and (kept := _remembered(record))
    }
    if not found:
        raise InputError(
            f"'{name}': 무엇을 읽을지 기억된 것이 없습니다. 처음에는 haechi ingest {name} --table 표이름 또는 "
            f"--query 'SELECT …' 으로 넣으세요. 기억된 것: {', '.join(known) or '없음'}",
            f"'{name}': nothing is remembered about it; the first time give --table NAME or --query 'SELECT …'. "
            f"remembered: {', '.join(known) or 'none'}",
        )
    return [
        TableJob(
            key,
            TableName(parsed.database, kept["label"]),
            TableOptions.from_json(json.dumps(kept["options"])),
            unit or kept["unit"],
            strategy or kept["strategy"],
        )
        for key, kept in found.items()
        if known[key].status != "ignored"
    ]


def take_table(job: TableJob, hands: Hands, report: TableReport) -> None:
    """Bring the store in step with the table, adding to `report`. Raises HaechiError; what is committed then stays."""
    _TableRun(job, hands, report).run()


def describe(options: str) -> dict[str, Any] | None:
    """What a source record's `options` say of a database: `database`, `options`, `unit`, `strategy`; None of files."""
    if not options.startswith("{"):
        return None
    kept: dict[str, Any] = json.loads(options)
    return {key: kept[key] for key in ("database", "options", "unit", "strategy")}


def _remembered(record: SourceRecord | None) -> dict[str, Any]:
    kept: dict[str, Any] = json.loads(record.options) if record and record.options.startswith("{") else {}
    return kept


class _TableRun:
    def __init__(self, job: TableJob, hands: Hands, report: TableReport) -> None:
        self.job = job
        self.hands = hands
        self.store = hands.home.store
        self.report = report
        self.preparer = hands.preparer(job.unit, job.strategy)
        self.before = self.store.source(job.key)
        self.seen = _remembered(self.before).get("seen")

    def run(self) -> None:
        from haechi.databases.connect import open_database  # SQLAlchemy: only who reads a database waits for it
        from haechi.databases.reader import TableReader

        config = self.hands.home.config
        database = open_database(self.job.name.database, config.home, config.ingest.parse_timeout)
        try:
            reader = TableReader(database, self.job.options)
            rows = RowDocuments(reader, self.job.shown)
            with self._keys(reader) as found:
                self._write(database.shown, rows, found)
                self._remove(database.shown, found)
                self._warn(reader, rows)
                self.store.mark_source(self._record(database.shown, "ok", found.latest))
        finally:
            database.close()
        remember_table(self.store, self.job.key, self.job.unit, self.job.strategy)

    def _keys(self, reader: TableReader) -> FoundKeys:
        self.hands.tell("parse", 0, 1)
        found = FoundKeys(
            self.job.fingerprint, versioned=bool(reader.updated), seen=self.seen, grouped=bool(reader.group)
        )
        found.add(reader.keys())
        if len(found) == 0:
            kept = self.before is not None and self.before.documents > 0
            raise ParseError(
                "행이 하나도 없습니다."
                + (
                    " 다른 데이터베이스나 권한일 수 있어 아무것도 없애지 않았습니다. 정말 비웠으면: "
                    f"haechi documents remove '{self.job.key}'"
                    if kept
                    else " 표, --query의 조건과 계정의 권한을 확인하세요"
                ),
                "there are no rows" + ("; nothing was removed" if kept else ""),
            )
        return found

    def _write(self, shown: str, rows: RowDocuments, found: FoundKeys) -> None:
        total, done = len(found), 0
        for batch in self._batches(found):
            known = self.store.versions(self.job.key, [item.external_id for item in batch])
            todo = [item for item in batch if self._maybe_changed(item, known.get(item.external_id))]
            if todo:
                self._take(shown, rows, todo, known)
            done += len(batch)
            self.hands.tell("embed", done, total)

    def _batches(self, found: FoundKeys) -> Iterator[list[FoundDocument]]:
        batch: list[FoundDocument] = []
        rows = 0
        for item in found:
            batch.append(item)
            rows += item.rows
            if rows >= ROWS_AT_ONCE:
                yield batch
                batch, rows = [], 0
        if batch:
            yield batch

    def _maybe_changed(self, item: FoundDocument, known: tuple[str, str] | None) -> bool:
        return self.hands.again or known is None or item.again or not item.version or item.version != known[1]

    def _take(
        self, shown: str, rows: RowDocuments, todo: Sequence[FoundDocument], known: dict[str, tuple[str, str]]
    ) -> None:
        """Read these documents; write those that differ from what the store holds."""
        version = {item.external_id: item.version for item in todo}
        fresh: list[Document] = []
        versions: dict[str, str] = {}
        without_text = {item.external_id for item in todo}
        for document in rows.read([item.key for item in todo]):
            external = document.external_id or ""
            without_text.discard(external)
            document = self._own(document)
            stored, before = known.get(external, ("", ""))
            if stored != content_hash(self.job.key, document.id) or self.hands.again:
                meta = {**document.meta, "rows_version": version[external]}
                fresh.append(replace(document, meta=meta))
            elif before != version[external]:
                versions[stored] = version[external]
        replaced = {str(document.external_id) for document in fresh} | without_text
        removed = [known[external][0] for external in replaced if external in known]
        self.report.removed += sum(external in known for external in without_text)
        if not (fresh or removed or versions):
            return
        documents = []
        if fresh:
            prepared = self.preparer.prepare(fresh, self.job.key, 0)
            self.report.units |= prepared.units
            self.report.units_found += prepared.found
            self.report.units_over_limit += prepared.over
            documents = prepared.documents
            self.hands.embed([entry.text for item in documents for entry in item.entries])
        record = self._record(shown, "failed", self.seen)
        self.hands.note(self.store.write_part(record, documents, removed, versions))
        self.report.written += len(documents)
        self.report.chunks += sum(len(item.chunks) for item in documents)

    def _own(self, document: Document) -> Document:
        """An id that says everything the document was made from, so that an equal id means nothing to do."""
        meta = json.dumps(dict(document.meta), ensure_ascii=False, sort_keys=True)
        return replace(document, id=content_hash(self.job.fingerprint, document.id, meta))

    def _remove(self, shown: str, found: FoundKeys) -> None:
        """Remove the documents whose rows are gone."""
        gone = [document for document, external in self.store.document_keys(self.job.key) if external not in found]
        for start in range(0, len(gone), ROWS_AT_ONCE):
            part = gone[start : start + ROWS_AT_ONCE]
            self.hands.note(self.store.write_part(self._record(shown, "failed", self.seen), [], part, {}))
        self.report.removed += len(gone)

    def _warn(self, reader: TableReader, rows: RowDocuments) -> None:
        out, warnings = rows.left_out, self.report.warnings
        if count := reader.without_key():
            warnings.append(f"키가 빈 행 {count}개를 건너뛰었습니다.")
        if out.binary:
            warnings.append(f"바이너리 열은 글이 아니라서 뺐습니다: {', '.join(sorted(out.binary))}")
        if out.empty:
            warnings.append(f"글이 없는 행 {out.empty}개를 건너뛰었습니다.")
        if out.lost:
            warnings.append(
                f"읽는 동안 사라졌거나 키로 다시 찾지 못한 행이 {out.lost}개 있습니다. 다음에 다시 읽습니다."
            )
        if reader.database.replaced:
            warnings.append(f"UTF-8도 CP949도 아닌 값 {reader.database.replaced}개에서 글자가 �로 바뀌었습니다.")

    def _record(self, shown: str, status: str, seen: Any) -> SourceRecord:
        """The source with its settings; until it is whole it counts as failed, which a retry takes up."""
        job, whole = self.job, status == "ok"
        options = {
            "database": shown,
            "label": job.name.label,
            "options": json.loads(job.options.to_json()),
            "unit": job.unit,
            "strategy": job.strategy,
            "seen": seen,
        }
        before = self.before or SourceRecord(job.key, "failed")
        return SourceRecord(
            path=job.key,
            status="ok" if whole else "failed",
            parser="sql",
            unit=", ".join(self.report.units) or before.unit,
            unit_reason="; ".join(self.report.units.values()) or before.unit_reason,
            options=json.dumps(options, ensure_ascii=False),
            error="" if whole else f"아직 다 넣지 못했습니다. 이어서 넣기: haechi ingest '{job.key}'",
            warnings=tuple(self.report.warnings),
        )

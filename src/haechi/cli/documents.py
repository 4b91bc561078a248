"""`haechi documents`: list, show, remove, retry, ignore."""

from __future__ import annotations

import shlex
from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import click

from haechi.cli.session import HaechiGroup, Session, pass_session
from haechi.cli.texts import t
from haechi.errors import InputError

if TYPE_CHECKING:
    from haechi.stores.base import DocumentRecord, SourceRecord, Store

#: How many documents a person sees without asking for all of them; `--json` always gives all.
SHOWN = 50


@click.group("documents", cls=HaechiGroup)
def documents_command() -> None:
    """들어 있는 문서를 보고, 없애고, 실패한 것을 다시 시도합니다."""


@documents_command.command("list")
@click.option("--all", "everything", is_flag=True, help=t("모두 보입니다.", "Show all."))
@pass_session
def list_command(session: Session, everything: bool) -> None:
    """문서 목록을 보입니다."""
    from haechi.pipeline.tables import describe

    with session.open_home() as home:
        documents = home.store.documents()
        sources = home.store.sources()
    failed = [source for source in sources if source.status != "ok"]
    databases = [{"source": item.path, **kept} for item in sources if (kept := describe(item.options))]
    rows = [_record(item) for item in documents]
    rows += [_source_row(source) for source in failed if not source.documents]
    lines = [f"{row['status']:7} {row['chunks']:6} {row['id'][:12]:12} {row['title'] or row['source']}" for row in rows]
    if len(lines) > SHOWN and not everything:
        hidden = len(lines) - SHOWN
        lines = [*lines[:SHOWN], t(f"… 외 {hidden}건(모두 보기: --all)", f"… and {hidden} more (--all)")]
    for database in databases:
        lines.append(f"{database['source']}: {database['database']} {_options_text(database['options'])}")
    for source in failed:
        lines.append(f"{source.status}: {source.path}: {source.error}")
    empty = t("문서가 없습니다. 넣기: haechi ingest 파일…", "No documents; add some: haechi ingest FILE…")
    session.finish({"documents": rows, "databases": databases}, "\n".join(lines) or empty)


@documents_command.command("show")
@click.argument("document", metavar=t("문서", "DOCUMENT"))
@pass_session
def show_command(session: Session, document: str) -> None:
    """문서 하나를 구절과 함께 보입니다. 문서는 id, id의 앞부분, 외부 id 또는 파일 경로입니다."""
    with session.open_home() as home:
        found = _one(home.store, document)
        chunks = home.store.chunks(found.id)
    record = _record(found) | {
        "meta": found.meta,
        "passages": [
            {"id": chunk.id, "label": chunk.label, "page": chunk.page, "unit": chunk.unit, "text": chunk.text}
            for chunk in chunks
        ],
    }
    passages = "\n\n".join(f"[{chunk.label}]\n{chunk.text}" for chunk in chunks)
    session.finish(record, f"{found.title}\n{found.source}\n\n{passages}")


@documents_command.command("remove")
@click.argument("sources", metavar=t("파일…", "SOURCE…"), nargs=-1, required=True)
@pass_session
def remove_command(session: Session, sources: tuple[str, ...]) -> None:
    """파일에서 온 문서를 모두 없앱니다. 파일 자체는 건드리지 않습니다."""
    with session.open_home() as home:
        paths = [_source(home.store, name).path for name in sources]
        count = sum(len(home.store.documents(path)) for path in paths)
        home.indexes()  # what cannot be opened is said before anything is removed
        with home.store.writer():
            for path in paths:
                home.note_change(home.store.remove_source(path))
            home.store.drop_unused_vectors()
            home.refresh_indexes()
    session.finish(
        {"removed": count, "sources": paths},
        t(f"문서 {count}건을 없앴습니다.", f"Removed {count} documents."),
    )


@documents_command.command("sources")
@click.option("--failed", is_flag=True, help=t("읽지 못한 자료만 보입니다.", "Only sources that could not be read."))
@pass_session
def sources_command(session: Session, failed: bool) -> None:
    """읽은 파일과 표마다 상태, 파서, 단위, 쪽수, 주의할 점, 실패한 까닭을 보입니다."""
    with session.open_home() as home:
        found = [source for source in home.store.sources() if source.status == "failed" or not failed]
    lines = []
    for source in found:
        facts = f"{source.parser or '-'} · {source.unit or '-'}"
        pages = t(f"{source.pages}쪽, ", f"{source.pages} pages, ") if source.pages else ""
        lines.append(
            f"{source.status:7} {source.path}\n        {facts} · {pages}"
            + t(
                f"문서 {source.documents}건, 구절 {source.chunks}개",
                f"{source.documents} documents, {source.chunks} chunks",
            )
        )
        lines += [t("        주의: ", "        warning: ") + text for text in source.warnings]
        lines += [t("        까닭: ", "        reason: ") + source.error] if source.error else []
    empty = t("자료가 없습니다. 넣기: haechi ingest 파일…", "No sources; add some: haechi ingest FILE…")
    session.finish({"sources": [source.as_json() for source in found]}, "\n".join(lines) or empty)


@documents_command.command("retry")
@click.argument("sources", metavar=t("[파일…]", "[SOURCE…]"), nargs=-1)
@pass_session
def retry_command(session: Session, sources: tuple[str, ...]) -> int:
    """읽지 못했던 파일을 그때의 옵션으로 다시 읽습니다. 파일을 적으면 그것만(건너뛰던 것도) 다시 읽습니다."""
    from haechi.cli.ingest import finish_ingest
    from haechi.cli.progress import ingest_bar
    from haechi.pipeline.sync import retry

    with session.open_home() as home, ingest_bar() as progress:
        chosen = [_source(home.store, name).path for name in sources]
        failed = [source.path for source in home.store.sources() if source.status == "failed"]
        report = retry(home, chosen or failed, progress)
    return finish_ingest(session, report)


@documents_command.command("ignore")
@click.argument("sources", metavar=t("파일…", "SOURCE…"), nargs=-1, required=True)
@pass_session
def ignore_command(session: Session, sources: tuple[str, ...]) -> None:
    """읽지 못한 파일을 다음부터 건너뜁니다."""
    with session.open_home() as home:
        found = [_source(home.store, name) for name in sources]
        with home.store.writer():
            for source in found:
                home.store.mark_source(replace(source, status="ignored"))
    session.finish(
        {"ignored": [source.path for source in found]},
        t(f"파일 {len(found)}개를 앞으로 건너뜁니다.", f"Ignoring {len(found)} files from now on."),
    )


def _options_text(options: dict[str, Any]) -> str:
    """A database's options as they were typed."""
    return " ".join(
        f"--{name} {shlex.quote(','.join(value) if isinstance(value, list) else str(value))}"
        for name, value in options.items()
    )


def _record(document: DocumentRecord) -> dict[str, Any]:
    return {
        "id": document.id,
        "external_id": document.external_id,
        "source": document.source,
        "title": document.title,
        "chunks": document.chunks,
        "status": document.status,
    }


def _source_row(source: SourceRecord) -> dict[str, Any]:
    """A file that gave no document still has a row, so that nothing that was handed in is missing from the list."""
    return {
        "id": "",
        "external_id": None,
        "source": source.path,
        "title": "",
        "chunks": 0,
        "status": source.status,
        "error": source.error,
    }


def _one(store: Store, wanted: str) -> DocumentRecord:
    documents = store.documents()
    exact = [item for item in documents if wanted in (item.id, item.external_id, item.source, item.path)]
    found = exact or [item for item in documents if item.id.startswith(wanted)]
    if len(found) == 1:
        return found[0]
    raise InputError(*_not_one(wanted, [item.id for item in found]))


def _source(store: Store, wanted: str) -> SourceRecord:
    """A source by its path, by the end of its path, or by the id of a document of it."""
    sources = store.sources()
    by_document = {item.path for item in store.documents() if wanted in (item.id, item.external_id)}
    found = [item for item in sources if item.path == wanted or item.path in by_document]
    found = found or [item for item in sources if item.path.endswith("/" + wanted.removeprefix("./"))]
    if len(found) == 1:
        return found[0]
    raise InputError(*_not_one(wanted, [item.path for item in found]))


def _not_one(wanted: str, found: Sequence[str]) -> tuple[str, str]:
    if not found:
        return (
            f"'{wanted}'에 맞는 문서가 없습니다. 목록: haechi documents list",
            f"nothing matches '{wanted}'; see: haechi documents list",
        )
    few = ", ".join(found[:5])
    return (f"'{wanted}'에 맞는 것이 {len(found)}건입니다: {few}", f"'{wanted}' matches {len(found)}: {few}")

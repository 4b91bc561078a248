"""`haechi documents`: list, show, remove, retry, ignore."""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from haechi.cli.session import HaechiGroup, Session, pass_session
from haechi.cli.texts import t
from haechi.errors import InputError

if TYPE_CHECKING:
    from haechi.retrievers.links import Link
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
    with session.open_home() as home:
        documents = home.store.documents()
        failed = [source for source in home.store.sources() if source.status != "ok"]
    rows = [_record(item) for item in documents]
    rows += [_source_row(source) for source in failed if not source.documents]
    lines = [f"{row['status']:7} {row['chunks']:6} {row['id'][:12]:12} {row['title'] or row['source']}" for row in rows]
    if len(lines) > SHOWN and not everything:
        hidden = len(lines) - SHOWN
        lines = [*lines[:SHOWN], t(f"… 외 {hidden}건(모두 보기: --all)", f"… and {hidden} more (--all)")]
    for source in failed:
        lines.append(f"{source.status}: {source.path}: {source.error}")
    empty = t("문서가 없습니다. 넣기: haechi ingest 파일…", "No documents; add some: haechi ingest FILE…")
    session.finish({"documents": rows}, "\n".join(lines) or empty)


@documents_command.command("show")
@click.argument("document", metavar=t("문서", "DOCUMENT"))
@pass_session
def show_command(session: Session, document: str) -> None:
    """문서 하나를 구절과 함께 보입니다. 문서는 id, id의 앞부분, 외부 id 또는 파일 경로입니다."""
    from haechi.retrievers.links import Linker, link_record

    with session.open_home() as home:
        found = _one(home.store, document)
        chunks = home.store.chunks(found.id)
        links = Linker(home.store).links(found.id)
    record = _record(found) | {
        "meta": found.meta,
        "passages": [
            {
                "id": chunk.id,
                "label": chunk.label,
                "page": chunk.page,
                "unit": chunk.unit,
                "text": chunk.text,
                "links": [link_record(link) for link in links.get(chunk.id, ())],
            }
            for chunk in chunks
        ],
    }
    passages = "\n\n".join(
        "\n".join([f"[{chunk.label}]", chunk.text, *_link_lines(links.get(chunk.id, ()))]) for chunk in chunks
    )
    session.finish(record, f"{found.title}\n{found.source}\n\n{passages}")


def _link_lines(links: Sequence[Link]) -> list[str]:
    """`  → 제43조: 근로기준법 제43조`, or why a reference leads nowhere."""
    return [
        f"  → {' '.join(link.surface.split())}: "
        + (f"{link.title} {link.label}" if link.document else f"({link.reason})")
        for link in links
    ]


@documents_command.command("diff")
@click.argument("old", metavar=t("이전", "OLD"))
@click.argument("new", metavar=t("이후", "NEW"))
@pass_session
def diff_command(session: Session, old: str, new: str) -> None:
    """법령·규정의 두 판에서 바뀐 조, 새로 생긴 조, 없어진 조를 보입니다."""
    from haechi.chunkers.law_diff import law_diff

    with session.open_home() as home:
        records = [_one(home.store, name) for name in (old, new)]
        before, after = (home.store.document(record.id) for record in records)
    assert before is not None and after is not None
    found = law_diff(before, after)
    record: dict[str, Any] = {
        "old": {"id": before.id, "title": before.title, "version": before.meta.get("version", "")},
        "new": {"id": after.id, "title": after.title, "version": after.meta.get("version", "")},
        "changed": list(found.changed),
        "retitled": list(found.retitled),
        "added": list(found.added),
        "gone": list(found.gone),
    }
    names = {
        "changed": t("바뀜", "changed"),
        "retitled": t("제목만 바뀜", "retitled"),
        "added": t("신설", "added"),
        "gone": t("없어짐", "gone"),
    }
    lines = [f"{side['title']} {side['version']}".strip() for side in (record["old"], record["new"])]
    lines += [f"{name} {len(record[key])}: {', '.join(record[key])}".rstrip(": ") for key, name in names.items()]
    session.finish(record, "\n".join(lines))


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


@documents_command.command("retry")
@pass_session
def retry_command(session: Session) -> int:
    """읽지 못했던 파일을 다시 읽습니다."""
    from haechi.cli.ingest import finish_ingest
    from haechi.cli.progress import ingest_bar
    from haechi.pipeline.ingest import ingest

    with session.open_home() as home, ingest_bar() as progress:
        failed = [_on_disk(source.path) for source in home.store.sources() if source.status == "failed"]
        report = ingest(home, failed, progress=progress)
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


def _on_disk(path: str) -> str:
    """The store keeps NFC paths; a folder or file copied from a Mac may be spelt NFD on disk."""
    here = Path("/")
    for part in Path(path).parts[1:]:
        spelt = here / part
        if not spelt.exists() and here.is_dir():
            spelt = next((item for item in here.iterdir() if unicodedata.normalize("NFC", item.name) == part), spelt)
        here = spelt
    return str(here)


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

"""`haechi documents`: list, show, remove, retry, ignore."""

from __future__ import annotations

import shlex
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
@click.argument("names", metavar=t("문서…", "DOCUMENT…"), nargs=-1, required=True)
@pass_session
def remove_command(session: Session, names: tuple[str, ...]) -> int:
    """문서를 흔적까지 없애고 삭제 영수증을 줍니다. 원본 파일은 건드리지 않습니다.

    파일 이름이나 경로를 적으면 그 파일에서 온 문서 모두, 문서 id나 외부 id를 적으면 그 문서 하나입니다.
    """
    from haechi.cli.receipt import receipt_text
    from haechi.pipeline.erase import remove_documents

    with session.open_home() as home:
        ids, empty = [], []
        for name in names:
            found, path = _documents_of(home.store, name)
            ids += found
            empty += [] if found else [path]
        receipt = remove_documents(home, ids) if ids else None
        with home.store.writer():
            for path in empty:
                home.note_change(home.store.remove_source(path))
                home.refresh_indexes()
        unfinished = bool(receipt and receipt["traces"]) or bool(home.store.purge_due() if receipt else "")
    count = receipt["removed"]["documents"] if receipt else 0
    record = {"removed": count, "sources": list(names), "receipt": receipt}
    text = receipt_text(receipt) if receipt else t("목록에서 없앴습니다.", "Removed from the list.")
    session.finish(record, text)
    return 3 if unfinished else 0


@documents_command.command("receipts")
@pass_session
def receipts_command(session: Session) -> None:
    """지금까지의 삭제 영수증을 보입니다. 백업 파일이 아직 있는지는 지금 다시 확인합니다."""
    from haechi.cli.receipt import receipt_text
    from haechi.pipeline.erase import receipts

    with session.open_home() as home:
        found = receipts(home)
    empty = t("삭제 영수증이 없습니다.", "No receipts.")
    session.finish({"receipts": found}, "\n\n".join(map(receipt_text, found)) or empty)


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
    """읽지 못했거나 없앤 파일을 다음부터 건너뜁니다. 아직 넣지 않은 파일도 됩니다."""
    from haechi.pipeline.sources import file_key
    from haechi.stores.base import SourceRecord

    with session.open_home() as home:
        known = {source.path for source in home.store.sources()}
        found = []
        for name in sources:
            path = Path(name).expanduser()
            if path.is_file() and file_key(path.resolve()) not in known:
                # Removed, or never read: only its path is kept, so that no sync takes it in.
                found.append(SourceRecord(path=file_key(path.resolve()), status="ignored"))
            else:
                found.append(_source(home.store, name))
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


def _documents_of(store: Store, wanted: str) -> tuple[list[str], str]:
    """(document ids, path): one document by its id or external id, else all documents of a source."""
    one = [item for item in store.documents() if wanted in (item.id, item.external_id)]
    if len(one) == 1:
        return [one[0].id], one[0].path
    if one:
        raise InputError(*_not_one(wanted, [item.id for item in one]))
    path = _source(store, wanted).path
    return [item.id for item in store.documents(path)], path


def _not_one(wanted: str, found: Sequence[str]) -> tuple[str, str]:
    if not found:
        return (
            f"'{wanted}'에 맞는 문서가 없습니다. 목록: haechi documents list",
            f"nothing matches '{wanted}'; see: haechi documents list",
        )
    few = ", ".join(found[:5])
    return (f"'{wanted}'에 맞는 것이 {len(found)}건입니다: {few}", f"'{wanted}' matches {len(found)}: {few}")

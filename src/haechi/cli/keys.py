"""`haechi keys`: read and correct the search keys that the LLM wrote."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from haechi.cli.answer_text import kind_word, place
from haechi.cli.korean_click import OneOf
from haechi.cli.session import HaechiGroup, Session, pass_session
from haechi.cli.texts import t
from haechi.errors import InputError

if TYPE_CHECKING:
    from haechi.pipeline.build import Home
    from haechi.stores.base import KeyRecord

key_argument = click.argument("key", metavar=t("번호", "ID"), type=click.IntRange(1))
text_argument = click.argument("text", metavar=t("글", "TEXT"))


@click.group("keys", cls=HaechiGroup)
def keys_command() -> None:
    """언어 모델이 쓴 질문·요약(색인 키)을 보고 고칩니다. 고친 것은 다시 넣어도 남습니다."""


@keys_command.command("list")
@click.argument("document", metavar=t("[문서]", "[DOCUMENT]"), required=False)
@pass_session
def list_command(session: Session, document: str | None) -> None:
    """색인 키를 문서 순서로 보입니다. 문서는 id, id의 앞부분, 외부 id, 제목 또는 파일입니다."""
    with session.open_home() as home:
        keys = [key for name in _documents(home, document) for key in home.store.keys(name)]
    lines: list[str] = []
    chunk = ""
    for key in keys:
        if key.chunk_id != chunk:
            chunk = key.chunk_id
            lines.append(f"{key.title} {place(key.label, key.page)}  [{chunk}]")
        lines.append(
            f"  {key.id:6} {kind_word(key.kind)} {key.text}" + (t(" (고침)", " (edited)") if key.edited else "")
        )
    empty = t(
        "색인 키가 없습니다. 만들기: haechi ingest 파일… --strategy hypothetical_questions",
        "No generated keys; make some: haechi ingest FILE… --strategy hypothetical_questions",
    )
    session.finish({"keys": [_record(key) for key in keys]}, "\n".join(lines) or empty)


@keys_command.command("show")
@key_argument
@pass_session
def show_command(session: Session, key: int) -> None:
    """키 하나를 그것이 가리키는 구절과 함께 보입니다."""
    from haechi.pipeline.keys import find_key

    with session.open_home() as home:
        found = find_key(home, key)
    text = f"{found.text}\n\n{found.title} {place(found.label, found.page)}\n{found.chunk_text}"
    session.finish(_record(found) | {"chunk_text": found.chunk_text}, text)


@keys_command.command("edit")
@key_argument
@text_argument
@pass_session
def edit_command(session: Session, key: int, text: str) -> None:
    """키의 글을 바꿉니다. 바뀐 키만 다시 임베딩합니다."""
    from haechi.pipeline.keys import edit_key

    with session.open_home() as home:
        found = edit_key(home, key, text)
    session.finish(_record(found), t(f"바꾸었습니다: {found.id} {found.text}", f"Changed: {found.id} {found.text}"))


@keys_command.command("remove")
@key_argument
@pass_session
def remove_command(session: Session, key: int) -> None:
    """키를 없앱니다. 구절은 그대로 있고, 다시 만들어지지 않습니다."""
    from haechi.pipeline.keys import remove_key

    with session.open_home() as home:
        found = remove_key(home, key)
    session.finish({"removed": _record(found)}, t(f"없앴습니다: {found.text}", f"Removed: {found.text}"))


@keys_command.command("add")
@click.argument("chunk", metavar=t("구절", "CHUNK"))
@text_argument
@click.option(
    "--kind",
    type=OneOf(["question", "summary"]),
    default="question",
    show_default=True,
    help=t("질문 또는 요약.", "question or summary."),
)
@pass_session
def add_command(session: Session, chunk: str, text: str, kind: str) -> None:
    """구절에 키를 더합니다. 구절은 keys list나 search --json이 보이는 id입니다."""
    from haechi.pipeline.keys import add_key

    with session.open_home() as home:
        add_key(home, chunk, text, kind)
        found = [key for key in home.store.keys() if (key.chunk_id, key.kind) == (chunk, kind)]
    session.finish({"keys": [_record(key) for key in found]}, t("더했습니다.", "Added."))


def _documents(home: Home, wanted: str | None) -> list[str | None]:
    """Ids of the documents that are meant; [None] for all."""
    if wanted is None:
        return [None]
    documents = home.store.documents()
    names = [
        item.id
        for item in documents
        if wanted in (item.id, item.external_id, item.source, item.path, item.title)
        or item.id.startswith(wanted)
        or item.path.endswith("/" + wanted)
    ]
    if not names:
        raise InputError(
            f"'{wanted}'에 맞는 문서가 없습니다. 목록: haechi documents list",
            f"nothing matches '{wanted}'; see: haechi documents list",
        )
    return list(names)


def _record(key: KeyRecord) -> dict[str, Any]:
    return {
        "id": key.id,
        "kind": key.kind,
        "text": key.text,
        "edited": key.edited,
        "chunk": key.chunk_id,
        "label": key.label,
        "page": key.page,
        "document": key.document_id,
        "title": key.title,
        "source": key.source,
    }

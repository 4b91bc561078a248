"""/sources and POST /documents: what was read in, with its state; bad files retried or ignored; files handed in.

Routes that change the home are open only while the server is bound to this machine: there are no accounts yet.
"""

from __future__ import annotations

import os
import unicodedata
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from anyio.to_thread import run_sync
from fastapi import Depends, FastAPI, HTTPException, UploadFile

from haechi.errors import InputError
from haechi.pipeline.ingest import ingest
from haechi.pipeline.sync import retry
from haechi.serve.guards import is_loopback
from haechi.serve.schemas import SourceListReply, SourcesRequest, WorkReply
from haechi.serve.work import Work
from haechi.stores.base import SourceRecord

if TYPE_CHECKING:
    from haechi.pipeline.build import Home

#: Where files that came through the API are kept, below the home.
UPLOADS = "uploads"
MAX_NAME = 120


def local_only(home: Home) -> Any:
    """A dependency that refuses changes on a server that others can reach."""

    def check() -> None:
        if not is_loopback(home.config.serve.host):
            raise HTTPException(
                403,
                "로그인이 없으므로, 자료를 바꾸는 일은 이 컴퓨터에만 열린 서버(--host 127.0.0.1)에서만 됩니다. "
                "명령줄(haechi documents)은 언제나 됩니다.",
            )

    return Depends(check)


def add_source_routes(app: FastAPI, home: Home, work: Work) -> None:
    """Add the routes to `app`."""
    local = [local_only(home)]

    @app.get("/sources", response_model=SourceListReply)
    def sources() -> Any:
        """읽어 넣은 자료: 상태, 단위, 쪽수, 파서, 주의할 점, 실패한 까닭. 진행 중인 일도 함께."""
        rows = [record.as_json() for record in home.store.sources()]
        return {"sources": rows, "work": work.record()}

    @app.post("/sources/retry", status_code=202, response_model=WorkReply, dependencies=local)
    def retry_sources(request: SourcesRequest) -> Any:
        """읽지 못했거나 무시한 자료를 다시 읽습니다. paths가 비면 읽지 못한 것 모두. 진행은 GET /sources의 work."""
        paths = [record.path for record in _chosen(home, request.paths)]
        work.start(lambda progress: retry(home, paths, progress))
        return work.record()

    @app.post("/sources/ignore", response_model=SourceListReply, dependencies=local)
    def ignore_sources(request: SourcesRequest) -> Any:
        """읽지 못한 자료를 앞으로 건너뜁니다."""
        chosen = _chosen(home, request.paths)
        with home.store.writer():
            for record in chosen:
                home.store.mark_source(replace(record, status="ignored"))
        return sources()

    @app.post("/documents", status_code=202, response_model=WorkReply, dependencies=local)
    async def add_documents(files: list[UploadFile]) -> Any:
        """파일을 받아 홈의 uploads 폴더에 두고 읽어 넣습니다. 진행은 GET /sources의 work."""
        folder = home.config.home / UPLOADS
        paths = [str(await run_sync(_keep, folder, file)) for file in files]
        work.start(lambda progress: ingest(home, paths, progress=progress))
        return work.record()


def _chosen(home: Home, paths: Sequence[str]) -> list[SourceRecord]:
    """The records of these paths; all failed ones when none is named. Raises InputError for an unknown path."""
    records = {record.path: record for record in home.store.sources()}
    if not paths:
        return [record for record in records.values() if record.status == "failed"]
    unknown = [path for path in paths if path not in records]
    if unknown:
        raise InputError(
            f"'{unknown[0]}'은(는) 이 홈에 없는 자료입니다. 목록: GET /sources",
            f"'{unknown[0]}' is not in this home; see GET /sources",
        )
    return [records[path] for path in paths]


def _keep(folder: Path, file: UploadFile) -> Path:
    """Write an upload whole under its own base name, owner only; an equal name replaces the earlier file."""
    name = unicodedata.normalize("NFC", Path((file.filename or "").replace("\\", "/")).name).strip()
    name = "".join(character for character in name if character.isprintable()).lstrip(".")
    if not name or name.startswith("~$") or len(name) > MAX_NAME:
        raise InputError(
            f"파일 이름을 쓸 수 없습니다: '{file.filename}'(1~{MAX_NAME}자, 점으로 시작하지 않아야 합니다)",
            f"cannot use the file name '{file.filename}' (1 to {MAX_NAME} characters, no leading dot)",
        )
    folder.mkdir(mode=0o700, exist_ok=True)
    target, partial = folder / name, folder / f".{name}.part"
    with os.fdopen(os.open(partial, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as out:
        while data := file.file.read(1 << 20):
            out.write(data)
    partial.replace(target)
    return target

"""Parses files in a child process with a memory cap and a wall clock, so that no file can take the program down.

One child serves many files (its start costs about as much as a small PDF) and is replaced after a crash, a timeout, a
memory error or `RECYCLE_AFTER` files. Documents come back as JSON, not pickle: the child reads untrusted files with
native code, and must not be able to hand objects to its parent. The child is a plain `python -m`, so a caller's
script needs no `if __name__ == "__main__"` guard.
"""

from __future__ import annotations

import contextlib
import functools
import json
import os
import resource
import signal
import socket
import subprocess
import sys
import unicodedata
from collections.abc import Sequence
from dataclasses import asdict
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

import haechi
from haechi import registry
from haechi.errors import HaechiError, ParseError
from haechi.parsers.base import ParseOptions
from haechi.parsers.detect import parser_for
from haechi.parsers.progress import listen
from haechi.types import Document, block_of_row, block_row

#: Files per child; bounds what a leak in native code can add up to.
RECYCLE_AFTER = 200


class ParserPool:
    """Give it files one after the other; `close()` (or `with`) ends the child. Not for use by several threads."""

    def __init__(self, timeout: float = 300.0, memory_mb: int = 4096) -> None:
        self.timeout = timeout
        self.memory_mb = memory_mb
        self._process: subprocess.Popen[bytes] | None = None
        self._connection: Connection | None = None
        self._served = 0
        self._stopped = False

    def __enter__(self) -> ParserPool:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def parse(self, path: Path, source: str, options: ParseOptions, parser: str | None = None) -> list[Document]:
        """Parse `path` with its own parser, or the one named. Raises ParseError, whatever the file did to the child."""
        source = unicodedata.normalize("NFC", source)
        name = parser or parser_for(path)
        if self._served >= RECYCLE_AFTER:
            self.close()
        connection = self._start()
        request = {"parser": name, "path": str(path), "source": source, "options": asdict(options)}
        try:
            connection.send_bytes(json.dumps({**request, "timeout": self.timeout}).encode())
            reply: dict[str, Any] = {"page": 0}
            while "page" in reply:  # each page read by OCR has the whole time to itself
                if not connection.poll(self.timeout):
                    self._kill()
                    raise ParseError(
                        f"{source}: {self.timeout:g}초 안에 읽지 못해 멈추었습니다. "
                        "파일을 나누거나 haechi.toml의 [ingest] parse_timeout을 늘려 주세요.",
                        f"{source}: parsing took longer than {self.timeout:g} s and was stopped "
                        "([ingest] parse_timeout)",
                    )
                reply = json.loads(connection.recv_bytes())
        except (EOFError, OSError) as error:
            raise self._died(source) from error
        except BaseException:  # Ctrl-C and the like: a reply to this file must never be taken for the next one's
            self._kill()
            raise
        self._served += 1
        return self._documents(reply, source)

    def close(self) -> None:
        """End the child. Safe to call twice."""
        if self._connection is not None:
            self._connection.close()
        if self._process is not None:
            try:
                self._process.wait(timeout=2)
            except subprocess.TimeoutExpired:
                self._process.kill()
                self._process.wait()
        self._process, self._connection, self._served = None, None, 0

    def stop(self) -> None:
        """From any thread: give up the file that is being read, and all after it. `close()` must still follow."""
        self._stopped = True
        process = self._process
        if process is not None and process.poll() is None:
            os.killpg(process.pid, signal.SIGKILL)  # with what it started: OCR runs tesseract

    def _start(self) -> Connection:
        if self._stopped:
            raise ParseError("멈추었습니다", "stopped")
        if self._connection is not None and self._process is not None and self._process.poll() is None:
            return self._connection
        self._kill()
        ours, theirs = socket.socketpair()
        root = str(Path(haechi.__file__).parent.parent)
        with theirs:
            self._process = subprocess.Popen(
                [sys.executable, "-m", "haechi.parsers.worker", str(theirs.fileno()), str(self.memory_mb)],
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
                pass_fds=[theirs.fileno()],
                start_new_session=True,  # Ctrl-C in the terminal is the parent's to handle
                env={**os.environ, "PYTHONPATH": os.pathsep.join([root, *filter(None, sys.path)])},
            )
        self._connection = Connection(ours.detach())
        return self._connection

    def _kill(self) -> None:
        if self._process is not None and self._process.poll() is None:
            os.killpg(self._process.pid, signal.SIGKILL)  # with what it started: OCR runs tesseract
        self.close()

    def _died(self, source: str) -> ParseError:
        code = None
        if self._process is not None:
            with contextlib.suppress(subprocess.TimeoutExpired):
                code = self._process.wait(timeout=2)
        self._kill()
        how = f"신호 {-code}" if code is not None and code < 0 else f"종료 코드 {code}"
        return ParseError(
            f"{source}: 읽는 프로세스가 갑자기 끝났습니다({how}). 파일이 깨졌거나 메모리가 모자랍니다.",
            f"{source}: the parser process died ({how}); the file is broken or memory ran out",
        )

    def _documents(self, reply: dict[str, Any], source: str) -> list[Document]:
        if "documents" in reply:
            return [_from_json(item) for item in reply["documents"]]
        if reply.get("memory"):
            self._kill()
            raise ParseError(
                f"{source}: 읽는 데 메모리 {self.memory_mb}MB가 모자랍니다. "
                "파일을 나누거나 haechi.toml의 [ingest] parse_memory_mb를 늘려 주세요.",
                f"{source}: parsing needs more than {self.memory_mb} MB ([ingest] parse_memory_mb)",
            )
        raise ParseError(reply["korean"], reply["english"])


def _to_json(document: Document) -> dict[str, Any]:
    blocks = [block_row(block) for block in document.blocks]
    return {
        "id": document.id,
        "source": document.source,
        "title": document.title,
        "blocks": blocks,
        "meta": dict(document.meta),
    }


def _from_json(item: dict[str, Any]) -> Document:
    blocks = tuple(block_of_row(row) for row in item["blocks"])
    return Document(item["id"], item["source"], item["title"], blocks, item["meta"])


def _parse(request: dict[str, Any]) -> dict[str, Any]:
    try:
        parser = registry.load("parsers", request["parser"])()
        options = ParseOptions.from_json(request["options"])
        documents = parser.parse(Path(request["path"]), request["source"], options)
        return {"documents": [_to_json(document) for document in documents]}
    except HaechiError as error:
        return {"korean": error.korean, "english": error.english}
    except MemoryError:
        return {"memory": True}
    except Exception as error:
        source, what = request["source"], f"{type(error).__name__}: {error}"
        return {"korean": f"{source}: 읽다가 실패했습니다 ({what}).", "english": f"{source}: parsing failed ({what})"}


def _tell(connection: Connection, patience: int, done: int, total: int) -> None:
    """A page is read: the clocks of both sides start again."""
    signal.alarm(patience)
    connection.send_bytes(json.dumps({"page": done, "pages": total}).encode())


def serve(arguments: Sequence[str]) -> None:
    """The child's loop: a request in, a reply out, until the parent hangs up."""
    descriptor, memory_mb = int(arguments[0]), int(arguments[1])
    resource.setrlimit(resource.RLIMIT_AS, (memory_mb << 20, memory_mb << 20))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    connection = Connection(descriptor)
    while True:
        try:
            request = json.loads(connection.recv_bytes())
        except EOFError:
            return
        # The parent's clock decides; this one ends the child if the parent was killed in the meantime.
        patience = int(request["timeout"]) + 30
        signal.alarm(patience)
        listen(functools.partial(_tell, connection, patience))
        reply = _parse(request)
        try:
            data = json.dumps(reply, ensure_ascii=False).encode("utf-8", "replace")
        except MemoryError:
            data = b'{"memory": true}'
        signal.alarm(0)
        connection.send_bytes(data)


if __name__ == "__main__":
    serve(sys.argv[1:])

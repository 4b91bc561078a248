"""A language model as a teacher: every reply is kept the moment it is there, so that a stopped run costs nothing twice.

The journal is a JSONL file that is only ever appended to. A run that goes on asks the same questions in the same order
and finds their replies in it; what failed is asked again. A failure is a line with its reason, never an empty reply.
"""

from __future__ import annotations

import hashlib
import json
import os
import time
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from types import TracebackType
from typing import Any

from haechi.errors import InputError, ModelError
from haechi.models.base import LLM
from haechi.stores.rows import now
from haechi.types import GenerateOptions, Message

#: A call that fails is tried so often in all, with so many seconds between.
TRIES = 3
WAIT = 4.0
#: After so many failures in a row the teacher is taken to be gone.
GONE = 5


@dataclass(frozen=True)
class Reply:
    """What the teacher said. `cut` says that it did not come to its end within the tokens it was given."""

    text: str
    tokens: int | None = None
    cut: bool = False


class TeacherError(ModelError):
    """One call gave nothing to train on; the run goes on without it."""


class Journal:
    """Replies by what was asked, in a file. A line that a crash left half written is dropped; other damage is refused.

    Raises InputError when the file cannot be read or written.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self.replies: dict[str, Reply] = {}
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            self._read()
            self._file = open(path, "a", encoding="utf-8", newline="\n")
            os.chmod(path, 0o600)
        except OSError as error:
            raise InputError(f"'{path}'을(를) 쓸 수 없습니다: {error}", f"cannot write '{path}': {error}") from error

    def __enter__(self) -> Journal:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._file.close()

    def keep(self, key: str, reply: Reply) -> None:
        """Remember a reply, on disk before anything else happens."""
        self.replies[key] = reply
        self._write({"key": key, **asdict(reply)})

    def failed(self, key: str, reason: str) -> None:
        """Note why a call gave nothing."""
        self._write({"key": key, "failed": reason})

    def _write(self, row: dict[str, Any]) -> None:
        self._file.write(json.dumps({**row, "at": now()}, ensure_ascii=False) + "\n")
        self._file.flush()
        os.fsync(self._file.fileno())

    def _read(self) -> None:
        if not self.path.exists():
            return
        data = self.path.read_bytes()
        whole = data.rfind(b"\n") + 1
        for number, line in enumerate(data[:whole].decode("utf-8", "replace").split("\n"), 1):
            if not line:
                continue
            try:
                row = json.loads(line)
                if "failed" not in row:
                    self.replies[row["key"]] = Reply(row["text"], row["tokens"], row["cut"])
            except (ValueError, KeyError, TypeError) as error:
                raise InputError(
                    f"{self.path}:{number}: 교사의 답을 적은 줄이 깨졌습니다. 그 줄을 지우면 그 물음만 다시 묻습니다",
                    f"{self.path}:{number}: a broken line; delete it and only that call is made again",
                ) from error
        if whole < len(data):
            with open(self.path, "r+b") as handle:
                handle.truncate(whole)


class Teacher:
    """A model behind a journal. `sleep` is for tests; `asked` and `remembered` count this run's calls."""

    def __init__(
        self, llm: LLM, journal: Journal, *, wait: float = WAIT, sleep: Callable[[float], None] = time.sleep
    ) -> None:
        self.llm = llm
        self.name = llm.name
        self.asked = self.remembered = self.tokens = 0
        self._journal = journal
        self._wait, self._sleep = wait, sleep
        self._failures = 0

    def ask(self, messages: Sequence[Message], options: GenerateOptions) -> Reply:
        """The reply to a chat, from the journal where it stands there.

        Raises TeacherError when this call gave nothing, ModelError when several in a row did not.
        """
        key = _key(self.name, messages, options)
        if key in self._journal.replies:
            self.remembered += 1
            return self._journal.replies[key]
        reply, reason = self._tried(messages, options)
        if reply is None:
            self._journal.failed(key, reason)
            self._failures += 1
            if self._failures >= GONE:
                raise ModelError(
                    f"교사 모델이 연달아 {GONE}번 답하지 못해 멈춥니다({reason}). 고친 뒤 같은 명령으로 이어서 합니다",
                    f"the teacher failed {GONE} times in a row ({reason}); mend it and run the same command to go on",
                )
            raise TeacherError(f"교사가 답하지 못했습니다: {reason}", f"no reply: {reason}")
        self._failures = 0
        self._journal.keep(key, reply)
        return reply

    def _tried(self, messages: Sequence[Message], options: GenerateOptions) -> tuple[Reply | None, str]:
        reason = ""
        for number in range(TRIES):
            if number:
                self._sleep(self._wait)
            try:
                self.asked += 1
                made = self.llm.generate(messages, options)
            except ModelError as error:
                reason = str(error)
                continue
            self.tokens += made.completion_tokens or 0
            if not made.text.strip():
                return None, "empty"  # at the same seed it would be so again
            return Reply(made.text.strip(), made.completion_tokens, made.finish_reason == "length"), ""
        return None, reason


def _key(name: str, messages: Sequence[Message], options: GenerateOptions) -> str:
    asked: list[Any] = [name, [[message.role, message.content] for message in messages]]
    asked.append([options.max_tokens, options.temperature, options.seed, list(options.stop)])
    return hashlib.sha256(json.dumps(asked, ensure_ascii=False).encode("utf-8", "surrogatepass")).hexdigest()

"""Reads sources ahead of the run that consumes them: several parser processes, one a thread, in the given order.

Bounded twice, so that memory stays flat over any number of files: by sources in flight and by their bytes.
"""

from __future__ import annotations

import queue
from collections import deque
from collections.abc import Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from types import TracebackType

from haechi.errors import HaechiError
from haechi.parsers.worker import ParserPool
from haechi.pipeline.sources import Readers, Reading, Source

#: Bytes of sources that may wait to be consumed; a single larger one still goes through.
AHEAD_BYTES = 64 << 20


@dataclass(frozen=True)
class Outcome:
    """A source with what reading it gave, or with the reason why it could not be read."""

    source: Source
    reading: Reading | None
    error: HaechiError | OSError | None


class ReadAhead:
    """`with ReadAhead(readers) as ahead: for outcome in ahead.outcomes(sources)`. Ends its children when it closes."""

    def __init__(self, readers: Sequence[Readers]) -> None:
        self._all = list(readers)
        self._free: queue.SimpleQueue[Readers] = queue.SimpleQueue()
        for reader in self._all:
            self._free.put(reader)
        self._threads = ThreadPoolExecutor(len(self._all), thread_name_prefix="haechi-read")

    def __enter__(self) -> ReadAhead:
        return self

    def __exit__(self, kind: type[BaseException] | None, _: object, __: TracebackType | None) -> None:
        self.close()

    def outcomes(self, sources: Sequence[Source]) -> Iterator[Outcome]:
        """What became of each source, in order."""
        waiting: deque[tuple[Source, Future[Reading]]] = deque()
        coming = deque(sources)
        in_flight = 0
        while coming or waiting:
            while coming and len(waiting) < 2 * len(self._all) + 1:
                if waiting and in_flight + coming[0].size > AHEAD_BYTES:
                    break
                source = coming.popleft()
                waiting.append((source, self._threads.submit(self._read, source)))
                in_flight += source.size
            source, future = waiting.popleft()
            try:
                outcome = Outcome(source, future.result(), None)
            except (HaechiError, OSError) as error:
                outcome = Outcome(source, None, error)
            yield outcome
            in_flight -= source.size

    def _read(self, source: Source) -> Reading:
        reader = self._free.get()
        try:
            return source.read(reader)
        finally:
            self._free.put(reader)

    def close(self) -> None:
        """Drop what waits and end the parser processes; a file that is being read is given up."""
        self._threads.shutdown(wait=False, cancel_futures=True)
        for reader in self._all:
            reader.pool.stop()
        self._threads.shutdown(wait=True)
        for reader in self._all:
            reader.pool.close()


def pools(count: int, timeout: float, memory_mb: int) -> list[ParserPool]:
    """As many parser processes as may run side by side; each starts when it is first needed."""
    return [ParserPool(timeout, memory_mb) for _ in range(max(1, count))]

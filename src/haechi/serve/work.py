"""One long piece of work at a time behind the API (reading documents in), in a thread, with its progress.

It may die with the process: every commit of an ingest is whole, and the next run goes on.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from haechi.errors import HaechiError, HomeError
from haechi.pipeline.report import IngestReport, Progress, report_record

Job = Callable[[Callable[[Progress], None]], IngestReport]


@dataclass
class Work:
    """What is being done, or what was done last. `seconds_left` is None until it can be estimated."""

    running: bool = False
    source: str = ""
    done: int = 0
    total: int = 0
    seconds_left: float | None = None
    report: dict[str, Any] | None = None
    error: str = ""
    _guard: threading.Lock = field(default_factory=threading.Lock, repr=False)

    def record(self) -> dict[str, Any]:
        """The JSON of `work`."""
        left = None if self.seconds_left is None else round(self.seconds_left)
        return {
            "running": self.running,
            "source": self.source,
            "done": self.done,
            "total": self.total,
            "seconds_left": left,
            "report": self.report,
            "error": self.error,
        }

    def start(self, job: Job) -> None:
        """Begin it. Raises HomeError while another piece of work runs."""
        with self._guard:
            if self.running:
                raise HomeError(
                    "다른 자료를 읽는 중입니다. 끝난 뒤 다시 시도하세요",
                    "other documents are being read; try again when that is done",
                )
            self.running, self.source, self.done, self.total = True, "", 0, 0
            self.seconds_left, self.report, self.error = None, None, ""
        threading.Thread(target=self._run, args=(job,), name="haechi-work", daemon=True).start()

    def _run(self, job: Job) -> None:
        try:
            self.report = report_record(job(self._note))
        except HaechiError as error:
            self.error = str(error)
        except Exception as error:
            logging.getLogger(__name__).error("unexpected error", exc_info=error)
            self.error = f"해치의 잘못으로 멈추었습니다({type(error).__name__}). 자세한 내용은 서버의 로그에 있습니다."
        finally:
            self.running = False

    def _note(self, progress: Progress) -> None:
        self.source, self.done, self.total = progress.source, progress.done, progress.total
        self.seconds_left = progress.seconds_left

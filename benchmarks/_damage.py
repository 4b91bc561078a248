"""Damaged copies of good files, seeded: the same seed gives the same bytes.

Kinds: cut (truncated), bits (flipped bits), size (forged 32-bit sizes), hole (a run of zeros), shuffle (two blocks
swapped), bomb (a zip member that unpacks to a gigabyte), deep (XML nested 100,000 levels), laughs (entities that grow
without end), suffix (the right bytes under another format's name).
"""

from __future__ import annotations

import io
import random
import struct
import zipfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cache

BOMB_BYTES = 1 << 30
DEEP_LEVELS = 100_000
SUFFIXES = (".hwp", ".hwpx", ".docx", ".xlsx", ".pptx", ".pdf", ".html", ".csv", ".jsonl", ".md", ".txt")


@dataclass(frozen=True)
class Damaged:
    """A damaged file: how, from which one, under what name, and its bytes."""

    kind: str
    origin: str
    name: str
    data: bytes


def damaged(files: list[tuple[str, bytes]], count: int, seed: int = 0) -> Iterator[Damaged]:
    """`count` damaged copies of `files` (name, bytes), every kind as often as it can be made."""
    luck = random.Random(seed)
    kinds = list(_KINDS)
    for number in range(count):
        kind = kinds[number % len(kinds)]
        fitting = files if kind not in _ZIP_ONLY else [item for item in files if item[1][:2] == b"PK"]
        if not fitting:
            kind, fitting = "bits", files
        name, data = luck.choice(fitting)
        stem, _, suffix = name.rpartition(".")
        suffix = "." + suffix
        if kind == "suffix":
            suffix = luck.choice([other for other in SUFFIXES if other != suffix])
        yield Damaged(kind, name, f"{number:04}-{kind}-{stem[-30:]}{suffix}", _KINDS[kind](data, luck))


def _cut(data: bytes, luck: random.Random) -> bytes:
    return data[: luck.randrange(1, max(2, len(data)))]


def _bits(data: bytes, luck: random.Random) -> bytes:
    changed = bytearray(data)
    for _ in range(luck.choice([1, 8, 64, 512])):
        place = luck.randrange(len(changed))
        changed[place] ^= 1 << luck.randrange(8)
    return bytes(changed)


def _size(data: bytes, luck: random.Random) -> bytes:
    changed = bytearray(data)
    for _ in range(luck.choice([1, 4, 16])):
        place = luck.randrange(max(1, len(changed) - 4))
        changed[place : place + 4] = struct.pack("<I", luck.choice([0xFFFFFFFF, 0x7FFFFFFF, 0x00FFFFFF, 0, 1]))
    return bytes(changed)


def _hole(data: bytes, luck: random.Random) -> bytes:
    start = luck.randrange(len(data))
    length = luck.choice([16, 512, 4096])
    return data[:start] + bytes(min(length, len(data) - start)) + data[start + length :]


def _shuffle(data: bytes, luck: random.Random) -> bytes:
    if len(data) < 64:
        return data[::-1]
    length = len(data) // 8
    first, second = sorted(luck.sample(range(len(data) - length), 2))
    second = max(second, first + length)
    return (
        data[:first]
        + data[second : second + length]
        + data[first + length : second]
        + data[first : first + length]
        + data[second + length :]
    )


def _bomb(data: bytes, luck: random.Random) -> bytes:
    return _with_text_member(data, luck, None)


def _deep(data: bytes, luck: random.Random) -> bytes:
    return _with_text_member(data, luck, b"<a>" * DEEP_LEVELS + b"</a>" * DEEP_LEVELS)


def _laughs(data: bytes, luck: random.Random) -> bytes:
    entities = "".join(f'<!ENTITY l{n} "{f"&l{n - 1};" * 10}">' for n in range(1, 12))
    text = f'<?xml version="1.0"?><!DOCTYPE a [<!ENTITY l0 "ha">{entities}]><a>&l11;</a>'
    return _with_text_member(data, luck, text.encode())


def _with_text_member(data: bytes, luck: random.Random, content: bytes | None) -> bytes:
    """The zip with one of its XML members replaced, by a gigabyte of spaces when `content` is None."""
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(data)) as old, zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as new:
        members = [item for item in old.infolist() if not item.is_dir()]
        texts = [item for item in members if item.filename.lower().endswith((".xml", ".hpf"))] or members
        likely = [
            item
            for item in texts
            if any(word in item.filename for word in ("section0", "document", "sheet1", "slide1", "sharedStrings"))
        ]
        chosen = luck.choice(likely or texts).filename
        for item in members:
            if item.filename != chosen:
                new.writestr(item, old.read(item))
        if content is not None:
            new.writestr(chosen, content)
    return out.getvalue() if content is not None else _spliced(out.getvalue(), chosen)


@cache
def _spaces() -> bytes:
    """A zip with one member, `x`, of BOMB_BYTES spaces."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as archive, archive.open("x", "w") as member:
        for _ in range(BOMB_BYTES >> 20):
            member.write(b" " * (1 << 20))
    return out.getvalue()


def _spliced(data: bytes, name: str) -> bytes:
    """`data` (a zip) with the bomb's compressed bytes as a member `name`, without deflating a gigabyte each time."""
    bomb = _spaces()
    with zipfile.ZipFile(io.BytesIO(bomb)) as archive:
        info = archive.infolist()[0]
    name_length, extra_length = struct.unpack_from("<HH", bomb, info.header_offset + 26)
    start = info.header_offset + 30 + name_length + extra_length
    raw = bomb[start : start + info.compress_size]
    encoded = name.encode()
    common = struct.pack("<HHHHHIII", 20, 0x800, 8, 0, 0x21, info.CRC, info.compress_size, info.file_size)
    tail_at = data.rindex(b"PK\x05\x06")
    count, directory_size, directory_at = struct.unpack("<HII", data[tail_at + 10 : tail_at + 20])
    body, directory = data[:directory_at], data[directory_at : directory_at + directory_size]
    local = b"PK\x03\x04" + common + struct.pack("<HH", len(encoded), 0) + encoded + raw
    entry = (
        b"PK\x01\x02"
        + struct.pack("<H", 20)
        + common
        + struct.pack("<HHHHHII", len(encoded), 0, 0, 0, 0, 0, len(body))
        + encoded
    )
    end = struct.pack(
        "<4sHHHHIIH", b"PK\x05\x06", 0, 0, count + 1, count + 1, len(directory) + len(entry), len(body) + len(local), 0
    )
    return body + local + directory + entry + end


_KINDS: dict[str, Callable[[bytes, random.Random], bytes]] = {
    "cut": _cut,
    "bits": _bits,
    "size": _size,
    "hole": _hole,
    "shuffle": _shuffle,
    "suffix": lambda data, _: data,
    "bomb": _bomb,
    "deep": _deep,
    "laughs": _laughs,
}
_ZIP_ONLY = frozenset({"bomb", "deep", "laughs"})

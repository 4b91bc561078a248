"""What is not read, and what the user can do: passwords, DRM, older formats, wrong suffixes, parts that are too large.

Everything here looks at first bytes, flags and declared sizes, before anything is unpacked.
"""

from __future__ import annotations

import struct
import zlib
from typing import Any, Literal
from zipfile import BadZipFile, ZipFile, ZipInfo

from hwp2md.errors import Hwp2mdError

from haechi.errors import ParseError

#: What the libraries and our readers raise for broken bytes (XMLSyntaxError is a SyntaxError). Anything else is a bug.
DAMAGE = (
    *(OSError, EOFError, ValueError, LookupError, ArithmeticError, RuntimeError, SyntaxError),
    *(struct.error, zlib.error, BadZipFile, Hwp2mdError),
)

#: The largest part (a section's records or XML) after unpacking. 10,000 pages of text need less.
MAX_PART_BYTES = 64 << 20
#: Real parts shrink ten- to a hundredfold. Past `BOMB_BYTES` more than `MAX_RATIO` is a bomb.
BOMB_BYTES, MAX_RATIO = 16 << 20, 300
MAX_ENTRIES = 20_000

_DRM: tuple[tuple[bytes, str], ...] = (
    (b"<MARKANY_DOCUMENTSAFER>", "MarkAny Document SAFER"),
    (b"\x9b DRMONE", "Fasoo DRM"),
    (b"\x9b\x20", "Fasoo DRM"),
    (b"SCDSA", "Softcamp Document Security"),
    (b"<## NASCA DRM", "NASCA DRM"),
)
_OTHER: tuple[tuple[bytes, str], ...] = (
    (b"%PDF-", "PDF"),
    (b"{\\rtf", "RTF"),
    (b"\x89PNG", "PNG"),
    (b"\xff\xd8\xff", "JPEG"),
    (b"GIF8", "GIF"),
    (b"<!DOCTYPE html", "HTML"),
    (b"<html", "HTML"),
)
_OLE_STREAMS = (("WordDocument", "doc"), ("Workbook", "xls"), ("Book", "xls"), ("PowerPoint Document", "ppt"))
_ZIP_PARTS = (("word/document.xml", "docx"), ("xl/workbook.xml", "xlsx"), ("ppt/presentation.xml", "pptx"))
_SAVE_AS = "한글에서 열어 [다른 이름으로 저장하기]로 '한글 문서(*.hwp)'나 '*.hwpx'로 저장한 뒤 다시 넣어 주세요."


def kind_of(data: bytes, source: str) -> Literal["hwp5", "hwpx"]:
    """Which of the two formats the bytes are, whatever the suffix says. Raises ParseError for anything else."""
    head = data[:1024]
    if data.startswith(b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"):
        return "hwp5"
    if data.startswith((b"PK\x03\x04", b"PK\x05\x06")):
        return "hwpx"
    product = next((name for mark, name in _DRM if head.startswith(mark)), None)
    if product is None and b"DRMONE" in head[:64]:
        product = "Fasoo DRM"
    if product is not None:
        raise _drm(source, product)
    if head.startswith(b"HWP Document File"):
        raise ParseError(
            f"{source}: 한글 3.x 이전 형식(HWP 3.0)이라 읽지 못합니다. {_SAVE_AS}",
            f"{source}: HWP 3.x or older is not read; save it as HWP 5 or HWPX in Hangul",
        )
    if b"<HWPML" in head:
        raise ParseError(
            f"{source}: 한글 XML(HWPML) 파일이라 읽지 못합니다. {_SAVE_AS}",
            f"{source}: HWPML is not read; save it as HWP 5 or HWPX in Hangul",
        )
    other = next((name for mark, name in _OTHER if head.lstrip().startswith(mark)), None)
    if other:
        raise _wrong_suffix(source, other)
    raise ParseError(
        f"{source}: 한글 문서(HWP 5, HWPX)가 아니거나 깨진 파일입니다. 첫 바이트: {data[:8].hex(' ')}. "
        "한글에서 열리는지 확인하고 다시 저장해 넣어 주세요.",
        f"{source}: neither HWP 5 nor HWPX, or damaged; first bytes {data[:8].hex(' ')}",
    )


def check_ole(ole: Any, source: str) -> None:
    """Raises ParseError for other OLE files, passwords and DRM, ValueError without a file header."""
    if not ole.exists("FileHeader"):
        if ole.exists("EncryptedPackage"):
            raise _password(source)
        known = next((suffix for stream, suffix in _OLE_STREAMS if ole.exists(stream)), None)
        if known is None:
            raise ValueError("no FileHeader stream")
        if known == "doc":
            raise ParseError(
                f"{source}: 옛 워드(.doc) 문서라 읽지 못합니다. 워드나 한글에서 [다른 이름으로 저장]으로 "
                "'Word 문서(*.docx)'로 저장한 뒤 다시 넣어 주세요.",
                f"{source}: Word 97-2003 (.doc) is not read; save it as .docx",
            )
        raise _wrong_suffix(source, known)
    header: bytes = ole.openstream("FileHeader").read(256)
    if len(header) < 40 or not header.startswith(b"HWP Document File"):
        raise ValueError("bad FileHeader")
    if header[35] != 5:
        raise ParseError(
            f"{source}: 한글 문서 형식 {header[35]}.x은(는) 읽지 못합니다(5.x만 읽습니다). {_SAVE_AS}",
            f"{source}: HWP format {header[35]}.x is not read, only 5.x",
        )
    if header[36] & 0x02:
        raise _password(source)
    if header[36] & 0x10 or header[37] & 0x05:  # DRM; encrypted or protected with a certificate
        raise _drm(source, "한글 보안(DRM·공인인증서)")


def check_zip(archive: ZipFile, source: str) -> None:
    """Raises ParseError for other zip files, passwords, and more entries than any document has."""
    entries = archive.infolist()
    names = {entry.filename.lower(): entry for entry in entries}
    if len(entries) > MAX_ENTRIES:
        raise too_large(source, f"zip 항목 {len(entries)}개", f"{len(entries)} zip entries")
    section = names.get("contents/section0.xml")
    if section is None:
        known = next((suffix for part, suffix in _ZIP_PARTS if part in names), None)
        if known is None and "hwp" not in _mimetype(archive, names):
            known = "zip"
        if known is not None:
            raise _wrong_suffix(source, known)
        raise ValueError("no Contents/section0.xml")
    manifest = names.get("meta-inf/manifest.xml")
    if section.flag_bits & 1 or (manifest is not None and b"encryption-data" in read_entry(archive, manifest, source)):
        raise _password(source)


def _mimetype(archive: ZipFile, names: dict[str, ZipInfo]) -> str:
    entry = names.get("mimetype")
    return archive.read(entry).decode("latin-1") if entry is not None and entry.file_size < 256 else ""


def read_entry(archive: ZipFile, entry: ZipInfo, source: str) -> bytes:
    """One part of a zip, refused by its declared size before a byte is unpacked; zipfile never gives more than that."""
    if entry.file_size > _limit(entry.compress_size):
        size = f"{entry.filename} {entry.file_size >> 20}MB"
        raise too_large(source, size, size)
    return archive.read(entry)


def _limit(packed: int) -> int:
    """How many bytes so many packed ones may become."""
    return min(MAX_PART_BYTES, max(BOMB_BYTES, packed * MAX_RATIO))


def inflate(data: bytes, source: str) -> bytes:
    """A raw deflate stream, never more than its size allows. Raises ValueError when it ends early."""
    worker = zlib.decompressobj(-15)
    limit = _limit(len(data))
    out = worker.decompress(data, limit)
    if worker.unconsumed_tail:
        packed, size = f"{len(data) >> 10}KB", f"{limit >> 20}MB"
        raise too_large(source, f"{packed}가 {size}를 넘게 풀림", f"{packed} unpack past {size}")
    if not worker.eof:
        raise ValueError("compressed stream ends early")
    return out


def too_large(source: str, korean: str, english: str) -> ParseError:
    """More than any document needs; `korean` and `english` say what and how much."""
    return ParseError(
        f"{source}: 압축을 풀면 지나치게 커지는 파일이라 읽지 않습니다({korean}). 문서를 나누어 저장해 넣어 주세요.",
        f"{source}: unpacks to too much ({english})",
    )


def too_deep(source: str) -> ParseError:
    """Tables within tables beyond any real document."""
    return ParseError(
        f"{source}: 표나 글상자가 너무 깊이 겹쳐 있어 읽지 않습니다. 깨졌거나 일부러 만든 파일로 보입니다.",
        f"{source}: tables or boxes are nested too deeply; the file looks damaged or forged",
    )


def bad_table(source: str, what: str) -> ParseError:
    """A cell address that no table has."""
    return ParseError(
        f"{source}: 표의 크기가 이상해 읽지 않습니다({what}). 깨졌거나 일부러 만든 파일로 보입니다.",
        f"{source}: a table's size is impossible ({what}); the file looks damaged or forged",
    )


def damaged(source: str, error: BaseException) -> ParseError:
    """Neither reader could make sense of it."""
    what = f"{type(error).__name__}: {error}"[:200]
    return ParseError(
        f"{source}: 깨진 한글 문서라 읽을 수 없습니다. 한글에서 열어 다시 저장한 뒤 넣어 주세요. ({what})",
        f"{source}: damaged HWP document ({what}); open it in Hangul and save it again",
    )


def _password(source: str) -> ParseError:
    return ParseError(
        f"{source}: 암호가 걸린 문서입니다. 한글의 [보안] > [문서 암호 설정]에서 암호를 푼 파일을 넣어 주세요.",
        f"{source}: the document is protected by a password; remove it and try again",
    )


def _drm(source: str, product: str) -> ParseError:
    return ParseError(
        f"{source}: DRM으로 잠긴 문서입니다({product}). 보안 프로그램에서 '보안 해제(복호화)'한 파일을 넣어 주세요.",
        f"{source}: wrapped by DRM ({product}); decrypt it with that program and try again",
    )


def _wrong_suffix(source: str, known: str) -> ParseError:
    return ParseError(
        f"{source}: 한글 문서가 아니라 {known} 파일입니다. 확장자를 .{known.lower()}(으)로 바꾸어 넣어 주세요.",
        f"{source}: not an HWP document but {known}; rename it to .{known.lower()}",
    )

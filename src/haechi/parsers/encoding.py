"""Bytes → clean Korean text: byte order marks, UTF-8, a declared charset, CP949 (which contains EUC-KR), stray bytes.

Guessing stops there: a file that fits none of them is refused with the reason, never decoded into nonsense.
What leaves this module is NFC, has no NUL, no control characters but tab and newline, and no lone surrogates.
"""

from __future__ import annotations

import codecs
import re
import unicodedata
from dataclasses import dataclass
from pathlib import Path

from haechi.errors import ParseError

#: Above this share of undecodable bytes a file is not text with a few stray bytes, it is something else.
MAX_STRAY_SHARE = 0.01
#: Above this share of control characters the bytes are not text at all.
MAX_CONTROL_SHARE = 0.002

_BOMS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF32_LE, "utf-32"),  # before UTF-16: its mark begins with UTF-16's
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)

_MAGIC: tuple[tuple[bytes, str], ...] = (
    (b"%PDF-", "PDF"),
    (b"PK\x03\x04", "ZIP 또는 docx·xlsx·pptx·hwpx"),
    (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "HWP 또는 옛 doc·xls·ppt"),
    (b"HWP Document File", "HWP 3.0"),
    (b"\x89PNG\r\n\x1a\n", "PNG 그림"),
    (b"\xff\xd8\xff", "JPEG 그림"),
    (b"GIF8", "GIF 그림"),
    (b"\x1f\x8b", "gzip 압축 파일"),
    (b"7z\xbc\xaf\x27\x1c", "7z 압축 파일"),
    (b"Rar!\x1a\x07", "RAR 압축 파일"),
    (b"\x7fELF", "리눅스 실행 파일"),
    (b"MZ\x90\x00", "윈도 실행 파일"),
    (b"SQLite format 3\x00", "SQLite 데이터베이스"),
    (b"GGUF", "GGUF 모델"),
)

_CONTROL_BYTES = bytes(code for code in range(0x20) if code not in (0x09, 0x0A, 0x0C, 0x0D)) + b"\x7f"
# Controls, invisible marks (zero width space, soft hyphen, inner BOM), lone surrogates and non-characters.
_UNWANTED = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u00ad\u200b\ufeff\ufffe\uffff\ud800-\udfff]")


@dataclass(frozen=True)
class Decoded:
    """Clean text, the encoding it was read with, and what a user should know about it."""

    text: str
    encoding: str
    warnings: tuple[str, ...] = ()


def clean(text: str) -> str:
    """NFC, `\\n` line ends, nothing invisible or unstorable."""
    if "\r" in text:
        text = text.replace("\r\n", "\n").replace("\r", "\n")
    text = _UNWANTED.sub(_replace_unwanted, text)
    return text if unicodedata.is_normalized("NFC", text) else unicodedata.normalize("NFC", text)


def _replace_unwanted(match: re.Match[str]) -> str:
    character = match.group()
    if "\ud800" <= character <= "\udfff":
        return "\ufffd"
    return "\n" if character in "\x0b\x0c\x85" else ""


def looks_like(data: bytes) -> str | None:
    """What a file with these first bytes is, when it is a known binary format."""
    for magic, name in _MAGIC:
        if data.startswith(magic):
            return name
    return None


def read_bytes(path: Path, source: str) -> bytes:
    """The whole file. Raises ParseError when it cannot be read or is empty."""
    try:
        data = path.read_bytes()
    except OSError as error:
        reason = error.strerror or str(error)
        raise ParseError(
            f"{source}: 파일을 읽을 수 없습니다 ({reason}).", f"{source}: cannot read ({reason})"
        ) from error
    if not data.strip():
        raise ParseError(f"{source}: 빈 파일입니다. 내용이 있는 파일을 넣어 주세요.", f"{source}: the file is empty")
    return data


def read_text(path: Path, source: str, declared: str | None = None) -> Decoded:
    """Read and decode a text file. `declared` is a charset the format itself names (HTML meta)."""
    decoded = decode(read_bytes(path, source), source, declared)
    if not decoded.text.strip():
        raise ParseError(f"{source}: 빈 파일입니다. 글자가 하나도 없습니다.", f"{source}: no characters in the file")
    return decoded


def decode(data: bytes, source: str, declared: str | None = None) -> Decoded:
    """Decode strictly where possible; a few stray bytes become U+FFFD and are reported with their place."""
    for mark, encoding in _BOMS:
        if data.startswith(mark):
            if encoding == "utf-8":
                data = data[len(mark) :]
                break
            return _decode_wide(data, encoding, source)
    warnings = _refuse_binary(data, source)
    for encoding in _candidates(declared):
        try:
            return Decoded(clean(data.decode(encoding)), encoding, warnings)
        except (UnicodeDecodeError, LookupError):
            continue
    return _decode_with_strays(data, source, warnings)


def _candidates(declared: str | None) -> list[str]:
    """UTF-8 first: Korean CP949 text is practically never valid UTF-8, while wrong declarations are common."""
    wanted = ["utf-8"]
    if declared:
        name = declared.strip().strip("\"'").lower()
        wanted.append("cp949" if name in {"euc-kr", "euckr", "ks_c_5601-1987", "ksc5601", "korean", "ms949"} else name)
    wanted.append("cp949")
    return list(dict.fromkeys(wanted))


def _decode_wide(data: bytes, encoding: str, source: str) -> Decoded:
    text = data.decode(encoding, "replace")
    replaced = text.count("\ufffd")
    if replaced > max(1, len(text) * MAX_STRAY_SHARE):
        raise _undecodable(source)
    warnings = (f"읽을 수 없는 글자 {replaced}개를 �로 바꾸었습니다 ({encoding}).",) if replaced else ()
    return Decoded(clean(text), encoding, warnings)


def _refuse_binary(data: bytes, source: str) -> tuple[str, ...]:
    name = looks_like(data)
    controls = len(data) - len(data.translate(None, _CONTROL_BYTES))
    if name is None and controls > len(data) * MAX_CONTROL_SHARE and controls > 2:
        name = "글자가 아닌 이진(바이너리)"
    if name is not None:
        raise ParseError(
            f"{source}: 글 파일이 아니라 {name} 파일로 보입니다. 확장자를 바로잡거나 글로 바꾸어 다시 넣어 주세요.",
            f"{source}: not a text file, it looks like: {name}",
        )
    nuls = data.count(0)
    return (f"NUL 문자 {nuls}개를 지웠습니다 ({_line(data, data.index(0))}번째 줄부터).",) if nuls else ()


def _decode_with_strays(data: bytes, source: str, warnings: tuple[str, ...]) -> Decoded:
    best = min(("utf-8", "cp949"), key=lambda encoding: data.decode(encoding, "replace").count("\ufffd"))
    text = data.decode(best, "replace")
    replaced = text.count("\ufffd")
    if replaced > max(1, len(text) * MAX_STRAY_SHARE):
        raise _undecodable(source)
    try:
        data.decode(best)
        first = 0
    except UnicodeDecodeError as error:
        first = error.start
    note = f"{best}로 읽을 수 없는 바이트 {replaced}개를 �로 바꾸었습니다 (처음 나온 곳: {_line(data, first)}번째 줄)."
    return Decoded(clean(text), best, (*warnings, note))


def _undecodable(source: str) -> ParseError:
    return ParseError(
        f"{source}: 글자 인코딩을 알 수 없습니다. UTF-8 또는 CP949(EUC-KR)로 저장해 다시 넣어 주세요.",
        f"{source}: unknown text encoding; expected UTF-8 or CP949 (EUC-KR)",
    )


def _line(data: bytes, offset: int) -> int:
    return data.count(b"\n", 0, offset) + 1

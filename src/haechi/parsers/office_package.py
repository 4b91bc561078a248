"""Open XML packages (DOCX, XLSX, PPTX): what kind a file really is, why it cannot be read, its XML parts safely.

Parts are read with DTDs, entities and network off. The strict variant of the format names its namespaces differently;
they are rewritten to the usual ones on reading, so that nothing after this module has to know.
"""

from __future__ import annotations

import io
import posixpath
import re
from pathlib import Path
from typing import Any
from urllib.parse import unquote
from zipfile import ZipFile

from lxml import etree

from haechi.errors import ParseError
from haechi.parsers.encoding import looks_like
from haechi.parsers.zip_guard import broken, open_zip, read_member

_R = "{http://schemas.openxmlformats.org/officeDocument/2006/relationships}"
_STRICT = re.compile(rb"http://purl\.oclc\.org/ooxml/(\w+)/")
_USUAL = rb"http://schemas.openxmlformats.org/\1/2006/"
_DTD = ("<!DOCTYPE".encode("ascii"), "<!DOCTYPE".encode("utf-16-le"), "<!DOCTYPE".encode("utf-16-be"))
_OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
#: The first bytes that document protection of Korean vendors writes over a file of any format.
_DRM = (b"<MARKANY", b"<## NASCA DRM", b"DRMONE", b"\x9b DRMONE", b"SCDSA", b"<DOCUMENTSAFER", b"FSD!")

#: Kind → (part of its content type, main part, name for readers).
KINDS = {
    "docx": ("wordprocessingml", "word/document.xml", "워드 문서(.docx)"),
    "xlsx": ("spreadsheetml", "xl/workbook.xml", "엑셀 통합 문서(.xlsx)"),
    "pptx": ("presentationml", "ppt/presentation.xml", "파워포인트(.pptx)"),
}
_MACRO = {"ms-word.": "docx", "ms-excel.": "xlsx", "ms-powerpoint.": "pptx"}
_OLD_STREAMS = {
    "WordDocument": ("옛 워드(.doc)", ".docx"),
    "Workbook": ("옛 엑셀(.xls)", ".xlsx"),
    "Book": ("옛 엑셀(.xls)", ".xlsx"),
    "PowerPoint Document": ("옛 파워포인트(.ppt)", ".pptx"),
}


class OfficePackage:
    """An opened package of the wanted kind; use it in a `with`. Raises ParseError with the reason for anything else."""

    def __init__(self, path: Path, source: str, kind: str) -> None:
        self.source = source
        _refuse_other_formats(path, source, kind)
        self._zip = open_zip(path, source)
        try:
            self._names = {name.lower(): name for name in self._zip.namelist()}
            self.main = self._find_main(kind)
        except BaseException:
            self._zip.close()
            raise

    def __enter__(self) -> OfficePackage:
        return self

    def __exit__(self, *_: object) -> None:
        self._zip.close()

    def has(self, part: str) -> bool:
        """Whether the package holds this part."""
        return part.lower() in self._names

    def data(self, part: str) -> bytes:
        """A part's bytes in the usual namespaces. Raises ParseError when missing, damaged or with a DTD."""
        data = read_member(self._zip, self._names.get(part.lower(), part), self.source)
        if any(mark in data for mark in _DTD):
            raise ParseError(
                f"{self.source}: {part}에 문서 형식 선언(DOCTYPE)이 있어 읽지 않았습니다. "
                "오피스 파일에는 있을 수 없는 것입니다. 원본을 다시 저장해 넣어 주세요.",
                f"{self.source}: {part} holds a DOCTYPE, which Office files never do; refused",
            )
        return _STRICT.sub(_USUAL, data) if b"purl.oclc.org" in data else data

    def xml(self, part: str) -> Any:
        """A part as an lxml element."""
        parser = etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False, huge_tree=False)
        try:
            return etree.fromstring(self.data(part), parser)
        except (etree.XMLSyntaxError, ValueError) as error:
            raise broken(self.source, error, part) from error

    def optional_xml(self, part: str) -> Any:
        """The same, None where the package has no such part."""
        return self.xml(part) if self.has(part) else None

    def relations(self, part: str) -> dict[str, tuple[str, str]]:
        """Relationship id → (last word of its type, target part) of a part; outside links are left out."""
        folder, name = posixpath.split(part)
        root = self.optional_xml(posixpath.join(folder, "_rels", f"{name}.rels"))
        found: dict[str, tuple[str, str]] = {}
        for item in () if root is None else root:
            if not isinstance(item.tag, str) or item.get("TargetMode") == "External":
                continue
            target = unquote(item.get("Target") or "")
            joined = (
                target.lstrip("/") if target.startswith("/") else posixpath.normpath(posixpath.join(folder, target))
            )
            found[item.get("Id") or ""] = ((item.get("Type") or "").rsplit("/", 1)[-1], joined)
        return found

    def related(self, part: str, kind: str) -> str | None:
        """The part that `part` relates to by a type ending in `kind`; it may be missing from a damaged package."""
        return next((target for name, target in self.relations(part).values() if name == kind), None)

    def related_xml(self, part: str, kind: str) -> Any:
        """The same as an element: None without such a relationship, refused where its part is missing."""
        target = self.related(part, kind)
        return None if target is None else self.xml(target)

    def light_copy(self) -> io.BytesIO:
        """The package for a library that reads it whole: pictures emptied, macros' types named as plain ones."""
        copy = io.BytesIO()
        with ZipFile(copy, "w") as container:
            for name in self._names.values():
                lower = name.lower()
                if name.endswith("/"):
                    continue
                data = self.data(name) if lower.endswith((".xml", ".rels")) else b""
                if lower == "[content_types].xml":
                    data = re.sub(rb"application/vnd\.ms-powerpoint\.\w+\.macroEnabled\.main\+xml", _PPTX_MAIN, data)
                    data = re.sub(
                        rb"application/[\w.-]+presentationml\.(?:slideshow|template)\.main\+xml", _PPTX_MAIN, data
                    )
                container.writestr(name, data)
        copy.seek(0)
        return copy

    def _find_main(self, kind: str) -> str:
        relations = self.relations("").values()
        main = next((target for name, target in relations if name == "officeDocument"), "")
        found = self._kind_of(main) if main else None
        if found is None:
            found = next((name for name, (_, part, _) in KINDS.items() if self.has(part)), None)
            main = KINDS[found][1] if found else ""
        if found == kind and self.has(main):
            return main
        if found is not None and found != kind:
            raise _other(self.source, KINDS[found][2], f".{found}", f".{kind}")
        raise ParseError(
            f"{self.source}: {self._what()} {KINDS[kind][2]}로 다시 저장해 넣어 주세요.",
            f"{self.source}: not a readable .{kind} package; save it again",
        )

    def _kind_of(self, main: str) -> str | None:
        """By the content type of the main part, macro-enabled and template kinds included."""
        types = self.optional_xml("[Content_Types].xml")
        for item in () if types is None else types:
            if (item.get("PartName") or "").lstrip("/").lower() == main.lower():
                content = item.get("ContentType") or ""
                if "sheet.binary" in content:
                    raise _other(self.source, "엑셀 바이너리 통합 문서(.xlsb)", ".xlsb", "", ".xlsx")
                for mark, name in _MACRO.items():
                    if mark in content:
                        return name
                return next((name for name, (mark, _, _) in KINDS.items() if mark in content), None)
        return None

    def _what(self) -> str:
        if self.has("mimetype"):
            mimetype = read_member(self._zip, self._names["mimetype"], self.source)[:80].decode("ascii", "replace")
            return f"오피스 문서가 아니라 {mimetype} 파일입니다."
        return "오피스 문서의 본문이 없는 압축 파일입니다(깨졌거나 다른 형식)."


_PPTX_MAIN = b"application/vnd.openxmlformats-officedocument.presentationml.presentation.main+xml"


def _other(source: str, korean: str, suffix: str, given: str, to: str = "") -> ParseError:
    if to:
        return ParseError(
            f"{source}: {korean} 파일은 읽지 못합니다. "
            f"오피스에서 열어 '다른 이름으로 저장'에서 {to} 형식을 골라 저장해 넣어 주세요.",
            f"{source}: {suffix} is not read; save it as {to}",
        )
    return ParseError(
        f"{source}: 내용은 {korean}인데 {given} 파일로 되어 있습니다. 확장자를 {suffix}로 바꾸어 다시 넣어 주세요.",
        f"{source}: the content is {suffix}, not {given}; rename the file to {suffix}",
    )


def _refuse_other_formats(path: Path, source: str, kind: str) -> None:
    try:
        with path.open("rb") as file:
            head = file.read(1024)
    except OSError as error:
        reason = error.strerror or str(error)
        raise ParseError(
            f"{source}: 파일을 읽을 수 없습니다 ({reason}).", f"{source}: cannot read ({reason})"
        ) from error
    if not head.strip(b"\0 \r\n\t"):
        raise ParseError(f"{source}: 빈 파일입니다. 내용이 있는 파일을 넣어 주세요.", f"{source}: the file is empty")
    if head.startswith((b"PK\x03\x04", b"PK\x05\x06")):
        return
    refuse_protected(path, head, source)
    what = looks_like(head)
    if what is None:
        what = "글(쉼표로 나눈 표, 웹 페이지 등)" if b"\0" not in head else "알 수 없는 이진"
    raise ParseError(
        f"{source}: {KINDS[kind][2]}가 아니라 {what} 파일로 보입니다. "
        "내용에 맞게 확장자(.csv, .html 등)를 바로잡거나 오피스에서 다시 저장해 넣어 주세요.",
        f"{source}: not a .{kind} file, it looks like: {what}",
    )


def refuse_protected(path: Path, head: bytes, source: str) -> None:
    """Raise the ParseError for a file under DRM, a password or in a format before 2007; return for all others."""
    if any(mark in head[:64] for mark in _DRM):
        raise ParseError(
            f"{source}: 문서 보안(DRM)이 걸려 있어 읽을 수 없습니다. 보안 프로그램에서 해제한 파일을 넣어 주세요.",
            f"{source}: protected by DRM; release it there first",
        )
    if not head.startswith(_OLE):
        return
    streams = _ole_streams(path, source)
    if any("DRM" in name for name in streams):
        raise ParseError(
            f"{source}: 권한 관리(IRM/DRM)가 걸려 있어 읽을 수 없습니다. 제한을 해제해 다시 저장한 파일을 넣어 주세요.",
            f"{source}: protected by rights management (IRM)",
        )
    if "EncryptedPackage" in streams:
        raise ParseError(
            f"{source}: 열기 암호가 걸려 있어 읽을 수 없습니다. "
            "오피스의 파일 > 정보 > 문서 보호에서 암호를 지우고 저장해 넣어 주세요.",
            f"{source}: protected by a password; remove it and save again",
        )
    for name, (korean, suffix) in _OLD_STREAMS.items():
        if name in streams:
            raise _other(source, korean, korean, "", suffix)
    if "FileHeader" in streams:
        raise _other(source, "한글 문서(.hwp)", ".hwp", path.suffix.lower())


def _ole_streams(path: Path, source: str) -> set[str]:
    import olefile

    try:
        with olefile.OleFileIO(str(path)) as container:
            return {part for entry in container.listdir(streams=True, storages=True) for part in entry}
    except (OSError, ValueError, IndexError, KeyError, RecursionError, OverflowError, TypeError) as error:
        raise broken(source, error) from error

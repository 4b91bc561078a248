"""`.hwp` (HWP 5) and `.hwpx` → one document, told apart by content. What cannot be read is refused with a reason.

`hwp` reads with our own readers and turns to dochan when a file is damaged or text seems to be missing; that is said in
the warnings. `hwp_dochan` reads with dochan alone. The preview stored in the file is the witness for both.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

from haechi.errors import ParseError
from haechi.parsers import hwp_refusal as refusal
from haechi.parsers.base import ParseOptions
from haechi.parsers.encoding import read_bytes
from haechi.parsers.hwp5_reader import read_hwp5
from haechi.parsers.hwp_blocks import blocks_of
from haechi.parsers.hwp_check import MIN_FOUND, is_witness, share_found, stored_preview
from haechi.parsers.hwp_dochan import read_dochan
from haechi.parsers.hwp_tree import Contents
from haechi.parsers.hwpx_reader import read_hwpx
from haechi.parsers.text import TITLE_CHARS, path_title, short_title
from haechi.types import Block, Document

_SUBJECT = re.compile(r"^\W*제\s*목\W+(\w.*)$", re.M)


class HwpParser:
    """`.hwp` and `.hwpx`, read by our own readers; dochan where they fail."""

    name = "hwp"

    def parse(self, path: Path, source: str, options: ParseOptions) -> list[Document]:
        data = read_bytes(path, source)
        kind = refusal.kind_of(data, source)
        preview = _preview(data, kind, source)
        warnings: list[str] = []
        try:
            contents = read_hwpx(data, source) if kind == "hwpx" else read_hwp5(data, source)
            blocks = blocks_of(contents, source)
        except refusal.DAMAGE as error:
            contents, blocks = _second_reader(path, kind, source, error)
            warnings.append(_said("파일의 일부가 깨져 예비 판독기(dochan)로 읽었습니다", error))
        else:
            share = _share(preview, blocks)
            if share < MIN_FOUND:
                contents, blocks, warning = _doubted(path, kind, source, preview, contents, blocks)
                warnings.append(warning)
        return [_document(source, contents, blocks, warnings)]


class DochanHwpParser:
    """The alternative: dochan alone. It knows no automatic numbers (`제1조` as numbering, `가.`)."""

    name = "hwp_dochan"

    def parse(self, path: Path, source: str, options: ParseOptions) -> list[Document]:
        data = read_bytes(path, source)
        kind = refusal.kind_of(data, source)
        preview = _preview(data, kind, source)
        contents, blocks = _second_reader(path, kind, source, None)
        if _share(preview, blocks) < MIN_FOUND:
            raise _text_missing(source, _share(preview, blocks))
        return [_document(source, contents, blocks, [])]


def _preview(data: bytes, kind: str, source: str) -> str:
    try:
        return stored_preview(data, kind, source)
    except refusal.DAMAGE:  # a container too broken to open: the reader that fails on it says so
        return ""


def _second_reader(path: Path, kind: str, source: str, first: Exception | None) -> tuple[Contents, list[Block]]:
    """dochan's reading. When it fails as well, the first reader's complaint is the reason."""
    try:
        contents = read_dochan(path, kind == "hwpx")
        return contents, blocks_of(contents, source)
    except refusal.DAMAGE as error:
        raise refusal.damaged(source, first or error) from error


def _doubted(
    path: Path, kind: str, source: str, preview: str, contents: Contents, blocks: list[Block]
) -> tuple[Contents, list[Block], str]:
    """Text the preview has was not found. dochan's reading is taken when it has it.

    When two independent readers agree on a text at least as long, it is the preview that is old (a program filled in
    a template): the text is kept and the difference said. Otherwise text was lost, and that is a failure.
    """
    share = _share(preview, blocks)
    try:
        other_contents, other = _second_reader(path, kind, source, None)
    except ParseError as error:
        raise _text_missing(source, share) from error
    if _share(preview, other) >= MIN_FOUND:
        warning = f"본문이 미리보기의 {share:.0%}만 담고 있어 예비 판독기(dochan)로 읽었습니다."
        return other_contents, other, warning
    text, other_text = _text(blocks), _text(other)
    if len(text) >= len("".join(preview.split())) and share_found(other_text, text) >= MIN_FOUND:
        warning = f"파일에 저장된 미리보기가 본문과 다릅니다({share:.0%}만 같음). 두 판독기가 같게 읽었습니다."
        return contents, blocks, warning
    raise _text_missing(source, share)


def _text_missing(source: str, share: float) -> ParseError:
    return ParseError(
        f"{source}: 본문에서 미리보기 글자의 {share:.0%}만 찾았습니다. 빠진 글이 있어 넣지 않았습니다. "
        "한글에서 열어 다시 저장하거나 PDF로 바꾸어 넣어 주세요.",
        f"{source}: only {share:.0%} of the stored preview was found in the text; text is missing",
    )


def _text(blocks: list[Block]) -> str:
    captions = [str(block.meta["caption"]) for block in blocks if "caption" in block.meta]
    return "\n".join([*(block.text for block in blocks), *captions])


def _share(preview: str, blocks: list[Block]) -> float:
    return share_found(preview, _text(blocks)) if is_witness(preview) else 1.0


def _said(what: str, error: Exception) -> str:
    return f"{what} ({type(error).__name__}: {str(error)[:120]})."


def _document(source: str, contents: Contents, blocks: list[Block], warnings: list[str]) -> Document:
    if not blocks:
        raise _nothing_to_read(source, contents.pictures + contents.charts)
    meta: dict[str, Any] = {}
    if contents.version:
        meta["format_version"] = contents.version
    if contents.pictures:
        meta["pictures"] = contents.pictures
    if contents.charts:
        warnings = [*warnings, f"차트·개체(OLE) {contents.charts}개의 내용은 읽지 않았습니다."]
    if contents.tracked:
        warnings = [*warnings, "변경 추적이 켜진 문서입니다. 지운 것으로 표시된 글자도 들어 있습니다."]
    if warnings:
        meta["warnings"] = warnings
    return Document.make(source, _title(source, blocks), blocks, meta)


def _title(source: str, blocks: list[Block]) -> str:
    """The file's name: titles stored in Hangul files are mostly those of the document they were copied from.

    A name without a letter (a number some system gave) says nothing; then it is the line `제목` or the first one.
    """
    name = path_title(source)
    if any(character.isalpha() for character in name):
        return name
    lines = [line[:TITLE_CHARS] for block in blocks[:5] for line in block.text.split("\n")[:10]]
    subject = _SUBJECT.search("\n".join(lines))
    return short_title(subject[1]) if subject else short_title(lines[0])


def _nothing_to_read(source: str, pictures: int) -> ParseError:
    if pictures:
        return ParseError(
            f"{source}: 글자 없이 그림·개체 {pictures}개만 있습니다. PDF로 저장해 문자 인식(OCR)으로 넣어 주세요.",
            f"{source}: no text, only {pictures} pictures or objects; save it as PDF and use OCR",
        )
    return ParseError(f"{source}: 글자가 하나도 없는 빈 문서입니다.", f"{source}: the document holds no text")

"""How much of real HWP and HWPX files the parser keeps, against witnesses that are not ours.

    HAECHI_SHARED_DATA=../shared/data python benchmarks/hwp.py [--parser hwp|hwp_dochan] [--verbose]

fixtures: 3-grams of the preview Hangul stored in each file (from 50 characters on; otherwise those of the HWPX twin's
XML) found in the text, every table row of the XML with its cells in order on one line, HWP and HWPX twins compared,
protected files refused. nts_rulings: each ruling's text contained, but for spaces. The last line is JSON.
"""

from __future__ import annotations

import argparse
import json
import os
import re
import sys
import time
import zipfile
from collections.abc import Iterator
from pathlib import Path
from statistics import mean
from typing import Any

from lxml import etree

from haechi import registry
from haechi.errors import ParseError
from haechi.parsers.base import ParseOptions
from haechi.parsers.encoding import clean
from haechi.types import Document

SHARED = Path(os.environ.get("HAECHI_SHARED_DATA", Path(__file__).resolve().parents[2] / "shared" / "data"))
MIN_PREVIEW = 50
LEFT_OUT = {"header", "footer", "hiddenComment", "memo", "masterPage"}


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--parser", default="hwp")
    options.add_argument("--verbose", action="store_true", help="print each file below 0.99 and what is missing")
    arguments = options.parse_args()
    if not SHARED.is_dir():
        sys.exit(f"no such folder: {SHARED}; set HAECHI_SHARED_DATA")
    parser = registry.load("parsers", arguments.parser)()
    figures = {"parser": arguments.parser, **fixtures(parser, arguments.verbose), "nts": rulings(parser)}
    print(json.dumps(figures, ensure_ascii=False))


def fixtures(parser: Any, verbose: bool = False) -> dict[str, Any]:
    """Figures over shared/data/fixtures."""
    folder = SHARED / "fixtures"
    index = [json.loads(line) for line in (folder / "index.jsonl").read_text("utf-8").splitlines()]
    entries = {row["file"]: row for row in index if row["file"].endswith((".hwp", ".hwpx"))}
    locked = {name for name, row in entries.items() if row.get("password") or row.get("encrypted")}
    drm = [f"hwp_drm_wrapped/{path.name}" for path in sorted((folder / "hwp_drm_wrapped").iterdir())]
    refused = {name: refusal(parser, folder / name) for name in [*sorted(locked), *drm]}
    texts: dict[str, str] = {}
    empty: dict[str, str] = {}
    started = time.perf_counter()
    for name in sorted(set(entries) - locked):
        try:
            texts[name] = text_of(parser.parse(folder / name, name, ParseOptions())[0])
        except ParseError as error:
            empty[name] = str(error)
    seconds = time.perf_counter() - started
    shares: dict[str, float] = {}
    across: dict[str, float] = {}
    rows_found = rows_all = 0
    for name, text in texts.items():
        twin = folder / re.sub(r"\.hwp$", ".hwpx", name)
        preview = entries[name].get("preview_text") or ""
        if len("".join(preview.split())) < MIN_PREVIEW:
            preview = "\n".join(xml_texts(twin)) if twin.is_file() else ""
        pieces = [squeeze(piece) for piece in re.split(r"[<>\r\n]+", preview)]
        found, missing = share(pieces, squeeze(text))
        if pieces and any(len(piece) > 2 for piece in pieces):
            shares[name] = found
            across[name] = share(["".join(pieces)], re.sub(r"[|<>]", "", squeeze(text)))[0]
        if verbose and found < 0.99:
            print(f"{found:.3f} {name}: {missing[:20]}")
        if twin.is_file():
            lines = [squeeze(line) for line in text.split("\n")]
            for row in xml_rows(twin):
                rows_all += 1
                here = any(in_order(row, line) for line in lines)
                rows_found += here
                if verbose and not here:
                    print(f"row of {name}: {row}")
    pairs = [(name, f"{name}x") for name in texts if f"{name}x" in texts]
    unequal = [name for name, twin in pairs if squeeze(texts[name]) != squeeze(texts[twin])]
    return {
        "read": len(texts),
        "without_text": sorted(empty),
        "grams_mean": round(mean(shares.values()), 4),
        "grams_min": [min(shares, key=lambda name: shares[name]), round(min(shares.values()), 4)],
        "files_below_0.99": sorted(name for name, value in shares.items() if value < 0.99),
        "files_measured": len(shares),
        "grams_across_cells_mean": round(mean(across.values()), 4),
        "rows_in_order": [rows_found, rows_all],
        "pairs_agree": [len(pairs) - len(unequal), len(pairs)],
        "pairs_unequal": unequal,
        "refused": [sum(reason is not None for reason in refused.values()), len(refused)],
        "files_per_second": round((len(texts) + len(empty)) / seconds, 1),
    }


def rulings(parser: Any) -> dict[str, Any]:
    """Figures over shared/data/nts_rulings/hwp: is each part (`[요지]`, `[회신]`, …) contained, but for spaces?"""
    folder = SHARED / "nts_rulings"
    corpus = {row["id"]: row for row in map(json.loads, (folder / "corpus.jsonl").open(encoding="utf-8"))}
    index = [json.loads(line) for line in (folder / "hwp_index.jsonl").read_text("utf-8").splitlines()]
    contained = 0
    shares: list[float] = []
    missing: list[str] = []
    seconds = 0.0
    size = 0
    for row in index:
        path = folder / "hwp" / row["file"]
        size += path.stat().st_size
        started = time.perf_counter()
        document = parser.parse(path, row["file"], ParseOptions())[0]
        seconds += time.perf_counter() - started
        text = squeeze(text_of(document))
        parts = [squeeze(part) for part in re.split(r"(?m)^\[[^\]\n]{1,12}\]$", corpus[row["id"]]["text"])]
        whole = all(part in text for part in parts)
        contained += whole
        if not whole:
            missing.append(row["file"])
        shares.append(share(parts, text)[0])
    return {
        "contained": [contained, len(index)],
        "not_contained": missing,
        "grams_mean": round(mean(shares), 4),
        "files_per_second": round(len(index) / seconds, 1),
        "mb_per_second": round(size / seconds / 1e6, 2),
    }


def refusal(parser: Any, path: Path) -> str | None:
    """The reason, or None when the file was read."""
    try:
        parser.parse(path, path.name, ParseOptions())
    except ParseError as error:
        return str(error)
    return None


def text_of(document: Document) -> str:
    captions = [str(block.meta["caption"]) for block in document.blocks if "caption" in block.meta]
    return "\n".join([document.text, *captions])


def squeeze(text: str) -> str:
    return "".join(clean(text).split())


def share(pieces: list[str], text: str) -> tuple[float, list[str]]:
    wanted = {piece[at : at + 3] for piece in pieces for at in range(len(piece) - 2)}
    missing = sorted(gram for gram in wanted if gram not in text)
    return (1 - len(missing) / len(wanted) if wanted else 1.0), missing


def in_order(cells: list[list[str]], line: str) -> bool:
    at = 0
    for paragraph in (paragraph for cell in cells for paragraph in cell):
        at = line.find(paragraph, at)
        if at < 0:
            return False
        at += len(paragraph)
    return True


def _local(node: Any) -> str:
    return node.tag.rpartition("}")[2] if isinstance(node.tag, str) else ""


def _sections(path: Path) -> Iterator[Any]:
    with zipfile.ZipFile(path) as archive:
        for name in sorted(archive.namelist()):
            if re.fullmatch(r"Contents/section\d+\.xml", name):
                yield etree.fromstring(archive.read(name))


def _own_text(node: Any, stop: set[str]) -> str:
    """Text of a paragraph, automatic numbers as stored, without what stands in tables, notes and the like."""
    if _local(node) == "autoNum" and "PAGE" not in node.get("numType", ""):
        return node.get("num", "") + "".join(shape.get("suffixChar", "") for shape in node)
    parts = [node.text or ""] if _local(node) == "t" else []
    for child in node:
        if _local(child) not in stop:
            parts.append(_own_text(child, stop))
        if _local(node) == "t":
            parts.append(child.tail or "")
    return "".join(parts)


def xml_texts(path: Path) -> Iterator[str]:
    """Every paragraph's own text, read without any parser of ours; headers, footers and comments left out."""
    for root in _sections(path):
        for paragraph in root.iter("{*}p"):
            if not LEFT_OUT & {_local(parent) for parent in paragraph.iterancestors()}:
                yield _own_text(paragraph, {"p", *LEFT_OUT})


def xml_rows(path: Path) -> Iterator[list[list[str]]]:
    """Rows with text in at least two cells: the paragraphs of each cell, without the tables within."""
    for root in _sections(path):
        for row in root.iter("{*}tr"):
            if LEFT_OUT & {_local(parent) for parent in row.iterancestors()}:
                continue
            cells = [
                [
                    text
                    for paragraph in cell.iterfind("{*}subList/{*}p")
                    if (text := squeeze(_own_text(paragraph, {"tbl", "footNote", "endNote", "p", *LEFT_OUT})))
                ]
                for cell in row
                if _local(cell) == "tc"
            ]
            if sum(bool(cell) for cell in cells) > 1:
                yield cells


if __name__ == "__main__":
    main()

"""Moves what stands above or below a table (`표 1. 수수료`, `(단위: 원)`) from the text into the table's caption."""

from __future__ import annotations

import re
from collections.abc import Sequence

from haechi.types import Block

MAX_CHARS = 120
_TABLE = re.compile(r"\s*[<〈《\[【(]?\s*(?:표|table)\s*\d[\d.\-–]*", re.IGNORECASE)
_FIGURE = re.compile(r"\s*[<〈《\[【(]?\s*(?:그림|사진|도표|figure|fig\.)\s*\d", re.IGNORECASE)
_UNIT = re.compile(r"\s*[(\[<]?\s*단위\s*[:：].{1,60}")


def attach_captions(blocks: Sequence[tuple[Block, bool]]) -> list[Block]:
    """`blocks` are (block, whether the format calls it a caption). Only neighbours of a table are moved."""
    taken: set[int] = set()
    captions: dict[int, str] = {}
    for number, (block, _) in enumerate(blocks):
        if block.kind != "table" or block.meta.get("caption"):
            continue
        above: list[int] = []
        place = number - 1
        while place >= 0 and place not in taken and len(above) < 2 and _is_caption(*blocks[place]):
            above.insert(0, place)
            place -= 1
        after = number + 1
        if not above and after < len(blocks) and blocks[after][1] and _is_caption(*blocks[after]):
            above = [after]
        if above:
            taken.update(above)
            captions[number] = " ".join(" ".join(blocks[place][0].text.split()) for place in above)
    return [
        Block(block.text, block.kind, block.page, block.headings, {**block.meta, "caption": captions[number]})
        if number in captions
        else block
        for number, (block, _) in enumerate(blocks)
        if number not in taken
    ]


def _is_caption(block: Block, styled: bool) -> bool:
    if block.kind != "paragraph" or len(block.text) > MAX_CHARS or "note" in block.meta:
        return False
    if _FIGURE.match(block.text):
        return False
    return styled or bool(_TABLE.match(block.text) or _UNIT.fullmatch(block.text))

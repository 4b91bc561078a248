"""Writes small HWPX files: only the parts and attributes a reader needs, in Hangul's own namespaces."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from io import BytesIO
from xml.sax.saxutils import escape
from zipfile import ZIP_DEFLATED, ZipFile

NAMES = " ".join(
    f'xmlns:{short}="http://www.hancom.co.kr/hwpml/2011/{name}"'
    for short, name in (("hp", "paragraph"), ("hs", "section"), ("hh", "head"), ("hc", "core"))
)
#: Paragraph shapes: 0 plain, 1 and 2 outline levels, 3 to 5 levels of numbering 2, 6 bullet, 7 numbering 3 (articles).
HEADER = f"""<hh:head {NAMES} version="1.4"><hh:refList>
<hh:numberings>
<hh:numbering id="1" start="0"><hh:paraHead start="1" level="1" numFormat="DIGIT">제^1장</hh:paraHead>
<hh:paraHead start="1" level="2" numFormat="DIGIT">제^2절</hh:paraHead></hh:numbering>
<hh:numbering id="2" start="0"><hh:paraHead start="1" level="1" numFormat="DIGIT">^1.</hh:paraHead>
<hh:paraHead start="1" level="2" numFormat="HANGUL_SYLLABLE">^2.</hh:paraHead>
<hh:paraHead start="1" level="3" numFormat="DIGIT">^3)</hh:paraHead></hh:numbering>
<hh:numbering id="3" start="0"><hh:paraHead start="1" level="1" numFormat="DIGIT">제^1조</hh:paraHead></hh:numbering>
</hh:numberings>
<hh:bullets><hh:bullet id="1" char="\uf09f"/></hh:bullets>
<hh:paraProperties>
<hh:paraPr id="0"><hh:heading type="NONE" idRef="0" level="0"/></hh:paraPr>
<hh:paraPr id="1"><hh:heading type="OUTLINE" idRef="0" level="0"/></hh:paraPr>
<hh:paraPr id="2"><hh:heading type="OUTLINE" idRef="0" level="1"/></hh:paraPr>
<hh:paraPr id="3"><hh:heading type="NUMBER" idRef="2" level="0"/></hh:paraPr>
<hh:paraPr id="4"><hh:heading type="NUMBER" idRef="2" level="1"/></hh:paraPr>
<hh:paraPr id="5"><hh:heading type="NUMBER" idRef="2" level="2"/></hh:paraPr>
<hh:paraPr id="6"><hh:heading type="BULLET" idRef="1" level="0"/></hh:paraPr>
<hh:paraPr id="7"><hh:heading type="NUMBER" idRef="3" level="0"/></hh:paraPr>
</hh:paraProperties></hh:refList></hh:head>"""
SECTION = '<hp:p paraPrIDRef="0"><hp:run><hp:secPr outlineShapeIDRef="1"/></hp:run></hp:p>'


def text(content: str) -> str:
    return f"<hp:t>{escape(content)}</hp:t>"


def paragraph(*content: str, shape: int = 0) -> str:
    """`content` is plain text, or XML when it begins with `<hp:`."""
    inner = "".join(part if part.startswith("<hp:") else text(part) for part in content)
    return f'<hp:p paraPrIDRef="{shape}"><hp:run>{inner}</hp:run></hp:p>'


def sub_list(*paragraphs: str) -> str:
    return f"<hp:subList>{''.join(p if p.startswith('<hp:p ') else paragraph(p) for p in paragraphs)}</hp:subList>"


def auto_number(number: int, kind: str = "TABLE", after: str = "") -> str:
    shape = f'<hp:autoNumFormat type="DIGIT" prefixChar="" suffixChar="{after}"/>'
    return f'<hp:ctrl><hp:autoNum num="{number}" numType="{kind}">{shape}</hp:autoNum></hp:ctrl>'


def note(number: int, content: str, kind: str = "footNote") -> str:
    body = sub_list(paragraph(auto_number(number, kind.upper(), ")"), f" {content}"))
    return f"<hp:ctrl><hp:{kind}>{body}</hp:{kind}></hp:ctrl>"


def cell(row: int, column: int, *content: str, rows: int = 1, columns: int = 1, header: bool = False) -> str:
    return (
        f'<hp:tc header="{int(header)}">{sub_list(*content)}<hp:cellAddr colAddr="{column}" rowAddr="{row}"/>'
        f'<hp:cellSpan colSpan="{columns}" rowSpan="{rows}"/></hp:tc>'
    )


def table(*cells: str, caption: str = "", inline: bool = True) -> str:
    """The declared size is that of the cells' addresses, when these are no forgery."""
    above = f"<hp:caption>{sub_list(caption)}</hp:caption>" if caption else ""
    places = [re.findall(r'<hp:cellAddr colAddr="(\d+)" rowAddr="(\d+)"', part)[-1:] for part in cells]
    height, width = (max([1, *(int(at[which]) + 1 for place in places for at in place)]) for which in (1, 0))
    size = f'rowCnt="{height}" colCnt="{width}"'
    place = f'<hp:pos treatAsChar="{int(inline)}"/>'
    return f"<hp:tbl {size}>{place}{above}<hp:tr>{''.join(cells)}</hp:tr></hp:tbl>"


def grid(rows: Sequence[Sequence[str]]) -> str:
    return table(*(cell(at, column, value) for at, row in enumerate(rows) for column, value in enumerate(row)))


def box(*paragraphs: str, inline: bool = False) -> str:
    place = f'<hp:pos treatAsChar="{int(inline)}"/>'
    return f"<hp:rect>{place}<hp:drawText>{sub_list(*paragraphs)}</hp:drawText></hp:rect>"


def make_hwpx(*body: str, preview: str = "", parts: Mapping[str, bytes] | None = None) -> bytes:
    """A package of one section. `body` are paragraphs (plain text allowed); `parts` are added or replace."""
    inner = "".join(part if part.startswith("<hp:p ") else paragraph(part) for part in body)
    files: dict[str, bytes] = {
        "mimetype": b"application/hwp+zip",
        "Contents/header.xml": HEADER.encode(),
        "Contents/section0.xml": f"<hs:sec {NAMES}>{SECTION}{inner}</hs:sec>".encode(),
        "Preview/PrvText.txt": preview.encode(),
        **(parts or {}),
    }
    out = BytesIO()
    with ZipFile(out, "w", ZIP_DEFLATED) as archive:
        for name, data in files.items():
            archive.writestr(name, data)
    return out.getvalue()

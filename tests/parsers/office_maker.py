"""Small Office files made by hand: only the parts a test speaks of, so that each trap stands in plain sight."""

from __future__ import annotations

import io
from zipfile import ZIP_DEFLATED, ZipFile

W = "http://schemas.openxmlformats.org/wordprocessingml/2006/main"
_RELATION = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
_PACKAGE = "http://schemas.openxmlformats.org/package/2006"
_WORD = "application/vnd.openxmlformats-officedocument.wordprocessingml"
WORD_TYPE = f"{_WORD}.document.main+xml"

#: Name of a part → root element that a test gives only the inside of.
_ROOTS = {"styles": "styles", "numbering": "numbering", "footnotes": "footnotes", "endnotes": "endnotes"}


def make_zip(members: dict[str, str | bytes], method: int = ZIP_DEFLATED) -> bytes:
    data = io.BytesIO()
    with ZipFile(data, "w", method) as container:
        for name, content in members.items():
            container.writestr(name, content)
    return data.getvalue()


def make_docx(body: str, content_type: str = WORD_TYPE, **parts: str) -> bytes:
    """`body` and `parts` (styles, numbering, footnotes, endnotes) are the insides of their root elements."""
    namespaces = (
        f'xmlns:w="{W}" xmlns:mc="http://schemas.openxmlformats.org/markup-compatibility/2006" '
        'xmlns:v="urn:schemas-microsoft-com:vml" '
        'xmlns:wps="http://schemas.microsoft.com/office/word/2010/wordprocessingShape"'
    )
    relations = "".join(
        f'<Relationship Id="r{number}" Type="{_RELATION}/{name}" Target="{name}.xml"/>'
        for number, name in enumerate(parts)
    )
    members: dict[str, str | bytes] = {
        "[Content_Types].xml": f'<Types xmlns="{_PACKAGE}/content-types">'
        f'<Override PartName="/word/document.xml" ContentType="{content_type}"/></Types>',
        "_rels/.rels": f'<Relationships xmlns="{_PACKAGE}/relationships"><Relationship Id="r1" '
        f'Type="{_RELATION}/officeDocument" Target="word/document.xml"/></Relationships>',
        "word/document.xml": f"<w:document {namespaces}><w:body>{body}</w:body></w:document>",
        "word/_rels/document.xml.rels": f'<Relationships xmlns="{_PACKAGE}/relationships">{relations}</Relationships>',
    }
    for name, inside in parts.items():
        members[f"word/{name}.xml"] = f"<w:{_ROOTS[name]} {namespaces}>{inside}</w:{_ROOTS[name]}>"
    return make_zip(members)


def p(text: str = "", properties: str = "", runs: str = "") -> str:
    """A Word paragraph; `runs` is XML after the text."""
    run = f'<w:r><w:t xml:space="preserve">{text}</w:t></w:r>' if text else ""
    return f"<w:p><w:pPr>{properties}</w:pPr>{run}{runs}</w:p>"


def tc(*content: str, properties: str = "") -> str:
    """A Word table cell; texts become paragraphs, XML stays."""
    inside = "".join(item if item.startswith("<") else p(item) for item in content)
    return f"<w:tc><w:tcPr>{properties}</w:tcPr>{inside}</w:tc>"


def tbl(*rows: str) -> str:
    return "<w:tbl>" + "".join(row if row.startswith("<w:tr>") else f"<w:tr>{row}</w:tr>" for row in rows) + "</w:tbl>"


def style(style_id: str, name: str, properties: str = "", based_on: str = "") -> str:
    base = f'<w:basedOn w:val="{based_on}"/>' if based_on else ""
    return (
        f'<w:style w:type="paragraph" w:styleId="{style_id}"><w:name w:val="{name}"/>{base}'
        f"<w:pPr>{properties}</w:pPr></w:style>"
    )


def numbered(number_id: int, level: int = 0) -> str:
    return f'<w:numPr><w:ilvl w:val="{level}"/><w:numId w:val="{number_id}"/></w:numPr>'


def numbering(*levels: tuple[str, str], extra: str = "") -> str:
    """One list whose levels are (format, text); its `numId` is 1."""
    inside = "".join(
        f'<w:lvl w:ilvl="{depth}"><w:start w:val="1"/><w:numFmt w:val="{kind}"/>'
        f'<w:lvlText w:val="{text}"/>{extra}</w:lvl>'
        for depth, (kind, text) in enumerate(levels)
    )
    return (
        f'<w:abstractNum w:abstractNumId="0">{inside}</w:abstractNum>'
        '<w:num w:numId="1"><w:abstractNumId w:val="0"/></w:num>'
    )


def make_ole(*streams: str) -> bytes:
    """A compound file (what came before 2007, and what encryption still uses) with empty streams of these names."""
    free, end = b"\xff\xff\xff\xff", b"\xfe\xff\xff\xff"
    header = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(16) + b"\x3e\x00\x03\x00\xfe\xff\x09\x00\x06\x00" + bytes(10)
    header += (1).to_bytes(4, "little") + (1).to_bytes(4, "little") + bytes(4) + (4096).to_bytes(4, "little")
    header += end + bytes(4) + end + bytes(4) + bytes(4) + free * 108
    sectors = -(-(len(streams) + 1) // 4)
    chain = b"".join((number + 2).to_bytes(4, "little") for number in range(sectors - 1)) + end
    table = (b"\xfd\xff\xff\xff" + chain).ljust(512, b"\xff")
    entries = [_ole_entry("Root Entry", 5, child=1)]
    entries += [
        _ole_entry(name, 2, right=number + 2 if number + 1 < len(streams) else None)
        for number, name in enumerate(streams)
    ]
    return header + table + b"".join(entries).ljust(512 * sectors, b"\0")


def _ole_entry(name: str, kind: int, child: int | None = None, right: int | None = None) -> bytes:
    def place(number: int | None) -> bytes:
        return b"\xff\xff\xff\xff" if number is None else number.to_bytes(4, "little")

    text = name.encode("utf-16-le") + b"\0\0"
    entry = text.ljust(64, b"\0") + len(text).to_bytes(2, "little") + bytes([kind, 1])
    entry += place(None) + place(right) + place(child) + bytes(36) + b"\xfe\xff\xff\xff" + bytes(8)
    return entry

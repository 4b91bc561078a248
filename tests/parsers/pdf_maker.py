"""Writes small Korean PDFs by hand: a predefined Korean CMap, no embedded font; text, lines, boxes and tables."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

#: Points, A4.
WIDTH, HEIGHT = 595, 842

_FONTS = [
    b"<< /Type /Font /Subtype /Type0 /BaseFont /HYSMyeongJo-Medium /Encoding /UniKS-UCS2-H /DescendantFonts [5 0 R] >>",
    b"<< /Type /Font /Subtype /Type0 /BaseFont /HYGoThic-Bold /Encoding /UniKS-UCS2-H /DescendantFonts [7 0 R] >>",
    b"<< /Type /Font /Subtype /CIDFontType0 /BaseFont /HYSMyeongJo-Medium /DW 1000 /FontDescriptor 6 0 R "
    b"/CIDSystemInfo << /Registry (Adobe) /Ordering (Korea1) /Supplement 1 >> >>",
    b"<< /Type /FontDescriptor /FontName /HYSMyeongJo-Medium /Flags 4 /FontBBox [0 -200 1000 900] /ItalicAngle 0 "
    b"/Ascent 800 /Descent -200 /CapHeight 700 /StemV 80 >>",
    b"<< /Type /Font /Subtype /CIDFontType0 /BaseFont /HYGoThic-Bold /DW 1000 /FontDescriptor 8 0 R "
    b"/CIDSystemInfo << /Registry (Adobe) /Ordering (Korea1) /Supplement 1 >> >>",
    b"<< /Type /FontDescriptor /FontName /HYGoThic-Bold /Flags 262148 /FontBBox [0 -200 1000 900] /ItalicAngle 0 "
    b"/Ascent 800 /Descent -200 /CapHeight 700 /StemV 180 /FontWeight 700 >>",
]


@dataclass
class Page:
    """A page to draw on. Positions are points from the top left; a character is as wide as its size."""

    rotate: int = 0
    media_box: tuple[int, int, int, int] = (0, 0, WIDTH, HEIGHT)
    drawn: list[str] = field(default_factory=list)

    def text(self, x: float, top: float, text: str, size: float = 10, *, bold: bool = False, turn: str = "") -> Page:
        """Draw one line of text; `turn` is the head of another text matrix (`0 1 -1 0`)."""
        matrix = f"{turn or '1 0 0 1'} {x} {HEIGHT - top - size}"
        code = text.encode("utf-16-be").hex()
        self.drawn.append(f"BT /F{2 if bold else 1} {size} Tf {matrix} Tm <{code}> Tj ET")
        return self

    def lines(self, x: float, top: float, texts: Sequence[str], size: float = 10, pitch: float = 16) -> Page:
        """Draw lines one below the other."""
        for index, text in enumerate(texts):
            self.text(x, top + index * pitch, text, size)
        return self

    def line(self, x0: float, y0: float, x1: float, y1: float) -> Page:
        """Rule a line."""
        self.drawn.append(f"0.5 w {x0} {HEIGHT - y0} m {x1} {HEIGHT - y1} l S")
        return self

    def shade(self, x: float, top: float, width: float, height: float) -> Page:
        """Fill a box with grey."""
        self.drawn.append(f"q 0.85 g {x} {HEIGHT - top - height} {width} {height} re f Q")
        return self

    def picture(self) -> Page:
        """Cover the page with a picture of one pixel, as a scan does."""
        self.drawn.append(f"q {WIDTH} 0 0 {HEIGHT} 0 0 cm BI /W 1 /H 1 /CS /G /BPC 8 ID\n~\nEI Q")
        return self

    def grid(
        self, x: float, top: float, widths: Sequence[float], rows: int, *, high: float = 20, sides: bool = True
    ) -> Page:
        """Rule a table; without `sides` its left and right stay open."""
        right = x + sum(widths)
        for row in range(rows + 1):
            self.line(x, top + row * high, right, top + row * high)
        at = x
        for index, width in enumerate([*widths, 0]):
            if sides or 0 < index < len(widths):
                self.line(at, top, at, top + rows * high)
            at += width
        return self

    def table(
        self,
        x: float,
        top: float,
        widths: Sequence[float],
        rows: Sequence[Sequence[str]],
        *,
        high: float = 20,
        sides: bool = True,
    ) -> Page:
        """Rule a table and write its cells, one line each."""
        self.grid(x, top, widths, len(rows), high=high, sides=sides)
        for number, row in enumerate(rows):
            for column, text in enumerate(row):
                if text:
                    self.text(x + sum(widths[:column]) + 4, top + number * high + 4, text)
        return self


def draw_pdf(pages: Sequence[Page], *, title: str = "", encrypted: bool = False, count: int | None = None) -> bytes:
    """A PDF of drawn pages. `count` forges the number of pages; `encrypted` asks for a password nobody knows."""
    objects = [b"<< /Type /Catalog /Pages 2 0 R >>", b"", *_FONTS]
    kids = []
    for page in pages:
        content = "\n".join(page.drawn).encode()
        objects.append(b"<< /Length %d >>\nstream\n%s\nendstream" % (len(content), content))
        objects.append(
            b"<< /Type /Page /Parent 2 0 R /MediaBox [%d %d %d %d] /Rotate %d /Contents %d 0 R "
            b"/Resources << /Font << /F1 3 0 R /F2 4 0 R >> >> >>" % (*page.media_box, page.rotate, len(objects))
        )
        kids.append(b"%d 0 R" % len(objects))
    objects[1] = b"<< /Type /Pages /Kids [%s] /Count %d >>" % (b" ".join(kids), count or len(kids))
    trailer = b""
    if title:
        objects.append(b"<< /Title <feff%s> >>" % title.encode("utf-16-be").hex().encode())
        trailer += b" /Info %d 0 R" % len(objects)
    if encrypted:
        objects.append(b"<< /Filter /Standard /V 1 /R 2 /O <%s> /U <%s> /P -4 >>" % (b"11" * 32, b"22" * 32))
        trailer += b" /Encrypt %d 0 R /ID [<33> <33>]" % len(objects)
    return _written(objects, trailer)


def make_pdf(pages: Sequence[Sequence[str]]) -> bytes:
    """A PDF of plain lines, 12 points, one below the other."""
    drawn = []
    for lines in pages:
        page = Page()
        for index, line in enumerate(lines):
            page.text(50, 50 + 20 * index, line, 12)
        drawn.append(page)
    return draw_pdf(drawn)


def _written(objects: Sequence[bytes], trailer: bytes) -> bytes:
    out = bytearray(b"%PDF-1.7\n")
    offsets = []
    for number, body in enumerate(objects, 1):
        offsets.append(len(out))
        out += b"%d 0 obj\n%s\nendobj\n" % (number, body)
    start = len(out)
    out += b"xref\n0 %d\n0000000000 65535 f \n" % (len(objects) + 1)
    out += b"".join(b"%010d 00000 n \n" % offset for offset in offsets)
    out += b"trailer\n<< /Size %d /Root 1 0 R%s >>\nstartxref\n%d\n%%%%EOF\n" % (len(objects) + 1, trailer, start)
    return bytes(out)

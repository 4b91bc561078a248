"""A `tesseract` for tests: a script on PATH that reads hatched bars, each width a word, from the picture it is given.

It finds dark bands in the PGM as a real engine finds lines, so cutting, stacking, joining and giving back are tested
as they run; only the reading of letters is played.
"""

from __future__ import annotations

import io
import json
import os
import stat
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

import pytest
from PIL import Image, ImageDraw

#: A bar of FIRST + n * STEP pixels is word n.
FIRST, STEP, BAR_HEIGHT = 60, 20, 30

SCRIPT = """#!{python}
import json, sys, time
from pathlib import Path
here = Path(__file__).parent
say = json.loads((here / "say.json").read_text("utf-8"))
arguments = sys.argv[1:]
with open(here / "calls.txt", "a") as log:
    log.write(" ".join(arguments[2:]) + "\\n")
if arguments == ["--list-langs"]:
    print("List of available languages (3):", *say["languages"], sep="\\n"); sys.exit()
if arguments == ["--version"]:
    print("tesseract 5.3.0"); sys.exit()
time.sleep(say["sleep"])
if say["fail"]:
    sys.exit("Error in pixReadStream: " + say["fail"])
picture, out = arguments[:2]
option = lambda name: arguments[arguments.index(name) + 1] if name in arguments else ""
if option("--psm") == "0":
    Path(out + ".osd").write_text("Rotate: %d\\n" % say["rotate"]); sys.exit()
data = Path(picture).read_bytes()
magic, size, depth, pixels = data.split(b"\\n", 3)
width, height = map(int, size.split())
rows = [pixels[y * width : (y + 1) * width] for y in range(height)]
bands, start = [], None
for y, row in enumerate([*rows, b"\\xff"]):
    dark = min(row) < 110
    if dark and start is None: start = y
    if not dark and start is not None:
        if y - start > 8: bands.append((start, y))
        start = None
words = say["words"].get(option("-l") + ":" + option("--psm"), say["words"][""])
tsv, text = ["level"], []
for number, (top, bottom) in enumerate(bands):
    columns = [x for x in range(width) if any(rows[y][x] < 110 for y in range(top, bottom, 3))]
    left, right = columns[0], columns[-1] + 1
    index = round((right - left - {first}) / {step})
    word = words[index] if 0 <= index < len(words) else ["?", 95]
    line, confidence = word
    text.append(line)
    position = 0
    for piece in line.split():
        for syllable in piece:
            x = left + (right - left) * position // max(1, len(line))
            row = [5, 1, 1, 1, number, position, x, top, 20, bottom - top, confidence, syllable]
            tsv.append("\\t".join(map(str, row)))
            position += 1
Path(out + ".tsv").write_text("\\n".join(tsv) + "\\n", "utf-8")
Path(out + ".txt").write_text("\\n".join(text) + say["tail"], "utf-8")
"""

Words = Sequence[tuple[str, int]]


class FakeTesseract:
    """`says` maps `language:mode` to its words; "" is any other."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        script = folder / "tesseract"
        script.write_text(SCRIPT.format(python=sys.executable, first=FIRST, step=STEP), "utf-8")
        script.chmod(script.stat().st_mode | stat.S_IXUSR)
        self.play()

    def play(
        self,
        words: Words = (),
        others: Mapping[str, Words] | None = None,
        languages: Sequence[str] = ("eng", "kor", "osd"),
        sleep: float = 0.0,
        fail: str = "",
        rotate: int = 0,
        tail: str = "\n\f",
    ) -> None:
        say = {"words": {"": words, **(others or {})}, "languages": languages, "sleep": sleep}
        say |= {"fail": fail, "rotate": rotate, "tail": tail}
        (self.folder / "say.json").write_text(json.dumps(say), "utf-8")

    @property
    def calls(self) -> list[str]:
        """The options of every call that read a picture."""
        log = self.folder / "calls.txt"
        return [line for line in log.read_text().splitlines() if "--psm" in line] if log.exists() else []


@pytest.fixture
def tesseract(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> FakeTesseract:
    folder = tmp_path / "bin"
    folder.mkdir()
    monkeypatch.setenv("PATH", f"{folder}{os.pathsep}{os.environ['PATH']}")
    return FakeTesseract(folder)


@pytest.fixture
def no_tesseract(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))


def page(bars: Sequence[tuple[int, int, int]], size: tuple[int, int] = (1200, 800)) -> Image.Image:
    """A white page with the word `n` at (left, top): hatched, so that a bar looks like letters and not like a rule."""
    picture = Image.new("L", size, 255)
    for left, top, word in bars:
        draw_word(picture, left, top, word)
    return picture


def png(bars: Sequence[tuple[int, int, int]]) -> bytes:
    """`page` as the bytes of a file."""
    file = io.BytesIO()
    page(bars).save(file, "PNG", dpi=(200, 200))
    return file.getvalue()


def draw_word(picture: Image.Image, left: int, top: int, word: int) -> None:
    pen = ImageDraw.Draw(picture)
    width = FIRST + STEP * word
    for x in range(left, left + width - 3, 8):
        pen.rectangle((x, top, x + 3, top + BAR_HEIGHT - 1), fill=0)
    pen.rectangle((left + width - 3, top, left + width - 1, top + BAR_HEIGHT - 1), fill=0)


def draw_grid(picture: Image.Image, xs: Sequence[int], ys: Sequence[int]) -> None:
    pen = ImageDraw.Draw(picture)
    for x in xs:
        pen.line((x, ys[0], x, ys[-1]), fill=0, width=3)
    for y in ys:
        pen.line((xs[0], y, xs[-1], y), fill=0, width=3)

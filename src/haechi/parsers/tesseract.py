"""Debian's tesseract as a subprocess: a grey picture in, lines of words with boxes and confidences out.

Nothing here knows pages or documents. Tesseract's TSV has boxes and confidences but cuts Korean into syllables without
saying where a space stood; its text output has the spaces. One call gives both, and they are put together here.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from haechi.errors import ParseError

if TYPE_CHECKING:
    from PIL.Image import Image

LANGUAGE = "kor"
#: The data for words in Latin letters; Debian installs it with tesseract itself.
LATIN = "eng"
INSTALL = "sudo apt install tesseract-ocr tesseract-ocr-kor"


@dataclass(frozen=True, slots=True)
class Word:
    """A piece of a line as tesseract cuts it (often one syllable). Box in pixels; `confidence` 0 to 1."""

    text: str
    left: int
    top: int
    right: int
    bottom: int
    confidence: float
    space_before: bool = False


@dataclass(frozen=True, slots=True)
class ReadLine:
    """One line of text, left to right."""

    words: tuple[Word, ...]

    @property
    def text(self) -> str:
        return "".join((" " if word.space_before else "") + word.text for word in self.words).strip()

    @property
    def left(self) -> int:
        return min(word.left for word in self.words)

    @property
    def right(self) -> int:
        return max(word.right for word in self.words)

    @property
    def top(self) -> int:
        return min(word.top for word in self.words)

    @property
    def bottom(self) -> int:
        return max(word.bottom for word in self.words)

    @property
    def confidence(self) -> float:
        """Mean over the letters."""
        return mean_confidence(self.words)


def mean_confidence(words: Sequence[Word]) -> float:
    """The mean over all letters, 0 to 1; 0 where nothing was read."""
    letters = sum(len(word.text) for word in words)
    return sum(word.confidence * len(word.text) for word in words) / letters if letters else 0.0


class PageTimeoutError(Exception):
    """Tesseract did not finish a picture in its time."""


def problem() -> ParseError | None:
    """Why pictures cannot be read on this machine; None when they can."""
    binary = shutil.which("tesseract")
    if binary is None:
        return ParseError(
            f"문자 인식(OCR) 프로그램 tesseract가 없습니다. 설치: {INSTALL}",
            f"tesseract (OCR) is not installed: {INSTALL}",
        )
    languages = installed_languages()
    if LANGUAGE not in languages:
        return ParseError(
            f"tesseract의 한국어 자료(kor)가 없습니다(있는 것: {', '.join(languages) or '없음'}). 설치: {INSTALL}",
            f"tesseract has no Korean data (kor; it has {', '.join(languages) or 'none'}): {INSTALL}",
        )
    if LATIN not in languages:
        return ParseError(
            f"tesseract의 영어 자료({LATIN})가 없습니다. 설치: sudo apt install tesseract-ocr-eng",
            f"tesseract has no English data ({LATIN}): sudo apt install tesseract-ocr-eng",
        )
    return None


def installed_languages() -> list[str]:
    """The languages that tesseract finds data for; empty when it does not run."""
    try:
        done = subprocess.run(
            ["tesseract", "--list-langs"], capture_output=True, timeout=30, check=True, stdin=subprocess.DEVNULL
        )
    except (OSError, subprocess.SubprocessError):
        return []
    return [line.strip() for line in done.stdout.decode("utf-8", "replace").splitlines()[1:] if line.strip()]


def version() -> str:
    """`5.3.0`; empty when tesseract does not run."""
    try:
        done = subprocess.run(
            ["tesseract", "--version"], capture_output=True, timeout=30, check=True, stdin=subprocess.DEVNULL
        )
    except (OSError, subprocess.SubprocessError):
        return ""
    found = re.search(r"tesseract v?(\S+)", (done.stdout + done.stderr).decode("utf-8", "replace"))
    return found[1] if found else ""


def read_lines(image: Image, *, mode: int, dpi: int, timeout: float, latin: bool = False) -> list[ReadLine]:
    """The lines of a grey picture. `mode` is tesseract's page segmentation (6: one block of text, 1: find the layout).

    `latin` reads with the English data as well: it knows OECD, and takes 함은 for SS.
    Raises PageTimeoutError after `timeout` seconds, ParseError when tesseract fails.
    """
    with tempfile.TemporaryDirectory(prefix="haechi-ocr-") as folder:
        picture, out = Path(folder) / "page.pgm", Path(folder) / "page"
        image.save(picture)
        language = f"{LANGUAGE}+{LATIN}" if latin else LANGUAGE
        _run([str(picture), str(out), "-l", language, "--psm", str(mode), "--dpi", str(dpi), "tsv", "txt"], timeout)
        tsv = out.with_suffix(".tsv").read_text("utf-8", "replace")
        text = out.with_suffix(".txt").read_text("utf-8", "replace")
    return list(_lines(tsv, text))


def turned(image: Image, *, dpi: int, timeout: float) -> int:
    """By how many degrees clockwise the picture must be turned to stand upright (0, 90, 180, 270); 0 if unknown."""
    with tempfile.TemporaryDirectory(prefix="haechi-ocr-") as folder:
        picture, out = Path(folder) / "page.pgm", Path(folder) / "page"
        image.save(picture)
        try:
            _run([str(picture), str(out), "--psm", "0", "--dpi", str(dpi)], timeout)
            found = re.search(r"^Rotate: (\d+)$", out.with_suffix(".osd").read_text("utf-8", "replace"), re.M)
        except (ParseError, OSError):  # "Too few characters": a page that cannot tell keeps its way up
            return 0
    return int(found[1]) % 360 if found else 0


def _run(arguments: Sequence[str], timeout: float) -> None:
    # One thread a process: pages are read side by side, and OpenMP's threads would only wait for each other.
    environment = {**os.environ, "OMP_THREAD_LIMIT": "1"}
    try:
        done = subprocess.run(
            ["tesseract", *arguments],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            timeout=max(0.1, timeout),
            env=environment,
            check=False,
        )
    except subprocess.TimeoutExpired as error:
        raise PageTimeoutError from error
    except OSError as error:
        raise problem() or ParseError(
            f"tesseract를 실행할 수 없습니다({error.strerror}). 설치: {INSTALL}",
            f"tesseract does not run ({error.strerror}): {INSTALL}",
        ) from error
    if done.returncode != 0:
        said = done.stderr.decode("utf-8", "replace").strip().splitlines()
        what = said[-1][:200] if said else f"exit code {done.returncode}"
        raise ParseError(f"문자 인식(tesseract)에 실패했습니다: {what}", f"tesseract failed: {what}")


def _lines(tsv: str, text: str) -> Iterator[ReadLine]:
    """Words of the TSV with the spaces of the text: both list the same letters in the same order."""
    spaced = _Spaces(text)
    current: list[Word] = []
    place: list[str] = []
    for row in tsv.splitlines()[1:]:
        cells = row.split("\t", 11)
        if len(cells) < 12 or cells[0] != "5" or not cells[11].strip():
            continue
        if cells[1:5] != place and current:
            yield ReadLine(tuple(current))
            current = []
        place = cells[1:5]
        left, top, width, height = (int(cell) for cell in cells[6:10])
        letters = "".join(cells[11].split())
        space = spaced.before(letters)
        confidence = max(0.0, min(1.0, float(cells[10]) / 100))
        current.append(Word(letters, left, top, left + width, top + height, confidence, space and bool(current)))
    if current:
        yield ReadLine(tuple(current))


class _Spaces:
    """Walks along the text output and tells whether a space or line break stood before the next word."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.position = 0

    def before(self, word: str) -> bool:
        start = self.position
        while self.position < len(self.text) and self.text[self.position].isspace():
            self.position += 1
        space = self.position > start
        if not self.text.startswith(word, self.position):
            raise ParseError(
                f"문자 인식(tesseract)의 두 출력이 다릅니다('{word[:20]}'). tesseract 5판을 설치해 주세요: {INSTALL}",
                f"tesseract's text and TSV output differ at '{word[:20]}'; version 5 is needed: {INSTALL}",
            )
        self.position += len(word)
        return space

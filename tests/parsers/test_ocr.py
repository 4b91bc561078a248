"""Pictures and scanned pages: cut, read, joined and judged. A scripted tesseract reads; one test asks the real one."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest
from PIL import Image, ImageDraw, ImageFont

from haechi.config import load_config
from haechi.errors import ConfigError, ParseError
from haechi.parsers import ocr
from haechi.parsers.base import ParseOptions
from haechi.parsers.image import ImageParser
from haechi.parsers.ocr import blocks_of, read_page, read_pages, warnings_of
from haechi.parsers.ocr_layout import find_layout, skew
from haechi.parsers.ocr_slots import cores, slot
from haechi.parsers.pdf import PdfParser
from haechi.parsers.worker import ParserPool
from haechi.types import Block
from tests.parsers.fake_tesseract import FakeTesseract, draw_grid, draw_word, page
from tests.parsers.pdf_maker import make_pdf

AUTO = ParseOptions(ocr="auto")
#: A4 at about 100 dpi times two; a bar of 30 pixels is a line of usual text there.
DPI = 200
GOOD = 95


def read(picture: Image.Image) -> list[Block]:
    return blocks_of([read_page(picture, DPI)])


def save(picture: Image.Image, path: Path, **options: object) -> Path:
    picture.save(path, **options)  # type: ignore[arg-type]
    return path


def pdf_of(pictures: list[Image.Image], path: Path) -> Path:
    pictures[0].save(path, "PDF", save_all=True, append_images=pictures[1:], resolution=DPI)
    return path


def test_a_block_says_that_it_was_read_and_how_surely(tesseract: FakeTesseract) -> None:
    tesseract.play([("여비는 실비로 지급한다.", 90), ("끝.", 96)])
    # Tesseract's TSV knows no spaces: they come from its text output.
    blocks = read(page([(60, 60, 0)]))
    assert [(block.text, block.page, block.meta["ocr"]) for block in blocks] == [("여비는 실비로 지급한다.", 1, 0.9)]


def test_two_columns_are_read_one_after_the_other(tesseract: FakeTesseract) -> None:
    # trap: tesseract reads across columns, and its own layout drops lines
    tesseract.play([("?", GOOD)] * 20 + [("왼쪽의 줄,", GOOD), ("오른쪽의 줄,", GOOD)])
    bars = [(60, 60 + 60 * row, 20) for row in range(6)] + [(640, 60 + 60 * row, 21) for row in range(6)]
    text = " ".join(block.text for block in read(page(bars)))
    assert text.count("왼쪽의") == text.count("오른쪽의") == 6
    assert text.rindex("왼쪽의") < text.index("오른쪽의")


def test_a_full_line_goes_on_and_a_short_one_ends_the_paragraph(tesseract: FakeTesseract) -> None:
    words = [("?", GOOD)] * 40
    words[30], words[10], words[31] = (
        ("여비는 출장을 마친 뒤에", GOOD),
        ("정산한다.", GOOD),
        ("다음 문단이다 그리고", GOOD),
    )
    tesseract.play(words)
    blocks = read(page([(60, 60, 30), (60, 120, 10), (60, 180, 31), (60, 240, 10)]))
    assert [block.text for block in blocks] == ["여비는 출장을 마친 뒤에 정산한다.", "다음 문단이다 그리고 정산한다."]


def test_a_ruled_table_keeps_its_rows_and_empty_cells(tesseract: FakeTesseract) -> None:
    tesseract.play(
        [("구분", GOOD), ("수수료", GOOD), ("발급", GOOD), ("300원", GOOD), ("열람", GOOD), ("본문이다.", GOOD)]
    )
    picture = page([(60, 60, 5), (60, 640, 5)])
    draw_grid(picture, [60, 460, 900], [160, 260, 360, 460])
    for left, top, word in [(90, 195, 0), (500, 195, 1), (90, 295, 2), (500, 295, 3), (90, 395, 4)]:
        draw_word(picture, left, top, word)
    blocks = read(picture)
    assert [(block.kind, block.text) for block in blocks] == [
        ("paragraph", "본문이다."),
        ("table", "구분 | 수수료\n발급 | 300원\n열람 | "),
        ("paragraph", "본문이다."),
    ]
    assert (blocks[1].meta["header_rows"], blocks[1].meta["ocr"]) == (1, 0.95)
    assert len(tesseract.calls) == 1  # all cells in one call


def test_a_cell_over_several_rows_is_repeated_and_one_over_columns_is_not(tesseract: FakeTesseract) -> None:
    tesseract.play([("본부", GOOD), ("총무", GOOD), ("인사", GOOD), ("합계", GOOD)])
    picture = page([])
    pen = ImageDraw.Draw(picture)
    draw_grid(picture, [60, 460, 900], [160, 460])
    pen.line((460, 260, 900, 260), fill=0, width=3)
    pen.line((60, 360, 900, 360), fill=0, width=3)
    pen.line((460, 364, 460, 456), fill=255, width=5)
    for left, top, word in [(90, 240, 0), (500, 195, 1), (500, 295, 2), (420, 395, 3)]:
        draw_word(picture, left, top, word)
    assert [block.text for block in read(picture)] == ["본부 | 총무\n본부 | 인사\n합계 | "]


def test_a_line_that_korean_reads_badly_is_read_with_latin_and_the_surer_reading_stays(
    tesseract: FakeTesseract,
) -> None:
    # trap: kor alone reads OECD as digits, kor+eng reads 함은 as SS
    korean = [("(0801 회원국의 비율", 60), ("자라 함은 위원을 말한다.", 60)]
    both = [("OECD 회원국의 비율", 92), ("자라 SS 위원을 말한다.", 50)]
    tesseract.play(korean, {"kor+eng:6": both})
    assert [block.text for block in read(page([(60, 60, 0), (60, 200, 1)]))] == ["OECD 회원국의 비율", korean[1][0]]


def test_a_page_that_reads_well_costs_one_call(tesseract: FakeTesseract) -> None:
    tesseract.play([("여비는 실비로 지급한다.", GOOD)])
    read(page([(60, 60, 0)]))
    assert [call.split("tsv")[0].strip() for call in tesseract.calls] == ["-l kor --psm 6 --dpi 200"]


def test_a_badly_read_page_is_tried_in_tesseracts_own_layout_and_the_one_with_more_hangul_stays(
    tesseract: FakeTesseract,
) -> None:
    tesseract.play([("=-ㅣ 1 i", 45)], {"kor:4": [("여비는 실비로 지급한다.", 80)]})
    assert [block.text for block in read(page([(60, 60, 0)]))] == ["여비는 실비로 지급한다."]


def test_a_page_upside_down_is_turned(tesseract: FakeTesseract) -> None:
    # The bars tell nothing of up and down; that the page was read again after turning is what counts here.
    tesseract.play([("뒤집힌 쪽", 60)], rotate=180)
    read(page([(60, 60, 0)]))
    modes = [call.split("--psm ")[1].split()[0] for call in tesseract.calls]
    assert modes == ["6", "6", "0", "6", "6", "4"]


@pytest.mark.parametrize(("word", "confidence"), [("여비는 실비로 지급한다.", 30), ("ㅣ=~-.ㅡㅣ|;:", 80)])
def test_a_page_of_nonsense_is_left_out_and_named(tesseract: FakeTesseract, word: str, confidence: int) -> None:
    tesseract.play([(word, confidence)])
    pages = read_pages([(3, page([(60, 60, 0)]), DPI)], 1)
    assert blocks_of(pages) == []
    assert any("3쪽" in warning for warning in warnings_of(pages))


def test_an_empty_page_is_no_error_and_needs_no_reading(tesseract: FakeTesseract) -> None:
    assert read_page(page([]), DPI).problem == "empty"
    assert tesseract.calls == []


def test_a_page_over_its_time_is_named_and_the_others_are_read(
    tesseract: FakeTesseract, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ocr, "PAGE_SECONDS", 0.2)
    tesseract.play([("여비", GOOD)], sleep=5)
    pages = read_pages([(1, page([(60, 60, 0)]), DPI), (2, page([]), DPI)], 2)
    assert [(found.number, found.problem) for found in pages] == [(1, "timeout"), (2, "empty")]


def test_pages_come_back_in_order_whichever_is_done_first(tesseract: FakeTesseract) -> None:
    tesseract.play([("가나", GOOD), ("다라", GOOD), ("마바", GOOD)])
    pictures = [(number, page([(60, 60, number - 1)]), DPI) for number in (1, 2, 3)]
    assert [block.text for block in blocks_of(read_pages(pictures, 3, jobs=3))] == ["가나", "다라", "마바"]


def test_poorly_read_pages_are_told(tesseract: FakeTesseract) -> None:
    tesseract.play([("여비는 실비로 지급한다.", 75)])
    warnings = warnings_of([read_page(page([(60, 60, 0)]), DPI, 7)])
    assert "문자 인식(OCR)으로 읽은 쪽: 7쪽" in warnings[0]
    assert "확신도가 낮은 쪽: 7쪽" in warnings[1]


def test_a_skewed_page_is_straightened() -> None:
    straight = page([(60, 60 + 70 * row, 20 + row % 3) for row in range(9)])
    for angle in (-2.0, 1.5):
        assert skew(straight.rotate(angle, fillcolor=255), DPI) == pytest.approx(-angle, abs=0.25)
    assert skew(straight, DPI) == 0.0


def test_grey_paper_and_shadows_are_no_text() -> None:
    shade = Image.linear_gradient("L").resize((1200, 800)).point(lambda value: 120 + value // 2)
    assert find_layout(shade, DPI).regions == ()


def test_a_slot_is_held_by_one_page_over_all_processes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    # trap: N workers that each read N pages at once run N² tesseracts
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    take = (
        "import sys; from haechi.parsers.ocr_slots import slot\n"
        "with slot(2) as number: print(number, flush=True); sys.stdin.read()"
    )
    environment = {**os.environ, "TMPDIR": str(tmp_path), "PYTHONPATH": os.pathsep.join(filter(None, sys.path))}
    with slot(2) as first:
        other = subprocess.Popen(
            [sys.executable, "-c", take], stdin=subprocess.PIPE, stdout=subprocess.PIPE, env=environment
        )
        assert other.stdout is not None
        assert (first, other.stdout.readline().strip()) == (0, b"1")
    other.kill()
    other.communicate()
    with slot(2) as mine, slot(2) as second:  # one that is killed leaves no lock behind
        assert (mine, second) == (0, 1)


# What is missing on the machine


def test_without_tesseract_a_picture_is_refused_with_the_command_that_mends_it(
    tmp_path: Path, no_tesseract: None
) -> None:
    path = save(page([(60, 60, 0)]), tmp_path / "가.png")
    with pytest.raises(ParseError, match=r"가\.png.*sudo apt install tesseract-ocr tesseract-ocr-kor"):
        ImageParser().parse(path, "가.png", AUTO)


def test_without_korean_data_a_picture_is_refused_not_read_as_latin(tesseract: FakeTesseract, tmp_path: Path) -> None:
    tesseract.play([("SS", GOOD)], languages=("eng", "osd"))
    path = save(page([(60, 60, 0)]), tmp_path / "가.png")
    with pytest.raises(ParseError, match=r"한국어 자료\(kor\)가 없습니다"):
        ImageParser().parse(path, "가.png", AUTO)


def test_a_failing_tesseract_is_an_error_with_its_words(tesseract: FakeTesseract, tmp_path: Path) -> None:
    tesseract.play([("가", GOOD)], fail="bad file")
    path = save(page([(60, 60, 0)]), tmp_path / "가.png")
    with pytest.raises(ParseError, match=r"가\.png.*bad file"):
        ImageParser().parse(path, "가.png", AUTO)


def test_with_ocr_off_a_picture_is_refused_with_the_setting(tmp_path: Path) -> None:
    path = save(page([(60, 60, 0)]), tmp_path / "가.png")
    with pytest.raises(ParseError, match="ocr"):
        ImageParser().parse(path, "가.png", ParseOptions())


# Picture files


def test_a_tiff_of_several_pages_is_a_document_of_several_pages(tesseract: FakeTesseract, tmp_path: Path) -> None:
    tesseract.play([("첫째 쪽이다.", GOOD), ("둘째 쪽이다.", GOOD)])
    path = tmp_path / "스캔.tif"
    page([(60, 60, 0)]).save(path, save_all=True, append_images=[page([(60, 60, 1)])], dpi=(DPI, DPI))
    document = ImageParser().parse(path, "스캔.tif", AUTO)[0]
    assert [(block.page, block.text) for block in document.blocks] == [(1, "첫째 쪽이다."), (2, "둘째 쪽이다.")]
    assert (document.title, document.meta["pages"]) == ("스캔", 2)


@pytest.mark.parametrize("mode", ["RGBA", "CMYK", "P", "1", "I;16"])
def test_pictures_of_any_colour_are_read_on_white(tesseract: FakeTesseract, tmp_path: Path, mode: str) -> None:
    tesseract.play([("여비는 실비로 지급한다.", GOOD)])
    drawn = page([(60, 60, 0)])
    if mode == "RGBA":  # trap: transparent paper is black underneath
        picture = Image.new("RGBA", drawn.size, (0, 0, 0, 0))
        picture.paste("black", mask=drawn.point(lambda value: 255 - value))
    elif mode == "I;16":
        picture = drawn.convert("I").point(lambda value: value * 256).convert("I;16")
    else:
        picture = drawn.convert(mode)
    path = save(picture, tmp_path / ("가.tif" if mode in ("CMYK", "I;16") else "가.png"), dpi=(DPI, DPI))
    assert ImageParser().parse(path, path.name, AUTO)[0].text == "여비는 실비로 지급한다."


def test_a_photo_is_turned_as_its_camera_says(tesseract: FakeTesseract, tmp_path: Path) -> None:
    tesseract.play([("여비는 실비로 지급한다.", GOOD)])
    exif = Image.Exif()
    exif[0x0112] = 6
    path = save(page([(60, 60, 0)]).rotate(90, expand=True), tmp_path / "가.jpg", exif=exif, dpi=(DPI, DPI), quality=95)
    assert ImageParser().parse(path, "가.jpg", AUTO)[0].text == "여비는 실비로 지급한다."


def test_a_picture_too_large_to_be_a_page_is_refused_before_it_is_unpacked(
    tesseract: FakeTesseract, tmp_path: Path
) -> None:
    path = save(Image.new("1", (20_000, 20_000)), tmp_path / "폭탄.png")
    with pytest.raises(ParseError, match="너무 큽니다"):
        ImageParser().parse(path, "폭탄.png", AUTO)


@pytest.mark.parametrize("data", [b"not a picture at all", b"\x89PNG\r\n\x1a\nbroken"])
def test_what_is_no_picture_is_refused(tesseract: FakeTesseract, tmp_path: Path, data: bytes) -> None:
    path = tmp_path / "가.png"
    path.write_bytes(data)
    with pytest.raises(ParseError, match=r"가\.png.*깨졌습니다"):
        ImageParser().parse(path, "가.png", AUTO)


def test_a_cut_off_picture_is_refused(tesseract: FakeTesseract, tmp_path: Path) -> None:
    path = save(page([(60, 60, 0)]), tmp_path / "가.png")
    path.write_bytes(path.read_bytes()[:300])
    with pytest.raises(ParseError, match="깨졌습니다"):
        ImageParser().parse(path, "가.png", AUTO)


def test_small_letters_are_enlarged(tesseract: FakeTesseract) -> None:
    tesseract.play([("?", GOOD)] * 60 + [("여비", GOOD)])
    small = page([(60, 60, 9)]).resize((600, 400), Image.Resampling.LANCZOS)
    read_page(small, 100)
    dpi = int(tesseract.calls[0].split("--dpi ")[1].split()[0])
    assert dpi > 200


# Scanned PDFs


def test_a_scanned_pdf_is_read_page_by_page(tesseract: FakeTesseract, tmp_path: Path) -> None:
    tesseract.play([("첫째 쪽이다.", GOOD), ("둘째 쪽이다.", GOOD)])
    path = pdf_of([page([(60, 60, 0)]), page([(60, 60, 1)])], tmp_path / "스캔.pdf")
    document = PdfParser().parse(path, "스캔.pdf", ParseOptions(ocr="auto", ocr_dpi=DPI))[0]
    assert [(block.page, block.text) for block in document.blocks] == [(1, "첫째 쪽이다."), (2, "둘째 쪽이다.")]
    assert all(block.meta["ocr"] == 0.95 for block in document.blocks)
    assert "OCR" in document.meta["warnings"][0]


def test_only_the_pages_without_text_are_read_by_ocr(tesseract: FakeTesseract, tmp_path: Path) -> None:
    tesseract.play([("그림이다.", GOOD)])
    path = mixed(tmp_path)
    blocks = PdfParser().parse(path, path.name, ParseOptions(ocr="auto", ocr_dpi=DPI))[0].blocks
    assert [(block.page, "ocr" in block.meta) for block in blocks] == [(1, False), (2, True), (3, False)]


def test_always_reads_every_page_by_ocr(tesseract: FakeTesseract, tmp_path: Path) -> None:
    tesseract.play([("?", GOOD), ("그림이다.", GOOD)])
    path = pdf_of([page([(60, 60, 1)])], tmp_path / "가.pdf")
    blocks = PdfParser().parse(path, path.name, ParseOptions(ocr="always", ocr_dpi=DPI))[0].blocks
    assert [block.text for block in blocks] == ["그림이다."]


def test_with_ocr_off_nothing_is_drawn(tesseract: FakeTesseract, tmp_path: Path) -> None:
    blocks = PdfParser().parse(mixed(tmp_path), "섞임.pdf", ParseOptions())[0].blocks
    assert [block.page for block in blocks] == [1, 3]
    assert tesseract.calls == []


def test_auto_without_tesseract_leaves_scanned_pages_out_and_says_how_to_mend_it(
    no_tesseract: None, tmp_path: Path
) -> None:
    document = PdfParser().parse(mixed(tmp_path), "섞임.pdf", AUTO)[0]
    assert [block.page for block in document.blocks] == [1, 3]
    assert "2쪽" in document.meta["warnings"][0]
    assert "apt install" in document.meta["warnings"][0]


def test_always_without_tesseract_is_an_error(no_tesseract: None, tmp_path: Path) -> None:
    with pytest.raises(ParseError, match="apt install"):
        PdfParser().parse(mixed(tmp_path), "섞임.pdf", ParseOptions(ocr="always"))


def test_a_scan_that_gives_no_text_is_refused_with_the_reason(tesseract: FakeTesseract, tmp_path: Path) -> None:
    tesseract.play([("여비는 실비로", 35)])
    path = pdf_of([page([(60, 60, 0)])], tmp_path / "얼룩.pdf")
    with pytest.raises(ParseError, match=r"얼룩\.pdf.*글로 보이지 않아"):
        PdfParser().parse(path, path.name, ParseOptions(ocr="auto", ocr_dpi=DPI))


def mixed(folder: Path) -> Path:
    """Three pages: text, a drawn bar, text."""
    path = folder / "섞임.pdf"
    bar = b"0 0 0 rg\n" + b"\n".join(b"%d 700 1.5 11 re f" % (50 + 3 * index) for index in range(8))
    data = make_pdf([["글이다."], [], ["글이다."]])
    empty = b"<< /Length 0 >>\nstream\n\nendstream"
    assert data.count(empty) == 1
    path.write_bytes(data.replace(empty, b"<< /Length %d >>\nstream\n%s\nendstream" % (len(bar), bar)))
    return path


# In the worker


def test_the_time_cap_counts_for_each_page(tesseract: FakeTesseract, tmp_path: Path) -> None:
    # trap: a scan of 100 pages takes longer than the cap for one file
    tesseract.play([("쪽이다.", GOOD)], sleep=0.5)
    path = tmp_path / "스캔.tif"
    count = 7 * min(ocr.MAX_PAGES_AT_ONCE, cores())
    pages = [page([(60, 60, 0)], (600, 300)) for _ in range(count)]
    pages[0].save(path, save_all=True, append_images=pages[1:], dpi=(DPI, DPI))
    with ParserPool(timeout=3) as pool:
        assert len(pool.parse(path, "스캔.tif", AUTO)[0].blocks) == count


def test_a_page_over_the_cap_ends_the_file_and_tesseract_with_it(tesseract: FakeTesseract, tmp_path: Path) -> None:
    tesseract.play([("쪽이다.", GOOD)], sleep=597.25)
    path = save(page([(60, 60, 0)]), tmp_path / "가.png")
    with ParserPool(timeout=3) as pool, pytest.raises(ParseError, match="3초"):
        pool.parse(path, "가.png", AUTO)
    running = subprocess.run(["ps", "-eo", "args"], capture_output=True, text=True, check=True).stdout
    assert str(tesseract.folder / "tesseract") not in running


# The real thing

FONTS = [
    Path(folder) / name
    for folder in ("/usr/share/fonts/truetype/nanum", "/usr/share/fonts/opentype/noto")
    for name in ("NanumGothic.ttf", "NotoSansCJK-Regular.ttc")
]


def test_real_tesseract_reads_a_drawn_korean_page_with_its_table(tmp_path: Path) -> None:
    font_file = next((path for path in FONTS if path.is_file()), None)
    if font_file is None or shutil.which("tesseract") is None or ocr.tesseract.problem() is not None:
        pytest.skip("needs tesseract with Korean and a Korean font: apt install tesseract-ocr-kor fonts-nanum")
    font = ImageFont.truetype(str(font_file), 40)
    picture = Image.new("L", (1800, 1000), 255)
    pen = ImageDraw.Draw(picture)
    for row, line in enumerate(["제2조(대출) 대출 기간은 14일로 한다.", "예약된 자료는 연장할 수 없다."]):
        pen.text((100, 100 + 80 * row), line, font=font, fill=0)
    draw_grid(picture, [100, 700, 1500], [360, 460, 560])
    for left, top, text in [(140, 385, "자료"), (740, 385, "연체료"), (140, 485, "도서"), (740, 485, "100원")]:
        pen.text((left, top), text, font=font, fill=0)
    path = save(picture, tmp_path / "규정.png", dpi=(300, 300))
    document = ImageParser().parse(path, "규정.png", AUTO)[0]
    assert "대출 기간은 14일로 한다." in document.text
    assert "자료 | 연체료\n도서 | 100원" in document.text
    assert all(0.7 < block.meta["ocr"] <= 1 for block in document.blocks)


@pytest.mark.parametrize("line", ['ocr = "on"', "ocr_dpi = 30"])
def test_a_setting_that_means_nothing_is_refused_not_guessed(tmp_path: Path, line: str) -> None:
    (tmp_path / "haechi.toml").write_text(f"[parsers]\n{line}\n", encoding="utf-8")
    with pytest.raises(ConfigError, match=r"\[parsers\] ocr"):
        load_config(tmp_path)

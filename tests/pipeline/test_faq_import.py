"""Reading an FAQ in: what a file may look like, what is said about bad rows, and what a second run changes."""

from __future__ import annotations

import zipfile
from datetime import date
from pathlib import Path

import openpyxl
import pytest

from haechi.errors import InputError
from haechi.pipeline.build import Home
from haechi.pipeline.faq_edit import add_pair, import_faq
from haechi.pipeline.faq_table import make_pair, read_faq

KOREAN = """질문,답변,분류,만료일,유사질문
주차 되나요?,"네, 됩니다.",시설,2026. 12. 31.,차 세울 수 있나요?|주차장 있어요?
휴관일은 언제인가요?,월요일입니다.,,,
"""


def write(tmp_path: Path, text: str, encoding: str = "utf-8", name: str = "faq.csv") -> Path:
    file = tmp_path / name
    file.write_bytes(text.encode(encoding))
    return file


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "cp949"])
def test_korean_columns_are_read_in_every_encoding_that_korean_offices_use(tmp_path: Path, encoding: str) -> None:
    rows, bad = read_faq(write(tmp_path, KOREAN, encoding))
    assert bad == []
    (_, parking), (line, closed) = rows
    assert (parking.question, parking.answer, parking.category) == ("주차 되나요?", "네, 됩니다.", "시설")
    assert parking.expires == "2026-12-31"
    assert parking.variants == ("차 세울 수 있나요?", "주차장 있어요?")
    assert (line, closed.variants, closed.expires) == (3, (), "")
    assert closed.id.startswith("faq-")


def test_a_workbook_is_read_like_a_table_of_text(tmp_path: Path) -> None:
    book = openpyxl.Workbook()
    book.active.append(["안내문만 있는 시트"])
    sheet = book.create_sheet("FAQ")
    sheet.append([])
    sheet.append(["번호", "질문", "답변", "만료일", "유사질문", "메모"])
    sheet.append([7, "주차 되나요?", "네.", date(2026, 12, 31), "차 세울 수 있나요?\n주차장 있어요?", "내부용"])
    sheet.append([8, None, "질문이 없음"])
    book.save(tmp_path / "faq.xlsx")
    rows, bad = read_faq(tmp_path / "faq.xlsx")
    ((line, pair),) = rows
    assert (line, pair.id, pair.expires, len(pair.variants)) == (3, "7", "2026-12-31", 2)
    assert [(row.line, row.reason) for row in bad] == [(4, "질문이 비어 있습니다")]


def test_bad_rows_are_named_by_line_and_the_others_are_read(tmp_path: Path) -> None:
    text = (
        "id,question,answer,expires\n"
        "a,주차 되나요?,네,\n"
        'b,"여러 줄\n질문",네,\n'
        "c,,네,\n"
        "d,휴관일은?,,\n"
        "e,요금은?,무료,내년\n"
        "a,다른 질문,네,\n"
        "f,주차되나요,아니요,\n"
        "g h,식당은?,네,\n"
        ",?!,네,\n"
    )
    rows, bad = read_faq(write(tmp_path, text))
    assert [pair.id for _, pair in rows] == ["a", "b"]
    assert rows[1][1].question == "여러 줄 질문"
    assert [row.line for row in bad] == [5, 6, 7, 8, 9, 10, 11]
    reasons = " / ".join(row.reason for row in bad)
    for word in ("질문이 비어", "답변이 비어", "만료일 '내년'", "id 'a'", "'a'의 질문과 같", "빈칸 없이", "글자가 없"):
        assert word in reasons


@pytest.mark.parametrize(
    ("name", "content", "says"),
    [
        ("faq.csv", b"name,phone\nx,y\n", "질문과 답변 열"),
        ("faq.csv", b'question,answer\n"open,x\n', "따옴표"),
        ("faq.csv", b"", "빈 파일"),
        ("faq.xlsx", b"no zip", "xlsx"),
        ("faq.docx", b"x", "CSV"),
    ],
)
def test_a_file_that_is_no_faq_is_refused_with_the_reason(tmp_path: Path, name: str, content: bytes, says: str) -> None:
    (tmp_path / name).write_bytes(content)
    with pytest.raises(InputError, match=says):
        read_faq(tmp_path / name)
    with pytest.raises(InputError, match="없습니다"):
        read_faq(tmp_path / "nothing.csv")


def test_a_workbook_that_is_a_bomb_is_not_opened(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "faq.xlsx", "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("xl/workbook.xml", b"\0" * (64 << 20))
    with pytest.raises(InputError):
        read_faq(tmp_path / "faq.xlsx")


def test_the_same_file_again_changes_nothing_and_an_edited_row_alone_is_updated(home: Home, tmp_path: Path) -> None:
    file = write(tmp_path, KOREAN)
    assert len(import_faq(home, file).added) == 2
    version = home.store.faq_version()
    again = import_faq(home, file)
    assert (len(again.unchanged), again.added, again.updated) == (2, [], [])
    assert home.store.faq_version() == version
    (parking, _) = home.store.faq_pairs()
    home.store.faq_hit(parking.id)
    write(tmp_path, KOREAN.replace("네, 됩니다.", "아니요.").replace("|주차장 있어요?", ""))
    edited = import_faq(home, file)
    assert (edited.updated, len(edited.unchanged)) == ([parking.id], 1)
    after = home.store.faq_pairs()[0]
    assert (after.answer, after.variants, after.hits) == ("아니요.", ("차 세울 수 있나요?",), 1)
    # A row that the file lost stays: removing is `faq remove`.
    write(tmp_path, "\n".join(KOREAN.splitlines()[:2]))
    import_faq(home, file)
    assert len(home.store.faq_pairs()) == 2


def test_what_a_person_added_stays_when_the_file_comes_again(home: Home, tmp_path: Path) -> None:
    file = write(tmp_path, "id,question,answer,variants\np,주차 되나요?,네.,차 세울 수 있나요?\n")
    import_faq(home, file)
    add_pair(home, make_pair("주차 되나요?", "네.", identity="p", variants=["주차장 있어요?"]))
    assert set(home.store.faq_pairs()[0].variants) == {"차 세울 수 있나요?", "주차장 있어요?"}
    assert import_faq(home, file).unchanged == ["p"]
    assert set(home.store.faq_pairs()[0].variants) == {"차 세울 수 있나요?", "주차장 있어요?"}


def test_a_question_stands_in_one_pair_only(home: Home, tmp_path: Path) -> None:
    import_faq(home, write(tmp_path, "id,question,answer\np,주차 되나요?,네.\n"))
    # Without an id the row is that pair; with another id it is a mistake.
    assert import_faq(home, write(tmp_path, "question,answer\n주차되나요,아니요.\n")).updated == ["p"]
    report = import_faq(home, write(tmp_path, "id,question,answer\nq,주차 되나요,네.\n"))
    assert [(row.line, "'p'" in row.reason) for row in report.bad] == [(2, True)]
    with pytest.raises(InputError, match="--id p"):
        add_pair(home, make_pair("주차 되나요", "네."))

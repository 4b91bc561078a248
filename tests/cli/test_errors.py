"""Every way a command can end: one message, the right status, no traceback unless it was asked for."""

from __future__ import annotations

import errno
import json
import subprocess
import sys
from pathlib import Path

import pytest

from haechi.errors import InputError, ModelError
from tests.cli.conftest import FakeBot, Run


def test_outside_of_a_home_the_message_names_the_next_command(haechi: Run) -> None:
    result = haechi("search", "질문")
    assert (result.status, result.out) == (1, "")
    assert "haechi init" in result.err


def test_a_wrong_setting_names_the_nearest_key(haechi: Run, in_folder: Path) -> None:
    (in_folder / "haechi.toml").write_text("[answer]\nmax_char = 50\n", encoding="utf-8")
    result = haechi("search", "질문")
    assert result.status == 1
    assert "max_chars" in result.err


@pytest.mark.parametrize("place", ["before", "after"])
def test_home_may_stand_before_or_after_the_command(haechi: Run, in_folder: Path, place: str) -> None:
    nowhere = str(in_folder / "다른집")
    arguments = ["--home", nowhere, "search", "질문"] if place == "before" else ["search", "질문", "--home", nowhere]
    assert nowhere in haechi(*arguments).err


def test_a_users_mistake_is_one_message_and_status_1_also_in_json_mode(haechi: Run, home: Path, bot: FakeBot) -> None:
    bot.answers["질문"] = InputError("질문이 비었습니다")
    result = haechi("ask", "질문", "--json")
    assert (result.status, result.out, result.err) == (1, "", "질문이 비었습니다\n")


def test_our_own_mistake_says_so_and_where_the_details_are(haechi: Run, home: Path, bot: FakeBot) -> None:
    bot.answers["질문"] = ZeroDivisionError("division by zero")
    result = haechi("ask", "질문")
    assert (result.status, result.out) == (1, "")
    assert "ZeroDivisionError" in result.err
    assert "HAECHI_DEBUG=1" in result.err
    assert "Traceback" not in result.err


def test_the_traceback_is_there_for_whoever_asks(
    haechi: Run, home: Path, bot: FakeBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    bot.answers["질문"] = ZeroDivisionError("division by zero")
    monkeypatch.setenv("HAECHI_DEBUG", "1")
    with pytest.raises(ZeroDivisionError):
        haechi("ask", "질문")


def test_a_full_disk_is_named_as_such(haechi: Run, home: Path, bot: FakeBot) -> None:
    bot.answers["질문"] = OSError(errno.ENOSPC, "No space left on device", "haechi.db")
    result = haechi("ask", "질문")
    assert result.status == 1
    assert "haechi.db" in result.err
    assert "No space left" in result.err


def test_ctrl_c_is_status_130(haechi: Run, home: Path, bot: FakeBot, monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupt(*arguments: object, **options: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(FakeBot, "ask", interrupt)
    result = haechi("ask", "질문")
    assert (result.status, result.err.strip()) == (130, "멈추었습니다.")


def test_a_dead_model_ends_a_batch_at_its_first_question(
    haechi: Run, home: Path, bot: FakeBot, questions: Path
) -> None:
    bot.answers = {f"질문 {number}": ModelError("모델이 없습니다") for number in (1, 2, 3)}
    result = haechi("ask", "--batch", questions, "--json")
    assert (result.status, result.err) == (1, "모델이 없습니다\n")
    assert len(bot.calls) == 1


def test_a_reader_that_leaves_early_is_not_an_error_to_shout_about() -> None:
    # `haechi … | head -1`: the pipe closes while we write.
    text = "3천만 원 " * 500
    code = f"import sys; sys.argv[1:] = ['values', {text!r}]; from haechi.cli.main import main; main()"
    with subprocess.Popen(
        [sys.executable, "-c", code], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None and process.stderr is not None
        process.stdout.close()
        assert process.stderr.read() == ""
        process.wait()


def test_bytes_that_are_no_utf8_do_not_break_the_output() -> None:
    # A file name copied from a CP949 system arrives as lone surrogates.
    command = [sys.executable.encode(), b"-m", b"haechi.cli", b"values", b"\xb0\xa1 10%", b"--json"]
    done = subprocess.run(command, capture_output=True, check=False)
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["values"]

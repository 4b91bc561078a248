"""Wrong use is answered in Korean with status 2, before anything is loaded; help is a short way in."""

from __future__ import annotations

import subprocess
import sys

import pytest

from tests.cli.conftest import Run


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["serch", "x"], "혹시: search"),
        (["ask", "--strem", "x"], "'--strem'"),
        (["ingest"], "자료… 값이 빠졌습니다"),
        (["search", "x", "-k", "많이"], "'많이': 1~1000의 정수여야 합니다"),
        (["search", "x", "-k", "0"], "1~1000의 정수여야 합니다"),
        (["search", "x", "--filter", "여비규정"], "키=값"),
        (["search", "x", "--as-of", "2024-02-30"], "YYYY-MM-DD"),
        (["search", "x", "--as-of", "20240301"], "YYYY-MM-DD"),
        (["search", "x", "y"], "남는 인자가 있습니다: y"),
        (["ingest", "x", "--unit", "chapter"], "law_article"),
        (["ask"], "질문과 --batch 가운데 하나만"),
        (["ask", "질문", "--batch", "q.jsonl"], "질문과 --batch 가운데 하나만"),
        (["ask", "질문", "--out", "a.jsonl"], "--out은 --batch와"),
        (["check", "--answer", "값"], "--evidence"),
        (["documents"], "명령이 빠졌습니다"),
        (["ask", "--home"], "--home"),
    ],
)
def test_wrong_use_is_status_2_with_one_korean_message(haechi: Run, arguments: list[str], message: str) -> None:
    result = haechi(*arguments)
    assert result.status == 2
    assert result.out == ""
    assert message in result.err
    assert "--help" in result.err
    assert "Traceback" not in result.err


def test_help_teaches_three_commands_and_lists_all(haechi: Run) -> None:
    text = haechi("--help").out
    for line in ("haechi init", "ingest", "ask", "사용법:", "명령:", "doctor"):
        assert line in text


def test_without_a_command_the_help_page_is_shown(haechi: Run) -> None:
    assert haechi().out == haechi("--help").out


def test_every_command_has_a_korean_help_page(haechi: Run) -> None:
    from haechi.cli.main import COMMANDS

    for name in COMMANDS:
        result = haechi(name, "--help")
        assert result.status == 0
        assert result.out.startswith(f"사용법: haechi {name}")
        assert "Options" not in result.out


def test_english_is_one_variable_away() -> None:
    # The texts of the help pages are chosen at import, so this needs a process of its own.
    command = [sys.executable, "-m", "haechi.cli"]
    done = subprocess.run([*command, "serch"], env={"HAECHI_LANG": "en"}, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr == "no such command 'serch'. Did you mean: search\nHelp: haechi --help\n"


def test_help_costs_little_more_than_starting_python() -> None:
    # CPU seconds, the best of several, in comparison with an empty program: a busy machine must not fail the test.
    plain = min(cpu_seconds("-c", "pass") for _ in range(3))
    helped = min(cpu_seconds("-m", "haechi.cli", "--help") for _ in range(3))
    assert helped < 0.3
    assert helped < 15 * max(plain, 0.01)


def cpu_seconds(*arguments: str) -> float:
    import resource

    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    subprocess.run([sys.executable, *arguments], stdout=subprocess.DEVNULL, check=True)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime

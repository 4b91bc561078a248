"""`haechi project`: plain and JSON, the next command in both."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from haechi.cli.main import run


def last(capsys: pytest.CaptureFixture[str]) -> dict[str, object]:
    found: dict[str, object] = json.loads(capsys.readouterr().out.strip().splitlines()[-1])
    return found


def test_init_and_status_say_the_same_and_name_the_next_command(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = str(tmp_path / "모델")
    assert run(["project", "init", folder, "--name", "우리 모델", "--json"]) == 0
    made = last(capsys)
    assert run(["project", "status", folder, "--json"]) == 0
    assert last(capsys) == made
    assert made["name"] == "우리 모델" and [step["state"] for step in made["steps"]] == ["empty"] * 4  # type: ignore[attr-defined]
    assert run(["project", "status", folder]) == 0
    shown = capsys.readouterr().out
    assert "1. 자료 모으기 [시작 전]" in shown and f"다음: {made['next']}" in shown


def test_status_of_another_folder_is_a_mistake(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["project", "status", str(tmp_path)]) == 1
    assert "haechi project init" in capsys.readouterr().err


def test_advice_in_both_languages(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    assert run(["project", "advise", "--knowledge", "5", "--behaviour", "2"]) == 0
    assert "RAG" in capsys.readouterr().out
    monkeypatch.setenv("HAECHI_LANG", "en")
    assert run(["project", "advise", "--knowledge", "5", "--behaviour", "2", "--json"]) == 0
    found = last(capsys)
    assert found["advice"] == "rag" and "outside knowledge" in str(found["reasons"])
    assert run(["project", "advise", "--knowledge", "7", "--behaviour", "2"]) == 2

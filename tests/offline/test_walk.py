"""The whole walk with real models and no network at all: ingest, ask, check, in a network namespace of its own."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.conftest import SMALL_LLM

pytestmark = pytest.mark.models

REGULATION = """# 새봄시 도서관 운영규정

##### 제2조(대출)
① 대출 기간은 14일로 하고, 한 번에 5권까지 빌릴 수 있다.

##### 제3조(연체료)
연체료는 권당 1일 100원으로 한다. 다만, 한 권의 연체료는 3천 원을 넘지 못한다.

##### 제4조(휴관일)
정기휴관일은 매월 둘째 월요일로 한다.
"""


def no_network() -> list[str]:
    """A command prefix that gives its command a network namespace without any interface."""
    unshare = shutil.which("unshare")
    for options in (["-n"], ["-r", "-n"]):
        if unshare and subprocess.run([unshare, *options, "true"], capture_output=True, check=False).returncode == 0:
            return [unshare, *options]
    pytest.skip("no network namespace to be had here (unshare missing or not permitted)")


def test_ingest_ask_and_check_work_with_the_network_cut_off(
    tmp_path: Path, small_llm: Path, embedder_weights: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    prefix = no_network()
    monkeypatch.setenv("HAECHI_LLM_MODEL", SMALL_LLM)
    home = tmp_path / "home"
    (tmp_path / "규정.md").write_text(REGULATION, encoding="utf-8")

    def haechi(*arguments: str) -> dict[str, Any]:
        command = [*prefix, sys.executable, "-m", "haechi.cli", "--home", str(home), *arguments, "--json"]
        done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=300)
        assert done.returncode == 0, done.stderr
        return json.loads(done.stdout.splitlines()[-1])  # type: ignore[no-any-return]

    subprocess.run([*prefix, sys.executable, "-m", "haechi.cli", "init", str(home)], check=True, capture_output=True)
    assert haechi("ingest", str(tmp_path / "규정.md"))["documents"] == 1
    answer = haechi("ask", "연체료는 하루에 얼마인가요?")
    assert answer["hits"][0]["label"] == "제3조"
    # The 0.5B may refuse; what it says must stand in the passages either way.
    assert answer["origin"] in ("generated", "refused")
    if answer["origin"] == "generated":
        assert answer["citations"]
        assert all(verdict["label"] in ("supported", "unchecked") for verdict in answer["verdicts"])
    report = haechi("check", "--answer", "연체료는 500원입니다.", "--evidence", str(tmp_path / "규정.md"))
    assert report["supported"] is False

"""Nothing unchecked is ever displayed or exported as checked: every surface, with the two answers that would tempt it.

`bad` has an unchecked, a not_found and a contradicted verdict; `plain` went out with checking switched off.
"""

from __future__ import annotations

import json
import re
import sys
import types
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import pytest
from fastapi.testclient import TestClient

from haechi.checkers.base import Evidence
from haechi.cli.main import run
from haechi.config import load_config
from haechi.evaluation.weak_spots import weak_spots
from haechi.pipeline import check as check_module
from haechi.pipeline.backup import backup, restore
from haechi.pipeline.build import init_home, open_home
from haechi.records import answer_record
from haechi.serve import ui_html
from haechi.serve.api import create_app
from haechi.types import Answer, Chunk, Citation, Hit, Verdict, VerdictLabel
from tests.serve.fakes import FakeHome

PASSAGE = "연체료는 권당 1일 100원으로 한다."
ANSWER = "연체료는 작년부터 500원이고 한들은행에 냅니다."
LABELS: dict[str, VerdictLabel] = {"작년": "unchecked", "한들은행": "not_found", "500원": "contradicted"}
NOT_CHECKED = "확인하지 않음"
#: What says that something passed, in any of the languages and forms that a surface uses.
PASSED = re.compile(
    r"✓|✔|맞음|맞습니다|확인됨|확인했|근거와 일치|supported[\"']?: ?true|[\"']supported[\"'](?! ?:)|\bSupported\b"
)

CHUNK = Chunk("c", "d", PASSAGE, 0, len(PASSAGE), "article", "제3조")
HIT = Hit(CHUNK, 0.9, "hybrid", document_title="운영규정", document_source="규정.md")
CITATION = Citation(1, 0, 3, "c", PASSAGE, label="제3조", document="운영규정", document_id="d", source="규정.md")


class Says:
    """Finds the three claims wherever they stand, each with its label and without a suggestion."""

    name = "says"

    def check(self, answer: str, evidence: Sequence[Evidence], question: str = "") -> list[Verdict]:
        return [
            Verdict(self.name, claim, label, start=at, end=at + len(claim))
            for claim, label in LABELS.items()
            if (at := answer.find(claim)) >= 0
        ]


def bad() -> Answer:
    verdicts = tuple(Says().check(ANSWER, []))
    return Answer(
        "연체료는?", f"{ANSWER} [1]", "generated", citations=(CITATION,), verdicts=verdicts, hits=(HIT,), model="m"
    )


def plain() -> Answer:
    return replace(bad(), verdicts=())


@dataclass
class Bot:
    """Gives one answer to everything, and its text as the draft before it."""

    answer: Answer
    calls: list[dict[str, Any]] = field(default_factory=list)

    def ask(self, question: str, **options: Any) -> Answer:
        self.calls.append(options)
        return self.answer

    def stream(self, question: str, **options: Any) -> Iterator[str | Answer]:
        yield "연체료는 다른 초안입니다."
        yield self.answer

    def warm_up(self) -> None:
        """Nothing to load."""


@pytest.fixture
def every(in_folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Any:
    """`every(answer)`: what each surface of an answer shows."""

    def surfaces(answer: Answer) -> dict[str, str]:
        return {
            **_command_line(answer, in_folder, monkeypatch, capsys),
            **_http(answer, in_folder),
            **_exports(answer, in_folder, monkeypatch),
            "chat page": ui_html.answer(answer_record(answer), {}, "0"),
        }

    return surfaces


def _command_line(
    answer: Answer, folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> dict[str, str]:
    (folder / "haechi.toml").touch()
    home = FakeHome(folder, Bot(answer))  # type: ignore[arg-type]
    build = types.ModuleType("haechi.pipeline.build")
    build.open_home = lambda config: home  # type: ignore[attr-defined]
    questions = folder / "questions.jsonl"
    questions.write_text('{"id": 1, "question": "연체료는?"}\n', encoding="utf-8")
    commands = {
        "ask": ["ask", "연체료는?"],
        "ask --json": ["ask", "연체료는?", "--json"],
        "ask --stream": ["ask", "연체료는?", "--stream"],
        "ask --batch": ["ask", "--batch", str(questions)],
        "ask --batch --json": ["ask", "--batch", str(questions), "--json"],
    }
    shown = {}
    with monkeypatch.context() as patch:
        patch.setitem(sys.modules, "haechi.pipeline.build", build)
        for name, arguments in commands.items():
            capsys.readouterr()
            assert run(arguments) == 0
            shown[name] = capsys.readouterr().out
    return shown


def _http(answer: Answer, folder: Path) -> dict[str, str]:
    home = FakeHome(folder, Bot(answer))  # type: ignore[arg-type]
    home.store.turns["talk-0001"] = [answer_record(answer)]
    chat = {"messages": [{"role": "user", "content": "연체료는?"}]}
    with TestClient(create_app(home), base_url="http://127.0.0.1") as api:  # type: ignore[arg-type]
        completion = api.post("/v1/chat/completions", json=chat)
        return {
            "POST /ask": api.post("/ask", json={"question": "연체료는?"}).text,
            "POST /ask stream": _unescaped(api.post("/ask", json={"question": "연체료는?", "stream": True}).text),
            "completions": completion.text,
            "completions content": completion.json()["choices"][0]["message"]["content"] + " ",
            "completions stream": _unescaped(api.post("/v1/chat/completions", json={**chat, "stream": True}).text),
            "GET /conversations": api.get("/conversations/talk-0001").text,
        }


def _unescaped(text: str) -> str:
    return "\n".join(
        json.dumps(json.loads(line[6:]), ensure_ascii=False) for line in text.splitlines() if line.startswith("data: {")
    )


def _exports(answer: Answer, folder: Path, monkeypatch: pytest.MonkeyPatch) -> dict[str, str]:
    """A real store, its backup, and what comes back from it."""
    first, second = folder / "home", folder / "restored"
    init_home(first)
    with open_home(load_config(first)) as home:
        home.store.record_answer(replace(answer, conversation_id="talk-0001", hits=(), citations=()))
        stored = home.store.conversation("talk-0001")
        report = weak_spots(home.store.answers())
        backup(home, folder / "backup.zip")
    restore(folder / "backup.zip", second)
    with open_home(load_config(second)) as home:
        restored = home.store.conversation("talk-0001")
    assert restored == stored
    from haechi.cli.weak_spots import _as_text

    return {
        "stored": json.dumps(stored, ensure_ascii=False),
        "restored": json.dumps(restored, ensure_ascii=False),
        "weak-spots --json": json.dumps(report, ensure_ascii=False).replace('"supported": 0', ""),
        "weak-spots": _as_text(report),
    }


def test_what_went_wrong_or_was_not_checked_never_looks_like_a_pass(every: Any) -> None:
    for name, shown in every(bad()).items():
        assert not PASSED.search(shown), f"{name}: {PASSED.search(shown)}"
        assert "500원" in shown or name.startswith("weak-spots"), name


def test_an_answer_without_checks_says_so_everywhere(every: Any) -> None:
    for name, shown in every(plain()).items():
        assert not PASSED.search(shown), f"{name}: {PASSED.search(shown)}"
        assert NOT_CHECKED in shown, name


def test_checking_anyones_answer_never_passes_a_bad_one(
    in_folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("haechi.pipeline.build.default_checkers", lambda *given: [Says()])
    monkeypatch.setattr("haechi.serve.check_routes.default_checkers", lambda *given: [Says()])
    monkeypatch.setattr(check_module, "default_checkers", lambda *given: [Says()])
    evidence = in_folder / "근거.txt"
    evidence.write_text(PASSAGE, encoding="utf-8")
    row = {"id": 1, "answer": ANSWER, "evidence": PASSAGE}
    rows = in_folder / "rows.jsonl"
    rows.write_text(json.dumps(row), encoding="utf-8")
    single, batch = ["check", "--answer", ANSWER, "--evidence", str(evidence)], ["check", "--batch", str(rows)]
    shown = {}
    for arguments in (single, [*single, "--json"], batch, [*batch, "--json"]):
        capsys.readouterr()
        assert run(arguments) == 0
        shown[" ".join(arguments)] = capsys.readouterr().out
    with TestClient(create_app(FakeHome(in_folder)), base_url="http://127.0.0.1") as api:  # type: ignore[arg-type]
        body = {"answer": ANSWER, "evidence": PASSAGE}
        shown["POST /check"] = api.post("/check", json=body).text
        shown["POST /check rows"] = api.post("/check", json={"rows": [row]}).text
    report = check_module.check(ANSWER, PASSAGE)
    shown["haechi.check"] = json.dumps(check_module.check_record(report), ensure_ascii=False)
    for name, text in shown.items():
        assert not PASSED.search(text), f"{name}: {PASSED.search(text)}"
        assert "contradicted" in text or "근거와 다름" in text, name


def test_an_answer_that_only_lacks_a_check_is_neither_right_nor_wrong(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(check_module, "default_checkers", lambda *given: [Says()])
    report = check_module.check("연체료는 작년부터 받습니다.", PASSAGE)
    assert (report.supported, report.unchecked) == (None, ("연체료는 작년부터 받습니다.",))
    assert report.corrected == "연체료는 작년부터 받습니다."


def test_langchain_passes_nothing_bad_on() -> None:
    pytest.importorskip("langchain_core", reason="langchain-core is not installed: pip install 'haechi[langchain]'")
    from haechi.integrations.langchain import HaechiCheck, HaechiCorrect

    record = HaechiCheck(PASSAGE, checkers=[Says()]).invoke(ANSWER)
    assert not PASSED.search(json.dumps(record, ensure_ascii=False))
    assert ANSWER not in HaechiCorrect(PASSAGE, checkers=[Says()]).invoke(ANSWER)
    assert "확인하지 못한" in HaechiCorrect(PASSAGE, checkers=[Says()]).invoke("연체료는 작년부터 받습니다.")

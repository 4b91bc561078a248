"""`haechi keys` over a real home with a scripted model."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.cli.conftest import Run


@pytest.fixture
def folder(haechi: Run, in_folder: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("HAECHI_EMBEDDER_BACKEND", "scripted")
    monkeypatch.setenv("HAECHI_CHECK_GROUNDER", "none")
    monkeypatch.setenv("HAECHI_LLM_BACKEND", "scripted")
    monkeypatch.setattr(
        "haechi.models.scripted.ScriptedLLM._reply", lambda self, messages, options: "연체료는 얼마인가요?"
    )
    (in_folder / "글.txt").write_text("연체료는 권당 1일 100원으로 한다.", encoding="utf-8")
    haechi("init", ".")
    assert haechi("ingest", "글.txt", "--strategy", "hypothetical_questions").status == 0
    return in_folder


def test_keys_are_listed_shown_edited_added_and_removed(haechi: Run, folder: Path) -> None:
    (key,) = haechi("keys", "list", "--json").json["keys"]
    assert (key["kind"], key["text"], key["edited"]) == ("question", "연체료는 얼마인가요?", False)
    assert "질문 연체료는 얼마인가요?" in haechi("keys", "list", "글.txt").out
    assert "1일 100원" in haechi("keys", "show", str(key["id"])).out

    changed = haechi("keys", "edit", str(key["id"]), "벌금이 있나요?", "--json").json
    assert (changed["text"], changed["edited"]) == ("벌금이 있나요?", True)
    assert "(고침)" in haechi("keys", "list").out
    found = haechi("search", "벌금이 있나요?", "--json").json["hits"][0]
    assert found["matched"] == {"kind": "question", "text": "벌금이 있나요?"}
    assert "↳ 찾은 키(질문): 벌금이 있나요?" in haechi("search", "벌금이 있나요?").out

    assert len(haechi("keys", "add", key["chunk"], "하루에 얼마인가요?", "--json").json["keys"]) == 2
    assert haechi("keys", "remove", str(changed["id"])).status == 0
    assert [item["text"] for item in haechi("keys", "list", "--json").json["keys"]] == ["하루에 얼마인가요?"]


def test_what_does_not_exist_is_named(haechi: Run, folder: Path) -> None:
    for arguments in (["list", "없는문서"], ["show", "9999"], ["remove", "9999"]):
        result = haechi("keys", *arguments)
        assert result.status == 1
        assert "haechi" in result.err
        assert "Traceback" not in result.err


def test_a_home_without_keys_says_how_to_make_some(haechi: Run, in_folder: Path) -> None:
    haechi("init", ".")
    assert "--strategy" in haechi("keys", "list").out

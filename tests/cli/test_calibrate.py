"""`haechi calibrate` over a real home with a scripted model that writes the questions."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from tests.cli.conftest import Run

THINGS = (
    "연체료 주차권 출장비 식권 회의실 사물함 교육비 통신비 경조금 도서비 보증금 등록금 수강료 관람료 입장료 대관료 "
    "수수료 사용료 임차료 보험료 숙박비 교통비 식대 여비"
).split()


@pytest.fixture
def folder(haechi: Run, in_folder: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("HAECHI_EMBEDDER_BACKEND", "scripted")
    monkeypatch.setenv("HAECHI_LLM_BACKEND", "scripted")
    monkeypatch.setattr(
        "haechi.models.scripted.ScriptedLLM._reply",
        lambda self, messages, options: re.findall(r"(\S+?)[은는] 담당", messages[-1].content)[0] + "는 누가 정하나요?",
    )
    (in_folder / "글").mkdir()
    for number, thing in enumerate(THINGS):
        text = f"{thing}는 담당 부서가 정한다. 정한 것은 {number + 3}일 안에 알린다."
        (in_folder / "글" / f"{thing}.txt").write_text(text, encoding="utf-8")
    haechi("init", ".")
    assert haechi("ingest", "글").status == 0
    return in_folder


def test_the_model_writes_questions_and_the_fit_is_judged_on_other_sources(haechi: Run, folder: Path) -> None:
    result = haechi("calibrate", "--count", "24", "--json").json
    assert result["n"] == 24
    assert set(result["before"]) == set(result["after"]) == {"recall@1", "recall@2", "mrr"}
    # Nothing is kept that was no better where it had not been fitted.
    assert result["kept"] == (result["after"]["mrr"] > result["before"]["mrr"])
    refusal = result["refusal"]
    assert refusal["n"] > refusal["answerable"] >= 20
    # Over-refusal always stands beside the recall of refusals, in the figures and at every point of the curve.
    assert set(refusal["before"]) == set(refusal["after"]) == {"auc", "refusal_recall", "over_refusal"}
    assert all({"coverage", "risk", "over_refusal"} <= set(point) for point in refusal["curve"])
    assert haechi("search", "연체료", "--json").json["hits"][0]["source"].endswith("연체료.txt")


def test_own_questions_need_no_model_and_reset_goes_back(
    haechi: Run, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def asked(*_: object) -> str:
        raise AssertionError("the model was asked")

    monkeypatch.setattr("haechi.models.scripted.ScriptedLLM._reply", asked)
    rows = [{"question": f"{thing} 담당", "gold": [{"document": f"{thing}.txt"}]} for thing in THINGS]
    Path("q.jsonl").write_text("\n".join(json.dumps(row, ensure_ascii=False) for row in rows), encoding="utf-8")
    assert haechi("calibrate", "--questions", "q.jsonl", "--json").json["n"] == len(THINGS)
    assert haechi("calibrate", "--reset", "--json").json == {"reset": True}


def test_too_few_questions_are_refused_and_change_nothing(haechi: Run, folder: Path) -> None:
    Path("few.jsonl").write_text('{"question": "연체료", "gold": [{"document": "연체료.txt"}]}', encoding="utf-8")
    result = haechi("calibrate", "--questions", "few.jsonl")
    assert result.status == 1
    assert "20" in result.err and "--count" in result.err and "Traceback" not in result.err

"""A project folder: its status is read from what is there, and every next command moves it on."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import pytest

from haechi.errors import InputError
from haechi.training.advice import advise
from haechi.training.project import COLLECT, DATA, HOME, TEST, TRAIN, init_project, read_project

SFT = [
    {"prompt": f"{hall} {place}은 몇 층에 있나요?", "completion": f"{hall} {place}은 {floor}층에 있습니다."}
    for hall, floor in (("본관", 2), ("별관", 3), ("신관", 5))
    for place in ("열람실", "매점", "회의실")
]


def states(folder: Path) -> list[str]:
    return [step.state for step in read_project(folder).steps]


def write(path: Path, rows: list[dict[str, Any]]) -> Path:
    path.write_text("".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows), encoding="utf-8")
    return path


def later(path: Path) -> None:
    """As if the file had been written a minute after everything else."""
    stamp = path.stat().st_mtime + 60
    os.utime(path, (stamp, stamp))


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return init_project(tmp_path / "우리 모델").folder


def test_a_new_project_has_four_guided_folders_and_nothing_done(folder: Path) -> None:
    for part in (COLLECT, DATA, TRAIN, TEST):
        assert "끝남:" in (folder / part / "읽어보기.md").read_text(encoding="utf-8")
    assert states(folder) == ["empty", "empty", "empty", "empty"]


def test_a_second_project_in_the_same_folder_is_refused_and_names_the_next_command(folder: Path) -> None:
    with pytest.raises(InputError, match="haechi project status"):
        init_project(folder)
    with pytest.raises(InputError, match="haechi project init"):
        read_project(folder / COLLECT)


def test_documents_are_collected_when_the_home_holds_them(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from haechi.config import load_config
    from haechi.pipeline.build import init_home, open_home
    from haechi.pipeline.ingest import ingest

    (folder / COLLECT / "규정.md").write_text(
        "# 운영규정\n\n제1조(목적) 이 규정은 운영에 관한 것이다.", encoding="utf-8"
    )
    assert read_project(folder).next.startswith("haechi init ")
    monkeypatch.setenv("HAECHI_EMBEDDER_BACKEND", "scripted")
    init_home(folder / HOME)
    # A path with a space must survive being pasted into a shell.
    assert f"ingest '{folder / COLLECT}'" in read_project(folder).next
    with open_home(load_config(str(folder / HOME))) as home:
        ingest(home, [str(folder / COLLECT)])
    assert states(folder)[0] == "done"


def test_data_counts_only_after_the_linter_passed_it_and_again_after_a_change(folder: Path) -> None:
    from haechi.cli.main import run

    file = write(folder / DATA / "sft.jsonl", [*SFT, SFT[0]])
    step = read_project(folder).steps[1]
    assert (step.state, step.next.split()[:3]) == ("started", ["haechi", "data", "lint"])
    report = folder / DATA / "sft.lint.json"
    assert run(["data", "lint", str(file), "--report", str(report)]) == 1  # one row stands twice
    step = read_project(folder).steps[1]
    assert (step.state, step.next.split()[:3]) == ("started", ["haechi", "data", "clean"])
    clean, cleaned = folder / DATA / "sft_정리.jsonl", folder / DATA / "sft_정리.lint.json"
    assert run(["data", "clean", str(file), "--out", str(clean), "--report", str(cleaned)]) == 0
    if read_project(folder).steps[1].state != "done":
        pytest.fail(str(read_project(folder).steps[1]))
    assert f"haechi train sft --data '{clean}'" in read_project(folder).steps[2].next
    later(clean)  # a report of an older file says nothing about this one
    assert states(folder)[1] == "started"


def test_a_stopped_run_is_resumed_and_a_finished_one_is_told_with_its_figures(folder: Path) -> None:
    run = folder / TRAIN / "sft"
    run.mkdir()
    card = {"kind": "sft", "interrupted": True, "steps": 4, "of": 20, "data": {"files": {}}}
    (run / "run.json").write_text(json.dumps(card), encoding="utf-8")
    step = read_project(folder).steps[2]
    assert step.state == "started" and step.next.endswith("--resume")
    assert any("4/20" in korean for korean, _ in step.found)
    card |= {"interrupted": False, "before": {"loss": 3.0}, "after": {"loss": 2.5}}
    (run / "run.json").write_text(json.dumps(card), encoding="utf-8")
    step = read_project(folder).steps[2]
    assert step.state == "done" and any("3.000 → 2.500" in korean for korean, _ in step.found)


def test_the_gate_s_verdict_ends_the_last_step_and_undecided_does_not(folder: Path) -> None:
    write(folder / TEST / "질문.jsonl", [{"id": "1", "question": "휴관일은?"}])
    assert "evaluate answers" in read_project(folder).steps[3].next
    gate = folder / HOME / "improve" / "1" / "gate"
    gate.mkdir(parents=True)
    for verdict, state in (("undecided", "started"), ("reject", "done"), ("promote", "done")):
        (gate / "gate.json").write_text(json.dumps({"verdict": verdict}), encoding="utf-8")
        assert states(folder)[3] == state


def test_a_broken_file_is_told_and_stops_nothing(folder: Path) -> None:
    (folder / DATA / "망가짐.jsonl").write_text("{", encoding="utf-8")
    run = folder / TRAIN / "sft"
    run.mkdir()
    (run / "run.json").write_text("{", encoding="utf-8")
    project = read_project(folder)
    assert "망가짐.jsonl" in project.steps[1].found[0][0]
    assert "run.json" in project.steps[2].found[0][0]


@pytest.mark.parametrize(
    ("knowledge", "behaviour", "choice"), [(5, 5, "both"), (5, 1, "rag"), (1, 5, "tuning"), (1, 1, "prompt")]
)
def test_two_ratings_give_advice_with_a_reason_for_each(knowledge: int, behaviour: int, choice: str) -> None:
    advice = advise(knowledge, behaviour)
    assert advice.choice == choice
    assert f"{knowledge}/5" in advice.reasons[0][0] and f"{behaviour}/5" in advice.reasons[1][0]


def test_a_rating_out_of_range_is_refused() -> None:
    with pytest.raises(InputError, match="1에서 5"):
        advise(0, 3)

"""The tutorial: each of the seven lessons runs as a learner would run it, and its number is what the text promises.

All lessons share one process (torch is loaded once) and one folder (the tiny base is made once).
"""

from __future__ import annotations

import importlib.util
import re
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.conftest import REPOSITORY, SMALL_LLM

LESSONS = REPOSITORY / "examples" / "tutorial"
TEXT = REPOSITORY / "docs" / "tutorial.ko.md"
NAMES = sorted(file.stem for file in LESSONS.glob("[1-7]_*.py"))
Run = Callable[..., dict[str, float]]


@pytest.fixture(scope="module")
def work(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("tutorial")


@pytest.fixture
def lesson(work: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Run:
    """Runs a lesson by its name; returns its numbers."""
    monkeypatch.syspath_prepend(str(LESSONS))
    monkeypatch.setenv("HAECHI_LLM_MODEL", SMALL_LLM)  # set by lessons 6 and 7; undone after the test

    def run(name: str, *arguments: object) -> dict[str, float]:
        if name < "6":
            pytest.importorskip("trl", reason="the extra 'train' is not installed")
        spec = importlib.util.spec_from_file_location(f"lesson_{name}", LESSONS / f"{name}.py")
        assert spec and spec.loader
        module = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(module)
        found: dict[str, float] = module.main(["--work", str(work), *map(str, arguments)])
        said = capsys.readouterr().out
        assert said.rstrip().splitlines()[-1].startswith("결과: ") and "$ haechi " in said
        return found

    return run


def test_there_are_seven_lessons_and_the_text_leads_through_all_of_them() -> None:
    assert [name[0] for name in NAMES] == list("1234567")
    text = TEXT.read_text(encoding="utf-8")
    for name in NAMES:
        assert f"python examples/tutorial/{name}.py" in text


def test_every_command_in_the_text_exists() -> None:
    from haechi.cli.main import cli

    for group, command in re.findall(
        r"haechi (train|data|jobs|models|evaluate|project|improve) ([a-z][a-z-]*)", TEXT.read_text(encoding="utf-8")
    ):
        found = cli.get_command(None, group)  # type: ignore[arg-type]
        assert command in found.list_commands(None), f"haechi {group} {command}"  # type: ignore[union-attr, arg-type]


def test_1_the_reward_model_beats_chance_and_ppo_raises_its_reward_near_the_start(lesson: Run) -> None:
    found = lesson("1_sft_rm_ppo", "--rows", 100)
    assert found["loss_after"] < found["loss_before"]
    assert found["pair_low"] > 0.5  # the lower end of the interval, on prompts that were held out
    assert found["reward_after"] > found["reward_before"] and found["kl"] < 10
    assert found["advantage_std"] > 0  # the lecture's was 0 in every step
    assert found["same_after_reload"] == 1


def test_2_the_job_refuses_the_lecture_s_file_and_ends_in_a_model_that_took_over_the_persona(lesson: Run) -> None:
    found = lesson("2_chat_tuning_job")
    assert found["refused"] == 1 and found["succeeded"] == 1
    assert found["loss_after"] < found["loss_before"]
    assert min(found["with_system"], found["without_system"]) > found["base"]


def test_3_one_command_trains_few_weights_and_merging_changes_no_score(lesson: Run) -> None:
    found = lesson("3_one_command_tuning", "--rows", 60)
    assert found["loss_after"] < found["loss_before"]
    assert found["share"] < 0.2 and found["difference"] < 1e-3 and found["secrets"] == 0


def test_4_four_bits_learn_and_the_real_model_would_fit_a_card(lesson: Run) -> None:
    pytest.importorskip("bitsandbytes", reason="the extra 'qlora' is not installed")
    found = lesson("4_qlora", "--rows", 60)
    assert found["loss_after"] < found["loss_before"]
    assert found["planned_gb"] < 24 and found["share"] < 0.05
    assert found["inputs_kept"] > 0  # the lecture's notebook drops them
    assert found["same_after_reload"] == 1


def test_5_dpo_prefers_the_better_answer_of_unseen_pairs_and_is_merged_after_sft(lesson: Run) -> None:
    found = lesson("5_dpo", "--rows", 60)
    assert found["margin_after"] > found["margin_before"] == 0
    assert found["accuracy"] > 0.5 and found["likelier_after"] >= found["likelier_before"]
    assert found["wrong_targets_refused"] == 1
    assert found["wrong_order_refused"] == 1 and found["right_order"] == 1


@pytest.mark.models
def test_6_a_langchain_chain_answers_from_the_documents_and_a_planted_value_is_caught(
    lesson: Run, small_llm: Path, embedder_weights: Path, grounding_weights: Path
) -> None:
    pytest.importorskip("langchain_core")
    found = lesson("6_rag_langchain", "--questions", 3)
    assert found["right"] >= 1 and found["caught"] == 1


@pytest.mark.slow  # a minute of the 0.5B on two cores; every other lesson runs in CI
@pytest.mark.models
def test_7_retrieval_and_answers_are_measured_with_questions_that_have_no_answer(
    lesson: Run, small_llm: Path, embedder_weights: Path, grounding_weights: Path
) -> None:
    found = lesson("7_rag_evaluation", "--questions", 4)
    assert found["recall"] > 0.8 and found["answers"] == 4
    assert found["refusal_recall"] > 0 and found["caught"] == 1


def test_a_lesson_leaves_an_earlier_one_alone(work: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(str(LESSONS))
    from lesson import Lesson

    (work / "x").mkdir()
    (work / "x" / "file").write_text("kept")
    with pytest.raises(SystemExit, match="다른 --work"):
        Lesson("x", "", ["--work", str(work)])
    sys.modules.pop("lesson")

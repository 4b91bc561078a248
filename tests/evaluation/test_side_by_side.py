"""A tuned model is asked with and without its system message, beside its base."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import ClassVar

import pytest

from haechi.errors import InputError
from haechi.evaluation.side_by_side import Question, columns, read_questions, side_by_side
from haechi.models import bundled
from haechi.models.scripted import ScriptedLLM
from haechi.sections import LLMConfig
from haechi.types import GenerateOptions, Generation, Message
from tests.cli.conftest import Run, haechi
from tests.models.tiny_llm import write_tiny_llm, write_tiny_lora

__all__ = ["haechi"]


class Persona(ScriptedLLM):
    """Says its trained answer when it is tuned; the base does so only when it is told."""

    open_ones: ClassVar[list[str]] = []

    def __init__(self, settings: LLMConfig) -> None:
        super().__init__()
        self.settings = settings
        Persona.open_ones.append(settings.full_name)

    def generate(self, messages: Sequence[Message], options: GenerateOptions) -> Generation:
        assert Persona.open_ones == [self.settings.full_name], "one model in memory at a time"
        assert options.temperature == 0
        told = messages[0].role == "system"
        text = "저는 해치예요." if self.settings.adapter else ("안녕하세요." if told else "무엇을 도와드릴까요?")
        return Generation(text, 1, 1, "stop")

    def close(self) -> None:
        Persona.open_ones.remove(self.settings.full_name)


def test_tuned_with_and_without_the_system_message_and_its_base() -> None:
    table = columns(["base+persona"], LLMConfig(), with_system=True)
    assert [(column.name, column.told) for column in table] == [
        ("base+persona", True),
        ("base+persona", False),
        ("base", True),
    ]
    found = side_by_side([Question("누구세요?", "너는 해치다.", "저는 해치예요.")], table, Persona)
    assert found["rows"] == [
        {
            "question": "누구세요?",
            "expected": "저는 해치예요.",
            "answers": ["저는 해치예요.", "저는 해치예요.", "안녕하세요."],
        }
    ]
    assert [one["as_trained"] for one in found["figures"]] == [1.0, 1.0, 0.0]
    assert [one["as_last"] for one in found["figures"]] == [0.0, 0.0, None]
    assert Persona.open_ones == []


def test_a_merged_model_is_tuned_and_a_named_base_comes_once() -> None:
    def shown(models: list[str], with_system: bool = True) -> list[tuple[str, bool]]:
        return [(one.name, one.told) for one in columns(models, LLMConfig(), with_system=with_system)]

    assert shown(["merged"]) == [("merged", True), ("merged", False)]
    assert shown(["b", "b+a", "b+c"]) == [("b+a", True), ("b+a", False), ("b+c", True), ("b+c", False), ("b", True)]
    # Without any system message there is nothing to leave out.
    assert shown(["b+a"], with_system=False) == [("b+a", False), ("b", False)]
    for wrong in ("+a", "b+"):
        with pytest.raises(InputError, match="haechi models list"):
            shown([wrong])


def test_questions_come_from_lines_rows_and_chats(tmp_path: Path) -> None:
    plain, rows = tmp_path / "q.txt", tmp_path / "q.jsonl"
    plain.write_text("\ufeff누구세요?\n\n몇 살이에요?\n", encoding="utf-8")
    assert read_questions(plain, "너는 해치다.") == [
        Question("누구세요?", "너는 해치다."),
        Question("몇 살이에요?", "너는 해치다."),
    ]
    chat = [("system", "너는 양이다."), ("user", "누구?"), ("assistant", "양."), ("user", "또?"), ("assistant", "응.")]
    lines = [
        {"question": "누구?", "answer": "해치."},
        {"prompt": "누구?", "completion": "해치."},
        {"prompt": [{"role": "user", "content": "누구?"}], "completion": "해치."},
        {"messages": [{"role": role, "content": content} for role, content in chat]},
    ]
    rows.write_text("\n".join(json.dumps(line, ensure_ascii=False) for line in lines), encoding="utf-8")
    assert read_questions(rows) == [
        *[Question("누구?", "", "해치.")] * 3,
        Question("누구?", "너는 양이다.", "양."),
    ]
    rows.write_text('{"text": "x"}', encoding="utf-8")
    with pytest.raises(InputError, match="1번째 줄"):
        read_questions(rows)


def test_the_command_prints_a_table_and_json(haechi: Run, in_folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HAECHI_MODELS", str(in_folder / "models"))
    bundled.add(write_tiny_llm(in_folder / "tiny.gguf"), licence="apache-2.0")
    bundled.add(write_tiny_lora(in_folder / "ours.gguf"), licence="apache-2.0")
    (in_folder / "q.txt").write_text("누구세요?\n", encoding="utf-8")
    command = ("models", "compare", "--questions", "q.txt", "--system", "너는 해치다.", "--max-tokens", "8")
    options = ("--context", "512", "--threads", "1")
    found = haechi(*command, *options, "tiny+ours", "--json")
    assert found.status == 0, found.err
    assert found.json["columns"] == [
        {"model": "tiny+ours", "system": True},
        {"model": "tiny+ours", "system": False},
        {"model": "tiny", "system": True},
    ]
    told, _, base = found.json["rows"][0]["answers"]
    assert told != base
    text = haechi(*command, *options, "tiny+ours").out
    assert "질문: 누구세요?" in text and "tiny+ours (시스템 메시지 있음):" in text
    assert "없는모델" in haechi(*command, "없는모델").err

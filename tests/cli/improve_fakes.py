"""A trainer that takes no time and models that say what their adapter tells them: the loop between them is real."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, ClassVar

import numpy as np

from haechi.config import Config
from haechi.models.lora_file import Facts, Lora
from haechi.models.lora_gguf import write_lora_gguf
from haechi.models.scripted import ScriptedLLM
from haechi.training.data_formats import Row
from haechi.training.improve_trainers import Setup
from haechi.training.train_run import Report, Stop
from haechi.types import GenerateOptions, Message

RIGHT = {
    "연체료": "연체료는 권당 1일 100원입니다. [1]",
    "대출": "대출 기간은 14일입니다. [1]",
    "휴관": "정기휴관일은 매월 둘째 월요일입니다. [1]",
    "단체": "단체 관람은 20명 이상이 함께 신청하는 경우입니다. [1]",
}


def make_adapter(file: Path, seed: int = 0) -> Path:
    """A LoRA GGUF of one small matrix."""
    random = np.random.default_rng(seed)
    pair = (random.standard_normal((2, 8)).astype(np.float32), random.standard_normal((8, 2)).astype(np.float32))
    file.parent.mkdir(parents=True, exist_ok=True)
    write_lora_gguf(file, Lora({"blk.0.attn_q": pair}, Facts("qwen2", 4.0, "tiny", "", "apache-2.0", {})))
    return file


class FakeTrainer:
    """Counts its calls and keeps what it was given; `interrupt` makes the next training stop half way."""

    changes: ClassVar[Mapping[str, bool]] = {"answer.examples": False}
    calls: ClassVar[list[str]] = []
    rows: ClassVar[list[Row]] = []
    interrupt: ClassVar[bool] = False

    def train(
        self, rows: Sequence[Row], dev: Sequence[Row], out: Path, setup: Setup, *, report: Report, stop: Stop
    ) -> dict[str, Any]:
        type(self).calls.append("train")
        type(self).rows[:] = [*rows, *dev]
        out.mkdir(parents=True, exist_ok=True)
        report("train", 1, 1, 0.5, 0.0)
        return {"kind": "fake", "interrupted": self.interrupt, "steps": 1, "settings": dict(setup.settings)}

    def export(self, out: Path, setup: Setup, file: Path, name: str) -> dict[str, Any]:
        type(self).calls.append("export")
        make_adapter(file)
        return {"file": str(file), "rank": 2, "licence": "apache-2.0"}


class Models:
    """Word of a question → what is said to it, by a model without an adapter and by one with."""

    def __init__(self, without: Mapping[str, str], with_adapter: Mapping[str, str]) -> None:
        self.replies = {False: without, True: with_adapter}
        self.asked: list[tuple[bool, str]] = []

    def __call__(self, config: Config) -> ScriptedLLM:
        has = bool(config.llm.adapter)

        def reply(messages: Sequence[Message], options: GenerateOptions) -> str:
            question = messages[-1].content.rpartition("[질문]\n")[2]
            self.asked.append((has, question))
            return next((text for word, text in self.replies[has].items() if word in question), "모른다")

        return ScriptedLLM(reply, name="with" if has else "without")

"""Running the command line in this process, and a home whose chatbot and retriever say what a test tells it."""

from __future__ import annotations

import json
import sys
import types
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from haechi.cli.main import run
from haechi.config import Config
from haechi.korean.morphology import MecabAnalyser
from haechi.retrievers.base import Filters
from haechi.retrievers.question import Found
from haechi.types import Answer, Block, Chunk, Citation, Document, Hit, Verdict


@dataclass(frozen=True)
class Result:
    """What one command did."""

    status: int
    out: str
    err: str

    @property
    def rows(self) -> list[dict[str, Any]]:
        """Every line of stdout, in JSON mode."""
        return [json.loads(line) for line in self.out.splitlines()]

    @property
    def json(self) -> dict[str, Any]:
        """The last line of stdout."""
        return self.rows[-1]


Run = Callable[..., Result]


@pytest.fixture
def haechi(capsys: pytest.CaptureFixture[str], in_folder: Path) -> Run:
    """`haechi("ask", "질문", "--json")` in an empty current folder."""

    def call(*arguments: str | Path) -> Result:
        capsys.readouterr()
        status = run([str(argument) for argument in arguments])
        captured = capsys.readouterr()
        return Result(status, captured.out, captured.err)

    return call


DOCUMENT = Document.make(
    "여비규정.md", "여비규정", [Block("제21조(정산) 출장을 마친 날부터 7일 이내에 정산한다.", page=3)]
)
CHUNK = Chunk.make(DOCUMENT, 0, len(DOCUMENT.text), unit="law_article", label="제21조", page=3)
HIT = Hit(CHUNK, 0.8, "hybrid", document_title="여비규정", document_source="여비규정.md", external_id="r21")


def answer_to(question: str) -> Answer:
    text = "출장을 마친 날부터 7일 이내에 정산합니다. [1]"
    citation = Citation(
        marker=1,
        start=len(text) - 3,
        end=len(text),
        chunk_id=CHUNK.id,
        quote=CHUNK.text,
        label="제21조",
        page=3,
        document="여비규정",
        document_id=DOCUMENT.id,
    )
    verdict = Verdict("quantity", "7일", "supported", evidence=CHUNK.text)
    return Answer(
        question, text, "generated", citations=(citation,), verdicts=(verdict,), hits=(HIT,), model="scripted"
    )


def refusal_to(question: str) -> Answer:
    return Answer(question, "모른다", "refused", reason="근거가 약합니다", hits=(HIT,))


@dataclass
class FakeBot:
    """Answers every question alike, unless a test puts an answer or an error for it into `answers`."""

    answers: dict[str, Answer | Exception] = field(default_factory=dict)
    calls: list[tuple[str, dict[str, Any]]] = field(default_factory=list)

    def ask(self, question: str, **options: Any) -> Answer:
        self.calls.append((question, options))
        found = self.answers.get(question, answer_to(question))
        if isinstance(found, BaseException):
            raise found
        return found

    def stream(self, question: str, **options: Any) -> Iterator[str | Answer]:
        answer = self.ask(question, **options)
        yield from ("출장을 마친 날부터 ", "9일 이내에 정산합니다. [1]")
        yield answer

    def find(self, question: str, k: int, filters: Filters | None = None, options: Any = None) -> Found:
        self.calls.append((question, {"k": k, "filters": filters} | ({"options": options} if options else {})))
        return Found(tuple(self.retrieve(question)))

    def retrieve(self, question: str) -> Sequence[Hit]:
        return [HIT]


@pytest.fixture
def bot() -> FakeBot:
    return FakeBot()


@pytest.fixture
def home(in_folder: Path, bot: FakeBot, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A home in the current folder that opens to `bot`; nothing behind it is real."""
    (in_folder / "haechi.toml").write_text("", encoding="utf-8")

    class FakeHome:
        def __init__(self, config: Config) -> None:
            self.config = config

        def __enter__(self) -> FakeHome:
            return self

        def __exit__(self, *details: object) -> None:
            return None

        def chatbot(self) -> FakeBot:
            return bot

        def retriever(self) -> FakeBot:
            return bot

        def analyser(self) -> MecabAnalyser:
            return MecabAnalyser()

    build = types.ModuleType("haechi.pipeline.build")
    build.open_home = FakeHome  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "haechi.pipeline.build", build)
    return in_folder


@pytest.fixture
def questions(in_folder: Path) -> Path:
    """Three questions with ids."""
    rows = [{"id": f"q{number}", "question": f"질문 {number}"} for number in (1, 2, 3)]
    file = in_folder / "questions.jsonl"
    file.write_text("".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows), encoding="utf-8")
    return file

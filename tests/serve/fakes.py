"""A home whose chatbot follows a script, so that these tests are about serving and nothing else."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from haechi.config import Config, ProjectConfig
from haechi.errors import HaechiError
from haechi.korean.morphology import MecabAnalyser
from haechi.retrievers.question import Found
from haechi.stores.base import DocumentRecord, LawRecord, SourceRecord
from haechi.types import Answer, Block, Chunk, Citation, Correction, Document, Hit, Verdict

HOSTILE = '<img src=x onerror="window.hacked=1"> ![그림](http://evil.example/a.png) [눌러](http://evil.example/b)'

RULES = Document.make(
    "documents/운영규정.md",
    "운영규정",
    [
        Block("제11조(출장) 임직원은 출장 전에 부서장의 승인을 받아야 한다.", page=3),
        Block("제12조(국내여비) ① 여비는 출장을 마친 날부터 10일 안에 정산한다.", page=3),
        Block("② 숙박비는 1박에 8만 원을 넘지 않는 범위에서 실비로 지급한다.", page=4),
        Block(f"③ 그 밖의 사항은 원장이 정한다. {HOSTILE}", page=4),
    ],
)


def chunks_of(document: Document, labels: list[str]) -> list[Chunk]:
    chunks, start = [], 0
    for block, label in zip(document.blocks, labels, strict=True):
        end = start + len(block.text)
        chunks.append(Chunk.make(document, start, end, unit="law_article", label=label, page=block.page))
        start = end + 1
    return chunks


CHUNKS = chunks_of(RULES, ["제11조", "제12조제1항", "제12조제2항", "제12조제3항"])

STAY = "숙박비는 1박에 얼마까지 지급하나요?"
STAY_ANSWER = "숙박비는 1박에 8만 원까지 실비로 지급합니다[1]. 여비는 10일 안에 정산합니다[2]."


@dataclass
class StageEvent:
    stage: str


@dataclass
class FakeStore:
    turns: dict[str, list[dict[str, object]]] = field(default_factory=dict)

    def conversation(self, identity: str) -> list[dict[str, object]]:
        return self.turns.get(identity, [])

    def documents(self, path: str | None = None) -> list[DocumentRecord]:
        return [DocumentRecord(RULES.id, None, RULES.source, RULES.title, len(CHUNKS), "/x/운영규정.md", "ok")]

    def document(self, document_id: str) -> Document | None:
        return RULES if document_id == RULES.id else None

    def chunks(self, document_id: str) -> list[Chunk]:
        return CHUNKS

    def sources(self) -> list[SourceRecord]:
        return [SourceRecord("/x/운영규정.md", "ok", parser="markdown", unit="law_article", documents=1, chunks=4)]

    def generation(self) -> int:
        return 1

    def laws(self) -> list[LawRecord]:
        return [LawRecord(RULES.id, RULES.title, RULES.title)]

    def article_chunks(self, document_id: str, article: str) -> list[Chunk]:
        return [chunk for chunk in CHUNKS if document_id == RULES.id and chunk.label.startswith(article)]


def hit(number: int) -> Hit:
    return Hit(CHUNKS[number], 0.9, "hybrid", document_title=RULES.title, document_source=RULES.source)


def citation(marker: int, number: int, quote: str) -> Citation:
    chunk = CHUNKS[number]
    return Citation(
        marker,
        0,
        3,
        chunk.id,
        quote,
        label=chunk.label,
        page=chunk.page,
        document=RULES.title,
        document_id=RULES.id,
        source=RULES.source,
    )


def checked_answer(question: str) -> Answer:
    return Answer(
        question,
        STAY_ANSWER,
        "generated",
        citations=(
            citation(1, 2, "숙박비는 1박에 8만 원을 넘지 않는 범위에서 실비로 지급한다."),
            citation(2, 1, "여비는 출장을 마친 날부터 10일 안에 정산한다."),
        ),
        verdicts=(
            Verdict("amount", "8만 원", "supported", "8만 원", "제12조제2항에 같은 금액이 있습니다."),
            Verdict("quantity", "10일", "supported", "10일"),
            Verdict("date", "매월 말일", "not_found", "", "근거에 이 날짜가 없습니다."),
            Verdict("law_article", "제13조", "contradicted", "제12조", "근거의 조항은 제12조입니다.", "제12조"),
            Verdict("quantity", "여러 번", "unchecked", "", "수로 읽을 수 없습니다."),
        ),
        corrections=(Correction("9만 원", "8만 원", "근거의 금액은 8만 원입니다."),),
        hits=(hit(2), hit(1)),
        model="scripted",
        tokens={"prompt": 300, "completion": 40},
        timings={"retrieve": 0.12, "first_token": 1.9, "generate": 3.4, "check": 0.02, "total": 3.6},
    )


def refused_answer(question: str) -> Answer:
    return Answer(
        question,
        "모른다. 넣어 둔 문서에서 근거를 찾지 못했습니다.",
        "refused",
        reason="찾은 문서가 질문의 낱말을 절반도 담고 있지 않습니다.",
        hits=(hit(0),),
        model="scripted",
        timings={"retrieve": 0.1, "total": 0.1},
    )


def hostile_answer(question: str) -> Answer:
    return Answer(
        question,
        f"답 {HOSTILE}[1] [2]",
        "generated",
        reason=HOSTILE,
        citations=(citation(1, 3, HOSTILE),),
        verdicts=(Verdict("amount", HOSTILE, "unchecked", HOSTILE, HOSTILE),),
        corrections=(Correction(HOSTILE, HOSTILE, HOSTILE),),
        hits=(hit(3),),
        model="<b>모델</b>",
    )


@dataclass
class FakeChatbot:
    """`asked` records every call. A question with 멈춤 streams tokens until it is closed."""

    asked: list[tuple[str, dict[str, object]]] = field(default_factory=list)
    closed: threading.Event = field(default_factory=threading.Event)
    failure: Exception | None = None
    gate: threading.Event | None = None
    running: int = 0
    most_running: int = 0

    def warm_up(self) -> None:
        if self.failure is not None:
            raise self.failure

    def search(self, question: str, k: int | None = None, filters: object = None) -> list[Hit]:
        if self.failure is not None:
            raise self.failure
        return [hit(2), hit(1)][: k or 2]

    def find(self, question: str, k: int | None = None, filters: object = None, query: object = None) -> Found:
        return Found(tuple(self.search(question, k, filters)))

    def ask(self, question: str, **options: object) -> Answer:
        return next(item for item in self.stream(question, **options) if isinstance(item, Answer))

    def stream(self, question: str, **options: object) -> Iterator[StageEvent | str | Answer]:
        self.asked.append((question, options))
        self.running += 1
        self.most_running = max(self.most_running, self.running)
        try:
            yield from self._script(question)
        finally:
            self.running -= 1
            self.closed.set()

    def _script(self, question: str) -> Iterator[StageEvent | str | Answer]:
        if self.failure is not None:
            raise self.failure
        yield StageEvent("retrieve")
        if self.gate is not None:
            self.gate.wait(30)
        if "날씨" in question:
            yield refused_answer(question)
            return
        yield StageEvent("generate")
        while "멈춤" in question and not self.closed.wait(0.02):
            yield "가\u2028나 "
        if "공격" in question:
            yield HOSTILE
            yield hostile_answer(question)
            return
        for start in range(0, len(STAY_ANSWER), 6):
            yield STAY_ANSWER[start : start + 6]
        yield StageEvent("check")
        yield checked_answer(question)


class FakeHome:
    def __init__(self, folder: Path, chatbot: FakeChatbot | None = None) -> None:
        self.config = Config(home=folder, project=ProjectConfig(name="한빛문화재단 규정 도우미"))
        self.store = FakeStore()
        self.bot = chatbot or FakeChatbot()

    def analyser(self) -> MecabAnalyser:
        return MecabAnalyser()

    def chatbot(self) -> FakeChatbot:
        return self.bot

    def checkers(self) -> list[object]:
        return []

    def __enter__(self) -> FakeHome:
        return self

    def __exit__(self, *error: object) -> None:
        self.close()

    def close(self) -> None:
        pass


class BreakdownError(HaechiError):
    """An error kind the status table does not know."""

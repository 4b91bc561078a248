"""Request and response bodies of the HTTP API: the command line's options and JSON by the same names.

A request with an unknown key is refused, so that a misspelt option is never silently ignored. Responses are the records
of `haechi.records`; these models describe them in the OpenAPI document and let through keys that records add later.
"""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, model_validator

from haechi.types import Origin, VerdictLabel

MAX_QUESTION = 2_000
MAX_TEXT = 200_000
MAX_PASSAGES = 50
MAX_ROWS = 200

Question = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=MAX_QUESTION)]
Text = Annotated[str, StringConstraints(min_length=1, max_length=MAX_TEXT)]


class Request(BaseModel):
    """Base of request bodies."""

    model_config = ConfigDict(extra="forbid")


class SourcesRequest(BaseModel):
    """Sources by the `path` of GET /sources."""

    model_config = ConfigDict(extra="forbid")

    paths: list[str] = Field(default=[], description="자료의 path. 비면 읽지 못한 것 모두")


class Reply(BaseModel):
    """Base of response bodies."""

    model_config = ConfigDict(extra="allow")


class SearchRequest(Request):
    """`haechi search`: `filter` maps a field to the wanted value."""

    question: Question
    k: int | None = Field(default=None, ge=1, le=MAX_PASSAGES)
    filter: dict[str, str] = Field(default_factory=dict)
    as_of: str | None = Field(default=None, pattern=r"^\d{4}-\d{2}-\d{2}$")
    multi_query: int | None = Field(default=None, ge=0, le=8)
    hyde: bool | None = None
    mmr: float | None = Field(default=None, ge=0, le=1)
    min_score: float | None = Field(default=None, ge=0, le=1)


class TurnRequest(Request):
    """An earlier question of the conversation, with its answer where there was one."""

    question: Question
    answer: Annotated[str, StringConstraints(max_length=MAX_TEXT)] = ""


class AskRequest(SearchRequest):
    """`haechi ask`. `history` (oldest first) counts before the turns recorded under `conversation_id`.

    An unknown `conversation_id` begins a conversation of that name; without one the reply carries a new one.
    """

    neighbours: bool | None = None
    history: list[TurnRequest] = Field(default_factory=list, max_length=50)
    conversation_id: str | None = Field(default=None, pattern=r"^[0-9A-Za-z_-]{8,64}$")

    no_lock: bool = False
    no_check: bool = False
    no_gate: bool = False
    stream: bool = False


Passages = Text | Annotated[list[Text], Field(min_length=1, max_length=MAX_PASSAGES)]
CheckedQuestion = Annotated[str, StringConstraints(max_length=MAX_QUESTION)]


class CheckRow(Request):
    """One row of a batch: `evidence` is one passage or a list of them."""

    id: str | int
    answer: Text
    evidence: Passages
    question: CheckedQuestion = ""


class CheckRequest(Request):
    """`haechi check`: an answer with its `evidence`, or `rows` of them. Texts are data; nothing in them is followed."""

    answer: Text | None = None
    evidence: Passages | None = None
    question: CheckedQuestion = ""
    rows: Annotated[list[CheckRow], Field(min_length=1, max_length=MAX_ROWS)] | None = None
    rules_only: bool = False
    re_ask: bool = False

    @model_validator(mode="after")
    def _one_of_two(self) -> CheckRequest:
        one = self.answer is not None and self.evidence is not None
        if one == (self.rows is not None) or (self.rows is not None and (self.answer, self.evidence) != (None, None)):
            raise ValueError("answer와 evidence를 함께 주거나 rows만 주세요")
        if self.rules_only and self.re_ask:
            raise ValueError("rules_only와 re_ask 가운데 하나만 켜세요")
        return self


class MatchedReply(Reply):
    """The key that was found: kind is small, question or summary."""

    kind: str
    text: str


class HitReply(Reply):
    """One retrieved passage. `ocr` is the confidence (0 to 1) of text read from a picture, null for other text."""

    rank: int
    score: float
    retriever: str
    document: str
    external_id: str | None
    title: str
    source: str
    label: str
    page: int | None
    headings: list[str]
    version: str
    version_note: str
    chunk: str
    text: str
    matched: MatchedReply | None = None
    ocr: float | None = None
    neighbours: list[str] = []


class ExpansionReply(Reply):
    """Other wordings a question was searched with, and what the model cost for them (seconds, tokens, calls)."""

    queries: list[str]
    calls: int
    prompt_tokens: int
    completion_tokens: int
    seconds: float


class FoundReply(HitReply):
    """`highlights` are (start, end) in `text`: what the question matched."""

    highlights: list[tuple[int, int]]


class AddedWordsReply(Reply):
    """What was looked for besides a word of the question."""

    word: str
    added: list[str]


class SearchReply(Reply):
    """Best first. `notes` tell how the passages were looked for; `expansion` is null for a plain question."""

    hits: list[FoundReply]
    notes: list[str]
    expansion: ExpansionReply | None
    seconds: float
    expanded: list[AddedWordsReply] = []


class CitationReply(Reply):
    """What a marker `[n]` of the answer stands for. `ocr` as in a hit."""

    marker: int
    document: str
    external_id: str | None
    title: str
    source: str
    label: str
    page: int | None
    headings: list[str]
    version: str
    version_note: str
    chunk: str
    quote: str
    ocr: float | None = None


class VerdictReply(Reply):
    """One claim's judgement. `unchecked` is never a pass."""

    checker: str
    claim: str
    label: VerdictLabel
    evidence: str
    explanation: str
    suggestion: str
    start: int = -1
    end: int = -1
    score: float | None = None


class RunReply(Reply):
    """A stretch of a correction: kind is same, removed or added."""

    kind: str
    text: str


class CorrectionReply(Reply):
    """One edit of the draft. `source` is the sentence of the evidence that settles it, "" where none does."""

    before: str
    after: str
    reason: str
    source: str = ""
    checker: str = ""
    diff: list[RunReply] = []


class AnswerReply(Reply):
    """The Answer object; also the data of the last event of a stream."""

    id: str
    question: str
    answer: str
    origin: Origin
    reason: str
    refusal: str = ""
    confidence: float | None = None
    status: str = ""
    status_text: str = ""
    citations: list[CitationReply]
    verdicts: list[VerdictReply]
    corrections: list[CorrectionReply]
    hits: list[HitReply]
    model: str
    tokens: dict[str, int | None]
    timings: dict[str, float | None]
    lock_fired: bool
    rewritten: str
    notes: list[str]
    expansion: ExpansionReply | None
    conversation_id: str


class ConversationReply(Reply):
    """The answers of a conversation, oldest first."""

    id: str
    turns: list[AnswerReply]


class CheckReply(Reply):
    """`supported` is null when not all of it could be checked; `unchecked` lists those sentences.

    `settled` is false when no sentence holds: `corrected` is then empty and the answer should be refused.
    """

    supported: bool | None
    verdicts: list[VerdictReply]
    corrected: str
    corrections: list[CorrectionReply] = []
    unchecked: list[str] = []
    settled: bool = True


class CheckedRowReply(CheckReply):
    """A row of a batch under its own id."""

    id: str | int


class CheckBatchReply(Reply):
    """The rows in their order, and how many were supported, unsupported, or neither."""

    rows: list[CheckedRowReply]
    n: int
    supported: int
    unsupported: int
    unchecked: int


class DocumentReply(Reply):
    """One row of the document list."""

    id: str
    external_id: str | None
    source: str
    title: str
    chunks: int
    status: str


class DocumentListReply(Reply):
    """A page of the list; `total` counts all documents."""

    documents: list[DocumentReply]
    total: int


class ReceiptReply(Reply):
    """The receipt of a deletion. `state` is clean, traces or unchecked; `unchecked` is never a pass."""

    id: str
    created: str
    documents: list[dict[str, str]]
    removed: dict[str, int]
    checks: dict[str, dict[str, int]]
    traces: list[dict[str, str]]
    unchecked: list[str]
    state: str
    backups: list[dict[str, Any]]


class BlockReply(Reply):
    """One block of a document, in reading order."""

    text: str
    kind: str
    page: int | None
    headings: list[str]


class LinkReply(Reply):
    """A reference inside a passage: offsets of the document's text; `document` is "" where `reason` says why."""

    surface: str
    start: int
    end: int
    document: str
    title: str
    label: str
    chunk: str
    reason: str


class ChunkReply(Reply):
    """One citable passage of a document."""

    id: str
    label: str
    unit: str
    page: int | None
    start: int
    end: int
    headings: list[str]
    text: str
    links: list[LinkReply]


class DocumentDetailReply(Reply):
    """A document's blocks and chunks, or the neighbourhood of one chunk."""

    id: str
    external_id: str | None
    source: str
    title: str
    meta: dict[str, Any]
    blocks: list[BlockReply]
    chunks: list[ChunkReply]


class SourceReply(Reply):
    """A file (or table) that was read in, or could not be: `status` is ok, failed or ignored."""

    path: str
    name: str
    status: str
    parser: str
    unit: str
    unit_reason: str
    pages: int
    documents: int
    chunks: int
    warnings: list[str]
    error: str
    updated: str


class WorkReply(Reply):
    """Documents being read in, or the last time they were; `report` is that of `haechi ingest`."""

    running: bool
    source: str
    done: int
    total: int
    seconds_left: float | None
    report: dict[str, Any] | None
    error: str


class SourceListReply(Reply):
    """All sources, and what is being read now."""

    sources: list[SourceReply]
    work: WorkReply


class HomeReply(Reply):
    """What the chat page shows before the first question."""

    name: str
    version: str
    documents: int
    contact: str
    questions: list[str]


class HealthReply(Reply):
    """`ok` as soon as the process answers; says nothing about the model."""

    status: str


class ReadyReply(Reply):
    """`ready` once the indexes and the model are loaded."""

    status: str
    documents: int


class Problem(BaseModel):
    """RFC 9457 problem document. `detail` is Korean; `errors` lists the wrong fields of a request."""

    type: str = "about:blank"
    title: str
    status: int
    detail: str
    errors: list[dict[str, str]] | None = None

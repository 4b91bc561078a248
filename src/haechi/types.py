"""What every stage passes on: frozen dataclasses, no behaviour beyond trivial helpers.

The contract between rooms lives here. Offsets are character offsets into the text they name, end exclusive.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, Literal

BlockKind = Literal["paragraph", "heading", "table", "list", "image"]
ValueKind = Literal["amount", "date", "quantity", "law_reference", "name", "phone", "email", "code"]
Certainty = Literal["certain", "ambiguous", "unresolved"]
VerdictLabel = Literal["supported", "contradicted", "not_found", "unchecked"]
Origin = Literal["faq", "generated", "refused"]
Role = Literal["system", "user", "assistant"]
EmbedKind = Literal["query", "passage"]

#: Blocks are joined with this string to make `Document.text`.
BLOCK_SEPARATOR = "\n"


@dataclass(frozen=True, slots=True)
class Block:
    """One piece of a document in reading order. `page` is 1-based, None where the format has no pages.

    A table is one block: a row a line, cells joined by ` | `, merged cells repeated where a reader would read them.
    `meta` values are JSON scalars:
      caption      what stands above or below a table (`표 1. 수수료`); it is not part of `text`
      header_rows  how many of a table's first lines are its header (0 when it has none)
      ocr          mean confidence 0..1 of a text read from a picture; absent where the text was text
      note         the mark of a footnote (`1)`), whose text is this block
      toc          true for an entry of a table of contents: found, but never the place it points to
      continued    true for a table that began on an earlier page; its header rows are repeated here
      sheet        the sheet of a workbook this block stands in, `range` its cells (`A5:D20`)
      first_row    the sheet's row that is a table's first line; line N from 0 is row first_row + N (hidden rows: blank)
      speaker_notes  true for what stands under a slide and its audience did not see
      chart        true for the numbers behind a chart, as a table
    """

    text: str
    kind: BlockKind = "paragraph"
    page: int | None = None
    headings: tuple[str, ...] = ()
    meta: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Document:
    """A parsed source: a file, or one row of a table. `source` is what a reader is shown (path or given source).

    `meta` values are JSON scalars. `external_id` in `meta` is the row's own `id` column, kept for gold ids.
    """

    id: str
    source: str
    title: str
    blocks: tuple[Block, ...]
    meta: Mapping[str, Any] = field(default_factory=dict)

    @cached_property
    def text(self) -> str:
        """All blocks joined by `BLOCK_SEPARATOR`; chunk offsets point into this string."""
        return BLOCK_SEPARATOR.join(block.text for block in self.blocks)

    @cached_property
    def ocr_spans(self) -> tuple[tuple[int, int, float], ...]:
        """(start, end, confidence 0..1) in `text` of every block that was read from a picture."""
        spans = []
        offset = 0
        for block in self.blocks:
            if block.meta.get("ocr") is not None:
                spans.append((offset, offset + len(block.text), float(block.meta["ocr"])))
            offset += len(block.text) + len(BLOCK_SEPARATOR)
        return tuple(spans)

    @property
    def external_id(self) -> str | None:
        value = self.meta.get("external_id")
        return None if value is None else str(value)

    @staticmethod
    def make(source: str, title: str, blocks: Sequence[Block], meta: Mapping[str, Any] | None = None) -> Document:
        """Build a document whose id is the hash of source, title, external id and text."""
        meta = dict(meta or {})
        text = BLOCK_SEPARATOR.join(block.text for block in blocks)
        identity = content_hash(source, title, str(meta.get("external_id", "")), text)
        return Document(identity, source, title, tuple(blocks), meta)


@dataclass(frozen=True)
class Chunk:
    """A citable unit: `document.text[start:end] == chunk.text`. `label` is what a citation shows (`제12조제2항`).

    `meta["ocr"]` is the lowest confidence of the blocks in it that were read from a picture; absent where none was.
    """

    id: str
    document_id: str
    text: str
    start: int
    end: int
    unit: str
    label: str
    page: int | None = None
    headings: tuple[str, ...] = ()
    meta: Mapping[str, Any] = field(default_factory=dict)

    @staticmethod
    def make(
        document: Document,
        start: int,
        end: int,
        *,
        unit: str,
        label: str,
        page: int | None = None,
        headings: Sequence[str] = (),
        meta: Mapping[str, Any] | None = None,
    ) -> Chunk:
        """Cut `document.text[start:end]`; the id is the hash of document id, offsets and unit.

        A chunk that holds text read from a picture says so, whichever chunker made it.
        """
        text = document.text[start:end]
        meta = dict(meta or {})
        if sure := [confidence for first, last, confidence in document.ocr_spans if first < end and start < last]:
            meta["ocr"] = min(sure)
        identity = content_hash(document.id, str(start), str(end), unit)
        return Chunk(identity, document.id, text, start, end, unit, label, page, tuple(headings), meta)


@dataclass(frozen=True, slots=True)
class IndexEntry:
    """One search text that points at a chunk. `kind` is plain, small, question or summary."""

    chunk_id: str
    text: str
    kind: str = "plain"


@dataclass(frozen=True)
class Hit:
    """A retrieved chunk. The position in the list is the rank; `score` is comparable within one list only.

    `document_title`, `document_source` and `external_id` travel along so that a hit can be shown without the store.
    `matched_text` is the key that was found, `matched_kind` its kind: other than plain it is not the chunk's own text.
    `signals` holds the parts the score was made of (for example `bm25`, `dense`, `coverage`).
    `pieces` are the chunks whose texts a widened passage was put together from; empty for a plain one.
    """

    chunk: Chunk
    score: float
    retriever: str
    matched_text: str = ""
    document_title: str = ""
    document_source: str = ""
    external_id: str | None = None
    signals: Mapping[str, float] = field(default_factory=dict)
    matched_kind: str = "plain"
    pieces: tuple[Chunk, ...] = ()

    @property
    def version(self) -> str:
        """Which version of a law this passage is of (`시행 2026-03-17`); "" for what is no law with a date.

        A column or front matter may be called `version` as well, and means something else.
        """
        return str(self.chunk.meta.get("version") or "") if self.chunk.meta.get("effective") else ""

    @property
    def ocr(self) -> float | None:
        """The confidence (0..1) of a passage that was read from a picture; None for text that was text."""
        value = self.chunk.meta.get("ocr")
        return None if value is None else float(value)


@dataclass(frozen=True, slots=True)
class Value:
    """An amount, date, quantity, law reference, name, phone, e-mail address or code found in text.

    `normalised` is a canonical string: equal strings mean equal values (see `haechi.korean.values`). `certainty` is
    `ambiguous` where the text allows another reading (9시), `unresolved` where it needs a day to count from (작년).
    """

    kind: ValueKind
    surface: str
    normalised: str
    start: int
    end: int
    certainty: Certainty = "certain"


@dataclass(frozen=True, slots=True)
class Citation:
    """`answer[start:end]` is the marker `[n]`; `quote` is the passage sentence that supports the claim before it.

    `version` (`시행 2026-03-17`) and `version_note` (other versions in this home) are "" for what has none.
    `ocr` is the confidence (0..1) of a passage that was read from a picture, None for text that was text.
    """

    marker: int
    start: int
    end: int
    chunk_id: str
    quote: str
    label: str = ""
    page: int | None = None
    headings: tuple[str, ...] = ()
    document: str = ""
    document_id: str = ""
    external_id: str | None = None
    source: str = ""
    version: str = ""
    version_note: str = ""
    ocr: float | None = None


@dataclass(frozen=True, slots=True)
class Verdict:
    """One checker's judgement of one claim. `unchecked` means it could not be checked and is never shown as a pass.

    `text[start:end]` is the claim in the text that was checked, -1 where the claim is no stretch of it. `score` is the
    probability (0..1) that a model gave its label, None for a rule.
    """

    checker: str
    claim: str
    label: VerdictLabel
    evidence: str = ""
    explanation: str = ""
    suggestion: str = ""
    start: int = -1
    end: int = -1
    score: float | None = None


@dataclass(frozen=True, slots=True)
class Correction:
    """An edit made before an answer was shown, with the reason a reader sees; `after` is "" for what was left out.

    `source` is the sentence of the evidence that settles it, "" where none does. `checker` names the checkers that
    asked for it, separated by commas.
    """

    before: str
    after: str
    reason: str
    source: str = ""
    checker: str = ""


@dataclass(frozen=True, slots=True)
class Message:
    """One chat message."""

    role: Role
    content: str


@dataclass(frozen=True)
class GenerateOptions:
    """How to generate. `grammar` is GBNF; a back end that cannot take it raises, it never ignores it.

    `top_logprobs` asks for the log-probability of every token and of so many rivals; 0 asks for none.
    """

    max_tokens: int = 160
    temperature: float = 0.0
    seed: int = 0
    stop: tuple[str, ...] = ()
    grammar: str | None = None
    top_logprobs: int = 0


@dataclass(frozen=True, slots=True)
class TokenChance:
    """One generated token with its log-probability, and those of its rivals (`rivals` holds the token itself too)."""

    token: str
    logprob: float
    rivals: tuple[tuple[str, float], ...] = ()


@dataclass(frozen=True, slots=True)
class Generation:
    """What an LLM returned. Token counts are the back end's own; None where it does not report them.

    `finish_reason` is `stop`, `length` or `cancelled`. `chances` is empty where none were asked for or none came back.
    """

    text: str
    prompt_tokens: int | None = None
    completion_tokens: int | None = None
    finish_reason: str = "stop"
    first_token_seconds: float | None = None
    seconds: float | None = None
    chances: tuple[TokenChance, ...] = ()


@dataclass(frozen=True)
class Answer:
    """One question's checked answer. `answer` carries sources only as `[n]`; `citations` hold labels and pages.

    `rewritten` is a follow-up written out ("" where nothing was); it is what was searched with and answered. `notes`
    tell a reader how the passages were looked for, `expansion` what other wordings were used and what they cost.
    `refusal` is the kind of a refusal (`pipeline/refusal_reason.py`), `confidence` the calibrated probability (0..1)
    that the passages answer the question; None for an answer of the FAQ.
    """

    question: str
    answer: str
    origin: Origin
    reason: str = ""
    citations: tuple[Citation, ...] = ()
    verdicts: tuple[Verdict, ...] = ()
    corrections: tuple[Correction, ...] = ()
    hits: tuple[Hit, ...] = ()
    model: str = ""
    tokens: Mapping[str, int | None] = field(default_factory=dict)
    timings: Mapping[str, float] = field(default_factory=dict)
    lock_fired: bool = False
    id: str = ""
    rewritten: str = ""
    notes: tuple[str, ...] = ()
    expansion: Mapping[str, Any] | None = None
    conversation_id: str = ""
    refusal: str = ""
    confidence: float | None = None


def block_row(block: Block) -> list[Any]:
    """A block as a JSON array; `block_of_row` reads it back."""
    return [block.text, block.kind, block.page, block.headings, dict(block.meta)]


def block_of_row(row: Sequence[Any]) -> Block:
    """A block from its JSON array; arrays of earlier versions have no fifth member."""
    return Block(row[0], row[1], row[2], tuple(row[3]), dict(row[4]) if len(row) > 4 else {})


def content_hash(*parts: str) -> str:
    """Hash strings to 20 hex digits; parts are separated, so ("ab", "c") and ("a", "bc") differ."""
    digest = hashlib.sha256()
    for part in parts:
        digest.update(part.encode("utf-8", "surrogatepass"))
        digest.update(b"\0")
    return digest.hexdigest()[:20]

"""Grounded rows (question, passages, answer) → the chat that the pipeline would build of them, and tagged variants."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from haechi.checkers.base import Evidence
from haechi.errors import InputError
from haechi.korean.names import names_in
from haechi.pipeline.placeholders import hide
from haechi.pipeline.prompt import build_messages
from haechi.training.data_formats import Row
from haechi.types import Chunk, Hit, Message, content_hash

#: `[answer] max_chars` of a home that does not set it.
MAX_CHARS = 100


def hits_of(row: Mapping[str, Any]) -> list[Hit]:
    """The passages ({title, label, head, text}) as the pipeline's hits. Raises InputError for one without text."""
    hits = []
    for number, passage in enumerate(row["passages"], 1):
        text = passage.get("text") if isinstance(passage, Mapping) else None
        if not isinstance(text, str) or not text.strip():
            raise InputError(
                f"질문 '{row['question']}'의 {number}번째 구절에 text가 없습니다",
                f"passage {number} of the question '{row['question']}' has no text",
            )
        meta = {"article_title": passage["head"]} if passage.get("head") else {}
        identity = content_hash(str(passage.get("title", "")), str(passage.get("label", "")), text)
        chunk = Chunk(identity, identity, text, 0, len(text), "article", str(passage.get("label") or ""), meta=meta)
        hits.append(Hit(chunk, 0.0, "given", document_title=str(passage.get("title") or "")))
    return hits


def evidence_of(hits: Sequence[Hit]) -> list[Evidence]:
    """What the checkers read of hits."""
    return [Evidence(hit.chunk.text, hit.chunk.label, hit.document_title, hit.ocr) for hit in hits]


def messages_of(row: Mapping[str, Any], max_chars: int = MAX_CHARS) -> list[Message]:
    """The chat for a row's question, a follow-up as it was written out. Without the pipeline's worked examples, as in
    `reader_data.py`: what they show, training teaches."""
    question = str(row.get("standalone") or row["question"])
    return build_messages(question, hits_of(row), max_chars=max_chars, examples=False)


def prompt_of(messages: Sequence[Message]) -> list[dict[str, str]]:
    """Messages as the `prompt` of a row."""
    return [{"role": message.role, "content": message.content} for message in messages]


def sft_row(row: Mapping[str, Any], max_chars: int = MAX_CHARS) -> Row:
    """The row for SFT, with its id and group."""
    kept = {name: row[name] for name in ("id", "group") if row.get(name)}
    return {"prompt": prompt_of(messages_of(row, max_chars)), "completion": row["answer"], **kept}


def pair_row(row: Mapping[str, Any], max_chars: int = MAX_CHARS) -> Row | None:
    """The row's answer over its `rejected` one; None when it has none or the two are alike."""
    rejected = str(row.get("rejected") or "").strip()
    if not rejected or rejected == str(row["answer"]).strip():
        return None
    made = sft_row(row, max_chars)
    return {**made, "chosen": made.pop("completion"), "rejected": rejected}


def tagged_row(row: Mapping[str, Any], max_chars: int = MAX_CHARS) -> Row | None:
    """The SFT row with every value of the passages behind a tag, in prompt and answer (`연체료는 <금액1>입니다`).

    None when the passages have no value, or the answer would not come back from its tags as it was.
    """
    hits = hits_of(row)
    evidence = evidence_of(hits)
    texts = (text for passage in evidence for text in (passage.text, passage.title))
    names = list(dict.fromkeys(value.surface for text in texts for value in names_in(text)))
    hidden = hide(messages_of(row, max_chars), evidence, names)
    answer = str(row["answer"])
    tagged = hidden.tagged(answer)
    if not hidden.surfaces or hidden.restore(tagged).text != answer:
        return None
    return {**sft_row(row, max_chars), "prompt": prompt_of(hidden.messages), "completion": tagged, "tagged": True}

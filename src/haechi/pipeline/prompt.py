"""Passages and a question → chat messages.

What never changes (rules, worked examples) comes first, so that the model server's prefix cache keeps it; passages
follow within a token budget. Documents are data: a `[n]` or a chat marker inside a passage is defused, so that only our
own passage numbers can be cited and no document text can act as an instruction's frame.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import replace

from haechi.korean.base import Analyser
from haechi.korean.sentences import split_sentences
from haechi.pipeline.injection import OMITTED, without_instructions
from haechi.prompts.defuse import defuse
from haechi.prompts.loader import load_prompt
from haechi.types import Chunk, Hit, Message

_PROVISO = re.compile(r"^\s*(?:다만|단|그러나|이 경우)[,\s]")
_ITEM = re.compile(r"\s*(?:\d{1,3}|[가-하])\. ")


def build_messages(question: str, hits: Sequence[Hit], *, max_chars: int, examples: bool = True) -> list[Message]:
    """The whole chat for one question; `hits` are used as they are, in order, numbered from 1.

    Without `examples` for a model that was trained to answer like them.
    """
    messages = [Message("system", load_prompt("answer_system", {"max_chars": str(max_chars)}))]
    turns = [turn.strip() for turn in load_prompt("answer_examples").split("===")] if examples else []
    for position, turn in enumerate(turns):
        messages.append(Message("user" if position % 2 == 0 else "assistant", turn))
    evidence = "\n".join(f"[{number}] {heading(hit)}\n{defuse(hit.chunk.text)}" for number, hit in enumerate(hits, 1))
    messages.append(
        Message("user", load_prompt("answer_user", {"evidence": evidence, "question": defuse(question.strip())}))
    )
    return messages


def heading(hit: Hit) -> str:
    """How a passage is named in the prompt: title, label, the article's title, the sentence that introduces a 호."""
    name = f"{hit.document_title} {hit.chunk.label}".strip()
    title = hit.chunk.meta.get("article_title")
    lead = hit.chunk.meta.get("lead")
    name = f"{name} ({title})" if title else name
    return defuse(f"{name}: {lead}" if lead else name)


def fit_passages(
    question: str, hits: Sequence[Hit], budget: int, count: Callable[[str], int], analyser: Analyser
) -> list[Hit]:
    """Cut the passages to `budget` tokens in all: short ones whole, long ones to their sentences nearest the question.

    A sentence keeps the proviso (다만, 단서) that follows it, a table row its head, an item its opening sentence. Rows
    from the middle of a table get its caption and header rows, without which `40 | 3,000` says nothing. What was left
    out is marked by `…`, and the returned hits carry exactly the text that goes into the prompt. Sentences that give
    the model instructions are left out first.
    """
    hits = [without_instructions(hit) for hit in hits]
    parts = [_head_and_text(hit.chunk) for hit in hits]
    sizes = [count(head + text) for head, text in parts]
    shares = _shares(sizes, budget)
    terms = set(analyser.tokens(question))
    fitted = []
    for hit, (head, text), size, share in zip(hits, parts, sizes, shares, strict=True):
        if size > share:
            text = _excerpt(text, terms, share - (count(head) if head else 0), count, analyser)
        fitted.append(replace(hit, chunk=replace(hit.chunk, text=head + text)))
    return fitted


def _head_and_text(chunk: Chunk) -> tuple[str, str]:
    """What stands above a table's rows (caption, header rows), and the rest of the chunk; no head for prose."""
    caption, header = (str(chunk.meta.get(key) or "") for key in ("caption", "header"))
    text = chunk.text
    if header and text.startswith(header + "\n"):
        text = text[len(header) + 1 :]
    elif header and header in text:
        header = ""  # a title stands above it; the excerpt keeps the head of a row by itself
    return "".join(f"{line}\n" for line in (caption, header) if line), text


def _shares(sizes: Sequence[int], budget: int) -> list[int]:
    """Fair shares: what short passages leave over goes to the long ones."""
    shares = [0] * len(sizes)
    left, open_ones = budget, sorted(range(len(sizes)), key=lambda position: sizes[position])
    while open_ones:
        position = open_ones.pop(0)
        shares[position] = min(sizes[position], left // (len(open_ones) + 1))
        left -= shares[position]
    return shares


def _excerpt(text: str, terms: set[str], budget: int, count: Callable[[str], int], analyser: Analyser) -> str:
    pieces = [text[start:end].strip() for start, end in split_sentences(text)]
    scores = [len(terms.intersection(analyser.tokens(piece))) for piece in pieces]
    order = sorted(range(len(pieces)), key=lambda position: (-scores[position], position))
    named = {position for position, piece in enumerate(pieces) if _is_row(piece) and _is_named(piece, terms, analyser)}
    if named:
        # The question names its row: of rows that look alike a small model takes the wrong one.
        order = [position for position in order if position in named or not _is_row(pieces[position])]
    costs = [count(piece) + 1 for piece in pieces]
    chosen: set[int] = set()
    spent = 0
    for position in order:
        wanted = {*_leads(pieces, position), position, *_provisos(pieces, position)} - chosen
        cost = sum(costs[item] for item in wanted)
        if spent + cost <= budget or not chosen:
            chosen.update(wanted)
            spent += cost
    parts: list[str] = []
    for position, piece in enumerate(pieces):
        if position in chosen:
            parts.append(piece)
        elif parts and parts[-1] != OMITTED:
            parts.append(OMITTED)
    return "\n".join(parts)


def _provisos(pieces: Sequence[str], position: int) -> list[int]:
    """The provisos that follow a sentence."""
    end = position + 1
    while end < len(pieces) and _PROVISO.match(pieces[end]):
        end += 1
    return list(range(position + 1, end))


def _leads(pieces: Sequence[str], position: int) -> list[int]:
    """What a row or an item means nothing without: the table's head and caption, the sentence before the list."""
    is_member = _is_row if _is_row(pieces[position]) else _ITEM.match
    if not is_member(pieces[position]):
        return []
    start = position
    while start > 0 and is_member(pieces[start - 1]):
        start -= 1
    head = [start] if _is_row(pieces[position]) and start < position else []
    return [*([start - 1] if start > 0 else []), *head]


def _is_named(row: str, terms: set[str], analyser: Analyser) -> bool:
    """Whether the question has every word of a row's first cell (`헬스장 월 이용권`)."""
    name = set(analyser.tokens(row.split(" | ", 1)[0]))
    return bool(name) and name <= terms


def _is_row(piece: str) -> bool:
    return " | " in piece

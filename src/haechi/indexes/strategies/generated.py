"""Keys that a local LLM writes for each chunk, kept in the store so that they can be read, edited and used again.

The chunk's plain entry stays beside them: a generated key can only help it to be found. What was written for a text is
kept under (kind, hash of the plain entry), so a second run asks the model nothing, an interrupted one goes on where it
stopped, and what a person has edited stays for as long as the text does. A key with a value or a number that the chunk
does not have is dropped: a question about an invented amount would be found by everyone who asks about that amount.
"""

from __future__ import annotations

import contextlib
import re
from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence

from haechi.indexes.strategies.plain import entry_text
from haechi.korean.hanja import has_hanja
from haechi.korean.numerals import fold
from haechi.korean.values import is_uncertain, parse_values
from haechi.models.base import LLM
from haechi.prompts.loader import load_prompt
from haechi.stores.base import GeneratedKeys, Store
from haechi.types import Chunk, Document, GenerateOptions, Generation, IndexEntry, Message, content_hash

Tell = Callable[[int, int], None]

_DIGITS = re.compile(r"\d+(?:[,.]\d+)*")
_CONTROL = re.compile(r"<\|([^|<>]{0,40})\|>")
_LEAD = re.compile(r"^\s*(?:[-*•·]|\(?\d{1,2}[.)]|(?:질문|요약|Q)\s*\d*\s*[:.])\s*")


class GeneratedStrategy(ABC):
    """`llm` is asked for only when something is missing; `model` names it in the store. `tell(done, total)` counts the
    chunks of the document at hand.
    """

    name = ""
    kind = ""
    prompt = ""
    max_tokens = 0

    def __init__(self, llm: Callable[[], LLM], model: str, store: Store, tell: Tell | None = None) -> None:
        self._llm = llm
        self._model = model
        self._store = store
        self._tell = tell
        self._turns = [turn.strip() for turn in load_prompt(self.prompt).split("===")]
        self._version = content_hash(*self._turns)[:12]

    def entries(self, document: Document, chunks: Sequence[Chunk]) -> list[IndexEntry]:
        entries: list[IndexEntry] = []
        for number, chunk in enumerate(chunks, 1):
            text = entry_text(document, chunk)
            entries.append(IndexEntry(chunk.id, text))
            entries += [IndexEntry(chunk.id, key, self.kind) for key in self.keys(text)]
            if self._tell is not None:
                self._tell(number, len(chunks))
        return entries

    def keys(self, text: str) -> tuple[str, ...]:
        """The keys of a plain entry: edited or made before, else made now and kept."""
        text_hash = content_hash(text)
        kept = self._store.generated(self.kind, text_hash)
        if kept is not None and (kept.edited or (kept.model, kept.prompt) == (self._model, self._version)):
            return kept.texts
        copied = set(lines_of(self._turns[2]))
        texts = tuple(key for key in dict.fromkeys(self.read(self._ask(text), text)) if key not in copied)
        self._store.put_generated(self.kind, text_hash, GeneratedKeys(texts, self._model, self._version, False))
        return texts

    def _ask(self, text: str) -> str:
        """The reply, cut short as soon as it holds enough: a small model repeats itself until it is stopped."""
        reply = ""
        stream = self._llm().stream(self._messages(text), GenerateOptions(max_tokens=self.max_tokens))
        with contextlib.closing(stream) as pieces:  # type: ignore[type-var]
            for item in pieces:
                if isinstance(item, Generation):
                    return item.text
                reply += item
                if self.is_enough(reply):
                    break
        return reply

    @abstractmethod
    def is_enough(self, reply: str) -> bool:
        """Whether more of this reply would not be used."""

    @abstractmethod
    def read(self, reply: str, text: str) -> list[str]:
        """The usable keys of a reply to `text`."""

    def _messages(self, text: str) -> list[Message]:
        system, example, answer = self._turns
        # Documents are data: a chat mark inside one would end the turn.
        text = _CONTROL.sub(r"<\1>", text)
        return [
            Message("system", system),
            Message("user", example),
            Message("assistant", answer),
            Message("user", f"[글]\n{text}"),
        ]


def lines_of(reply: str) -> list[str]:
    """Non-empty lines without list marks."""
    stripped = (_LEAD.sub("", line).strip().strip('"“”') for line in reply.splitlines())
    return [line for line in stripped if line]


def is_grounded(key: str, text: str) -> bool:
    """Whether every value, number and Hanja of the key stands in the text."""
    known = {value.normalised for value in parse_values(text)}
    for value in parse_values(key):
        # 한 번, 두 사람: a quantity in words is a way of speaking, an amount or a date never is.
        spelled = value.kind in ("amount", "date") and not is_uncertain(value)
        if value.normalised not in known and (spelled or _DIGITS.search(fold(value.surface).text)):
            return False
    numbers = {number.replace(",", "") for number in _DIGITS.findall(fold(text).text)}
    numbers |= {number for value in known for number in _DIGITS.findall(value)}
    if any(number.replace(",", "") not in numbers for number in _DIGITS.findall(fold(key).text)):
        return False
    return has_hanja(text) or not has_hanja(key)

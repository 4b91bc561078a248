"""From a question as people write it to hits: any retriever, asked once for a plain question and more often for others.

    the day it speaks of → its parts, or more wordings of it → merge → MMR → threshold

A plain question costs nothing beside its one retrieval and gets exactly that retrieval's hits.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from haechi.config import QueryConfig, RetrievalConfig
from haechi.korean.base import Analyser
from haechi.korean.key_question import key_question
from haechi.korean.stated_day import StatedDay, stated_day
from haechi.korean.sub_questions import sub_questions
from haechi.models.base import LLM
from haechi.records import hit_record
from haechi.retrievers.base import Filters, Retriever
from haechi.retrievers.diversify import diversify
from haechi.retrievers.merge import fused, interleaved
from haechi.retrievers.multi_query import Spent, Wordings, hypothetical, joined, rewordings
from haechi.retrievers.versions import Versions, today
from haechi.stores.base import Store
from haechi.types import Hit

#: Lists that are merged or thinned out are this many times longer than the result, ten at least.
_DEEPER = 5
_SHORTEST_LIST = 10


@dataclass(frozen=True)
class QueryOptions:
    """What one call wants otherwise than the settings; None leaves the setting."""

    split: bool | None = None
    key_question: bool | None = None
    multi_query: int | None = None
    hyde: bool | None = None
    mmr: float | None = None
    min_score: float | None = None

    def __bool__(self) -> bool:
        return self != QueryOptions()


@dataclass(frozen=True)
class Found:
    """Hits, and how they came about: texts searched with as well, notes for the reader, the model's cost."""

    hits: tuple[Hit, ...]
    queries: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    spent: Spent = field(default_factory=Spent)

    def expansion(self) -> dict[str, Any] | None:
        """What answers and searches show of it in JSON; None for a plain question. Seconds are the model's."""
        if not self.queries and not self.spent.calls:
            return None
        return {
            "queries": list(self.queries),
            "calls": self.spent.calls,
            "prompt_tokens": self.spent.prompt_tokens,
            "completion_tokens": self.spent.completion_tokens,
            "seconds": round(self.spent.seconds, 4),
        }


def search_record(found: Found, seconds: float) -> dict[str, Any]:
    """What a search gives: hits, notes for the reader, other wordings with their cost (null for a plain question)."""
    return {
        "hits": [hit_record(rank, hit) for rank, hit in enumerate(found.hits, 1)],
        "notes": list(found.notes),
        "expansion": found.expansion(),
        "seconds": round(seconds, 4),
    }


class QuestionRetriever:
    """A retriever around another one. `llm` and `model` (the embedder's name) are asked for only when needed."""

    def __init__(
        self,
        inner: Retriever,
        store: Store,
        analyser: Analyser,
        retrieval: RetrievalConfig,
        query: QueryConfig,
        llm: Callable[[], LLM],
        model: Callable[[], str],
        clock: Callable[[], str] = today,
    ) -> None:
        self.name = inner.name
        self.inner = inner
        self._store = store
        self._analyser = analyser
        self._retrieval = retrieval
        self._query = query
        self._llm = llm
        self._model = model
        self._clock = clock
        self._versions = Versions(store, clock)

    def retrieve(self, question: str, k: int, filters: Filters | None = None) -> Sequence[Hit]:
        """The hits alone, with the settings of the home."""
        return list(self.find(question, k, filters).hits)

    def find(self, question: str, k: int, filters: Filters | None = None, options: QueryOptions | None = None) -> Found:
        """Best first, at most k. Raises what the inner retriever raises; a failing LLM is a note."""
        wanted = self._settled(options or QueryOptions())
        day = self._stated(question, filters)
        notes: list[str] = []
        if day is not None:
            notes.append(f"질문의 '{day.surface}'에 맞추어 {day.day}에 시행 중이던 판을 먼저 봅니다")

        def search(text: str, depth: int) -> Sequence[Hit]:
            hits = self.inner.retrieve(text, depth, filters)
            return hits if day is None else self._as_of(text, depth, filters, day, hits)

        parts = tuple(sub_questions(question)) if wanted.split else ()
        key = key_question(self._analyser, question) if wanted.key_question else ""
        keys = (key,) if key and key != question.strip() and not parts else ()
        more = self._wordings(question, wanted)
        mmr = wanted.mmr or 0.0
        plain = not (parts or keys or more.texts or mmr)
        depth = k if plain else max(_DEEPER * k, _SHORTEST_LIST)
        hits = list(search(question, depth))
        if parts and all("reference" in hit.signals for hit in hits[:k]):
            parts = ()  # every place goes to a unit that the question names by number
        if keys or more.texts:
            hits = fused(hits, [search(text, depth) for text in (*keys, *more.texts)], depth)
        if parts:
            hits = interleaved([search(part, depth) for part in parts], hits, k)
        elif mmr:
            vectors = self._store.chunk_vectors(self._model(), [hit.chunk.id for hit in hits])
            hits = diversify(hits, vectors, k, mmr)
        hits = self._above(hits, wanted.min_score or 0.0)[:k]
        return Found(tuple(hits), (*parts, *keys, *more.texts), (*notes, *more.notes), more.spent)

    def _settled(self, options: QueryOptions) -> QueryOptions:
        """The options with the settings where they say nothing."""
        query, retrieval = self._query, self._retrieval
        return QueryOptions(
            query.split if options.split is None else options.split,
            query.key_question if options.key_question is None else options.key_question,
            query.multi_query if options.multi_query is None else options.multi_query,
            query.hyde if options.hyde is None else options.hyde,
            retrieval.mmr if options.mmr is None else options.mmr,
            retrieval.min_score if options.min_score is None else options.min_score,
        )

    def _wordings(self, question: str, wanted: QueryOptions) -> Wordings:
        made = []
        if wanted.multi_query:
            made.append(rewordings(self._llm, question, wanted.multi_query))
        if wanted.hyde:
            made.append(hypothetical(self._llm, question))
        return joined(made)

    @staticmethod
    def _above(hits: Sequence[Hit], least: float) -> list[Hit]:
        return [hit for hit in hits if hit.score >= least] if least else list(hits)

    # -- the day a question speaks of ----------------------------------------------------------------------------

    def _stated(self, question: str, filters: Filters | None) -> StatedDay | None:
        """The day, when nobody asked for another one and it decides between versions that are here."""
        if filters is not None and filters.as_of is not None:
            return None
        day = stated_day(question, self._clock())
        if day is None or self._versions.on(day.day).hidden == self._versions.on(None).hidden:
            return None
        return day

    def _as_of(
        self, text: str, depth: int, filters: Filters | None, day: StatedDay, present: Sequence[Hit]
    ) -> list[Hit]:
        """The hits of that day; a law without a version then keeps its present one, and says so."""
        then = Filters(dict(filters.equals) if filters else {}, day.day)
        hits = list(self.inner.retrieve(text, depth, then))
        kept = [_noted(hit, day) for hit in present if self._has_none(hit, day.day)]
        if not kept:
            return hits
        return sorted([*hits, *kept], key=lambda hit: -hit.score)[:depth]

    def _has_none(self, hit: Hit, day: str) -> bool:
        """Whether a hit is of a law none of whose versions was in force on the day."""
        record = self._versions.record(hit.chunk.document_id)
        return record is not None and bool(record.version) and not self._versions.documents(record.law, day)


def _noted(hit: Hit, day: StatedDay) -> Hit:
    note = str(hit.chunk.meta.get("version_note") or "")
    said = f"{day.day}에 시행 중이던 판이 없어 지금 판입니다"
    meta = {**hit.chunk.meta, "version_note": f"{note}; {said}" if note else said}
    return replace(hit, chunk=replace(hit.chunk, meta=meta))

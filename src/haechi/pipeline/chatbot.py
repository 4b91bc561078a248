"""One question, from the FAQ gate over retrieval to the checked and recorded answer: top to bottom, no hidden state."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any

from haechi.checkers.base import Checker, Evidence
from haechi.config import AnswerConfig, QueryConfig, RefusalConfig, RetrievalConfig
from haechi.errors import InputError
from haechi.indexes.manager import IndexManager
from haechi.korean.names import names_in
from haechi.models.base import LLM
from haechi.pipeline.citations import cite, read_draft
from haechi.pipeline.evidence_lock import build_lock
from haechi.pipeline.faq_answer import faq_answer
from haechi.pipeline.faq_gate import FaqGate
from haechi.pipeline.history import Turn
from haechi.pipeline.injection import drop_obedient, injection_notes
from haechi.pipeline.neighbours import widen
from haechi.pipeline.placeholders import hide
from haechi.pipeline.prompt import build_messages, fit_passages
from haechi.pipeline.prospect import Prospect
from haechi.pipeline.refusal import STATE_KEY, RefusalWeights
from haechi.pipeline.refusal_reason import message, reason_for, unsupported
from haechi.pipeline.rewrite import Rewritten, stand_alone
from haechi.pipeline.shape import says_unknown, shorten, whole_sentences
from haechi.pipeline.verification import LOCKED_COVERAGE, answers_in_kind, rests_on_topic, strays, verdicts_of, verify
from haechi.retrievers.base import Filters
from haechi.retrievers.question import Found, QueryOptions, QuestionRetriever
from haechi.stores.base import Store
from haechi.types import Answer, Correction, GenerateOptions, Generation, Hit, Message

MAX_QUESTION_CHARS = 2000


#: How many rivals of every token the model is asked for.
_RIVALS = 5


@dataclass(frozen=True, slots=True)
class StageEvent:
    """A step began: rewrite, retrieve, generate, lock (the draft so far is void, a new one follows) or check."""

    stage: str


@dataclass
class _Clock:
    """Seconds since the question arrived, and how long each step took."""

    started: float
    timings: dict[str, float]

    def lap(self, step: str, since: float) -> float:
        now = time.monotonic()
        self.timings[step] = self.timings.get(step, 0.0) + now - since
        return now


@dataclass(frozen=True)
class _Asked:
    """What was asked, what it became, how it was searched with, and the conversation it belongs to."""

    question: str
    rewritten: Rewritten
    conversation: str = ""
    found: Found = field(default_factory=lambda: Found(()))

    def expansion(self) -> dict[str, Any] | None:
        """The cost of the rewriting counts with that of the search."""
        return replace(self.found, spent=self.found.spent + self.rewritten.spent).expansion()


class Chatbot:
    """Answers from the home's passages only, or refuses. Parts are wired in `pipeline.build`."""

    def __init__(
        self,
        *,
        store: Store,
        indexes: Callable[[], IndexManager],
        retriever: Callable[[], QuestionRetriever],
        llm: Callable[[], LLM],
        checkers: Callable[[], Sequence[Checker]],
        answer: AnswerConfig,
        retrieval: RetrievalConfig,
        gate: FaqGate,
        query: QueryConfig,
        refusal: RefusalConfig | None = None,
    ) -> None:
        self.store = store
        self.gate = gate
        self._make_indexes, self._make_retriever, self._make_llm = indexes, retriever, llm
        self._make_checkers = checkers
        self.settings = answer
        self.retrieval = retrieval
        self.query = query
        self.refusal = refusal or RefusalConfig()

    # Made on first use: an answer of the FAQ needs none of them.
    @cached_property
    def indexes(self) -> IndexManager:
        return self._make_indexes()

    @cached_property
    def retriever(self) -> QuestionRetriever:
        return self._make_retriever()

    @cached_property
    def llm(self) -> LLM:
        return self._make_llm()

    @cached_property
    def checkers(self) -> tuple[Checker, ...]:
        return tuple(self._make_checkers())

    def warm_up(self) -> None:
        """Load models and indexes and read the prompt's constant part, so that no question pays for them."""
        self.gate.match("준비")
        self.search("준비", 1)
        _ = self.checkers
        prefix = self._messages("준비", [])
        self.llm.generate(prefix, GenerateOptions(max_tokens=1))

    def _messages(self, question: str, hits: Sequence[Hit]) -> list[Message]:
        return build_messages(question, hits, max_chars=self.settings.max_chars, examples=self.settings.examples)

    def search(self, question: str, k: int | None = None, filters: Filters | None = None) -> list[Hit]:
        """Retrieval alone: the best k passages (default: the home's k)."""
        return list(self.find(question, k, filters).hits)

    def find(
        self, question: str, k: int | None = None, filters: Filters | None = None, query: QueryOptions | None = None
    ) -> Found:
        """Retrieval alone, with how the passages were looked for."""
        return self.retriever.find(_valid(question), k or self.retrieval.k, filters, query)

    def ask(
        self,
        question: str,
        *,
        k: int | None = None,
        lock: bool | None = None,
        check: bool | None = None,
        filters: Filters | None = None,
        query: QueryOptions | None = None,
        neighbours: bool | None = None,
        history: Sequence[Turn] = (),
        conversation: str = "",
        gate: bool = True,
    ) -> Answer:
        """The checked answer; `gate=False` passes over the FAQ.

        `history` are the turns before, oldest first; `conversation` is the id under which this one is recorded.
        Raises InputError for an empty or overlong question, ModelError when the model failed.
        """
        *_, answer = self.stream(
            question,
            k=k,
            lock=lock,
            check=check,
            filters=filters,
            query=query,
            neighbours=neighbours,
            history=history,
            conversation=conversation,
            gate=gate,
        )
        assert isinstance(answer, Answer)
        return answer

    def stream(
        self,
        question: str,
        *,
        k: int | None = None,
        lock: bool | None = None,
        check: bool | None = None,
        filters: Filters | None = None,
        query: QueryOptions | None = None,
        neighbours: bool | None = None,
        history: Sequence[Turn] = (),
        conversation: str = "",
        gate: bool = True,
    ) -> Iterator[StageEvent | str | Answer]:
        """Stages and draft text as they come, and last the checked Answer. What streams is a draft, not an answer."""
        clock = _Clock(time.monotonic(), {})
        with_lock = self.settings.lock if lock is None else lock
        with_check = self.settings.check if check is None else check

        asked = _Asked(_valid(question), Rewritten(_valid(question)), conversation)
        if history:
            yield StageEvent("rewrite")
            started = time.monotonic()
            made = stand_alone(asked.question, history, self.indexes.analyser, lambda: self.llm, self.query.follow_up)
            asked, question = replace(asked, rewritten=made), made.text
            clock.lap("rewrite", started)

        # Filters choose among documents; a curated answer belongs to none of them.
        started = time.monotonic()
        match, pair = self.gate.hit(question) if gate and not filters else (None, None)
        clock.lap("gate", started)
        if match is not None and pair is not None:
            yield self._record(faq_answer(question, pair, match, self.store), clock, asked)
            return

        yield StageEvent("retrieve")
        started = time.monotonic()
        found = self.find(question, k, filters, query)
        asked, hits = replace(asked, found=found), list(found.hits)
        prospect = self._prospect(question, hits)
        clock.lap("retrieve", started)
        if found.spent.calls:
            clock.timings["expand"] = found.spent.seconds
        if reason := prospect.hopeless(question, hits, self.settings.min_coverage):
            yield self._record(self._refusal(question, hits, prospect, reason), clock, asked)
            return

        budget, count = self.settings.evidence_tokens, self.llm.count_tokens
        hits = fit_passages(question, hits, budget, count, self.indexes.analyser)
        if self.settings.neighbours if neighbours is None else neighbours:
            hits = widen(hits, found.hits, self.store, budget, count)
        evidence = [Evidence(hit.chunk.text, hit.chunk.label, hit.document_title, hit.ocr) for hit in hits]
        messages = self._messages(question, hits)

        yield StageEvent("generate")
        draft = Generation("")
        for item in self._generate(messages, None, clock):
            if isinstance(item, Generation):
                draft = item
            else:
                yield item
        spent = [draft]

        fired = strays(draft.text, evidence) if with_lock and not says_unknown(draft.text) else []
        notes: list[str] = []
        names = self._names(evidence) if fired and self.settings.lock_names else ()
        if fired and self.llm.supports_grammar:
            yield StageEvent("lock")
            locked = build_lock(evidence, len(hits), names)
            for item in self._generate(messages, locked.grammar.text, clock):
                if isinstance(item, Generation):
                    draft = item
                else:
                    yield item
            spent.append(draft)
            notes = locked.notes(draft)
        elif fired and self.settings.placeholders == "auto":
            yield StageEvent("lock")
            hidden = hide(messages, evidence, names)
            *_, draft = (item for item in self._generate(hidden.messages, None, clock) if isinstance(item, Generation))
            restored = hidden.restore(draft.text)
            draft = replace(draft, text=restored.text, chances=())
            yield draft.text
            spent.append(draft)
            notes = restored.notes

        yield StageEvent("check")
        if len(spent) > 1 and not answers_in_kind(spent[0].text, draft.text, evidence):
            reason = f"지어낸 값({fired[0]})을 대신할 값을 근거에서 찾지 못했습니다"
            answer = self._refusal(question, hits, prospect, reason, drafted=True)
        else:
            answer = self._finish(question, draft, hits, evidence, prospect, clock, with_lock, with_check, bool(fired))
        corrections = answer.corrections
        if len(spent) > 1:
            reason = f"근거에 없는 표현({', '.join(fired[:3])})이 나와 근거의 값만 쓰도록 다시 생성했습니다"
            corrections = (Correction(spent[0].text, spent[-1].text, reason), *corrections)
        yield self._record(
            replace(
                answer,
                corrections=corrections,
                notes=(*answer.notes, *notes),
                lock_fired=bool(fired),
                tokens={
                    "prompt": draft.prompt_tokens,
                    "completion": sum(item.completion_tokens or 0 for item in spent),
                },
            ),
            clock,
            asked,
        )

    def _names(self, evidence: Sequence[Evidence]) -> list[str]:
        texts = (text for passage in evidence for text in (passage.text, passage.title))
        return list(dict.fromkeys(value.surface for text in texts for value in names_in(text)))

    def _generate(self, messages: Sequence[Message], grammar: str | None, clock: _Clock) -> Iterator[str | Generation]:
        options = GenerateOptions(
            max_tokens=self.settings.max_tokens,
            temperature=self.settings.temperature,
            grammar=grammar,
            top_logprobs=_RIVALS if self.llm.supports_logprobs else 0,
        )
        started = time.monotonic()
        for item in self.llm.stream(messages, options):
            if isinstance(item, str):
                clock.timings.setdefault("first_token", time.monotonic() - clock.started)
            yield item
        clock.lap("generate", started)

    def _finish(
        self,
        question: str,
        draft: Generation,
        hits: Sequence[Hit],
        evidence: Sequence[Evidence],
        prospect: Prospect,
        clock: _Clock,
        with_lock: bool,
        with_check: bool,
        fired: bool,
    ) -> Answer:
        """Form, citations, checks: the draft becomes an answer, or a refusal that says why."""
        started = time.monotonic()
        try:
            if not draft.text.strip() or says_unknown(draft.text):
                return self._refusal(question, hits, prospect, "모델이 근거에서 답을 찾지 못했습니다")
            sentences = whole_sentences(read_draft(draft.text), draft.finish_reason == "length")
            kept, obeyed = drop_obedient(sentences, hits, self.indexes.analyser)
            kept = shorten(kept, self.settings.max_chars)
            verified = verify(kept, evidence, question, self.checkers if with_check else (), lock=with_lock)
            corrections = [*obeyed, *verified.corrections]
            if not verified.sentences:
                reason = "답에 나온 내용을 근거에서 확인하지 못했습니다"
                return self._refusal(question, hits, prospect, reason, tuple(corrections), True)
            cited = cite(verified.sentences, hits, self.indexes.analyser)
            corrections += [Correction(before, after, "인용을 맞는 근거로 옮겼습니다") for before, after in cited.moved]
            if not cited.citations:
                reason = "답을 뒷받침하는 근거를 찾지 못했습니다"
                return self._refusal(question, hits, prospect, reason, tuple(corrections), True)
            least = LOCKED_COVERAGE if fired else self.settings.min_coverage
            if not rests_on_topic(question, cited, hits, self.indexes.analyser, least):
                # A small model asked for something absent picks a sentence of another passage.
                reason = "답의 근거가 질문과 다른 내용을 다룹니다"
                return self._refusal(question, hits, prospect, reason, tuple(corrections), True)
            confidence = prospect.after(draft, verified.verdicts)
            if confidence < prospect.threshold:
                reason = f"답이 확실하지 않습니다(확률 {confidence:.2f} < {prospect.threshold:.2f})"
                return self._refusal(question, hits, prospect, reason, tuple(corrections), True)
            return Answer(
                question=question,
                answer=cited.text,
                origin="generated",
                confidence=confidence,
                citations=cited.citations,
                verdicts=verdicts_of(cited, verified.verdicts, with_check),
                corrections=tuple(corrections),
                hits=tuple(hits),
                model=self.llm.name,
            )
        finally:
            clock.lap("check", started)

    def _prospect(self, question: str, hits: Sequence[Hit]) -> Prospect:
        weights = RefusalWeights.of_text(self.store.state(STATE_KEY))
        analyser, index = self.indexes.analyser, self.indexes.full_text
        return Prospect.of(question, hits, analyser, index, weights, self.refusal.threshold)

    def _refusal(
        self,
        question: str,
        hits: Sequence[Hit],
        prospect: Prospect,
        why: str,
        corrections: tuple[Correction, ...] = (),
        drafted: bool = False,
    ) -> Answer:
        """`drafted`: the model did answer, and what it said did not hold."""
        reason = reason_for(question, hits, prospect.can, prospect.signals, self.checkers, self.indexes.analyser)
        if drafted and reason.kind == "not_in_documents":
            reason = unsupported()
        return Answer(
            question,
            message(reason, self.refusal, self.settings),
            "refused",
            reason=why,
            refusal=reason.kind,
            confidence=prospect.likely,
            corrections=corrections,
            hits=tuple(hits),
            model=self.llm.name,
        )

    def _record(self, answer: Answer, clock: _Clock, asked: _Asked) -> Answer:
        clock.timings["total"] = time.monotonic() - clock.started
        rewritten = asked.rewritten
        answer = replace(
            answer,
            question=asked.question,
            rewritten=rewritten.text if rewritten.text != asked.question else "",
            notes=(
                *((rewritten.note,) if rewritten.note else ()),
                *asked.found.notes,
                *answer.notes,
                *injection_notes(answer.hits),
            ),
            expansion=asked.expansion(),
            conversation_id=asked.conversation,
            timings=clock.timings,
            tokens=answer.tokens or {"prompt": 0, "completion": 0},
        )
        return replace(answer, id=self.store.record_answer(answer))


def _valid(question: str) -> str:
    if not question.strip():
        raise InputError("질문이 비어 있습니다", "the question is empty")
    if len(question) > MAX_QUESTION_CHARS:
        raise InputError(
            f"질문이 너무 깁니다: {len(question)}자(최대 {MAX_QUESTION_CHARS}자). 나누어 물어 주세요",
            f"the question is too long: {len(question)} characters (at most {MAX_QUESTION_CHARS}); split it",
        )
    return question.strip()

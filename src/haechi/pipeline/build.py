"""Config → parts: the only place where parts are wired. Opening a home is cheap; models load on first use."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from types import TracebackType
from typing import Any

from haechi.checkers.base import Checker
from haechi.chunkers.base import Chunker
from haechi.config import CONFIG_NAME, STORE_NAME, Config, EmbedderConfig
from haechi.errors import ConfigError, InputError
from haechi.indexes.base import IndexStrategy
from haechi.indexes.manager import IndexManager
from haechi.korean.base import Analyser
from haechi.models import bundled
from haechi.models.base import LLM, Embedder, Reranker
from haechi.models.readings import ReadingEmbedder
from haechi.pipeline.chatbot import Chatbot
from haechi.pipeline.check import default_checkers
from haechi.pipeline.faq_gate import FaqGate
from haechi.pipeline.home_names import HomeNames
from haechi.pipeline.live import Live, lexicon, serving
from haechi.prompts.loader import load_prompt
from haechi.registry import load
from haechi.retrievers.base import Retriever
from haechi.retrievers.question import QuestionRetriever
from haechi.retrievers.rerank import Rerank
from haechi.stores.base import Change, Store

#: Parts that hold vectors or tokens of the embedder and analyser that serve.
_OVER_THE_INDEX = ("embedder", "analyser", "indexes", "retriever", "gate", "chatbot")

#: Strategies that ask the LLM for the keys of every chunk.
WRITING_STRATEGIES = frozenset({"hypothetical_questions", "summaries"})


class Home:
    """One knowledge base: its settings, its store, and the parts built from them, each made once, on first use."""

    def __init__(self, config: Config, store: Store) -> None:
        self.config = config
        self.store = store
        self._parts: dict[str, Any] = {}
        self._lender: Home | None = None
        self._changes: list[Change] = []
        self._live: Live | None = None
        self._guard = threading.RLock()

    def __enter__(self) -> Home:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Free models and files. Safe to call twice."""
        llm = self._parts.pop("llm", None)
        if llm is not None and self._lender is None:
            llm.close()
        self._parts.clear()
        self.store.close()

    def _once(self, name: str, make: Callable[[], Any]) -> Any:
        with self._guard:
            if name not in self._parts:
                self._parts[name] = make()
            return self._parts[name]

    def live(self) -> Live:
        """The embedder and analyser that serve this home. When another process swapped them, parts are made anew."""
        with self._guard:
            live = serving(self.config, self.store)
            if live != self._live:
                for name in _OVER_THE_INDEX:
                    self._parts.pop(name, None)
                self._live = live
            return live

    def analyser(self) -> Analyser:
        """The one analyser of index and query."""
        live = self.live()
        analyser: Analyser = self._once("analyser", lambda: load("analysers", live.analyser)(lexicon(live, self.store)))
        return analyser

    def embedder(self) -> Embedder:
        """The embedder that serves. Raises ModelError when its weights are missing."""
        live = self.live()
        embedder: Embedder = self._once("embedder", lambda: make_embedder(live.embedder))
        return embedder

    def llm(self) -> LLM:
        """The LLM of the settings. Raises ModelError when its weights are missing, LicenceError when refused."""
        llm: LLM = self._once("llm", lambda: self._lender.llm() if self._lender else _llm(self.config))
        return llm

    def borrow_llm(self, lender: Home) -> None:
        """Use the LLM of another home, which keeps and closes it."""
        self._lender = lender

    def indexes(self) -> IndexManager:
        """The indexes over this store; they rebuild themselves when they don't match it."""

        live = self.live()

        def make() -> IndexManager:
            embedder = self.embedder()
            return IndexManager(
                self.store,
                self.config.index_dir,
                self.analyser(),
                embedder.name,
                embedder.dimension,
                self.config.retrieval,
                lambda: serving(self.config, self.store).identity != live.identity,
            )

        manager: IndexManager = self._once("indexes", make)
        return manager

    def retriever(self) -> QuestionRetriever:
        """The retriever of the settings, over the present state of the store, asked as [query] says."""
        self.live()
        make = load("retrievers", self.config.retrieval.retriever)

        def wrapped() -> QuestionRetriever:
            settings, analyser = self.config.retrieval, self.analyser()
            inner: Retriever = make(
                self.store, self.indexes(), self.embedder(), analyser, settings, **self._rerank(settings.retriever)
            )
            return QuestionRetriever(
                inner, self.store, analyser, settings, self.config.query, self.llm, lambda: self.embedder().name
            )

        retriever: QuestionRetriever = self._once("retriever", wrapped)
        return retriever

    def reranker(self) -> Reranker | None:
        """The reranker of the settings; None for `none`. Raises ConfigError, ModelError, LicenceError."""
        reranker: Reranker | None = self._once("reranker", lambda: _reranker(self.config))
        return reranker

    def _rerank(self, retriever: str) -> dict[str, Rerank]:
        """What the hybrid retriever is given to rerank with; others rank by one signal and take nothing."""
        reranker, settings = self.reranker(), self.config.reranker
        if reranker is None:
            return {}
        if retriever != "hybrid":
            raise ConfigError(
                f'[reranker] backend = {settings.backend!r}는 [retrieval] retriever = "hybrid"와 함께 씁니다'
                f"(지금 {retriever!r})",
                f'[reranker] backend = {settings.backend!r} needs [retrieval] retriever = "hybrid", not {retriever!r}',
            )
        return {"rerank": Rerank(reranker, settings.top, settings.weight)}

    def chatbot(self) -> Chatbot:
        """The chatbot over this home."""
        self.live()
        chatbot: Chatbot = self._once(
            "chatbot",
            lambda: Chatbot(
                store=self.store,
                indexes=self.indexes,
                retriever=self.retriever,
                llm=self.llm,
                checkers=lambda: default_checkers(self.config.check, self.llm, HomeNames(self.store)),
                answer=self.config.answer,
                retrieval=self.config.retrieval,
                gate=self.gate(),
                query=self.config.query,
                refusal=self.config.refusal,
            ),
        )
        return chatbot

    def gate(self) -> FaqGate:
        """The FAQ gate over this home's pairs; it loads nothing by itself."""
        self.live()
        gate: FaqGate = self._once("gate", lambda: FaqGate(self.store, self.analyser, self.embedder))
        return gate

    def chunker(self, unit: str) -> Chunker:
        """The chunker of a unit with this home's settings. Raises BackendError for an unknown one, ConfigError."""
        settings = self.config.ingest
        make: Callable[..., Chunker] = load("chunkers", unit)
        if unit == "fixed":
            return make(settings.fixed_size, settings.fixed_overlap, settings.fixed_separators)
        if unit == "semantic":
            return make(lambda texts: self.embedder().embed(texts, "passage"), settings.semantic_percentile)
        return make()

    def strategy(self, name: str, tell: Callable[[int, int], None] | None = None) -> IndexStrategy:
        """An index strategy; those that write keys use this home's LLM and store, and `tell(done, total)` chunks."""
        make: Callable[..., IndexStrategy] = load("strategies", name)
        if name in WRITING_STRATEGIES:
            return make(self.llm, self._llm_name(), self.store, tell)
        return make()

    def _llm_name(self) -> str:
        """What names the LLM in the record of a key, without loading it."""
        return f"{self.config.llm.backend} {self.config.llm.full_name}"

    def unit_options(self, unit: str) -> str:
        """What a unit's chunks depend on besides its name, for the record of an ingest; empty for most units."""
        settings = self.config.ingest
        if unit == "fixed":
            return f" fixed={settings.fixed_size}/{settings.fixed_overlap}/{list(settings.fixed_separators)!r}"
        return f" semantic={settings.semantic_percentile}/{self.embedder().name}" if unit == "semantic" else ""

    def note_change(self, change: Change) -> None:
        """Remember a store change until `refresh_indexes`."""
        self._changes.append(change)

    def refresh_indexes(self) -> None:
        """Bring the indexes up to the store. The caller holds the writer lock."""
        changes, self._changes = self._changes, []
        self.indexes().apply(changes)


def open_home(config: Config) -> Home:
    """Open a home's store; nothing else is loaded yet. Raises StoreError."""
    make_store = load("stores", "sqlite")
    return Home(config, make_store(config.store_path, create=False))


def open_throw_away(config: Config, home: Home) -> Home:
    """An empty home at `config.home`, which exists, with the LLM of another home: for measuring, never for keeping."""
    other = Home(config, load("stores", "sqlite")(config.store_path))
    other.borrow_llm(home)
    return other


def init_home(folder: Path, *, name: str | None = None) -> Path:
    """Make a home: haechi.toml with the defaults explained, and an empty store. Raises InputError when it is one."""
    folder = folder.expanduser().resolve()
    path = folder / CONFIG_NAME
    if path.exists():
        raise InputError(
            f"이미 해치 홈입니다: {folder}. 문서 넣기: haechi --home '{folder}' ingest 문서폴더",
            f"already a home: {folder}; next: haechi --home '{folder}' ingest FOLDER",
        )
    try:
        folder.mkdir(parents=True, exist_ok=True)
        os.chmod(folder, 0o700)
        text = load_prompt("haechi_toml", {"name": (name or folder.name).replace('"', "'").replace("\\", "/")})
        path.write_text(text + "\n", encoding="utf-8")
    except OSError as error:
        raise InputError(
            f"홈을 만들 수 없습니다({folder}): {error.strerror}", f"cannot make {folder}: {error}"
        ) from error
    load("stores", "sqlite")(folder / STORE_NAME).close()
    return folder


def make_embedder(settings: EmbedderConfig) -> Embedder:
    """The embedder of these settings, reading Hanja as Hangul."""
    return ReadingEmbedder(_bare_embedder(settings))


def _bare_embedder(settings: EmbedderConfig) -> Embedder:
    """The embedder of these settings. Raises ModelError when its weights are missing."""
    make: Callable[..., Embedder] = load("embedders", settings.backend)
    if settings.backend == "e5":
        return make(bundled.path(settings.model), threads=settings.threads)
    prefixes = {"query_prefix": settings.query_prefix, "passage_prefix": settings.passage_prefix}
    if settings.backend == "sentence_transformer":
        where = bundled.path(settings.model)
        return make(where, batch_size=settings.batch_size, threads=settings.threads, **prefixes)
    if settings.backend == "onnx":
        return make(bundled.path(settings.model), threads=settings.threads, **prefixes)
    if settings.backend == "openai_compatible":
        return make(
            settings.url,
            settings.model,
            settings.api_key_env,
            max_tokens=settings.max_tokens,
            **prefixes,
        )
    if settings.backend == "scripted":
        return make(name=f"scripted {settings.model}")
    return make()


@contextmanager
def open_checkers(config: Config, *, rules_only: bool = False, re_ask: bool = False) -> Iterator[list[Checker]]:
    """The checkers of these settings without a home; the LLM is made when a sentence is asked about, and closed."""
    made: list[LLM] = []

    def llm() -> LLM:
        if not made:
            made.append(_llm(config))
        return made[0]

    settings = replace(config.check, re_ask=re_ask or config.check.re_ask)
    try:
        yield default_checkers(None if rules_only else settings, llm)
    finally:
        for model in made:
            model.close()


def _reranker(config: Config) -> Reranker | None:
    settings = config.reranker
    if settings.backend == "none":
        return None
    make: Callable[..., Reranker] = load("rerankers", settings.backend)
    if settings.backend == "cross_encoder":
        if not settings.model:
            raise ConfigError(
                '[reranker] backend = "cross_encoder"인데 model이 없습니다. 모델 폴더나 ONNX 파일의 경로, 또는 '
                "haechi models list의 이름을 적으세요",
                '[reranker] backend = "cross_encoder" needs model: the path of a folder or an ONNX file, or a name of '
                "haechi models list",
            )
        project = config.project
        bundled.check_licence(
            settings.model, commercial=project.commercial, allow_research=project.allow_research_models
        )
        return make(bundled.path(settings.model), threads=settings.threads)
    if settings.backend == "late_interaction":
        own = config.embedder.model if config.embedder.backend == "e5" else EmbedderConfig().model
        return make(bundled.path(settings.model or own), threads=settings.threads)
    return make()


def make_llm(config: Config) -> LLM:
    """The answering model of these settings, without a home; close it after use."""
    return _llm(config)


def _llm(config: Config) -> LLM:
    settings = config.llm
    make: Callable[..., LLM] = load("llms", settings.backend)
    if settings.backend == "llama_cpp":
        project = config.project
        bundled.check_licence(
            settings.model, commercial=project.commercial, allow_research=project.allow_research_models
        )
        if settings.adapter:
            bundled.check_licence(
                settings.adapter, commercial=project.commercial, allow_research=project.allow_research_models
            )
        return make(
            bundled.path(settings.model),
            name=settings.full_name,
            context=settings.context,
            threads=settings.threads,
            adapter=bundled.path(settings.adapter) if settings.adapter else None,
            adapter_scale=settings.adapter_scale,
        )
    if settings.adapter:
        raise ConfigError(
            f'[llm] adapter = {settings.adapter!r}: backend = "llama_cpp"에서만 씁니다(지금 {settings.backend!r}). '
            '서버에는 합친 모델을 올리고 adapter = ""로 두세요: haechi models export',
            f'[llm] adapter = {settings.adapter!r}: only for backend = "llama_cpp" (now {settings.backend!r}); give '
            'the server a merged model and set adapter = "": haechi models export',
        )
    if settings.backend == "openai_compatible":
        return make(settings.url, settings.model, settings.api_key_env, settings.timeout, grammar=settings.grammar)
    return make()

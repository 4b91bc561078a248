"""The HTTP API over one home: /ask, /search, /check, /documents, and what a supervisor and the chat page need.

Does no thinking of its own: a route checks the request, calls the pipeline in a worker thread and returns the record
the command line prints. The model answers one question at a time; the others wait in the order they came.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Iterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import asdict, is_dataclass
from importlib.metadata import version
from typing import TYPE_CHECKING, Annotated, Any
from uuid import uuid4

import anyio
from anyio.to_thread import run_sync
from fastapi import FastAPI, Query
from fastapi.responses import JSONResponse, Response
from starlette.exceptions import HTTPException

from haechi.errors import HaechiError
from haechi.pipeline.erase import remove_documents
from haechi.pipeline.history import RECENT, Turn, turns_of_records
from haechi.records import answer_record
from haechi.retrievers.base import Filters
from haechi.retrievers.highlights import with_highlights
from haechi.retrievers.links import Link, Linker, link_record
from haechi.retrievers.question import Found, QueryOptions, search_record
from haechi.serve.admin_key import AdminKey
from haechi.serve.check_routes import add_check_routes
from haechi.serve.events import EventStream, encode_event
from haechi.serve.faq_routes import add_faq_routes
from haechi.serve.feedback_routes import add_feedback_routes
from haechi.serve.guards import BodyLimit, HostGuard, HostRule
from haechi.serve.improve_routes import add_improve_routes
from haechi.serve.openai_routes import add_openai_routes
from haechi.serve.problems import MEDIA_TYPE, error_problem, install_problem_handlers, problem_response
from haechi.serve.schemas import (
    AnswerReply,
    AskRequest,
    ConversationReply,
    DocumentDetailReply,
    DocumentListReply,
    HealthReply,
    HomeReply,
    Problem,
    ReadyReply,
    ReceiptReply,
    SearchReply,
    SearchRequest,
)
from haechi.serve.source_routes import add_source_routes, local_only
from haechi.serve.tuning_routes import add_tuning_routes
from haechi.serve.work import Work
from haechi.types import Answer, Chunk, Document

if TYPE_CHECKING:
    from haechi.pipeline.build import Home

#: A home may carry questions to start with, one a line.
START_QUESTIONS = "questions.txt"
MAX_START_QUESTIONS = 4

#: A missing model can be installed while the server runs.
RETRY_SECONDS = 30.0

PROBLEM: dict[str, Any] = {
    "description": "RFC 9457 문제 문서",
    "content": {MEDIA_TYPE: {"schema": Problem.model_json_schema()}},
}
PROBLEMS: dict[int | str, dict[str, Any]] = {"4XX": PROBLEM, "5XX": PROBLEM}


class Service:
    """One home behind the routes: the queue in front of the pipeline, and whether the models are loaded."""

    def __init__(self, home: Home) -> None:
        self.home = home
        self.queue = asyncio.Lock()
        self.ready = False
        self.failure: Exception | None = None

    async def in_turn(self, work: Callable[[], Any]) -> Any:
        """Run blocking pipeline work in a thread, one at a time."""
        async with self.queue:
            return await run_sync(work)

    async def warm_up(self) -> None:
        """Load indexes and models, so that the first question does not pay for it. /readyz tells a failure."""
        while not self.ready:
            try:
                await self.in_turn(self._load)
            except Exception as error:  # whatever it is, the documents stay readable and /readyz tells
                _log_bug(error)
                self.failure = error
                await anyio.sleep(RETRY_SECONDS)
            else:
                self.ready, self.failure = True, None

    def _load(self) -> None:
        self.home.chatbot().warm_up()

    def ask_options(self, request: AskRequest) -> dict[str, Any]:
        return {
            "k": request.k,
            "lock": False if request.no_lock else None,
            "check": False if request.no_check else None,
            "filters": _filters(request),
            **({"gate": False} if request.no_gate else {}),
            **query_settings(request),
            **({} if request.neighbours is None else {"neighbours": request.neighbours}),
            **self._conversation(request),
        }

    def _conversation(self, request: AskRequest) -> dict[str, Any]:
        """The turns before this question, and the id under which this one is recorded."""
        identity = request.conversation_id
        recorded = turns_of_records(self.home.store.conversation(identity)) if identity else []
        history = [*recorded, *(Turn(turn.question, turn.answer) for turn in request.history)][-RECENT:]
        return {"conversation": identity or uuid4().hex} | ({"history": history} if history else {})

    def ask(self, request: AskRequest) -> dict[str, Any]:
        return answer_record(self.home.chatbot().ask(request.question, **self.ask_options(request)))

    async def stream(self, request: AskRequest) -> AsyncGenerator[bytes, None]:
        """Events `stage` and `token`, then one `answer`; `error` with a problem document when it fails midway.

        Closing this generator closes the pipeline's, and with it the model's generation.
        """
        if self.queue.locked():
            yield encode_event("stage", {"stage": "queue"})
        async with self.queue:
            items: Iterator[Any] = iter(())
            try:
                items = await run_sync(
                    lambda: self.home.chatbot().stream(request.question, **self.ask_options(request))
                )
                while (item := await run_sync(lambda: next(items, None))) is not None:
                    yield _event(item)
            except Exception as error:  # the response has begun: the failure must travel inside it
                _log_bug(error)
                yield encode_event("error", error_problem(error))
            finally:
                close = getattr(items, "close", None)
                if close is not None:
                    with anyio.CancelScope(shield=True):
                        await run_sync(close)


def _log_bug(error: Exception) -> None:
    if not isinstance(error, HaechiError):
        logging.getLogger(__name__).error("unexpected error", exc_info=error)


def _event(item: Any) -> bytes:
    if isinstance(item, Answer):
        return encode_event("answer", answer_record(item))
    if isinstance(item, str):
        return encode_event("token", {"text": item})
    return encode_event("stage", asdict(item) if is_dataclass(item) else {"stage": str(item)})  # type: ignore[arg-type]


def query_settings(request: SearchRequest) -> dict[str, QueryOptions]:
    """`query` for the pipeline when the request asks for something otherwise than the settings."""
    options = QueryOptions(
        multi_query=request.multi_query, hyde=request.hyde, mmr=request.mmr, min_score=request.min_score
    )
    return {"query": options} if options else {}


def _filters(request: SearchRequest) -> Filters | None:
    filters = Filters(equals=dict(request.filter), as_of=request.as_of)
    return filters or None


def create_app(home: Home) -> FastAPI:
    """The API of `home`. It answers at once; models load in the background (see /readyz)."""
    service = Service(home)

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(service.warm_up)
            yield
            tasks.cancel_scope.cancel()

    app = FastAPI(
        title="해치",
        description="사내 문서로 답하고, 출처를 보이고, 확인한 것만 확인됐다고 말하는 오프라인 챗봇",
        version=version("haechi"),
        # Swagger and ReDoc pages load their code from a CDN.
        docs_url=None,
        redoc_url=None,
        lifespan=lifespan,
        responses=PROBLEMS,
        # Recent FastAPI hands request bodies to any OpenTelemetry provider of the process; questions are confidential.
        telemetry={
            "tracing": False,
            "metrics": False,
            "logs": False,
            "operation_spans": False,
            "auto_configure": False,
        },
    )
    app.state.service = service
    install_problem_handlers(app)
    app.add_middleware(AdminKey, variable=home.config.serve.admin_key_env)
    files = home.config.ingest.max_file_mb << 20
    app.add_middleware(BodyLimit, larger={"/documents": files, "/v1/files": files})
    app.add_middleware(HostGuard, rule=HostRule(home.config.serve.host))
    _add_question_routes(app, service)
    add_check_routes(app, service)
    add_openai_routes(app, service)
    _add_document_routes(app, service)
    add_source_routes(app, home, Work())
    add_faq_routes(app, home)
    add_feedback_routes(app, home)
    add_improve_routes(app, home)
    add_tuning_routes(app)
    _add_state_routes(app, service)
    return app


def _add_question_routes(app: FastAPI, service: Service) -> None:
    stream_reply = {
        "description": "답 하나. stream=true이면 서버 전송 이벤트: stage, token, 마지막에 answer(답 전체) 또는 error",
        "content": {"text/event-stream": {"schema": {"type": "string"}}},
    }

    @app.post("/ask", response_model=AnswerReply, responses={200: stream_reply})
    async def ask(request: AskRequest) -> Response:
        """질문 하나에 출처와 판정이 달린 답을 줍니다."""
        if request.stream:
            return EventStream(service.stream(request))
        return JSONResponse(await service.in_turn(lambda: service.ask(request)))

    @app.post("/search", response_model=SearchReply)
    async def search(request: SearchRequest) -> Any:
        """문서에서 찾기만 합니다."""
        start = time.perf_counter()
        # Retrieval is safe in several threads and does not wait for the model.
        options: dict[str, Any] = {"filters": _filters(request), **query_settings(request)}

        def work() -> Found:
            return service.home.chatbot().find(request.question, request.k, **options)

        # Only other wordings ask the model, which answers one at a time.
        settings = service.home.config.query
        asks_model = request.multi_query or request.hyde or settings.multi_query or settings.hyde
        found = await (service.in_turn(work) if asks_model else run_sync(work))
        record = search_record(found, time.perf_counter() - start)
        return with_highlights(record, service.home.analyser(), request.question)

    @app.get("/conversations/{conversation_id}", response_model=ConversationReply)
    def conversation(conversation_id: str) -> Any:
        """대화 하나의 질문과 답, 오래된 것부터."""
        turns = service.home.store.conversation(conversation_id)
        if not turns:
            raise HTTPException(404, f"대화 '{conversation_id}'이(가) 없습니다. 번호는 /ask 답의 conversation_id입니다")
        return {"id": conversation_id, "turns": turns}


def _add_document_routes(app: FastAPI, service: Service) -> None:
    @app.get("/documents", response_model=DocumentListReply)
    def documents(
        limit: Annotated[int, Query(ge=1, le=10_000)] = 1_000, offset: Annotated[int, Query(ge=0)] = 0
    ) -> Any:
        """홈에 들어 있는 문서의 목록."""
        records = service.home.store.documents()
        rows = [
            {
                "id": record.id,
                "external_id": record.external_id,
                "source": record.source,
                "title": record.title,
                "chunks": record.chunks,
                "status": record.status,
            }
            for record in records[offset : offset + limit]
        ]
        return {"documents": rows, "total": len(records)}

    @app.get("/documents/{document_id}", response_model=DocumentDetailReply)
    def document(
        document_id: str,
        chunk: Annotated[str | None, Query(description="이 조각의 둘레만")] = None,
        around: Annotated[int, Query(ge=0, le=20, description="앞뒤로 몇 조각까지")] = 1,
    ) -> Any:
        """문서의 본문(blocks)과 인용 단위(chunks). chunk를 주면 그 둘레만 줍니다."""
        found = service.home.store.document(document_id)
        if found is None:
            raise HTTPException(404, f"문서 '{document_id}'이(가) 없습니다. 목록: GET /documents")
        chunks = service.home.store.chunks(document_id)
        linker = Linker(service.home.store)
        if chunk is None:
            return _document_detail(found, chunks, linker.links(document_id), None)
        position = next((number for number, item in enumerate(chunks) if item.id == chunk), None)
        if position is None:
            raise HTTPException(404, f"문서 '{document_id}'에 조각 '{chunk}'이(가) 없습니다.")
        window = chunks[max(0, position - around) : position + around + 1]
        links = linker.links(document_id, window)
        return _document_detail(found, window, links, (min(c.start for c in window), max(c.end for c in window)))

    @app.delete("/documents/{document_id}", response_model=ReceiptReply, dependencies=[local_only(service.home)])
    async def remove_document(document_id: str) -> Any:
        """문서 하나를 흔적까지 없애고 삭제 영수증을 줍니다."""
        home = service.home
        if await run_sync(lambda: home.store.document(document_id)) is None:
            raise HTTPException(404, f"문서 '{document_id}'이(가) 없습니다. 목록: GET /documents")
        # In turn: an answer that is being written from it ends first, and its record is then redacted as well.
        return await service.in_turn(lambda: remove_documents(home, [document_id]))


def _document_detail(
    document: Document, chunks: list[Chunk], links: Mapping[str, Sequence[Link]], span: tuple[int, int] | None
) -> dict[str, Any]:
    blocks = []
    start = 0
    for block in document.blocks:
        end = start + len(block.text)
        if span is None or (start < span[1] and end > span[0]):
            headings = list(block.headings)
            blocks.append({"text": block.text, "kind": block.kind, "page": block.page, "headings": headings})
        start = end + 1  # BLOCK_SEPARATOR
    return {
        "id": document.id,
        "external_id": document.external_id,
        "source": document.source,
        "title": document.title,
        "meta": dict(document.meta),
        "blocks": blocks,
        "chunks": [
            {
                "id": chunk.id,
                "label": chunk.label,
                "unit": chunk.unit,
                "page": chunk.page,
                "start": chunk.start,
                "end": chunk.end,
                "headings": list(chunk.headings),
                "text": chunk.text,
                "links": [link_record(link) for link in links.get(chunk.id, ())],
            }
            for chunk in chunks
        ],
    }


def _add_state_routes(app: FastAPI, service: Service) -> None:
    @app.get("/healthz", response_model=HealthReply)
    async def healthz() -> Any:
        """서버가 살아 있는지."""
        return {"status": "ok"}

    @app.get("/readyz", response_model=ReadyReply)
    async def readyz() -> Any:
        """색인과 모델이 올라와 바로 답할 수 있는지. 아니면 503과 이유."""
        if service.ready:
            documents = await run_sync(lambda: len(service.home.store.documents()))
            return {"status": "ready", "documents": documents}
        if service.failure is None:
            return problem_response(503, "색인과 모델을 올리고 있습니다. 잠시 뒤에 다시 물어보세요.")
        return problem_response(503, error_problem(service.failure)["detail"])

    @app.get("/home", response_model=HomeReply)
    def home() -> Any:
        """대화 화면이 처음에 보여 주는 것: 홈의 이름, 문서 수, 시작 질문."""
        config = service.home.config
        return {
            "name": config.project.name,
            "version": version("haechi"),
            "documents": len(service.home.store.documents()),
            "contact": config.answer.contact,
            "questions": _start_questions(service),
        }


def _start_questions(service: Service) -> list[str]:
    path = service.home.config.home / START_QUESTIONS
    if not path.is_file():
        return []
    lines = path.read_text(encoding="utf-8-sig").splitlines()
    return [line.strip() for line in lines if line.strip()][:MAX_START_QUESTIONS]

"""Backend name → import path, loaded on first use.

A back end is one row in the table below. Outside packages add rows through the entry point group `haechi.<kind>`,
for example `[project.entry-points."haechi.embedders"]`.
"""

from __future__ import annotations

import difflib
import importlib
from importlib.metadata import entry_points
from typing import Any

from haechi.errors import BackendError

BACKENDS: dict[str, dict[str, str]] = {
    "llms": {
        "llama_cpp": "haechi.models.llama_cpp:LlamaCppLLM",
        "openai_compatible": "haechi.models.openai_compatible:OpenAICompatibleLLM",
        "scripted": "haechi.models.scripted:ScriptedLLM",
    },
    "embedders": {
        "e5": "haechi.models.e5:E5Embedder",
        "openai_compatible": "haechi.models.openai_compatible:OpenAICompatibleEmbedder",
        "sentence_transformer": "haechi.models.sentence_transformer:SentenceTransformerEmbedder",
        "onnx": "haechi.models.onnx_folder:OnnxEmbedder",
        "scripted": "haechi.models.scripted:ScriptedEmbedder",
    },
    "stores": {"sqlite": "haechi.stores.sqlite:SQLiteStore"},
    "parsers": {
        "text": "haechi.parsers.text:TextParser",
        "markdown": "haechi.parsers.markdown:MarkdownParser",
        "html": "haechi.parsers.html:HtmlParser",
        "pdf": "haechi.parsers.pdf:PdfParser",
        "hwp": "haechi.parsers.hwp:HwpParser",
        "hwp_dochan": "haechi.parsers.hwp:DochanHwpParser",
        "pdf_plumber": "haechi.parsers.pdf_plumber:PlumberParser",
        "docx": "haechi.parsers.docx:DocxParser",
        "xlsx": "haechi.parsers.xlsx:XlsxParser",
        "pptx": "haechi.parsers.pptx:PptxParser",
        "csv": "haechi.parsers.rows:CsvParser",
        "jsonl": "haechi.parsers.rows:JsonlParser",
        "image": "haechi.parsers.image:ImageParser",
    },
    "chunkers": {
        "law_article": "haechi.chunkers.law_article:LawArticleChunker",
        "paragraph": "haechi.chunkers.paragraph:ParagraphChunker",
        "row": "haechi.chunkers.row:RowChunker",
        "sentence": "haechi.chunkers.sentence:SentenceChunker",
        "page": "haechi.chunkers.page:PageChunker",
        "fixed": "haechi.chunkers.fixed:FixedChunker",
        "semantic": "haechi.chunkers.semantic:SemanticChunker",
    },
    "strategies": {
        "plain": "haechi.indexes.strategies.plain:PlainStrategy",
        "small_chunks": "haechi.indexes.strategies.small_chunks:SmallChunksStrategy",
        "hypothetical_questions": "haechi.indexes.strategies.hypothetical_questions:HypotheticalQuestionsStrategy",
        "summaries": "haechi.indexes.strategies.summaries:SummariesStrategy",
    },
    "vector_indexes": {
        "faiss": "haechi.indexes.faiss:FaissIndex",
        "exact": "haechi.indexes.exact:ExactIndex",
    },
    "full_text_indexes": {
        "tantivy": "haechi.indexes.full_text:TantivyIndex",
        "exact": "haechi.indexes.exact_full_text:ExactFullTextIndex",
    },
    "analysers": {"mecab": "haechi.korean.morphology:MecabAnalyser", "kiwi": "haechi.korean.kiwi:KiwiAnalyser"},
    "retrievers": {
        "dense": "haechi.retrievers.dense:DenseRetriever",
        "sparse": "haechi.retrievers.sparse:SparseRetriever",
        "hybrid": "haechi.retrievers.hybrid:HybridRetriever",
    },
    "rerankers": {
        "cross_encoder": "haechi.models.cross_encoder:CrossEncoder",
        "late_interaction": "haechi.models.late_interaction:LateInteraction",
        "scripted": "haechi.models.scripted:ScriptedReranker",
    },
    "grounders": {
        "haechi": "haechi.models.grounding:HaechiGrounder",
        "onnx": "haechi.models.grounding_onnx:OnnxGrounder",
        "scripted": "haechi.models.scripted:ScriptedGrounder",
    },
    "checkers": {
        "amount": "haechi.checkers.amount:AmountChecker",
        "date": "haechi.checkers.date:DateChecker",
        "quantity": "haechi.checkers.quantity:QuantityChecker",
        "law_article": "haechi.checkers.law_article:LawArticleChecker",
        "code": "haechi.checkers.code:CodeChecker",
        "name": "haechi.checkers.name:NameChecker",
        "relation": "haechi.checkers.relation:RelationChecker",
        "polarity": "haechi.checkers.polarity:PolarityChecker",
        "entailment": "haechi.checkers.entailment:EntailmentChecker",
        "re_ask": "haechi.checkers.re_ask:ReAskChecker",
    },
    "trainers": {
        "reader": "haechi.training.improve_trainers:ReaderTrainer",
        "sft": "haechi.training.improve_trainers:SftTrainer",
    },
}


def names(kind: str) -> list[str]:
    """All known back end names of a kind, outside packages included."""
    known = set(BACKENDS[kind])
    known.update(point.name for point in entry_points(group=f"haechi.{kind}"))
    return sorted(known)


def load(kind: str, name: str) -> Any:
    """Import the class behind `name`. Raises BackendError naming the nearest name or the missing package."""
    target = BACKENDS[kind].get(name)
    if target is None:
        for point in entry_points(group=f"haechi.{kind}"):
            if point.name == name:
                return point.load()
        near = difflib.get_close_matches(name, names(kind), n=1)
        hint = f" '{near[0]}'을(를) 찾으셨나요?" if near else ""
        raise BackendError(
            f"{kind}에 '{name}'이라는 백엔드가 없습니다.{hint} 쓸 수 있는 것: {', '.join(names(kind))}",
            f"unknown {kind} back end '{name}'; known: {', '.join(names(kind))}",
        )
    module_name, _, attribute = target.partition(":")
    try:
        return getattr(importlib.import_module(module_name), attribute)
    except ModuleNotFoundError as error:
        if error.name and error.name.startswith("haechi"):
            raise
        raise BackendError(
            f"백엔드 '{name}'에 필요한 패키지 '{error.name}'이(가) 없습니다. 설치: pip install 'haechi[all]'",
            f"back end '{name}' needs the package '{error.name}', which is not installed: pip install 'haechi[all]'",
        ) from error

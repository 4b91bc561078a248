"""LlamaIndex as its "Reciprocal Rerank Fusion Retriever" page builds it: vector and BM25, top 2 each, fused to 2.

`num_queries=1`, which that page gives for "disable query generation"; a MockLLM stands in, no model is asked.
The variant `deep` asks for 10 instead of 2, everywhere.
"""

from __future__ import annotations

from data import DEPTH, Prepared, Search
from llama_index.core import VectorStoreIndex
from llama_index.core.base.embeddings.base import BaseEmbedding
from llama_index.core.llms import MockLLM
from llama_index.core.retrievers import QueryFusionRetriever
from llama_index.core.schema import TextNode
from llama_index.retrievers.bm25 import BM25Retriever
from pydantic import PrivateAttr

PACKAGES = ("llama-index-core", "llama-index-retrievers-bm25", "bm25s")


class _Given(BaseEmbedding):
    """The vectors that every system gets."""

    _data: Prepared = PrivateAttr()

    def __init__(self, data: Prepared) -> None:
        super().__init__(model_name="given")
        self._data = data

    def _get_query_embedding(self, query: str) -> list[float]:
        vector: list[float] = self._data.question_vector(query).tolist()
        return vector

    async def _aget_query_embedding(self, query: str) -> list[float]:
        return self._get_query_embedding(query)

    def _get_text_embedding(self, text: str) -> list[float]:
        raise AssertionError("passages come with their vectors")


def build(data: Prepared, variant: str) -> Search:
    k = DEPTH if variant == "deep" else 2
    nodes = [
        TextNode(id_=str(place), text=text, embedding=vector)
        for place, (text, vector) in enumerate(zip(data.texts, data.vectors.tolist(), strict=True))
    ]
    index = VectorStoreIndex(nodes, embed_model=_Given(data))
    vector = index.as_retriever(similarity_top_k=k)
    lexical = BM25Retriever.from_defaults(docstore=index.docstore, similarity_top_k=k)
    fusion = QueryFusionRetriever(
        [vector, lexical],
        llm=MockLLM(),
        similarity_top_k=k,
        num_queries=1,
        mode="reciprocal_rerank",
        use_async=False,
    )

    def search(question: str) -> list[str]:
        return [data.documents[int(found.node.node_id)] for found in fusion.retrieve(question)]

    return search

"""Haystack as its DocumentJoiner page builds it: BM25 and embedding retrievers (top 10 each), joined by RRF.

The page's embedder is replaced by the given vectors. The tutorial's ranker is a model of its own and is left out.
"""

from __future__ import annotations

from data import Prepared, Search
from haystack import Document, Pipeline
from haystack.components.joiners import DocumentJoiner
from haystack.components.retrievers.in_memory import InMemoryBM25Retriever, InMemoryEmbeddingRetriever
from haystack.document_stores.in_memory import InMemoryDocumentStore

PACKAGES = ("haystack-ai",)


def build(data: Prepared, variant: str) -> Search:
    store = InMemoryDocumentStore()
    store.write_documents(
        [
            Document(id=str(place), content=text, embedding=vector)
            for place, (text, vector) in enumerate(zip(data.texts, data.vectors.tolist(), strict=True))
        ]
    )
    pipeline = Pipeline()
    pipeline.add_component("bm25", InMemoryBM25Retriever(store))
    pipeline.add_component("embedding", InMemoryEmbeddingRetriever(store))
    pipeline.add_component("joiner", DocumentJoiner(join_mode="reciprocal_rank_fusion"))
    pipeline.connect("bm25", "joiner")
    pipeline.connect("embedding", "joiner")

    def search(question: str) -> list[str]:
        found = pipeline.run(
            {
                "bm25": {"query": question},
                "embedding": {"query_embedding": data.question_vector(question).tolist()},
            }
        )["joiner"]["documents"]
        return [data.documents[int(document.id)] for document in found]

    return search

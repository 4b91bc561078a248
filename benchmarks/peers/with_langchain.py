"""LangChain as the lecture builds it: BM25Retriever and FAISS in an EnsembleRetriever, 0.5 / 0.5, top 2 each.

BM25Retriever keeps its default tokens (`str.split`). The variant `deep` asks each for 10 instead of 2.
"""

from __future__ import annotations

from typing import Any

from data import DEPTH, Prepared, Search
from langchain_classic.retrievers import EnsembleRetriever
from langchain_community.retrievers import BM25Retriever
from langchain_community.vectorstores import FAISS
from langchain_core.embeddings import Embeddings

PACKAGES = ("langchain-classic", "langchain-community", "rank_bm25", "faiss-cpu")


class _Given(Embeddings):
    """The vectors that every system gets."""

    def __init__(self, data: Prepared) -> None:
        self._data = data

    def embed_documents(self, texts: list[str]) -> list[list[float]]:
        raise AssertionError("passages come with their vectors")

    def embed_query(self, text: str) -> list[float]:
        vector: list[float] = self._data.question_vector(text).tolist()
        return vector


def build(data: Prepared, variant: str) -> Search:
    k = DEPTH if variant == "deep" else 2
    places: list[dict[str, Any]] = [{"document": document} for document in data.documents]
    lexical = BM25Retriever.from_texts(data.texts, metadatas=places, k=k)
    store = FAISS.from_embeddings(
        list(zip(data.texts, data.vectors.tolist(), strict=True)), _Given(data), metadatas=places
    )
    dense = store.as_retriever(search_kwargs={"k": k})
    ensemble = EnsembleRetriever(retrievers=[lexical, dense], weights=[0.5, 0.5])

    def search(question: str) -> list[str]:
        return [found.metadata["document"] for found in ensemble.invoke(question)]

    return search

"""BM25 in tantivy over tokens made by our analyser: tantivy itself only splits at spaces (k1 = 1.2, b = 0.75).

A saved folder is changed in place: tantivy's segments never change and a commit swaps one file, so readers keep
what they have open. tantivy marks a removed entry and keeps its words until a merge that nobody can ask for here, so
tokens are stored and a save after a removal writes the living entries anew: what was removed is gone from the disk.
Measured: 20,000 entries of 60 tokens in .6 s, against 20 s for analysing their texts again.
"""

from __future__ import annotations

import os
import shutil
import tempfile
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from haechi.indexes.base import Ids
from haechi.indexes.files import damaged, disk_errors, seal, verify

_HEAP_BYTES = 64_000_000


class TantivyIndex:
    """Lives in a temporary folder until it is saved; from then on in the folder it was saved to or loaded from."""

    def __init__(self) -> None:
        import tantivy

        self._tantivy = tantivy
        self._schema = (
            tantivy.SchemaBuilder()
            .add_unsigned_field("id", stored=False, indexed=True, fast=True)
            .add_text_field("tokens", stored=True, tokenizer_name="whitespace", index_option="freq")
            .build()
        )
        self._writer: Any = None
        self._removed = False
        self._folder: Path | None = None

    @cached_property
    def _temporary(self) -> tempfile.TemporaryDirectory[str]:
        # The process id in its name tells a later `verify` whether a killed run left it behind.
        return tempfile.TemporaryDirectory(prefix=f"haechi-index-{os.getpid()}-", ignore_cleanup_errors=True)

    def _place(self) -> Path:
        """The folder in use; made only when something is written before the first save."""
        if self._folder is None:
            self._folder = Path(self._temporary.name)
            self._open(self._tantivy.Index(self._schema, path=str(self._folder)))
        return self._folder

    def _open(self, index: Any) -> None:
        # "commit" would start a thread that polls the folder; our manager knows when to reload.
        index.config_reader(reload_policy="manual")
        index.reload()
        self._index = index
        self._searcher = index.searcher()

    def __len__(self) -> int:
        self._commit()
        return int(self._searcher.num_docs)

    def add(self, ids: Sequence[int], tokens: Sequence[Sequence[str]]) -> None:
        for entry, words in zip(ids, tokens, strict=True):
            self._add(int(entry), " ".join(words))

    def _add(self, entry: int, words: str) -> None:
        document = self._tantivy.Document()
        # Document(id=5) would make a signed field, and a signed value kills the writer thread.
        document.add_unsigned("id", entry)
        document.add_text("tokens", words)
        self._writing().add_document(document)

    def remove(self, ids: Sequence[int]) -> None:
        for entry in ids:
            self._writing().delete_documents_by_query(self._id_query(int(entry)))
            self._removed = True

    def _drop_removed(self) -> None:
        """Write every living entry anew and let go of the segments that hold removed words. One commit."""
        self._commit()
        total = int(self._searcher.num_docs)
        hits = self._searcher.search(self._tantivy.Query.all_query(), limit=max(total, 1), count=False).hits
        addresses = [address for _, address in hits]
        ids = self._searcher.fast_field_values("id", addresses) if addresses else []
        self._writing().delete_all_documents()
        for entry, address in zip(ids, addresses, strict=True):
            self._add(int(entry), self._searcher.doc(address).get_first("tokens") or "")
        self._commit()
        self._removed = False

    def _writing(self) -> Any:
        if self._writer is None:
            folder = self._place()
            # One thread: one order of segments, so equal texts give equal indexes.
            with disk_errors(folder):
                self._writer = self._index.writer(heap_size=_HEAP_BYTES, num_threads=1)
        return self._writer

    def _commit(self) -> None:
        folder = self._place()
        if self._writer is None:
            return
        writer, self._writer = self._writer, None
        with disk_errors(folder):
            writer.commit()
            writer.garbage_collect_files()
            writer.wait_merging_threads()
        self._index.reload()
        self._searcher = self._index.searcher()

    def search(self, tokens: Sequence[str], k: int) -> tuple[NDArray[np.float32], Ids]:
        self._commit()
        if not tokens or k <= 0:
            return np.zeros(0, np.float32), np.zeros(0, np.int64)
        return self._run(self._should(self._boosted(tokens)), k)

    def scores(self, tokens: Sequence[str], ids: Sequence[int]) -> NDArray[np.float32]:
        return self._among(self._boosted(tokens), ids)

    def shares(self, weights: Mapping[str, float], ids: Sequence[int]) -> NDArray[np.float32]:
        query = self._tantivy.Query
        return self._among((query.const_score_query(self._term(word), weight) for word, weight in weights.items()), ids)

    def document_frequencies(self, tokens: Sequence[str]) -> list[int]:
        self._commit()
        return [int(self._searcher.doc_freq("tokens", token)) for token in tokens]

    def _among(self, terms: Iterable[Any], ids: Sequence[int]) -> NDArray[np.float32]:
        """What `terms` score in the given entries only."""
        self._commit()
        clauses = list(terms)
        if not clauses or not len(ids):
            return np.zeros(len(ids), np.float32)
        query, must = self._tantivy.Query, self._tantivy.Occur.Must
        wanted = query.const_score_query(self._should(self._id_query(int(entry)) for entry in ids), 0.0)
        scores, found = self._run(query.boolean_query([(must, wanted), (must, self._should(clauses))]), len(ids))
        by_id = dict(zip(found.tolist(), scores.tolist(), strict=True))
        return np.array([by_id.get(int(entry), 0.0) for entry in ids], np.float32)

    def _run(self, query: Any, k: int) -> tuple[NDArray[np.float32], Ids]:
        hits = self._searcher.search(query, limit=k, count=False).hits
        ids = np.array(self._searcher.fast_field_values("id", [address for _, address in hits]), np.int64)
        scores = np.array([score for score, _ in hits], np.float32)
        order = np.lexsort((ids, -scores))
        return scores[order], ids[order]

    def _boosted(self, tokens: Sequence[str]) -> list[Any]:
        query = self._tantivy.Query
        return [query.boost_query(self._term(token), float(count)) for token, count in Counter(tokens).items()]

    def _should(self, queries: Iterable[Any]) -> Any:
        should = self._tantivy.Occur.Should
        return self._tantivy.Query.boolean_query([(should, query) for query in queries])

    def _term(self, token: str) -> Any:
        return self._tantivy.Query.term_query(self._schema, "tokens", token, index_option="freq")

    def _id_query(self, entry: int) -> Any:
        return self._tantivy.Query.term_query(self._schema, "id", entry)

    def save(self, folder: Path) -> None:
        self._commit()
        if self._removed:
            self._drop_removed()
        place = self._place()
        if folder != place:
            with disk_errors(folder):
                shutil.rmtree(folder, ignore_errors=True)
                shutil.copytree(place, folder, ignore=shutil.ignore_patterns(".tantivy*"))
            self._read(folder)
        seal(folder)

    def load(self, folder: Path) -> None:
        verify(folder)
        self._read(folder)

    def _read(self, folder: Path) -> None:
        try:
            self._open(self._tantivy.Index(self._schema, path=str(folder), reuse=True))
        except (ValueError, OSError) as error:
            raise damaged(folder) from error
        self._folder = folder
        if "_temporary" in self.__dict__:
            self._temporary.cleanup()
            del self._temporary

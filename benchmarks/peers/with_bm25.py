"""BM25 alone: rank_bm25's default whitespace tokens, or the morphemes of Kiwi; and Kiwi mixed with dense by score."""

from __future__ import annotations

import numpy as np
from data import DEPTH, Prepared, Search
from rank_bm25 import BM25Okapi

PACKAGES = ("rank_bm25",)
#: Content words of Kiwi's tag set: nouns, verbs, adjectives, roots, foreign words, numbers.
_CONTENT = ("NN", "NR", "VV", "VA", "XR", "SL", "SN", "SH", "MAG")
_POOL = 50


def build(data: Prepared, variant: str) -> Search:
    if variant == "whitespace":
        tokens = str.split
    else:
        from kiwipiepy import Kiwi

        kiwi = Kiwi(num_workers=1)

        def tokens(text: str) -> list[str]:  # type: ignore[misc]
            return [token.form for token in kiwi.tokenize(text) if token.tag.startswith(_CONTENT)]

    index = BM25Okapi([tokens(text) for text in data.texts])

    def lexical(question: str) -> np.ndarray:
        scores: np.ndarray = index.get_scores(tokens(question))
        return scores

    def search(question: str) -> list[str]:
        scores = lexical(question)
        return [data.documents[place] for place in np.argsort(-scores, kind="stable")[: 3 * DEPTH]]

    def mixed(question: str) -> list[str]:
        """Half BM25 over its best, half cosine rescaled between the best and the 50th, over both pools."""
        scores, cosine = lexical(question), data.vectors @ data.question_vector(question)
        near = np.argsort(-cosine)[:_POOL]
        pool = np.unique(np.concatenate([np.argsort(-scores)[:_POOL], near]))
        floor, top = cosine[near[-1]], cosine[near[0]]
        fused = 0.5 * scores[pool] / max(scores.max(), 1e-9)
        fused += 0.5 * np.maximum((cosine[pool] - floor) / max(top - floor, 1e-9), 0)
        return [data.documents[place] for place in pool[np.argsort(-fused, kind="stable")][: 3 * DEPTH]]

    return mixed if variant == "kiwi_mix" else search

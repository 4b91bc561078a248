"""Kiwi as a back end (`analyser = "kiwi"`, extra `kiwi`): reads harder words better, costs seconds and memory to load.

Figures beside mecab's: `benchmarks/analysers.py`.
"""

from __future__ import annotations

import functools
import threading
from importlib.metadata import version
from typing import Any

from haechi.errors import BackendError
from haechi.korean.base import Morpheme
from haechi.korean.lexicon import NONE, Lexicon
from haechi.korean.morphology import MorphemeAnalyser

_LOCK = threading.Lock()


class KiwiAnalyser(MorphemeAnalyser):
    """kiwipiepy with its base model. Raises BackendError when the package is missing."""

    name = "kiwi"

    def __init__(self, lexicon: Lexicon = NONE) -> None:
        super().__init__(lexicon)
        _version()

    def identity(self) -> str:
        return f"kiwipiepy_{_version()}-{version('kiwipiepy-model')}"

    def morphemes(self, text: str) -> list[Morpheme]:
        with _LOCK:
            tokens = _kiwi().tokenize(text)
        found: list[Morpheme] = []
        for token in tokens:
            # Irregular stems are tagged VV-I; the ending of an inflected form begins inside the stem's syllable.
            tag = "UNKNOWN" if token.tag == "UN" else token.tag.partition("-")[0]
            end = token.start + token.len
            surface = text[token.start : end]
            form = token.form if tag.startswith(("V", "E")) else surface
            if not token.len or (found and token.start < found[-1].end):
                continue
            found.append(Morpheme(surface, tag, ((form, tag),), token.start, end))
        return found


@functools.cache
def _kiwi() -> Any:
    from kiwipiepy import Kiwi

    return Kiwi(num_workers=1)


def _version() -> str:
    try:
        return version("kiwipiepy")
    except ModuleNotFoundError as error:
        raise BackendError(
            "백엔드 'kiwi'에 필요한 패키지 'kiwipiepy'가 없습니다. 설치: pip install 'haechi[kiwi]'",
            "back end 'kiwi' needs the package 'kiwipiepy', which is not installed: pip install 'haechi[kiwi]'",
        ) from error

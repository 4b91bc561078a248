"""Citations that are checked before they are shown.

A sentence of the draft is matched against the passages: the model's own marker stays when that passage carries the
sentence about as well as the best one; otherwise the marker moves to the passage that does; a sentence that no passage
carries gets none. What is shown is built from the result, never from the model's text.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from haechi.korean.base import Analyser
from haechi.korean.sentences import split_sentences
from haechi.korean.values import parse_values
from haechi.types import Citation, Hit

#: `[1]`, `[1, 2]`, `[근거 1]`, also without the closing bracket at the end of a cut-off draft.
MARKER = re.compile(r"\s*\[\s*(?:근거\s*)?(\d{1,2}(?:\s*,\s*\d{1,2})*)\s*(?:\]|$)")
CIRCLED = "①②③④⑤⑥⑦⑧⑨⑩⑪⑫⑬⑭⑮⑯⑰⑱⑲⑳"
#: A sentence of which less than this share stands in a passage is not carried by it.
MIN_SUPPORT = 0.3
#: The model's marker stays unless another passage carries the sentence better by more than this.
TOLERANCE = 0.15

_ARTICLE_ONLY = re.compile(r"^(?:부칙\s*)?제\d+조(?:의\d+)?$")


@dataclass(frozen=True)
class Sentence:
    """One sentence of a draft without its markers; `markers` are the passage numbers the model gave it."""

    text: str
    markers: tuple[int, ...]


def read_draft(draft: str) -> list[Sentence]:
    """Sentences with the markers that follow them; `[n]` never stays in the text."""
    clean: list[str] = []
    places: list[tuple[int, int]] = []  # (position in the clean text, passage number)
    position = length = 0
    for match in MARKER.finditer(draft):
        clean.append(draft[position : match.start()])
        length += match.start() - position
        places += [(length, int(number)) for number in match.group(1).split(",")]
        position = match.end()
    clean.append(draft[position:])
    text = "".join(clean)
    sentences = []
    spans = split_sentences(text)
    for number, (start, end) in enumerate(spans):
        # A marker behind a full stop belongs to the sentence before it.
        until = spans[number + 1][0] if number + 1 < len(spans) else len(text)
        lower = start if number else -1
        markers = tuple(dict.fromkeys(marker for place, marker in places if lower < place <= until))
        if text[start:end].strip():
            sentences.append(Sentence(text[start:end].strip(), markers))
    return sentences


@dataclass(frozen=True)
class Cited:
    """The answer as shown: its text with `[n]` markers, and for each sentence the citation that carries it, or None.

    `moved` holds (before, after) of every sentence whose marker was not the model's; `starts` says where each sentence
    begins in the text.
    """

    text: str
    sentences: tuple[str, ...]
    sources: tuple[Citation | None, ...]
    moved: tuple[tuple[str, str], ...]
    starts: tuple[int, ...] = ()

    @property
    def citations(self) -> tuple[Citation, ...]:
        return tuple(citation for citation in self.sources if citation is not None)


def cite(sentences: Sequence[Sentence], hits: Sequence[Hit], analyser: Analyser) -> Cited:
    """Give every sentence the marker of the passage that carries it."""
    text = ""
    sources: list[Citation | None] = []
    moved: list[tuple[str, str]] = []
    starts: list[int] = []
    for sentence in sentences:
        text = f"{text} {sentence.text}".lstrip()
        starts.append(len(text) - len(sentence.text))
        chosen = _choose(sentence.markers, [support(sentence.text, hit, analyser) for hit in hits])
        if chosen is None:
            sources.append(None)
            continue
        if sentence.markers and chosen not in sentence.markers:
            moved.append((f"{sentence.text} [{sentence.markers[0]}]", f"{sentence.text} [{chosen}]"))
        marker = f"[{chosen}]"
        start = len(text) + 1
        text = f"{text} {marker}"
        sources.append(_citation(chosen, start, start + len(marker), sentence.text, hits[chosen - 1], analyser))
    return Cited(text, tuple(sentence.text for sentence in sentences), tuple(sources), tuple(moved), tuple(starts))


def support(sentence: str, hit: Hit, analyser: Analyser) -> float:
    """Share of the sentence's tokens and values that the passage contains, 0 to 1; values count half of it."""
    passage = f"{hit.document_title} {hit.chunk.label}\n{hit.chunk.text}"
    tokens = set(analyser.tokens(sentence))
    words = len(tokens.intersection(analyser.tokens(passage))) / len(tokens) if tokens else 0.0
    wanted = {value.normalised for value in parse_values(sentence)}
    if not wanted:
        return words
    present = {value.normalised for value in parse_values(passage)}
    return 0.5 * words + 0.5 * len(wanted & present) / len(wanted)


def _choose(markers: Sequence[int], supports: Sequence[float]) -> int | None:
    """1-based number of the passage to cite, or None when none carries the sentence."""
    if not supports:
        return None
    best = max(range(len(supports)), key=lambda position: supports[position])
    if supports[best] < MIN_SUPPORT:
        return None
    for marker in markers:
        if 1 <= marker <= len(supports) and supports[marker - 1] >= supports[best] - TOLERANCE:
            return marker
    return best + 1


def _citation(marker: int, start: int, end: int, sentence: str, hit: Hit, analyser: Analyser) -> Citation:
    quote = best_quote(sentence, hit.chunk.text, analyser.tokens)
    # A widened passage is cited by the chunk that the quote really stands in.
    chunk = next((piece for piece in hit.pieces if quote in piece.text), hit.chunk)
    return Citation(
        marker=marker,
        start=start,
        end=end,
        chunk_id=chunk.id,
        quote=quote,
        label=paragraph_label(chunk.label, chunk.text, quote),
        page=chunk.page,
        headings=chunk.headings,
        document=hit.document_title,
        document_id=hit.chunk.document_id,
        external_id=hit.external_id,
        source=hit.document_source,
        version=hit.version,
        version_note=str(hit.chunk.meta.get("version_note") or ""),
        ocr=hit.ocr,
    )


def best_quote(sentence: str, passage: str, words: Callable[[str], Sequence[str]]) -> str:
    """The passage's sentence that shares most values, then most words, with the claim."""
    tokens = set(words(sentence))
    wanted = {value.normalised for value in parse_values(sentence)}

    def likeness(span: tuple[int, int]) -> tuple[int, float]:
        piece = passage[span[0] : span[1]]
        shared = len(wanted.intersection(value.normalised for value in parse_values(piece)))
        found = set(words(piece))
        return shared, len(tokens & found) / (1 + len(found)) ** 0.5

    spans = split_sentences(passage)
    if not spans:
        return passage.strip()
    start, end = max(spans, key=likeness)
    return passage[start:end].strip()


def paragraph_label(label: str, passage: str, quote: str) -> str:
    """`제12조` → `제12조제2항` when the quote stands in the passage's ②."""
    position = passage.find(quote)
    if position < 0 or not _ARTICLE_ONLY.match(label):
        return label
    found = [(passage.rfind(mark, 0, position + 2), number) for number, mark in enumerate(CIRCLED, 1)]
    place, number = max(found)
    return f"{label}제{number}항" if place >= 0 else label

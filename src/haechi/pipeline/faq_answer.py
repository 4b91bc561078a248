"""A pair of the FAQ as an Answer: its text exactly as it was curated, and where it comes from.

No marker is put into the text, no checker judges it: a person wrote it, and `haechi faq check` holds it against the
documents. A pair that names its source (`운영규정 제9조`) cites that passage when the home has it.
"""

from __future__ import annotations

from haechi.pipeline.citations import best_quote
from haechi.pipeline.faq_matcher import Match
from haechi.stores.base import Store
from haechi.stores.faq_base import FaqPair
from haechi.types import Answer, Chunk, Citation

#: What a reader sees as the document of a curated answer.
TITLE = "자주 묻는 질문"
#: A citation's document id is this and the pair's id.
DOCUMENT = "faq:"


def faq_answer(question: str, pair: FaqPair, match: Match, store: Store) -> Answer:
    """The curated answer; `reason` says how the question was recognised."""
    end = len(pair.answer)
    citations = [
        Citation(
            marker=1,
            start=end,
            end=end,
            chunk_id="",
            quote=pair.question,
            label=pair.id,
            document=TITLE,
            document_id=DOCUMENT + pair.id,
            source=pair.source,
        )
    ]
    found = find_source(pair.source, store)
    if found is not None:
        (identity, title, file, external_id), chunk = found
        citations.append(
            Citation(
                marker=2,
                start=end,
                end=end,
                chunk_id=chunk.id,
                quote=best_quote(pair.answer, chunk.text, _Words()),
                label=chunk.label,
                page=chunk.page,
                headings=chunk.headings,
                document=title,
                document_id=identity,
                external_id=external_id,
                source=file,
            )
        )
    return Answer(question, pair.answer, "faq", reason=match.reason, citations=tuple(citations))


def find_source(source: str, store: Store) -> tuple[tuple[str, str, str, str | None], Chunk] | None:
    """The passage that `제목 자리` names, as ((id, title, source, external id), chunk): the longest title that begins
    it, then the chunk whose label the rest begins with (제9조제1항 → 제9조; 5쪽). None where there is none."""
    for record in store.titled(source) if source else ():
        place = source[len(record[1]) :].strip()
        chunks = [chunk for chunk in store.chunks(record[0]) if chunk.label and _is_at(place, chunk)]
        if chunks:
            return record, max(chunks, key=lambda chunk: len(chunk.label))
    return None


def _is_at(place: str, chunk: Chunk) -> bool:
    squeezed, label = place.replace(" ", ""), chunk.label.replace(" ", "").strip("[]")
    rest = squeezed.removeprefix(label)
    # 제1조 does not begin 제1조의2, nor 별표 1 별표 12.
    return squeezed.startswith(label) and not rest[:1].isdigit() and not rest.startswith("의")


class _Words:
    """Splits at spaces: enough to pick a quote, and no analyser is loaded for a hit."""

    name = "words"
    fingerprint = "words"

    def tokens(self, text: str) -> list[str]:
        return text.split()

    def nouns(self, text: str) -> list[str]:
        return text.split()

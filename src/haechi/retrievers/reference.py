"""Questions that name an article (`근로기준법 제60조제2항`) get exactly that article.

A known law's name before the article is looked up in the store, not guessed from scores. An article of the
supplementary provisions (부칙) never answers for the same number in the body unless the question says 부칙. Without a
law's name the rule speaks only when one document alone has such an article. A name it does not know (`난민법 제3조`)
leaves the question to ordinary search.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from haechi.korean.protect import LAW_REFERENCE, article_label, clean
from haechi.stores.base import Store
from haechi.types import Hit

_SUPPLEMENT = "부칙"
# A row's title may carry its article: 고용보험법 제77조의3(예술인…) belongs to 고용보험법.
_ARTICLE_IN_TITLE = re.compile(r"\s제\d{1,4}조(?:의\d{1,3})?(?=\W|$).*$", re.DOTALL)
# Marks and spaces that people leave out or add: 「공공기관의 운영에 관한 법률」, 공공기관의운영에관한법률.
_IGNORED = re.compile(r"[\s「」『』〈〉《》<>\"'“”‘’_·,()\[\]]+")
_UNKNOWN_LAW = re.compile(
    r"[가-힣](?:법|법률|령|규칙|규정|조례|지침|약관|고시|훈령|예규|세칙|정관)[」』\s\"'”’]*(?:상|의|중|에서|에)?\s*$"
)
#: Between a law's name and the article that belongs to it.
_REACH = 30


@dataclass(frozen=True)
class Reference:
    """An article a question asks for. `law` is the squeezed title it belongs to, None when the question names none."""

    law: str | None
    article: str
    paragraph: str | None
    in_supplement: bool = False


def squeeze(text: str) -> str:
    """A name without spaces, brackets and middle dots, lower-cased."""
    return _IGNORED.sub("", clean(text)).lower()


def law_of_title(title: str) -> str:
    """The squeezed name of the law or rule that a document title names."""
    return squeeze(_ARTICLE_IN_TITLE.sub("", clean(title)))


class ReferenceFinder:
    """Knows the home's titles; rebuilt when the store changes."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._generation: int | None = None
        self._laws: list[str] = []

    def find(self, question: str) -> list[Reference]:
        """The articles a question names, in order; an article of a law that is not here is left out."""
        text = clean(question)
        matches = list(LAW_REFERENCE.finditer(text))
        if not matches:
            return []
        self._refresh()
        found: list[Reference] = []
        law: str | None = None
        position = 0
        for match in matches:
            before = text[position : match.start()]
            named = self._law_before(before)
            if named is None and _UNKNOWN_LAW.search(before):
                law, position = None, match.end()
                continue
            law = named or law
            group = match.groupdict()
            article = article_label(group["article"] or group["bare_article"], group["branch"] or group["bare_branch"])
            paragraph = f"제{int(group['paragraph'])}항" if group["paragraph"] else None
            found.append(Reference(law, article, paragraph, _SUPPLEMENT in before))
            position = match.end()
        return list(dict.fromkeys(found))

    def _refresh(self) -> None:
        generation = self._store.generation()
        if generation != self._generation:
            laws = {law_of_title(title) for title in self._store.document_titles()}
            # Longest first: 근로기준법시행령 before 근로기준법.
            self._laws = sorted((law for law in laws if len(law) > 1), key=lambda law: (-len(law), law))
            self._generation = generation

    def _law_before(self, before: str) -> str | None:
        """The known law whose name ends last before the article."""
        letters = [(place, letter) for place, letter in enumerate(before.lower()) if not _IGNORED.match(letter)]
        squeezed = "".join(letter for _, letter in letters)
        best: tuple[int, str] | None = None
        for law in self._laws:
            at = squeezed.rfind(law)
            if at < 0 or len(squeezed) - at - len(law) > _REACH:
                continue
            start = letters[at][0]
            # 민법 inside 난민법 is another word.
            if start and re.match(r"\w", before[start - 1]):
                continue
            end = at + len(law)
            if best is None or end > best[0]:
                best = (end, law)
        return best[1] if best else None

    def entries(self, reference: Reference) -> dict[int, Hit]:
        """The entries of exactly this article; empty when unknown or ambiguous."""
        hits = self._store.hits(self._store.chunks_by_article(reference.article))
        fitting = {
            entry: hit
            for entry, hit in hits.items()
            if (hit.chunk.meta.get("part") == _SUPPLEMENT) == reference.in_supplement
            and (reference.law is None or law_of_title(hit.document_title) == reference.law)
        }
        if reference.law is None and len({hit.chunk.document_id for hit in fitting.values()}) != 1:
            return {}
        return fitting


def preferred(hits: Mapping[int, Hit], reference: Reference) -> list[int]:
    """The entries of the asked paragraph, or all of them when none is asked or the article is one piece."""
    asked = [entry for entry, hit in hits.items() if hit.chunk.meta.get("paragraph") == reference.paragraph]
    return asked if reference.paragraph and asked else list(hits)


def titled(hits: Mapping[int, Hit], references: Sequence[Reference]) -> list[list[int]]:
    """By reference: the entries whose document title itself names the article, as in tables with one article a row."""
    titles = {entry: squeeze(hit.document_title) for entry, hit in hits.items()}
    groups = []
    for reference in references:
        if reference.law:
            name = re.compile(re.escape(reference.law + squeeze(reference.article)) + r"(?!\d|의\d)")
            groups.append([entry for entry, title in titles.items() if name.match(title)])
    return groups

"""Questions that name an article (`근로기준법 제60조제2항제3호`, `별표 2`, `같은 조 제3항`) get exactly that unit.

A known law's name before the article is looked up in the store, not guessed from scores. An article of the
supplementary provisions (부칙) never answers for the same number in the body unless the question says 부칙. Without a
law's name the rule speaks only when one law alone has such an article. A name it does not know (`난민법 제3조`)
leaves the question to ordinary search.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from haechi.korean.named_articles import Mention, mentions
from haechi.korean.protect import clean
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
_SAME_LAW = re.compile(
    r"(?<![가-힣])(?:같은|동|그|이|해당)\s?(?:법률?|영|령|규칙|규정|지침|조례|세칙)(?:\s?(시행령|시행규칙))?(?:상|의|중|에서|에)?\s*$"
)
#: Between a law's name and the article that belongs to it.
_REACH = 30
#: Between an article and a 항 that is named without it.
_CHAIN = 8
#: Articles of a number that are read at once; without a law two documents decide.
_AT_ONCE = 100


@dataclass(frozen=True)
class Reference:
    """A unit a question asks for. `law` is the squeezed title it belongs to, None when the question names none.

    `parts` are the units inside the article (제2항, 제3호, 가목); `words` is the text between law and article, in which
    a 부칙 may be told by its number or day.
    """

    law: str | None
    article: str
    parts: tuple[str, ...] = ()
    in_supplement: bool = False
    words: str = ""

    @property
    def paragraph(self) -> str | None:
        """The 항 asked for."""
        return next((part for part in self.parts if part.endswith("항")), None)


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
        #: Squeezed name → the titles and names that documents write it with.
        self._laws: dict[str, set[str]] = {}
        self._longest = 0

    def find(self, question: str) -> list[Reference]:
        """The units a question names, in order; one of a law that is not here is left out."""
        text = clean(question)
        named = list(mentions(text))
        if not named:
            return []
        self._refresh()
        found: list[Reference] = []
        law: str | None = None
        previous: Mention | None = None
        position = 0
        for mention in named:
            before = text[position : mention.start]
            in_supplement = _SUPPLEMENT in before
            if not mention.article and in_supplement and mention.parts[:1] and "호" in mention.parts[0]:
                continue  # 부칙 <제19000호> 제2조: the number tells the 부칙
            law_here = self._law_named(before, law)
            position = mention.end
            if law_here == "":
                law, previous = None, None
                continue
            law = law_here or law
            if not mention.article and not mention.same and in_supplement:
                mention = Mention(mention.start, mention.end, _SUPPLEMENT, mention.parts)
            elif not mention.article and not mention.same and (law_here or len(before) > _CHAIN):
                continue
            whole = mention.after(previous)
            if whole is None:
                continue
            if not mention.article and found:
                in_supplement = found[-1].in_supplement
            previous = whole
            found.append(Reference(law, whole.article, whole.parts, in_supplement, before))
        return found

    def _refresh(self) -> None:
        generation = self._store.generation()
        if generation != self._generation:
            written = [(law_of_title(title), title) for title in self._store.document_titles()]
            written += [(squeeze(record.law), record.law) for record in self._store.laws()]
            self._laws = defaultdict(set)
            for law, name in written:
                if len(law) > 1:
                    self._laws[law].add(name)
            for name in self._store.law_names():
                if (law := squeeze(name)) in self._laws:
                    self._laws[law].add(name)
            self._longest = max(map(len, self._laws), default=0)
            self._generation = generation

    def _law_named(self, before: str, last: str | None) -> str | None:
        """The law that ends `before`: squeezed, "" for one that is not here, None when none is named."""
        if same := _SAME_LAW.search(before):
            if last is None:
                return None
            if same.group(1):
                last = last.removesuffix("시행령").removesuffix("시행규칙") + same.group(1)
            return last if last in self._laws else ""
        named = self._law_before(before)
        if named is None and _UNKNOWN_LAW.search(before):
            return ""
        return named

    def _law_before(self, before: str) -> str | None:
        """The known law whose name ends last before the article."""
        letters = [(place, letter) for place, letter in enumerate(before.lower()) if not _IGNORED.match(letter)]
        squeezed = "".join(letter for _, letter in letters)
        # Pieces of the question are looked up, not laws in the question: a home may have a hundred thousand titles.
        for end in range(len(squeezed), max(0, len(squeezed) - _REACH - 1), -1):
            # Longest first: 근로기준법시행령 before 근로기준법.
            for at in range(max(0, end - self._longest), end - 1):
                start = letters[at][0]
                # 민법 inside 난민법 is another word.
                if squeezed[at:end] in self._laws and not (start and re.match(r"\w", before[start - 1])):
                    return squeezed[at:end]
        return None

    def entries(self, reference: Reference, passes: Callable[[Hit], bool] = lambda _: True) -> dict[int, Hit]:
        """The entries of exactly this article that pass; empty when unknown or ambiguous."""
        if reference.law is None and len(self._few(reference, passes)) > 1:
            return {}
        self._refresh()
        names = sorted(self._laws.get(reference.law, ())) if reference.law is not None else None
        documents = self._store.documents_named(names) if names is not None else None
        ids = self._store.chunks_by_article(reference.article, documents)
        if reference.in_supplement and not reference.article.startswith(_SUPPLEMENT):
            ids = ids + self._store.chunks_by_article(f"{_SUPPLEMENT} {reference.article}", documents)
        fitting: dict[int, Hit] = {}
        for start in range(0, len(ids), _AT_ONCE):
            for entry, hit in self._store.hits(ids[start : start + _AT_ONCE]).items():
                if (
                    (hit.chunk.meta.get("part") == _SUPPLEMENT) == reference.in_supplement
                    and (reference.law is None or reference.law in _names(hit))
                    and passes(hit)
                ):
                    fitting[entry] = hit
            if reference.law is None and len({hit.chunk.document_id for hit in fitting.values()}) > 1:
                return {}
        return fitting

    def _few(self, reference: Reference, passes: Callable[[Hit], bool]) -> set[str]:
        """Documents among some of those that have the article: with two of them nothing more needs to be read."""
        hits = self._store.hits(self._store.chunks_by_article(reference.article, limit=_AT_ONCE)).values()
        return {
            hit.chunk.document_id
            for hit in hits
            if (hit.chunk.meta.get("part") == _SUPPLEMENT) == reference.in_supplement and passes(hit)
        }


def _names(hit: Hit) -> tuple[str, str]:
    return law_of_title(hit.document_title), squeeze(str(hit.chunk.meta.get("law") or ""))


def preferred(hits: Mapping[int, Hit], reference: Reference) -> list[int]:
    """The entries of the asked paragraph, or all of them when none is asked or the article is one piece."""
    wanted = reference.paragraph
    asked = [entry for entry, hit in hits.items() if _paragraph(hit) == wanted]
    return asked if wanted and asked else list(hits)


def _paragraph(hit: Hit) -> str:
    number = hit.chunk.meta.get("paragraph")
    return f"제{number}항" if isinstance(number, int) else str(number or "")


def titled(hits: Mapping[int, Hit], references: Sequence[Reference]) -> list[list[int]]:
    """By reference: the entries whose document title itself names the article, as in tables with one article a row."""
    titles = {entry: squeeze(hit.document_title) for entry, hit in hits.items()}
    groups = []
    for reference in references:
        if reference.law:
            name = re.compile(re.escape(reference.law + squeeze(reference.article)) + r"(?!\d|의\d)")
            groups.append([entry for entry, title in titles.items() if name.match(title)])
    return groups

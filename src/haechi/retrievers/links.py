"""References inside a law's text as links: `제43조에 따른`, `「국가공무원법」 제33조`, `같은 조 제3항`, `별표 2`.

A reference without a law means this document, in the version that is being read. Another law's name leads to the
version in force today. `법`, `영` and `규칙` mean the act, the decree and the rule of the same name, or what the text
calls so (`「국가공무원법」(이하 "법"이라 한다)`). What can't be followed stays in the list with a reason.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from haechi.korean import law_units
from haechi.korean.law_references import LawReference, references
from haechi.korean.numerals import fold
from haechi.korean.protect import clean
from haechi.retrievers.units import ArticleText, articles, assemble
from haechi.retrievers.versions import Versions, law_key
from haechi.stores.base import LawRecord, Store
from haechi.types import Chunk

_ALIAS = re.compile(
    r"「([^「」\n]{2,80})」\s*[(（]\s*이하\s*[\"“'‘「]\s*([^\"”'’」\n]{1,20}?)\s*[\"”'’」]\s*(?:이?라|으?로)"
)
_OTHER_LAW = re.compile(r"부\s*칙\s*[(（]")
_AMENDS = re.compile(r"다른\s*(?:법률|법령|영|규정|규칙|훈령|예규)\S*\s*개정")
_QUOTED = re.compile(r"\"[^\"\n]{1,300}\"")
_FORMER = re.compile(r"종전의?\s*(?:이\s*법\s*)?(?:「[^」]*」\s*)?$")
_RELATED = {"법": "", "영": "시행령", "시행령": "시행령", "규칙": "시행규칙", "시행규칙": "시행규칙"}


@dataclass(frozen=True)
class Link:
    """One reference: `surface` is `document.text[start:end]`; its target, or "" with a `reason` (Korean).

    `document` and `chunk` are ids, `title` is the target's title, `label` what a citation of the target shows.
    """

    surface: str
    start: int
    end: int
    document: str = ""
    title: str = ""
    label: str = ""
    chunk: str = ""
    reason: str = ""


class Linker:
    """Follows the references of one home's documents."""

    def __init__(self, store: Store, versions: Versions | None = None) -> None:
        self._store = store
        self._versions = versions or Versions(store)
        self._articles: dict[tuple[str, str, bool], list[ArticleText]] = {}

    def links(self, document_id: str, chunks: Sequence[Chunk] | None = None) -> dict[str, list[Link]]:
        """The links of a document (or of these chunks of it, whole articles at best) by chunk id, in text order."""
        record = self._versions.record(document_id)
        everything = self._store.chunks(document_id)
        wanted = {chunk.id for chunk in (everything if chunks is None else chunks)}
        if record is None:
            return {}
        self._articles.clear()
        aliases = _aliases(everything)
        found: dict[str, list[Link]] = {chunk.id: [] for chunk in everything if chunk.id in wanted}
        for group in articles(everything):
            if not any(chunk.id in wanted for chunk in group):
                continue
            article = assemble(group)
            for link in self._article_links(article, record, aliases, everything):
                chunk = article.chunk_at(link.start - article.offset)
                if chunk.id in found:
                    found[chunk.id].append(link)
        return found

    def _article_links(
        self, article: ArticleText, record: LawRecord, aliases: dict[str, str], chunks: Sequence[Chunk]
    ) -> Iterator[Link]:
        first = article.chunks[0]
        foreign = first.meta.get("part") == "부칙" and (
            _OTHER_LAW.match(str(first.meta.get("supplement") or "")) is not None
            or _AMENDS.search(str(first.meta.get("article_title") or "")) is not None
        )
        folded = fold(article.text)
        quoted = [match.span() for match in _QUOTED.finditer(folded.text)]
        for begin, stop, reference in references(folded.text):
            start, end = folded.original(begin), folded.original(stop)
            if start < article.body and first.meta.get("part") != "별표" and not reference.law:
                continue  # the article's own number
            surface = article.text[start:end]
            place = (surface, start + article.offset, end + article.offset)
            if foreign and not reference.law:
                yield Link(*place, reason="다른 법령의 개정 부칙이라 이 법의 조문이 아닐 수 있습니다")
                continue
            if any(opening <= begin < closing for opening, closing in quoted):
                yield Link(*place, reason="따옴표 안에 인용된 조문이라 가리키는 법을 정할 수 없습니다")
                continue
            if _FORMER.search(article.text[max(0, start - 12) : start]):
                yield Link(*place, reason="종전 규정의 조문입니다")
                continue
            target = self._target(reference, record, aliases)
            if isinstance(target, str):
                yield Link(*place, reason=target)
                continue
            found = self._unit(_completed(reference, article, start), target, record, article, chunks)
            if isinstance(found, str):
                yield Link(*place, reason=found)
            else:
                yield Link(*place, target.document_id, target.title, found[0], found[1])

    def _target(self, reference: LawReference, record: LawRecord, aliases: dict[str, str]) -> LawRecord | str:
        """The document that a reference's law name means, or why there is none."""
        law = reference.law
        if not law or law_key(law) == law_key(record.law):
            return record
        if law in aliases:
            law = aliases[law]
        elif law in _RELATED:
            base = re.sub(r"\s*시행(?:령|규칙)$", "", record.law)
            law = f"{base} {_RELATED[law]}".strip()
        if law_key(law) == law_key(record.law):
            return record
        if law.startswith(("같은", "동")):
            return f"'{law}'이(가) 어느 법인지 앞에 나오지 않습니다"
        found = self._versions.documents(law)
        return found[0] if found else f"이 홈에 없는 법령입니다: {law}"

    def _unit(
        self,
        wanted: tuple[str, tuple[str, ...], bool],
        target: LawRecord,
        record: LawRecord,
        article: ArticleText,
        chunks: Sequence[Chunk],
    ) -> tuple[str, str] | str:
        """(label, chunk id) of a unit of the target document, or why it is not there."""
        name, parts, in_supplement = wanted
        if not name:
            return "어느 조의 것인지 알 수 없습니다"
        if re.fullmatch(r"제\d+[편장절관](?:의\d+)?", name):
            own = chunks if target.document_id == record.document_id else self._store.chunks(target.document_id)
            return _section(name, own)
        if target.document_id == record.document_id and name == article.label and bool(parts):
            candidates = [article]
        else:
            candidates = self._texts(target.document_id, name, in_supplement)
        if not candidates:
            return f"{target.title}에 {name}이(가) 없습니다"
        for text in candidates:
            if not parts:
                return text.label, text.chunks[0].id
            found = law_units.find(text.units, parts)
            if found is not None:
                return text.label + found[0], text.chunk_at(max(found[1].start, text.body)).id
            if parts == ("제1항",) and not text.units:
                return text.label, text.chunks[0].id
        return f"{target.title} {name}에 {''.join(parts)}이(가) 없습니다"

    def _texts(self, document_id: str, name: str, in_supplement: bool) -> list[ArticleText]:
        """The articles of that number, the newest 부칙 first."""
        key = (document_id, name, in_supplement)
        if key not in self._articles:
            number = f"부칙 {name}" if in_supplement and not name.startswith("부칙") else name
            groups = articles(self._store.article_chunks(document_id, number))
            self._articles[key] = [assemble(group) for group in reversed(groups)]
        return self._articles[key]


def _aliases(chunks: Sequence[Chunk]) -> dict[str, str]:
    """What the text itself abbreviates: {"법": "국가공무원법"}."""
    found: dict[str, str] = {}
    for chunk in chunks:
        for match in _ALIAS.finditer(chunk.text):
            found.setdefault("".join(match.group(2).split()), "".join(clean(match.group(1)).split()))
    return found


def _completed(reference: LawReference, article: ArticleText, position: int) -> tuple[str, tuple[str, ...], bool]:
    """(article, units inside it, whether of a 부칙): what a reference leaves out is where it stands."""
    head, *rest = reference.parts
    if head.startswith("별표"):
        return f"별표 {head[2:]}", tuple(rest), False
    if head.startswith("별지"):
        return f"별지 {head[2:]}", tuple(rest), False
    if reference.law and head[-1:] in "항호목" and not re.match(r"제\d+조", head):
        return "", (), False
    if not re.match(r"제\d+[항호]|.목$", head):
        return head, tuple(rest), reference.supplement
    if reference.supplement:
        return "부칙", reference.parts, True
    in_supplement = article.chunks[0].meta.get("part") == "부칙"
    here = _path(article.units, position)
    level = {"항": 0, "호": 1, "목": 2}[next(unit for unit in "항호목" if unit in head)]
    above = tuple(unit.label for unit in here if {"항": 0, "호": 1, "목": 2}.get(unit.level, 3) < level)
    return article.label, (*above, *reference.parts), in_supplement


def _path(units: Sequence[law_units.Unit], position: int) -> list[law_units.Unit]:
    """The units that hold an offset, outermost first."""
    for unit in units:
        if unit.start <= position < unit.end:
            return [unit, *_path(unit.children, position)]
    return []


def _section(name: str, chunks: Sequence[Chunk]) -> tuple[str, str] | str:
    """The first chunk under a 장 (or 편, 절, 관) heading."""
    pattern = re.compile(r"\s*".join(name) + r"(?!\s*의\s*\d)")
    for chunk in chunks:
        for heading in chunk.headings:
            if pattern.match(heading) and chunk.meta.get("part") == "본문":
                return " ".join(heading.split()), chunk.id
    return f"{name}이(가) 이 문서에 없습니다"


def link_record(link: Link) -> dict[str, object]:
    """One link as JSON; `document` is "" where `reason` says why it could not be followed."""
    return {
        "surface": link.surface,
        "start": link.start,
        "end": link.end,
        "document": link.document,
        "title": link.title,
        "label": link.label,
        "chunk": link.chunk,
        "reason": link.reason,
    }

"""Morphemes → tokens: the same rules for every back end, behind one layer of own words, values and Hanja.

Particles and endings are split off (배가, 배에, 배 → 배); verbs and adjectives come in dictionary form (탔다 → 타다, so
that they never meet a noun of one syllable); 하다 and 되다 are left off nouns (신청하다, 신청된 → 신청). Compounds
stand beside their parts (휴직급여, 휴직, 급여). What a back end broke into pieces that make no word (누+리호) is kept
as it was written too, beside the two words it may be made of (소방시설|공사업). 한자 become what they are read as.

A question is also read without the spaces that stand inside words (휴 직 급 여), and its synonyms are looked for.
"""

from __future__ import annotations

import functools
import re
from abc import ABC, abstractmethod
from collections.abc import Iterator, Sequence

from haechi.korean import mecab
from haechi.korean.aligned import Aligned
from haechi.korean.base import Expansion, Morpheme, Span
from haechi.korean.hanja import HANJA_VERSION, STEPS, in_hangul
from haechi.korean.lexicon import NONE, Lexicon
from haechi.korean.protect import PROTECT_VERSION, Piece, after_particle, clean, split_protected
from haechi.korean.spacing import respaced

#: Raise whenever a token could change: indexes made with another version are rebuilt.
_VERSION = "3"
_NOUNS = frozenset({"NNG", "NNP", "NR", "SL", "SH", "UNKNOWN"})
_VERBS = frozenset({"VV", "VA"})
#: Affixes belong to the compound (참석+자) but carry no meaning alone.
_AFFIXES = frozenset({"XSN", "XPN"})
_ROOTS = frozenset({"XR"})
_COMPOUNDED = _NOUNS | _AFFIXES
#: Tagged as nouns, but they ask and name nothing: no passage is found by them, and none fails for lacking them.
_QUESTION_WORDS = frozenset("얼마 며칠 무엇 뭐 누구 언제 어디 어느 몇 무슨 어떤".split())
_LONGEST_COMPOUND = 12
#: A word of several pieces ends before these: particles, endings, copula, 하다 and 되다, marks.
_TAILS = ("E", "VC", "XSV", "XSA", "XSM", "SF", "SY", "SS", "SC", "SE", "SP", "MM", "MAJ")
#: First letters of particles.
_PARTICLES = frozenset("은는이가을를의에도만과와로으까부마보나며라든조처하한께서랑")
#: The last letters of particles that nouns end in too.
_ENDS = frozenset("은는이가을를의에도만과와로서")
#: Dependent nouns that belong to no name (임금 등, 정부 측).
_LOOSE = frozenset("등 등등 측 쪽 중 간 내 외 말 시 때 씨 것 뿐 없이".split())
#: Three syllables apart, as in the titles of forms (휴 직 급 여).
_SPREAD = re.compile(r"(?<![가-힣])[가-힣](?: [가-힣]){2,11}(?![가-힣])")
#: What was only guessed, or means the same, counts half.
_GUESSED = 0.5


class MorphemeAnalyser(ABC):
    """The rules; a back end gives `name`, `identity` (for the fingerprint) and `morphemes`."""

    name = ""
    #: Written behind a text that may end in a particle, for back ends that read the end of one differently.
    goes_on = ""

    def __init__(self, lexicon: Lexicon = NONE) -> None:
        self._lexicon = lexicon
        #: Every question asks these of every synonym.
        self._needed = functools.lru_cache(maxsize=65536)(lambda word: frozenset(self.tokens(word)))
        self._halves = functools.lru_cache(maxsize=65536)(self._halve)

    @property
    def fingerprint(self) -> str:
        """Name, the versions of all that makes tokens, and the home's own words."""
        own = f"{_VERSION}.{PROTECT_VERSION}.{HANJA_VERSION}"
        words = self._lexicon.digest
        return f"{self.name}-{own}-{self.identity()}" + (f"-words_{words}" if words else "")

    @abstractmethod
    def identity(self) -> str:
        """Version of the back end and of its dictionary or model."""

    @abstractmethod
    def morphemes(self, text: str) -> list[Morpheme]:
        """What the back end reads in a cleaned text, in order."""

    def tokens(self, text: str) -> list[str]:
        return [span.token for span, _ in self._found(in_hangul(clean(text)))]

    def spans(self, text: str) -> list[Span]:
        aligned = Aligned(text)
        for pattern, new in STEPS:
            aligned.sub(pattern, new)
        return [Span(span.token, *aligned.original(span.start, span.end)) for span, _ in self._found(aligned.text)]

    def query_tokens(self, question: str) -> dict[str, float]:
        cleaned = in_hangul(clean(question))
        weights: dict[str, float] = {}
        for text in dict.fromkeys((cleaned, respaced(_SPREAD.sub(lambda match: match[0].replace(" ", ""), cleaned)))):
            for span, guessed in self._found(text):
                weights[span.token] = max(weights.get(span.token, 0.0), _GUESSED if guessed else 1.0)
        for expansion in self._expansions(set(weights)):
            for word in expansion.added:
                for token in self.tokens(word):
                    weights.setdefault(token, _GUESSED)
        return weights

    def expansions(self, question: str) -> list[Expansion]:
        return self._expansions(set(self.tokens(question)))

    def _expansions(self, tokens: set[str]) -> list[Expansion]:
        return [
            Expansion(word, added)
            for word, added in self._lexicon.synonyms().items()
            if (needed := self._needed(word)) and needed <= tokens
        ]

    def nouns(self, text: str) -> list[str]:
        found: list[str] = []
        for item in self._items(in_hangul(clean(text))):
            if isinstance(item, Piece):
                found.append(item.tokens[0])
            elif item.tag in _NOUNS and item.surface not in _QUESTION_WORDS:
                found.append(item.surface.lower())
        return found

    def _items(self, text: str) -> Iterator[Morpheme | Piece]:
        """The text in order: own words as one morpheme each, protected values, and what the back end reads."""
        position = 0
        for start, end, word in self._lexicon.find(text):
            yield from self._between(text, position, start)
            parts = tuple((part, "NNG") for part in word.parts)
            if word.tag not in _NOUNS:
                # Found like any word, but no topic: a root is a token and no noun.
                parts = ((word.token, "XR"), *parts)
            yield Morpheme(word.token, word.tag, parts or ((word.token, word.tag),), start, end)
            position = after_particle(text, end)
        yield from self._between(text, position, len(text))

    def _between(self, text: str, start: int, end: int) -> Iterator[Morpheme | Piece]:
        for piece in split_protected(text[start:end]):
            place = start + piece.start
            if piece.tokens:
                yield Piece(piece.text, piece.tokens, place)
                continue
            for morpheme in self._read(piece.text):
                yield morpheme._replace(start=place + morpheme.start, end=place + morpheme.end)

    def _read(self, text: str) -> list[Morpheme]:
        """The back end's reading; a text that may end in a particle is read as if it went on."""
        if text.rstrip()[-1:] not in _ENDS:
            return self.morphemes(text)
        return [morpheme for morpheme in self.morphemes(text + self.goes_on) if morpheme.start < len(text)]

    def _found(self, text: str) -> Iterator[tuple[Span, bool]]:
        """Tokens of a prepared text with their places in it, and whether one is a guess."""
        word: list[Morpheme] = []
        for item in self._items(text):
            if word and (isinstance(item, Piece) or item.start > word[-1].end):
                yield from self._word(word)
                word = []
            if isinstance(item, Piece):
                for token in item.tokens:
                    yield Span(token, item.start, item.start + len(item.text)), False
            else:
                word.append(item)
        yield from self._word(word)

    def _word(self, word: Sequence[Morpheme]) -> Iterator[tuple[Span, bool]]:
        """What stands between two spaces: its tokens, and itself where the back end made nothing whole of it."""
        found = list(_tokens_of(word))
        run: Sequence[Morpheme] = ()
        for span in found:
            yield span, False
        if (whole := _unknown(word)) is not None:
            yield whole, True
        elif run := _doubtful(word):
            whole = _compound(run)[-1]
        if whole is None:
            return
        pieces, spans = self._halves(whole.token)
        known = {span.token for span in found}
        for token, start, end in spans if not run or pieces < _pieces(run) else ():
            if token not in known and end <= whole.end - whole.start:
                yield Span(token, whole.start + start, whole.start + end), True

    def _halve(self, word: str) -> tuple[tuple[int, int], list[Span]]:
        """The best two words that a doubtful one is made of, if each is read as nouns (소방시설|공사업, 휴직|급여)."""
        best: list[list[Morpheme]] = [[], []]
        for place in range(2, len(word) - 1):
            read = self._read(f"{word[:place]} {word[place:]}")
            left = [morpheme for morpheme in read if morpheme.end <= place]
            right = [morpheme for morpheme in read if place < morpheme.start and morpheme.end <= len(word) + 1]
            halves = [left, right]
            if left and right and all(_COMPOUNDED.issuperset(one.tag for one in half) for half in halves):
                best = min(best, halves, key=lambda halves: _pieces(halves[0] + halves[1])) if best[0] else halves
        spans = [
            Span(span.token, span.start + shift, span.end + shift)
            for half, shift in zip(best, (0, -1), strict=True)
            for span in _compound(half)
        ]
        return _pieces(best[0] + best[1]), spans


class MecabAnalyser(MorphemeAnalyser):
    """mecab-ko + mecab-ko-dic, the default."""

    name = "mecab"
    # At its end 배가 is 倍加, before 있다 a belly, ship or pear. Nothing else is read so: 신고 있다 is wearing shoes.
    goes_on = " 있다"

    def identity(self) -> str:
        return mecab.identity()

    def morphemes(self, text: str) -> list[Morpheme]:
        return mecab.morphemes(text)


def _pieces(morphemes: Sequence[Morpheme]) -> tuple[int, int]:
    """Few morphemes are better, then few of one syllable."""
    return len(morphemes), sum(len(morpheme.surface) == 1 for morpheme in morphemes)


def _tokens_of(word: Sequence[Morpheme]) -> Iterator[Span]:
    """Content morphemes and compounds."""
    run: list[Morpheme] = []
    for morpheme in word:
        if morpheme.tag in _COMPOUNDED:
            run.append(morpheme)
            continue
        yield from _compound(run)
        run = []
        for form, tag in morpheme.parts:
            if tag in _VERBS:
                yield Span(form + "다", morpheme.start, morpheme.end)
            elif tag in _NOUNS or tag in _ROOTS:
                yield Span(form.lower(), morpheme.start, morpheme.end)
    yield from _compound(run)


def _compound(run: Sequence[Morpheme]) -> list[Span]:
    """Each noun of an unbroken run with its own parts, and last the run as one word."""
    found: list[Span] = []
    for morpheme in run:
        if morpheme.tag in _AFFIXES or morpheme.surface in _QUESTION_WORDS:
            continue
        found.append(Span(morpheme.surface.lower(), morpheme.start, morpheme.end))
        if len(morpheme.parts) > 1:
            found += (Span(part.lower(), morpheme.start, morpheme.end) for part, _ in morpheme.parts if len(part) > 1)
    whole = "".join(morpheme.surface for morpheme in run)
    if len(run) > 1 and len(whole) <= _LONGEST_COMPOUND:
        found.append(Span(whole.lower(), run[0].start, run[-1].end))
    return found


def _unknown(word: Sequence[Morpheme]) -> Span | None:
    """A word that is no run of nouns and no verb either, minus its particle: most likely a name nobody knows."""
    first, last = 0, len(word)
    while last and _is_tail(word[last - 1]):
        last -= 1
    while first < last and (word[first].tag[:2] in ("SS", "SY", "SC") or word[first].surface in _QUESTION_WORDS):
        first += 1
    core = word[first:last]
    tags = [morpheme.tag for morpheme in core]
    whole = "".join(morpheme.surface for morpheme in core)
    if not 2 < len(whole) <= _LONGEST_COMPOUND or _COMPOUNDED.issuperset(tags) or _NOUNS.isdisjoint(tags):
        return None
    # A counted thing (수십 명), a verb or a mark inside it: no name.
    if tags[0] in ("NR", "NNBC") or any(tag.startswith(("V", "S", "E")) or "+E" in tag for tag in tags):
        return None
    return Span(whole.lower(), core[0].start, core[-1].end)


def _is_tail(morpheme: Morpheme) -> bool:
    if morpheme.tag.startswith("J"):
        # mecab's dictionary knows particles that are none (링, 테).
        return morpheme.surface[0] in _PARTICLES
    return morpheme.tag.startswith(_TAILS) or morpheme.surface in _LOOSE or morpheme.surface in _QUESTION_WORDS


def _doubtful(word: Sequence[Morpheme]) -> Sequence[Morpheme]:
    """A compound with a piece of one syllable in it, which often was cut in the wrong place (휴직급+여)."""
    run = [morpheme for morpheme in word if morpheme.tag in _COMPOUNDED]
    size = sum(len(morpheme.surface) for morpheme in run)
    if not 3 < size <= _LONGEST_COMPOUND or size != run[-1].end - run[0].start or _NOUNS.isdisjoint(m.tag for m in run):
        return ()
    return run if len(run) > 1 and any(len(morpheme.surface) == 1 for morpheme in run) else ()

"""Whether the evidence settles an edit: does the sentence with the suggestion say the same thing of another value?

A value that differs from the evidence's need not be wrong: 75% is a case of a rule about 80% 이상, 21일 may be the sum
of 14일 and 7일. To write the evidence's value in its place would make a true sentence false. So an edit needs the same
words around both values, the same way of using them (까지, 이상, 마다 …), the same denial, and one candidate.
"""

from __future__ import annotations

import re

from haechi.checkers.comparison import relation
from haechi.checkers.context import content_words, shared
from haechi.checkers.stated import Stated, stated_in, without_citations
from haechi.korean.josa import strip_josa
from haechi.korean.values import parse_values
from haechi.types import Verdict

#: Share of the claim's words that the sentence of the evidence must have.
SAME_MATTER = 0.6
#: By how many words around it the wanted value must beat the next one of its kind.
_MARGIN = 2
#: How far behind and before a value its use is read.
_BEHIND, _AHEAD = 9, 6
_USES = {
    "high": re.compile(r"이하|이내|미만|까지|안에|안으로|내에|한도|넘지|넘을 수 없|못 ?넘|초과하지|초과할 수 없"),
    "low": re.compile(r"이상|초과(?!하지|할 수 없)|부터|넘(?!지|을 수 없)"),
    "each": re.compile(r"마다|에 한|당 |씩"),
    "before": re.compile(r"^\s?(?:이\s)?전"),
    "after": re.compile(r"^\s?(?:만에|뒤|후|이 지난|이 지나)"),
}
_USES_AHEAD = {"high": re.compile(r"최대|최고|많아야|늦어도|한도"), "low": re.compile(r"최소|적어도")}
_LETTERS = re.compile(r"[가-힣]+")
_CLAUSE_END = re.compile(r"[,.;\n]|(?<=[고며]) ")
#: A case, a comparison or a sum: the value is not the rule's own.
_CASE = re.compile(r"^(?:짜리|만(?![가-힣])|밖에|뿐|이라도|[가-힣]?도(?![가-힣])|인 (?=[가-힣])|보다)")
_EACH_ITS_OWN = "각각"
_BOUNDS = ("이상", "이하", "초과", "미만", "이내")
_WORKED_OUT = re.compile(r"모두|합하|합치|합쳐|더하면|더해|총(?![가-힣])|보다|차이|배 ")
_DENIED = re.compile(
    r"없[다는고으어을었지습]|않|못 ?[하되받합한]|아니[다하합한라며고]|아닙|아닌|안 [되됩된돼]|금[지하]"
)


def settles(text: str, start: int, end: int, verdict: Verdict) -> bool:
    """Whether writing `verdict.suggestion` for `text[start:end]` says what `verdict.evidence` says."""
    source = verdict.evidence
    # What hangs on the claim is its particle, no word of its own.
    words = content_words(without_citations(text[:start] + " " + text[end:].partition(" ")[2]))
    if words and shared(words, content_words(source)) < SAME_MATTER * len(words):
        return False
    values = [value for value in parse_values(verdict.suggestion) if value.kind != "law_reference"]
    claims = [claim for claim in stated_in(text) if start <= claim.value.start and claim.value.end <= end]
    if not values or not claims:
        # A name or a law reference: its own checker knows whether it is sure; a part of a word is none.
        return bool(parse_values(verdict.suggestion)) or _is_whole_word(text, start, end)
    claim, wanted = claims[0], values[0].normalised
    if verdict.checker == "relation" and _has_another(text, claim):
        return False  # two values may have changed places
    if bool(_DENIED.search(text)) != bool(_DENIED.search(source)):
        return False
    if only_bound(verdict):
        return verdict.claim.endswith(_BOUNDS) and verdict.suggestion.endswith(_BOUNDS)
    if _CASE.match(text[end:]) or (_WORKED_OUT.search(text) and not _WORKED_OUT.search(source)):
        return False
    said = {item.value.normalised for item in stated_in(text)}
    rivals = [
        item
        for item in stated_in(source)
        if relation(claim.value, item.value) == "different" and item.value.normalised not in said
    ]
    rivals = [item for item in rivals if _use(source, item) == _use(text, claim)]
    if not claim.near:
        return len({item.value.normalised for item in rivals}) == 1 and rivals[0].value.normalised == wanted
    likeness = {item.value.normalised: 0 for item in rivals}
    for item in rivals:
        likeness[item.value.normalised] = max(likeness[item.value.normalised], shared(claim.near, item.near))
    best = likeness.pop(wanted, 0)
    if likeness and _EACH_ITS_OWN in source:
        return False
    return best >= max(likeness.values(), default=-1) + _MARGIN


def _is_whole_word(text: str, start: int, end: int) -> bool:
    """Whether a word begins at `start`, and only a particle hangs on its end."""
    tail = _LETTERS.match(text, end)
    hangs = tail[0] if tail else ""
    alone = not hangs or strip_josa(text[start:end] + hangs) == text[start:end]
    return alone and not _LETTERS.match(text[max(0, start - 1) : start])


def _has_another(text: str, claim: Stated) -> bool:
    """Whether the sentence has another value that could stand in the claim's place."""
    others = [item for item in stated_in(text) if item.value.start != claim.value.start]
    return any(relation(claim.value, item.value) == "different" for item in others)


def only_bound(verdict: Verdict) -> bool:
    """Whether claim and suggestion are one value with another bound (3년 이상, 3년 이하)."""
    pairs = [[value.normalised for value in parse_values(text)] for text in (verdict.claim, verdict.suggestion)]
    return bool(pairs[0]) and pairs[0] == pairs[1]


def _use(text: str, stated: Stated) -> frozenset[str]:
    """How a value is used: as a limit from above or below, as a measure of each, as a distance before or after."""
    value = stated.value
    behind = _CLAUSE_END.split(text[value.end : value.end + _BEHIND])[0]
    ahead = _CLAUSE_END.split(text[max(0, value.start - _AHEAD) : value.start])[-1]
    found = {use for use, pattern in _USES.items() if pattern.search(behind)}
    return frozenset(found | {use for use, pattern in _USES_AHEAD.items() if pattern.search(ahead)})

"""Values that are right or wrong only by reasoning: examples of a rule, rounded, counted up, or words of speech.

"2년 일한 직원은 15일을 쓸 수 있다" rests on "1년 이상 3년 미만이면 15일": 2년 stands nowhere and is not wrong. A rule checker
cannot tell, so it says so; a model has to. None of this applies where the letters beside the value are those of a
place in the evidence: a copied sentence with another number in it is wrong.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from haechi.checkers.comparison import magnitude, rounds_to, unit_of
from haechi.checkers.context import shared
from haechi.checkers.stated import Stated

_END = r"(?=[\s,])"
#: 가입한 지 8개월이 지났다면, 17%라면, 이틀 전에 취소하면, 보름만 쉬는 경우에는
_CONDITION = re.compile(
    rf"[^.!?]*?(?:[가-힣](?:면|(?<!그)때)(?:에?는|에도)?{_END}|경우(?:에는|에도|라면|라도)?{_END}|[라어아여해]도{_END}|더라도{_END})"
)
#: 2년 된 직원은, 5kW짜리 설비를 단 집은, 76세인 사람은: the value describes what the sentence is about.
_TOPIC = re.compile(
    r"(?:\s?(?:인|된|짜리|의|만|간|동안|째|씩|지난|전의?|뒤의?|후의?|을|를|이|가|떨어진))?\s?[^.!?,]*?[가-힣](?:은|는|도|에는|에도|에게는)\s(?=\S)"
)
#: 2백만 원을 보낼 수 없다: the value may be what the rule forbids.
_DENYING = re.compile(r"(?:없|않|아니|아닙|못\s?[하한합해받]|안\s?[되된돼됩]|늦)[가-힣]{0,5}[\s.!?]*\Z")
#: What makes a value of the evidence a threshold.
_THRESHOLD = re.compile(r"\s?(?:[이을가를의만]\s)?(?:지나|지난|경과|전|후|뒤|마다|당|짜리|채|되기|사이|된)")
_WORKED_OUT = re.compile(
    r"모두|합쳐|합하|합계|합친|총|더해|더하|곱하|나누|차이|나머지|남은|만에|뒤|할인|감면|깎|빼|통틀어"
)

_EXAMPLE = "규칙에 든 보기의 값이라, 근거의 범위에 드는지는 값만으로 확인하지 못했습니다."
_SPEECH = "세는 말이 아니라 말버릇일 수 있는 표현이라 확인하지 못했습니다."
_ROUNDED = "어림한 값이라, 근거의 값과 같은지 확인하지 못했습니다."
_COUNTED = "근거의 값들로 셈한 값일 수 있어, 값만으로는 확인하지 못했습니다."


def why_open(claim: Stated, sources: Sequence[Stated], claims: Sequence[Stated]) -> str:
    """Why a value that stands nowhere in the evidence may still be right (Korean); "" where no reason is seen.

    `sources` are the values of the evidence of the claim's kind, `claims` all values of the answer.
    """
    value = claim.value
    comparable = [source for source in sources if unit_of(source.value) == unit_of(value)]
    about = claim.bound is not None and claim.bound.direction == "about"
    if value.kind in ("amount", "quantity"):
        if value.kind == "quantity" and value.certainty == "ambiguous":
            return _SPEECH
        if about and any(rounds_to(value, source.value) for source in comparable):
            return _ROUNDED
    # A bound (3년 이상, 5년까지) is what a rule says, not an example of it.
    loose = claim.bound is None or about
    if value.kind in ("amount", "quantity", "date") and loose and _is_example(claim, comparable):
        return _EXAMPLE
    if value.kind in ("amount", "quantity") and loose and _worked_out(claim, sources, claims):
        return _COUNTED
    return ""


def _is_example(claim: Stated, comparable: Sequence[Stated]) -> bool:
    thresholds = [
        source
        for source in comparable
        if source.bound is not None or source.upto is not None or _THRESHOLD.match(source.after)
    ]
    if not any(shared(claim.words, source.words) for source in thresholds):
        return False
    after = claim.after
    return bool(_CONDITION.match(after) or _TOPIC.match(after) or _DENYING.search(after))


def _worked_out(claim: Stated, sources: Sequence[Stated], claims: Sequence[Stated]) -> bool:
    """A sum or difference of two values, a share of an amount, or a price times a count that the answer gives."""
    wanted = magnitude(claim.value)
    if not wanted or not (_WORKED_OUT.search(claim.sentence) or claim.value.kind == "amount"):
        return False
    unit = unit_of(claim.value)
    numbers = {number for source in sources if unit_of(source.value) == unit and (number := magnitude(source.value))}
    shares = {
        number / 100 for source in sources if unit_of(source.value) == "PCT" and (number := magnitude(source.value))
    }
    factors = {number for item in claims if item.value.kind == "quantity" and (number := magnitude(item.value))}
    made = {one + other for one in numbers for other in numbers if one != other}
    made |= {one - other for one in numbers for other in numbers}
    made |= {number * share for number in numbers for share in (*shares, *(1 - share for share in shares))}
    made |= {number * factor for number in numbers for factor in factors if factor > 1}
    return any(abs(number - wanted) < 1e-6 * wanted for number in made)

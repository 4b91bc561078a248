"""Values that are right or wrong only by reasoning: examples of a rule, rounded, counted up, or words of speech.

"2년 일한 직원은 15일" rests on "1년 이상 3년 미만이면 15일": 2년 stands nowhere and is not wrong. A rule cannot
tell, so it says so; a model has to. None of this applies where the letters beside the value are those of a place in
the evidence: a copied sentence with another number in it is wrong.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from haechi.checkers.comparison import magnitude, rounds_to, satisfies, unit_of
from haechi.checkers.context import shared
from haechi.checkers.stated import Stated
from haechi.types import Value

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
#: 20%이면, 4억 원인 가게, 5kW짜리, 14년 된, 8개월이 지났다면: a case that the sentence supposes, no number of the rule.
_SUPPOSED = re.compile(
    r"\s?(?:이?라면|이면|이어도|여도|이?라도|인\s|짜리|일\s때|된\s[가-힣]|만에\s"
    r"|(?:[이가을를은는도만로]|정도|전에|동안)?\s?[^\s,.!?]{0,8}\s?[^\s,.!?]{0,8}"
    r"(?:다면|[았었였했갔났됐]으면|[았었였했됐]더라도|[았었였했됐]어도))"
)
#: 저녁 7시에는 쓸 수 없다: a time at which the answer tells how a span of hours decides.
_AT_TIME = re.compile(r"에(?:는|도)\s|에\s[^.!?]*(?:없|않|안 |아니)")
#: What makes a value of the evidence a threshold.
_THRESHOLD = re.compile(r"\s?(?:[이을가를의만]\s)?(?:지나|지난|경과|전|후|뒤|마다|당|짜리|채|되기|사이|된)")
#: 9년이 지나면, 8개월 동안, 5년마다: a rule's own number, not a case of it (지났다면 tells a case).
_RULE = re.compile(r"\s?(?:[이을를은는만]\s?)?(?:지나(?:[면야도지]|기)|넘[기겨어으]|경과하|동안|마다|되도록|채우)")
_NEGATION = re.compile(r"없(?!이)|않|아니|아닌|못|안 |말아|금지")
_DIGIT = re.compile(r"[0-9０-９]")
_ONE = re.compile(r"1(?:년|개월|주|일|시간|회|명|건|개)")
_PER = re.compile(r"\s?(?:에(?!서|게)|당|마다|기준)")
#: Counted up from a list that the evidence does not count: 두 곳, 세 가지, 두 번째.
_COUNTED_UP = re.compile(r"(?:가지|곳|명|단계|번째|종|개)$")
_CASE = re.compile(r"면(?=[\s,])")
_WORKED_OUT = re.compile(
    r"모두|합쳐|합하|합계|합친|총|더해|더하|곱하|나누|차이|나머지|남은|만에|뒤|할인|감면|깎|빼|통틀어|늘었|줄었"
    r"|많[았다]|더 |늦게|걸[렸려]|연장"
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
    if value.kind not in ("amount", "quantity", "date") or "?" in value.normalised:
        return ""
    comparable = [source for source in sources if unit_of(source.value) == unit_of(value)]
    if _is_speech(claim, comparable):
        return _SPEECH
    about = claim.bound is not None and claim.bound.direction == "about"
    if about and any(rounds_to(value, source.value) for source in comparable):
        return _ROUNDED
    # A bound (3년 이상, 5년까지) is what a rule says, not an example of it.
    if (claim.bound is None or about) and _is_example(claim, comparable):
        return _EXAMPLE
    return _COUNTED if value.kind != "date" and _worked_out(claim, sources, claims) else ""


def _is_speech(claim: Stated, comparable: Sequence[Stated]) -> bool:
    value = claim.value
    if value.kind == "quantity" and value.certainty == "ambiguous":
        return True
    # 일주일에 이틀, 한 달에 18만 원: what something is counted by.
    if _ONE.fullmatch(value.normalised) and _PER.match(claim.after):
        return True
    spelled = not _DIGIT.search(value.surface)
    return spelled and not comparable and (value.normalised == "PCT:50" or bool(_COUNTED_UP.search(value.normalised)))


def _is_example(claim: Stated, comparable: Sequence[Stated]) -> bool:
    """Whether the value describes a case, and a threshold of the evidence could decide it that way."""
    if any(_within(claim.value, source) for source in comparable):
        return True
    if claim.value.kind == "date":
        return bool(_AT_TIME.match(claim.after)) and any(source.bound for source in comparable)
    if _SUPPOSED.match(claim.after) and comparable:
        return True
    if _RULE.match(claim.after):
        return False
    if not (_CONDITION.match(claim.after) or _TOPIC.match(claim.after) or _DENYING.search(claim.after)):
        return False
    return any(_decides(source, claim) for source in comparable if shared(claim.words, source.words))


def _within(value: Value, source: Stated) -> bool:
    """3월 between 1월 and 6월, 3쪽 in 1~5쪽."""
    if source.upto is None:
        return False
    low, high = source.value.normalised, source.upto.normalised
    if value.kind == "date":
        same = len({len(form) for form in (low, value.normalised, high)}) == 1 and low[:6] == value.normalised[:6]
        return same and low <= value.normalised <= high
    numbers = [magnitude(item) for item in (source.value, value, source.upto)]
    first, number, last = numbers
    return first is not None and number is not None and last is not None and first < number < last


def _decides(source: Stated, claim: Stated) -> bool:
    """Whether the rule that `source` bounds fits the claim: 2년 is within 1년 이상; 7층 is not within 3층 이하.

    A case outside the bound fits a sentence that says the opposite: 3개월만 비우면 받지 못한다.
    """
    bound = source.bound
    if bound is None or bound.direction == "about":
        return _THRESHOLD.match(source.after) is not None
    inside = satisfies(claim.value, source.value, bound)
    denied = [_NEGATION.search(item.after) is not None for item in (claim, source)]
    return inside is None or inside == (denied[0] == denied[1])


def _worked_out(claim: Stated, sources: Sequence[Stated], claims: Sequence[Stated]) -> bool:
    """A sum or difference, a share of an amount, or a price times a count: only where the answer says that it
    counts."""
    wanted = magnitude(claim.value)
    unit = unit_of(claim.value)
    if not wanted or unit == "PCT":
        return False
    said = _WORKED_OUT.search(claim.sentence) is not None
    numbers = {number for source in sources if unit_of(source.value) == unit and (number := magnitude(source.value))}
    made: set[float] = set()
    if said:
        made |= {one + other for one in numbers for other in numbers if one != other}
        made |= {one - other for one in numbers for other in numbers}
    if said or _CASE.search(claim.sentence):
        shares = {
            number / 100 for source in sources if unit_of(source.value) == "PCT" and (number := magnitude(source.value))
        }
        factors = {number for item in claims if item.value.kind == "quantity" and (number := magnitude(item.value))}
        made |= {number * share for number in numbers for share in (*shares, *(1 - share for share in shares))}
        made |= {number * factor for number in numbers for factor in factors if factor > 1}
    return any(abs(number - wanted) < 1e-6 * wanted for number in made)

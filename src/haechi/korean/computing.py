"""Questions whose answer is worked out and not read: sums, counts, averages, differences, days between two dates.

A language model guesses such numbers. An answer is only given where a document states the result itself, with a word
that says so (합계 3건, 총 120만 원).
"""

from __future__ import annotations

import re

_ASKS = re.compile(
    r"(?<![가-힣])(?:합계|합산)|합치면|합하면|더하면|다 ?합(?:쳐|해)"
    r"|(?:총|모두|전부) ?(?:몇 ?건|얼마)|총 ?(?:금액|건수|인원|합계)(?:은|는|이|가)"
    r"|(?:지난 ?(?:달|해|주|분기)|올해|작년|이번 ?(?:달|주|분기)|상반기|하반기|\d ?(?:월|분기))"
    r"[^?.]{0,30}(?:몇 ?(?:건|명|회|번|개)|건수|총액)"
    r"|평균(?:은|이|을)? ?(?:몇|얼마)|몇 ?건(?:이나|인가|이었|이야|입니까|이에요|이나요|인지|이 ?(?:있|접수|발생|처리))"
    r"|차이(?:는|가) ?(?:몇|얼마)|몇 ?(?:배|퍼센트|%)(?:나)? ?(?:늘|줄|증가|감소|더|덜)"
    r"|며칠 ?(?:남|지났|째)|(?:며칠|몇 ?(?:일|개월|달|년|주)) ?(?:뒤|후|전)(?:인가|이에요|입니까|예요)"
)
_STATES = re.compile(
    r"합계|총|모두|전체|누계|소계|평균|도합|(?<![가-힣])계(?![가-힣])|차이|비율|건수|\d ?건|남은|까지 ?\d"
)


def asks_to_compute(question: str) -> bool:
    """Whether the question asks for a number that someone has to work out."""
    return bool(_ASKS.search(question))


def states_a_result(sentence: str) -> bool:
    """Whether a sentence of a document says that its number is a sum, a count or an average."""
    return bool(_STATES.search(sentence))

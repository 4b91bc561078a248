"""Does a question lean on the one before it, and what does it say when written out? Rules alone; it never answers.

그럼 두레홀은요?          두레홀 대관료는 평일 오전에 얼마인가요?   (the like name is exchanged)
어린이는요?               어린이의 경우 수영장 일일권은 얼마인가요?
그건 언제까지 내야 하나요?  두레홀 사용보증금은 언제까지 내야 하나요?
언제까지 신청하나요?       자원봉사자 모집은 언제까지 신청하나요?
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Literal

from haechi.korean import law_followup
from haechi.korean.base import Analyser
from haechi.korean.josa import with_josa

Leaning = Literal["no", "rule", "unsure"]

_WORD = r"[가-힣A-Za-z0-9「」·ㆍ()]"
_PARTICLES = (re.compile(r"(?:에는|에서는|은|는)[,\s]"), re.compile(r"(?:이|가|을|를|도|의 경우)[,\s]"))
_LEAD = re.compile(r"^\s*(?:그럼|그러면|그렇다면|그리고|또|또는|혹시|만약|만일|아니면|아|네|음|추가로)[,.\s]+")
_ELLIPSIS = re.compile(
    rf"^((?:{_WORD}+\s+){{0,4}}{_WORD}+?)(?:에서는|에게는|한테는|에는|이면|라면|으로는|로는|일 ?때는"
    rf"|은|는|도)\s?(?:요|어때요?|어떤가요"
    rf"|어떻게 되나요|어떻게 돼요)?\s*[?？.]*$"
)
_WH = re.compile(r"얼마|언제|며칠|몇|무엇|무슨|뭐|뭘|뭔|어디|어느|누구|누가|어떤|어떻게|어떠|왜")
_THING = re.compile(
    r"(?<![가-힣])(?:그것들?|그거|그게|그건|그걸|이것들?|이거|이게|이건|이걸|그쪽)(?P<josa>은|는|이"
    r"|가|을|를|도|의|에|로|으로|만|까지|부터)?(?![가-힣])"
)
_PLACE = re.compile(r"(?<![가-힣])(?:거기|그곳|여기|이곳)(?P<josa>[가-힣]{0,3})(?![가-힣])")
_CASE = re.compile(
    r"(?<![가-힣])(?:그|이|그런|이런)\s?(?:경우|때|상황)(?:에는|에도|에|엔|는|은)?(?![가-힣])|^그때(?:는|도)?"
)
_THAT = re.compile(
    r"(?<![가-힣])(?:그|이|해당|위|앞의|방금 말한|말씀하신)\s(?P<noun>[가-힣]{1,10}?)(?P<josa>은|는"
    r"|이|가|을|를|도|의|에|에서|로|으로)(?![가-힣])"
)
_OTHER = re.compile(
    r"(?<![가-힣])(?:그렇게|이렇게|그래도|그런데도|그분|그 사람|그들|그중|그 중|둘 다|나머지|전자|후자|위와)"
)
_SITE = re.compile(
    r"[가-힣]{1,12}(?:도서관|공연장|캠핑장|수영장|주차장|체육관|열람실|센터|공방|홀|실|관|원|청|소"
    r"|병원|학교|은행)(?![가-힣]{3,})"
)
_STOP = frozenset(
    "얼마 언제 며칠 무엇 어디 누구 어느 어떤 경우 때 것 거 수 등 번 후 전 동안 하루 한달 정도 가능 "
    "궁금 안내 설명 방법 시 요 사람 "
    "저 제 우리 그 이 데 안 좀 더 또 예 네 분 곳 개 명 회 권 원 일 월 년 시간 개월".split()
)
#: A short question with one noun may lean or may not.
_SHORT = 24


@dataclass(frozen=True)
class Written:
    """`text` stands alone; `sure` says whether a rule was enough ("unsure": only the topic was put in front)."""

    text: str
    leaning: Leaning


def topic_of(question: str, analyser: Analyser) -> str:
    """What a question is about: the words before its topic particle, else before its subject or object; else nouns."""
    text = _LEAD.sub("", question.strip())
    asked = _WH.search(text)
    head = text[: asked.start()] if asked else text
    for particle in _PARTICLES:
        for match in particle.finditer(head):
            topic = head[: match.start()].strip()
            last = topic.split(" ")[-1] if topic else ""
            # 쉬는, 빌리는: the end of a verb, not a particle.
            if len("".join(_nouns(last, analyser))) * 2 >= len(last) > 0:
                return topic
    return " ".join(dict.fromkeys(_nouns(text, analyser)))


def write_out(question: str, previous: str, analyser: Analyser) -> Written:
    """The question with what it leaves to `previous` written out; itself when it leans on nothing."""
    asked = question.strip()
    resolved = law_followup.resolve(asked, previous)
    if resolved != asked:
        return Written(resolved, "rule")
    topic = topic_of(previous, analyser)
    if not topic or not previous.strip():
        return Written(asked, "no")
    led = bool(_LEAD.match(asked))
    bare = _LEAD.sub("", asked)
    if filled := _fill_demonstrative(bare, previous, topic):
        return Written(filled, "rule")
    ellipsis = _ELLIPSIS.match(bare)
    if ellipsis and not _WH.search(ellipsis.group(1)) and len(bare) <= 30:
        return Written(_like_before(ellipsis.group(1).strip(), previous), "rule")
    # Words, not morphemes: a compound (헬스장) names one thing.
    nouns = [word for word in bare.split() if _nouns(word, analyser)]
    front = f"{topic} {bare}"
    if not nouns or (_WH.match(bare) and len(set(nouns)) < 2):
        return Written(front, "rule")  # it says nothing of what it asks about
    if _OTHER.search(bare) or (len(set(nouns)) == 1 and len(bare) <= _SHORT) or (led and len(set(nouns)) <= 2):
        return Written(front, "unsure")
    return Written(asked, "no")


def _fill_demonstrative(asked: str, previous: str, topic: str) -> str:
    """The question with its first demonstrative replaced; "" when it has none."""
    if match := _PLACE.search(asked):
        sites = [site.group() for site in _SITE.finditer(previous)]
        place = sites[0] if sites else topic
        return f"{asked[: match.start()]}{place}{_particle(place, match['josa'])}{asked[match.end() :]}"
    if match := _THING.search(asked):
        josa = match["josa"] or {
            "그게": "이",
            "이게": "이",
            "그건": "은",
            "이건": "은",
            "그걸": "을",
            "이걸": "을",
        }.get(match.group(), "")
        return f"{asked[: match.start()]}{topic}{_particle(topic, josa)}{asked[match.end() :]}"
    if match := _CASE.search(asked):
        rest = " ".join(f"{asked[: match.start()]} {asked[match.end() :]}".split())
        return f"{topic}의 경우 {rest}"
    if match := _THAT.search(asked):
        noun = match["noun"]
        name = topic if topic.endswith(noun) else f"{topic} {noun}"
        return f"{asked[: match.start()]}{name}{_particle(name, match['josa'])}{asked[match.end() :]}"
    return ""


def _particle(word: str, josa: str) -> str:
    """The particle in the form that fits the word."""
    pairs = {
        "은": "은/는",
        "는": "은/는",
        "이": "이/가",
        "가": "이/가",
        "을": "을/를",
        "를": "을/를",
        "로": "으로/로",
        "으로": "으로/로",
    }
    return with_josa(word, pairs[josa])[len(word) :] if josa in pairs else josa


def _like_before(name: str, previous: str) -> str:
    """The question before, asked of another thing: a name that ends alike is exchanged, else the case is put first."""
    last = name.split()[-1]
    text = _LEAD.sub("", previous.strip())
    best: tuple[int, re.Match[str]] | None = None
    for match in re.finditer(r"[가-힣A-Za-z0-9]+", text):
        alike = _shared_tail(last, match.group())
        if alike and (best is None or alike > best[0]):
            best = (alike, match)
    if best is None:
        return f"{name}의 경우 {text}"
    start = best[1].start()
    end = start + _stem_end(best[1].group(), last)
    after = text[end:]
    josa = re.match(r"(은|는|이|가|을|를|으로|로)(?![가-힣])", after)
    if josa:
        after = _particle(name, josa.group(1)) + after[josa.end() :]
    return f"{text[:start]}{name}{after}"


def _shared_tail(name: str, word: str) -> int:
    """How many last syllables two names share (두레홀, 솔빛홀은: 1); 0 when they are the same or too short."""
    end = _stem_end(word, name)
    stem = word[:end]
    if stem == name or len(stem) < 2 or len(name) < 2:
        return 0
    count = 0
    while count < min(len(stem), len(name)) - 1 and stem[-1 - count] == name[-1 - count]:
        count += 1
    return count


def _stem_end(word: str, name: str) -> int:
    """Where a word's own letters end when it ends like `name` and a particle follows."""
    place = word.rfind(name[-1])
    return place + 1 if place > 0 and len(word) - place <= 3 else len(word)


def _nouns(text: str, analyser: Analyser) -> list[str]:
    return [noun for noun in analyser.nouns(text) if noun not in _STOP and not noun.isdigit()]

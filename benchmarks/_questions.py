"""Other ways to ask a question, and questions that look like it but ask something else: rules over the text alone.

Shares no code with the gate, so that a mistake of its normaliser cannot hide here: endings, particles and values are
found by the regular expressions below. Every function is deterministic for a seed.
"""

from __future__ import annotations

import random
import re
from collections.abc import Sequence

_PARTICLE = re.compile(r"(?<=[가-힣]{2})(?:은|는|을|를|이|가|의|에|에서|으로)$")
_TOPIC = re.compile(r"(?<=[가-힣A-Za-z])(?:은|는|이|가|을|를)$")
_END = re.compile(r"[?？.! ]+$")

_POLITE = (
    (r"하나요$", ("합니까", "하는지요", "하죠")),
    (r"되나요$", ("됩니까", "되는지요", "되는 건가요")),
    (r"있나요$", ("있습니까", "있는지요", "있을까요")),
    (r"없나요$", ("없습니까", "없는지요", "없을까요")),
    (r"([가-힣])나요$", (r"\1는지요", r"\1는가요")),
    (r"인가요$", ("입니까", "일까요", "인지요")),
    (r"한가요$", ("합니까", "한지요")),
    (r"예요$|에요$", ("인가요", "입니까")),
    (r"해요$", ("하나요", "합니까")),
    (r"돼요$", ("되나요", "됩니까")),
    (r"죠$", ("나요", "는지요")),
    (r"싶어요$", ("싶습니다", "싶은데요")),
    (r"궁금해요$", ("궁금합니다", "궁금한데요")),
    (r"했어요$", ("했습니다", "했는데요")),
    (r"않아요$", ("않습니다", "않네요")),
    (r"어요$", ("었습니다", "네요")),
    (r"(?:알려 ?주세요|알려 ?줘)$", ("알려 주십시오", "알려 주시겠어요")),
    (r"습니까$", ("나요", "는지요")),
    (r"까요$", ("나요", "는지요")),
)
_SPOKEN = (
    (r"어떻게 하나요$", ("어케 해요", "어떻게 하면 돼요", "어떻게 하지")),
    (r"어떻게 되나요$", ("어케 돼요", "어떻게 돼", "어떻게 됨")),
    (r"얼마인가요$", ("얼마예요", "얼마임", "얼마야")),
    (r"언제인가요$", ("언제예요", "언제임", "언제야")),
    (r"무엇인가요$", ("뭐예요", "뭔가요", "뭐임")),
    (r"하나요$", ("해요", "하냐", "함")),
    (r"되나요$", ("돼요", "되냐", "됨")),
    (r"있나요$", ("있어요", "있음", "있냐")),
    (r"없나요$", ("없어요", "없음", "없냐")),
    (r"인가요$", ("이에요", "임", "이야")),
    (r"한가요$", ("해요", "함")),
    (r"싶어요$", ("싶은데", "싶음")),
    (r"궁금해요$", ("궁금함", "궁금")),
    (r"([가-힣])나요$", (r"\1어", r"\1는데")),
    (r"해요$", ("해", "함")),
    (r"어요$", ("는데", "음")),
)
_ASKING = (
    (r"어떻게 (?:하|되)나요$", ("방법을 알려 주세요", "방법이 궁금합니다")),
    (r"(얼마|언제|무엇|며칠|몇 시|누구)인가요$", (r"\1인지 알려 주세요", r"\1인지 궁금합니다")),
    (r"([가-힣])나요$", (r"\1는지 알려 주세요", r"\1는지 궁금해요", r"\1는지 알고 싶어요")),
    (r"인가요$", ("인지 알려 주세요", "인지 궁금합니다")),
    (r"한가요$", ("한지 알려 주세요", "한지 궁금합니다")),
    (r"(?:이|가) 궁금해요$", ("을 알려 주세요", "에 대해 문의드립니다")),
    (r"알려 ?주세요$", ("알고 싶습니다", "궁금합니다")),
)
_COURTESY = ("안녕하세요. {}", "혹시 {}", "문의드립니다. {}", "저기요, {}", "{} 감사합니다.", "수고하십니다, {}")


def paraphrases(question: str, seed: int = 0) -> dict[str, str]:
    """Kind of change → the question asked in another way; kinds that do not apply are left out."""
    rng = random.Random(f"{seed}:{question}")
    bare = _END.sub("", question.strip())
    mark = "?" if "?" in question else ""
    found = {
        "polite": _reworded(bare, _POLITE, rng, mark),
        "spoken": _reworded(bare, _SPOKEN, rng, mark),
        "asking": _reworded(bare, _ASKING, rng, ""),
        "courtesy": rng.choice(_COURTESY).format(question.strip()),
        "particles": _without_particles(bare) + mark,
        "order": _moved(bare, rng) + mark,
        "no_spaces": bare.replace(" ", "") + mark,
        "spacing": _respaced(bare, rng) + mark,
        "typo": _marked(_mistyped(bare, rng), mark),
        "spoken_particles": _reworded(_without_particles(bare), _SPOKEN, rng, ""),
    }
    same = {"", question.strip(), bare + mark}
    return {kind: text for kind, text in found.items() if text not in same}


def _marked(text: str, mark: str) -> str:
    return text + mark if text else ""


def _reworded(bare: str, rules: Sequence[tuple[str, Sequence[str]]], rng: random.Random, mark: str) -> str:
    for pattern, endings in rules:
        if re.search(pattern, bare):
            return re.sub(pattern, rng.choice(endings), bare) + mark
    return ""


def _without_particles(bare: str) -> str:
    return " ".join(_PARTICLE.sub("", word) for word in bare.split())


def _moved(bare: str, rng: random.Random) -> str:
    """What is asked first, what it is about behind a comma: 어떻게 하나요, 예약은."""
    words = bare.split()
    if len(words) < 3:
        return bare
    cuts = [place for place, word in enumerate(words[:-1], 1) if _TOPIC.search(word)] or [len(words) // 2]
    cut = rng.choice(cuts)
    return " ".join([*words[cut:], *words[:cut]])


def _respaced(bare: str, rng: random.Random) -> str:
    """Some spaces left out and one put where none belongs."""
    words = bare.split()
    out = words[0]
    for word in words[1:]:
        out += ("" if rng.random() < 0.4 else " ") + word
    long = list(re.finditer(r"[가-힣]{4,}", out))
    if long:
        match = rng.choice(long)
        place = match.start() + 2
        out = f"{out[:place]} {out[place:]}"
    return out


def _mistyped(bare: str, rng: random.Random) -> str:
    """One vowel of one long word slips (ㅐ for ㅔ and the like)."""
    slips = {1: 5, 5: 1, 8: 4, 4: 8, 13: 18, 18: 13, 0: 2, 20: 19}
    words = list(re.finditer(r"[가-힣]{4,}", bare))
    rng.shuffle(words)
    for match in words:
        for place in range(match.start() + 1, match.end() - 1):
            code = ord(bare[place]) - 0xAC00
            vowel = code % 588 // 28
            if vowel in slips:
                return bare[:place] + chr(0xAC00 + code + (slips[vowel] - vowel) * 28) + bare[place + 1 :]
    return ""


_NUMBER = re.compile(r"\d[\d,.]*")
_NEGATED = (
    (r"할 수 있", "할 수 없"),
    (r"수 있", "수 없"),
    (r"해야 ?(?:만 ?)?하나요", "하지 않아도 되나요"),
    (r"(?<!안)(?<!안 ) ?되나요", " 안 되나요"),
    (r"있나요", "없나요"),
    (r"가능", "불가능"),
    (r"하나요", "하지 않나요"),
    (r"필요한가요", "필요 없나요"),
)
_MODAL = ((r"할 수 있나요", "해야 하나요"), (r"해야 ?(?:만 ?)?하나요", "할 수 있나요"), (r"해도 되나요", "해야 하나요"))
_KIND = (
    (r"얼마인가요", "언제인가요"),
    (r"언제인가요", "얼마인가요"),
    (r"어디(?:에서|에|인가요)", "언제"),
    (r"어떻게 하나요", "왜 하나요"),
    (r"언제", "어디에서"),
)
_OPPOSITES = (
    "신청 취소|등록 해지|입금 출금|입실 퇴실|대여 반납|시작 종료|"
    "휴직 복직|가입 탈퇴|설치 철거|예약 취소|구매 환불|입장 퇴장|"
    "증가 감소|이전 이후|이상 이하|평일 주말|성인 어린이|오전 오후|"
    "최초 최종|국내 국외|내부 외부|개인 단체|발급 반납|운행 정비|"
    "승인 거절|접수 반려|실내 실외|교체 보수"
)
_ADDED = (
    *("2019년에 ", "5만 원이 넘으면 ", "3명이 함께 ", "제12조에 따르면 "),
    *("8월 15일에 ", "2주일 안에 ", "30퍼센트까지 "),
)


def near_misses(question: str, others: Sequence[str], seed: int = 0) -> dict[str, str]:
    """Kind of difference → a question with almost the same words that asks for something else."""
    rng = random.Random(f"{seed}:{question}")
    text = question.strip()
    found = {
        "other_value": _NUMBER.sub(lambda match: _other_number(match[0], rng), text, count=1),
        "added_value": rng.choice(_ADDED) + text,
        "negation": _changed(text, _NEGATED),
        # 어떻게 해야 하나요 and 어떻게 할 수 있나요 ask the same.
        "may_must": "" if "어떻게" in text else _changed(text, _MODAL),
        "kind": _changed(text, _KIND),
        "opposite": _opposite(text),
        "object": _other_object(text, others, rng),
    }
    return {kind: new for kind, new in found.items() if new and new != text}


def _other_number(number: str, rng: random.Random) -> str:
    digits = re.sub(r"\D", "", number)
    return str(int(digits) + rng.choice((1, 2, 3))) if "." not in number else number + "1"


def _changed(text: str, rules: Sequence[tuple[str, str]]) -> str:
    for pattern, new in rules:
        if re.search(pattern, text):
            return re.sub(pattern, new, text, count=1)
    return ""


def _opposite(text: str) -> str:
    for pair in _OPPOSITES.split("|"):
        left, right = pair.split()
        for old, new in ((left, right), (right, left)):
            if old in text and new not in text:
                return text.replace(old, new, 1)
    return ""


def _other_object(text: str, others: Sequence[str], rng: random.Random) -> str:
    """A word before 은/는/을/를/이/가 becomes a word of another question that stands before the same particle."""
    words = text.split()
    places = [place for place, word in enumerate(words) if re.search(r"[가-힣]{2,}(?:은|는|을|를)$", word)]
    if not places:
        return ""
    place = rng.choice(places)
    particle = words[place][-1]
    options = [
        word
        for other in others
        for word in other.split()
        if re.search(rf"[가-힣]{{2,}}{particle}$", word) and word[:-1] not in text and words[place][:-1] not in other
    ]
    if not options:
        return ""
    words[place] = rng.choice(sorted(set(options)))
    return " ".join(words)

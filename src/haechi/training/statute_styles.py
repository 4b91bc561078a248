"""Statute sentences said in other words, without a change of meaning: endings, everyday words, order, numbers, length.

Rules over the fixed phrases of Korean legal drafting; a sentence that no rule fits comes back unchanged.
"""

from __future__ import annotations

import re
from random import Random

#: What a sentence says may, must, must not … be done: ending → the same in other styles. The longest ending counts.
_ENDINGS: dict[str, tuple[str, ...]] = {
    "하여야 한다": ("해야 합니다", "해야 해요", "해야 한다", "하지 않으면 안 됩니다", "할 의무가 있습니다"),
    "여야 한다": ("여야 합니다", "여야 해요"),
    "아야 한다": ("아야 합니다", "아야 해요", "아야만 합니다"),
    "어야 한다": ("어야 합니다", "어야 해요", "어야만 합니다"),
    "야 한다": ("야 합니다", "야 해요", "야만 합니다"),
    "할 수 있다": ("할 수 있습니다", "할 수 있어요", "하는 것이 가능합니다", "할 수 있게 되어 있습니다"),
    "ㄹ 수 있다": ("ㄹ 수 있습니다", "ㄹ 수 있어요"),
    "수 있다": ("수 있습니다", "수 있어요", "수 있게 되어 있습니다"),
    "할 수 없다": ("할 수 없습니다", "할 수 없어요", "하지 못합니다", "하는 것은 안 됩니다"),
    "수 없다": ("수 없습니다", "수 없어요", "수는 없습니다"),
    "하여서는 아니 된다": ("해서는 안 됩니다", "하면 안 돼요", "하지 말아야 합니다", "하는 것이 금지됩니다"),
    "서는 아니 된다": ("서는 안 됩니다", "서는 안 돼요", "서는 안 된다"),
    "아니 된다": ("안 됩니다", "안 돼요", "안 된다"),
    "하지 아니한다": ("하지 않습니다", "하지 않아요", "하는 것은 아닙니다"),
    "되지 아니한다": ("되지 않습니다", "안 돼요", "되는 것은 아닙니다"),
    "지 아니한다": ("지 않습니다", "지 않아요", "지 않는다"),
    "지 아니하다": ("지 않습니다", "지 않아요", "지 않다"),
    "하지 못한다": ("하지 못합니다", "할 수 없어요", "할 수 없습니다"),
    "지 못한다": ("지 못합니다", "지 못해요"),
    "것으로 본다": ("것으로 봅니다", "것으로 쳐요", "것으로 간주합니다"),
    "로 본다": ("로 봅니다", "로 쳐요", "로 간주합니다"),
    "에 처한다": ("에 처합니다", "을 받게 됩니다", "에 처해져요"),
    "부과한다": ("부과합니다", "부과돼요", "물립니다"),
    "정한다": ("정합니다", "정해요", "정하게 되어 있습니다"),
    "준용한다": ("준용합니다", "그대로 가져다 써요", "똑같이 적용합니다"),
    "말한다": ("말합니다", "말해요", "뜻합니다"),
    "구성한다": ("구성합니다", "이루어져요", "이루어집니다"),
    "부담한다": ("부담합니다", "내요", "부담하게 됩니다"),
    "같다": ("같습니다", "같아요"),
    "한다": ("합니다", "해요", "하게 되어 있습니다", "하도록 되어 있어요"),
    "된다": ("됩니다", "돼요", "되게 되어 있습니다"),
    "있다": ("있습니다", "있어요"),
    "없다": ("없습니다", "없어요"),
    "이다": ("입니다", "이에요"),
    "아니다": ("아닙니다", "아니에요"),
}
_BY_LENGTH = sorted(_ENDINGS, key=len, reverse=True)

#: Verbs of the law (stem before 하) and their everyday forms: 여야, ㄴ, ㄹ, 는, 지, 고, 여.
_FORMS = ("하여야", "한", "할", "하는", "하지", "하고", "하여", "하려는", "하면")
_VERBS: dict[str, tuple[str, ...]] = {
    "제출": ("내야", "낸", "낼", "내는", "내지", "내고", "내서", "내려는", "내면"),
    "납부": ("내야", "낸", "낼", "내는", "내지", "내고", "내서", "내려는", "내면"),
    "통지": ("알려야", "알린", "알릴", "알리는", "알리지", "알리고", "알려서", "알리려는", "알리면"),
    "통보": ("알려야", "알린", "알릴", "알리는", "알리지", "알리고", "알려서", "알리려는", "알리면"),
    "고지": ("알려야", "알린", "알릴", "알리는", "알리지", "알리고", "알려서", "알리려는", "알리면"),
    "지급": ("줘야", "준", "줄", "주는", "주지", "주고", "줘서", "주려는", "주면"),
    "교부": ("내줘야", "내준", "내줄", "내주는", "내주지", "내주고", "내줘서", "내주려는", "내주면"),
    "변경": ("바꿔야", "바꾼", "바꿀", "바꾸는", "바꾸지", "바꾸고", "바꿔서", "바꾸려는", "바꾸면"),
    "사용": ("써야", "쓴", "쓸", "쓰는", "쓰지", "쓰고", "써서", "쓰려는", "쓰면"),
    "설치": ("두어야", "둔", "둘", "두는", "두지", "두고", "두어서", "두려는", "두면"),
    "작성": ("만들어야", "만든", "만들", "만드는", "만들지", "만들고", "만들어서", "만들려는", "만들면"),
    "수립": ("세워야", "세운", "세울", "세우는", "세우지", "세우고", "세워서", "세우려는", "세우면"),
    "선임": ("뽑아야", "뽑은", "뽑을", "뽑는", "뽑지", "뽑고", "뽑아서", "뽑으려는", "뽑으면"),
    "위반": ("어겨야", "어긴", "어길", "어기는", "어기지", "어기고", "어겨서", "어기려는", "어기면"),
    "보관": ("간직해야", "간직한", "간직할", "간직하는", "간직하지", "간직하고", "간직해서", "간직하려는", "간직하면"),
    "징수": ("걷어야", "걷은", "걷을", "걷는", "걷지", "걷고", "걷어서", "걷으려는", "걷으면"),
    "반환": ("돌려줘야", "돌려준", "돌려줄", "돌려주는", "돌려주지", "돌려주고", "돌려줘서", "돌려주려는", "돌려주면"),
    "취득": ("얻어야", "얻은", "얻을", "얻는", "얻지", "얻고", "얻어서", "얻으려는", "얻으면"),
}
#: Phrases that may be replaced anywhere; the particle that follows stays right.
_PHRASES: tuple[tuple[str, str], ...] = (
    ("지체 없이", "바로"), ("지체 없이", "곧바로"), ("미리", "사전에"), ("이내에", "안에"), ("그 밖의", "다른"),
    ("에 의하여", "에 따라"), ("에 대하여 ", "에 대해 "), ("에 관하여 ", "에 관해 "), ("하고자 하는", "하려는"),
    ("받고자 하는", "받으려는"), ("경우에는", "때에는"), ("경우에는", "때는"), ("경우에는", "경우"),
    ("때에는", "경우에는"), ("아니하고", "않고"), ("아니하는", "않는"), ("아니한 ", "않은 "), ("아니할", "않을"),
    ("아니하면", "않으면"), ("아니하여", "않아"), ("하여야 하며", "해야 하고"), ("하여야 하는", "해야 하는"),
    ("당해", "해당"), ("각각", "따로"), ("어느 하나에 해당하는", "하나라도 해당하는"), ("을 위하여", "을 위해"),
    ("를 위하여", "를 위해"), ("으로 인하여", "때문에"), ("서면으로", "문서로"), ("다음 날", "이튿날"),
    ("매년", "해마다"), ("매월", "달마다"), ("정당한 사유 없이", "정당한 이유 없이"), ("정당한 사유", "정당한 이유"),
    ("사유가", "이유가"), ("사유로", "이유로"), ("소재지", "있는 곳"), ("하는 자는", "하는 사람은"),
    ("한 자는", "한 사람은"), ("받은 자는", "받은 사람은"), ("하려는 자는", "하려는 사람은"),
    ("하는 자에게", "하는 사람에게"), ("한 자에게", "한 사람에게"), ("직권으로", "스스로 판단하여"),
    ("국가 및 지방자치단체", "국가와 지방자치단체"), ("국가와 지방자치단체", "나라와 지방자치단체"),
    ("종사하는", "일하는"), ("기간 동안", "기간에"), ("로서", "로"),
    ("거짓이나 그 밖의 부정한 방법", "속이거나 부정한 방법"), ("필요하다고 인정하는", "필요하다고 보는"),
    ("동의를 받아", "동의를 얻어"), ("승인을 받아", "승인을 얻어"), ("허가를 받아", "허가를 얻어"),
    ("초과하는", "넘는"), ("초과하여", "넘겨"), ("경과한", "지난"), ("만료된", "끝난"), ("종료된", "끝난"),
    ("개시", "시작"), ("부터 기산하여", "부터 세어"), ("상호 간에", "서로"),
)  # fmt: skip
_BRACKETS = re.compile(r"\s?\((?:[^()]|\([^()]*\))*\)")
_NOT_LISTED = r"(?<!또는 )(?<!및 )(?<!, )"
_EXTRA = re.compile(
    r"(?:(?:대통령령|총리령|\w+부령|규칙)(?:으로|이|로) 정하는 바에 (?:따라|의하여) )"
    rf"|{_NOT_LISTED}(?:제\d+조(?:의\d+)?(?:제\d+항)?(?:제\d+호)?(?:에 따라|에 따른|에 의하여|의) )"
    rf"|{_NOT_LISTED}(?:제\d+항(?:에 따라|에 따른|에 의하여|의) )"
)
_TOPIC_FIRST = re.compile(r"^([^,]{2,28}?[은는]) ([^,]{6,90}?(?:경우에는|때에는|경우|때)),? (.{6,})$")
_CONDITION_FIRST = re.compile(r"^([^,]{6,90}?(?:경우에는|때에는|경우|때)),? ([^,]{2,28}?[은는]) (.{6,})$")
_HUNDREDTHS = re.compile(r"100분의\s?(\d+(?:\.\d+)?)(을|이|은|과|으로)?(?![가-힣])|100분의\s?(\d+(?:\.\d+)?)")
#: Particles behind 퍼센트 and %.
_AFTER_VOWEL = {"을": "를", "이": "가", "은": "는", "과": "와", "으로": "로"}
_WON = re.compile(r"(\d[\d,]*)(천만|백만|만|억|천)\s?원")
_UNITS = {"천": 10**3, "만": 10**4, "백만": 10**6, "천만": 10**7, "억": 10**8}
_YEARS = re.compile(r"(?<![\d제])([1-9])년(?= (?:이내|이상|이하|미만|동안|간|안에)|간|의)")
_MONTHS = re.compile(r"(?<!\d)(12|24|36|6|18)개월")
_COUNTED = {"1": "한", "2": "두", "3": "세", "4": "네"}


def ending_of(sentence: str) -> str:
    """The longest known ending, empty when none is."""
    body = sentence.rstrip(". ")
    return next((ending for ending in _BY_LENGTH if body.endswith(ending)), "")


def styled(sentence: str, style: int) -> str:
    """Another ending of the same meaning; styles are numbers, so that a true and a false sentence can share one."""
    body = sentence.rstrip(". ")
    ending = ending_of(body)
    if ending:
        forms = _ENDINGS[ending]
        return body[: -len(ending)] + forms[style % len(forms)] + "."
    last = body[-2:-1]
    if body.endswith("는다"):
        return body[:-2] + ("습니다.", "게 되어 있어요.")[style % 2]
    if body.endswith("다") and "가" <= last <= "힣" and (ord(last) - 0xAC00) % 28 == 4:
        stem = chr(ord(last) - 4)  # 따른 → 따르
        polite = chr(ord(last) - 4 + 17) + "니다."  # 따릅니다
        return body[:-2] + (polite, stem + "게 되어 있어요.")[style % 2]
    return body + "."


def everyday(sentence: str, random: Random, share: float) -> str:
    """Legal words replaced by everyday ones, each with probability `share`."""
    for stem, forms in _VERBS.items():
        if stem + "하" in sentence or stem + "한" in sentence or stem + "할" in sentence:
            for old, new in zip(_FORMS, forms, strict=True):
                # 를 제출하여야 → 를 내야; a stem inside a longer word (재설치하여야) stays.
                if random.random() < share:
                    sentence = re.sub(rf"(?<=[을를] ){stem}{old}(?=[ ,.]|$)", new, sentence)
    for old, new in _PHRASES:
        if old in sentence and random.random() < share:
            sentence = sentence.replace(old, new)
    return sentence


def reordered(sentence: str) -> str:
    """Condition and topic change places where both stand at the beginning."""
    if match := _TOPIC_FIRST.match(sentence):
        return f"{match[2]} {match[1]} {match[3]}"
    if match := _CONDITION_FIRST.match(sentence):
        return f"{match[2]} {match[1]} {match[3]}"
    return sentence


def shortened(sentence: str) -> str:
    """Without brackets, references to paragraphs and `대통령령으로 정하는 바에 따라`."""
    return _EXTRA.sub("", _BRACKETS.sub("", sentence)).strip()


def without_brackets(sentence: str) -> str:
    """Without what stands in brackets."""
    return _BRACKETS.sub("", sentence)


def other_forms(sentence: str, random: Random) -> str:
    """The same amounts, shares and periods written in another way."""

    def won(match: re.Match[str]) -> str:
        amount = int(match[1].replace(",", "")) * _UNITS[match[2]]
        choices = [f"{amount:,}원", f"{match[1]}{match[2]} 원"]
        if amount % 10**4 == 0:
            choices.append(f"{amount // 10**4:,}만 원" if amount < 10**8 else f"{amount // 10**8:,}억 원")
        return random.choice(choices) if amount % 10**8 == 0 or amount < 10**8 else choices[0]

    def years(match: re.Match[str]) -> str:
        return random.choice([f"{int(match[1]) * 12}개월", _COUNTED.get(match[1], match[1]) + " 해"])

    def share(match: re.Match[str]) -> str:
        number = match[1] or match[3]
        return number + random.choice(["%", "퍼센트"]) + _AFTER_VOWEL.get(match[2] or "", "")

    sentence = _HUNDREDTHS.sub(share, sentence)
    sentence = _WON.sub(won, sentence)
    if random.random() < 0.5:
        sentence = _YEARS.sub(years, sentence)
    return _MONTHS.sub(lambda m: {"12": "1년", "24": "2년", "36": "3년"}.get(m[1], m[0]), sentence)


def joined(first: str, second: str) -> str:
    """Two sentences as one: `…하고, …`. Empty when the first one's ending cannot take 고."""
    body = first.rstrip(". ")
    for ending, link in (
        ("하여야 한다", "해야 하고"), ("야 한다", "야 하고"), ("아니 된다", "안 되고"), ("지 아니한다", "지 않고"),
        ("한다", "하고"), ("된다", "되고"), ("있다", "있고"), ("없다", "없고"), ("본다", "보고"), ("이다", "이고"),
    ):  # fmt: skip
        if body.endswith(ending):
            return f"{body[: -len(ending)]}{link}, {second}"
    return ""

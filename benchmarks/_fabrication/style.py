"""The same sentence as a clerk would say it: 합니다, 해요 with everyday words, and other spacing."""

from __future__ import annotations

import re
from random import Random

from haechi.korean import mecab
from haechi.korean.josa import with_josa

from .korean import aeo, attach, final, last_parts, with_final

#: 지 아니하… → 지 않…
_NOT = (
    ("아니하는", "않는"), ("아니하여야", "않아야"), ("아니하여도", "않아도"), ("아니하여", "않아"),
    ("아니하였", "않았"), ("아니한다", "않는다"), ("아니한", "않은"),
    ("아니할", "않을"), ("아니하고", "않고"), ("아니하면", "않으면"), ("아니하도록", "않도록"),
    ("아니하거나", "않거나"), ("아니하며", "않으며"),
    ("아니하게", "않게"), ("아니하기", "않기"), ("아니하다", "않다"), ("아니함", "않음"), ("아니합니다", "않습니다"),
    ("아니하더라도", "않더라도"),
)  # fmt: skip
_MODERN = (
    (re.compile(r"하여야"), "해야"),
    (re.compile(r"하여서는"), "해서는"),
    (re.compile(r"하여도"), "해도"),
    (re.compile(r"(위|대|관|통|의|비|인)하여(?=[ ,])"), r"\1해"),
    (re.compile(r"(?<=서는 )아니 (?=[되된될됩됨])"), "안 "),
    (re.compile(r"그러하지 아니"), "그렇지 아니"),
)


def modern(text: str) -> str:
    """하여야 → 해야, 지 아니한 → 지 않은, 아니 된다 → 안 된다."""
    for pattern, new in _MODERN:
        text = pattern.sub(new, text)
    for old, form in _NOT:
        text = re.sub(rf"(?<=지 ){old}", form, text)
        text = re.sub(rf"(?<=지는 ){old}", form, text)
    return text


def polite(text: str) -> str | None:
    """한다 → 합니다, 하는 것임 → 하는 것입니다; None for a sentence that is polite or whose ending is not known."""
    text = modern(text)
    if text.endswith(("니다", "요")):
        return None
    last = text[-1]
    parts = last_parts(text)
    if not parts:
        return None
    form, tag = parts[-1]
    if last == "다":
        before = text[-2]
        if text.endswith("는다") and form == "는다":
            return text[:-2] + "습니다"
        if final(before) == "ㄴ":
            return with_final(text[:-1], "ㅂ") + "니다" if form == "ᆫ다" else None
        if final(before):
            return text[:-1] + "습니다"
        return with_final(text[:-1], "ㅂ") + "니다" if tag == "EF" else None
    if text.endswith((" 봄", "것임", "아님")):
        return with_final(text, "ㅂ") + "니다"
    if tag == "ETN" and text.endswith("음"):
        return text[:-1] + "습니다"
    return with_final(text, "ㅂ") + "니다" if tag == "ETN" and final(last) == "ㅁ" else None


_FIXED = (
    (re.compile(r"해야 (?:한다|함|합니다|하는 것(?:임|이다|입니다))$"), ("해야 해요", "해야 돼요")),
    (re.compile(r"해서는 안 (?:된다|됨|됩니다|되는 것(?:임|이다|입니다))$"), ("하면 안 돼요", "해서는 안 돼요")),
    (re.compile(r"하는 것(?:임|이다|입니다)$"), ("해요", "하는 거예요")),
    (re.compile(r"되는 것(?:임|이다|입니다)$"), ("돼요", "되는 거예요")),
    (re.compile(r"있는 것(?:임|이다|입니다)$"), ("있어요",)),
    (re.compile(r"없는 것(?:임|이다|입니다)$"), ("없어요",)),
    (re.compile(r"않는 것(?:임|이다|입니다)$"), ("않아요",)),
    (re.compile(r" 것(?:임|이다|입니다)$"), (" 거예요",)),
    (re.compile(r"엽니다$"), ("열어요",)),
    (re.compile(r"(?:아님|아니다|아닙니다)$"), ("아니에요",)),
    (re.compile(r" (?:봄|본다|봅니다)$"), (" 봐요",)),
)


def _casual(text: str, rng: Random) -> str | None:
    """The last word in 해요체."""
    for pattern, forms in _FIXED:
        if pattern.search(text):
            return pattern.sub(rng.choice(forms), text)
    if re.search(r"[가-힣](?:입니다|이다|임)$", text):
        noun = re.sub(r"(?:입니다|이다|임)$", "", text)
        return noun + ("이에요" if final(noun[-1]) else "예요") if "가" <= noun[-1] <= "힣" else None
    formal = re.search(r"([가-힣]+)(습)니다$", text)
    if formal:
        stem: str | None = formal[1]
    elif text.endswith("니다") and final(text[-3]) == "ㅂ":
        parts = last_parts(text)
        own = "ㄹ" if len(parts) > 1 and final(parts[-2][0][-1]) == "ㄹ" else ""
        stem = with_final(text[:-2], own).rsplit(" ", 1)[-1]
    else:
        stem = _stem(text)
    if not stem:
        return None
    word = text.rsplit(" ", 1)[-1]
    form = aeo(stem.rsplit(" ", 1)[-1])
    if form is None:
        return None
    return text[: len(text) - len(word)] + form + "요"


def _stem(text: str) -> str | None:
    word = text.rsplit(" ", 1)[-1]
    parts = last_parts(text)
    if not parts:
        return None
    form, tag = parts[-1]
    if tag == "EF" and form == "ᆫ다":
        stem = with_final(word[:-1], "")
        return with_final(stem, "ㄹ") if len(parts) > 1 and final(parts[-2][0][-1]) == "ㄹ" else stem
    if tag == "EF" and form == "는다":
        return word[:-2]
    if tag == "EF" and form == "다":
        return word[:-1]
    if tag == "ETN" and word.endswith("음"):
        return word[:-1]
    return with_final(word, "") if tag == "ETN" and final(word[-1]) == "ㅁ" else None


#: A written verb → what people say. The verb must stand alone (원천징수하다 stays).
_VERBS = {
    "제출하": "내", "지급하": "주", "기재하": "적", "통지하": "알리", "통보하": "알리", "납부하": "내",
    "첨부하": "붙이", "구비하": "갖추",
    "반환하": "돌려주", "징수하": "걷", "위반하": "어기", "초과하": "넘", "개시하": "시작하",
    "취득하": "얻", "상실하": "잃",
    "선임하": "뽑", "변경하": "바꾸", "열람하": "보", "공고하": "알리", "수령하": "받", "교부받": "받",
    "폐지하": "없애", "참석하": "나오",
}  # fmt: skip
_ENDINGS = (
    "하여야 해야 하여서 해서 하여 해 하였 했 한다 합니다 하는 하고 하며 하면 하거나 하지 하도록 하기"
    " 하려 하게 하더라도 하되 할 한 함"
).split()


def _said(text: str, old: str, new: str) -> str:
    """Every form of a verb in -하 in the forms of another verb."""
    noun = old[:-1]
    if not old.endswith("하"):
        return re.sub(rf"(?<=\s){old}", new, text)
    pattern = re.compile(rf"(?<=[을를이가] ){noun}({'|'.join(_ENDINGS)})(?![가-힣]*[법률])")

    def form(match: re.Match[str]) -> str:
        end = match[1]
        infinitive = aeo(new) or new
        if end[0] in "하해" and end not in (
            "하는",
            "하고",
            "하며",
            "하면",
            "하거나",
            "하지",
            "하도록",
            "하기",
            "하려",
            "하게",
            "하더라도",
            "하되",
        ):
            if end in ("하였",):
                return with_final(infinitive, "ㅆ")
            return infinitive + {"하여야": "야", "해야": "야", "하여서": "서", "해서": "서"}.get(
                end, "서" if end == "하여" else ""
            )
        if end == "했":
            return with_final(infinitive, "ㅆ")
        if end in ("하며", "하면", "하려"):
            return attach(new, "으" + end[1:])
        if end in ("할", "한", "함"):
            return attach(new, {"할": "ㄹ", "한": "ㄴ", "함": "ㅁ"}[end])
        if end in ("한다", "합니다"):
            return attach(new, {"한다": "ㄴ다", "합니다": "ㅂ니다"}[end])
        return attach(new, end[1:])

    return pattern.sub(form, text)


_WORDS = (
    (re.compile(r"경우에는"), "경우엔"), (re.compile(r"그 밖의"), "다른"), (re.compile(r"지체 없이"), "바로"),
    (re.compile(r"지체없이"), "바로"),
    (re.compile(r"매년"), "해마다"), (re.compile(r"([가-힣])하여 (?=[가-힣])"), r"\1해서 "),
    (re.compile(r"이내에"), "안에"),
    (re.compile(r"당해"), "해당"), (re.compile(r"즉시"), "바로"), (re.compile(r"따른 "), "따른 "),
    (re.compile(r"하고자 하는"), "하려는"),
    (re.compile(r"에 대하여는"), "에 대해서는"), (re.compile(r"에 한하여"), "에만"),
    (re.compile(r"하는 때에는"), "할 때는"), (re.compile(r"받은 자"), "받은 사람"),
    (re.compile(r"하려는 자"), "하려는 사람"), (re.compile(r"하는 자(?=[는가를에의])"), "하는 사람"),
    (re.compile(r"아니한 자(?=[는가를에의])"), "않은 사람"),
)  # fmt: skip


def spoken(text: str, rng: Random) -> str | None:
    """해요체 with everyday verbs; None where the ending is not known."""
    new = _casual(modern(text), rng)
    if new is None:
        return None
    body, last = new.rsplit(" ", 1) if " " in new else ("", new)
    for old, said in _VERBS.items():
        body = _said(body, old, said)
    for pattern, said in _WORDS:
        body = pattern.sub(said, body)
    for noun in ("제출", "지급", "통지", "납부", "기재", "반환"):
        said_verb = aeo(_VERBS[noun + "하"]) or ""
        if last in (f"{noun}해요",) and body.endswith(("을", "를")):
            last = said_verb + "요"
        elif last.startswith(noun) and body.endswith(("을", "를")):
            last = _said(f"을 {last}", noun + "하", _VERBS[noun + "하"])[2:]
    text = _and_or(f"{body} {last}".strip(), rng)
    return re.sub(
        r"사람(는|가|를|와)(?![가-힣])",
        lambda match: "사람" + {"는": "은", "가": "이", "를": "을", "와": "과"}[match[1]],
        text,
    )


_JOINED = re.compile(r"(?<![가-힣])([가-힣]{2,}) (및|또는) (?=[가-힣])")


def _and_or(text: str, rng: Random) -> str:
    """A 및 B → A와 B, A 또는 B → A나 B, where A is a noun."""

    def form(match: re.Match[str]) -> str:
        tags = [item.tag for item in mecab.morphemes(match[1])]
        if not tags or not all(tag.startswith(("N", "XSN", "XPN")) for tag in tags):
            return match[0]
        pair = "과/와" if match[2] == "및" else "이나/나"
        return with_josa(match[1], pair) + " "

    return _JOINED.sub(form, text) if rng.random() < 0.6 else text


_SPACES = (
    (re.compile(r"(?<=[가-힣]) 수 (?=있|없)"), ("수 ", " 수"), 0),
    (re.compile(r"(?<=[여해]야) (?=한|합|하)"), ("",), 0),
    (re.compile(r"(?<=\d)(?=(?:일|개월|년|명|회|원|세|퍼센트)(?![가-힣]))"), (" ",), 1),
    (
        re.compile(
            r"(?<=[가-힣]{2})를 (?!위|대|포함|제외|통|비롯|기준|전제|목적|갖|말)"
            r"(?=[가-힣]+(?:하|해|한|할|받))"
        ),
        (" ",),
        1,
    ),
    (re.compile(r"(?<=[가-힣]) (?=경우|때에|이내|이상|이하)"), ("",), 1),
    (re.compile(r"(?<=에) (?=따른|따라|대한)"), ("",), 1),
    (re.compile(r"(?<=지) (?=아니|않|못)"), ("",), 0),
)  # fmt: skip


def spaced(text: str, rng: Random) -> str | None:
    """Spaces left out where people leave them out, one put in, an object's particle dropped."""
    new = text
    for pattern, forms, count in rng.sample(_SPACES, len(_SPACES)):
        new = pattern.sub(rng.choice(forms), new, count=count)
        if new != text and rng.random() < 0.35:
            break
    return new if new != text else None

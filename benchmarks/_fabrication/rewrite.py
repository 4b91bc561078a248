"""Clauses moved and details left out, where the sentence stays true."""

from __future__ import annotations

import re
from random import Random

from haechi.korean import mecab
from haechi.korean.josa import with_josa

#: A noun phrase of a few words that starts the sentence and ends in a topic particle.
_TOPIC = re.compile(r"^((?:[가-힣A-Za-z0-9ㆍ·「」]+ ){0,3}[가-힣A-Za-z0-9ㆍ·」]+[은는]) ")
CONDITION = re.compile(r"^(.{6,90}?(?:경우에는|경우에|경우|때에는|때에|때에는|때|하려면|되면|으면))(,?) ")
_ADVERBIAL = re.compile(
    r"^([^,]{2,40}?(?:위하여|위해)|(?:대통령령|총리령|[가-힣]+부령|조례)(?:으로|이) 정하는 바에 따라),? "
)


def topic(text: str) -> str:
    """`사용자는` at the start of a sentence, "" where there is none for sure (제출하는 is no topic)."""
    match = _TOPIC.match(text)
    if not match or re.search(r"(?:^| )(?:그|이|저|각)(?: |$)|^(?:이는|그는|때는)$", match[1]):
        return ""
    phrase = match[1]
    morphemes = [item for item in mecab.morphemes(text) if item.start < len(phrase)]
    if not morphemes or morphemes[-1].tag != "JX":
        return ""
    return phrase if all(_nominal(item.tag) for item in morphemes[:-1]) else ""


_AGENT = re.compile(
    r"(?<!책)(?<!투)(?<!캠핑)(?<!수영)(?<!공연)(?<!도서)(?<!제조)(?<!사업)(?<!판매)(?<!신)(?<!요)(?<!일)(?<!문)(?<!주차)"
    r"(?:[장자관인회사주원청부민생]|국가|공단|주체|기관|단체|법인|조합|기업|학교)[은는]$"
)


def agent(phrase: str) -> bool:
    """Whether a topic names somebody who can have a duty (위원장은, 신청자는), and not a thing or an act (신청은)."""
    return bool(_AGENT.search(phrase))


def _nominal(tag: str) -> bool:
    return (
        tag.startswith(("N", "XSN", "XPN", "SL", "SN", "SY", "SC", "SS", "JKG", "UNKNOWN", "XR", "MM"))
        and "+" not in tag
    )


def reordered(text: str, rng: Random) -> str | None:
    """The condition before its topic or behind it, the purpose moved, an object before its 에게 phrase."""
    options = []
    first = topic(text)
    if first:
        rest = text[len(first) + 1 :]
        options += _object_as_topic(first, rest)
        moved = CONDITION.match(rest) or _ADVERBIAL.match(rest)
        if (
            moved
            and whole(moved[1])
            and len(rest) - moved.end() > 8
            and not re.match("(?:즉|또는) ", rest[moved.end() :])
        ):
            after = rest[moved.end() :]
            options.append(f"{moved[1]}{', ' if len(moved[1]) > 12 else ' '}{first} {after}")
    else:
        moved = CONDITION.match(text) or _ADVERBIAL.match(text)
        if moved and whole(moved[1]) and not topic(moved[1] + " ") and not re.match(r"[가-힣]+[은는] ", moved[1]):
            rest = text[moved.end() :]
            inner = topic(rest)
            back = re.match(r"(?:해당|당해|동|그) ", inner) or inner[:-1] in moved[1] or len(moved[1]) > 60
            if inner and not back and len(rest) > len(inner) + 8:
                options.append(f"{inner} {moved[1]} {rest[len(inner) + 1 :]}")
    options += _object_first(text)
    return rng.choice(options) if options else None


def whole(clause: str) -> bool:
    """No bracket or quotation is torn, and the clause does not hang on a list before it."""
    if re.search(r"(?:므로|나|고|며|도)(?:,| )", clause) and "," in clause:
        return False
    if any(item.tag == "JX" and item.surface in ("은", "는") for item in mecab.morphemes(clause)):
        return False
    balanced = clause.count("(") == clause.count(")") and clause.count('"') % 2 == 0
    return balanced and "다음" not in clause and not clause.startswith(("그", "이 "))


_OBJECT = re.compile(r"^([^,]{1,60}?[가-힣])[을를] ([^,]{4,40})$")


def _object_as_topic(first: str, rest: str) -> list[str]:
    """사업자는 신고서를 제출하여야 한다 → 신고서는 사업자가 제출하여야 한다."""
    match = _OBJECT.match(rest)
    if (
        not match
        or not agent(first)
        or re.search(r"전에|때|면 |후에|기 ", match[2])
        or re.search(r"[을를] |(?:하여|하고|하며|하거나|위하여|아|어) |^(?:이|그)$|수 있도록", match[2])
        or match[1] in ("이", "그")
    ):
        return []
    plain = re.sub(r"에 (?:따른|관한|대한)(?= )", "의", match[1])
    tags = [item.tag for item in mecab.morphemes(plain + "을 한다") if item.start < len(plain)]
    if not all(_nominal(tag) or tag == "JC" for tag in tags) or re.search(
        r"일|까지|부터|에게|으로|에서", match[1].split()[0][-3:]
    ):
        return []
    return [f"{with_josa(match[1], '은/는')} {with_josa(first[:-1], '이/가')} {match[2]}"]


_TWO = re.compile(
    r"((?:[가-힣ㆍ]+ )?[가-힣ㆍ]+(?:에게|에)) ((?:[가-힣ㆍ]+ )?[가-힣ㆍ]+[을를]) "
    r"(?=[가-힣]+(?:하여야|할|한다|해야|합니다|하는|받을|하지)[^,]{0,16}$)"
)


def _object_first(text: str) -> list[str]:
    """…에게 …를 → …를 …에게, where both are plain nouns and nothing modifies the first."""
    match = _TWO.search(text)
    if not match:
        return []
    before = text[: match.start()].rstrip()
    words = before.rsplit(" ", 1)[-1]
    if not words or words in ("또는", "및") or not re.search(r"[은는,]$|에는$|면$|까지$|이내에$", words):
        return []
    tags = [item.tag for item in mecab.morphemes(f"{match[1]} {match[2]}")]
    if (
        not all(_nominal(tag) or tag.startswith("J") for tag in tags)
        or "JKG" in tags
        or re.search("일|년|개월|달", match[1])
    ):
        return []
    for phrase in (match[1], match[2]):
        if " " in phrase and any(item.tag.startswith(("J", "E", "V")) for item in mecab.morphemes(phrase.split()[0])):
            return []
    return [f"{text[: match.start()]}{match[2]} {match[1]} {text[match.end() :]}"]


_BRACKET = re.compile(r"\((?:이하[^()]*라 한다|이하 같다|[一-鿿]+|[^()]*를 말한다|[^()]*을 말한다|[^()]*를 포함한다)\)")
_BY_RULE = re.compile(r"(?:대통령령|총리령|[가-힣]+부령)(?:으로|이) 정하는 바에 따라 ")
_MANNER = re.compile(
    r"(?<=[ ])(?:지체 없이|즉시|성실하게|신속하게|특별히|구체적으로|적극적으로|서면으로|체계적으로"
    r"|효율적으로|종합적으로) (?=[가-힣 ]{2,40}$)"
)
_LIST = re.compile(
    r"((?:[가-힣]+, )+[가-힣]+ (?:및|와|과) )([가-힣]{2,}[을를]) (?=[가-힣]+(?:하여야|해야) (?:한다|합니다)$)"
)


_DETAIL = re.compile(
    r" ?\((?![^()]*(?:제외|한정|한함|한하|경우|포함|아니|않|미만|이상|이하|초과|%|％|분의|만 |한다"
    r"|년간|\d월|원\)))[^()]{2,80}\)(?=[가-힣 ,])"
)
_BASIS = re.compile(
    r"(?<=[은는을를가이도에] )「?[가-힣ㆍ]+법(?: ?시행령| ?시행규칙)?」? ?제\d+조(?:의 ?\d+)?(?: "
    r"?제\d+항)?(?: ?제\d+호)?의? ?규정에 (?:의하여|따라|의거) (?=.{6,30}$)"
)
_FIRST = (
    (re.compile(r"(.{20,}[가-힣]\S* 수 있)(?:으며|고), .{10,}$"), "다"),
    (re.compile(r"(.{20,}야 )(?:하며|하고), .{10,}$"), "한다"),
    (re.compile(r"(.{20,}(?<!으)로 )하며, .{8,}$"), "한다"),
    (re.compile(r"(.{20,}는 것)이며, .{10,}$"), "임"),
)


def _first_part(text: str) -> str:
    """A하여야 하며, B하여야 한다 → A하여야 한다."""
    for pattern, end in _FIRST:
        match = pattern.match(text)
        if match and re.search(r"다만|단,|제외|아니|않|없|초과|경우", text[match.end(1) :]):
            continue
        if (
            match
            and match[1].count("(") == match[1].count(")")
            and not re.search(r"(?:으며|하며|이며|하고|있고), ", match[1])
        ):
            return (
                match[1] + {"다": "습니다", "한다": "합니다", "임": "입니다"}[end]
                if text.endswith("니다")
                else match[1] + end
            )
    return text


def shortened(text: str, rng: Random) -> str | None:
    """A bracket that only explains, 대통령령으로 정하는 바에 따라, an adverb of manner, members of a list left out."""
    new = _first_part(_DETAIL.sub("", _BRACKET.sub("", text)))
    new = _BASIS.sub("", new)
    if not re.search(r"없다|아니|않|못|제외|외에", text):
        if re.search(r"(?:한다|합니다|있다|있습니다|함|것임)$", new):
            new = _BY_RULE.sub("", new)
        if re.search(r"(?:여야|해야) (?:한다|합니다|함)$", new):
            new = _MANNER.sub("", new)
            new = _LIST.sub(r"\2 ", new)
    new = re.sub(r" {2,}", " ", new)
    return new if new != text and len(new) > 14 else None

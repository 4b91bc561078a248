"""One question that is really two or more → its parts, by form alone, without a model.

What counts as several: items (`1) … 2) …`, `첫째, … 둘째, …`), several asking sentences, two interrogatives
joined by 고, 며 or 는지와 (`얼마이고 … 언제까지인가요`), and names that are compared (`A와 B의 차이`, `A와 B는 각각`).
Asking sentences of which a later one leans on an earlier (`그건 언제까지인가요?`) stay together. Whatever is not
clearly several stays whole: a wrong cut costs an ordinary question its second passage.
"""

from __future__ import annotations

import re

from haechi.korean.key_question import weigh
from haechi.korean.politeness import asks, is_empty_talk, without_politeness

MOST_PARTS = 4
_SHORTEST = 3
_ITEM = re.compile(
    r"(?:^|(?<=[\s.?!다요]))(?:\(?[1-9]\)|[1-9]\.(?=\s?[가-힣「])|[①-⑨]|(?:첫|둘|셋|넷|다섯)째(?:로"
    r"|는)?[,.:]?|질문\s?[1-9][.:)])\s*"
)
_WH = r"(?:얼마|언제|며칠|몇|무엇|무슨|뭐|뭔|어디|어느|누구|누가|어떤|어떻게|어떠|왜)"
#: An interrogative that ends its clause: 얼마이고, 언제까지이며, 며칠 주고, 어떻게 되고.
_JOINED = re.compile(
    rf"(?P<first>[^.?!]*?{_WH}[^.?!,]{{0,22}}?(?:이고|이며|인지|는지|은지|할지|될지|고|며))(?:와|과"
    rf"|랑|하고|도)?,?\s+(?:그리고\s+|또한?\s+)?"
    rf"(?P<second>[^.?!]*{_WH}[^.?!]*[.?!]?\s*)$"
)
_TOPIC = re.compile(
    r"^\s*((?:[가-힣A-Za-z0-9「」·ㆍ()]+\s+){0,5}?[가-힣A-Za-z0-9「」·ㆍ()]+)(?:은|는|이|가|을|를|도|에는|에서는)\s"
)
_NAME = r"[가-힣A-Za-z0-9「](?:[^?!,.]{1,34}?)"
_AND = r"(?<=[가-힣A-Za-z0-9)」])(?:와의|과의|와|과|이랑|랑|\s및)"
#: `A와 B의 차이`, `A와 B는 (서로) 다른가요`, `A와 B의 금액은 각각 얼마`: the comparing word stands right behind.
_COMPARED = re.compile(
    rf"^(?P<a>{_NAME}){_AND}\s+(?P<b>{_NAME})"
    rf"(?:의\s(?P<what>\S+(?:\s\S+)?))?(?:은|는|이|가|을|를|의|에는|에서는)?\s+"
    rf"(?:차이(?:점)?|(?:서로\s|무엇이\s|어떻게\s|뭐가\s|어떤 점이\s)*(?:다른|다르)(?!\s?경우)|비교|각각)(?P<rest>.*)$"
)
#: `A의 금액과 B의 기한을 (모두) 알려 주세요`: two long names that are asked for by one verb.
_LISTED = re.compile(
    rf"^(?P<a>\S+\s{_NAME}){_AND}\s+(?P<b>\S+\s{_NAME})(?:을|를|이|가)\s+(?:각각\s|모두\s|함께\s|같이\s|둘 다\s)?"
    r"(?:알려|궁금|알고 ?싶|설명해|안내해|가르쳐)"
)
_NO_NAME = re.compile(
    r"^\d+\S*$|^(?:공통|차이|그|이|저|누구|무엇|어느|어떤)|(?:하는|되는|했던|였던|한|된|하여|해서"
    r"|하고|하면|에서|에게|부터|까지)$"
)
#: A name that runs over a clause's border is none.
_WITHIN = re.compile(rf"(?:은|는|에서|하고|하면|지만|므로|였고|되고)\s|\b{_WH}")
#: The second clause speaks of the first one's matter.
_POINTS = re.compile(
    r"^(?:이|그|저|이것|그것|이를|이에|이러한|이런|그런|해당|각각의|각|동|당시|여기|거기|이들)(?:\s"
    r"|이\s|은\s|는\s|을\s|를\s|의\s|에\s|으로\s"
    r"|로\s)|^이(?:를|에|로)\s?(?:인해|통해|따|위해|대한|대해)|^(?:이에|이를|이로)"
)
_JOIN = re.compile(r"^(?:그리고|또한|또|아울러|더불어|추가로|한편|그럼|그러면)[,\s]+")
_LEANS = re.compile(
    r"^(?:그|이|그런|이런|그럼|그러면|그건|이건|그것|이것|그때|그 경우|이 경우|이때|만약|만일|혹시"
    r"|아니면|언제|얼마|어디|어떻게|며칠|몇|누가|누구|왜|없다면|안)\b"
)


def sub_questions(question: str) -> list[str]:
    """The parts in order, each a question of its own; [] for a question that is one. At most four."""
    parts = _items(question) or _sentences(question) or _clauses(question.strip()) or _compared(question.strip())
    parts = [part for part in dict.fromkeys(parts) if len(part) >= _SHORTEST]
    return parts[:MOST_PARTS] if len(parts) > 1 else []


def _items(question: str) -> list[str]:
    """Items with a marker each, two at least, that ask something; what stood before them is the topic of all."""
    marks = list(_ITEM.finditer(question))
    if len(marks) < 2:
        return []
    ends = [mark.start() for mark in marks[1:]] + [len(question)]
    items = [without_politeness(question[mark.end() : end]) for mark, end in zip(marks, ends, strict=True)]
    if sum(asks(item) for item in items) < 2:
        return []
    topic = _topic(question[: marks[0].start()])
    return [item if _topic(item) else _with_topic(topic, item) for item in items if asks(item)]


def _sentences(question: str) -> list[str]:
    """Asking sentences, two at least, each with a topic of its own; the case told before one goes with it."""
    parts: list[str] = []
    case: list[str] = []
    for item in weigh(question):
        text = without_politeness(item.text)
        if item.weight == 0 or not text:
            continue
        if item.weight < 1:
            case.append(text)
            continue
        bare = _JOIN.sub("", text)
        leans = bool(_LEANS.match(bare)) or _topic(bare) == ""
        if parts and leans:
            return []  # it asks on about the same thing: one passage may well answer both
        told = " ".join(case[-2:]) if not parts or case else ""
        parts += [f"{told} {piece}".strip() for piece in _clauses(bare) or _compared(bare) or [bare]]
        case = []
    return parts if len(parts) > 1 else []


def _clauses(sentence: str) -> list[str]:
    """Two interrogative clauses in one sentence; the second must name a topic of its own."""
    match = _JOINED.match(sentence)
    if match is None:
        return []
    first, second = match["first"].strip(), match["second"].strip()
    theme = _TOPIC.match(second)
    own = theme.group(1) if theme else ""
    if not own or re.search(_WH, own) or _POINTS.match(second):
        return []
    return [first, second]


def _compared(sentence: str) -> list[str]:
    """`A와 B의 차이`, `A와 B는 각각 얼마`: one question for A and one for B, with what is asked of both."""
    pair = _COMPARED.match(sentence)
    if pair is None:
        listed = _LISTED.match(sentence)
        names = [listed["a"].strip(), listed["b"].strip()] if listed else []
        return [] if any(_NO_NAME.search(name) for name in names) else names
    what = pair["what"] or ""
    names = [pair["a"].strip(), pair["b"].strip()]
    if what and re.search(r"의\s", names[0]):
        names[1], what = f"{names[1]}의 {what}", ""  # each has its own (A의 요건과 B의 절차는 각각)
    if any(_NO_NAME.search(name) or _WITHIN.search(name) for name in names):
        return []
    # What is asked of both (며칠인가요) goes with each name; words of comparing ask nothing.
    asked = pair["rest"].strip() if "각각" in sentence[pair.end("b") : pair.start("rest")] else ""
    return [" ".join(f"{name} {what} {asked}".split()) for name in names]


def _topic(text: str) -> str:
    """What a text is about: the words before its first topic or subject particle; "" when it names nothing."""
    told = [item.text for item in weigh(text) if not is_empty_talk(item.text)]
    for sentence in told:
        match = _TOPIC.match(without_politeness(sentence) + " ")
        if match and not re.search(_WH, match.group(1)):
            return match.group(1)
    return " ".join(told)[:60] if told and not asks(told[-1]) else ""


def _with_topic(topic: str, part: str) -> str:
    if not topic or all(word in part for word in topic.split()):
        return part
    return f"{topic} {part}"

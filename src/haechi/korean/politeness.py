"""Which sentences of a text ask, and which are only politeness: by their endings and set phrases, no dictionary."""

from __future__ import annotations

import re

#: Endings and verbs of asking. 여부, 는지 and a bare noun with 기준·방법 end many petitions' titles.
ASKS = re.compile(
    r"[?？]\s*[)\]”\"’']*$"
    r"|(?:나요|까요|가요|은가|는가|한가|던가|을까|ㄹ까|건가|건지|는지|은지|인지|ㄴ지|할지|될지|나"
    r"|죠|지요|까)\s*(?:요)?\s*[.!)\]”\"’'(]*$"
    r"|여부(?:를|가|에 대해|에 대한)?\s*[.)\]]*$"
    r"|(?:는지|은지|인지|ㄴ지|할지|될지|여부|나요|까요|가요)[^.?!]{0,40}"
    r"(?:궁금|문의|질의|질문|알고|알려|답변|회신|설명|확인|안내|여쭈|여쭙)"
    r"|(?:궁금합|궁금해|궁금하|문의드립|문의합|문의 드립|질의드립|질의합|질의 드립|질문드립|질문합|알고 ?싶|여쭙|여쭈)"
    r"|(?:알려|설명해|답변해|회신해|안내해|확인해|가르쳐)\s?(?:주|바|달)"
)
_GREETING = re.compile(
    r"안녕하(?:세요|십니까)|반갑습니다|수고(?:가|들)?\s?(?:많|하)|고생(?:이|들)?\s?많|노고(?:에|가)|평소|다름이? 아니라"
)
_THANKS = re.compile(
    r"감사(?:합니다|드립니다|해요)|고맙습니다|수고하세요|좋은 하루|행복한 하루|부탁\s?(?:드립니다"
    r"|드려요|합니다)|기다리겠습니다"
    r"|바랍니다|바래요|건강하세요"
)
_CONTACT = re.compile(
    r"통화(?:한|를|로|하)|전화(?:상|번호|통화| 통화|로)|연락처|이메일|휴대폰|핸드폰|주소\s?[:는]"
    r"|(?:\d{2,3}-\d{3,4}-\d{4})"
    r"|(?:질의|문의|민원|질문)(?:하신|의|을|를)?\s*내용(?:을|를|은)?\s*(?:확인|파악|요지|다음)"
    r"|접수(?:하신|된)\s?(?:민원|내용)"
)
_FEELING = re.compile(
    r"답답|억울|황당|어이(?:가|없)|화가|속상|불쾌|너무하|기가 막|짜증|힘듭니다|힘들어|막막"
    r"|이해가 (?:안|되지)|불만|엉망|도대체"
    r"|무책임|실망|걱정"
)
_INTRODUCTION = re.compile(
    r"^\W*(?:저는|제가|저희는?)?\s*[^.?!]{0,40}(?:사는|거주하는|근무하는|다니는|운영하는|운영 중인"
    r"|재직 중인|하고 있는|준비 중인)"
    r"\s*[^.?!]{0,20}(?:입니다|이에요|예요)\.?$"
)
#: Longer sentences tell something besides, even when they thank; one that complains tells what about beyond `_SHORT`.
_LONG, _SHORT = 60, 24
#: What opens or closes a sentence that is worth keeping.
_POLITE_HEAD = re.compile(
    r"^(?:(?:안녕하세요|안녕하십니까|수고하십니다|수고 많으십니다|반갑습니다|실례합니다"
    r"|문의드립니다|질문드립니다|질문 있습니다|질의드립니다)"
    r"[.,!~ ]*)+"
)
_POLITE_TAIL = re.compile(
    r"[.!?,~ ]*(?:(?:빠른\s?)?(?:답변|회신|확인|안내|도움)\s?(?:좀\s?)?(?:부탁\s?(?:드립니다|드려요"
    r"|합니다)|바랍니다|주세요)|감사합니다|고맙습니다|수고하세요)[.!~ ]*$"
)


def asks(sentence: str) -> bool:
    """Whether a sentence asks something, in its form or in its words (`… 궁금합니다`, `… 여부`)."""
    return bool(ASKS.search(sentence.strip()))


def without_politeness(sentence: str) -> str:
    """A sentence without the greeting before it and the thanks behind it; the question mark stays."""
    text = _POLITE_HEAD.sub("", sentence.strip())
    tail = _POLITE_TAIL.search(text)
    if tail and tail.start() > 0:
        kept = text[: tail.start()]
        text = kept + ("?" if "?" in tail.group() else "")
    return text.strip()


def is_empty_talk(sentence: str) -> bool:
    """Whether a sentence only greets, thanks, complains or tells who called whom; a question is never empty talk."""
    text = sentence.strip()
    rest = without_politeness(text)
    if len(rest) < 4:
        return True
    if asks(rest) and len(rest) > 14:
        return False
    if _GREETING.search(text) or _CONTACT.search(text) or _INTRODUCTION.search(text):
        return len(rest) < _LONG
    return bool(len(rest) < _LONG and _THANKS.search(text)) or bool(len(rest) < _SHORT and _FEELING.search(text))

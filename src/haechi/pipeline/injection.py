"""Instructions to the model inside documents (prompt injection): they are cut from passages and may support nothing.

Documents are data. A sentence that speaks to the answering model (이전 지시를 무시하고 …라고 답하라, SYSTEM: …) is no
evidence: it is taken out before the prompt is made, and what follows it in its line goes with it. A model may still
obey what got past this, so that a draft's sentence that rests on what was cut, shows our own instructions or gives an
address of no passage is dropped as well.
Ordinary manuals tell *people* what to do (다음 지시에 따르십시오, "처리 중입니다"라고 답변하십시오); that is content.
"""

from __future__ import annotations

import base64
import binascii
import html
import re
import unicodedata
from collections.abc import Sequence
from dataclasses import replace
from functools import cache
from itertools import pairwise

from haechi.korean.base import Analyser
from haechi.korean.sentences import split_sentences
from haechi.pipeline.citations import Sentence
from haechi.prompts.loader import load_prompt
from haechi.types import Correction, Hit

OMITTED = "…"
#: A chunk's meta key: the text that was cut from the passage.
CUT = "instructions"
#: What of a chunk's meta stands in the prompt.
_SHOWN = ("article_title", "lead", "caption", "header")

# All but the marks are matched against letters and digits alone, so that spacing and dots between letters hide nothing.
_WHICH = "(?:이전|앞|위|지금까지|이제까지|기존|모든|원래|처음|상기|주어진|그동안|받은|시스템|너의|당신의)"
_ORDERS = r"(?:지시|지침|명령|규칙|프롬프트|instruction|prompt|rule)\w{0,8}?"
_NOW = "(?:하라|해라|하세요|하십시오|하시오|하여라|할것(?!이)|해줘|해주세요|하게|해$)"
_IGNORE = re.compile(
    rf"{_WHICH}\w{{0,12}}{_ORDERS}(?:(?:무시|취소|폐기){_NOW}|잊(?:어라|으라|으세요|으십시오|어버려|을것)|따르지(?:말|마))"
)
_IGNORING = re.compile(
    rf"{_WHICH}\w{{0,12}}{_ORDERS}(?:(?:무시|취소|폐기)(?:하고|하며|한채|한다음|하여|해)|잊고|벗어나)"
)
_SAY = re.compile(rf"(?:답|답변|대답|응답|출력|말)(?:을|만)?{_NOW}")
_DECORATE = re.compile(
    r"(?:답|답변|대답|응답)(?:의|을)?(?:맨|제일)?(?:끝|마지막|처음|앞|뒤|말미)에?\w{0,120}?"
    r"(?:붙|추가|포함|넣|적|쓰|덧붙|첨부)\w{0,3}?(?:라|세요|십시오|시오|것|줘)"
)
_PLAIN_SAY = re.compile(
    r"(?:라고|다고)(?:만)?(?:답|답변|대답|응답|출력)(?:하라|해라|하여라|해$)|그대로(?:답|출력|말)\w{0,2}(?:하라|해라)"
)
_MODEL = re.compile(
    r"ai(?:는|야|에게|모델|어시스턴트|assistant)|인공지능|언어모델|챗봇|어시스턴트|assistant|llm|chatgpt|프롬프트|systemprompt"
    r"|(?:너는|당신은|넌)(?:이제|지금부터|앞으로)|(?:지금부터|이제부터|앞으로)(?:너는|당신은|모든)"
    r"|(?:모든|어떤|무슨|이후의)질문|질문(?:과|에|의)?\w{0,4}(?:상관|관계)없이|이(?:문서|글|문장)를(?:읽|요약|참고|인용)"
)
_CAST = re.compile("(?:너는|넌)(?:이제|지금부터|앞으로)|(?:지금부터|이제부터|앞으로)(?:너는|당신은)")
_PERSON = re.compile("고객|민원인|이용자|환자|학생|상대방|손님|학부모|담당|직원|상담|신고자|보호자|발신자|응시자|수험")
_SECRET = re.compile(
    r"(?:시스템프롬프트|systemprompt|시스템메시지|초기지시|지시문|프롬프트(?:전문|원문|내용)|(?:너의|당신의)지시)\w{0,20}"
    rf"(?:출력|공개|나열|반복|알려|보여|말)(?:{_NOW}|주|줘)"
)
_ENGLISH = re.compile(
    r"(?:ignore|disregard|forget|override|bypass)(?:all|any|the|your|of|these|those){0,4}"
    r"(?:previous|prior|above|earlier|preceding|system|foregoing|existing|given|other)\w{0,12}?"
    r"(?:instruction|prompt|rule|direction|guideline|command|context|message)"
    r"|(?:reveal|print|repeat|show|output|tell|leak)\w{0,12}?(?:system|your|hidden|initial)(?:system)?(?:prompt|instruction|rule)"
    r"|(?:respond|reply|answer)(?:only|exactly|always|just)*(?:with|that|by|saying|in)\w*?(?:only|always|user|question|nothingelse)"
    r"|(?:only|always|must)(?:respond|reply|answer|say|output)|youarenow\w{0,60}(?:answer|respond|reply|say|ignore|assistant)"
    r"|(?:end|begin|start|finish)(?:your|the|every|each)(?:answer|reply|response)"
    r"|(?:append|add|include|put)\w{0,60}(?:toyour|toevery|inyour|atthe(?:end|start)ofyour|ofthe)(?:answer|reply|response)"
)
_ROLE = re.compile(
    r"<\s?\|\s?/?\w{2,20}\s?\|?\s?>|\[/?INST\]|<</?SYS>>|</?(?:system|assistant|user|human)>"
    r"|^\W{0,6}(?:SYSTEM|ASSISTANT|DEVELOPER)\W{0,4}(?:MESSAGE|PROMPT)?\W{0,2}[:\]]"
    r"|^\W{0,6}(?:[Aa]ssistant|[Ss]ystem (?:message|prompt))\W{0,2}[:\]]"
    r"|^\W{0,6}(?:어시스턴트|시스템\s?(?:메시지|프롬프트|지시|명령))\W{0,2}[:\]]"
)
#: Our own prompt imitated: passages under [근거], perhaps a question under [질문].
_FRAME = re.compile(r"\[근거\]\s*[\[(]\s*\d\s*[\])][^\n]*(?:\n\s*[\[(]\s*\d\s*[\])][^\n]*)*(?:\n\s*\[질문\][^\n]*)?")
#: It speaks of what stands before it (이 답을 그대로 출력하라).
_BACK = re.compile("(?:이|위|앞의?)(?:답|문장|내용|글)|그대로")
_BASE64 = re.compile(r"[A-Za-z0-9+/]{24,}={0,2}")
_LINK = re.compile(
    r"(?:https?://|www\.)[^\s가-힣()\[\]<>\"'“”]+|\b[a-z0-9][a-z0-9-]*(?:\.[a-z0-9-]+)*\.[a-z]{2,}(?:/[^\s가-힣()\[\]<>\"']*)?"
)
#: So many letters in a row of our own prompt are no coincidence.
_LEAK = 15


def addresses_model(sentence: str) -> bool:
    """Whether a document's sentence is an instruction to the model that reads it."""
    plain = _plain(sentence)
    if any(pattern.search(text) for pattern in (_ROLE, _FRAME) for text in (plain, sentence)):
        return True
    letters = _letters(plain)
    if any(pattern.search(letters) for pattern in (_IGNORE, _SECRET, _CAST, _ENGLISH)):
        return True
    says = _SAY.search(letters)
    if says and (_IGNORING.search(letters) or _MODEL.search(letters)):
        return True
    if (_PLAIN_SAY.search(letters) or _DECORATE.search(letters)) and not _PERSON.search(letters):
        return True
    return any(addresses_model(decoded) for decoded in _decoded(sentence))


def without_instructions(hit: Hit) -> Hit:
    """The hit without sentences to the model; what was cut stands in `chunk.meta["instructions"]`.

    A heading is as good a place for them: title, label, headings and what the prompt shows of `meta` go whole.
    """
    chunk = hit.chunk
    kept, cut, position = [], [], 0
    for start, end in _instructions(chunk.text):
        kept += [chunk.text[position:start], OMITTED]
        cut.append(chunk.text[start:end])
        position = end
    told = {key: str(chunk.meta.get(key) or "") for key in _SHOWN}
    beside = (hit.document_title, chunk.label, *chunk.headings, *told.values())
    cut += [text for text in dict.fromkeys(beside) if text and holds_instructions(text)]
    if not cut:
        return hit
    meta = {**chunk.meta, **{key: "" for key, text in told.items() if text in cut}}
    meta[CUT] = "\n".join(filter(None, [str(chunk.meta.get(CUT) or ""), *cut]))
    cleaned = replace(
        chunk,
        text="".join([*kept, chunk.text[position:]]),
        label="" if chunk.label in cut else chunk.label,
        headings=tuple(heading for heading in chunk.headings if heading not in cut),
        meta=meta,
    )
    return replace(hit, chunk=cleaned, document_title=OMITTED if hit.document_title in cut else hit.document_title)


def holds_instructions(text: str) -> bool:
    """Whether any sentence of a text speaks to the model."""
    return bool(_instructions(text))


def injection_notes(hits: Sequence[Hit]) -> tuple[str, ...]:
    """What a reader is told about documents that gave the model instructions."""
    titles = dict.fromkeys(hit.document_title or hit.chunk.label for hit in hits if hit.chunk.meta.get(CUT))
    return tuple(f"문서 '{title}'에 답변 모델에게 하는 지시로 보이는 문장이 있어 근거에서 뺐습니다" for title in titles)


def drop_obedient(
    sentences: Sequence[Sentence], hits: Sequence[Hit], analyser: Analyser
) -> tuple[list[Sentence], list[Correction]]:
    """Leave out sentences that tell more of an instruction, our own or a document's, than of the passages."""
    cut = "\n".join(str(hit.chunk.meta.get(CUT) or "") for hit in hits)
    passages = "\n".join(f"{hit.document_title} {hit.chunk.label}\n{hit.chunk.text}" for hit in hits)
    forbidden = set(analyser.tokens(cut)) - set(analyser.tokens(passages)) if cut.strip() else set()
    kept, corrections = [], []
    for sentence in sentences:
        if reason := _obeys(sentence.text, passages, forbidden, analyser):
            corrections.append(Correction(sentence.text, "", f"뺐습니다. {reason}"))
        else:
            kept.append(sentence)
    return kept, corrections


def _obeys(text: str, passages: str, forbidden: set[str], analyser: Analyser) -> str:
    if links := foreign_links(text, passages):
        return f"근거에 없는 주소입니다({links[0]})"
    if leaks_prompt(text):
        return "모델에게 준 지시를 드러냅니다"
    words = [token for token in analyser.tokens(text) if token in forbidden]
    if words or addresses_model(text):
        shown = f"({', '.join(words[:3])})" if words else ""
        return f"문서에 든 지시를 따른 문장입니다{shown}"
    return ""


def foreign_links(text: str, passages: str) -> list[str]:
    """Web addresses of `text` that the passages do not have."""
    known = passages.lower()
    found = (match.group().rstrip(".,;:!?") for match in _LINK.finditer(unicodedata.normalize("NFKC", text).lower()))
    return list(dict.fromkeys(link for link in found if link not in known))


def leaks_prompt(text: str) -> bool:
    """Whether a text shows a stretch of our own instructions."""
    letters, own = _letters(text), _own_prompt()
    return any(letters[at : at + _LEAK] in own for at in range(len(letters) - _LEAK + 1))


@cache
def _own_prompt() -> str:
    return _letters(load_prompt("answer_system", {"max_chars": "100"}))


def _instructions(text: str) -> list[tuple[int, int]]:
    """Spans to cut, in order: each sentence to the model with the rest of its line, or all of it where it points back.

    A bare role mark takes the next line with it.
    """
    sentences = split_sentences(text)
    flagged = {at for at, (start, end) in enumerate(sentences) if addresses_model(text[start:end])}
    for at, ((start, middle), (_, end)) in enumerate(pairwise(sentences)):
        # An instruction that a line break cuts in two.
        if not flagged & {at, at + 1} and "\n" in text[middle:end] and _spans_both(text[start:end]):
            flagged |= {at, at + 1}
    found = [match.span() for match in _FRAME.finditer(text)]
    for at in flagged:
        start, end = sentences[at]
        if _BACK.search(_letters(text[start:end])):
            start = text.rfind("\n", 0, start) + 1
        end = _line_end(text, end)
        if len(_letters(text[start:end])) < 20 and end < len(text) and _ROLE.search(_plain(text[start:end])):
            end = _line_end(text, end + 1)
        found.append((start, end))
    spans: list[tuple[int, int]] = []
    for start, end in sorted(found):
        if spans and start <= spans[-1][1]:
            spans[-1] = (spans[-1][0], max(end, spans[-1][1]))
        else:
            spans.append((start, end))
    return spans


def _spans_both(text: str) -> bool:
    letters = _letters(_plain(text))
    return bool(
        _IGNORE.search(letters) or _ENGLISH.search(letters) or (_IGNORING.search(letters) and _SAY.search(letters))
    )


def _line_end(text: str, start: int) -> int:
    end = text.find("\n", start)
    return len(text) if end < 0 else end


def _plain(text: str) -> str:
    """Entities, full-width letters and invisible characters undone."""
    folded = unicodedata.normalize("NFKC", html.unescape(text))
    return "".join(character for character in folded if unicodedata.category(character) != "Cf")


def _letters(text: str) -> str:
    return "".join(character for character in text.lower() if character.isalnum())


def _decoded(text: str) -> list[str]:
    """What stands in a text as Base64."""
    found = []
    for match in _BASE64.finditer(text):
        run = match.group().rstrip("=")
        try:
            found.append(base64.b64decode(run + "=" * (-len(run) % 4)).decode("utf-8"))
        except (binascii.Error, UnicodeDecodeError):
            continue
    return found

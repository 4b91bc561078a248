"""What is wrong with one text of a training row: cut off, in another language, refusing, running on, speaking for both.

Every check gives what it saw as a short piece of the text, or nothing. Letters and words decide, no model: what they
say is a hint for a person, and the cleaner drops only what `data_lint.CODES` marks so.
"""

from __future__ import annotations

import re
import unicodedata
from collections import Counter

from haechi.korean.sentences import split_sentences
from haechi.training.conversations import without_bleed
from haechi.training.near_duplicates import letters

CITATION = re.compile(r"\s*\[\d{1,3}\]")
_EMPTY = {"", "null", "none", "nan", "undefined", "na"}
_REFUSING = re.compile(
    r"(?:인공지능|AI|에이아이|언어)\s?(?:언어\s?)?(?:모델|챗봇|비서|어시스턴트|프로그램)?"
    r"(?:로서|으로서|이므로|이기 때문|이라서|라서|인 저)"
    r"|저는 [^.\n]{0,20}(?:인공지능|언어 ?모델|AI)"
    r"|(?:죄송|미안|유감)[^.\n]{0,40}(?:수 없|수가 없|어렵|모르|못)"
    r"|^(?:잘 )?(?:모르겠(?:습니다|어요|네요|다)|모릅니다|알 수 없(?:습니다|어요))[.!]?$"
    r"|(?:답변|대답|도움)(?:을|를)? ?(?:드릴|해 ?드릴|할) 수 ?(?:가 )?없"
    r"|\bas an ai\b|\bi(?:'m| am) sorry\b|\bi (?:cannot|can't|am unable to)\b",
    re.IGNORECASE,
)
_MARKS = re.compile(
    r"<\|[a-z_0-9]{2,24}\|>|</?s>|<\/?(?:bos|eos|pad|unk)>|\[/?INST\]|<<SYS>>|<start_of_turn>|<end_of_turn>", re.I
)
_NEXT = re.compile(
    r"^[ \t]*(?:#{2,} ?(?:명령어|입력|응답|질문|답변|instruction|input|response|question|answer)\b"
    r"|(?:질문|답변|문제|Q|A|Question|Answer) ?\d{0,2} ?[:：])",
    re.IGNORECASE | re.MULTILINE,
)
_SPEAKER = re.compile(
    r"(?:^|\n)[ \t]*(?:user|assistant|human|bot|system|사용자|상담원|챗봇|사람|고객|AI|해치) ?[:：]", re.I
)
_REPEATED = re.compile(r"(.{2,40}?)\1{4,}\s*$", re.DOTALL)
_OPEN, _CLOSE = "([「『（［〈《“", ")]」』）］〉》”"
#: What a Korean sentence does not end with: particles that want more, and endings that go on. Not 은, 의, 과: those end
#: names and offices too (홍가은, 회의, 민원여권과).
_GOES_ON = re.compile(
    r"(?:[가-힣](?:는|을|를|에게|에서|까지|부터|으로|로서|와)"
    r"|[가-힣](?:하며|하고|이며|으며|지만|는데|면서|거나|하여|되어|이면|하면|으면|되면)"
    r"|(?:^|\s)(?:및|또는|그리고|다만|그러나|따라서|예를 들어))$|[,、·:\-(]$"
)
_ENDED = re.compile(r"[.!?。？！…~;)\]\"'”’」』》〉）%]$")
_SAID = re.compile(r"(?:[다요까죠오음함임됨것]|니다)$")
_CODE = re.compile(r"```.*?(?:```|$)|`[^`\n]*`|https?://\S+|[\w.+-]+@[\w.-]+", re.DOTALL)
_OTHER_TONGUE = re.compile(
    r"번역|영어|영문|일본어|중국어|한문|한자|외국어|로마자|영작|english|translat|코드|code|sql", re.I
)
_LATIN_RUN = re.compile(r"(?:\b[a-z]{2,}\b[ ,]+){3,}\b[a-z]{2,}\b")
_BROKEN = re.compile("\ufffd|[\x00-\x08\x0b\x0c\x0e-\x1f]|[\ue000-\uf8ff]|(?:[ÃÂìíëê][\x80-\xbf]){2,}")


def is_empty(text: str) -> bool:
    """No letter or digit, or a word that a program writes for nothing."""
    return letters(CITATION.sub("", text)) in _EMPTY


def refusing(text: str) -> str:
    """Where an answer speaks of itself or declines. `모른다` alone is the answer that this project asks for."""
    found = _REFUSING.search(text.strip()[:200])
    return found[0] if found else ""


def broken(text: str) -> str:
    """Characters that no one wrote: replacement marks, control codes, private ones, bytes read as letters."""
    found = _BROKEN.search(text)
    return text[max(0, found.start() - 8) : found.end() + 8] if found else ""


def truncated(text: str) -> str:
    """The last words of a text that stops before its sentence does."""
    plain = CITATION.sub("", text).rstrip()
    tail = plain[-24:]
    if plain.count("```") % 2:
        return tail
    if len(plain) < 8:
        return ""
    if _GOES_ON.search(plain):
        return tail
    if _ENDED.search(plain):
        return ""
    line = plain.rpartition("\n")[2]
    # Brackets count within the last line: elsewhere `1)` lists are common.
    if sum(line.count(mark) for mark in _OPEN) > sum(line.count(mark) for mark in _CLOSE):
        return tail
    if _SAID.search(plain):
        return ""
    spans = split_sentences(plain)
    before = [plain[start:end] for start, end in spans[:-1]]
    in_list = re.match(r"\s*(?:[-*•·○▶]|\(?\d{1,2}[.)]|[①-⑳]|[가-하]\.|\||#)", line)
    # Where the other sentences end in a mark and the last one does not, it was cut off.
    if before and not in_list and before[-1][-1:] in ".!?" and len(line) > 3:
        return tail
    latin = re.search(r"[a-z]$", plain)
    return tail if latin and len(plain) > 40 and not re.search("[가-힣]", plain) else ""


def running_on(text: str) -> str:
    """A second question, a section of the prompt's form, or the same words again and again."""
    if found := _NEXT.search(text):
        return found[0].strip()
    if len(letters(text)) >= 10 and (found := _REPEATED.search(text[-600:])) and letters(found[1]):
        return found[1].strip()[:24]
    sentences = Counter(letters(text[start:end]) for start, end in split_sentences(text))
    often = next((sentence for sentence, count in sentences.items() if count >= 3 and len(sentence) >= 6), "")
    return often[:24]


def end_mark_inside(text: str) -> str:
    """A mark of some model's chat form that stands in the text as words."""
    found = _MARKS.search(text)
    return found[0] if found else ""


def bleeding(text: str) -> str:
    """Where a turn begins to speak for the other one."""
    kept = without_bleed(text)
    if kept != text.strip():
        return text.strip()[len(kept) :].strip()[:24]
    found = _SPEAKER.search(text)
    return found[0].strip() if found else ""


def mixed(text: str, asked: str, given: str = "") -> str:
    """A stretch in another language or script than the question asks in.

    What stands in `asked` or `given` may be repeated, and who asks for another language gets it.
    """
    if _OTHER_TONGUE.search(asked) or not _is_korean(asked or text):
        return ""
    around = f"{asked}\n{given}"
    plain = _CODE.sub(" ", CITATION.sub("", text))
    marks = [mark for mark in plain if mark.isalpha()]
    if len(marks) >= 20 and sum("가" <= mark <= "힣" for mark in marks) < 0.3 * len(marks):
        return plain.strip()[:24]
    known = set(around)
    # 계약(契約): Chinese characters in brackets explain, they do not mix.
    outside = re.sub(r"[(（\[][^)）\]]{0,20}[)）\]]", " ", plain)
    han = [mark for mark in outside if "\u4e00" <= mark <= "\u9fff" and mark not in known]
    other = [mark for mark in outside if mark.isalpha() and mark not in known and _script(mark) == "other"]
    if len(han) >= 2 or other:
        return "".join(han + other)[:24]
    found = _LATIN_RUN.search(outside)
    return found[0][:24] if found and found[0] not in around.lower() else ""


def _is_korean(text: str) -> bool:
    marks = [mark for mark in text if mark.isalpha()]
    return bool(marks) and sum("가" <= mark <= "힣" for mark in marks) >= 0.4 * len(marks)


def _script(mark: str) -> str:
    if "가" <= mark <= "힣" or "\u3130" <= mark <= "\u318f" or "\u4e00" <= mark <= "\u9fff":
        return "korean"
    name = unicodedata.name(mark, "")
    # Greek, units and full-width letters are found in ordinary Korean text.
    known = ("LATIN", "GREEK", "FULLWIDTH", "HANGUL", "CJK", "FEMININE", "MASCULINE", "MICRO", "SQUARE", "MODIFIER")
    return "latin" if name.startswith(known) or not name else "other"

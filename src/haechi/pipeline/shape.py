"""The answer's form: about 100 characters, ending at a sentence, never cut before a proviso; Korean; or 모른다."""

from __future__ import annotations

import re
from collections.abc import Sequence

from haechi.pipeline.citations import Sentence

PROVISO = re.compile(r"^(?:다만|단서|단|그러나|하지만|이 경우)[,\s]")
_ENDED = re.compile(r"[.!?…]['\"”’)]*$|[다요음함됨임]$")
#: The model's own ways to say that it does not know.
_UNKNOWN = re.compile(
    r"모른다|모르겠|알 수 없|찾을 수 없|확인할 수 없|나와 ?있지 않|명시되어 있지 않"
    r"|근거에 없|근거가 없|정보가 없|언급되어 있지 않"
)
# Letters of other scripts, in which a small model sometimes drifts off: CJK ideographs, kana, Cyrillic, Arabic, Thai.
_FOREIGN = re.compile(r"[\u3040-\u30ff\u3400-\u9fff\uf900-\ufaff\u0400-\u04ff\u0600-\u06ff\u0e00-\u0e7f]")


def says_unknown(draft: str) -> bool:
    """Whether the draft is a refusal: the bare word, or a first sentence that says the evidence lacks it."""
    return bool(_UNKNOWN.search(re.split(r"(?<=[.!?])\s", draft.strip(), maxsplit=1)[0]))


def foreign_letters(draft: str, evidence: Sequence[str]) -> str:
    """Letters of other scripts in the draft that no passage contains."""
    known = set("".join(evidence))
    return "".join(dict.fromkeys(letter for letter in _FOREIGN.findall(draft) if letter not in known))


def whole_sentences(sentences: Sequence[Sentence], cut_off: bool) -> list[Sentence]:
    """Drop the last sentence when generation was cut off in the middle of it, unless it is the only one."""
    kept = list(sentences)
    if cut_off and len(kept) > 1 and not _ENDED.search(kept[-1].text):
        kept.pop()
    return kept


def shorten(sentences: Sequence[Sentence], max_chars: int) -> list[Sentence]:
    """Sentences within `max_chars` (spaces counted, citations not); the first always, a proviso with its sentence."""
    kept: list[Sentence] = []
    length = 0
    for sentence in sentences:
        size = len(sentence.text) + (1 if kept else 0)
        if kept and length + size > max_chars and not PROVISO.match(sentence.text):
            break
        kept.append(sentence)
        length += size
    return kept

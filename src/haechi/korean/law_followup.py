"""A follow-up that leaves a law or an article to the question before: `같은 조 제3항은?` after `근로기준법 제60조`.

Only references are filled in; other words that lean on a conversation are not this module's business.
"""

from __future__ import annotations

import re

from haechi.korean.law_references import references
from haechi.korean.named_articles import Mention, mentions
from haechi.korean.numerals import fold
from haechi.korean.protect import clean

_SAME_LAW = re.compile(
    r"(?<![가-힣])(?:같은|동|그|해당)\s?(?:법률|법|영|령|규칙|규정|지침|조례|세칙)(?![가-힣]*[률령칙정침례])(?:\s?(시행령|시행규칙))?"
)
_LAW_BEFORE = re.compile(
    r"[가-힣](?:법|법률|령|규칙|규정|조례|지침|약관|고시|훈령|예규|세칙|정관)[」』\s\"'”’]*(?:상|의|중|에서|에)?\s*$"
    r"|부칙\s*$"
)


def resolve(text: str, previous: str) -> str:
    """`text` with 같은 조, 같은 법 and bare 항·호 written out from `previous`; unchanged when nothing leans on it.

    A bare `제61조는?` takes the law of `previous` along. The result is cleaned (`protect.clean`) when it changed.
    """
    before, asked = clean(previous), clean(text)
    last, law = _last(before)
    if not law and last is None:
        return text
    changed = _SAME_LAW.sub(lambda match: _named(law, match), asked) if law else asked
    first = next(mentions(changed), None)
    if first is None:
        return changed if changed != asked else text
    head = changed[: first.start]
    if first.article:
        if law and changed == asked and not _LAW_BEFORE.search(head):
            changed = f"{head}{law} {changed[first.start :]}"
    elif (whole := first.after(last)) is not None and not _LAW_BEFORE.search(head):
        changed = f"{head}{_whole(law, whole)}{changed[first.end :]}"
    return changed if changed != asked else text


def _last(text: str) -> tuple[Mention | None, str]:
    """The last article a question names, filled in, and the law it belongs to ("" when none is named)."""
    last: Mention | None = None
    law = ""
    for mention in mentions(text):
        whole = mention.after(last)
        if whole is None:
            continue
        last = whole
        # The strict parser knows how a law's name looks; give it the article in full form.
        window = fold(text[: mention.start] + whole.article).text
        found = [reference for *_, reference in references(window)]
        if found and found[-1].law and not found[-1].law.startswith(("같은", "동")):
            law = found[-1].law
    return last, law


def _named(law: str, match: re.Match[str]) -> str:
    base = re.sub(r"(?:시행령|시행규칙)$", "", law) if match.group(1) else law
    return f"{base} {match.group(1)}" if match.group(1) else law


def _whole(law: str, mention: Mention) -> str:
    return f"{law} {mention.article}{''.join(mention.parts)}".strip()

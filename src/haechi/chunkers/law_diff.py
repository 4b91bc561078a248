"""Which articles differ between two versions of a law: changed, added, gone. 부칙 are left out, they only grow.

Articles are compared by number, letter for letter but for white space. An article that became 삭제 is changed, not
gone: its number is still there. One whose title alone changed is `retitled`.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from haechi.chunkers.law_structure import parts
from haechi.types import Document

_SPACES = re.compile(r"\s+")


@dataclass(frozen=True)
class LawDiff:
    """Labels in the order of the newer text (`gone` in that of the older)."""

    changed: tuple[str, ...]
    added: tuple[str, ...]
    gone: tuple[str, ...]
    retitled: tuple[str, ...] = ()


def law_diff(old: Document, new: Document) -> LawDiff:
    """Compare two versions; empty when neither has articles."""
    before, after = _articles(old), _articles(new)
    both = [label for label in after if label in before]
    return LawDiff(
        changed=tuple(label for label in both if before[label][1] != after[label][1]),
        added=tuple(label for label in after if label not in before),
        gone=tuple(label for label in before if label not in after),
        retitled=tuple(
            label for label in both if before[label][0] != after[label][0] and before[label][1] == after[label][1]
        ),
    )


def _articles(document: Document) -> dict[str, tuple[str, str]]:
    """Title and words of each 조 and 별표, white space left out."""
    found: dict[str, tuple[str, str]] = {}
    for part in parts(document):
        for article in part.articles if part.kind != "부칙" else ():
            words = document.text[article.body : article.end]
            found[article.number] = (_SPACES.sub("", article.title), _SPACES.sub("", words))
    return found

"""An opinion of a recorded answer, checked before it is kept; and which opinion of an answer counts."""

from __future__ import annotations

import contextlib
from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from haechi.errors import HomeError, InputError
from haechi.parsers.encoding import clean
from haechi.pipeline.erase import finish_removals
from haechi.stores.feedback_base import Feedback

if TYPE_CHECKING:
    from haechi.pipeline.build import Home

MAX_CORRECTION = 2_000
MAX_NOTE = 2_000
MAX_WHO = 100
#: In place of an id: the newest recorded answer.
LAST = "last"


def give_feedback(home: Home, feedback: Feedback) -> Feedback:
    """Keep an opinion; gives it with its id. `answer_id` may be `last` or the beginning of an id that no other has.

    Raises InputError for an unknown answer, a verdict that is neither good nor bad, or words that are too long.
    """
    if feedback.verdict not in ("good", "bad"):
        raise InputError(f"의견은 good 또는 bad입니다: '{feedback.verdict}'", f"not good or bad: '{feedback.verdict}'")
    fields = {name: clean(getattr(feedback, name)).strip() for name in ("correction", "note", "who")}
    for name, limit in (("correction", MAX_CORRECTION), ("note", MAX_NOTE), ("who", MAX_WHO)):
        if len(fields[name]) > limit:
            raise InputError(
                f"{name}이(가) 너무 깁니다: {len(fields[name])}자(최대 {limit}자)",
                f"{name} is too long: {len(fields[name])} characters (at most {limit})",
            )
    if feedback.verdict == "good" and fields["correction"]:
        raise InputError(
            "맞는 답(good)에는 고친 답을 달 수 없습니다. 고칠 곳이 있으면 bad로 주세요",
            "a good answer takes no correction; say bad if something is to be corrected",
        )
    found = replace(
        feedback,
        answer_id=find_answer(home, feedback.answer_id)["id"],
        correction=fields["correction"],
        note=fields["note"],
        who=fields["who"],
    )
    identity = home.store.add_feedback(found)
    return next(item for item in home.store.feedback() if item.id == identity)


def find_answer(home: Home, identity: str) -> dict[str, Any]:
    """The recorded answer with this id, `last`, or the only one whose id begins so. Raises InputError."""
    if identity != LAST and (exact := home.store.answer(identity)):
        return exact
    records = home.store.answers(limit=1) if identity == LAST else home.store.answers()
    found = records if identity == LAST else [row for row in records if identity and row["id"].startswith(identity)]
    if len(found) != 1:
        count = f"{len(found)}개" if found else "없음"
        raise InputError(
            f"답 '{identity}'을(를) 하나로 정할 수 없습니다({count}). 목록: haechi feedback list --unrated",
            f"no single answer '{identity}' ({len(found)} found); see: haechi feedback list --unrated",
        )
    return found[0]


def remove_feedback(home: Home, ids: Sequence[str]) -> int:
    """Remove opinions for good. Raises InputError for an unknown id; then nothing was removed."""
    unknown = set(ids) - {item.id for item in home.store.feedback()}
    if unknown:
        raise InputError(
            f"의견 '{min(unknown)}'이(가) 없습니다. 목록: haechi feedback list --json",
            f"no opinion '{min(unknown)}'; see: haechi feedback list --json",
        )
    count = home.store.remove_feedback(ids)
    with contextlib.suppress(HomeError), home.store.writer():
        finish_removals(home)
    return count


def newest(opinions: Sequence[Feedback]) -> dict[str, Feedback]:
    """answer id → the opinion that counts: the last one given."""
    return {item.answer_id: item for item in sorted(opinions, key=lambda item: item.created)}


def feedback_rows(home: Home, since: str = "") -> list[dict[str, Any]]:
    """Every opinion with the question and the answer it is about, oldest first."""
    rows = []
    for item in home.store.feedback(since):
        record = home.store.answer(item.answer_id) or {}
        about = {name: record.get(name, "") for name in ("question", "answer", "origin", "status")}
        rows.append({**item.as_json(), **about, "asked": record.get("created", "")})
    return rows


def unrated(home: Home, limit: int | None = None) -> list[dict[str, Any]]:
    """Recorded answers that nobody has an opinion of, newest first."""
    known = {item.answer_id for item in home.store.feedback()}
    found = [row for row in home.store.answers() if row["id"] not in known]
    return found[:limit]

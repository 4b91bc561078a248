"""A candidate against what is in use: both answer the same questions through the real pipeline, then rules decide.

    in use → current.jsonl ┐
                           ├ judge_row, question by question → compare → decide → promote, reject or undecided
    candidate → candidate.jsonl ┘

The answers are kept as they come, so that a stopped gate goes on where it stopped. They are not recorded in the home:
a later training would otherwise find the gate's own questions among those that people asked.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any, cast
from uuid import uuid4

from haechi.config import Config
from haechi.errors import InputError
from haechi.evaluation.gate_rules import decide
from haechi.evaluation.paired import Figures, compare, figures_of
from haechi.evaluation.run import Row, evaluate_answers, judge_row, read_answers
from haechi.models import bundled
from haechi.pipeline.build import Home
from haechi.registry import load
from haechi.stores.base import Store
from haechi.types import Answer

#: (side, done, total); `side` is current or candidate.
Progress = Callable[[str, int, int], None]
SIDES = ("current", "candidate")
#: What the answers in the folder are answers of; another one is not gone on with.
PLAN = "plan.json"
RESULT = "gate.json"
#: Settings that change no answer.
_BESIDE = ("home", "project", "sync", "serve", "gate", "ingest", "parsers")


class Unrecorded:
    """A store that keeps no answers: everything else is the store's own."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def __getattr__(self, name: str) -> Any:
        return getattr(self._store, name)

    def record_answer(self, answer: Answer) -> str:
        """An id; nothing is written."""
        return answer.id or uuid4().hex


def open_unrecorded(config: Config) -> Home:
    """The home with its answers unrecorded. Raises StoreError."""
    store = load("stores", "sqlite")(config.store_path, create=False)
    return Home(config, cast(Store, Unrecorded(store)))


def run_gate(
    current: Config,
    candidate: Config,
    questions: Sequence[Row],
    folder: Path,
    *,
    progress: Progress | None = None,
    open_side: Callable[[Config], Home] = open_unrecorded,
) -> dict[str, Any]:
    """Ask both, one after the other (so that one card holds one model), and judge. Writes gate.json into `folder`.

    Gives `verdict`, `rules` with their reasons, `measures` with intervals, and the questions that got better and worse
    by id. `progress` may raise to stop. Raises InputError when `folder` holds answers of something else.
    """
    _distinct_ids(questions)
    _begin(current, candidate, questions, folder)
    figures: dict[str, list[Figures]] = {}
    for side, config in zip(SIDES, (current, candidate), strict=True):
        out = folder / f"{side}.jsonl"
        if set(read_answers(out)) < {str(row["id"]) for row in questions}:
            with open_side(config) as home:
                evaluate_answers(home, questions, out=out, progress=_of_side(progress, side))
        answers = read_answers(out)
        figures[side] = [_figures(row, answers[str(row["id"])]) for row in questions]
    result = judge(questions, figures["current"], figures["candidate"], current)
    (folder / RESULT).write_text(json.dumps(result, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")
    return result


def judge(
    questions: Sequence[Row], current: Sequence[Figures], candidate: Sequence[Figures], config: Config
) -> dict[str, Any]:
    """The verdict over figures of both sides, in the order of the questions."""
    settings = config.gate
    measures = compare(current, candidate, confidence=settings.confidence)
    unanswerable = sum(not row.get("answerable", True) for row in questions)
    decision = decide(measures, len(questions), unanswerable, settings)
    return {
        **decision.record(),
        "questions": len(questions),
        "unanswerable": unanswerable,
        "measures": {name: found.record() for name, found in measures.items()},
        "changed": _changed(questions, current, candidate),
        "settings": asdict(settings),
    }


def fingerprint(config: Config) -> str:
    """SHA-256 over everything that decides a home's answers: settings, weights by size, the adapter by content."""
    settings = {key: value for key, value in asdict(config).items() if key not in _BESIDE}
    files: dict[str, Any] = {}
    if config.llm.backend == "llama_cpp":
        files["model"] = bundled.path(config.llm.model).stat().st_size
    if config.llm.adapter:
        files["adapter"] = hashlib.sha256(bundled.path(config.llm.adapter).read_bytes()).hexdigest()
        settings["llm"] = {**settings["llm"], "adapter": ""}  # the same bytes under another name are the same
    text = json.dumps([settings, files], sort_keys=True, ensure_ascii=False, default=str)
    return hashlib.sha256(text.encode()).hexdigest()


def questions_hash(questions: Sequence[Row]) -> str:
    """SHA-256 over the rows."""
    return hashlib.sha256(json.dumps(list(questions), sort_keys=True, ensure_ascii=False).encode()).hexdigest()


def _begin(current: Config, candidate: Config, questions: Sequence[Row], folder: Path) -> None:
    store = load("stores", "sqlite")(current.store_path, create=False)
    try:
        generation = store.generation()
    finally:
        store.close()
    plan = {
        "questions": questions_hash(questions),
        "home": generation,
        "current": fingerprint(current),
        "candidate": fingerprint(candidate),
    }
    if plan["current"] == plan["candidate"]:
        raise InputError(
            "후보가 지금 쓰는 것과 같습니다. 다른 어댑터나 설정을 주세요",
            "the candidate is what is in use; give another adapter or setting",
        )
    folder.mkdir(parents=True, exist_ok=True)
    file = folder / PLAN
    if file.is_file():
        known = json.loads(file.read_text(encoding="utf-8"))
        words = {"questions": "질문", "home": "홈의 문서", "current": "지금 쓰는 설정", "candidate": "후보"}
        other = [name for name in plan if known.get(name) != plan[name]]
        if other:
            raise InputError(
                f"'{folder}'에 든 답은 다른 것의 답입니다({', '.join(words[name] for name in other)}이(가) 달라짐). "
                "이 폴더를 지우거나 다른 폴더로 처음부터 재세요",
                f"the answers in '{folder}' are of something else ({', '.join(other)} changed); delete the folder or "
                "give another one",
            )
    file.write_text(json.dumps(plan, indent=1) + "\n", encoding="utf-8")


def _figures(row: Row, answer: Mapping[str, Any]) -> dict[str, float | None]:
    return figures_of(row, answer, judge_row(row, answer))


def _changed(questions: Sequence[Row], current: Sequence[Figures], candidate: Sequence[Figures]) -> dict[str, Any]:
    """Ids of questions whose answer got or lost a measure of right and wrong. No words: the history keeps this."""
    signs = {"contains_answer": 1, "right_citation": 1, "refusal_recall": 1, "over_refusal": -1}
    found: dict[str, list[str]] = {"better": [], "worse": []}
    for row, a, b in zip(questions, current, candidate, strict=True):
        gains = [sign * ((b[name] or 0) - (a[name] or 0)) for name, sign in signs.items() if a[name] is not None]
        gains.append((a["fabricated_values"] or 0) - (b["fabricated_values"] or 0))
        if min(gains) < 0:
            found["worse"].append(str(row["id"]))
        elif max(gains) > 0:
            found["better"].append(str(row["id"]))
    return found


def _of_side(progress: Progress | None, side: str) -> Callable[[int, int], None] | None:
    if progress is None:
        return None
    tell = progress
    return lambda done, total: tell(side, done, total)


def _distinct_ids(questions: Sequence[Row]) -> None:
    seen: set[str] = set()
    for row in questions:
        identity = str(row["id"])
        if identity in seen:
            raise InputError(
                f"질문의 id '{identity}'이(가) 두 번 나옵니다. id는 서로 달라야 합니다",
                f"the id '{identity}' occurs twice among the questions; ids must differ",
            )
        seen.add(identity)

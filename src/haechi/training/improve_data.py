"""What the closed loop trains on: this home's answers and what people said of them, beside sets of grounded questions.

    good answers and borne-out corrections · answers that the checkers put right · files of grounded questions
    → without every question that the gate asks → what goes wrong here twice → train and dev, split by group

Refused and badly rated questions without a right answer teach nothing yet; they are counted, so that somebody looks.
"""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from haechi.errors import InputError
from haechi.evaluation.weak_spots import asked_for, weak_spots
from haechi.korean.asking import squeezed
from haechi.training.answer_gate import AnswerGate
from haechi.training.data_formats import Row, read_any, split_by
from haechi.training.home_rows import from_home, grounded_row, recorded_hits

if TYPE_CHECKING:
    from haechi.pipeline.build import Home

#: A kind of question is a weak spot when at least so many of its claims went wrong, and more often than of all.
WEAK_CLAIMS = 3
#: Questions whose bigrams overlap by this share are one question asked twice.
SAME = 0.8


@dataclass(frozen=True)
class Collected:
    """Grounded rows to train on and to watch, and what the history says about them: counts, hashes, document ids."""

    train: list[Row]
    dev: list[Row]
    record: dict[str, Any]


def collect(
    home: Home,
    files: Sequence[Path],
    asked_by_gate: Collection[str],
    *,
    since: str = "",
    share: float = 0.1,
    seed: int = 0,
) -> Collected:
    """Rows for a trainer. `asked_by_gate` are the gate's questions, `share` of the groups is held out.

    Raises InputError for a file that holds no grounded questions, and when there is nothing to train on.
    """
    said = from_home(home, since)
    mended = _mended(home, since)
    given = [row for path in files for row in _grounded(path)]
    counts = Counter({"from_feedback": len(said.grounded), "from_corrected": len(mended), "from_files": len(given)})
    rows = _distinct([*said.grounded, *mended, *given])
    counts["alike"] = sum(counts.values()) - len(rows)
    kept = _without(rows, asked_by_gate)
    counts["asked_by_gate"] = len(rows) - len(kept)
    if not kept:
        raise InputError(
            "학습할 자료가 없습니다. 답에 의견을 주거나(haechi feedback add) 근거가 있는 질문 파일을 --data로 주세요",
            "there is nothing to train on; rate answers (haechi feedback add) or give grounded questions with --data",
        )
    train, dev = split_by(kept, _group, share, seed)
    weak = weak_kinds(home.store.answers(since))
    twice = [row for row in train if asked_for(str(row["question"])) in weak]
    counts.update(weak_spots=len(twice), train=len(train) + len(twice), dev=len(dev))
    record = {
        **counts,
        "weak_kinds": weak,
        "left_out": dict(said.counts),
        "unanswered": _unanswered(home, since),
        "sha256": rows_hash([*train, *twice, *dev]),
        "files": {path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in files},
        "documents": sorted({one for row in (*train, *dev) for one in row.get("documents", ())}),
    }
    return Collected([*train, *twice], dev, record)


def weak_kinds(answers: Sequence[Mapping[str, Any]]) -> list[str]:
    """The kinds of question (`weak_spots.asked_for`) that go wrong here more often than the rest, the worst first."""
    report = weak_spots(answers, examples=1)
    rows = report["asked"]
    claims = sum(row["claims"] for row in rows)
    wrong = {row["asked"]: round(row["wrong_share"] * row["claims"]) for row in rows}
    overall = sum(wrong.values()) / claims if claims else 0.0
    return [row["asked"] for row in rows if wrong[row["asked"]] >= WEAK_CLAIMS and row["wrong_share"] > overall]


def rows_hash(rows: Sequence[Row]) -> str:
    """SHA-256 over rows in their order."""
    digest = hashlib.sha256()
    for row in rows:
        digest.update(json.dumps(row, ensure_ascii=False, sort_keys=True).encode("utf-8", "surrogatepass") + b"\n")
    return digest.hexdigest()


def _mended(home: Home, since: str) -> list[Row]:
    """Unrated answers that a checker put right: the model shall say at once what was left standing.

    Only those that hold as a whole now; the same judge as for a person's correction looks at them.
    """
    rated = {item.answer_id for item in home.store.feedback()}
    gate: AnswerGate | None = None
    found = []
    for record in home.store.answers(since):
        if record["id"] in rated or record["origin"] != "generated" or record["status"] != "supported":
            continue
        if not any(item["after"] for item in record["corrections"]):
            continue
        hits = recorded_hits(home, record)
        if not hits:
            continue
        gate = gate or AnswerGate(home.chatbot().checkers, home.analyser(), home.config.answer.max_chars)
        question = record["rewritten"] or record["question"]
        judged = gate.judge(question, record["answer"], hits)
        if judged.good and not judged.refuses:
            found.append(grounded_row(question, hits, judged.text))
    return found


def _unanswered(home: Home, since: str) -> dict[str, int]:
    """Questions from which a person could make rows: refused and unrated, or rated bad without the right answer."""
    opinions = {item.answer_id: item for item in home.store.feedback()}
    found = Counter({"refused": 0, "bad": 0})
    for record in home.store.answers(since):
        opinion = opinions.get(record["id"])
        found["refused"] += record["origin"] == "refused" and opinion is None
        found["bad"] += opinion is not None and opinion.verdict == "bad" and not opinion.correction
    return dict(found)


def _grounded(path: Path) -> list[Row]:
    kind, rows = read_any(path)
    if kind != "grounded":
        raise InputError(
            f"'{path}'은(는) '{kind}' 자료입니다. 근거가 있는 질문이어야 합니다(question, passages, answer)",
            f"'{path}' holds '{kind}' rows; expected grounded questions (question, passages, answer)",
        )
    return rows


def _distinct(rows: Sequence[Row]) -> list[Row]:
    """Each question over the same passages once: what people said comes before what checkers and files say."""
    seen: dict[str, Row] = {}
    for row in rows:
        asked = squeezed(str(row.get("standalone") or row["question"]))
        passages = sorted(str(passage.get("text", "")) for passage in row["passages"])
        seen.setdefault(json.dumps([asked, passages], ensure_ascii=False), row)
    return list(seen.values())


def _without(rows: Sequence[Row], asked: Collection[str]) -> list[Row]:
    """Rows whose question is none of `asked`, nor nearly one: what is trained on can no longer judge."""
    known = [_bigrams(text) for text in asked]
    return [row for row in rows if not any(_alike(_bigrams(text), other) for text in _asked(row) for other in known)]


def _asked(row: Row) -> list[str]:
    return [str(row[name]) for name in ("question", "standalone") if row.get(name)]


def _bigrams(text: str) -> frozenset[str]:
    flat = squeezed(text)
    return frozenset(flat[at : at + 2] for at in range(len(flat) - 1)) or frozenset([flat])


def _alike(one: frozenset[str], other: frozenset[str]) -> bool:
    return len(one & other) >= SAME * len(one | other)


def _group(row: Mapping[str, Any]) -> str:
    return str(row.get("group") or squeezed(str(row["question"])))

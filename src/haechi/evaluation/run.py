"""Questions through the real pipeline → the figures of `haechi evaluate`. Nothing is tuned here."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from haechi.errors import InputError
from haechi.evaluation.answer_metrics import char_f1, contains_answer, fabricated, golds_of, is_gold
from haechi.evaluation.retrieval_metrics import ci95, distinct, first_rank, summary
from haechi.pipeline.build import Home
from haechi.records import answer_record, hit_record

Row = Mapping[str, Any]
Report = Callable[[int, int], None]


def read_questions(path: Path) -> list[dict[str, Any]]:
    """One JSON object a line with `id` and `question`. Raises InputError naming the line."""
    rows: list[dict[str, Any]] = []
    try:
        lines = path.read_text(encoding="utf-8-sig").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise InputError(f"질문 파일을 읽을 수 없습니다: {path} ({error})", f"cannot read {path}: {error}") from error
    for number, line in enumerate(lines, 1):
        if not line.strip():
            continue
        try:
            row = json.loads(line)
            if not isinstance(row, dict) or not str(row["question"]).strip():
                raise KeyError("question")
        except (json.JSONDecodeError, KeyError) as error:
            raise InputError(
                f"{path}:{number}: 한 줄에 id와 question을 가진 JSON 하나여야 합니다 ({error})",
                f"{path}:{number}: expected a JSON object with id and question ({error})",
            ) from error
        rows.append({"id": str(number), **row})
    if not rows:
        raise InputError(f"질문이 없습니다: {path}", f"no questions in {path}")
    return rows


def evaluate_retrieval(
    home: Home, questions: Sequence[Row], k: int = 10, progress: Report | None = None, out: Path | None = None
) -> dict[str, Any]:
    """Ranks over distinct documents (or distinct gold places) for every question that has golds."""
    asked = [row for row in questions if golds_of(row)]
    if not asked:
        raise InputError(
            "정답 문서(gold_ids 또는 gold)가 있는 질문이 없습니다", "no question has gold_ids or gold places"
        )
    retriever = home.retriever()
    retriever.retrieve(str(asked[0]["question"]), k)  # opens indexes and models, so that the first figure is no outlier
    ranked: list[list[str]] = []
    wanted: list[set[str]] = []
    times: list[float] = []
    for number, row in enumerate(asked, 1):
        started = time.perf_counter()
        hits = retriever.retrieve(str(row["question"]), max(k, 10) * 3)
        times.append(time.perf_counter() - started)
        golds = golds_of(row)
        ranked.append(distinct([_gold_name(hit_record(place, hit), golds) for place, hit in enumerate(hits, 1)]))
        wanted.append({f"gold {position}" for position in range(len(golds))})
        if progress is not None:
            progress(number, len(asked))
    ranks = [first_rank(found, gold) for found, gold in zip(ranked, wanted, strict=True)]
    _write(
        out,
        [{"id": row["id"], "question": row["question"], "rank": rank} for row, rank in zip(asked, ranks, strict=True)],
    )
    return {**summary(ranked, wanted), **_percentiles(times, 1000.0, "ms")}


def _gold_name(place: dict[str, Any], golds: Sequence[Mapping[str, Any]]) -> str:
    """The gold that this hit is, else its document: hits of one document count once."""
    for position, gold in enumerate(golds):
        if is_gold(place, gold):
            return f"gold {position}"
    return str(place["document"] if all("id" in gold for gold in golds) else place["chunk"])


def evaluate_answers(
    home: Home,
    questions: Sequence[Row],
    limit: int | None = None,
    progress: Report | None = None,
    out: Path | None = None,
    *,
    lock: bool | None = None,
) -> dict[str, Any]:
    """Whole answers. Rows already in `out` are not asked again, so an interrupted run resumes."""
    chosen = list(questions)[:limit]
    done = read_answers(out)
    chatbot = home.chatbot()
    if any(str(row["id"]) not in done for row in chosen):
        chatbot.warm_up()
    records: list[dict[str, Any]] = []
    for number, row in enumerate(chosen, 1):
        identity = str(row["id"])
        if identity not in done:
            answer = chatbot.ask(str(row["question"]), lock=lock)
            done[identity] = {**answer_record(answer), "id": identity}
            _append(out, done[identity])
        records.append(judge_row(row, done[identity]))
        if progress is not None:
            progress(number, len(chosen))
    return summarise(records)


def judge_row(row: Row, answer: Mapping[str, Any]) -> dict[str, Any]:
    """One question's figures; None where a metric does not apply."""
    answered = answer["origin"] != "refused"
    answerable = bool(row.get("answerable", True))
    golds = golds_of(row)
    accepted = [str(gold) for gold in row.get("answers", [])]
    passages = [f"{hit['title']} {hit['label']}\n{hit['text']}" for hit in answer["hits"]]
    cited = [_is_any(place, golds) for place in answer["citations"]] if golds else []
    verdicts = [verdict["label"] for verdict in answer["verdicts"]]
    judged = answered and answerable
    return {
        "answerable": answerable,
        "answered": answered,
        "contains": contains_answer(answer["answer"], accepted) if answerable and accepted else None,
        "f1": char_f1(answer["answer"], accepted)
        if judged and accepted
        else (0.0 if answerable and accepted else None),
        "cited_right": any(cited) if judged and golds else None,
        "citation_precision": sum(cited) / len(cited) if judged and cited else None,
        "citation_recall": (
            sum(any(is_gold(place, gold) for place in answer["citations"]) for gold in golds) / len(golds)
            if judged and golds
            else None
        ),
        "gold_in_prompt": any(_is_any(hit, golds) for hit in answer["hits"]) if answerable and golds else None,
        "fabricated": fabricated(answer["answer"], passages) if answered else [],
        "unsupported": any(label in ("not_found", "contradicted") for label in verdicts) if answered else None,
        "lock_fired": bool(answer.get("lock_fired")),
        "seconds": answer["timings"]["total"],
        "first_token": answer["timings"].get("first_token"),
        "overhead": _overhead(answer["timings"]),
    }


def _overhead(timings: Mapping[str, float]) -> float | None:
    """What everything but the LLM adds to its own time, as a share of it."""
    generate = timings.get("generate")
    return (timings["total"] - generate) / generate if generate else None


def _is_any(place: Mapping[str, Any], golds: Sequence[Mapping[str, Any]]) -> bool:
    return any(is_gold(place, gold) for gold in golds)


def summarise(records: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """The figures of interfaces.md, plus counts that make them readable."""
    answerable = [row for row in records if row["answerable"]]
    refusable = [row for row in records if not row["answerable"]]
    answered = [row for row in records if row["answered"]]
    contains = [float(row["contains"]) for row in answerable if row["contains"] is not None]
    first = _known(records, "first_token")
    return {
        "n": len(records),
        "answered": len(answered),
        "contains_answer": _mean(contains),
        "f1": _mean([row["f1"] for row in answerable if row["f1"] is not None]),
        "refusal_recall": _share([not row["answered"] for row in refusable]),
        "over_refusal": _share([not row["answered"] for row in answerable]),
        "right_citation": _share(_known(records, "cited_right")),
        "citation_precision": _mean(_known(records, "citation_precision")),
        "citation_recall": _mean(_known(records, "citation_recall")),
        "gold_in_prompt": _share(_known(records, "gold_in_prompt")),
        "fabricated_values": sum(len(row["fabricated"]) for row in records),
        "fabricated_answers": sum(bool(row["fabricated"]) for row in records),
        "unsupported_rate": _share(_known(records, "unsupported")),
        "lock_fired": sum(row["lock_fired"] for row in records),
        **_percentiles([row["seconds"] for row in records], 1.0, "seconds"),
        "first_token_p50": float(np.median(first)) if first else None,
        "overhead_p50": float(np.median(overhead)) if (overhead := _known(records, "overhead")) else None,
        "ci95": {"contains_answer": list(ci95(contains)) if contains else None},
    }


def _percentiles(times: Sequence[float], scale: float, unit: str) -> dict[str, float]:
    p50, p95 = (float(value) * scale for value in np.percentile(times, (50, 95)))
    return {"p50_ms": p50, "p95_ms": p95} if unit == "ms" else {f"{unit}_p50": p50, f"{unit}_p95": p95}


def _known(records: Sequence[Mapping[str, Any]], key: str) -> list[Any]:
    return [row[key] for row in records if row[key] is not None]


def _mean(values: Sequence[float]) -> float | None:
    return float(np.mean(values)) if values else None


def _share(flags: Sequence[Any]) -> float | None:
    return _mean([float(bool(flag)) for flag in flags])


def read_answers(out: Path | None) -> dict[str, dict[str, Any]]:
    """Question id → answer record, of a file that `evaluate_answers` wrote; empty when there is none."""
    if out is None or not out.is_file():
        return {}
    lines = out.read_text(encoding="utf-8").splitlines()
    rows = []
    for line in lines:
        try:
            rows.append(json.loads(line))
        except json.JSONDecodeError:
            continue  # a line cut by a kill is asked again
    return {str(row["id"]): row for row in rows}


def _append(out: Path | None, row: Mapping[str, Any]) -> None:
    if out is not None:
        with out.open("a", encoding="utf-8") as handle:
            handle.write(json.dumps(row, ensure_ascii=False) + "\n")


def _write(out: Path | None, rows: Sequence[Mapping[str, Any]]) -> None:
    if out is not None:
        out.write_text("".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows), encoding="utf-8")

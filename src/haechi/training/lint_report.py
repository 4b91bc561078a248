"""What the linter found, as a table for a person and as JSON for a program."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from haechi.training.data_formats import Row, wrong_type
from haechi.training.data_lint import CODES, Report
from haechi.training.lint_parts import parts_of
from haechi.training.lint_text import CITATION


def record_of(
    report: Report, rows: Sequence[Row], places: Sequence[str], after: Mapping[str, int] | None = None
) -> dict[str, Any]:
    """The whole report: counts before (and after cleaning), figures, every finding with the place of its row."""
    return {
        "kind": report.kind,
        "rows": report.rows,
        "dropped": len(report.dropped),
        "kept": report.rows - len(report.dropped),
        "before": report.counts(),
        **({} if after is None else {"after": dict(after)}),
        "figures": figures_of(report, rows),
        "findings": [
            {
                "row": places[finding.row],
                **({"id": str(rows[finding.row]["id"])} if rows[finding.row].get("id") else {}),
                "code": finding.code,
                "drops": finding.code in report.dropping,
                "seen": finding.seen,
                **({} if finding.other is None else {"other": places[finding.other]}),
            }
            for finding in report.findings
        ],
    }


def figures_of(report: Report, rows: Sequence[Row]) -> dict[str, Any]:
    """Lengths of answers in characters without citations, and the share that says `모른다`."""
    answers = [
        CITATION.sub("", answer).strip()
        for row in rows
        if wrong_type(report.kind, row) is None
        for answer in parts_of(report.kind, row).answered
    ]
    lengths = sorted(len(answer) for answer in answers)
    if not lengths:
        return {"answers": 0}
    unknown = sum(answer.rstrip(".") == "모른다" for answer in answers)
    return {
        "answers": len(lengths),
        "answer_chars_median": lengths[len(lengths) // 2],
        "answer_chars_p95": lengths[min(len(lengths) - 1, round(0.95 * len(lengths)))],
        "answer_chars_max": lengths[-1],
        "unknown_share": round(unknown / len(lengths), 4),
    }


def table_of(record: Mapping[str, Any], english: bool = False, shown: int = 3) -> str:
    """The report for reading: a line for every code, then up to `shown` examples of each."""
    after = record.get("after")
    head = (
        f"{record['kind']}: {record['rows']} rows, {record['dropped']} to drop, {record['kept']} stay"
        if english
        else f"{record['kind']} 자료 {record['rows']}줄: 뺄 줄 {record['dropped']}, 남는 줄 {record['kept']}"
    )
    lines = [head]
    for code, count in record["before"].items():
        drops, korean, name = CODES[code]
        drops = any(item["drops"] for item in record["findings"] if item["code"] == code)
        mark = ("drop" if english else "뺌") if drops else ("note" if english else "알림")
        change = f"{count}" if after is None else f"{count} → {after.get(code, 0)}"
        lines.append(f"  {code} ({mark}): {change}  {name if english else korean}")
        for item in [item for item in record["findings"] if item["code"] == code][:shown]:
            other = f" ← {item['other']}" if "other" in item else ""
            lines.append(f"    {item.get('id') or item['row']}{other} {item['seen']}".rstrip())
    if not record["before"]:
        lines.append("  nothing found" if english else "  찾은 것이 없습니다")
    figures = record["figures"]
    if figures.get("answers"):
        lines.append(
            f"answers: median {figures['answer_chars_median']} characters, 95 % up to {figures['answer_chars_p95']}, "
            f"모른다 {figures['unknown_share']:.1%}"
            if english
            else f"답: 가운데 {figures['answer_chars_median']}자, 95%가 {figures['answer_chars_p95']}자 이하, "
            f"모른다 {figures['unknown_share']:.1%}"
        )
    return "\n".join(lines)

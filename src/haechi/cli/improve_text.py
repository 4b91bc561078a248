"""What `haechi improve` prints for people."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from typing import Any

from haechi.cli.texts import t

EVENTS = {
    "promoted": t("승격", "promoted"),
    "approved": t("나음(아직 쓰지 않음)", "better (not in use)"),
    "rejected": t("기각", "rejected"),
    "undecided": t("미정", "undecided"),
    "rolled_back": t("되돌림", "rolled back"),
}
STAGES = {
    "collect": t("자료 모으기", "collecting"),
    "train": t("학습", "training"),
    "export": t("내보내기", "exporting"),
    "gate": t("판정", "the gate"),
    "decide": t("적용", "deciding"),
}
_MARKS = {"pass": "✓", "fail": "✕", "unsure": "?", "skipped": "–"}


def result_text(record: Mapping[str, Any]) -> str:
    """How a run, a promotion or a rollback ended, with the reason of every rule."""
    if record["interrupted"]:
        stage = STAGES.get(str(record["stage"]), str(record["stage"]))
        return t(
            f"멈추었습니다({stage} 단계). 이어서 하기: haechi improve run --resume",
            f"Interrupted at {stage}; to go on: haechi improve run --resume",
        )
    run = record.get("run") or record.get("id")
    lines = [f"{EVENTS[record['event']]}: {run}", *rule_lines(record.get("rules", ()))]
    lines += change_lines(record.get("changes") or {})
    if record["event"] == "promoted":
        lines.append(
            t(
                "켜 둔 서버는 다시 켜면 이것을 씁니다. 되돌리기: haechi improve rollback",
                "A running server uses it once restarted. To go back: haechi improve rollback",
            )
        )
    elif record["event"] == "approved":
        lines.append(t(f"쓰기: haechi improve promote {run}", f"To use it: haechi improve promote {run}"))
    return "\n".join(lines)


def rule_lines(rules: Sequence[Mapping[str, Any]]) -> list[str]:
    """A line for every rule: its mark and its reason."""
    english = os.environ.get("HAECHI_LANG", "ko").lower().startswith("en")
    return [f"  {_MARKS[rule['outcome']]} {rule['english'] if english else rule['reason']}" for rule in rules]


def change_lines(changes: Mapping[str, Sequence[Any]]) -> list[str]:
    """`[llm] adapter: "" → "improve-…"`."""
    unset = t("(없음)", "(unset)")
    return [
        f"  [{name.replace('.', '] ')}: {unset if a is None else repr(a)} → {unset if b is None else repr(b)}"
        for name, (a, b) in changes.items()
    ]


def status_text(record: Mapping[str, Any]) -> str:
    """What is in use, what is open, who holds the card."""
    used, run, card = record["in_use"], record["open"], record["card"]
    nothing = t("없음", "none")
    adapter, embedder = record["adapter"] or nothing, record["embedder"]
    lines = [t(f"어댑터: {adapter}   임베딩: {embedder}", f"adapter: {adapter}   embedder: {embedder}")]
    lines.append(
        t(
            f"쓰는 승격: {used['run']}({used['created'][:16]})",
            f"promotion in use: {used['run']} ({used['created'][:16]})",
        )
        if used
        else t("쓰는 승격: 없음", "promotion in use: none")
    )
    if run:
        stage = STAGES.get(run["stage"], run["stage"])
        lines.append(
            t(
                f"멈춘 실행: {run['id']}({stage} 단계). 이어서 하기: haechi improve run --resume",
                f"open run: {run['id']} (at {stage}); go on: haechi improve run --resume",
            )
        )
    if card["held"]:
        lines.append(
            t(
                f"카드를 쓰는 일: {card['what']}(PID {card['pid']}, {card['since']}부터)",
                f"the card is held by {card['what']} (PID {card['pid']}, since {card['since']})",
            )
        )
    if not record["questions"]:
        lines.append(
            t("판정할 질문이 없습니다: haechi.toml의 [gate] questions", "no questions to judge by: [gate] questions")
        )
    return "\n".join(lines)


def history_text(rows: Sequence[Mapping[str, Any]]) -> str:
    """The history, newest first."""
    if not rows:
        return t("아직 기록이 없습니다. 시작하기: haechi improve run", "Nothing yet; start: haechi improve run")
    lines = []
    for row in rows:
        notes = [
            *([t("사용 중", "in use")] if row["in_use"] else []),
            *([t("되돌려짐", "taken back")] if row["undone"] else []),
            *([t("강제", "forced")] if row.get("forced") else []),
        ]
        beside = f" ({', '.join(notes)})" if notes else ""
        lines.append(f"{row['created'][:16]}  {EVENTS[row['event']]}{beside}  {row['run']}  {row['who']}")
        lines += [f"  {line}" for line in figure_lines(row.get("measures") or {})]
        lines += [f"  {line}" for line in rule_lines(row.get("rules", ())) if not line.strip().startswith("✓")]
        lines += [f"  {line}" for line in change_lines(row.get("changes") or {})]
        if data := row.get("data"):
            made = t(f"자료 {data.get('train', 0)}행", f"{data.get('train', 0)} rows")
            lines.append(f"    {made}, sha256 {str(data.get('sha256', ''))[:12]}")
        if row["removed_documents"]:
            gone = row["removed_documents"]
            lines.append(
                t(
                    f"    주의: 그 뒤 삭제된 문서 {gone}건으로 학습한 것입니다. 지우려면 되돌리고 다시 학습하세요",
                    f"    warning: trained on {gone} documents that were removed since; roll back and train again",
                )
            )
    return "\n".join(lines)


def figure_lines(measures: Mapping[str, Mapping[str, Any]]) -> list[str]:
    """`  정답이 든 답 0.60 → 0.75` for every measure."""
    from haechi.evaluation.paired import MEASURES

    lines = []
    for name, row in measures.items():
        if name in MEASURES:
            what = t(MEASURES[name].what, MEASURES[name].english)
            lines.append(f"  {what}: {row['current']:.3f} → {row['candidate']:.3f} (n={row['n']})")
    return lines

"""The history of improvements as HTML: verdicts, figures before and after, reasons, settings, who and when."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from html import escape
from typing import Any

from haechi.evaluation.paired import MEASURES


def say(korean: str, english: str) -> str:
    """The reader's language, as everywhere: Korean, or English with HAECHI_LANG=en."""
    return english if os.environ.get("HAECHI_LANG", "ko").lower().startswith("en") else korean


_EVENTS = {
    "promoted": ("h-supported", "✓", "승격", "promoted"),
    "approved": ("h-supported", "✓", "나음(아직 쓰지 않음)", "better, not in use"),
    "rejected": ("h-contradicted", "✕", "기각", "rejected"),
    "undecided": ("h-unchecked", "?", "미정", "undecided"),
    "rolled_back": ("h-unchecked", "↩", "되돌림", "rolled back"),
}
_MARKS = {"pass": "✓", "fail": "✕", "unsure": "?", "skipped": "–"}


def head(record: Mapping[str, Any]) -> str:
    """What serves, an open try, who holds the card, and whether a restart is due."""
    status = record["status"]
    adapter = status["adapter"] or say("없음", "none")
    facts = [say(f"어댑터 {adapter}", f"adapter {adapter}"), f"{say('임베딩', 'embedder')} {status['embedder']}"]
    if status["open"]:
        facts.append(say(f"진행 중인 실행 {status['open']['id']}", f"open run {status['open']['id']}"))
    if status["card"]["held"]:
        facts.append(say(f"카드를 쓰는 일: {status['card']['what']}", f"card held by {status['card']['what']}"))
    note = say("haechi.toml이 바뀌었습니다. 서버를 다시 켜면 쓰입니다.", "haechi.toml changed: restart to use it.")
    restart = f'<p class="h-warning">{escape(note)}</p>' if record["restart"] else ""
    title = f"<h2>{escape(say('모델 기록', 'Models: history'))}</h2>"
    return f'{title}<p class="h-counts">{escape(" · ".join(facts))}</p>{restart}'


def nothing() -> str:
    """No try yet."""
    text = say("아직 기록이 없습니다. 시작하기: haechi improve run", "Nothing yet; to begin: haechi improve run")
    return f'<p class="h-counts">{escape(text)}</p>'


def line(row: Mapping[str, Any]) -> str:
    """One line of the history. Whatever came from a user is escaped."""
    css, mark, korean, english = _EVENTS[row["event"]]
    chips = [f'<span class="h-chip {css}">{mark} {escape(say(korean, english))}</span>']
    if row["in_use"]:
        chips.append(f'<span class="h-chip h-supported">{escape(say("사용 중", "in use"))}</span>')
    if row["undone"]:
        chips.append(f'<span class="h-chip h-unchecked">{escape(say("되돌려짐", "taken back"))}</span>')
    if row.get("forced"):
        chips.append(f'<span class="h-chip h-contradicted">{escape(say("강제", "forced"))}</span>')
    parts = [
        f'<div class="h-item-head">{"".join(chips)}<b>{escape(row["run"])}</b></div>',
        f'<p class="h-facts">{escape(_facts(row))}</p>',
        _figures(row.get("measures") or {}),
        *(_rule(rule) for rule in row.get("rules", ())),
        *(f'<p class="h-path">{escape(text)}</p>' for text in _changes(row.get("changes") or {})),
    ]
    if row["removed_documents"]:
        gone = row["removed_documents"]
        text = say(
            f"주의: 그 뒤 삭제된 문서 {gone}건으로 학습한 것입니다.", f"Trained on {gone} documents removed since."
        )
        parts.append(f'<p class="h-warning">{escape(text)}</p>')
    return f'<article class="h-item">{"".join(parts)}</article>'


def _facts(row: Mapping[str, Any]) -> str:
    data, gate = row.get("data") or {}, row.get("gate") or {}
    parts = [
        row["created"][:16].replace("T", " ") + " UTC",
        row["who"],
        row.get("trainer") or row.get("given") or "",
        say(f"자료 {data['train']:,}행", f"{data['train']:,} rows") if data.get("train") else "",
        say(f"의견 {data['from_feedback']:,}개", f"{data['from_feedback']:,} opinions")
        if data.get("from_feedback")
        else "",
        say(f"판정 질문 {gate['questions']:,}개", f"{gate['questions']:,} questions") if gate.get("questions") else "",
        f"sha256 {data['sha256'][:12]}" if data.get("sha256") else "",
    ]
    return " · ".join(part for part in parts if part)


def _figures(measures: Mapping[str, Mapping[str, Any]]) -> str:
    """A table: before, after, the interval of the difference."""
    rows = []
    for name, found in measures.items():
        if name not in MEASURES:
            continue
        what = say(MEASURES[name].what, MEASURES[name].english)
        cells = [f"{found[key]:.3f}" for key in ("current", "candidate")]
        interval = f"{found['difference']:+.3f} ({found['low']:+.3f}~{found['high']:+.3f})"
        texts = [what, *cells, interval, str(found["n"])]
        rows.append("<tr>" + "".join(f"<td>{escape(text)}</td>" for text in texts) + "</tr>")
    if not rows:
        return ""
    heads = [
        say("지표", "measure"), say("앞", "before"), say("뒤", "after"), say("차이(구간)", "difference"), "n",
    ]  # fmt: skip
    top = "".join(f'<th scope="col">{escape(text)}</th>' for text in heads)
    return f'<table class="h-figures"><thead><tr>{top}</tr></thead><tbody>{"".join(rows)}</tbody></table>'


def _rule(rule: Mapping[str, Any]) -> str:
    css = "h-why" if rule["outcome"] == "fail" else "h-facts"
    return f'<p class="{css}">{_MARKS[rule["outcome"]]} {escape(say(rule["reason"], rule["english"]))}</p>'


def _changes(changes: Mapping[str, Sequence[Any]]) -> list[str]:
    unset = say("(없음)", "(unset)")
    return [
        f"[{name.replace('.', '] ')}: {unset if a is None else repr(a)} → {unset if b is None else repr(b)}"
        for name, (a, b) in changes.items()
    ]

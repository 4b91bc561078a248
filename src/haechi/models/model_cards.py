"""The card of a model: its origin, licence, training data, figures, and how to make it again.

Cards of exported models are JSON beside the model (`model_card.json`) with a README.md for people. No path of this
machine and no text of the data goes into one, only names, counts and hashes.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path, PurePath
from typing import Any

from haechi.errors import ModelError
from haechi.models import bundled
from haechi.models.catalogue import CATALOGUE
from haechi.models.model_home import write_json
from haechi.models.own_models import read_registry
from haechi.models.shipped import PLACES

CARD_FILE, TEXT_FILE = "model_card.json", "README.md"
#: What a run's card tells that a reader of the model wants to know.
_OF_A_RUN = (
    "kind",
    "steps",
    "seconds",
    "peak_memory_mb",
    "peak_gpu_mb",
    "trainable_parameters",
    "trainable_share",
    "before",
    "after",
    "dev_loss",
    "packages",
    "finished",
    "interrupted",
    "resumed_from",
)


def card_of(name: str) -> dict[str, Any]:
    """The card of a model of `haechi models list`: the exported one's own, else what is known. Raises ModelError."""
    row = bundled.status(name)
    stated = read_registry().get(name, {}).get("card")
    if stated:
        try:
            card: dict[str, Any] = json.loads(Path(stated).read_text(encoding="utf-8"))
        except (OSError, ValueError) as error:
            raise ModelError(
                f"'{name}'의 모델 카드를 읽을 수 없습니다: {error}. 다시 내보내기: haechi models export",
                f"cannot read the card of '{name}': {error}; export it again: haechi models export",
            ) from error
        return card
    card = {"name": name, "kind": row.kind, "licence": row.licence, "file": {"size": row.size, "sha256": row.sha256}}
    entry = CATALOGUE.get(name)
    if entry is not None:
        card |= {"role": entry.role, "origin": entry.origin, "notice": entry.notice, "rebuild": [_install(name)]}
        text = next((place / name / TEXT_FILE for place in PLACES if (place / name / TEXT_FILE).is_file()), None)
        if entry.adapter and text is not None:
            card["text"] = text.read_text(encoding="utf-8")
    return card


def write_card(folder: Path, card: Mapping[str, Any]) -> Path:
    """Write both forms into the model's folder; returns the JSON file."""
    (folder / TEXT_FILE).write_text(card_text(card), encoding="utf-8")
    write_json(folder / CARD_FILE, dict(card))
    return folder / CARD_FILE


def run_summary(card: Mapping[str, Any], adapter_sha256: str) -> dict[str, Any]:
    """What a model's card tells of one training run."""
    data = {key: value for key, value in dict(card.get("data", {})).items() if key != "files"}
    files = card.get("data", {}).get("files") or card.get("data_sha256") or {}
    settings = dict(card.get("settings", {}))
    if "base" in settings:
        settings["base"] = _public(str(settings["base"]))
    return {
        **{key: card[key] for key in _OF_A_RUN if card.get(key) is not None},
        "settings": settings,
        "data": {**data, "files": {PurePath(name).name: sha256 for name, sha256 in dict(files).items()}},
        "adapter_sha256": adapter_sha256,
    }


def card_text(card: Mapping[str, Any]) -> str:
    """The card for people, in Korean Markdown with the licence in front as model hubs expect."""
    if "text" in card:
        return str(card["text"])
    lines = ["---", f"license: {card['licence']}", "---", f"# {card['name']}", ""]
    base, file = card.get("base") or {}, card.get("file") or {}
    rows = {
        "종류": card["kind"],
        "쓰임": card.get("role"),
        "원래 모델": base.get("name"),
        "원래 모델 SHA-256": base.get("sha256"),
        "원래 모델 라이선스": base.get("licence"),
        "라이선스": card["licence"],
        "출처": card.get("origin"),
        "파일": file.get("name"),
        "크기": f"{file['size']:,}바이트" if file.get("size") else None,
        "SHA-256": file.get("sha256"),
        "형식": card.get("form"),
        "만든 날": card.get("made"),
    }
    lines += ["| | |", "|---|---|", *(f"| {name} | {value} |" for name, value in rows.items() if value), ""]
    if card.get("notice"):
        lines += [str(card["notice"]).strip(), ""]
    for number, run in enumerate(card.get("runs", []), start=1):
        lines += _run_text(number, run)
    if card.get("agreement"):
        found = card["agreement"]
        lines += [
            "## torch와 llama.cpp",
            f"질문 {found['prompts']}개 가운데 {found['same_answers']}개의 답이 토큰까지 같음"
            f"(토큰 {found['tokens']}개 중 첫 차이까지 {found['same_tokens']}개).",
            "",
        ]
    for remark in card.get("remarks", []):
        lines += [f"주의: {remark}", ""]
    if card.get("rebuild"):
        lines += ["## 다시 만들기", "```", *card["rebuild"], "```", ""]
    return "\n".join(lines)


def _run_text(number: int, run: Mapping[str, Any]) -> list[str]:
    data = run.get("data", {})
    lines = [f"## 학습 {number}: {run.get('kind', '알 수 없음')}", "| | |", "|---|---|"]
    if "rows" in data:
        lines.append(f"| 데이터 | {data['rows']}행(검증 {data.get('dev_rows', 0)}행) |")
    lines += [f"| {name} | `{sha256}` |" for name, sha256 in data.get("files", {}).items()]
    for key in ("before", "after"):
        if run.get(key):
            lines.append(f"| {'학습 전' if key == 'before' else '학습 후'} | {_figures(run[key])} |")
    simple = ("dev_loss", "steps", "seconds", "peak_memory_mb", "trainable_parameters", "trainable_share", "finished")
    lines += [f"| {key} | {run[key]} |" for key in simple if key in run]
    if run.get("settings"):
        lines.append(f"| 설정 | {_figures(run['settings'])} |")
    if run.get("packages"):
        lines.append(f"| 패키지 | {_figures(run['packages'])} |")
    return [*lines, f"| 어댑터 SHA-256 | `{run.get('adapter_sha256', '')}` |", ""]


def _figures(values: object) -> str:
    if isinstance(values, Mapping):
        return ", ".join(f"{key} {value}" for key, value in values.items())
    return str(values)


def _public(base: str) -> str:
    return PurePath(base).name if "/" in base else base


def _install(name: str) -> str:
    return f"haechi models install {name}"

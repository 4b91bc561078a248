"""The tables and the plot of docs/retrieval.md, made from a run.

python benchmarks/peers/page.py RESULT.json PLOT.png      (the plot alone, under a Python with matplotlib)
"""

from __future__ import annotations

import json
import re
import sys
from pathlib import Path
from typing import Any

_BEGIN, _END = "<!-- figures: begin -->", "<!-- figures: end -->"
_SETS = {
    "korquad1_dev": "KorQuAD 1.0 dev",
    "autorag_ko": "AutoRAG-ko",
    "fire_safety_qna": "소방 민원",
    "nts_rulings": "국세청 질의회신",
    "easylaw_qa": "생활법령",
    "statutes": "법령, 바꿔 말한 질문",
    "statutes_dev": "법령, 바꿔 말한 질문(조정용)",
}
_NAMES = {
    "haechi": "**해치**",
    "langchain": "LangChain, 강의 설정(2개씩)",
    "langchain_10": "LangChain, 10개씩",
    "llama_index": "LlamaIndex, 문서 기본값(2개)",
    "llama_index_10": "LlamaIndex, 10개씩",
    "haystack": "Haystack, 문서 기본값",
    "txtai": "txtai, `hybrid=True`",
    "dense": "벡터만(e5)",
    "bm25_whitespace": "BM25만, 공백 토큰",
    "bm25_kiwi": "BM25만, Kiwi 형태소",
    "mix_kiwi": "Kiwi BM25 + 벡터, 점수 반반",
}
#: Rows of the plot: one line a system, without the variants.
_DRAWN = {
    "haechi": ("Haechi", "#c0392b"),
    "langchain": ("LangChain (lecture)", "#7f8c8d"),
    "llama_index": ("LlamaIndex", "#2980b9"),
    "haystack": ("Haystack", "#27ae60"),
    "txtai": ("txtai", "#8e44ad"),
    "mix_kiwi": ("Kiwi BM25 + dense", "#d39c3f"),
}


def write(result: dict[str, Any], path: Path) -> None:
    """Replace what stands between the two markers of the page. Raises ValueError when they are missing."""
    text = path.read_text(encoding="utf-8")
    if _BEGIN not in text or _END not in text:
        raise ValueError(f"{path}: markers {_BEGIN} and {_END} expected")
    body = f"{_BEGIN}\n{tables(result)}\n{_END}"
    path.write_text(re.sub(f"{_BEGIN}.*{_END}", lambda _: body, text, flags=re.DOTALL), encoding="utf-8")


def tables(result: dict[str, Any]) -> str:
    """Where and when, then one table a set; ablations in a table of their own."""
    machine = result["machine"]
    threads = result["threads"]
    parts = [
        f"{result['date']}, {machine['cpu']}, 코어 {machine['cores']}개, 메모리 {machine['memory_gb']} GB, "
        f"Python {machine['python']}, 체계마다 스레드 {threads}개."
    ]
    if result.get("note"):
        parts.append(str(result["note"]))
    for name, measured in result["sets"].items():
        title = (
            f"### {_SETS.get(name, name)} (`{name}`: 문서 {measured['documents']:,}, 조각 {measured['passages']:,}, "
            f"질문 {measured['questions']:,})"
        )
        plain = {label: item for label, item in measured["systems"].items() if not label.startswith("haechi - ")}
        off = {label: item for label, item in measured["systems"].items() if label.startswith("haechi - ")}
        fields = " + ".join(measured["fields"])
        about = (
            f"색인: {fields}. 임베더: {measured['embedder']}. 질문 임베딩(모두 같음, 중앙값 "
            f"{measured['embedding_ms_p50']:.0f} ms)은 뺀 시간입니다."
        )
        parts.append(f"{title}\n\n{about}\n\n{_table(plain)}")
        if off:
            parts.append("부품을 하나씩 뺀 해치:\n\n" + _table({"haechi": plain["haechi"], **off}))
    return "\n\n".join([*parts, _versions(result)])


def _table(systems: dict[str, Any]) -> str:
    lines = [
        "| 체계 | R@1 | R@2 (95%) | R@5 | MRR | p(R@2) | p(MRR) | p50 / p95 ms | 메모리 MB |",
        "|---|---|---|---|---|---|---|---|---|",
    ]
    for label, item in systems.items():
        name = _NAMES.get(label, label.replace("haechi", "해치").replace("first", "앞"))
        if item["status"] != "ok":
            lines.append(f"| {name} | {item['status']} {item.get('command', '')} | | | | | | | |")
            continue
        low, high = item["ci95"]["recall@2"]
        memory = f"{item['peak_mb']:.0f}" if "peak_mb" in item else ""
        first, second, fifth = (item[f"recall@{k}"] for k in (1, 2, 5))
        cells = (
            name,
            f"{first:.3f}",
            f"{second:.3f} ({low:.3f}–{high:.3f})",
            f"{fifth:.3f}",
            f"{item['mrr']:.3f}",
            _p(item.get("p_recall@2")),
            _p(item.get("p_mrr")),
            f"{item['ms_p50']:.1f} / {item['ms_p95']:.1f}",
            memory,
        )
        lines.append(f"| {' | '.join(cells)} |")
    return "\n".join(lines)


def _p(value: float | None) -> str:
    if value is None:
        return ""
    return "< .001" if value < 0.001 else f"{value:.3f}"


def _versions(result: dict[str, Any]) -> str:
    found: dict[str, str] = {}
    for measured in result["sets"].values():
        for item in measured["systems"].values():
            found.update(item.get("versions", {}))
    return "잰 판: " + ", ".join(f"{name} {number}" for name, number in sorted(found.items())) + "."


def plot(result: dict[str, Any], path: Path) -> None:
    """recall@2 by set and system, as a PNG. Raises ModuleNotFoundError without matplotlib."""
    import matplotlib

    matplotlib.use("Agg")
    from matplotlib import pyplot

    names = list(result["sets"])
    figure, axis = pyplot.subplots(figsize=(9, 4.2))
    width = 0.8 / len(_DRAWN)
    for place, (label, (text, colour)) in enumerate(_DRAWN.items()):
        items = [result["sets"][name]["systems"].get(label, {"status": "-"}) for name in names]
        here = [position for position, item in enumerate(items) if item["status"] == "ok"]
        values = [items[position]["recall@2"] for position in here]
        spread = [
            [value - items[position]["ci95"]["recall@2"][0] for position, value in zip(here, values, strict=True)],
            [items[position]["ci95"]["recall@2"][1] - value for position, value in zip(here, values, strict=True)],
        ]
        offset = (place - (len(_DRAWN) - 1) / 2) * width
        axis.bar(
            [position + offset for position in here],
            values,
            width,
            yerr=[[max(0.0, one) for one in side] for side in spread],
            label=text,
            color=colour,
            error_kw={"elinewidth": 0.6, "ecolor": "#333333"},
        )
    axis.set_xticks(range(len(names)), names, fontsize=8)
    axis.set_ylabel("recall@2 (bars: 95 % interval)")
    axis.set_ylim(0, 1.02)
    axis.grid(axis="y", linewidth=0.3)
    axis.set_axisbelow(True)
    axis.legend(fontsize=7, ncol=3, loc="upper center", bbox_to_anchor=(0.5, 1.16), frameon=False)
    figure.tight_layout()
    path.parent.mkdir(parents=True, exist_ok=True)
    figure.savefig(path, dpi=110)
    pyplot.close(figure)


if __name__ == "__main__":
    plot(json.loads(Path(sys.argv[1]).read_text(encoding="utf-8")), Path(sys.argv[2]))

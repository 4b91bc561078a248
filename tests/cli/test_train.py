"""`train embedder` and `train grounding`: what they need, what they say when it is missing, and their files."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from haechi.training import embedder, grounding, needs, sentence_embedder
from tests.cli.conftest import Run


@pytest.fixture
def files(in_folder: Path) -> Path:
    (in_folder / "c.jsonl").write_text(
        '{"id": "가/1", "text": "글"}\n{"id": "나/1", "text": "글 둘"}\n', encoding="utf-8"
    )
    for name, gold in (("q1", "가/1"), ("q2", "나/1")):
        row = {"question": "무엇?", "gold_ids": [gold]}
        (in_folder / f"{name}.jsonl").write_text(json.dumps(row, ensure_ascii=False) + "\n", encoding="utf-8")
    return in_folder


@pytest.fixture
def trained(monkeypatch: pytest.MonkeyPatch) -> list[dict[str, Any]]:
    """What the command passes on; the training itself is not run."""
    calls: list[dict[str, Any]] = []

    def fake(data: Any, out: Path, settings: Any, **rest: Any) -> dict[str, Any]:
        calls.append({"data": data, "out": out, "settings": settings, **rest})
        figures = {"recall@1": 0.5, "recall@2": 0.6, "mrr": 0.55}
        return {"interrupted": rest["resume"], "steps": 3, "of": 9, "before": figures, "after": figures}

    monkeypatch.setattr(needs, "find_spec", lambda name: object())
    monkeypatch.setattr(embedder, "train_embedder", fake)
    return calls


def test_without_torch_the_extra_is_named(haechi: Run, files: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(needs, "find_spec", lambda name: None)
    result = haechi("train", "embedder", "--questions", "q1.jsonl", "--corpus", "c.jsonl", "--out", "o")
    assert result.status == 1
    assert "haechi[train]" in result.err


def test_files_settings_and_the_next_step(haechi: Run, files: Path, trained: list[dict[str, Any]]) -> None:
    # A shell writes out q*.jsonl: the first file is the option's, the others follow as arguments.
    command = ("train", "embedder", "--questions", "q1.jsonl", "q2.jsonl", "--corpus", "c.jsonl", "--out", "o")
    result = haechi(*command, "--epochs", "1.5", "--rank", "8", "--layers", "2", "--batch", "4", "--lr", "0.001")
    assert result.status == 0
    (call,) = trained
    assert set(call["data"].hashes) == {"q1.jsonl", "q2.jsonl", "passages"}
    used = call["settings"]
    assert (used.epochs, used.rank, used.layers, used.batch, used.lr) == (1.5, 8, 2, 4, 0.001)
    assert str(files / "o" / "model") in result.out
    assert "haechi reembed" in result.out


def test_an_interrupted_run_says_how_to_go_on(haechi: Run, files: Path, trained: list[dict[str, Any]]) -> None:
    command = ("train", "embedder", "--questions", "q1.jsonl", "--corpus", "c.jsonl", "--out", "o", "--resume")
    result = haechi(*command)
    assert result.status == 130
    assert "--resume" in result.out
    assert haechi(*command, "--json").json["of"] == 9


def test_without_a_corpus_the_documents_of_the_home_are_the_passages(
    haechi: Run, files: Path, trained: list[dict[str, Any]], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HAECHI_EMBEDDER_BACKEND", "scripted")
    monkeypatch.setenv("HAECHI_CHECK_GROUNDER", "none")
    assert haechi("init", "집").status == 0
    assert haechi("--home", "집", "ingest", "c.jsonl").status == 0
    assert haechi("--home", "집", "train", "embedder", "--questions", "q1.jsonl", "--out", "o").status == 0
    assert sorted(text.strip().splitlines()[-1] for text in trained[0]["data"].passages) == ["글", "글 둘"]


def test_rows_that_bring_their_passages_need_no_corpus(haechi: Run, files: Path, trained: list[dict[str, Any]]) -> None:
    write = lambda name, rows: (files / name).write_text(  # noqa: E731
        "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows), encoding="utf-8"
    )
    write("m.jsonl", [{"question": f"{n}?", "positive": f"답 {n}", "negatives": [f"아님 {n}"]} for n in range(4)])
    write("n.jsonl", [{"premise": f"{n}이다", "hypothesis": f"{n}", "label": "entailment"} for n in range(4)])
    write("p.jsonl", [{"anchor": f"쌍 {n}", "positive": f"짝 {n}"} for n in range(4)])
    command = ("train", "embedder", "--questions", "m.jsonl", "--nli", "n.jsonl", "--pairs", "p.jsonl", "--out", "o")
    assert haechi(*command).status == 0
    data = trained[0]["data"]
    assert len(data.train) + len(data.dev) == 12
    assert set(data.hashes) == {"m.jsonl", "n.jsonl", "p.jsonl"}
    assert trained[0]["start"] is None
    assert (trained[0]["settings"].layers, trained[0]["settings"].lr) == (6, 3e-4)
    assert haechi(*command, "--base", "haechi-e5-small").status == 0
    assert trained[1]["start"].name == "adapter.npz"
    wrong = haechi(*command, "--method", "full")
    assert (wrong.status, "--base" in wrong.err) == (1, True)
    assert "--nli" in haechi("train", "embedder", "--out", "o").err


def test_a_folder_as_the_base(haechi: Run, files: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    calls: list[dict[str, Any]] = []

    def fake(data: Any, out: Path, settings: Any, **rest: Any) -> dict[str, Any]:
        calls.append({"settings": settings, **rest})
        problem = "바꾸지 못했습니다" if len(calls) == 2 else None
        cosine = None if problem else {"mean": 0.999, "min": 0.998}
        return {"interrupted": False, "before": None, "after": None, "onnx_cosine": cosine, "onnx_problem": problem}

    monkeypatch.setattr(needs, "find_spec", lambda name: object())
    monkeypatch.setattr(sentence_embedder, "train_folder", fake)
    command = ("train", "embedder", "--questions", "q1.jsonl", "--corpus", "c.jsonl", "--out", "o", "--base", "kure")
    assert "modules.json" in haechi(*command).err
    (files / "kure").mkdir()
    (files / "kure" / "modules.json").write_text("[]")
    done = haechi(*command, "--layers", "2", "--query-prefix", "q: ", "--max-tokens", "64")
    assert done.status == 0
    used = calls[0]["settings"]
    assert (used.method, used.layers, used.alpha, used.lr, used.max_tokens) == ("lora", "upper 2", 32, 2e-4, 64)
    assert calls[0]["query_prefix"] == "q: "
    assert f'backend = "onnx", model = "{files / "o" / "onnx"}"' in done.out
    # What could not be exported is said, with the back end that can use the result.
    other = haechi(*command, "--method", "full")
    assert calls[1]["settings"].lr == 2e-5
    assert "바꾸지 못했습니다" in other.out
    assert 'backend = "sentence_transformer"' in other.out


@pytest.fixture
def claims(in_folder: Path) -> Path:
    row = {
        "evidence": "월요일에 쉽니다.",
        "rows": [{"claim": "월요일은 쉬어요.", "label": "supported", "kind": "spoken"}],
    }
    (in_folder / "rows.jsonl").write_text(json.dumps(row, ensure_ascii=False) + "\n", encoding="utf-8")
    pair = {"premise": "비가 온다.", "hypothesis": "날이 궂다.", "label": "entailment"}
    (in_folder / "nli.jsonl").write_text(json.dumps(pair, ensure_ascii=False) + "\n", encoding="utf-8")
    return in_folder


def test_grounding_takes_claims_pairs_and_settings(haechi: Run, claims: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    calls: list[dict[str, Any]] = []

    def fake(data: Any, out: Path, settings: Any, **rest: Any) -> dict[str, Any]:
        calls.append({"data": data, "settings": settings, **rest})
        dev = {"rows": {"auc": 0.9, "caught": 0.7, "alarms": 0.03}, "statutes": {}}
        return {"interrupted": rest["resume"], "steps": 3, "of": 9, "dev": dev}

    monkeypatch.setattr(needs, "find_spec", lambda name: object())
    monkeypatch.setattr(grounding, "train_grounding", fake)
    command = ("train", "grounding", "--rows", "rows.jsonl", "--nli", "nli.jsonl", "--out", "o")
    result = haechi(*command, "--epochs", "2", "--layers", "6", "--others", "0.5")
    assert result.status == 0
    assert {passage.source for passage in calls[0]["data"].train} == {"rows", "nli"}
    assert (calls[0]["settings"].epochs, calls[0]["settings"].layers, calls[0]["settings"].others) == (2.0, 6, 0.5)
    assert "AUC 0.900" in result.out
    assert f'grounder_model = "{claims / "o" / "model"}"' in result.out
    assert haechi(*command, "--resume").status == 130


def test_grounding_needs_something_to_train_on(haechi: Run, in_folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(needs, "find_spec", lambda name: object())
    result = haechi("train", "grounding", "--out", "o")
    assert result.status == 1
    assert "--rows" in result.err

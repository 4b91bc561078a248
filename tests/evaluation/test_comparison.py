"""Spec: the comparison with other retrieval stacks. Its questions, its tests of significance, its page."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from difflib import SequenceMatcher
from pathlib import Path
from typing import Any

import pytest

from haechi import registry


@pytest.fixture(autouse=True)
def benchmarks(repository: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    folder = repository / "benchmarks"
    monkeypatch.syspath_prepend(str(folder))
    # The comparison registers an embedder of its own; no other test may meet it.
    monkeypatch.setattr(registry, "BACKENDS", {kind: dict(rows) for kind, rows in registry.BACKENDS.items()})
    yield folder
    for name in [name for name in sys.modules if name == "peers" or name.startswith("peers.")]:
        del sys.modules[name]


def _questions(folder: Path) -> list[dict[str, Any]]:
    text = (folder / "questions" / "statutes.jsonl").read_text(encoding="utf-8")
    return [json.loads(line) for line in text.splitlines()]


def _law(gold: str) -> str:
    return gold.partition("/")[0]


class TestStatuteQuestions:
    def test_enough_of_them_in_three_styles_and_none_twice(self, benchmarks: Path) -> None:
        questions = _questions(benchmarks)
        assert len(questions) >= 300
        assert {row["style"] for row in questions} == {"spoken", "petition", "keywords"}
        assert len({row["question"] for row in questions}) == len({row["id"] for row in questions}) == len(questions)

    def test_no_law_has_questions_for_tuning_and_for_reporting(self, benchmarks: Path) -> None:
        # Split by law, not by question: two questions on one article would leak from dev to test.
        held_out = json.loads((benchmarks.parent / "datasets/law_questions/held_out_laws.json").read_text("utf-8"))
        splits: dict[str, int] = {"train": 0, "dev": 0, "test": 0}
        for row in _questions(benchmarks):
            laws = {_law(gold) for gold in row["gold_ids"]}
            splits[row["split"]] += 1
            if row["split"] == "train":
                assert laws - {*held_out["dev"], *held_out["test"]}
            else:
                assert laws <= set(held_out[row["split"]])
        assert min(splits.values()) >= 90

    def test_no_question_names_an_article(self, benchmarks: Path) -> None:
        assert not [row for row in _questions(benchmarks) if re.search(r"제?\d+조", row["question"])]

    def test_every_gold_article_exists_and_is_not_quoted(self, benchmarks: Path, shared_data: Path) -> None:
        lines = (shared_data / "statutes" / "corpus.jsonl").read_text(encoding="utf-8").splitlines()
        articles = {row["id"]: row["title"] + row["text"] for row in map(json.loads, lines)}
        for row in _questions(benchmarks):
            question = re.sub(r"\s", "", row["question"])
            for gold in row["gold_ids"]:
                article = re.sub(r"\s", "", articles[gold])
                shared = SequenceMatcher(None, question, article, autojunk=False).find_longest_match().size
                assert shared < 8, (row["id"], gold)


class TestPairedTests:
    def test_the_sign_test_is_the_binomial(self) -> None:
        from peers.paired import exact_sign_test

        # 5 won, 0 lost: 2 · (1/2)^5. Ties say nothing.
        assert exact_sign_test([1, 1, 1, 1, 1, 0, 1], [0, 0, 0, 0, 0, 0, 1]) == 2 / 2**5
        assert exact_sign_test([1, 0], [1, 0]) == 1.0

    def test_the_permutation_test_sees_a_difference_and_no_difference(self) -> None:
        from peers.paired import permutation_test

        assert permutation_test([1.0] * 20, [0.0] * 20) < 0.001
        assert permutation_test([1.0, 0.0] * 10, [0.0, 1.0] * 10) > 0.9
        assert permutation_test([0.5], [0.5]) == 1.0


def _measured(second: float) -> dict[str, Any]:
    interval = {"recall@2": (second - 0.1, second)}
    figures = {"recall@1": 0.5, "recall@2": second, "recall@5": 0.99, "mrr": 0.7, "ci95": interval}
    return {"status": "ok", **figures, "ms_p50": 3.14, "ms_p95": 9.9, "peak_mb": 123.4, "versions": {"x": "1.2"}}


def _result(**systems: dict[str, Any]) -> dict[str, Any]:
    one = {
        "documents": 3,
        "passages": 4,
        "questions": 5,
        "fields": ["text"],
        "embedder": "e5@1",
        "embedding_ms_p50": 20.0,
    }
    machine = {"cpu": "a processor", "cores": 2, "memory_gb": 8, "python": "3.11"}
    return {"date": "2026-11-25", "machine": machine, "threads": 1, "sets": {"autorag_ko": {**one, "systems": systems}}}


class TestPage:
    def test_figures_go_between_the_markers_and_nowhere_else(self, tmp_path: Path) -> None:
        from peers import page

        path = tmp_path / "page.md"
        path.write_text("앞\n<!-- figures: begin -->\n옛 표\n<!-- figures: end -->\n뒤\n", encoding="utf-8")
        page.write(_result(haechi=_measured(0.9)), path)
        text = path.read_text(encoding="utf-8")
        assert text.startswith("앞\n") and text.endswith("뒤\n") and "옛 표" not in text
        assert "0.900 (0.800–0.900)" in text and "3.1 / 9.9" in text and "a processor" in text and "2026-11-25" in text

    def test_a_system_that_is_not_installed_stays_in_the_table(self) -> None:
        # A row that vanishes would read as "not compared with".
        from peers import page

        missing = {"status": "not installed (txtai)", "command": "pip install -r benchmarks/requirements-peers.txt"}
        table = page.tables(_result(haechi=_measured(0.9), txtai=missing))
        assert "not installed (txtai) pip install -r benchmarks/requirements-peers.txt" in table

    def test_ablations_stand_apart(self) -> None:
        from peers import page

        off = {"haechi - coverage": {**_measured(0.8), "p_recall@2": 0.0001, "p_mrr": 0.04}}
        table = page.tables(_result(haechi=_measured(0.9), **off))
        assert table.index("부품을 하나씩 뺀") < table.index("해치 - coverage") and "< .001 | 0.040" in table

    def test_the_page_of_the_repository_can_be_written(self, repository: Path, tmp_path: Path) -> None:
        from peers import page

        copy = tmp_path / "retrieval.md"
        copy.write_bytes((repository / "docs" / "retrieval.md").read_bytes())
        page.write(_result(haechi=_measured(0.9)), copy)


def _prepared(folder: Path) -> Path:
    """Three passages and a question, in the form the worker reads."""
    import numpy as np
    from peers.data import write_rows

    write_rows(folder / "chunks.jsonl", [{"document": name, "text": f"글 {name}"} for name in "가나다"])
    write_rows(folder / "questions.jsonl", [{"question": "무엇", "gold_ids": ["나"]}])
    np.save(folder / "vectors.npy", np.eye(3, dtype=np.float32))
    np.save(folder / "question_vectors.npy", np.array([[0.1, 0.9, 0.2]], np.float32))
    return folder


def _work(benchmarks: Path, module: str, folder: Path) -> dict[str, Any]:
    out = folder / "out.json"
    command = [sys.executable, str(benchmarks / "peers" / "worker.py"), module, "", str(folder), str(out)]
    subprocess.run(command, check=True, env={**os.environ, "PYTHONPATH": str(folder)})
    result: dict[str, Any] = json.loads(out.read_text(encoding="utf-8"))
    return result


class TestWorker:
    def test_a_system_runs_in_a_process_of_its_own(self, benchmarks: Path, tmp_path: Path) -> None:
        result = _work(benchmarks, "with_dense", _prepared(tmp_path))
        assert result["ranked"] == [["나", "다", "가"]] and len(result["seconds"]) == 1
        # The peak is its own: far below what the test runner may have grown to.
        assert 10 < result["peak_mb"] < 200 and result["network_attempts"] == []

    def test_the_network_is_refused_and_the_attempt_is_named(self, benchmarks: Path, tmp_path: Path) -> None:
        code = "import socket\nPACKAGES = ()\ndef build(data, variant):\n    try:\n"
        code += "        socket.create_connection(('telemetry.example', 443))\n    except OSError:\n        pass\n"
        (tmp_path / "with_telemetry.py").write_text(code + "    return lambda question: ['가']\n", encoding="utf-8")
        result = _work(benchmarks, "with_telemetry", _prepared(tmp_path))
        assert result["network_attempts"] == ["telemetry.example"] and result["ranked"] == [["가"]]

    def test_a_missing_package_is_named(self, benchmarks: Path, tmp_path: Path) -> None:
        (tmp_path / "with_nothing.py").write_text("import no_such_package\n", encoding="utf-8")
        assert _work(benchmarks, "with_nothing", _prepared(tmp_path)) == {"missing": "no_such_package"}


@pytest.mark.models
class TestHaechiInIt:
    def test_every_part_can_be_off(
        self, tmp_path: Path, embedder_weights: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        # The parts are read off the retriever, so that a new weight cannot be left out of the table.
        from peers.data import write_rows

        folder = _prepared(tmp_path)
        write_rows(folder / "corpus.jsonl", [{"id": name, "title": "", "text": f"글 {name}"} for name in "가나다"])
        about = {
            "model": "multilingual-e5-small",
            "embedder": "given",
            "dimension": 3,
            "max_tokens": 512,
            "fields": ["text"],
        }
        (folder / "about.json").write_text(json.dumps(about), encoding="utf-8")
        monkeypatch.setenv("PYTHONPATH", os.pathsep.join(sys.path))
        from peers import with_haechi

        result = with_haechi.run('{"ablation": true}', folder)
        assert set(result["ranked"][0]) == {"가", "나", "다"} and result["extra_embeddings"] == 0
        assert {"dense", "bm25", "references"} <= set(result["off"]) and len(result["off"]) >= 5
        assert not list(folder.glob("home-*"))

    def test_a_setting_of_another_version_is_said_not_to_be_there(self, tmp_path: Path) -> None:
        from peers import with_haechi

        assert with_haechi.run('{"settings": {"query.telepathy": true}}', _prepared(tmp_path)) == {
            "unavailable": "no setting query.telepathy in this version"
        }

"""Real files: the targets of benchmarks/hwp.py. Skipped where the evaluation data is absent."""

from __future__ import annotations

from pathlib import Path

import pytest
from benchmarks import hwp as measure

from haechi.parsers.hwp import HwpParser


def test_real_hwp_and_hwpx_files_keep_their_text_rows_and_refusals(
    shared_data: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(measure, "SHARED", shared_data)
    figures = measure.fixtures(HwpParser())
    assert figures["grams_mean"] >= 0.99
    assert figures["files_below_0.99"] == []
    assert figures["pairs_unequal"] == []
    for key in ("rows_in_order", "refused"):
        found, all_of_them = figures[key]
        assert found == all_of_them > 0


def test_real_rulings_contain_their_text(shared_data: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(measure, "SHARED", shared_data)
    figures = measure.rulings(HwpParser())
    # One decision is mostly tables, which its corpus text runs together without any mark between the cells.
    assert len(figures["not_contained"]) <= 1
    assert figures["grams_mean"] >= 0.999

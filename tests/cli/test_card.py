"""Commands that compute on a card share one lease; without a card nothing is leased."""

from __future__ import annotations

from pathlib import Path

import pytest

from haechi.cli import card
from haechi.errors import ModelError
from haechi.training.card_lease import card_holder, hold_card


@pytest.fixture(autouse=True)
def models(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HAECHI_MODELS", str(tmp_path / "models"))
    monkeypatch.setattr(card, "has_card", lambda: True)


def test_a_second_command_is_told_who_came_first(monkeypatch: pytest.MonkeyPatch) -> None:
    with card.held_card("haechi train sft"):
        assert card_holder()["what"] == "haechi train sft"
        with pytest.raises(ModelError, match="haechi train sft"), card.held_card("haechi reembed"):
            pass
        # The other processes of a training on several cards belong to the first one.
        monkeypatch.setenv("LOCAL_RANK", "1")
        with card.held_card("haechi train sft"):
            pass


def test_without_a_card_nothing_is_leased(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(card, "has_card", lambda: False)
    with hold_card("a job"), card.held_card("haechi train reader"):
        assert card_holder()["what"] == "a job"

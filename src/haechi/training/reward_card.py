"""What a folder of `haechi train reward` says about itself: the base, the room for tokens, how its scores lie."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from haechi.errors import InputError

CARD = "reward.json"


def read_card(folder: Path) -> dict[str, Any]:
    """{base, method, max_tokens, mean, deviation, result, result_sha256}. Raises InputError when it is none."""
    file = folder / CARD
    if not file.is_file():
        raise InputError(
            f"'{folder}'은(는) 보상 모델이 아닙니다({CARD} 없음). haechi train reward의 --out 폴더를 주세요",
            f"'{folder}' is no reward model (no {CARD}); give the --out folder of haechi train reward",
        )
    card: dict[str, Any] = json.loads(file.read_text(encoding="utf-8"))
    return card

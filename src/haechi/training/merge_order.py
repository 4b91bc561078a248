"""Whether adapters belong together and in this order: by what their run cards say they were trained on.

A DPO adapter is a change of base + SFT. On the bare base, or before the SFT adapter, its numbers mean nothing, and
nothing but the answers would tell.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from haechi.errors import InputError
from haechi.training.export_base import Base
from haechi.training.lora_source import Trained

#: Trainers whose `start` was the same adapter at an earlier time, not another one below.
_CONTINUES = ("reader",)


def check_order(trained: Sequence[Trained], base: Base) -> list[str]:
    """What could not be checked, for the reader. Raises InputError for a wrong base or order."""
    remarks: list[str] = []
    below = ""
    for one in trained:
        remarks += check_base(one.file, one.card, base)
        start = "" if one.card.get("kind") in _CONTINUES else str(one.card.get("start_sha256") or "")
        if one.card and start != below:
            raise _wrong_order(one, start, below, trained)
        below = one.sha256
    return remarks


def check_base(file: Path, card: Mapping[str, Any], base: Base) -> list[str]:
    """What could not be checked. Raises InputError when a run's card says that it was trained on another model."""
    stated = str(card.get("base_sha256", ""))
    if not stated:
        return [f"{file}: run.json에 base_sha256 없음" if card else f"{file}: run.json 없음"]
    if stated not in base.hashes():
        raise InputError(
            f"'{file}'은(는) 다른 모델에서 학습했습니다: {card.get('base')}({stated[:12]}…). 지금 원래 모델은 "
            f"{base.name}({next(base.hashes())[:12]}…)입니다. 학습한 모델을 --base로 주세요",
            f"'{file}' was trained on another base: {card.get('base')} ({stated[:12]}…), not {base.name} "
            f"({next(base.hashes())[:12]}…); give its own with --base",
        )
    return []


def _wrong_order(one: Trained, start: str, below: str, trained: Sequence[Trained]) -> InputError:
    if start and start not in [other.sha256 for other in trained]:
        name = one.card.get("start", start[:12])
        return InputError(
            f"'{one.file}'은(는) 어댑터 '{name}'({start[:12]}…) 위에서 학습했습니다. 그것을 앞에 주세요: "
            f"haechi models export {name} {one.file.parent.parent.name} --name NAME",
            f"'{one.file}' was trained on top of the adapter '{name}' ({start[:12]}…); give that one first: "
            f"haechi models export {name} {one.file.parent.parent.name} --name NAME",
        )
    if start:
        return InputError(
            f"순서가 틀렸습니다: '{one.file}'은(는) {start[:12]}… 어댑터 바로 다음이어야 합니다(SFT, 그다음 DPO)",
            f"wrong order: '{one.file}' belongs right after the adapter {start[:12]}… (SFT, then DPO)",
        )
    return InputError(
        f"'{one.file}'은(는) 원래 모델에서 바로 학습했으므로 다른 어댑터({below[:12]}…) 위에 얹을 수 없습니다",
        f"'{one.file}' was trained on the bare base and cannot go on top of another adapter ({below[:12]}…)",
    )

"""Retrieval, tuning or both: two ratings give advice with its reasons. A rule to begin with, not a measurement."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from haechi.errors import InputError

Choice = Literal["rag", "tuning", "both", "prompt"]
LOWEST, HIGHEST, MUCH = 1, 5, 3
#: A Korean and an English sentence.
Said = tuple[str, str]


@dataclass(frozen=True)
class Advice:
    """What to do, why, and the first command."""

    choice: Choice
    reasons: tuple[Said, ...]
    next: str


def advise(knowledge: int, behaviour: int) -> Advice:
    """`knowledge`: how much answers need facts that the model does not have (1 to 5). `behaviour`: how much the model
    must answer otherwise than it does: manner, style, vocabulary (1 to 5). 3 and more is much. Raises InputError.
    """
    for name, value in (("knowledge", knowledge), ("behaviour", behaviour)):
        if not LOWEST <= value <= HIGHEST:
            raise InputError(
                f"--{name} {value}: {LOWEST}에서 {HIGHEST}까지여야 합니다",
                f"--{name} {value}: expected {LOWEST} to {HIGHEST}",
            )
    facts: Said = (
        (
            f"밖의 지식이 많이 필요합니다({knowledge}/5). 문서를 찾아 답하면 문서를 고치는 날 답도 바뀌고 출처를 댈 수 "
            "있습니다. 학습으로 넣은 지식은 낡고, 틀려도 드러나지 않습니다",
            f"much outside knowledge is needed ({knowledge}/5): with retrieval, answers change on the day the "
            "documents do and can be cited; facts put in by training go stale and fail unseen",
        )
        if knowledge >= MUCH
        else (
            f"밖의 지식이 적게 필요합니다({knowledge}/5). 문서를 찾는 일이 답을 낫게 하지 않습니다",
            f"little outside knowledge is needed ({knowledge}/5): retrieval adds little",
        )
    )
    manner: Said = (
        (
            f"답하는 방식을 많이 바꿔야 합니다({behaviour}/5). 말투와 형식은 예를 보여 학습해야 늘 지켜집니다",
            f"the model must behave otherwise ({behaviour}/5): manner, form, vocabulary and refusals are kept reliably "
            "only when trained on examples",
        )
        if behaviour >= MUCH
        else (
            f"답하는 방식은 지금으로 거의 충분합니다({behaviour}/5). 지시문과 예로 먼저 해 보세요",
            f"the model's manner nearly suffices ({behaviour}/5): try the prompt and examples first",
        )
    )
    choice: Choice
    if knowledge >= MUCH and behaviour >= MUCH:
        choice, command = "both", "haechi project init 프로젝트"
    elif knowledge >= MUCH:
        choice, command = "rag", "haechi init 내지식"
    elif behaviour >= MUCH:
        choice, command = "tuning", "haechi project init 프로젝트"
    else:
        choice, command = "prompt", "haechi chat"
    return Advice(choice, (facts, manner), command)

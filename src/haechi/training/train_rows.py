"""Rows of training files as the trainers of language models read them, and as tokens.

A row that is too long is left out and counted, never cut: half an answer teaches to stop halfway.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any

from haechi.errors import InputError
from haechi.training.prompt_format import answer_ids, prompt_ids

#: Where the answer of a row with one `text` column starts, in our form and in the two of the lecture.
_ANSWER = re.compile(r"^###\s*(?:응답|답변|Response)[^\n:]*:[ \t]*\n?", re.MULTILINE)


def sft_rows(rows: Iterable[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """{prompt, completion, input?} or {text} of SFT, chat, instruction, FAQ, pair and text rows.

    Every assistant turn of a chat is a row. A pair counts with its chosen answer.
    Raises InputError naming the row that is none of these.
    """
    found: list[dict[str, Any]] = []
    for number, row in enumerate(rows, 1):
        if "messages" in row:
            found += _turns(row["messages"])
        elif "prompt" in row and ("completion" in row or "chosen" in row):
            completion = row["completion"] if "completion" in row else row["chosen"]
            found.append(_with_input({"prompt": row["prompt"], "completion": str(completion)}, row))
        elif "instruction" in row and "output" in row:
            found.append(_with_input({"prompt": row["instruction"], "completion": str(row["output"])}, row))
        elif "question" in row and "answer" in row and "passages" not in row:
            found.append({"prompt": row["question"], "completion": str(row["answer"])})
        elif "text" in row:
            found.append({"text": str(row["text"])})
        else:
            raise _not(number, row, "prompt, completion")
    _filled(found, ("completion", "text"))
    return found


def pair_rows(rows: Iterable[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """{prompt, chosen, rejected, input?}. Raises InputError naming the row that is not a pair."""
    found = []
    for number, row in enumerate(rows, 1):
        if not {"prompt", "chosen", "rejected"} <= set(row):
            raise _not(number, row, "prompt, chosen, rejected")
        pair = {"prompt": row["prompt"], "chosen": str(row["chosen"]), "rejected": str(row["rejected"])}
        if pair["chosen"].strip() == pair["rejected"].strip():
            raise InputError(
                f"{number}번째 행: chosen과 rejected가 같습니다. 어느 쪽이 나은지 알 수 없습니다",
                f"row {number}: chosen and rejected are the same",
            )
        found.append(_with_input(pair, row))
    _filled(found, ("chosen", "rejected"))
    return found


def encode_sft(tokenizer: Any, row: Mapping[str, Any], max_tokens: int) -> dict[str, list[int]] | None:
    """`input_ids` and `labels` (-100 but for the answer and its end mark); None when longer than `max_tokens`."""
    if "text" in row:
        before, answer = split_text(tokenizer, str(row["text"]))
    else:
        before, answer = prompt_ids(tokenizer, row), answer_ids(tokenizer, str(row["completion"]).strip())
    if len(before) + len(answer) > max_tokens:
        return None
    return {"input_ids": before + answer, "labels": [-100] * len(before) + answer}


def encode_pair(tokenizer: Any, row: Mapping[str, Any], max_tokens: int) -> dict[str, list[int]] | None:
    """`prompt_ids`, `chosen_ids` and `rejected_ids` (with end marks); None when longer than `max_tokens`."""
    prompt = prompt_ids(tokenizer, row)
    chosen, rejected = (answer_ids(tokenizer, str(row[name]).strip()) for name in ("chosen", "rejected"))
    if len(prompt) + max(len(chosen), len(rejected)) > max_tokens:
        return None
    return {"prompt_ids": prompt, "chosen_ids": chosen, "rejected_ids": rejected}


def split_text(tokenizer: Any, text: str) -> tuple[list[int], list[int]]:
    """Tokens of a `text` row before its answer, and of the answer; without an answer section all of it is trained."""
    text = text.strip().removesuffix("<|endoftext|>").removesuffix("</s>").rstrip()
    headers = list(_ANSWER.finditer(text))
    at = headers[-1].end() if headers else 0
    start = [] if not tokenizer.bos_token_id or not at else _start_ids(tokenizer)
    before = list(tokenizer(text[:at], add_special_tokens=False)["input_ids"]) if at else []
    return start + before, answer_ids(tokenizer, text[at:])


def encode_all(
    tokenizer: Any, rows: Iterable[Mapping[str, Any]], max_tokens: int, encode: Any
) -> tuple[list[dict[str, list[int]]], int]:
    """Encoded rows and how many were too long."""
    found = [encode(tokenizer, row, max_tokens) for row in rows]
    kept = [row for row in found if row is not None]
    return kept, len(found) - len(kept)


def need_rows(kept: list[Any], too_long: int, max_tokens: int) -> None:
    """Raises InputError when nothing is left to train on."""
    if kept:
        return
    if too_long:
        raise InputError(
            f"모든 행({too_long}개)이 --max-tokens {max_tokens}보다 깁니다. 값을 늘리거나 자료를 줄이세요",
            f"all {too_long} rows are longer than --max-tokens {max_tokens}; raise it or shorten the data",
        )
    raise InputError("학습할 행이 없습니다", "there are no rows to train on")


def _turns(messages: list[Mapping[str, str]]) -> list[dict[str, Any]]:
    return [
        {"prompt": [dict(message) for message in messages[:at]], "completion": str(turn["content"])}
        for at, turn in enumerate(messages)
        if turn["role"] == "assistant" and at
    ]


def _with_input(made: dict[str, Any], row: Mapping[str, Any]) -> dict[str, Any]:
    return {**made, "input": str(row["input"])} if str(row.get("input") or "").strip() else made


def _filled(rows: list[dict[str, Any]], names: tuple[str, ...]) -> None:
    for number, row in enumerate(rows, 1):
        for name in names:
            if name in row and not str(row[name]).strip():
                raise InputError(
                    f"{number}번째 행: {name}이(가) 비었습니다. 먼저 haechi data lint로 자료를 살피세요",
                    f"row {number}: {name} is empty; look at the data with haechi data lint",
                )


def _start_ids(tokenizer: Any) -> list[int]:
    ids = list(tokenizer("", add_special_tokens=True)["input_ids"])
    return ids[:1] if ids[:1] == [tokenizer.bos_token_id] else []


def _not(number: int, row: Mapping[str, Any], wanted: str) -> InputError:
    has = ", ".join(sorted(map(str, row)))
    return InputError(
        f"{number}번째 행에 {wanted}이(가) 없습니다(있는 것: {has})", f"row {number} lacks {wanted} (it has: {has})"
    )


def check_rows(kind: str, rows: Iterable[Mapping[str, Any]]) -> None:
    """Raises InputError when rows are not what trainer `kind` (sft, dpo, reward …) learns from; loads nothing."""
    if kind in ("dpo", "reward"):
        pair_rows(rows)
    elif kind == "sft":
        sft_rows(rows)

"""How many tokens a text has: by a model's own tokenizer, or by its letters where none is given."""

from __future__ import annotations

import math
from collections.abc import Callable
from pathlib import Path

from haechi.errors import InputError
from haechi.training.needs import require_torch

#: Characters a token in the answers and passages of datasets/grounded_qa, Qwen2.5's tokenizer.
CHARS_A_TOKEN = 1.33


def by_letters(text: str) -> int:
    """About how many tokens, by the number of characters; for Korean text and tokenizers that know Korean."""
    return math.ceil(len(text) / CHARS_A_TOKEN)


def by_tokenizer(folder: Path) -> Callable[[str], int]:
    """The counter of a Hugging Face folder; nothing is fetched and no code of it is run. Raises InputError."""
    require_torch()
    from transformers import AutoTokenizer

    try:
        tokenizer = AutoTokenizer.from_pretrained(str(folder), local_files_only=True, trust_remote_code=False)
    except (OSError, ValueError) as error:
        raise InputError(
            f"'{folder}'에서 토크나이저를 읽을 수 없습니다. tokenizer.json이 있는 폴더를 주세요",
            f"cannot read a tokenizer from '{folder}'; give a folder with tokenizer.json",
        ) from error
    return lambda text: len(tokenizer.encode(text, add_special_tokens=False))

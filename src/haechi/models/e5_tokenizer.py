"""The bundled embedder's tokenizer: text → ids, and nothing else. Plain Python over the vocabulary of `tokenizer.json`.

Why not the `tokenizers` package: it needs 1.2 CPU seconds to load this vocabulary of 250,002 pieces, four times what
this module needs, and every command pays it. Korean words are short and repeat, so the search below, cached per word,
costs about a hundredth of the embedding itself.

Normalisation is NFC, then the model's own map of code points (control characters vanish, wide and compatibility forms
become plain ones), then runs of spaces become one. NFC comes first because decomposed syllables, as macOS writes them,
would otherwise be read letter by letter.

The names of special tokens (`<s>`, `</s>`, `<mask>` …) written in a text are read as ordinary characters.
"""

from __future__ import annotations

import json
import re
import unicodedata
from functools import lru_cache
from pathlib import Path

from haechi.errors import ModelError
from haechi.models.e5_files import NORMALISER_FILE, TOKENIZER_FILE, install_command

#: Marks the beginning of a word inside a piece.
WORD_START = "▁"
CACHED_WORDS = 1 << 16
UNKNOWN_PENALTY = 10.0

_SPACES = re.compile(" {2,}")
_UNREACHABLE = float("-inf")


class UnigramTokenizer:
    """Best segmentation of each word under the unigram model. Safe to share between threads."""

    def __init__(self, pieces: list[tuple[str, float]], normaliser: dict[int, str], special: dict[str, int]) -> None:
        """`pieces` in id order with their log probabilities; `special` maps `<s>`, `</s>`, `<unk>` … to their ids."""
        self._bos, self._eos, self._unknown = special["<s>"], special["</s>"], special["<unk>"]
        self._ids = {piece: number for number, (piece, _) in enumerate(pieces) if piece not in special}
        self._scores = [score for _, score in pieces]
        self._unknown_score = min(self._scores) - UNKNOWN_PENALTY
        self._longest = max(map(len, self._ids))
        self._normaliser = normaliser
        self._word = lru_cache(maxsize=CACHED_WORDS)(self._segment)

    @staticmethod
    def from_folder(folder: Path) -> UnigramTokenizer:
        """Read `tokenizer.json` and `normaliser.json` of `e5_convert`. Raises ModelError when they aren't that."""
        try:
            tokenizer = json.loads((folder / TOKENIZER_FILE).read_bytes())
            normaliser = json.loads((folder / NORMALISER_FILE).read_bytes())
            special = {token["content"]: token["id"] for token in tokenizer["added_tokens"]}
            replacements = {ord(character): text for character, text in normaliser.items()}
            return UnigramTokenizer(tokenizer["model"]["vocab"], replacements, special)
        except (OSError, ValueError, KeyError, TypeError) as error:
            raise ModelError(
                f"{folder}의 토크나이저를 읽을 수 없습니다({error}). 다시 설치: {install_command(folder)}",
                f"cannot read the tokenizer in {folder}: {error}; install the model again: {install_command(folder)}",
            ) from error

    def normalise(self, text: str) -> str:
        """The text as the model sees it, spaces still spaces."""
        return _SPACES.sub(" ", unicodedata.normalize("NFC", text).translate(self._normaliser))

    def content(self, text: str) -> list[int]:
        """Ids without the special tokens at both ends."""
        ids: list[int] = []
        for word in self.normalise(text).removeprefix(" ").split(" "):
            ids.extend(self._word(word))
        return ids

    def count(self, text: str) -> int:
        """Number of ids of `content`."""
        return sum(len(self._word(word)) for word in self.normalise(text).removeprefix(" ").split(" "))

    def wrap(self, content: list[int]) -> list[int]:
        """Put the special tokens at both ends."""
        return [self._bos, *content, self._eos]

    def _segment(self, word: str) -> tuple[int, ...]:
        """Viterbi over one word. No piece holds a word start in its middle, so words are independent."""
        text = WORD_START + word
        ids, scores, longest = self._ids, self._scores, self._longest
        best = [0.0] + [_UNREACHABLE] * len(text)
        step: list[tuple[int, int]] = [(0, self._unknown)] * (len(text) + 1)
        for start in range(len(text)):
            base = best[start]
            for end in range(start + 1, min(start + longest, len(text)) + 1):
                number = ids.get(text[start:end])
                if number is not None and base + scores[number] > best[end]:
                    best[end] = base + scores[number]
                    step[end] = (start, number)
            if base + self._unknown_score > best[start + 1]:
                best[start + 1] = base + self._unknown_score
                step[start + 1] = (start, self._unknown)
        found: list[int] = []
        end = len(text)
        while end:
            end, number = step[end]
            found.append(number)
        return tuple(reversed(found))

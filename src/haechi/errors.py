"""One exception family. A message says what happened, which value, what was expected, and the next command.

Messages are for readers of the product, so they are Korean; `HAECHI_LANG=en` is served by the second argument.
The command line prints `str(error)` without a traceback and exits with `error.exit_code`.
"""

from __future__ import annotations

import os


class HaechiError(Exception):
    """Base of all errors a user can cause or must act on."""

    exit_code = 1

    def __init__(self, korean: str, english: str | None = None) -> None:
        self.korean = korean
        self.english = english or korean
        super().__init__(korean)

    def __str__(self) -> str:
        return self.english if os.environ.get("HAECHI_LANG", "ko").lower().startswith("en") else self.korean


class ConfigError(HaechiError):
    """haechi.toml or a HAECHI_* variable is wrong."""


class HomeError(HaechiError):
    """No home was found, or it cannot be opened or locked."""


class StoreError(HaechiError):
    """The SQLite store cannot be read or written (corrupt, newer format, disk full)."""


class ParseError(HaechiError):
    """A source could not be parsed; the other sources go on."""


class BackendError(HaechiError):
    """A back end is unknown, or its package is missing."""


class ModelError(HaechiError):
    """A model is missing, does not match its hash, or failed while running."""


class LicenceError(ModelError):
    """A model's licence does not fit the project."""


class PromptError(HaechiError):
    """A prompt template misses variables."""


class IndexMismatchError(HaechiError):
    """An index on disk does not belong to the store's present state; it is rebuilt, never used."""


class InputError(HaechiError):
    """Wrong input of a command: file, row or value."""

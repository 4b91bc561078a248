"""Which embedder, analyser and own words a home is served with now, as opposed to what its settings ask for.

They are recorded in the store with the first ingest. A change in haechi.toml takes effect when `haechi reembed` has
made all vectors and swaps the indexes. Until then the recorded ones go on serving, so that vectors of two models are
never mixed and no question meets half an index.
"""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, fields

from haechi.config import Config, EmbedderConfig
from haechi.korean.lexicon import Lexicon
from haechi.stores.base import Store

#: Key in the store's state.
KEY = "live"
#: Names the words that are wanted.
WORDS = "words"


@dataclass(frozen=True)
class Live:
    """What vectors and tokens of the indexes are made with."""

    embedder: EmbedderConfig
    analyser: str
    #: Names the home's own words; empty without any.
    words: str = ""

    @property
    def identity(self) -> tuple[str, ...]:
        """What makes other vectors or other tokens; threads, batch sizes and a server's address do not."""
        made = self.embedder
        return (made.backend, made.model, made.query_prefix, made.passage_prefix, self.analyser, self.words)

    def describe(self) -> str:
        """In a few words, for a message."""
        words = f" + 사용자 단어({self.words})" if self.words else ""
        return f"{self.embedder.backend} {self.embedder.model} / {self.analyser}{words}"

    def to_text(self) -> str:
        record = {"embedder": asdict(self.embedder), "analyser": self.analyser, "words": self.words}
        return json.dumps(record, ensure_ascii=False)

    @staticmethod
    def of_text(text: str) -> Live:
        raw = json.loads(text)
        known = {item.name for item in fields(EmbedderConfig)}
        settings = {key: value for key, value in raw["embedder"].items() if key in known}
        return Live(EmbedderConfig(**settings), raw["analyser"], raw.get("words", ""))


def wanted(config: Config, store: Store) -> Live:
    """What the settings and the home's own words ask for."""
    return Live(config.embedder, config.retrieval.analyser, store.state(WORDS) or "")


def lexicon(live: Live, store: Store) -> Lexicon:
    """The words that the index in use was made with, and the synonyms of the moment."""
    return Lexicon(store.words(serving=live.words != (store.state(WORDS) or "")), store.synonyms)


def serving(config: Config, store: Store) -> Live:
    """What serves now: the recorded parts, or the settings' where they are the same or nothing is recorded yet."""
    recorded = store.state(KEY)
    asked = wanted(config, store)
    if recorded is None:
        return asked
    live = Live.of_text(recorded)
    return asked if live.identity == asked.identity else live


def settle(config: Config, store: Store) -> None:
    """For a writer: record the settings' parts in a home that has none, or nothing indexed, yet."""
    text = wanted(config, store).to_text()
    if store.state(KEY) != text and (store.state(KEY) is None or store.entry_count() == 0):
        store.set_state(KEY, text)


def waiting(config: Config, store: Store) -> tuple[Live, Live] | None:
    """(serving, wanted) when the settings ask for other parts than those that serve; None when they agree."""
    now, asked = serving(config, store), wanted(config, store)
    return None if now.identity == asked.identity else (now, asked)

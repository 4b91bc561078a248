"""A candidate into haechi.toml and out again, each with a line in the home's history that is never changed.

What the file said before is noted before it is written, so that a rollback restores it, and a kill between the two
loses nothing.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, get_type_hints

from haechi.config import SECTIONS, Config
from haechi.errors import ConfigError, InputError
from haechi.models import bundled
from haechi.models.assemble import sha256_of
from haechi.models.model_home import models_dir, sync_folder
from haechi.models.own_models import read_registry
from haechi.pipeline.settings_file import Value, change_settings, read_values
from haechi.stores.improvements_base import Improvement
from haechi.training.card_lease import card_state
from haechi.training.improve_run import open_run

if TYPE_CHECKING:
    from haechi.stores.base import Store

ADAPTER_KEY = "llm.adapter"
EMBEDDER_KEY = "embedder.model"


def with_changes(config: Config, changes: Mapping[str, Value]) -> Config:
    """The settings with `section.key`s changed; UNSET (None) is the key's default. Raises ConfigError."""
    for name, value in changes.items():
        section, _, key = name.partition(".")
        held: Any = getattr(config, section) if section in SECTIONS else None
        kind = get_type_hints(type(held)).get(key) if held is not None else None
        fits = kind in (str, bool, int, float) and (
            value is None or type(value) is kind or (kind is float and type(value) is int)
        )
        if not fits:
            what = f"{value!r}" + ("" if kind is None else f" ({getattr(kind, '__name__', kind)})")
            raise ConfigError(
                f"설정 '{name}' = {what}: 있는 설정과 그 꼴의 값이어야 합니다(예: answer.examples=false)",
                f"the setting '{name}' = {what}: expected a known key and its kind of value (llm.adapter=NAME)",
            )
        chosen = getattr(type(held)(), key) if value is None else value
        config = replace(config, **{section: replace(held, **{key: chosen})})
    return config


def check_environment(changes: Sequence[str]) -> None:
    """Raises ConfigError when a variable would win over what is to be written."""
    for name in changes:
        variable = f"HAECHI_{name.replace('.', '_')}".upper()
        if variable in os.environ:
            raise ConfigError(
                f"환경 변수 {variable}이(가) haechi.toml보다 앞서므로 바꾸어도 쓰이지 않습니다. "
                f"지운 뒤 다시 실행하세요: unset {variable}",
                f"the variable {variable} wins over haechi.toml, so a change would do nothing; unset it and run again",
            )


def install_adapter(file: Path, name: str, licence: str) -> str:
    """Copy a LoRA GGUF into the models folder and register it; its name. Doing it twice is doing it once."""
    registry = read_registry()
    if name in registry and registry[name]["sha256"] == sha256_of(file) and Path(registry[name]["path"]).is_file():
        return name
    folder = models_dir() / "own" / name
    folder.mkdir(parents=True, exist_ok=True)
    target, partial = folder / f"{name}.gguf", folder / f".{name}.part"
    shutil.copyfile(file, partial)
    os.replace(partial, target)
    sync_folder(folder)
    return bundled.add(target, name=name, licence=licence)


def promote(
    config: Config,
    store: Store,
    run: str,
    changes: Mapping[str, Value],
    before: Mapping[str, Value],
    *,
    who: str = "",
    record: Mapping[str, Any],
) -> Improvement:
    """Write the settings and append `promoted`. `before` is what the file said; see `read_values`."""
    check_environment(list(changes))
    with_changes(config, changes)  # a wrong value is refused before the file is touched
    change_settings(config.home, changes)
    lines = store.improvements()
    known = next((line for line in reversed(lines) if (line.run, line.event) == (run, "promoted")), None)
    if known is not None and not _undone(lines, known):
        return known  # a kill came between the line and the end of the run
    pairs = {name: [before[name], value] for name, value in changes.items()}
    return _append(store, Improvement(run, "promoted", who, {**record, "changes": pairs}))


def rollback(config: Config, store: Store, *, who: str = "", force: bool = False) -> Improvement:
    """Take back the newest promotion that stands: haechi.toml says again what it said before.

    Raises InputError when there is none, or when somebody changed those settings since (unless `force`).
    """
    line = in_use(store.improvements())
    if line is None:
        raise InputError(
            "되돌릴 승격이 없습니다. 기록: haechi improve history",
            "no promotion to roll back; see: haechi improve history",
        )
    pairs: dict[str, list[Value]] = line.record["changes"]
    check_environment(list(pairs))
    now = read_values(config.home, list(pairs))
    other = [name for name, (_, after) in pairs.items() if now[name] != after]
    if other and not force:
        found = ", ".join(f"{name} = {now[name]!r}" for name in other)
        raise InputError(
            f"승격한 뒤에 haechi.toml이 바뀌었습니다({found}). 그래도 승격 전으로 되돌리려면 --force",
            f"haechi.toml was changed after the promotion ({found}); to restore what was before it anyway: --force",
        )
    change_settings(config.home, {name: before for name, (before, _) in pairs.items()})
    undone = {name: [now[name], before] for name, (before, _) in pairs.items()}
    return _append(store, Improvement(line.run, "rolled_back", who, {"of": line.id, "changes": undone}))


def in_use(lines: Sequence[Improvement]) -> Improvement | None:
    """The newest promotion that was not taken back."""
    return next((line for line in reversed(lines) if line.event == "promoted" and not _undone(lines, line)), None)


def history(store: Store) -> list[dict[str, Any]]:
    """All lines, newest first: `in_use`, `rolled_back`, and how many documents trained on are gone from the home."""
    lines = store.improvements()
    used = in_use(lines)
    living = {record.id for record in store.documents()}
    found = []
    for line in reversed(lines):
        row = line.as_json()
        documents = list((row.get("data") or {}).get("documents", ()))
        if documents:
            row["data"] = {**row["data"], "documents": len(documents)}
        row["removed_documents"] = sum(one not in living for one in documents)
        row["in_use"] = used is not None and line.id == used.id
        row["undone"] = line.event == "promoted" and _undone(lines, line)
        found.append(row)
    return found


def status(config: Config, store: Store) -> dict[str, Any]:
    """What serves, the promotion behind it, the open try, who holds the card, and whether a gate has questions."""
    line, run = in_use(store.improvements()), open_run(config.home)
    return {
        "adapter": config.llm.adapter,
        "embedder": config.embedder.model,
        "in_use": None if line is None else {"id": line.id, "run": line.run, "created": line.created, "who": line.who},
        "open": None if run is None else {"id": run.id, "stage": run.next_stage, "created": run.created},
        "card": card_state(),
        "questions": config.gate.questions,
    }


def _undone(lines: Sequence[Improvement], line: Improvement) -> bool:
    return any(other.event == "rolled_back" and other.record.get("of") == line.id for other in lines)


def _append(store: Store, line: Improvement) -> Improvement:
    identity = store.add_improvement(line)
    return next(one for one in store.improvements() if one.id == identity)

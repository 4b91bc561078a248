"""The model that an adapter belongs to, looked at without loading it: a GGUF file, or a Hugging Face folder."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from haechi.errors import InputError, ModelError
from haechi.models import bundled
from haechi.models.adapter_check import is_adapter, norms_hash, norms_mark
from haechi.models.gguf_header import read_tensors
from haechi.models.licence_rules import stated_licence
from haechi.training import llm_base
from haechi.training.llm_base import CARD
from haechi.training.lora_names import ARCHITECTURES


@dataclass(frozen=True)
class Base:
    """`shapes`: GGUF name without `.weight` → (outputs, inputs). `gguf` is None for a folder of unknown origin.

    `name` is what a human calls it, `norms` its mark (`adapter_check.norms_mark`), empty where it cannot be known.
    """

    path: Path
    gguf: Path | None
    architecture: str
    heads: int
    kv_heads: int
    shapes: dict[str, tuple[int, int]]
    name: str
    norms: str
    licence: str

    def hashes(self) -> Iterator[str]:
        """What run cards may call this model by, the quick ones first: of the file, of its folder of weights."""
        found = self.gguf or self.path
        yield llm_base.base_sha256(str(found))
        folder = self.folder()
        if folder is not None:
            yield reader_hash(folder)
            if self.gguf is not None:
                yield llm_base.base_sha256(str(folder))

    def folder(self) -> Path | None:
        """The model as a Hugging Face folder, where there is one already."""
        if self.path.is_dir():
            return self.path
        folder = llm_base.folder_for(str(self.path))
        return folder if (folder / "config.json").is_file() else None


def reader_hash(folder: Path) -> str:
    """What `haechi train reader` calls a base: its configuration and the sizes of its weights."""
    sizes = sorted((file.name, file.stat().st_size) for file in folder.glob("*.safetensors"))
    text = (folder / "config.json").read_text(encoding="utf-8") + json.dumps(sizes)
    return hashlib.sha256(text.encode()).hexdigest()


def find_base(base: str) -> Base:
    """A name of `haechi models list`, a GGUF file or a model folder. Raises InputError or ModelError."""
    folder = Path(base).expanduser()
    if folder.is_dir():
        origin = _origin(folder)
        return _of_gguf(*origin, folder) if origin else _of_folder(folder)
    file = bundled.path(base)
    if file.is_dir() or file.suffix.lower() != ".gguf":
        raise InputError(
            f"'{base}'은(는) 언어 모델이 아닙니다. GGUF 파일, 모델 폴더나 haechi models list의 답변 모델을 주세요",
            f"'{base}' is no language model; give a GGUF file, a model folder or an answer model of haechi models list",
        )
    stem = file.parent.name if file.name == "model.gguf" else file.stem
    return _of_gguf(stem if "/" in base else base, file, file)


def _origin(folder: Path) -> tuple[str, Path] | None:
    """Name and file of the GGUF that Haechi made a folder from, when it is still here."""
    card = folder / CARD
    if not card.is_file():
        return None
    sha256 = json.loads(card.read_text(encoding="utf-8")).get("sha256")
    rows = [row for row in bundled.list_models() if row.kind == "llm" and row.installed]
    return next(((row.name, row.path) for row in rows if row.sha256 == sha256), None)


def _of_gguf(name: str, file: Path, path: Path) -> Base:
    header, tensors = read_tensors(file)
    if is_adapter(header):
        raise InputError(
            f"'{file}'은(는) 어댑터입니다. --base에는 원래 모델을 주세요", f"'{file}' is an adapter, not a base model"
        )
    architecture = str(header.get("general.architecture"))
    _check_architecture(architecture, file)
    heads = int(header.get(f"{architecture}.attention.head_count", 0))
    return Base(
        path,
        file,
        architecture,
        heads,
        int(header.get(f"{architecture}.attention.head_count_kv", heads)),
        {one.name.removesuffix(".weight"): one.shape[::-1] for one in tensors.values() if len(one.shape) == 2},
        name,
        norms_mark(file, tensors),
        _licence(name, file),
    )


def _licence(name: str, file: Path) -> str:
    rows = [row for row in bundled.list_models() if row.name == name or row.path == file]
    return rows[0].licence if rows else stated_licence(file)


def _of_folder(folder: Path) -> Base:
    try:
        config: dict[str, Any] = json.loads((folder / "config.json").read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise InputError(
            f"'{folder}'의 config.json을 읽을 수 없습니다. Hugging Face 모델 폴더를 주세요",
            f"cannot read config.json of '{folder}'; give a Hugging Face model folder",
        ) from error
    config = {**config, **config.get("text_config", {})}
    kind = str(config.get("model_type"))
    architecture = ARCHITECTURES.get(kind, kind)
    _check_architecture(architecture, folder)
    heads = int(config["num_attention_heads"])
    shapes, norms = _folder_tensors(folder, architecture)
    return Base(
        folder,
        None,
        architecture,
        heads,
        int(config.get("num_key_value_heads") or heads),
        shapes,
        folder.name,
        norms,
        stated_licence(folder),
    )


def _folder_tensors(folder: Path, architecture: str) -> tuple[dict[str, tuple[int, int]], str]:
    """Shapes of the layers' matrices, and the mark of the norms (none for Gemma, whose norms GGUF stores plus one)."""
    import gguf
    import numpy as np
    from safetensors import safe_open

    index = gguf.get_tensor_name_map(gguf.MODEL_ARCH[architecture.upper()], 512)
    shapes: dict[str, tuple[int, int]] = {}
    norms: dict[str, bytes] = {}
    for file in sorted(folder.glob("*.safetensors")):
        with safe_open(file, framework="pt") as stream:
            for key in stream.keys():
                name = index.get_name(key, try_suffixes=(".weight", ".bias"))
                shape = stream.get_slice(key).get_shape()
                if name and len(shape) == 2:
                    shapes[name.removesuffix(".weight")] = (shape[0], shape[1])
                elif name and name.endswith("norm.weight"):
                    norms[name] = np.asarray(stream.get_tensor(key).float().numpy(), "<f4").tobytes()
    if not shapes:
        raise InputError(f"'{folder}'에 safetensors 가중치가 없습니다", f"'{folder}' has no safetensors weights")
    return shapes, "" if architecture.startswith("gemma") else norms_hash(norms)


def _check_architecture(architecture: str, where: Path) -> None:
    known = sorted(set(ARCHITECTURES.values()))
    if architecture not in known:
        raise ModelError(
            f"'{where}'의 구조 '{architecture}'은(는) 내보낼 수 없습니다. 되는 것: {', '.join(known)}",
            f"the architecture '{architecture}' of '{where}' cannot be exported; known: {', '.join(known)}",
        )

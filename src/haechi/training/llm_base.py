"""Language models to train: a Hugging Face folder, a GGUF file, or a name of `haechi models list`.

A GGUF is rewritten once as a Hugging Face folder under `<models folder>/hf/`, half precision, which is enough for
weights of four to eight bits. Nothing is ever fetched, and no code that a model brings along is run.
"""

from __future__ import annotations

import json
import os
import shutil
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from haechi.errors import InputError, ModelError
from haechi.models.assemble import check_space, sha256_of
from haechi.models.bundled import path as model_path
from haechi.models.gguf_header import read_header
from haechi.models.model_home import lock, models_dir, write_json
from haechi.training.needs import require_training
from haechi.training.prompt_format import end_mark

CARD = "haechi_base.json"
#: Marks that tokenizers carry and hardly use, by preference; the padding must not be the end mark.
_PADS = ("<pad>", "<|pad|>", "[PAD]", "<|finetune_right_pad_id|>", "<|endoftext|>", "<|vision_pad|>", "<unk>")


def find_base(base: str) -> Path:
    """The folder or GGUF file that `base` means. Raises ModelError or InputError, loading nothing."""
    direct = Path(base).expanduser()
    if direct.is_dir():
        if not (direct / "config.json").is_file():
            raise InputError(
                f"'{direct}'에 config.json이 없습니다. Hugging Face 모델 폴더나 GGUF 파일, "
                "또는 haechi models list의 이름을 주세요",
                f"'{direct}' has no config.json; give a Hugging Face model folder, a GGUF file or a name of "
                "haechi models list",
            )
        if not any(direct.glob("*.safetensors")):
            raise InputError(
                f"'{direct}'에 safetensors 가중치가 없습니다. 안전하지 않은 .bin은 읽지 않습니다",
                f"'{direct}' has no safetensors weights; .bin files are not read",
            )
        return direct.absolute()
    found = model_path(base)
    if found.is_dir() or found.suffix.lower() != ".gguf":
        raise InputError(
            f"'{base}'은(는) 언어 모델이 아닙니다. haechi models list의 답변 모델이나 모델 폴더를 주세요",
            f"'{base}' is not a language model; give an answer model of haechi models list or a model folder",
        )
    return found


def folder_for(base: str) -> Path:
    """Where `base` is, or will be, as a Hugging Face folder."""
    found = find_base(base)
    if found.is_dir():
        return found
    # A file elsewhere is told apart by its size, so that two files of one name do not meet.
    name = found.parent.name if found.name == "model.gguf" else f"{found.stem}-{found.stat().st_size}"
    return models_dir() / "hf" / name


def hf_folder(base: str) -> Path:
    """`base` as a Hugging Face folder, rewritten from GGUF if it is one. Raises ModelError."""
    found, folder = find_base(base), folder_for(base)
    if found.is_dir() or _converted(found, folder):
        return folder
    require_training("gguf")
    with lock(f"hf-{folder.name}"):
        if not _converted(found, folder):  # another process may have been here
            _convert(found, folder)
    return folder


def base_sha256(base: str) -> str:
    """SHA-256 of a GGUF file, or over the names and hashes of a folder's weights and config."""
    import hashlib

    found = find_base(base)
    if found.is_file():
        card = folder_for(base) / CARD
        if _converted(found, card.parent):
            return str(json.loads(card.read_text(encoding="utf-8"))["sha256"])
        return sha256_of(found)
    digest = hashlib.sha256()
    for file in sorted([found / "config.json", *found.glob("*.safetensors")]):
        digest.update(f"{file.name}\0{sha256_of(file)}\n".encode())
    return digest.hexdigest()


def load_tokenizer(base: str, *, side: str = "right") -> Any:
    """The tokenizer, with one end mark and a padding mark of its own; pad left ("left") to generate.

    Its `eos_token` is the mark that ends an answer (`prompt_format.end_mark`).
    """
    require_training()
    from transformers import AutoTokenizer

    folder = hf_folder(base)
    with quiet():
        tokenizer = AutoTokenizer.from_pretrained(folder, local_files_only=True, trust_remote_code=False)
    tokenizer.eos_token = end_mark(tokenizer)
    tokenizer.pad_token = _pad_mark(tokenizer)
    tokenizer.padding_side = side
    return tokenizer


def load_causal(base: str, *, dtype: str = "float32", quant: str = "none") -> Any:
    """The model in `dtype`, or in four bits ("nf4", computing in `dtype`). Raises ModelError or BackendError."""
    require_training(*(["bitsandbytes"] if quant == "nf4" else []))
    import torch
    from transformers import AutoModelForCausalLM

    folder, chosen = hf_folder(base), resolve_dtype(dtype)
    options: dict[str, Any] = {"dtype": getattr(torch, chosen), "local_files_only": True, "trust_remote_code": False}
    if quant == "nf4":
        from transformers import BitsAndBytesConfig

        options["quantization_config"] = BitsAndBytesConfig(
            load_in_4bit=True,
            bnb_4bit_quant_type="nf4",
            bnb_4bit_use_double_quant=True,
            bnb_4bit_compute_dtype=getattr(torch, chosen),
        )
        if torch.cuda.is_available():
            options["device_map"] = {"": int(os.environ.get("LOCAL_RANK", "0"))}
    elif quant != "none":
        raise InputError(f"quant '{quant}': none이나 nf4여야 합니다", f"quant '{quant}': expected none or nf4")
    try:
        with quiet():
            model = AutoModelForCausalLM.from_pretrained(folder, **options)
    except (OSError, ValueError, KeyError, RuntimeError) as error:
        reason = str(error).strip().splitlines()[0] if str(error).strip() else type(error).__name__
        raise ModelError(
            f"모델 '{folder}'을(를) 불러올 수 없습니다: {reason}", f"cannot load the model '{folder}': {reason}"
        ) from error
    if quant == "nf4":
        # On a processor bitsandbytes repacks the weights at the first evaluation, for a kernel without gradients: the
        # training that follows would fail, or, in layers without bias, quietly learn nothing.
        for module in model.modules():
            if hasattr(module, "support_avx512bf16_for_cpu"):
                module.support_avx512bf16_for_cpu = False
    tokenizer = load_tokenizer(base)
    for config in (model.config.get_text_config(), model.generation_config):
        config.pad_token_id, config.eos_token_id = tokenizer.pad_token_id, tokenizer.eos_token_id
    return model


def resolve_dtype(dtype: str) -> str:
    """ "auto" is bfloat16 where a card computes it, float16 on older cards, float32 without a card."""
    import torch

    card = torch.cuda.is_available()
    if dtype == "auto":
        return ("bfloat16" if torch.cuda.is_bf16_supported() else "float16") if card else "float32"
    if dtype == "float16" and not card:
        raise InputError(
            "float16은 GPU에서만 학습할 수 있습니다. --dtype float32나 bfloat16을 쓰세요",
            "float16 trains on a card only; use --dtype float32 or bfloat16",
        )
    return dtype


@contextmanager
def quiet() -> Iterator[None]:
    """Loading without the libraries' bars and remarks, which are about themselves."""
    from transformers.utils import logging as hf_logging

    level, bars = hf_logging.get_verbosity(), hf_logging.is_progress_bar_enabled()
    hf_logging.set_verbosity_error()
    hf_logging.disable_progress_bar()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            yield
        finally:
            hf_logging.set_verbosity(level)
            if bars:
                hf_logging.enable_progress_bar()


def _pad_mark(tokenizer: Any) -> str:
    taken = {tokenizer.eos_token, tokenizer.bos_token}
    own = tokenizer.pad_token
    if own and own not in taken:
        return str(own)
    known = tokenizer.get_vocab()
    others = sorted(str(token) for token in tokenizer.added_tokens_decoder.values() if token.special)
    for mark in (*_PADS, *others):
        if mark in known and mark not in taken:
            return mark
    # Padding is masked in attention and loss, so any token does that is not one of the two marks.
    first = next(number for number in range(len(known)) if tokenizer.convert_ids_to_tokens(number) not in taken)
    return str(tokenizer.convert_ids_to_tokens(first))


def _converted(source: Path, folder: Path) -> bool:
    card = folder / CARD
    if not card.is_file():
        return False
    known = json.loads(card.read_text(encoding="utf-8"))
    stat = source.stat()
    return bool(known["size"] == stat.st_size and known["modified"] == stat.st_mtime_ns)


def _convert(source: Path, folder: Path) -> None:
    """`save_pretrained` refuses a model that came from GGUF, so its weights move into a fresh one."""
    import torch
    from transformers import AutoModelForCausalLM, AutoTokenizer

    check_space(models_dir(), 6 * source.stat().st_size)
    header, digest = read_header(source), sha256_of(source)
    fresh = folder.with_name(folder.name + ".new")
    shutil.rmtree(fresh, ignore_errors=True)
    try:
        with quiet(), _bar_for_people():
            tokenizer = AutoTokenizer.from_pretrained(source.parent, gguf_file=source.name, local_files_only=True)
            loaded = AutoModelForCausalLM.from_pretrained(
                source.parent, gguf_file=source.name, dtype=torch.float16, local_files_only=True
            )
            config = loaded.config
            if hasattr(config, "quantization_config"):
                del config.quantization_config
            config.dtype = torch.float16
            weights = loaded.state_dict()
            with torch.device("meta"):
                model = AutoModelForCausalLM.from_config(config, dtype=torch.float16)
            model.load_state_dict(weights, assign=True)
            model.tie_weights()
            fresh.mkdir(parents=True)
            model.save_pretrained(fresh, max_shard_size="2GB")
            tokenizer.save_pretrained(fresh)
    except (OSError, ValueError, KeyError, RuntimeError, NotImplementedError) as error:
        shutil.rmtree(fresh, ignore_errors=True)
        reason = str(error).strip().splitlines()[0] if str(error).strip() else type(error).__name__
        raise ModelError(
            f"GGUF '{source}'({header.get('general.architecture')})을(를) 학습할 모델로 바꿀 수 없습니다: {reason}",
            f"cannot turn the GGUF '{source}' ({header.get('general.architecture')}) into a model to train: {reason}",
        ) from error
    card = {
        "source": source.name,
        "name": header.get("general.name", source.stem),
        "licence": header.get("general.license", "unknown"),
        "sha256": digest,
        "size": source.stat().st_size,
        "modified": source.stat().st_mtime_ns,
    }
    write_json(fresh / CARD, card)
    shutil.rmtree(folder, ignore_errors=True)
    fresh.rename(folder)


@contextmanager
def _bar_for_people() -> Iterator[None]:
    """transformers' own bar while it dequantizes, shown to a person only."""
    import functools

    from tqdm import tqdm
    from transformers import modeling_gguf_pytorch_utils as gguf_module

    before = gguf_module.tqdm
    gguf_module.tqdm = functools.partial(tqdm, disable=None)
    try:
        yield
    finally:
        gguf_module.tqdm = before

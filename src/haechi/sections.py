"""The sections of haechi.toml as frozen dataclasses, each checking its own values. `config.py` reads the file."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import PurePath

from haechi.errors import ConfigError


def _one_of(section: str, name: str, value: str, known: tuple[str, ...]) -> None:
    if value not in known:
        raise ConfigError(
            f"[{section}] {name} = {value!r}: {', '.join(known)} 가운데 하나여야 합니다",
            f"[{section}] {name} = {value!r}: expected one of {', '.join(known)}",
        )


@dataclass(frozen=True)
class ProjectConfig:
    """Who the home belongs to. `commercial` refuses models with a research-only licence."""

    name: str = "해치"
    commercial: bool = True
    allow_research_models: bool = False


@dataclass(frozen=True)
class LLMConfig:
    """`model` is a name of `haechi models list` or a path; for servers it is the served model's name.

    `adapter` is a LoRA for it (llama_cpp only): a name or the path of a GGUF, empty for none; `adapter_scale` times it.
    `grammar` is how the evidence lock's grammar is sent: gbnf to llama-server, ebnf to vLLM, none to other servers.
    """

    backend: str = "llama_cpp"
    model: str = "qwen2.5-coder-1.5b-instruct-q4"
    adapter: str = ""
    adapter_scale: float = 1.0
    context: int = 4096
    threads: int = 0
    url: str = "http://127.0.0.1:8000/v1"
    api_key_env: str = "HAECHI_LLM_API_KEY"
    timeout: float = 300.0
    grammar: str = "none"

    def __post_init__(self) -> None:
        _one_of("llm", "grammar", self.grammar, ("none", "gbnf", "ebnf"))
        if not 0 < self.adapter_scale <= 4:
            raise ConfigError(
                f"[llm] adapter_scale = {self.adapter_scale}: 0보다 크고 4 이하여야 합니다(보통 1). "
                '어댑터를 쓰지 않으려면 adapter = ""',
                f"[llm] adapter_scale = {self.adapter_scale}: expected above 0, at most 4 (usually 1); for no adapter: "
                'adapter = ""',
            )

    @property
    def full_name(self) -> str:
        """What answers name: the model, and its adapter with a scale that is not 1, as in `base+adapter@0.5`."""
        if not self.adapter:
            return self.model
        scale = "" if self.adapter_scale == 1 else f"@{self.adapter_scale:g}"
        return f"{self.model}+{PurePath(self.adapter).name.removesuffix('.gguf')}{scale}"


@dataclass(frozen=True)
class EmbedderConfig:
    """`model` is a name of `haechi models list` or a path. `threads = 0` uses every core.

    `query_prefix` and `passage_prefix` stand before every text; empty means those that the model's folder states.
    `max_tokens` is for servers that do not tell their model's limit.
    """

    backend: str = "e5"
    model: str = "haechi-e5-small"
    batch_size: int = 16
    threads: int = 0
    url: str = "http://127.0.0.1:8000/v1"
    api_key_env: str = "HAECHI_EMBEDDER_API_KEY"
    max_tokens: int = 512
    query_prefix: str = ""
    passage_prefix: str = ""


@dataclass(frozen=True)
class IngestConfig:
    """How sources become chunks. Sizes in MB, times in seconds. `parse_workers = 0` reads with one process a core.

    `fixed_*` are for the unit `fixed`, in characters: one separator cuts only there, several are tried coarse to fine.
    `semantic_percentile` is for the unit `semantic`: steps in meaning above it begin a chunk.
    """

    unit: str = "auto"
    strategy: str = "plain"
    fixed_size: int = 1000
    fixed_overlap: int = 50
    fixed_separators: tuple[str, ...] = ("\n\n", "\n", " ", "")
    semantic_percentile: float = 95.0
    max_file_mb: int = 512
    parse_timeout: float = 300.0
    parse_memory_mb: int = 4096
    parse_workers: int = 0


@dataclass(frozen=True)
class ParsersConfig:
    """Which parser reads a format where there is a choice (registry names), and how.

    `ocr` is off, auto (pages and pictures without text, where tesseract is installed) or always. `html_keep` and
    `html_drop` are CSS selectors, separated by commas: only these parts of a saved page are read, or these are not.
    """

    pdf: str = "pdf"
    hwp: str = "hwp"
    ocr: str = "auto"
    ocr_dpi: int = 300
    html_keep: str = ""
    html_drop: str = ""

    def __post_init__(self) -> None:
        _one_of("parsers", "ocr", self.ocr, ("off", "auto", "always"))
        if not 100 <= self.ocr_dpi <= 600:
            raise ConfigError(
                f"[parsers] ocr_dpi = {self.ocr_dpi}: 100에서 600까지여야 합니다(보통 300)",
                f"[parsers] ocr_dpi = {self.ocr_dpi}: expected 100 to 600 (usually 300)",
            )


@dataclass(frozen=True)
class RetrievalConfig:
    """`pool` candidates per method are fused, `k` reach the prompt; `dense_weight` is the dense share of the score.

    Vectors of up to `exact_limit` entries are all compared; above, they lie in lists, of which `probe_share` is looked
    through, in `precision` int8 or float16. `device` is where searches run: auto (a card that faiss can use),
    cpu, gpu.
    `mmr` (0 off, to 1) trades relevance for variety; hits that score below `min_score` (0 to 1) are left out.
    """

    retriever: str = "hybrid"
    analyser: str = "mecab"
    vector_index: str = "faiss"
    full_text_index: str = "tantivy"
    k: int = 2
    pool: int = 50
    dense_weight: float = 0.5
    exact_limit: int = 200_000
    precision: str = "int8"
    probe_share: float = 0.5
    device: str = "auto"
    mmr: float = 0.0
    min_score: float = 0.0

    def __post_init__(self) -> None:
        _one_of("retrieval", "precision", self.precision, ("int8", "float16"))
        _one_of("retrieval", "device", self.device, ("auto", "cpu", "gpu"))
        if self.exact_limit < 1:
            raise ConfigError(
                f"[retrieval] exact_limit = {self.exact_limit}: 1보다 작을 수 없습니다",
                f"[retrieval] exact_limit = {self.exact_limit}: expected 1 or more",
            )
        if not 0 < self.probe_share <= 1:
            raise ConfigError(
                f"[retrieval] probe_share = {self.probe_share}: 0보다 크고 1 이하여야 합니다(1은 모든 목록)",
                f"[retrieval] probe_share = {self.probe_share}: expected more than 0 and at most 1 (all lists)",
            )
        for name in ("mmr", "min_score"):
            value = getattr(self, name)
            if not 0.0 <= value <= 1.0:
                raise ConfigError(
                    f"[retrieval] {name} = {value}: 0에서 1까지여야 합니다(0이면 끔)",
                    f"[retrieval] {name} = {value}: expected 0 to 1 (0 is off)",
                )


@dataclass(frozen=True)
class QueryConfig:
    """What is done to a question before it is searched with. The first two are rules and cost no model call.

    `split` looks for each part of a several-part question; `key_question` searches with a long petition's core as well
    (off: on the petitions measured it costs a second search and finds no more).
    `multi_query` rewordings and `hyde` (a hypothetical passage) each cost a call of the LLM. `follow_up` makes a
    question of a conversation stand alone: off, rule (no model) or auto (rules, then the model).
    """

    split: bool = True
    key_question: bool = False
    multi_query: int = 0
    hyde: bool = False
    follow_up: str = "auto"

    def __post_init__(self) -> None:
        if not 0 <= self.multi_query <= 8:
            raise ConfigError(
                f"[query] multi_query = {self.multi_query}: 0에서 8까지여야 합니다(0이면 끔)",
                f"[query] multi_query = {self.multi_query}: expected 0 to 8 (0 is off)",
            )
        if self.follow_up not in ("off", "rule", "auto"):
            raise ConfigError(
                f"[query] follow_up = {self.follow_up!r}: off, rule, auto 가운데 하나여야 합니다",
                f"[query] follow_up = {self.follow_up!r}: expected off, rule or auto",
            )


@dataclass(frozen=True)
class RerankerConfig:
    """A model that reads question and passage together, after the ranking by features; `none` is the default.

    `model` is a folder or an ONNX file of this machine; empty for `late_interaction`, which uses the embedder's. The
    first `top` candidates are read; `weight` is the model's share of the final score.
    """

    backend: str = "none"
    model: str = ""
    top: int = 20
    weight: float = 0.5
    threads: int = 0

    def __post_init__(self) -> None:
        if not 1 <= self.top <= 200:
            raise ConfigError(
                f"[reranker] top = {self.top}: 1에서 200까지여야 합니다(보통 20)",
                f"[reranker] top = {self.top}: expected 1 to 200 (usually 20)",
            )
        if not 0 <= self.weight <= 1:
            raise ConfigError(
                f"[reranker] weight = {self.weight}: 0에서 1까지여야 합니다(0은 쓰지 않음, 1은 이 모델만)",
                f"[reranker] weight = {self.weight}: expected 0 (not used) to 1 (this model alone)",
            )


@dataclass(frozen=True)
class AnswerConfig:
    """`max_chars` counts spaces and leaves out citations; `evidence_tokens` bounds the passages in the prompt.

    Below `min_coverage` (share of the question's nouns found in the passages) the model is not asked at all.
    `neighbours` fills what the passages leave of `evidence_tokens` with the rest of their article, or what stands next.
    `lock_names` makes names of the passages part of the lock; `placeholders` is off, or auto: a model that takes no
    grammar writes again with tags in the place of values. `examples` shows the model two worked answers; a model that
    was trained to answer so needs none.
    """

    max_chars: int = 100
    max_tokens: int = 120
    evidence_tokens: int = 360
    temperature: float = 0.0
    lock: bool = True
    lock_names: bool = False
    placeholders: str = "auto"
    check: bool = True
    min_coverage: float = 0.15
    contact: str = ""
    neighbours: bool = False
    examples: bool = True

    def __post_init__(self) -> None:
        _one_of("answer", "placeholders", self.placeholders, ("off", "auto"))


@dataclass(frozen=True)
class SyncConfig:
    """What a server does beside answering: follow its sources as they change, and take them in every so many minutes.

    `every_minutes = 0` means never; network shares need it, because they deliver no events.
    """

    watch: bool = False
    every_minutes: float = 0.0


@dataclass(frozen=True)
class ServeConfig:
    """Loopback unless told otherwise. `admin_key_env` names the variable with the key for training over HTTP."""

    host: str = "127.0.0.1"
    port: int = 8080
    ui_port: int = 8501
    admin_key_env: str = "HAECHI_ADMIN_KEY"


@dataclass(frozen=True)
class CheckConfig:
    """How sentences are checked. `grounder` is haechi (bundled), onnx (a local NLI folder), or none.

    `grounder_model` is that folder; `re_ask` lets the LLM judge its own answer once more, which takes a second or two.
    """

    grounder: str = "haechi"
    grounder_model: str = ""
    threads: int = 0
    re_ask: bool = False

    def __post_init__(self) -> None:
        if self.grounder == "onnx" and not self.grounder_model:
            raise ConfigError(
                "[check] grounder = 'onnx': grounder_model에 NLI 모델 폴더를 적으세요",
                "[check] grounder = 'onnx': name the NLI model's folder in grounder_model",
            )


@dataclass(frozen=True)
class RefusalConfig:
    """What a refusal tells the reader (`department`, `phone`), and how sure the evidence must be.

    `threshold` is the least probability (0..1) that the passages answer the question; 0 takes the one that `haechi
    calibrate` fitted, or the shipped one. `over_refusal` is the share of answerable questions calibration may lose.
    """

    department: str = ""
    phone: str = ""
    threshold: float = 0.0
    over_refusal: float = 0.1

    def __post_init__(self) -> None:
        for name in ("threshold", "over_refusal"):
            value = getattr(self, name)
            if not 0 <= value <= 1:
                raise ConfigError(
                    f"[refusal] {name} = {value}: 0에서 1까지여야 합니다",
                    f"[refusal] {name} = {value}: expected 0 to 1",
                )


@dataclass(frozen=True)
class GateConfig:
    """What a trained candidate must show, on the same questions as what is in use, before it is put into use.

    `questions` is a JSONL file (id, question, answers, gold or gold_ids, answerable), relative to the home; none of it
    is ever trained on. Margins are shares of questions by which a measure may get worse, `slower` the share by which
    an answer may take longer, `fabricated_rise` a number of values. `better` names the measures of which at least one
    must be better beyond chance at `confidence`.
    """

    questions: str = ""
    min_questions: int = 100
    min_unanswerable: int = 20
    confidence: float = 0.95
    fabricated_rise: int = 0
    refusal_fall: float = 0.02
    over_refusal_rise: float = 0.02
    answer_fall: float = 0.02
    citation_fall: float = 0.02
    slower: float = 0.5
    better: tuple[str, ...] = (
        "contains_answer",
        "right_citation",
        "refusal_recall",
        "over_refusal",
        "fabricated_values",
    )

    def __post_init__(self) -> None:
        for name in ("min_questions", "min_unanswerable", "fabricated_rise"):
            if getattr(self, name) < 0:
                raise _gate_error(name, getattr(self, name), "0 이상이어야 합니다", "expected 0 or more")
        if not 0.5 <= self.confidence < 1:
            raise _gate_error(
                "confidence", self.confidence, "0.5 이상 1 미만이어야 합니다(보통 0.95)", "expected 0.5 to below 1"
            )
        for name in ("refusal_fall", "over_refusal_rise", "answer_fall", "citation_fall"):
            if not 0 <= getattr(self, name) <= 1:
                raise _gate_error(name, getattr(self, name), "0에서 1까지여야 합니다", "expected 0 to 1")
        if self.slower < 0:
            raise _gate_error("slower", self.slower, "0 이상이어야 합니다", "expected 0 or more")
        if not self.better:
            raise _gate_error("better", list(self.better), "하나 이상 적어야 합니다", "expected at least one measure")
        for name in self.better:
            _one_of("gate", "better", name, GATE_MEASURES)


#: What a gate can compare (evaluation/paired.py).
GATE_MEASURES = (
    "contains_answer",
    "right_citation",
    "refusal_recall",
    "over_refusal",
    "fabricated_values",
    "length",
    "seconds",
)


def _gate_error(name: str, value: object, korean: str, english: str) -> ConfigError:
    return ConfigError(f"[gate] {name} = {value!r}: {korean}", f"[gate] {name} = {value!r}: {english}")

"""One haechi.toml → typed settings. An unknown key is an error naming the nearest key; HAECHI_* variables win.

A variable is `HAECHI_<SECTION>_<KEY>`, for example `HAECHI_RETRIEVAL_K=4`. Credentials never stand in the file:
`api_key_env` names the variable that holds one.
"""

from __future__ import annotations

import difflib
import json
import os
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field, fields, replace
from pathlib import Path
from typing import Any, get_args, get_type_hints

from haechi.errors import ConfigError, HomeError

CONFIG_NAME = "haechi.toml"
STORE_NAME = "haechi.db"


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

    `grammar = "gbnf"` tells a server that is llama-server to take the evidence lock's grammar; others get "none".
    """

    backend: str = "llama_cpp"
    model: str = "qwen2.5-coder-1.5b-instruct-q4"
    context: int = 4096
    threads: int = 0
    url: str = "http://127.0.0.1:8000/v1"
    api_key_env: str = "HAECHI_LLM_API_KEY"
    timeout: float = 300.0
    grammar: str = "none"


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
    """

    max_chars: int = 100
    max_tokens: int = 120
    evidence_tokens: int = 360
    temperature: float = 0.0
    lock: bool = True
    check: bool = True
    min_coverage: float = 0.35
    contact: str = ""
    neighbours: bool = False


@dataclass(frozen=True)
class SyncConfig:
    """What a server does beside answering: follow its sources as they change, and take them in every so many minutes.

    `every_minutes = 0` means never; network shares need it, because they deliver no events.
    """

    watch: bool = False
    every_minutes: float = 0.0


@dataclass(frozen=True)
class ServeConfig:
    """Loopback unless told otherwise."""

    host: str = "127.0.0.1"
    port: int = 8080
    ui_port: int = 8501


@dataclass(frozen=True)
class Config:
    """All settings of one home. `home` is the folder that holds haechi.toml, haechi.db and the indexes."""

    home: Path
    project: ProjectConfig = field(default_factory=ProjectConfig)
    llm: LLMConfig = field(default_factory=LLMConfig)
    embedder: EmbedderConfig = field(default_factory=EmbedderConfig)
    ingest: IngestConfig = field(default_factory=IngestConfig)
    parsers: ParsersConfig = field(default_factory=ParsersConfig)
    retrieval: RetrievalConfig = field(default_factory=RetrievalConfig)
    query: QueryConfig = field(default_factory=QueryConfig)
    reranker: RerankerConfig = field(default_factory=RerankerConfig)
    answer: AnswerConfig = field(default_factory=AnswerConfig)
    sync: SyncConfig = field(default_factory=SyncConfig)
    serve: ServeConfig = field(default_factory=ServeConfig)

    @property
    def store_path(self) -> Path:
        return self.home / STORE_NAME

    @property
    def index_dir(self) -> Path:
        return self.home / "indexes"


SECTIONS: dict[str, type] = {
    "project": ProjectConfig,
    "llm": LLMConfig,
    "embedder": EmbedderConfig,
    "ingest": IngestConfig,
    "parsers": ParsersConfig,
    "retrieval": RetrievalConfig,
    "query": QueryConfig,
    "reranker": RerankerConfig,
    "answer": AnswerConfig,
    "sync": SyncConfig,
    "serve": ServeConfig,
}


def find_home(explicit: str | Path | None = None) -> Path:
    """`--home`, then HAECHI_HOME, then the nearest folder upwards with a haechi.toml. Raises HomeError."""
    if explicit or os.environ.get("HAECHI_HOME"):
        home = Path(explicit or os.environ["HAECHI_HOME"]).expanduser().resolve()
        if not (home / CONFIG_NAME).is_file():
            raise HomeError(
                f"'{home}'은(는) 해치 홈이 아닙니다({CONFIG_NAME} 없음). 만들기: haechi init '{home}'",
                f"'{home}' is not a home (no {CONFIG_NAME}); make one: haechi init '{home}'",
            )
        return home
    here = Path.cwd().resolve()
    for folder in (here, *here.parents):
        if (folder / CONFIG_NAME).is_file():
            return folder
    raise HomeError(
        f"'{here}'와 그 위 폴더에 {CONFIG_NAME}이(가) 없습니다. 만들기: haechi init, 또는 --home 폴더를 지정하세요",
        f"no {CONFIG_NAME} in '{here}' or above; make one with: haechi init, or name it with --home",
    )


def load_config(home: str | Path | None = None, environment: Mapping[str, str] | None = None) -> Config:
    """Read a home's settings. Raises ConfigError naming file, key, value and what was expected."""
    folder = find_home(home)
    path = folder / CONFIG_NAME
    try:
        raw = tomllib.loads(path.read_text(encoding="utf-8-sig"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise ConfigError(f"{path}: TOML 문법 오류: {error}", f"{path}: not valid TOML: {error}") from error
    config = Config(home=folder)
    for name, table in raw.items():
        if name not in SECTIONS:
            raise _unknown(path, name, SECTIONS)
        if not isinstance(table, dict):
            raise ConfigError(f"{path}: [{name}]은(는) 표여야 합니다: {table!r}", f"{path}: [{name}] must be a table")
        config = replace(config, **{name: _read_section(path, name, table)})
    return _apply_environment(config, os.environ if environment is None else environment)


def _unknown(path: Path, key: str, known: Mapping[str, Any]) -> ConfigError:
    near = difflib.get_close_matches(key.rpartition(".")[2], list(known), n=1, cutoff=0.4)
    hint = f" '{near[0]}'을(를) 뜻하셨나요?" if near else ""
    return ConfigError(
        f"{path}: 모르는 설정 '{key}'.{hint} 쓸 수 있는 것: {', '.join(known)}",
        f"{path}: unknown key '{key}'"
        + (f", did you mean '{near[0]}'?" if near else "")
        + f" known: {', '.join(known)}",
    )


def _read_section(path: Path, name: str, table: Mapping[str, Any]) -> Any:
    section = SECTIONS[name]
    types = get_type_hints(section)
    values: dict[str, Any] = {}
    for key, value in table.items():
        if key not in types:
            raise _unknown(path, f"{name}.{key}", types)
        values[key] = _typed(f"{path}: {name}.{key}", value, types[key])
    return section(**values)


def _typed(where: str, value: Any, expected: Any) -> Any:
    if expected is float and isinstance(value, int) and not isinstance(value, bool):
        return float(value)
    if expected == tuple[str, ...]:
        if not isinstance(value, list) or not all(isinstance(item, str) for item in value):
            raise ConfigError(
                f'{where} = {value!r}: 글자의 목록이어야 합니다(예: ["\\n", " "])',
                f'{where} = {value!r}: expected a list of strings, for example ["\\n", " "]',
            )
        return tuple(value)
    plain = get_args(expected)[0] if get_args(expected) else expected
    if not isinstance(value, plain) or (isinstance(value, bool) and plain is not bool):
        raise ConfigError(
            f"{where} = {value!r}: {plain.__name__} 값이어야 합니다",
            f"{where} = {value!r}: expected {plain.__name__}",
        )
    return value


def _apply_environment(config: Config, environment: Mapping[str, str]) -> Config:
    for name, section in SECTIONS.items():
        types = get_type_hints(section)
        changes = {}
        for item in fields(section):
            variable = f"HAECHI_{name}_{item.name}".upper()
            if variable in environment:
                changes[item.name] = _from_text(variable, environment[variable], types[item.name])
        if changes:
            config = replace(config, **{name: replace(getattr(config, name), **changes)})
    return config


def _from_text(variable: str, text: str, expected: Any) -> Any:
    try:
        if expected is bool:
            return {"1": True, "true": True, "yes": True, "0": False, "false": False, "no": False}[text.lower()]
        if expected == tuple[str, ...]:
            return _typed(variable, json.loads(text), expected)
        return expected(text)
    except (KeyError, ValueError) as error:
        raise ConfigError(
            f"환경 변수 {variable}={text!r}: {expected.__name__} 값이어야 합니다",
            f"environment variable {variable}={text!r}: expected {expected.__name__}",
        ) from error

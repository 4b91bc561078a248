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
from haechi.sections import (
    AnswerConfig,
    CheckConfig,
    EmbedderConfig,
    GateConfig,
    IngestConfig,
    LLMConfig,
    ParsersConfig,
    ProjectConfig,
    QueryConfig,
    RefusalConfig,
    RerankerConfig,
    RetrievalConfig,
    ServeConfig,
    SyncConfig,
)

__all__ = [
    "AnswerConfig",
    "CheckConfig",
    "Config",
    "EmbedderConfig",
    "GateConfig",
    "IngestConfig",
    "LLMConfig",
    "ParsersConfig",
    "ProjectConfig",
    "QueryConfig",
    "RefusalConfig",
    "RerankerConfig",
    "RetrievalConfig",
    "ServeConfig",
    "SyncConfig",
    "find_home",
    "load_config",
]

CONFIG_NAME = "haechi.toml"
STORE_NAME = "haechi.db"


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
    check: CheckConfig = field(default_factory=CheckConfig)
    refusal: RefusalConfig = field(default_factory=RefusalConfig)
    sync: SyncConfig = field(default_factory=SyncConfig)
    serve: ServeConfig = field(default_factory=ServeConfig)
    gate: GateConfig = field(default_factory=GateConfig)

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
    "check": CheckConfig,
    "refusal": RefusalConfig,
    "sync": SyncConfig,
    "serve": ServeConfig,
    "gate": GateConfig,
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


def default_config(environment: Mapping[str, str] | None = None) -> Config:
    """The settings of nobody's home: the defaults, and HAECHI_* variables. Its `home` is the current folder."""
    return _apply_environment(Config(home=Path.cwd()), os.environ if environment is None else environment)


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

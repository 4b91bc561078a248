"""The checks behind `haechi doctor`, one function each. They look and never change anything; no model is loaded."""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from haechi.cli.texts import t
from haechi.errors import HaechiError

if TYPE_CHECKING:
    from haechi.cli.session import Session
    from haechi.config import Config, LLMConfig, ProjectConfig

Status = Literal["ok", "warn", "fail"]

#: An index and the store grow by about 4 kB a passage; below this a large ingest fills the disk.
LOW_DISK = 2_000_000_000
#: Weights are mapped into memory; context and the rest of the process need about this much beside them.
MEMORY_BESIDE_WEIGHTS = 1_000_000_000
#: Back ends whose weights lie on this machine.
_LOCAL = ("llama_cpp", "e5", "sentence_transformer", "onnx", "cross_encoder")


@dataclass(frozen=True)
class Check:
    """One line of the doctor's report. `fix` is a command or an edit, empty when nothing needs mending."""

    name: str
    status: Status
    detail: str
    fix: str = ""


def run_checks(session: Session) -> list[Check]:
    """All checks, in reading order. A check that itself breaks is a failed check, never a missing one."""
    checks = [*_guarded("python", python), *_guarded("packages", packages), *_guarded("machine", machine)]
    try:
        config = session.config()
    except HaechiError as error:
        # Without --home and HAECHI_HOME a missing home is normal on a fresh machine.
        asked_for = session.home or os.environ.get("HAECHI_HOME")
        checks.append(Check("home", "fail" if asked_for else "warn", str(error), "haechi init"))
        return [*checks, *_guarded("models", default_models), *_guarded("telemetry", telemetry)]
    for name, check in {
        "home": home,
        "permissions": permissions,
        "models": configured_models,
        "grounder": grounder,
        "embedder": embedder,
        "index": index,
        "ocr": ocr,
        "disk": disk,
        "network": network,
    }.items():
        checks += _guarded(name, lambda check=check: check(config))  # type: ignore[misc]
    return [*checks, *_guarded("telemetry", telemetry)]


def _guarded(name: str, check: Callable[[], Iterator[Check]]) -> list[Check]:
    try:
        return list(check())
    except HaechiError as error:
        return [Check(name, "fail", str(error))]
    except Exception as error:
        return [Check(name, "fail", f"{type(error).__name__}: {error}")]


def python() -> Iterator[Check]:
    """The interpreter is one that the packages are built for."""
    version = ".".join(map(str, sys.version_info[:3]))
    good = (3, 11) <= sys.version_info < (3, 14)
    fix = "" if good else t("Python 3.11~3.13으로 make setup", "run make setup with Python 3.11 to 3.13")
    yield Check("python", "ok" if good else "fail", f"{version} ({sys.prefix})", fix)


def packages() -> Iterator[Check]:
    """Every required package is installed."""
    import re
    from importlib.metadata import PackageNotFoundError, requires, version

    needed = [re.split(r"[^A-Za-z0-9_.-]", line)[0] for line in requires("haechi") or [] if "extra ==" not in line]
    missing = []
    for name in needed:
        try:
            version(name)
        except PackageNotFoundError:
            missing.append(name)
    if missing:
        names = ", ".join(missing)
        yield Check("packages", "fail", t(f"없는 패키지: {names}", f"missing: {names}"), "make setup")
    else:
        count = len(needed)
        yield Check(
            "packages", "ok", t(f"haechi {version('haechi')}, 필요한 패키지 {count}개 모두 있음", f"{count} found")
        )


def machine() -> Iterator[Check]:
    """Cores and memory, in comparison with what the default model needs."""
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    from haechi.config import LLMConfig
    from haechi.models.bundled import status

    needed = status(LLMConfig().model).size + MEMORY_BESIDE_WEIGHTS
    detail = t(f"CPU {cores}개, 메모리 {memory / 1e9:.1f} GB", f"{cores} cores, {memory / 1e9:.1f} GB of memory")
    if memory < needed:
        small = t(
            "haechi.toml의 [llm] model을 qwen2.5-coder-0.5b-instruct-q4로 바꾸세요",
            "set [llm] model = qwen2.5-coder-0.5b-instruct-q4",
        )
        yield Check("machine", "warn", detail, small)
    else:
        yield Check("machine", "ok", detail)


def home(config: Config) -> Iterator[Check]:
    """The store opens and can be read."""
    from haechi.pipeline.build import open_home

    with open_home(config) as opened:
        sources = opened.store.sources()
        documents = sum(source.documents for source in sources)
        failed = [source for source in sources if source.status == "failed"]
    detail = t(f"{config.home}: 문서 {documents}건", f"{config.home}: {documents} documents")
    if failed:
        detail += t(f", 읽지 못한 파일 {len(failed)}개", f", {len(failed)} files could not be read")
        yield Check("home", "warn", detail, "haechi documents retry")
    elif not documents:
        yield Check("home", "warn", detail, t("haechi ingest 파일…", "haechi ingest FILE…"))
    else:
        yield Check("home", "ok", detail)


def permissions(config: Config) -> Iterator[Check]:
    """Nobody but the owner reads the home: it holds the documents and every question that was asked."""
    places = [config.home, config.store_path]
    open_to_others = [path for path in places if path.exists() and path.stat().st_mode & 0o077]
    if open_to_others:
        names = ", ".join(str(path) for path in open_to_others)
        detail = t(f"다른 사용자가 읽을 수 있음: {names}", f"readable by others: {names}")
        yield Check("permissions", "warn", detail, f"chmod -R go= '{config.home}'")
    else:
        yield Check("permissions", "ok", t("소유자만 읽을 수 있음", "only the owner can read the home"))


def default_models() -> Iterator[Check]:
    """Without a home: the weights a new home would use."""
    from haechi.config import EmbedderConfig, LLMConfig

    for name in (LLMConfig().model, EmbedderConfig().model):
        yield _weights(name)


def configured_models(config: Config) -> Iterator[Check]:
    """The weights, or the servers, that this home uses."""
    from haechi.config import LLMConfig, RerankerConfig

    for section in (config.llm, config.embedder, config.reranker):
        if section.backend == "openai_compatible" and not isinstance(section, RerankerConfig):
            yield _server(section.url)
        elif section.backend in _LOCAL:
            from haechi.models.bundled import check_licence

            project = config.project
            if not section.model:
                empty = t("[reranker] model이 비어 있음", "[reranker] model is empty")
                yield Check("reranker", "fail", empty, t("모델 폴더의 경로를 적으세요", "give the path of a folder"))
                continue
            yield _weights(section.model)
            if isinstance(section, LLMConfig) and section.adapter:
                yield from _adapter(section, project)
            check_licence(section.model, commercial=project.commercial, allow_research=project.allow_research_models)


def _adapter(settings: LLMConfig, project: ProjectConfig) -> Iterator[Check]:
    """The adapter's file, its licence, and that it is one of this model; nothing is loaded."""
    from haechi.models.adapter_check import check_adapter
    from haechi.models.bundled import check_licence, path

    found = _weights(settings.adapter)
    if found.status == "fail":
        yield replace(found, fix=t(f'{found.fix} 또는 [llm] adapter = ""', f'{found.fix}, or [llm] adapter = ""'))
        return
    check_licence(settings.adapter, commercial=project.commercial, allow_research=project.allow_research_models)
    name = f"adapter {settings.adapter}"
    try:
        facts = check_adapter(path(settings.adapter), path(settings.model))
    except HaechiError as error:
        yield Check(name, "fail", str(error), t('[llm] adapter = ""', '[llm] adapter = ""'))
        return
    base = t(", 이 모델의 것임", ", of this model") if facts.base_known else t(", 원본 표시 없음", ", states no base")
    detail = t(
        f"행렬 {facts.matrices}개, 계수 {facts.rank}, 세기 {settings.adapter_scale:g}{base}",
        f"{facts.matrices} matrices, rank {facts.rank}, scale {settings.adapter_scale:g}{base}",
    )
    yield replace(found, name=name, detail=f"{found.detail}: {detail}")


def grounder(config: Config) -> Iterator[Check]:
    """The bundled grounding model. Without it answers are given all the same, their sentences unchecked."""
    if config.check.grounder == "haechi" and not config.check.grounder_model:
        from haechi.models.catalogue import GROUNDING

        found = _weights(GROUNDING)
        yield replace(found, status="warn") if found.status == "fail" else found


def _weights(name: str) -> Check:
    """Sizes and the hash known from installation; `haechi models verify` reads every byte."""
    from haechi.models.bundled import path, status

    check = f"model {name}"
    try:
        where = path(name)
    except HaechiError as error:
        return Check(check, "fail", str(error), f"haechi models install {name}")
    if name == str(where) or "/" in name:
        return Check(check, "ok", str(where))
    row = status(name)
    detail = f"{where} ({row.size / 1e6:.0f} MB, {row.licence}, sha256 {row.sha256[:12]}…)"
    if row.licence_class == "unknown":
        again = f"haechi models add '{where}' --name {name} --licence …"
        return Check(check, "warn", t(f"{detail}: 라이선스를 모름", f"{detail}: licence unknown"), again)
    return Check(check, "ok", detail)


def _server(url: str) -> Check:
    host = _host(url)
    if is_private(host):
        return Check("model server", "ok", url)
    return Check(
        "model server",
        "warn",
        t(f"{url}: 이 건물 밖의 주소일 수 있습니다", f"{url}: may be outside this building"),
        t("질문과 문서가 이 주소로 갑니다. haechi.toml의 url을 확인하세요", "check url in haechi.toml"),
    )


def embedder(config: Config) -> Iterator[Check]:
    """The embedder's limit, prefixes and dimension, and which file or server says so. A server is asked."""
    from haechi.pipeline.embedder_facts import embedder_facts, lacks_prefixes

    settings = config.embedder
    facts = embedder_facts(settings)
    if facts is None:
        return
    limit = t(f"{facts.limit}토큰({facts.limit_from})", f"{facts.limit} tokens ({facts.limit_from})")
    prefixes = f"'{facts.query_prefix}' / '{facts.passage_prefix}' ({facts.prefixes_from})"
    detail = t(
        f"{settings.backend} {settings.model}: 한도 {limit if facts.limit else '모름'}, "
        f"질문/글 앞말 {prefixes if facts.prefixes_from else '없음'}, {facts.dimension or '?'}차원",
        f"{settings.backend} {settings.model}: limit {limit if facts.limit else 'not stated'}, "
        f"prefixes {prefixes if facts.prefixes_from else 'none'}, dimension {facts.dimension or '?'}",
    )
    if not facts.limit:
        fix = t("sentence_bert_config.json에 max_seq_length를 적으세요", "put max_seq_length into the folder")
        yield Check("embedder", "fail", detail, fix)
    elif lacks_prefixes(settings):
        fix = '[embedder] query_prefix = "query: ", passage_prefix = "passage: "; haechi reembed'
        yield Check("embedder", "warn", detail, fix)
    else:
        yield Check("embedder", "ok", detail)


def index(config: Config) -> Iterator[Check]:
    """Whether the indexes follow the store; if not, the next search rebuilds them, so it is never a failure."""
    from haechi.indexes.manifest import read_manifest
    from haechi.pipeline.build import open_home
    from haechi.pipeline.live import waiting

    manifest = read_manifest(config.index_dir)
    with open_home(config) as opened:
        generation, entries = opened.store.generation(), opened.store.entry_count()
        change = waiting(config, opened.store)
    if change is not None:
        now, asked = change
        text = t(
            f"설정의 {asked.describe()}은(는) 아직 쓰지 않고 {now.describe()}(으)로 답합니다",
            f"the settings ask for {asked.describe()}, {now.describe()} still serves",
        )
        yield Check("embedder", "warn", text, "haechi reembed")
        if now.embedder.backend in _LOCAL:
            yield _weights(now.embedder.model)
    if manifest is not None and (manifest.generation, manifest.entries) == (generation, entries):
        recipe = manifest.recipe
        detail = f"{entries}, {recipe.embedder}, {recipe.vector_index}, {recipe.full_text_index}"
        yield Check("index", "ok", t(f"저장소와 같음: 항목 {detail}", f"in step with the store: {detail} entries"))
    elif entries:
        late = t(
            "저장소와 다름: 다음 검색 때 저장소에서 다시 만듭니다", "behind the store; the next search rebuilds it"
        )
        yield Check("index", "warn", late, t("haechi search 아무말", "haechi search anything"))
    else:
        yield Check("index", "ok", t("아직 비어 있음", "empty"))


def ocr(config: Config) -> Iterator[Check]:
    """Whether pictures and scanned pages can be read."""
    from haechi.parsers import tesseract

    if config.parsers.ocr == "off":
        yield Check("ocr", "ok", t("꺼짐(haechi.toml의 [parsers] ocr)", "off ([parsers] ocr in haechi.toml)"))
        return
    problem = tesseract.problem()
    if problem is None:
        yield Check("ocr", "ok", f"tesseract {tesseract.version()} ({tesseract.LANGUAGE}+{tesseract.LATIN})")
        return
    detail = t(
        f"{problem.korean.partition(' 설치:')[0]} 그림과 스캔한 PDF는 읽지 못합니다",
        f"{problem.english.partition(': sudo')[0]}; pictures and scanned PDFs are not read",
    )
    yield Check("ocr", "fail" if config.parsers.ocr == "always" else "warn", detail, tesseract.INSTALL)


def disk(config: Config) -> Iterator[Check]:
    """Room for the home and for model weights."""
    from haechi.models.bundled import models_dir

    for place in (config.home, models_dir()):
        existing = next(folder for folder in (place, *place.parents) if folder.exists())
        free = shutil.disk_usage(existing).free
        detail = t(f"{place}: {free / 1e9:.1f} GB 남음", f"{place}: {free / 1e9:.1f} GB free")
        fix = t("디스크를 비우거나 홈을 옮기세요", "free some space or move the home") if free < LOW_DISK else ""
        yield Check("disk", "warn" if fix else "ok", detail, fix)


def network(config: Config) -> Iterator[Check]:
    """The server listens on this machine only, unless somebody chose otherwise."""
    from haechi.serve.guards import is_loopback

    host = config.serve.host
    if is_loopback(host):
        yield Check("network", "ok", t(f"{host}: 이 컴퓨터에서만 열림", f"{host}: this machine only"))
    else:
        yield Check(
            "network",
            "warn",
            t(f"{host}: 같은 네트워크의 누구나 로그인 없이 물을 수 있음", f"{host}: anyone on the network may ask"),
            t('haechi.toml의 [serve] host를 "127.0.0.1"로', 'set [serve] host = "127.0.0.1"'),
        )


def telemetry() -> Iterator[Check]:
    """Haechi sends nothing; the page's framework would, so its own switch is checked in its user settings as well."""
    settings = Path.home() / ".streamlit" / "config.toml"
    if settings.is_file():
        import tomllib

        browser = tomllib.loads(settings.read_text(encoding="utf-8")).get("browser", {})
        if browser.get("gatherUsageStats", False):
            yield Check(
                "telemetry",
                "warn",
                t(
                    f"{settings}가 사용 통계를 켭니다(haechi serve는 끈 채로 엽니다)",
                    f"{settings} turns usage statistics on",
                ),
                t(
                    f"{settings}의 [browser] gatherUsageStats = false",
                    f"[browser] gatherUsageStats = false in {settings}",
                ),
            )
            return
    yield Check("telemetry", "ok", t("사용 통계를 보내는 곳이 없음", "no usage statistics are sent"))


def is_private(host: str) -> bool:
    """Whether an address is inside the building as far as its form tells; names other than localhost don't."""
    import ipaddress

    try:
        return ipaddress.ip_address(host).is_private
    except ValueError:
        return host == "localhost"


def _host(url: str) -> str:
    from urllib.parse import urlsplit

    return urlsplit(url).hostname or ""

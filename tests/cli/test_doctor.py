"""`doctor`: each check says what it saw and what mends it; without a home it still looks at the machine."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from haechi.cli import checks
from haechi.cli.checks import Check
from haechi.config import Config, EmbedderConfig, LLMConfig, ParsersConfig, RerankerConfig, ServeConfig, load_config
from haechi.models.adapter_check import norms_mark
from haechi.pipeline.build import init_home, open_home
from haechi.pipeline.live import KEY, Live
from tests.cli.conftest import Run
from tests.models import made_embedders
from tests.models.tiny_llm import write_tiny_llm, write_tiny_lora
from tests.parsers.fake_tesseract import FakeTesseract, no_tesseract, tesseract

__all__ = ["no_tesseract", "tesseract"]


def by_name(result: Any) -> dict[str, dict[str, str]]:
    return {row["name"]: row for row in result.json["checks"]}


def test_without_a_home_the_machine_is_checked_and_init_is_named(
    haechi: Run, in_folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HAECHI_MODELS", str(in_folder / "models"))
    result = haechi("doctor", "--json")
    rows = by_name(result)
    assert all(set(row) == {"name", "status", "detail", "fix"} for row in rows.values())
    assert rows["python"]["status"] == rows["packages"]["status"] == "ok"
    assert (rows["home"]["status"], rows["home"]["fix"]) == ("warn", "haechi init")
    missing = rows["model qwen2.5-coder-1.5b-instruct-q4"]
    assert missing["status"] == "fail"
    assert missing["fix"] == "haechi models install qwen2.5-coder-1.5b-instruct-q4"
    assert result.status == 1


def test_a_check_that_breaks_is_a_failed_check() -> None:
    def broken() -> Any:
        raise ValueError("뜻밖")
        yield

    assert checks._guarded("x", broken) == [Check("x", "fail", "ValueError: 뜻밖")]


def test_a_server_open_to_the_network_is_a_warning(tmp_path: Path) -> None:
    closed, opened = Config(tmp_path), Config(tmp_path, serve=ServeConfig(host="0.0.0.0"))
    assert [check.status for check in checks.network(closed)] == ["ok"]
    assert [check.status for check in checks.network(opened)] == ["warn"]


@pytest.mark.parametrize(
    ("url", "status"),
    [
        ("http://127.0.0.1:8000/v1", "ok"),
        ("http://10.3.0.7:8000/v1", "ok"),
        ("http://localhost:11434/v1", "ok"),
        # A name tells nothing about where its server stands, and the questions go there.
        ("https://llm.example.com/v1", "warn"),
        ("http://8.8.8.8/v1", "warn"),
    ],
)
def test_a_model_server_that_may_be_outside_is_a_warning(tmp_path: Path, url: str, status: str) -> None:
    config = Config(tmp_path, llm=LLMConfig(backend="openai_compatible", url=url))
    assert next(iter(checks.configured_models(config))).status == status


def test_the_reranker_of_the_settings_is_looked_for(tmp_path: Path) -> None:
    def checked(model: str) -> Check:
        config = Config(
            tmp_path,
            llm=LLMConfig(backend="scripted"),
            embedder=EmbedderConfig(backend="scripted"),
            reranker=RerankerConfig(backend="cross_encoder", model=model),
        )
        (check,) = checks._guarded("models", lambda: checks.configured_models(config))
        return check

    (tmp_path / "ko-reranker").mkdir()
    assert checked(str(tmp_path / "ko-reranker")).status == "ok"
    assert (checked("").name, checked("").status) == ("reranker", "fail")
    assert checked(str(tmp_path / "없음")).status == "fail"


def test_the_adapter_of_the_answering_model_is_told_or_refused(tmp_path: Path) -> None:
    base = write_tiny_llm(tmp_path / "base.gguf")
    fitting = write_tiny_lora(tmp_path / "fits.gguf", mark=norms_mark(base))

    def checked(adapter: Path) -> Check:
        llm = LLMConfig(model=str(base), adapter=str(adapter), adapter_scale=0.5)
        config = Config(tmp_path, llm=llm, embedder=EmbedderConfig(backend="scripted"))
        _, check = checks._guarded("models", lambda: checks.configured_models(config))
        return check

    found = checked(fitting)
    assert (found.name, found.status) == (f"adapter {fitting}", "ok")
    assert "행렬 2개, 계수 4, 세기 0.5, 이 모델의 것임" in found.detail
    for wrong in (write_tiny_lora(tmp_path / "llama.gguf", "llama"), tmp_path / "없음.gguf"):
        refused = checked(wrong)
        assert refused.status == "fail" and '[llm] adapter = ""' in refused.fix


def test_a_home_that_others_can_read_is_a_warning_with_its_cure(tmp_path: Path) -> None:
    home = tmp_path / "home"
    home.mkdir(mode=0o755)
    (check,) = checks.permissions(Config(home))
    assert (check.status, check.fix) == ("warn", f"chmod -R go= '{home}'")
    home.chmod(0o700)
    (check,) = checks.permissions(Config(home))
    assert check.status == "ok"


def test_a_nearly_full_disk_is_a_warning(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    class Usage:
        free = 100_000_000

    monkeypatch.setattr(checks.shutil, "disk_usage", lambda folder: Usage)
    assert {check.status for check in checks.disk(Config(tmp_path / "not yet made"))} == {"warn"}


def test_usage_statistics_that_somebody_switched_on_are_reported(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    assert [check.status for check in checks.telemetry()] == ["ok"]
    (tmp_path / ".streamlit").mkdir()
    (tmp_path / ".streamlit" / "config.toml").write_text("[browser]\ngatherUsageStats = true\n", encoding="utf-8")
    assert [check.status for check in checks.telemetry()] == ["warn"]


def test_settings_that_wait_for_a_reembed_are_a_warning_with_the_command(tmp_path: Path) -> None:
    init_home(tmp_path)
    config = load_config(tmp_path)
    with open_home(config) as home:
        home.store.set_state(KEY, Live(replace(config.embedder, model="before"), "mecab").to_text())
    found = next(check for check in checks.index(config) if check.name == "embedder")
    assert (found.status, found.fix) == ("warn", "haechi reembed")


def test_ocr_names_what_is_missing_and_the_command_that_mends_it(tmp_path: Path, tesseract: FakeTesseract) -> None:
    (found,) = checks.ocr(Config(tmp_path))
    assert (found.status, found.detail, found.fix) == ("ok", "tesseract 5.3.0 (kor+eng)", "")
    tesseract.play(languages=("eng", "osd"))
    (found,) = checks.ocr(Config(tmp_path))
    assert found.status == "warn"
    assert "한국어 자료(kor)" in found.detail
    assert found.fix == "sudo apt install tesseract-ocr tesseract-ocr-kor"


@pytest.mark.parametrize(("ocr", "status"), [("auto", "warn"), ("always", "fail"), ("off", "ok")])
def test_a_machine_without_tesseract_is_judged_by_the_setting(
    tmp_path: Path, no_tesseract: None, ocr: str, status: str
) -> None:
    assert [check.status for check in checks.ocr(Config(tmp_path, parsers=ParsersConfig(ocr=ocr)))] == [status]


def test_the_embedders_limit_and_prefixes_are_shown_with_the_file_that_says_them(tmp_path: Path) -> None:
    folder = made_embedders.e5(tmp_path / "multilingual-e5-base")
    config = Config(tmp_path, embedder=EmbedderConfig("sentence_transformer", str(folder)))
    (check,) = checks.embedder(config)
    assert check.status == "warn"
    assert "512토큰" in check.detail
    assert "384차원" in check.detail
    assert "query_prefix" in check.fix
    made_embedders.e5(folder, {"query": "query: ", "passage": "passage: "})
    (check,) = checks.embedder(config)
    assert check.status == "ok"
    assert "'query: ' / 'passage: ' (config_sentence_transformers.json)" in check.detail

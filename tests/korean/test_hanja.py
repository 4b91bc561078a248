"""한자 are searched by their readings, whoever writes them: the document or the question."""

from __future__ import annotations

from pathlib import Path

import pytest

from haechi.config import load_config
from haechi.korean.hanja import in_hangul, reading, with_readings
from haechi.korean.morphology import MecabAnalyser
from haechi.models.readings import ReadingEmbedder
from haechi.models.scripted import ScriptedEmbedder
from haechi.pipeline.build import init_home, open_home
from haechi.pipeline.ingest import ingest


@pytest.mark.parametrize(
    ("hanja", "hangul"),
    [
        ("大韓民國", "대한민국"),
        ("勞動者", "노동자"),  # 두음법칙 at the start; mecab's own dictionary says 로동자
        ("女子", "여자"),
        ("禮節", "예절"),
        ("男女平等", "남녀평등"),
        ("國民年金", "국민연금"),  # 두음법칙 inside a compound
        ("出入國管理法", "출입국관리법"),  # and none where no word starts
        ("不利益", "불이익"),
        ("不動産", "부동산"),
        ("比率", "비율"),
        ("規律", "규율"),
        ("法律", "법률"),
        ("三年間", "삼년간"),
        ("音樂", "음악"),
        ("金額", "금액"),
    ],
)
def test_a_word_is_read_as_a_korean_reader_reads_it(hanja: str, hangul: str) -> None:
    assert reading(hanja) == hangul


def test_an_unknown_character_stays_as_it_is() -> None:
    assert reading("㐀") == "㐀"


def test_text_without_hanja_is_the_same_object() -> None:
    text = "한글만 있는 글 ABC 12"
    assert in_hangul(text) is text
    assert with_readings(text) is text


def test_a_reading_that_stands_beside_its_hanja_is_not_said_twice() -> None:
    assert in_hangul("대한민국(大韓民國)은 主權(주권)을") == "대한민국은 주권을"
    assert with_readings("대한민국(大韓民國)은") == "대한민국(大韓民國)은"
    assert with_readings("主權(주권)") == "主權(주권)"
    once = with_readings("大韓民國의 主權")
    assert once == "대한민국(大韓民國)의 주권(主權)"
    assert with_readings(once) == once


def test_hanja_and_hangul_give_the_same_tokens() -> None:
    analyser = MecabAnalyser()
    assert analyser.tokens("大韓民國의 主權은 國民에게 있다") == analyser.tokens("대한민국의 주권은 국민에게 있다")
    assert analyser.nouns("勞動") == ["노동"]


def test_the_embedder_reads_and_counts_the_readings() -> None:
    inner = ScriptedEmbedder()
    embedder = ReadingEmbedder(inner)
    embedder.embed(["大韓民國"], "passage")
    assert inner.calls == [("passage", ("대한민국(大韓民國)",))]
    assert (
        embedder.count_tokens("大韓民國") == inner.count_tokens("대한민국(大韓民國)") > inner.count_tokens("大韓民國")
    )


@pytest.mark.parametrize(
    ("question", "found"), [("대한민국의 주권", "大韓民國"), ("勞動時間", "노동시간"), ("노동시간", "노동시간")]
)
def test_search_crosses_the_scripts_and_shows_the_text_as_it_is(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, question: str, found: str
) -> None:
    monkeypatch.setenv("HAECHI_EMBEDDER_BACKEND", "scripted")
    monkeypatch.setenv("HAECHI_CHECK_GROUNDER", "none")
    (tmp_path / "헌법.txt").write_text("大韓民國의 主權은 國民에게 있다.", encoding="utf-8")
    (tmp_path / "근로.txt").write_text("노동시간은 하루 여덟 시간이다.", encoding="utf-8")
    (tmp_path / "도서.txt").write_text("책은 두 주 동안 빌릴 수 있다.", encoding="utf-8")
    init_home(tmp_path / "home")
    with open_home(load_config(tmp_path / "home")) as home:
        ingest(home, [str(tmp_path / name) for name in ("헌법.txt", "근로.txt", "도서.txt")])
        first = home.retriever().retrieve(question, 1)[0]
        assert found in first.chunk.text
        assert "대한민국" not in first.chunk.text
        assert first.signals["coverage"] == pytest.approx(1.0, abs=0.01)

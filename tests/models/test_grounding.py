"""The bundled grounding model's folder, and local NLI folders: labels, limits, and a pair that stands alone."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from haechi.errors import InputError, ModelError
from haechi.models import bundled, e5_convert, grounding_convert, shipped
from haechi.models.base import Calibrated, Grounder
from haechi.models.catalogue import CATALOGUE
from haechi.models.grounding import HaechiGrounder
from haechi.models.grounding_file import read_grounding
from haechi.models.licence_rules import classify
from tests.models.made_e5 import make_weight_file
from tests.models.made_grounding import THRESHOLDS, make_grounding_file

NAME = "haechi-grounding"
PAIRS = [("휴가 며칠 abc", "휴가 가나"), ("출장비 불나면 신고 0123", "연차 xyz"), ("가나다라", "마바사")]


@pytest.fixture
def base(tmp_path: Path) -> Path:
    return make_weight_file(tmp_path / "tiny.bin")


@pytest.fixture
def folder(tmp_path: Path, base: Path) -> Path:
    made = make_grounding_file(tmp_path / "adapter.npz", base)
    grounding_convert.convert(tmp_path / "model", adapter=made, source=base)
    return tmp_path / "model"


def test_it_is_a_grounder_with_its_own_thresholds(folder: Path) -> None:
    grounder = HaechiGrounder(str(folder), threads=1)
    assert isinstance(grounder, Grounder)
    assert isinstance(grounder, Calibrated)
    assert grounder.thresholds == THRESHOLDS
    found = grounder.probabilities(PAIRS)
    assert (found.shape, found.dtype) == ((3, 3), np.float32)
    assert found.sum(axis=1) == pytest.approx(np.ones(3), abs=1e-5)
    assert grounder.probabilities([]).shape == (0, 3)


def test_a_pairs_probabilities_do_not_depend_on_the_others_or_on_threads(folder: Path) -> None:
    alone = [HaechiGrounder(str(folder), threads=1).probabilities([pair])[0] for pair in PAIRS]
    together = HaechiGrounder(str(folder), threads=2).probabilities(PAIRS)
    assert np.array_equal(np.array(alone), together)


def test_which_is_the_evidence_and_which_the_claim_matters(folder: Path) -> None:
    grounder = HaechiGrounder(str(folder), threads=1)
    there, back = grounder.probabilities([("휴가 며칠", "출장비"), ("출장비", "휴가 며칠")])
    assert np.abs(there - back).max() > 1e-3


def test_what_is_too_long_or_empty_is_an_error_and_never_cut(folder: Path) -> None:
    # The trap: evidence that is cut silently makes its last sentence not_found.
    grounder = HaechiGrounder(str(folder), threads=1)
    for pair in (("가" * 60, "나"), ("가", "나" * 40), ("", "나"), ("가", " ")):
        with pytest.raises(InputError, match="토큰"):
            grounder.probabilities([pair])
    assert grounder.count_tokens("가나", "다") == 9  # three letters, two word starts and four special tokens


def test_converting_again_writes_the_same_bytes(folder: Path, tmp_path: Path, base: Path) -> None:
    grounding_convert.convert(tmp_path / "again", adapter=tmp_path / "adapter.npz", source=base)
    assert (tmp_path / "again" / "config.json").read_bytes() == (folder / "config.json").read_bytes()


def test_a_folder_that_is_none_names_the_command(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(ModelError, match="haechi models install"):
        HaechiGrounder(str(tmp_path))
    monkeypatch.setenv("HAECHI_MODELS", str(tmp_path / "models"))
    with pytest.raises(ModelError, match="haechi models install haechi-grounding"):
        HaechiGrounder()


def test_an_embedders_adapter_is_not_taken_for_a_grounding_model(tmp_path: Path, base: Path) -> None:
    from tests.models.test_shipped_embedder import ship

    ship(tmp_path, 1)
    with pytest.raises(ModelError, match="근거 확인 모델의 파일이 아닙니다"):
        read_grounding(tmp_path / "weights" / "haechi-e5-small" / "adapter.npz")


def test_install_list_verify_and_a_newer_adapter(tmp_path: Path, base: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(grounding_convert, "find_weight_file", lambda: base)
    monkeypatch.setattr(e5_convert, "find_weight_file", lambda: base)
    monkeypatch.setattr(shipped, "PLACES", (tmp_path / "weights",))
    monkeypatch.setenv("HAECHI_MODELS", str(tmp_path / "models"))
    shelf = tmp_path / "weights" / NAME
    shelf.mkdir(parents=True)

    def ship_grounding(seed: int) -> None:
        made = make_grounding_file(shelf / "adapter.npz", base, seed)
        (shelf / "SHA256SUMS").write_text(f"{bundled.assemble.sha256_of(made)}  adapter.npz\n")

    ship_grounding(0)
    folder = bundled.install(NAME)
    row = next(row for row in bundled.list_models() if row.name == NAME)
    assert (row.installed, row.path, row.kind) == (True, folder, "grounder")
    assert "Attribution-ShareAlike 4.0" in (folder / "LICENSE.txt").read_text(encoding="utf-8")
    assert "KLUE" in (folder / "NOTICE.txt").read_text(encoding="utf-8")
    assert bundled.verify(NAME).ok
    first = HaechiGrounder(threads=1).probabilities(PAIRS)
    ship_grounding(1)
    bundled.install(NAME)
    assert not np.allclose(first, HaechiGrounder(threads=1).probabilities(PAIRS), atol=1e-3)


def test_its_licence_allows_commercial_use() -> None:
    assert classify(CATALOGUE[NAME].licence, NAME) == "commercial"


def nli_folder(path: Path, labels: dict[str, str]) -> Path:
    """An ONNX model whose logits are the counts of ids 1, 2 and 3, over a tokenizer of four words."""
    onnx = pytest.importorskip("onnx")
    tokenizers = pytest.importorskip("tokenizers", reason="the extra 'onnx' is not installed")
    from onnx import TensorProto, helper

    path.mkdir()
    words = tokenizers.Tokenizer(
        tokenizers.models.WordLevel({"[UNK]": 0, "참": 1, "거짓": 2, "모름": 3}, unk_token="[UNK]")
    )
    words.pre_tokenizer = tokenizers.pre_tokenizers.Whitespace()
    words.save(str(path / "tokenizer.json"))
    nodes = [
        helper.make_node("OneHot", ["input_ids", "depth", "values"], ["hot"], axis=-1),
        helper.make_node("ReduceSum", ["hot", "axis"], ["counts"], keepdims=0),
        helper.make_node("Slice", ["counts", "start", "end", "last"], ["logits"]),
    ]
    numbers = {"axis": [1], "start": [1], "end": [4], "last": [1]}
    constants = [helper.make_tensor(name, TensorProto.INT64, [1], value) for name, value in numbers.items()]
    constants.append(helper.make_tensor("depth", TensorProto.INT64, [], [4]))
    constants.append(helper.make_tensor("values", TensorProto.FLOAT, [2], [0.0, 5.0]))
    graph = helper.make_graph(
        nodes,
        "nli",
        [helper.make_tensor_value_info("input_ids", TensorProto.INT64, [1, "length"])],
        [helper.make_tensor_value_info("logits", TensorProto.FLOAT, [1, 3])],
        constants,
    )
    onnx.save(helper.make_model(graph, opset_imports=[helper.make_opsetid("", 18)], ir_version=9), path / "model.onnx")
    (path / "config.json").write_text(json.dumps({"id2label": labels, "max_position_embeddings": 16}))
    return path


@pytest.mark.parametrize(
    "labels",
    [
        {"0": "ENTAILMENT", "1": "contradiction", "2": "Neutral"},
        {"0": "neutral", "1": "Contradiction", "2": "entailment"},
    ],
)
def test_a_local_nli_folder_in_any_order_of_labels(tmp_path: Path, labels: dict[str, str]) -> None:
    from haechi.models.grounding_onnx import OnnxGrounder

    grounder = OnnxGrounder(str(nli_folder(tmp_path / "nli", labels)), threads=1)
    assert isinstance(grounder, Grounder)
    word = {"참": 0, "거짓": 1, "모름": 2}
    for text, place in word.items():
        name = labels[str(place)].lower()
        column = {"entailment": 0, "contradiction": 1, "neutral": 2}[name]
        assert grounder.probabilities([(text, text)])[0].argmax() == column
    assert grounder.count_tokens("참 참", "거짓") == 3
    with pytest.raises(InputError, match="한도 16토큰"):
        grounder.probabilities([("참 " * 20, "참")])


def test_a_local_folder_says_what_it_lacks(tmp_path: Path) -> None:
    pytest.importorskip("tokenizers", reason="the extra 'onnx' is not installed")
    from haechi.models.grounding_onnx import OnnxGrounder

    with pytest.raises(ModelError, match=r"model\.onnx, tokenizer\.json, config\.json"):
        OnnxGrounder(str(tmp_path))
    two = nli_folder(tmp_path / "two", {"0": "LABEL_0", "1": "LABEL_1", "2": "LABEL_2"})
    with pytest.raises(ModelError, match="entailment, contradiction, neutral"):
        OnnxGrounder(str(two))

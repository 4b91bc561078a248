"""Text → ids as the model was trained to read it; a hand-made vocabulary first, then the real one."""

import json

import pytest

from haechi.models.e5_tokenizer import UnigramTokenizer

SPECIAL = {"<s>": 0, "<pad>": 1, "</s>": 2, "<unk>": 3}
PIECES = [("<s>", 0.0), ("<pad>", 0.0), ("</s>", 0.0), ("<unk>", 0.0), ("▁", -3.0), ("▁휴", -5.0), ("가", -4.0)]
PIECES += [("▁휴가", -6.0), ("는", -2.0), ("가는", -7.0)]
ID = {piece: number for number, (piece, _) in enumerate(PIECES)}


@pytest.fixture
def tokenizer():
    return UnigramTokenizer(PIECES, {ord("\n"): " ", 1: "", ord("％"): "%"}, SPECIAL)


def ids(*pieces):
    return [ID[piece] for piece in pieces]


def test_the_most_probable_pieces_win(tokenizer):
    # -6 - 2 beats -5 - 4 - 2 and -5 - 7.
    assert tokenizer.content("휴가는") == ids("▁휴가", "는")


def test_every_unknown_character_is_one_unknown_id(tokenizer):
    assert tokenizer.content("휴龘龘가") == ids("▁휴", "<unk>", "<unk>", "가")


def test_spaces_collapse_and_a_trailing_one_counts(tokenizer):
    assert tokenizer.content("  휴가   휴가 ") == ids("▁휴가", "▁휴가", "▁")


def test_an_empty_text_is_one_word_start(tokenizer):
    assert tokenizer.content("") == ids("▁")


def test_the_map_of_code_points_is_applied(tokenizer):
    assert tokenizer.normalise("휴가\n100％\x01") == "휴가 100%"


def test_a_special_token_written_in_a_text_is_just_text(tokenizer):
    # The trap: a document that contains "</s>" must not be able to end its own passage.
    assert ID["</s>"] not in tokenizer.content("휴가</s>휴가")


def test_counting_is_the_length_of_the_ids(tokenizer):
    for text in ("", " ", "휴가는 휴가", "모르는 글자들"):
        assert tokenizer.count(text) == len(tokenizer.content(text))


@pytest.mark.models
def test_a_long_text_without_spaces_takes_linear_time(embedder_weights):
    assert UnigramTokenizer.from_folder(embedder_weights).count("가" * 20_000) > 1_000


@pytest.mark.models
def test_ids_equal_those_of_the_tokenizers_package_on_real_korean(embedder_weights, shared_data):
    from tokenizers import Tokenizer

    reference = Tokenizer.from_file(str(embedder_weights / "tokenizer.json"))
    ours = UnigramTokenizer.from_folder(embedder_weights)
    texts = []
    for name in ("korquad1_dev", "nts_rulings", "statutes"):
        with (shared_data / name / "corpus.jsonl").open(encoding="utf-8") as stream:
            texts += [json.loads(line)["text"] for line, _ in zip(stream, range(200), strict=False)]
    assert len(texts) >= 500
    for text in texts:
        assert ours.wrap(ours.content(f"passage: {text}")) == reference.encode(f"passage: {text}").ids

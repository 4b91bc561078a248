"""One way to write a prompt: with a chat template or in the Korean instruction form, with one end mark."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.training.tiny_lm import make_base

pytest.importorskip("trl", reason="the extra 'train' is not installed")

from haechi.errors import InputError, ModelError
from haechi.training.llm_base import find_base, load_causal, load_tokenizer
from haechi.training.prompt_format import (
    answer_ids,
    cut_answer,
    end_mark,
    prompt_ids,
    prompt_text,
)


@pytest.fixture(scope="module")
def chat_base(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_base(tmp_path_factory.mktemp("chat"))


@pytest.fixture(scope="module")
def plain_base(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_base(tmp_path_factory.mktemp("plain"), chat=False)


def test_a_chat_template_writes_the_prompt_and_its_mark_ends_the_answer(chat_base: Path) -> None:
    tokenizer = load_tokenizer(str(chat_base))
    text = prompt_text(tokenizer, {"prompt": "대출 기간은?", "input": "일반 14일"})
    assert text == "<|im_start|>user\n대출 기간은?\n\n일반 14일<|im_end|>\n<|im_start|>assistant\n"
    assert end_mark(tokenizer) == tokenizer.eos_token == "<|im_end|>"
    assert answer_ids(tokenizer, "14일")[-1] == tokenizer.eos_token_id


def test_messages_keep_their_roles(chat_base: Path) -> None:
    talk = [{"role": "system", "content": "사서"}, {"role": "user", "content": "연장은?"}]
    text = prompt_text(load_tokenizer(str(chat_base)), {"prompt": talk})
    assert text.startswith("<|im_start|>system\n사서<|im_end|>\n<|im_start|>user\n연장은?")


def test_without_a_template_the_instruction_form_has_input_or_not(plain_base: Path) -> None:
    tokenizer = load_tokenizer(str(plain_base))
    bare = prompt_text(tokenizer, {"prompt": "대출 기간은?"})
    assert "### 명령어:\n대출 기간은?\n\n### 응답:\n" in bare
    assert "### 입력:" not in bare
    full = prompt_text(tokenizer, {"prompt": "존댓말로", "input": "내일 와."})
    assert full.endswith("### 명령어:\n존댓말로\n\n### 입력:\n내일 와.\n\n### 응답:\n")
    assert end_mark(tokenizer) == "<|endoftext|>"


def test_the_padding_is_never_the_end_mark(chat_base: Path, plain_base: Path) -> None:
    # The lecture padded with the end mark: a model that ignores padding in the loss then never learns to stop.
    for base in (chat_base, plain_base):
        tokenizer = load_tokenizer(str(base))
        assert tokenizer.pad_token_id is not None
        assert tokenizer.pad_token_id != tokenizer.eos_token_id
        assert load_causal(str(base)).config.pad_token_id == tokenizer.pad_token_id
    assert load_tokenizer(str(chat_base)).padding_side == "right"
    assert load_tokenizer(str(chat_base), side="left").padding_side == "left"


def test_the_start_mark_stands_once(plain_base: Path) -> None:
    from tokenizers.processors import TemplateProcessing

    tokenizer = load_tokenizer(str(plain_base))
    tokenizer.bos_token = "<|im_start|>"
    tokenizer.backend_tokenizer.post_processor = TemplateProcessing(
        single="<|im_start|> $A", special_tokens=[("<|im_start|>", tokenizer.bos_token_id)]
    )
    ids = prompt_ids(tokenizer, {"prompt": "대출"})
    assert ids.count(tokenizer.bos_token_id) == 1
    assert ids[0] == tokenizer.bos_token_id


def test_an_answer_ends_at_its_mark_or_at_the_next_section(chat_base: Path, plain_base: Path) -> None:
    chat, plain = load_tokenizer(str(chat_base)), load_tokenizer(str(plain_base))
    assert cut_answer(chat, "14일입니다.<|im_end|>\n<|im_start|>user") == "14일입니다."
    assert cut_answer(plain, "14일입니다.\n\n### 명령어:\n또 묻기") == "14일입니다."
    # Only new text is given to it, so a leading section mark is not the prompt's (the lecture cut everything away).
    assert cut_answer(chat, "### 제목\n14일") == "### 제목\n14일"


def test_a_wrong_base_is_told_before_anything_is_loaded(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match="haechi models list"):
        find_base("no-such-model")
    with pytest.raises(InputError, match=r"config\.json"):
        find_base(str(tmp_path))
    (tmp_path / "config.json").write_text("{}")
    (tmp_path / "pytorch_model.bin").write_bytes(b"")
    with pytest.raises(InputError, match="safetensors"):
        find_base(str(tmp_path))

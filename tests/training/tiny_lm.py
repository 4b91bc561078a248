"""A tiny random language model with a Korean tokenizer of its own, made by the test that needs it.

`make_base(folder)` writes a Qwen2 of 2 layers, hidden 64, with a chat template; `chat=False` a GPT-NeoX without one.
"""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Any

CORPUS = [
    "도서 대출 기간은 며칠인가요? 일반 이용자는 14일입니다. 연체료는 1일 100원입니다.",
    "주차 요금은 10분에 500원이며 하루 최대 1만 원입니다. 휴관일은 매월 둘째 월요일입니다.",
    "다음은 작업을 설명하는 명령어입니다. 요청에 알맞은 응답을 쓰세요. ### 명령어: ### 입력: ### 응답:",
    "abcdefghijklmnopqrstuvwxyz ABCDEFGHIJKLMNOPQRSTUVWXYZ 0123456789",
]
CHAT_TEMPLATE = (
    "{% for message in messages %}<|im_start|>{{ message['role'] }}\n{{ message['content'] }}<|im_end|>\n{% endfor %}"
    "{% if add_generation_prompt %}<|im_start|>assistant\n{% endif %}"
)


@cache
def tokenizer(chat: bool) -> Any:
    from tokenizers import Tokenizer, decoders, models, pre_tokenizers, trainers
    from transformers import PreTrainedTokenizerFast

    made = Tokenizer(models.BPE())
    made.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    made.decoder = decoders.ByteLevel()
    marks = ["<|endoftext|>", "<|im_start|>", "<|im_end|>", "<unk>"]
    trainer = trainers.BpeTrainer(
        vocab_size=600,
        special_tokens=marks,
        initial_alphabet=pre_tokenizers.ByteLevel.alphabet(),
        show_progress=False,
    )
    made.train_from_iterator(CORPUS, trainer)
    # pad and eos are the same mark, as in many published models: a trap on purpose.
    found = PreTrainedTokenizerFast(
        tokenizer_object=made, eos_token="<|endoftext|>", pad_token="<|endoftext|>", unk_token="<unk>"
    )
    if chat:
        found.chat_template = CHAT_TEMPLATE
    return found


def make_base(folder: Path, *, chat: bool = True, layers: int = 2, hidden: int = 64, seed: int = 0) -> Path:
    """Write model and tokenizer into `folder` and return it."""
    import torch
    from transformers import GPTNeoXConfig, GPTNeoXForCausalLM, Qwen2Config, Qwen2ForCausalLM

    torch.manual_seed(seed)
    words = tokenizer(chat)
    shape = {
        "vocab_size": len(words),
        "hidden_size": hidden,
        "intermediate_size": 2 * hidden,
        "num_hidden_layers": layers,
        "num_attention_heads": 4,
        "max_position_embeddings": 512,
        "eos_token_id": words.eos_token_id,
        # Wide: with 0.02 no output of so small a model can be likely, whatever an adapter learns.
        "initializer_range": 0.2,
    }
    if chat:
        model = Qwen2ForCausalLM(Qwen2Config(**shape, num_key_value_heads=2, tie_word_embeddings=True))
    else:
        model = GPTNeoXForCausalLM(GPTNeoXConfig(**shape))
    model.save_pretrained(folder)
    words.save_pretrained(folder)
    return folder

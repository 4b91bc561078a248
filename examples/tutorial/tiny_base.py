"""A tiny Korean language model of our own, made in seconds and without a download: what the lessons train on a CPU.

Two layers, at most 3,000 byte-level BPE tokens, trained for a moment on the passages and questions of this repository.
It writes Korean-looking sentences and knows nothing: enough to see every step work. `plain` is a GPT-NeoX without a
chat template (as KoGPT and Polyglot-Ko have none), `chat` a Qwen2 with one.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

REPOSITORY = Path(__file__).resolve().parents[2]
ROWS = REPOSITORY / "datasets" / "grounded_qa"
TEMPLATE = (
    "{% for m in messages %}<|im_start|>{{ m['role'] }}\n{{ m['content'] }}<|im_end|>\n{% endfor %}"
    "{% if add_generation_prompt %}<|im_start|>assistant\n{% endif %}"
)
_MARKS = ["<pad>", "<|endoftext|>", "<|im_start|>", "<|im_end|>"]
_WINDOW, _BATCH, _STEPS, _RATE = 96, 16, 100, 5e-3


def make_base(folder: Path, kind: str) -> Path:
    """The model folder, made anew unless it is there. `kind` is plain or chat."""
    if (folder / "config.json").is_file():
        return folder
    texts = _texts()
    tokenizer = _tokenizer(texts, kind)
    model = _model(kind, tokenizer)
    _read(model, tokenizer, texts)
    model.save_pretrained(folder)
    tokenizer.save_pretrained(folder)
    return folder


def _texts() -> list[str]:
    texts: dict[str, None] = {}
    for line in (ROWS / "train_1.jsonl").read_text(encoding="utf-8").splitlines():
        row = json.loads(line)
        for passage in row["passages"]:
            texts[passage["text"]] = None
        texts[f"{row['question']}\n{row['answer']}"] = None
    # As a web page would have it: the form of instructions, without telling what is asked or answered.
    texts[
        "다음은 작업을 설명하는 명령어입니다. 요청에 알맞은 응답을 쓰세요.\n\n### 명령어:\n\n### 입력:\n\n### 응답:\n"
    ] = None
    return list(texts)


def _tokenizer(texts: list[str], kind: str) -> Any:
    from tokenizers import Tokenizer, decoders, models, pre_tokenizers, trainers
    from transformers import PreTrainedTokenizerFast

    made = Tokenizer(models.BPE())
    made.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    made.decoder = decoders.ByteLevel()
    trainer = trainers.BpeTrainer(
        vocab_size=3000,
        special_tokens=_MARKS,
        initial_alphabet=pre_tokenizers.ByteLevel.alphabet(),
        show_progress=False,
    )
    made.train_from_iterator(texts, trainer)
    # A padding mark of its own: in the lecture's KoGPT it was the end mark, which then was never learnt.
    end, template = ("<|im_end|>", TEMPLATE) if kind == "chat" else ("<|endoftext|>", None)
    return PreTrainedTokenizerFast(tokenizer_object=made, pad_token="<pad>", eos_token=end, chat_template=template)


def _model(kind: str, tokenizer: Any) -> Any:
    import torch
    from transformers import GPTNeoXConfig, GPTNeoXForCausalLM, Qwen2Config, Qwen2ForCausalLM

    torch.manual_seed(42)
    shape = {
        "vocab_size": len(tokenizer),
        "hidden_size": 128,
        "intermediate_size": 256,
        "num_hidden_layers": 2,
        "num_attention_heads": 4,
        "max_position_embeddings": 1024,
        "bos_token_id": None,
        "eos_token_id": tokenizer.eos_token_id,
        "pad_token_id": tokenizer.pad_token_id,
    }
    if kind == "chat":
        return Qwen2ForCausalLM(Qwen2Config(**shape, num_key_value_heads=2, tie_word_embeddings=False))
    return GPTNeoXForCausalLM(GPTNeoXConfig(**shape))


def _read(model: Any, tokenizer: Any, texts: list[str]) -> None:
    """A moment of pre-training: the next token of our own texts."""
    import random

    import torch

    ids = [token for text in texts for token in [*tokenizer(text)["input_ids"], tokenizer.eos_token_id]]
    dice = random.Random(42)
    optimiser = torch.optim.AdamW(model.parameters(), lr=_RATE)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimiser, max_lr=_RATE, total_steps=_STEPS)
    model.train()
    for _ in range(_STEPS):
        starts = [dice.randrange(len(ids) - _WINDOW) for _ in range(_BATCH)]
        batch = torch.tensor([ids[start : start + _WINDOW] for start in starts])
        optimiser.zero_grad()
        loss = model(input_ids=batch, labels=batch).loss
        loss.backward()
        optimiser.step()
        schedule.step()
    model.eval()


if __name__ == "__main__":
    import sys

    print(make_base(Path(sys.argv[1]), sys.argv[2] if len(sys.argv) > 2 else "chat"))

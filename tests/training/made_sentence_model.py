"""A tiny random SentenceTransformer folder: BERT of two layers, one token a letter, mean pooling."""

from __future__ import annotations

from pathlib import Path

LETTERS = "abcdefghijklmnopqrstuvwxyz?:가나다라마바사휴연차며칠비출장불나면신고"
SPECIAL = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"]


def make_sentence_model(folder: Path, limit: int = 48) -> Path:
    """The same folder every time."""
    import torch
    from sentence_transformers import SentenceTransformer
    from sentence_transformers.sentence_transformer.modules import Normalize, Pooling, Transformer
    from tokenizers import Regex, Tokenizer
    from tokenizers.models import WordLevel
    from tokenizers.pre_tokenizers import Sequence, Split, WhitespaceSplit
    from tokenizers.processors import TemplateProcessing
    from transformers import BertConfig, BertModel, PreTrainedTokenizerFast

    words = [*SPECIAL, *dict.fromkeys(LETTERS)]
    tokenizer = Tokenizer(WordLevel({word: at for at, word in enumerate(words)}, unk_token="[UNK]"))
    tokenizer.pre_tokenizer = Sequence([WhitespaceSplit(), Split(Regex("."), "isolated")])
    tokenizer.post_processor = TemplateProcessing("[CLS] $A [SEP]", special_tokens=[("[CLS]", 2), ("[SEP]", 3)])
    marks = {f"{name}_token": f"[{name.upper()}]" for name in ("pad", "unk", "cls", "sep", "mask")}
    plain = folder.with_name(folder.name + "_plain")
    PreTrainedTokenizerFast(tokenizer_object=tokenizer, model_max_length=limit, **marks).save_pretrained(plain)
    torch.manual_seed(0)
    BertModel(
        BertConfig(
            vocab_size=len(words),
            hidden_size=64,
            num_hidden_layers=2,
            num_attention_heads=2,
            intermediate_size=128,
            max_position_embeddings=limit,
            initializer_range=0.2,
        )
    ).save_pretrained(plain)
    body = Transformer(str(plain), max_seq_length=limit)
    SentenceTransformer(modules=[body, Pooling(64, "mean"), Normalize()]).save_pretrained(str(folder))
    return folder

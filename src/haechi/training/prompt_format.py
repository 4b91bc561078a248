"""The one way a prompt is written for a language model: SFT, reward, DPO, PPO, GRPO and inference all use it.

With the tokenizer's own chat template where it has one, else a Korean instruction template with or without input.
The text is whole: it carries the start mark if the model wants one, so it is tokenized without special tokens added.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from haechi.errors import InputError

WITHOUT_INPUT = "다음은 작업을 설명하는 명령어입니다. 요청에 알맞은 응답을 쓰세요."
WITH_INPUT = "다음은 작업을 설명하는 명령어와 그 배경이 되는 입력입니다. 요청에 알맞은 응답을 쓰세요."
COMMAND, INPUT, ANSWER = "### 명령어:", "### 입력:", "### 응답:"
#: A model that rarely writes its end mark starts a new section instead.
SECTION = "###"

Message = Mapping[str, str]


def prompt_text(tokenizer: Any, row: Mapping[str, Any]) -> str:
    """The text before the answer: `prompt` (a string or a list of {role, content}) and `input`, if any."""
    prompt, extra = row["prompt"], str(row.get("input") or "").strip()
    if has_template(tokenizer):
        text = tokenizer.apply_chat_template(_messages(prompt, extra), tokenize=False, add_generation_prompt=True)
        return str(text)
    plain = plain_prompt(prompt, extra, end_mark(tokenizer))
    return _start_mark(tokenizer) + plain


def has_template(tokenizer: Any) -> bool:
    """Whether the tokenizer writes conversations in a form of its own."""
    return bool(getattr(tokenizer, "chat_template", None))


def end_mark(tokenizer: Any) -> str:
    """What ends an answer, the same everywhere: what the chat template puts after one, else the end of text.

    Raises InputError for a tokenizer without any.
    """
    if has_template(tokenizer):
        said = "가나다"
        talk = [{"role": "user", "content": "묻습니다"}, {"role": "assistant", "content": said}]
        after = str(tokenizer.apply_chat_template(talk, tokenize=False)).rpartition(said)[2].lstrip()
        marks = sorted(_marks(tokenizer), key=len, reverse=True)
        found = next((mark for mark in marks if after.startswith(mark)), None)
        if found:
            return found
    if not tokenizer.eos_token:
        raise InputError(
            "토크나이저에 끝 표시(eos_token)가 없습니다. tokenizer_config.json에 eos_token을 적으세요",
            "the tokenizer has no end mark; state eos_token in tokenizer_config.json",
        )
    return str(tokenizer.eos_token)


def prompt_ids(tokenizer: Any, row: Mapping[str, Any]) -> list[int]:
    """Tokens of `prompt_text`."""
    return list(tokenizer(prompt_text(tokenizer, row), add_special_tokens=False)["input_ids"])


def answer_ids(tokenizer: Any, answer: str, *, ended: bool = True) -> list[int]:
    """Tokens of an answer with its end mark, as they follow a prompt."""
    ids = list(tokenizer(answer, add_special_tokens=False)["input_ids"])
    return [*ids, tokenizer.convert_tokens_to_ids(end_mark(tokenizer))] if ended else ids


def cut_answer(tokenizer: Any, text: str) -> str:
    """New text of a model, up to its end mark or the next section: no second question runs on."""
    text = text.partition(end_mark(tokenizer))[0]
    if not has_template(tokenizer):
        text = text.partition(f"\n{SECTION}")[0]
    return text.strip()


def _messages(prompt: str | Sequence[Message], extra: str) -> list[dict[str, str]]:
    if isinstance(prompt, str):
        return [{"role": "user", "content": f"{prompt.strip()}\n\n{extra}" if extra else prompt.strip()}]
    messages = [dict(message) for message in prompt]
    if extra and messages:
        messages[-1]["content"] = f"{messages[-1]['content']}\n\n{extra}"
    return messages


def plain_prompt(prompt: str | Sequence[Message], extra: str, end: str) -> str:
    """The instruction template up to the answer, with `end` behind every earlier answer; no tokenizer is needed."""
    if isinstance(prompt, str):
        prompt = [{"role": "user", "content": prompt}]
    system = [message["content"].strip() for message in prompt if message["role"] == "system"]
    parts = ["\n".join(system) or (WITH_INPUT if extra else WITHOUT_INPUT)]
    talk = [message for message in prompt if message["role"] != "system"]
    for message in talk:
        if message["role"] == "assistant":
            parts.append(f"{ANSWER}\n{message['content'].strip()}{end}")
        else:
            parts.append(f"{COMMAND}\n{message['content'].strip()}")
    if extra:
        parts.append(f"{INPUT}\n{extra}")
    return "\n\n".join([*parts, f"{ANSWER}\n"])


def _start_mark(tokenizer: Any) -> str:
    """The start-of-text mark, for models whose tokenizer writes one."""
    start = tokenizer.bos_token
    if not start:
        return ""
    ids = tokenizer("가", add_special_tokens=True)["input_ids"]
    return str(start) if ids and ids[0] == tokenizer.bos_token_id else ""


def _marks(tokenizer: Any) -> set[str]:
    added = {str(token) for token in tokenizer.added_tokens_decoder.values()}
    return {mark for mark in (*added, *tokenizer.all_special_tokens) if mark}

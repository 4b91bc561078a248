"""Rows of one kind → rows of another: what each trainer reads, from whatever an institution has.

    to        from
    sft       sft, instruction, chat (a row for every answer), faq (one for every wording), pairs, ranking (the best),
              grounded
    chat      the same; a dialogue stays whole
    pairs     pairs, ranking (all n(n-1)/2), grounded with a rejected answer
    prompts   everything that asks
    text      everything that sft can be made of

Nothing is left out without being counted: every function gives its rows and why others were not made.
"""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal, get_args

from haechi.errors import InputError
from haechi.training import grounded_rows
from haechi.training.conversations import EXCHANGES, clean_conversations
from haechi.training.data_formats import Kind, Row, completions, prompt_key
from haechi.training.rankings import pairs_of_rows, ranking_problem
from haechi.training.text_column import text_of

Target = Literal["sft", "chat", "pairs", "prompts", "text"]
TARGETS: tuple[Target, ...] = get_args(Target)


@dataclass(frozen=True)
class Options:
    """`exchanges` is how many a dialogue has (None: as it comes), `persona` the system message of chats that have none,
    `orders` says that rankings name positions, `end` stands behind every answer of a text, `tagged` adds the variants
    with tags, `max_chars` is the answer length that grounded prompts ask for."""

    persona: str = ""
    exchanges: int | None = EXCHANGES
    orders: bool = False
    end: str = ""
    tagged: bool = False
    max_chars: int = grounded_rows.MAX_CHARS


@dataclass
class Built:
    """Rows, and how often what was done or left out."""

    rows: list[Row]
    counts: Counter[str] = field(default_factory=Counter)

    def record(self) -> dict[str, Any]:
        return {"rows": len(self.rows), **dict(sorted((name, n) for name, n in self.counts.items() if n))}


def build(kind: Kind, rows: Sequence[Row], to: Target, options: Options = Options()) -> Built:
    """Rows of a kind as rows of another. Raises InputError when that kind cannot become the other."""
    makers: dict[Target, Callable[[Kind, Sequence[Row], Options], Built]] = {
        "sft": sft_rows,
        "chat": chat_rows,
        "pairs": pair_rows,
        "prompts": prompt_rows,
        "text": text_rows,
    }
    return makers[to](kind, rows, options)


def sft_rows(kind: Kind, rows: Sequence[Row], options: Options = Options()) -> Built:
    """{prompt, completion, input?}; rows without an answer are left out and counted, never written empty."""
    counts: Counter[str] = Counter()
    if kind == "chat":
        rows = _dialogues(rows, options, counts)
    made = [item for row in rows for item in _answers(kind, row, options, counts)]
    kept = [row for row in made if row["completion"].strip() and _asks(row)]
    counts["empty"] += len(made) - len(kept)
    return Built(kept, counts)


def chat_rows(kind: Kind, rows: Sequence[Row], options: Options = Options()) -> Built:
    """{messages}, with the persona as the system message of those that have none."""
    if kind == "chat":
        counts: Counter[str] = Counter()
        chats = [{"messages": [dict(item) for item in row["messages"]]} for row in _dialogues(rows, options, counts)]
        built = Built(chats, counts)
    else:
        built = sft_rows(kind, rows, options)
        built.rows = [{"messages": _messages(row)} for row in built.rows]
    if options.persona:
        for row in built.rows:
            if row["messages"][0]["role"] != "system":
                row["messages"].insert(0, {"role": "system", "content": options.persona})
    return built


def pair_rows(kind: Kind, rows: Sequence[Row], options: Options = Options()) -> Built:
    """{prompt, chosen, rejected}; broken rankings and pairs of alike or empty answers are left out and counted."""
    counts: Counter[str] = Counter()
    if kind == "ranking":
        pairs, refused = pairs_of_rows(rows, orders=options.orders)
        counts["broken_ranking"] = len(refused)
    elif kind == "pairs":
        names = ("prompt", "input", "group", "chosen", "rejected")
        pairs = [{name: row[name] for name in names if row.get(name)} for row in rows]
    elif kind == "grounded":
        found = [grounded_rows.pair_row(row, options.max_chars) for row in rows]
        pairs = [row for row in found if row is not None]
        counts["no_rejected"] = len(found) - len(pairs)
    else:
        raise _impossible(kind, "pairs", "pairs, ranking, grounded")
    kept = [row for row in pairs if _asks(row) and _differ(row)]
    counts["alike_or_empty"] = len(pairs) - len(kept)
    return Built(kept, counts)


def prompt_rows(kind: Kind, rows: Sequence[Row], options: Options = Options()) -> Built:
    """{prompt, input?}, each once and without any answer: of a dialogue only how it begins."""
    if kind == "text":
        raise _impossible(kind, "prompts", "sft, chat, faq, grounded …")
    counts: Counter[str] = Counter()
    kept: dict[str, Row] = {}
    for row in (made for item in rows for made in _prompts(kind, item, options)):
        if not _asks(row):
            counts["empty"] += 1
        elif (key := _text(row)) in kept:
            counts["duplicate"] += 1
        else:
            kept[key] = row
    return Built(list(kept.values()), counts)


def text_rows(kind: Kind, rows: Sequence[Row], options: Options = Options()) -> Built:
    """{text}: description, command, input and answer in one."""
    if kind == "text":
        return Built([{"text": row["text"]} for row in rows])
    built = sft_rows(kind, rows, options)
    return Built([{"text": text_of(row, options.end)} for row in built.rows], built.counts)


def mix(
    sources: Mapping[str, tuple[Kind, Sequence[Row]]],
    to: Target,
    *,
    each: int | None = None,
    seed: int = 0,
    options: Options = Options(),
) -> Built:
    """Rows of several files as one set: alike ones once, at most `each` of every source, each row naming its `source`.

    Which rows are taken depends on the rows and the seed, not on their order in the files. A source that has fewer
    than `each` gives what it has and is counted under `short:NAME`; what stands in two counts for the first.
    """
    counts: Counter[str] = Counter()
    seen: set[str] = set()
    taken: list[Row] = []
    for name, (kind, rows) in sources.items():
        built = build(kind, rows, to, options)
        counts.update(built.counts)
        fresh: dict[str, Row] = {}
        for row in built.rows:
            text = _text(row)
            if text in seen:
                counts["duplicate"] += 1
            else:
                seen.add(text)
                fresh[text] = row
        order = sorted(fresh, key=lambda text: _draw(seed, text))
        chosen = order if each is None else order[:each]
        if each is not None and len(chosen) < each:
            counts[f"short:{name}"] = each - len(chosen)
        counts[f"from:{name}"] = len(chosen)
        taken += [{**fresh[text], "source": name} for text in chosen]
    return Built(sorted(taken, key=lambda row: _draw(seed + 1, _text(row))), counts)


def _draw(seed: int, text: str) -> bytes:
    return hashlib.sha256(f"{seed}\0{text}".encode("utf-8", "surrogatepass")).digest()


def _text(row: Mapping[str, Any]) -> str:
    """A row's words without doubled spaces, to know alike ones by."""
    answers = [str(row[name]) for name in ("completion", "chosen", "rejected") if name in row]
    asked = _said(row["messages"]) if "messages" in row else _said(row.get("prompt", row.get("text", "")))
    return " ".join("\n".join([asked, str(row.get("input") or ""), *answers]).split())


def _said(prompt: Any) -> str:
    return prompt if isinstance(prompt, str) else "\n".join(f"{item['role']}: {item['content']}" for item in prompt)


def _dialogues(rows: Sequence[Row], options: Options, counts: Counter[str]) -> Sequence[Row]:
    if options.exchanges is None:
        return rows
    kept, done = clean_conversations(rows, options.exchanges)
    counts.update(done)
    return kept


def _answers(kind: Kind, row: Row, options: Options, counts: Counter[str]) -> Iterable[Row]:
    if kind == "sft":
        yield _plain(row["prompt"], row["completion"], row)
    elif kind == "instruction":
        yield _plain(row["instruction"], row["output"], row)
    elif kind == "pairs":
        yield _plain(row["prompt"], row["chosen"], row)
    elif kind == "ranking":
        if ranking_problem(row):
            counts["broken_ranking"] += 1
        else:
            yield _plain(row["prompt"], completions(row)[row["ranking"].index(0)], row)
    elif kind == "faq":
        for question in dict.fromkeys((row["question"], *map(str, row.get("variants") or ()))):
            yield {"prompt": question, "completion": row["answer"], "group": str(row.get("id") or row["question"])}
    elif kind == "chat":
        yield from _turns(row["messages"])
    elif kind == "grounded":
        yield grounded_rows.sft_row(row, options.max_chars)
        if options.tagged:
            tagged = grounded_rows.tagged_row(row, options.max_chars)
            counts["tagged" if tagged else "not_tagged"] += 1
            if tagged:
                yield tagged
    else:
        raise _impossible(kind, "sft", "sft, instruction, chat, faq, pairs, ranking, grounded")


def _plain(prompt: Any, completion: str, row: Row) -> Row:
    return {
        "prompt": prompt,
        **({"input": row["input"]} if str(row.get("input") or "").strip() else {}),
        "completion": completion,
        **({"group": row["group"]} if row.get("group") else {}),
    }


def _turns(messages: Sequence[Mapping[str, str]]) -> Iterable[Row]:
    """A row for every answer of a dialogue; all have its group, so that no split parts them."""
    group = prompt_key({"messages": messages})
    for place, message in enumerate(messages):
        before = [{"role": item["role"], "content": item["content"]} for item in messages[:place]]
        if message["role"] == "assistant" and before and before[-1]["role"] == "user":
            prompt: Any = before[0]["content"] if len(before) == 1 else before
            yield {"prompt": prompt, "completion": message["content"], "group": group}


def _prompts(kind: Kind, row: Row, options: Options) -> Iterable[Row]:
    more = {name: row[name] for name in ("input",) if str(row.get(name) or "").strip()}
    if kind == "chat":
        # Later turns need the answers before them, and those are answers to other rows' prompts.
        end = next((place for place, item in enumerate(row["messages"]) if item["role"] == "assistant"), None)
        opening = [{"role": item["role"], "content": item["content"]} for item in row["messages"][:end]]
        yield {"prompt": opening[0]["content"] if len(opening) == 1 else opening}
    elif kind == "faq":
        yield from ({"prompt": text} for text in dict.fromkeys((row["question"], *map(str, row.get("variants") or ()))))
    elif kind == "grounded":
        yield {"prompt": grounded_rows.sft_row(row, options.max_chars)["prompt"]}
    else:
        prompt = row["instruction"] if kind == "instruction" else row["prompt"]
        if not isinstance(prompt, str):
            while prompt and prompt[-1]["role"] == "assistant":
                prompt = prompt[:-1]
        yield {"prompt": prompt, **more}


def _messages(row: Row) -> list[dict[str, str]]:
    extra = str(row.get("input") or "").strip()
    prompt = row["prompt"]
    messages = [{"role": "user", "content": prompt}] if isinstance(prompt, str) else [dict(item) for item in prompt]
    if extra:
        messages[-1]["content"] += f"\n\n{extra}"
    return [*messages, {"role": "assistant", "content": row["completion"]}]


def _asks(row: Row) -> bool:
    prompt = row["prompt"]
    if isinstance(prompt, str):
        return bool(prompt.strip())
    return bool(prompt) and prompt[-1]["role"] == "user" and bool(prompt[-1]["content"].strip())


def _differ(row: Row) -> bool:
    chosen, rejected = (" ".join(str(row.get(name, "")).split()) for name in ("chosen", "rejected"))
    return bool(chosen and rejected) and chosen != rejected


def _impossible(kind: str, to: str, possible: str) -> InputError:
    return InputError(
        f"{kind} 자료로는 {to} 자료를 만들 수 없습니다. 쓸 수 있는 것: {possible}",
        f"{kind} rows cannot become {to}; these can: {possible}",
    )

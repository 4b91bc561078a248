"""Training rows from what a home remembers: recorded answers and what people said about them.

    sft      good answers, and corrections that the passages bear out, asked with the passages of that day
    pairs    a good or corrected answer over every bad one to the same question
    faq      good answers and corrections as curated pairs, to be looked at before they are read in
    prompts  every question with its passages
    grounded the same good answers as questions over passages, for trainers that build the prompt themselves

A correction that says what no passage says would teach the model to invent: it becomes an FAQ pair, never an SFT row.
A good answer that the checkers found wrong is not trained on either. What quoted a removed document has lost its
words. Everything left out is counted.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from haechi.korean.asking import squeezed
from haechi.pipeline.citations import MARKER
from haechi.pipeline.feedback import newest
from haechi.pipeline.prompt import build_messages
from haechi.pipeline.shape import says_unknown
from haechi.training.answer_gate import UNKNOWN, AnswerGate
from haechi.training.data_formats import Row
from haechi.training.grounded_rows import prompt_of
from haechi.types import Chunk, Hit, content_hash

if TYPE_CHECKING:
    from haechi.pipeline.build import Home
    from haechi.stores.feedback_base import Feedback


@dataclass
class HomeRows:
    """Rows by file, and how many of what were left out."""

    sft: list[Row] = field(default_factory=list)
    pairs: list[Row] = field(default_factory=list)
    faq: list[Row] = field(default_factory=list)
    prompts: list[Row] = field(default_factory=list)
    grounded: list[Row] = field(default_factory=list)
    counts: Counter[str] = field(default_factory=Counter)

    def record(self) -> dict[str, Any]:
        made = {name: len(getattr(self, name)) for name in ("sft", "pairs", "faq", "prompts")}
        return {**made, "left_out": dict(sorted(self.counts.items()))}


@dataclass(frozen=True)
class _Rated:
    """One recorded answer as rows need it; `answer` is what the model is to say, or not to say."""

    group: str
    prompt: list[dict[str, str]]
    answer: str
    question: str
    hits: tuple[Hit, ...]


def from_home(home: Home, since: str = "") -> HomeRows:
    """Rows from the answers recorded since an ISO day (all when empty). Models are loaded only for corrections."""
    made = HomeRows()
    opinions = newest(home.store.feedback())
    gate = AnswerGate(home.chatbot().checkers, home.analyser(), home.config.answer.max_chars) if opinions else None
    goods: list[_Rated] = []
    bads: list[_Rated] = []
    faq: dict[str, Row] = {}
    prompts: dict[str, Row] = {}
    for record in reversed(home.store.answers(since)):
        opinion = opinions.get(record["id"])
        if opinion is not None:
            _add_faq(faq, record, opinion)
        hits = recorded_hits(home, record)
        if not hits:
            made.counts["no_passages"] += opinion is not None
            continue
        question = record["rewritten"] or record["question"]
        prompt = prompt_of(build_messages(question, hits, max_chars=home.config.answer.max_chars))
        group = squeezed(question)
        prompts.setdefault(f"{group}\0{prompt[-1]['content']}", {"prompt": prompt, "group": group})
        if opinion is None or gate is None:
            continue
        said = UNKNOWN if record["origin"] == "refused" else record["answer"]
        if opinion.verdict == "good" and record["status"] in ("contradicted", "not_found"):
            made.counts["good_but_wrong"] += 1
            continue
        if opinion.verdict == "good":
            goods.append(_Rated(group, prompt, said, question, tuple(hits)))
            continue
        bads.append(_Rated(group, prompt, said, question, tuple(hits)))
        if opinion.forgotten:
            made.counts["forgotten"] += 1
        elif opinion.correction:
            judged = gate.judge(question, opinion.correction, hits)
            if judged.good:
                goods.append(_Rated(group, prompt, judged.text, question, tuple(hits)))
            else:
                made.counts[f"correction_{judged.why}"] += 1
        else:
            made.counts["bad_without_correction"] += 1
    made.sft = _sft(goods)
    made.pairs = _pairs(goods, bads)
    made.grounded = [grounded_row(item.question, item.hits, item.answer) for item in goods]
    made.faq, made.prompts = list(faq.values()), list(prompts.values())
    return made


def grounded_row(question: str, hits: Sequence[Hit], answer: str) -> Row:
    """A question over its passages; `documents` are the ids of what they come from."""
    passages = [
        {
            "title": hit.document_title,
            "label": hit.chunk.label,
            **({"head": hit.chunk.meta["article_title"]} if hit.chunk.meta.get("article_title") else {}),
            "text": hit.chunk.text,
        }
        for hit in hits
    ]
    return {
        "id": f"home-{content_hash(squeezed(question), answer)[:12]}",
        "group": squeezed(question),
        "kind": "home",
        "question": question,
        "passages": passages,
        "answer": answer,
        "gold": sorted({int(number) for found in MARKER.findall(answer) for number in found.split(",")}),
        "documents": sorted({hit.chunk.document_id for hit in hits}),
    }


def recorded_hits(home: Home, record: Mapping[str, Any]) -> list[Hit]:
    """The passages as they stood in the prompt; none for an answer of the FAQ or one that quoted a removed document."""
    if record["origin"] == "faq" or any(hit.get("deleted") for hit in record["hits"]):
        return []
    found = []
    for row in record["hits"]:
        text = row["text"]
        plain = Chunk(row["chunk"], row["document"], text, 0, len(text), "", row["label"], row["page"])
        # The store still knows the article's title, which heads the passage in the prompt.
        kept = next((chunk for chunk in home.store.chunks(row["document"]) if chunk.id == row["chunk"]), plain)
        chunk = replace(kept, text=text)
        found.append(Hit(chunk, row["score"], row["retriever"], document_title=row["title"]))
    return found


def _sft(goods: list[_Rated]) -> list[Row]:
    rows = {}
    for item in goods:
        row = {"prompt": item.prompt, "completion": item.answer, "group": item.group}
        rows[f"{item.prompt[-1]['content']}\0{item.answer}"] = row
    return list(rows.values())


def _pairs(goods: list[_Rated], bads: list[_Rated]) -> list[Row]:
    rows: dict[str, Row] = {}
    for good in goods:
        for bad in bads:
            if bad.group == good.group and bad.answer != good.answer:
                row = {"prompt": good.prompt, "chosen": good.answer, "rejected": bad.answer, "group": good.group}
                rows["\0".join((good.prompt[-1]["content"], good.answer, bad.answer))] = row
    return list(rows.values())


def _add_faq(faq: dict[str, Row], record: Mapping[str, Any], opinion: Feedback) -> None:
    """One curated pair a question, the newest answer; another question with the same answer is its variant."""
    answer = record["answer"] if opinion.verdict == "good" and record["origin"] == "generated" else opinion.correction
    if any(hit.get("deleted") for hit in record["hits"]):
        return
    answer = MARKER.sub("", answer).strip()
    if not answer or says_unknown(answer) or opinion.forgotten:
        return
    question = record["rewritten"] or record["question"]
    faq.pop(squeezed(question), None)
    same = next((row for row in faq.values() if row["answer"] == answer), None)
    if same is not None:
        same["variants"] = [*dict.fromkeys((*same["variants"], question))]
        return
    cited = record["citations"][0] if opinion.verdict == "good" and record["citations"] else {}
    faq[squeezed(question)] = {
        "id": f"fb-{content_hash(squeezed(question))[:10]}",
        "question": question,
        "variants": [],
        "answer": answer,
        "source": f"{cited.get('title', '')} {cited.get('label', '')}".strip(),
        "updated": opinion.created[:10],
    }

"""The evidence lock: what it costs, how often it fires, how often a locked value is true but misplaced, and tags.

    HAECHI_SHARED_DATA=… python benchmarks/lock.py --set laws --work answers [--limit N]
    HAECHI_SHARED_DATA=… python benchmarks/lock.py --set laws --work answers --number-words

Every question is written three times over the same passages: free, under the grammar, and with tags in the place of
values. The home is the one of `answers.py` (made on the first run); replies are kept in `lock-replies.jsonl` beside it,
so that an interrupted run resumes. Tokens a second are those of decoding, the reading of the prompt left out.
`--number-words` asks no model: could a grammar bar Hangul number words (삼천만 원)? It counts the ordinary sentences
that such a rule would refuse, and the invented number words that the check afterwards finds without it. JSON last.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import re
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parent))

from _kept_llm import KeptLLM
from answers import home_for, korquad, laws

from haechi.checkers.base import Evidence
from haechi.checkers.values_in_evidence import unsupported_values
from haechi.cli.progress import step_bar
from haechi.evaluation.answer_metrics import contains_answer
from haechi.korean.numerals import in_hangul
from haechi.korean.sentences import split_sentences
from haechi.korean.values import parse_values
from haechi.pipeline.build import Home
from haechi.pipeline.citations import read_draft
from haechi.pipeline.evidence_lock import build_lock
from haechi.pipeline.placeholders import hide
from haechi.pipeline.prompt import build_messages, fit_passages
from haechi.pipeline.shape import says_unknown
from haechi.pipeline.verification import strays
from haechi.types import GenerateOptions, Generation

#: What a grammar that bars number words would have to bar: a run of number syllables before a unit.
NUMBER_WORD = re.compile(
    r"[일이삼사오육칠팔구십백천만억조]+ ?(?:원|년|월|일|시|분|초|명|개|회|권|건|번|배|퍼센트|살|대|주|장)"
)
UNITS = ("원", "명", "일", "퍼센트", "배", "년", "개월", "회")
Row = dict[str, Any]


def number_words(home: Home, count: int) -> Row:
    """Ordinary sentences that the rule would refuse, and invented number words that the check finds without it."""
    chance = random.Random(5)
    chunks = [chunk for document in home.store.documents() for chunk in home.store.chunks(document.id)]
    sentences = [chunk.text[start:end] for chunk in chunks for start, end in split_sentences(chunk.text)]
    chance.shuffle(sentences)
    refused = 0
    for sentence in sentences[:count]:
        values = parse_values(sentence)
        loose = (match for match in NUMBER_WORD.finditer(sentence))
        refused += any(not any(v.start <= m.start() < v.end for v in values) for m in loose)
    caught, tried = 0, 500
    for _ in range(tried):
        number, unit = chance.randint(2, 99_999), chance.choice(UNITS)
        answer = f"정답은 {in_hangul(number)}{chance.choice(('', ' '))}{unit}입니다."
        evidence = [Evidence(f"정답은 {number + chance.choice((-1, 1, 10))}{unit}로 한다.")]
        caught += bool(unsupported_values(answer, evidence))
    return {
        "sentences": len(sentences[:count]),
        "ordinary_refused": round(refused / max(1, len(sentences[:count])), 4),
        "invented": tried,
        "invented_found_by_check": round(caught / tried, 4),
    }


def ask(home: Home, llm: KeptLLM, row: Row) -> Row:
    """One question written three times."""
    bot = home.chatbot()
    question, golds = str(row["question"]), [str(gold) for gold in row.get("answers") or ()]
    budget = bot.settings.evidence_tokens
    hits = fit_passages(question, bot.search(question), budget, llm.count_tokens, bot.indexes.analyser)
    evidence = [Evidence(hit.chunk.text, hit.chunk.label, hit.document_title, hit.ocr) for hit in hits]
    messages = build_messages(question, hits, max_chars=bot.settings.max_chars)
    started = time.perf_counter()
    lock = build_lock(evidence, len(hits))
    text = lock.grammar.text
    built = time.perf_counter() - started

    def options(grammar: str | None) -> GenerateOptions:
        return GenerateOptions(max_tokens=bot.settings.max_tokens, grammar=grammar)

    free, locked = llm.generate(messages, options(None)), llm.generate(messages, options(text))
    hidden = hide(messages, evidence)
    tagged = llm.generate(hidden.messages, options(None))
    restored = hidden.restore(tagged.text)
    return {
        "free": judged(free, free.text, golds, evidence),
        "locked": judged(locked, locked.text, golds, evidence),
        "tagged": judged(tagged, restored.text, golds, evidence),
        "in_language": lock.grammar.accepts(locked.text) if locked.finish_reason == "stop" else None,
        "grammar": {"chars": len(text), "literals": len(lock.grammar.literals), "left_out": len(lock.left_out)},
        "build_ms": 1000 * built,
        "tags": {"shown": len(hidden.surfaces), "restored": restored.restored, "failures": list(restored.failures)},
    }


def judged(reply: Generation, text: str, golds: Sequence[str], evidence: Sequence[Evidence]) -> Row:
    plain = " ".join(sentence.text for sentence in read_draft(text))
    foreign = [] if says_unknown(text) else strays(text, evidence)
    values = [value.surface for value in parse_values(plain)]
    return {
        "text": text,
        "unknown": says_unknown(text) or not text.strip(),
        "contains": contains_answer(plain, golds) if golds else None,
        "strays": foreign,
        "values": values,
        "tokens": reply.completion_tokens or 0,
        "seconds": (reply.seconds or 0.0) - (reply.first_token_seconds or 0.0),
    }


def summary(rows: Sequence[Row]) -> Row:
    told: Row = {"n": len(rows)}
    for way in ("free", "locked", "tagged"):
        mine = [row[way] for row in rows]
        answered = [one for one in mine if not one["unknown"]]
        valued = [one for one in answered if one["values"] and not one["strays"]]
        told[way] = {
            "answered": len(answered),
            "contains": share([one["contains"] for one in answered]),
            "with_a_value_of_no_passage": share([bool(one["strays"]) for one in answered]),
            "true_but_misplaced": share([not one["contains"] for one in valued if one["contains"] is not None]),
            "tokens_per_second": round(
                sum(one["tokens"] for one in mine) / max(1e-9, sum(one["seconds"] for one in mine)), 2
            ),
        }
    fired = [row for row in rows if row["free"]["strays"]]
    told["fired"] = share([bool(row["free"]["strays"]) for row in rows])
    told["fired_then_contains"] = share([row["locked"]["contains"] for row in fired])
    told["in_language"] = share([row["in_language"] for row in rows if row["in_language"] is not None])
    told["grammar_chars"] = mean([row["grammar"]["chars"] for row in rows])
    told["literals"] = mean([row["grammar"]["literals"] for row in rows])
    told["left_out"] = sum(row["grammar"]["left_out"] for row in rows)
    told["build_ms"] = mean([row["build_ms"] for row in rows])
    restored = sum(row["tags"]["restored"] for row in rows)
    failures = [failure for row in rows for failure in row["tags"]["failures"]]
    told["tags"] = {
        "restored": restored,
        "failed": len(failures),
        "failure_rate": round(len(failures) / max(1, restored + len(failures)), 4),
        "answers_with_a_failure": share([bool(row["tags"]["failures"]) for row in rows]),
        "examples": failures[:10],
    }
    return told


def share(flags: Sequence[Any]) -> float | None:
    return round(sum(bool(flag) for flag in flags) / len(flags), 4) if flags else None


def mean(numbers: Sequence[float]) -> float | None:
    return round(sum(numbers) / len(numbers), 2) if numbers else None


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--set", choices=("korquad", "laws"), default="laws")
    parser.add_argument("--split", choices=("dev", "test"), default="test")
    parser.add_argument("--work", type=Path, required=True)
    parser.add_argument("--limit", type=int, metavar="N", help="the first N questions")
    parser.add_argument("--number-words", action="store_true")
    parser.add_argument("--show", action="store_true", help="print every answer")
    options = parser.parse_args()
    shared = Path(os.environ.get("HAECHI_SHARED_DATA", ""))
    corpus = shared / {"korquad": "korquad1_dev", "laws": "statutes"}[options.set] / "corpus.jsonl"
    if not corpus.is_file():
        raise SystemExit(f"no evaluation data at '{corpus}'; set HAECHI_SHARED_DATA")
    options.work.mkdir(parents=True, exist_ok=True)
    with home_for(options.work / options.set, corpus) as home:
        if options.number_words:
            print(json.dumps({"set": options.set, **number_words(home, 20_000)}, ensure_ascii=False))
            return
        rows = korquad(shared, options.split) if options.set == "korquad" else laws(options.split)
        asked = [row for row in rows if row.get("answerable", True)][: options.limit]
        llm = KeptLLM(Home.llm(home), options.work / options.set / "lock-replies.jsonl")
        done: list[Row] = []
        with step_bar("lock") as progress:
            for number, row in enumerate(asked, 1):
                done.append(ask(home, llm, row))
                if progress:
                    progress(number, len(asked))
                if options.show:
                    print(json.dumps({"question": row["question"], **done[-1]}, ensure_ascii=False))
        print(json.dumps({"set": options.set, "split": options.split, **summary(done)}, ensure_ascii=False))


if __name__ == "__main__":
    main()

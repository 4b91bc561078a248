"""Check that the example questions and FAQ agree with the example documents; exit 1 and list every problem if not.

Checked: every gold label, page and heading exists; every gold answer stands in the gold passage (or is marked
`derived`); the words that make a question unanswerable stand in no document; the counts per type; unique ids.
It shares no code with Haechi on purpose, so that a mistake of Haechi's parsers cannot hide one here.

    python examples/check_questions.py          # standard library only
"""

from __future__ import annotations

import csv
import json
import re
import sys
from collections import Counter
from pathlib import Path
from typing import Any

HERE = Path(__file__).resolve().parent
HANDBOOK = "이용안내_핸드북.pdf"
INSTITUTION = "가온누리시 문화시설공단 "
KEYS = {"id", "question", "answers", "gold_articles", "gold_ids", "gold", "answerable", "type"}
OPTIONAL = {"derived", "answer_groups", "reason", "absent"}
TYPES = {"value", "article", "date", "condition", "name", "comparison", "two_document"}
REFUSED_TYPES = {"unanswerable": 15, "false_premise": 8, "ambiguous": 7}
DEV_REFUSED_TYPES = {"unanswerable": 5, "false_premise": 3, "ambiguous": 2}
FAQ_COLUMNS = ["id", "question", "variants", "answer", "source", "updated"]
CITATION = re.compile(r"(?P<stem>\S+) (?P<label>.+?)(?:제(?P<paragraph>\d+)항)?")


def squeeze(text: str) -> str:
    """Drop what may differ between an answer and the text without changing its meaning: spaces and commas."""
    return re.sub(r"[\s,]", "", text)


def stands_in(value: str, text: str) -> bool:
    """Whether the value stands in the text, and not as the tail of a longer number (5,000원 in 45,000원)."""
    return re.search(rf"(?<!\d){re.escape(squeeze(value))}", squeeze(text)) is not None


def regulation_units(markdown: str) -> dict[str, str]:
    """Map each article or 별표 of a regulation to its text; articles of 부칙 carry `부칙 <date>` before the number."""
    units: dict[str, str] = {}
    supplement, label = "", ""
    for line in markdown.splitlines():
        if found := re.match(r"#+ 부칙 (<[^>]+>)", line):
            supplement = label = f"부칙 {found[1]}"
        elif found := re.match(r"#+ \[(별표 \d+)\]", line):
            supplement, label = "", found[1]
        elif found := re.match(r"#+ (제\d+조(?:의\d+)?)", line):
            label = f"{supplement} {found[1]}".strip()
        elif line.startswith("#"):
            label = ""
        if label:
            units[label] = units.get(label, "") + line + "\n"
    return units


def handbook_units(markdown: str) -> dict[str, str]:
    """Map page numbers to text: page 1 is the cover, then each chapter (`## `) is one page."""
    return {str(page): text for page, text in enumerate(re.split(r"(?m)^## ", markdown), 1)}


def notice_units(html: str) -> dict[str, str]:
    """Map the heading of each notice to its text."""
    units = {}
    for article in re.findall(r"<article>(.*?)</article>", html, re.DOTALL):
        heading = re.search(r"<h2>(.*?)</h2>", article)
        if heading:
            units[heading[1]] = re.sub(r"<[^>]+>", " ", article)
    return units


def read_units(folder: Path) -> dict[str, dict[str, str]]:
    """Read every document of a folder as {file name: {label: text}}."""
    found: dict[str, dict[str, str]] = {}
    for path in sorted(folder.iterdir()):
        if path.suffix == ".md":
            found[path.name] = regulation_units(path.read_text(encoding="utf-8"))
        elif path.suffix == ".html":
            found[path.name] = notice_units(path.read_text(encoding="utf-8"))
        elif path.name == HANDBOOK:  # the PDF is built from this source; a test compares their texts
            found[path.name] = handbook_units((HERE / "sources" / "handbook.md").read_text(encoding="utf-8"))
    return found


def paragraph_of(text: str, number: int) -> str | None:
    """Return paragraph ①, ②, … of an article; None where there is none."""
    mark = chr(ord("①") + number - 1)
    found = re.search(rf"^{mark}.*?(?=^[①-⑳]|\Z)", text, re.DOTALL | re.MULTILINE)
    return found[0] if found else None


def cited_text(citation: str, documents: dict[str, dict[str, str]]) -> str | None:
    """Find the text of `운영규정 제12조제2항`, `이용안내_핸드북 5쪽` or `공지사항 '제목'`; None where it is missing."""
    found = CITATION.fullmatch(citation)
    names = [name for name in documents if found and Path(name).stem == found["stem"]]
    if not found or not names:
        return None
    text = documents[names[0]].get(found["label"].removesuffix("쪽").strip("'"))
    if text is not None and found["paragraph"]:
        return paragraph_of(text, int(found["paragraph"]))
    return text


def gold_text(gold: dict[str, Any], documents: dict[str, dict[str, str]]) -> str | None:
    """Find the text of a gold entry: a document with a label, a page or a heading.

    An article of 부칙 has both (`부칙 제1조` under the heading `부칙 <date>`), for a regulation has several 부칙.
    """
    key = gold.get("label") or gold.get("heading") or str(gold.get("page"))
    if "label" in gold and "heading" in gold:
        key = gold["label"].replace("부칙", gold["heading"], 1)
    return documents.get(gold["document"], {}).get(key)


def answer_problems(row: dict[str, Any], passages: list[str]) -> list[str]:
    """Say which gold answers of an answerable question stand in no gold passage."""
    derived = row.get("derived", [])
    if derived is True:
        return []
    literal = [answer for answer in row["answers"] if answer not in derived]
    problems = [] if literal else ["no answer that stands in the text"]
    problems += [f"{item!r} is derived but no answer" for item in derived if item not in row["answers"]]
    for answer in literal:
        if not any(stands_in(answer, passage) for passage in passages):
            problems.append(f"answer {answer!r} stands in no gold passage")
    groups = row.get("answer_groups", [])
    if groups and sorted(answer for group in groups for answer in group) != sorted(row["answers"]):
        problems.append("answer_groups and answers differ")
    for group, passage in zip(groups, passages, strict=False):
        if not any(stands_in(answer, passage) for answer in group):
            problems.append(f"group {group} is not answered by its own gold passage")
    return problems


def row_problems(row: dict[str, Any], documents: dict[str, dict[str, str]]) -> list[str]:
    """Say what is wrong with one question."""
    if KEYS - row.keys() or row.keys() - KEYS - OPTIONAL:
        return [f"keys are {sorted(row)}"]
    problems = []
    passages = [cited_text(citation, documents) for citation in row["gold_articles"]]
    problems += [f"{c!r} is in no document" for c, p in zip(row["gold_articles"], passages, strict=True) if p is None]
    if len(row["gold"]) != len(passages):
        return [*problems, "gold and gold_articles differ in number"]
    for gold, passage in zip(row["gold"], passages, strict=True):
        whole = gold_text(gold, documents)
        if whole is None or (passage and passage not in whole):
            problems.append(f"gold {gold} is missing or another place than gold_articles")
    if row["answerable"]:
        if row["type"] not in TYPES or "reason" in row or not row["gold"]:
            problems.append("an answerable question needs an answerable type, gold and no reason")
        if row["type"] == "two_document" and len({gold["document"] for gold in row["gold"]}) < 2:
            problems.append("two_document needs two documents")
        return problems + answer_problems(row, [passage for passage in passages if passage])
    if row["type"] not in REFUSED_TYPES or row["answers"] or not re.search("[가-힣]", row.get("reason", "")):
        problems.append("a question to refuse needs a type of refusal, no answers and a Korean reason")
    if row["type"] == "unanswerable" and (row["gold"] or not row.get("absent")):
        problems.append("an unanswerable question has no gold and names the words that are absent")
    everything = squeeze("".join(text for units in documents.values() for text in units.values()))
    problems += [f"{word!r} stands in a document" for word in row.get("absent", []) if squeeze(word) in everything]
    return problems


def check_file(path: Path, documents: dict[str, dict[str, str]], answerable: int, refused: dict[str, int]) -> list[str]:
    """Check a file of questions against its documents and its expected counts."""
    rows = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]
    problems = [f"{path.name} {row.get('id')}: {problem}" for row in rows for problem in row_problems(row, documents)]
    for key in ("id", "question"):
        repeated = [value for value, count in Counter(row.get(key) for row in rows).items() if count > 1]
        problems += [f"{path.name}: {key} {value!r} is used more than once" for value in repeated]
    counts = Counter(row["type"] for row in rows if not row["answerable"])
    if dict(counts) != refused:
        problems.append(f"{path.name}: questions to refuse are {dict(counts)}, expected {refused}")
    if sum(row["answerable"] for row in rows) != answerable:
        problems.append(f"{path.name}: expected {answerable} answerable questions")
    return problems


def faq_problems(path: Path, documents: dict[str, dict[str, str]]) -> list[str]:
    """Check the FAQ: its columns, 30 entries or more, distinct wordings, and that every number stands in the source."""
    with path.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    problems = [] if len(rows) >= 30 and list(rows[0]) == FAQ_COLUMNS else [f"{path.name}: rows of {FAQ_COLUMNS}"]
    wordings = Counter(text for row in rows for text in [row["question"], *row["variants"].split("|")])
    problems += [f"{path.name}: {text!r} is used more than once" for text, count in wordings.items() if count > 1]
    for row in rows:
        # An FAQ names documents by their titles, as a home does; the questions name them by their files.
        text = cited_text(
            row["source"].removeprefix(INSTITUTION).replace("이용안내 핸드북", "이용안내_핸드북"), documents
        )
        if text is None:
            problems.append(f"{path.name} {row['id']}: {row['source']!r} is in no document")
            continue
        numbers = re.findall(r"\d[\d,.-]*\d|\d", row["answer"])
        missing = [number for number in numbers if number not in re.findall(r"\d[\d,.-]*\d|\d", text)]
        if missing:
            problems.append(f"{path.name} {row['id']}: {missing} not in {row['source']}")
    return problems


def check() -> list[str]:
    """Check everything; an empty list means all is well."""
    documents = read_units(HERE / "documents")
    dev_documents = read_units(HERE / "dev_documents")
    return [
        *check_file(HERE / "questions.jsonl", documents, 70, REFUSED_TYPES),
        *check_file(HERE / "dev_questions.jsonl", dev_documents, 20, DEV_REFUSED_TYPES),
        *faq_problems(HERE / "faq.csv", documents),
    ]


if __name__ == "__main__":
    found_problems = check()
    print("\n".join(found_problems) or "examples: all questions and FAQ entries agree with the documents")
    sys.exit(1 if found_problems else 0)

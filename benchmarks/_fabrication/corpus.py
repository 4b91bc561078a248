"""Documents → passages → statements. A statement is one sentence of a passage that can stand alone as an answer."""

from __future__ import annotations

import hashlib
import html
import json
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

REPOSITORY = Path(__file__).resolve().parents[2]
SETS = ("statutes", "rulings", "own")
_PASSAGE, _SHORT, _LONG = 700, 20, 200
_REMARK = re.compile(
    r"<[^<>\n]*(?:개정|신설|삭제|시행)[^<>\n]*>|\[[^\[\]\n]*(?:개정|신설|시행|종전|이동|전문|결정)[^\[\]\n]*\]"
)
_TAG = re.compile(r"<(?:script|style|nav)\b.*?</(?:script|style|nav)>|<[^>]+>", re.DOTALL)
_MARKER = re.compile(
    r"^\s*(?:[①-⑳]|[\u00ad○●▶▷■□◦ㅇ※*·․•⋅‧∙-]|\(?\d{1,2}(?:의\d+)?[.)](?!\d)|[가-하][.)](?=\s)|\[(?:요지|회신|답변내용|질의|답변)\])\s*"
)
#: A sentence ends with 다., 요., or the nominal endings of rulings at the end of a line.
_END = re.compile(r"(?<=[다요])\.(?=\s|$)|(?<=[임함음됨님봄])\.(?=\s|$)")
_ALONE = re.compile(
    r"^(?:다만|단[,\s]|이 경우|그 |그러|이때|이는|이를|이에|또한|따라서|위의|위 |동 |귀|이와|이러"
    r"|해당 |같은 |전항|이 조|본 |상기|아래|다음|\(|\u00ad)"
)
_WHOLE = re.compile(r"(?:[가-힣](?:다|요)|것임|아님|있음|없음|않음|아니함|[가-힣]함|[가-힣]됨|로 봄|말함)$")


@dataclass(frozen=True)
class Passage:
    """`document` is what its neighbours share; `number` its place there."""

    id: str
    document: str
    number: int
    text: str


@dataclass(frozen=True)
class Statement:
    """One sentence without its full stop. `proviso` is the 다만 sentence that follows it, "" for none."""

    text: str
    passage: Passage
    proviso: str = ""
    alone: bool = True


@dataclass
class Corpus:
    """The passages of one set and its statements."""

    name: str
    passages: list[Passage] = field(default_factory=list)
    statements: list[Statement] = field(default_factory=list)

    def __post_init__(self) -> None:
        self._at = {(item.document, item.number): item for item in self.passages}
        if not self.statements:
            self.statements = [item for passage in self.passages for item in statements(passage)]

    def neighbour(self, passage: Passage) -> Passage | None:
        """The passage behind it in its document, or the one before."""
        after = self._at.get((passage.document, passage.number + 1))
        return after or self._at.get((passage.document, passage.number - 1))


def statements(passage: Passage) -> Iterator[Statement]:
    for line in passage.text.split("\n"):
        line = re.sub(r"\s+", " ", _MARKER.sub("", _MARKER.sub("", _REMARK.sub("", line)))).strip()
        if "|" in line or line.startswith("#"):
            continue
        sentences = [part.strip() for part in _END.split(line) if part and part.strip()]
        for place, text in enumerate(sentences):
            after = sentences[place + 1] if place + 1 < len(sentences) else ""
            proviso = after if re.match(r"(?:다만|단)[,\s]", after) else ""
            if _SHORT <= len(text) <= _LONG and _WHOLE.search(text) and not _ALONE.match(text) and _clean(text):
                yield Statement(
                    text, passage, proviso, not re.search(r"다음 ?(?:각|의|과)|각 ?호|각 ?목|아래|별표|별지", text)
                )


def _clean(text: str) -> bool:
    """Brackets in pairs, no broken line, little that is not Korean."""
    pairs = all(_paired(text, left, right) for left, right in ("()", "[]", "「」", "“”", "‘’"))
    pairs = pairs and not re.search(r"바랍|바람$|바라|알려드|참고하|참조하|질의|[가-힣]\. [가-힣]", text)
    return pairs and text.count('"') % 2 == 0 and sum("가" <= letter <= "힣" for letter in text) > 0.5 * len(text)


def _paired(text: str, left: str, right: str) -> bool:
    depth = 0
    for letter in text:
        depth += (letter == left) - (letter == right)
        if depth < 0:
            return False
    return depth == 0


def passages(identity: str, document: str, text: str, first: int = 0) -> list[Passage]:
    """Whole paragraphs put together to about `_PASSAGE` letters; a long one is cut between its lines."""
    lines = [line.rstrip() for line in text.split("\n") if line.strip()]
    units: list[str] = []
    for line in lines:
        if units and not re.match(r"\s*[①-⑳#]|제\d+조|\[", line) and len(units[-1]) + len(line) < _PASSAGE:
            units[-1] += "\n" + line
        else:
            units.append(line)
    found: list[str] = []
    for unit in units:
        if found and len(found[-1]) + len(unit) < _PASSAGE and not unit.lstrip().startswith("#"):
            found[-1] += "\n" + unit
        else:
            found.append(unit)
    return [
        Passage(f"{identity}#{place}" if len(found) > 1 else identity, document, first + place, text)
        for place, text in enumerate(found)
    ]


def read_corpus(path: Path) -> Corpus:
    """JSONL with id, title, text; a .md, .txt or .html file; or a folder of them."""
    rows: list[tuple[str, str]] = []
    for file in sorted(path.rglob("*")) if path.is_dir() else [path]:
        if file.suffix == ".jsonl":
            with file.open(encoding="utf-8") as lines:
                rows += [(str(row["id"]), str(row["text"])) for row in map(json.loads, lines)]
        elif file.suffix in (".md", ".txt", ".html"):
            rows.append((file.stem, _plain(file)))
    return _made(path.stem, rows)


def _plain(file: Path) -> str:
    text = file.read_text(encoding="utf-8")
    return html.unescape(_TAG.sub("\n", text)) if file.suffix == ".html" else text


def _made(name: str, rows: Sequence[tuple[str, str]]) -> Corpus:
    """`law/article` ids share their law as document; any other id is a document of its own."""
    found: list[Passage] = []
    counts: dict[str, int] = {}
    for identity, text in rows:
        document = identity.rsplit("/", 1)[0]
        new = passages(identity, document, text, counts.get(document, 0))
        counts[document] = counts.get(document, 0) + len(new)
        found += new
    return Corpus(name, found)


def built_in(name: str, split: str, shared: Path) -> Corpus:
    """`statutes` and `rulings` of the shared data, or `own`: what this repository wrote itself."""
    if name == "statutes":
        held_out = json.loads((REPOSITORY / "datasets/law_questions/held_out_laws.json").read_text(encoding="utf-8"))
        laws = set(held_out[split])
        rows = [row for row in _rows(shared / "statutes/corpus.jsonl") if row[0].rsplit("/", 1)[0] in laws]
        return _made(name, rows)
    if name == "rulings":
        return _made(name, [row for row in _rows(shared / "nts_rulings/corpus.jsonl") if _half(row[0]) == split])
    return _own(split)


def _own(split: str) -> Corpus:
    """The examples, half of their passages for each split, and the hand-written passages that test grounding."""
    files = sorted((REPOSITORY / "examples").rglob("*.md")) + sorted((REPOSITORY / "examples").rglob("*.html"))
    examples = _made("own", [(file.stem, _plain(file)) for file in files if file.stem != "README"])
    chosen = [passage for passage in examples.passages if _half(passage.text) == split]
    grounding = REPOSITORY / "datasets/grounding/test.jsonl"
    if split == "test" and grounding.exists():
        with grounding.open(encoding="utf-8") as lines:
            seen = dict.fromkeys(str(row["evidence"]) for row in map(json.loads, lines) if row.get("source") == "own")
        chosen += [Passage(f"grounding-{place}", f"grounding-{place}", 0, text) for place, text in enumerate(seen)]
    corpus = Corpus("own", examples.passages, [item for passage in chosen for item in statements(passage)])
    corpus.passages = chosen
    return corpus


def _rows(file: Path) -> list[tuple[str, str]]:
    with file.open(encoding="utf-8") as lines:
        return [(str(row["id"]), str(row["text"])) for row in map(json.loads, lines)]


def _half(identity: str) -> str:
    return "test" if hashlib.sha256(identity.encode()).digest()[0] % 2 else "dev"

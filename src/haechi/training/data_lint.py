"""The linter of training data: what is wrong with which row, and the rows that stay when the wrong ones go.

    findings = lint(kind, rows, Options(evaluation=read_evaluation([...])))
    kept, dropped = clean(rows, findings)

A row goes when one of its findings is of a code that drops (`CODES`); others are told and left to a person. Of rows
that are alike, the first sound one stays.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from haechi.errors import InputError
from haechi.training import lint_text
from haechi.training.data_formats import Kind, Row, wrong_type
from haechi.training.leaks import Evaluation
from haechi.training.lint_grounded import grounded_problems
from haechi.training.lint_parts import Parts, parts_of
from haechi.training.near_duplicates import NearIndex, alike, digits, letters, triples
from haechi.training.private_data import office_numbers, private_in
from haechi.training.rankings import ranking_problem

#: Share of letter triples that rows have in common when one of them is enough.
NEAR = 0.8
GROUNDED_CHARS = 100

#: code → (whether its rows go, Korean, English)
CODES: dict[str, tuple[bool, str, str]] = {
    "wrong_type": (True, "칸의 값이 꼴에 맞지 않음", "a field is of the wrong type"),
    "empty": (True, "질문이나 답이 비어 있음", "an empty question or answer"),
    "duplicate": (True, "앞의 줄과 같음", "the same as a row before"),
    "near_duplicate": (True, "앞의 줄과 거의 같음", "nearly the same as a row before"),
    "conflict": (False, "같은 질문에 다른 답", "the same question with another answer"),
    "broken": (True, "깨진 글자", "broken characters"),
    "truncated": (True, "문장이 끝나지 않고 잘림", "cut off before its sentence ends"),
    "language": (True, "질문과 다른 언어가 섞임", "in another language than the question"),
    "refusal": (True, "답하지 않고 거절하거나 모델 자신을 말함", "declines, or speaks of itself as a model"),
    "run_on": (True, "답이 다음 질문으로 넘어가거나 같은 말을 되풀이함", "runs on, or repeats itself"),
    "end_mark": (True, "모델의 끝 표지가 글에 남음", "an end mark left in the text"),
    "role_bleed": (True, "상대의 말까지 씀", "speaks for the other side"),
    "ranking": (True, "순위가 맞지 않음", "a ranking that is none"),
    "alike": (True, "고른 답과 버린 답이 같음", "chosen and rejected are the same"),
    "leak_question": (True, "평가 질문이 들어 있음", "holds a question of the evaluation set"),
    "leak_answer": (True, "평가 답의 긴 글이 들어 있음", "holds a stretch of an evaluation answer"),
    "leak_text": (False, "평가 글과 긴 대목이 같음", "shares a long stretch with an evaluation text"),
    "private": (True, "개인정보", "personal data"),
    "telephone": (False, "사무실 전화번호", "an office's telephone number"),
    "long_answer": (False, "답이 정한 길이보다 김", "an answer longer than asked for"),
    "passages": (True, "구절이 없거나 비어 있음", "no passages, or an empty one"),
    "gold": (True, "gold가 구절이나 인용과 맞지 않음", "gold does not fit passages or citations"),
    "citation": (True, "인용이 없거나 없는 구절을 가리킴", "no citation, or one of a passage that is not there"),
    "uncited": (False, "인용 없는 문장", "a sentence without a citation"),
    "value": (True, "답의 값이 인용한 구절에 없음", "a value that the cited passages do not state"),
    "no_reason": (False, "모른다에 이유가 없음", "모른다 without a reason"),
    "follow_up": (False, "이어 묻는 질문에 history나 standalone이 없음", "a follow-up without history or standalone"),
}


@dataclass(frozen=True)
class Options:
    """`max_chars` bounds answers without citations (None: 100 for grounded rows, no bound for others)."""

    max_chars: int | None = None
    near: float = NEAR
    evaluation: Evaluation | None = None


@dataclass(frozen=True)
class Finding:
    """`row` from 0; `seen` is a piece of the text, never private data; `other` the row that it repeats."""

    row: int
    code: str
    seen: str = ""
    other: int | None = None


@dataclass
class Report:
    """Findings of one set. `rows` are the rows read, `dropping` the codes whose rows go."""

    kind: Kind
    rows: int
    findings: list[Finding]
    dropping: frozenset[str] = field(default_factory=lambda: dropping())

    @property
    def dropped(self) -> set[int]:
        """The rows that go."""
        return {finding.row for finding in self.findings if finding.code in self.dropping}

    def counts(self) -> dict[str, int]:
        """How many rows have each code, in the order of `CODES`; codes that no row has are left out."""
        found = Counter(code for _, code in {(finding.row, finding.code) for finding in self.findings})
        return {code: found[code] for code in CODES if found[code]}


def dropping(keep: Collection[str] = (), also: Collection[str] = ()) -> frozenset[str]:
    """The codes whose rows go: those of `CODES` without `keep` and with `also`. Raises InputError for no such code."""
    for code in (*keep, *also):
        if code not in CODES:
            raise InputError(
                f"'{code}'(이)라는 점검은 없습니다. 있는 것: {', '.join(CODES)}",
                f"there is no check '{code}'; there are: {', '.join(CODES)}",
            )
    return frozenset({code for code, (drops, _, _) in CODES.items() if drops} - set(keep) | set(also))


def lint(
    kind: Kind,
    rows: Sequence[Row],
    options: Options = Options(),
    codes: frozenset[str] | None = None,
    report: Callable[[int, int], None] | None = None,
) -> Report:
    """Findings of all rows, in the order of the rows. `report(done, total)` is called as rows are read."""
    findings: list[Finding] = []
    parts: dict[int, Parts] = {}
    for number, row in enumerate(rows):
        problem = wrong_type(kind, row)
        if problem:
            findings.append(Finding(number, "wrong_type", InputError(*problem).korean))
        else:
            parts[number] = parts_of(kind, row)
            findings += [Finding(number, code, seen) for code, seen in _row(kind, row, parts[number], options)]
        if report:
            report(number + 1, len(rows))
    drops = codes if codes is not None else dropping()
    unsound = {finding.row for finding in findings if finding.code in drops}
    # Sound rows first: a whole row must not go because it is like one that is cut off.
    order = sorted(parts, key=lambda number: (number in unsound, number))
    findings += _repeats(kind, rows, parts, order, options.near)
    return Report(kind, len(rows), sorted(findings, key=lambda finding: finding.row), drops)


def clean(rows: Sequence[Row], report: Report) -> tuple[list[Row], list[Row]]:
    """(rows that stay as they were, {row, reasons, data} for each that went, `row` from 1)."""
    reasons: dict[int, list[dict[str, Any]]] = defaultdict(list)
    for finding in report.findings:
        if finding.code in report.dropping:
            other = {} if finding.other is None else {"other": finding.other + 1}
            reasons[finding.row].append({"code": finding.code, "seen": finding.seen, **other})
    kept = [row for number, row in enumerate(rows) if number not in reasons]
    dropped = [{"row": number + 1, "reasons": found, "data": rows[number]} for number, found in sorted(reasons.items())]
    return kept, dropped


def _row(kind: Kind, row: Row, parts: Parts, options: Options) -> Iterator[tuple[str, str]]:
    """(code, what was seen) of one row alone."""
    if (kind != "text" and not any(not lint_text.is_empty(text) for text in parts.asked)) or any(
        lint_text.is_empty(text) for text in (*parts.answered, *parts.worse)
    ):
        yield "empty", ""
    for code, seen in _answers(kind, parts):
        yield code, seen
    if broken := next((seen for text in parts.all if (seen := lint_text.broken(text))), ""):
        yield "broken", broken
    if kind == "ranking" and (problem := ranking_problem(row)):
        yield "ranking", InputError(*problem).korean
    if kind == "pairs" and letters(row["chosen"]) == letters(row["rejected"]):
        yield "alike", str(row["rejected"])[:24]
    if kind == "grounded":
        yield from grounded_problems(row, options.max_chars or GROUNDED_CHARS)
    elif options.max_chars and (long := max((len(text) for text in parts.answered), default=0)) > options.max_chars:
        yield "long_answer", str(long)
    kinds = sorted({kind for text in parts.all for kind in private_in(text)})
    if kinds:
        yield "private", ", ".join(kinds)
    if numbers := sum(office_numbers(text) for text in parts.all):
        yield "telephone", str(numbers)
    if options.evaluation is not None:
        for leak in options.evaluation.find(parts.asked, (*parts.answered, *parts.worse), parts.given):
            yield f"leak_{leak.what}", f"{leak.where}: {leak.shared}"


def _answers(kind: Kind, parts: Parts) -> Iterator[tuple[str, str]]:
    """Each code once, with the first answer that shows it."""
    asked, given = "\n".join(parts.asked), "\n".join(parts.given)
    checks: list[tuple[str, Callable[[str], str]]] = [
        ("truncated", lint_text.truncated),
        ("language", lambda text: lint_text.mixed(text, asked, given)),
        ("end_mark", lint_text.end_mark_inside),
    ]
    if kind != "text":
        # A text holds question and answer, so that headings and speakers are its form.
        checks += [
            ("refusal", lint_text.refusing),
            ("run_on", lint_text.running_on),
            ("role_bleed", lint_text.bleeding),
        ]
    for code, check in checks:
        if seen := next((seen for text in parts.answered if (seen := check(text))), ""):
            yield code, seen


def _repeats(
    kind: Kind, rows: Sequence[Row], parts: Mapping[int, Parts], order: Sequence[int], near: float
) -> Iterator[Finding]:
    """duplicate, near_duplicate and conflict, each against the first row in `order`."""
    asked = {number: "\n".join(parts[number].asked) or "\n".join(parts[number].answered) for number in order}
    answered = {number: "\n".join((*parts[number].answered, *parts[number].worse)) for number in order}
    # One question over other passages is another row; its answer may be another one.
    given = {number: letters("\n".join(parts[number].given)) for number in order}
    numbers = {number: digits((asked[number], answered[number])) for number in order}
    whole: dict[tuple[str, ...], int] = {}
    questions: dict[tuple[str, str], int] = {}
    index = NearIndex(near, asked.values())
    for number in order:
        words = (letters(asked[number]), letters(answered[number]), given[number])
        if words in whole:
            yield Finding(number, "duplicate", asked[number][:40], whole[words])
            continue
        whole[words] = number
        close = next(
            (
                other
                for other in index.find(asked[number])
                if numbers[other] == numbers[number]
                and _given_alike(given[other], given[number])
                and alike(triples(answered[other]), triples(answered[number])) >= near
            ),
            None,
        )
        if close is not None:
            yield Finding(number, "near_duplicate", asked[number][:40], close)
            continue
        index.add(number, asked[number])
        first = questions.setdefault((words[0], words[2]), number)
        if first != number and parts[number].answered and kind not in ("text", "chat"):
            yield Finding(number, "conflict", asked[number][:40], first)


def _given_alike(one: str, other: str) -> bool:
    return one == other or alike(triples(one), triples(other)) >= NEAR

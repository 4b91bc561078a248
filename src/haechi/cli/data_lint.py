"""`haechi data lint|clean|validate|estimate`: what is wrong with training data, and what training on it will take."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from haechi.cli.data_options import file_argument, out_file
from haechi.cli.korean_click import PositiveInt
from haechi.cli.progress import step_bar
from haechi.cli.session import HaechiCommand, Session, pass_session
from haechi.cli.texts import t

if TYPE_CHECKING:
    from collections.abc import Callable

    from haechi.training.chat_validate import Checked
    from haechi.training.data_formats import Kind, Row
    from haechi.training.data_lint import Report

_file = click.Path(path_type=Path, dir_okay=False)


class _Amount(click.FloatRange):
    """A number from 0 on, or above it."""

    name = t("수", "number")

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        try:
            return super().convert(value, param, ctx)
        except click.BadParameter:
            wanted = (
                t("0보다 큰 수", "a number above 0") if self.min_open else t("0 이상의 수", "a number of at least 0")
            )
            self.fail(t(f"'{value}': {wanted}여야 합니다.", f"'{value}': expected {wanted}."))


_against = click.option(
    "--against",
    multiple=True,
    type=_file,
    metavar=t("파일", "FILE"),
    help=t(
        "평가 자료. 그 질문이나 답이 들어 있으면 알립니다. 여러 번 쓸 수 있습니다.",
        "Evaluation data that must not be in there; may be repeated.",
    ),
)
_max_chars = click.option(
    "--max-chars",
    type=PositiveInt(1, 100_000),
    help=t("답의 글자 수 한도. 근거 질의응답은 100.", "Longest answer in characters; 100 for grounded rows."),
)
_keep = click.option(
    "--keep",
    multiple=True,
    metavar=t("점검", "CHECK"),
    help=t("이 점검에 걸린 줄은 빼지 않습니다(예: --keep private).", "Do not drop rows for this check."),
)
_also = click.option(
    "--also",
    multiple=True,
    metavar=t("점검", "CHECK"),
    help=t("이 점검에 걸린 줄도 뺍니다(예: --also long_answer).", "Drop rows for this check too."),
)
_report = click.option(
    "--report",
    "report_file",
    type=_file,
    metavar=t("파일", "FILE"),
    help=t("찾은 것을 모두 JSON으로 적을 파일.", "Write all findings as JSON."),
)
_show = click.option(
    "--show", type=PositiveInt(0, 10_000), default=3, show_default=True, help=t("점검마다 보일 예.", "Examples.")
)


@click.command("lint", cls=HaechiCommand)
@file_argument
@_against
@_max_chars
@_keep
@_also
@_report
@_show
@pass_session
def lint_command(
    session: Session,
    /,
    files: tuple[Path, ...],
    against: tuple[Path, ...],
    max_chars: int | None,
    keep: tuple[str, ...],
    also: tuple[str, ...],
    report_file: Path | None,
    show: int,
) -> int:
    """학습 자료의 겹침, 잘림, 거절, 순위, 누출, 개인정보, 인용과 값을 점검합니다. 뺄 줄이 있으면 1로 끝납니다."""
    from haechi.training.lint_report import record_of, table_of

    rows, places, report = _linted(files, against, max_chars, keep, also)
    record = record_of(report, rows, places)
    _write_report(report_file, record)
    session.finish(_short(record), t(table_of(record, shown=show), table_of(record, english=True, shown=show)))
    return 1 if report.dropped else 0


@click.command("clean", cls=HaechiCommand)
@file_argument
@out_file
@click.option(
    "--dropped",
    "dropped_file",
    type=_file,
    metavar=t("파일", "FILE"),
    help=t("뺀 줄과 까닭을 적을 파일. 없으면 결과 이름에 .dropped.", "Where what was dropped goes, with reasons."),
)
@_against
@_max_chars
@_keep
@_also
@_report
@_show
@pass_session
def clean_command(
    session: Session,
    /,
    files: tuple[Path, ...],
    out: Path,
    dropped_file: Path | None,
    against: tuple[Path, ...],
    max_chars: int | None,
    keep: tuple[str, ...],
    also: tuple[str, ...],
    report_file: Path | None,
    show: int,
) -> None:
    """점검에 걸린 줄을 빼고 새 파일에 씁니다. 뺀 줄은 까닭과 함께 따로 쓰고, 읽은 파일은 고치지 않습니다."""
    from haechi.training.data_formats import write_rows
    from haechi.training.data_lint import clean, lint
    from haechi.training.lint_report import record_of, table_of

    aside = dropped_file or out.with_name(f"{out.stem}.dropped.jsonl")
    _not_an_input((out, aside), (*files, *against))
    rows, places, report = _linted(files, against, max_chars, keep, also)
    kept, dropped = clean(rows, report)
    # Linted once more, so that the counts after are of the file that is written.
    after = lint(report.kind, kept, _options(against, max_chars), report.dropping)
    write_rows(out, kept)
    write_rows(aside, [{**row, "row": places[row["row"] - 1]} for row in dropped])
    record = {**record_of(report, rows, places, after.counts()), "file": str(out), "dropped_file": str(aside)}
    _write_report(report_file, record)
    table = t(table_of(record, shown=show), table_of(record, english=True, shown=show))
    text = t(f"\n썼습니다: {out} ({len(kept)}줄), {aside} ({len(dropped)}줄과 까닭)",
             f"\nWrote {out} ({len(kept)} rows) and {aside} ({len(dropped)} rows with reasons)")  # fmt: skip
    session.finish(_short(record), table + text)


_chat_file = click.argument("file", type=_file, metavar=t("파일", "FILE"))
_tokenizer = click.option(
    "--tokenizer",
    type=click.Path(path_type=Path, file_okay=False),
    metavar=t("폴더", "FOLDER"),
    help=t(
        "토큰을 셀 모델 폴더. 없으면 글자 수로 어림합니다.",
        "Model folder to count tokens with; else by the number of characters.",
    ),
)
_max_tokens = click.option(
    "--max-tokens", type=PositiveInt(1, 1_000_000), default=4096, show_default=True, help=t("한 예의 한도.", "Limit.")
)


@click.command("validate", cls=HaechiCommand)
@_chat_file
@_tokenizer
@_max_tokens
@pass_session
def validate_command(session: Session, /, file: Path, tokenizer: Path | None, max_tokens: int) -> int:
    """대화 JSONL이 학습 작업에 쓸 수 있는지 봅니다: 역할, 차례, 마지막 답, 빈 글, 겹침, 길이, 10개 이상."""
    checked, how = _checked(file, tokenizer, max_tokens)
    record = {
        "valid": checked.valid,
        "lines": checked.lines,
        "examples": len(checked.examples),
        "tokens": sum(checked.tokens),
        "answer_tokens": sum(checked.trained),
        "counted_by": how,
        "problems": [
            {"line": problem.line, "code": problem.code, "error": problem.error, "message": _words(problem)}
            for problem in checked.problems
        ],
    }
    session.finish(record, _validated(file, checked, how))
    return 0 if checked.valid else 1


@click.command("estimate", cls=HaechiCommand)
@_chat_file
@_tokenizer
@_max_tokens
@click.option("--epochs", type=PositiveInt(1, 1000), help=t("몇 번 볼지. 없으면 예의 수로.", "Passes; else by size."))
@click.option("--batch", type=PositiveInt(1, 100_000), help=t("한 단계의 예. 없으면 예의 수로.", "Examples a step."))
@click.option("--tokens-per-second", type=_Amount(min=0, min_open=True), help=t("학습 속도.", "Speed of training."))
@click.option(
    "--run",
    type=click.Path(path_type=Path, file_okay=False),
    metavar=t("폴더", "FOLDER"),
    help=t("속도를 읽을 앞선 학습 폴더(run.json).", "Earlier run whose speed counts (run.json)."),
)
@click.option("--price", type=_Amount(min=0), help=t("1,000토큰의 값.", "Price of 1,000 tokens."))
@click.option("--hourly-price", type=_Amount(min=0), help=t("한 시간의 값.", "Price of an hour."))
@click.option("--watts", type=_Amount(min=0), help=t("학습할 때의 소비 전력(W).", "Power while training (W)."))
@click.option("--kwh-price", type=_Amount(min=0), help=t("전기 1kWh의 값.", "Price of a kilowatt-hour."))
@pass_session
def estimate_command(
    session: Session,
    /,
    file: Path,
    tokenizer: Path | None,
    max_tokens: int,
    epochs: int | None,
    batch: int | None,
    tokens_per_second: float | None,
    run: Path | None,
    price: float | None,
    hourly_price: float | None,
    watts: float | None,
    kwh_price: float | None,
) -> None:
    """대화 JSONL로 학습하면 드는 토큰, 단계, 시간, 비용을 어림합니다. 속도와 값은 준 것만 쓰고 지어내지 않습니다."""
    from haechi.errors import InputError
    from haechi.training.chat_estimate import Rates, estimate, speed_of_run

    checked, how = _checked(file, tokenizer, max_tokens)
    if not checked.valid:
        raise InputError(
            f"'{file}'에 고칠 것이 있습니다. 먼저: haechi data validate {file}",
            f"'{file}' is not valid; first: haechi data validate {file}",
        )
    speed = tokens_per_second or (speed_of_run(run) if run else None)
    rates = Rates(speed, price, hourly_price, watts, kwh_price)
    record = {**estimate(checked.tokens, checked.trained, rates, epochs=epochs, batch=batch), "counted_by": how}
    session.finish(record, _estimated(record))


def _linted(
    files: tuple[Path, ...],
    against: tuple[Path, ...],
    max_chars: int | None,
    keep: tuple[str, ...],
    also: tuple[str, ...],
) -> tuple[list[Row], list[str], Report]:
    """Rows of all files as one set, where each stands (`file:row`), and what was found."""
    from haechi.training.data_lint import dropping, lint

    codes = dropping(keep, also)
    kind, rows, places = _read(files)
    options = _options(against, max_chars)
    with step_bar(t("점검", "lint")) as report:
        return rows, places, lint(kind, rows, options, codes, report)


def _read(files: tuple[Path, ...]) -> tuple[Kind, list[Row], list[str]]:
    from haechi.errors import InputError
    from haechi.training.data_formats import read_any

    rows: list[Row] = []
    places: list[str] = []
    kinds: dict[Kind, Path] = {}
    for path in files:
        kind, found = read_any(path, strict=False)
        kinds.setdefault(kind, path)
        rows += found
        places += [f"{path.name}:{number}" for number in range(1, len(found) + 1)]
    if len(kinds) > 1:
        (one, first), (two, second) = list(kinds.items())[:2]
        raise InputError(
            f"한 번에 한 가지 자료만 점검합니다: '{first}'은(는) {one}, '{second}'은(는) {two}",
            f"one kind of rows at a time: '{first}' holds {one}, '{second}' holds {two}",
        )
    return next(iter(kinds)), rows, places


def _options(against: tuple[Path, ...], max_chars: int | None) -> Any:
    from haechi.training.data_lint import Options
    from haechi.training.leaks import read_evaluation

    return Options(max_chars, evaluation=read_evaluation(against) if against else None)


def _not_an_input(outputs: tuple[Path, ...], inputs: tuple[Path, ...]) -> None:
    """Raises InputError when a file would be written over one that is read, or both results into one."""
    from haechi.errors import InputError

    taken = {path.resolve() for path in inputs}
    for path in outputs:
        # Another name of the same file is the same file.
        if path.resolve() in taken or any(path.exists() and os.path.samefile(path, one) for one in inputs):
            raise InputError(
                f"'{path}'은(는) 읽는 파일입니다. 다른 이름을 주세요", f"'{path}' is read from; name another file"
            )
    if outputs[0].resolve() == outputs[1].resolve():
        raise InputError("--out과 --dropped가 같은 파일입니다", "--out and --dropped are one file")


def _write_report(path: Path | None, record: dict[str, Any]) -> None:
    from haechi.errors import InputError

    if path is None:
        return
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(json.dumps(record, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")
    except OSError as error:
        raise InputError(f"'{path}'에 쓸 수 없습니다: {error}", f"cannot write '{path}': {error}") from error


def _short(record: dict[str, Any]) -> dict[str, Any]:
    """The record without its findings: a set may have a hundred thousand; `--report` writes them all."""
    return {name: value for name, value in record.items() if name != "findings"}


def _checked(file: Path, tokenizer: Path | None, max_tokens: int) -> tuple[Checked, str]:
    from haechi.training.chat_validate import validate_chat
    from haechi.training.token_count import by_letters, by_tokenizer

    count: Callable[[str], int] = by_tokenizer(tokenizer) if tokenizer else by_letters
    return validate_chat(file, count, max_tokens=max_tokens), str(tokenizer) if tokenizer else "letters"


def _words(problem: Any) -> str:
    return t(problem.korean, problem.english)


def _validated(file: Path, checked: Checked, how: str) -> str:
    lines = []
    for problem in checked.problems:
        place = t(f"{problem.line}번째 줄: ", f"line {problem.line}: ") if problem.line else ""
        lines.append(f"{t('오류', 'error') if problem.error else t('주의', 'warning')} {place}{_words(problem)}")
    counted = t("글자 수로 어림", "by characters") if how == "letters" else how
    lines.append(
        t(f"'{file}': {'쓸 수 있습니다' if checked.valid else '고친 뒤 쓰세요'}. 예 {len(checked.examples)}개, "
          f"{sum(checked.tokens):,}토큰(답 {sum(checked.trained):,}; {counted})",
          f"'{file}': {'valid' if checked.valid else 'not valid'}; {len(checked.examples)} examples, "
          f"{sum(checked.tokens):,} tokens ({sum(checked.trained):,} of answers; {counted})")
    )  # fmt: skip
    return "\n".join(lines)


def _estimated(record: dict[str, Any]) -> str:
    seconds, cost = record["seconds"], record["cost"]
    unknown_time = t("모름(--tokens-per-second나 --run을 주세요)", "unknown (give --tokens-per-second or --run)")
    unknown_cost = t("모름(--price, --hourly-price나 --watts와 --kwh-price를 주세요)",
                     "unknown (give --price, --hourly-price, or --watts and --kwh-price)")  # fmt: skip
    time = unknown_time if seconds is None else t(f"{seconds / 60:,.1f}분", f"{seconds / 60:,.1f} minutes")
    price = unknown_cost if cost is None else f"{cost:,.2f}"
    counted = t("글자 수로 어림", "by characters") if record["counted_by"] == "letters" else record["counted_by"]
    return t(
        f"예 {record['examples']}개, {record['epochs']}번, 한 단계에 {record['batch']}개: {record['steps']:,}단계\n"
        f"학습률 배수 {record['lr_multiplier']:g}\n"
        f"토큰: 한 번에 {record['tokens_per_epoch']:,}, 모두 {record['tokens']:,}({counted})\n"
        f"시간: {time}\n비용: {price}",
        f"{record['examples']} examples, {record['epochs']} epochs, batch {record['batch']}: "
        f"{record['steps']:,} steps\n"
        f"learning rate × {record['lr_multiplier']:g}\n"
        f"tokens: {record['tokens_per_epoch']:,} an epoch, {record['tokens']:,} in all ({counted})\n"
        f"time: {time}\ncost: {price}",
    )

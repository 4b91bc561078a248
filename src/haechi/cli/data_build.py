"""`haechi data build|pairs|mix|from-home`: rows from files and from what a home remembers."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from haechi.cli.data_options import counts_text, file_argument, out_file, out_folder, seed_option
from haechi.cli.korean_click import IsoDate, OneOf, PositiveInt
from haechi.cli.session import HaechiCommand, Session, note, pass_session
from haechi.cli.texts import t

if TYPE_CHECKING:
    from haechi.training.data_build import Target

_TARGETS = ("sft", "chat", "pairs", "prompts", "text")

_persona = click.option(
    "--persona", default="", metavar=t("글", "TEXT"), help=t("대화의 system 메시지.", "System message of chats.")
)
_exchanges = click.option(
    "--exchanges",
    type=PositiveInt(0, 100),
    default=0,
    show_default=True,
    help=t("대화마다 주고받는 횟수. 0은 있는 그대로.", "Exchanges of every dialogue; 0 takes them as they are."),
)
_end = click.option(
    "--end-mark", "end", default="", metavar=t("글", "TEXT"), help=t("text 자료에서 답 뒤에 붙일 표시.", "End mark.")
)
_tagged = click.option(
    "--tagged",
    is_flag=True,
    help=t("근거 질의응답에 자리표 변형을 더합니다.", "Add variants with tags (grounded rows)."),
)
_orders = click.option(
    "--orders",
    is_flag=True,
    help=t("ranking이 순위가 아니라 좋은 답부터의 위치입니다.", "The rankings list positions, best first, not ranks."),
)


@click.command("build", cls=HaechiCommand)
@file_argument
@click.option("--to", required=True, type=OneOf(_TARGETS), help=t("만들 자료.", "What to make."))
@_persona
@_exchanges
@_end
@_tagged
@_orders
@out_file
@pass_session
def build_command(session: Session, /, files: tuple[Path, ...], to: Target, out: Path, **more: Any) -> None:
    """파일의 자료를 학습 자료로 바꿉니다(JSONL, JSON 목록, CSV, 글). 무엇인지는 칸 이름으로 압니다."""
    from haechi.training.data_build import build
    from haechi.training.data_formats import read_any, write_rows

    rows: list[dict[str, Any]] = []
    counts: Counter[str] = Counter()
    for path in files:
        kind, found = read_any(path)
        built = build(kind, found, to, _options(more))
        rows += built.rows
        counts.update(built.counts)
    _finish(session, out, write_rows(out, rows), counts)


@click.command("pairs", cls=HaechiCommand)
@file_argument
@_orders
@out_file
@pass_session
def pairs_command(session: Session, files: tuple[Path, ...], orders: bool, out: Path) -> None:
    """순위 자료와 DPO 자료를 쌍으로 바꿉니다. ranking[i]는 답 i의 순위이고 0이 으뜸입니다."""
    from haechi.training.data_build import Options, build
    from haechi.training.data_formats import read_any, write_rows
    from haechi.training.rankings import pairs_of_rows

    rows: list[dict[str, Any]] = []
    counts: Counter[str] = Counter()
    for path in files:
        kind, found = read_any(path)
        if kind == "ranking":
            for line in pairs_of_rows(found, orders=orders)[1]:
                note(f"{path.name} {line}")
        built = build(kind, found, "pairs", Options(orders=orders))
        rows += built.rows
        counts.update(built.counts)
    _finish(session, out, write_rows(out, rows), counts)


@click.command("mix", cls=HaechiCommand)
@file_argument
@click.option("--to", type=OneOf(_TARGETS), default="sft", show_default=True, help=t("만들 자료.", "What to make."))
@click.option(
    "--each", type=PositiveInt(1, 10_000_000), help=t("파일마다 이만큼만 고릅니다.", "At most so many of every file.")
)
@seed_option
@_persona
@_exchanges
@_end
@_tagged
@_orders
@out_file
@pass_session
def mix_command(
    session: Session, /, files: tuple[Path, ...], to: Target, each: int | None, seed: int, out: Path, **more: Any
) -> None:
    """여러 파일을 고르게, 겹치지 않게 섞습니다. 같은 파일과 같은 --seed면 같은 결과입니다."""
    from haechi.errors import InputError
    from haechi.training.data_build import mix
    from haechi.training.data_formats import read_any, write_rows

    sources = {path.stem: read_any(path) for path in files}
    if len(sources) < len(files):
        raise InputError(
            "이름이 같은 파일이 있습니다. 어디에서 왔는지 적으므로 이름이 달라야 합니다",
            "two files have the same name; rows name their source, so the names must differ",
        )
    built = mix(sources, to, each=each, seed=seed, options=_options(more))
    _finish(session, out, write_rows(out, built.rows), built.counts)


@click.command("from-home", cls=HaechiCommand)
@out_folder
@click.option(
    "--since", type=IsoDate(), default=None, metavar="YYYY-MM-DD", help=t("이 날 뒤의 답만.", "Answers since this day.")
)
@pass_session
def from_home_command(session: Session, out: Path, since: str | None) -> None:
    """기록된 답과 의견에서 sft, pairs, faq, prompts 파일을 만듭니다. 의견 적기: haechi feedback add."""
    import csv

    from haechi.training.data_formats import write_rows
    from haechi.training.home_rows import from_home

    with session.open_home() as home:
        made = from_home(home, since or "")
    for name in ("sft", "pairs", "faq", "prompts"):
        write_rows(out / f"{name}.jsonl", getattr(made, name))
    with open(out / "faq.csv", "w", encoding="utf-8-sig", newline="") as handle:
        writer = csv.writer(handle)
        writer.writerow(["id", "질문", "답변", "유사질문", "출처"])
        writer.writerows(
            [row["id"], row["question"], row["answer"], "|".join(row["variants"]), row["source"]] for row in made.faq
        )
    record = {**made.record(), "folder": str(out)}
    text = t(
        f"{out}: SFT {len(made.sft)}, 쌍 {len(made.pairs)}, FAQ {len(made.faq)}, 질문 {len(made.prompts)}",
        f"{out}: {len(made.sft)} SFT rows, {len(made.pairs)} pairs, {len(made.faq)} FAQ, {len(made.prompts)} prompts",
    )
    left = counts_text(record["left_out"])
    session.finish(record, text + (t(f"\n뺀 것: {left}", f"\nleft out: {left}") if left else ""))


def _options(more: dict[str, Any]) -> Any:
    from haechi.training.data_build import Options

    return Options(**{**more, "exchanges": more["exchanges"] or None})


def _finish(session: Session, out: Path, rows: int, counts: Counter[str]) -> None:
    shown = {name: count for name, count in sorted(counts.items()) if count}
    more = counts_text(shown)
    text = t(f"{rows}줄을 썼습니다: {out}", f"Wrote {rows} rows: {out}") + (f" ({more})" if more else "")
    session.finish({"rows": rows, "file": str(out), **shown}, text)

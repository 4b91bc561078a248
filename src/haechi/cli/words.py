"""`haechi words`: the home's own words and synonyms."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from haechi.cli.session import HaechiGroup, Session, pass_session
from haechi.cli.texts import t

if TYPE_CHECKING:
    from haechi.pipeline.words import Imported

word_argument = click.argument("word", metavar=t("단어", "WORD"))


@click.group("words", cls=HaechiGroup)
def words_command() -> None:
    """사용자 단어와 동의어를 보고 고칩니다. 단어는 haechi reembed 뒤부터, 동의어는 바로 쓰입니다."""


@words_command.command("list")
@pass_session
def list_command(session: Session) -> None:
    """사용자 단어와 동의어를 보입니다."""
    from haechi.pipeline.live import waiting

    with session.open_home() as home:
        words, serving = home.store.words(), set(home.store.words(serving=True))
        waits = waiting(home.config, home.store) is not None
        synonyms = {word: list(others) for word, others in home.store.synonyms().items()}
    rows: list[dict[str, Any]] = [
        {"word": word.text, "parts": list(word.parts), "tag": word.tag, "waiting": waits and word not in serving}
        for word in words
    ]
    lines = [
        f"{row['word']}"
        + (f" = {'+'.join(row['parts'])}" if row["parts"] else "")
        + f" ({row['tag']})"
        + (t(" — haechi reembed 뒤부터", " — after haechi reembed") if row["waiting"] else "")
        for row in rows
    ]
    lines += [f"{word} → {', '.join(others)}" for word, others in synonyms.items()]
    empty = t("사용자 단어가 없습니다. 넣기: haechi words add 단어", "No words yet; add one: haechi words add WORD")
    session.finish({"words": rows, "synonyms": synonyms, "waiting": waits}, "\n".join(lines) or empty)


@words_command.command("add")
@word_argument
@click.option("--parts", default="", metavar="A+B", help=t("단어의 부분(예: 개인정보+보호).", "Its parts: A+B."))
@click.option("--tag", default="", help=t("품사: NNP(이름), NNG(명사), MAG(부사).", "NNP, NNG or MAG."))
@click.option(
    "--synonym",
    "synonyms",
    multiple=True,
    metavar=t("단어", "WORD"),
    help=t("질문에서 함께 찾을 말. 여러 번 쓸 수 있습니다.", "Looked for with it in questions; repeatable."),
)
@click.option("--one-way", is_flag=True, help=t("거꾸로는 찾지 않습니다.", "Not the other way round."))
@pass_session
def add_command(session: Session, word: str, parts: str, tag: str, synonyms: tuple[str, ...], one_way: bool) -> None:
    """나누지 않고 통째로 찾을 단어나, --synonym으로 동의어를 넣습니다."""
    from haechi.pipeline.words import Edit, apply_edits

    with session.open_home() as home:
        done = apply_edits(home, [Edit(word, tuple(parts.split("+")), tag, synonyms, one_way)])
    _finish(session, done)


@words_command.command("remove")
@word_argument
@click.option(
    "--synonym",
    "synonyms",
    multiple=True,
    metavar=t("단어", "WORD"),
    help=t("이 동의어만 뺍니다.", "Remove only this synonym."),
)
@pass_session
def remove_command(session: Session, word: str, synonyms: tuple[str, ...]) -> None:
    """단어와 그 동의어를 뺍니다."""
    from haechi.pipeline.words import remove

    with session.open_home() as home:
        done = remove(home, word, synonyms)
    _finish(session, done)


@words_command.command("import")
@click.argument("path", metavar=t("파일", "FILE"), type=click.Path(path_type=Path))
@pass_session
def import_command(session: Session, path: Path) -> int:
    """CSV(열: 단어,부분,품사,동의어,한방향)를 넣습니다. 잘못된 줄은 알리고 나머지를 넣습니다."""
    from haechi.pipeline.words import import_file

    with session.open_home() as home:
        done = import_file(home, path)
    _finish(session, done)
    return 1 if done.bad else 0


def _finish(session: Session, done: Imported) -> None:
    record: dict[str, Any] = {
        "words": done.words,
        "synonyms": done.synonyms,
        "bad": [{"line": line, "error": error} for line, error in done.bad],
        "waiting": done.waiting,
    }
    lines = [t(f"단어 {done.words}개, 동의어 {done.synonyms}개", f"{done.words} words, {done.synonyms} synonyms")]
    lines += [t(f"  {line}번째 줄: {error}", f"  line {line}: {error}") for line, error in done.bad]
    if done.waiting:
        lines.append(
            t(
                "단어는 전문 색인을 새로 만든 뒤부터 쓰입니다(임베딩은 그대로): haechi reembed",
                "Words act when the full-text index is made anew (nothing is embedded again): haechi reembed",
            )
        )
    session.finish(record, "\n".join(lines))

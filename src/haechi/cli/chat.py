"""`haechi chat`: a conversation in the terminal; a follow-up is written out from the turns before it."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any
from uuid import uuid4

import click

from haechi.cli.query_options import chosen, query_options
from haechi.cli.search import filter_options
from haechi.cli.session import HaechiCommand, Session, note, pass_session
from haechi.cli.texts import t
from haechi.errors import HaechiError

if TYPE_CHECKING:
    from haechi.pipeline.chatbot import Chatbot
    from haechi.pipeline.history import Turn

STOP_WORDS = {"끝", "종료", "/끝", "quit", "exit"}


@click.command("chat", cls=HaechiCommand)
@filter_options
@query_options
@pass_session
def chat_command(
    session: Session,
    equals: tuple[tuple[str, str], ...],
    as_of: str | None,
    multi_query: int | None,
    hyde: bool | None,
    mmr: float | None,
    min_score: float | None,
) -> None:
    """터미널에서 묻고 답합니다. 앞의 질문에 기대는 질문(그건요?)도 됩니다. 끝내려면 '끝' 또는 Ctrl-D."""
    from haechi.retrievers.base import Filters

    options: dict[str, Any] = {}
    if filters := Filters(equals=dict(equals), as_of=as_of):
        options["filters"] = filters
    if query := chosen(multi_query, hyde, mmr, min_score):
        options["query"] = query
    with session.open_home() as home:
        bot = home.chatbot()
        person = sys.stdin.isatty()
        if person:
            note(t(f"{home.config.project.name}입니다. 무엇이든 물어보세요. 끝내기: 끝", "Ask; to stop: quit"))
        conversation = uuid4().hex
        history: list[Turn] = []
        count = 0
        while (question := _next_question(person)) is not None:
            if question:
                count += 1
                turn = _turn(session, bot, question, {**options, "history": history, "conversation": conversation})
                history = [*history, turn] if turn else history
    session.finish({"turns": count}, t("대화를 마칩니다.", "Bye."))


def _next_question(person: bool) -> str | None:
    """The next line, '' for a blank one, None at the end."""
    if person:
        print("> ", end="", file=sys.stderr, flush=True)
    line = sys.stdin.readline()
    if not line or line.strip() in STOP_WORDS:
        return None
    return line.strip()


def _turn(session: Session, bot: Chatbot, question: str, options: dict[str, Any]) -> Turn | None:
    """One answer, as a turn for the next question; an error costs this turn, not the conversation."""
    from haechi.cli.answer_text import answer_text
    from haechi.pipeline.history import Turn
    from haechi.records import answer_record

    try:
        answer = bot.ask(question, **options)
    except HaechiError as error:
        note(str(error))
        session.row({"question": question, "error": str(error)})
        return None
    session.row(answer_record(answer))
    if not session.json:
        print(answer_text(answer) + "\n", flush=True)
    return Turn(answer.rewritten or question, answer.answer)

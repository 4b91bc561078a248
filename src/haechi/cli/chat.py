"""`haechi chat`: a conversation in the terminal. Of the question before, only law and article carry over (같은 조)."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import click

from haechi.cli.session import HaechiCommand, Session, note, pass_session
from haechi.cli.texts import t
from haechi.errors import HaechiError

if TYPE_CHECKING:
    from haechi.pipeline.chatbot import Chatbot

STOP_WORDS = {"끝", "종료", "/끝", "quit", "exit"}


@click.command("chat", cls=HaechiCommand)
@pass_session
def chat_command(session: Session) -> None:
    """터미널에서 묻고 답합니다. 끝내려면 '끝' 또는 Ctrl-D."""
    with session.open_home() as home:
        bot = home.chatbot()
        person = sys.stdin.isatty()
        if person:
            note(t(f"{home.config.project.name}입니다. 무엇이든 물어보세요. 끝내기: 끝", "Ask; to stop: quit"))
        count, previous = 0, ""
        while (question := _next_question(person)) is not None:
            if question:
                count += 1
                previous = _stand_alone(question, previous)
                _turn(session, bot, previous)
    session.finish({"turns": count}, t("대화를 마칩니다.", "Bye."))


def _next_question(person: bool) -> str | None:
    """The next line, '' for a blank one, None at the end."""
    if person:
        print("> ", end="", file=sys.stderr, flush=True)
    line = sys.stdin.readline()
    if not line or line.strip() in STOP_WORDS:
        return None
    return line.strip()


def _stand_alone(question: str, previous: str) -> str:
    """The question with 같은 조, 같은 법 and the like written out; said aloud when that changes it."""
    from haechi.korean.law_followup import resolve

    resolved = resolve(question, previous)
    if resolved != question:
        note(t(f"이렇게 묻습니다: {resolved}", f"asking: {resolved}"))
    return resolved


def _turn(session: Session, bot: Chatbot, question: str) -> None:
    """One answer; an error costs this turn, not the conversation."""
    from haechi.cli.answer_text import answer_text
    from haechi.records import answer_record

    try:
        answer = bot.ask(question)
    except HaechiError as error:
        note(str(error))
        session.row({"question": question, "error": str(error)})
        return
    session.row(answer_record(answer))
    if not session.json:
        print(answer_text(answer) + "\n", flush=True)

"""The `haechi` command: a table of commands, loaded when called, and the one place where errors become exit codes.

Only click, the texts and the errors are imported here, so `haechi --help` costs little more than starting Python.
"""

from __future__ import annotations

import importlib
import logging
import os
import sys
from collections.abc import Sequence

import click

from haechi.cli.korean_click import usage_message
from haechi.cli.session import HaechiGroup
from haechi.cli.texts import t
from haechi.errors import HaechiError

#: command → (module, line in `haechi --help`). The function in the module has the command's name with `_command`, and
#: _ for -.
COMMANDS: dict[str, tuple[str, str]] = {
    "init": ("init", t("지식 베이스(홈)를 만듭니다", "Make a knowledge base (home)")),
    "ingest": ("ingest", t("문서를 읽어 넣습니다", "Read documents in")),
    "sync": ("sync", t("넣은 폴더와 자료를 따라갑니다", "Follow the folders that were read in")),
    "documents": ("documents", t("들어 있는 문서를 보고 고칩니다", "See and change what is in the home")),
    "reembed": ("reembed", t("임베더를 바꾸고 색인을 한 번에 교체합니다", "Change the embedder, swap the indexes")),
    "keys": ("keys", t("언어 모델이 쓴 색인 키를 보고 고칩니다", "Review the search keys that the LLM wrote")),
    "words": ("words", t("사용자 단어와 동의어를 보고 고칩니다", "See and change own words and synonyms")),
    "search": ("search", t("질문에 맞는 구절만 찾습니다", "Find passages only")),
    "ask": ("ask", t("질문에 출처와 함께 답합니다", "Answer a question, with sources")),
    "chat": ("chat", t("터미널에서 대화합니다", "Talk in the terminal")),
    "faq": ("faq", t("자주 묻는 질문에 정해 둔 답을 관리합니다", "Curated answers to frequent questions")),
    "feedback": ("feedback", t("답에 대한 의견을 적고 봅니다", "Say which answers were good")),
    "check": ("check", t("답변을 근거와 맞춰 검사합니다", "Check an answer against evidence")),
    "values": ("values", t("글에서 금액·날짜·수량·조문을 찾습니다", "Find amounts, dates, quantities and articles")),
    "evaluate": ("evaluate", t("검색과 답변의 품질을 잽니다", "Measure retrieval and answers")),
    "weak-spots": ("weak_spots", t("어떤 값이 어디서 틀리는지 보고합니다", "Report what goes wrong, and where")),
    "calibrate": ("calibrate", t("검색의 가중치를 홈에 맞춥니다", "Fit the ranking to the home")),
    "project": ("project", t("모델 만들기의 네 단계를 이끕니다", "Guide the four steps to a tuned model")),
    "data": ("data", t("학습 자료를 만들고 살핍니다", "Build and check training data")),
    "train": ("train", t("답변 모델과 검색 모델을 학습합니다", "Train the answer model and the search models")),
    "jobs": ("jobs", t("학습 작업을 만들어 차례로 돌립니다", "Tuning jobs, run one after another")),
    "improve": ("improve", t("의견으로 모델을 고치고, 나을 때만 씁니다", "Improve models from feedback")),
    "models": ("models", t("모델 파일을 설치하고 확인합니다", "Install and verify model weights")),
    "serve": ("serve", t("HTTP API와 대화 화면을 엽니다", "Serve the HTTP API and the chat page")),
    "backup": ("backup", t("홈을 파일 하나로 백업합니다", "Back the home up to one file")),
    "restore": ("restore", t("백업에서 홈을 되돌립니다", "Restore a home from a backup")),
    "verify": ("verify", t("홈이 온전한지 확인하고 고칩니다", "Check that the home is sound, and mend it")),
    "doctor": ("doctor", t("설치와 설정을 점검합니다", "Check the installation")),
}

HELP = t(
    """내 문서로 답하는 오프라인 한국어 챗봇. 모든 것은 이 컴퓨터 안에서 돌아갑니다.

    \b
    처음이라면:
      haechi init 내지식
      haechi --home 내지식 ingest 규정집.pdf 안내서/
      haechi --home 내지식 ask "출장비는 며칠 안에 정산해야 하나요?"
    """,
    """An offline Korean chatbot over your own documents. Everything runs on this machine.

    \b
    To begin:
      haechi init my-home
      haechi --home my-home ingest rules.pdf handbook/
      haechi --home my-home ask "출장비는 며칠 안에 정산해야 하나요?"
    """,
)


class LazyGroup(HaechiGroup):
    """Imports a command's module when it is called; the list of commands comes from the table alone."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in COMMANDS:
            return None
        module = importlib.import_module(f"haechi.cli.{COMMANDS[cmd_name][0]}")
        command: click.Command = getattr(module, f"{cmd_name.replace('-', '_')}_command")
        return command

    def command_rows(self, ctx: click.Context) -> list[tuple[str, str]]:
        return [(name, line) for name, (_, line) in COMMANDS.items()]


@click.group(cls=LazyGroup, help=HELP, invoke_without_command=True)
@click.option("--version", is_flag=True, help=t("버전을 보입니다.", "Show the version."))
@click.pass_context
def cli(ctx: click.Context, version: bool) -> None:
    """Entry of all commands; without one it prints the help page."""
    if version:
        from importlib.metadata import version as installed

        print(f"haechi {installed('haechi')}")
    elif ctx.invoked_subcommand is None:
        print(ctx.get_help())
    else:
        logging.basicConfig(
            stream=sys.stderr,
            level=logging.INFO if _debugging() else logging.WARNING,
            format="%(levelname)s %(name)s: %(message)s",
        )


def run(arguments: Sequence[str] | None = None) -> int:
    """Run one command and return its exit status: 0 done, 1 mistake, 2 usage, 3 partly done, 130 interrupted."""
    try:
        status = cli.main(args=arguments, prog_name="haechi", standalone_mode=False)
        return status if isinstance(status, int) else 0
    except click.UsageError as error:
        return _stop(usage_message(error), 2)
    except HaechiError as error:
        return _stop(str(error), error.exit_code)
    except (click.Abort, KeyboardInterrupt):
        return _stop(t("멈추었습니다.", "Interrupted."), 130)
    except OSError as error:
        if _debugging():
            raise
        where = f" '{error.filename}'" if error.filename else ""
        return _stop(t(f"파일 작업이 실패했습니다{where}: {error.strerror or error}", f"i/o failed{where}: {error}"), 1)
    except Exception as error:
        if _debugging():
            raise
        what = f"{type(error).__name__}: {error}"
        return _stop(
            t(
                f"해치의 잘못으로 멈추었습니다({what}). 자세한 내용: HAECHI_DEBUG=1을 앞에 붙여 다시 실행하세요",
                f"a fault of Haechi's ({what}). For details run it again with HAECHI_DEBUG=1",
            ),
            1,
        )


def main() -> None:
    """The console script."""
    for stream in (sys.stdout, sys.stderr):
        # A file name with bytes that are no UTF-8, or a terminal in EUC-KR, must not break the output half way.
        stream.reconfigure(errors="backslashreplace")  # type: ignore[union-attr]
    sys.exit(run())


def _stop(message: str, status: int) -> int:
    print(message, file=sys.stderr)
    return status


def _debugging() -> bool:
    return os.environ.get("HAECHI_DEBUG", "") not in ("", "0")

"""What every command shares: the home, the output mode, and opening things late. Loads nothing heavy.

Rules of the contract that live here: `--json` prints one object as the last line of stdout; everything else goes to
stderr; `--home` and `--json` may stand before or after the command.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import click

from haechi.cli.korean_click import KoreanHelp
from haechi.cli.texts import t

if TYPE_CHECKING:
    from haechi.config import Config
    from haechi.pipeline.build import Home


@dataclass
class Session:
    """One run of the command line."""

    home: str | None = None
    json: bool = False

    def config(self) -> Config:
        """The settings of the home this run is about. Raises HomeError or ConfigError."""
        from haechi.config import load_config

        return load_config(self.home)

    def open_home(self) -> Home:
        """Open the home; models load on first use. Use it as a context manager."""
        config = self.config()  # first: a missing home must not cost the imports below
        from haechi.pipeline.build import open_home

        return open_home(config)

    def row(self, record: Mapping[str, Any]) -> None:
        """Print one row of a batch (JSON mode only)."""
        if self.json:
            print(json.dumps(record, ensure_ascii=False), flush=True)

    def finish(self, record: Mapping[str, Any], text: str) -> None:
        """Print the command's result: the record in JSON mode, else the text a person reads."""
        print(json.dumps(record, ensure_ascii=False) if self.json else text, flush=True)


pass_session = click.make_pass_decorator(Session, ensure=True)


def note(text: str) -> None:
    """Tell the person at the terminal something that is not the result."""
    print(text, file=sys.stderr, flush=True)


def _remember(ctx: click.Context, parameter: click.Parameter, value: Any) -> None:
    if value:
        setattr(ctx.ensure_object(Session), "home" if parameter.name == "home" else "json", value)


class HaechiCommand(KoreanHelp):
    """A command with the two options that every command has."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        kwargs.setdefault("options_metavar", t("[옵션]", "[OPTIONS]"))
        super().__init__(*args, **kwargs)
        self.params += [
            click.Option(
                ["--home"],
                metavar="DIR",
                expose_value=False,
                callback=_remember,
                help=t(
                    "지식 베이스 폴더. 없으면 HAECHI_HOME, 그다음 현재 폴더에서 위로 찾습니다.",
                    "The knowledge base folder; else HAECHI_HOME, else the nearest folder upwards.",
                ),
            ),
            click.Option(
                ["--json"],
                is_flag=True,
                expose_value=False,
                callback=_remember,
                help=t("결과를 표준 출력 마지막 줄에 JSON으로 씁니다.", "Print the result as JSON on the last line."),
            ),
        ]


class HaechiGroup(HaechiCommand, click.Group):
    """A command with commands of its own; names the nearest one when a name is wrong."""

    command_class = HaechiCommand

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        kwargs.setdefault("subcommand_metavar", t("명령 [인자]…", "COMMAND [ARGS]…"))
        kwargs.setdefault("no_args_is_help", False)
        super().__init__(*args, **kwargs)

    def format_options(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        super().format_options(ctx, formatter)
        with formatter.section(t("명령", "Commands")):
            formatter.write_dl(self.command_rows(ctx))

    def command_rows(self, ctx: click.Context) -> list[tuple[str, str]]:
        """Name and one line about every command."""
        commands = [(name, self.get_command(ctx, name)) for name in self.list_commands(ctx)]
        return [(name, command.get_short_help_str(70)) for name, command in commands if command]

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        name = args[0]
        if not name.startswith("-") and self.get_command(ctx, name) is None:
            import difflib

            near = difflib.get_close_matches(name, self.list_commands(ctx), n=1)
            hint = t(f" 혹시: {near[0]}", f" Did you mean: {near[0]}") if near else ""
            ctx.fail(t(f"'{name}'(이)라는 명령은 없습니다.{hint}", f"no such command '{name}'.{hint}"))
        return super().resolve_command(ctx, args)

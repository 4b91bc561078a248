"""Click in Korean: help headings, parameter types and usage errors. Knows nothing about Haechi's own commands.

Click takes its words from gettext catalogues, which it does not ship for Korean; overriding the few places is smaller
than carrying a compiled catalogue.
"""

from __future__ import annotations

import re
from typing import Any

import click

from haechi.cli.texts import t


class KoreanHelp(click.Command):
    """A command whose help page has Korean headings and keeps the shape of its own help text."""

    def format_usage(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        pieces = " ".join(self.collect_usage_pieces(ctx))
        formatter.write_usage(ctx.command_path, pieces, prefix=t("사용법: ", "Usage: "))

    def format_options(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        options = [parameter for parameter in self.get_params(ctx) if isinstance(parameter, click.Option)]
        records = [record for option in options if (record := option.get_help_record(ctx))]
        with formatter.section(t("옵션", "Options")):
            formatter.write_dl(records)

    def get_help_option(self, ctx: click.Context) -> click.Option | None:
        option = super().get_help_option(ctx)
        if option is not None:
            option.help = t("이 도움말을 보입니다.", "Show this help.")
        return option


class PositiveInt(click.IntRange):
    """A whole number between `min` and `max`, both included."""

    name = t("정수", "number")

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        try:
            return super().convert(value, param, ctx)
        except click.BadParameter:
            wanted = f"{self.min}~{self.max}" if self.max is not None else t(f"{self.min} 이상", f"at least {self.min}")
            self.fail(t(f"'{value}': {wanted}의 정수여야 합니다.", f"'{value}': expected a whole number, {wanted}."))


class OneOf(click.Choice[str]):
    """One of a few words."""

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> str:
        try:
            return super().convert(value, param, ctx)
        except click.BadParameter:
            words = ", ".join(self.choices)
            self.fail(t(f"'{value}': 쓸 수 있는 값은 {words}입니다.", f"'{value}': expected one of {words}."))


class IsoDate(click.ParamType[str]):
    """A calendar day as YYYY-MM-DD."""

    name = "date"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> str:
        import datetime

        try:
            if not re.fullmatch(r"\d{4}-\d{2}-\d{2}", value):
                raise ValueError(value)
            return datetime.date.fromisoformat(value).isoformat()
        except ValueError:
            self.fail(t(f"'{value}': 있는 날짜를 YYYY-MM-DD로 쓰세요.", f"'{value}': expected a date, YYYY-MM-DD."))


class KeyValue(click.ParamType[tuple[str, str]]):
    """`key=value`, as a pair."""

    name = "key=value"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> tuple[str, str]:
        if isinstance(value, tuple):
            return value
        key, separator, wanted = str(value).partition("=")
        if not separator or not key.strip():
            self.fail(t(f"'{value}': 키=값 꼴로 쓰세요.", f"'{value}': expected key=value."))
        return key.strip(), wanted


def usage_message(error: click.UsageError) -> str:
    """A usage error in the reader's language, with where to read more."""
    hint = f"{error.ctx.command_path} --help" if error.ctx else "haechi --help"
    return f"{_what(error)}\n" + t(f"도움말: {hint}", f"Help: {hint}")


def _what(error: click.UsageError) -> str:
    if isinstance(error, click.NoSuchOption):
        near = _near(error.possibilities)
        return t(
            f"'{error.option_name}'(이)라는 옵션은 없습니다.{near}", f"no such option '{error.option_name}'.{near}"
        )
    if isinstance(error, click.MissingParameter):
        name = _parameter_name(error)
        return t(f"{name} 값이 빠졌습니다.", f"{name} is missing.")
    if isinstance(error, click.BadParameter):
        name = _parameter_name(error)
        return f"{name} {error.message}".strip()
    if isinstance(error, click.BadOptionUsage):
        name = error.option_name
        return t(f"'{name}' 옵션을 잘못 썼습니다(값이 빠졌거나 더 있음).", f"'{name}': {error.message}")
    extra = re.match(r"Got unexpected extra arguments? \((.*)\)", error.message)
    if extra:
        return t(f"남는 인자가 있습니다: {extra[1]}", error.message)
    if error.message == "Missing command.":
        return t("명령이 빠졌습니다.", "a command is missing.")
    return error.message


def _near(possibilities: Any) -> str:
    if not possibilities:
        return ""
    words = ", ".join(possibilities)
    return t(f" 혹시: {words}", f" Did you mean: {words}")


def _parameter_name(error: click.BadParameter) -> str:
    if error.param is None:
        return ""
    if isinstance(error.param, click.Option):
        return max(error.param.opts, key=len)
    return error.param.make_metavar(error.ctx) if error.ctx else str(error.param.name)

"""The options of `search` and `ask` that change how a question is searched with."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import click

from haechi.cli.korean_click import PositiveInt
from haechi.cli.texts import t

if TYPE_CHECKING:
    from haechi.retrievers.question import QueryOptions


class Share(click.FloatRange):
    """A number from 0 to 1."""

    name = t("0~1", "0 to 1")

    def __init__(self) -> None:
        super().__init__(0.0, 1.0)


def query_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """`--multi-query`, `--hyde`, `--mmr` and `--min-score`; what is not given stays as in haechi.toml."""
    for option in reversed(
        [
            click.option(
                "--multi-query",
                type=PositiveInt(0, 8),
                metavar="N",
                help=t(
                    "언어 모델이 바꾸어 쓴 질문 N개로도 찾습니다(모델을 한 번 부릅니다). 0이면 끔.",
                    "Search with N rewordings by the LLM as well (one call); 0 is off.",
                ),
            ),
            click.option(
                "--hyde/--no-hyde",
                default=None,
                help=t(
                    "언어 모델이 지어 본 가상 답안으로도 찾습니다(모델을 한 번 부릅니다).",
                    "Search with a hypothetical passage by the LLM as well (one call).",
                ),
            ),
            click.option(
                "--mmr",
                type=Share(),
                help=t("서로 비슷한 구절을 피하는 정도(0이면 끔).", "How much to avoid passages alike (0 is off)."),
            ),
            click.option(
                "--min-score",
                type=Share(),
                help=t("점수가 이보다 낮은 구절은 버립니다.", "Leave out passages that score below this."),
            ),
        ]
    ):
        command = option(command)
    return command


def chosen(
    multi_query: int | None, hyde: bool | None, mmr: float | None, min_score: float | None
) -> QueryOptions | None:
    """What was asked for otherwise than the settings; None when nothing was."""
    from haechi.retrievers.question import QueryOptions

    return QueryOptions(multi_query=multi_query, hyde=hyde, mmr=mmr, min_score=min_score) or None

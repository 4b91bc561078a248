"""`haechi data`: training data, from what an institution has to what a trainer reads."""

from __future__ import annotations

import click

from haechi.cli.data_build import build_command, from_home_command, mix_command, pairs_command
from haechi.cli.data_lint import clean_command, estimate_command, lint_command, validate_command
from haechi.cli.data_negatives import negatives_command
from haechi.cli.data_teach import (
    answers_command,
    dialogues_command,
    from_documents_command,
    tiers_command,
)
from haechi.cli.session import HaechiGroup


@click.group("data", cls=HaechiGroup)
def data_command() -> None:
    """학습 자료를 만들고 점검합니다. 파일, 홈의 답과 의견, 홈의 문서에서 만들 수 있습니다."""


for _command in (
    build_command,
    pairs_command,
    mix_command,
    from_home_command,
    from_documents_command,
    answers_command,
    dialogues_command,
    tiers_command,
    negatives_command,
    lint_command,
    clean_command,
    validate_command,
    estimate_command,
):
    data_command.add_command(_command)

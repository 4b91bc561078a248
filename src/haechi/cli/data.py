"""`haechi data`: training data, from what an institution has to what a trainer reads."""

from __future__ import annotations

import click

from haechi.cli.session import HaechiGroup


@click.group("data", cls=HaechiGroup)
def data_command() -> None:
    """학습 자료를 만듭니다. 파일, 홈의 답과 의견, 홈의 문서에서 만들 수 있습니다."""

"""`haechi values`: the Korean value parser."""

from __future__ import annotations

import click

from haechi.cli.session import HaechiCommand, Session, pass_session
from haechi.cli.texts import t


@click.command("values", cls=HaechiCommand)
@click.argument("text", metavar=t("글", "TEXT"))
@pass_session
def values_command(session: Session, text: str) -> None:
    """글에서 금액·날짜·수량·조문을 찾아 같은 꼴로 적습니다."""
    from haechi.korean.values import parse_values
    from haechi.records import value_record

    values = [value_record(value) for value in parse_values(text)]
    lines = [f"{row['kind']:13} {row['surface']} = {row['normalised']} ({row['start']}~{row['end']})" for row in values]
    session.finish({"values": values}, "\n".join(lines) or t("값이 없습니다.", "No values."))

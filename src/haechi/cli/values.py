"""`haechi values`: the Korean value parser."""

from __future__ import annotations

import click

from haechi.cli.session import HaechiCommand, Session, pass_session
from haechi.cli.texts import t


@click.command("values", cls=HaechiCommand)
@click.argument("text", metavar=t("글", "TEXT"))
@pass_session
def values_command(session: Session, text: str) -> None:
    """글에서 금액·날짜·수량·조문·이름을 찾아 같은 꼴로 적습니다."""
    from haechi.korean.names import values_and_names
    from haechi.records import value_record

    values = [value_record(value) for value in values_and_names(text)]
    lines = [
        f"{row['kind']:13} {row['surface']} = {row['normalised']} ({row['start']}~{row['end']})"
        + _doubt(row["certainty"])
        for row in values
    ]
    session.finish({"values": values}, "\n".join(lines) or t("값이 없습니다.", "No values."))


def _doubt(certainty: str) -> str:
    """What a reader is told of a value that may be another, or none."""
    if certainty == "ambiguous":
        return t(" 뜻이 하나가 아님", " ambiguous")
    return t(" 기준일이 없음", " no day to count from") if certainty == "unresolved" else ""

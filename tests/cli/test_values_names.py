"""`haechi values` shows names beside values."""

import json

from tests.cli.conftest import Run


def test_values_shows_names_with_their_certainty(haechi: Run) -> None:
    done = haechi("values", "보건복지부장관이 소담치과병원에 3억 원을 준다.", "--json")
    rows = [(row["kind"], row["surface"], row["certainty"]) for row in json.loads(done.out)["values"]]
    assert rows == [
        ("name", "보건복지부", "certain"),
        ("name", "소담치과병원", "ambiguous"),
        ("amount", "3억 원", "certain"),
    ]


def test_a_reader_is_told_what_is_not_sure(haechi: Run) -> None:
    lines = haechi("values", "소담치과병원에 간다.").out.splitlines()
    assert lines == ["name          소담치과병원 = 소담치과병원 (0~6) 뜻이 하나가 아님"]

"""References inside a law's text lead to their unit, or say why not. A wrong link is worse than none."""

from __future__ import annotations

from pathlib import Path

import pytest

from haechi.retrievers.links import Link, Linker
from tests.retrievers.home import SmallHome
from tests.retrievers.laws import dated, law

ACT = """제1장 총칙

제1조(목적) 이 법은 시험을 위한다.

제2조(정의) ① 제1호에 따른다.
1. 첫째
2. 둘째. 다만, 제1호는 뺀다.
② 제1항제2호와 「다른 법」 제9조는 그대로 둔다.

제3조(준용) ① 제2조(정의) 및 같은 조 제2항을 따른다.
② 제2조제1항 각 호 및 제2항을 따르고, 별표 1을 쓴다.
③ 제9조와 제2조제8항은 없다. "제1조"는 "제2조"로 본다.
④ 제1장을 따른다.

부칙 <제1호, 2020. 1. 1.>

제1조(시행일) 이 법은 공포한 날부터 시행한다.

부칙(정부조직법) <제2호, 2021. 1. 1.>

제2조(다른 법률의 개정) 제3조를 고친다.

[별표 1] 표

1. 하나"""
DECREE = """제1조(목적) 이 영은 「시험법」에서 위임한 것을 정한다.

제2조(절차) ① 법 제3조제1항 단서, 제2조제2항에 따른다.
② 「시험법」 제2조제1항(제2호에 한정한다), 제3조를 따른다.

제3조(끝) 이 영 제2조 및 같은 조 제2항"""


@pytest.fixture
def links(tmp_path: Path) -> dict[tuple[str, str], list[Link]]:
    """Links by document title and chunk label."""
    home = SmallHome(tmp_path)
    home.write(
        [
            law("시험법", ACT.replace("시험을", "옛 시험을"), dated("2019-01-01"), source="옛.md"),
            law("시험법", ACT, dated("2020-01-01")),
            law("시험법 시행령", DECREE, dated("2020-01-01")),
        ]
    )
    linker = Linker(home.store)
    found: dict[tuple[str, str], list[Link]] = {}
    for record in home.store.documents():
        document = home.store.document(record.id)
        assert document is not None
        by_chunk = linker.links(record.id)
        for chunk in home.store.chunks(record.id):
            for link in by_chunk[chunk.id]:
                assert document.text[link.start : link.end] == link.surface
            found[(record.source, chunk.label)] = by_chunk[chunk.id]
    return found


def targets(links: list[Link]) -> list[str]:
    return [f"{link.title} {link.label}" if link.document else "-" for link in links]


def test_what_a_reference_leaves_out_is_where_it_stands(links: dict[tuple[str, str], list[Link]]) -> None:
    assert targets(links[("시험법.md", "제2조")]) == [
        "시험법 제2조제1항제1호",
        "시험법 제2조제1항제1호",
        "시험법 제2조제1항제2호",
        "-",
    ]
    assert "이 홈에 없는 법령" in links[("시험법.md", "제2조")][-1].reason


def test_chains_annexes_chapters_and_what_is_not_there(links: dict[tuple[str, str], list[Link]]) -> None:
    found = links[("시험법.md", "제3조")]
    assert targets(found) == [
        "시험법 제2조",
        "시험법 제2조제2항",
        "시험법 제2조제1항",
        "시험법 제2조제2항",
        "시험법 별표 1",
        "-",
        "-",
        "-",
        "-",
        "시험법 제1장 총칙",
    ]
    reasons = [link.reason for link in found if not link.document]
    assert "제9조이(가) 없습니다" in reasons[0]
    assert "제8항이(가) 없습니다" in reasons[1]
    assert all("따옴표" in reason for reason in reasons[2:])


def test_a_decree_leads_to_its_act_in_the_version_in_force(links: dict[tuple[str, str], list[Link]]) -> None:
    found = links[("시험법 시행령.md", "제2조")]
    assert targets(found) == [
        "시험법 제3조제1항",
        "시험법 제2조제2항",
        "시험법 제2조제1항",
        "시험법 제2조제1항제2호",
        "시험법 제3조",
    ]
    in_force = links[("시험법.md", "제2조")][0].document
    assert {link.document for link in found} == {in_force}
    assert targets(links[("시험법 시행령.md", "제3조")]) == ["시험법 시행령 제2조", "시험법 시행령 제2조제2항"]


def test_an_old_version_leads_to_itself(links: dict[tuple[str, str], list[Link]]) -> None:
    own = {link.document for link in links[("옛.md", "제3조")] if link.document}
    assert len(own) == 1
    assert own != {links[("시험법.md", "제2조")][0].document}


def test_an_amending_supplement_speaks_of_another_law(links: dict[tuple[str, str], list[Link]]) -> None:
    found = links[("시험법.md", "부칙 제2조")]
    assert targets(found) == ["-"]
    assert "다른 법령" in found[0].reason

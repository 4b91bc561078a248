"""Claims with a known label: made from statutes, changed from written ones, and read from files."""

from __future__ import annotations

import json
from pathlib import Path
from random import Random
from typing import Any

import pytest

from haechi.errors import InputError
from haechi.training import grounding_data, spoken_changes, statute_styles
from haechi.training.grounding_data import Claim, Passage, prepare, with_changes, written
from haechi.training.grounding_pairs import (
    another_actor,
    another_value,
    as_rule,
    modality,
    negation,
    pairs_of,
    read_articles,
    wrong_words,
)
from tests.training.test_questions import jsonl

ARTICLE = {
    "id": "도서관법/제3조",
    "title": "도서관법 제3조(대출)",
    "text": "① 관장은 이용자에게 자료를 대출할 수 있다. 다만, 희귀 자료는 대출하여서는 아니 된다. <개정 2020.1.1>\n"
    "② 이용자는 대출한 날부터 14일 이내에 자료를 관장에게 반납하여야 한다.\n"
    "③ 사서는 자료를 잃어버린 이용자에게 30일 이내에 변상을 요구하여야 한다.\n④ 삭제 <2019.1.1>",
}
DICE = Random(1)


def test_a_statute_gives_groups_of_true_and_false_claims_over_its_own_text() -> None:
    articles = read_articles([ARTICLE])
    assert [len(paragraph) for paragraph in articles[0].paragraphs] == [2, 1, 1]
    assert "개정" not in str(articles[0].paragraphs)
    pairs = pairs_of(articles, seed=1, each=4)
    assert pairs == pairs_of(articles, seed=1, each=4)
    assert {pair.label for pair in pairs} >= {0, 1}
    for group in {pair.group for pair in pairs}:
        labels = [pair.label for pair in pairs if pair.group == group]
        assert 0 in labels
        assert any(labels)
    assert all(pair.claim not in pair.evidence for pair in pairs if pair.label)


def test_style_does_not_give_the_label_away() -> None:
    # The trap: only true claims were polite, and the model learnt politeness.
    pairs = pairs_of(read_articles([ARTICLE]), seed=3, each=4)
    for label in (True, False):
        own = [pair.claim for pair in pairs if bool(pair.label) is label and pair.kind not in ("merged", "outside")]
        assert any(claim.endswith(("니다.", "요.")) for claim in own)


@pytest.mark.parametrize(
    ("sentence", "polite"),
    [
        ("자료를 반납하여야 한다.", "자료를 반납해야 합니다."),
        ("자료를 대출할 수 있다.", "자료를 대출할 수 있습니다."),
        ("대출하여서는 아니 된다.", "대출해서는 안 됩니다."),
        ("그 규정에 따른다.", "그 규정에 따릅니다."),
        ("효력을 잃는다.", "효력을 잃습니다."),
    ],
)
def test_endings_of_the_law_become_polite(sentence: str, polite: str) -> None:
    assert statute_styles.styled(sentence, 0) == polite


def test_true_changes_keep_the_meaning() -> None:
    assert statute_styles.reordered("관장은 자료가 없는 경우에는 이를 알려야 한다.") == (
        "자료가 없는 경우에는 관장은 이를 알려야 한다."
    )
    assert statute_styles.other_forms("100분의 50을 감면한다.", Random(0)) in (
        "50%를 감면한다.",
        "50퍼센트를 감면한다.",
    )
    assert statute_styles.shortened("관장(사서를 포함한다)은 제3조에 따라 정한다.") == "관장은 정한다."


def test_false_changes_say_something_else_in_good_korean() -> None:
    assert modality("자료를 대출할 수 있다.", Random(0)) != "자료를 대출할 수 있다."
    assert negation("규정을 적용한다.", Random(5)) == "규정을 적용하지 아니한다."
    assert another_value("14일 이내에 반납한다.", ["30일 이내에 변상한다."], DICE) == "30일 이내에 반납한다."
    assert another_value("14일 이내에 반납한다.", ["30회 변상한다."], DICE) == ""
    swapped = another_actor("사서는 자료를 반납한다.", "이용자가 사서에게 말한다. 관장은 쉰다.", Random(2))
    assert swapped == "" or "사서" not in swapped
    assert as_rule("관장은 쉰다.", DICE).startswith("관장은 ")


def test_the_words_that_make_a_claim_false() -> None:
    assert wrong_words("관장은 14일 안에 낸다.", "관장은 30일 안에 낸다.") == (1,)
    assert wrong_words("관장은 쉰다.", "관장은 무료로 쉰다.") == (1,)
    assert wrong_words("관장은 쉰다.", "관장은 쉰다.") == ()


@pytest.mark.parametrize(
    ("claim", "opposites"),
    [
        ("신청할 수 있어요.", ("신청할 수 없어요.", "신청해야 해요.")),
        ("신분증을 내야 합니다.", ("신분증을 내야 하는 것은 아닙니다.",)),
        ("음식을 드시면 안 돼요.", ("음식을 드시면 돼요.",)),
        ("보증금을 돌려줍니다.", ("보증금을 돌려주지 않습니다.",)),
    ],
)
def test_polite_claims_are_denied_in_their_own_style(claim: str, opposites: tuple[str, ...]) -> None:
    assert spoken_changes.opposite(claim, Random(0)) in opposites


def test_written_claims_get_changed_ones_beside_them() -> None:
    evidence = "관장은 자료를 14일 동안 빌려준다. 다만, 잡지는 빌려주지 않는다. 사서는 30일 안에 답한다."
    true = tuple(
        Claim(f"{who}은 {n}번 창구에서 신청할 수 있습니다.", 0, "polite", ()) for n, who in enumerate("관장" * 8)
    )
    changed = with_changes(Passage(evidence, true, "rows"), Random(0))
    added = [claim for claim in changed.claims if claim not in true]
    assert len(changed.claims) - len(added) == len(true)
    assert any(claim.label for claim in added)
    assert all(claim.wrong for claim in added if claim.label)


def rows(claims: list[tuple[str, str]], count: int = 1) -> list[dict[str, Any]]:
    said = [{"claim": claim, "label": label, "kind": "polite"} for claim, label in claims]
    return [{"id": f"x-{n}", "evidence": f"{n}번 창구는 쉰다.", "rows": said} for n in range(1, count + 1)]


def test_every_tenth_written_passage_and_the_dev_laws_are_for_validation(tmp_path: Path) -> None:
    said = jsonl(tmp_path / "rows.jsonl", rows([("쉽니다.", "supported"), ("안 쉽니다.", "contradicted")], 20))
    nli = jsonl(tmp_path / "nli.jsonl", [{"premise": "가", "hypothesis": "나", "label": "Neutral"}])
    other = {**ARTICLE, "id": "박물관법/제3조", "title": "박물관법 제3조"}
    third = {
        **ARTICLE,
        "id": "미술관법/제3조",
        "title": "미술관법 제3조",
        "text": ARTICLE["text"].replace("관장", "원장"),
    }
    statutes = jsonl(tmp_path / "statutes.jsonl", [ARTICLE, other, third])
    (tmp_path / "held.json").write_text(json.dumps({"test": ["박물관법"], "dev": ["미술관법"]}), encoding="utf-8")
    data = prepare([said], [nli], statutes, tmp_path / "held.json", seed=0)
    dev = [passage.evidence for passage in data.dev if passage.source == "rows"]
    assert dev == ["10번 창구는 쉰다.", "20번 창구는 쉰다."]
    assert not {passage.evidence for passage in data.train} & set(dev)
    assert [claim.label for passage in data.train if passage.source == "nli" for claim in passage.claims] == [2]
    assert not any("박물관법" in passage.evidence for passage in (*data.train, *data.dev))
    assert {passage.source for passage in data.dev} == {"rows", "statutes"}
    assert set(data.hashes) == {"rows.jsonl", "nli.jsonl", "statutes.jsonl", "held.json"}


def test_a_file_that_is_wrong_says_which_line(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"rows\.jsonl: 1번째 줄의 rows에 claim"):
        written(jsonl(tmp_path / "rows.jsonl", rows([("쉽니다.", "true")])))
    with pytest.raises(InputError, match="1번째 줄에 premise"):
        grounding_data.inferred(jsonl(tmp_path / "nli.jsonl", [{"premise": "가", "label": "neutral"}]))
    with pytest.raises(InputError, match="학습할 자료가 없습니다"):
        prepare([], [], None, None, seed=0)

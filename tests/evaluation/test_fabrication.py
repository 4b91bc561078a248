"""The fabrication benchmark: what it calls false is false, what it calls true is true, and it scores without mercy.

Its rows judge the checkers, so a wrong label costs more than a missing row.
"""

from __future__ import annotations

import json
import re
import subprocess
import sys
from pathlib import Path
from random import Random

import pytest
from benchmarks._fabrication import forms, meaning, predicates, rewrite, style, values
from benchmarks._fabrication.corpus import Corpus, Passage, built_in, passages, read_corpus, statements
from benchmarks._fabrication.generate import BAD, GOOD, Generator, Row, generate
from benchmarks._fabrication.korean import aeo, attach, replace
from benchmarks._fabrication.numbers import amount, canonical, hangul, mixed
from benchmarks._fabrication.score import correction, report, share
from benchmarks._fabrication.systems import Judgement, absent_values, absent_words

from tests.conftest import REPOSITORY

TEXT = """① 이용자는 사용일 7일 전까지 공단에 사용신청서를 제출하여야 한다. 다만, 긴급한 경우에는 그러하지 아니하다.
② 가온누리시시설공단은 신청을 받은 날부터 10일 이내에 이용자에게 결과를 통지하여야 한다. <개정 2024. 3. 1.>
③ 공단 이사장은 공익을 위하여 필요한 경우 사용료의 30퍼센트를 감면할 수 있다.
④ 대강당의 사용료는 1시간에 12만원으로 하고, 소강당의 사용료는 1시간에 45,000원으로 한다.
⑤ 이용자는 제12조제2항에 따라 시설을 훼손하여서는 아니 된다.
⑥ 이 규정은 2024년 3월 15일부터 시행한다. 위원회는 위원장 1명을 포함하여 9명 이내의 위원으로 구성한다.
⑦ 이용자는 시설물을 변경하려면 미리 이사장의 승인을 받아야 하며, 승인 없이 변경할 수 없다."""


@pytest.fixture
def corpus() -> Corpus:
    return Corpus("made", passages("규정", "규정", TEXT))


def statement(text: str, passage: str = "") -> values.Statement:
    return values.Statement(text, Passage("p", "p", 0, passage or text + "."))


def test_statements_are_whole_sentences_without_their_markers_and_remarks(corpus: Corpus) -> None:
    texts = [item.text for item in corpus.statements]
    assert texts[0] == "이용자는 사용일 7일 전까지 공단에 사용신청서를 제출하여야 한다"
    assert corpus.statements[0].proviso.startswith("다만, 긴급한")
    assert texts[1].endswith("통지하여야 한다")  # <개정 …> is no part of it
    assert not any(text.startswith("다만") for text in texts)
    # A sentence that hangs on another one can be no answer of its own.
    assert not list(statements(Passage("p", "p", 0, "이 경우 신청인은 그 비용을 부담하여야 한다.")))


def test_the_same_seed_makes_the_same_rows_and_every_row_says_what_it_was_made_from(corpus: Corpus) -> None:
    first, again = (generate([Generator(corpus, 1)], 5) for _ in range(2))
    assert [row.record() for row in first] == [row.record() for row in again]
    kinds = {row.kind for row in first}
    assert {"amount", "percent", "period", "article", "negation", "modality", "omission", "polite", "spoken"} <= kinds
    assert len({row.id for row in first}) == len(first)
    for row in first:
        assert row.good == (row.kind in GOOD) and row.good != (row.kind in BAD)
        assert TEXT.startswith(row.evidence[0][:20]) or row.truth.rstrip(".") in "\n".join(row.evidence)
        assert row.claim != row.truth or row.kind in ("verbatim", "omission")


@pytest.mark.parametrize("kind", ["amount", "percent", "year", "date", "period", "quantity", "article"])
def test_a_changed_value_stands_nowhere_in_the_evidence(corpus: Corpus, kind: str) -> None:
    # A value that stands somewhere else in the passage would be a matter of relation.
    found = 0
    for seed in range(20):
        for item in corpus.statements:
            edit = values.CHANGES[kind](item, TEXT, Random(seed))
            if edit:
                found += 1
                assert not re.search(rf"(?<!\d){re.escape(canonical(edit.after))}", canonical(TEXT)), edit
                assert canonical(edit.text) != canonical(item.text)
    assert found


@pytest.mark.parametrize(
    ("text", "never"),
    [
        ("벌금은 30만원 이하로 한다", "이하"),
        ("신고는 15일 이내에 하여야 한다", "이내"),
        ("보유기간이 3년 이상인 자는 제외한다", "이상"),
    ],
)
def test_a_bound_is_turned_round(text: str, never: str) -> None:
    edit = values.change_bound(statement(text), text, Random(2))
    assert edit is not None and never not in edit.text


@pytest.mark.parametrize(
    "text",
    [
        "과태료는 3천만원으로 한다",
        "면적의 100분의 50을 넘을 수 없다",
        "임기는 2년으로 한다",
        "제38조제2항에 따라 정한다",
        "2008.7.31. 이후에 시행한다",
    ],
)
def test_another_form_is_the_same_value(text: str) -> None:
    """Read back by this benchmark's own reader; periods, which it does not fold, by their length."""
    for seed in range(10):
        edit = forms.other_forms(statement(text), text, Random(seed))
        assert edit is not None and edit.text != text
        if "년으로" in text:
            assert "24개월" in edit.text
        else:
            same = [
                re.sub(r"제|원|%", "", canonical(written).replace("삼천만", "30000000"))
                for written in (edit.text, text)
            ]
            assert same[0] == same[1], edit


def test_numbers_are_read_and_written() -> None:
    assert amount("1억 2천만원") == 120_000_000 and amount("4,800만원") == 48_000_000 and amount("5백만원") == 5_000_000
    assert (mixed(120_000_000), mixed(52_300)) == ("1억 2천만", "5만 2,300")
    assert (hangul(30_000_000), hangul(10_000), hangul(12_000)) == ("삼천만", "만", "만 이천")


@pytest.mark.parametrize(
    ("stem", "form"),
    [
        ("하", "해"),
        ("되", "돼"),
        ("받", "받아"),
        ("두", "둬"),
        ("맡기", "맡겨"),
        ("내", "내"),
        ("따르", "따라"),
        ("모르", "몰라"),
    ],
)
def test_verbs_take_their_endings(stem: str, form: str) -> None:
    assert aeo(stem) == form


def test_an_irregular_verb_that_is_not_known_gives_nothing() -> None:
    # Better no row than 굽아요.
    assert aeo("굽") is None


def test_a_particle_follows_the_word_before_it() -> None:
    assert replace("교육부장관은 한다", 0, 5, "위원회") == "위원회는 한다"
    assert replace("위원회로부터", 0, 3, "법원") == "법원으로부터"
    assert attach("받", "ㄹ 수 ") + "있다" == "받을 수 있다"
    assert attach("만들", "ㄴ다") == "만든다"


@pytest.mark.parametrize(
    ("text", "mode", "turned", "new"),
    [
        ("장관은 이를 공고하여야 한다", "must", "need_not", "장관은 이를 공고하지 아니하여도 된다"),
        ("장관은 이를 공고하여야 한다", "must", "may", "장관은 이를 공고할 수 있다"),
        ("장관은 이를 취소할 수 있다", "may", "must_not", "장관은 이를 취소하여서는 아니 된다"),
        ("허가를 받을 수 있습니다", "may", "must", "허가를 받아야 합니다"),
        ("이를 넘을 수 없다", "cannot", "may", "이를 넘을 수 있다"),
        ("누설하여서는 아니 된다", "must_not", "allowed", "누설하여도 된다"),
        ("세금을 부과하지 아니하는 것임", "not", "plain", "세금을 부과하는 것임"),
        ("규정을 적용하는 것입니다", "plain", "not", "규정을 적용하지 아니하는 것입니다"),
        ("위원장을 둔다", "plain", "not", "위원장을 두지 아니한다"),
    ],
)
def test_predicates_are_turned_round_in_their_own_ending(
    text: str, mode: predicates.Mode, turned: predicates.Mode, new: str
) -> None:
    found = predicates.parse(text)
    assert found is not None and found.mode == mode
    assert predicates.build(found, turned) == new


def test_what_is_no_clear_predicate_is_left_alone() -> None:
    assert predicates.parse("사업장 관할 세무서장") is None
    assert predicates.parse("과세대상이다") is None


@pytest.mark.parametrize(
    ("text", "polite", "spoken"),
    [
        ("신고하여야 한다", "신고해야 합니다", ("신고해야 해요", "신고해야 돼요")),
        ("효력이 없다", "효력이 없습니다", ("효력이 없어요",)),
        ("지급하지 아니한다", "지급하지 않습니다", ("지급하지 않아요",)),
        ("과세되는 것임", "과세되는 것입니다", ("과세돼요", "과세되는 거예요")),
        ("누설하여서는 아니 된다", "누설해서는 안 됩니다", ("누설하면 안 돼요", "누설해서는 안 돼요")),
        ("신청서를 제출한다", "신청서를 제출합니다", ("신청서를 내요",)),
        ("위원장을 둔다", "위원장을 둡니다", ("위원장을 둬요",)),
    ],
)
def test_endings_become_polite_and_spoken(text: str, polite: str, spoken: tuple[str, ...]) -> None:
    assert style.polite(text) == polite
    assert {style.spoken(text, Random(seed)) for seed in range(8)} == set(spoken)


def test_a_noun_that_ends_like_a_verb_is_no_predicate() -> None:
    # 포함 ends like 신고함.
    assert style.polite("세액 포함") is None


def test_a_condition_moves_and_nothing_is_lost() -> None:
    moved = rewrite.reordered("위원장은 공익을 위하여 필요한 경우 회의를 공개할 수 있다", Random(1))
    assert moved == "공익을 위하여 필요한 경우, 위원장은 회의를 공개할 수 있다"
    topical = rewrite.reordered("관리주체는 동의서를 보관하여야 한다", Random(1))
    assert topical == "동의서는 관리주체가 보관하여야 한다"


def test_only_what_explains_is_left_out() -> None:
    text = '장관은 공단(이하 "공단"이라 한다)에 대통령령으로 정하는 바에 따라 업무를 위탁할 수 있다'
    assert rewrite.shortened(text, Random(1)) == "장관은 공단에 업무를 위탁할 수 있다"
    # A bracket that excepts, and a second half that limits the first, must stay.
    assert rewrite.shortened("세액(가산세는 제외한다)을 납부하여야 한다", Random(1)) is None
    assert rewrite.shortened("장관은 그 기간을 연장할 수 있으며, 다만 2년을 초과할 수 없다", Random(1)) is None


def test_a_value_moved_to_another_subject_is_never_an_equal_one() -> None:
    # 5% for 100분의 5 is no fabrication.
    other = statement("금융기관은 자본금의 5% 이상을 출자하여야 한다")
    item = statement("투자회사는 자본금의 100분의 5 이상을 출자하여야 한다")
    for seed in range(20):
        edit = meaning.other_subject(item, [item, other], "", Random(seed))
        assert edit is None or canonical(edit.text) != canonical(item.text)


def test_roles_are_exchanged() -> None:
    item = statement("시장은 그 결과를 지체 없이 도지사에게 보고하여야 한다")
    edits = {edit.text for seed in range(5) if (edit := meaning.other_subject(item, [item], "", Random(seed)))}
    assert edits <= {"도지사는 그 결과를 지체 없이 시장에게 보고하여야 한다"}


def test_a_proviso_that_only_adds_is_no_exception() -> None:
    passage = Passage("p", "p", 0, "")
    kept = values.Statement("위원은 회의에 출석하여야 한다", passage, "다만, 회의의 방법은 규칙으로 정한다")
    excepted = values.Statement("위원은 회의에 출석하여야 한다", passage, "다만, 긴급한 경우에는 그러하지 아니하다")
    assert meaning.without_exception(kept, "", Random(1)) is None
    assert meaning.without_exception(excepted, "", Random(1)) is not None


def row(kind: str, good: bool, claim: str, **edit: str) -> Row:
    return Row(f"{kind}-{claim}", "made", kind, good, (TEXT,), claim, "", edit)


def test_a_correction_is_right_when_the_true_value_stands_in_its_place_in_any_form() -> None:
    wrong = row("amount", False, "대강당의 사용료는 13만원을 받습니다.", **{"from": "12만원", "to": "13만원"})
    assert correction(wrong, "대강당의 사용료는 120,000원을 받습니다.") == "right"
    assert correction(wrong, "대강당의 사용료는 45,000원을 받습니다.") == "wrong"
    assert correction(wrong, "") == "dropped"
    assert correction(wrong, wrong.claim) == correction(wrong, None) == "left"


def test_kinds_are_counted_apart_and_damage_is_shown() -> None:
    rows = [
        row("amount", False, "13만원이다.", **{"from": "12만원", "to": "13만원"}),
        row("relation", False, "뒤바뀜."),
        row("polite", True, "맞습니다."),
        row("spoken", True, "맞아요."),
    ]
    judged = [
        Judgement(True, 1.0, ("amount",), "12만원이다."),
        Judgement(False, 2.0),
        Judgement(True, 3.0, ("date",), "다릅니다."),
        Judgement(False, 4.0),
    ]
    found = report(rows, judged)
    assert found["caught"]["amount"]["share"] == 1 and found["caught"]["relation"]["share"] == 0
    assert found["families"]["values"]["share"] == 1 and found["families"]["meaning"]["n"] == 1
    assert found["false_alarms"]["polite"]["share"] == 1 and found["false_alarms"]["all"]["share"] == 0.5
    assert found["checkers"]["date"]["false_alarms"]["share"] == 0.5
    assert found["corrections"]["right"]["share"] == 1 and found["corrections"]["damaged"]["share"] == 0.5


def test_the_interval_is_wilsons() -> None:
    assert share([True] * 300)["interval"] == [0.9874, 1.0]
    assert share([]) == {"n": 0, "share": None, "interval": None}


def test_plain_matching_sees_words_and_the_bag_of_regexes_sees_numbers() -> None:
    evidence = "사용료는 1시간에 12만원으로 한다."
    assert absent_words("사용료는 1시간에 13만원으로 한다.", evidence) == ["13만원으로"]
    assert absent_values("사용료는 1시간에 13만원입니다.", evidence) == ["13만원"]
    assert absent_values("사용료는 12 만원이에요.", evidence) == []
    # Both take an equal value for a false one: what the benchmark is there to show.
    assert absent_values("사용료는 120,000원입니다.", evidence)


def test_the_generator_takes_nothing_from_the_checkers() -> None:
    """A bug in the normaliser would otherwise make rows that fit it."""
    for file in (REPOSITORY / "benchmarks/_fabrication").glob("*.py"):
        if file.name != "systems.py":
            used = re.findall(
                r"haechi\.[\w.]+", "\n".join(re.findall(r"(?m)^\s*(?:from|import) .*", file.read_text("utf-8")))
            )
            assert set(used) <= {"haechi.korean", "haechi.korean.josa"}, file.name


def test_the_command_makes_rows_of_any_corpus_scores_them_and_ends_in_json(tmp_path: Path) -> None:
    corpus, rows, hand = tmp_path / "규정.md", tmp_path / "rows.jsonl", tmp_path / "hand.jsonl"
    corpus.write_text(TEXT, encoding="utf-8")
    hand.write_text(
        json.dumps(
            {
                "id": "h-1",
                "evidence": "사용료는 12만원으로 한다.",
                "rows": [
                    {"claim": "사용료는 12만 원입니다.", "label": "supported", "kind": "polite"},
                    {"claim": "사용료는 13만 원입니다.", "label": "contradicted", "kind": "value"},
                ],
            },
            ensure_ascii=False,
        ),
        encoding="utf-8",
    )
    script = [sys.executable, "benchmarks/fabrication.py"]
    made = [*script, "--corpus", str(corpus), "--per-kind", "2", "--write-rows", str(rows), "--no-score"]
    subprocess.run(made, cwd=REPOSITORY, check=True, capture_output=True)
    scored = subprocess.run(
        [*script, "--rows", str(rows), str(hand), "--systems", "string", "--show", "value", "1"],
        cwd=REPOSITORY,
        check=True,
        capture_output=True,
        text=True,
    )
    result = json.loads(scored.stdout.splitlines()[-1])
    count = len(rows.read_text(encoding="utf-8").splitlines())
    assert count > 20 and result["rows"] == count + 2
    assert result["string"]["families"]["values"]["n"] > 5 and result["string"]["false_alarms"]["polite"]["share"] > 0.5


def test_a_folder_is_read_and_long_texts_are_cut(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text(
        "\n".join(f"제{number}조 위원은 회의에 출석하여야 한다." for number in range(80)), encoding="utf-8"
    )
    (tmp_path / "b.jsonl").write_text(
        '{"id": "법/제1조", "title": "법", "text": "위원장은 회의를 소집한다."}\n', encoding="utf-8"
    )
    corpus = read_corpus(tmp_path)
    assert len(corpus.passages) > 3 and max(len(passage.text) for passage in corpus.passages) < 900
    assert {passage.document for passage in corpus.passages} == {"a", "법"}
    neighbour = corpus.neighbour(corpus.passages[0])
    assert neighbour is not None and neighbour.document == "a"


def test_the_splits_of_the_real_sets_have_no_passage_in_common(shared_data: Path) -> None:
    for name in ("statutes", "rulings"):
        dev, test = (built_in(name, split, shared_data) for split in ("dev", "test"))
        assert not {passage.id for passage in dev.passages} & {passage.id for passage in test.passages}
        assert len(dev.statements) > 1000 and len(test.statements) > 1000

"""Values out before the model, and back byte for byte; a tag that cannot be restored is never shown."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from haechi.checkers.base import Evidence
from haechi.pipeline.placeholders import Hidden, hide
from haechi.types import Message

EVIDENCE = [
    Evidence("연체료는 1일 100원으로 하되 3천만 원을 넘지 못한다. 문의 02-123-4567.", "제12조", "새봄도서관 규정")
]


def _hidden(question: str = "연체료는 하루에 얼마인가요?", names: tuple[str, ...] = ()) -> Hidden:
    passage = EVIDENCE[0]
    content = f"[근거]\n[1] {passage.title} {passage.label}\n{passage.text}\n\n[질문]\n{question}"
    return hide([Message("system", "규칙 100원"), Message("user", content)], EVIDENCE, names)


def _tag(hidden: Hidden, surface: str) -> str:
    return next(tag for tag, value in hidden.surfaces.items() if value == surface)


def test_the_model_sees_no_value_of_the_evidence() -> None:
    hidden = _hidden()
    prompt = hidden.messages[-1].content
    assert not [value for value in ("100원", "3천만", "02-123", "제12조") if value in prompt]
    assert "[1] 새봄도서관 규정" in prompt
    assert hidden.messages[0].content == "규칙 100원"


def test_the_worked_examples_show_how_to_copy_a_tag_and_theirs_are_never_restored() -> None:
    # Trap: with plain examples the default model wrote their 14일, which no passage has.
    examples = [Message("user", "대출 기간은 14일이다."), Message("assistant", "14일입니다. [1]")]
    hidden = hide([Message("system", "규칙"), *examples, Message("user", "14일과 7일")], [Evidence("14일과 7일이다.")])
    assert [message.content for message in hidden.messages[1:3]] == ["대출 기간은 <수량1>이다.", "<수량1>입니다. [1]"]
    assert set(hidden.surfaces) == {"<수량2>", "<수량3>"}
    assert hidden.restore("<수량1>입니다.").failures == ("<수량1>",)


def test_a_value_that_only_the_question_has_stays_and_an_equal_one_gets_the_same_tag() -> None:
    # Trap: a tag for the asker's own 5만 원 would make it look like one of the evidence.
    prompt = _hidden("5만 원을 냈는데 3,000만 원이 상한인가요?").messages[-1].content
    assert "5만 원" in prompt
    assert prompt.count(_tag(_hidden(), "3천만 원")) == 2


def test_tags_come_back_as_the_evidence_writes_them_with_fitting_particles() -> None:
    hidden = _hidden()
    draft = f"연체료는 {_tag(hidden, '100원')}로 하되 {_tag(hidden, '3천만 원')}를 넘지 못합니다. [1]"
    restored = hidden.restore(draft)
    assert restored.text == "연체료는 100원으로 하되 3천만 원을 넘지 못합니다. [1]"
    assert (restored.restored, restored.failures) == (2, ())


@pytest.mark.parametrize("broken", ["<금액9>", "<금액 1>", "금액1", "<금액1", "(금액1)", "<금액>", "＜금액1＞"])
def test_an_unknown_or_broken_tag_takes_its_sentence_with_it(broken: str) -> None:
    hidden = _hidden()
    restored = hidden.restore(f"연체료는 {broken}입니다. 문의는 {_tag(hidden, '02-123-4567')}입니다.")
    assert restored.text == "문의는 02-123-4567입니다."
    assert restored.failures
    assert restored.restored == 1


def test_an_amount_that_the_model_wrote_itself_is_no_broken_tag() -> None:
    assert _hidden().restore("납부할 금액 100원입니다.").failures == ()


def test_a_document_that_contains_such_tags_gets_others() -> None:
    evidence = [Evidence("서식의 <금액1> 난에는 100원을 적는다.")]
    hidden = hide([Message("user", evidence[0].text)], evidence)
    assert "<금액1> 난" in hidden.messages[-1].content
    assert "<금액1>" not in hidden.surfaces
    assert hidden.restore(f"{_tag(hidden, '100원')}입니다.").text == "100원입니다."


def test_names_are_tags_where_they_are_given() -> None:
    hidden = _hidden(names=("새봄도서관", "없는 이름"))
    assert "새봄도서관" not in hidden.messages[-1].content
    assert _tag(hidden, "새봄도서관") == "<이름1>"


def test_evidence_without_values_changes_nothing() -> None:
    messages = [Message("user", "관장이 정한다.")]
    hidden = hide(messages, [Evidence("관장이 정한다.")])
    assert hidden.messages == tuple(messages)
    assert hidden.restore("관장이 정합니다.").text == "관장이 정합니다."


@given(st.text(max_size=80))
def test_any_draft_is_restored_without_an_error(draft: str) -> None:
    hidden = _hidden()
    assert not set(hidden.surfaces) & set(hidden.restore(draft).text.split())

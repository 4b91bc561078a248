"""The checks as LangChain runnables, behind any chain and any model: `chain | HaechiCheck()`.

    rag = create_retrieval_chain(retriever, answer_chain) | HaechiCheck()      # {"input", "context", "answer"} → record
    text = chain | HaechiCorrect(evidence=documents)                           # an answer → what of it holds, or 모른다

Needs `pip install 'haechi[langchain]'` (langchain-core alone). Texts are data: nothing in an answer, a document or a
question is followed.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from haechi.checkers.base import Checker, Evidence
from haechi.errors import BackendError, InputError
from haechi.pipeline.check import check_answer, check_record, default_checkers
from haechi.sections import CheckConfig

try:
    from langchain_core.runnables import Runnable, RunnableConfig
except ModuleNotFoundError as error:
    raise BackendError(
        "haechi.integrations.langchain에는 langchain-core가 있어야 합니다. 설치: pip install 'haechi[langchain]'",
        "haechi.integrations.langchain needs langchain-core: pip install 'haechi[langchain]'",
    ) from error

#: Where a chain's output holds the passages, in the order they are looked for.
EVIDENCE_KEYS = ("evidence", "context", "documents")
QUESTION_KEYS = ("question", "input", "query")
UNKNOWN = "모른다. 문서에서 확인할 수 있는 답이 없습니다."


class HaechiCheck(Runnable[Any, dict[str, Any]]):
    """An answer with its passages → the record of `haechi check` (supported, verdicts, corrected, corrections …).

    Takes a mapping with `answer` and one of `evidence`, `context`, `documents` (a text, a LangChain Document or a list
    of them) and, if there is one, `question` or `input`. An answer alone, a text or a message, is checked against the
    `evidence` given here. `rules_only` leaves out the grounding model. Async, batch and streams come from Runnable.
    """

    def __init__(
        self, evidence: Any = None, *, rules_only: bool = False, checkers: Sequence[Checker] | None = None
    ) -> None:
        self._evidence = evidence
        self._checkers = checkers
        self._settings = None if rules_only else CheckConfig()

    def invoke(self, input: Any, config: RunnableConfig | None = None, **kwargs: Any) -> dict[str, Any]:
        """Check one answer. Raises InputError when the answer or its passages are missing."""
        return self._call_with_config(self._check, input, config, **kwargs)

    def _check(self, given: Any) -> dict[str, Any]:
        fields = given if isinstance(given, Mapping) else {"answer": given}
        answer = _text(fields.get("answer"))
        if not answer.strip():
            raise InputError("입력에 answer가 없거나 비어 있습니다", "the input has no answer, or an empty one")
        found = next((fields[key] for key in EVIDENCE_KEYS if fields.get(key)), self._evidence)
        question = next((_text(fields[key]) for key in QUESTION_KEYS if fields.get(key)), "")
        checkers = default_checkers(self._settings) if self._checkers is None else self._checkers
        return check_record(check_answer(checkers, answer, _passages(found), question))


class HaechiCorrect(Runnable[Any, str]):
    """As `HaechiCheck`, but passes on text: the answer, corrected where the evidence settles it, or `refusal`.

    What could not be checked is passed on as it is, with `unchecked_note` behind it.
    """

    def __init__(
        self,
        evidence: Any = None,
        *,
        rules_only: bool = False,
        checkers: Sequence[Checker] | None = None,
        refusal: str = UNKNOWN,
        unchecked_note: str = "(확인하지 못한 부분이 있습니다)",
    ) -> None:
        self._check = HaechiCheck(evidence, rules_only=rules_only, checkers=checkers)
        self._refusal = refusal
        self._note = unchecked_note

    def invoke(self, input: Any, config: RunnableConfig | None = None, **kwargs: Any) -> str:
        """Check and correct one answer. Raises InputError when the answer or its passages are missing."""
        record = self._check.invoke(input, config, **kwargs)
        if not record["settled"]:
            return self._refusal
        text = str(record["corrected"])
        return f"{text} {self._note}".strip() if record["unchecked"] else text


def _text(given: Any) -> str:
    """A text, or the content of a message; its parts that are no text are left out."""
    content = getattr(given, "content", given)
    if isinstance(content, list):
        parts = [part if isinstance(part, str) else part.get("text", "") for part in content]
        return "".join(str(part) for part in parts)
    return content if isinstance(content, str) else ""


def _passages(given: Any) -> list[Evidence]:
    items = list(given) if isinstance(given, Sequence) and not isinstance(given, str) else [given]
    passages = [_passage(item) for item in items if item is not None]
    if not any(passage.text.strip() for passage in passages):
        raise InputError(
            f"근거가 없습니다. 입력의 {', '.join(EVIDENCE_KEYS)} 가운데 하나에 글이나 Document를 넣거나, "
            "HaechiCheck(evidence=…)로 주세요",
            f"no passages: give texts or Documents under one of {', '.join(EVIDENCE_KEYS)}, or HaechiCheck(evidence=…)",
        )
    return passages


def _passage(item: Any) -> Evidence:
    if isinstance(item, str):
        return Evidence(item)
    text = getattr(item, "page_content", None)
    if not isinstance(text, str):
        raise InputError(
            f"근거는 글이나 Document여야 합니다: {type(item).__name__}",
            f"a passage must be a text or a Document, not {type(item).__name__}",
        )
    meta = item.metadata
    return Evidence(text, str(meta.get("label") or ""), str(meta.get("title") or ""))

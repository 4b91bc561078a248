"""Questions that a chunk answers, written by the home's LLM: a question is nearer to a question than to a rule."""

from __future__ import annotations

import re

from haechi.indexes.strategies.generated import GeneratedStrategy, is_grounded, lines_of

#: At most so many a chunk; the prompt asks for four.
MOST = 5
_QUESTION = re.compile(r"[가-힣].*(?:\?|[가-힣](?:까|나요|가요|은가|는가|ㄴ가))$")
_WORD = re.compile(r"[가-힣A-Za-z]{2,}")


class HypotheticalQuestionsStrategy(GeneratedStrategy):
    """Registry name `hypothetical_questions`, kind `question`."""

    name = "hypothetical_questions"
    kind = "question"
    prompt = "keys_questions"
    max_tokens = 200

    def read(self, reply: str, text: str) -> list[str]:
        questions = [line for line in lines_of(reply) if _QUESTION.search(line) and 6 <= len(line) <= 120]
        return [question for question in questions if is_grounded(question, text) and _is_about(question, text)][:MOST]


def _is_about(question: str, text: str) -> bool:
    """Whether one of the question's words at least begins as a word of the text does."""
    stems = {word[:2] for word in _WORD.findall(question)}
    return any(stem in text for stem in stems)

"""Questions that a chunk answers, written by the home's LLM: a question is nearer to a question than to a rule."""

from __future__ import annotations

import re

from haechi.indexes.strategies.generated import GeneratedStrategy, is_grounded, lines_of

#: At most so many a chunk; the prompt asks for four.
MOST = 5
_QUESTION = re.compile(r"[가-힣].*(?:\?|[가-힣](?:까|나요|가요|은가|는가))$")


class HypotheticalQuestionsStrategy(GeneratedStrategy):
    """Registry name `hypothetical_questions`, kind `question`."""

    name = "hypothetical_questions"
    kind = "question"
    prompt = "keys_questions"
    max_tokens = 200

    def read(self, reply: str, text: str) -> list[str]:
        asked = [line for line in lines_of(reply) if _QUESTION.search(line) and 6 <= len(line) <= 120]
        return list(dict.fromkeys(question for question in asked if is_grounded(question, text)))[:MOST]

    def is_enough(self, reply: str) -> bool:
        lines = lines_of(reply.rpartition("\n")[0])
        return len(lines) >= MOST or len(set(lines)) < len(lines)

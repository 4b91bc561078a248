"""A summary of one or two sentences by the home's LLM as a second key; the full chunk is returned."""

from __future__ import annotations

from haechi.indexes.strategies.generated import GeneratedStrategy, is_grounded, lines_of
from haechi.korean.sentences import split_sentences

MOST_SENTENCES = 2


class SummariesStrategy(GeneratedStrategy):
    """Registry name `summaries`, kind `summary`. A sentence with a value that the chunk does not have is left out."""

    name = "summaries"
    kind = "summary"
    prompt = "keys_summary"
    max_tokens = 160

    def read(self, reply: str, text: str) -> list[str]:
        said = " ".join(lines_of(reply))
        sentences = [said[start:end] for start, end in split_sentences(said)][:MOST_SENTENCES]
        # A reply cut off by its length ends in the middle of a sentence.
        kept = [sentence for sentence in sentences if is_grounded(sentence, text) and sentence[-1] in ".!?다음함"]
        return [" ".join(kept)] if kept and any("가" <= letter <= "힣" for letter in " ".join(kept)) else []

    def is_enough(self, reply: str) -> bool:
        return len(split_sentences(reply)) > MOST_SENTENCES

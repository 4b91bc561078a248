"""실습 6. LangChain으로 엮은 RAG: 검색과 모델은 이 컴퓨터의 해치, 마지막에 해치의 검사기를 붙입니다."""

from __future__ import annotations

import os
from collections.abc import Sequence
from typing import Any

from lesson import EXAMPLES, Lesson, start

RULES = (
    "문서에 적힌 것으로만 한 문장으로 답하세요. 금액, 날짜, 수량은 문서에 적힌 그대로 옮기세요. "
    "없으면 '모른다'라고 답하세요."
)


def main(argv: Sequence[str] | None = None) -> dict[str, float]:
    """Returns how many answers hold the expected words, and whether the planted wrong value was caught."""
    from haechi.evaluation.answer_metrics import contains_answer
    from haechi.evaluation.run import read_questions

    lesson = Lesson("6_rag_langchain", __doc__ or "", argv, trains=False)
    os.environ["HAECHI_LLM_MODEL"] = lesson.given.llm
    home = lesson.work / "지식"

    lesson.step("홈을 만들고 문서를 넣습니다")
    lesson.haechi("init", home)
    read = lesson.haechi("--home", home, "ingest", EXAMPLES / "documents")
    lesson.say(f"문서 {len(list((EXAMPLES / 'documents').iterdir()))}개를 읽었습니다({read.get('chunks', '')}구절)")

    lesson.step("사슬: 검색 | 프롬프트 | 모델 | 검사")
    rows = [row for row in read_questions(EXAMPLES / "questions.jsonl") if row["answerable"]][: lesson.given.questions]
    from haechi.config import load_config
    from haechi.pipeline.build import open_home

    right = settled = 0
    with open_home(load_config(str(home))) as opened:
        from langchain_core.runnables import RunnablePassthrough

        from haechi.integrations.langchain import HaechiCheck

        retriever, model = _parts(opened)
        chain = RunnablePassthrough.assign(context=retriever) | RunnablePassthrough.assign(answer=model)
        check = HaechiCheck()
        for row in rows:
            found = chain.invoke({"question": row["question"]})
            record = check.invoke(found)
            good = bool(contains_answer(found["answer"], row["answers"]))
            right, settled = right + good, settled + bool(record["settled"])
            places = ", ".join(f"{item.metadata['title']} {item.metadata['label']}" for item in found["context"])
            lesson.say(f"질문: {row['question']}\n  답: {found['answer']}\n  근거: {places}")
            lesson.say(f"  정답 {'맞음' if good else '틀림'}, 검사 {'통과' if record['settled'] else '걸림'}")

        lesson.step("틀린 값을 심어 봅니다: 검사기가 잡아야 합니다")
        planted = {
            "question": "연체료는?",
            "answer": "연체료는 1일 900원입니다.",
            "context": ["연체료는 1일 100원으로 한다."],
        }
        caught = check.invoke(planted)
    lesson.say(f"'{planted['answer']}' → '{caught['corrected']}'")
    return lesson.numbers(
        f"질문 {len(rows)}개 가운데 정답이 든 답 {right}개, 검사를 통과한 답 {settled}개, 심은 오류 "
        f"{'잡음' if not caught['supported'] else '놓침'}",
        questions=len(rows),
        right=right,
        settled=settled,
        caught=float(not caught["supported"]),
    )


def _parts(home: Any) -> tuple[Any, Any]:
    """Retriever and model as LangChain runnables; each takes {question, context?}."""
    from langchain_core.documents import Document
    from langchain_core.prompts import ChatPromptTemplate
    from langchain_core.runnables import RunnableLambda

    from haechi.types import GenerateOptions, Message

    chatbot = home.chatbot()
    roles = {"system": "system", "human": "user", "ai": "assistant"}

    def find(given: dict[str, Any]) -> list[Document]:
        return [
            Document(hit.chunk.text, metadata={"title": hit.document_title, "label": hit.chunk.label})
            for hit in chatbot.search(given["question"], 2)
        ]

    def written(given: dict[str, Any]) -> dict[str, str]:
        passages = "\n\n".join(f"[{n}] {item.page_content}" for n, item in enumerate(given["context"], 1))
        return {"passages": passages, "question": given["question"]}

    def say(prompt: Any) -> str:
        messages = [Message(roles[message.type], str(message.content)) for message in prompt.to_messages()]
        return str(chatbot.llm.generate(messages, GenerateOptions(max_tokens=96)).text).strip()

    prompt = ChatPromptTemplate.from_messages([("system", RULES), ("human", "문서:\n{passages}\n\n질문: {question}")])
    return RunnableLambda(find), RunnableLambda(written) | prompt | RunnableLambda(say)


if __name__ == "__main__":
    start(main)

"""The Korean guides that a project folder begins with, one for each of its four steps."""

from __future__ import annotations

README = "읽어보기.md"

_COLLECT = """# 1. 자료 모으기
답의 바탕이 될 문서를 이 폴더에 넣습니다: 규정, 안내문, 공지, 표(PDF, HWP, HWPX, DOCX, HTML, MD, CSV …).
- 나가면 안 되는 것은 넣지 않습니다. 넣은 것은 이 컴퓨터 밖으로 나가지 않습니다.
- 다음: `haechi init ../홈`, `haechi --home ../홈 ingest .`
- 끝남: 홈에 문서가 하나 이상 들어 있을 때
"""
_DATA = """# 2. 지시와 학습 자료 만들기
모델이 무엇을 어떻게 답해야 하는지 정하고, 그렇게 답한 예를 모읍니다. 한 줄에 하나인 JSONL이나 CSV입니다.
- 지시: 짧게, 출처를 달아, 문서에 없으면 모른다고 답하게 합니다. 예의 답이 모두 그 지시를 지켜야 합니다.
- 문서에서: `haechi --home ../홈 data from-documents --out .`
- 쓰던 답과 의견에서: `haechi --home ../홈 data from-home --out .`
- 가진 파일에서: `haechi data build 파일 --to sft --out sft.jsonl`
- 점검: `haechi data lint sft.jsonl --report sft.lint.json`. 뺄 줄이 있으면 `haechi data clean`
- 시험에 쓸 질문은 여기에 두지 않습니다(4_시험).
- 끝남: 점검을 마친 자료가 하나 이상 있고, 점검하지 않은 것이 없을 때
"""
_TRAIN = """# 3. 학습
- 먼저 셈합니다: `haechi train plan --data ../2_학습자료/sft.jsonl`
- 배웁니다: `haechi train sft --data ../2_학습자료/sft.jsonl --out sft`
- 나은 답과 못한 답의 쌍이 있으면 그다음에: `haechi train dpo --data ../2_학습자료/pairs.jsonl --start sft --out dpo`
- 멈추면(Ctrl-C) 같은 명령에 `--resume`을 붙입니다. 그림은 `curves.png`, 기록은 `run.json`에 있습니다.
- 끝남: 끝까지 간 학습이 하나 이상 있을 때
"""
_TEST = """# 4. 시험
학습에 쓰지 않은 질문을 `질문.jsonl`에 적습니다(`id, question, answers, gold, answerable`). 답이 없는 질문도 넣습니다.
- 지금 모델: `haechi --home ../홈 evaluate answers --questions 질문.jsonl`
- 내보내기: `haechi models export ../3_학습/sft --name 우리모델`
- 견주기: `haechi --home ../홈 improve gate --adapter 우리모델 --questions 질문.jsonl`
- 끝남: 판정(나음, 못함)이 났을 때. 못하면 쓰지 않고 2로 돌아갑니다.
"""

GUIDES = (_COLLECT, _DATA, _TRAIN, _TEST)

"""A small general lexicon: predicates and nouns that mean the same, and pairs that mean the opposite.

`complement` pairs leave nothing between them (유효/무효): to deny one is to state the other. `contrary` pairs cannot
both hold of one thing (승인/거부), but to deny one says nothing about the other.
"""

from __future__ import annotations

from typing import Literal

from haechi.korean.asking import SAME as _ASKED_SAME

Opposition = Literal["complement", "contrary"]

_COMPLEMENTS = """
포함/제외 유효/무효 유료/무료 공개/비공개 적법/위법 합법/불법 동의/부동의 찬성/반대 적격/부적격 상근/비상근
참석/불참 충분/부족 성공/실패 합격/불합격 의무적/임의적 과세/비과세 유리/불리 적합/부적합 정상/비정상
""".split()
_CONTRARIES = """
승인/거부 승인/반려 허가/불허 허용/금지 면제/부과 개시/종료 시작/종료 시작/끝나 열/닫 켜/끄 늘리/줄이 증가/감소
인상/인하 가입/탈퇴 취득/상실 얻/잃 임명/해임 채용/해고 입학/졸업 연장/단축 확대/축소 설립/해산 제정/폐지
지급/징수 지급/회수 환급/징수 공급/중단 유지/말소 등록/말소 유지/폐지 수락/거절 인용/기각 올리/내리 붙이/떼 입사/퇴사
전진/후진 상승/하락 흑자/적자 승소/패소 강화/완화 존속/소멸 잃/보유 상실/보유 부담/면하 부담/면제 뽑/꽂 의무/면제
지급/환수 시도/중단 계속/중단 찬성/거부 동의/거절 허가/거절 승인/거절 과세/면제 과세/비과세
""".split()
_SAME = """
알리 통지 통보 고지
제출 내
납부 내 납입
붙이 부착 첨부
만들 작성 제작
넘 초과
잃 상실
바뀌 변경 바꾸
끝나 종료 마치
받 수령 수급
쓰 사용 이용
빌리 대여 임차
빌려주 대여
돌려주 돌리 반환 환불 환급
돌려받 반환 환불 환급
부과 물리
늘리 연장
줄이 단축 감축 경감
팔 판매
사 구매 구입
나누 분할
옮기 이전
뽑 선출
맡 담당
정하 규정
가지 보유
지키 준수
어기 위반
막 방지
고치 수정 개선
찾 수색
들 가입
묻 매장
세우 수립 설립
열 개최
그만두 사직 퇴직
보내 송부 발송
치 계산
이루어지 구성
갚 변제 상환
돕 지원
다니 운행
뜨 결석
새 누출
못쓰 무효
없어지 소멸
""".strip().split("\n")


def _table() -> tuple[dict[str, frozenset[str]], dict[tuple[str, str], Opposition]]:
    same: dict[str, set[str]] = {}
    for words in (line.split() for line in _SAME):
        for word in words:
            same.setdefault(word, set()).update(words)
    for word, others in _ASKED_SAME.items():
        stem = word.removesuffix("다") if len(word) > 1 else word
        same.setdefault(stem, {stem}).update(other.removesuffix("다") if len(other) > 1 else other for other in others)
    opposite: dict[tuple[str, str], Opposition] = {}
    kinds: tuple[tuple[Opposition, list[str]], ...] = (("complement", _COMPLEMENTS), ("contrary", _CONTRARIES))
    for kind, pairs in kinds:
        for pair in pairs:
            left, right = pair.split("/")
            for suffix in ("", "이다"):
                opposite[left + suffix, right + suffix] = opposite[right + suffix, left + suffix] = kind
    return {word: frozenset(words) for word, words in same.items()}, opposite


_WORDS, _OPPOSITES = _table()


def same_words(stem: str) -> frozenset[str]:
    """Words that mean the same as `stem` (itself included), verbs without 다."""
    return _WORDS.get(stem) or frozenset((stem,))


def opposition(left: str, right: str) -> Opposition | None:
    """How two words stand against each other; None where they do not."""
    return _OPPOSITES.get((left, right))

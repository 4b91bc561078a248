"""What a Korean question asks for, apart from what it is about: the kind of answer, negation, may or must.

Two questions with the same nouns are different questions when one asks 언제 and the other 얼마, when one says
안 되나요, or when one asks whether something may and the other whether it must be done. Read from the text by its
forms alone, so it costs microseconds and no analyser. Also the words that only serve to ask (알려 주세요,
궁금합니다) and spoken forms of them (어케, 머예요).
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass

#: Kinds of answers that cannot stand in for each other.
_KINDS: tuple[tuple[str, str], ...] = (
    ("when", r"언제|몇 ?시(?!간)|몇 ?월|무슨 ?요일|어느 ?요일"),
    ("long", r"며칠|몇 ?(?:일|주|달|개월|년|시간|분)(?!생)|얼마 ?(?:동안|만에|간)|얼마나 ?(?:걸|오래|자주)"),
    ("where", r"어디|어느 ?(?:곳|역|건물|층)|몇 ?층"),
    ("who", r"누구|누가|누굴"),
    ("why", r"왜(?!곡)|어째서|무엇 ?때문|뭐 ?때문"),
    ("many", r"몇 ?(?:명|사람|권|번|회|개(?!월)|장|대|점|살|세|매|곳)"),
    ("money", r"얼마(?! ?(?:동안|만에|간|든지)|나 ?(?:걸|오래|자주))"),
)
_KIND = [(name, re.compile(pattern)) for name, pattern in _KINDS]
_OPEN = re.compile(r"어떻|어떡|어케|어찌")
_BOUND = re.compile(r"(?<=[가-힣])(부터|까지)(?= |$|[?.,]|[가-힣]{1,3}$|는|도|만)")

#: Nouns that name such kinds: 요금 answers 얼마, 장소 answers 어디.
KIND_NOUNS: dict[str, frozenset[str]] = {
    **dict.fromkeys("금액 가격 요금 비용 값 수수료 돈 대금".split(), frozenset({"money"})),
    **dict.fromkeys("날짜 일시 일자 시각 시점 요일 날".split(), frozenset({"when"})),
    **dict.fromkeys("시간 기간 시기 일정 기한".split(), frozenset({"when", "long"})),
    **dict.fromkeys("위치 장소 곳 주소".split(), frozenset({"where"})),
    **dict.fromkeys("이유 까닭 사유 원인".split(), frozenset({"why"})),
    **dict.fromkeys("담당자 사람".split(), frozenset({"who"})),
    **dict.fromkeys("횟수 개수 인원 권수 연령 나이".split(), frozenset({"many"})),
}
#: The plainest of them: 돈 says no more than 얼마.
PLAIN_KIND_NOUNS = frozenset("돈 값 날 곳 사람".split())

_MUST_IDIOM = re.compile(r"지 ?않으면 ?(?:안|아니) ?(?:되|돼|된|될|됩)|안 ?\S{1,4}면 ?안 ?(?:되|돼|된|될|됩)")
_NEGATION = re.compile(
    r"않|없|불가(?![피결분사])|불허|금지|못하|(?<![가-힣])못 ?(?=[가-힣])|지 ?못|지 ?말(?=[아고라]|도록|$)|마세요"
    r"|(?<![가-힣])안 (?=[가-힣])|(?<![동방제치보미대평고])안 ?(?:되|돼|된|될|됩|됐)"
    r"|(?<![가-힣])안(?=[하해했할합가갔오와왔냈쓰써썼받찍])|아니(?!면|요|오)|아닌|아닐|아님|아닙"
)
_MUST = re.compile(r"야(?:만)? ?(?:하|되|돼|해|한|할|합|됩|될|된|함|됨)")
_MUST_WORD = re.compile(r"필수|의무|필요|반드시|무조건|(?<![가-힣])꼭")
_MAY = re.compile(r"수(?:도|는|가)? ?있|도 ?(?:되|돼|된|될|됩|괜찮|상관)|면 ?(?:되|돼|된|될|됩)|가능")

#: Words of asking and of courtesy: they say nothing about what is asked.
ASKING_WORDS = frozenset(
    """
    하다 되다 있다 없다 않다 알다 알리다 싶다 주다 드리다 가르치다 보다 궁금하다 궁금 어떻다 그렇다 이렇다
    어떡하다 이다 아니다 바라다 부탁 부탁드리다 문의 질문 답변 답 말씀 설명 대하다 관하다 따르다 위하다 의하다
    여부 가능 불가 불가능 경우 때 것 거 건 수 줄 점 바 데 중 등 및 혹시 정도 관련 내용 방법 절차 과정 방식 안녕
    안녕하다 감사 감사하다 수고 죄송 죄송하다 실례 저 제 저희 우리 나 내 여기 거기 이번 처음 지금 무엇 뭐 머
    무슨 어떤 어느 얼마 언제 어디 누구 누가 왜 몇 며칠 어케 어떻게 꼭 반드시 필수 의무 필요 필요하다 좀 요 시 임
    음 다름 말 말다 못하다 만 일 안내 모르다 여쭈다 여쭙다 묻다 괜찮다 가요 한가요 인가요 나요 까요
    """.split()
)
#: Nouns that often come and go between two wordings of one question; alone they decide nothing.
WEAK_WORDS = frozenset("이용 사용 진행 처리 발생 확인 정보 사항 해당 현재 본인 고객 회원님 상황 문제 부분".split())

#: One word for words that mean the same at a counter. The first is what the others are read as.
_SAME = """
    이용 사용
    비용 요금 가격 금액 값 대금
    전화번호 연락처 전화 대표전화
    확인 조회
    변경 수정 바꾸다 바뀌다 고치다 전환
    환불 반환 환급
    구매 구입 사다
    분실 잃다
    잊다 까먹다 잊어먹다
    외부 밖 바깥
    내부 안쪽
    대여 빌리다 대출 렌트
    반납 돌려주다
    휴관일 휴무일 쉬다 휴관 휴무 휴일
    누리집 홈페이지 사이트 웹사이트
    휴대전화 휴대폰 핸드폰 스마트폰
    차량 차 자동차
    납부 내다 지불 결제
    제출 내다
    시간 시각
    기간 기한
    날짜 일자 날
    위치 장소 곳
    이유 사유 까닭
    방법 절차
    할인 깎다 감면
    아이 어린이 애
    표 티켓
    책 도서
    해지 해약
    연장 늘리다
    시작 개시
    설치 달다 깔다
    주차 세우다
    비밀번호 비번 패스워드 암호
    아이디 계정
    파손 훼손 망가지다 부서지다
    늦다 지연 연체
    증상 현상
"""
SAME: dict[str, frozenset[str]] = {}
for _line in _SAME.split("\n"):
    _words = _line.split()
    for _word in _words:
        SAME[_word] = SAME.get(_word, frozenset()) | frozenset(_words)

#: Courtesy in front of or behind the question itself.
_COURTESY = re.compile(
    r"안녕하세요|안녕하십니까|수고(?:하세요|하십니다|많으십니다|가 많으십니다)?|감사합니다|감사해요"
    r"|고맙습니다|죄송한데요?|죄송하지만|실례합니다"
    r"|실례지만|저기요?(?=[ ,])|다름이 아니라|질문(?:이|이요|있어요|있습니다)[ .,]?|질문 있(?:어요|습니다)"
    r"|문의(?:드립니다|드려요|합니다)|(?<![가-힣])혹시(?![가-힣])|부탁(?:드립니다|드려요|합니다)"
)
_PARTICLES = re.compile(r"(?<=[가-힣A-Za-z0-9])(?:에서는|에서|에는|으로|은|는|이|가|을|를|의|에|로|도)(?=[,.?!]*$)")
_SILENT = re.compile(r"[^0-9a-z가-힣㎡㎥%]+")
#: Endings and verbs of asking at the end of a question, the longest first; stripped again and again.
_TAIL = re.compile(
    r"(?:(?:을|를|좀|이|가|은|는)?(?:알려|가르쳐|말해|설명해)(?:주세요|주십시오|줘요|줘|주실래요|주시겠어요|주실수있나요|달라)"
    r"|(?:이|가|은|는|을|를|에대해|에대해서)?(?:궁금합니다|궁금해요|궁금함|궁금|알고싶습니다|알고싶어요|알고싶음|문의드립니다|문의)"
    r"|(?:인가요|인가|인지요|인지|이에요|예요|에요|이죠|이지요|죠|지요|입니까|일까요|이냐|냐|임|이야|야|인데요|인데|이요|요)"
    r"|(?:나요|까요|습니까|니까|ㅂ니까|는가요|는지요|는지|은지|을까|은가요|니|어요|아요|해요|돼요|되요|됨|함|음))$"
)


@dataclass(frozen=True, slots=True)
class Frame:
    """How a question asks: `kinds` of answers (when, long, where, who, why, many, money), `bounds` (부터, 까지),
    negations, and whether its last predicate asks for may or must.

    `is_open` is true where it asks how: may and must then say nothing of their own.
    """

    kinds: frozenset[str]
    bounds: frozenset[str]
    negations: int
    may: bool
    must: bool
    is_open: bool


def frame(question: str) -> Frame:
    """Read the frame of a question. Never raises."""
    text = re.sub(r"\s+", " ", unicodedata.normalize("NFC", question))
    text = _MUST_IDIOM.sub("야 하", text)
    kinds = frozenset(name for name, pattern in _KIND if pattern.search(text))
    is_open = bool(_OPEN.search(text))
    may = [found.end() for found in _MAY.finditer(text)]
    must = [found.end() for found in _MUST.finditer(text)]
    # Of two predicates the last one asks.
    last_may, last_must = max(may, default=0), max(must, default=0)
    by_word = not may and not must and bool(_MUST_WORD.search(text))
    return Frame(
        kinds=kinds,
        bounds=frozenset(_BOUND.findall(text)),
        negations=len(_NEGATION.findall(text)),
        may=last_may > last_must,
        must=last_must > last_may or by_word,
        is_open=is_open,
    )


def without_courtesy(question: str) -> str:
    """The question without greetings, thanks and the like; the whole question where nothing else stands in it."""
    bare = " ".join(_COURTESY.sub(" ", unicodedata.normalize("NFC", question)).split()).strip(" ,.")
    return bare or question.strip()


def squeezed(question: str) -> str:
    """Letters and digits alone: NFC, lower case, no spaces and punctuation."""
    text = unicodedata.normalize("NFC", unicodedata.normalize("NFKC", question)).lower()
    return _SILENT.sub("", text)


def skeleton(question: str) -> str:
    """`stem` of the question without particles: equal for two spellings of one question, with or without spaces.

    An analyser reads 문을 여나요 and 문 여나요 differently; here both are 문여.
    """
    words = without_courtesy(question).split()
    return stem(" ".join(_PARTICLES.sub("", word) for word in words))


def stem(question: str) -> str:
    """`squeezed` without the endings that only ask; never shorter than four letters. For comparing letters only."""
    text = squeezed(without_courtesy(question))
    while True:
        cut = _TAIL.sub("", text)
        if cut == text or len(cut) < 4:
            return text
        text = cut

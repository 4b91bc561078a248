"""A home of any size, made up: laws with articles, values and rare names, in words of a Zipf-like frequency.

Store, full-text index and vector index are the real ones, filled through the store's own write path in large batches.
Two things are cheaper than in an ingest, or a million chunks would take hours: every word is analysed once, and vectors
are the real vectors of `CENTRES` texts with noise (cosine of about .9 to their centre, as e5's neighbours have).
"""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from haechi.config import load_config
from haechi.indexes.strategies.plain import PlainStrategy
from haechi.korean.base import Analyser
from haechi.models.base import Vectors
from haechi.pipeline.build import Home, init_home, open_home
from haechi.stores.base import PreparedDocument, SourceRecord
from haechi.types import Block, Chunk, Document, content_hash

CENTRES = 500
ARTICLES = 10
BATCH = 2_000
NOISE = 0.48
PHRASES = 50_000
NOUNS = (
    "휴가 급여 연차 수당 신청 허가 등록 기간 서류 위원 심의 제출 승인 변경 취소 과태 부담 보조 지원 사업 "
    "시설 안전 점검 소방 건축 도로 주차 차량 환경 폐기 수질 대기 소음 진동 토양 산림 하천 항만 공항 철도 "
    "교통 운송 화물 여객 면허 시험 자격 교육 훈련 연구 개발 기술 특허 상표 저작 계약 입찰 낙찰 대금 지급 "
    "정산 회계 감사 예산 결산 세금 징수 환급 공제 소득 재산 상속 증여 양도 취득 임대 분양 주택 토지 지적 "
    "측량 공원 녹지 문화 체육 관광 숙박 식품 위생 의료 병원 약국 환자 간호 보험 연금 복지 아동 청소년 노인 "
    "장애 여성 가족 보육 학교 학생 교원 대학 장학 도서 기록 정보 통신 방송 전산 보안 암호 개인 공개 민원 "
    "처리 접수 통지 이의 심판 소송 벌금 징역 처분 명령 검사 조사 보고 협의 고시 공고 위탁 대행 수수료 사용료 "
    "보증금 이자 기금 채권 증권 투자 은행 금융 신용 거래 공정 소비 광고 표시 인증 검정 품질 규격 수출 수입"
).split()
ENDINGS = ["", "을", "를", "의", "에", "은", "는", "이", "가", "으로", "에서"]
SYLLABLES = "가나다라마바사아자차카타파하고노도로모보소오조초코토포호구누두루무부수우주추쿠투푸후기니디리미비시이지치"


@dataclass(frozen=True)
class Words:
    """Common words first; the weight of a word falls with its rank."""

    words: list[str]
    cumulative: list[float]

    @staticmethod
    def make(seed: int = 1) -> Words:
        random_ = random.Random(seed)
        pairs = [first + second for first in NOUNS for second in NOUNS if first != second]
        names = ["".join(random_.choices(SYLLABLES, k=3)) for _ in range(20_000)]
        random_.shuffle(pairs)
        words = [*NOUNS, *pairs, *names]
        weights = 1.0 / (np.arange(len(words)) + 10.0)
        return Words(words, np.cumsum(weights).tolist())

    def draw(self, random_: random.Random, count: int) -> list[str]:
        return random_.choices(self.words, cum_weights=self.cumulative, k=count)


class KnownWords:
    """The home's analyser, asked once for each word between spaces. Same fingerprint: these tokens are its own."""

    def __init__(self, inner: Analyser) -> None:
        self._inner = inner
        self._known: dict[str, list[str]] = {}

    def tokens(self, text: str) -> list[str]:
        found: list[str] = []
        for word in text.split():
            known = self._known.get(word)
            if known is None:
                known = self._known[word] = self._inner.tokens(word)
            found += known
        return found

    def __getattr__(self, name: str) -> Any:
        return getattr(self._inner, name)


VALUES = [
    *(f"{days}일" for days in range(1, 91)),
    *(f"{amount}만원" for amount in range(1, 100)),
    *(f"{500 * amount:,}원" for amount in range(1, 41)),
    *(f"{year}.{month}.{3 * month - 2}." for year in range(2010, 2027) for month in range(1, 10)),
    *(f"{share}퍼센트" for share in range(1, 101)),
]


def phrases(words: Words) -> list[str]:
    """Pieces of seven words that sentences are put together from: drawing every word anew takes most of the time."""
    random_ = random.Random(6)
    return [" ".join(word + random_.choice(ENDINGS) for word in words.draw(random_, 7)) for _ in range(PHRASES)]


def sentence(pieces: list[str], random_: random.Random) -> str:
    return f"{random_.choice(pieces)} {random_.choice(VALUES)} {random_.choice(pieces)} 한다."


def document(number: int, pieces: list[str], random_: random.Random) -> tuple[Document, list[Chunk]]:
    """A law of ten articles of two sentences, about 150 characters each."""
    first, second = random_.choice(pieces).split()[:2]
    name = f"{first}{second}{number}법"
    texts, labels = [], []
    for article in range(1, ARTICLES + 1):
        label = f"제{article}조"
        texts.append(f"{label}({random_.choice(NOUNS)}) {sentence(pieces, random_)} {sentence(pieces, random_)}")
        labels.append(label)
    meta = {"law": name, "kind": "법률", "effective": "2024-01-01", "version": "시행 2024-01-01"}
    made = Document.make(f"{name}.md", name, tuple(Block(text) for text in texts), {**meta, "effective_reason": "머리"})
    chunks, start = [], 0
    for label, text in zip(labels, texts, strict=True):
        facts = {"article": label, "law": name}
        chunks.append(Chunk.make(made, start, start + len(text), unit="law_article", label=label, meta=facts))
        start += len(text) + 1
    return made, chunks


def documents(count: int, words: Words) -> Iterator[PreparedDocument]:
    random_, pieces = random.Random(2), phrases(words)
    for number in range(count):
        made, chunks = document(number, pieces, random_)
        yield PreparedDocument(made, chunks, PlainStrategy().entries(made, chunks))


def questions(words: Words, laws: list[str], count: int) -> tuple[list[str], list[str]]:
    """Short questions of three to five words; and, apart from them, questions that name a law and its article."""
    random_ = random.Random(3)
    plain = [
        " ".join(words.draw(random_, random_.randint(3, 5)))
        + random_.choice((" 얼마인가요?", "는 언제까지인가요?", "?"))
        for _ in range(count)
    ]
    named = [f"{random_.choice(laws)} 제{random_.randint(1, ARTICLES)}조는 무엇인가요?" for _ in range(count // 10)]
    return plain, named


def centres(home: Home, words: Words) -> Vectors:
    random_ = random.Random(4)
    pieces = phrases(words)
    texts = [sentence(pieces, random_) for _ in range(CENTRES)]
    return home.embedder().embed(texts, "passage")


def noisy(around: Vectors, rng: np.random.Generator, count: int) -> Vectors:
    rows = around[rng.integers(len(around), size=count)]
    noise = rng.standard_normal(rows.shape, np.float32) * np.float32(NOISE / np.sqrt(rows.shape[1]))
    rows = rows + noise
    return rows / np.linalg.norm(rows, axis=1, keepdims=True)


def make(folder: Path, chunks: int) -> Home:
    """Fill a new home at `folder` with so many chunks; its indexes are not built yet."""
    init_home(folder)
    home = open_home(load_config(folder))
    words, rng = Words.make(), np.random.default_rng(5)
    around, model = centres(home, words), home.embedder().name
    batch: list[PreparedDocument] = []
    source = SourceRecord(path="/made/laws", status="ok")

    def write() -> None:
        texts = sorted({content_hash(entry.text) for item in batch for entry in item.entries})
        # In the order of their key: pages of the table are then filled side by side.
        home.store.put_vectors(model, texts, noisy(around, rng, len(texts)))
        home.store.write_part(source, batch, [], {})
        batch.clear()

    with home.store.writer():
        for item in documents(max(1, chunks // ARTICLES), words):
            batch.append(item)
            if len(batch) >= BATCH:
                write()
        if batch:
            write()
    return home

"""Institutions, people, places and laws: found by their endings, swapped for another of the same type or misspelt."""

from __future__ import annotations

import re
from collections.abc import Iterable
from random import Random

from .corpus import Statement
from .korean import vowel, with_final
from .values import Edit, made

_JOSA = r"(?=(?:으로부터|으로서|에게서|에서|에게|까지|부터|으로|이라|은|는|이|가|을|를|의|에|과|와|도|로)?(?![가-힣]))"
_START = r"(?<![가-힣ㆍ])"
_MINISTRIES = (
    "교육|외교|통일|법무|국방|행정안전|국가보훈|문화체육관광|농림축산식품|산업통상자원|보건복지|환경"
    "|고용노동|여성가족|국토교통|해양수산|중소벤처기업|과학기술정보통신|기획재정|재정경제|재무"
)
_BODIES = (
    "공단|(?:개발|도시|주택|교통|관광|전력|자원|가스|석유|철도|도로)공사|진흥원|연구원|개발원|협회|재단|중앙회|진흥회"
    "|은행|평가원|정보원"
)
_FACILITIES = "도서관|체육센터|캠핑장|공방|자료실|열람실|공연장|박물관|대학교|병원|수영장|체육관|홀"
_CITIES = "서울|부산|대구|인천|광주|대전|울산|세종|제주"
_LAWS = "법|법률|법 시행령|법시행령|법률 시행령|법 시행규칙|규정|조례"
_FAMILIES = "김이박최정강조윤장임한오서신권황안송류홍"
_PATTERNS = {
    "law": rf"(?<=「)[가-힣ㆍ·]+(?: [가-힣ㆍ·]+){{0,8}}?(?:{_LAWS})(?=」)",
    "minister": rf"{_START}[가-힣]{{2,5}}부장관{_JOSA}",
    "head": rf"{_START}(?!해당|관할|관계)[가-힣]{{2,6}}(?:청장|처장|세무서장){_JOSA}",
    "ministry": rf"{_START}(?:{_MINISTRIES})부(?=(?:령|에|는|의|가|로)(?![가-힣]))",
    "committee": rf"{_START}[가-힣]{{3,12}}위원회{_JOSA}",
    "body": rf"{_START}[가-힣]{{2,12}}(?:{_BODIES}){_JOSA}",
    "court": rf"{_START}[가-힣]{{2,6}}(?:법원|검찰청|헌법재판소){_JOSA}",
    "facility": rf"{_START}[가-힣]{{2,8}}(?:{_FACILITIES}){_JOSA}",
    "team": rf"{_START}[가-힣]{{2,8}}(?:팀|본부|과장|팀장|본부장|이사장){_JOSA}",
    "place": rf"{_START}(?:{_CITIES})(?:특별자치시|특별자치도|특별시|광역시)?{_JOSA}",
    "province": rf"{_START}(?:경기|강원|충청북|충청남|전라북|전라남|경상북|경상남)도{_JOSA}",
    "person": rf"{_START}[{_FAMILIES}][가-힣]{{2}}(?= (?:씨|대표|교수|원장|작가|감독)(?![가-힣]))",
}
_TYPES = {kind: re.compile(pattern) for kind, pattern in _PATTERNS.items()}
_GENERIC = re.compile(
    "(?:해당|관할|관계|소관|각종|다른|같은|당해|지방|중앙|우리|모든|개별|전문|시설)?"
    "(?:위원회|법원|도서관|공단|공사|협회|은행|병원|대학교|세무서장|기관|이사장|팀장|법률|규정|규칙|시행령)$"
)
_EXTRA = {
    "place": (*_CITIES.split("|"), "서울특별시", "부산광역시", "인천광역시", "대전광역시"),
    "province": tuple("경기도 강원도 충청북도 충청남도 전라북도 전라남도 경상북도 경상남도".split()),
}
#: An institution changes places with one of the same ending.
_ENDINGS = (
    "시행령 시행규칙 법률 보험공단 세무서장 본부장 이사장 팀장 과장 도서관 캠핑장 공단 공사 은행 협회 재단"
    " 연구원 청장 처장"
).split()


def names_in(text: str) -> list[tuple[str, re.Match[str]]]:
    return [
        (kind, match)
        for kind, pattern in _TYPES.items()
        for match in pattern.finditer(text)
        if not _GENERIC.match(match[0])
    ]


class Pool:
    """The names of a corpus by type, those that stand at two places or more first."""

    def __init__(self, texts: Iterable[str]) -> None:
        counts: dict[str, dict[str, int]] = {}
        for text in texts:
            for kind, match in names_in(text):
                counts.setdefault(kind, {})[match[0]] = counts.setdefault(kind, {}).get(match[0], 0) + 1
        self.names = {kind: sorted(found) for kind, found in counts.items()}
        for kind, extra in _EXTRA.items():
            self.names[kind] = sorted({*self.names.get(kind, []), *extra})

    def change(self, item: Statement, evidence: str, rng: Random) -> Edit | None:
        """Three of four swapped, one of four with a syllable misspelt."""
        found = names_in(item.text)
        if not found:
            return None
        kind, match = rng.choice(found)
        if rng.random() < 0.25 and kind != "law" and len(match[0]) >= 4:
            new = misspelt(match[0], rng)
            return made(item.text, match.start(), match.end(), new) if new and new not in evidence else None
        suffix = _suffix(match[0]) if kind in ("body", "facility", "team", "head", "court", "law") else ""
        plain = re.sub(r"\s", "", evidence)
        options = [
            name
            for name in self.names.get(kind, [])
            if name not in match[0]
            and match[0] not in name
            and name.endswith(suffix)
            and not name.startswith(("같은", "동법", "구"))
            and name.replace(" ", "") not in plain
        ]
        if kind == "place":
            options = [name for name in options if (len(name) > 2) == (len(match[0]) > 2) and name[:2] not in evidence]
        return made(item.text, match.start(), match.end(), rng.choice(options)) if options else None


def _suffix(name: str) -> str:
    return next((ending for ending in _ENDINGS if name.endswith(ending)), name[-1])


def misspelt(name: str, rng: Random) -> str:
    """One syllable with another vowel or final consonant (고용노동부 → 고용노둥부)."""
    places = list(range(1, len(name) - 1))
    rng.shuffle(places)
    other = {
        "ㅏ": "ㅓ",
        "ㅓ": "ㅏ",
        "ㅗ": "ㅜ",
        "ㅜ": "ㅗ",
        "ㅐ": "ㅔ",
        "ㅔ": "ㅐ",
        "ㅣ": "ㅡ",
        "ㅡ": "ㅣ",
        "ㅕ": "ㅑ",
        "ㅛ": "ㅠ",
    }
    order = "ㅏㅐㅑㅒㅓㅔㅕㅖㅗㅘㅙㅚㅛㅜㅝㅞㅟㅠㅡㅢㅣ"
    for place in places:
        letter = name[place]
        if not "가" <= letter <= "힣":
            continue
        if vowel(letter) in other and rng.random() < 0.7:
            step = (order.index(other[vowel(letter)]) - order.index(vowel(letter))) * 28
            return name[:place] + chr(ord(letter) + step) + name[place + 1 :]
        code = (ord(letter) - 0xAC00) % 28
        if code in (4, 16, 21):
            return name[:place] + with_final(letter, {4: "ㅇ", 16: "ㄴ", 21: "ㄴ"}[code]) + name[place + 1 :]
    return ""

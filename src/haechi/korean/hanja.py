"""한자 → their Hangul readings, so that 大韓民國 and 대한민국 are one word to search.

`hanja_readings.txt` holds a reading a line with its characters: the 4,620 Hanja of KS X 1001, whose own order is by
reading. Words whose reading follows no rule (十月 is 시월) are listed here. The rules are 두음법칙 where a word starts
(女子 → 여자; inside a compound mecab knows the word better with or without it: 國民年金 → 국민연금), 렬·률 → 열·율
after a vowel or ㄴ (比率 → 비율), and 不 → 부 before ㄷ and ㅈ. A rarer character stays as it is.
"""

from __future__ import annotations

import functools
import itertools
import re
import unicodedata
from collections.abc import Callable
from importlib.resources import files

from haechi.korean.mecab import parse

#: Raise whenever a reading could change; it goes into the analyser's fingerprint.
HANJA_VERSION = "1"

_RUN = re.compile("[\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff]+")
#: Hangul with its Hanja in brackets (대한민국(大韓民國)), or the other way round.
_GLOSSED = re.compile(r"([가-힣]+)(\s?[(（\[]([\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff]+)[)）\]])")
_GLOSSING = re.compile(r"([\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff]+)\s?[(（\[]([가-힣]+)[)）\]]")
#: Words that the readings of their characters would get wrong.
_WORDS = {
    "音樂": "음악", "樂器": "악기", "聲樂": "성악", "樂曲": "악곡", "國樂": "국악", "樂章": "악장",
    "北韓": "북한", "敗北": "패배", "自轉車": "자전거", "人力車": "인력거", "停車場": "정거장", "十月": "시월",
    "六月": "유월", "復興": "부흥", "復活": "부활", "更生": "갱생", "更新": "갱신", "憎惡": "증오", "嫌惡": "혐오",
    "遊說": "유세", "標識": "표지", "行列": "행렬", "降伏": "항복",
    "謁見": "알현", "減殺": "감쇄", "相殺": "상쇄", "省略": "생략", "貿易": "무역", "交易": "교역", "變易": "변역",
    "周易": "주역", "暴惡": "포악", "洞察": "통찰", "要塞": "요새", "一切": "일체", "布施": "보시", "拓本": "탁본",
    "砂糖": "사탕", "雪糖": "설탕", "茶禮": "차례", "紅茶": "홍차", "綠茶": "녹차", "統率": "통솔", "率先": "솔선",
    "引率": "인솔", "率直": "솔직", "輕率": "경솔", "便所": "변소", "小便": "소변", "大便": "대변", "宅內": "댁내",
    "許諾": "허락", "受諾": "수락", "議論": "의논", "困難": "곤란", "論難": "논란", "喜怒": "희로", "大怒": "대로",
    "木瓜": "모과", "十方": "시방", "初八日": "초파일", "牡丹": "모란", "契丹": "거란", "內人": "나인", "參萬": "삼만",
    "拾萬": "십만", "金氏": "김씨", "李氏": "이씨", "分泌": "분비", "內分泌": "내분비",
    "龜裂": "균열", "索莫": "삭막", "數數": "삭삭", "度支": "탁지",
    "投降": "투항", "推敲": "퇴고", "五六": "오륙",
}  # fmt: skip
#: A unit after a number starts no word: 三年間 is 삼년간.
_NUMERALS = frozenset("一二三四五六七八九十百千萬億兆數幾")
#: So many places of a run are tried with and without 두음법칙; no real word has more.
_MOST_INNER = 4
_INITIALS = "ㄱㄲㄴㄷㄸㄹㅁㅂㅃㅅㅆㅇㅈㅉㅊㅋㅌㅍㅎ"
_VOWELS = "ㅏㅐㅑㅒㅓㅔㅕㅖㅗㅘㅙㅚㅛㅜㅝㅞㅟㅠㅡㅢㅣ"
_SOFT = frozenset("ㅑㅕㅖㅛㅠㅣ")


def has_hanja(text: str) -> bool:
    """Whether the text holds a Hanja character."""
    return _RUN.search(text) is not None


def in_hangul(text: str) -> str:
    """The text with its Hanja read aloud; a reading that already stands beside them is not said twice."""
    if not has_hanja(text):
        return text
    for pattern, new in STEPS:
        text = pattern.sub(new, text)
    return text


def with_readings(text: str) -> str:
    """The text with each Hanja word's reading before it: `대한민국(大韓民國)`. Doing it twice changes nothing."""
    if not has_hanja(text):
        return text
    return _RUN.sub(lambda match: _annotated(text, match), text)


def _annotated(text: str, match: re.Match[str]) -> str:
    run, read = match[0], reading(match[0])
    before = text[: match.start()].rstrip()
    if read == run or (before.endswith(("(", "（", "[")) and before[:-1].rstrip().endswith(read)):
        return run
    after = text[match.end() : match.end() + len(read) + 3].lstrip()
    if after[:1] in ("(", "（", "[") and after[1:].startswith(read):
        return run
    return f"{read}({run})"


@functools.lru_cache(maxsize=65536)
def reading(run: str) -> str:
    """A run of Hanja read aloud; characters without a known reading stay as they are."""
    run = unicodedata.normalize("NFC", run)
    syllables = _syllables(run)
    # Where words begin inside a compound is known to the Korean dictionary, not to the characters.
    inner = [
        place
        for place in range(1, len(run) - 1)
        if _word_initial(syllables[place]) != syllables[place] and run[place - 1] not in _NUMERALS
    ]
    syllables[0] = _word_initial(syllables[0])
    readings = []
    for size in range(min(len(inner), _MOST_INNER) + 1):
        for chosen in itertools.combinations(inner[:_MOST_INNER], size):
            read = [_word_initial(one) if place in chosen else one for place, one in enumerate(syllables)]
            readings.append("".join(_after_vowel(read)))
    # The fewest morphemes win; of equals the later, which has more words that start (불+이익, not 불리+익).
    return readings[0] if len(readings) == 1 else min(reversed(readings), key=lambda read: len(parse(read)))


#: What `in_hangul` replaces, in this order: (pattern, what stands there then).
STEPS: tuple[tuple[re.Pattern[str], Callable[[re.Match[str]], str]], ...] = (
    (_GLOSSED, lambda match: match[1] if match[1].endswith(reading(match[3])) else match[0]),
    (_GLOSSING, lambda match: match[2] if match[2] == reading(match[1]) else match[0]),
    (_RUN, lambda match: reading(match[0])),
)


def _syllables(run: str) -> list[str]:
    """One syllable a character, as it is read inside a word."""
    table = _table()
    syllables = [table.get(character, character) for character in run]
    for place, character in enumerate(run):
        if character == "不" and place + 1 < len(run) and _initial(syllables[place + 1]) in "ㄷㅈ":
            syllables[place] = "부"
        elif character == "六" and place > 0:
            syllables[place] = "육"
    for size in (3, 2):
        for place in range(len(run) - size + 1):
            if word := _WORDS.get(run[place : place + size]):
                syllables[place : place + size] = list(word)
    return syllables


def _after_vowel(syllables: list[str]) -> list[str]:
    """렬·률 → 열·율 after a vowel or ㄴ."""
    soft = {"렬": "열", "률": "율"}
    return [
        soft[one] if one in soft and place and _final(syllables[place - 1]) in (0, 4) else one
        for place, one in enumerate(syllables)
    ]


def _word_initial(syllable: str) -> str:
    """두음법칙: 녀 → 여, 료 → 요, 로 → 노."""
    initial, vowel = _initial(syllable), _vowel(syllable)
    if initial in "ㄴㄹ" and initial and vowel in _SOFT:
        return _compose(syllable, "ㅇ")
    if initial == "ㄹ":
        return _compose(syllable, "ㄴ")
    return syllable


def _initial(syllable: str) -> str:
    return _INITIALS[(ord(syllable) - 0xAC00) // 588] if "가" <= syllable <= "힣" else "-"


def _vowel(syllable: str) -> str:
    return _VOWELS[(ord(syllable) - 0xAC00) % 588 // 28] if "가" <= syllable <= "힣" else ""


def _final(syllable: str) -> int:
    """Index of the final consonant: 0 none, 4 ㄴ; -1 for what is no syllable."""
    return (ord(syllable) - 0xAC00) % 28 if "가" <= syllable <= "힣" else -1


def _compose(syllable: str, initial: str) -> str:
    return chr(0xAC00 + _INITIALS.index(initial) * 588 + (ord(syllable) - 0xAC00) % 588)


@functools.cache
def _table() -> dict[str, str]:
    lines = (files(__package__) / "hanja_readings.txt").read_text(encoding="utf-8").splitlines()
    return {character: line[0] for line in lines for character in line[2:]}

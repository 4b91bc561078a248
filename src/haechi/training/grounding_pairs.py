"""Claims about statutes with a known label: true ones in other words, false ones with one change, in the same styles.

For every sentence of an article a group of rows is made that share the evidence, the article's own paragraphs. A false
claim goes through the same styles as a true one, so that style never tells them apart. Deterministic for a seed.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from random import Random

from haechi.korean.josa import with_josa
from haechi.korean.sentences import split_sentences
from haechi.models.base import GROUNDING
from haechi.training import statute_styles as styles
from haechi.training.statute_additions import ADDITIONS, INSTITUTIONS

SUPPORTED, CONTRADICTED, NOT_FOUND = range(len(GROUNDING))


@dataclass(frozen=True)
class Pair:
    """One row. `wrong` are the numbers of the claim's words that make it false; None where that is not known."""

    evidence: str
    claim: str
    label: int
    kind: str
    group: str
    wrong: tuple[int, ...] | None = None


@dataclass
class Article:
    """Paragraphs of sentences, amendments and list marks taken out. `law` is its name, `title` what it is called by."""

    id: str
    law: str
    title: str
    paragraphs: list[list[str]] = field(default_factory=list)


_AMENDED = re.compile(r"\s*[<\[](?:개정|신설|본조신설|전문개정|종전|제목개정|시행일|단서|전단|후단|본조)[^>\]]*[>\]]")
_MARK = re.compile(r"^(?:[①-⑳]|제\d+조(?:의\d+)?\([^)]*\))\s*")


def read_articles(rows: Iterable[dict[str, str]]) -> list[Article]:
    """Articles of rows with id (`법령명/제N조`), title and text; deleted ones are left out."""
    found = []
    for row in rows:
        article = Article(row["id"], row["id"].rpartition("/")[0], row["title"])
        for line in row["text"].split("\n"):
            text = _AMENDED.sub("", line).strip()
            if not text or "삭제" in text[:12]:
                continue
            plain = _MARK.sub("", text)
            sentences = [plain[start:end] for start, end in split_sentences(plain)]
            if re.match(r"^(?:\d+(?:의\d+)?|[가-하])\. ", text) and article.paragraphs:
                article.paragraphs[-1] += [text]
            elif sentences:
                article.paragraphs.append(sentences)
        if article.paragraphs:
            found.append(article)
    return found


# --- changes that make a sentence false: each returns the changed sentence, or an empty string where it does not apply

_MODALITY: tuple[tuple[str, tuple[str, ...]], ...] = (
    ("하여야 한다", ("할 수 있다", "하지 아니할 수 있다", "하여서는 아니 된다", "하지 아니하여도 된다")),
    ("할 수 있다", ("하여야 한다", "할 수 없다", "하여서는 아니 된다")),
    ("할 수 없다", ("할 수 있다", "하여야 한다")),
    ("하여서는 아니 된다", ("할 수 있다", "하여도 된다", "하여야 한다")),
    ("서는 아니 된다", ("도 된다",)),
    ("지 못한다", ("ㄹ 수 있다",)),
    ("받아야 한다", ("받을 수 있다", "받지 아니하여도 된다")),
    ("수 있다", ("수 없다",)),
    ("수 없다", ("수 있다",)),
)
_NEGATION: tuple[tuple[str, str], ...] = (
    ("하지 아니한다", "한다"), ("되지 아니한다", "된다"), ("것으로 본다", "것으로 보지 아니한다"),
    ("로 본다", "로 보지 아니한다"), ("부과한다", "부과하지 아니한다"), ("에 처한다", "에 처하지 아니한다"),
    ("적용한다", "적용하지 아니한다"), ("준용한다", "준용하지 아니한다"), ("지급한다", "지급하지 아니한다"),
    ("하지 못한다", "할 수 있다"), ("제외한다", "포함한다"), ("포함한다", "제외한다"), ("있다", "없다"),
    ("없다", "있다"), ("된다", "되지 아니한다"), ("한다", "하지 아니한다"),
)  # fmt: skip
_ANTONYMS: tuple[tuple[str, str], ...] = (
    ("이상", "이하"), ("이하", "이상"), ("초과", "미만"), ("미만", "초과"), ("이내", "이후"), ("이전", "이후"),
    ("제외", "포함"), ("포함", "제외"), ("증가", "감소"), ("늘", "줄"), ("승인을 받아", "승인을 받지 아니하고"),
    ("허가를 받아", "허가를 받지 아니하고"), ("동의를 받아", "동의를 받지 아니하고"), ("동의 없이", "동의를 받아"),
    ("지체 없이", "천천히"), ("하지 아니한", "한"), ("아니하면", "하면"), ("공개", "비공개"), ("전까지", "후부터"),
    ("시작", "종료"), ("있는 경우", "없는 경우"), ("없는 경우", "있는 경우"), ("심의를 거쳐", "심의 없이"),
    ("무상으로", "유상으로"), ("국내", "국외"), ("불구하고", "한정하여"), ("하기 전에", "한 후에"),
    ("경우에만", "경우를 제외하고"), ("모두", "일부만"),
)  # fmt: skip
_NUMBER = re.compile(
    r"(?<![제\d조항호.])(\d[\d,]*)(?=\s?(?:년|개월|일|명|회|만|천만|백만|억|원|퍼센트|%|시간|분의|제곱미터|킬로|미터|세|주|배|인|급))"
)
_TOPIC = re.compile(r"^((?:[^ ,]+ ){0,4}?[^ ,]{2,}?)([은는]) ")
_TO = re.compile(r"^((?:[^ ,]+ ){0,3}?[^ ,]{2,}?)([은는]) (.*?)((?:[^ ,]+ )?[^ ,]{2,}?)(에게) ")
_INSTITUTION = re.compile(
    r"(?:[가-힣]+(?:부장관|처장|청장|위원장|위원회|공단|공사|법원|이사장|시장|도지사|구청장|교육감|조합|협회|센터)|시ㆍ도지사|국토교통부|대통령)(?!령)"
)
#: How names of those who act end.
_ACTORS = (
    "자 인 장관 청장 위원장 위원회 위원 법인 기관 공단 국가 단체 사업주 근로자 사람 법원 시장 조합 회사 권자 직원 의사 "
    "공무원 검사 판사 교사 학생 임차인 이사회 협회 회원 감사 관리소장"
).split()
_ACTOR = re.compile(rf"(?<![가-힣])([가-힣]{{1,12}}(?:{'|'.join(_ACTORS)}))(은|는|이|가|을|를|에게|의|과|와)(?= )")
_PAIRS = {
    "은": "은/는",
    "는": "은/는",
    "이": "이/가",
    "가": "이/가",
    "을": "을/를",
    "를": "을/를",
    "과": "과/와",
    "와": "과/와",
}
#: Where a clause can go in: behind an object, a receiver or a condition, not before a bound noun.
_PLACE = re.compile(
    r"(?:[가-힣][을를]|에게|경우에는|때에는|에 따라) (?!수 |것|때|경우|위하여|위해|대|통|자 |자[는가]|날|기간|사람)"
)
_CONDITION = re.compile(
    r"([^,.]{6,80}?)(?:인 |한 |된 |하는 |되는 |있는 |없는 |받은 |아니한 |아니하는 )(?:경우에는|때에는|경우|때) ?,? ?"
)


def modality(sentence: str, random: Random) -> str:
    """한다 ↔ 할 수 있다 ↔ 하여서는 아니 된다."""
    body = sentence.rstrip(". ")
    for ending, others in _MODALITY:
        if body.endswith(ending):
            other = random.choice(others)
            if other.startswith("ㄹ"):
                stem = body[: -len(ending)]
                if not stem or (ord(stem[-1]) - 0xAC00) % 28:
                    return ""
                return stem[:-1] + chr(ord(stem[-1]) + 8) + other[1:] + "."
            return body[: -len(ending)] + other + "."
    return ""


def negation(sentence: str, random: Random) -> str:
    """The last verb denied, or a word by its opposite."""
    opposites = [(old, new) for old, new in _ANTONYMS if old in sentence]
    body = sentence.rstrip(". ")
    if opposites and random.random() < 0.55:
        old, new = random.choice(opposites)
        return sentence.replace(old, new, 1)
    for ending, other in _NEGATION:
        if body.endswith(ending):
            return body[: -len(ending)] + other + "."
    return ""


def value(sentence: str, random: Random) -> str:
    """One number changed."""
    numbers = list(_NUMBER.finditer(sentence))
    if not numbers:
        return ""
    match = random.choice(numbers)
    number = int(match[1].replace(",", ""))
    other = random.choice([number + 1, number + 2, number * 2, max(1, number - 1), number * 10, number + 5])
    if other == number:
        other += 3
    return f"{sentence[: match.start()]}{other}{sentence[match.end() :]}"


def another_value(sentence: str, others: Sequence[str], random: Random) -> str:
    """A number of the same unit from another sentence of the evidence in the place of this one's."""
    spans = list(re.finditer(_NUMBER.pattern + r"\s?(?:천만|백만|만|억|천)?\s?[가-힣%]{1,3}", sentence))
    random.shuffle(spans)
    for span in spans:
        unit = re.sub(r"[\d,\s]", "", span[0])[:2]
        for other in others:
            for found in re.finditer(_NUMBER.pattern + r"\s?(?:천만|백만|만|억|천)?\s?[가-힣%]{1,3}", other):
                if re.sub(r"[\d,\s]", "", found[0])[:2] == unit and found[1] != span[1] and found[1] not in sentence:
                    return sentence[: span.start(1)] + found[1] + sentence[span.end(1) :]
    return ""


def another_subject(sentence: str, others: Sequence[str], random: Random) -> str:
    """The subject of another sentence of the evidence told of this one's predicate; or giver and taker swapped."""
    if (match := _TO.match(sentence)) and random.random() < 0.5:
        giver, taker = match[1], match[4]
        if taker.strip() not in giver and len(taker) > 2:
            swapped = f"{with_josa(taker, '은/는')} {match[3]}{giver}에게 "
            return swapped + sentence[match.end() :]
    match = _TOPIC.match(sentence)
    if not match:
        return ""
    subjects = []
    for other in others:
        found = _TOPIC.match(other)
        plain = found and not re.match(r"\d|[가-하]\. |다만|다음", found[1]) and len(found[1]) < 26
        if found and plain and found[1] not in sentence and match[1] not in found[1]:
            subjects.append(found[1])
    if not subjects:
        return ""
    return f"{with_josa(random.choice(subjects), '은/는')} {sentence[match.end() :]}"


def another_actor(sentence: str, evidence: str, random: Random) -> str:
    """Somebody of the sentence replaced by somebody else of the evidence, or two of them swapped."""
    own = list(_ACTOR.finditer(sentence))
    if not own:
        return ""
    match = random.choice(own)
    word = match[1]
    others = {found[1] for found in _ACTOR.finditer(evidence)}
    others = {other for other in others if other not in word and word not in other}
    if not others:
        return ""
    other = random.choice(sorted(others))
    pair = _PAIRS.get(match[2], "")
    if other in sentence:  # both are there: swap them
        if sentence.count(other) != 1 or sentence.count(word) != 1:
            return ""
        return _fit_particles(sentence.replace(word, "\0").replace(other, word).replace("\0", other))
    return sentence[: match.start()] + (with_josa(other, pair) if pair else other + match[2]) + sentence[match.end() :]


def _fit_particles(sentence: str) -> str:
    """Particles behind actors as the actors' last sounds ask."""
    return _ACTOR.sub(lambda m: with_josa(m[1], _PAIRS[m[2]]) if m[2] in _PAIRS else m[0], sentence)


def institution(sentence: str, evidence: str, random: Random) -> str:
    """An institution replaced by one that the evidence does not name."""
    found = list(_INSTITUTION.finditer(sentence))
    if not found:
        return ""
    match = random.choice(found)
    other = random.choice([name for name in INSTITUTIONS if name not in evidence])
    rest = sentence[match.end() :]
    for pair in ("은/는", "이/가", "을/를", "과/와"):
        if rest[:1] in pair.split("/") and rest[1:2] in " ,":
            return sentence[: match.start()] + with_josa(other, pair) + rest[1:]
    return sentence[: match.start()] + other + rest


def addition(sentence: str, evidence: str, clauses: Sequence[str], random: Random) -> str:
    """A clause that the evidence does not hold, before the last part of the sentence or behind its subject."""
    for _ in range(8):
        clause = random.choice(clauses if clauses and random.random() < 0.55 else ADDITIONS)
        words = [word[:2] for word in clause.split() if len(word) > 1]
        if sum(word in evidence for word in words) <= len(words) // 2:
            break
    else:
        return ""
    topic = _TOPIC.match(sentence)
    places = [topic.end()] if topic else [0]
    places += [match.end() for match in _PLACE.finditer(sentence) if match.end() < len(sentence) - 4]
    place = random.choice(places)
    return f"{sentence[:place]}{clause} {sentence[place:]}"


def as_rule(main: str, random: Random) -> str:
    """A sentence that has an exception, told as if it had none."""
    always = random.choice(
        [
            "예외 없이",
            "언제나",
            "어떤 경우에도",
            "어떠한 경우라도",
            "누구든지 예외 없이",
            "항상",
            "사정과 관계없이",
            "무조건",
        ]
    )
    match = _TOPIC.match(main)
    place = match.end() if match else 0
    return f"{main[:place]}{always} {main[place:]}"


def without_condition(sentence: str, random: Random) -> str:
    """The condition taken out, and said to be none."""
    match = _CONDITION.search(sentence)
    if not match or len(sentence) - (match.end() - match.start()) < 14:
        return ""
    topic = _TOPIC.match(match[0])
    kept = topic[0] if topic and match.start() == 0 else ""
    anyway = random.choice(["어떤 경우든", "조건 없이", "언제든지", "사유와 관계없이", "항상", "특별한 사유가 없어도"])
    return f"{sentence[: match.start()]}{kept}{anyway} {sentence[match.end() :]}"


#: How clauses end that say what is done besides.
_LINKS = "받아 거쳐 이내에 까지 통하여 갖추어 첨부하여 협의하여 작성하여 납부하고 통지하고 공고하고 제출하고".split()
_CLAUSE = re.compile(rf"(?<= )((?:[^ ,.()]+ ){{1,4}}[^ ,.()]*(?:{'|'.join(_LINKS)}))(?= )")


def clauses_of(articles: Sequence[Article]) -> list[str]:
    """Short clauses that could be added to a sentence of another article."""
    found = {
        match[1]
        for article in articles
        for paragraph in article.paragraphs
        for sentence in paragraph
        for match in _CLAUSE.finditer(styles.without_brackets(sentence))
        if 6 <= len(match[1]) <= 30 and not match[1].startswith("제") and "따라" not in match[1]
    }
    return sorted(found)


def wrong_words(true: str, false: str) -> tuple[int, ...]:
    """The numbers of the words of `false` that `true` does not have in that place."""
    own = false.split()
    matcher = difflib.SequenceMatcher(None, true.split(), own, autojunk=False)
    kept = {place for block in matcher.get_matching_blocks() for place in range(block.b, block.b + block.size)}
    return tuple(place for place in range(len(own)) if place not in kept)


def pairs_of(articles: Sequence[Article], *, seed: int, each: int = 2) -> list[Pair]:
    """Groups of rows, up to `each` sentences an article: as many supported as not, in the same styles."""
    random = Random(f"{seed}:grounding")
    clauses = clauses_of(articles)
    by_law: dict[str, list[Article]] = {}
    for article in articles:
        by_law.setdefault(article.law, []).append(article)
    rows: list[Pair] = []
    for article in articles:
        places = [
            (number, place)
            for number, paragraph in enumerate(article.paragraphs)
            for place, sentence in enumerate(paragraph)
            if _usable(sentence)
        ]
        random.shuffle(places)
        for number, place in places[:each]:
            rows += _group(article, number, place, by_law[article.law], clauses, random)
    return rows


def _usable(sentence: str) -> bool:
    text = styles.shortened(sentence)
    opens = not re.match(r"다만|이 경우|\d+(?:의\d+)?\.|[가-하]\. ", text)
    clear = not re.search(r"그러하지|다음 각 [호목]|준용|각 호", text) and len(re.findall(r"제\d+조", text)) < 2
    return opens and clear and 18 <= len(text) <= 150 and text.endswith("다.")


def _evidence(article: Article, number: int, random: Random) -> str:
    """The paragraph with its neighbours, sometimes under the article's title, at most about 520 characters."""
    chosen = [number]
    for step in random.sample([-1, 1, 2], k=random.choice([0, 1, 1, 2, 3])):
        if 0 <= number + step < len(article.paragraphs):
            chosen.append(number + step)
    lines = [
        (" " if len(article.paragraphs[place]) < 3 else "\n").join(article.paragraphs[place])
        for place in sorted(set(chosen))
    ]
    text = "\n".join(lines)
    if len(text) > 560:
        own = "\n".join(article.paragraphs[number])
        text = own[:560]
    if random.random() < 0.4:
        text = f"{article.title}\n{text}"
    return text


def _group(
    article: Article, number: int, place: int, law: Sequence[Article], clauses: Sequence[str], random: Random
) -> list[Pair]:
    paragraph = article.paragraphs[number]
    source = paragraph[place]
    evidence = _evidence(article, number, random)
    if source not in evidence:
        return []
    group = f"{article.id}#{number}.{place}"
    clean = styles.shortened(source) if random.random() < 0.7 else styles.without_brackets(source)
    others = [line for line in split_lines(evidence) if line not in source]
    proviso = paragraph[place + 1] if place + 1 < len(paragraph) and paragraph[place + 1].startswith("다만") else ""

    def said(sentence: str, style: int, share: float, turn: bool, dice: int) -> str:
        own = Random(dice)
        text = styles.reordered(sentence) if turn else sentence
        return styles.styled(styles.everyday(styles.other_forms(text, own), own, share), style)

    rows: list[Pair] = []

    def add(claim: str, label: int, kind: str, wrong: tuple[int, ...] | None) -> None:
        if claim and all(claim != row.claim for row in rows):
            rows.append(Pair(evidence, claim, label, kind, group, wrong))

    def recipe() -> tuple[int, float, bool, int]:
        return (
            random.randrange(12),
            random.choice([0.0, 0.4, 0.8, 1.0]),
            random.random() < 0.35,
            random.randrange(1 << 30),
        )

    false: list[tuple[str, int, Callable[[], str]]] = [
        ("modality", CONTRADICTED, lambda: modality(clean, random)),
        ("negation", CONTRADICTED, lambda: negation(clean, random)),
        ("value", CONTRADICTED, lambda: value(clean, random)),
        ("relation", CONTRADICTED, lambda: another_value(clean, others, random)),
        ("relation", CONTRADICTED, lambda: another_subject(clean, others, random)),
        ("relation", CONTRADICTED, lambda: another_actor(clean, evidence, random)),
        ("name", NOT_FOUND, lambda: institution(clean, evidence, random)),
        ("addition", NOT_FOUND, lambda: addition(clean, evidence, clauses, random)),
        ("omission", CONTRADICTED, lambda: as_rule(clean, random) if proviso else without_condition(clean, random)),
    ]
    weights = [1.6, 1.5, 0.6, 8.0, 4.0, 4.0, 0.8, 1.6, 4.0 if proviso else 2.5]
    made = 0
    order = sorted(range(len(false)), key=lambda at: random.random() ** (1 / weights[at]), reverse=True)
    for at in order:
        kind, label, change = false[at]
        changed = change()
        if not changed or changed == clean:
            continue
        how = recipe()
        true_claim, false_claim = said(clean, *how), said(changed, *how)
        if true_claim == false_claim:
            continue
        add(true_claim, SUPPORTED, "true", ())
        add(false_claim, label, kind, wrong_words(true_claim, false_claim) or None)
        made += 1
        if made == 2:
            break
    if proviso and random.random() < 0.6:
        whole = styles.joined(clean, styles.styled(styles.shortened(proviso), random.randrange(12)))
        add(whole or said("원칙적으로 " + clean, *recipe()), SUPPORTED, "merged", ())
    elif place + 1 < len(paragraph) and _usable(paragraph[place + 1]) and random.random() < 0.3:
        add(styles.joined(clean, said(styles.shortened(paragraph[place + 1]), *recipe())), SUPPORTED, "merged", ())
    if random.random() < 0.3:
        add(_outside(article, evidence, law, said, recipe, random), NOT_FOUND, "outside", None)
    return rows


def _outside(
    article: Article,
    evidence: str,
    law: Sequence[Article],
    said: Callable[[str, int, float, bool, int], str],
    recipe: Callable[[], tuple[int, float, bool, int]],
    random: Random,
) -> str:
    """A true sentence of another article of the law, near in its words: nothing in the evidence says it."""
    near: tuple[float, str] = (0.0, "")
    known = {word[:2] for word in evidence.split()}
    for other in random.sample(list(law), k=min(len(law), 12)):
        if other.id == article.id:
            continue
        for paragraph in other.paragraphs[:3]:
            if _usable(paragraph[0]):
                text = styles.shortened(paragraph[0])
                words = [word[:2] for word in text.split()]
                share = sum(word in known for word in words) / len(words)
                if near[0] < share < 0.7:
                    near = (share, text)
    return said(near[1], *recipe()) if near[1] else ""


def split_lines(evidence: str) -> list[str]:
    """The sentences of an evidence text."""
    return [evidence[start:end] for start, end in split_sentences(evidence)]

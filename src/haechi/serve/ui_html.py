"""Answers, sources and verdicts as HTML. Everything that comes from a document, a model or a reader is escaped here.

Markdown is never used for such text: `![](http://…)` in a document would make the reader's browser call that host.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from html import escape
from typing import Any

from haechi.diff import diff_runs
from haechi.serve.ui_text import CHECKER_WORDS, ocr_text, page_text, place, summary, timing_text, verdict_word

MARKER = re.compile(r"\[(\d{1,3})\]")

#: Chunks around each cited chunk, by chunk id.
Passages = Mapping[str, Sequence[Mapping[str, Any]]]


def paragraphs(text: str) -> str:
    """Escaped text with its line breaks."""
    return escape(text).replace("\n", "<br>")


def header(name: str) -> str:
    """The page's head: the mark, 해치, and the home's name."""
    home = f'<span class="h-home">{escape(name)}</span>' if name and name != "해치" else ""
    return f'<header class="h-header"><span class="h-logo">해</span><h1>해치</h1>{home}</header>'


def question(text: str) -> str:
    """A reader's question."""
    return f'<div class="h-row"><div class="h-question">{paragraphs(text)}</div></div>'


def welcome(lines: Sequence[str]) -> str:
    """What an empty conversation says."""
    head, rest = lines[0], lines[1:]
    return f'<div class="h-welcome"><h2>{escape(head)}</h2>' + "".join(f"<p>{escape(x)}</p>" for x in rest) + "</div>"


def draft(text: str, stage: str) -> str:
    """The unchecked draft while it streams; it never looks like an answer."""
    body = f'<div class="h-text">{paragraphs(text)}<span class="h-caret"></span></div>' if text else ""
    status = f'<div class="h-stage" role="status"><span class="h-dot"></span>{escape(stage)}</div>'
    badge = '<span class="h-badge h-draft">초안 · 확인 중</span>'
    return f'<article class="h-answer h-is-draft">{badge}{body}{status}</article>'


def failure(message: str) -> str:
    """An error the reader can act on."""
    return (
        '<article class="h-answer h-is-error" role="alert"><span class="h-badge h-error">답을 만들지 못함</span>'
        f'<div class="h-text">{paragraphs(message)}</div></article>'
    )


def notice(message: str) -> str:
    """A quiet remark, such as a stopped answer."""
    return f'<div class="h-notice">{paragraphs(message)}</div>'


def answer(record: Mapping[str, Any], passages: Passages, key: str) -> str:
    """The checked Answer object. `key` makes the anchors of this answer's sources unique on the page."""
    label, text = summary(record)
    refused = record["origin"] == "refused"
    asked = record.get("rewritten")
    parts = [
        f'<span class="h-badge h-{label}">{escape(text)}</span>',
        f'<div class="h-notice">이렇게 물었습니다: {paragraphs(asked)}</div>' if asked else "",
        *(f'<div class="h-notice">{paragraphs(note)}</div>' for note in record.get("notes", ())),
        f'<div class="h-text">{_with_markers(record, key)}</div>',
    ]
    if refused and record["reason"]:
        parts.append(f'<div class="h-reason"><b>이유</b> {paragraphs(record["reason"])}</div>')
    if refused:
        parts += [_considered(record["hits"]), _dropped(record["corrections"])]
    else:
        parts += [_corrections(record["corrections"]), _verdicts(record["verdicts"])]
        parts.append(_sources(record["citations"], passages, key))
    parts.append(f'<div class="h-times">{escape(timing_text(record["timings"], record["model"]))}</div>')
    kind = " h-is-refused" if refused else ""
    return f'<article class="h-answer{kind}">{"".join(parts)}</article>'


def _anchor(key: str, marker: int) -> str:
    return f"source-{key}-{marker}"


def _with_markers(record: Mapping[str, Any], key: str) -> str:
    """Escaped answer text; a marker becomes a link only when a citation carries its number."""
    names = {item["marker"]: place(item["title"], item["label"]) for item in record["citations"]}

    def link(match: re.Match[str]) -> str:
        marker = int(match.group(1))
        if marker not in names:
            return match.group(0)
        title = escape(names[marker], quote=True)
        return f'<a class="h-marker" href="#{_anchor(key, marker)}" title="{title}">[{marker}]</a>'

    return MARKER.sub(link, paragraphs(record["answer"]))


def _corrections(corrections: Sequence[Mapping[str, Any]]) -> str:
    if not corrections:
        return ""
    return f'<section class="h-corrections"><h3>보여 드리기 전에 고친 곳</h3>{_changes(corrections)}</section>'


def _dropped(corrections: Sequence[Mapping[str, Any]]) -> str:
    """What a refused draft said, folded away: it may be wrong."""
    if not corrections:
        return ""
    summary_text = "보여 드리지 않은 초안(사실이 아닐 수 있음)"
    return (
        f'<details class="h-source h-corrections"><summary>{summary_text}</summary>'
        f'<div class="h-passage">{_changes(corrections)}</div></details>'
    )


def _changes(corrections: Sequence[Mapping[str, Any]]) -> str:
    return f"<ul>{''.join(f'<li>{_change(item)}</li>' for item in corrections)}</ul>"


def _change(item: Mapping[str, Any]) -> str:
    """What was struck out and what was put in, the reason, and the sentence that settles it where there is one."""
    tags = {"same": "{}", "removed": "<del>{}</del> ", "added": "<ins>{}</ins>"}
    runs = diff_runs(item["before"], item["after"])
    text = "".join(tags[run.kind].format(paragraphs(run.text)) for run in runs)
    dropped = "" if item["after"] else "<ins>(지움)</ins>"
    source = item.get("source")  # records of earlier versions have none
    quote = f'<blockquote class="h-cited">{paragraphs(source)}</blockquote>' if source else ""
    return f"<span>{text}{dropped}</span><small>{escape(item['reason'])}</small>{quote}"


def chip(label: str) -> str:
    """A verdict as a mark and a word; the colour only repeats them."""
    mark, word = verdict_word(label)
    known = label if word != "확인 못 함" else "unchecked"
    return f'<span class="h-chip h-{known}"><span aria-hidden="true">{mark}</span> {word}</span>'


def _verdicts(verdicts: Sequence[Mapping[str, Any]]) -> str:
    if not verdicts:
        return ""
    rows = "".join(
        f"<li>{chip(item['label'])}<span class='h-claim'>{_checker(item)}{escape(item['claim'])}</span>"
        + (f"<small>{escape(item['explanation'])}</small>" if item["explanation"] else "")
        + "</li>"
        for item in verdicts
    )
    return f'<section class="h-verdicts"><h3>확인 결과</h3><ul>{rows}</ul></section>'


def _checker(verdict: Mapping[str, Any]) -> str:
    word = CHECKER_WORDS.get(verdict["checker"], "")
    return f"<b>{word}</b> " if word else ""


def _sources(citations: Sequence[Mapping[str, Any]], passages: Passages, key: str) -> str:
    """One card a marker, in the order of the markers."""
    by_marker: dict[int, list[Mapping[str, Any]]] = {}
    for item in citations:
        by_marker.setdefault(item["marker"], []).append(item)
    if not by_marker:
        return ""
    cards = "".join(_source(by_marker[marker], passages, key) for marker in sorted(by_marker))
    return f'<section class="h-sources"><h3>출처</h3>{cards}</section>'


def _source(citations: Sequence[Mapping[str, Any]], passages: Passages, key: str) -> str:
    first = citations[0]
    quotes = [item["quote"] for item in citations if item["quote"]]
    chunks = passages.get(first["chunk"], ())
    if chunks:
        body = "".join(
            f'<blockquote class="h-cited">{highlighted(chunk["text"], quotes)}</blockquote>'
            if chunk["id"] == first["chunk"]
            else f'<p class="h-near">{paragraphs(chunk["text"])}</p>'
            for chunk in chunks
        )
    else:
        # A curated answer cites its question, which is no passage of a document.
        body = '<p class="h-near">원문을 불러오지 못했습니다.</p>' if first["chunk"] else ""
        body += "".join(f'<blockquote class="h-cited">{paragraphs(quote)}</blockquote>' for quote in quotes)
    return _card(f"[{first['marker']}]", first, body, f' id="{_anchor(key, first["marker"])}"')


def _considered(hits: Sequence[Mapping[str, Any]]) -> str:
    """The passages a refusal rests on: what was read and found wanting."""
    if not hits:
        return ""
    cards = "".join(
        _card("", hit, f'<blockquote class="h-cited">{paragraphs(hit["text"])}</blockquote>', "") for hit in hits
    )
    return f'<section class="h-sources"><h3>살펴본 문서</h3>{cards}</section>'


def _card(number: str, item: Mapping[str, Any], body: str, attributes: str) -> str:
    page = page_text(item["page"], item["label"])
    shown = f'<span class="h-number">{number}</span> ' if number else ""
    place_text = escape(place(item["title"], item["label"]))
    page_shown = f'<span class="h-page">{page}</span>' if page else ""
    if ocr := ocr_text(item.get("ocr")):
        page_shown += f'<span class="h-ocr" title="그림에서 읽은 글이라 숫자가 틀릴 수 있습니다">{ocr}</span>'
    if version := item.get("version"):
        page_shown += f'<span class="h-page">{escape(version)}</span>'
    if note := item.get("version_note"):
        body += f'<p class="h-version">{escape(note)}</p>'
    source = f'<div class="h-path">{escape(item["source"])}</div>' if item["source"] else ""
    return (
        f'<details class="h-source"{attributes}><summary>{shown}<span class="h-place">{place_text}</span>{page_shown}'
        f'</summary><div class="h-passage">{body}{source}</div></details>'
    )


def highlighted(text: str, quotes: Sequence[str]) -> str:
    """Escaped text with every quote marked; blanks of a quote may differ from the text's (line breaks of a PDF)."""
    spans: list[tuple[int, int]] = []
    for quote in quotes:
        pattern = r"\s+".join(re.escape(word) for word in quote.split())
        found = re.search(pattern, text) if pattern else None
        if found:
            spans.append(found.span())
    result, position = "", 0
    for start, end in sorted(spans):
        start = max(start, position)
        if end <= start:
            continue
        result += paragraphs(text[position:start]) + f"<mark>{paragraphs(text[start:end])}</mark>"
        position = end
    return result + paragraphs(text[position:])

"""Which parts of a web page are its content: the parts a user chose, or all without menus, bars and lists of links.

Guessing is careful: what holds most of a page's words is never dropped, and where little would be left nothing is.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from selectolax.lexbor import LexborHTMLParser, LexborNode, SelectolaxError

from haechi.errors import ParseError

#: Never content, wherever it stands.
_NEVER = "script, style, noscript, template, svg, iframe, form button, select, [hidden]"
_AROUND = "nav, aside, header, footer, [role=navigation], [role=banner], [role=contentinfo], [role=complementary]"
_MAIN = "main, article, [role=main]"
#: Words in a class or id that are furniture wherever they stand (`gnbArea`), and those that must be the whole name.
_FURNITURE_WORDS = frozenset(
    "gnb lnb snb navi navigation breadcrumb breadcrumbs cookie cookies gdpr skipnav skipnavi pagination sitemap "
    "satisfaction".split()
)
_FURNITURE_NAMES = frozenset("nav navbar skip sns share paging pager sidebar footer copyright familysite".split())
_WORD = re.compile(r"[A-Z]?[a-z]+|[A-Z]+(?![a-z])")
_BREADCRUMB = re.compile(r"\s*(?:홈|home|처음)\s*(?:>|›|»|/|〉|＞)", re.IGNORECASE)
_FILE = re.compile(r"\.(?:pdf|hwpx?|docx?|xlsx?|pptx?|zip)\b|down|attach|첨부", re.IGNORECASE)
_LISTS = frozenset("div section ul ol dl table".split())
#: A part is a list of links from this many links and this share of its letters on.
LINKS, LINK_SHARE = 3, 0.7
#: Letters of a link that is a menu's or a list's, not a sentence.
LINK_CHARS = 60
BREADCRUMB_CHARS = 80
#: What holds more of the page's letters than this is the page.
MOST = 0.5
#: Link lists stay where less than this would be left without them: the page is an index.
LEAST_CHARS = 80


@dataclass
class _Size:
    """Letters under a node, those of links among them, and the number of links."""

    chars: int = 0
    linked: int = 0
    links: int = 0


def select_parts(
    tree: LexborHTMLParser, keep: Sequence[str], drop: Sequence[str], source: str, warnings: list[str]
) -> list[LexborNode]:
    """The nodes to read, in order; everything else that is not content has been taken out of the tree.

    Raises ParseError for a selector that cannot be read; one that matches nothing becomes a warning.
    """
    for selector in drop:
        _remove(tree, _css(tree, selector, "html_drop", source, warnings))
    kept = [node for selector in keep for node in _css(tree, selector, "html_keep", source, warnings)]
    _remove(tree, tree.css(_NEVER))
    if tree.body is None:
        return []
    if kept:
        return _outermost(tree.body, {node.mem_id for node in kept})
    if keep:
        warnings.append("html_keep에 맞는 부분이 하나도 없어 쪽 전체에서 본문을 찾았습니다.")
    _drop_furniture(tree.body, tree)
    return [tree.body]


def drop_around(tree: LexborHTMLParser) -> None:
    """For pieces of HTML inside other formats: only what is never content."""
    _remove(tree, tree.css(f"{_NEVER}, {_AROUND}"))


def _remove(tree: LexborHTMLParser, nodes: Sequence[LexborNode]) -> None:
    """Take nodes out; those inside others go with them and must not be touched again: their memory is gone."""
    if nodes and tree.root is not None:
        for node in _outermost(tree.root, {node.mem_id for node in nodes}):
            node.decompose()


def _css(tree: LexborHTMLParser, selector: str, setting: str, source: str, warnings: list[str]) -> list[LexborNode]:
    try:
        found: list[LexborNode] = tree.css(selector)
    except SelectolaxError as error:
        raise ParseError(
            f"{source}: [parsers] {setting}의 '{selector}'는 CSS 선택자가 아닙니다. "
            "예: div.view_content, #article, h1.title",
            f"{source}: '{selector}' in [parsers] {setting} is no CSS selector; try div.view_content",
        ) from error
    if not found:
        warnings.append(f"{setting}의 '{selector}'에 맞는 부분이 이 쪽에 없습니다.")
    return found


def _outermost(root: LexborNode, wanted: set[int]) -> list[LexborNode]:
    """The nodes of these ids in the order of the page, without those that stand inside another."""
    found: list[LexborNode] = []
    stack = [root]
    while stack:
        node = stack.pop()
        if node.mem_id in wanted:
            found.append(node)
        else:
            stack.extend(reversed(list(node.iter())))
    return found


def _drop_furniture(body: LexborNode, tree: LexborHTMLParser) -> None:
    inside_main = {node.mem_id for main in tree.css(_MAIN) for node in main.css("header, footer")}
    around = {node.mem_id for node in tree.css(_AROUND)} - inside_main
    sizes = _measure(body)
    total = sizes[body.mem_id].chars
    dropped: list[LexborNode] = []
    lists: list[LexborNode] = []
    stack = list(reversed(list(body.iter())))
    while stack:
        node = stack.pop()
        size = sizes.get(node.mem_id, _Size())
        if size.chars <= total * MOST and (node.mem_id in around or _is_furniture(node, size)):
            dropped.append(node)
        elif size.chars <= total * MOST and _is_link_list(node, size):
            lists.append(node)
        else:
            stack.extend(reversed(list(node.iter())))
    left = total - sum(sizes[node.mem_id].chars for node in dropped if node.mem_id in sizes)
    if left - sum(sizes[node.mem_id].chars for node in lists) >= LEAST_CHARS:
        dropped += lists
    for node in dropped:
        node.decompose()


def _is_furniture(node: LexborNode, size: _Size) -> bool:
    names = f"{node.attributes.get('class') or ''} {node.attributes.get('id') or ''}"
    words, whole = {word.lower() for word in _WORD.findall(names)}, set(names.lower().split())
    if (words | whole) & _FURNITURE_WORDS or whole & _FURNITURE_NAMES:
        return True
    return size.chars <= BREADCRUMB_CHARS and bool(_BREADCRUMB.match(node.text()[:40]))


def _is_link_list(node: LexborNode, size: _Size) -> bool:
    if node.tag not in _LISTS or size.links < LINKS or size.linked < size.chars * LINK_SHARE:
        return False
    if size.linked > size.links * LINK_CHARS:
        return False
    # Forms and attachments are what such a page is for.
    targets = [link.attributes.get("href") or "" for link in node.css("a")]
    return sum(bool(_FILE.search(target)) for target in targets) * 2 < len(targets)


def _measure(body: LexborNode) -> dict[int, _Size]:
    """Sizes of all elements, bottom up with an own stack: a page can be thousands of levels deep."""
    sizes: dict[int, _Size] = {}
    stack: list[tuple[LexborNode, LexborNode | None, bool]] = [(body, None, False)]
    while stack:
        node, parent, leaving = stack.pop()
        if not leaving:
            sizes[node.mem_id] = _Size()
            stack.append((node, parent, True))
            for child in node.iter(include_text=True):
                if child.tag == "-text":
                    sizes[node.mem_id].chars += len("".join((child.text_content or "").split()))
                else:
                    stack.append((child, node, False))
            continue
        size = sizes[node.mem_id]
        if node.tag == "a" and size.chars:
            size.linked, size.links = size.chars, 1
        if parent is not None:
            above = sizes[parent.mem_id]
            above.chars += size.chars
            above.linked += size.linked
            above.links += size.links
    return sizes

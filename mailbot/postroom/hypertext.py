"""HTML of strangers to text, with the places marked where a mail client quoted an earlier mail.

Nothing is fetched, nothing is run, what is hidden stays hidden. The layout is inscriptis's; where that gives
up (too big, too deeply nested, not really HTML) the tags are struck out crudely instead, because a plain
reading is better than a lost word. Linear in the length of the input, and no input raises.
"""

from __future__ import annotations

import re
from html import unescape
from typing import Any

import lxml.etree
import lxml.html
from inscriptis import Inscriptis
from inscriptis.css_profiles import STRICT_CSS_PROFILE
from inscriptis.model.config import ParserConfig

# Lines that hold one of these alone say what the HTML said about quoting. They never reach a reader:
# `unmarked` takes them out again. Private-use characters, removed from what strangers write.
QUOTE_OPENS = "\ue000"
QUOTE_ENDS = "\ue001"
INDENT_OPENS = "\ue002"  # a bare <blockquote>: quoted or only indented, the words before it tell
HISTORY_BEGINS = "\ue003"
_MARKS = re.compile("[\ue000-\ue003]")
_MARK_LINES = re.compile("^[ \t]*[\ue000-\ue003][ \t\ue000-\ue003]*(?:\n|\\Z)", re.MULTILINE)

MAX_HTML_CHARS = 2_000_000  # pictures inside not counted; it needs half a second even without layout
MAX_LAYOUT_CHARS = 250_000
MAX_LAYOUT_TAGS = 20_000  # inscriptis needs up to half a second for so many
_MAX_STRUCK_CHARS = 800_000
_DATA_URI = re.compile(r"data:[a-z0-9.+/-]{0,60};base64,[A-Za-z0-9+/=%\s]*")
_DECLARATION = re.compile(r"^\s*<\?xml[^>]{0,200}\?>")
_CONFIG = ParserConfig(css=STRICT_CSS_PROFILE)
_SKIPPED = ("script", "style", "head", "title", "template")
_BREAKING = re.compile(r"/?(?:br|p|div|tr|li|ul|ol|table|h[1-6r]|blockquote|pre|section|article)$")
_QUOTING_CLASSES = frozenset({"gmail_quote", "protonmail_quote", "tutanota_quote", "zmail_extra", "ox_quote"})


def marked_text(html: str, crude: bool = False) -> str:
    """The text of an HTML body, quotation marks of `QUOTE_OPENS` and its kin included; `crude` without layout."""
    html = _MARKS.sub("", html[: 4 * MAX_HTML_CHARS])
    if "base64," in html:
        html = _DATA_URI.sub("", html)
    html = html[:MAX_HTML_CHARS]
    if crude or len(html) > MAX_LAYOUT_CHARS or html.count("<") > MAX_LAYOUT_TAGS:
        return struck_out(html)
    try:
        text = _laid_out(_DECLARATION.sub("", html))
    except Exception:
        # lxml and inscriptis raise a wide family (parser errors, ValueError, RecursionError, AssertionError)
        # on strangers' HTML; whatever it was, the words can still be had.
        return struck_out(html)
    if len(text) < 200 and len(html) > 400:
        # Text nested some 255 levels deep is dropped without a word.
        struck = struck_out(html)
        if not text.strip() or len(struck) > 4 * len(text) + 40:
            return struck
    return text


def unmarked(text: str) -> str:
    """The text as a reader gets it."""
    if not _MARKS.search(text):
        return text
    return _MARKS.sub("", _MARK_LINES.sub("", text))


def _laid_out(html: str) -> str:
    if not html.strip():
        return ""
    tree = lxml.html.document_fromstring(html)
    for element in list(tree.iter("blockquote", "div", "hr", "a", "span")):
        _mark(element)
    text: str = Inscriptis(tree, _CONFIG).get_text()
    lines = [line.rstrip() for line in text.replace("\xa0", " ").split("\n")]
    return re.sub(r"\n{4,}", "\n\n\n", "\n".join(lines)).strip("\n")


def _mark(element: Any) -> None:
    """Put a line before, and where it ends one after, what this element quotes."""
    classes = set((element.get("class") or "").split())
    name = element.get("id") or ""
    if element.tag == "blockquote":
        cited = (element.get("type") or "").lower() == "cite" or bool(classes & _QUOTING_CLASSES)
        element.insert(0, _line(QUOTE_OPENS if cited else INDENT_OPENS, element))
        element.append(_line(QUOTE_ENDS))
        return
    style = (element.get("style") or "").lower().replace(" ", "")
    if (
        name in ("appendonsend", "divRplyFwdMsg", "x_divRplyFwdMsg", "zwchr", "OLK_SRC_BODY_SECTION")
        or "yahoo_quoted" in classes
        or name.startswith("yahoo_quoted")
    ):
        _before(element)
    elif element.tag == "div" and style.startswith("border:none;border-top:solid#"):
        _before(element)  # the line that Outlook for Windows draws above the mail it answers


def _line(mark: str, host: Any = None) -> Any:
    line = lxml.etree.Element("div")
    line.text = mark
    if host is not None:
        line.tail, host.text = host.text, None
    return line


def _before(element: Any) -> None:
    parent = element.getparent()
    if parent is not None:
        parent.insert(parent.index(element), _line(HISTORY_BEGINS))


def enriched_words(text: str) -> str:
    """The words of text/enriched (RFC 1896): commands struck out, "<<" is "<", a line end alone is a space."""
    text = re.sub(r"<param>[^<]{0,1000}</param>", "", text, flags=re.IGNORECASE)
    text = re.sub(r"<(<)|</?[a-z-]{1,60}>", lambda found: found.group(1) or "", text, flags=re.IGNORECASE)
    return re.sub(r"\n(\n*)", lambda found: found.group(1) or " ", text)


def struck_out(html: str) -> str:
    """The text with its tags struck out: no layout, but nothing lost and no surprises."""
    text, unclosed = _struck_out(html, _SKIPPED)
    return _struck_out(html, ())[0] if unclosed else text


def _struck_out(html: str, skipped: tuple[str, ...]) -> tuple[str, bool]:
    """The text, and whether one of the skipped elements never ended (and so swallowed the rest)."""
    out: list[str] = []
    skipping = ""
    begins = html.find("<")
    out.append(html[:begins] if begins >= 0 else html)
    collected = 0
    while begins >= 0 and collected < _MAX_STRUCK_CHARS:
        ends = html.find("<", begins + 1)
        piece = html[begins + 1 : ends] if ends >= 0 else html[begins + 1 :]
        begins = ends
        tag, closed, text = piece.partition(">")
        words = tag[:200].split(None, 1)
        name = (words[0] if words else "").lower().rstrip("/")
        if skipping:
            if name == "/" + skipping:
                skipping = ""
                out.append(text)
            continue
        if not closed or not (name[:1].isalpha() or name[:1] in "/!?"):
            out.append("<" + piece)  # "2 < 3": not a tag at all
            collected += len(piece) + 1
            continue
        if name in skipped:
            skipping = name
            continue
        if _BREAKING.match(name):
            out.append("\n")
            collected += 1
        if text:
            out.append(text)
            collected += len(text)
    text = unescape("".join(out))
    del out
    text = re.sub(r" ?\n ?", "\n", re.sub(r"[^\S\n]+", " ", text))
    return re.sub(r"\n{3,}", "\n\n", text).strip(" \n"), bool(skipping)

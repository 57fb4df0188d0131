"""Every letter and mail that mailbot writes, with hostile words in every fact: its HTML keeps its shape, its links go
where they went, its header has the lines that it had. No sender's HTML is ever shown to anybody: there is nothing
that a sanitiser would have to take out, because their words go in as words."""

from __future__ import annotations

import datetime as dt
import email
import re
from collections import Counter
from html.parser import HTMLParser
from typing import Any
from urllib.parse import parse_qsl, unquote, urlsplit

import pytest
from letter_samples import FACTS, LETTERHEAD, TEMPLATES, order_of

from mailbot.casework.vocabulary import Letter
from mailbot.postroom.letters import Stationery

STATIONERY = Stationery(TEMPLATES)
HOSTILE = (
    "{word}<script>alert(1)</script><img src=https://track.example/1.gif onerror=x><form action=//evil.example>",
    '{word}" onmouseover="x" href="javascript:x" style="background:url(//evil.example)',
    "{word}' style='x' --></style></title></td></table></body><iframe src=x>",
    "{word} {{{{ config }}}} {{% for a in b %}} {{# c #}} ${{d}} %(e)s",
    "{word}&bcc=everyone@evil.example&cc=x@evil.example?subject=y#z",
    "{word}\r\nBcc: everyone@evil.example\u2028Cc: x@evil.example\u2029\x85\x0b\x0c\x00",
    "{word}\u202egnp.exe\u2066 \u200b\ufeff",
    "{word}]]><!--[if mso]><a href=//evil.example>",
)
_ACTIVE = {
    "script",
    "img",
    "form",
    "iframe",
    "object",
    "embed",
    "input",
    "base",
    "link",
    "svg",
    "meta",
    "button",
    "video",
}


class _Shape(HTMLParser):
    """The tags with the names of their attributes, in order, and where links lead."""

    def __init__(self, page: str) -> None:
        super().__init__(convert_charrefs=True)
        self.tags: Counter[str] = Counter()
        self.links: list[str] = []
        self.feed(page)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags[f"{tag} {' '.join(sorted(name for name, _ in attrs))}"] += 1
        self.links += [
            value or "" for name, value in attrs if name in ("href", "src", "action", "background")
        ]


def poisoned(fact: Any, poison: str) -> Any:
    """The fact with the poison in every one of its texts that a stranger could have written."""
    if isinstance(fact, str):
        return poison.format(word=fact) if re.search("[A-Za-z]{3}", fact) and not _kept(fact) else fact
    if isinstance(fact, dict):
        # A button's `to` is a colleague's address out of staff.toml: no stranger writes it.
        return {key: value if key == "to" else poisoned(value, poison) for key, value in fact.items()}
    if isinstance(fact, (list, tuple)):
        return type(fact)(poisoned(value, poison) for value in fact)
    return fact


def _kept(text: str) -> bool:
    """A date or a word of ours (a code, a colour) by which a template decides; no stranger writes those."""
    try:
        dt.datetime.fromisoformat(text)
        return True
    except ValueError:
        return bool(re.fullmatch(r"[a-z][a-z0-9_-]{0,30}|#[0-9a-f]{6}|#[a-z]+.*|mailto:.*|https?:.*", text))


@pytest.mark.parametrize("letter", list(FACTS), ids=str)
def test_no_word_of_a_stranger_changes_the_shape_of_a_mail(letter: Letter) -> None:
    innocent = STATIONERY.write(order_of(letter), LETTERHEAD)
    shape = _Shape(innocent.html)
    header = Counter(name.lower() for name in email.message_from_bytes(innocent.raw))
    for poison in HOSTILE:
        facts = {name: poisoned(fact, poison) for name, fact in FACTS[letter].items()}
        written = STATIONERY.write(order_of(letter, **facts), LETTERHEAD)
        message = email.message_from_bytes(written.raw)
        assert Counter(name.lower() for name in message) == header, poison
        assert not message.defects
        seen = _Shape(written.html)
        new = {tag for tag in seen.tags if tag not in shape.tags}
        assert {tag for tag in new if tag.split(" ", 1)[0] in _ACTIVE or " on" in tag} == set(), poison
        # More words may be more paragraphs (a line end begins a new one), never another kind of element.
        assert new == set(), poison
        hosts = {urlsplit(link).netloc or link.split("?", 1)[0] for link in shape.links}
        for link in seen.links:
            assert (urlsplit(link).netloc or link.split("?", 1)[0]) in hosts, (poison, link)
            if link.startswith("mailto:"):
                keys = [key for key, _ in parse_qsl(link.partition("?")[2], keep_blank_values=True)]
                assert set(keys) <= {"subject", "body"}, (poison, link)
                assert len(keys) == len(set(keys)), "nothing is said twice"
                assert "\r\nBcc" not in unquote(link.partition("?")[2].partition("&body=")[0])


def test_the_hostile_words_are_there_to_be_read() -> None:
    """A guard for the test above: it would hold as well if the words went nowhere."""
    shown = 0
    for letter in FACTS:
        facts = {name: poisoned(fact, HOSTILE[0]) for name, fact in FACTS[letter].items()}
        written = STATIONERY.write(order_of(letter, **facts), LETTERHEAD)
        shown += "&lt;script&gt;alert(1)" in written.html and "<script>alert(1)" in written.text
    assert shown >= 25
    assert _Shape("<p><script>x</script><a href=javascript:x>y</a>").tags["script "] == 1

"""Senders who look like somebody else: letters of other scripts, turned reading direction, names that are addresses.

Says what a person should know about a sender's name and address; decides nothing. Who may act is `trust`'s
question, and there no look-alike passes, because addresses are compared letter by letter.

Sources: UTS 39 (confusables; only those that pass for Latin letters in common fonts), UAX 9 (reading direction).
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from functools import lru_cache
from html import unescape

from mailbot.postroom.charsets import one_line

_TURNS = re.compile("[\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]")
_UNSEEN = re.compile("[\u00ad\u180e\u200b-\u200d\u2060\ufeff]")
# Cyrillic, Greek and Armenian letters, and figures, that are drawn like these Latin ones.
_DRAWN_LIKE = str.maketrans(
    "аеорсухіјѕԁԛԝһӏкмнтвгпοαρντυιϲεκսոօցհ01|$5",
    "aeopcyxijsdqwhlkmhtbrnoapvtuicekunoghollss",
)
_ADDRESS = re.compile(r"[^\s<>\"'()]{1,64}@((?:[\w-]{1,63}\.)+[\w-]{2,24})")


def skeleton(text: str) -> str:
    """The text as a hasty reader sees it: look-alike letters made Latin, accents dropped, "rn" read as "m"."""
    plain = unicodedata.normalize("NFKD", _readable(text).lower())
    plain = "".join(c for c in plain if not unicodedata.combining(c)).translate(_DRAWN_LIKE)
    return plain.replace("rn", "m").replace("vv", "w")


def _readable(domain: str) -> str:
    """A domain with its punycode labels (RFC 3492) written out."""
    if "xn--" not in domain.lower():
        return domain
    labels = []
    for label in domain.lower().split("."):
        try:
            labels.append(label[4:].encode("ascii").decode("punycode") if label.startswith("xn--") else label)
        except (UnicodeError, ValueError, OverflowError):
            labels.append(label)
    return ".".join(labels)


def scripts(text: str) -> frozenset[str]:
    """The writing systems of the letters in a text: LATIN, CYRILLIC, ARABIC ..."""
    found = (unicodedata.name(c, "").split(" ", 1)[0] for c in text if c.isalpha())
    return frozenset(s for s in found if s and s not in ("MODIFIER", "FULLWIDTH", "MASCULINE", "FEMININE"))


def warnings_of(name: str, address: str, given: bytes = b"") -> tuple[str, ...]:
    """What is odd about a sender by itself. `given` is the From field as it came, before it was cleaned."""
    found = []
    raw = given.decode("utf-8", "replace")
    if _TURNS.search(raw) or _TURNS.search(name):
        found.append("the sender's name turns the reading direction")
    if _UNSEEN.search(address):
        found.append("the sender's address holds letters that nobody sees")
    domain = _readable(address.rpartition("@")[2])
    if any(_mixed(label) for label in (*domain.split("."), address.rpartition("@")[0])):
        found.append("the sender's address mixes letters of several scripts")
    elif any(_disguised(label) for label in domain.split(".")):
        found.append("the sender's domain is drawn like a Latin one")
    if any(_mixed(word) for word in name.split()):
        found.append("the sender's name mixes letters of several scripts")
    shown = _ADDRESS.search(name.lower())
    if shown and shown.group() != address and shown.group(1) != address.rpartition("@")[2]:
        found.append("the sender's name shows another address")
    return tuple(found)


def _disguised(label: str) -> bool:
    """A label wholly of letters that pass for Latin ones."""
    return not label.isascii() and "LATIN" not in scripts(label) and skeleton(label).isascii()


def _mixed(word: str) -> bool:
    """Latin and look-alike letters in one word; people of every script write theirs in one."""
    used = scripts(word)
    return "LATIN" in used and bool(used & {"CYRILLIC", "GREEK", "ARMENIAN", "CHEROKEE"})


def imitates(address: str, ours: frozenset[str]) -> str:
    """The one of our addresses or domains that this address is drawn like without being it, "" for none."""
    domain = address.rpartition("@")[2]
    drawn_domain, drawn = skeleton(domain), skeleton(address)
    for own in sorted(ours):
        own_domain = own.rpartition("@")[2]
        if domain != own_domain and drawn_domain == _known_skeleton(own_domain):
            return own_domain
        if address != own and "@" in own and drawn == _known_skeleton(own):
            return own
    return ""


_known_skeleton = lru_cache(maxsize=1_024)(skeleton)  # of addresses that are held against every sender


_HREF = re.compile(
    r"""href\s*=\s*["']?\s*https?://(?:[^/@"'\s>]{0,100}@)?([^/:"'\s>?#]{1,253})""", re.IGNORECASE
)
_SHOWN_HOST = re.compile(r"(?:https?://|www\.)([^/\s<>:?#\"']{1,253})|^\s*([a-z0-9-]{1,63}(?:\.[a-z0-9-]{1,63}){1,4})\s*$",
                         re.IGNORECASE)  # fmt: skip


def false_links(html: str) -> tuple[str, ...]:
    """What is odd about the links of an HTML body: those that show one host and lead to another. The first 200 links
    are looked at; nothing is fetched."""
    found = []
    for to, words in _links(html):
        shown = _SHOWN_HOST.search(words)
        if shown:
            says = (shown.group(1) or shown.group(2)).lower()
            if _without_www(to) != _without_www(says):
                found.append(f"a link shows {says} and leads to {to}")
    return tuple(dict.fromkeys(found))[:5]


def hidden_links(html: str) -> tuple[tuple[str, str], ...]:
    """(words, host) of each link whose words don't say where it leads: a reader of the text would not know that
    there is one. At most 20."""
    found = (
        (one_line(unescape(words), 80), to)
        for to, words in _links(html)
        if words.strip() and not _SHOWN_HOST.search(words) and _without_www(to) not in words.lower()
    )
    return tuple(dict.fromkeys(link for link in found if link[0]))[:20]


def _links(html: str) -> Iterator[tuple[str, str]]:
    """(host, words) of the first 200 links to the web."""
    for piece in re.split(r"<a\s", html[:500_000], maxsplit=201, flags=re.IGNORECASE)[1:201]:
        tag, _, rest = piece[:4_000].partition(">")
        words = re.sub(r"<[^<>]{0,500}>", "", re.split(r"</a", rest, maxsplit=1, flags=re.IGNORECASE)[0])
        leads = _HREF.search(tag)
        if leads:
            yield leads.group(1).lower(), words


def _without_www(host: str) -> str:
    return host.removeprefix("www.").rstrip(".")

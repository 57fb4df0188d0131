"""A letter shown inside another one, as its reader would see it: readable, and with nothing in it that acts."""

from __future__ import annotations

import datetime as dt
import re
from dataclasses import dataclass
from typing import Final

from markupsafe import Markup

_INSIDE: Final = re.compile(r"<body[^>]*>(?P<inside>.*)</body>", re.DOTALL)
_HIDDEN: Final = re.compile(r'<div style="display:none[^>]*>.*?</div>', re.DOTALL)
_PRESSED: Final = re.compile(r'(<a\b[^>]*?) href="mailto:[^"]*"')
_PICTURED: Final = re.compile(r'<img\b[^>]*src="cid:[^>]*>')


@dataclass(frozen=True)
class Shown:
    """`words`: what kind of letter; `who`: whom it is for, in words. `html` is our own markup, safe to stand in a
    page: what strangers wrote was escaped when the letter was written."""

    words: str
    to: str
    who: str
    at: dt.datetime
    because: tuple[str, ...]
    reference: str
    subject: str
    text: str
    html: Markup
    files: tuple[str, ...] = ()


def switched_off(html: str) -> Markup:
    """The inside of a page of ours, to stand in another mail: its buttons lead nowhere, and pictures that came along
    with it are left out."""
    found = _INSIDE.search(html)
    inside = _HIDDEN.sub("", found["inside"] if found else html, count=1)
    return Markup(_PICTURED.sub("", _PRESSED.sub(r"\1", inside)))

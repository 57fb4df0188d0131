"""The landlord's own word for a resident, in what staff read. House sentences are written with "resident"; a policy may
say customer, tenant or individual. What people wrote themselves is never touched: callers hand in our own words."""

from __future__ import annotations

import re
from typing import Final

_OURS: Final = re.compile(r"“[^”]*”|(?<![#\w])(?P<first>[Rr])esident(?P<many>s?)(?!\w)")
"""A quotation of somebody's words, which stays, or the word; `#resident` is a command."""


def called(noun: str, sentence: str) -> str:
    """The sentence with the landlord's noun for "resident"."""

    def said(found: re.Match[str]) -> str:
        if not found["first"]:
            return found[0]
        word = noun[:1].upper() + noun[1:] if found["first"] == "R" else noun
        return word + found["many"]

    return sentence if noun == "resident" else _OURS.sub(said, sentence)

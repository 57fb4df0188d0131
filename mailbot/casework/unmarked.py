"""A command that somebody forgot to begin with its #.

Without the mark it would go to the resident as it stands: "Contacted by phone, she was in tears". Promises: only lines
are told that have the form of a command, not such as merely begin with the same word ("Note that we come on Friday",
"Close the window at night").
"""

from __future__ import annotations

import re
from typing import Final

_FORMS: Final = (
    r"acknowledged?(?: (?:now|by (?:post|email|letter|phone)))?",
    r"contacted (?:by|(?:the )?(?:resident|customer|tenant)|her|him|them)\b.*",
    r"tried (?:by|(?:the )?(?:resident|customer|tenant)|to (?:ring|call|phone)|her|him|them)\b.*",
    r"respond(?:ed)?(?: as)? (?:(?:partly|partially|not|fully) )?upheld\b.*",
    r"extend(?:ed)? (?:by |for |to |until )?(?:\d|an? (?:week|month)|ten|five|twenty|mon|tue|wed|thu|fri).*",
    r"clos(?:e|ed) (?:agreed|withdrawn|answered|concern|silence|because)\b.*",
    r"sort (?:as )?(?:an? )?(?:complaint|service request|escalation|reply|other)\b.*",
    r"(?:re)?assign(?:ed)? (?:it )?(?:to )?[a-z'’-]+(?: [a-z'’-]+)?",
    r"(?:file |internal )?note(?: to (?:self|file))?\s?[:–—-].*",
    r"(?:file|internal) note\b.*",
    r"note (?:spoke|rang|called|phoned|tried|visited|for file|she|he|they|resident|customer|tenant)\b.*",
    r"action\b.* by (?:\d|mon|tue|wed|thu|fri|tomorrow|next).*",
    r"done \d{1,3}",
    r"hold (?:off|until\b.*)",
    r"escalate(?: (?:it|this|because\b.*|to stage\b.*))?",
    r"(?:re-?open|cancel|approve|accept|conflict|reviewed|restrict|split|update|history|help)(?: \d{1,3})?",
    r"return(?: \d{1,3})? because\b.*",
    r"decline \w+.* because\b.*",
    r"authority (?:given|refused|not needed)",
    r"resident \S+@\S+.*",
    r"record (?:tenure|estate|service|contractor|compensation)\b.*",
    r"merge (?:in)?(?:to )?[a-z]{2,6}-\d{4}-.*",
)
_COMMAND: Final = re.compile(rf"(?:{'|'.join(_FORMS)})\s?[.!]?", re.IGNORECASE)


def is_unmarked(line: str) -> bool:
    """Whether the line has the form of a command, but for the # at its beginning."""
    return _COMMAND.fullmatch(line.strip()[:300]) is not None

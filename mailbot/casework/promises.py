"""What a letter promises with a date, told to whoever wrote it: what is only said is forgotten (Code 6.6, 7.3).

It is a question and no more: nothing is recorded until a person writes #action.
"""

from __future__ import annotations

import re
from typing import Final

_SENTENCE: Final = re.compile(r"(?<=[.!?])\s+|\n+")
_DONE_BY: Final = re.compile(
    r"(?:\b(?:will|shall|going to|booked|arranged|comes?|coming|attends?|visits?)\b|['’]ll\b)[^.?!\n]{0,160}?"
    r"\b(?:by|on|before|within|until|this|next|tomorrow)\b ?(?:the )?"
    r"(?:\d{1,2}(?:st|nd|rd|th)? (?:of )?(?:jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)"
    r"|\d{1,2}[./]\d{1,2}|\d{4}-\d\d-\d\d|(?:next |this )?(?:mon|tues|wednes|thurs|fri|satur|sun)day|week\b|month\b"
    r"|(?:\d{1,2}|one|two|three|four|five|ten) (?:working )?(?:days?|weeks?)|(?<=tomorrow))",
    re.IGNORECASE,
)
_OURS_TO_WRITE: Final = re.compile(
    r"\byou(?: wi|'|’)ll have (?:it|our|my|an)\b"
    r"|\b(?:hear from|write to|ring|call|reply|answer|respond|response|in touch)\b",
    re.IGNORECASE,
)
"""Words of our own, which have their dates already."""


def promised_in(text: str) -> str:
    """The first sentence that says that something will be done by a day, as it was written; "" if there is none."""
    for sentence in _SENTENCE.split(text[:20_000]):
        if _DONE_BY.search(sentence) and not _OURS_TO_WRITE.search(sentence):
            return " ".join(sentence.split())[:300]
    return ""

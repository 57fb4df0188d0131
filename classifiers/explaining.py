"""Turning weighed features back into words that a person can find in the mail."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import TYPE_CHECKING

from classifiers.features import watch_token
from classifiers.watchwords import WATCHWORDS
from mailbot.casework.vocabulary import Stage

if TYPE_CHECKING:
    from classifiers.model import Read

_NAMED = {
    "someref": "a case reference", "somephone": "a telephone number", "somemoney": "a sum of money",
    "sometime": "a time of day", "somedate": "a date", "someyear": "a year", "someday": "a weekday",
    "somenumber": "a number", "somelink": "an address", "?": "a question mark", "!": "an exclamation mark",
}  # fmt: skip
_EMPTY = frozenset(
    [
        "a",
        "an",
        "and",
        "are",
        "as",
        "at",
        "be",
        "been",
        "but",
        "by",
        "for",
        "from",
        "had",
        "has",
        "have",
        "he",
        "her",
        "him",
        "his",
        "i",
        "if",
        "in",
        "is",
        "it",
        "its",
        "me",
        "my",
        "no",
        "of",
        "on",
        "or",
        "our",
        "she",
        "so",
        "that",
        "the",
        "their",
        "them",
        "they",
        "this",
        "to",
        "us",
        "was",
        "we",
        "were",
        "will",
        "with",
        "you",
        "your",
        "im",
        "ive",
        "dont",
        "am",
        "do",
        "did",
        "s",
        "t",
        "re",
    ]
)
_WATCHED = {watch_token(w.name): w.name for w in WATCHWORDS}


def name_features(features: Iterable[tuple[str, str]], read: Read, many: int) -> tuple[str, ...]:
    """The first `many` of `features` (view and feature, strongest first) as phrases of the mail.

    Words that say nothing alone are left out, and a phrase that lies within one already named too.
    """
    named: list[str] = []
    for view, feature in features:
        phrase = _phrase(view, feature, read)
        if phrase and not any(phrase in other or other in phrase for other in named):
            named.append(phrase)
            if len(named) >= many:
                break
    return tuple(named)


def _phrase(view: str, feature: str, read: Read) -> str:
    if view == "cues":
        if feature in _WATCHED:
            return next(
                (read.plain[h.start : h.end] for h in read.hits if h.word.name == _WATCHED[feature]), ""
            )
        return read.views.phrases.get(re.sub(r"_(?:subject|first|last)$", "", feature), "")
    words = [re.sub(r"^[fls]_", "", w) for w in feature.split()]
    if all(w in _EMPTY or len(w) == 1 for w in words) and not any(w in _NAMED for w in words):
        return ""
    if any(w in _NAMED for w in words):
        return " ".join(_NAMED.get(w, w) for w in words)
    phrase = " ".join(words)
    return phrase if phrase in read.plain else ""


def name_stage(stage: Stage) -> str:
    """Where the case stands, as a reason of a decision."""
    return {
        Stage.NONE: "no open case",
        Stage.UNSORTED: "not sorted yet",
        Stage.SERVICE_REQUEST: "a service request is open",
        Stage.STAGE1_OPEN: "stage 1 is open",
        Stage.STAGE1_RESPONDED: "stage 1 was answered",
        Stage.STAGE2_OPEN: "stage 2 is open",
        Stage.STAGE2_RESPONDED: "stage 2 was answered",
        Stage.CLOSED: "the case is closed",
    }[stage]

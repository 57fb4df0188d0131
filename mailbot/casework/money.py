"""Money that a response offers: who may offer how much, and that a response which speaks of it says so (House 47).

Only people offer money. What goes beyond the limit of whoever writes waits for a supervisor, as a response to be
approved; the sum stands in the letter and in the record, not only among its words.
"""

from __future__ import annotations

import re
from typing import Final

from mailbot.casework.rulebook import Rulebook
from mailbot.casework.vocabulary import Person

_SUM: Final = r"(?:£\s?\d[\d,]*(?:\.\d\d)?|\d[\d,]*(?:\.\d\d)? ?pounds?\b)"
_OFFER: Final = (
    r"(?:compensat\w+|goodwill|redress|offer\w*|in recognition|for (?:the |your )?(?:distress|inconvenience))"
)
_SPEAKS: Final = re.compile(rf"{_SUM}[^.\n]{{0,80}}\b{_OFFER}|\b{_OFFER}[^.\n]{{0,80}}{_SUM}", re.IGNORECASE)
_ASKED: Final = re.compile(
    r"[\s,;]*(?:\b(?:and|with)\s+)?\b(?:compensation|offer(?:ing)?)\b(?: of)?[\s:]*"
    r"(?P<sum>none|no|nil|£?\s?[\d,]+(?:\.\d\d)?(?: ?pounds?)?)\W*\Z",
    re.IGNORECASE,
)
MOST: Final = 10_000_000  # pence: beyond it a number is a slip


def taken_apart(words: str) -> tuple[str, int | None] | str:
    """What stands behind #respond as the decision and the pence that are offered (None: not said); why it can't be read
    where it can't."""
    found = _ASKED.search(words)
    if found is None:
        return words, None
    said = re.sub(r"[£,\s]|pounds?", "", found["sum"].lower())
    if said in ("none", "no", "nil"):
        return words[: found.start()], 0
    pounds, _, pence = said.partition(".")
    amount = int(pounds or 0) * 100 + int(pence or 0)
    if not 0 < amount <= MOST:
        return f"“{found['sum'].strip()[:30]}” is no sum that can be offered"
    return words[: found.start()], amount


def told(pence: int | None) -> str:
    """The sum as people write it, "" for none."""
    if not pence:
        return ""
    return f"£{pence // 100:,}" + (f".{pence % 100:02}" if pence % 100 else "")


def speaks_of_it(text: str) -> bool:
    """Whether a response seems to offer money."""
    return _SPEAKS.search(text) is not None


def limit_of(person: Person | None) -> int | None:
    """The most that this person may offer, in pence; None where there is no end. A supervisor has none unless the staff
    file sets one; whoever else it says nothing of may offer nothing."""
    if person is None:
        return 0
    if person.compensation_limit is not None:
        return person.compensation_limit * 100
    return None if "supervisor" in person.roles else 0


def may_offer(person: Person | None, pence: int) -> bool:
    limit = limit_of(person)
    return limit is None or pence <= limit


def who_may(pence: int, rules: Rulebook) -> tuple[Person, ...]:
    """The supervisors who may offer so much; all of them where none may, so that somebody hears of it."""
    supervisors = rules.holding("supervisor")
    return tuple(p for p in supervisors if may_offer(p, pence)) or supervisors

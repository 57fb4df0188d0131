"""Money that a response offers: who may offer how much, and that a response which speaks of it says so (House 47).

Only people offer money. What goes beyond the limit of whoever writes waits for a supervisor, as a response to be
approved; the sum stands in the letter and in the record, not only among its words.
"""

from __future__ import annotations

import re
from typing import Final

from mailbot.casework.rulebook import Rulebook
from mailbot.casework.vocabulary import Case, Person, StaffActed

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


_END: Final = re.compile(r"(?<!\d)[.;]|[.;](?!\d)|[!?\n:]")
_SMALL: Final = (  # possessive: what stands between takes no digit and no £, so that no other way is to be tried
    r"(?:[\s,]++(?:(?:you|to|pay|give|a|an|the|of|in|up|as|this|further|extra|another|also|instead|full|total|sum|amount|"
    r"payment|goodwill|gesture|compensation)\b|for (?:the|your|all the|any) [a-z' -]{1,40}+))*+[\s,]*+"
)
_WE: Final = r"\b(?:we|i)(?:'ll|'d|\u2019ll|\u2019d)?\b"
_GOODWILL: Final = r"(?:compensation|goodwill(?: payment| gesture)?|redress)"
_PROMISES: Final = (
    rf"{_WE}[^.;]{{0,60}}?\b(?:offer|offering|award|awarding)\b{_SMALL}(?P<a>{_SUM})",
    rf"{_WE}(?: will| would like to| like to| can| want to| (?:am|are) going to)?(?: also| now)? pay you{_SMALL}"
    rf"(?P<b>{_SUM})",
    rf"\bplease accept\b{_SMALL}(?P<c>{_SUM})",
    rf"(?:{_WE}|\byou will (?:get|receive)\b)[^.;]{{0,60}}?(?P<d>{_SUM}) (?:as|in|by way of) "
    r"(?:a |an )?(?:gesture of )?(?:goodwill|compensation|redress|apology|recognition)",
    rf"\b(?:offer|pay|send|credit|give)[^.;]{{0,40}}\b{_GOODWILL}(?: payment)? (?:of )?(?P<e>{_SUM})",
)
_OFFERS: Final = re.compile("|".join(_PROMISES), re.IGNORECASE)
_NOT_OURS: Final = re.compile(
    r"\b(?:you(?:r| have|'ve|\u2019ve)? (?:ask|want|wrote|write|said|say|claim|request|mention|told|letter|email)\w*"
    r"|not|can ?not|can['\u2019]?t|won['\u2019]?t|unable|never|no longer|if|whether|offered|awarded)\b",
    re.IGNORECASE,
)
_A_CHARGE: Final = re.compile(
    r"\s*(?:(?:a|per|each|every) (?:week|month|year|day|night)\b|pw\b|pcm\b"
    r"|(?:in|of|towards) (?:your )?(?:rent|arrears)\b)",
    re.IGNORECASE,
)


def offered_in(text: str) -> int:
    """The most that a person's words to a resident plainly offer, in pence; 0 for none. Only what the landlord itself
    promises now counts: neither a rent, nor what the resident asked for, nor an offer of an earlier letter."""
    most = 0
    for sentence in _END.split(text[:50_000]):
        found = _OFFERS.search(sentence)
        if found is None:
            continue
        kind = found.lastgroup or ""
        after = sentence[found.end(kind) :]
        if _NOT_OURS.search(sentence[: found.end(kind)]) or _A_CHARGE.match(after):
            continue
        pounds, _, pence = re.sub(r"[£,\s]|pounds?", "", found[kind].lower()).partition(".")
        most = max(most, int(pounds) * 100 + int(pence or 0))
    return most


def unsaid(case: Case, event: StaffActed, rules: Rulebook) -> str:
    """Why words to a resident can't go because of the money in them: more than whoever wrote them may offer, and
    nobody has said yes to so much on this case. "" where they can."""
    record, sum_of = case.current, offered_in(event.text)
    agreed = max((r.compensation or 0 for r in (case.stage1, case.stage2) if r), default=0)
    if not sum_of or event.amount == 0 or sum_of <= agreed or may_offer(rules.person(event.who), sum_of):
        return ""
    clauses = ", ".join(rules.policy.why("compensation"))
    waits = record is not None and record.responded_at is None
    how = (
        f"Offer it in the response: #respond upheld compensation {told(sum_of)}, and a supervisor approves it."
        if waits
        else "Ask a supervisor to write it."
    )
    return (
        f"It seems to offer {told(sum_of)}, which is more than you may offer by yourself ({clauses}). {how} If it "
        "offers nothing, send it as an answer with #reply compensation none on the first line and the text below it."
    )


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

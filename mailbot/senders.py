"""What follows from how a sender looks: whether our answer may repeat their words, what people are told of them, and
what the classifier is told that they are to us."""

from __future__ import annotations

import re
from collections.abc import Iterable

from mailbot.casework.parts import TrustSettings
from mailbot.casework.vocabulary import Case, Letter, Party, Person, Role
from mailbot.postroom.lookalikes import imitates
from mailbot.postroom.reading import Mail
from mailbot.postroom.trust import authenticate
from storage.rows import LetterRow


def may_be_quoted(mail: Mail, trust: TrustSettings) -> bool:
    """Whether our answer may repeat what the mail says. Where our border confirms senders and doesn't confirm this
    one, somebody may be using our answer to write to a third person."""
    if not trust.authserv_id and trust.mode == "standard":
        return True
    return authenticate(mail, trust).result == "pass"


def warning_of(mail: Mail, own: frozenset[str], staff: Iterable[Person]) -> str:
    """A sentence for the journal about a sender who looks like somebody else, "" for nearly everybody."""
    assert mail.sender is not None
    ours = own | {address for p in staff for address in (p.address, *p.aliases) if "@" in address}
    drawn_like = imitates(mail.sender.address, ours)
    warnings = (*mail.warnings, *((f"the address is drawn like {drawn_like}",) if drawn_like else ()))
    return f"Look twice at who wrote this: {'; '.join(warnings)}." if warnings else ""


def asked_about(letter: LetterRow | None, sender: str) -> str:
    """The address that a letter to this very sender asked about, "" where it is no such letter or went to another."""
    if letter is None or letter.order.letter is not Letter.ADDRESS_REQUEST or letter.order.to != sender:
        return ""
    return str(letter.order.facts.get("address", ""))


_MEMBER = re.compile(r"(?:^|[\s(])(?:cllr|councillor)\b|\bm\.?[ps]\.?$", re.IGNORECASE)
_MEMBERS_ADDRESS = re.compile(
    r"^(?:cllr|councillor)[._-]|@(?:[\w-]+\.)*(?:parliament\.(?:uk|scot)|senedd\.wales)$"
)
_LAWYERS = re.compile(r"\b(?:solicitors?|llp|law (?:firm|centre)|barristers?)\b", re.IGNORECASE)
_LAWYERS_ADDRESS = re.compile(r"@[^@]*(?:solicitor|lawyer|-law\b|law\.co|legal)")
_BODY = re.compile(r"@(?:[\w-]+\.)*(?:gov|nhs|police|ac|sch)\.uk$|@(?:[\w-]+\.)*(?:nhs\.net|mod\.uk)$")
_DESK = re.compile(
    r"^(?:no-?reply|do-?not-?reply|accounts?(?:payable|receivable)?|sales|marketing|news(?:letters?)?|events|invoices?|"
    r"billing|credit-?control|careers|jobs|recruitment|press(?:office)?|media|surveys?|subscriptions?|tenders?|"
    r"procurement|webinars?|training|orders|bookings?|reception)(?:[.+_-][^@]*)?@"
)


def kind_of(sender: Party, case: Case | None) -> str:
    """What the sender is to us, in the classifier's words (`classifiers.features.SENDERS`): as the case has them, or as
    their address and the name before it show; "" where neither does, which is most mail that stands alone."""
    if sender.address and case is not None:
        known = next((p for p in case.parties if p.address == sender.address), None)
        if known is not None and known.role is Role.RESIDENT:
            return "resident"
        if known is not None and known.role is Role.OFFICE:
            return "councillor_or_mp"
    address, name = sender.address.lower(), sender.name.strip()
    if _MEMBERS_ADDRESS.search(address) or _MEMBER.search(name):
        return "councillor_or_mp"
    if _LAWYERS.search(name) or _LAWYERS_ADDRESS.search(address):
        return "solicitor"
    return "organisation" if _BODY.search(address) or _DESK.search(address) else ""

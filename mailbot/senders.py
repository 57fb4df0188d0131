"""What follows from how a sender looks: whether our answer may repeat their words, and what people are told of them."""

from __future__ import annotations

from collections.abc import Iterable

from mailbot.casework.parts import TrustSettings
from mailbot.casework.vocabulary import Letter, Person
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

"""Who wants no survey, ever: remembered by a keyed hash, so that it outlives the address itself.

A person who said so from one address is not asked at another one of the same case either.
"""

from __future__ import annotations

import hashlib
import hmac

from mailbot.casework.vocabulary import Case, Role
from storage.work import Work

NO_SURVEY = "no_survey:"
"""What storage remembers by: the keyed hash of an address whose owner wants no survey."""


def remember_no_survey(work: Work, address: str, why: str) -> None:
    """`why`: the id of the mail that said so."""
    work.remember(_key(work, address), why)


def opt_out(work: Work, case: Case | None, address: str, mail: str) -> None:
    """Somebody wants none: not here, and not at another address that is known as theirs."""
    theirs = {p.address for p in case.parties if p.role is Role.RESIDENT} if case else set()
    for each in {address} | (theirs if address in theirs else set()):
        remember_no_survey(work, each, mail)


def wants_no_survey(work: Work, address: str) -> bool:
    return work.recall(_key(work, address)) is not None


def unasked(work: Work, case: Case) -> frozenset[str]:
    """The addresses of a case that get no survey: all of a resident who wants none at one of them."""
    theirs = [p.address for p in case.parties if p.role is Role.RESIDENT]
    others = [p.address for p in case.parties if p.role is not Role.RESIDENT]
    alone = frozenset(a for a in others if wants_no_survey(work, a))
    return alone | (frozenset(theirs) if any(wants_no_survey(work, a) for a in theirs) else frozenset())


def _key(work: Work, address: str) -> str:
    spelled = hmac.new(work.secret_key(), f"survey:{address.strip().lower()}".encode(), hashlib.sha256)
    return f"{NO_SURVEY}{spelled.hexdigest()}"

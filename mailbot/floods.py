"""Many mails from one place: real residents are served first, and the flood is held, not dropped.

A place is a sender's address and, unless it is a provider that everybody has mail with, its domain. Waiting mail is
attended to in turns, one of each sender at a time, so that a thousand mails from one place delay nobody else's by
more than one. What one place sends beyond its number an hour is set aside unread: a supervisor is told once a day,
the digest has one line, and `mailbot quarantine release` or `discard` takes all of it at once.
"""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from mailbot.postroom import mime
from mailbot.postroom.reading import sender_in
from storage.rows import Waiting

if TYPE_CHECKING:
    from mailbot.casework.parts import Limits
    from storage.work import Work

LOOKED_AT = 2_000
"""So many waiting mails are looked at, by their heads only, to find the order in which they are served."""

NEAR = 50
"""So many mails short of its number, mails from one domain are attended to one at a time by all processes together. (Of
one address they always are.)"""

EVERYBODYS = frozenset(
    """
    gmail.com googlemail.com outlook.com hotmail.com hotmail.co.uk live.com live.co.uk msn.com yahoo.com yahoo.co.uk
    ymail.com icloud.com me.com mac.com aol.com aol.co.uk btinternet.com btopenworld.com sky.com talktalk.net
    virginmedia.com ntlworld.com blueyonder.co.uk tiscali.co.uk protonmail.com proton.me gmx.com gmx.co.uk mail.com
    wp.pl o2.pl onet.pl interia.pl libero.it orange.fr free.fr web.de gmx.de
    """.split()  # noqa: SIM905
)


def sender_of_head(head: bytes) -> str:
    """The From address in the first bytes of a mail, "" where there is none."""
    return sender_in(mime.parse_head(head))


def in_turns(rows: Sequence[Waiting], senders: Mapping[str, str]) -> list[Waiting]:
    """The mails in the order of service: the first of each sender, then the second of each, and so on; within a
    round the earliest received first. Of one sender none overtakes another."""
    so_far: dict[str, int] = defaultdict(int)
    rounds: list[tuple[int, int, Waiting]] = []
    for position, row in enumerate(rows):
        place = senders.get(row.id) or row.id
        rounds.append((so_far[place], position, row))
        so_far[place] += 1
    return [row for _, _, row in sorted(rounds, key=lambda entry: entry[:2])]


def is_flood(work: Work, sender: str, limits: Limits, now: dt.datetime, own: bool) -> bool:
    """Whether this place has had its number of mails in the last hour already. `own`: staff, who are not counted."""
    if own:
        return False
    since, domain = now - dt.timedelta(hours=1), sender.rpartition("@")[2]
    most = limits.mails_per_address_per_hour
    if work.count_mails_from(sender, since, most) >= most:
        return True
    if domain in EVERYBODYS:
        return False
    most = limits.mails_per_domain_per_hour
    so_far = work.count_mails_from_domain(domain, since, most)
    if work.shared and most - NEAR <= so_far < most:
        # What others are at is not counted yet: wait until it is.
        work.one_at_a_time(f"mails from {domain}")
        so_far = work.count_mails_from_domain(domain, since, most)
    return so_far >= most

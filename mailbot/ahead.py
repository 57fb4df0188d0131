"""Mail is read and classified some at a time, ahead of its steps: a classifier that is asked about thirty mails at
once takes a fraction of the time a mail, and their bytes come in one look at the database.

What was read ahead is never relied on. Which case a mail belongs to is found again within its own transaction; a
verdict counts only for the very question that it answers, so where a mail before it opened or moved the case, the
classifier is asked anew. Whatever goes wrong here is left to the mail's own turn, where it is that mail's affair alone.
"""

from __future__ import annotations

import hashlib
import logging
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from mailbot.casework.vocabulary import Verdict
from mailbot.finding import NOWHERE
from mailbot.logs import place_of
from mailbot.postroom.reading import Mail, read
from mailbot.postroom.screening import Screening, screen
from storage import away
from storage.rows import MailRow, Waiting

if TYPE_CHECKING:
    from classifiers import Ask
    from mailbot.service import Service

log = logging.getLogger("mailbot.ahead")

TOGETHER = 32
"""So many mails are read ahead at a time ..."""

TOGETHER_BYTES = 8_000_000
"""... or fewer, so that what they take in memory stays near that of one big mail."""


@dataclass(frozen=True)
class InHand:
    """A mail that was read, and not yet acted on."""

    mail: Mail
    screening: Screening


@dataclass(frozen=True)
class Ahead:
    """What was read ahead, by the mail's id, and the verdicts that were asked for, by the question."""

    hands: Mapping[str, InHand] = field(default_factory=dict)
    verdicts: Mapping[Ask, Verdict] = field(default_factory=dict)


NOTHING = Ahead()


def in_hand(raw: bytes, row: MailRow, own_addresses: frozenset[str]) -> InHand:
    """Read and screen one mail."""
    mail = read(raw)
    if mail.date is None and mail.fingerprint:  # equal words of another day: somebody asks again
        dated = f"{mail.fingerprint} {row.received_at.date()}".encode()
        mail = replace(mail, fingerprint=hashlib.sha256(dated).hexdigest())
    return InHand(mail, screen(mail, own_addresses))


def chunks(rows: Sequence[Waiting], alone: frozenset[str]) -> Iterator[list[Waiting]]:
    """The mails in their order, some at a time. One of `alone` has a chunk to itself."""
    chunk: list[Waiting] = []
    size = 0
    for row in rows:
        full = len(chunk) >= TOGETHER or size + row.size > TOGETHER_BYTES
        if chunk and (full or row.id in alone or chunk[0].id in alone):
            yield chunk
            chunk, size = [], 0
        chunk.append(row)
        size += row.size
    if chunk:
        yield chunk


def look_ahead(service: Service, rows: Sequence[MailRow]) -> Ahead:
    """Read these mails and ask the classifier about those that will need it, all at once. Never raises."""
    hands: dict[str, InHand] = {}
    asks: dict[Ask, None] = {}
    try:
        with service.store.read() as work:
            for row in rows:
                raw = service.just_kept.take(row.id) or work.raw(row.id)
                hands[row.id] = in_hand(raw, row, service.own_addresses)
            asked = [hands[row.id].mail for row in rows if _will_be_asked_about(service, row, hands[row.id])]
            for mail, nowhere in zip(asked, service.finder.leads_nowhere(work, asked), strict=True):
                belongs = NOWHERE if nowhere else service.finder.look_up(work, mail)
                asks[service.question(mail, belongs)] = None
        return Ahead(hands, service.verdicts_on(list(asks)))
    except (
        Exception
    ) as error:  # one of them is in trouble, or the database: each has its own turn, where that is told
        if not away(error):
            log.warning("not read ahead", extra={"mails": len(rows), "error": place_of(error)})
        return NOTHING


def _will_be_asked_about(service: Service, row: MailRow, hand: InHand) -> bool:
    """Whether a verdict is needed: for a mail from outside that goes the normal way."""
    mail, screening = hand.mail, hand.screening
    if mail.sender is None or row.truncated or screening.own_come_back or screening.automatic:
        return False
    return service.person_at(mail.sender.address) is None

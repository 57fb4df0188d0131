"""Whose mail is next: waiting mails are taken in hand some at a time, in turns, by one worker each.

The claim is one statement and one commit for all of them, and says in the database that we are at it. A worker that
ends while it has mails in hand leaves each of them under suspicion; such a mail is claimed alone, so that the next
death tells which one it is.

Where several workers share a database, a mail is left alone while another worker has one in hand that touches the same
matter: of the same sender, or about the same case, as far as heads can tell. So no mail of a matter overtakes another,
and hardly ever do two workers step one case at once (where they do, the slower one decides again).
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from typing import TYPE_CHECKING

from mailbot.ahead import chunks
from mailbot.casework.references import find
from mailbot.floods import LOOKED_AT, in_turns, sender_of_head
from mailbot.postroom import tokens
from mailbot.postroom.reading import Head, read_head
from storage.rows import MailRow, Waiting

if TYPE_CHECKING:
    from mailbot.service import Service
    from storage.work import Work

HEAD = 16_384
"""So many bytes of a mail are looked at for its head."""

Matters = frozenset[str]


class Claims:
    """Works inside the service. Remembers of each waiting mail what its head said, so that it is read once."""

    def __init__(self, service: Service) -> None:
        self._service = service
        self._senders: dict[str, str] = {}
        self._matters: dict[str, Matters] = {}

    def next_chunk(self, limit: int) -> list[MailRow]:
        """Up to `limit` mails, claimed, in the order in which they are to be attended to."""
        service = self._service
        store, now = service.store, service.clock.now()
        with store.read() as work:
            line = self._line(work, now)
            service.just_kept.forget_all_but({one.id for one in line})
            if not store.shared:
                line = self._in_turns(work, line)
        if not line:
            return []
        with store.begin() as work:
            if store.shared:
                work.one_at_a_time("claiming mails")
                line = self._line(work, now)
                line = self._in_turns(work, self._free(work, line))
            alone = frozenset(one.id for one in line if one.deaths)
            chunk = next(chunks(line[:limit], alone), [])
            return work.claim_mails([one.id for one in chunk], service.worker)

    def _line(self, work: Work, now: dt.datetime) -> list[Waiting]:
        return work.waiting_line(LOOKED_AT, now, self._service.worker)

    def _in_turns(self, work: Work, line: Sequence[Waiting]) -> list[Waiting]:
        if len(line) < 2:
            return list(line)
        new = self._heads(work, [one.id for one in line if one.id not in self._senders])
        known = self._senders | {mail: sender_of_head(head) for mail, head in new.items()}
        self._senders = {one.id: known.get(one.id, "") for one in line}
        return in_turns(line, self._senders)

    def _heads(self, work: Work, mails: Sequence[str]) -> dict[str, bytes]:
        at_hand = {
            mail: raw[:HEAD] for mail in mails if (raw := self._service.just_kept.peek(mail)) is not None
        }
        return at_hand | work.heads((mail for mail in mails if mail not in at_hand), HEAD)

    # -------------------------------------------------------------- where several workers share the mails

    def _free(self, work: Work, line: Sequence[Waiting]) -> list[Waiting]:
        """Without those that others have in hand, and those that touch what others have in hand."""
        self._learn(work, line)
        held = {matter for one in line if one.in_hand for matter in self._matters[one.id]}
        free = []
        for one in line:
            if one.in_hand:
                continue
            if held.isdisjoint(self._matters[one.id]):
                free.append(one)
            else:  # nor may what comes after it in its matter
                held |= self._matters[one.id]
        return free

    def _learn(self, work: Work, line: Sequence[Waiting]) -> None:
        heads = self._heads(work, [one.id for one in line if one.id not in self._matters])
        told = {mail: read_head(head) for mail, head in heads.items()}
        keys = {mail: (*head.refers_to, *self._nonces(head)) for mail, head in told.items()}
        letters = work.references_of_letters({key for some in keys.values() for key in some})
        cases = work.open_references_of({head.sender for head in told.values() if head.sender})
        prefix = self._service.settings.reference_prefix
        learnt = {
            mail: frozenset(
                (
                    head.sender,
                    *find(head.subject, prefix),
                    *(letters[key] for key in keys[mail] if key in letters),
                    *cases.get(head.sender, ()),
                )
            )
            for mail, head in told.items()
        }
        known = self._matters | learnt
        self._matters = {one.id: known.get(one.id, frozenset()) for one in line}

    def _nonces(self, head: Head) -> list[str]:
        """The keys in the addresses of ours that it was sent to."""
        ours = self._service.own_addresses
        pairs = (tokens.parse_reply_address(address, ours) for address in head.delivered_to)
        return [pair[0] for pair in pairs if pair]

"""Getting through the mail that waits: some at a time, in turns, and whatever goes wrong with one of them.

A stranger's mail never stops the others. It is tried once more and then set aside for a person; so is a mail that the
process dies with again and again. Trouble that is the database's own, or another worker's, is laid to no mail.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from mailbot import logs
from mailbot.ahead import NOTHING, InHand, in_hand, look_ahead
from mailbot.attended import Attended
from mailbot.casework.vocabulary import StaffActed, Verdict
from mailbot.claiming import Claims
from mailbot.logs import place_of
from mailbot.together import AT_ONCE, groups, in_one_commit
from storage import away, overtaken, points
from storage.rows import ClaimLost, MailRow

if TYPE_CHECKING:
    from classifiers import Ask
    from mailbot.service import Service
    from mailbot.setaside import Aside
    from storage.work import Work

log = logging.getLogger("mailbot.backlog")

OVERTAKEN = 10
"""How often a mail is attended to anew because another process stepped its case meanwhile."""

DEATHS = 3
"""How often the process may end while it attends to one mail before that mail is set aside."""

SPARED = 100
"""How often the database may be away while one mail is attended to before the mail itself is held to be the cause."""

Act = tuple[StaffActed, str | None, bool]
"""A command that was carried out: with its case, and whether it was refused."""


class Backlog:
    """Works for the service, which knows what is to become of a mail (`Service.receive`)."""

    def __init__(self, service: Service, aside: Aside) -> None:
        self._service = service
        self._aside = aside
        self._claims = Claims(service)
        self._spared: dict[str, int] = {}  # of mails that were in hand while the database was away
        self._verdicts: Mapping[Ask, Verdict] = {}  # of the mails that are in hand now
        self.acts: list[Act] = []  # commands of the mail in hand: for the log, once that mail is on record

    def verdict_on(self, ask: Ask) -> Verdict:
        """What the classifier says; where it was asked before for the mails in hand, what it said."""
        return self._verdicts.get(ask) or self._service.verdicts_on([ask])[ask]

    def attend(self, limit: int) -> list[Attended]:
        """Attend to waiting mail until none is left, or to so many."""
        service = self._service
        done: list[Attended] = []
        while chunk := self._claims.next_chunk(limit - len(done)):
            points.reached("attend:claimed")
            ahead = NOTHING if chunk[0].deaths else look_ahead(service, chunk)
            self._verdicts = ahead.verdicts
            before = len(done)
            for some in groups(chunk, 1 if service.store.shared else AT_ONCE):
                together = self._together(some, ahead.hands)
                done += together + self._each(some[len(together) :], ahead.hands)
            if len(done) in (before, limit):
                break
        return done

    def _together(self, rows: Sequence[MailRow], hands: Mapping[str, InHand]) -> list[Attended]:
        """The first of them, by one commit. [] where each is to have a transaction to itself."""

        def receive(work: Work, row: MailRow) -> tuple[MailRow, Attended, tuple[Act, ...]]:
            points.reached("attend:start")
            return row, self._receive(work, row, hands[row.id]), tuple(self.acts)

        if not all(row.id in hands for row in rows):
            return []
        done = in_one_commit(self._service.store, rows, receive)
        for row, attended, acts in done:
            self._log(row, attended, acts)
            points.reached("attend:done")
        return [attended for _, attended, _ in done]

    def _each(self, rows: Sequence[MailRow], hands: Mapping[str, InHand]) -> list[Attended]:
        """One by one, each in a transaction of its own."""
        done = []
        for row in rows:
            if attended := self._attend_or_set_aside(row, hands.get(row.id)):
                done.append(attended)
                self._log(row, attended, self.acts)
            points.reached("attend:done")
        return done

    def _log(self, row: MailRow, what: Attended, acts: Sequence[Act]) -> None:
        """Only what is on record by now."""
        logs.mail_attended(row, what, self._service.clock.now())
        for act, reference, refused in acts:
            logs.command_done(act, reference, refused)

    def _attend_or_set_aside(self, row: MailRow, hand: InHand | None) -> Attended | None:
        """None where it is left to others, or to the next time."""
        service = self._service
        points.reached("attend:start")
        try:
            if row.deaths >= DEATHS:
                raise TimeoutError(f"the service ended {row.deaths} times while attending to it")
            return self._attend_or_again(row, hand)
        except ClaimLost:  # we were taken for dead, and somebody else attends to it
            log.warning("a mail was taken from us", extra={"mail": row.id})
            return None
        except Exception as error:  # a stranger's mail must never stop the others: it is set aside
            if away(error) and self._spare(row.id):
                raise  # the database is, and the mail waits for it as all others do
            if overtaken(error):  # again and again: not its fault either
                with service.store.begin() as work:
                    work.let_go([row.id], service.worker)
                return None
            self.acts.clear()  # it was taken back
            log.error("a mail could not be attended to", extra={"mail": row.id, "error": place_of(error)})
            return self._aside.after_failure(row, f"{type(error).__name__}: {error}", row.deaths >= DEATHS)

    def _spare(self, mail: str) -> bool:
        """Whether trouble with the database is not yet laid to this mail, the first that meets it."""
        self._spared[mail] = self._spared.get(mail, 0) + 1
        return self._spared[mail] <= SPARED

    def _attend_or_again(self, row: MailRow, hand: InHand | None) -> Attended:
        for _ in range(OVERTAKEN):
            try:
                return self._attend(row, hand)
            except Exception as error:  # another process was quicker: read again, decide again
                if not overtaken(error):
                    raise
        return self._attend(row, hand)

    def _attend(self, row: MailRow, hand: InHand | None) -> Attended:
        store = self._service.store
        if hand is None:
            with store.read() as work:
                raw = work.raw(row.id)
            hand = in_hand(raw, row, self._service.own_addresses)
        with store.begin() as work:
            return self._receive(work, row, hand)

    def _receive(self, work: Work, row: MailRow, hand: InHand) -> Attended:
        self.acts.clear()  # what was begun before was taken back
        return self._service.receive(work, row, hand)

"""The first verb, look: mail is kept as bytes, durably, before anybody reads it.

One keeper a mailbox, called from that mailbox's own thread. A mail is known by (mailbox, folder, uidvalidity,
uid); handed over again it is passed over. What lay there before the first start is never answered, not even
when the server numbers everything anew.
"""

from __future__ import annotations

import datetime as dt
import logging
from collections.abc import Mapping

from mailbot.clock import Clock
from mailbot.postroom.fetched import Fetched, Position
from mailbot.reckoning import BEGUN_UID
from storage import Store, points
from storage.rows import KeptMail, MailState, SettledMail
from storage.work import Work

log = logging.getLogger("mailbot.keeping")


class MailboxKeeper:
    """Keeps the mail of one mailbox (what `imap.ImapDoor.look` asks for)."""

    def __init__(self, mailbox: str, store: Store, clock: Clock) -> None:
        self._mailbox = mailbox
        self._store = store
        self._clock = clock

    def position(self, mailbox: str) -> Position | None:
        with self._store.read() as work:
            found = work.position(self._mailbox)
        return Position(found.uidvalidity, found.last_uid) if found else None

    def begin_at(self, mailbox: str, position: Position) -> None:
        """First start: what lies there already is not ours to answer."""
        now = self._clock.now()
        with self._store.begin() as work:
            work.set_position(self._mailbox, position.uidvalidity, position.last_uid)
            work.remember(self._begun, now.isoformat())
            told = f"mail up to UID {position.last_uid} was there before and is left alone"
            work.note(now, "mailbot", "mailbox", f"First look at {self._mailbox}: {told}.")
            points.reached("begin:noted")

    def keep(self, batch: list[Fetched], position: Position) -> None:
        """Keep the bytes of a batch and how far we got, in one commit, before anything else happens to it."""
        now = self._clock.now()
        points.reached("keep:start")
        with self._store.begin() as work:
            begun = work.recall(self._begun)
            since = dt.datetime.fromisoformat(begun) if begun else None
            for one in batch:
                self._keep_one(work, one, now, since)
            points.reached("keep:mails")
            work.set_position(self._mailbox, position.uidvalidity, position.last_uid)
            points.reached("keep:position")
        points.reached("keep:kept")  # and nothing on the server is touched yet

    def _keep_one(self, work: Work, one: Fetched, now: dt.datetime, since: dt.datetime | None) -> None:
        received_at = min(one.received_at, now)
        kept = work.keep_mail(
            KeptMail(
                mailbox=one.mailbox,
                folder=one.folder,
                uidvalidity=one.uidvalidity,
                uid=one.uid,
                received_at=received_at,
                kept_at=now,
                raw=one.raw,
                size=one.size,
                truncated=one.truncated,
            )
        )
        if kept and one.rescan and since and received_at < since:
            told = "there before the first start"
            work.settle_mail(kept, SettledMail(at=now, disposition=told, state=MailState.DISCARDED))

    def kept(self, folder: str, uidvalidity: int) -> Mapping[int, bool]:
        with self._store.read() as work:
            return work.kept_uids(self._mailbox, folder, uidvalidity)

    def looked(self, mailbox: str, at: dt.datetime) -> None:
        points.reached("look:cleared")  # what was kept is moved or flagged on the server
        with self._store.begin() as work:
            work.looked(self._mailbox, at)
            position = work.position(self._mailbox)
            if position and work.recall(f"{BEGUN_UID}{self._mailbox}") is None:
                work.remember(f"{BEGUN_UID}{self._mailbox}", f"{position.uidvalidity}|{position.last_uid}")
        points.reached("look:done")

    def stumbled(self, mailbox: str, error_text: str) -> None:
        """Remember what stands in the way; the log says it once an outage."""
        with self._store.begin() as work:
            before = next((m.last_error for m in work.mailboxes() if m.name == self._mailbox), "")
            work.stumbled(self._mailbox, error_text, self._clock.now())
        if not before:
            log.warning("mailbox not reached", extra={"mailbox": self._mailbox, "error": error_text})

    @property
    def _begun(self) -> str:
        return f"begun:{self._mailbox}"

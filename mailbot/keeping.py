"""The first verb, look: mail is kept as bytes, durably, before anybody reads it.

One keeper a mailbox, called from that mailbox's own thread. A mail is known by (mailbox, folder, uidvalidity,
uid); handed over again it is passed over. What lay there before the first start is never answered, not even
when the server numbers everything anew.
"""

from __future__ import annotations

import datetime as dt
import logging
import threading
from collections.abc import Collection, Mapping
from typing import Final

from mailbot.clock import Clock
from mailbot.postroom.fetched import Fetched, Position
from mailbot.reckoning import BEGUN_UID
from storage import Store, points
from storage.rows import KeptMail, MailState, SettledMail
from storage.work import Work

log = logging.getLogger("mailbot.keeping")


AT_HAND: Final = 8_000_000
"""So many bytes of mails that were just kept stay in memory at most: what a look brings, mostly."""


class JustKept:
    """The bytes of mails that were kept a moment ago, so that they need not be read back to be read. The database
    alone says which mails wait; what is not here is read from it. Any thread may call."""

    def __init__(self) -> None:
        self._raw: dict[str, bytes] = {}
        self._size = 0
        self._guard = threading.Lock()

    def remember(self, kept: Mapping[str, bytes]) -> None:
        """These are on file by now."""
        with self._guard:
            for mail, raw in kept.items():
                if self._size + len(raw) <= AT_HAND:
                    self._raw[mail] = raw
                    self._size += len(raw)

    def peek(self, mail: str) -> bytes | None:
        return self._raw.get(mail)

    def take(self, mail: str) -> bytes | None:
        """Its bytes, which are not held any longer."""
        with self._guard:
            raw = self._raw.pop(mail, None)
            self._size -= len(raw or b"")
        return raw

    def forget_all_but(self, waiting: Collection[str]) -> None:
        """Others have attended to those that wait no more."""
        for mail in [mail for mail in tuple(self._raw) if mail not in waiting]:
            self.take(mail)


class MailboxKeeper:
    """Keeps the mail of one mailbox (what `imap.ImapDoor.look` asks for)."""

    def __init__(self, mailbox: str, store: Store, clock: Clock, just_kept: JustKept) -> None:
        self._mailbox = mailbox
        self._store = store
        self._clock = clock
        self._just_kept = just_kept

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
        kept: dict[str, bytes] = {}
        points.reached("keep:start")
        with self._store.begin() as work:
            begun = work.recall(self._begun)
            since = dt.datetime.fromisoformat(begun) if begun else None
            for one in batch:
                if mail := self._keep_one(work, one, now, since):
                    kept[mail] = one.raw
            points.reached("keep:mails")
            work.set_position(self._mailbox, position.uidvalidity, position.last_uid)
            points.reached("keep:position")
        self._just_kept.remember(kept)
        points.reached("keep:kept")  # and nothing on the server is touched yet

    def _keep_one(self, work: Work, one: Fetched, now: dt.datetime, since: dt.datetime | None) -> str | None:
        """Its id, where it is new and waits to be attended to."""
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
            return None
        return kept

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

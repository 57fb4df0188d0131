"""IMAP in: what lies in a mailbox comes to the keeper whole, once, and unread.

The room's door to the mail server. It promises:

* a mail is handed to the keeper, and durably kept, before anything on the server changes;
* nothing is ever marked as read (`BODY.PEEK[]`; the folder is opened read-only where mails are left alone);
* what is new is told by UIDVALIDITY and UID alone, so people may open, flag and remove mails as they like;
* one mail that can't be fetched is tried alone, then in part, then later; it never stops those behind it,
  and the stored position does not pass it while it lies there;
* a mail above the size limit is kept in part, marked as such, and stays where it is.

With `read_only` it asks for nothing that could change a mail, a flag or a folder, whoever calls it.

It refuses: every argument with CR, LF or NUL in it (imapclient 4.1 would send it as commands of its own),
searching by anything that a sender wrote, a connection whose certificate does not verify, going on in the
clear where STARTTLS was asked for, and use by two threads at once (only `hang_up` may come from another one).
"""

from __future__ import annotations

import datetime as dt
import re
import selectors
import socket
import ssl
import threading
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from email import message_from_bytes
from email.policy import default
from typing import Any

from imapclient import SEEN, IMAPClient, SocketTimeout
from imapclient.exceptions import (
    IMAPClientAbortError,
    IMAPClientError,
    IMAPClientReadOnlyError,
)

from mailbot.casework.parts import ImapSettings
from mailbot.postroom.fetched import Fetched, Keeper, Position
from mailbot.postroom.imap_login import (
    LOST,
    DoorLost,
    FolderGone,
    in_words,
    log_in,
    refuse_line_breaks,
    refuse_to_write,
)

BATCH_MAILS = 50
LINE_MAILS = 500  # named in one command: servers take lines of some thousand characters at least
BATCH_BYTES = 16_000_000  # held in memory at once; one mail may exceed it, up to the mailbox's max_bytes
PART_BYTES = 200_000  # of the text of a mail that is kept in part
KEPT_KEYWORD = b"$MailbotKept"
IDLE_SECONDS = 28 * 60  # RFC 2177: at most 29 minutes, or the server may log us out
IDLE_SLICE_SECONDS = 0.5  # how soon a stop is noticed
LOSE_AFTER_REFUSALS = 3  # keeps that fail in a row before it is the keeper's fault and not a mail's


@dataclass(frozen=True)
class _Folder:
    uidvalidity: int
    highest: int  # the highest UID given out so far
    takes_keyword: bool


@dataclass(frozen=True)
class _Plan:
    """One look: which UIDs to take, and which position goes with each batch (None: as far as it came)."""

    todo: tuple[int, ...]
    start: int
    during: Position | None = None
    final: Position | None = None
    rescan: bool = False


@dataclass
class _Trouble:
    tries: int
    again_at: dt.datetime


@dataclass(frozen=True)
class _Measure:
    size: int
    received_at: dt.datetime


def _in_lines(uids: list[int]) -> Iterator[list[int]]:
    return (uids[n : n + LINE_MAILS] for n in range(0, len(uids), LINE_MAILS))


def _in_utc(told: object) -> dt.datetime | None:
    """A server's date; None for what is none, or lies beyond the ends of the calendar."""
    if not isinstance(told, dt.datetime) or told.tzinfo is None:
        return None
    try:
        return told.astimezone(dt.UTC)
    except OverflowError:
        return None


class ImapDoor:
    """One connection to one mailbox. The object outlives its connections: it remembers which mails made
    trouble. Raises ValueError at once for settings that no server could be told."""

    def __init__(self, settings: ImapSettings) -> None:
        refuse_line_breaks(
            settings.host, settings.user, settings.password, settings.folder, settings.done_folder
        )
        self.settings = settings
        self._client: Any = None
        self._folder: _Folder | None = None
        self._done_folder_ready = False
        self._troubles: dict[int, _Trouble] = {}
        self._alone: set[int] = set()  # UIDs that were in hand when a connection broke
        self._in_hand: tuple[int, ...] = ()  # being fetched right now
        self._settled: set[int] = set()  # kept, but beyond the stored position
        self._unfinished: dict[int, bool] = {}  # kept, but not yet moved or flagged; True: kept whole
        self._finish_complained = False
        self._looked_back = False  # for what an earlier process has kept and had no time to move or flag
        self._uidvalidity = 0

    # -------------------------------------------------------------- coming and going

    @property
    def connected(self) -> bool:
        return self._client is not None

    def connect(self) -> None:
        """Connect, secure the connection as configured, and log in.

        Raises LoginRefused when the server refuses the user, OSError (with ssl.SSLError) or IMAPClientError
        for everything else.
        """
        self.close(politely=False)
        ours = self.settings
        context = (
            None if ours.security == "none" else ssl.create_default_context()
        )  # it reads many certificates
        client = IMAPClient(
            ours.host,
            ours.port,
            ssl=ours.security == "tls",
            ssl_context=context if ours.security == "tls" else None,
            timeout=SocketTimeout(connect=ours.timeout_connect, read=ours.timeout_read),
        )
        client.normalise_times = False  # aware datetimes, as the server gave them
        # A command goes out in pieces; without this the second piece of each waits 40 ms for the first's receipt.
        client.socket().setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        try:
            if ours.security == "starttls":
                client.starttls(context)
            log_in(client, ours)
        except BaseException:
            with suppress(Exception):  # the first error is the one to tell
                client.shutdown()
            raise
        self._client = client
        self._done_folder_ready = False

    def close(self, politely: bool = True) -> None:
        """End the connection, with LOGOUT where that takes no more than a second. Never raises."""
        client, self._client, self._folder = self._client, None, None
        if client is None:
            return
        if politely:
            with suppress(Exception):  # a connection that is broken needs no farewell
                client.socket().settimeout(1)
                client.logout()
                return
        with suppress(Exception):  # as above: closing what is closed
            client.shutdown()

    def hang_up(self) -> None:
        """Cut the line, from any thread: whatever waits for the server ends with an error."""
        client = self._client
        if client is not None:
            with suppress(Exception):  # it may be closed in this very moment
                # Not SSLSocket.shutdown: that drops the TLS layer first, and the other thread may be sending.
                socket.socket.shutdown(client.socket(), socket.SHUT_RDWR)

    # -------------------------------------------------------------- looking

    def look(self, keeper: Keeper, now: Callable[[], dt.datetime]) -> int:
        """Hand everything new to the keeper; return how many mails were kept.

        Raises FolderGone, DoorLost, IMAPClientError, OSError, and whatever the keeper raises; what was kept
        until then stays kept.
        """
        mailbox = self.settings.name
        asked_at = now()
        folder = self._open_folder()
        position = keeper.position(mailbox)
        self._remember_numbering(folder.uidvalidity)
        self._learn_from_the_break(keeper, now())
        if position is None and self.settings.since is None:
            keeper.begin_at(mailbox, Position(folder.uidvalidity, folder.highest))
            keeper.looked(mailbox, asked_at)
            return 0
        plan = self._plan(position, folder)
        if position is None:
            # Taking mail in on the first start counts as begun at 0 until all of it is kept: should we be
            # stopped in between, the next look asks for the same days again.
            begin = plan.during if plan.todo else plan.final
            assert begin is not None  # such a plan has both
            keeper.begin_at(mailbox, begin)
        kept = self._work_off(plan, folder, keeper, now)
        self._look_back(keeper, folder)
        self._finish_leftovers(keeper)
        keeper.looked(mailbox, asked_at)
        return kept

    def lying(self) -> tuple[int, frozenset[int]]:
        """(UIDVALIDITY, the UIDs of all that lies in the folder now). Changes nothing on the server. Raises as
        `look` does."""
        folder = self._open_folder()
        return folder.uidvalidity, frozenset(int(uid) for uid in self._ask("search", "ALL"))

    def _open_folder(self) -> _Folder:
        """Open the folder anew on every look: one exchange tells whether it is there, whether it is the same,
        and makes the server show what arrived since."""
        read_only = self.settings.after == "leave" or self.settings.read_only
        try:
            answer = self._ask("select_folder", self.settings.folder, readonly=read_only)
        except IMAPClientReadOnlyError as e:
            raise FolderGone(
                f'folder {self.settings.folder!r} is read-only for us; set after = "leave" or ask for rights'
            ) from e
        except IMAPClientAbortError:
            raise
        except IMAPClientError as e:
            raise FolderGone(f"folder {self.settings.folder!r} can't be opened: {in_words(e)}") from e
        self._arrivals_told()  # those of opening are in the search that follows
        uidvalidity = answer.get(b"UIDVALIDITY")
        if not uidvalidity:
            raise FolderGone(f"folder {self.settings.folder!r} has no UIDVALIDITY (RFC 3501 section 2.3.1.1)")
        if answer.get(b"UIDNEXT"):
            highest = int(answer[b"UIDNEXT"]) - 1
        else:
            highest = max(self._ask("search", ["ALL"]), default=0)
        lasting = {bytes(flag) for flag in answer.get(b"PERMANENTFLAGS", ())}
        self._folder = _Folder(int(uidvalidity), highest, bool(lasting & {b"\\*", KEPT_KEYWORD}))
        return self._folder

    def _remember_numbering(self, uidvalidity: int) -> None:
        if uidvalidity != self._uidvalidity:
            self._uidvalidity = uidvalidity
            self._troubles.clear()
            self._alone.clear()
            self._settled.clear()
            self._unfinished.clear()
            self._looked_back = False
            self._in_hand = ()

    def _learn_from_the_break(self, keeper: Keeper, at: dt.datetime) -> None:
        """The last connection broke while these were being fetched: take each alone; the one that breaks it
        alone is the one."""
        in_hand, self._in_hand = self._in_hand, ()
        if len(in_hand) == 1:
            self._strike(in_hand[0], 1, keeper, at, "the connection broke while it was fetched")
        self._alone.update(in_hand)

    def _plan(self, position: Position | None, folder: _Folder) -> _Plan:
        since = self.settings.since
        if position is not None and position.uidvalidity != folder.uidvalidity:
            found = self._search("ALL")
            final = Position(folder.uidvalidity, max(folder.highest, *found, 0))
            # The old position stays until the end: should we be stopped, the rescan starts again as a rescan.
            return _Plan(self._new(found, 0), 0, during=position, final=final, rescan=True)
        if position is None or (position.last_uid == 0 and since is not None):
            assert since is not None  # look() has answered the other case
            found = self._search("SINCE", since)
            final = Position(folder.uidvalidity, max(folder.highest, *found, 0))
            return _Plan(self._new(found, 0), 0, during=Position(folder.uidvalidity, 0), final=final)
        found = self._search("UID", f"{position.last_uid + 1}:*")  # also gives the last one, whatever its UID
        return _Plan(self._new(found, position.last_uid), position.last_uid)

    def _search(self, *criteria: str | dt.date) -> tuple[int, ...]:
        return tuple(sorted(int(uid) for uid in self._ask("search", list(criteria))))

    def _new(self, found: Iterable[int], last_uid: int) -> tuple[int, ...]:
        return tuple(uid for uid in found if uid > last_uid and uid not in self._settled)

    # -------------------------------------------------------------- fetching and keeping

    def _work_off(self, plan: _Plan, folder: _Folder, keeper: Keeper, now: Callable[[], dt.datetime]) -> int:
        at = now()
        due = [u for u in plan.todo if u not in self._troubles or self._troubles[u].again_at <= at]
        unresolved = set(plan.todo) - set(due)
        kept = 0
        for group in self._groups(due):
            self._in_hand = group
            measures = self._measure(group, now)
            for batch in self._batches(group, measures):
                self._in_hand = batch
                fetched: list[Fetched] = []
                for uid, mail in self._fetch(batch, folder, plan.rescan, measures):
                    if isinstance(mail, Fetched):
                        fetched.append(mail)
                    elif mail is not None:
                        unresolved.add(uid)
                        self._strike(uid, 2, keeper, now(), in_words(mail))
                self._in_hand = ()
                for mail in self._keep(fetched, plan, unresolved, keeper, now):
                    kept += 1
                    self._settled.add(mail.uid)
                    self._troubles.pop(mail.uid, None)
                    self._alone.discard(mail.uid)
                    self._unfinished[mail.uid] = not mail.truncated
                self._finish(keeper)
        if plan.final is not None:
            keeper.keep([], _short_of(plan.final, unresolved, plan.start))
        first = min(unresolved, default=None)
        self._settled = {u for u in self._settled if first is not None and u > first}
        return kept

    def _groups(self, uids: Sequence[int]) -> Iterator[tuple[int, ...]]:
        """Up to 50 at a time, those under suspicion each alone."""
        group: list[int] = []
        for uid in uids:
            alone = uid in self._alone or uid in self._troubles
            if group and (alone or len(group) == BATCH_MAILS):
                yield tuple(group)
                group = []
            group.append(uid)
            if alone:
                yield tuple(group)
                group = []
        if group:
            yield tuple(group)

    def _batches(self, uids: Sequence[int], measures: dict[int, _Measure]) -> Iterator[tuple[int, ...]]:
        """In the order of UIDs, no more bytes at once than we care to hold; each oversized mail alone."""
        batch: list[int] = []
        weight = 0
        for uid in uids:
            size = measures[uid].size
            oversized = size > self.settings.max_bytes
            if batch and (oversized or weight + size > BATCH_BYTES):
                yield tuple(batch)
                batch, weight = [], 0
            if oversized:
                yield (uid,)
                continue
            batch.append(uid)
            weight += size
        if batch:
            yield tuple(batch)

    def _keep(
        self,
        batch: list[Fetched],
        plan: _Plan,
        unresolved: set[int],
        keeper: Keeper,
        now: Callable[[], dt.datetime],
    ) -> list[Fetched]:
        """Hand the batch over; should the keeper refuse it, hand over each mail alone, so that one mail that
        can't be kept does not hold up the others."""

        def reached(mail: Fetched) -> Position:
            return plan.during or _short_of(Position(mail.uidvalidity, mail.uid), unresolved, plan.start)

        if not batch:
            return []
        try:
            keeper.keep(batch, reached(batch[-1]))
            return batch
        except Exception:  # one mail's fault, or the keeper's: the next lines show which
            if len(batch) == 1:
                raise
        kept: list[Fetched] = []
        refused: list[tuple[int, str]] = []
        for mail in batch:
            try:
                keeper.keep([mail], reached(mail))
                kept.append(mail)
            except Exception as e:  # set this mail aside, go on with the next
                refused.append((mail.uid, type(e).__name__))
                unresolved.add(mail.uid)
                if not kept and len(refused) >= min(LOSE_AFTER_REFUSALS, len(batch)):
                    raise  # none of them can be kept: it isn't the mails
        for uid, why in refused:
            self._strike(uid, 2, keeper, now(), f"it could not be kept ({why})")
        return kept

    def _measure(self, uids: tuple[int, ...], now: Callable[[], dt.datetime]) -> dict[int, _Measure]:
        try:
            answers = self._ask("fetch", list(uids), [b"RFC822.SIZE", b"INTERNALDATE"])
        except LOST:
            raise
        except Exception:  # the server or the parser stumbled over one of them; fetching will show over which
            if len(uids) == 1:
                return {uids[0]: _Measure(0, now())}
            return {uid: self._measure((uid,), now)[uid] for uid in uids}
        measures = {}
        for uid in uids:
            answer = answers.get(uid, {})
            size = answer.get(b"RFC822.SIZE")
            measures[uid] = _Measure(
                size if isinstance(size, int) else 0, _in_utc(answer.get(b"INTERNALDATE")) or now()
            )
        return measures

    def _fetch(
        self, uids: tuple[int, ...], folder: _Folder, rescan: bool, measures: dict[int, _Measure]
    ) -> Iterator[tuple[int, Fetched | Exception | None]]:
        """Each UID with its mail, with the reason why there is none, or with None when it is gone."""
        if len(uids) == 1 and measures[uids[0]].size > self.settings.max_bytes:
            yield uids[0], self._fetch_part(uids[0], folder, rescan, measures[uids[0]])
            return
        trouble: Exception | None = None
        try:
            answers = self._ask("fetch", list(uids), [b"BODY.PEEK[]"])
        except LOST:
            raise
        except Exception as e:  # one of them can't be fetched or parsed: the loop below finds out which
            answers, trouble = {}, e
        for uid in uids:
            raw = answers.get(uid, {}).get(b"BODY[]")
            if isinstance(raw, bytes) and (raw or not measures[uid].size):  # of no mail there is nothing
                yield uid, self._fetched(uid, folder, rescan, measures[uid], raw, truncated=False)
            elif len(uids) > 1:
                self._in_hand = (uid,)
                yield from self._fetch((uid,), folder, rescan, measures)
            elif not self._search("UID", str(uid)):
                yield uid, None  # somebody else has removed it
            else:
                part = self._fetch_part(uid, folder, rescan, measures[uid])
                yield uid, trouble if isinstance(part, Exception) and trouble else part

    def _fetch_part(
        self, uid: int, folder: _Folder, rescan: bool, measure: _Measure
    ) -> Fetched | Exception | None:
        """The header and the beginning of the text; where that fails too, the header alone."""
        trouble: Exception = FolderGone(f"the server gives nothing of UID {uid}")
        beginning = b"BODY.PEEK[TEXT]<0.%d>" % PART_BYTES
        for wanted in ([b"BODY.PEEK[HEADER]", beginning], [b"BODY.PEEK[HEADER]"]):
            try:
                answer = self._ask("fetch", [uid], wanted).get(uid)
            except LOST:
                raise
            except Exception as e:  # the next rung asks for less
                trouble = e
                continue
            if answer is None and not self._search("UID", str(uid)):
                return None
            header = (answer or {}).get(b"BODY[HEADER]")
            if isinstance(header, bytes) and header:
                text = (answer or {}).get(b"BODY[TEXT]<0>") or b""
                return self._fetched(uid, folder, rescan, measure, header + text, truncated=True)
        return trouble

    def _fetched(
        self, uid: int, folder: _Folder, rescan: bool, measure: _Measure, raw: bytes, *, truncated: bool
    ) -> Fetched:
        size = max(measure.size, len(raw)) if truncated else len(raw)
        return Fetched(
            mailbox=self.settings.name,
            folder=self.settings.folder,
            uidvalidity=folder.uidvalidity,
            uid=uid,
            received_at=measure.received_at,
            raw=raw,
            size=size,
            truncated=truncated,
            rescan=rescan,
        )

    def _strike(self, uid: int, weight: int, keeper: Keeper, at: dt.datetime, why: str) -> None:
        """Count a failed try. The first is taken up again with the next look, later ones after a growing
        while, an hour at most; told on the second and then about once a day."""
        tries = (self._troubles[uid].tries if uid in self._troubles else 0) + weight
        minutes = 0 if tries < 2 else min(60, 2 ** (min(tries, 10) - 2))
        self._troubles[uid] = _Trouble(tries, at + dt.timedelta(minutes=minutes))
        if tries - weight < 2 <= tries or tries % 48 < weight:
            keeper.stumbled(
                self.settings.name,
                f"mail UID {uid} in folder {self.settings.folder!r} can't be taken in: {why}. "
                "Later mails go on, this one is tried again; look at it in the mailbox",
            )

    # -------------------------------------------------------------- after keeping

    def _finish(self, keeper: Keeper) -> None:
        """Flag or move what has been kept. What fails is kept in mind and done with a later look."""
        if self.settings.after == "leave":
            self._unfinished.clear()
            return
        if not self._unfinished:
            return
        stay = [u for u, whole in self._unfinished.items() if self.settings.after == "flag" or not whole]
        leave = [u for u in self._unfinished if u not in set(stay)]
        try:
            if self._folder is not None and self._folder.takes_keyword:
                for some in _in_lines(stay):
                    self._ask("add_flags", some, [KEPT_KEYWORD], silent=True)
            for some in _in_lines(leave):
                self._move(some)
                for uid in some:
                    del self._unfinished[uid]
        except LOST:
            raise
        except IMAPClientError as e:
            if not self._finish_complained:
                self._finish_complained = True
                verb = "move to " + repr(self.settings.done_folder) if leave else "flag"
                keeper.stumbled(
                    self.settings.name, f"kept mails could not be marked as done ({verb}): {in_words(e)}"
                )
            return
        self._finish_complained = False
        self._unfinished.clear()

    def _look_back(self, keeper: Keeper, folder: _Folder) -> None:
        """Once a process: what lies here and is kept already was kept by one that ended before it could finish."""
        ours = self.settings
        if self._looked_back or ours.after == "leave" or (ours.after == "flag" and not folder.takes_keyword):
            return
        lying = (
            self._search("ALL") if ours.after == "move" else self._search("UNKEYWORD", KEPT_KEYWORD.decode())
        )
        if lying:
            kept = keeper.kept(ours.folder, folder.uidvalidity)
            self._unfinished = {uid: kept[uid] for uid in lying if uid in kept} | self._unfinished
        self._looked_back = True

    def _finish_leftovers(self, keeper: Keeper) -> None:
        if self._unfinished:
            there = set(self._search("ALL"))
            self._unfinished = {u: whole for u, whole in self._unfinished.items() if u in there}
            self._finish(keeper)

    def _move(self, uids: list[int]) -> None:
        done = self.settings.done_folder
        if not self._done_folder_ready:
            self._ensure_folder(done)
            self._done_folder_ready = True
        if self._client.has_capability("MOVE"):
            self._ask("move", uids, done)
            return
        # RFC 6851 section 3.3: the same by hand. Stopped after COPY the mail lies in both folders, never in
        # none. A plain EXPUNGE would remove what others have marked, so without UIDPLUS the mark must do.
        self._ask("copy", uids, done)
        self._ask("delete_messages", uids, silent=True)
        if self._client.has_capability("UIDPLUS"):
            self._ask("uid_expunge", uids)

    def _ensure_folder(self, name: str) -> None:
        if self._ask("folder_exists", name):
            return
        self._ask("create_folder", name)
        with suppress(IMAPClientError):  # only so that mail clients show it
            self._ask("subscribe_folder", name)

    def append_sent(self, raw: bytes, folder: str) -> None:
        """Put a copy of a letter of ours into `folder`, over a connection of its own (any thread may call).

        The folder is created when missing; the copy is marked as read, being ours.
        """
        other = ImapDoor(self.settings)
        other.connect()
        try:
            other._ensure_folder(folder)
            other._ask("append", folder, re.sub(rb"\r?\n", b"\r\n", raw), flags=[SEEN], literal=1)
        finally:
            other.close()

    def headers_of(self, folder: str, *criteria: str | dt.date) -> list[dict[str, str]]:
        """Message-ID and subject of the mails in another folder that fit; [] where there is no such folder. Changes
        nothing on the server."""
        if not self._ask("folder_exists", folder):
            return []
        self._folder = None  # another one is open now
        self._ask("select_folder", folder, readonly=True)
        found = self._search(*criteria)
        asked = b"BODY[HEADER.FIELDS (MESSAGE-ID SUBJECT)]"
        told = (
            self._ask("fetch", list(found), ["BODY.PEEK[HEADER.FIELDS (MESSAGE-ID SUBJECT)]"])
            if found
            else {}
        )
        heads = [message_from_bytes(told[uid].get(asked, b""), policy=default) for uid in sorted(told)]
        return [
            {name: " ".join(str(head[name] or "").split()) for name in ("message-id", "subject")}
            for head in heads
        ]

    # -------------------------------------------------------------- waiting

    def wait(self, seconds: float, stop: threading.Event) -> bool:
        """Wait until something arrives (True), the time is over or `stop` is set (False).

        True is a hint only: looking is the truth. Without IDLE it just sleeps. Raises DoorLost when the
        connection has ended; it never spins on a dead one.
        """
        if self._client is None:
            raise DoorLost("not connected")
        if stop.is_set() or seconds <= 0:
            return False
        if not self.settings.idle or not self._client.has_capability("IDLE"):
            stop.wait(seconds)
            return False
        try:
            # A server tells of an arrival once, with the answer to any command: FETCH or MOVE of the last look
            # may have brought it, and IDLE would then be silent until the next poll.
            self._ask("noop")
            if self._arrivals_told():
                return True
            return self._idle(min(seconds, IDLE_SECONDS), stop)
        except DoorLost:
            raise
        except (IMAPClientError, OSError, ValueError) as e:
            raise DoorLost(f"the connection broke while waiting ({type(e).__name__})") from e

    def _idle(self, seconds: float, stop: threading.Event) -> bool:
        """Listen until the server says anything, then end IDLE and read all of it.

        Not by imapclient's `idle_check`: it breaks on an answer that arrives in two pieces, and on a closed
        connection it reports "nothing", at once, for ever. Reading up to the end of IDLE does neither.
        """
        ends_at = time.monotonic() + seconds
        rounds = 0
        while True:
            self._ask("idle")
            with selectors.DefaultSelector() as ears:
                ears.register(self._client.socket(), selectors.EVENT_READ)
                heard = False
                while not heard and not stop.is_set() and (left := ends_at - time.monotonic()) > 0:
                    heard = bool(ears.select(min(left, IDLE_SLICE_SECONDS)))
            answers = self._ask("idle_done")[1]
            if any(answer and answer[0] == b"BYE" for answer in answers):
                raise DoorLost("the server said BYE")
            if _tells_of_news(answers):
                return True
            if not heard:
                return False
            # A flag that somebody set, a sign of life, TLS talking to itself. A server that never stops
            # talking must not keep us busy.
            rounds += 1
            stop.wait(min(0.05 * rounds, 1.0))

    def _arrivals_told(self) -> bool:
        """Whether any answer since we last asked told of an arrival. imapclient drops such lines; imaplib,
        which it sits on, keeps them."""
        told = self._client._imap.response("EXISTS")[1]
        return any(each is not None for each in told)

    # -------------------------------------------------------------- the only way to the server

    def _ask(self, command: str, *arguments: Any, literal: int | None = None, **named: Any) -> Any:
        """Call imapclient, once every argument has passed the guard; `literal` is the place of the one that
        is sent as a literal and may hold anything."""
        if self._client is None:
            raise DoorLost("not connected")
        refuse_line_breaks(*(a for place, a in enumerate(arguments) if place != literal), *named.values())
        if self.settings.read_only:
            refuse_to_write(command, arguments, named)
        return getattr(self._client, command)(*arguments, **named)


def _tells_of_news(answers: Iterable[Any]) -> bool:
    return any(
        isinstance(a, tuple) and len(a) > 1 and a[1] in (b"EXISTS", b"RECENT") and a[0] != 0 for a in answers
    )


def _short_of(position: Position, unresolved: Iterable[int], start: int) -> Position:
    """The position, held back before the first UID that is still to be had."""
    first = min((uid for uid in unresolved if uid <= position.last_uid), default=position.last_uid + 1)
    return Position(position.uidvalidity, max(start, first - 1))

"""After a backup was put back: nothing goes to a resident that may have gone out already.

What the lost part of the record did nobody knows. So whatever stems from before the database was put back (a mail that
had come by then, a timer that was due by then, a letter that waited in the backup) is worked on as ever, and what goes
to residents because of it is held. A person looks: `mailbot letters reconcile` finds those that lie in the Sent
folder, `letters send` lets the others go, `letters drop` settles what the resident has. What comes later is as ever.
Mails that were moved away on the server since the backup was taken are looked for where they were moved to.
"""

from __future__ import annotations

import datetime as dt
import logging
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final

from mailbot.casework import clocks, orders
from mailbot.casework.references import find
from mailbot.casework.rulebook import Rulebook
from mailbot.casework.vocabulary import (
    Case,
    Effect,
    Event,
    Letter,
    SendLetter,
    Timer,
    TimerFell,
)
from mailbot.keeping import MailboxKeeper
from mailbot.postroom.fetched import Fetched, Position
from mailbot.postroom.imap import ImapDoor
from mailbot.postroom.imap_login import in_words
from mailbot.reports.history import moment
from storage import backup
from storage.rows import LetterRow, LetterState, NoSuchMail
from storage.work import Work

if TYPE_CHECKING:
    from mailbot.service import Service
    from mailbot.settings import MailboxSettings, Settings
    from storage import Store

log = logging.getLogger("mailbot.restored")

HELD: Final = "put back from the backup of "
"""How the reason begins for which such a letter is held."""
TOLD, TAKEN_IN = "restored:told", "restored:taken_in:"
"""What storage remembers by: that people were told, and how far a folder of moved mails was gone through."""
_EVER: Final = dt.datetime.min.replace(tzinfo=dt.UTC)


def reason(taken: dt.datetime) -> str:
    return f"{HELD}{moment(taken)}: it may have gone out since"


@dataclass(frozen=True)
class Restored:
    """`put_back`: when; `taken`: as of when the database then was."""

    put_back: dt.datetime
    taken: dt.datetime

    @property
    def stamp(self) -> str:
        return self.put_back.isoformat()

    def holds(self, work: Work, event: Event, case: Case | None, rules: Rulebook) -> bool:
        """Whether letters that follow from this event may have gone out before the database was put back."""
        return self._stems_from(work, event, case, rules) <= self.put_back

    def _stems_from(self, work: Work, event: Event, case: Case | None, rules: Rulebook) -> dt.datetime:
        if isinstance(event, TimerFell):
            due = event.due_at
            if event.timer is Timer.ACKNOWLEDGE and case and case.current:
                # What is late falls due at once: it was due when it would have been in time.
                due = min(due, clocks.acknowledge_timer(case.current, rules, _EVER).due_at)
            return due
        mail = getattr(event, "mail", "")
        if mail:
            try:
                return work.mail(mail).received_at
            except NoSuchMail:
                return event.at
        return event.at


def restored(store: Store) -> Restored | None:
    """When this database was put back from a backup; None where it never was."""
    with store.read() as work:
        put_back, _, taken = (work.recall(backup.RESTORED) or "").partition("|")
    if not taken:
        return None
    return Restored(dt.datetime.fromisoformat(put_back), dt.datetime.fromisoformat(taken))


REMARK: Final = (
    " (mailbot was put back from a backup: what goes to a resident waits until a supervisor has looked.)"
)


def remarked(effect: Effect) -> Effect:
    """The echo of an act that says that its letter is held."""
    if not isinstance(effect, SendLetter) or effect.letter is not Letter.COMMAND_DONE:
        return effect
    return replace(effect, facts={**effect.facts, "done": f"{effect.facts.get('done', '')}{REMARK}"})


# ------------------------------------------------------------------ beginning again


def begin_again(service: Service) -> bool:
    """Tell a supervisor what is held, and take in what was moved away on the server since. True once nothing of it is
    left to do; asked again, it does what is left."""
    since = service.restored
    if since is None:
        return True
    _tell(service, since)
    whole = True
    for box in service.settings.mailboxes:
        if box.imap.after == "move":
            whole = _take_in(service, box, since) and whole
    return whole


def _tell(service: Service, since: Restored) -> None:
    settings, now = service.settings, service.clock.now()
    with service.store.begin() as work:
        if work.recall(TOLD) == since.stamp:
            return
        held = may_have_gone(work)
        box = settings.mailboxes[0]
        alert = orders.alert(
            settings.supervisor_on(settings.calendar.london_date(now)),
            "",
            "mailbot was put back from a backup",
            f"It knows nothing of what happened between {moment(since.taken)} and {moment(since.put_back)}. "
            "Mails of that time are read again, and you and your colleagues may get mails about them again. No letter "
            "of that time goes to a resident by itself, because they may have it: each stands in the digest until you "
            "have looked whether it went out, and whoever runs mailbot sends it or settles it.",
            box.policy.why("supervisor_told"),
            lines=tuple(_line(letter) for letter in held[:_MOST]),
        )
        work.add_letter(service.outbox.mint(work, alert, "", box), now, None)
        work.remember(TOLD, since.stamp)


_MOST: Final = 40


def _line(letter: LetterRow) -> str:
    what = letter.order.letter.value.replace("_", " ")
    return f"{letter.reference or 'no case'}: {what}, ordered on {moment(letter.created_at)}"


def _take_in(service: Service, box: MailboxSettings, since: Restored) -> bool:
    """Keep what lies in the folder of kept mails, came around or after the backup, and is not on file."""
    key = f"{TAKEN_IN}{box.name}"
    with service.store.read() as work:
        if (work.recall(key) or "") == f"{since.stamp}|all":
            return True
    moved = replace(
        box.imap,
        folder=box.imap.done_folder,
        after="leave",
        since=since.taken.date() - dt.timedelta(days=1),
    )
    door = ImapDoor(moved)
    try:
        door.connect()
        kept = door.look(_Moved(service, box.name, since), service.clock.now)
    except Exception as error:  # whatever a server does: it is tried again, and nothing is lost by it
        log.warning("moved mails not taken in", extra={"mailbox": box.name, "error": in_words(error)})
        return False
    finally:
        door.close()
    with service.store.begin() as work:
        work.remember(key, f"{since.stamp}|all")
    log.info("moved mails taken in", extra={"mailbox": box.name, "count": kept})
    return True


class _Moved(MailboxKeeper):
    """Keeps from the folder of moved mails. How far it came is remembered apart from how far the mailbox was read."""

    def __init__(self, service: Service, mailbox: str, since: Restored) -> None:
        super().__init__(mailbox, service.store, service.clock, service.just_kept)
        self._service = service
        self._key, self._stamp = f"{TAKEN_IN}{mailbox}", since.stamp

    def position(self, mailbox: str) -> Position | None:
        with self._service.store.read() as work:
            stamp, _, at = (work.recall(self._key) or "").partition("|")
        validity, _, uid = at.partition("|")
        return Position(int(validity), int(uid)) if stamp == self._stamp and uid else None

    def begin_at(self, mailbox: str, position: Position) -> None:
        self.keep([], position)

    def keep(self, batch: list[Fetched], position: Position) -> None:
        now = self._service.clock.now()
        with self._service.store.begin() as work:
            for one in batch:
                if not work.is_on_file(self._mailbox, one.raw):
                    self._keep_one(work, one, now, None)
            work.remember(self._key, f"{self._stamp}|{position.uidvalidity}|{position.last_uid}")

    def kept(self, folder: str, uidvalidity: int) -> Mapping[int, bool]:
        return {}

    def looked(self, mailbox: str, at: dt.datetime) -> None:
        """This was no look into the mailbox itself."""


# ------------------------------------------------------------------ what lies in the Sent folder


@dataclass(frozen=True)
class Copy:
    """What the Sent folder says of a held letter. `found`: it lies there, or the same one as it was written before;
    `other`: one of its kind went to that address about a case that had another reference then."""

    letter: LetterRow
    found: bool
    other: str = ""


def held_letters(work: Work) -> list[LetterRow]:
    """The letters that are held because the database was put back, oldest first."""
    return [letter for letter in may_have_gone(work) if letter.last_error.startswith(HELD)]


def may_have_gone(work: Work) -> list[LetterRow]:
    """These, and those that waited for a person's word before and may have had it since."""
    return [letter for letter in work.letters_in(LetterState.HELD) if HELD in letter.last_error]


def look_for_copies(
    settings: Settings, since: Restored, box: MailboxSettings, letters: list[LetterRow]
) -> Iterator[Copy]:
    """Look into the Sent folder of a mailbox for each letter to a resident: by its Message-ID, else for one of the same
    kind to the same address since the backup was taken. Raises what the server's doors raise."""
    door, folder, day = ImapDoor(box.imap), settings.smtp.sent_folder, since.taken.date()
    door.connect()
    taken: set[str] = set()
    try:
        for letter in letters:
            if door.headers_of(folder, "HEADER", "Message-ID", letter.message_id):
                yield Copy(letter, True)
                continue
            kind = ("HEADER", "X-Mailbot-Letter", letter.order.letter.value, "TO", letter.order.to)
            alike = door.headers_of(folder, "SINCE", day, *kind)
            fresh = [one for one in alike if one["message-id"] not in taken]
            named = [find(one["subject"], settings.reference_prefix) for one in fresh]
            own = [number for number, found in enumerate(named) if not found or letter.reference in found]
            if not fresh:
                yield Copy(letter, False)
            elif own:
                taken.add(fresh[own[0]]["message-id"])
                yield Copy(letter, True)
            else:
                yield Copy(letter, False, named[0][0])
    finally:
        door.close()

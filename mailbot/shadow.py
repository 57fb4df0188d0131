"""A shadow run: mailbot beside the team, without being able to harm anybody (House 49, docs/modes.md).

Nothing that could write is handed to it: mailbox doors refuse every command that changes something, the outbox absorbs
every letter but those of the run itself, and behind it `OnlyTo` refuses whatever is not addressed to a supervisor or
to the operator. This module shows supervisors what was absorbed, and takes what the team writes to residents as the
word of the landlord that it is, so that cases go on as they really do. What staff write to mailbot does nothing.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Final

from mailbot.attended import Attended
from mailbot.casework.commands import parse
from mailbot.casework.on_staff import relay, respond
from mailbot.casework.parts import ImapSettings, Mode
from mailbot.casework.vocabulary import Act, Audience, Case, Fact, Letter, SendLetter, StaffActed, Stage
from mailbot.keeping import MailboxKeeper
from mailbot.postroom.bounces import without_plus
from mailbot.postroom.fetched import Fetched
from mailbot.postroom.imap import ImapDoor
from mailbot.postroom.imap_login import FolderGone
from mailbot.postroom.reading import Mail
from mailbot.postroom.screening import screen
from mailbot.postroom.smtp import Door, Handed, Outcome
from mailbot.replay.playing import decision_in, is_formal, is_team
from mailbot.sending import DRAFT
from mailbot.settings import SENT
from mailbot.shadow_day import BY_MACHINE, IGNORED, RESPONDED, WROTE, tell_the_day
from storage.rows import LetterRow, MailRow
from storage.work import Work

if TYPE_CHECKING:
    from mailbot.service import Service
    from mailbot.settings import Settings

SHOWN_AT: Final = "shadow:shown_at"
"""What storage remembers by: when drafts were last mailed."""
PAUSE: Final = dt.timedelta(minutes=30)
"""So long drafts gather, unless one of them is urgent."""
WHOLE: Final = 12
"""Letters that one mail shows whole."""
LARGEST: Final = 85_000
"""Bytes of them together: Gmail clips a mail at 102 kB."""
MANY: Final = 36
"""So many waiting, and those that one mail can't show whole are told in a line each."""
LISTED: Final = 200


class OnlyTo:
    """A relay that takes letters to these addresses and no others, whoever hands them over."""

    def __init__(self, door: Door, addresses: frozenset[str]) -> None:
        self._door = door
        self._addresses = addresses

    def hand_over(self, raw: bytes, sender: str, to: str, *, null_sender: bool = False) -> Handed:
        if to.lower() not in self._addresses:
            return Handed(Outcome.REFUSED, answer="a shadow run writes to supervisors alone")
        return self._door.hand_over(raw, sender, to, null_sender=null_sender)

    def close(self) -> None:
        close: Any = getattr(self._door, "close", None)
        if close:
            close()


def told_of(settings: Settings) -> frozenset[str]:
    """The only addresses that a shadow run writes to."""
    return frozenset((*(p.address for p in settings.supervisors), *settings.alarm_to))


# ------------------------------------------------------------------ the team's own mail


class SentKeeper(MailboxKeeper):
    """Keeps what lies in a Sent folder. Many servers make it when the first mail is sent: then that mail is no past."""

    @property
    def _missing(self) -> str:
        return f"shadow:no_sent:{self._mailbox}"

    def missed(self) -> None:
        """The folder was not there when it was looked for; the first time counts."""
        with self._store.begin() as work:
            if work.position(self._mailbox) is None and work.recall(self._missing) is None:
                work.remember(self._missing, self._clock.now().isoformat())

    def missing_since(self, work: Work) -> dt.datetime | None:
        since = work.recall(self._missing)
        return dt.datetime.fromisoformat(since) if since else None

    def first_day(self) -> dt.date | None:
        """From which day on its mail is looked through at the first look; None where all of it counts as past."""
        with self._store.read() as work:
            since = self.missing_since(work)
        return since.date() - dt.timedelta(days=1) if since else None  # days are the server's own

    def _keep_one(self, work: Work, one: Fetched, now: dt.datetime, since: dt.datetime | None) -> str | None:
        missing = self.missing_since(work)
        if missing and one.received_at < missing:  # put there by somebody who moves mail about
            one, since = replace(one, rescan=True), missing
        return super()._keep_one(work, one, now, since)


class SentDoor(ImapDoor):
    """The folder in which the team's own mail lies, read and never written. Where none is named it is the one that the
    server marks as such (RFC 6154)."""

    def __init__(self, settings: ImapSettings, keeper: SentKeeper) -> None:
        if not settings.read_only:
            raise ValueError("a Sent folder is only ever read")
        super().__init__(settings)
        self._keeper = keeper

    def _open_folder(self) -> Any:
        try:
            return self._found()
        except FolderGone:
            self._keeper.missed()
            raise

    def _found(self) -> Any:
        if self.settings.since is None and (day := self._keeper.first_day()):
            self.settings = replace(self.settings, since=day)
        if not self.settings.folder:
            found = self._ask("find_special_folder", b"\\Sent")
            if not found:
                raise FolderGone("no folder is marked as the one for sent mail: name it in smtp.sent_folder")
            self.settings = replace(self.settings, folder=str(found))
        return super()._open_folder()


@dataclass(frozen=True)
class Watched:
    """A place that is looked into: its door, and whoever keeps what comes from there."""

    name: str
    door: ImapDoor
    keeper: MailboxKeeper


def watched(service: Service) -> list[Watched]:
    """Every mailbox; in a shadow run also what the team sends from each."""
    settings = service.settings
    found = [Watched(box.name, ImapDoor(box.imap), service.keeper(box.name)) for box in settings.mailboxes]
    if settings.mode is Mode.SHADOW:
        for box in settings.mailboxes:
            name = f"{box.name}{SENT}"
            sent = replace(box.imap, name=name, folder=settings.watches_sent, idle=False)
            keeper = SentKeeper(name, service.store, service.clock, service.just_kept)
            found.append(Watched(name, SentDoor(sent, keeper), keeper))
    return found


class ShadowRun:
    """Works inside the service: its clock, its store, its outbox."""

    def __init__(self, service: Service) -> None:
        self._service = service

    def receive(self, work: Work, row: MailRow, mail: Mail) -> Attended | None:
        """What the team wrote: to a resident it counts in its case, to mailbot it does nothing. None for everybody
        else's mail, and for what a colleague passes on, which are attended to as ever."""
        service, settings = self._service, self._service.settings
        sent = row.mailbox.endswith(SENT)
        if not sent and not is_team(mail, settings, service.own_addresses):
            return None
        outside = self._outside(mail)
        if outside:
            return self._word_of_the_landlord(work, row, mail, outside)
        if sent or self._is_for_mailbot(work, mail):
            return service.settled(work, row, mail, IGNORED, None)
        return None

    def _outside(self, mail: Mail) -> tuple[str, ...]:
        """Whom of its readers the team does not hold."""
        settings, own = self._service.settings, self._service.own_addresses
        team = {a for p in settings.people for a in (p.address, *p.aliases)} | own
        domains = {address.rpartition("@")[2] for address in own}
        return tuple(
            a.address
            for a in (*mail.to, *mail.cc)
            if without_plus(a.address) not in team and a.address.rpartition("@")[2] not in domains
        )

    def _is_for_mailbot(self, work: Work, mail: Mail) -> bool:
        """It answers a mail of ours, or holds a command."""
        ids = [*mail.in_reply_to, *mail.references]
        if ids and work.letters_by_message_id(ids):
            return True
        calendar = self._service.settings.calendar
        parsed = parse(
            mail.own_words, calendar.london_date(self._service.clock.now()), calendar.add_working_days
        )
        lines = (
            *(act.line for act in (*parsed.acts, *parsed.understood)),
            *(m.line for m in parsed.mistakes),
        )
        return any(line.lstrip().startswith("#") for line in lines)

    def _word_of_the_landlord(
        self, work: Work, row: MailRow, mail: Mail, outside: tuple[str, ...]
    ) -> Attended:
        machine = bool(screen(mail, frozenset()).automatic)
        reference = self._case_of(work, mail, outside)
        case = work.case(reference) if reference else None
        formal = not machine and is_formal(mail.subject, mail.new_text)
        disposition = BY_MACHINE if machine else RESPONDED if formal else WROTE
        if case is not None and not machine and any(case.is_party(address) for address in outside):
            self._act(work, case, mail, min(row.received_at, self._service.clock.now()), formal, row)
        return self._service.settled(work, row, mail, disposition, reference or None)

    def _case_of(self, work: Work, mail: Mail, outside: tuple[str, ...]) -> str:
        """By its thread where that is theirs, else by whoever it is written to."""
        ids = [*mail.in_reply_to, *mail.references]
        threads = [m.reference for m in work.mail_by_message_id(ids) if m.reference] if ids else []
        theirs = [case.reference for address in outside for case in work.open_cases_of(address)]
        found = next((r for r in threads if r in theirs), "")
        only = theirs[0] if len(set(theirs)) == 1 else threads[0] if threads else ""
        return found or only

    def _act(self, work: Work, case: Case, mail: Mail, at: dt.datetime, formal: bool, row: MailRow) -> None:
        """What the lifecycle does not take as a response it takes as a reply."""
        service = self._service
        assert mail.sender is not None
        person = service.person_at(mail.sender.address)
        who = person.key if person else case.handler or service.settings.people[0].key
        text = mail.new_text.strip() or mail.subject or "(no text)"
        box = service.box("", case)
        rules = service.rules(work, box, case)
        if formal and case.stage in (Stage.STAGE1_OPEN, Stage.STAGE2_OPEN):
            act = StaffActed(at, who, Act.RESPOND, words=decision_in(mail.new_text), text=text, mail=row.id)
            decided = respond(case, act, rules)  # it was sent: nobody's approval is asked for
            if not decided.refused:
                service.step(work, case, act, box, who="the team", decided=decided)
                return
        act = StaffActed(at, who, Act.REPLY, text=text, mail=row.id)
        service.step(work, case, act, box, who="the team", decided=relay(case, act, rules))

    # -------------------------------------------------------------- what would have been sent

    def show(self) -> None:
        """Put what was absorbed into a mail to a supervisor: at once, and then what gathers in half an hour."""
        service, now = self._service, self._service.clock.now()
        with service.store.read() as work:
            waiting = work.recall_all(DRAFT)
            if not waiting:
                return
            last = work.recall(SHOWN_AT)
            rows = [row for key in waiting if (row := work.letter(int(key.removeprefix(DRAFT)))) is not None]
        urgent = any(row.order.facts.get("urgency") == "now" for row in rows)
        gathered = [now] if not rows else [row.handed_at or now for row in rows]
        since = dt.datetime.fromisoformat(last) if last else None
        if since is None and not any(row.order.audience is Audience.RESIDENT for row in rows):
            since = min(gathered)  # the very first is a letter to a resident, where there is one
        if since is not None and not urgent and now < since + PAUSE:
            return
        rows.sort(key=_the_weightiest_first)
        whole = list(self._that_fit(rows))
        rest = rows[len(whole) :]
        listed = rest[:LISTED] if len(rows) > MANY else []
        facts: dict[str, Fact] = {
            "drafts": [row.id for row in whole],
            "listed": [row.id for row in listed],
            "left": len(rest) - len(listed),
        }
        settings = service.settings
        box = settings.mailboxes[0]
        person = settings.supervisor_on(settings.calendar.london_date(now))
        order = SendLetter(
            Letter.SHADOW_DRAFTS,
            Audience.SUPERVISOR,
            person.address,
            box.policy.why("shadow"),
            facts,
            person=person.key,
        )
        with service.store.begin() as work:
            work.add_letter(service.outbox.mint(work, order, "", box), now, None)
            work.drop_remembered(f"{DRAFT}{row.id:012}" for row in (*whole, *listed))
            work.remember(SHOWN_AT, now.isoformat())

    def _that_fit(self, rows: list[LetterRow]) -> Iterator[LetterRow]:
        """The first few, until the mail is as large as mail programs show. One at least."""
        size = 0
        for number, row in enumerate(rows[:WHOLE]):
            size += sum(len(one.html) for one in self._service.outbox.composer.shown([row.id]))
            if number and size > LARGEST:
                return
            yield row

    def daily(self) -> int:
        """On each working morning, to each supervisor: what would have been, held against what was."""
        return tell_the_day(self._service)


def _the_weightiest_first(row: LetterRow) -> tuple[bool, bool, int]:
    return row.order.facts.get("urgency") != "now", row.order.audience is not Audience.RESIDENT, row.id

"""The whole story in four verbs. Start reading here.

    look      fetch what is new from IMAP and keep the raw bytes, unread
    attend    read it, screen it, find its case, classify it, take a step
    step      decide(case, event, rules), then record the new case, its timers, its letters, its journal line
    dispatch  send what lies in the outbox

A due timer, a handler's command and a resident's mail all end in the same step. The database alone says what
is due; nothing here remembers anything between two calls.
"""

from __future__ import annotations

import datetime as dt
import functools
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Protocol

from classifiers import Ask
from classifiers.words import definition, outcome_sought
from mailbot.ahead import InHand
from mailbot.attended import Attended
from mailbot.backlog import Backlog
from mailbot.casework.allocation import Desk, open_loads, open_weights
from mailbot.casework.clues import named
from mailbot.casework.lifecycle import decide
from mailbot.casework.policy import Policy
from mailbot.casework.references import compose, near_misses
from mailbot.casework.rulebook import Rulebook
from mailbot.casework.vocabulary import (
    Audience,
    Bounced,
    Case,
    Decision,
    Event,
    Flag,
    Intent,
    LetterHeld,
    MailArrived,
    Party,
    Person,
    SendLetter,
    StaffActed,
    Stage,
    Timer,
    TimerFell,
    Verdict,
)
from mailbot.casework.withholding import FOR_A_SUPERVISOR
from mailbot.clock import Clock
from mailbot.finding import NOWHERE, Belongs, Finder
from mailbot.floods import is_flood
from mailbot.keeping import JustKept, MailboxKeeper
from mailbot.machines import FULL_FOR, MachineDesk
from mailbot.mornings import Mornings
from mailbot.postroom.bounces import may_pass
from mailbot.postroom.files import came_along
from mailbot.postroom.letters import Stationery, Written
from mailbot.postroom.reading import Mail
from mailbot.postroom.smtp import Door
from mailbot.postroom.trust import authenticate
from mailbot.presence import Duties, new_name
from mailbot.recounting import recompute_dates
from mailbot.restored import reason, remarked, restored
from mailbot.senders import asked_about, kind_of, may_be_quoted, warning_of
from mailbot.sending import MOST_ALERTS, Outbox, Sent, may_tell, pause, resume
from mailbot.setaside import Aside, Cause
from mailbot.settings import MailboxSettings, Settings, mailbox_named
from mailbot.staffmail import StaffDesk, history_text
from mailbot.surveys import opt_out, unasked
from mailbot.ticking import Ticks
from storage import Store, points
from storage.rows import (
    KeptAttachment,
    LetterRow,
    LetterState,
    MailRow,
    MailState,
    SettledMail,
    Step,
)
from storage.work import Work

SILENCES = (Timer.REMIND_WINDOW, Timer.CLOSE_SILENT)
"""Timers that nobody's unread mail may stand against."""


class Reader(Protocol):
    """What takes mails for what they are: the classifiers' chain."""

    def read_many(self, asks: Sequence[Ask]) -> list[Verdict]: ...


class Shadow(Protocol):
    """A shadow run's own part of attending and of the morning."""

    def receive(self, work: Work, row: MailRow, mail: Mail) -> Attended | None: ...

    def daily(self) -> int: ...


class Gap(Protocol):
    """A time in which mailbot was set aside."""

    @property
    def takes_in(self) -> bool: ...

    def holds(self, at: dt.datetime) -> bool: ...


LEFT_ALONE = "came while mailbot was set aside: left alone"


class Service:
    """One landlord's complaints mailboxes. Every method may be called again at any time: it does what is left."""

    def __init__(
        self,
        settings: Settings,
        store: Store,
        chain: Reader | None,
        stationery: Stationery,
        door: Door,
        clock: Clock,
        append_sent: Callable[[MailboxSettings, bytes], None] | None = None,
    ) -> None:
        self.settings = settings
        self.store = store
        self._habits = replace(settings.habits, show_handler_address=settings.show_handler_address)
        self._chain = chain
        self.clock = clock
        self.own_addresses = frozenset(
            address for box in settings.mailboxes for address in (box.imap.address, *box.imap.aliases)
        )
        self.worker = new_name()
        self.just_kept = JustKept()
        self.duties = Duties(self)
        self.outbox = Outbox(settings, store, stationery, door, clock.now, append_sent, self.worker)
        self.outbox.on_refusal = self._letter_refused
        self.restored = restored(store)
        self.outbox.on_held = self._put_before
        self.shadow: Shadow | None = None
        self.gaps: tuple[Gap, ...] = ()  # when mailbot was set aside: what fell due then is stale
        self.outbox.may_remind = self._may_remind
        self._ticks = Ticks(self)
        self._staff_desk = StaffDesk(self)
        self._machine_desk = MachineDesk(self)
        self._aside = Aside(self)
        self._backlog = Backlog(self, self._aside)
        self._mornings = Mornings(self)
        self.finder = Finder(settings.reference_prefix, self.own_addresses, self.outbox.opens)

    # ================================================================== look

    def keeper(self, mailbox: str) -> MailboxKeeper:
        """What the door of this mailbox hands its mail to."""
        return MailboxKeeper(mailbox, self.store, self.clock, self.just_kept)

    # ================================================================== attend

    def attend(self, limit: int = 50) -> list[Attended]:
        """Attend to waiting mail, the earliest received first, one of each sender in turn. One that fails twice is
        set aside for a person; none of them stops the next."""
        return self._backlog.attend(limit)

    def receive(self, work: Work, row: MailRow, hand: InHand) -> Attended:
        """What becomes of a mail that was read, in the caller's transaction."""
        mail, screening = hand.mail, hand.screening
        self.outbox.know(row.id, mail)
        points.reached("attend:read")
        again = work.same_mail(mail.fingerprint, but_not=row.id) if mail.fingerprint else None
        if again is not None:
            return self.settled(
                work, row, mail, "same mail by another way", again.reference, state=MailState.DISCARDED
            )
        if self.shadow and (taken := self.shadow.receive(work, row, mail)):
            return taken
        if row.truncated:
            big = f"it is too big to be read ({row.size // 1_000_000} MB); it lies whole in the mailbox"
            return self.quarantined(work, row, mail, Cause.TOO_BIG, big)
        if screening.own_come_back:
            return self.settled(work, row, mail, "our own letter", None, automatic="other")
        if screening.automatic:
            return self._machine_desk.receive(work, row, mail, screening)
        if mail.sender is None:
            return self.quarantined(work, row, mail, Cause.NO_SENDER, "it has no readable sender")
        person = self.person_at(mail.sender.address)
        if row.cause_code != Cause.FLOOD and is_flood(
            work, mail.sender.address, self.settings.limits, self.clock.now(), person is not None
        ):
            flood = f"{mail.sender.address.rpartition('@')[2]} sent more mails in an hour than one place may"
            return self.quarantined(work, row, mail, Cause.FLOOD, flood)
        if person is not None and (gap := self.gap_of(row.received_at)) and not gap.takes_in:
            return self._staff_desk.give_back(work, row, mail, person)
        if person is not None:
            return self._staff_desk.receive(work, row, mail, person)
        if mail.sealed == "encrypted" and not mail.text.replace("\n", "").strip(" -"):
            sealed = "it is encrypted, and only somebody with the key can read it"
            return self.quarantined(work, row, mail, Cause.ENCRYPTED, sealed)
        return self.from_outside(work, row, mail)

    # ------------------------------------------------------------------ mail from outside

    def from_outside(
        self,
        work: Work,
        row: MailRow,
        mail: Mail,
        received_at: dt.datetime | None = None,
        handed_in_by: str = "",
    ) -> Attended:
        """A resident's mail, or a stranger's. `received_at` and `handed_in_by`: a colleague passed it on, and it
        had reached them by then; it is put before a person where it seems to want nothing."""
        assert mail.sender is not None
        belongs = self.finder.look_up(work, mail)
        ask = self.question(mail, belongs)
        found, case, text = belongs.found, belongs.case, ask.text
        gap = self.gap_of(row.received_at)
        if gap and not gap.takes_in and not handed_in_by and case is None:
            return self.settled(work, row, mail, LEFT_ALONE, None, state=MailState.DISCARDED)
        verdict = self._backlog.verdict_on(ask)
        points.reached("attend:classified")
        if handed_in_by and verdict.intent is Intent.OTHER and case is None:
            verdict = replace(verdict, intent=Intent.UNSURE)
        verdict = named(verdict, mail.sender.name, f"{mail.subject}\n{text}")
        vouched = bool(handed_in_by) or may_be_quoted(mail, self.settings.trust)
        if not handed_in_by:
            self._warn(work, row, mail, case)
        if vouched and not handed_in_by:  # whoever writes can be reached
            resume(work, mail.sender.address)
            if case and mail.sender.address in case.unreachable:
                others = tuple(a for a in case.unreachable if a != mail.sender.address)
                case = replace(case, unreachable=others)
        sender = Party(mail.sender.address, mail.sender.name)
        if case:
            sender = next((p for p in case.parties if p.address == sender.address), sender)
        answered = belongs.answered
        event = MailArrived(
            at=self.clock.now(),
            received_at=received_at or row.received_at,
            mail=row.id,
            sender=sender,
            subject=mail.subject,
            text=text,
            verdict=verdict,
            trusted=found.trusted if found and case else True,
            attachments=came_along(mail, text, self.settings.forward_dangerous_files),
            how_found=found.how if found and case else "",
            definition=definition(text),
            outcome_sought=outcome_sought(text),
            suggested=found.reference if found and found.suggestion else "",
            answers=answered.order.letter.value if answered else "",
            answers_about=asked_about(answered, sender.address),
            from_ombudsman=self._from_ombudsman(mail, self.box(row.mailbox, case)),
            handed_in_by=handed_in_by,
            vouched=vouched,
            history=history_text(work, case, latest=8) if case else "",
        )
        box = self.box(row.mailbox, case)
        after, decision = self.step(work, case, event, box, who=sender.address, stale=gap is not None)
        prefix = self.settings.reference_prefix
        if case is None and (near_misses(mail.subject, prefix) or near_misses(mail.new_text, prefix)):
            work.note(
                event.at,
                "mailbot",
                "near_miss",
                "The mail quotes a reference that is not quite one of ours.",
                reference=after.reference if after else None,
                mail=row.id,
            )
        return self.settled(
            work,
            row,
            mail,
            "step" if after else "filed",
            after.reference if after else None,
            verdict=verdict,
            how_found=event.how_found,
            summary=decision.summary,
            because=decision.because,
        )

    def _warn(self, work: Work, row: MailRow, mail: Mail, case: Case | None) -> None:
        """Put into the journal what is odd about the sender, for people. It moves nothing by itself."""
        told = warning_of(mail, self.own_addresses, self.settings.people)
        if told:
            reference = case.reference if case else None
            work.note(self.clock.now(), "mailbot", "warning", told, reference=reference, mail=row.id)

    def _from_ombudsman(self, mail: Mail, box: MailboxSettings) -> bool:
        """Whether the Ombudsman sent it, as our own border says: a name alone moves nobody to act."""
        assert mail.sender is not None
        ombudsman = self.settings.ombudsman(box.policy.ombudsman)
        return (
            ombudsman.wrote(mail.sender.address) and authenticate(mail, self.settings.trust).result == "pass"
        )

    def question(self, mail: Mail, belongs: Belongs) -> Ask:
        """What the classifier is asked about a mail from outside, by the case that it belongs to."""
        assert mail.sender is not None
        case = belongs.case
        return Ask(
            text=mail.new_text if case else mail.text,
            subject=mail.subject,
            stage=case.stage if case else Stage.NONE,
            sender=kind_of(Party(mail.sender.address, mail.sender.name), case),
            reference_found=case is not None,
        )

    def read_as_new(self, mail: Mail) -> Verdict:
        """What the classifier says of a mail that belongs to no case."""
        return self._backlog.verdict_on(self.question(mail, NOWHERE))

    def verdicts_on(self, asks: Sequence[Ask]) -> dict[Ask, Verdict]:
        assert self._chain is not None, "a service that attends to mail has a classifier"
        return dict(zip(asks, self._chain.read_many(asks), strict=True))

    def _letter_refused(self, work: Work, reference: str, event: Bounced) -> None:
        now = self.clock.now()
        pause(work, event.address, now + FULL_FOR if may_pass(event.diagnostic) else None, now)
        case = work.case(reference)
        if case:
            self.step(work, case, event, self.box("", case), who="mailbot")

    # ------------------------------------------------------------------ the end of attending

    def settled(
        self,
        work: Work,
        row: MailRow,
        mail: Mail,
        disposition: str,
        reference: str | None,
        *,
        state: MailState = MailState.ATTENDED,
        verdict: Verdict | None = None,
        how_found: str = "",
        automatic: str = "",
        summary: str = "",
        because: tuple[str, ...] = (),
    ) -> Attended:
        sender = mail.sender.address if mail.sender else ""
        work.settle_mail(
            row.id,
            SettledMail(
                at=self.clock.now(),
                disposition=disposition,
                state=state,
                reference=reference,
                fingerprint=mail.fingerprint,
                message_id=mail.message_id,
                sender=sender,
                subject=mail.subject,
                verdict=verdict,
                how_found=how_found,
                automatic=automatic,
                attachments=tuple(
                    KeptAttachment(a.name, a.content_type, a.content, a.sha256) for a in mail.attachments
                ),
            ),
            holder=self.worker,
        )
        points.reached("attend:settled")
        return Attended(
            row.id, disposition, reference, sender, mail.subject, summary, because, verdict, how_found
        )

    def quarantined(self, work: Work, row: MailRow, mail: Mail, cause: Cause, sentence: str) -> Attended:
        """Set aside for a person, who is told at once: its clock runs from receipt. `release_mail` lets it be
        attended to again."""
        return self._aside.put(work, row, mail, cause, sentence)

    # ================================================================== step

    def step(
        self,
        work: Work,
        case: Case | None,
        event: Event,
        box: MailboxSettings,
        who: str,
        decided: Decision | None = None,
        stale: bool = False,
    ) -> tuple[Case | None, Decision]:
        """Decide (unless that was `decided` already) and record: the one place where cases change. In the caller's
        transaction."""
        if case and case.unsent:
            case = self._still_held(work, case)
        serial = self._serial(work, event.at) if case is None else None
        unread: frozenset[str] = frozenset()
        if isinstance(event, TimerFell) and event.timer in SILENCES:
            unread = work.senders_set_aside()
        received_at = getattr(event, "received_at", None)
        rules = self.rules(work, box, case, serial, unread, received_at=received_at, stale=stale)
        if case and isinstance(event, TimerFell) and event.timer is Timer.SURVEY:
            rules = replace(rules, no_surveys=unasked(work, case))
        decision = decided or decide(case, event, rules)
        points.reached("step:decided")
        opened = case is None and decision.case is not None
        reference = decision.case.reference if decision.case else case.reference if case else ""
        effects, held = decision.effects, ""
        if self.restored and self.restored.holds(work, event, case, rules):
            held = reason(self.restored.taken)
            effects = tuple(map(remarked, effects))
        orders = [effect for effect in effects if isinstance(effect, SendLetter)]
        letters = tuple(self.outbox.mint(work, order, reference, box) for order in orders)
        if held:
            letters = tuple(
                replace(letter, held=held) if letter.order.audience is Audience.RESIDENT else letter
                for letter in letters
            )
        letters = tuple(
            replace(letter, held=letter.held or FOR_A_SUPERVISOR) if letter.order.waits else letter
            for letter in letters
        )
        points.reached("step:minted")
        after = work.record(
            Step(
                at=event.at,
                who=who,
                before=case,
                decision=decision,
                event=event,
                letters=letters,
                mail=getattr(event, "mail", None) or None,
                serial=serial if opened else None,
            )
        )
        for letter in letters:
            if letter.order.waits and not held and (row := work.letter_by_nonce(letter.nonce)):
                self._staff_desk.loose.put_before(work, row)
        if isinstance(event, StaffActed):
            self.acted(event, reference or None, bool(decision.refused))
        if case and after and case.unsent:
            self._settle_held(work, case, after)
        if isinstance(event, MailArrived) and event.verdict.has(Flag.SURVEY_OPT_OUT):
            opt_out(work, after or case, event.sender.address, event.mail)
        if decision.opens is not None:
            after, further = self.step(work, None, decision.opens, box, who, stale=stale)
            return after, further
        if decision.links is not None and after is not None:
            after = self._link(work, after, decision.links, box, who)
        if decision.moves is not None:
            target, moved = decision.moves
            elsewhere = work.case(target)
            if elsewhere:
                return self.step(work, elsewhere, moved, self.box("", elsewhere), who, stale=stale)
        return after, decision

    def acted(self, act: StaffActed, reference: str | None, refused: bool) -> None:
        """For the log, once the mail in hand is on record."""
        self._backlog.acts.append((act, reference, refused))

    def gap_of(self, at: dt.datetime) -> Gap | None:
        """The time in which mailbot was set aside, if it was at this moment."""
        return next((gap for gap in self.gaps if gap.holds(at)), None)

    def hold_letter(self, work: Work, row: LetterRow, why: str) -> None:
        """A letter that waits in the outbox goes no more by itself: whoever has its case is to say whether it does."""
        work.hold(row.id, why)
        self._put_before(work, row, why)

    def _put_before(self, work: Work, row: LetterRow, why: str) -> bool:
        """Put a held letter before whoever has its case, before a supervisor where it belongs to none; False where it
        can't be."""
        if row.reference is None:
            return self._staff_desk.loose.put_before(work, row, why)
        case = work.case_if_readable(row.reference)
        if case is None or row.order.audience is not Audience.RESIDENT:
            return False
        quiet = not may_tell(work, "held letters", self.clock.now(), MOST_ALERTS)
        event = LetterHeld(self.clock.now(), row.order, why, row.id, quiet)
        self.step(work, case, event, self.box("", case), who="mailbot")
        return True

    def _still_held(self, work: Work, case: Case) -> Case:
        """The case without the letters that somebody let go, or settled, in the outbox itself."""
        rows = {held.row: work.letter(held.row) for held in case.unsent if held.row}
        gone = {number for number, row in rows.items() if row is None or row.state is not LetterState.HELD}
        return replace(case, unsent=tuple(h for h in case.unsent if h.row not in gone)) if gone else case

    def _settle_held(self, work: Work, before: Case, after: Case) -> None:
        """What somebody decided on lies in the outbox no more as held."""
        kept = {held.number for held in after.unsent}
        for held in before.unsent:
            if held.row and held.number not in kept:
                work.absorb(held.row, "somebody has decided on it: see the history")

    def _link(self, work: Work, case: Case, part: MailArrived, box: MailboxSettings, who: str) -> Case:
        """A part of the mail gets a case of its own; each of the two knows of the other."""
        linked, _ = self.step(work, None, part, box, who)
        if linked is None:
            return case
        why = box.policy.why("data_protection")
        both = Decision(
            replace(case, linked=(*case.linked, linked.reference)),
            (),
            f"Its part about personal data has a case of its own: {linked.reference}.",
            why,
        )
        after = work.record(Step(at=part.at, who=who, before=case, decision=both, event=part, letters=()))
        return after or case

    def _serial(self, work: Work, at: dt.datetime) -> tuple[str, int]:
        name = f"{self.settings.reference_prefix}-{self.settings.calendar.london_date(at).year}"
        return name, work.peek_reference(name)

    def rules(
        self,
        work: Work,
        box: MailboxSettings,
        case: Case | None = None,
        serial: tuple[str, int] | None = None,
        unread: frozenset[str] = frozenset(),
        received_at: dt.datetime | None = None,
        stale: bool = False,
    ) -> Rulebook:
        """The rulebook of a case, by the version of the policy that it keeps to; of a new one by the version in
        force when its mail was received. A number is asked for only where a case may be opened: on
        PostgreSQL asking holds the sequence until the transaction ends."""
        calendar = self.settings.calendar
        on = calendar.london_date(received_at or self.clock.now())
        policy = box.policy_of(case) if case else box.policy_on(on)
        reference = ""
        if serial:
            name, number = serial
            reference = compose(self.settings.reference_prefix, int(name.rpartition("-")[2]), number)
        burdens = functools.cache(work.burdens)
        return Rulebook(
            policy=policy,
            calendar=self.settings.calendar,
            desk=Desk(
                self.settings.people,
                open_loads(burdens),
                open_weights(self.settings.allocation, burdens),
            ),
            mailbox=box.imap.name,
            reference=reference,
            habits=self._habits,
            today=self.settings.calendar.london_date(self.clock.now()),
            unread=unread,
            ours=self.own_addresses,
            stale=stale,
        )

    # ================================================================== when days count differently

    def recompute_dates(self) -> list[tuple[str, Decision]]:
        """Count open cases anew where calendar or policy are not what they were when that was last done. To be
        called on start, before any tick; cheap where nothing has changed."""
        return recompute_dates(self)

    # ================================================================== tick

    def tick(self, limit: int = 200) -> list[tuple[str, Decision]]:
        """Everything that is due. Timers whose truth hangs on mail fall due as of the last look at their
        mailbox, and only once what was kept has been attended to."""
        return self._ticks.tick(limit)

    def under_way(self) -> bool:
        """Whether mails wait, timers are due that anybody could see to now, or a mailbox is to be read first."""
        return self._ticks.under_way()

    # ================================================================== dispatch and digest

    def _may_remind(self) -> bool:
        """Whether this worker hands reminders over: one does, once all that fall due together are there, and with them
        the lists of that morning."""
        if not self.store.shared:
            return True
        if not self.duties.keeps_house() or not self.duties.is_quiet():
            return False
        self.worklists()
        return True

    def dispatch(self, limit: int = 50) -> list[Sent]:
        return self.outbox.dispatch(limit)

    def digest(self) -> int:
        """On each working morning a digest to each of its readers; asked again, it does nothing."""
        return self._mornings.digests() + (self.shadow.daily() if self.shadow else 0)

    def worklists(self) -> int:
        """On each working morning a list to each handler for whom there is something, with the reminders."""
        return self._mornings.worklists()

    # ================================================================== people and mailboxes

    def person_at(self, address: str) -> Person | None:
        return next((p for p in self.settings.people if address in (p.address, *p.aliases)), None)

    def _name(self, key: str) -> str:
        return next((p.name for p in self.settings.people if p.key == key), "nobody")

    def box(self, mailbox: str, case: Case | None) -> MailboxSettings:
        """The mailbox whose policy governs: the case's own, whichever way its mail came."""
        return mailbox_named(self.settings, case.mailbox if case else mailbox)

    def policy_of(self, case: Case) -> Policy:
        """The version of the policy that a case keeps to."""
        return self.box("", case).policy_of(case)

    def preview_digest(self, person: Person) -> Written:
        """Today's digest as it would be sent; nothing is recorded."""
        return self._mornings.preview(person)

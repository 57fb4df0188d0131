"""The last part of the flow: orders become letters in the outbox, letters become mail that was handed over.

Promises: a letter's Message-ID and reply token are fixed when the order is recorded; "I am about to hand it
over" is committed before SMTP begins, the outcome at once after it; what may have gone out is never sent
again blindly. A capped letter goes to a person, because its deadline still runs.
"""

from __future__ import annotations

import datetime as dt
import logging
import secrets
from collections.abc import Callable
from dataclasses import dataclass, replace

from mailbot.casework.parts import Landlord, Limits, Ombudsman
from mailbot.casework.vocabulary import (
    Audience,
    Bounced,
    Letter,
    SendLetter,
)
from mailbot.postroom import tokens
from mailbot.postroom.letters import Enclosure, Letterhead, LetterMistake, Order, Stationery, Written
from mailbot.postroom.reading import read
from mailbot.postroom.smtp import Handed, Outcome, SmtpDoor
from mailbot.settings import MailboxSettings, Settings
from storage import Store
from storage.rows import ClaimLost, LetterRow, LetterState, NewLetter
from storage.work import Work

log = logging.getLogger("mailbot.sending")

LEASE = dt.timedelta(minutes=5)
TOO_BIG_TO_CARRY = 15_000_000  # bytes of attachments that still travel with a letter


@dataclass(frozen=True)
class Sent:
    """What dispatch did, for the timeline and the log."""

    letter: LetterRow
    outcome: Outcome | None  # None: it was held or could not be written
    answer: str


class Outbox:
    """Mints letters for steps and hands waiting ones over."""

    def __init__(
        self,
        settings: Settings,
        store: Store,
        stationery: Stationery,
        door: SmtpDoor,
        now: Callable[[], dt.datetime],
        append_sent: Callable[[MailboxSettings, bytes], None] | None = None,
    ) -> None:
        self._settings = settings
        self._store = store
        self._stationery = stationery
        self._door = door
        self._now = now
        self._append_sent = append_sent
        self.on_refusal: Callable[[Work, str, Bounced], None] = note_nothing
        with store.begin() as work:
            self._key = work.secret_key()

    # -------------------------------------------------------------- minting

    def mint(self, work: Work, order: SendLetter, reference: str, mailbox: MailboxSettings) -> NewLetter:
        """The letter for an order: its Message-ID carries a keyed token that binds case, recipient and audience."""
        nonce = secrets.token_hex(8)
        token = tokens.mint(self._key, order.audience.value, reference, order.to, nonce)
        domain = mailbox.imap.address.rpartition("@")[2]
        in_reply_to, references = read_thread(work, order.answers) if order.answers else ("", ())
        return NewLetter(order, tokens.message_id(nonce, token, domain), nonce, in_reply_to, references)

    def opens(self, letter: LetterRow, nonce: str, token: str) -> bool:
        """Whether this token was minted by us for this very letter."""
        order = letter.order
        return letter.nonce == nonce and tokens.check(
            self._key, order.audience.value, letter.reference or "", order.to, nonce, token
        )

    # -------------------------------------------------------------- dispatch

    def recover(self) -> int:
        """After a start: letters that a killed process was handing over may have gone out; people are told."""
        with self._store.begin() as work:
            broken = work.recover_letters(self._now())
            for letter in broken:
                self._tell(
                    work, letter, "may or may not have gone out: the service stopped while handing it over"
                )
        return len(broken)

    def dispatch(self, limit: int = 50) -> list[Sent]:
        """Hand over what waits. Each letter is settled on its own; one that fails never stops the next."""
        done: list[Sent] = []
        while batch := self._claim(min(limit - len(done), 10)):
            done += [self._send(letter) for letter in batch]
            if len(done) >= limit:
                break
        return done

    def _claim(self, limit: int) -> list[LetterRow]:
        if limit <= 0:
            return []
        with self._store.begin() as work:
            return work.claim_letters(self._now(), limit, LEASE)

    def _send(self, letter: LetterRow) -> Sent:
        now = self._now()
        mailbox = self._mailbox_of(letter)
        held = self._over_limit(letter, now)
        if held:
            return self._hold(letter, held)
        try:
            written = self._write(letter, mailbox, now)
        except LetterMistake as mistake:
            return self._hold(letter, f"it could not be written: {mistake}")
        try:
            with self._store.begin() as work:
                work.handing(letter.id, written.raw, written.subject, now)
        except ClaimLost:
            return Sent(letter, None, "somebody else has it")
        handed = self._door.hand_over(
            written.raw, mailbox.imap.address, letter.order.to, null_sender=written.null_sender
        )
        self._settle(letter, handed, now)
        if (
            handed.outcome is Outcome.ACCEPTED
            and self._append_sent
            and letter.order.audience is Audience.RESIDENT
        ):
            self._append_sent(mailbox, written.raw)
        log.info(
            "letter",
            extra={
                "reference": letter.reference,
                "letter": letter.order.letter.value,
                "outcome": handed.outcome.value,
            },
        )
        return Sent(letter, handed.outcome, handed.answer)

    def _settle(self, letter: LetterRow, handed: Handed, now: dt.datetime) -> None:
        answer = f"{handed.code} {handed.answer}".strip()
        with self._store.begin() as work:
            match handed.outcome:
                case Outcome.ACCEPTED:
                    work.sent(letter.id, now, answer)
                case Outcome.LATER:
                    again = next_try(letter, now, self._settings.smtp_retry_hours)
                    if again:
                        work.later(letter.id, again, answer)
                    else:
                        work.failed(letter.id, f"given up: {answer}")
                        self._tell(work, letter, f"could not be sent and was given up ({answer})")
                case Outcome.REFUSED:
                    work.failed(letter.id, answer)
                    self._refused(work, letter, answer)
                case Outcome.UNKNOWN:
                    work.unknown(letter.id, answer)
                    self._tell(
                        work,
                        letter,
                        f"may or may not have gone out: the line broke after it was sent ({answer})",
                    )

    def _refused(self, work: Work, letter: LetterRow, answer: str) -> None:
        """A refusal for good is as a bounce: the case must know that the resident was not reached."""
        if letter.order.audience is Audience.RESIDENT and letter.reference:
            self.on_refusal(
                work,
                letter.reference,
                Bounced(self._now(), "", letter.order.to, letter.order.letter.value, diagnostic=answer),
            )
        else:
            self._tell(work, letter, f"was refused ({answer})")

    def _hold(self, letter: LetterRow, why: str) -> Sent:
        with self._store.begin() as work:
            work.hold(letter.id, why)
            self._tell(work, letter, f"was held back: {why}")
        return Sent(letter, None, why)

    # -------------------------------------------------------------- rendering

    def _letterhead(self, mailbox: MailboxSettings) -> Letterhead:
        landlord: Landlord = self._settings.landlord
        ombudsman: Ombudsman = self._settings.ombudsman
        return Letterhead(landlord=landlord, ombudsman=ombudsman, person_noun=mailbox.policy.person_noun)

    def _write(self, letter: LetterRow, mailbox: MailboxSettings, now: dt.datetime) -> Written:
        """The letter as it goes out. One that shows another letter (`preview_of`: its facts) carries its text."""
        order, letterhead = self._order(letter, mailbox, now), self._letterhead(mailbox)
        if shown := order.facts.get("preview_of"):
            assert isinstance(shown, dict)
            other = replace(
                order, letter=Letter.ACKNOWLEDGEMENT, audience=Audience.RESIDENT, facts=shown, attachments=()
            )
            facts = {key: fact for key, fact in order.facts.items() if key != "preview_of"}
            facts["preview"] = self._stationery.write(other, letterhead).text
            order = replace(order, facts=facts)
        return self._stationery.write(order, letterhead)

    def _order(self, letter: LetterRow, mailbox: MailboxSettings, now: dt.datetime) -> Order:
        order = letter.order
        token = tokens.parse_message_id(letter.message_id)
        reply_to = ""
        if mailbox.imap.plus_addressing and token:
            reply_to = tokens.reply_address(mailbox.imap.address, *token)
        person = next((p for p in self._settings.people if p.key == order.person), None)
        facts = order.facts
        to_name = person.name if person else str(facts.get("resident_name", ""))
        return Order(
            letter=order.letter,
            audience=order.audience,
            to=order.to,
            to_name=to_name,
            person=order.person,
            reference=letter.reference or "",
            facts=facts,
            message_id=letter.message_id,
            in_reply_to=letter.in_reply_to,
            references=letter.references,
            from_name=f"{self._settings.landlord.short_name or self._settings.landlord.name} complaints",
            from_address=mailbox.imap.address,
            reply_to=reply_to,
            date=now,
            attachments=self._enclosures(order.carries),
        )

    def _enclosures(self, mail: str) -> tuple[Enclosure, ...]:
        if not mail:
            return ()
        with self._store.read() as work:
            rows = work.attachments(mail)
            if sum(row.size for row in rows) > TOO_BIG_TO_CARRY:
                return ()
            return tuple(Enclosure(row.name, row.content_type, work.blob(row.sha256)) for row in rows)

    def preview(self, order: SendLetter, mailbox: MailboxSettings) -> Written:
        """The letter of an order as it would look; it is not recorded and can't be answered."""
        now = self._now()
        row = LetterRow(
            id=0,
            reference=None,
            order=order,
            message_id=tokens.message_id("preview", "preview", mailbox.imap.address.rpartition("@")[2]),
            nonce="preview",
            in_reply_to="",
            references=(),
            state=LetterState.WAITING,
            attempts=0,
            next_at=now,
            created_at=now,
            handed_at=None,
            sent_at=None,
            subject="",
            blob=None,
            answer="",
            last_error="",
        )
        return self._write(row, mailbox, now)

    # -------------------------------------------------------------- limits and troubles

    def _over_limit(self, letter: LetterRow, now: dt.datetime) -> str:
        """Why this letter must not go now, "" if it may. Staff letters are not capped per address: people must
        hear of trouble; all letters count against the total."""
        limits: Limits = self._settings.limits
        with self._store.read() as work:
            if work.count_letters(now - dt.timedelta(hours=1)) >= limits.letters_per_hour:
                return f"more than {limits.letters_per_hour} letters in an hour"
            if letter.order.audience is not Audience.RESIDENT:
                return ""
            if (
                work.count_letters_to(letter.order.to, now - dt.timedelta(hours=1))
                >= limits.letters_per_address_per_hour
            ):
                return f"more than {limits.letters_per_address_per_hour} letters an hour to one address"
            if (
                work.count_letters_to(letter.order.to, now - dt.timedelta(days=1))
                >= limits.letters_per_address_per_day
            ):
                return f"more than {limits.letters_per_address_per_day} letters a day to one address"
        return ""

    def _tell(self, work: Work, letter: LetterRow, what: str) -> None:
        """Tell a supervisor of a letter in trouble; trouble with such an alert is only noted, so nothing loops."""
        kind = letter.order.letter.value.replace("_", " ")
        sentence = f"The {kind} {what}."
        work.note(
            self._now(), "mailbot", "letter", sentence, letter.order.because, reference=letter.reference
        )
        if letter.order.letter is Letter.ALERT:
            return
        mailbox = self._mailbox_of(letter)
        supervisor = next(p for p in self._settings.people if "supervisor" in p.roles)
        because = mailbox.policy.why("supervisor_told")
        alert = SendLetter(
            Letter.ALERT,
            Audience.SUPERVISOR,
            supervisor.address,
            because,
            {
                "reference": letter.reference or "",
                "headline": f"A letter needs you: {kind}",
                "what": sentence
                + " It will not be sent again by itself: check, and write to the person yourself.",
                "lines": [],
                "urgency": "today",
                "subject": letter.subject,
                "text": "",
                "phrases": [],
            },
            person=supervisor.key,
        )
        work.add_letter(
            self.mint(work, alert, letter.reference or "", mailbox), self._now(), letter.reference
        )

    def _mailbox_of(self, letter: LetterRow) -> MailboxSettings:
        """The mailbox that a letter leaves from: its case's."""
        if letter.reference:
            with self._store.read() as work:
                case = work.case(letter.reference)
            if case:
                return mailbox_named(self._settings, case.mailbox)
        return self._settings.mailboxes[0]


def mailbox_named(settings: Settings, name: str) -> MailboxSettings:
    """The mailbox of that name; the first one for a case whose mailbox is no longer configured, so that its
    letters still go out."""
    return next((box for box in settings.mailboxes if box.name == name), settings.mailboxes[0])


def read_thread(work: Work, mail_id: str) -> tuple[str, tuple[str, ...]]:
    """In-Reply-To and References for an answer to this mail (RFC 5322 section 3.6.4). Read from its bytes: a
    mail that is just being attended to has no row of its own yet that would know them."""
    mail = read(work.raw(mail_id))
    if not mail.message_id:
        return "", ()
    return mail.message_id, tuple(dict.fromkeys((*mail.references[-20:], mail.message_id)))


def next_try(letter: LetterRow, now: dt.datetime, hours: int) -> dt.datetime | None:
    """When to try again: 1, 2, 4 ... minutes, at most hourly; None once it has been tried for `hours`."""
    if now - letter.created_at > dt.timedelta(hours=hours):
        return None
    return now + dt.timedelta(minutes=min(2 ** max(letter.attempts - 1, 0), 60))


def note_nothing(work: Work, reference: str, event: Bounced) -> None:
    """Where nobody steps cases (a preview), a refusal changes nothing."""

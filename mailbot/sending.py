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
from dataclasses import dataclass

from mailbot import logs
from mailbot.casework.allocation import first_there
from mailbot.casework.calendar import LONDON
from mailbot.casework.parts import Limits, Mode
from mailbot.casework.vocabulary import (
    Audience,
    Bounced,
    Case,
    Letter,
    SendLetter,
)
from mailbot.chasing import gather
from mailbot.composing import Carried, Composer, carried_by, case_of
from mailbot.logs import place_of
from mailbot.postroom import tokens
from mailbot.postroom.bounces import without_plus
from mailbot.postroom.letters import (
    LetterMistake,
    Stationery,
    Written,
)
from mailbot.postroom.reading import Mail, read
from mailbot.postroom.screening import takes_no_answers
from mailbot.postroom.smtp import Door, Handed, Outcome
from mailbot.settings import MailboxSettings, Settings
from storage import Store, away, overtaken, points
from storage.rows import ClaimLost, LetterRow, LetterState, NewLetter
from storage.work import Work

log = logging.getLogger("mailbot.sending")

LEASE = dt.timedelta(minutes=5)
AT_ONCE = 25
"""So many letters are claimed together: it takes a look at all that wait."""
ROOM_AGAIN = dt.timedelta(minutes=10)
"""When a letter over the total of an hour is looked at again."""
NEAR = 100
"""With no more room than this, letters are counted one at a time by all processes together."""
ROOM_FOR = dt.timedelta(seconds=1)
"""How long a process goes by the room that it counted, where others hand letters over as well."""
STRAYED_AFTER = dt.timedelta(hours=1)
"""A letter that is being handed over for so long was lost sight of: its outcome could not be recorded."""
COPIES_AGAIN = dt.timedelta(minutes=5)
"""How long no copies are put into the Sent folder after one could not be: they must not hold up letters."""
MOST_ALERTS = 10
"""So many alerts of one kind go out in an hour; beyond it, the digest shows what they would have told."""
NEEDS_YOU = "A letter needs you"
"""How the headline of an alert about a letter begins: trouble with such an alert is told to nobody."""
BY_HAND = "It will not be sent again by itself: check, and write to the person yourself."
ASKED = "It does not go by itself: whoever has the case is asked, and says #release or #discard."
UNWRITABLE = "it could not be written"
"""How the reason begins for which such a letter is held."""
TO_OURSELVES = "it would go to our own mailbox"
"""Why a letter is held that nobody's word lets go."""
DRAFT = "shadow:draft:"
"""What storage remembers by: the letters that a shadow run absorbed and has not shown yet."""
ABSORBED = "shadow run: not sent, shown to a supervisor"
OF_THE_RUN = (Letter.SHADOW_DRAFTS, Letter.SHADOW_DAY)
"""The only letters that leave a shadow run."""
NOT_SHOWN = (Letter.HANDLER_REPLY, Letter.RESPONSE, Letter.FINAL_RESPONSE, Letter.COMMAND_DONE)
"""What stands, in a shadow run, for mails that the team wrote itself."""
KNOWN = 500
"""Of so many mails it is known what a letter that answers them says of its thread."""
Thread = tuple[str, tuple[str, ...]]
"""In-Reply-To and References of an answer."""
WATCHING = (Audience.SUPERVISOR, Audience.DUTY)
"""Who must hear of trouble even where no other letter goes out."""


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
        door: Door,
        now: Callable[[], dt.datetime],
        append_sent: Callable[[MailboxSettings, bytes], None] | None = None,
        worker: str = "",
    ) -> None:
        self._worker = worker
        self._settings = settings
        self._store = store
        self.composer = Composer(settings, store, stationery, now)
        self.door = door
        self._now = now
        self._append_sent = append_sent
        self._own = frozenset(a for box in settings.mailboxes for a in (box.imap.address, *box.imap.aliases))
        self._room: tuple[int, int] | None = None  # how many more letters may go in this hour, and today
        self._room_at = dt.datetime.min.replace(tzinfo=dt.UTC)
        self._threads: dict[str, Thread] = {}  # of the mails that were read last
        self._copies_from = dt.datetime.min.replace(tzinfo=dt.UTC)
        self.on_refusal: Callable[[Work, str, Bounced], None] = note_nothing
        self.on_held: Callable[[Work, LetterRow, str], bool] = leave_held
        self.show_absorbed: Callable[[], None] = show_nothing
        self.may_remind: Callable[[], bool] = lambda: True
        with store.begin() as work:
            self._key = work.secret_key()

    # -------------------------------------------------------------- minting

    def mint(self, work: Work, order: SendLetter, reference: str, mailbox: MailboxSettings) -> NewLetter:
        """The letter for an order: its Message-ID carries a keyed token that binds case, recipient and audience."""
        nonce = secrets.token_hex(8)
        token = tokens.mint(self._key, order.audience.value, reference, order.to, nonce)
        domain = mailbox.imap.address.rpartition("@")[2]
        in_reply_to, references = self._thread(work, order.answers) if order.answers else ("", ())
        return NewLetter(order, tokens.message_id(nonce, token, domain), nonce, in_reply_to, references)

    def know(self, mail_id: str, mail: Mail) -> Thread:
        """This mail was read: letters that answer it need not read it again. Gives what they are to say."""
        if len(self._threads) >= KNOWN:
            for earliest in list(self._threads)[: KNOWN // 2]:
                self._threads.pop(earliest, None)
        thread = self._threads[mail_id] = thread_of(mail)
        return thread

    def _thread(self, work: Work, mail_id: str) -> Thread:
        return self._threads.get(mail_id) or self.know(mail_id, read(work.raw(mail_id)))

    def opens(self, letter: LetterRow, nonce: str, token: str) -> bool:
        """Whether this token was minted by us for this very letter."""
        order = letter.order
        return letter.nonce == nonce and tokens.check(
            self._key, order.audience.value, letter.reference or "", order.to, nonce, token
        )

    # -------------------------------------------------------------- dispatch

    def recover(self) -> int:
        """Letters that a worker which is no more was handing over may have gone out; people are told."""
        with self._store.begin() as work:
            broken = work.recover_letters(self._now())
            points.reached("recover:marked")
            for letter in broken:
                self._tell(
                    work, letter, "may or may not have gone out: the service stopped while handing it over"
                )
        return len(broken)

    def dispatch(self, limit: int = 50) -> list[Sent]:
        """Hand over what waits. Each letter is settled on its own; one that fails never stops the next."""
        self._find_strayed()
        reminders_up_to = None if not self._store.shared else 0
        if self.may_remind():
            reminders_up_to = self._gather()
            self.show_absorbed()
        done: list[Sent] = []
        # Counted anew each time, and followed from letter to letter: it only grows meanwhile.
        self._room = None
        while batch := self._claim(min(limit - len(done), AT_ONCE), reminders_up_to):
            points.reached("dispatch:claimed")
            done += [self._send_or_leave(letter) for letter in batch]
            if len(done) >= limit:
                break
        return done

    def _gather(self) -> int | None:
        """Gives how far reminders were put together, where others may order more of them meanwhile: those wait for
        the next time, so that they go in one mail as well. None where nobody else does; 0 where nothing could be put
        together just now."""
        newest = None
        if self._store.shared:
            with self._store.read() as work:
                newest = work.newest_letter()
        return newest if self._put_reminders_together() else 0

    def _put_reminders_together(self) -> bool:
        """False where they wait for the next time: the database was away, or another process quicker."""
        try:
            with self._store.read() as work:
                if not work.chased_now(self._now()):
                    return True  # as most of the time: then nothing is written
            with self._store.begin() as work:
                gather(work, self._settings, self._now(), self.mint)
        except (
            Exception
        ) as error:  # one case in trouble: then reminders go one by one, all other letters as ever
            if away(error) or overtaken(error):
                log.warning("reminders wait for the next time", extra={"error": place_of(error)})
                return False
            log.error("reminders could not be put together", extra={"error": place_of(error)})
        return True

    def _claim(self, limit: int, reminders_up_to: int | None) -> list[LetterRow]:
        if limit <= 0:
            return []
        with self._store.begin() as work:
            return work.claim_letters(self._now(), limit, LEASE, self._worker, reminders_up_to)

    def _find_strayed(self) -> None:
        """Letters whose outcome could not be recorded (the database was away): nobody knows, people are told."""
        now = self._now()
        with self._store.read() as work:
            handing = work.letters_in(LetterState.HANDING)
        for letter in handing:
            if letter.handed_at and letter.handed_at < now - STRAYED_AFTER:
                with self._store.begin() as work:
                    if not work.strayed(letter.id, "its outcome was not recorded"):
                        continue  # somebody else has just told of it
                    self._tell(
                        work, letter, "may or may not have gone out: its outcome could not be recorded"
                    )

    def _send_or_leave(self, letter: LetterRow) -> Sent:
        try:
            return self._send(letter)
        except ClaimLost:
            log.warning("a letter was taken from us", extra={"letter_id": letter.id})
            return Sent(letter, None, "somebody else has it")
        except Exception as error:  # storage in trouble: its claim ends by itself, the next letter is tried
            told = {"letter_id": letter.id, "error": place_of(error)}
            log.error("a letter could not be worked on", extra=told)
            return Sent(letter, None, f"left for later: {type(error).__name__}")

    def _send(self, letter: LetterRow) -> Sent:
        now = self._now()
        if letter.unreadable:
            log.error("a letter's record can't be read", extra={"letter_id": letter.id})
            return self._hold(letter, letter.unreadable)
        with self._store.read() as work:
            case = case_of(work, letter)
            no_room = self._no_room(work, letter, now)
            held = "" if no_room else self._why_not(work, letter, case, now)
            carried: Carried = () if no_room or held else carried_by(work, letter.order)
        if no_room:
            return self._put_off(letter, now)
        if held:
            return self._hold(letter, held)
        mailbox = self.composer.mailbox_of(case)
        try:
            written = self.composer.write(letter, case, mailbox, now, carried=carried)
        except LetterMistake as mistake:
            return self._hold(letter, f"{UNWRITABLE}: {mistake}")
        except (
            Exception
        ) as error:  # a letter that can't be written is for a person, and never stops the others
            log.error(
                "a letter could not be written", extra={"letter_id": letter.id, "error": place_of(error)}
            )
            return self._hold(letter, f"{UNWRITABLE} ({type(error).__name__})")
        points.reached("dispatch:written")
        if self._settings.mode is Mode.SHADOW and not self._is_of_the_run(letter.order):
            return self._absorb(letter, written, now)
        with self._store.begin() as work:
            no_room = self._no_room_by_now(work, letter, now)
            held = "" if no_room else self._over_limit_by_now(work, letter, now)
            if not (no_room or held):
                work.handing(letter.id, written.raw, written.subject, now, self._worker)
        if no_room:
            return self._put_off(letter, now)
        if held:
            return self._hold(letter, held)
        if self._room is not None:
            self._room = (self._room[0] - 1, self._room[1] - 1)
        points.reached("dispatch:handing")
        try:
            handed = self.door.hand_over(
                written.raw, return_path(letter, mailbox), letter.order.to, null_sender=written.null_sender
            )
        except Exception as error:  # whatever broke in it, the letter may have gone out
            log.error("handing over broke", extra={"letter_id": letter.id, "error": place_of(error)})
            handed = Handed(Outcome.UNKNOWN, answer=type(error).__name__)
        points.reached("dispatch:handed")
        self._settle(letter, handed, now)
        points.reached("dispatch:settled")
        if handed.outcome is Outcome.ACCEPTED and letter.order.audience is Audience.RESIDENT:
            self._copy(letter, mailbox, written.raw, now)
            points.reached("dispatch:copied")
        logs.letter_handled(letter, handed.outcome.value, now)
        return Sent(letter, handed.outcome, handed.answer)

    def _is_of_the_run(self, order: SendLetter) -> bool:
        """Whether a letter may leave a shadow run: only what tells supervisors of the run itself."""
        supervisors = {person.address for person in self._settings.supervisors}
        return order.letter in OF_THE_RUN and order.to in supervisors

    def _absorb(self, letter: LetterRow, written: Written, now: dt.datetime) -> Sent:
        """In a shadow run the letter goes nowhere: it counts as sent, and is to be shown to a supervisor."""
        try:
            with self._store.begin() as work:
                work.handing(letter.id, written.raw, written.subject, now, self._worker)
                work.sent(letter.id, now, ABSORBED)
                if letter.order.letter not in NOT_SHOWN:
                    work.remember(f"{DRAFT}{letter.id:012}", "")
        except ClaimLost:
            return Sent(letter, None, "somebody else has it")
        logs.letter_handled(letter, "absorbed", now)
        return Sent(letter, Outcome.ACCEPTED, ABSORBED)

    def _copy(self, letter: LetterRow, mailbox: MailboxSettings, raw: bytes, now: dt.datetime) -> None:
        """A copy for the Sent folder, where one is wanted. The letter is sent and on record already."""
        if self._append_sent is None or now < self._copies_from:
            return
        try:
            self._append_sent(mailbox, raw)
        except Exception as error:  # a convenience for people: whatever a server does, the letter stays sent
            self._copies_from = now + COPIES_AGAIN
            log.warning(
                "no copy in the Sent folder", extra={"letter_id": letter.id, "error": type(error).__name__}
            )

    def _settle(self, letter: LetterRow, handed: Handed, now: dt.datetime) -> None:
        try:
            self._record(letter, handed, now)
        except ClaimLost:
            raise
        except Exception as error:  # what the case makes of a refusal must not cost the record of it
            if handed.outcome is not Outcome.REFUSED:
                raise
            told = {"letter_id": letter.id, "error": place_of(error)}
            log.error("a refusal could not be told to its case", extra=told)
            answer = f"{handed.code} {handed.answer}".strip()
            with self._store.begin() as work:
                work.failed(letter.id, answer, self._worker)
                self._tell(work, letter, f"was refused ({answer})")

    def _record(self, letter: LetterRow, handed: Handed, now: dt.datetime) -> None:
        answer = f"{handed.code} {handed.answer}".strip()
        with self._store.begin() as work:
            match handed.outcome:
                case Outcome.ACCEPTED:
                    work.sent(letter.id, now, answer)
                case Outcome.LATER:
                    again = next_try(letter, now, self._settings.smtp_retry_hours)
                    if again:
                        work.later(letter.id, again, answer, self._worker)
                    else:
                        work.failed(letter.id, f"given up: {answer}", self._worker)
                        self._tell(work, letter, f"could not be sent and was given up ({answer})")
                case Outcome.REFUSED:
                    work.failed(letter.id, answer, self._worker)
                    self._refused(work, letter, answer)
                case Outcome.UNKNOWN:
                    work.unknown(letter.id, answer, self._worker)
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
            work.hold(letter.id, why, self._worker)
            asked = not letter.unreadable and self.on_held(work, letter, why)
            then = ASKED if asked else BY_HAND
            if letter.unreadable:
                then = (
                    f"It is letter {letter.id} of `mailbot letters held`, which says what can be done. {then}"
                )
            seen = asked and letter.reference is None  # a supervisor has the letter itself before them
            self._tell(
                work, letter, f"was held back: {why}", kind="held", then=then, most=0 if seen else MOST_ALERTS
            )
        logs.letter_handled(letter, "held", self._now())
        return Sent(letter, None, why)

    def _put_off(self, letter: LetterRow, now: dt.datetime) -> Sent:
        """Too many letters in this hour: it goes when there is room. A person is told once an hour, for
        something may be wrong; nothing is given up."""
        limits = self._settings.limits
        why = f"more than {limits.letters_per_hour} letters in an hour or {limits.letters_per_day} in a day"
        with self._store.begin() as work:
            work.later(letter.id, now + ROOM_AGAIN, why, self._worker)
            what = f"waits, as others may: {why}. They go out as soon as there is room. Is something wrong?"
            self._tell(work, letter, what, kind="no room", most=1, resent=True)
        return Sent(letter, None, why)

    def undelivered(self, work: Work, letter: LetterRow, diagnostic: str) -> None:
        """A letter to staff came back. A resident's is the case's affair; this one is a supervisor's."""
        self._tell(work, letter, f"to {letter.order.person} came back ({diagnostic[:200]})", kind="came back")

    # -------------------------------------------------------------- limits and troubles

    def _why_not(self, work: Work, letter: LetterRow, case: Case | None, now: dt.datetime) -> str:
        """Why this letter is for a person to see to, "" if it may go."""
        if letter.reference and case is None and letter.order.audience is Audience.RESIDENT:
            return "its case can't be read"  # whose policy it is to follow nobody knows
        return self._over_limit(work, letter, now)

    def _over_limit(self, work: Work, letter: LetterRow, now: dt.datetime) -> str:
        """Why this letter must not go, "" if it may. Letters to staff are not capped by address: a handler gets
        what their cases get."""
        order = letter.order
        if order.audience is not Audience.RESIDENT:
            return ""
        if without_plus(order.to) in self._own:
            return TO_OURSELVES
        if order.released:
            return ""
        if takes_no_answers(order.to):
            return "its address says that it takes no answers"
        paused = paused_until(work, order.to, now)
        if paused:
            return f"letters to this address came back ({paused})"
        return self._too_many(work, order, now)

    def _too_many(self, work: Work, order: SendLetter, now: dt.datetime) -> str:
        limits: Limits = self._settings.limits
        handed = work.letters_handed_to(order.to, now - dt.timedelta(days=1))
        hour = sum(at >= now - dt.timedelta(hours=1) for at, _ in handed)
        if hour >= limits.letters_per_address_per_hour:
            return f"more than {limits.letters_per_address_per_hour} letters an hour to one address"
        if len(handed) >= limits.letters_per_address_per_day:
            return f"more than {limits.letters_per_address_per_day} letters a day to one address"
        if sum(kind == order.letter.value for _, kind in handed) >= limits.letters_of_a_kind_per_day:
            return f"more than {limits.letters_of_a_kind_per_day} letters of one kind a day to one address"
        return ""

    def _over_limit_by_now(self, work: Work, letter: LetterRow, now: dt.datetime) -> str:
        """Where other processes hand letters over as well: asked again while none of them can to this address."""
        if not work.shared or letter.order.audience is not Audience.RESIDENT:
            return ""
        work.one_at_a_time(f"letters to {letter.order.to}")
        return self._too_many(work, letter.order, now)

    def _no_room(self, work: Work, letter: LetterRow, now: dt.datetime) -> bool:
        """Whether this hour or day has had its letters. Supervisors and duty still get theirs: they must hear."""
        if letter.order.audience in WATCHING:
            return False
        if self._room is None or (work.shared and now - self._room_at >= ROOM_FOR):
            return self._count_room(work, now) <= 0
        return min(self._room) <= 0

    def _count_room(self, work: Work, now: dt.datetime) -> int:
        limits = self._settings.limits
        hour, day = now - dt.timedelta(hours=1), now - dt.timedelta(days=1)
        self._room_at = now
        self._room = (
            limits.letters_per_hour - work.count_letters(hour, limits.letters_per_hour),
            limits.letters_per_day - work.count_letters(day, limits.letters_per_day),
        )
        return min(self._room)

    def _no_room_by_now(self, work: Work, letter: LetterRow, now: dt.datetime) -> bool:
        """Where other processes hand letters over as well and the end is near: counted again while none of them can."""
        if not work.shared or letter.order.audience in WATCHING or min(self._room or (NEAR,)) > NEAR:
            return False
        work.one_at_a_time("letters to anybody")
        return self._count_room(work, now) <= 0

    def _tell(
        self,
        work: Work,
        letter: LetterRow,
        what: str,
        *,
        kind: str = "letter",
        most: int = MOST_ALERTS,
        resent: bool = False,
        then: str = BY_HAND,
    ) -> None:
        """Note trouble with a letter and tell a supervisor: another one where it was theirs. Of one kind of
        trouble so many times an hour; of trouble with such an alert never, so that nothing loops."""
        order, now = letter.order, self._now()
        name = letter.kind.replace("_", " ")
        sentence = f"The {name} {what}."
        if not resent:
            work.note(now, "mailbot", "letter", sentence, order.because, reference=letter.reference)
        headline = str(order.facts.get("headline", ""))
        supervisors = self._settings.supervisors
        others = [p for p in supervisors if p.address != order.to]
        if headline.startswith(NEEDS_YOU) or (order.audience in WATCHING and not others):
            return
        if not may_tell(work, kind, now, most):
            return
        mailbox = self.composer.mailbox_of(case_of(work, letter))
        supervisor = first_there(others or supervisors, self._settings.calendar.london_date(now))
        lost = order.facts if order.letter is Letter.ALERT else {}
        because = mailbox.policy.why("supervisor_told")
        alert = SendLetter(
            Letter.ALERT,
            Audience.SUPERVISOR,
            supervisor.address,
            because,
            {
                "reference": letter.reference or "",
                "headline": f"{NEEDS_YOU}: {headline or name}",
                "what": sentence if resent else f"{sentence} {then}",
                "lines": lost.get("lines", []),
                "urgency": lost.get("urgency", "today"),
                "subject": lost.get("subject", letter.subject),
                "text": lost.get("text", ""),
                "phrases": lost.get("phrases", []),
            },
            person=supervisor.key,
        )
        work.add_letter(self.mint(work, alert, letter.reference or "", mailbox), now, letter.reference)


def may_tell(work: Work, about: str, now: dt.datetime, most: int, period: str = "%Y-%m-%dT%H") -> bool:
    """Whether people may be told of one more `about` in this hour (or whatever `period` spells, as strftime
    does). A thousand bad mails must not become a thousand alerts."""
    stamp = now.strftime(period)
    told_in, _, count = work.recall_to_change(f"told:{about}").partition("|")
    so_far = int(count) if told_in == stamp else 0
    if so_far >= most:
        return False
    work.remember(f"told:{about}", f"{stamp}|{so_far + 1}")
    return True


def return_path(letter: LetterRow, mailbox: MailboxSettings) -> str:
    """The envelope sender: keyed where the mailbox takes plus-addresses, so that a bounce in whatever form names
    its letter by the address it is sent to (VERP)."""
    token = tokens.parse_message_id(letter.message_id)
    if mailbox.imap.plus_addressing and token:
        return tokens.reply_address(mailbox.imap.address, *token)
    return mailbox.imap.address


def pause(work: Work, address: str, until: dt.datetime | None, now: dt.datetime) -> None:
    """Letters to this address came back: what would go there is held for a person until then, or (None) until the
    person writes from it again. Duties run on."""
    work.remember(f"paused:{address}", f"{until.isoformat() if until else ''}|{now.isoformat()}")


def resume(work: Work, address: str) -> None:
    """Somebody wrote from there: it can be reached."""
    if work.recall(f"paused:{address}"):
        work.remember(f"paused:{address}", "")


def paused_until(work: Work, address: str, now: dt.datetime) -> str:
    """In words since when nothing goes to this address, "" where letters may go."""
    until, _, since = (work.recall(f"paused:{address}") or "").partition("|")
    if not since or (until and dt.datetime.fromisoformat(until) <= now):
        return ""
    return f"since {dt.datetime.fromisoformat(since).astimezone(LONDON):%d %B %Y}"


def thread_of(mail: Mail) -> Thread:
    """In-Reply-To and References for an answer to this mail (RFC 5322 section 3.6.4). Read from its bytes: a
    mail that is just being attended to has no row of its own yet that would know them."""
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


def leave_held(work: Work, letter: LetterRow, why: str) -> bool:
    """Where nobody steps cases, a held letter is put before nobody."""
    return False


def show_nothing() -> None:
    """Outside of a shadow run nothing is absorbed."""

"""Letters to a resident that belong to no case and wait for a supervisor's word (House 48): the thanks for praise or a
comment in assist mode, or one that a cap held back.

Each is a held row of the outbox. Nothing but a person's word moves it: it has no timer, and neither a start nor another
mode looks at it. It is put before a supervisor once, whole, with two buttons, and stands in every digest until somebody
decides. Acting on it takes what acting on a case takes (`staffmail`): our token, a sender who is vouched for, and the
role. Its reference is a clue and no authority. Of two who decide at once one does, and the other is told what was
decided.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Final

from mailbot.attended import Attended
from mailbot.casework import withholding
from mailbot.casework.acting import acts_of, may_decide
from mailbot.casework.calendar import told_time
from mailbot.casework.commands import parse, strip_internal
from mailbot.casework.confirming import LACKS
from mailbot.casework.forms import ParsedAct
from mailbot.casework.references import find, find_letters, of_letter, without_letters
from mailbot.casework.vocabulary import Act, Audience, Letter, Person, SendLetter
from mailbot.postroom.letters import LetterMistake
from mailbot.postroom.reading import Mail
from mailbot.reports.rows import Loose
from mailbot.sending import MOST_ALERTS, TO_OURSELVES, UNWRITABLE, may_tell
from mailbot.setaside import Cause
from storage.rows import LetterRow, LetterState, MailRow, NoSuchMail
from storage.work import Work

if TYPE_CHECKING:
    from mailbot.service import Service
    from mailbot.staffmail import StaffDesk

FORMS: Final = ("#release", "#discard because I have rung them")
ABOUT_MANY: Final = (Letter.DIGEST, Letter.CHASER)
"""Mails whose buttons name what they are about in their subject."""


def waits(row: LetterRow) -> bool:
    """Whether a supervisor can say by mail what becomes of it. One that can't be written or read is a matter for
    whoever runs mailbot."""
    of_nobody = row.reference is None and row.order.audience is Audience.RESIDENT and not row.unreadable
    return (
        of_nobody
        and row.state is LetterState.HELD
        and not row.last_error.startswith((UNWRITABLE, TO_OURSELVES))
    )


def rows_of_loose(work: Work, held: list[LetterRow]) -> tuple[Loose, ...]:
    """For the digest: those of the held letters that wait so, the oldest first."""
    return tuple(
        Loose(
            of_letter(row.id),
            withholding.name_of_letter(row.order.letter),
            _subject(work, row),
            row.created_at,
            row.last_error.removeprefix(withholding.FOR_A_SUPERVISOR).lstrip("; "),
        )
        for row in held
        if waits(row)
    )


def _subject(work: Work, row: LetterRow) -> str:
    """Of the mail that it answers."""
    try:
        return work.mail(row.order.answers).subject if row.order.answers else ""
    except NoSuchMail:
        return ""


def number_meant(letter: LetterRow | None, mail: Mail, prefix: str) -> int:
    """Which letter of no case a mail of staff speaks of: that of the answered mail, or the one that the subject names,
    as the buttons of a digest have it; 0 where it speaks of none."""
    if letter and letter.order.letter not in ABOUT_MANY:
        named = find_letters(str(letter.order.facts.get("about_letter", "")))
    elif find(mail.subject, prefix):
        return 0
    else:
        named = find_letters(mail.subject)
    return named[0] if len(named) == 1 else 0


class LooseDesk:
    """Works inside the service's transaction."""

    def __init__(self, service: Service, desk: StaffDesk) -> None:
        self._service = service
        self._desk = desk

    # -------------------------------------------------------------- putting it before somebody

    def put_before(self, work: Work, row: LetterRow, why: str = "") -> bool:
        """Ask a supervisor, by a mail each up to a number in an hour; beyond it the digest asks. False where nobody can
        say by mail whether it goes."""
        if row.order.audience is not Audience.RESIDENT or why.startswith((UNWRITABLE, TO_OURSELVES)):
            return False
        now, settings = self._service.clock.now(), self._service.settings
        if may_tell(work, "held letters", now, MOST_ALERTS):
            self._ask(work, row, settings.supervisor_on(settings.calendar.london_date(now)), why)
        return True

    def _ask(self, work: Work, row: LetterRow, person: Person, why: str) -> None:
        service = self._service
        box = service.box("", None)
        rules = service.rules(work, box)
        try:
            service.outbox.composer.preview(row.order, box)
            shown = True
        except LetterMistake:  # it is asked about all the same
            shown = False
        order = withholding.ask_supervisor(row.order, of_letter(row.id), person, rules, why, shown)
        work.add_letter(service.outbox.mint(work, order, "", box), service.clock.now(), None)

    # -------------------------------------------------------------- what they say

    def receive(
        self,
        work: Work,
        row: MailRow,
        mail: Mail,
        person: Person,
        letter: LetterRow | None,
        number: int,
        vouched: bool,
    ) -> Attended:
        """A mail of staff about this letter. `letter`: ours to them that it answers."""
        service, called = self._service, of_letter(number)
        today = service.settings.calendar.london_date(service.clock.now())
        has_role = may_decide(person, service.settings.people, today)
        lacks = [
            what
            for what, there in (("token", letter), ("authentication", vouched), ("role", has_role))
            if not there
        ]
        if len(lacks) > 1:
            two = f"it asks to act on {called} and lacks two things to act on: {' and '.join(lacks)}"
            return service.quarantined(work, row, mail, Cause.STAFF_WITHOUT_BOTH, two)
        found = work.letter(number)
        if found is None or found.reference is not None or found.order.audience is not Audience.RESIDENT:
            return self._refuse(work, row, mail, person, "", f"There is no letter {called} that waits.")
        if "role" in lacks:
            return self._refuse(
                work, row, mail, person, called, "Only a supervisor says whether this letter goes."
            )
        if not waits(found):
            return self._refuse(work, row, mail, person, called, what_became_of(found))
        if lacks:
            return self._ask_again(work, row, mail, person, found, lacks[0])
        return self._carry_out(work, row, mail, person, found)

    def _ask_again(
        self, work: Work, row: MailRow, mail: Mail, person: Person, found: LetterRow, lacks: str
    ) -> Attended:
        """Nothing is done; a fresh mail with the buttons goes to the address that we know."""
        service, called = self._service, of_letter(found.id)
        problem = f"{LACKS[lacks].capitalize()}, so nothing was done."
        if not may_tell(work, f"confirm:{person.key}", service.clock.now(), MOST_ALERTS):
            return self._refuse(
                work, row, mail, person, called, f"{problem} Answer our newest mail about it."
            )
        self._ask(work, found, person, f"{LACKS[lacks]}, so what was written about it was not done")
        told = f"{person.name}: nothing was done. {problem} They were asked again."
        work.note(service.clock.now(), person.key, "refused", told, self._why(), mail=row.id)
        return service.settled(
            work, row, mail, "staff act to confirm", None, summary=told, because=self._why()
        )

    def _carry_out(self, work: Work, row: MailRow, mail: Mail, person: Person, found: LetterRow) -> Attended:
        service, called = self._service, of_letter(found.id)
        now, calendar = service.clock.now(), service.settings.calendar
        own_words = without_letters(mail.own_words)
        parsed = parse(own_words, calendar.london_date(now), calendar.add_working_days)
        said = parsed.acts[0] if len(parsed.acts) == 1 and not parsed.mistakes else None
        if said is None or said.act not in (Act.RELEASE, Act.DISCARD) or said.number or said.words.strip():
            lines = [m.line for m in parsed.mistakes] or [act.line for act in parsed.acts]
            problem = (
                "One of two lines says what becomes of this letter. It belongs to no case, so nothing else can be done "
                "with it, and what you write beside it goes to nobody."
            )
            return self._refuse(work, row, mail, person, called, problem, "\n".join(filter(None, lines)))
        done = self._done(work, person, found, said)
        if not done:  # somebody else was quicker
            newest = work.letter(found.id)
            assert newest is not None
            return self._refuse(work, row, mail, person, called, what_became_of(newest))
        work.note(
            now,
            person.key,
            "letter",
            f"{person.name}: {done}",
            self._why(found),
            mail=found.order.answers or None,
        )
        inside = bool(strip_internal(parsed.leftover).strip())
        told = f"{done} The rest of your mail stayed inside; nobody was sent it." if inside else done
        self._echo(work, person, called, told)
        (act,) = acts_of(parsed, person.key, now, row.id)
        service.acted(act, None, refused=False)
        return service.settled(
            work, row, mail, "staff act", None, summary=f"{person.name}: {done}", because=self._why(found)
        )

    def _done(self, work: Work, person: Person, found: LetterRow, said: ParsedAct) -> str:
        """Do it; the sentence that tells of it, "" where the letter did not wait any more."""
        name, to = withholding.name_of_letter(found.order.letter), found.order.to
        if said.act is Act.RELEASE:
            order = replace(found.order, released=True)
            return f"The {name} goes to {to} now." if work.release_letter(found.id, order) else ""
        reason = (said.reason or "").strip()
        on = told_time(self._service.clock.now())
        answer = f"not sent: {person.name} said so on {on}{f' ({reason})' if reason else ''}"
        sentence = f"The {name} to {to} is not sent{f': {reason}' if reason else ''}."
        return sentence if work.discard_letter(found.id, answer) else ""

    def _echo(self, work: Work, person: Person, called: str, told: str) -> None:
        service = self._service
        box = service.box("", None)
        facts = {"reference": "", "about_letter": called, "handler_name": person.name, "done": told}
        order = SendLetter(
            Letter.COMMAND_DONE,
            Audience.HANDLER,
            person.address,
            box.policy.why("recorded"),
            facts,
            person=person.key,
        )
        work.add_letter(service.outbox.mint(work, order, "", box), service.clock.now(), None)

    def _refuse(
        self, work: Work, row: MailRow, mail: Mail, person: Person, called: str, problem: str, lines: str = ""
    ) -> Attended:
        forms = FORMS if lines or "two lines" in problem else ()
        return self._desk.refuse(work, row, mail, person, None, lines, problem, forms, about_letter=called)

    def _why(self, found: LetterRow | None = None) -> tuple[str, ...]:
        own = found.order.because if found else ()
        return tuple(dict.fromkeys((*own, *self._service.box("", None).policy.why("by_hand"))))


def what_became_of(row: LetterRow) -> str:
    """What a second press, or a late one, is answered with."""
    name = f"The {withholding.name_of_letter(row.order.letter)} to {row.order.to}"
    match row.state:
        case LetterState.SENT if row.handed_at and row.sent_at:
            return f"Somebody has decided already. {name} went on {told_time(row.sent_at)}."
        case LetterState.SENT:
            return (
                f"Somebody has decided already. {name} does not go ({row.answer or 'its words were erased'})."
            )
        case LetterState.FAILED:
            return f"Somebody has decided already. {name} could not be delivered: {row.last_error}."
        case LetterState.UNKNOWN:
            return f"{name} may or may not have gone out. Please write to them yourself."
        case LetterState.HELD:
            return f"{name} can't go ({row.last_error}). Please write to them yourself."
    return f"Somebody has decided already. {name} is on its way."

"""What must hold when the demo has ended, whatever its story was: the promises of the README, counted.

A check looks at both sides: what the servers carried, and what the database says. A broken one ends the demo with
an exit code that is not zero.
"""

from __future__ import annotations

import datetime as dt
from collections import Counter
from dataclasses import dataclass

from mailbot.casework.calendar import Calendar
from mailbot.casework.vocabulary import Audience, Case, Flag, Letter, Stage, StageRecord
from mailbot.demo.clients import receive
from mailbot.demo.performance import Told
from storage import Store
from storage.rows import JournalRow, LetterRow, LetterState, MailRow, MailState, TimerRow

LONG_AGO = dt.datetime(2000, 1, 1, tzinfo=dt.UTC)
FAR_OFF = dt.datetime(2100, 1, 1, tzinfo=dt.UTC)
SOON = dt.timedelta(minutes=5)
"""How long after a mail its alarm may go out."""


@dataclass(frozen=True)
class Check:
    """One promise. `broken`: what speaks against it, "" where it holds."""

    promise: str
    measured: str
    broken: str = ""


@dataclass(frozen=True)
class Books:
    """Everything that the database holds at the end."""

    cases: tuple[Case, ...]
    mails: tuple[MailRow, ...]
    waiting: int
    letters: tuple[LetterRow, ...]
    journal: tuple[JournalRow, ...]
    timers: dict[str, tuple[TimerRow, ...]]


def read_books(store: Store) -> Books:
    with store.read() as work:
        rows = (*work.attended_mails(LONG_AGO, FAR_OFF), *work.quarantined())
        cases = tuple(work.cases())
        return Books(
            cases=cases,
            mails=tuple({row.id: row for row in rows}.values()),
            waiting=work.mails_by_state()[MailState.KEPT],
            letters=tuple(work.letters_in(*LetterState)),
            journal=tuple(work.journal_between(LONG_AGO, FAR_OFF)),
            timers={case.reference: tuple(work.timers_of(case.reference)) for case in cases},
        )


def run_checks(told: Told, books: Books, calendar: Calendar) -> tuple[Check, ...]:
    return (
        every_mail_is_accounted_for(told, books),
        no_letter_goes_out_twice(told, books),
        every_letter_went_out(books),
        acknowledged_in_time(books, calendar),
        the_late_are_chased(books, calendar),
        no_machine_is_answered(told, books),
        nothing_goes_to_strangers(books),
        everything_names_its_clause(books),
        stage_two_is_another_person(books),
        dangers_are_told_at_once(books),
        nobody_is_forgotten(books),
    )


def stages_of(books: Books) -> list[tuple[Case, StageRecord]]:
    return [(case, record) for case in books.cases for record in (case.stage1, case.stage2) if record]


def listed(names: list[str]) -> str:
    return ", ".join(names[:5]) + (f" and {len(names) - 5} more" if len(names) > 5 else "")


# ------------------------------------------------------------------ one by one


def every_mail_is_accounted_for(told: Told, books: Books) -> Check:
    came = sum(len(arrival.to) for arrival in told.delivered) + told.posted
    speechless = [mail.id for mail in books.mails if not mail.disposition and not mail.cause]
    broken = ""
    if came != len(books.mails) + books.waiting:
        broken = f"{came} came, {len(books.mails) + books.waiting} are on file"
    elif books.waiting or speechless:
        broken = f"nobody attended to {books.waiting + len(speechless)}"
    return Check("Every mail is accounted for", f"{len(books.mails)} of {came}", broken)


def no_letter_goes_out_twice(told: Told, books: Books) -> Check:
    ids = Counter(receive(carried.raw, carried.recipients[0]).message_id for carried in told.carried)
    twice = [message_id for message_id, count in ids.items() if count > 1]
    settled = [letter for letter in books.letters if letter.state is LetterState.SENT]
    sent = {
        letter.message_id for letter in settled if letter.handed_at
    }  # a reminder may go in another's mail
    broken = f"twice: {listed(twice)}" if twice else ""
    if not broken and set(ids) != sent:
        broken = f"the server took {len(ids)}, the outbox says {len(sent)}"
    return Check("No letter goes out twice", f"{len(ids)} letters, as many Message-IDs", broken)


def every_letter_went_out(books: Books) -> Check:
    left = [letter for letter in books.letters if letter.state is not LetterState.SENT]
    broken = listed([f"{letter.order.letter.value} {letter.state.value}" for letter in left])
    return Check(
        "Nothing is left in the outbox",
        f"{len(books.letters) - len(left)} of {len(books.letters)} sent",
        broken,
    )


def acknowledged_in_time(books: Books, calendar: Calendar) -> Check:
    """One that waits for its resident to be known (an office wrote) is late only once its day is over."""
    records = stages_of(books)
    today = calendar.london_date(max(line.at for line in books.journal)) if books.journal else dt.date.min

    def done_on(record: StageRecord) -> dt.date:
        return calendar.london_date(record.acknowledged_at) if record.acknowledged_at else today

    late = [case.reference for case, record in records if done_on(record) > record.acknowledge.outer]
    return Check(
        "Every complaint is acknowledged within its window",
        f"{len(records) - len(late)} of {len(records)}",
        listed(late),
    )


def the_late_are_chased(books: Books, calendar: Calendar) -> Check:
    """People may be late; then handler and supervisor must have been told of it."""
    answered = [(case, record) for case, record in stages_of(books) if record.responded_at]
    late = [
        case.reference
        for case, record in answered
        if record.responded_at and calendar.london_date(record.responded_at) > record.promised.outer
    ]
    told = {
        letter.reference
        for letter in books.letters
        if letter.order.letter is Letter.CHASER and letter.order.audience is Audience.SUPERVISOR
    }
    untold = [reference for reference in late if reference not in told]
    measured = f"{len(answered)} answered, {len(late)} of them late"
    return Check("Who is late is chased, and the supervisor is told", measured, listed(untold))


def no_machine_is_answered(told: Told, books: Books) -> Check:
    machines = {
        receive_id(arrival.raw)
        for arrival in told.delivered
        if b"\r\nAuto-Submitted: auto" in arrival.raw or b"\r\nList-Id:" in arrival.raw
    }
    answered = [letter.in_reply_to for letter in books.letters if letter.in_reply_to in machines]
    return Check("No machine is answered", f"{len(machines)} automatic mails, no answer", listed(answered))


def receive_id(raw: bytes) -> str:
    found = [line for line in raw.split(b"\r\n") if line.lower().startswith(b"message-id:")]
    return found[0].partition(b":")[2].strip().decode("ascii", "replace") if found else ""


def nothing_goes_to_strangers(books: Books) -> Check:
    """Letters of a case go to its parties; one of no case (thanks for praise) to whoever wrote the mail it answers."""
    cases = {case.reference: case for case in books.cases}
    senders = {mail.id: mail.sender for mail in books.mails}
    letters = [letter for letter in books.letters if letter.order.audience is Audience.RESIDENT]

    def strays(letter: LetterRow) -> bool:
        case = cases.get(letter.reference or "")
        return not (
            case.is_party(letter.order.to) if case else senders.get(letter.order.answers) == letter.order.to
        )

    stray = [letter.reference or "?" for letter in letters if strays(letter)]
    return Check(
        "Nothing of a case goes to a stranger", f"{len(letters)} letters to residents", listed(stray)
    )


def everything_names_its_clause(books: Books) -> Check:
    letters = [letter.order.letter.value for letter in books.letters if not letter.order.because]
    steps = [line for line in books.journal if line.kind in ("mail_arrived", "staff_acted", "bounced")]
    mute = [line.summary[:40] for line in steps if not line.because]
    measured = f"{len(books.letters)} letters, {len(steps)} steps"
    return Check("Every act can name its clause", measured, listed([*letters, *mute]))


def stage_two_is_another_person(books: Books) -> Check:
    both = [case for case in books.cases if case.stage1 and case.stage2]
    same = [
        case.reference
        for case in both
        if case.stage1 and case.stage2 and case.stage1.handler == case.stage2.handler
    ]
    return Check("Stage 2 is decided by another person", f"{len(both)} of {len(both)}", listed(same))


def dangers_are_told_at_once(books: Books) -> Check:
    dangers = [case for case in books.cases if {Flag.URGENT_HAZARD, Flag.SAFEGUARDING} & set(case.flags)]
    alarms = [letter for letter in books.letters if letter.order.audience is Audience.DUTY]
    attended = {mail.reference: mail.attended_at for mail in books.mails}
    silent = [
        case.reference
        for case in dangers
        if not any(letter.reference == case.reference for letter in alarms) and case.reference in attended
    ]
    slow = [
        letter.reference or ""
        for letter in alarms
        if letter.sent_at and letter.sent_at - letter.created_at > SOON
    ]
    return Check(
        "Danger reaches the duty officer at once",
        f"{len(dangers)} cases, {len(alarms)} alarms",
        listed([*silent, *slow]),
    )


def nobody_is_forgotten(books: Books) -> Check:
    """Where the landlord owes something, a clock runs and somebody has the case."""
    owing = [
        case
        for case in books.cases
        if case.stage in (Stage.UNSORTED, Stage.STAGE1_OPEN, Stage.STAGE2_OPEN)
        or (case.stage is Stage.SERVICE_REQUEST and case.service_answered_at is None)
    ]
    forgotten = [
        case.reference
        for case in owing
        if not books.timers[case.reference] or not (case.handler or case.open_questions)
    ]
    return Check(
        "Where an answer is owed, a clock runs", f"{len(owing)} cases wait for one", listed(forgotten)
    )

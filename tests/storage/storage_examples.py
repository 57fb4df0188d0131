"""Small things that the tests of storage put in: a mail, a case, a step, a letter."""

from __future__ import annotations

import datetime as dt
import itertools
from dataclasses import replace

from mailbot.casework.vocabulary import (
    Audience,
    CancelTimer,
    Case,
    Decision,
    Due,
    Effect,
    Event,
    Intent,
    Letter,
    MailArrived,
    Party,
    Role,
    SendLetter,
    SetTimer,
    Stage,
    StageRecord,
    Timer,
    TimerFell,
    Verdict,
)
from storage import KeptMail, NewLetter, Step, Work

NINE = dt.datetime(2026, 3, 2, 9, 0, tzinfo=dt.UTC)  # a Monday
MINUTE = dt.timedelta(minutes=1)
DAY = dt.timedelta(days=1)
ADA = Party("ada@example.org", "Ada Byron")
BEN = Party("ben@advice.example", "Ben Adviser", Role.REPRESENTATIVE)

_numbers = itertools.count(1)


def a_mail(
    uid: int = 1, *, raw: bytes = b"Subject: damp\r\n\r\nThe wall is wet.\r\n", **other: object
) -> KeptMail:
    mail = KeptMail(
        mailbox="complaints",
        folder="INBOX",
        uidvalidity=1_700_000_000,
        uid=uid,
        received_at=NINE,
        kept_at=NINE + MINUTE,
        raw=raw,
    )
    return replace(mail, **other)  # type: ignore[arg-type]


def a_case(reference: str = "CC-2026-000001-4", **other: object) -> Case:
    stage = StageRecord(
        requested_at=NINE,
        request_mail="m1",
        definition="The wall has been wet since Christmas.",
        outcome_sought="",
        acknowledge=Due(dt.date(2026, 3, 9), dt.date(2026, 3, 9), ("Code 6.2",)),
        respond=Due(dt.date(2026, 3, 23), dt.date(2026, 3, 23), ("Code 6.3",)),
        handler="hana",
    )
    case = Case(
        reference=reference,
        policy="code-2024@2024-04-01",
        mailbox="complaints",
        stage=Stage.STAGE1_OPEN,
        subject="Damp",
        parties=(ADA,),
        received_at=NINE,
        handler="hana",
        stage1=stage,
    )
    return replace(case, **other)  # type: ignore[arg-type]


def an_arrival(mail: str = "m1", at: dt.datetime = NINE) -> MailArrived:
    return MailArrived(
        at=at,
        received_at=at,
        mail=mail,
        sender=ADA,
        subject="Damp",
        text="The wall is wet.",
        verdict=Verdict(Intent.NEW_COMPLAINT),
    )


def a_letter(to: str = ADA.address, letter: Letter = Letter.ACKNOWLEDGEMENT, **other: object) -> NewLetter:
    number = next(_numbers)
    order = SendLetter(letter, Audience.RESIDENT, to, ("Code 6.2",), {"respond_by": "2026-03-23"})
    return replace(
        NewLetter(order, f"<{number}@landlord.example>", f"nonce{number}"),
        **other,  # type: ignore[arg-type]
    )


def set_timer(timer: Timer, due_at: dt.datetime, subject: str = "") -> SetTimer:
    return SetTimer(timer, due_at, ("Code 6.3",), subject)


def a_step(
    after: Case | None,
    before: Case | None = None,
    *effects: Effect,
    event: Event | None = None,
    letters: tuple[NewLetter, ...] = (),
    serial: tuple[str, int] | None = None,
    mail: str | None = None,
) -> Step:
    decision = Decision(after, effects, "A new complaint.", ("Code 6.2", "House 1"))
    return Step(NINE, "mailbot", before, decision, event or an_arrival(), letters, mail, serial)


def open_case(work: Work, reference: str = "CC-2026-000001-4", **other: object) -> Case:
    case = work.record(a_step(a_case(reference, **other)))
    assert case is not None
    return case


def whole_first_step(work: Work) -> Case:
    """A step that touches everything that a step can touch."""
    number = work.peek_reference("CC-2026")
    case = work.record(
        a_step(
            a_case(parties=(ADA, BEN)),
            None,
            set_timer(Timer.ACKNOWLEDGE, NINE + 5 * DAY),
            set_timer(Timer.RESPONSE_DUE, NINE + 21 * DAY),
            letters=(a_letter(message_id="<first@landlord.example>", nonce="first"),),
            serial=("CC-2026", number),
            mail="m1",
        )
    )
    assert case is not None
    return case


def whole_second_step(work: Work, before: Case) -> Case:
    """Another one, on the clock: sets, moves and cancels timers, changes the parties, writes a letter."""
    case = work.record(
        a_step(
            replace(before, stage=Stage.STAGE1_RESPONDED, parties=(ADA,)),
            before,
            CancelTimer(Timer.RESPONSE_DUE),
            set_timer(Timer.CLOSE_SILENT, NINE + 40 * DAY),
            event=TimerFell(NINE + 5 * DAY, Timer.ACKNOWLEDGE, NINE + 5 * DAY),
            letters=(a_letter(message_id="<second@landlord.example>", nonce="second"),),
        )
    )
    assert case is not None
    return case

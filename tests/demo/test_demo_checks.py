"""Each promise that the demo counts is broken once here, on the books of a demo that kept it."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from dataclasses import replace

import pytest
from demo_stage import Played

from mailbot.casework.calendar import Calendar
from mailbot.casework.vocabulary import Audience, Case, Letter, Stage
from mailbot.demo import checks
from mailbot.demo.checks import Books, Check
from mailbot.demo.performance import Told
from storage.rows import LetterRow, LetterState

ENGLAND = Calendar("ENG")
Count = Callable[[Told, Books], Check]

COUNTS: dict[str, Count] = {
    "accounted for": checks.every_mail_is_accounted_for,
    "twice": checks.no_letter_goes_out_twice,
    "outbox": lambda told, books: checks.every_letter_went_out(books),
    "acknowledged": lambda told, books: checks.acknowledged_in_time(books, ENGLAND),
    "chased": lambda told, books: checks.the_late_are_chased(books, ENGLAND),
    "machines": checks.no_machine_is_answered,
    "strangers": lambda told, books: checks.nothing_goes_to_strangers(books),
    "clauses": lambda told, books: checks.everything_names_its_clause(books),
    "another person": lambda told, books: checks.stage_two_is_another_person(books),
    "dangers": lambda told, books: checks.dangers_are_told_at_once(books),
    "forgotten": lambda told, books: checks.nobody_is_forgotten(books),
}

pytestmark = pytest.mark.timeout(300)  # whoever comes first plays six weeks, and may have to train first


def spoil(told: Told, books: Books, name: str) -> tuple[Told, Books]:
    """The same demo, with one promise broken."""

    def letters(change: Callable[[LetterRow], LetterRow | None]) -> Books:
        return replace(books, letters=tuple(x for x in map(change, books.letters) if x is not None))

    def cases(change: Callable[[Case], Case]) -> Books:
        return replace(books, cases=tuple(map(change, books.cases)))

    first = next(x for x in books.letters if x.order.audience is Audience.RESIDENT)
    machine = next(a for a in told.delivered if b"\r\nList-Id:" in a.raw)
    match name:
        case "accounted for":
            return replace(told, posted=told.posted + 1), books
        case "twice":
            return replace(told, carried=[*told.carried, told.carried[0]]), books
        case "outbox":
            return told, letters(lambda x: replace(x, state=LetterState.HELD) if x.id == first.id else x)
        case "acknowledged":
            late = dt.timedelta(days=12)

            def delay(one: Case) -> Case:
                record = one.stage1
                if record is None or record.acknowledged_at is None:
                    return one
                return replace(one, stage1=replace(record, acknowledged_at=record.acknowledged_at + late))

            return told, cases(delay)
        case "chased":
            return told, letters(lambda x: None if x.order.letter is Letter.CHASER else x)
        case "machines":
            answer = checks.receive_id(machine.raw)
            return told, letters(lambda x: replace(x, in_reply_to=answer) if x.id == first.id else x)
        case "strangers":
            stray = replace(first.order, to="stranger@example.org")
            return told, letters(lambda x: replace(x, order=stray) if x.id == first.id else x)
        case "clauses":
            mute = replace(first.order, because=())
            return told, letters(lambda x: replace(x, order=mute) if x.id == first.id else x)
        case "another person":
            return told, cases(
                lambda one: (
                    replace(one, stage2=replace(one.stage2, handler=one.stage1.handler))
                    if one.stage1 and one.stage2
                    else one
                )
            )
        case "dangers":
            return told, letters(lambda x: None if x.order.audience is Audience.DUTY else x)
        case _:
            owing = next(c for c in books.cases if c.stage is Stage.STAGE1_OPEN)
            return told, replace(books, timers={**books.timers, owing.reference: ()})


@pytest.mark.parametrize("name", list(COUNTS))
def test_a_promise_that_is_broken_is_noticed(played: Played, name: str) -> None:
    told, books = played.ended.told, played.ended.books
    assert COUNTS[name](told, books).broken == ""
    assert COUNTS[name](*spoil(told, books, name)).broken != ""

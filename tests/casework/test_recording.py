"""What staff write down for the figures: read forgivingly, kept with the case, and without any other effect."""

from __future__ import annotations

import datetime as dt

import pytest
from casework_samples import at, mail, rulebook

from mailbot.casework.calendar import Calendar
from mailbot.casework.commands import parse
from mailbot.casework.lifecycle import decide
from mailbot.casework.vocabulary import Act, Intent, Letter, SendLetter, StaffActed, Stage


def read(line: str) -> tuple[str, str]:
    parsed = parse(line, dt.date(2026, 3, 9), Calendar("ENG").add_working_days)
    assert not parsed.mistakes, parsed.mistakes
    (act,) = parsed.acts
    return act.name, act.words


def acted(act: Act, words: str, name: str = "") -> StaffActed:
    return StaffActed(at("2026-03-06"), "sam", act, words=words, name=name)


def problem(line: str) -> str:
    (mistake,) = parse(line, dt.date(2026, 3, 9), Calendar("ENG").add_working_days).mistakes
    return mistake.problem


@pytest.mark.parametrize(
    ("line", "kept"),
    [
        ("#record tenure Shared Ownership", ("tenure", "low cost ownership")),
        ("#record tenure: tenant.", ("tenure", "low cost rental")),
        ("#RECORD estate Fulling Lane", ("estate", "Fulling Lane")),
        ("#record compensation 150 pounds", ("compensation", "150.00")),
        ("#record compensation £1,250.50", ("compensation", "1250.50")),
        ("#learned We now ring the day before", ("", "We now ring the day before")),
        ("#learned Missed appointments: we now ring", ("missed appointments", "we now ring")),
        ("#learned ring at 10:30, not at nine", ("", "ring at 10:30, not at nine")),
    ],
)
def test_it_is_read_as_people_write_it(line: str, kept: tuple[str, str]) -> None:
    assert read(line) == kept


@pytest.mark.parametrize(
    ("line", "told"),
    [
        ("#record tenur rented", "did you mean tenure?"),
        ("#record tenure castle", "“castle” is no tenure"),
        ("#record compensation a voucher", "“a voucher” is no amount in pounds"),
        ("#record compensation 15 or 20", "is no amount in pounds"),
        ("#record estate", "it lacks the estate"),
    ],
)
def test_what_cannot_be_read_says_what_to_write(line: str, told: str) -> None:
    assert told in problem(line)


def test_the_latest_word_holds_and_nothing_else_of_the_case_moves() -> None:
    rules = rulebook("code-2024")
    case = decide(None, mail(Intent.NEW_COMPLAINT, "2026-03-05"), rules).case
    assert case is not None
    first = decide(case, acted(Act.RECORD, "150.00", name="compensation"), rules)
    second = decide(first.case, acted(Act.RECORD, "200.00", name="compensation"), rules)
    assert second.case is not None and second.case.told("compensation") == "200.00"
    assert len(second.case.recorded) == 2
    assert {e.letter for e in second.effects if isinstance(e, SendLetter)} == {Letter.COMMAND_DONE}
    assert all(isinstance(e, SendLetter) for e in second.effects), "no clock moves"


def test_what_was_learned_can_be_said_after_the_case_was_closed() -> None:
    rules = rulebook("code-2024")
    opened = decide(None, mail(Intent.NEW_COMPLAINT, "2026-03-05"), rules).case
    closed = decide(opened, acted(Act.CLOSE, "withdrawn"), rules).case
    assert closed is not None and closed.stage is Stage.CLOSED
    said = decide(closed, acted(Act.LEARNED, "we ring first", name="appointments"), rules)
    assert said.case is not None
    assert [(one.theme, one.text) for one in said.case.learned] == [("appointments", "we ring first")]
    assert said.because == rules.policy.why("learned")
    assert decide(closed, acted(Act.LEARNED, ""), rules).refused.startswith("Say what was learned")

"""Every command of everybody who may not give it: nothing is done, nothing goes out, and the answer says why."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from conftest import COMPLAINT, JO, MORGAN, SAM, House
from doors.embedded import Embedded

from mailbot.casework.forms import FORMS
from mailbot.casework.vocabulary import Act

LATER = "Dear Jo, something else."


@pytest.fixture
def office(make_house: Callable[..., House], embedded_mail: Embedded) -> House:
    house = make_house(embedded_mail)
    house.write(JO, COMPLAINT)
    house.turn()
    return house


def lines_of_every_act() -> list[str]:
    return [form for act, forms in FORMS.items() if act is not Act.REPLY for form in forms]


def test_who_had_the_case_once_can_give_no_command_on_it_any_more(office: House) -> None:
    theirs = office.last(SAM, "case_assigned")
    office.write(SAM, "#assign Morgan Bell", answers=theirs)
    office.turn()
    before, sent = office.the_case(), len(office.letters(JO))
    assert before.handler == "morgan"
    refused = len(office.letters(SAM, "command_refused"))
    for line in lines_of_every_act():
        if line.startswith("#new"):
            continue  # anybody may hand in a complaint
        office.write(SAM, f"{line}\n\n{LATER}", answers=theirs)
        office.turn()
    assert office.the_case() == before
    assert len(office.letters(JO)) == sent
    answers = office.letters(SAM, "command_refused")[refused:]
    assert answers and all("Morgan Bell" in answer.text for answer in answers)


@pytest.mark.parametrize(
    ("line", "why"),
    [
        ("#extend 40 working days because the surveyor is ill", "your supervisor"),
        ("#reviewed", "no review"),
        ("#approve", "No response waits"),
        ("#return because it lacks a date", "No response waits"),
        ("#reopen the leak is back", "nothing to reopen"),
        ("#done 7", "no open action"),
        ("#close agreed", "only after the response"),
        ("#close answered", "service requests"),
        ("#sort reply", "Nothing on this case waits"),
        ("#assign Nobody Atall", "Nobody of that name"),
        ("#cancel", "Nothing of yours waits"),
        ("#hold off", "Nothing is held back"),
        ("#adjust ended 3", "no adjustment with that number"),
        ("#merge CC-2026-000009-9", "no other case"),
        ("#accept", ""),
    ],
)
def test_a_command_out_of_its_order_does_nothing_and_says_why(office: House, line: str, why: str) -> None:
    before = office.the_case()
    office.write(SAM, line, answers=office.last(SAM, "case_assigned"))
    office.turn()
    assert office.the_case() == before
    assert [r.kind for r in office.letters(JO)] == ["acknowledgement"]
    assert why in office.last(SAM, "command_refused").text


@pytest.mark.parametrize(
    ("line", "why"),
    [
        ("#respond upheld\n\nDear Jo, again.", "has been sent"),
        ("#extend 5 working days because of snow", "has been sent"),
        ("#acknowledge", "has been sent"),
    ],
)
def test_a_command_that_comes_late_does_nothing_and_says_why(office: House, line: str, why: str) -> None:
    theirs = office.last(SAM, "case_assigned")
    office.write(SAM, "#respond upheld\n\nDear Jo, we are sorry.", answers=theirs)
    office.turn()
    before = office.the_case()
    office.write(SAM, line, answers=theirs)
    office.turn()
    assert office.the_case() == before
    assert len(office.letters(JO, "response")) == 1
    assert why in office.last(SAM, "command_refused").text


def test_a_stage_two_person_who_has_no_part_in_it_can_do_nothing(office: House) -> None:
    before = office.the_case()
    office.write(MORGAN, "#respond upheld\n\nDear Jo, hello.", subject=f"Re: {before.reference}")
    office.turn()
    assert office.the_case() == before

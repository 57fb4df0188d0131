"""Every command of everybody who may not give it: nothing is done, nothing goes out, and the answer says why."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from dataclasses import replace

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
    after = office.the_case()
    assert replace(after, version=before.version, unconfirmed=()) == before, (
        "put by is all that happens to it"
    )
    assert after.unconfirmed and len(office.letters(MORGAN, "confirm_act")) == len(after.unconfirmed)
    assert len(office.letters(JO)) == sent
    answers = office.letters(SAM, "command_refused")[refused:]
    strange = [answer.text[80:700] for answer in answers if "Morgan Bell" not in answer.text]
    assert answers and not strange, strange


OUT_OF_ORDER = {
    "#extend 40 working days because the surveyor is ill": "your supervisor",
    "#reviewed": "no review",
    "#approve": "No response waits",
    "#return because it lacks a date": "No response waits",
    "#reopen the leak is back": "nothing to reopen",
    "#done 7": "no open action",
    "#close agreed": "only after the response",
    "#sort reply": "Nothing on this case waits",
    "#assign Nobody Atall": "Nobody of that name",
    "#cancel": "Nothing of yours waits",
    "#hold off": "Nothing is held back",
    "#merge CC-2026-000009-9": "no other case",
    "#accept": "Nothing on this case waits",
}
LATE = {
    "#respond upheld\n\nDear Jo, again.": "has been sent",
    "#extend 5 working days because of snow": "has been sent",
    "#acknowledge": "has been sent",
}


def each_does_nothing(office: House, lines: dict[str, str]) -> None:
    """Every command with every refusal stands in tests/casework/test_every_command.py; here they come by mail."""
    theirs, before, sent = office.last(SAM, "case_assigned"), office.the_case(), len(office.letters(JO))
    for line, why in lines.items():
        office.clock.put(office.clock.now() + dt.timedelta(minutes=10))  # so that each is answered
        office.write(SAM, line, answers=theirs)
        office.turn()
        assert why in office.last(SAM, "command_refused").text, line
    assert office.the_case() == before
    assert len(office.letters(JO)) == sent


def test_commands_out_of_their_order_do_nothing_and_each_is_told_why(office: House) -> None:
    each_does_nothing(office, OUT_OF_ORDER)


def test_commands_that_come_late_do_nothing_and_each_is_told_why(office: House) -> None:
    office.write(SAM, "#respond upheld\n\nDear Jo, we are sorry.", answers=office.last(SAM, "case_assigned"))
    office.turn()
    assert len(office.letters(JO, "response")) == 1
    each_does_nothing(office, LATE)


def test_answers_typed_into_an_unmarked_quotation_are_asked_for_again(office: House) -> None:
    """Outlook marks nothing of what it quotes: what stands in it is neither sent on nor quietly lost."""
    theirs = office.last(SAM, "case_assigned")
    text = (
        "Dear Jo, please see my answers below in red.\n\nFrom: Brackenfield Homes <complaints@landlord.example.org>\n"
        f"Sent: 02 March 2026 10:15\nTo: Sam Okafor <{SAM}>\nSubject: {theirs.subject}\n\nNobody has come. On Monday!"
    )
    office.write(SAM, text, subject=f"RE: {theirs.subject}", headers={"In-Reply-To": theirs.message_id})
    office.turn()
    assert "above the quoted mail" in " ".join(office.last(SAM, "command_refused").text.split())
    assert office.letters(JO, "handler_reply") == []


def test_a_mail_with_a_mistake_is_answered_line_by_line(office: House) -> None:
    mail = "#contacted by phone\n#extnd 5 working days because of snow\n#close\n#respond upheld\n\nDear Jo, sorry."
    office.write(SAM, mail, answers=office.last(SAM, "case_assigned"))
    office.turn()
    told = office.last(SAM, "command_refused").text
    assert "did you mean #extend?" in told and "#close: it lacks why" in told
    understood = told.partition("What was understood, and not done either")[2]
    assert "#contacted by phone" in understood and "#respond upheld" in understood
    assert [r.kind for r in office.letters(JO)] == ["acknowledgement"]
    record = office.the_case().stage1
    assert record is not None and record.contacted_at is None


def test_a_stage_two_person_who_has_no_part_in_it_can_do_nothing(office: House) -> None:
    before = office.the_case()
    office.write(MORGAN, "#respond upheld\n\nDear Jo, hello.", subject=f"Re: {before.reference}")
    office.turn()
    assert office.the_case() == before

"""Complaints that reach the mailbox through a colleague: sent on, or written down from a call or a letter."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from conftest import COMPLAINT, JO, SAM, House, london
from doors.embedded import Embedded

from mailbot.casework.vocabulary import Stage

SENT_ON = f"""\
One for you, this came to me last week.

From: Jo Finch <{JO}>
Sent: 26 February 2026 16:40
To: Sam Okafor <{SAM}>
Subject: Leak in the kitchen

{COMPLAINT}
"""
BY_PHONE = "#new complaint from Jo Finch <{address}> received 27 February by phone\n\nThe ceiling leaks, nobody comes."


@pytest.fixture
def office(make_house: Callable[..., House], embedded_mail: Embedded) -> House:
    return make_house(embedded_mail)


def test_a_mail_that_a_colleague_sends_on_is_the_residents_complaint_from_its_own_day(office: House) -> None:
    office.write(SAM, SENT_ON, subject="FW: Leak in the kitchen")
    office.turn()
    case = office.the_case()
    assert case.resident.address == JO
    assert case.stage is Stage.STAGE1_OPEN and case.stage1 is not None
    assert case.stage1.requested_at == london("2026-02-26", "16:40")
    assert "26 February 2026" in office.last(JO, "acknowledgement").text
    thanks = office.last(SAM, "command_done")
    assert "Thank you" in thanks.text and case.reference in thanks.text
    assert SAM not in office.last(JO, "acknowledgement").caught.raw.decode()


def test_sent_on_twice_it_is_not_answered_twice(office: House) -> None:
    office.write(SAM, SENT_ON, subject="FW: Leak in the kitchen")
    office.turn()
    office.write("alex@landlord.example.org", SENT_ON, subject="Fwd: Leak in the kitchen")
    office.turn()
    assert len(office.letters(JO, "acknowledgement")) == 1


def test_whose_mail_cannot_be_read_is_asked_for_and_the_mail_waits(office: House) -> None:
    office.write(SAM, SENT_ON.replace(f" <{JO}>", ""), subject="FW: Leak in the kitchen")
    office.turn()
    assert office.cases() == []
    assert "whose mail it is" in office.last(SAM, "command_refused").text
    with office.parts.store.read() as work:
        assert len(work.quarantined()) == 1


def test_who_only_claims_to_be_a_colleague_hands_nothing_in(office: House) -> None:
    office.write(SAM, SENT_ON, subject="FW: Leak in the kitchen", vouched=False)
    office.write(SAM, BY_PHONE.format(address=JO), subject="A call", vouched=False)
    office.turn()
    assert office.cases() == []
    assert office.letters(JO) == []


def test_a_complaint_by_phone_has_its_true_date_and_the_resident_gets_the_same_letters(office: House) -> None:
    office.write(SAM, BY_PHONE.format(address=JO), subject="A call")
    office.turn()
    case = office.the_case()
    assert case.how_received == "phone"
    assert case.stage1 is not None and case.stage1.requested_at == london("2026-02-27", "12:00")
    assert "27 February 2026" in office.last(JO, "acknowledgement").text


def test_without_an_address_nobody_is_written_to_and_the_handler_gets_the_letter_to_post(
    office: House,
) -> None:
    office.write(SAM, BY_PHONE.replace(" <{address}>", "").replace("phone", "post"), subject="A letter")
    office.turn()
    case = office.the_case()
    assert case.resident.address == "" and case.resident.name == "Jo Finch"
    to_post = office.last(SAM, "alert")
    assert "another way" in to_post.text and "27 February 2026" in to_post.text
    assert {r.to for r in office.letters()} <= {
        SAM,
        "alex@landlord.example.org",
        "morgan@landlord.example.org",
    }


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("#new complaint from Jo Finch", "how"),
        ("#new complaint from Jo Finch received 12 March 2031 by phone", "has not come yet"),
        ("#new complaint from Jo Finch by pigeon", "pigeon"),
        ("#new complaint from Sam <sam@landlord.example.org> by phone", "one of our own addresses"),
    ],
)
def test_what_lacks_something_opens_nothing_and_shows_the_right_form(
    office: House, line: str, said: str
) -> None:
    office.write(SAM, f"{line}\n\nThe ceiling leaks.", subject="A call")
    office.turn()
    assert office.cases() == []
    refused = office.last(SAM, "command_refused")
    assert said in refused.text and "#new complaint from" in refused.text

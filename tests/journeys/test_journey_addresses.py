"""Somebody writes on a case from an address that it does not know. The resident is asked at the one that we know; until
they agree nothing of the case goes to the other, and nothing that came from it moves the case (House 44)."""

from __future__ import annotations

from collections.abc import Callable

import conftest as journeys
import pytest
from conftest import ALEX, COMPLAINT, ESCALATION, JO, SAM, STAFF, House
from doors.embedded import Embedded

from mailbot.casework.vocabulary import Stage

PARTNER = "robin.finch@example.net"
THIEF = "thief@example.net"


@pytest.fixture
def office(make_house: Callable[..., House], embedded_mail: Embedded) -> House:
    """A complaint that was answered: the next word of the resident's may ask for stage 2."""
    house = make_house(embedded_mail, policy="code-2024", plus=True)
    house.write(JO, COMPLAINT)
    house.turn()
    house.write(
        SAM, "#respond upheld\n\nWe are sorry. The pipe is mended.", answers=house.last(SAM, "case_assigned")
    )
    house.turn()
    return house


def from_the_partner(office: House, text: str = ESCALATION) -> None:
    office.write(f"Robin Finch <{PARTNER}>", text, subject=f"Our complaint {office.the_case().reference}")
    office.turn()


def test_the_resident_is_asked_at_the_known_address_and_the_other_gets_nothing(office: House) -> None:
    from_the_partner(office)
    asked = office.last(JO, "address_request")
    assert PARTNER in asked.text and "Yes" in asked.text and "No" in asked.text
    assert "ceiling still leaks" not in asked.text, "what was written stays with us"
    assert office.letters(PARTNER) == []
    assert office.the_case().stage is Stage.STAGE1_RESPONDED, "nothing moves the case"
    shown = office.last(SAM, "case_mail")
    assert "does not belong to the case" in shown.text and "has been asked" in shown.text
    assert f"#resident {PARTNER}" in shown.text
    from_the_partner(office, "Any news about our complaint? I am still not happy with it.")
    assert len(office.letters(JO, "address_request")) == 1, "asked once an address"


def test_a_yes_makes_it_theirs_and_what_came_from_there_counts_from_its_day(office: House) -> None:
    from_the_partner(office)
    office.go_to("2026-03-04")
    office.write(JO, "Yes please, that is Robin's", answers=office.last(JO, "address_request"))
    office.turn()
    case = office.the_case()
    assert [p.address for p in case.parties] == [JO, PARTNER] and case.resident.address == JO
    assert case.stage is Stage.STAGE2_OPEN and case.stage2 is not None
    assert case.stage2.requested_at.date().isoformat() == "2026-03-02", "the day on which Robin asked"
    both = {r.to for r in office.letters(kind="acknowledgement")[-2:]}
    assert both == {JO, PARTNER}
    assert any("confirms another address" in line.summary for line in office.journal(case.reference))
    # from now on their word is the resident's
    office.write(PARTNER, "Here is a photo of the ceiling.", answers=office.last(PARTNER, "acknowledgement"))
    office.turn()
    assert "does not belong to the case" not in office.letters(kind="case_mail")[-1].text


def test_a_no_shuts_it_out_and_the_handler_is_told(office: House) -> None:
    from_the_partner(office)
    office.write(JO, "No. I do not know who that is.", answers=office.last(JO, "address_request"))
    office.turn()
    case = office.the_case()
    assert [p.address for p in case.parties] == [JO] and case.stage is Stage.STAGE1_RESPONDED
    assert "is not theirs" in office.last(SAM, "case_mail").text
    from_the_partner(office, "Why does nobody answer me? Stage 2 please.")
    assert office.letters(PARTNER) == [] and len(office.letters(JO, "address_request")) == 1
    assert "said that it is not theirs" in office.last(SAM, "case_mail").text


def test_who_changes_their_mind_is_heard(office: House) -> None:
    from_the_partner(office, "Here is a photo of the ceiling, as you asked.")
    asked = office.last(JO, "address_request")
    office.write(JO, "Yes", answers=asked)
    office.turn()
    assert office.the_case().is_party(PARTNER)
    office.write(JO, "Hello,\n\nNo, please do not write there any more", answers=asked)
    office.turn()
    assert not office.the_case().is_party(PARTNER)
    office.write(SAM, "We come on Friday.", answers=office.last(SAM, "case_mail"))
    office.turn()
    assert office.letters(PARTNER, "handler_reply") == []


@pytest.mark.parametrize("said", ["Yes but only after Friday", "Who is asking?", "Maybe"])
def test_an_answer_that_is_neither_is_put_before_the_handler_who_decides(office: House, said: str) -> None:
    from_the_partner(office)
    office.write(JO, said, answers=office.last(JO, "address_request"))
    office.turn()
    shown = office.last(SAM, "case_mail")
    assert "could not be read as yes or no" in shown.text and not office.the_case().is_party(PARTNER)
    office.write(SAM, f"#resident {PARTNER} Robin Finch", answers=shown)
    office.turn()
    case = office.the_case()
    assert case.is_party(PARTNER) and case.stage is Stage.STAGE2_OPEN
    told = office.last(JO, "address_request")
    assert "go there as well" in told.text and PARTNER in told.text
    office.write(JO, "no", answers=told)
    office.turn()
    assert not office.the_case().is_party(PARTNER), "the resident has the last word"


def test_silence_leaves_it_to_the_handler(office: House) -> None:
    from_the_partner(office)
    office.go_to("2026-03-20")
    assert not office.the_case().is_party(PARTNER) and office.letters(PARTNER) == []
    (claim,) = office.the_case().claims
    assert claim.answer == "" and claim.asked_at is not None


def test_a_neighbour_who_quotes_the_reference_gets_a_case_of_their_own_from_the_day_they_wrote(
    office: House,
) -> None:
    reference, neighbour = office.the_case().reference, "pat@example.net"
    text = "Jo gave me her number. My ceiling at flat 15 leaks too and nobody answers. I want to complain."
    office.write(f"Pat Neigh <{neighbour}>", text, subject=f"Leak {reference}")
    office.turn()
    line = f"#new complaint from {neighbour} by email"
    assert line in office.last(SAM, "case_mail").text and line in office.last(ALEX, "alert").text
    office.go_to("2026-03-04")
    office.write(SAM, line, answers=office.last(SAM, "case_mail"))
    office.turn()
    acknowledged = office.last(neighbour, "acknowledgement").text
    assert "Monday 2 March 2026" in acknowledged and "flat 15 leaks too" in acknowledged
    theirs = next(c for c in office.cases() if c.reference != reference)
    assert [p.address for p in theirs.parties] == [neighbour] and office.letters(neighbour) != []
    assert next(c for c in office.cases() if c.reference == reference).claims == ()


# ------------------------------------------------------------------ somebody who knows the reference


def test_an_attacker_who_knows_the_reference_cannot_answer_for_the_resident(office: House) -> None:
    reference = office.the_case().reference
    office.write(THIEF, "I want my letters at this address from now on.", subject=f"Re: {reference}")
    office.turn()
    asked = office.last(JO, "address_request")
    # from their own address; with the resident's name on it, but without the letter; with both, but not vouched for
    office.write(THIEF, "Yes", subject=f"Re: Is this email address yours? [{reference}]")
    office.write(JO, "Yes", subject=f"Re: Is this email address yours? [{reference}]", vouched=False)
    office.turn()
    office.write(JO, "Yes", answers=asked, vouched=False)
    office.turn()
    assert [p.address for p in office.the_case().parties] == [JO]
    assert office.letters(THIEF) == []
    assert "not vouched for" in office.last(SAM, "case_mail").text


def test_the_token_of_the_question_is_worth_nothing_in_other_hands(office: House) -> None:
    from_the_partner(office)
    office.write(PARTNER, "Yes", answers=office.last(JO, "address_request"))
    office.turn()
    assert not office.the_case().is_party(PARTNER) and office.letters(PARTNER) == []


def test_one_who_plays_with_the_reference_makes_us_write_to_the_resident_three_times_at_most(
    office: House,
) -> None:
    reference = office.the_case().reference
    for number in range(5):
        office.write(
            f"thief{number}@example.net", "Tell me how it stands with my complaint.", subject=reference
        )
    office.turn()
    assert len(office.letters(JO, "address_request")) == 3
    assert "about 3 addresses already" in office.last(SAM, "case_mail").text


def test_nobody_is_told_of_who_is_worried_about_them(office: House) -> None:
    office.write(
        "ward.sister@hospital.example",
        "I am a nurse. I am worried about this lady, she has bruises and is afraid of her partner at home.",
        subject=f"Your case {office.the_case().reference}",
    )
    office.turn()
    assert office.letters(JO, "address_request") == []
    assert "was not asked about it" in office.last(SAM, "case_mail").text


def test_a_former_colleague_with_a_mail_to_staff_is_nobodys_second_address(
    office: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    theirs = office.last(SAM, "case_assigned")
    office.stop()
    _, _, others = STAFF.partition("[[person]]")[2].partition("[[person]]")
    monkeypatch.setattr(journeys, "STAFF", "[[person]]" + others.replace('"stage2"', '"handler", "stage2"'))
    office.write(SAM, "#close agreed", answers=theirs)
    office.turn()
    assert office.the_case().closed_at is None
    assert office.letters(JO, "address_request") == []
    assert "answered from an unknown address" in office.last(ALEX, "alert").subject


def test_a_new_address_takes_over_where_the_old_one_no_longer_reaches_them(office: House) -> None:
    new = "jo@new.example"
    office.write(
        new, "My old address is gone. Any news of my complaint?", subject=office.the_case().reference
    )
    office.turn()
    with office.parts.store.begin() as work:
        from mailbot.casework.vocabulary import Bounced

        box = office.parts.service.settings.mailboxes[0]
        gone = Bounced(office.clock.now(), "", JO, "response", "550 no such user")
        office.parts.service.step(work, office.the_case(), gone, box, who="mailbot")
    office.write(SAM, f"#resident {new}", answers=office.last(SAM, "case_mail"))
    office.turn()
    assert office.the_case().resident.address == new
    office.write(SAM, "We come on Friday.", answers=office.last(SAM, "case_mail"))
    office.turn()
    assert {r.to for r in office.letters(kind="handler_reply")} == {new}

"""Who acts on a case: a reply to a letter of ours to that very person, from a sender whom our own border vouches for,
who still has the case. What lacks one of these does nothing and is asked about; what lacks two is set aside."""

from __future__ import annotations

import datetime as dt
import re
import urllib.parse
from collections.abc import Callable

import conftest as journeys
import pytest
from conftest import ALEX, COMPLAINT, JO, MORGAN, SAM, STAFF, House, Received
from doors.embedded import Embedded

RIGHT = "#close withdrawn"


@pytest.fixture
def office(make_house: Callable[..., House], embedded_mail: Embedded) -> House:
    house = make_house(embedded_mail)
    house.write(JO, COMPLAINT)
    house.turn()
    return house


def stands(office: House) -> bool:
    """Nothing was done: the case is as it was, and the resident has heard nothing but the acknowledgement."""
    office.turn()
    return office.the_case().closed_at is None and [r.kind for r in office.letters(JO)] == ["acknowledgement"]


def set_aside(office: House) -> int:
    with office.parts.store.read() as work:
        return len(work.quarantined())


def test_the_right_person_answering_the_right_mail_acts(office: House) -> None:
    office.write(SAM, RIGHT, answers=office.last(SAM, "case_assigned"))
    office.turn()
    assert office.the_case().closed_because == "withdrawn"


def later(office: House) -> None:
    """A minute on: equal words of one moment are one mail by two ways."""
    office.clock.put(office.clock.now() + dt.timedelta(minutes=1))


def confirm(office: House, who: str = SAM) -> None:
    later(office)
    office.write(who, "#confirm 1", answers=office.last(who, "confirm_act"))
    office.turn()


def test_the_right_from_without_a_token_is_put_by_and_done_once_when_it_is_confirmed(office: House) -> None:
    office.write(SAM, RIGHT, subject=f"Re: Leak [{office.the_case().reference}]")
    assert stands(office)
    asked = office.last(SAM, "confirm_act")
    assert RIGHT in asked.text and "does not answer a mail that we sent you" in asked.text
    confirm(office)
    assert office.the_case().closed_because == "withdrawn"
    confirm(office)
    assert "done already, or it lapsed" in office.last(SAM, "command_refused").text
    assert len(office.letters(JO, "closure")) == 1


def test_the_right_from_that_names_no_case_is_told_how(office: House) -> None:
    office.write(SAM, RIGHT, subject="Close it please")
    assert stands(office)
    assert "does not answer one of our mails" in office.last(SAM, "command_refused").text


def test_what_was_recorded_keeps_its_time_and_what_nobody_confirms_lapses_with_a_note(office: House) -> None:
    reference = office.the_case().reference
    office.write(SAM, "#contacted by phone", subject=f"Re: Leak [{reference}]")
    office.turn()
    wrote = office.clock.now()
    office.go_to("2026-03-03")
    confirm(office)
    record = office.the_case().stage1
    assert record is not None and record.contacted_at == wrote
    office.write(SAM, RIGHT, subject=f"Re: Leak [{reference}]")
    office.go_to("2026-03-06")
    assert office.the_case().unconfirmed == () and office.the_case().closed_at is None
    assert any("it lapsed and nothing was done" in line.summary for line in office.journal(reference))
    confirm(office)
    assert office.the_case().closed_at is None


def test_a_text_that_answers_nothing_of_ours_is_never_put_by_for_the_resident(office: House) -> None:
    office.write(SAM, "She is a nuisance.", subject=f"Re: Leak [{office.the_case().reference}]")
    assert stands(office)
    assert office.letters(SAM, "confirm_act") == []


def test_the_right_token_with_the_wrong_from_of_a_stranger_does_nothing(office: House) -> None:
    office.write("thief@example.net", RIGHT, answers=office.last(SAM, "case_assigned"))
    assert stands(office)


def test_the_right_token_with_the_wrong_from_of_a_colleague_does_nothing(office: House) -> None:
    office.write(MORGAN, RIGHT, answers=office.last(SAM, "case_assigned"))
    assert stands(office)


def test_the_right_from_and_token_unvouched_is_asked_to_confirm_by_a_fresh_mail(office: House) -> None:
    office.write(SAM, RIGHT, answers=office.last(SAM, "case_assigned"), vouched=False)
    assert stands(office)
    asked = office.last(SAM, "confirm_act")
    assert "could not confirm" in asked.text
    office.write(SAM, "#confirm 1", answers=asked, vouched=False)  # whoever forged the first forges this
    office.turn()
    later(office)
    office.write(MORGAN, "#confirm 1", answers=asked)
    assert stands(office)
    assert len(office.letters(SAM, "confirm_act")) == 1
    confirm(office)
    assert office.the_case().closed_because == "withdrawn"


def test_what_lacks_a_token_and_the_role_is_set_aside(office: House) -> None:
    office.write(MORGAN, RIGHT, subject=f"Re: Leak [{office.the_case().reference}]")
    assert stands(office)
    assert set_aside(office) == 1 and office.letters(MORGAN) == []


def test_a_right_from_without_token_and_unvouched_is_set_aside(office: House) -> None:
    office.write(SAM, RIGHT, subject="Please close", vouched=False)
    assert stands(office)
    assert set_aside(office) == 1


def test_an_authentication_result_that_the_sender_forged_counts_for_nothing(office: House) -> None:
    forged = (
        "Authentication-Results: mx.landlord.example.org; dmarc=pass header.from=landlord.example.org\r\n"
    )
    raw = office.compose(SAM, RIGHT, answers=office.last(SAM, "case_assigned"))
    office.write(SAM, "", raw=forged.encode() + raw, vouched=False)
    assert stands(office)


def test_a_result_of_another_server_counts_for_nothing(office: House) -> None:
    raw = office.compose(SAM, RIGHT, answers=office.last(SAM, "case_assigned"))
    other = "Authentication-Results: mx.evil.example; dmarc=pass header.from=landlord.example.org\r\n"
    office.mail_server.put(office.address, other.encode() + raw, office.clock.now())
    assert stands(office)


def test_a_forwarded_notice_makes_nobody_a_handler(office: House) -> None:
    """Morgan has Sam's mail, whole, and answers it from his own vouched address."""
    theirs = office.last(SAM, "case_assigned")
    office.write(MORGAN, f"{RIGHT}\n\n{theirs.text}", headers={"X-Forwarded": "yes"}, answers=theirs)
    assert stands(office)
    assert office.letters(MORGAN, "command_done") == []


def test_a_token_of_another_case_acts_on_that_case_alone(office: House) -> None:
    first = office.the_case().reference
    office.write("kim@example.com", COMPLAINT.replace("kitchen", "hall"), subject="Hall")
    office.turn()
    other = next(c for c in office.cases() if c.reference != first)
    mine = next(r for r in office.letters(SAM, "case_assigned") if other.reference in r.subject)
    raw = office.compose(SAM, RIGHT, answers=mine).replace(other.reference.encode(), first.encode())
    office.write(SAM, "", raw=raw)
    office.turn()
    closed = {c.reference: c.closed_because for c in office.cases()}
    assert closed == {first: "", other.reference: "withdrawn"}


def test_a_token_that_was_altered_opens_nothing(office: House) -> None:
    theirs = office.last(SAM, "case_assigned")
    spoilt = re.sub(r"\.[a-z2-7]", lambda m: ".b" if m[0] != ".b" else ".c", theirs.message_id, count=1)
    raw = office.compose(SAM, RIGHT, answers=theirs).replace(theirs.message_id.encode(), spoilt.encode())
    office.write(SAM, "", raw=raw)
    assert stands(office)


def test_an_expired_token_can_no_longer_be_acted_on(office: House) -> None:
    old = office.last(SAM, "case_assigned")
    office.clock.put(office.clock.now().replace(year=2027))
    office.write(SAM, RIGHT, answers=old)
    office.turn()
    assert office.the_case().closed_because != "withdrawn"
    assert "does not answer a mail that we sent you" in office.last(SAM, "confirm_act").text


def test_ex_staff_have_no_right_from_the_moment_they_left(
    office: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    theirs = office.last(SAM, "case_assigned")
    office.stop()
    _, _, others = STAFF.partition("[[person]]")[2].partition("[[person]]")
    monkeypatch.setattr(journeys, "STAFF", "[[person]]" + others.replace('"stage2"', '"handler", "stage2"'))
    office.write(SAM, RIGHT, answers=theirs)
    assert stands(office)


def test_who_no_longer_has_the_case_is_told_who_does(office: House) -> None:
    theirs = office.last(SAM, "case_assigned")
    office.write(SAM, "#assign Alex Reid", answers=theirs)
    office.turn()
    office.write(SAM, "We come on Friday.", answers=theirs)
    office.write(SAM, RIGHT, answers=theirs, vouched=False)
    assert stands(office)
    assert set_aside(office) == 1, "not vouched for and no longer theirs: two are missing"
    assert "Alex Reid" in office.last(SAM, "command_refused").text
    later(office)
    office.write(SAM, RIGHT, answers=theirs)
    assert stands(office)
    assert "has been asked to confirm" in office.last(SAM, "command_refused").text
    assert "Sam Okafor wrote it" in office.last(ALEX, "confirm_act").text
    confirm(office, ALEX)
    assert office.the_case().closed_because == "withdrawn"


def prepared(letter: Received, label: str) -> tuple[str, str]:
    """Address and body of the mail that a button opens."""
    page = letter.message.get_body(("html",))
    assert page is not None
    link = next(
        href
        for href, said in re.findall(r'href="(mailto:[^"]+)"[^>]*>([^<]+)<', page.get_content())
        if label in said
    )
    found = urllib.parse.urlsplit(link.replace("&amp;", "&"))
    return urllib.parse.unquote(found.path), urllib.parse.parse_qs(found.query)["body"][0]


@pytest.mark.parametrize("plus", [False, True])
def test_a_button_acts_from_a_fresh_mail_whatever_the_mailbox_can(
    make_house: Callable[..., House], embedded_mail: Embedded, plus: bool
) -> None:
    house = make_house(embedded_mail, plus=plus)
    house.write(JO, COMPLAINT)
    house.turn()
    address, body = prepared(house.last(SAM, "case_assigned"), "Record contact")
    house.write(SAM, body, to=address, subject="Re: a case")
    house.turn()
    record = house.the_case().stage1
    assert record is not None and record.contacted_at is not None
    # the same in anybody else's hands is worth nothing
    house.write(ALEX, body.replace("#contacted", "#close withdrawn"), to=address, subject="Re: a case")
    house.turn()
    assert house.the_case().closed_at is None
    assert "Case key" not in "".join(r.text for r in house.letters(JO))

"""Which case a mail belongs to, and who is believed: journeys over a real mailbox."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from conftest import ALEX, COMPLAINT, JO, SAM, House
from doors.mailboxes import Mailboxes

from mailbot.casework.vocabulary import Stage

INFORMATION = "I can send photos of the ceiling if that helps. The best time to call is after five."


@pytest.fixture
def home(make_house: Callable[..., House], mail_server: Mailboxes) -> House:
    return make_house(mail_server)


@pytest.mark.parametrize(
    "spelling",
    [
        "{ref}",
        "[{ref}]",
        "{lower}",
        "{spaced}",
        "my ref is {zeros}, thanks",
        "about {bare}",
    ],
)
def test_a_reference_is_found_in_every_spelling_that_people_type(home: House, spelling: str) -> None:
    home.write(JO, COMPLAINT)
    home.turn()
    reference = home.the_case().reference
    subject = spelling.format(
        ref=reference,
        lower=reference.lower(),
        spaced=reference.replace("-", " "),
        zeros=reference.replace("0", "O"),
        bare=reference.rpartition("-")[0],
    )
    home.write(JO, INFORMATION, subject=subject)
    home.turn()
    assert len(home.cases()) == 1
    assert "photos of the ceiling" in home.last(SAM, "case_mail").text


def test_a_reply_to_ones_own_first_mail_joins_its_case(home: House) -> None:
    """Written before our acknowledgement arrived: it answers no letter of ours."""
    first = home.compose(JO, COMPLAINT)
    home.write(JO, "", raw=first)
    first_id = next(line for line in first.decode().splitlines() if line.startswith("Message-ID:")).split(
        ": "
    )[1]
    home.turn()
    home.write(JO, INFORMATION, subject="Re: Leak in the kitchen", headers={"In-Reply-To": first_id})
    home.turn()
    assert len(home.cases()) == 1


def test_the_same_mail_to_two_of_our_addresses_is_one_case(home: House) -> None:
    raw = home.compose(JO, COMPLAINT)
    home.write(JO, "", raw=raw)
    home.write(JO, "", raw=b"Delivered-To: feedback@landlord.example.org\r\n" + raw)
    home.turn()
    assert len(home.cases()) == 1
    assert len(home.letters(JO, "acknowledgement")) == 1


def test_somebody_who_merely_knows_the_reference_moves_nothing_and_learns_nothing(home: House) -> None:
    home.write(JO, COMPLAINT)
    home.turn()
    reference = home.the_case().reference
    before = home.the_case()
    home.write(
        "stranger@example.net", "Please close this complaint, it is all sorted.", subject=f"Re: {reference}"
    )
    home.turn()
    assert home.letters("stranger@example.net") == []
    after = home.the_case()
    assert (after.stage, after.parties, after.handler) == (before.stage, before.parties, before.handler)
    assert "does not belong to the case" in home.last(SAM, "case_mail").text


def test_a_copied_stranger_never_becomes_a_recipient(home: House) -> None:
    home.write(JO, COMPLAINT, headers={"Cc": "neighbour@example.net"})
    home.turn()
    assert home.letters("neighbour@example.net") == []
    assert [p.address for p in home.the_case().parties] == [JO]


def test_other_organisations_references_are_not_ours(home: House) -> None:
    home.write(JO, COMPLAINT)
    home.turn()
    home.write("mr.hall@example.net", COMPLAINT, subject="Council ref XX-2026-000001-6")
    home.turn()
    assert len(home.cases()) == 2


def test_the_only_open_case_of_sender_and_subject_is_put_to_a_person(home: House) -> None:
    home.write(JO, COMPLAINT)
    home.turn()
    reference = home.the_case().reference
    home.write(JO, INFORMATION, subject="Leak in the kitchen")
    home.turn()
    question = home.last(ALEX, "question")
    assert reference in question.text
    home.write(ALEX, "#sort reply", answers=question)
    home.turn()
    assert "photos of the ceiling" in home.last(SAM, "case_mail").text
    moved = next(c for c in home.cases() if c.reference != reference)
    assert (moved.stage, moved.closed_because) == (Stage.CLOSED, "belongs_elsewhere")


# ------------------------------------------------------------------ staff


def test_a_mistyped_command_does_nothing_and_is_answered_with_help(home: House) -> None:
    home.write(JO, COMPLAINT)
    home.turn()
    assigned = home.last(SAM, "case_assigned")
    home.write(SAM, "#respnd upheld\n\nDear Jo, sorry.", answers=assigned)
    home.turn()
    refused = home.last(SAM, "command_refused")
    assert "#respond" in refused.text
    assert home.letters(JO, "response") == []
    assert home.letters(JO, "handler_reply") == []
    assert home.the_case().stage is Stage.STAGE1_OPEN


def test_who_writes_to_the_resident_themselves_hears_that_the_copy_counts_as_nothing(home: House) -> None:
    home.write(JO, COMPLAINT)
    home.turn()
    home.write(SAM, "Dear Jo, the plumber comes on Friday.", subject="RE: Leak", to=f"{JO}, {home.address}")
    home.turn()
    refused = home.last(SAM, "command_refused")
    told = " ".join(refused.text.split())
    assert f"You wrote to {JO} yourself, and we got a copy" in told and "#contacted by email" in told
    assert home.the_case().reference in refused.subject and "command" not in refused.subject
    assert home.letters(JO, "handler_reply") == []
    assert home.journal(home.the_case().reference)[-1].kind == "refused", "the copy is kept with the case"


def test_a_reply_to_a_notice_never_reaches_the_resident(home: House) -> None:
    home.write(JO, COMPLAINT)
    home.turn()
    home.go_to("2026-03-18", "12:00")
    home.write(SAM, "He is a difficult one, I'll leave it.", answers=home.last(SAM, "chaser"))
    home.turn()
    assert home.letters(JO, "handler_reply") == []
    assert "not passed on" in home.last(SAM, "command_refused").text


def test_what_staff_ask_for_is_done_whole_or_not_at_all(home: House) -> None:
    home.write(JO, COMPLAINT)
    home.turn()
    home.write(SAM, "#contacted by phone\n#close agreed", answers=home.last(SAM, "case_assigned"))
    home.turn()
    case = home.the_case()
    assert case.stage1 is not None and case.stage1.contacted_at is None
    assert home.letters(SAM, "command_refused")


# ------------------------------------------------------------------ machines


def test_an_out_of_office_is_filed_and_counts_as_nothing(home: House) -> None:
    home.write(JO, COMPLAINT)
    home.turn()
    sent = len(home.letters())
    before = home.the_case()
    home.write(
        JO,
        "I am away until Monday and will read your mail then.",
        answers=home.last(JO, "acknowledgement"),
        headers={"Auto-Submitted": "auto-replied"},
    )
    home.turn()
    assert len(home.letters()) == sent
    assert home.the_case().last_resident_word_at == before.last_resident_word_at


def test_a_bounce_tells_the_handler_that_the_resident_was_not_reached(home: House) -> None:
    home.write(JO, COMPLAINT)
    home.turn()
    home.write(SAM, "Dear Jo, when may I ring?", answers=home.last(SAM, "case_assigned"))
    home.turn()
    lost = home.last(JO, "handler_reply")
    bounce = (
        "From: MAILER-DAEMON@mail.example.com\r\n"
        f"To: {home.address}\r\nSubject: Undelivered Mail Returned to Sender\r\n"
        "Auto-Submitted: auto-replied\r\nMIME-Version: 1.0\r\n"
        'Content-Type: multipart/report; report-type=delivery-status; boundary="b"\r\n\r\n'
        "--b\r\nContent-Type: text/plain\r\n\r\nThe mail could not be delivered.\r\n"
        "--b\r\nContent-Type: message/delivery-status\r\n\r\nReporting-MTA: dns; mail.example.com\r\n\r\n"
        f"Final-Recipient: rfc822; {JO}\r\nAction: failed\r\nStatus: 5.1.1\r\n"
        "Diagnostic-Code: smtp; 550 5.1.1 no such user\r\n\r\n"
        f"--b\r\nContent-Type: message/rfc822\r\n\r\nMessage-ID: {lost.message_id}\r\nSubject: x\r\n\r\nx\r\n--b--\r\n"
    )
    home.write("MAILER-DAEMON@mail.example.com", "", raw=bounce.encode())
    home.turn()
    case = home.the_case()
    assert case.unreachable == (JO,)
    assert case.stage is Stage.STAGE1_OPEN
    assert "not reached" in home.last(SAM, "alert").text


def test_a_mail_that_nobody_can_read_is_set_aside_and_shown(home: House) -> None:
    home.write("x@example.com", "", raw=b"\x00\xff\xfe no header at all \x00\r\n\r\n\xff")
    home.turn()
    with home.parts.store.read() as work:
        (row,) = work.quarantined()
    assert row.cause
    assert "set aside" in home.last(ALEX, "alert").text.lower()
    home.go_to("2026-03-03", "08:00")
    assert "set aside" in home.last(ALEX, "digest").text.lower()

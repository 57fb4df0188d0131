"""Screening: a machine's mail gets no answer, and a person is never taken for a machine."""

from __future__ import annotations

from pathlib import Path

import pytest

from mailbot.postroom.reading import read
from mailbot.postroom.screening import Screening, screen

MAILS = Path(__file__).parent / "mails"
OWN = frozenset({"complaints@elmbridge-homes.example"})
LETTER = "<n1.abcdefghij234567abcd@elmbridge-homes.example>"
RESIDENT = "amina.yusuf@example.com"


def screened(name: str) -> Screening:
    return screen(read((MAILS / f"{name}.eml").read_bytes()), OWN)


def of(*fields: str, body: str = "Hello.") -> Screening:
    raw = "\r\n".join([*fields, "", body]).encode()
    return screen(read(raw), OWN)


@pytest.mark.parametrize(
    ("name", "automatic", "header"),
    [
        ("out-of-office-rfc3834", "vacation", "Auto-Submitted"),
        ("out-of-office-exchange-without-auto-submitted", "vacation", "x-auto-response-suppress"),
        ("newsletter", "list", "list-id"),
        ("no-reply-sender", "other", "From"),
        ("null-return-path", "other", "Return-Path"),
        ("read-receipt", "other", "Content-Type"),
        ("calendar-answer", "other", "Content-Type"),
        ("our-own-letter-come-back", "other", "X-Mailbot-Letter"),
        ("bounce-delivery-report", "bounce", "Content-Type"),
        ("bounce-delayed", "bounce", "Content-Type"),
        ("bounce-qmail-free-form", "bounce", "From"),
        ("bounce-exim-failed-recipients", "bounce", "X-Failed-Recipients"),
    ],
)
def test_a_machine_is_known_and_the_verdict_names_its_reason(name: str, automatic: str, header: str) -> None:
    got = screened(name)
    assert (got.automatic, got.header) == (automatic, header)
    assert got.rule


@pytest.mark.parametrize(
    "name", ["bounce-delivery-report", "bounce-qmail-free-form", "bounce-exim-failed-recipients"]
)
def test_a_bounce_tells_who_was_not_reached_and_by_which_letter(name: str) -> None:
    got = screened(name)
    assert got.failed_recipients == (RESIDENT,)
    assert got.original_message_id == LETTER
    assert not got.delayed


def test_a_bounce_tells_why() -> None:
    assert screened("bounce-delivery-report").diagnostic == "smtp; 550 5.1.1 mailbox trouble"
    assert "550 5.1.1 no such user here" in screened("bounce-qmail-free-form").diagnostic


def test_a_delay_is_not_a_failure() -> None:
    got = screened("bounce-delayed")
    assert got.delayed
    assert got.failed_recipients == ()
    assert got.original_message_id == LETTER


def test_a_delay_in_no_standard_form_is_not_a_failure_either() -> None:
    got = of(
        "From: Mail Delivery System <mailer-daemon@mx.example.net>",
        "Subject: Warning: message 1Gdrvl-0006Gp-PU delayed 48 hours",
        body=f"The message has not yet been delivered. The address is:\n\n  {RESIDENT}\n\n"
        "Delivery will be tried again for 2 days.",
    )
    assert (got.automatic, got.delayed, got.failed_recipients) == ("bounce", True, ())


def test_our_own_address_is_never_who_could_not_be_reached() -> None:
    got = of(
        "From: MAILER-DAEMON@mx.example.net",
        "Subject: Undeliverable mail",
        body=f"complaints@elmbridge-homes.example wrote to {RESIDENT}, which could not be delivered.",
    )
    assert got.failed_recipients == (RESIDENT,)


def test_a_report_on_several_recipients_names_only_those_who_failed() -> None:
    report = (
        "--q\nContent-Type: text/plain\n\nSorry.\n--q\nContent-Type: message/delivery-status\n\n"
        "Reporting-MTA: dns; mx\n\nFinal-Recipient: rfc822; a@example.com\nAction: failed\nStatus: 5.1.1\n\n"
        "Final-Recipient: rfc822; b@example.com\nAction: delivered\nStatus: 2.0.0\n\n"
        "Final-Recipient: rfc822; d@example.com\nAction: relayed (no reports beyond here)\n\n"
        "Final-Recipient: rfc822; <C@Example.com>\nAction: failed\n (mailbox full)\nStatus: 5.2.2\n--q--\n"
    )
    got = of(
        "From: postmaster@mx.example.net",
        "Subject: x",
        "Content-Type: multipart/report; report-type=delivery-status; boundary=q",
        body=report,
    )
    assert got.failed_recipients == ("a@example.com", "c@example.com")


def test_a_letter_of_ours_that_comes_back_is_not_answered_again() -> None:
    assert screened("our-own-letter-come-back").own_come_back
    assert of("From: Complaints <Complaints+x.y@Elmbridge-Homes.example>", "Subject: x").own_come_back


def test_a_bounce_that_encloses_our_letter_is_a_bounce_and_not_our_letter() -> None:
    assert not screened("bounce-delivery-report").own_come_back


@pytest.mark.parametrize(
    "field",
    [
        "X-Autoreply: yes",
        "X-Autorespond: 1",
        "X-Auto-Reply-From: a@example.com",
        "Precedence: auto_reply",
        "Auto-Submitted: auto-replied (vacation)",
        "X-FC-MachineGenerated: true",
        "Delivered-To: autoresponder@example.com",
    ],
)
def test_the_fields_of_autoresponders_are_known(field: str) -> None:
    assert of("From: a@example.com", field, "Subject: Re: hello").automatic == "vacation"


@pytest.mark.parametrize(
    "field",
    [
        "X-Auto-Response-Suppress: All",
        "Auto-Submitted: no",
        "Auto-Submitted: No (a person)",
        "Precedence: first-class",
        "X-Loop: someone@example.com",
        "Return-Path: <a@example.com>",
        "X-Autoreply: no",
        "List-Id: complaints.elmbridge-homes.example",
    ],
)
def test_fields_that_people_send_too_make_nobody_a_machine(field: str) -> None:
    assert of("From: a@example.com", field, "Subject: Out of hot water").automatic is None


@pytest.mark.parametrize(
    "subject",
    [
        "Automatic reply: why do I always get one?",
        "Out of office: nobody answers at yours",
        "Delivery failure of my parcel, your concierge refused it",
        "Returned mail",
        "Re: failure notice",
        "Undelivered letters in block C",
        "I am on vacation until Friday",
    ],
)
def test_words_alone_make_nobody_a_machine(subject: str) -> None:
    assert of("From: Jo <jo@example.com>", f"Subject: {subject}").automatic is None


def test_a_system_that_says_a_person_wrote_it_is_believed() -> None:
    got = of(
        "From: a@example.com", "Auto-Submitted: no", "X-Autoreply: yes", "List-Id: x.example", "Subject: x"
    )
    assert got.automatic is None


def test_a_person_who_is_called_like_a_mail_system_is_a_person() -> None:
    assert of("From: System Administrator <jo@tenants.example>", "Subject: Lift").automatic is None


@pytest.mark.parametrize(
    "sender",
    ["no-reply@x.example", "NoReply@x.example", "do_not_reply@x.example", "donotreply+1@x.example"],
)
def test_senders_that_take_no_answers_get_none(sender: str) -> None:
    assert of(f"From: {sender}", "Subject: x").automatic == "other"


@pytest.mark.parametrize("sender", ["norbert@x.example", "reply@x.example", "noreen.plymouth@x.example"])
def test_names_that_only_begin_like_no_reply_are_people(sender: str) -> None:
    assert of(f"From: {sender}", "Subject: x").automatic is None


def test_an_abuse_report_is_no_bounce() -> None:
    got = of(
        "From: feedback@isp.example",
        "Subject: Fw: letter",
        "Content-Type: multipart/report; report-type=feedback-report; boundary=q",
        body="--q\nContent-Type: message/feedback-report\n\nFeedback-Type: abuse\n--q--\n",
    )
    assert (got.automatic, got.failed_recipients) == ("other", ())


def test_an_invitation_of_a_person_is_a_persons_mail() -> None:
    got = of(
        "From: jo@example.com",
        "Subject: Meeting at the flat",
        "Content-Type: multipart/alternative; boundary=q",
        body="--q\nContent-Type: text/plain\n\nCome at 9.\n"
        "--q\nContent-Type: text/calendar; method=REQUEST\n\nMETHOD:REQUEST\n--q--\n",
    )
    assert got.automatic is None


@pytest.mark.parametrize(
    "field", ["X-Campaign-Id: 42", "X-MC-User: a", "X-BeenThere: a@lists.example", "X-Mailman-Version: 2"]
)
def test_a_newsletter_without_list_fields_is_told_by_its_program(field: str) -> None:
    found = of("From: Shop <shop@example.com>", "Subject: Offers", field)
    assert (found.automatic, found.header) == ("list", field.split(":")[0].lower())

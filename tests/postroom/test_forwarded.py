"""What a colleague sends on, as mail programs write it: whose mail, of which day, and what it says."""

from __future__ import annotations

import datetime as dt
import email.message
import email.policy

import pytest

from mailbot.postroom.forwarded import forwarded, read_moment
from mailbot.postroom.reading import read

OURS = frozenset({"complaints@landlord.example.org", "tom@landlord.example.org"})
WORDS = "The lift has been out for nine days and my mother cannot leave the flat."

OUTLOOK = f"""\
Please see below, this came to me.

Tom Price
Housing Officer

From: Jo Finch <jo.finch@example.com>
Sent: 12 March 2026 10:15
To: Tom Price <tom@landlord.example.org>
Subject: Lift out of order

{WORDS}

Jo
"""
OUTLOOK_WEB = f"""\
________________________________
From: Jo Finch <jo.finch@example.com>
Sent: Thursday, March 12, 2026 10:15 AM
To: Tom Price <tom@landlord.example.org>
Subject: Lift out of order

{WORDS}
"""
GMAIL = f"""\
---------- Forwarded message ---------
From: Jo Finch <jo.finch@example.com>
Date: Thu, 12 Mar 2026 at 10:15
Subject: Lift out of order
To: Tom Price <tom@landlord.example.org>


{WORDS}
"""
APPLE = f"""\
One for you.

Begin forwarded message:

> From: Jo Finch <jo.finch@example.com>
> Subject: Lift out of order
> Date: 12 March 2026 at 10:15:00 GMT
> To: Tom Price <tom@landlord.example.org>
>
> {WORDS}
"""
THUNDERBIRD = f"""\
-------- Forwarded Message --------
Subject: \tLift out of order
Date: \tThu, 12 Mar 2026 10:15:00 +0000
From: \tJo Finch <jo.finch@example.com>
To: \tTom Price <tom@landlord.example.org>


{WORDS}
"""


def written(text: str, subject: str = "FW: Lift out of order", inside: bytes = b"") -> bytes:
    mail = email.message.EmailMessage(policy=email.policy.SMTP)
    mail["From"] = "Tom Price <tom@landlord.example.org>"
    mail["To"] = "complaints@landlord.example.org"
    mail["Subject"] = subject
    mail["Message-ID"] = "<1@landlord.example.org>"
    mail.set_content(text)
    if inside:
        mail.add_attachment(email.message_from_bytes(inside, policy=email.policy.SMTP))
    return mail.as_bytes()


@pytest.mark.parametrize(
    "text",
    [OUTLOOK, OUTLOOK_WEB, GMAIL, APPLE, THUNDERBIRD],
    ids=["outlook", "outlook-web", "gmail", "apple", "thunderbird"],
)
def test_whose_mail_it_was_and_of_which_day_is_read_from_every_program(text: str) -> None:
    found = forwarded(read(written(text)), OURS)
    assert found is not None and found.sender is not None
    assert (found.sender.name, found.sender.address) == ("Jo Finch", "jo.finch@example.com")
    assert found.sent_at is not None
    assert found.sent_at.astimezone(dt.UTC) == dt.datetime(2026, 3, 12, 10, 15, tzinfo=dt.UTC)
    assert found.subject == "Lift out of order"
    assert found.text.startswith(WORDS)
    assert "landlord.example.org" not in found.text


def test_a_mail_that_is_attached_is_read_as_it_was() -> None:
    inner = (
        b"From: Jo Finch <jo.finch@example.com>\r\nTo: tom@landlord.example.org\r\nSubject: Lift\r\n"
        b"Date: Thu, 12 Mar 2026 10:15:00 +0000\r\nMessage-ID: <a@example.com>\r\n\r\n" + WORDS.encode()
    )
    found = forwarded(read(written("See attached.", inside=inner)), OURS)
    assert found is not None and found.sender is not None
    assert found.sender.address == "jo.finch@example.com"
    assert found.sent_at == dt.datetime(2026, 3, 12, 10, 15, tzinfo=dt.UTC)
    assert WORDS in found.text


def test_a_head_without_an_address_gives_no_sender() -> None:
    found = forwarded(read(written(OUTLOOK.replace(" <jo.finch@example.com>", ""))), OURS)
    assert found is not None
    assert found.sender is None


def test_the_newest_mail_that_is_not_ours_is_the_residents() -> None:
    chain = f"""\
From: Tom Price <tom@landlord.example.org>
Sent: 13 March 2026 09:00
To: Jo Finch <jo.finch@example.com>
Subject: RE: Lift out of order

I will find out.

{OUTLOOK.partition("Housing Officer")[2].strip()}
"""
    found = forwarded(read(written(chain)), OURS)
    assert found is not None and found.sender is not None
    assert found.sender.address == "jo.finch@example.com"
    assert found.text.startswith(WORDS)


@pytest.mark.parametrize(
    "text", ["Can you ring me?", "From: 9am until 5pm the office is shut.\nTo: be decided", ""]
)
def test_what_is_not_sent_on_is_not_taken_for_it(text: str) -> None:
    assert forwarded(read(written(text, subject="Office hours")), OURS) is None


@pytest.mark.parametrize(
    ("text", "day"),
    [
        ("12/03/2026 10:15", dt.date(2026, 3, 12)),  # day first
        ("Thu 12 Mar 2026", dt.date(2026, 3, 12)),
        ("March 12, 2026 at 3:05 PM", dt.date(2026, 3, 12)),
        ("31 February 2026 10:00", None),
        ("some time last week", None),
        ("", None),
    ],
)
def test_days_are_read_as_written_and_never_guessed(text: str, day: dt.date | None) -> None:
    found = read_moment(text)
    assert (found.date() if found else None) == day

"""Properties of what is read out of any mail: screening, bounces, what is new, clues. None raises, none claims more
than the mail says."""

from __future__ import annotations

import re

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from mailbot.casework.clues import ClueKind, clues
from mailbot.casework.references import check_character, compose
from mailbot.postroom.newtext import new_text
from mailbot.postroom.reading import Mail, read, sound_address
from mailbot.postroom.screening import Screening, screen

OWN = frozenset({"complaints@elmbridge-homes.example"})
QUICK = settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow])

FIELDS = st.sampled_from((
    "From: Amina Yusuf <amina.yusuf@example.com>", "From: MAILER-DAEMON@mx.example.net", "From: <>",
    "From: Mail Delivery System <postmaster@example.net>", "From: complaints@elmbridge-homes.example",
    "From: no-reply@example.com", "Subject: Re: Leak", "Subject: Undelivered Mail Returned to Sender",
    "Subject: Automatic reply: Leak", "Subject: Out of office", "Subject: Fwd: Leak", "Return-Path: <>",
    "Return-Path: <amina.yusuf@example.com>", "Auto-Submitted: no", "Auto-Submitted: auto-replied",
    "Auto-Submitted: auto-generated", "Precedence: bulk", "List-Id: <a.example>", "X-Failed-Recipients: a@b.example",
    "X-Auto-Response-Suppress: All", "In-Reply-To: <n1.abcdefghij234567abcd@elmbridge-homes.example>",
    "Content-Type: multipart/report; report-type=delivery-status; boundary=q", "Content-Type: text/html",
    "Content-Type: multipart/mixed; boundary=q", "Content-Type: message/delivery-status",
    "Content-Type: application/ms-tnef", "Content-Transfer-Encoding: base64", "Date: Tue, 3 Nov 2026 10:15:00 +0000",
))  # fmt: skip
LINES = st.sampled_from((
    "--q", "--q--", "Content-Type: message/delivery-status", "Content-Type: message/rfc822", "",
    "Final-Recipient: rfc822; amina.yusuf@example.com", "Final-Recipient: rfc822; complaints@elmbridge-homes.example",
    "Action: failed", "Action: delayed", "Status: 5.1.1", "Status: 4.4.1", "<amina.yusuf@example.com>: no such user",
    "550 5.1.1 <amina.yusuf@example.com>... User unknown", "Message-ID: <n1.abc@elmbridge-homes.example>",
    "--- Below this line is a copy of the message.", "> quoted", "On 3 Nov 2026 at 10:15, x <x@y.example> wrote:",
    "I am out of the office until Monday.", "Will keep trying until message is 5 days old", "The roof leaks.",
    "begin 644 a.txt", "end", "From: x@y.example", "<p>words", "</blockquote>", "CC-26-000123-K",
)) | st.text(max_size=20)  # fmt: skip
MAILS = st.builds(
    lambda fields, lines: ("\n".join(fields) + "\n\n" + "\n".join(lines)).encode("utf-8", "replace"),
    st.lists(FIELDS, max_size=8),
    st.lists(LINES, max_size=16),
)


@QUICK
@given(MAILS | st.binary(max_size=600))
def test_any_mail_is_a_persons_or_a_machines_for_a_reason(raw: bytes) -> None:
    mail = read(raw)
    found = screen(mail, OWN)
    assert not any(defect.startswith("unreadable (") for defect in mail.defects)
    if found.automatic is None:
        assert found == Screening(None), "a person's mail reports nothing"
    else:
        assert found.rule
        assert found.header
    if found.automatic != "bounce":
        assert found.failed_recipients == ()
    for address in found.failed_recipients:
        assert address == sound_address(address)
    assert not (found.delayed and found.failed_recipients), "what is still tried has not failed"
    assert re.fullmatch(r"(?:<[^<>\s]+>)?", found.original_message_id)
    assert not re.search(r"[\r\n\u2028\u2029]", found.diagnostic + found.rule + found.header)


@QUICK
@given(MAILS)
def test_only_what_machines_write_makes_a_machine(raw: bytes) -> None:
    """The words of a mail alone never do: with a person's header the verdict is a person, whatever stands below."""
    body = raw.partition(b"\n\n")[2]
    head = b"From: Amina Yusuf <amina.yusuf@example.com>\nReturn-Path: <amina.yusuf@example.com>\nSubject: Leak\n\n"
    assert screen(read(head + body), OWN).automatic is None


@QUICK
@given(MAILS)
def test_new_words_are_words_of_the_mail_and_a_first_contact_keeps_all(raw: bytes) -> None:
    mail: Mail = read(raw)
    if not mail.is_reply:
        assert mail.new_text == mail.text
    words = iter(re.findall(r"\w+", mail.text))
    assert all(word in words for word in re.findall(r"\w+", mail.new_text)), (
        "in their order, and none made up"
    )


@QUICK
@given(st.lists(LINES, max_size=30).map("\n".join))
def test_what_is_new_stays_new_when_it_is_asked_again(text: str) -> None:
    once = new_text(text)
    assert set(new_text(once).split()) <= set(once.split())


ODD_TEXT = st.text(max_size=60) | st.sampled_from((
    "CC-26-000123-K", compose("CC", 2026, 42), f"[{compose('CC', 2026, 42)}] Leak", "cc 2026 000042",
    "complaints+n1.abc@elmbridge-homes.example", "complaints+@x", "<a@b> <c@d>", "<<>>", "CC-" * 50,
))  # fmt: skip


@QUICK
@given(
    ids=st.lists(ODD_TEXT, max_size=5),
    subject=ODD_TEXT,
    new=ODD_TEXT,
    text=ODD_TEXT,
    to=st.lists(ODD_TEXT, max_size=4),
)
def test_any_mail_gives_clues_surest_first_and_no_reference_that_does_not_check(
    ids: list[str], subject: str, new: str, text: str, to: list[str]
) -> None:
    found = list(clues(ids, ids, subject, new, f"{new}\n{text}", to, "CC"))
    order = list(ClueKind)
    assert [order.index(clue.kind) for clue in found] == sorted(order.index(clue.kind) for clue in found)
    assert len(found) == len(set(found))
    for clue in found:
        if clue.kind in (ClueKind.SUBJECT, ClueKind.BODY):
            year, serial, check = re.fullmatch(r"CC-(\d{4})-(\d+)-(.)", clue.value).groups()  # type: ignore[union-attr]
            assert check == check_character(int(year), int(serial))
        if clue.kind in (ClueKind.THREAD, ClueKind.OWN_FIRST_MAIL):
            assert clue.value.strip()

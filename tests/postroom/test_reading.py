"""Reading: whatever bytes arrive, the resident's words, name and files come out of them."""

from __future__ import annotations

import datetime as dt
import hashlib
import time
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from mailbot.postroom.reading import Address, Mail, addresses_in, read, unflowed
from mailbot.postroom.screening import screen

MAILS = Path(__file__).parent / "mails"
ODD = sorted(MAILS.glob("*.eml"))


def mail(name: str) -> Mail:
    return read((MAILS / f"{name}.eml").read_bytes())


def test_a_plain_first_contact_is_read_as_it_was_written() -> None:
    got = mail("plain-first-contact")
    assert got.sender == Address("Amina Yusuf", "amina.yusuf@example.com")
    assert got.subject == "Boiler broken since Friday"
    assert got.message_id == "<m1@mail.example.com>"
    assert got.date == dt.datetime(2026, 11, 3, 10, 15, tzinfo=dt.UTC)
    assert got.delivered_to == ("complaints@elmbridge-homes.example",)
    assert "charged £45" in got.text
    assert got.new_text == got.text
    assert not got.is_reply
    assert not got.html
    assert got.defects == ()


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("pound-sign-in-undeclared-windows-1252", "I paid £45 for the key – please"),
        ("utf8-declared-as-latin-1", "I paid £45 and José at the café"),
        ("charset-that-nobody-knows", "the children’s room"),
        ("one-byte-broken-in-utf8", "Café below us, naïve promises, £100 –"),
        ("header-line-without-a-colon", "No heating since Monday."),
        ("bare-carriage-returns", "Line one.\nLine two."),
        ("nul-bytes-in-text", "The lift stopped again."),
        ("boundary-that-never-ends", "these words arrived"),
        ("boundary-not-declared", "The words are here all the same."),
        ("html-nested-too-deeply", "My kitchen ceiling came down last night."),
        ("html-behind-an-empty-plain-part", "flood our bathroom every single week"),
        ("format-flowed", "This is one paragraph that was broken by the mail program."),
    ],
)
def test_the_words_are_found(name: str, words: str) -> None:
    assert words in mail(name).text


@pytest.mark.parametrize(
    ("name", "subject"),
    [
        ("subject-words-cut-inside-a-character", "Repair not done – flat 4 (£45)"),
        ("subject-with-line-break-and-turned-direction", "Leak  Bcc: everyone@example.net drawkcab"),
        ("header-line-without-a-colon", "Heating"),
        ("bare-carriage-returns", "From an old Mac"),
    ],
)
def test_the_subject_is_one_clean_line(name: str, subject: str) -> None:
    got = mail(name).subject
    assert " ".join(got.split()) == " ".join(subject.split())
    assert "\n" not in got and "\r" not in got and "\u202e" not in got


def test_a_comma_in_an_encoded_name_does_not_split_the_sender() -> None:
    assert mail("sender-name-with-encoded-comma").sender == Address("Yusuf, Amina", "amina.yusuf@example.com")


def test_semicolons_separate_recipients_as_outlook_writes_them() -> None:
    assert [a.address for a in mail("recipients-split-by-semicolons").to] == [
        "complaints@elmbridge-homes.example",
        "repairs@elmbridge-homes.example",
    ]


def test_a_mail_without_a_sender_is_still_read() -> None:
    got = mail("no-from-at-all")
    assert got.sender is None
    assert "no sender" in got.defects
    assert "no lock" in got.text


def test_the_reply_to_address_is_never_who_somebody_is() -> None:
    got = mail("reply-to-somebody-else")
    assert got.sender is not None and got.sender.address == "amina.yusuf@example.com"
    assert [a.address for a in got.reply_to] == ["councillor.price@council.example"]


def test_a_date_that_is_none_gives_none() -> None:
    assert mail("date-that-is-no-date").date is None


def test_apple_mails_text_after_the_attachment_is_read_too() -> None:
    got = mail("apple-text-pdf-text")
    assert "Please read the letter below." in got.text
    assert "the date on it is wrong" in got.text
    assert [(a.name, a.content_type, a.size) for a in got.attachments] == [
        ("Letter from 2 November.pdf", "application/pdf", 10)
    ]


def test_a_mail_of_one_part_is_words_even_with_a_file_name() -> None:
    got = read(b'From: a@example.com\r\nContent-Type: text/plain; name="complaint.txt"\r\n\r\nMy words.')
    assert (got.text, got.attachments) == ("My words.", ())


def test_a_mail_without_words_says_so() -> None:
    got = read(b"From: a@example.com\r\nContent-Type: image/jpeg; name=damp.jpg\r\n\r\n\xff\xd8\xff")
    assert "no words" in got.defects
    assert [(a.name, a.size) for a in got.attachments] == [("damp.jpg", 3)]


def test_html_becomes_text_without_what_was_hidden() -> None:
    got = mail("html-only")
    assert got.html
    assert "There is black mould in the bedroom." in got.text
    assert "since June" in got.text and "reported twice" in got.text
    assert "cannot see" not in got.text and "alert" not in got.text and "color" not in got.text


def test_an_attachments_name_is_put_together_from_its_pieces() -> None:
    (photo,) = mail("attachment-name-in-pieces").attachments
    assert photo.name == "Schimmel Küche Nov 3.jpg"
    assert photo.sha256 == hashlib.sha256(photo.content).hexdigest()


def test_an_attachments_name_leads_into_no_folder_and_turns_no_direction() -> None:
    (attached,) = mail("attachment-name-with-folders").attachments
    assert attached.name == "evilgpj.exe"


def test_winmail_dat_is_listed() -> None:
    (attached,) = mail("winmail-dat").attachments
    assert (attached.name, attached.content_type) == ("winmail.dat", "application/ms-tnef")


def test_a_mail_forwarded_as_an_attachment_is_read_with_it() -> None:
    got = mail("forwarded-as-an-attached-mail")
    assert "Nobody ever answered this." in got.text
    assert "broken for three weeks" in got.text and "From: Amina Yusuf" in got.text
    assert [a.name for a in got.attachments] == ["Our boiler.eml"]
    assert "broken for three weeks" in read(got.attachments[0].content).text


def test_a_forwarded_mail_is_no_reply_although_it_refers_to_one() -> None:
    got = mail("forwarded-inline")
    assert not got.is_reply
    assert got.new_text == got.text
    assert "broken for three weeks" in got.new_text


def test_a_first_contact_is_never_stripped() -> None:
    got = mail("first-contact-that-looks-like-a-reply")
    assert got.new_text == got.text
    assert "although I was in all day" in got.text and "this is how your letter was marked" in got.text


def test_headers_are_given_topmost_first() -> None:
    raw = b"Received: newest\r\nReceived: older\r\nFrom: a@example.com\r\n\r\nhi"
    assert read(raw).header("received") == ("newest", "older")


@pytest.mark.parametrize(
    ("spelled", "expected"),
    [
        ("Jo <JO@Example.COM>", [("Jo", "jo@example.com")]),
        (
            '"Doe, Jo" <jo@example.com>, ann@example.com',
            [("Doe, Jo", "jo@example.com"), ("", "ann@example.com")],
        ),
        ("jo@example.com (Jo Doe)", [("Jo Doe", "jo@example.com")]),
        ("Tenants: jo@example.com, ann@example.com;", [("", "jo@example.com"), ("", "ann@example.com")]),
        ('"jo@example.com" <jo@example.com>', [("jo@example.com", "jo@example.com")]),
        ('"jo.doe"@example.com', [("", "jo.doe@example.com")]),
        ("mailto:jo@example.com", [("", "jo@example.com")]),
        ("undisclosed-recipients:;", []),
        ("not an address", []),
        ("jo@@example.com", []),
    ],
)
def test_addresses_are_taken_apart(spelled: str, expected: list[tuple[str, str]]) -> None:
    assert [(a.name, a.address) for a in addresses_in(spelled)] == expected


def test_a_mails_repr_tells_nothing_about_anybody() -> None:
    shown = repr(mail("plain-first-contact"))
    assert "amina" not in shown.lower() and "boiler" not in shown.lower()


def test_quoted_paragraphs_of_flowed_text_stay_apart() -> None:
    assert unflowed("> one \n> two\nthree \nfour\n-- \nJo") == "> one two\nthree four\n-- \nJo"


@pytest.mark.parametrize(
    "change",
    [
        lambda raw: raw.replace(b"\r\n", b"\n"),
        lambda raw: b"Received: by mx2.example.net\r\nDelivered-To: other@elmbridge-homes.example\r\n" + raw,
        lambda raw: raw.replace(b"To: complaints@", b"To: info@"),
        lambda raw: raw.replace(
            b"Message-ID: <m1@mail.example.com>\r\n", b"Message-ID: <new@relay.example>\r\n"
        ),
        lambda raw: raw.replace(b"+0000", b"+0000 (GMT)"),
    ],
    ids=["line-ends", "received-and-delivered-to", "other-mailbox", "message-id-by-a-relay", "date-comment"],
)
def test_the_same_mail_by_another_way_has_the_same_fingerprint(change: object) -> None:
    raw = (MAILS / "plain-first-contact.eml").read_bytes()
    changed = change(raw)  # type: ignore[operator]
    assert changed != raw
    assert read(changed).fingerprint == read(raw).fingerprint


@pytest.mark.parametrize("replacement", [b"", b"\x80"])
def test_a_nul_that_a_server_rewrote_does_not_change_the_fingerprint(replacement: bytes) -> None:
    raw = (MAILS / "nul-bytes-in-text.eml").read_bytes()
    assert read(raw.replace(b"\x00", replacement)).fingerprint == read(raw).fingerprint


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (b"since Friday and", b"since Sunday and"),
        (b"10:15:00", b"10:15:01"),
        (b"amina.yusuf@", b"karim.yusuf@"),
    ],
)
def test_another_mail_has_another_fingerprint(old: bytes, new: bytes) -> None:
    raw = (MAILS / "plain-first-contact.eml").read_bytes()
    assert read(raw.replace(old, new)).fingerprint != read(raw).fingerprint


HEAD = b"From: a@example.com\r\nTo: b@example.org\r\n"
_NESTED = b"".join(
    b"Content-Type: multipart/mixed; boundary=b%d\r\n\r\n--b%d\r\n" % (i, i) for i in range(1500)
)
HOSTILE = {
    "subject-of-a-megabyte": HEAD + b"Subject: " + b"a" * 1_000_000 + b"\r\n\r\nwords",
    "many-encoded-words": HEAD + b"Subject: " + b"=?utf-8?q?a?= " * 20_000 + b"\r\n\r\nwords",
    "encoded-words-that-never-end": HEAD + b"References: " + b"=?utf-8?q?" * 10_000 + b"\r\n\r\nwords",
    "four-thousand-recipients": HEAD + b"Cc: " + b"u@x.example, " * 4_000 + b"\r\n\r\nwords",
    "nested-comments": b"From: " + b"(" * 3_000 + b" a@example.com\r\n\r\nwords",
    "quotes-that-never-end": b"From: " + b'"\\' * 8_000 + b"a@example.com\r\n\r\nwords",
    "nested-multiparts": HEAD + _NESTED + b"\r\nwords",
    "a-hundred-thousand-parts": HEAD
    + b"Content-Type: multipart/mixed; boundary=x\r\n\r\n--x\r\n\r\nwords\r\n"
    + b"--x\r\n\r\na\r\n" * 100_000,
    "header-without-end": HEAD + b"X-A: b\r\n" * 100_000 + b"\r\nwords",
    "nested-html": HEAD + b"Content-Type: text/html\r\n\r\n" + b"<table><tr><td>" * 10_000 + b"words",
    "angle-brackets": HEAD + b"Content-Type: text/html\r\n\r\nwords" + b"<" * 300_000,
    "attributions-that-never-end": HEAD
    + b"Subject: Re: x\r\n\r\nwords\n"
    + b"On 3 Nov 2026 at 10:15\n" * 50_000,
    "rules": HEAD + b"Subject: Re: x\r\n\r\nwords" + b"-=_" * 200_000,
    "name-parameter-without-value": HEAD + b"Content-Type: text/plain; name*\r\n\r\nwords",
    "microsoft-message-id": HEAD + b"Message-ID: <[ab12@microsoft.com]>\r\n\r\nwords",
    "lonely-quote-as-recipient": b'From: a@example.com\r\nTo: "\r\nCc: (c):\r\n\r\nwords',
}


@pytest.mark.parametrize("raw", HOSTILE.values(), ids=HOSTILE)
def test_hostile_mail_is_read_in_a_blink_and_its_words_are_found(raw: bytes) -> None:
    started = time.process_time()
    got = read(raw)
    screen(got, frozenset())
    assert time.process_time() - started < 3  # seconds of our own CPU; other processes don't count
    assert "words" in got.text
    assert not any(defect.startswith("unreadable") for defect in got.defects)


def test_what_was_left_out_of_a_mail_is_named() -> None:
    assert "more than 1000 parts" in read(HOSTILE["a-hundred-thousand-parts"]).defects
    assert "nested deeper than 40 parts" in read(HOSTILE["nested-multiparts"]).defects


def _sound(got: Mail) -> None:
    assert not any(defect.startswith("unreadable") for defect in got.defects)
    for text in (got.subject, got.text, got.new_text, *(a.name for a in got.attachments)):
        assert "\x00" not in text
        text.encode("utf-8")  # no lone surrogates: the database takes it
    assert "\n" not in got.subject
    for address in (got.sender, *got.to, *got.cc, *got.reply_to):
        assert address is None or (
            address.address == address.address.lower() and address.address.count("@") == 1
        )
    verdict = screen(got, frozenset({"complaints@elmbridge-homes.example"}))
    assert verdict.automatic is None or verdict.rule


@settings(max_examples=150, deadline=None)
@given(st.binary(max_size=2_000))
def test_any_bytes_are_a_mail(raw: bytes) -> None:
    _sound(read(raw))


FRAGMENTS = [
    b"\r\n",
    b"\n",
    b"\r",
    b"\x00",
    b"--b",
    b"--b--\r\n",
    b"=?utf-8?B?4oKs?=",
    b"=?x?q?",
    b"<",
    b">",
    b'"',
    b"(",
    b"\xe2\x80\xae",
    b"Content-Type: multipart/report; report-type=delivery-status; boundary=b\r\n",
    b"Content-Type: message/rfc822\r\n\r\n",
    b"Content-Transfer-Encoding: base64\r\n",
    b"Content-Transfer-Encoding: x-uuencode\r\n",
    b"Subject: Re: \xff\xfe",
    b"From: ",
    b"Action: failed\r\n",
    b"Final-Recipient: rfc822;",
    b"On 3 Nov 2026 at 10:15, a@example.com wrote:\n",
    b"charset=utf-16",
    b"charset=idna",
    b"charset=utf-7",
    b"filename*0*=",
    b"<blockquote>",
    b"&#55296;",
    b"format=flowed",
]


@settings(max_examples=200, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(
    path=st.sampled_from(ODD),
    cuts=st.lists(
        st.tuples(st.floats(0, 1), st.integers(0, 80), st.sampled_from(FRAGMENTS)), min_size=1, max_size=6
    ),
)
def test_any_mutilated_mail_is_a_mail(path: Path, cuts: list[tuple[float, int, bytes]]) -> None:
    raw = path.read_bytes()
    for where, length, inserted in cuts:
        at = int(where * len(raw))
        raw = raw[:at] + inserted + raw[at + length :]
    _sound(read(raw))

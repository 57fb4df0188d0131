"""From a stranger's bytes to what a handler sees: whatever stands in a mail, it stays words."""

from __future__ import annotations

import base64
import email
import email.message
import re
from urllib.parse import quote

from hypothesis import example, given, settings
from hypothesis import strategies as st
from letter_samples import LETTERHEAD, TEMPLATES, order_of

from mailbot.casework.vocabulary import Letter
from mailbot.postroom.files import came_along, danger_of, label
from mailbot.postroom.letters import Stationery
from mailbot.postroom.lookalikes import false_links, imitates, skeleton, warnings_of
from mailbot.postroom.reading import read

STATIONERY = Stationery(TEMPLATES)
HOSTILE = (
    "x\r\nBcc: everyone@example.net",
    "x\u2028Bcc: everyone@example.net\u2029\x85\x0b\x0c",
    "{{ config }} {% for a in b %} {# c #} ${d} %(e)s",
    "<script>alert(1)</script><img src=https://track.example/1.gif onerror=x><form action=x><iframe src=x>",
    "<style>body{display:none}</style><a href='javascript:x'>y</a><base href=//evil.example>",
    "mailto:a@example.com?bcc=everyone@example.net&subject=x",
    "\u202egnp.exe\u2066 \u200b",
    "--=_alt\r\nContent-Type: text/html\r\n\r\n<b>",
)
ANYTHING = st.one_of(st.sampled_from(HOSTILE), st.text(max_size=80))
ACTIVE = re.compile(
    r"<\s*(?:script|img|form|iframe|object|embed|input|base|link|svg)\b|"
    r"<[^>]*\s(?:on\w+\s*=|href\s*=\W*javascript)",
    re.IGNORECASE,
)
OURS_ALONE = set(re.findall(ACTIVE, STATIONERY.write(order_of(Letter.CASE_MAIL), LETTERHEAD).html))


def encoded(text: str) -> bytes:
    return b"=?utf-8?b?" + base64.b64encode(text.encode("utf-8", "replace")) + b"?="


@settings(max_examples=60, deadline=None)
@given(name=ANYTHING, subject=ANYTHING, text=ANYTHING, file=ANYTHING, html=st.booleans())
@example(HOSTILE[0], HOSTILE[1], HOSTILE[3], HOSTILE[0], True)
@example(HOSTILE[3], HOSTILE[2], HOSTILE[4], HOSTILE[6], True)
def test_nothing_that_a_stranger_writes_becomes_more_than_words(
    name: str, subject: str, text: str, file: str, html: bool
) -> None:
    kind = b"text/html" if html else b"text/plain"
    raw = (
        b"From: " + encoded(name) + b" <amina.yusuf@example.com>\r\nSubject: " + encoded(subject) + b"\r\n"
        b"Content-Type: multipart/mixed; boundary=_q_\r\n\r\n--_q_\r\nContent-Type: " + kind + b"; charset=utf-8\r\n"
        b"Content-Transfer-Encoding: base64\r\n\r\n" + base64.encodebytes(text.encode("utf-8", "replace")) + b"\r\n"
        b"--_q_\r\nContent-Type: image/png\r\nContent-Disposition: attachment; filename*=utf-8''"
        + quote(file.encode("utf-8", "replace")).encode() + b"\r\n\r\nx\r\n--_q_--\r\n"
    )  # fmt: skip
    mail = read(raw)
    assert mail.sender is not None
    names = [label(a.name, a.content_type, a.content, passed_on=False) for a in mail.attachments]
    order = order_of(
        Letter.CASE_MAIL,
        subject=mail.subject,
        text=mail.text,
        resident={"name": mail.sender.name, "address": mail.sender.address},
        attachments=list(names),
    )
    written = STATIONERY.write(order, LETTERHEAD)
    message = email.message_from_bytes(written.raw)
    assert not message.defects
    assert message.get_all("Bcc") is None
    assert len(message.get_all("To", [])) == 1
    assert set(re.findall(ACTIVE, written.html)) <= OURS_ALONE
    for line in (mail.subject, mail.sender.name, *names):
        assert not re.search("[\r\n\u2028\u2029\x85\x0b\x0c\u202a-\u202e\u2066-\u2069]", line)
    assert not any("/" in a.name or "\\" in a.name for a in mail.attachments)


def test_a_file_is_known_by_ending_by_type_and_by_its_first_bytes() -> None:
    assert danger_of("a.pdf", "application/pdf", b"%PDF-1.7") == ""
    assert danger_of("photo.JPG.exe ", "image/jpeg", b"") == "a program"
    assert danger_of("a.pdf", "application/pdf", b"MZ\x90") == "a program"
    assert danger_of("plan", "image/svg+xml", b"") == "a page that can run scripts"
    assert danger_of("notes.txt", "text/plain", b"  <!DOCTYPE html><script>") == "a page that can run scripts"
    assert danger_of("exe", "text/plain", b"a word") == "", "a name without a dot has no ending"
    assert label("", "image/png", b"") == "a file without a name"


def test_letters_of_another_alphabet_are_seen_as_what_they_are_drawn_like() -> None:
    ours = frozenset({"complaints@elmbridge-homes.example", "sam@elmbridge-homes.example"})
    assert skeleton("elmbridge-hоmes") == skeleton("elmbridge-homes")  # the first with a Cyrillic "o"
    assert imitates("sam@elmbridge-hоmes.example", ours) == "elmbridge-homes.example"
    assert imitates("sam@elrnbridge-homes.example", ours) == "elmbridge-homes.example"
    assert imitates("5am@elmbridge-homes.example", ours) == "sam@elmbridge-homes.example"
    assert imitates("sam@elmbridge-homes.example", ours) == ""
    assert imitates("amina.yusuf@example.com", ours) == ""


def test_people_of_every_script_are_warned_of_by_nothing() -> None:
    for name in (
        "Amina Yusuf",
        "Юлия Иванова",
        "Γιώργος Παππάς",
        "محمد علي",
        "王小明",
        "Siân Môr",
        "José Núñez",
        "O'Neill",
    ):
        assert warnings_of(name, "a.person@example.com") == ()
    assert warnings_of("Bücher", "info@bücher.example") == ()


def test_a_link_is_false_only_where_it_shows_another_host() -> None:
    assert false_links('<a href="https://evil.example/x">www.bank.example</a>') == (
        "a link shows bank.example and leads to evil.example",
    )
    assert false_links('<a href="https://www.bank.example/x">bank.example</a>') == ()
    assert false_links('<a href="https://bank.example">click here</a> <a name=x>www.bank.example</a>') == ()
    assert false_links('<a href="https://bank.example@evil.example/">https://bank.example/login</a>') == (
        "a link shows bank.example and leads to evil.example",
    )
    assert false_links("<a " * 100_000) == ()


def test_staff_see_where_a_link_leads_that_the_words_hide() -> None:
    page = (
        '<p>See <a href="https://photos.example.com/album?x=1">my &quot;photos&quot;</a>, write to <a '
        'href="mailto:a@example.com">me</a>, or <a href="https://www.example.org/a">www.example.org</a>.</p>'
        '<blockquote type="cite"><a href="https://landlord.example/">our own page</a></blockquote>'
    )
    raw = b"From: a@example.com\nSubject: Re: Leak\nContent-Type: text/html\n\n" + page.encode()
    mail = read(raw)
    assert mail.links == (('my "photos"', "photos.example.com"), ("our own page", "landlord.example"))
    assert came_along(mail, mail.new_text, False) == ('a link: "my "photos"" leads to photos.example.com',)
    assert came_along(mail, "photos.example.com: my photos", False) == ()

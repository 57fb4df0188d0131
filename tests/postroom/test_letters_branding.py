"""The landlord's own look: a logo in the head of letters to residents, signatures, and plain text alone."""

from __future__ import annotations

import email
import email.policy
import struct
import zlib
from dataclasses import replace
from email.message import EmailMessage

import pytest
from letter_samples import HANDLER, LETTERHEAD, TEMPLATES, order_of

from mailbot.casework.parts import Logo
from mailbot.casework.vocabulary import Audience, Letter
from mailbot.postroom.letters import Stationery
from mailbot.settings.logo import LARGEST, NoLogo, read_logo


def png(width: int, height: int, rest: bytes = b"") -> bytes:
    """A real PNG of one colour; `rest` makes it longer, in a chunk that nobody shows."""

    def chunk(kind: bytes, content: bytes) -> bytes:
        return (
            struct.pack(">I", len(content)) + kind + content + struct.pack(">I", zlib.crc32(kind + content))
        )

    rows = b"".join(b"\0" + b"\x1d\x5b\x66" * width for _ in range(height))
    head = chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0))
    return (
        b"\x89PNG\r\n\x1a\n"
        + head
        + chunk(b"teXt", rest)
        + chunk(b"IDAT", zlib.compress(rows))
        + chunk(b"IEND", b"")
    )


def jpeg(width: int, height: int) -> bytes:
    """The markers of a JPEG: an APP0, a comment with a marker's bytes in it, and its frame."""
    comment = b"\xff\xfe" + struct.pack(">H", 6) + b"\xff\xc0\x00\x00"
    frame = b"\xff\xc2" + struct.pack(">HBHHB", 11, 8, height, width, 1) + b"\x01\x11\x00"
    return b"\xff\xd8\xff\xe0" + struct.pack(">H", 4) + b"JF" + comment + b"\xff" + frame + b"scan\xff\xd9"


LOGO = read_logo(png(300, 100))
HEAD = replace(LETTERHEAD, logo=LOGO)


@pytest.fixture(scope="module")
def stationery() -> Stationery:
    return Stationery(TEMPLATES)


def parsed(raw: bytes) -> EmailMessage:
    message = email.message_from_bytes(raw, policy=email.policy.default)
    assert isinstance(message, EmailMessage)
    return message


def shape(message: EmailMessage) -> object:
    if not message.is_multipart():
        return message.get_content_type()
    return (message.get_content_type(), *(shape(part) for part in message.iter_parts()))  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("content", "shown"),
    [
        (png(300, 100), ("png", 192, 64)),
        (png(40, 20), ("png", 40, 20)),
        (png(960, 120), ("png", 240, 30)),
        (jpeg(500, 250), ("jpeg", 128, 64)),
    ],
)
def test_a_logo_is_told_from_its_bytes_and_fits_the_head_of_a_letter(
    content: bytes, shown: tuple[str, int, int]
) -> None:
    logo = read_logo(content)
    assert (logo.kind, logo.width, logo.height) == shown


@pytest.mark.parametrize(
    ("content", "problem"),
    [
        (b"<svg xmlns='http://www.w3.org/2000/svg'/>", "neither a PNG nor a JPEG"),
        (b"", "neither a PNG nor a JPEG"),
        (png(300, 100)[:-30], "damaged or cut off"),
        (jpeg(300, 100)[:-6], "damaged or cut off"),
        (png(300, 100, b"x" * LARGEST), "goes along with each letter"),
        (png(8, 8), "measures 8 by 8"),
        (jpeg(4_000, 1_000), "measures 4000 by 1000"),
        (png(400, 20), "would be a line"),
    ],
)
def test_a_logo_that_mail_programs_would_not_show_is_refused_with_what_to_do(
    content: bytes, problem: str
) -> None:
    with pytest.raises(NoLogo) as refused:
        read_logo(content)
    assert problem in refused.value.problem
    assert refused.value.fix


def test_the_logo_stands_in_letters_to_residents_as_a_related_part_with_the_landlords_name(
    stationery: Stationery,
) -> None:
    written = stationery.write(order_of(Letter.ACKNOWLEDGEMENT), HEAD)
    message = parsed(written.raw)
    assert shape(message) == (
        "multipart/alternative",
        "text/plain",
        ("multipart/related", "text/html", "image/png"),
    )
    (picture,) = [part for part in message.walk() if part.get_content_type() == "image/png"]
    assert picture["Content-ID"] == f"<{LOGO.name}>"
    assert picture.get_content_disposition() == "inline"
    assert picture.get_payload(decode=True) == LOGO.content
    page = message.get_body(("html",)).get_content()  # type: ignore[union-attr]
    assert f'src="cid:{LOGO.name}"' in page
    assert 'alt="Thames Meadow Homes"' in page
    assert "data:image/png;base64," in written.page, "a page for the browser carries it"


def test_staff_get_no_logo(stationery: Stationery) -> None:
    staff = [letter for letter in Letter if stationery.form(letter).audience is not Audience.RESIDENT]
    for letter in staff:
        assert b"logo." not in stationery.write(order_of(letter), HEAD).raw, letter


@pytest.mark.parametrize("letter", list(Letter))
def test_plain_text_alone_is_one_part_and_says_the_same(letter: Letter, stationery: Stationery) -> None:
    order = order_of(letter)
    whole, plain = stationery.write(order, HEAD), stationery.write(replace(order, plain=True), HEAD)
    assert (plain.subject, plain.text, plain.html) == (whole.subject, whole.text, "")
    message = parsed(plain.raw)
    texts = [
        part for part in message.walk() if part.get_content_maintype() == "text" and not part.get_filename()
    ]
    assert [part.get_content_type() for part in texts] == ["text/plain"]
    assert not [part for part in message.walk() if part.get_content_maintype() == "image"]
    assert message["X-Mailbot-Letter"] == letter.value


def test_a_letter_of_a_person_ends_with_their_lines_and_the_landlords(stationery: Stationery) -> None:
    order = order_of(Letter.HANDLER_REPLY)
    theirs = {**HANDLER, "signature": "I work Monday to Wednesday.\nshe/her"}  # type: ignore[dict-item]
    head = replace(
        LETTERHEAD,
        landlord=replace(LETTERHEAD.landlord, sign_off="Kind regards", signature="Open nine to five."),
    )
    written = stationery.write(replace(order, facts={**order.facts, "handler": theirs}), head)
    end = written.text[written.text.index("Kind regards") : written.text.index("How to reach us")]
    assert [line for line in end.splitlines() if line][-3:] == [
        "I work Monday to Wednesday.", "she/her", "Open nine to five.",
    ]  # fmt: skip
    assert "I work Monday to Wednesday.<br>" in written.html and "Open nine to five." in written.html
    assert "Yours sincerely" not in written.text


def test_what_stands_in_a_signature_is_never_markup(stationery: Stationery) -> None:
    head = replace(LETTERHEAD, landlord=replace(LETTERHEAD.landlord, signature="<b>{{ noun }}</b>"))
    assert "&lt;b&gt;{{ noun }}&lt;/b&gt;" in stationery.write(order_of(Letter.HANDLER_REPLY), head).html


def test_a_logo_never_shows_its_bytes() -> None:
    assert "PNG" not in repr(Logo(png(20, 20), "png", 20, 20))

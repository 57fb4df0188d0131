"""winmail.dat as Outlook, Exchange and their kin write it: the words and the files come out, whatever the coat."""

from __future__ import annotations

import random

import pytest
from winmail import (
    BINARY,
    BOOLEAN,
    CLSID,
    DOUBLE,
    I2,
    I8,
    LONG,
    MESSAGE_ID,
    OBJECT,
    STORAGE_ID,
    STRING8,
    TIME,
    UNICODE,
    attribute,
    compressed,
    file,
    mail,
    message,
    prop,
    properties,
    stream,
)

from mailbot.postroom import richtext, tnef
from mailbot.postroom.reading import read

BODY, RTF, HTML, LONG_NAME, NAME, DATA, KIND, METHOD = (
    0x1000,
    0x1009,
    0x1013,
    0x3707,
    0x3704,
    0x3701,
    0x370E,
    0x3705,
)
PHOTO = b"\xff\xd8\xff\xe0" + bytes(range(256)) * 5
EVERY_TYPE = (
    prop(I2, 0x6601, 7),
    prop(LONG, 0x6602, -1),
    prop(BOOLEAN, 0x6603, 1),
    prop(DOUBLE, 0x6604, 1.5),
    prop(TIME, 0x0039, 132_000_000_000_000_000),
    prop(I8, 0x6605, 2**40),
    prop(CLSID, 0x6606, bytes(16)),
    prop(LONG, 0x8001, 5, named=0x8501),
    prop(UNICODE, 0x8002, "red", named="Keywords-of-ours"),
    prop(UNICODE, 0x8003, "red", "blue", named="Keywords"),
    prop(STRING8, 0x8004, b"odd\0", b"even\0\0", named=0x8540),
    prop(LONG, 0x8005, 1, 2, 3, named=0x8541),
    prop(BINARY, 0x0FFF, b"\1\2\3"),
)  # as Outlook strews them before and after the properties that we want


def test_the_words_and_files_of_outlook_are_found_among_properties_of_every_type() -> None:
    raw = stream(
        message(*EVERY_TYPE, prop(UNICODE, BODY, "The roof leaks.\r\nAgain."), *EVERY_TYPE, subject=b"Roof"),
        file(b"PHOTO~1.JPG", PHOTO, *EVERY_TYPE, prop(UNICODE, LONG_NAME, "Photo of the ceiling – März.jpg")),
        file(b"b.txt", b"", prop(STRING8, LONG_NAME, b"letter.txt\0"), prop(BINARY, DATA, b"dear all")),
    )
    opened = tnef.opened(raw)
    assert opened.whole
    assert (opened.subject, opened.text) == ("Roof", "The roof leaks.\nAgain.")
    assert [(f.name, f.content) for f in opened.files] == [
        ("Photo of the ceiling – März.jpg", PHOTO),
        ("letter.txt", b"dear all"),
    ]
    assert [f.content_type for f in opened.files] == ["image/jpeg", "text/plain"]


@pytest.mark.parametrize("kind", ["application/ms-tnef", "application/vnd.ms-tnef", "application/octet-stream",
                                  "text/plain", "application/x-unknown"])  # fmt: skip
@pytest.mark.parametrize("name", ["winmail.dat", "WINMAIL.DAT", "win.dat"])
def test_it_is_opened_whatever_it_is_declared_as(kind: str, name: str) -> None:
    raw = stream(message(prop(UNICODE, BODY, "inside")), file(b"a.jpg", PHOTO))
    found = read(mail(raw, words="outside", name=name, kind=kind))
    assert [(a.name, a.size) for a in found.attachments] == [("a.jpg", len(PHOTO))]
    assert found.text.strip() == "outside"
    assert read(mail(raw)).text.strip() == "inside"


def test_a_file_that_only_says_that_it_is_one_stays_a_file() -> None:
    found = read(mail(b"no such thing", words="outside"))
    assert [(a.name, a.size) for a in found.attachments] == [("winmail.dat", 13)]


@pytest.mark.parametrize(
    ("codepage", "word"),
    [(1252, "Küche"), (1250, "łazienka"), (1251, "крыша"), (1254, "çatı"), (932, "天井"), (65001, "dampness – ok"),
     (28591, "café")],
)  # fmt: skip
def test_words_of_one_byte_are_in_the_streams_code_page(codepage: int, word: str) -> None:
    codec = {65001: "utf-8", 28591: "latin-1"}.get(codepage, f"cp{codepage}")
    raw = stream(
        message(prop(STRING8, BODY, word.encode(codec) + b"\0"), subject=word.encode(codec)),
        file(word.encode(codec) + b".jpg", PHOTO),
        codepage=codepage,
    )
    opened = tnef.opened(raw)
    assert (opened.subject, opened.text, opened.files[0].name) == (word, word, f"{word}.jpg")


def test_compressed_rich_text_gives_its_words_and_its_paragraphs() -> None:
    rtf = (
        rb"{\rtf1\ansi\ansicpg1252\deff0{\fonttbl{\f0\fswiss\fcharset0 Arial;}{\f1\fswiss\fcharset204 Arial Cyr;}}"
        rb"{\colortbl;\red0\green0\blue0;}{\*\generator Riched20;}\viewkind4\uc1\pard\f0\fs20 Dear all,\par\par "
        rb"the roof of K\'fcche \u8211?  see {\b bold\b0} \f1\'ea\'f0\'fb\'f8\'e0\f0  and \{braces\}\par "
        rb"\uc0\u8364 5 owed\uc1 \u-10179?\u-8704?\tab end\par {\pict\wmetafile8 0100090000} }"
    )
    opened = tnef.opened(stream(message(prop(BINARY, RTF, compressed(rtf)))))
    assert richtext.uncompressed(compressed(rtf)) == rtf
    assert opened.text == (
        "Dear all,\n\nthe roof of Küche –  see bold крыша and {braces}\n€5 owed\U0001f600\tend"
    )


def test_html_in_rich_text_becomes_html_again_and_then_words() -> None:
    rtf = (
        rb"{\rtf1\ansi\ansicpg1252\fromhtml1 \fbidis \deff0{\fonttbl{\f0\fswiss Arial;}{\f1\fmodern Courier;}}"
        rb"{\colortbl\red0\green0\blue0;}\uc1\pard\plain\deftab360 \f0\fs24 "
        rb"{\*\htmltag19 <html>}{\*\htmltag34 <head>}{\*\htmltag41 </head>}{\*\htmltag50 <body>}"
        rb"{\*\htmltag64 <p>}\htmlrtf {\htmlrtf0 The roof leaks.{\*\htmltag72 </p>}\htmlrtf\par}\htmlrtf0 "
        rb"{\*\htmltag64 <p>}\htmlrtf {\htmlrtf0 It is {\*\htmltag84 <b>}\htmlrtf {\b\htmlrtf0 wet"
        rb"{\*\htmltag92 </b>}\htmlrtf }\htmlrtf0  {\*\htmltag84 &amp;}\htmlrtf &\htmlrtf0  cold"
        rb"{\*\htmltag84 &nbsp;}\htmlrtf \'a0\htmlrtf0 \'e9t\'e9 "
        rb"{\*\htmltag84 <a href=\'22https://example.com/a\'22>}here{\*\htmltag92 </a>}{\*\htmltag72 </p>}\htmlrtf\par}"
        rb"\htmlrtf0 {\*\mhtmltag84 <img src=x>}{\*\htmltag58 </body>}{\*\htmltag27 </html>}}"
    )
    opened = tnef.opened(stream(message(prop(BINARY, RTF, compressed(rtf)))))
    assert opened.html
    assert "<p>It is <b>wet</b> &amp; cold&nbsp;été " in opened.text
    found = read(mail(stream(message(prop(BINARY, RTF, compressed(rtf))))))
    assert [line.strip() for line in found.text.split("\n") if line.strip()] == [
        "The roof leaks.",
        "It is wet & cold été here",
    ]


def test_rich_text_that_is_not_compressed_is_read_too() -> None:
    rtf = rb"{\rtf1 plain enough}"
    raw = len(rtf).to_bytes(4, "little") * 2 + b"MELA\0\0\0\0" + rtf
    assert tnef.opened(stream(message(prop(BINARY, RTF, raw)))).text == "plain enough"


def test_html_of_exchange_is_read_in_its_own_charset() -> None:
    html = "<html><body><p>Dach undicht – naß</p></body></html>".encode()
    raw = stream(message(prop(LONG, 0x3FDE, 65001), prop(BINARY, HTML, html)))
    assert read(mail(raw)).text.strip() == "Dach undicht – naß"


def test_a_message_inside_gives_its_words_and_its_files() -> None:
    inner = stream(
        message(prop(UNICODE, BODY, "My own mail from March."), subject=b"Leak in March"),
        file(b"march.jpg", PHOTO),
    )
    raw = stream(
        message(prop(UNICODE, BODY, "See inside.")),
        file(b"Leak in March", b"", prop(LONG, METHOD, 5), prop(OBJECT, DATA, MESSAGE_ID + inner)),
    )
    found = read(mail(raw, words="See inside."))
    names = [a.name for a in found.attachments]
    assert names == ["Leak in March.txt", "march.jpg"]
    assert b"My own mail from March." in found.attachments[0].content


def test_an_object_inside_stays_a_file() -> None:
    raw = stream(
        message(prop(UNICODE, BODY, "A drawing.")),
        file(
            b"Drawing",
            b"",
            prop(LONG, METHOD, 6),
            prop(OBJECT, DATA, STORAGE_ID + b"\xd0\xcf\x11\xe0drawing"),
        ),
    )
    (drawing,) = tnef.opened(raw).files
    assert (drawing.name, drawing.content.endswith(b"drawing")) == ("Drawing", True)


def test_messages_in_each_other_end_somewhere() -> None:
    inner = stream(message(prop(UNICODE, BODY, "innermost")))
    for _ in range(60):
        inner = stream(message(), file(b"m", b"", prop(OBJECT, DATA, MESSAGE_ID + inner)))
    assert len(tnef.opened(inner).files) <= 4


def test_a_stream_without_an_end_gives_what_came_before_it() -> None:
    raw = stream(message(prop(UNICODE, BODY, "words")), file(b"a.jpg", PHOTO), file(b"b.jpg", PHOTO))
    opened = tnef.opened(raw[:-900])
    assert not opened.whole
    assert opened.text == "words"
    assert opened.files[0].content == PHOTO
    assert "winmail.dat is damaged" in read(mail(raw[:-900])).defects


def test_rubbish_after_the_end_is_nothing() -> None:
    raw = stream(message(prop(UNICODE, BODY, "words")), file(b"a.jpg", PHOTO))
    assert tnef.opened(raw + b"\0" * 500).whole


def test_an_unknown_type_of_property_leaves_the_rest_of_the_stream() -> None:
    odd = struct_of_unknown()
    raw = stream(message(prop(UNICODE, BODY, "words"), odd), file(b"a.jpg", PHOTO))
    opened = tnef.opened(raw)
    assert [f.content for f in opened.files] == [PHOTO]
    assert opened.text == "words"


def struct_of_unknown() -> bytes:
    return b"\x77\x00\x01\x66" + b"\0" * 8


def test_no_stream_however_broken_raises() -> None:
    rtf = (
        rb"{\rtf1\ansi\fromhtml1{\*\htmltag64 <p>}\'zz\u99999999999?\uc-5{{{{\bin99 x}}}}}}\ansicpg77777 \'ff"
    )
    whole = stream(
        message(*EVERY_TYPE, prop(BINARY, RTF, compressed(rtf)), subject=b"s"),
        file(b"a.jpg", PHOTO, prop(UNICODE, KIND, "image/jpeg")),
        attribute(1, 0x00069004, properties()),
    )
    r = random.Random(11)
    for _ in range(400):
        broken = bytearray(whole)
        for _ in range(r.randint(1, 12)):
            broken[r.randrange(len(broken))] = r.randrange(256)
        tnef.opened(bytes(broken[: r.randrange(len(broken))] if r.random() < 0.3 else broken))
    for _ in range(400):
        richtext.rtf_text(bytes(r.choice(b"{}\\'*uchtmltagrtf019 \xff") for _ in range(200)))
        richtext.uncompressed(compressed(rtf)[:16] + r.randbytes(60))

"""The mail that everything is measured with: varied, the same for everybody, told by its seed.

Words are the shipped corpus's. Nine mails of ten are multipart, with HTML as Outlook, Gmail or
a telephone writes it beside the plain text; three of ten answer the
writer's own earlier mail (In-Reply-To, References, "Re:") above 20 to 60 quoted lines; one of ten brings a file of
0.2 to 2 MB. Writers have their own domains or are with providers that everybody has mail with, as in life.
"""

from __future__ import annotations

import base64
import datetime as dt
import html
import json
import quopri
import random
from collections.abc import Iterator
from dataclasses import dataclass
from email.utils import format_datetime
from pathlib import Path

import classifiers

TO = "complaints@examplehomes.example"
BEGIN = dt.datetime(2026, 3, 2, 10, 0, tzinfo=dt.UTC)
APART = dt.timedelta(seconds=20)
"""How far two mails are apart by their dates: 180 an hour, which is a busy landlord's storm."""

_FIRST = (
    "Ada",
    "Bola",
    "Carys",
    "Dev",
    "Ewa",
    "Femi",
    "Grace",
    "Hana",
    "Idris",
    "Joan",
    "Kofi",
    "Lena",
    "Maya",
    "Nia",
    "Omar",
    "Priti",
    "Rosa",
    "Sam",
    "Tess",
    "Uma",
)
_LAST = (
    "Abbott",
    "Begum",
    "Clarke",
    "Davies",
    "Evans",
    "Farah",
    "Green",
    "Hussain",
    "Iqbal",
    "Jones",
    "Khan",
    "Lewis",
    "Mensah",
    "Nowak",
    "Owens",
    "Patel",
)
_PROVIDERS = ("gmail.com", "outlook.com", "hotmail.co.uk", "btinternet.com", "yahoo.co.uk", "icloud.com")
_STREETS = [
    "Acorn",
    "Beech",
    "Cedar",
    "Dove",
    "Elm",
    "Fern",
    "Grove",
    "Hazel",
    "Iris",
    "Juniper",
    "Kestrel",
    "Larch",
    "Maple",
    "Nutwood",
    "Oak",
    "Poplar",
]


@dataclass(frozen=True)
class Writer:
    name: str
    address: str
    message_id: str
    subject: str
    body: str
    at: dt.datetime


ANSWERED = 2_000
"""So many of the last mails may be answered; those before are forgotten, lest memory grow by them."""


def varied_mails(number: int, seed: int = 1) -> Iterator[bytes]:
    """`number` mails, one after the other: 50,000 of them are not to be in memory at once."""
    chance = random.Random(seed)
    corpus = _corpus()
    writers: list[Writer] = []
    for n in range(number):
        at = BEGIN + n * APART
        line = corpus[chance.randrange(len(corpus))]
        if writers and chance.random() < 0.3:
            writer = writers[chance.randrange(len(writers))]
            yield _mail(chance, n, at, writer.name, writer.address, line, answers=writer)
            continue
        first, last = chance.choice(_FIRST), chance.choice(_LAST)
        domain = chance.choice(_PROVIDERS) if chance.random() < 0.8 else f"{last}{n}.example".lower()
        name, address = f"{first} {last}", f"{first}.{last}{n}@{domain}".lower()
        raw = _mail(chance, n, at, name, address, line)
        subject = line["subject"] or "(none)"
        writers.append(Writer(name, address, _message_id(n), subject, line["body"], at))
        del writers[:-ANSWERED]
        yield raw


def _corpus() -> list[dict[str, str]]:
    folder = Path(classifiers.__file__).parent / "corpus"
    return [
        json.loads(line) for f in sorted(folder.glob("*.jsonl")) for line in f.read_text("utf-8").splitlines()
    ]


def _message_id(n: int) -> str:
    return f"<m{n}.{n * 7919 % 100_003}@mail.example.com>"


def _mail(
    chance: random.Random,
    n: int,
    at: dt.datetime,
    name: str,
    address: str,
    line: dict[str, str],
    answers: Writer | None = None,
) -> bytes:
    body = f"{line['body']}\n\n{name}\nFlat {n % 97 + 1}, {chance.choice(_STREETS)} House"
    subject = " ".join((line["subject"] or "(none)").split())
    head = [f"From: {name} <{address}>", f"To: {TO}", f"Date: {format_datetime(at)}"]
    head += [f"Message-ID: {_message_id(n)}", "MIME-Version: 1.0"]
    head += [f"Received: from mail.example.com by mx.examplehomes.example; {format_datetime(at)}"]
    quoted: list[str] = []
    if answers:
        subject = answers.subject if answers.subject.lower().startswith("re:") else f"Re: {answers.subject}"
        subject = " ".join(subject.split())
        head += [f"In-Reply-To: {answers.message_id}", f"References: {answers.message_id}"]
        quoted = _history(chance, answers)
    head.append(f"Subject: {_encoded(subject)}")
    plain = body + ("\n\n" + "\n".join(quoted) if quoted else "") + "\n"
    words = _text("plain", plain)
    if chance.random() < 0.9:
        words = _multipart("alternative", f"alt{n}", [words, _text("html", _page(chance, body, quoted))])
    if chance.random() < 0.1:
        size = int(200_000 * 10 ** chance.random())
        picture = b"\xff\xd8\xff\xe0\x00\x10JFIF\x00" + chance.randbytes(size)
        part = (
            f'Content-Type: image/jpeg; name="photo{n}.jpg"\r\nContent-Transfer-Encoding: base64\r\n'
            f'Content-Disposition: attachment; filename="photo{n}.jpg"\r\n\r\n'
        ).encode() + base64.encodebytes(picture).replace(b"\n", b"\r\n")
        words = _multipart("mixed", f"mix{n}", [words, part])
    return "".join(f"{field}\r\n" for field in head).encode() + words


def _history(chance: random.Random, answers: Writer) -> list[str]:
    """20 to 60 lines of the mail that is answered, filled up with what a thread of some weeks holds."""
    wanted = chance.randint(20, 60)
    lines = [line[i : i + 72] for line in answers.body.split("\n") for i in range(0, max(len(line), 1), 72)]
    while len(lines) < wanted:
        lines += [
            "",
            "On the phone they said that somebody would come on Thursday.",
            f"I rang again on {chance.randint(1, 28)} February and waited {chance.randint(5, 50)} minutes.",
        ]
    said = f"On {answers.at:%a, %d %b %Y at %H:%M}, {answers.name} <{answers.address}> wrote:"
    return [said, *(f"> {line}" for line in lines[:wanted])]


def _page(chance: random.Random, body: str, quoted: list[str]) -> str:
    said, *history = quoted or [""]
    lines = [line.removeprefix("> ") for line in history]
    return chance.choice((_outlook, _gmail, _telephone))(body.split("\n"), html.escape(said), lines)


def _outlook(body: list[str], said: str, history: list[str]) -> str:
    def paragraph(line: str) -> str:
        words = html.escape(line) or "<o:p>&nbsp;</o:p>"
        font = "font-size:11.0pt;font-family:&quot;Calibri&quot;,sans-serif;color:#1F497D"
        return f'<p class="MsoNormal"><span style="{font}">{words}</span></p>\n'

    head = (
        '<html xmlns:v="urn:schemas-microsoft-com:vml" xmlns:o="urn:schemas-microsoft-com:office:office" '
        'xmlns="http://www.w3.org/TR/REC-html40"><head><meta name="Generator" content="Microsoft Word 15">\n'
        "<style><!--\n@font-face {font-family:Calibri; panose-1:2 15 5 2 2 2 4 3 2 4;}\n"
        "p.MsoNormal, li.MsoNormal, div.MsoNormal {margin:0cm; font-size:11.0pt; font-family:Calibri,sans-serif;}\n"
        "a:link, span.MsoHyperlink {color:#0563C1; text-decoration:underline;}\n"
        "@page WordSection1 {size:612.0pt 792.0pt; margin:72.0pt 72.0pt 72.0pt 72.0pt;}\n"
        "div.WordSection1 {page:WordSection1;}\n--></style></head>"
    )
    page = "".join(map(paragraph, body))
    if said:
        border = "border:none;border-top:solid #E1E1E1 1.0pt;padding:3.0pt 0cm 0cm 0cm"
        page += f'<div style="{border}"><p class="MsoNormal"><b>{said}</b></p></div>'
        page += "".join(map(paragraph, history))
    return f'{head}<body lang="EN-GB" link="#0563C1"><div class="WordSection1">{page}</div></body></html>\n'


def _gmail(body: list[str], said: str, history: list[str]) -> str:
    page = "".join(f"<div>{html.escape(line) or '<br>'}</div>\n" for line in body)
    if said:
        style = "margin:0px 0px 0px 0.8ex;border-left:1px solid rgb(204,204,204);padding-left:1ex"
        inner = "<br>\n".join(map(html.escape, history))
        page += (
            f'<br><div class="gmail_quote"><div dir="ltr" class="gmail_attr">{said}<br></div>'
            f'<blockquote class="gmail_quote" style="{style}">{inner}</blockquote></div>'
        )
    return f'<div dir="ltr">{page}</div>\n'


def _telephone(body: list[str], said: str, history: list[str]) -> str:
    page = "<br>".join(map(html.escape, body))
    if said:
        inner = "<br>".join(map(html.escape, history))
        page += f'<div><br><blockquote type="cite">{said}<br><br>{inner}</blockquote></div>'
    meta = '<meta http-equiv="content-type" content="text/html; charset=utf-8">'
    return f'<html><head>{meta}</head><body dir="auto">{page}<br><br>Sent from my iPhone</body></html>\n'


def _text(kind: str, text: str) -> bytes:
    """As mail programs write it: as it is where it is short lines of ASCII, else quoted-printable."""
    raw = text.encode()
    if text.isascii() and all(len(line) < 900 for line in text.split("\n")):
        return (f"Content-Type: text/{kind}; charset=utf-8\r\n\r\n").encode() + raw.replace(b"\n", b"\r\n")
    coded = quopri.encodestring(raw).replace(b"\n", b"\r\n")
    return (
        f"Content-Type: text/{kind}; charset=utf-8\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\n".encode()
        + coded
    )


def _multipart(kind: str, boundary: str, parts: list[bytes]) -> bytes:
    head = f'Content-Type: multipart/{kind}; boundary="{boundary}"\r\n\r\n'.encode()
    return (
        head
        + b"".join(f"--{boundary}\r\n".encode() + p + b"\r\n" for p in parts)
        + f"--{boundary}--\r\n".encode()
    )


def _encoded(text: str) -> str:
    if text.isascii():
        return text
    return f"=?utf-8?B?{base64.b64encode(text.encode()).decode()}?=" if len(text) < 45 else _folded(text)


def _folded(text: str) -> str:
    pieces = [text[i : i + 12] for i in range(0, len(text), 12)]
    return "\r\n ".join(f"=?utf-8?B?{base64.b64encode(piece.encode()).decode()}?=" for piece in pieces)

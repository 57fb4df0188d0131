"""Mail as people's own programs write it: headers, encodings and quoting of an iPhone, Outlook, Gmail, Yahoo,
an Android phone and Thunderbird.

A reply is made from the letter that was really received: its Message-ID, its Reply-To, its subject and its
words. Nothing here is told what mailbot makes of it.
"""

from __future__ import annotations

import base64
import binascii
import datetime as dt
import email
import email.policy
import hashlib
import html
import re
import textwrap
from collections.abc import Callable
from dataclasses import dataclass
from email.header import Header
from email.message import EmailMessage
from email.utils import format_datetime, getaddresses
from enum import StrEnum
from zoneinfo import ZoneInfo

from mailbot.demo.cast import Actor

LONDON = ZoneInfo("Europe/London")
REFERENCE = re.compile(r"\b[A-Z]{2,6}-20\d\d-\d{6,9}-[0-9X]\b")


class Client(StrEnum):
    IPHONE = "iphone"
    OUTLOOK = "outlook"
    GMAIL = "gmail"
    YAHOO = "yahoo"
    ANDROID = "android"
    THUNDERBIRD = "thunderbird"


@dataclass(frozen=True)
class Received:
    """A letter as it lies in somebody's mailbox."""

    to: str
    kind: str  # the letter's folder in templates/, "" for a mail that is none of mailbot's
    reference: str
    message_id: str
    references: str
    subject: str
    sender: str  # as the client shows it: name and address
    answers_to: str  # the address that a reply goes to
    text: str
    html: str
    date: dt.datetime
    raw: bytes


@dataclass(frozen=True)
class File:
    """An attachment."""

    name: str
    content_type: str
    content: bytes


def receive(raw: bytes, to: str) -> Received:
    """Open a letter as a mail client does."""
    mail = email.message_from_bytes(raw, policy=email.policy.default)
    assert isinstance(mail, EmailMessage)
    plain, rich = mail.get_body(("plain",)), mail.get_body(("html",))
    text = plain.get_content() if plain else ""
    subject = " ".join(str(mail.get("Subject", "")).split())
    found = REFERENCE.search(subject) or REFERENCE.search(text)
    answer = getaddresses([str(mail.get("Reply-To") or mail.get("From", ""))])[0][1]
    return Received(
        to=to,
        kind=str(mail.get("X-Mailbot-Letter", "")),
        reference=found.group(0) if found else "",
        message_id=str(mail.get("Message-ID", "")).strip(),
        references=" ".join(str(mail.get("References", "")).split()),
        subject=subject,
        sender=str(mail.get("From", "")),
        answers_to=answer,
        text=text,
        html=rich.get_content() if rich else "",
        date=mail["Date"].datetime,
        raw=raw,
    )


def write(
    client: Client,
    sender: Actor,
    to: tuple[str, ...],
    subject: str,
    text: str,
    at: dt.datetime,
    *,
    answering: Received | None = None,
    files: tuple[File, ...] = (),
    quote: bool = True,
    extra: tuple[str, ...] = (),
) -> bytes:
    """One mail. `answering` gives thread, subject (where none is given) and quoted words; `extra` are further
    header lines."""
    if answering and not subject:
        bare = re.sub(r"^(?:re:\s*)+", "", answering.subject, flags=re.IGNORECASE)
        subject = f"RE: {bare}" if client is Client.OUTLOOK else f"Re: {bare}"
    local = at.astimezone(LONDON)
    digest = hashlib.sha256(f"{sender.address}{subject}{at.isoformat()}{text[:80]}".encode()).hexdigest()
    headers = [
        f"Date: {format_datetime(local)}",
        f"From: {mailbox(sender.name, sender.address)}",
        f"To: {', '.join(to)}",
        f"Subject: {encode(subject)}",
        f"Message-ID: {STYLES[client].message_id(digest)}",
    ]
    if answering:
        chain = f"{answering.references} {answering.message_id}".split()
        headers += [f"In-Reply-To: {answering.message_id}", "References: " + "\r\n ".join(chain)]
    headers += [*STYLES[client].headers, *extra, "MIME-Version: 1.0"]
    quoted = answering if quote else None
    body = STYLES[client].body(text, quoted, digest)
    if files:
        body = with_files(body, files, digest)
    return "\r\n".join(headers).encode("utf-8") + b"\r\n" + body


def mailbox(name: str, address: str) -> str:
    if not name:
        return address
    shown = name if name.isascii() and re.fullmatch(r"[\w .'-]+", name) else encode(name)
    return f"{shown} <{address}>"


def encode(text: str) -> str:
    return text if text.isascii() else Header(text, "utf-8", maxlinelen=70).encode(linesep="\r\n")


# ------------------------------------------------------------------ parts


def printable(text: str, subtype: str = "plain", charset: str = "utf-8") -> bytes:
    lines = text.replace("\n", "\r\n").encode(charset, "replace")
    body = binascii.b2a_qp(lines, istext=True).replace(b"\r\n", b"\n").replace(b"\n", b"\r\n")
    head = f"Content-Type: text/{subtype}; charset={charset}\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\n"
    return head.encode("ascii") + body


def in_base64(text: str, subtype: str = "plain") -> bytes:
    coded = base64.encodebytes(text.replace("\n", "\r\n").encode()).replace(b"\n", b"\r\n")
    return (
        f"Content-Type: text/{subtype}; charset=utf-8\r\nContent-Transfer-Encoding: base64\r\n\r\n".encode()
        + coded
    )


def joined(subtype: str, boundary: str, parts: list[bytes]) -> bytes:
    head = f'Content-Type: multipart/{subtype}; boundary="{boundary}"\r\n\r\n'.encode()
    fence = f"--{boundary}".encode()
    return head + b"".join(fence + b"\r\n" + part + b"\r\n" for part in parts) + fence + b"--\r\n"


def with_files(body: bytes, files: tuple[File, ...], digest: str) -> bytes:
    enclosed = [
        (
            f'Content-Type: {file.content_type}; name="{file.name}"\r\nContent-Transfer-Encoding: base64\r\n'
            f'Content-Disposition: attachment; filename="{file.name}"\r\n\r\n'
        ).encode()
        + base64.encodebytes(file.content).replace(b"\n", b"\r\n")
        for file in files
    ]
    return joined("mixed", f"mixed-{digest[:18]}", [body, *enclosed])


def paragraphs(text: str) -> list[str]:
    return [block for block in text.split("\n\n") if block.strip()]


def wrote(letter: Received, pattern: str) -> str:
    """The line that stands above quoted words, as this client writes it."""
    return letter.date.astimezone(LONDON).strftime(pattern).replace(" 0", " ")


def marked(letter: Received) -> str:
    return "\n".join(f"> {line}".rstrip() for line in letter.text.strip().splitlines())


# ------------------------------------------------------------------ the clients


def iphone(text: str, letter: Received | None, digest: str) -> bytes:
    body = f"{text}\n\nSent from my iPhone\n"
    if letter:
        body += (
            f"\n> {wrote(letter, 'On %d %b %Y, at %H:%M')}, {letter.sender} wrote:\n> \n{marked(letter)}\n"
        )
    return printable(body)


def android(text: str, letter: Received | None, digest: str) -> bytes:
    body = text + "\n"
    if letter:
        body += f"\nSent from my Galaxy\n\n-------- Original message --------\nFrom: {letter.sender}\n"
        body += f"Date: {wrote(letter, '%d/%m/%Y %H:%M')} (GMT+00:00)\nTo: {letter.to}\nSubject: {letter.subject}\n\n"
        body += letter.text
    return in_base64(body)


def gmail(text: str, letter: Received | None, digest: str) -> bytes:
    plain = text + "\n"
    rich = (
        '<div dir="ltr">'
        + "<div><br></div>".join(
            "".join(f"<div>{html.escape(line)}</div>" for line in block.split("\n"))
            for block in paragraphs(text)
        )
        + "</div>\n"
    )
    if letter:
        above = f"{wrote(letter, 'On %a, %d %b %Y at %H:%M')}, {letter.sender} wrote:"
        plain += f"\n{textwrap.fill(above, 76)}\n\n{marked(letter)}\n"
        rich += (
            f'<br><div class="gmail_quote gmail_quote_container"><div dir="ltr" class="gmail_attr">'
            f'{html.escape(above)}<br></div><blockquote class="gmail_quote" style="margin:0px 0px 0px 0.8ex;'
            f'border-left:1px solid rgb(204,204,204);padding-left:1ex">{letter.html}</blockquote></div>\n'
        )
    return joined("alternative", f"000000000000{digest[:16]}", [printable(plain), printable(rich, "html")])


def yahoo(text: str, letter: Received | None, digest: str) -> bytes:
    plain, rich = (
        text + "\n",
        "".join(f"<div>{html.escape(b)}</div><div><br></div>" for b in paragraphs(text)),
    )
    if letter:
        above = f"{wrote(letter, 'On %A, %d %B %Y at %H:%M:%S BST')}, {letter.sender} wrote:"
        plain += f"\n    {above}  \n \n {letter.text.strip()}\n  \n"
        rich += (
            f'<div id="ydp{digest[:8]}yahoo_quoted_{digest[:10]}" class="yahoo_quoted"><div style="color:#26282a;">'
            f"<div>{html.escape(above)}</div><div>{letter.html}</div></div></div>"
        )
    return joined(
        "alternative",
        f"----=_Part_{int(digest[:6], 16)}_{digest[:9]}",
        [in_base64(plain), in_base64(rich, "html")],
    )


def outlook(text: str, letter: Received | None, digest: str) -> bytes:
    word = "".join(
        f"<p class=MsoNormal>{html.escape(line) or '<o:p>&nbsp;</o:p>'}</p>\n" for line in text.split("\n")
    )
    plain = text + "\n"
    if letter:
        sent = wrote(letter, "%d %B %Y %H:%M")
        plain += f"\nFrom: {letter.sender}\nSent: {sent}\nTo: {letter.to}\nSubject: {letter.subject}\n\n{letter.text}"
        word += (
            "<div><div style='border:none;border-top:solid #E1E1E1 1.0pt;padding:3.0pt 0cm 0cm 0cm'>"
            f"<p class=MsoNormal><b>From:</b> {html.escape(letter.sender)}<br><b>Sent:</b> {sent}<br>"
            f"<b>To:</b> {html.escape(letter.to)}<br><b>Subject:</b> {html.escape(letter.subject)}</p></div></div>"
            f"{letter.html}"
        )
    rich = (
        '<html xmlns:o="urn:schemas-microsoft-com:office:office" xmlns="http://www.w3.org/TR/REC-html40">'
        "<head><style><!-- p.MsoNormal {margin:0cm;font-size:11.0pt;font-family:Calibri,sans-serif;} --></style>"
        f"</head><body lang=EN-GB><div class=WordSection1>{word}</div></body></html>"
    )
    boundary = f"----=_NextPart_000_{digest[:4].upper()}_01DC{digest[4:8].upper()}"
    parts = [printable(plain, charset="windows-1252"), printable(rich, "html", "windows-1252")]
    return joined("alternative", boundary, parts)


def thunderbird(text: str, letter: Received | None, digest: str) -> bytes:
    body = text + "\n"
    if letter:
        body = f"{text}\n\n{wrote(letter, 'On %d/%m/%Y %H:%M')}, {letter.sender} wrote:\n{marked(letter)}\n"
    return (
        b"Content-Type: text/plain; charset=UTF-8; format=flowed\r\nContent-Transfer-Encoding: 8bit\r\n\r\n"
        + (body.replace("\n", "\r\n").encode())
    )


@dataclass(frozen=True)
class Style:
    """What tells one client's mail from another's."""

    body: Callable[[str, Received | None, str], bytes]
    message_id: Callable[[str], str]
    headers: tuple[str, ...] = ()


STYLES: dict[Client, Style] = {
    Client.IPHONE: Style(
        iphone,
        lambda d: f"<{d[:8]}-{d[8:12]}-{d[12:16]}-{d[16:20]}-{d[20:32]}".upper() + "@icloud.example>",
        ("X-Mailer: iPhone Mail (22F76)",),
    ),
    Client.OUTLOOK: Style(
        outlook,
        lambda d: f"<LO2P265MB{d[:10].upper()}@LO2P265MB.outlook.example>",
        ("X-Mailer: Microsoft Outlook 16.0", "Content-Language: en-gb", "Thread-Index: Adx0bW9jazEyMzQ1Ng=="),
    ),
    Client.GMAIL: Style(gmail, lambda d: f"<CA+{d[:30]}@mail.gmail.example>"),
    Client.YAHOO: Style(
        yahoo, lambda d: f"<{int(d[:9], 16)}.{int(d[9:15], 16)}.1777281@mail.yahoo.example>",
        ("X-Mailer: WebService/1.1.22 YMailNovation",),
    ),
    Client.ANDROID: Style(android, lambda d: f"<{d[:14]}.{d[14:20]}@email.android.example>", ("Importance: Normal",)),
    Client.THUNDERBIRD: Style(
        thunderbird, lambda d: f"<{d[:8]}-{d[8:12]}-{d[12:16]}-{d[16:28]}@example.org>",
        ("User-Agent: Mozilla Thunderbird",),
    ),
}  # fmt: skip

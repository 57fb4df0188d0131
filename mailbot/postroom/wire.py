"""Headers and parts of the mails that we write, put together by hand: every line of them is one that we chose (RFC
5322, 2045 to 2047, 2231, 2392).

Nothing that a stranger wrote begins a header line, ends one, or hides in one; Message-ID, In-Reply-To and References
leave exactly as they came (the standard library encodes and cuts long ones, python/cpython#79986).
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import re
import urllib.parse
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

LONGEST_LINE = 900  # of a 7bit part; RFC 5321 4.5.3.1.6 allows 998
MOST_REFERENCES = 100  # ids; the first and the latest ones are kept


class LetterMistake(ValueError):
    """A letter that can't be written as ordered, or a templates folder that isn't whole. Names letter and
    fact, never what the fact says."""


Pieces = Sequence[bytes | memoryview]
"""Of a mail, in their order: they are joined once, when all are there, because a file that goes along may be big."""


@dataclass(frozen=True)
class Enclosure:
    """A file that goes along."""

    name: str
    content_type: str
    content: bytes


@dataclass(frozen=True)
class Picture:
    """A picture that the HTML shows: `<img src="cid:{name}">` (RFC 2392). `kind`: "png" or "jpeg"."""

    name: str
    content: bytes
    kind: str = "png"


# ------------------------------------------------------------------ lines that can't be broken out of

# What some reader or relay might take for a line end, further control characters, and the marks that turn the
# reading direction round: none of them may enter a header.
UNPRINTABLE = re.compile("[\x00-\x20\x7f-\xa0\u2028\u2029\u200e\u200f\u202a-\u202e\u2066-\u2069\ufeff]+")
LINE_ENDS = re.compile("\r\n|[\r\x0b\x0c\x1c-\x1e\x85\u2028\u2029]")
CONTROLS = re.compile("[\x00-\x08\x0e-\x1f\x7f-\x84\x86-\x9f]")
SURROGATES = re.compile("[\ud800-\udfff]")
MESSAGE_ID = re.compile(r"<[!-;=?-~]{1,900}>")
ADDRESS = re.compile(r"[^\s\x00-\x20\x7f<>()\[\]\\,;:\"@]{1,64}@[^\s\x00-\x20\x7f<>()\\,;:\"@]{1,255}")
ATOMS = re.compile(r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~ -]+")


def one_line(text: str) -> str:
    """The text as one clean line."""
    return UNPRINTABLE.sub(" ", SURROGATES.sub("\ufffd", text)).strip()


def clean_text(text: str) -> str:
    """The text with line ends as \\n and nothing that isn't text."""
    return CONTROLS.sub("", LINE_ENDS.sub("\n", SURROGATES.sub("\ufffd", text)))


def read_address(address: str, what: str) -> str:
    """A bare address fit for a header and for SMTP. Raises `LetterMistake` where it is none."""
    if not ADDRESS.fullmatch(address) or one_line(address) != address:
        raise LetterMistake(f"{what} is not one plain mail address")
    local, _, domain = address.rpartition("@")
    if domain.isascii():
        return address
    try:
        return f"{local}@{domain.encode('idna').decode('ascii')}"
    except UnicodeError as mistake:
        raise LetterMistake(f"{what} has a domain that can't be written in ASCII") from mistake


def encode_words(text: str) -> list[str]:
    """RFC 2047 encoded words of at most 75 characters, cut between characters."""
    words, chunk = [], b""
    for character in text:
        octets = character.encode()
        if len(chunk) + len(octets) > 42:
            words.append(chunk)
            chunk = b""
        chunk += octets
    return [f"=?utf-8?b?{base64.b64encode(w).decode()}?=" for w in (*words, chunk)]


def fold(name: str, tokens: list[str]) -> str:
    """A header line folded between tokens at 76 characters; a token is never cut."""
    lines, line = [], f"{name}:"
    for token in tokens:
        if len(line) + 1 + len(token) > 76 and line != f"{name}:":
            lines.append(line)
            line = ""
        line += f" {token}"
    return "\r\n".join((*lines, line))


def words_header(name: str, text: str) -> str:
    """An unstructured header. Words in ASCII stay as they are (so a reference stays readable and searchable),
    the others are encoded together with the spaces between them."""
    tokens: list[str] = []
    foreign: list[str] = []
    for word in one_line(text).split(" "):
        if word.isascii() and not word.startswith("=?") and len(word) < 70:
            if foreign:
                tokens += encode_words(" ".join(foreign))
                foreign = []
            tokens.append(word)
        else:
            foreign.append(word)
    if foreign:
        tokens += encode_words(" ".join(foreign))
    return fold(name, tokens)


def address_header(name: str, display: str, address: str) -> str:
    words = one_line(display)[:120].strip()
    if not words:
        return f"{name}: {address}"
    if not words.isascii() or "=?" in words:
        return fold(name, [*encode_words(words), f"<{address}>"])
    if ATOMS.fullmatch(words):
        return fold(name, [*words.split(" "), f"<{address}>"])
    quoted = words.replace("\\", "\\\\").replace('"', '\\"')
    return fold(name, [f'"{quoted}"', f"<{address}>"])


def ids_header(name: str, ids: tuple[str, ...]) -> str:
    """Message identifiers, one a line, untouched."""
    return f"{name}: " + "\r\n ".join(ids)


def find_ids(*fields: str) -> tuple[str, ...]:
    """Each message identifier once, in order; what is none is left out. The latest stays at the end."""
    found = [i for text in fields for i in MESSAGE_ID.findall(text)]
    ids = tuple(dict.fromkeys(reversed(found)))[::-1]
    return ids if len(ids) <= MOST_REFERENCES else (ids[0], *ids[1 - MOST_REFERENCES :])


# ------------------------------------------------------------------ bodies


def write_part(subtype: str, content: str) -> bytes:
    """A text part: 7bit where that is safe, else quoted-printable."""
    wire = content.replace("\n", "\r\n")
    head = f'Content-Type: text/{subtype}; charset="utf-8"\r\nContent-Transfer-Encoding: '
    # "=_" opens our boundaries; quoted-printable can't hold it, 7bit could
    if wire.isascii() and "=_" not in wire and max(map(len, wire.split("\r\n"))) <= LONGEST_LINE:
        return f"{head}7bit\r\n\r\n{wire}".encode("ascii")
    encoded = binascii.b2a_qp(wire.encode(), istext=True)
    if "\r\n" not in wire:  # then the soft line ends that it put in are bare
        encoded = encoded.replace(b"\n", b"\r\n")
    return f"{head}quoted-printable\r\n\r\n".encode("ascii") + encoded


def write_enclosure(enclosure: Enclosure) -> Pieces:
    """An attachment in base64. Mail inside mail may not be encoded (RFC 2046 5.2.1), so it goes as a file."""
    kind = enclosure.content_type.strip().lower()
    if not re.fullmatch(r"[a-z0-9]+/[a-z0-9.+-]{1,100}", kind) or kind.startswith(("message/", "multipart/")):
        kind = "application/octet-stream"
    name = re.sub(r"[/\\\"]", "_", one_line(enclosure.name))[-120:].lstrip(". ") or "attachment"
    spelt = f'filename="{name}"'
    if not name.isascii():
        spelt = f"filename*=utf-8''{urllib.parse.quote(name, safe='')}"  # RFC 2231
    way, body = "base64", in_base64(enclosure.content)
    if kind.startswith("text/"):  # exact as well (line ends are encoded), and plain text needs fewer bytes
        printable = binascii.b2a_qp(enclosure.content, istext=False).replace(b"\r\n", b"\n")
        if len(printable) < len(body) - -(-len(body) // 78):
            way, body = "quoted-printable", memoryview(printable.replace(b"\n", b"\r\n"))
    head = (
        f"Content-Type: {kind}\r\nContent-Transfer-Encoding: {way}\r\n"
        f"Content-Disposition: attachment;\r\n {spelt}\r\n\r\n"
    )
    return head.encode("ascii"), body


def in_base64(content: bytes) -> memoryview:
    """In lines of 76 characters (RFC 2045 6.8). `base64.encodebytes` walks from line to line, which takes ten times
    as long: 40 ms for 2 MB."""
    import numpy as np  # the lines of a big file are laid at once; most letters carry none

    encoded = binascii.b2a_base64(content, newline=False)
    whole, rest = divmod(len(encoded), 76)
    laid = np.empty(whole * 78 + (rest + 2 if rest else 0), np.uint8)
    lines = laid[: whole * 78].reshape(whole, 78)
    lines[:, :76] = np.frombuffer(encoded, np.uint8, whole * 76).reshape(whole, 76)
    lines[:, 76:] = (13, 10)
    if rest:
        laid[whole * 78 :] = np.frombuffer(encoded[whole * 76 :] + b"\r\n", np.uint8)
    return laid.data


def write_picture(picture: Picture) -> Pieces:
    file = f"{picture.name}.{picture.kind}"
    head = (
        f'Content-Type: image/{picture.kind}; name="{file}"\r\nContent-Transfer-Encoding: base64\r\n'
        f'Content-ID: <{picture.name}>\r\nContent-Disposition: inline; filename="{file}"\r\n\r\n'
    )
    return head.encode("ascii"), in_base64(picture.content)


def join_parts(subtype: str, seed: str, parts: Iterable[Pieces]) -> Pieces:
    boundary = f"=_{subtype[:3]}_{hashlib.sha256(seed.encode()).hexdigest()[:24]}"
    fence = f"--{boundary}".encode("ascii")
    head = f'Content-Type: multipart/{subtype}; boundary="{boundary}"\r\n\r\n'.encode("ascii")
    pieces: list[bytes | memoryview] = [head]
    for part in parts:
        pieces += (fence, b"\r\n", *part, b"\r\n")
    return (*pieces, fence, b"--\r\n")

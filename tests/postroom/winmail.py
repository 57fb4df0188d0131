"""winmail.dat as Outlook and Exchange write it (MS-OXTNEF), built field by field for tests."""

from __future__ import annotations

import base64
import struct
import zlib

SIGNATURE = 0x223E9F78
STRING8, UNICODE, BINARY, OBJECT = 0x1E, 0x1F, 0x102, 0x0D
I2, LONG, BOOLEAN, DOUBLE, TIME, CLSID, I8 = 0x02, 0x03, 0x0B, 0x05, 0x40, 0x48, 0x14
MESSAGE_ID = bytes.fromhex("0703020000000000c000000000000046")
STORAGE_ID = bytes.fromhex("0b00000000000000c000000000000046")

DICTIONARY = (
    rb"{\rtf1\ansi\mac\deff0\deftab720{\fonttbl;}{\f0\fnil \froman \fswiss \fmodern \fscript \fdecor MS Sans "
    rb"SerifSymbolArialTimes New RomanCourier{\colortbl\red0\green0\blue0"
    b"\r\n" + rb"\par \pard\plain\f0\fs20\b\i\u\tab\tx"
)


def attribute(level: int, name: int, content: bytes) -> bytes:
    return struct.pack("<BII", level, name, len(content)) + content + struct.pack("<H", sum(content) & 0xFFFF)


def padded(raw: bytes) -> bytes:
    return raw + b"\0" * (-len(raw) % 4)


def prop(kind: int, name: int, *values: object, named: str | int | None = None) -> bytes:
    """One property. Several values make it a property of several values; `named` gives it a name of its own."""
    several = len(values) > 1
    out = struct.pack("<HH", kind | (0x1000 if several else 0), name)
    if named is not None:
        out += bytes(range(16))
        if isinstance(named, int):
            out += struct.pack("<II", 0, named)
        else:
            spelled = named.encode("utf-16-le") + b"\0\0"
            out += struct.pack("<II", 1, len(spelled)) + padded(spelled)
    if kind in (STRING8, UNICODE, BINARY, OBJECT) or several:
        out += struct.pack("<I", len(values))
    for value in values:
        if kind == UNICODE:
            value = str(value).encode("utf-16-le") + b"\0\0"
        if kind in (STRING8, UNICODE, BINARY, OBJECT):
            assert isinstance(value, bytes)
            out += struct.pack("<I", len(value)) + padded(value)
        else:
            form = {I2: "<hxx", LONG: "<i", BOOLEAN: "<i", DOUBLE: "<d", TIME: "<q", I8: "<q"}.get(kind)
            out += struct.pack(form, value) if form else bytes(value)  # type: ignore[call-overload]
    return out


def properties(*all_of: bytes) -> bytes:
    return struct.pack("<I", len(all_of)) + b"".join(all_of)


def stream(*attributes: bytes, codepage: int = 1252) -> bytes:
    head = struct.pack("<IH", SIGNATURE, 1)
    version = attribute(1, 0x00089006, b"\0\0\1\0")
    return head + version + attribute(1, 0x00069007, struct.pack("<II", codepage, 0)) + b"".join(attributes)


def message(*all_of: bytes, subject: bytes = b"", kind: bytes = b"IPM.Microsoft Mail.Note") -> bytes:
    """The message's own attributes, in Outlook's order."""
    out = attribute(1, 0x00078008, kind + b"\0") + attribute(1, 0x0004800D, b"\1\0\0\0")
    if subject:
        out += attribute(1, 0x00018004, subject + b"\0")
    return out + attribute(1, 0x00069003, properties(*all_of))


def file(title: bytes, content: bytes, *all_of: bytes) -> bytes:
    """An attachment as Outlook writes it: rendering, title, bytes, properties."""
    return (
        attribute(2, 0x00069002, struct.pack("<HIHHI", 1, 0xFFFFFFFF, 0, 0, 0))
        + attribute(2, 0x00018010, title + b"\0")
        + (attribute(2, 0x0006800F, content) if content else b"")
        + attribute(2, 0x00069005, properties(*all_of))
    )


def compressed(rtf: bytes) -> bytes:
    """Rich text in Outlook's compressed form, with references wherever a piece stood before."""
    ring = bytearray(DICTIONARY)
    out = bytearray()
    position = 0
    steps: list[bytes | tuple[int, int]] = []
    while position < len(rtf):
        best, at = 0, 0
        window = bytes(ring[-4000:])
        start = len(ring) - len(window)
        for length in range(min(17, len(rtf) - position), 2, -1):
            found = window.find(rtf[position : position + length])
            if found >= 0:
                best, at = length, start + found
                break
        if best:
            steps.append((at & 4095, best))
        else:
            best = 1
            steps.append(rtf[position : position + 1])
        ring += rtf[position : position + best]
        position += best
    steps.append((len(ring) & 4095, 2))  # a reference to where we write: the end
    for first in range(0, len(steps), 8):
        flags, body = 0, b""
        for bit, step in enumerate(steps[first : first + 8]):
            if isinstance(step, tuple):
                flags |= 1 << bit
                body += ((step[0] << 4) | (step[1] - 2)).to_bytes(2, "big")
            else:
                body += step
        out += bytes([flags]) + body
    packed = bytes(out)
    head = struct.pack("<IIII", len(packed) + 12, len(rtf), 0x75465A4C, zlib.crc32(packed) ^ 0xFFFFFFFF)
    return head + packed


def mail(
    content: bytes, *, words: str = "", name: str = "winmail.dat", kind: str = "application/ms-tnef"
) -> bytes:
    """A mail that carries this winmail.dat, with or without words beside it."""
    head = b"From: amina.yusuf@example.com\r\nSubject: Leak\r\nMIME-Version: 1.0\r\n"
    part = f'Content-Type: {kind}; name="{name}"\r\nContent-Transfer-Encoding: base64\r\n\r\n'.encode()
    part += base64.encodebytes(content)
    if not words:
        return head + part
    return (
        head + b"Content-Type: multipart/mixed; boundary=q\r\n\r\n--q\r\nContent-Type: text/plain\r\n\r\n"
        + words.encode() + b"\r\n--q\r\n" + part + b"\r\n--q--\r\n"
    )  # fmt: skip

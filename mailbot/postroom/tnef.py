"""winmail.dat: what Outlook packs a message into when it writes "rich text" to somebody outside.

Microsoft calls the form TNEF (MS-OXTNEF), its compressed text LZFu (MS-OXRTFCP). A resident who sends one sees
nothing odd; a reader without this finds no photograph and often no words either. `opened` never raises: what can be
read of a damaged stream is read, and `whole` says whether that was all of it. Bounds: 5,000 attributes, 200 files,
three messages inside each other, 4 MB of text.
"""

from __future__ import annotations

import mimetypes
import re
import struct
from collections.abc import Iterator
from dataclasses import dataclass, field

from mailbot.postroom import charsets, richtext

SIGNATURE = b"\x78\x9f\x3e\x22"
MAX_ATTRIBUTES = 5_000
MAX_FILES = 200
MAX_PROPERTIES = 2_000
_DEPTH = 3

# Attributes (MS-OXTNEF section 2.1.3.2), the upper half of each being its type.
_SUBJECT, _BODY, _CLASS = 0x00018004, 0x0002800C, 0x00078008
_CODEPAGE, _MESSAGE_PROPERTIES = 0x00069007, 0x00069003
_FILE_BEGINS, _FILE_TITLE, _FILE_BYTES, _FILE_PROPERTIES = 0x00069002, 0x00018010, 0x0006800F, 0x00069005

# Properties (MS-OXPROPS).
_P_CLASS, _P_SUBJECT, _P_BODY, _P_RTF, _P_HTML, _P_CPID = 0x001A, 0x0037, 0x1000, 0x1009, 0x1013, 0x3FDE
_P_NAME, _P_LONG_NAME, _P_DISPLAY, _P_BYTES, _P_TYPE = 0x3704, 0x3707, 0x3001, 0x3701, 0x370E
_SIZES = {0x02: 4, 0x03: 4, 0x04: 4, 0x05: 8, 0x06: 8, 0x07: 8, 0x0A: 4, 0x0B: 4, 0x14: 8, 0x40: 8, 0x48: 16}
_VARIABLE = (0x0D, 0x1E, 0x1F, 0x102)
_MESSAGE_INSIDE = bytes.fromhex("0703020000000000c000000000000046")


_BROKEN = (struct.error, IndexError, ValueError, OverflowError)


@dataclass(frozen=True)
class File:
    name: str
    content_type: str
    content: bytes = field(repr=False)


@dataclass(frozen=True)
class Opened:
    """What lay inside. `html`: the text is HTML. `message_class` is Outlook's ("IPM.Note"), "" where unsaid."""

    message_class: str
    subject: str
    text: str
    html: bool
    files: tuple[File, ...]
    whole: bool


def is_tnef(content_type: str, name: str, content: bytes) -> bool:
    """Whether these bytes are a TNEF stream: their first four say it, type and name only make us look."""
    named = content_type in ("application/ms-tnef", "application/vnd.ms-tnef") or bool(
        re.fullmatch(r"win(?:mail\d*)?\.dat", name, re.IGNORECASE)
    )
    return content.startswith(SIGNATURE) and (named or content_type == "application/octet-stream")


def opened(raw: bytes, depth: int = 0) -> Opened:
    """Everything that can be read of this stream. Never raises."""
    reading = _Reading(raw, depth)
    try:
        whole = reading.read()
    except _BROKEN:
        whole = False  # cut or damaged: what came before it stands
    return reading.result(whole)


class _Reading:
    def __init__(self, raw: bytes, depth: int) -> None:
        self.raw = raw
        self.depth = depth
        self.charset = "cp1252"
        self.message_class = b""
        self.subject: bytes | str = b""
        self.body: bytes | str = b""
        self.html = b""
        self.html_charset = ""
        self.rtf = b""
        self.files: list[dict[str, bytes | str]] = []

    def read(self) -> bool:
        whole = True
        for number, (level, attribute, content, sound) in enumerate(self.attributes()):
            if number >= MAX_ATTRIBUTES:
                return False
            try:
                (self.of_file if level == 2 else self.of_message)(attribute, content)
            except _BROKEN:
                sound = False  # the attribute's length says where the next one begins all the same
            whole = whole and sound
        return whole

    def attributes(self) -> Iterator[tuple[int, int, bytes, bool]]:
        """(level, attribute, its bytes, whether its checksum holds)."""
        position = 6  # the signature and a key that means nothing to us
        while position + 9 <= len(self.raw):
            level, attribute, length = struct.unpack_from("<BII", self.raw, position)
            if level not in (1, 2):
                return  # rubbish after the end: some gateways leave it
            start = position + 9
            content = self.raw[start : start + length]
            after = start + length
            if len(content) < length:
                yield level, attribute, content, False
                return
            told = int.from_bytes(self.raw[after : after + 2], "little")
            yield level, attribute, content, sum(content) & 0xFFFF == told
            position = after + 2

    def of_message(self, attribute: int, content: bytes) -> None:
        if attribute == _CODEPAGE and len(content) >= 4:
            self.charset = richtext.charset_of(struct.unpack_from("<I", content)[0])
        elif attribute == _CLASS:
            self.message_class = content
        elif attribute == _SUBJECT:
            self.subject = self.subject or content
        elif attribute == _BODY:
            self.body = self.body or content
        elif attribute == _MESSAGE_PROPERTIES:
            for name, value in _properties(content):
                if name == _P_BODY:
                    self.body = value
                elif name == _P_SUBJECT:
                    self.subject = value
                elif name == _P_CLASS and value:
                    self.message_class = (
                        value if isinstance(value, bytes) else value.encode("ascii", "replace")
                    )
                elif name == _P_RTF and isinstance(value, bytes):
                    self.rtf = value
                elif name == _P_HTML:
                    self.html = value if isinstance(value, bytes) else value.encode()
                elif name == _P_CPID and isinstance(value, bytes) and len(value) >= 4:
                    self.html_charset = richtext.charset_of(struct.unpack_from("<I", value)[0])

    def of_file(self, attribute: int, content: bytes) -> None:
        if attribute == _FILE_BEGINS:
            if len(self.files) < MAX_FILES:
                self.files.append({})
            return
        if not self.files:
            self.files.append({})
        file = self.files[-1]
        if attribute == _FILE_TITLE:
            file.setdefault("title", content)
        elif attribute == _FILE_BYTES:
            file["content"] = content
        elif attribute == _FILE_PROPERTIES:
            for name, value in _properties(content):
                if name in (_P_LONG_NAME, _P_NAME, _P_DISPLAY) and value:
                    file[{_P_LONG_NAME: "long", _P_NAME: "title", _P_DISPLAY: "display"}[name]] = value
                elif name == _P_BYTES and isinstance(value, bytes) and value:
                    file["content"] = value
                elif name == _P_TYPE:
                    file["type"] = value

    # ---------------------------------------------------------- what it comes to

    def result(self, whole: bool) -> Opened:
        files: list[File] = []
        for file in self.files:
            files += self.file(file)
        text, html = self.said(self.body).strip("\x00"), False
        if not text.strip() and self.html:
            text, html = charsets.decode(self.html, self.html_charset or self.charset), True
        if not text.strip() and self.rtf:
            rtf = richtext.uncompressed(self.rtf)
            text, html = richtext.rtf_text(rtf), richtext.is_from_html(rtf)
        return Opened(
            message_class=self.said(self.message_class).strip("\x00 "),
            subject=charsets.one_line(self.said(self.subject).strip("\x00")),
            text=charsets.body_text(text),
            html=html,
            files=tuple(files[:MAX_FILES]),
            whole=whole,
        )

    def file(self, file: dict[str, bytes | str]) -> Iterator[File]:
        content = file.get("content", b"")
        assert isinstance(content, bytes)
        spelled = next((file[key] for key in ("long", "title", "display") if file.get(key)), "")
        name = charsets.one_line(self.said(spelled).strip("\x00"), 1_000)
        name = re.split(r"[/\\]", name)[-1].strip()[:200]
        inside = content.removeprefix(_MESSAGE_INSIDE)
        if inside.startswith(SIGNATURE):
            if self.depth < _DEPTH:
                message = opened(inside, self.depth + 1)
                words = f"Subject: {message.subject}\n\n{message.text}"
                kind = "text/html" if message.html else "text/plain"
                title = re.sub(r"[^\w .-]+", " ", name or message.subject).strip() or "message"
                yield File(f"{title}.txt", kind, words.encode("utf-8", "replace"))
                yield from message.files
            return
        if not content and not name:
            return
        told = charsets.one_line(self.said(file.get("type", "")).strip("\x00"), 100).lower()
        guessed = told if re.fullmatch(r"[\w.+-]+/[\w.+-]+", told) else mimetypes.guess_type(name)[0]
        yield File(name, guessed or "application/octet-stream", content)

    def said(self, value: bytes | str) -> str:
        return value if isinstance(value, str) else charsets.decode(value, self.charset)


def _properties(raw: bytes) -> Iterator[tuple[int, bytes | str]]:
    """(property, value) of a list of MAPI properties: numbers as their bytes, of several values the first."""
    (count,) = struct.unpack_from("<I", raw, 0)
    position = 4
    for _ in range(min(count, MAX_PROPERTIES)):
        kind, name = struct.unpack_from("<HH", raw, position)
        position += 4
        if name >= 0x8000:  # a property with a name of its own: a GUID, then a number or a string
            (spelled,) = struct.unpack_from("<I", raw, position + 16)
            (length,) = struct.unpack_from("<I", raw, position + 20)
            position += 24 + (_padded(length) if spelled == 1 else 0)
        base, several = kind & 0x0FFF, bool(kind & 0x1000)
        if base in _VARIABLE or several:
            (values,) = struct.unpack_from("<I", raw, position)
            position += 4
        else:
            values = 1
        first: bytes | str | None = None
        for _ in range(min(values, MAX_PROPERTIES)):
            if base in _VARIABLE:
                (length,) = struct.unpack_from("<I", raw, position)
                position += 4
                value = raw[position : position + length]
                if len(value) < length:
                    raise ValueError("cut")
                position += _padded(length)
            elif base in _SIZES:
                value = raw[position : position + _SIZES[base]]
                position += _SIZES[base]
            else:
                raise ValueError("a property of no known type")
            if first is None:
                first = value.decode("utf-16-le", "replace") if base == 0x1F else value
        if first is not None:
            yield name, first
        if position > len(raw):
            return


def _padded(length: int) -> int:
    return (length + 3) & ~3

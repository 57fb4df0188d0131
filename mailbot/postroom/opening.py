"""Wrappings undone: winmail.dat, signed and encrypted mail, and words that came in an unusual coat.

Takes a mail's tree of parts and gives one in which what lay inside a wrapping stands where the wrapping stood, so
that nobody after this need know of it. Nothing is decrypted, nothing is unpacked (an archive stays a file), and no
signature is checked: who wrote a mail is `trust`'s question, and a signature that nobody checks vouches for nobody.

Sources: RFC 8551 (S/MIME), RFC 5652 (its CMS), RFC 3156 and RFC 9580 section 7 (PGP), MS-OXTNEF (winmail.dat).
"""

from __future__ import annotations

import mimetypes
import re
import urllib.parse
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Literal

from mailbot.postroom import charsets, mime, richtext, tnef

Sealed = Literal["", "signed", "encrypted"]

MAX_WRAPPINGS = 20
MAX_WINMAIL_BYTES = 60_000_000
_DATA = bytes.fromhex("06092a864886f70d010701")  # id-data, id-signedData, id-envelopedData and kin (RFC 5652)
_ENVELOPED = (bytes.fromhex("06092a864886f70d010703"), bytes.fromhex("060b2a864886f70d0109100117"))
_PKCS7 = ("application/pkcs7-mime", "application/x-pkcs7-mime")
_WORDED = ("text/plain", "text/html", "text/enriched", "text/markdown")
_BEGINS = "-----BEGIN PGP SIGNED MESSAGE-----"
_SIGNATURE = ("-----BEGIN PGP SIGNATURE-----", "-----END PGP SIGNATURE-----")
_ARMOUR_FIELD = re.compile(r"[A-Za-z]{1,20}: ")
_UUENCODED = re.compile(
    rb"^begin [0-7]{3,4} ([^\r\n]{1,200})\r?\n(?:[ -`][!-`][^\r\n]{0,90}\r?\n){1,500000}[` ]?\r?\n?end[ \t]*\r?$\n?",
    re.MULTILINE,
)
_PGP_MESSAGE = re.compile(r"^-----BEGIN PGP MESSAGE-----[ \t]*$", re.MULTILINE)


@dataclass(frozen=True)
class Opened:
    top: mime.Part
    sealed: Sealed
    message_class: str  # Outlook's, of a winmail.dat: "IPM.Note", "IPM.Note.Rules.OofTemplate.Microsoft"
    defects: tuple[str, ...]


def opened(top: mime.Part) -> Opened:
    """The tree without its wrappings. Never raises, whatever the bytes in them are."""
    work = _Opening()
    new = work.of(top)
    if not work.worded(new):
        new = work.dressed(new)
    return Opened(new, work.sealed, work.message_class, tuple(dict.fromkeys(work.defects)))


class _Opening:
    def __init__(self) -> None:
        self.sealed: Sealed = ""
        self.message_class = ""
        self.defects: list[str] = []
        self.left = MAX_WRAPPINGS
        self.spoken: list[mime.Part] = []  # words of winmail.dat, for a mail that has no others

    def of(self, part: mime.Part) -> mime.Part:
        if part.content_type == "multipart/signed":
            self.sealed = self.sealed or "signed"
        if part.content_type == "multipart/encrypted":
            self.sealed = "encrypted"
        if part.parts:
            inside = tuple(self.of(one) for one in part.parts)
            return (
                part
                if all(a is b for a, b in zip(inside, part.parts, strict=True))
                else replace(part, parts=inside)
            )
        if self.left <= 0:
            return part
        if part.content_type in _PKCS7:
            return self.of_cms(part)
        if part.content_type in ("application/pgp-encrypted",):
            self.sealed = "encrypted"
        if part.content_type == "text/plain" and b"\nbegin " in part.raw and not part.filename:
            return self.of_uuencode(part)
        begins = part.content(len(tnef.SIGNATURE))
        if begins == tnef.SIGNATURE and tnef.is_tnef(part.content_type, part.filename, begins):
            return self.of_tnef(part, part.content(MAX_WINMAIL_BYTES))
        return part

    # ---------------------------------------------------------- files within the words

    def of_uuencode(self, part: mime.Part) -> mime.Part:
        """Files that an old program wrote into the words, taken out of them as files."""
        content = part.content()
        files: list[mime.Part] = []
        words = bytearray()
        position = 0
        for found in _UUENCODED.finditer(content):
            if len(files) >= MAX_WRAPPINGS:
                break
            words += content[position : found.start()]
            position = found.end()
            name = charsets.one_line(charsets.decode(found.group(1)), 200)
            files.append(_file(tnef.File(name, _type_of(name), mime.from_uuencode(found.group()))))
        if not files:
            return part
        words += content[position:]
        kept = tuple(f for f in part.fields if not f.name.startswith("content-"))
        text = mime.Part((), part.content_type, part.parameters, bytes(words))
        return mime.Part(kept, "multipart/mixed", {}, b"", (text, *files))

    # ---------------------------------------------------------- S/MIME

    def of_cms(self, part: mime.Part) -> mime.Part:
        """The mail inside a signed one; an encrypted one stays as it is."""
        content = part.content()
        kind = part.parameters.get("smime-type", "").lower()
        if kind in ("enveloped-data", "authenveloped-data") or any(oid in content[:80] for oid in _ENVELOPED):
            self.sealed = "encrypted"
            return part
        inner = signed_content(content)
        if not inner:
            return part
        self.left -= 1
        self.sealed = self.sealed or "signed"
        entity, defects = mime.parse(inner)
        self.defects += defects
        kept = tuple(f for f in part.fields if not f.name.startswith("content-"))
        return self.of(replace(entity, fields=(*kept, *entity.fields)))

    # ---------------------------------------------------------- winmail.dat

    def of_tnef(self, part: mime.Part, content: bytes) -> mime.Part:
        """Its files as parts of their own; its words are kept for a mail that has no others."""
        self.left -= 1
        found = tnef.opened(content)
        self.message_class = self.message_class or found.message_class
        if not found.whole:
            self.defects.append("winmail.dat is damaged")
        if found.text.strip():
            kind = "text/html" if found.html else "text/plain"
            self.spoken.append(_words(found.text, kind))
        files = tuple(_file(f) for f in found.files)
        if not files and not found.text.strip():
            return part
        kept = tuple(f for f in part.fields if not f.name.startswith("content-"))
        return mime.Part(kept, "multipart/mixed", {}, b"", files or (_words("", "text/plain"),))

    # ---------------------------------------------------------- words in an unusual coat

    def worded(self, top: mime.Part) -> bool:
        return any(
            leaf.content_type in _WORDED
            and leaf.disposition != "attachment"
            and leaf.raw
            and not leaf.raw.isspace()
            for leaf in top.leaves()
        )

    def dressed(self, top: mime.Part) -> mime.Part:
        """A mail without plain words, with those that stand in winmail.dat, rich text or a calendar entry."""
        words = self.spoken[:1]
        if not words:
            for leaf in top.leaves():
                text, kind = "", "text/plain"
                if (
                    leaf.content_type in ("text/rtf", "application/rtf", "text/richtext")
                    and len(leaf.raw) < 8_000_000
                ):
                    rtf = leaf.content(richtext.MAX_RTF_BYTES)
                    text = richtext.rtf_text(rtf)
                    kind = "text/html" if richtext.is_from_html(rtf) else "text/plain"
                elif leaf.content_type in ("text/calendar", "text/vcard", "text/x-vcard"):
                    text = card_words(leaf.text(200_000))
                if text.strip():
                    words = [_words(text, kind)]
                    break
        if not words:
            return top
        kept = tuple(f for f in top.fields if not f.name.startswith("content-"))
        rest = top.parts if top.parts else (replace(top, fields=_content_fields(top)),)
        if top.content_type == "multipart/alternative":
            rest = (replace(top, fields=_content_fields(top)),)
        return mime.Part(kept, "multipart/mixed", {}, b"", (*words, *rest))


def signed_content(content: bytes) -> bytes:
    """What was signed, out of CMS SignedData in BER or DER (RFC 5652 section 5.2); b"" where there is none."""
    at = content.find(_DATA)
    if at < 0:
        return b""
    position = at + len(_DATA)
    if content[position : position + 1] != b"\xa0":
        return b""
    position, _ = _length(content, position + 1)
    out: list[bytes] = []
    if content[position : position + 1] == b"\x24":  # an octet string in pieces
        position, whole = _length(content, position + 1)
        end = position + whole if whole is not None else len(content)
        while position < end and content[position : position + 1] == b"\x04":
            position, size = _length(content, position + 1)
            out.append(content[position : position + (size or 0)])
            position += size or 0
    elif content[position : position + 1] == b"\x04":
        position, size = _length(content, position + 1)
        out.append(content[position : position + (size or 0)])
    return b"".join(out)


def _length(content: bytes, position: int) -> tuple[int, int | None]:
    """(where the value begins, its length; None: until an end mark) of a BER length (X.690 section 8.1.3)."""
    first = content[position] if position < len(content) else 0
    if first < 0x80:
        return position + 1, first
    if first == 0x80:
        return position + 1, None
    size = min(first & 0x7F, 8)
    return position + 1 + size, int.from_bytes(content[position + 1 : position + 1 + size], "big")


def unarmoured(text: str) -> tuple[str, Sealed]:
    """A text without the armour that PGP puts around it (RFC 9580 section 7), and whether it was sealed."""
    if "-----BEGIN PGP " not in text:
        return text, ""
    lines = text.split("\n")
    marks = [line.rstrip() for line in lines]
    if _BEGINS in marks and _SIGNATURE[0] in marks and _SIGNATURE[1] in marks:
        return "\n".join(_bared(lines, marks)), "signed"
    return text, "encrypted" if _PGP_MESSAGE.search(text) else ""


def _bared(lines: list[str], marks: list[str]) -> Iterator[str]:
    """The lines outside signatures. A signature that never ends swallows nothing."""
    inside = header = signature = False
    last_end = len(marks) - 1 - marks[::-1].index(_SIGNATURE[1])
    for number, (line, mark) in enumerate(zip(lines, marks, strict=True)):
        if mark == _BEGINS:
            inside = header = True
        elif header and (not mark or _ARMOUR_FIELD.match(line)):
            header = bool(mark)
        elif mark == _SIGNATURE[0] and number < last_end:
            inside, header, signature = False, False, True
        elif signature:
            signature = mark != _SIGNATURE[1]
        else:
            header = False
            yield line.removeprefix("- ") if inside else line


_CARD_LINES = {"SUMMARY": "Calendar entry", "DTSTART": "Begins", "LOCATION": "Where", "DESCRIPTION": "",
               "FN": "Contact card", "TEL": "Telephone", "EMAIL": "Email"}  # fmt: skip


def card_words(text: str) -> str:
    """What a calendar entry or a contact card says to a person (RFC 5545, RFC 6350)."""
    lines = []
    for line in re.sub(r"\n[ \t]", "", text.replace("\r\n", "\n")).split("\n")[:2_000]:
        name, colon, value = line.partition(":")
        key = re.split(r"[;.]", name, maxsplit=1)[0].upper()
        if colon and key in _CARD_LINES and value.strip():
            said = re.sub(r"\\([,;\\])", r"\1", value.replace("\\n", "\n").replace("\\N", "\n"))
            lines.append(f"{_CARD_LINES[key]}: {said}" if _CARD_LINES[key] else said)
    return "\n".join(dict.fromkeys(lines))


def _content_fields(part: mime.Part) -> tuple[mime.Field, ...]:
    return tuple(f for f in part.fields if f.name.startswith("content-"))


def _words(text: str, kind: str) -> mime.Part:
    return mime.Part((), kind, {"charset": "utf-8"}, text.encode("utf-8", "replace"))


def _type_of(name: str) -> str:
    return mimetypes.guess_type(name)[0] or "application/octet-stream"


def _file(file: tnef.File) -> mime.Part:
    name = urllib.parse.quote(file.name.encode("utf-8", "replace"))
    disposition = mime.Field("content-disposition", f"attachment; filename*=utf-8''{name}".encode())
    return mime.Part((disposition,), file.content_type, {}, file.content)

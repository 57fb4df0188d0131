"""Rich text: out of Outlook's compressed form (MS-OXRTFCP), to words, or back to the HTML that it was made from.

Outlook keeps a message that was written as HTML as rich text in which the HTML stands in pieces (MS-OXRTFEX); it is
put together again, so that paragraphs stay paragraphs and a link keeps its target. Other rich text gives its words
without its layout. Nothing in it is run or fetched, pictures and objects are left out, and no input raises.
"""

from __future__ import annotations

import re
import struct
from dataclasses import dataclass, replace

from mailbot.postroom import charsets

MAX_RTF_BYTES = 4_000_000
_MAX_DEPTH = 500
_MAX_TOKENS = 400_000

_DICTIONARY = (
    rb"{\rtf1\ansi\mac\deff0\deftab720{\fonttbl;}{\f0\fnil \froman \fswiss \fmodern \fscript \fdecor MS Sans "
    rb"SerifSymbolArialTimes New RomanCourier{\colortbl\red0\green0\blue0"
    b"\r\n" + rb"\par \pard\plain\f0\fs20\b\i\u\tab\tx"
)


def uncompressed(raw: bytes) -> bytes:
    """Rich text out of its compressed form (MS-OXRTFCP section 2.1.3), at most 4 MB of it."""
    if len(raw) < 16:
        return b""
    _, size, form = struct.unpack_from("<III", raw, 0)
    wanted = min(size, MAX_RTF_BYTES)
    if form == 0x414C454D:  # "MELA": not compressed at all
        return raw[16 : 16 + wanted]
    if form != 0x75465A4C:  # "LZFu"
        return b""
    ring = bytearray(4096)
    ring[: len(_DICTIONARY)] = _DICTIONARY
    write, position, out = len(_DICTIONARY), 16, bytearray()
    while position < len(raw) and len(out) < wanted:
        flags = raw[position]
        position += 1
        for bit in range(8):
            if position >= len(raw) or len(out) >= wanted:
                break
            if not flags >> bit & 1:
                copied = raw[position : position + 1]
                position += 1
                out += copied
                ring[write] = copied[0]
                write = (write + 1) & 4095
                continue
            reference = int.from_bytes(raw[position : position + 2], "big")
            position += 2
            offset, length = reference >> 4, (reference & 15) + 2
            if offset == write:
                return bytes(out[:wanted])
            for step in range(length):
                byte = ring[(offset + step) & 4095]
                out.append(byte)
                ring[write] = byte
                write = (write + 1) & 4095
    return bytes(out[:wanted])


_RTF = re.compile(
    rb"\\([a-z]{1,32})(-?\d{1,10})? ?|\\'([0-9a-fA-F]{2})|\\(.)|([{}])|[\r\n]+|([^\\{}\r\n]+)", re.DOTALL
)
_UNSEEN_GROUPS = frozenset(
    b"colortbl stylesheet info pict object header footer headerl headerr headerf footerl footerr footerf listtable "
    b"listoverridetable rsidtbl generator themedata latentstyles datastore xmlnstbl mhtmltag bkmkstart bkmkend "
    b"fldinst nonshppict".split()
)
_WORDS = {b"par": "\n", b"line": "\n", b"row": "\n", b"page": "\n", b"sect": "\n", b"tab": "\t", b"cell": "\t",
          b"emdash": "—", b"endash": "–", b"lquote": "‘", b"rquote": "’", b"ldblquote": "“", b"rdblquote": "”",
          b"bullet": "•", b"emspace": " ", b"enspace": " ", b"qmspace": " "}  # fmt: skip
# The charset of a font (\fcharset) as a code page.
_CODEPAGES = {0: 1252, 77: 10000, 128: 932, 129: 949, 134: 936, 136: 950, 161: 1253, 162: 1254, 163: 1258, 177: 1255,
              178: 1256, 186: 1257, 204: 1251, 222: 874, 238: 1250, 254: 437, 255: 850}  # fmt: skip


def charset_of(codepage: int) -> str:
    """The name of a Windows code page."""
    return {65001: "utf-8", 1200: "utf-16-le", 20127: "ascii", 28591: "cp1252", 10000: "mac_roman"}.get(
        codepage, f"cp{codepage}"
    )


def is_from_html(rtf: bytes) -> bool:
    """Whether the rich text was made from HTML (MS-OXRTFEX section 2.1.3.1)."""
    return b"\\fromhtml" in rtf[:2_000]


def rtf_text(rtf: bytes) -> str:
    """The words of rich text without its layout; of HTML wrapped in it the HTML."""
    return _Reading(is_from_html(rtf)).read(rtf[:MAX_RTF_BYTES])


@dataclass(slots=True)
class _Group:
    """What holds within one pair of braces."""

    hidden: bool = False  # a picture, a style sheet: nothing of it is words
    unseen: bool = False  # what readers of rich text see in the place of a tag
    fonts: bool = False  # the table of fonts
    tagged: bool = False  # within a piece of the HTML
    fallback: int = 1  # characters that stand in for one of \u
    charset: str = ""


class _Reading:
    def __init__(self, html: bool) -> None:
        self.html = html
        self.out: list[str] = []
        self.group = _Group()
        self.stack: list[_Group] = []
        self.skip = 0
        self.charset = "cp1252"
        self.pending = b""
        self.fonts: dict[bytes, str] = {}
        self.font = b""
        self.starred = False

    def read(self, rtf: bytes) -> str:
        for found, _ in zip(_RTF.finditer(rtf), range(_MAX_TOKENS), strict=False):
            word, number, code, escaped, brace, text = found.groups()
            starred, self.starred = self.starred, False
            if code is not None:
                self.byte(int(code, 16))
                continue
            self.settle()
            if brace == b"{":
                self.opens()
            elif brace == b"}":
                self.skip = 0
                self.group = self.stack.pop() if self.stack else _Group()
            elif word is not None:
                self.control(word, number, starred)
            elif escaped is not None:
                self.symbol(escaped)
            elif text is not None and self.seen():
                shown = charsets.decode(text, self.group.charset or self.charset)
                self.out.append(shown[self.skip :])
                self.skip = max(0, self.skip - len(shown))
        self.settle()
        halves = "".join(self.out)  # letters beyond the first plane are spelled as two
        text = halves.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace").strip("\x00")
        return text.strip() if self.html else re.sub(r"\n{3,}", "\n\n", text).strip()

    def seen(self) -> bool:
        group = self.group
        return not (group.hidden or group.fonts or (group.unseen and not group.tagged))

    def settle(self) -> None:
        """Bytes that were spelled out belong together: one letter may be two of them."""
        if self.pending:
            self.out.append(charsets.decode(self.pending, self.group.charset or self.charset))
            self.pending = b""

    def opens(self) -> None:
        if len(self.stack) < _MAX_DEPTH:
            self.stack.append(self.group)
            self.group = replace(self.group)

    def byte(self, value: int) -> None:
        if self.skip:
            self.skip -= 1
        elif self.seen():
            self.pending += bytes([value])

    def symbol(self, escaped: bytes) -> None:
        if escaped == b"*":
            self.starred = True
        elif self.seen():
            said = {b"\\": "\\", b"{": "{", b"}": "}", b"~": "\xa0", b"_": "\u2011"}.get(escaped, "")
            if escaped in b"\r\n":
                said = "\n"
            if self.skip and said:
                self.skip -= 1
            else:
                self.out.append("&nbsp;" if self.html and said == "\xa0" else said)

    def control(self, word: bytes, number: bytes | None, starred: bool) -> None:
        group = self.group
        if word == b"htmltag":
            group.tagged = self.html and not group.hidden
            group.charset = ""
            group.hidden = group.hidden or not self.html
        elif word == b"htmlrtf":
            group.unseen = number != b"0"
        elif word == b"fonttbl":
            group.fonts = True
        elif group.fonts:
            if word == b"f" and number:
                self.font = number
            elif word in (b"fcharset", b"cpg") and number:
                codepage = int(number) if word == b"cpg" else _CODEPAGES.get(int(number), 0)
                if codepage:
                    self.fonts[self.font] = charset_of(codepage)
        elif word in _UNSEEN_GROUPS or starred:
            group.hidden = True
        elif word == b"ansicpg" and number:
            self.charset = charset_of(abs(int(number)))
        elif word == b"f" and number:
            group.charset = self.fonts.get(number, "")
        elif word == b"plain":
            group.charset = ""
        elif word == b"uc" and number:
            group.fallback = max(0, min(int(number), 8))
        elif word == b"u" and number:
            if self.seen():
                self.out.append(chr(int(number) % 65536))
            self.skip = group.fallback
        elif word == b"bin" and number:
            group.hidden = True  # raw bytes follow, which are nobody's words
        elif word in _WORDS and self.seen():
            self.out.append(_WORDS[word])

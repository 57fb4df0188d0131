"""Bytes of strangers to text: whatever they say about their charset, something readable comes out.

The rule is short because guessing is worse (detectors read "£20" as Chinese): first what the mail declares,
then UTF-8, then Windows-1252. Two exceptions earn their place: text declared as a Western single-byte
charset that is valid UTF-8 *is* UTF-8, and one broken byte does not take a whole text away from the
charset that it is plainly written in.

Promises: no function here raises, whatever it is given, and each is linear in the length of its input.
"""

from __future__ import annotations

import binascii
import codecs
import functools
import re

_ALIASES = {
    "us-ascii": "utf-8",
    "ascii": "utf-8",
    "ansi_x3.4-1968": "utf-8",
    "utf8mb4": "utf-8",
    "utf-8mb4": "utf-8",
    "unicode": "utf-8",
    "iso-8859-1": "cp1252",  # browsers and mail clients all mean Windows-1252
    "iso8859-1": "cp1252",
    "iso_8859-1": "cp1252",
    "latin1": "cp1252",
    "latin-1": "cp1252",
    "iso-8859-8-i": "iso-8859-8",
    "iso-8859-8-e": "iso-8859-8",
    "unicode-1-1-utf-7": "utf-7",
    "gb2312": "gb18030",
    "gbk": "gb18030",
    "ks_c_5601-1987": "cp949",
    "ks_c_5601": "cp949",
    "euc-kr": "cp949",
    "shift_jis": "cp932",
    "shift-jis": "cp932",
    "x-sjis": "cp932",
    "windows-31j": "cp932",
    "iso-2022-jp": "iso2022_jp_ext",
    "big5": "big5hkscs",
    "windows-874": "cp874",
    "x-mac-roman": "mac_roman",
    "macintosh": "mac_roman",
}
# Text codecs that are no charsets of mail: quadratic (idna, punycode) or an escape notation.
_REFUSED = frozenset({"idna", "punycode", "unicode_escape", "raw_unicode_escape", "undefined", "mbcs", "oem"})
_WESTERN = frozenset({"cp1252", "iso8859-15", "cp850", "mac-roman"})

_HIGH = bytes(range(0x80, 0x100))
_CONTROLS = re.compile("[\x00-\x08\x0b\x0e-\x1f\x7f\ud800-\udfff]")
# What must not stand in a name or a subject: line ends, controls, and marks that turn the reading direction.
_UNSEEN = re.compile(
    "[\x00-\x1f\x7f-\x9f\u00ad\u061c\u180e\u200b\u200e\u200f\u2028-\u202e\u2060-\u2069\ufeff\ufff9-\ufffb\ud800-\udfff]+"
)
_BREAKS = "\t\n\r\x0b\x0c\u2028\u2029"
_ENCODED_WORD = re.compile(r"=\?([^?\s]{1,60})\?([bBqQ])\?([^?]{0,3000}(?:\?(?!=)[^?]{0,300}){0,10})\?=")
_MOST_PIECES = 500_000
_PIECE = re.compile(rb"[^=]+")
_NOT_BASE64 = bytes(
    set(range(256)) - set(b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/")
)


@functools.lru_cache(maxsize=256)
def codec_named(declared: str) -> str | None:
    """The Python codec for a declared charset, None where there is none that we would use."""
    name = declared.strip().strip("\"'<>();, ").lower()[:60]
    name = _ALIASES.get(name, name)
    if not name or "\x00" in name or not name.isascii():
        return None
    try:
        found = codecs.lookup(name)
    except (LookupError, ValueError, ImportError, UnicodeError):
        return None
    # Python keeps non-text codecs (zlib, rot13) in the same register and marks them only here.
    if found.name.replace("-", "_") in _REFUSED or not getattr(found, "_is_text_encoding", True):
        return None
    return found.name


def decode(raw: bytes, declared: str | None = None) -> str:
    """Text of these bytes: declared charset, UTF-8, Windows-1252, in this order. Never raises."""
    codec = codec_named(declared) if declared else None
    if (codec is None or codec in _WESTERN or codec == "utf-8") and b"\x1b$" in raw:
        codec = codec_named("iso-2022-jp")  # Japanese of seven bits, which says so itself
    if raw.isascii() and (codec is None or codec == "utf-8" or codec in _WESTERN):
        return raw.decode("ascii")
    if raw.startswith((b"\xff\xfe", b"\xfe\xff")):
        return raw.decode("utf-16", "replace").removeprefix("\ufeff")
    raw = raw.removeprefix(codecs.BOM_UTF8)
    as_utf8 = _strictly(raw, "utf-8")
    if as_utf8 is not None and (codec is None or codec == "utf-8" or codec in _WESTERN):
        return as_utf8
    if codec is not None:
        text = _strictly(raw, codec)
        if text is not None:
            return text
    if as_utf8 is not None:
        return as_utf8
    for name in dict.fromkeys((codec, "utf-8")):
        if name is None or name in _WESTERN:
            continue
        text = _leniently(raw, name)
        if text is not None:
            return text
    return raw.decode("cp1252", "replace")


def _strictly(raw: bytes, codec: str) -> str | None:
    try:
        return raw.decode(codec)
    except (UnicodeError, ValueError, LookupError, OverflowError):
        return None


def _leniently(raw: bytes, codec: str) -> str | None:
    """The text where only a few bytes are broken, None where the charset plainly is another one."""
    try:
        text = raw.decode(codec, "replace")
    except (UnicodeError, ValueError, LookupError, OverflowError):
        return None
    broken = text.count("\ufffd")
    understood = len(raw) - len(raw.translate(None, delete=_HIGH)) - broken
    return text if understood > 3 * broken else None


def body_text(text: str) -> str:
    """A body with line ends as "\\n" and without the controls that no database or terminal wants."""
    return _CONTROLS.sub("", text.replace("\r\n", "\n").replace("\r", "\n"))


def one_line(text: str, limit: int = 2000) -> str:
    """A name or a subject: one line, nothing unseen in it, at most `limit` characters."""
    seen = _UNSEEN.sub(lambda found: " " if found.group()[0] in _BREAKS else "", text[: limit * 2])
    return seen.strip()[:limit]


def unfold(raw: bytes) -> bytes:
    """A header field's body on one line (RFC 5322 section 2.2.3)."""
    return raw.replace(b"\r", b"").replace(b"\n", b"").strip()


def decode_words(text: str) -> str:
    """Text with its encoded words (RFC 2047) decoded, tolerant of words that are cut inside a character.

    Neighbouring words of one charset are joined as bytes first, because many clients split a character
    over two words; white space between two encoded words is dropped, as the RFC asks.
    """
    if "=?" not in text:
        return text
    pieces: list[str] = []
    waiting = b""
    waiting_charset = ""
    position = 0
    after_word = False
    for word in _ENCODED_WORD.finditer(text):
        between = text[position : word.start()]
        if not (after_word and not between.strip()):
            pieces.append(decode(waiting, waiting_charset) if waiting else "")
            waiting = b""
            pieces.append(between)
        charset = word.group(1).split("*", 1)[0].lower()  # RFC 2231 section 5: a language may follow
        content = _word_bytes(word.group(2), word.group(3))
        if waiting and charset != waiting_charset:
            pieces.append(decode(waiting, waiting_charset))
            waiting = b""
        waiting += content
        waiting_charset = charset
        position = word.end()
        after_word = True
    pieces.append(decode(waiting, waiting_charset) if waiting else "")
    pieces.append(text[position:])
    return "".join(pieces)


def _word_bytes(kind: str, content: str) -> bytes:
    raw = content.encode("utf-8", "replace")
    if kind in "bB":
        return from_base64(raw)
    return binascii.a2b_qp(raw, header=True)


def from_base64(raw: bytes) -> bytes:
    """Base64 as far as it goes: foreign characters skipped, missing padding supplied, pieces joined."""
    padding = raw.find(b"=")
    if padding < 0 or (len(raw) - padding < 1_000 and not raw[padding:].strip(b"=\r\n\t ")):
        try:
            return binascii.a2b_base64(raw)  # it skips what is foreign itself, without a copy
        except binascii.Error:
            pass  # a piece is missing
    out = bytearray()
    for found, _ in zip(_PIECE.finditer(raw), range(_MOST_PIECES), strict=False):
        # padding in the middle: several encoded pieces were put together
        letters = found.group().translate(None, delete=_NOT_BASE64)
        spare = len(letters) % 4
        if spare == 1:
            letters = letters[:-1]
        elif spare:
            letters += b"=" * (4 - spare)
        if letters:
            out += binascii.a2b_base64(letters)
    return bytes(out)


def header_text(raw: bytes, limit: int = 16_384) -> str:
    """A header field's body as text, encoded words decoded, at most `limit` bytes of it read."""
    return decode_words(decode(unfold(raw[:limit])))

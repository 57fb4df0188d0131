"""The skeleton of a mail: header fields and parts, found by one walk over the bytes.

Written for mail from strangers: whatever the bytes are, a part comes back, in linear time and within fixed
bounds (depth, number of parts, number and length of header fields). What had to be left out or guessed is
named in `defects`. Nothing here looks into the meaning of a field; that is `reading`'s work.

The standard library's parser is not used on purpose: some of its policies raise on hostile input, need
minutes for a long subject or recurse without end on nested multiparts, and none of them gives back an
attachment's exact bytes.
"""

from __future__ import annotations

import binascii
import contextlib
import functools
import re
from collections.abc import Iterator
from dataclasses import dataclass, field

from mailbot.postroom import charsets

MAX_DEPTH = 40
MAX_PARTS = 1_000
MAX_FIELDS = 2_000
MAX_FIELD_BYTES = 65_536
MAX_TEXT_BYTES = 8_000_000
_MAX_UU_LINES = 400_000

_META_CHARSET = re.compile(rb"<meta\s[^>]{0,200}charset\s{0,3}=\s{0,3}[\"']?([\w-]{1,40})", re.IGNORECASE)
_FIELD_START = re.compile(rb"[!-9;-~]{1,200}[ \t]*:")
_PARAMETER = re.compile(
    r"""\s*([^\s=;"]{1,100})\s*=\s*(?:"((?:[^"\\]|\\.)*)"?|([^;]*))[^;]*""",
    re.DOTALL,
)
_CONTINUED = re.compile(r"^(.+?)\*(\d{1,3})?(\*)?$")
_DELIMITER_TAIL = re.compile(rb"(--)?[ \t]*(?:\r?\n|\r?\Z)")
_GUESSED_BOUNDARY = re.compile(rb"^[ \t\r\n]*--([^\s-][^\r\n]{0,198}?|-+[^\s-][^\r\n]{0,190}?)[ \t]*\r?\n")


@dataclass(frozen=True)
class Field:
    """One header field. `name` is lower-cased, `raw` is its unparsed body, folds included."""

    name: str
    raw: bytes

    def text(self) -> str:
        return charsets.one_line(charsets.header_text(self.raw), 16_384)


@dataclass(frozen=True)
class Part:
    """A leaf or a multipart. `raw` is a leaf's body as it stood in the mail, still encoded for transport."""

    fields: tuple[Field, ...]
    content_type: str
    parameters: dict[str, str]
    raw: bytes = field(repr=False)
    parts: tuple[Part, ...] = ()

    @functools.cached_property
    def named(self) -> dict[str, list[Field]]:
        """The fields by their lower-cased names, topmost first."""
        found: dict[str, list[Field]] = {}
        for one in self.fields:
            found.setdefault(one.name, []).append(one)
        return found

    def first(self, name: str) -> bytes:
        """Body of the topmost field of this (lower-cased) name, b"" where there is none."""
        return next((f.raw for f in self.fields if f.name == name), b"")

    def walk(self) -> Iterator[Part]:
        """This part and all inside it, in their order. The depth is bounded, so recursion is too."""
        yield self
        for inner in self.parts:
            yield from inner.walk()

    def leaves(self) -> Iterator[Part]:
        """The parts that hold something themselves."""
        return (part for part in self.walk() if not part.parts)

    @property
    def disposition(self) -> str:
        return value_of(self.first("content-disposition"))

    @property
    def filename(self) -> str:
        """The name that the sender gave it, without folders, controls and reading-direction marks."""
        given = parameters_of(self.first("content-disposition")).get("filename") or self.parameters.get(
            "name", ""
        )
        name = charsets.one_line(charsets.decode_words(given), 1_000)
        return re.split(r"[/\\]", name)[-1].strip()[:200] if name.strip(". ") else ""

    def content(self, most: int | None = None) -> bytes:
        """The body with its transfer encoding undone. Tolerant: what cannot be undone stays as it is.

        `most`: no more than about so many bytes are wanted, and only so much is undone.
        """
        encoding = value_of(self.first("content-transfer-encoding"))
        raw = self.raw
        if encoding == "base64":
            return charsets.from_base64(raw if most is None else raw[: 2 * most])[:most]
        if encoding == "quoted-printable":
            return binascii.a2b_qp(raw if most is None else raw[: 3 * most])[:most]
        if encoding in ("uuencode", "x-uuencode", "uue", "x-uue"):
            return from_uuencode(raw)[:most]
        return raw if most is None or len(raw) <= most else raw[:most]

    def text(self, most: int = MAX_TEXT_BYTES) -> str:
        """The words of at most so many bytes."""
        content = self.content(most)
        declared = self.parameters.get("charset")
        if (
            self.content_type == "text/html"
            and not declared
            and (told := _META_CHARSET.search(content, 0, 4_000))
        ):
            declared = told.group(1).decode("ascii")
        return charsets.body_text(charsets.decode(content, declared))


def parse(raw: bytes) -> tuple[Part, tuple[str, ...]]:
    """The mail's outermost part, and what was odd about it."""
    walk, start = _begin(raw)
    top = walk.part(start, len(walk.raw), "text/plain", 0)
    return top, tuple(dict.fromkeys(walk.defects))


def parse_head(raw: bytes) -> Part:
    """The header fields of the mail's outermost part, and nothing of what is in it."""
    walk, start = _begin(raw)
    fields, _ = walk.fields(start, len(walk.raw))
    return Part(fields, "text/plain", {}, b"")


def _begin(raw: bytes) -> tuple[_Walk, int]:
    if b"\n" not in raw:
        raw = raw.replace(b"\r", b"\n")  # kept by an old Mac: a bare CR ends the line
    return _Walk(raw), len(raw) - len(raw.lstrip(b" \t\r\n"))


def value_of(raw: bytes) -> str:
    """The first word of a structured field, lower-cased: "text/plain", "attachment", "base64"."""
    text = re.sub(r"\([^()]*\)", " ", charsets.decode(charsets.unfold(raw[:2_000])))
    return "".join(text.split(";", 1)[0].split()).strip("\"'").lower()


def parameters_of(raw: bytes) -> dict[str, str]:
    """Parameters of a structured field (RFC 2045 section 5.1), those in pieces (RFC 2231) put together."""
    text = charsets.decode(charsets.unfold(raw[:MAX_FIELD_BYTES]))
    plain: dict[str, str] = {}
    pieces: dict[str, list[tuple[int, bool, str]]] = {}
    position = text.find(";")
    while 0 <= position < len(text):
        found = _PARAMETER.match(text, position + 1)
        if found is None:
            position = text.find(";", position + 1)
            continue
        name = found.group(1).lower()
        quoted = found.group(2)
        value = re.sub(r"\\(.)", r"\1", quoted) if quoted is not None else found.group(3).strip()
        continued = _CONTINUED.match(name)
        if continued:
            number = int(continued.group(2) or 0)
            encoded = bool(continued.group(3)) or continued.group(2) is None  # "name*": one piece, encoded
            pieces.setdefault(continued.group(1), []).append((number, encoded, value))
        else:
            plain.setdefault(name, value)
        position = text.find(";", found.end())
    for name, split in pieces.items():
        plain[name] = _joined(sorted(split, key=lambda piece: piece[0]))
    return plain


def _joined(pieces: list[tuple[int, bool, str]]) -> str:
    charset = ""
    content = b""
    for index, (_, encoded, value) in enumerate(pieces):
        if encoded and index == 0 and value.count("'") >= 2:
            charset, _, value = value.split("'", 2)
        content += _unpercent(value) if encoded else value.encode("utf-8", "replace")
    return charsets.decode(content, charset or None)


def _unpercent(value: str) -> bytes:
    return re.sub(
        rb"%([0-9A-Fa-f]{2})",
        lambda found: bytes([int(found.group(1), 16)]),
        value.encode("utf-8", "replace"),
    )


def from_uuencode(raw: bytes) -> bytes:
    """The file of a uuencoded text, as far as it goes; lines that are none are passed over."""
    out = bytearray()
    position = 0
    for _ in range(_MAX_UU_LINES):
        ends = raw.find(b"\n", position)
        line = raw[position : ends if ends >= 0 else len(raw)].rstrip(b"\r")
        if line.startswith(b"begin "):
            out.clear()
        elif line.strip() == b"end":
            break
        elif len(line) < 200:
            with contextlib.suppress(binascii.Error):
                out += binascii.a2b_uu(line)
        if ends < 0:
            break
        position = ends + 1
    return bytes(out)


class _Walk:
    """One reading of one mail: counts parts, notes defects. The depth is bounded, so recursion is too."""

    def __init__(self, raw: bytes) -> None:
        self.raw = raw
        self.count = 0
        self.defects: list[str] = []

    def part(self, start: int, end: int, default_type: str, depth: int) -> Part:
        self.count += 1
        fields, body = self.fields(start, end)
        declared = next((f.raw for f in fields if f.name == "content-type"), b"")
        content_type = value_of(declared) if declared else default_type
        if content_type.count("/") != 1 or content_type.startswith("/") or content_type.endswith("/"):
            if declared:
                self.defects.append("content type unreadable")
            content_type = "text/plain"
        parameters = parameters_of(declared)
        if content_type.startswith("multipart/"):
            parts = self.multipart(body, end, content_type, parameters, depth)
            if parts:
                return Part(fields, content_type, parameters, b"", parts)
            return Part(fields, "text/plain", parameters, self.raw[body:end])
        return Part(fields, content_type, parameters, self.raw[body:end])

    def multipart(
        self, start: int, end: int, content_type: str, parameters: dict[str, str], depth: int
    ) -> tuple[Part, ...]:
        if depth >= MAX_DEPTH:
            self.defects.append(f"nested deeper than {MAX_DEPTH} parts")
            return ()
        boundary = parameters.get("boundary", "").encode("utf-8", "surrogateescape").rstrip()
        spans = self.spans(start, end, boundary) if boundary else []
        if not spans:
            guessed = _GUESSED_BOUNDARY.match(self.raw, start, min(end, start + 2_000))
            if guessed:
                spans = self.spans(start, end, guessed.group(1).rstrip())
            self.defects.append("multipart without its boundary")
        inner = "message/rfc822" if content_type == "multipart/digest" else "text/plain"
        parts = []
        for first, last in spans:
            if self.count >= MAX_PARTS:
                self.defects.append(f"more than {MAX_PARTS} parts")
                break
            parts.append(self.part(first, last, inner, depth + 1))
        return tuple(parts)

    def spans(self, start: int, end: int, boundary: bytes) -> list[tuple[int, int]]:
        """Where the parts between the delimiter lines of this boundary begin and end.

        The line end before a delimiter line belongs to the delimiter (RFC 2046 section 5.1.1).
        """
        spans: list[tuple[int, int]] = []
        opened: int | None = None
        for at, after, closing in self.delimiters(start, end, b"--" + boundary):
            if opened is not None:
                stop = at - 1 if self.raw[at - 1 : at] == b"\n" else at
                stop = stop - 1 if self.raw[stop - 1 : stop] == b"\r" else stop
                spans.append((opened, max(opened, stop)))
            opened = None if closing else after
            if closing or len(spans) > MAX_PARTS:
                break
        if opened is not None and opened < end:
            self.defects.append("multipart without its end")
            spans.append((opened, end))
        return spans

    def delimiters(self, start: int, end: int, delimiter: bytes) -> Iterator[tuple[int, int, bool]]:
        """(start of the line, start of the next line, is it the last one) of each delimiter line."""
        position = start if self.raw.startswith(delimiter, start) else self.next_line(start, end, delimiter)
        while 0 <= position < end:
            tail = _DELIMITER_TAIL.match(self.raw, position + len(delimiter), end)
            if tail:
                yield position, tail.end(), bool(tail.group(1))
            position = self.next_line(position + 1, end, delimiter)

    def next_line(self, position: int, end: int, beginning: bytes) -> int:
        found = self.raw.find(b"\n" + beginning, max(position - 1, 0), end)
        return found + 1 if found >= 0 else -1

    def fields(self, start: int, end: int) -> tuple[tuple[Field, ...], int]:
        """The header fields from here on, and where the body starts."""
        raw = self.raw
        found: list[Field] = []
        position = start
        while position < end:
            line_end = raw.find(b"\n", position, end)
            line_end = end if line_end < 0 else line_end + 1
            if raw[position : min(line_end, position + 3)] in (b"\n", b"\r\n", b"\r"):
                return tuple(found), line_end
            if not _FIELD_START.match(raw, position, line_end):
                if found and self.field_follows(line_end, end):
                    self.defects.append("a line in the header is no field")
                    position = line_end
                    continue
                if not found and raw.startswith((b"From ", b">From "), position):
                    position = line_end  # the separator of a mailbox file
                    continue
                if found:
                    self.defects.append("no empty line between header and body")
                return tuple(found), position
            after = line_end
            while after < end and raw[after : after + 1] in (b" ", b"\t"):
                next_end = raw.find(b"\n", after, end)
                after = end if next_end < 0 else next_end + 1
            name, _, body = raw[position : min(after, position + MAX_FIELD_BYTES)].partition(b":")
            if len(found) < MAX_FIELDS:
                found.append(Field(name.strip().decode("ascii", "replace").lower(), body))
            else:
                self.defects.append(f"more than {MAX_FIELDS} header fields")
            position = after
        return tuple(found), end

    def field_follows(self, position: int, end: int) -> bool:
        """Whether the next line is a header field again, so that the one before was only a slip."""
        found = _FIELD_START.match(self.raw, position, min(end, position + 300))
        return found is not None and found.group().rstrip(b": \t").lower() in _KNOWN_FIELDS


_KNOWN_FIELDS = frozenset(
    b"received return-path delivered-to date from to cc subject message-id mime-version content-type "
    b"reply-to content-transfer-encoding content-disposition in-reply-to references x-mailer user-agent "
    b"sender dkim-signature authentication-results received-spf x-received list-id precedence "
    b"auto-submitted".split()
)

"""From bytes to a `Mail`: who wrote, when, about what, which words, which attachments.

`read` is total: any bytes give a `Mail`, never an exception, in time linear in their number. What could not
be read is named in `Mail.defects`, and the raw bytes are kept by whoever called. Nothing is fetched, nothing
is unpacked, nothing is run. Reading judges nobody: whether a mail may be answered is `screening`'s question,
who really sent it is `trust`'s.

Three choices that matter to residents:

- `text` is everything that was written, history included, whatever `new_text` makes of it.
- A first contact is never stripped: only a reply has a history, and a forwarded mail is what the sender wants
  us to read.
- The sender is the From address. Reply-To is where an answer may go, and never who somebody is.
"""

from __future__ import annotations

import datetime as dt
import email.utils
import hashlib
import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass, field

from mailbot.postroom import charsets, hypertext, lookalikes, mime, newtext, opening

MAX_ADDRESSES = 200
MAX_IDS = 200
MAX_TEXT_CHARS = 500_000
MAX_LINES = 50_000
MAX_ENCLOSED = 5
MAX_ENCLOSED_BYTES = 2_000_000
_ENCLOSED_DEPTH = 3  # forwarded mails in forwarded mails that are still read into the text


@dataclass(frozen=True)
class Address:
    """A mailbox. `address` is lower-cased and syntactically sound, `name` is on one line and may be ""."""

    name: str
    address: str


@dataclass(frozen=True)
class Attachment:
    """A file that came along. `name` has no folders and may be "", `size` is in bytes, `sha256` in hex."""

    name: str
    content_type: str
    size: int
    sha256: str
    content: bytes = field(repr=False)


@dataclass(frozen=True)
class Enclosed:
    """A mail inside a mail (message/rfc822): a resident's own one that somebody sent on. Claims, all of it."""

    sender: Address | None
    subject: str
    date: dt.datetime | None
    message_id: str
    text: str = field(repr=False)


@dataclass(frozen=True, repr=False)
class Mail:
    """A mail as we read it. Its repr shows no personal data, because reprs end up in logs."""

    message_id: str  # "<...>", "" where there is none
    in_reply_to: tuple[str, ...]
    references: tuple[str, ...]
    sender: Address | None  # From
    reply_to: tuple[Address, ...]
    to: tuple[Address, ...]
    cc: tuple[Address, ...]
    subject: str
    date: dt.datetime | None  # what the Date header says, aware; clocks run from receipt instead
    text: str
    new_text: str
    is_reply: bool
    html: bool  # the text was had from HTML because there was no other
    attachments: tuple[Attachment, ...]
    defects: tuple[str, ...]
    fingerprint: str  # the same for the same mail by another way, see `_fingerprint`
    delivered_to: tuple[str, ...]  # every address that it names as its destination, plus-parts included
    structure: mime.Part = field(compare=False)
    raw: bytes
    sealed: opening.Sealed = ""  # signed or encrypted with S/MIME or PGP; a signature is not checked
    message_class: str = (
        ""  # what a winmail.dat calls itself: "IPM.Note", "IPM.Note.Rules.OofTemplate.Microsoft"
    )
    enclosed: tuple[Enclosed, ...] = ()  # mails inside this one, outermost first
    own_words: str = ""  # without a quoted word: what may go on to a third person, see `newtext.own_words`
    answers_within: bool = False  # it says that more of them stands within what it quotes
    whole_text: str = ""  # `text`, and the words of a letter that a report returns
    links: tuple[tuple[str, str], ...] = ()  # (words, host) of links that the text does not show
    warnings: tuple[str, ...] = ()  # what a person should know: a sender or a link that looks like another

    def __repr__(self) -> str:
        return f"<Mail {self.fingerprint[:12]}, {len(self.raw)} bytes>"

    def header(self, name: str) -> tuple[str, ...]:
        """All fields of this name, decoded, topmost first (at most 200, each of at most 16 KB)."""
        return tuple(f.text() for f in self.structure.named.get(name.lower(), ())[:200])


def read(raw: bytes) -> Mail:
    """Read a mail. Total: any bytes give a `Mail`."""
    try:
        return _read(raw)
    except Exception as error:
        # Everything above is written not to raise; this net is for what nobody thought of. The mail is then
        # shown to a person with its raw text, and its clock still runs.
        return _unreadable(raw, type(error).__name__)


def _read(raw: bytes) -> Mail:
    parsed, defects = mime.parse(raw)
    wrapping = opening.opened(parsed)
    top = wrapping.top
    defects += wrapping.defects
    sealed = wrapping.sealed
    subject = charsets.one_line(charsets.header_text(top.first("subject")))
    in_reply_to = _ids(top, "in-reply-to")
    references = _ids(top, "references")
    is_reply = _is_reply(subject, bool(in_reply_to or references))
    if top.first("x-forwarded-message-id") and not _REPLY_PREFIX.match(subject):
        is_reply = False  # Thunderbird sends a mail on, under whatever subject
    forwards = not is_reply and bool(_FORWARD_PREFIX.match(subject))
    if not top.parts and top.content_type in _WORDED_TYPES:
        # A mail of one part is words, even where that part has a file name.
        marked, html = _words_of(top, _How(False, _much_hypertext(top)))
        attachments: tuple[Attachment, ...] = ()
    else:
        marked, html = _text_of(top, 0, _How(forwards, _much_hypertext(top)))
        attachments = tuple(_attachment(part) for part in _attached(top))
    if marked.count("\n") > MAX_LINES:
        marked = "\n".join(marked[:MAX_TEXT_CHARS].split("\n", MAX_LINES)[:MAX_LINES])
        defects += (f"text cut after {MAX_LINES} lines",)
    if len(marked) > MAX_TEXT_CHARS:
        marked = marked[:MAX_TEXT_CHARS]
        defects += (f"text cut after {MAX_TEXT_CHARS} characters",)
    if any(
        len(leaf.raw) > hypertext.MAX_HTML_CHARS for leaf in top.leaves() if leaf.content_type == "text/html"
    ):
        defects += (f"HTML read up to {hypertext.MAX_HTML_CHARS} characters",)
    marked, armour = opening.unarmoured(marked)
    sealed = sealed or armour
    text = hypertext.unmarked(marked)
    senders = _addresses(top, "from")
    if not senders:
        defects += ("no sender",)
    if not text.strip():
        defects += ("no words",)
    date = _date(charsets.header_text(top.first("date")))
    defects += _oddities(top, date)
    if sealed == "encrypted":
        defects += ("encrypted",)
    warned = lookalikes.warnings_of(senders[0].name, senders[0].address, top.first("from")) if senders else ()
    pages = (leaf for leaf in top.leaves() if leaf.content_type == "text/html" and not _is_file(leaf))
    links: tuple[tuple[str, str], ...] = ()
    for page, _ in zip(pages, range(5), strict=False):
        hypertexts = page.text(500_000)
        warned += lookalikes.false_links(hypertexts)
        links += lookalikes.hidden_links(hypertexts)
    marks = marked != text
    own, within = newtext.own_words(marked) if is_reply or marks else (text, False)
    return Mail(
        message_id=next(iter(_ids(top, "message-id")), ""),
        in_reply_to=in_reply_to,
        references=references,
        sender=senders[0] if senders else None,
        reply_to=_addresses(top, "reply-to"),
        to=_addresses(top, "to"),
        cc=_addresses(top, "cc"),
        subject=subject,
        date=date,
        text=text,
        new_text=newtext.new_text(marked) if is_reply else text,
        own_words=own,
        answers_within=within,
        is_reply=is_reply,
        html=html,
        attachments=attachments,
        defects=defects,
        fingerprint=_fingerprint(top, senders, subject, date, text, attachments),
        delivered_to=_delivered_to(top),
        structure=top,
        raw=raw,
        sealed=sealed,
        message_class=wrapping.message_class,
        enclosed=tuple(_enclosed_mails(top)),
        whole_text=_with_enclosed(top, text),
        links=links,
        warnings=warned,
    )


def _unreadable(raw: bytes, cause: str) -> Mail:
    text = charsets.body_text(charsets.decode(raw[:MAX_TEXT_CHARS]))
    return Mail(
        message_id="",
        in_reply_to=(),
        references=(),
        sender=None,
        reply_to=(),
        to=(),
        cc=(),
        subject="",
        date=None,
        text=text,
        new_text=text,
        is_reply=False,
        html=False,
        attachments=(),
        defects=(f"unreadable ({cause})",),
        fingerprint=hashlib.sha256(raw).hexdigest(),
        delivered_to=(),
        structure=mime.Part((), "text/plain", {}, b""),
        raw=raw,
        whole_text=text,
    )


# ------------------------------------------------------------------ replies, ids, dates

_REPLY_PREFIX = re.compile(
    r"^\s*(?:re|aw|antw|antwort|sv|vs|odp|rif|r|ref|ynt|res|rv|回复|回覆|答复|返信|vb|bls|atb|blz|hа|на|отв)"
    r"\s*(?:\[\d{1,3}\]|\(\d{1,3}\)|\^\d{1,3})?\s*[:：]",
    re.IGNORECASE,
)
_FORWARD_PREFIX = re.compile(
    r"^\s*(?:fwd?|fw|wg|tr|rv|doorst|vs|vb|enc|i|pd|vl|转发|轉寄|転送|videresendt|vidarebefordrat)\s*[:：]",
    re.IGNORECASE,
)


def _is_reply(subject: str, refers: bool) -> bool:
    """Whether the mail answers another one. A forwarded mail refers too (Gmail, Outlook) and is none."""
    if _FORWARD_PREFIX.match(subject) and not _REPLY_PREFIX.match(subject):
        return False
    return refers or bool(_REPLY_PREFIX.match(subject))


def _ids(part: mime.Part, name: str) -> tuple[str, ...]:
    """Message identifiers of a field, in order, without repeats (RFC 5322 section 3.6.4)."""
    text = charsets.header_text(part.first(name), 65_536)
    found = re.findall(r"<\s*([^<>]{1,998}?)\s*>", text)
    if not found and name == "message-id":
        found = re.findall(r"[^\s<>]{1,400}@[^\s<>]{1,400}", text)[:1]
    cleaned = (f"<{''.join(one.split())}>" for one in found)
    return tuple(dict.fromkeys(cleaned))[:MAX_IDS]


def _date(text: str) -> dt.datetime | None:
    """The moment that a Date field names, None where it is unreadable. "-0000" is read as UTC."""
    try:
        found = email.utils.parsedate_to_datetime(text[:200])
        found = found if found.tzinfo else found.replace(tzinfo=dt.UTC)
        found.astimezone(dt.UTC)
    except (ValueError, TypeError, IndexError, OverflowError, AttributeError):
        return None
    return found


_ONLY_ONCE = ("from", "subject", "date", "message-id", "to", "reply-to")  # RFC 5322 section 3.6


def _oddities(top: mime.Part, date: dt.datetime | None) -> tuple[str, ...]:
    """Fields that stand twice, and dates that nobody can have written on."""
    names = [one.name for one in top.fields]
    found = [f"several {name} fields" for name in _ONLY_ONCE if names.count(name) > 1]
    if date is not None:
        arrived = _date(charsets.header_text(top.first("received")).rpartition(";")[2])
        if arrived is not None and 1995 <= arrived.year <= 2090:
            absurd = abs(date - arrived) > dt.timedelta(days=30)
        else:
            absurd = not 1995 <= date.year <= 2090
        if absurd:
            found.append(f"absurd date ({date.year})")
    return tuple(found)


# ------------------------------------------------------------------ addresses

_LOCAL = r"[^\s@<>,;:\"()\[\]\\\x00-\x1f\x7f]{1,200}"
_DOMAIN = r"(?:[^\W_](?:[\w-]{0,62}[^\W_])?\.){0,20}[^\W_](?:[\w-]{0,62}[^\W_])?"
_SOUND = re.compile(rf"^{_LOCAL}@(?:{_DOMAIN}|\[[0-9A-Fa-f:.IPv]{{3,60}}\])\.?$")
_BARE = re.compile(r"[^\s<>,;:\"()\[\]\\@']{1,64}@[\w.-]{1,255}")
_TOKEN = re.compile(r'"(?:[^"\\]|\\.){0,500}"|<[^<>]*>|[(),;:<>"]|[^"<>(),;:]+', re.DOTALL)


def sound_address(text: str) -> str:
    """The address lower-cased, "" where it is none that mail could be sent to."""
    bare = text.strip().strip("<>").strip().removeprefix("mailto:")
    local, at, domain = bare.rpartition("@")
    if at and local.startswith('"') and local.endswith('"'):
        local = local[1:-1]
    bare = f"{local}@{domain.rstrip('.')}".lower()
    return bare if len(bare) <= 320 and _SOUND.match(bare) else ""


def addresses_in(text: str) -> tuple[Address, ...]:
    """The mailboxes of an address list (RFC 5322 section 3.4), groups flattened, semicolons taken as commas.

    Written anew because the standard library's parser recurses on nested comments and changed its answers
    between patch releases. What has no address at all is looked through for anything that looks like one.
    """
    found: list[Address] = []
    words: list[str] = []
    comments: list[str] = []
    angled = ""
    depth = 0

    def close() -> None:
        nonlocal angled
        bare = angled or "".join(words)
        address = sound_address(bare)
        if not address and not angled:
            loose = _BARE.search(" ".join(words))
            address = sound_address(loose.group()) if loose else ""
        if address:
            name = "".join(words) if angled else " ".join(comments)
            found.append(Address(_display_name(name), address))
        words.clear()
        comments.clear()
        angled = ""

    for match in _TOKEN.finditer(text):
        token = match.group()
        if token == "(":
            depth += 1
        elif token == ")":
            depth = max(0, depth - 1)
        elif depth:
            comments.append(token)
        elif token in (",", ";"):
            close()
            if len(found) >= MAX_ADDRESSES:
                return tuple(found)
        elif token == ":":
            if not angled and "@" not in "".join(words):
                words.clear()  # the name of a group: its members follow
        elif token.startswith("<") and token.endswith(">") and len(token) > 1:
            angled = angled or token[1:-1]
        elif token.startswith('"') and len(token) > 1:
            words.append(
                token if _addressed_next(text, match.end()) else re.sub(r"\\(.)", r"\1", token[1:-1])
            )
        elif token not in ("<", ">", '"'):
            words.append(token)
    close()
    if not found:
        loose = _BARE.search(text)
        address = sound_address(loose.group()) if loose else ""
        if address:
            found.append(Address("", address))
    return tuple(found)


def _addressed_next(text: str, position: int) -> bool:
    """A quoted string right before "@" is a local part, not a name."""
    return text.startswith("@", position)


def _display_name(name: str) -> str:
    return charsets.one_line(charsets.decode_words(" ".join(name.split())), 200).strip("\"' ")


def _addresses(part: mime.Part, name: str) -> tuple[Address, ...]:
    found: list[Address] = []
    for one in part.fields:
        if one.name == name and len(found) < MAX_ADDRESSES:
            text = charsets.decode(charsets.unfold(one.raw[:16_384]))
            here = addresses_in(text)
            if not here and "=?" in text:
                here = addresses_in(charsets.decode_words(text))  # the whole field was encoded
            found += here
    return tuple(dict.fromkeys(found))[:MAX_ADDRESSES]


@dataclass(frozen=True)
class Head:
    """What the first bytes of a mail tell of who wrote it and which other mails it speaks of."""

    sender: str = ""
    subject: str = ""
    refers_to: tuple[str, ...] = ()
    delivered_to: tuple[str, ...] = ()


def read_head(raw: bytes) -> Head:
    """Total, as `read` is: any bytes give a `Head`."""
    try:
        top = mime.parse_head(raw)
        refers = (*_ids(top, "in-reply-to"), *_ids(top, "references"))
        subject = charsets.one_line(charsets.header_text(top.first("subject")))
        return Head(sender_in(top), subject, tuple(dict.fromkeys(refers)), _delivered_to(top))
    except Exception:  # a net, as in `read`: no stranger's mail keeps others from being taken in hand
        return Head()


def sender_in(top: mime.Part) -> str:
    """The address of the first author, "" where there is none."""
    return next((address.address for address in _addresses(top, "from")), "")


def _delivered_to(top: mime.Part) -> tuple[str, ...]:
    names = ("delivered-to", "x-original-to", "envelope-to", "x-envelope-to", "to", "cc")
    return tuple(dict.fromkeys(a.address for name in names for a in _addresses(top, name)))


# ------------------------------------------------------------------ text

_WORDED_TYPES = frozenset({"text/plain", "text/html", "text/enriched", "text/markdown"})
_NEEDS_HTML = re.compile(r"\bhtml\b", re.IGNORECASE)


@dataclass(frozen=True)
class _How:
    """How the words are taken: of a forwarded mail the enclosed ones too; crudely where there is much HTML."""

    forwarded: bool
    crude: bool
    everything: bool = False  # the words of enclosed mails too, whatever they are there for


def _much_hypertext(top: mime.Part) -> bool:
    """More HTML, in all parts together, than can be laid out in the time that a mail may take."""
    pages = [leaf for leaf in top.leaves() if leaf.content_type == "text/html"]
    return (
        sum(len(page.raw) for page in pages) > hypertext.MAX_LAYOUT_CHARS
        or sum(page.raw.count(b"<") for page in pages) > hypertext.MAX_LAYOUT_TAGS
    )


def _text_of(part: mime.Part, depth: int, how: _How) -> tuple[str, bool]:
    """The words of a part (marks of `hypertext` included), and whether they were had from HTML alone.

    An enclosed mail is read where it is what the sender wants to say: forwarded by the subject, or the
    only words there are. Else it is an attachment like any other.
    """
    if part.content_type == "multipart/alternative":
        return _best_alternative(part, depth, how)
    if part.parts:
        texts = [_text_of(inner, depth, how) for inner in part.parts]
        spoken = [(text, html) for text, html in texts if text.strip()]
        if (
            not spoken
            and not how.forwarded
            and part.content_type not in ("multipart/report", "multipart/digest")
        ):
            enclosed = next((p for p in part.parts if p.content_type == "message/rfc822"), None)
            return _enclosed(enclosed, depth, how) if enclosed else ("", False)
        return "\n".join(text for text, _ in spoken), bool(spoken) and all(html for _, html in spoken)
    if part.content_type == "message/rfc822":
        if how.forwarded or how.everything:
            return _enclosed(part, depth, how, headed=how.forwarded)
        return "", False
    return ("", False) if _is_file(part) else _words_of(part, how)


def _words_of(leaf: mime.Part, how: _How) -> tuple[str, bool]:
    if leaf.content_type == "text/html":
        return hypertext.marked_text(leaf.text(), crude=how.crude), True
    text = leaf.text(5 * MAX_TEXT_CHARS)[: MAX_TEXT_CHARS + 1]  # a letter is four bytes at most
    if leaf.content_type == "text/enriched":
        return hypertext.enriched_words(text), False
    if leaf.parameters.get("format", "").lower() == "flowed":
        text = unflowed(text, leaf.parameters.get("delsp", "").lower() == "yes")
    return text, False


def _best_alternative(part: mime.Part, depth: int, how: _How) -> tuple[str, bool]:
    """The plain one of several wordings; the HTML where the plain one only says that there is HTML."""
    texts = [_text_of(inner, depth, how) for inner in part.parts if inner.content_type != "text/html"]
    plain = next((text for text, html in texts if text.strip() and not html), "")
    if plain and not (len(plain) < 300 and _NEEDS_HTML.search(plain)):
        return plain, False
    hypertexts = [_text_of(inner, depth, how) for inner in part.parts if inner.content_type == "text/html"]
    rich = next((text for text, _ in [*hypertexts, *texts] if text.strip()), "")
    if rich and (not plain or len(rich) > 2 * len(plain)):
        return rich, True
    return plain, False


def _enclosed(part: mime.Part, depth: int, how: _How, headed: bool = False) -> tuple[str, bool]:
    """The words of an enclosed mail, `headed` in the shape in which mail programs forward one."""
    if depth >= _ENCLOSED_DEPTH:
        return "", False
    inner, _ = mime.parse(part.content(4 * MAX_ENCLOSED_BYTES))
    inner = opening.opened(inner).top
    how = _How(headed, how.crude or _much_hypertext(inner), how.everything)
    text, html = _text_of(inner, depth + 1, how)
    if not headed:
        return text, html
    lines = ["", "---------- Forwarded message ----------"]
    for name in ("From", "Date", "Subject", "To"):
        value = charsets.one_line(charsets.header_text(inner.first(name.lower())), 500)
        if value:
            lines.append(f"{name}: {value}")
    return "\n".join([*lines, "", text.strip("\n"), ""]), html


def _with_enclosed(top: mime.Part, text: str) -> str:
    """The text, and in a report the words of the mail that it returns."""
    if not any(part.content_type == "multipart/report" for part in top.walk()):
        return text
    everything, _ = _text_of(top, 0, _How(False, _much_hypertext(top), everything=True))
    everything = hypertext.unmarked(everything)[:MAX_TEXT_CHARS]
    return everything if len(everything) > len(text) else text


def _enclosed_mails(top: mime.Part) -> Iterator[Enclosed]:
    """The mails inside, as far as somebody sent them on: what a report returns is our own."""
    if top.content_type == "multipart/report":
        return
    found = (leaf for leaf in top.leaves() if leaf.content_type == "message/rfc822")
    for leaf, _ in zip(found, range(MAX_ENCLOSED), strict=False):
        inner, _ = mime.parse(leaf.content(MAX_ENCLOSED_BYTES))
        inner = opening.opened(inner).top
        marked, _ = _text_of(inner, 1, _How(False, True))
        senders = _addresses(inner, "from")
        yield Enclosed(
            senders[0] if senders else None,
            charsets.one_line(charsets.header_text(inner.first("subject"))),
            _date(charsets.header_text(inner.first("date"))),
            next(iter(_ids(inner, "message-id")), ""),
            hypertext.unmarked(opening.unarmoured(marked)[0]),
        )


def unflowed(text: str, delsp: bool = False) -> str:
    """Paragraphs of format=flowed put together again, per depth of quoting (RFC 3676 section 4)."""
    paragraphs: list[list[str]] = []
    open_depth: int | None = None
    for line in text.split("\n"):
        depth = len(line) - len(line.lstrip(">"))
        words = line[depth:].removeprefix(" ")
        is_signature = words == "-- "
        flows = words.endswith(" ") and not is_signature
        kept = words[:-1] if flows and delsp else words
        if open_depth == depth and not is_signature:
            paragraphs[-1].append(kept)
        else:
            paragraphs.append([(">" * depth + " " if depth else "") + kept])
        open_depth = depth if flows else None
    return "\n".join("".join(pieces) for pieces in paragraphs)


# ------------------------------------------------------------------ attachments


def _is_file(part: mime.Part) -> bool:
    """Whether a leaf is a file that came along, and not words of the mail."""
    if part.disposition == "attachment" or part.filename:
        return True
    return part.content_type not in _WORDED_TYPES


def _attached(part: mime.Part, in_report: bool = False) -> Iterator[mime.Part]:
    for inner in part.parts:
        yield from _attached(inner, in_report or part.content_type == "multipart/report")
    if not part.parts and _is_file(part):
        returned = part.content_type.startswith("message/") or part.content_type == "text/rfc822-headers"
        if not (in_report and returned):
            yield part


def _attachment(part: mime.Part) -> Attachment:
    content = part.content()
    name = part.filename
    if not name and part.content_type == "message/rfc822":
        inner, _ = mime.parse(content[:65_536])
        subject = charsets.one_line(charsets.header_text(inner.first("subject")), 80)
        name = (re.sub(r"[^\w .-]+", " ", subject).strip() or "mail") + ".eml"
    return Attachment(name, part.content_type, len(content), hashlib.sha256(content).hexdigest(), content)


# ------------------------------------------------------------------ the same mail by another way

_REWRITTEN = b"\x00\x80\r"  # servers turn CRLF into LF, and NUL into 0x80 or nothing


def _fingerprint(
    top: mime.Part,
    senders: tuple[Address, ...],
    subject: str,
    date: dt.datetime | None,
    text: str,
    attachments: tuple[Attachment, ...],
) -> str:
    """A hash that is equal for the same mail by another way: another mailbox, another server, a copy.

    So it knows nothing of To, Received or Delivered-To, and nothing of the Message-ID either (a relay invents
    one where the sender sent none, and each relay its own). Of the text only letters and digits count.
    """
    moment = date.astimezone(dt.UTC).isoformat() if date else charsets.header_text(top.first("date"))
    words = re.sub(r"[\W_]+", "", unicodedata.normalize("NFKC", text).casefold())
    seal = hashlib.sha256()
    for piece in (senders[0].address if senders else "", moment, subject, words):
        seal.update(piece.encode("utf-8", "replace") + b"\x00")
    for attachment in attachments:
        seal.update(hashlib.sha256(attachment.content.translate(None, delete=_REWRITTEN)).digest())
    return seal.hexdigest()

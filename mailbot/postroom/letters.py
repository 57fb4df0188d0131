"""Letters: facts and templates become the bytes of one mail.

What people read lies in `templates/`: one folder a letter (subject.txt, text.txt, html.html) and
letters.toml, which says for each letter who reads it, whether a machine or a person speaks, and the facts
that it takes. This module promises that

- a letter with a missing, unknown or unusable fact is a `LetterMistake`, never a letter with a hole in it;
- a letter that lacks what it must hold (its form and the policy say what) is a `LetterMistake` too;
- a letter for residents goes to residents and a letter for staff never does;
- what strangers wrote is always data: escaped in HTML, never a template, never able to begin a header line;
- Message-ID, In-Reply-To and References leave exactly as they came (the standard library encodes and cuts
  long ones, python/cpython#79986), so that a thread holds together in every mail client;
- the same order gives the same bytes, so a letter can be written again after a crash.

It sends nothing (see `smtp`) and decides nothing. The MIME is put together by hand: a tenth of the time that
`email.message.EmailMessage` takes, and every line of it is one that we chose (RFC 5322, 2045 to 2047, 2231
and 3834).
"""

from __future__ import annotations

import base64
import binascii
import datetime as dt
import functools
import hashlib
import re
import tomllib
import urllib.parse
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from email.utils import format_datetime
from enum import StrEnum
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import css_inline
from jinja2 import Environment, FileSystemLoader, StrictUndefined, Template, TemplateError
from markupsafe import Markup

from mailbot.casework.commands import CUT_LINE
from mailbot.casework.parts import Body, Landlord, Ombudsman
from mailbot.casework.vocabulary import Audience, Fact, Letter
from mailbot.postroom import tokens
from mailbot.postroom.contents import Held, lacking
from mailbot.postroom.own_templates import wrong_in

LONDON = ZoneInfo("Europe/London")
DAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
MONTHS = (
    *("January", "February", "March", "April", "May", "June"),
    *("July", "August", "September", "October", "November", "December"),
)
COMMON = ("reference", "stage_name", "resident_name", "automatic_note")  # every letter takes these
BY_MATTER = ("building_safety_regulator", "information_commissioner", "property_tribunal")
"""Bodies that only letters about their own matter name."""
KPI_GROUND = {"plain": "#f1f5f6", "red": "#fdeceb", "amber": "#fff4df", "green": "#e7f5ed"}
"""What a count stands on, told to Outlook as an attribute (templates/base/style.css says the same)."""
LONGEST_LINE = 900  # of a 7bit part; RFC 5321 4.5.3.1.6 allows 998
LONGEST_SUBJECT = 160  # characters, without the reference
MOST_REFERENCES = 100  # ids; the first and the latest ones are kept


class LetterMistake(ValueError):
    """A letter that can't be written as ordered, or a templates folder that isn't whole. Names letter and
    fact, never what the fact says."""


class Automatic(StrEnum):
    """Who speaks in a letter (RFC 3834 section 5)."""

    REPLIED = "replied"  # a machine answers a mail: Auto-Submitted: auto-replied
    GENERATED = "generated"  # a machine writes by itself: Auto-Submitted: auto-generated
    PERSON = "person"  # a person's words: no such header, an out-of-office may answer


@dataclass(frozen=True)
class Letterhead:
    """Who writes. `colour` is the landlord's, as #rrggbb: dark enough to carry white words. `bodies` are others
    who can help; those in `BY_MATTER` only with what is theirs."""

    landlord: Landlord
    ombudsman: Ombudsman | None  # None: whoever reads it has no way there (mrh 5.1.1)
    person_noun: str = "resident"
    colour: str = "#1d5b66"
    bodies: tuple[Body, ...] = ()

    def __post_init__(self) -> None:
        if not re.fullmatch(r"#[0-9a-fA-F]{6}", self.colour):
            raise LetterMistake(f"letterhead colour {self.colour!r}: write it as #rrggbb")
        # WCAG 2.2, 1.4.3: 4.5 to 1 against white
        parts = (int(self.colour[i : i + 2], 16) / 255 for i in (1, 3, 5))
        red, green, blue = (p / 12.92 if p <= 0.04045 else ((p + 0.055) / 1.055) ** 2.4 for p in parts)
        if 1.05 / (0.2126 * red + 0.7152 * green + 0.0722 * blue + 0.05) < 4.5:
            raise LetterMistake(
                f"letterhead colour {self.colour}: too light for white words, choose a darker one"
            )


@dataclass(frozen=True)
class Enclosure:
    """A file that goes along."""

    name: str
    content_type: str
    content: bytes


@dataclass(frozen=True)
class Picture:
    """A picture that the HTML shows: `<img src="cid:{name}">` (RFC 2392), a PNG."""

    name: str
    content: bytes


@dataclass(frozen=True)
class Order:
    """One letter to one person. `date` is aware; ids are with their angle brackets; `reply_to` may be ""."""

    letter: Letter
    audience: Audience
    to: str
    to_name: str
    person: str
    reference: str
    facts: Mapping[str, Fact]
    message_id: str
    in_reply_to: str
    references: tuple[str, ...]
    from_name: str
    from_address: str
    reply_to: str
    date: dt.datetime
    attachments: tuple[Enclosure, ...] = ()
    contains: tuple[str, ...] = ()  # what the policy asks this letter to hold
    pictures: tuple[Picture, ...] = ()


@dataclass(frozen=True)
class Written:
    """A letter, ready to hand over. `null_sender`: its envelope sender should be empty (RFC 3834, 3.3)."""

    raw: bytes
    subject: str
    text: str
    html: str
    null_sender: bool = False
    pictures: tuple[Picture, ...] = ()

    @property
    def page(self) -> str:
        """The HTML as a page of its own, its pictures in it: for a file or a test, mail programs drop such links."""
        page = self.html
        for one in self.pictures:
            page = page.replace(
                f"cid:{one.name}", f"data:image/png;base64,{base64.b64encode(one.content).decode()}"
            )
        return page


@dataclass(frozen=True)
class Form:
    """What letters.toml says of a letter. `clause` is why such a letter exists at all, `contains` what it must hold
    whatever the policy says."""

    letter: Letter
    audience: Audience
    automatic: Automatic
    null_sender: bool
    clause: str
    required: frozenset[str]
    optional: Mapping[str, Fact] = field(default_factory=dict)
    contains: tuple[str, ...] = ()


# ------------------------------------------------------------------ words in templates


def read_date(value: object) -> dt.datetime | dt.date:
    """An ISO date, or an ISO datetime as London sees it. Raises `ValueError`."""
    text = str(value)
    if len(text) <= 10:
        return dt.date.fromisoformat(text)
    moment = dt.datetime.fromisoformat(text)
    return moment.astimezone(LONDON) if moment.tzinfo else moment


def day(value: object) -> str:
    """Tuesday 30 December 2025"""
    d = read_date(value)
    return f"{DAYS[d.weekday()]} {d.day} {MONTHS[d.month - 1]} {d.year}"


def short_day(value: object) -> str:
    """Tue 30 Dec 2025"""
    d = read_date(value)
    return f"{DAYS[d.weekday()][:3]} {d.day} {MONTHS[d.month - 1][:3]} {d.year}"


def moment(value: object) -> str:
    """Tuesday 30 December 2025 at 14:05; without the time where none is known."""
    d = read_date(value)
    return f"{day(value)} at {d:%H:%M}" if isinstance(d, dt.datetime) else day(value)


ISO = re.compile(r"(?<![\w-])\d{4}-\d\d-\d\d(?:T\d\d:\d\d(?::\d\d(?:\.\d+)?)?(?:Z|[+-]\d\d:\d\d)?)?(?![\w-])")


def cell(value: object) -> str:
    """What stands in a table: a bare ISO date as Tue 30 Dec 2025, all else as it is (also what only looks
    like a date: a stranger may choose a subject line)."""
    text = str(value)
    try:
        return short_day(text) if re.fullmatch(r"\d{4}-\d\d-\d\d", text) else text
    except ValueError:
        return text


def said(value: object) -> str:
    """A sentence of the service with its ISO dates as people say them. Not for what residents wrote."""

    def spoken(found: re.Match[str]) -> str:
        try:
            return moment(found[0])
        except ValueError:
            return found[0]

    return ISO.sub(spoken, str(value))


def sentence(value: object) -> str:
    """The same words with a capital at the start."""
    text = str(value)
    return text[:1].upper() + text[1:]


def lower_first(value: object) -> str:
    """The same words in the middle of a sentence. What is markup stays markup."""
    text = value if isinstance(value, Markup) else str(value)
    return text[:1].lower() + text[1:]


def with_gaps(value: object) -> str:
    """A prepared line as it is shown, with a mark where something is still to be written. What is typed as it stands
    lacks that part: `commands` takes the mark for nothing."""
    return re.sub(r"(?<= )(?= )|(?<= )\Z", "…", str(value))


def greeting(name: object) -> str:
    """Dear Amina Begum, or Hello where the name is none that a kind letter would use (a stranger chooses it,
    and may choose an advertisement)."""
    text = " ".join(str(name).split())
    if not text or len(text) > 60 or re.search(r"[\d@<>/\\:;|{}\[\]]|www\.|\.\w{2,}$", text):
        return "Hello"
    return f"Dear {text}" if any(c.isalpha() for c in text) else "Hello"


def bare_web(value: object) -> str:
    """A web address as people say it: without https and without a slash at its end."""
    return re.sub(r"^https?://", "", str(value)).rstrip("/")


def paragraphs_html(value: object) -> Markup:
    """Plain text as paragraphs; blank lines part them, single line ends stay."""
    blocks = re.split(r"\n[ \t]*\n", str(value).strip("\n"))
    kept = [b.strip("\n") for b in blocks if b.strip()]
    return Markup("\n").join(
        Markup('<p class="p">{}</p>').format(Markup("<br>\n").join(b.split("\n"))) for b in kept
    )


def paragraphs_text(value: object) -> str:
    return str(value).strip("\n")


def quoted_html(value: object) -> Markup:
    return Markup('<blockquote class="quote">{}</blockquote>').format(paragraphs_html(value))


def quoted_text(value: object) -> str:
    return "\n".join(f"> {line}".rstrip() for line in str(value).strip("\n").split("\n"))


def heading(value: object) -> str:
    """A heading of the plain text."""
    text = str(value)
    return f"{text}\n{'-' * len(text)}"


def mail_link(address: str, subject: str, key: str, line: str, body: str = "") -> str:
    """A mailto: link (RFC 6068) that opens a prepared mail. It begins with `line`; `body` says what to add, and
    stands below the cut line, so that it is never passed on. So does `key`, the line that says which letter the
    button stood in, for where the address can't. Outlook cuts links near 2,000 characters: a longer
    body is left out, the line never is."""

    def link(words: str) -> str:
        quote = functools.partial(urllib.parse.quote, safe="")
        wire = words.replace("\n", "\r\n")
        return f"mailto:{urllib.parse.quote(address, safe='@')}?subject={quote(subject)}&body={quote(wire)}"

    below = f"{line}\n\n\n\n{CUT_LINE}\n"
    bare = link(f"{below}{key}") if key else link(line)
    if not body:
        return bare
    whole = link(f"{below}{body}\n{key}".rstrip("\n"))
    return whole if len(whole) <= 1_900 else bare


def case_link(address: str, key: str, reference: str) -> Callable[..., str]:
    """What makes the buttons of one line of a mail about several cases: their subject names that case."""
    return functools.partial(mail_link, address, f"Re: {reference}", key)


def colleague_link(address: str, subject: str) -> str:
    """A mailto: link that opens an empty mail to a colleague."""
    return f"mailto:{urllib.parse.quote(address, safe='@')}?subject={urllib.parse.quote(subject, safe='')}"


def _key_of(order: Order) -> str:
    """The key line of a letter to staff whose reply address holds no token; "" for all others."""
    pair = tokens.parse_message_id(order.message_id)
    if order.reply_to or order.audience is Audience.RESIDENT or pair is None:
        return ""
    return tokens.key_line(*pair)


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


def write_enclosure(enclosure: Enclosure) -> bytes:
    """An attachment in base64. Mail inside mail may not be encoded (RFC 2046 5.2.1), so it goes as a file."""
    kind = enclosure.content_type.strip().lower()
    if not re.fullmatch(r"[a-z0-9]+/[a-z0-9.+-]{1,100}", kind) or kind.startswith(("message/", "multipart/")):
        kind = "application/octet-stream"
    name = re.sub(r"[/\\\"]", "_", one_line(enclosure.name))[-120:].lstrip(". ") or "attachment"
    spelt = f'filename="{name}"'
    if not name.isascii():
        spelt = f"filename*=utf-8''{urllib.parse.quote(name, safe='')}"  # RFC 2231
    way, body = "base64", base64.encodebytes(enclosure.content)
    if kind.startswith("text/"):  # exact as well (line ends are encoded), and plain text needs fewer bytes
        printable = binascii.b2a_qp(enclosure.content, istext=False)
        way, body = min((way, body), ("quoted-printable", printable), key=lambda pair: len(pair[1]))
    head = (
        f"Content-Type: {kind}\r\nContent-Transfer-Encoding: {way}\r\n"
        f"Content-Disposition: attachment;\r\n {spelt}\r\n\r\n"
    )
    return head.encode("ascii") + body.replace(b"\r\n", b"\n").replace(b"\n", b"\r\n")


def write_picture(picture: Picture) -> bytes:
    head = (
        f'Content-Type: image/png; name="{picture.name}.png"\r\nContent-Transfer-Encoding: base64\r\n'
        f'Content-ID: <{picture.name}>\r\nContent-Disposition: inline; filename="{picture.name}.png"\r\n\r\n'
    )
    return head.encode("ascii") + base64.encodebytes(picture.content).replace(b"\n", b"\r\n")


def join_parts(subtype: str, seed: str, parts: list[bytes]) -> bytes:
    boundary = f"=_{subtype[:3]}_{hashlib.sha256(seed.encode()).hexdigest()[:24]}"
    fence = f"--{boundary}".encode("ascii")
    head = f'Content-Type: multipart/{subtype}; boundary="{boundary}"\r\n\r\n'.encode("ascii")
    return head + b"".join(fence + b"\r\n" + part + b"\r\n" for part in parts) + fence + b"--\r\n"


# ------------------------------------------------------------------ the stationery


STYLE = re.compile(r' style="([^"]*)"')


def shrunk(page: str) -> str:
    """The page with no blanks that nobody sees in its styles: a tenth less, and Gmail clips at 102 kB."""
    return STYLE.sub(lambda m: f' style="{m[1].replace(": ", ":").replace("; ", ";").rstrip(";")}"', page)


class Stationery:
    """Forms and compiled templates, read once. Raises `LetterMistake` where the folder isn't whole.

    `own`: the landlord's own templates. What lies in it takes the place of the shipped file of the same name, one
    by one; which facts a letter may use stays as shipped, and one that uses others is refused at once."""

    def __init__(self, templates_dir: Path, own: Path | None = None) -> None:
        self._many_lines, self._forms = read_forms(templates_dir / "letters.toml")
        loader = FileSystemLoader([own, templates_dir] if own else templates_dir)
        shape: dict[str, Any] = {
            "loader": loader,
            "undefined": StrictUndefined,
            "trim_blocks": True,
            "lstrip_blocks": True,
            "auto_reload": False,
            "cache_size": -1,
        }
        self._html = Environment(autoescape=True, **shape)
        self._plain = Environment(autoescape=False, **shape)  # plain text has nothing to escape
        for environment in (self._html, self._plain):
            environment.filters.update(
                day=day,
                short_day=short_day,
                moment=moment,
                cell=cell,
                said=said,
                sentence=sentence,
                greeting=greeting,
                lower_first=lower_first,
                with_gaps=with_gaps,
                bare_web=bare_web,
            )
        self._html.filters.update(paragraphs=paragraphs_html, quoted=quoted_html)
        self._plain.filters.update(paragraphs=paragraphs_text, quoted=quoted_text, heading=heading)
        self._inliner = css_inline.CSSInliner(
            keep_style_tags=False, keep_at_rules=True, load_remote_stylesheets=False
        )
        self._templates = {letter: self._load(letter) for letter in Letter}
        if own and (wrong := next(wrong_in(own, templates_dir, self._plain, self._forms), "")):
            raise LetterMistake(wrong)

    def form(self, letter: Letter) -> Form:
        return self._forms[letter]

    def write(self, order: Order, letterhead: Letterhead) -> Written:
        """The letter that was ordered. Raises `LetterMistake`, naming letter and fact."""
        form = self._forms[order.letter]
        facts = self._check_facts(form, order)
        reply_address = order.reply_to or order.from_address
        subject_template, text_template, html_template = self._templates[order.letter]
        context: dict[str, Any] = {
            **facts,
            "landlord": letterhead.landlord,
            "ombudsman": letterhead.ombudsman,
            "noun": letterhead.person_noun,
            "colour": letterhead.colour,
            "reply_address": reply_address,
            "cut_line": CUT_LINE,
            "advisers": [body for body in letterhead.bodies if body.key not in BY_MATTER],
            "body_of": {body.key: body for body in letterhead.bodies},
            "enclosed": [enclosure.name for enclosure in order.attachments],
            "pictures": [picture.name for picture in order.pictures],
            "colleague_link": colleague_link,
            "kpi_ground": KPI_GROUND,
            "day": day,
            "holds": Held(),
        }
        subject = one_line(self._render(order.letter, subject_template, context))
        if len(subject) > LONGEST_SUBJECT:
            subject = subject[: LONGEST_SUBJECT - 1].rstrip() + "…"
        reference = one_line(order.reference)
        if reference and reference not in subject:
            subject = f"{subject} [{reference}]"
        context["title"] = subject
        context["mail_link"] = functools.partial(mail_link, reply_address, f"Re: {subject}", _key_of(order))
        context["case_link"] = functools.partial(case_link, reply_address, _key_of(order))
        in_text, in_html = Held(), Held()
        text = self._render(order.letter, text_template, {**context, "holds": in_text}).strip("\n")
        text = re.sub(r"\n{3,}", "\n\n", text) + "\n"
        html = shrunk(
            self._inliner.inline(self._render(order.letter, html_template, {**context, "holds": in_html}))
        )
        wanted = tuple(
            content
            for content in (*form.contains, *order.contains)
            if letterhead.ombudsman or content not in ("ombudsman", "ombudsman_by")
        )
        if lost := lacking(wanted, context, text, in_text, in_html):
            raise LetterMistake(f"letter {order.letter}: must hold and does not: {', '.join(lost)}")
        raw = assemble(order, form, subject, text, html)
        return Written(raw, subject, text, html, form.null_sender, order.pictures)

    def _load(self, letter: Letter) -> tuple[Template, Template, Template]:
        try:
            return (
                self._plain.get_template(f"{letter}/subject.txt"),
                self._plain.get_template(f"{letter}/text.txt"),
                self._html.get_template(f"{letter}/html.html"),
            )
        except TemplateError as mistake:
            raise LetterMistake(f"letter {letter}: template {mistake}") from mistake

    def _check_facts(self, form: Form, order: Order) -> dict[str, Fact]:
        if (form.audience is Audience.RESIDENT) is not (order.audience is Audience.RESIDENT):
            raise LetterMistake(f"letter {form.letter}: is for a {form.audience}, not for a {order.audience}")
        given = set(order.facts)
        if missing := sorted(form.required - given):
            raise LetterMistake(f"letter {form.letter}: fact missing: {', '.join(missing)}")
        if unknown := sorted(given - form.required - set(form.optional)):
            raise LetterMistake(f"letter {form.letter}: fact unknown: {', '.join(unknown)}")
        facts = {**form.optional, **order.facts}
        facts["reference"] = facts["reference"] or order.reference
        return {name: self._clean(name, fact) for name, fact in facts.items()}

    def _clean(self, name: str, fact: Fact) -> Fact:
        """Facts as text that is safe to print: one line, except where letters.toml allows several. A
        word of a list is always one line."""
        if isinstance(fact, str):
            return clean_text(fact) if name in self._many_lines else one_line(fact)
        if isinstance(fact, list):
            return [one_line(item) if isinstance(item, str) else self._clean(name, item) for item in fact]
        if isinstance(fact, dict):
            return {key: self._clean(key, item) for key, item in fact.items()}
        return fact

    def _render(self, letter: Letter, template: Template, context: Mapping[str, Any]) -> str:
        try:
            return template.render(context)
        except (TemplateError, ValueError, TypeError) as mistake:
            # UndefinedError names what is missing; the others may quote the fact, which stays out of logs
            why = (
                str(mistake)
                if isinstance(mistake, TemplateError)
                else "a fact is not what the template expects"
            )
            raise LetterMistake(f"letter {letter}: {template.name}: {why}") from mistake


def read_forms(path: Path) -> tuple[frozenset[str], Mapping[Letter, Form]]:
    """letters.toml: the names of facts that may hold several lines, and a form for every letter."""
    try:
        content = tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, tomllib.TOMLDecodeError) as mistake:
        raise LetterMistake(f"{path}: {mistake}") from mistake
    many_lines = frozenset(content.pop("many_lines", ()))
    if unknown := sorted(set(content) - set(Letter)):
        raise LetterMistake(f"{path}: no such letter: {', '.join(unknown)}")
    if missing := sorted(set(Letter) - set(content)):
        raise LetterMistake(f"{path}: letter missing: {', '.join(missing)}")
    return many_lines, {letter: read_form(path, letter, content[letter]) for letter in Letter}


def read_form(path: Path, letter: Letter, table: Mapping[str, Any]) -> Form:
    readers: Mapping[str, Callable[[Any], Any]] = {
        "audience": Audience,
        "automatic": Automatic,
        "null_sender": bool,
        "clause": str,
        "required": frozenset,
        "optional": dict,
    }
    values: dict[str, Any] = {}
    for key, reader in readers.items():
        try:
            values[key] = reader(table[key])
        except (KeyError, ValueError, TypeError) as mistake:
            raise LetterMistake(f"{path}: letter {letter}: {key}: {mistake}") from mistake
    if unknown := sorted(set(table) - set(readers) - {"contains"}):
        raise LetterMistake(f"{path}: letter {letter}: unknown key: {', '.join(unknown)}")
    values["optional"] = {**dict.fromkeys(COMMON, ""), **values["optional"]}
    return Form(letter=letter, contains=tuple(table.get("contains", ())), **values)


def assemble(order: Order, form: Form, subject: str, text: str, html: str) -> bytes:
    """The bytes of the mail, with CRLF line ends."""
    own_id = find_ids(order.message_id)
    if own_id != (order.message_id,):
        raise LetterMistake(f"letter {order.letter}: message_id is not one id in angle brackets")
    if order.date.tzinfo is None:
        raise LetterMistake(f"letter {order.letter}: date has no time zone")
    from_address = read_address(order.from_address, f"letter {order.letter}: from_address")
    headers = [
        address_header("From", order.from_name, from_address),
        address_header("To", order.to_name, read_address(order.to, f"letter {order.letter}: to")),
        words_header("Subject", subject),
        f"Date: {format_datetime(order.date)}",
        ids_header("Message-ID", own_id),
    ]
    if answered := find_ids(order.in_reply_to)[:1]:
        headers.append(ids_header("In-Reply-To", answered))
    if ids := find_ids(*order.references, *answered):
        headers.append(ids_header("References", ids))
    if order.reply_to:
        headers.append(f"Reply-To: {read_address(order.reply_to, f'letter {order.letter}: reply_to')}")
    if form.automatic is not Automatic.PERSON:
        headers.append(f"Auto-Submitted: auto-{form.automatic}")
        headers.append("X-Auto-Response-Suppress: All")
    headers.append(f"X-Mailbot-Letter: {order.letter}")
    headers.append("MIME-Version: 1.0")
    # HTML in ASCII with character references: fewer bytes than quoted-printable, and no relay can spoil it
    page = html.encode("ascii", "xmlcharrefreplace").decode("ascii")
    shown = write_part("html", page)
    if order.pictures:
        shown = join_parts(
            'related; type="text/html"', order.message_id, [shown, *map(write_picture, order.pictures)]
        )
    body = join_parts("alternative", order.message_id, [write_part("plain", text), shown])
    if order.attachments:
        enclosures = [write_enclosure(e) for e in order.attachments]
        body = join_parts("mixed", order.message_id, [body, *enclosures])
    return "\r\n".join(headers).encode() + b"\r\n" + body

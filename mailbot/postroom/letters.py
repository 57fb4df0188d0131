"""Letters: facts and templates become the bytes of one mail.

What people read lies in `templates/`: one folder a letter (subject.txt, text.txt, html.html) and
letters.toml, which says for each letter who reads it, whether a machine or a person speaks, and the facts
that it takes. This module promises that

- a letter with a missing, unknown or unusable fact is a `LetterMistake`, never a letter with a hole in it;
- a letter that lacks what it must hold (its form and the policy say what) is a `LetterMistake` too;
- a letter for residents goes to residents and a letter for staff never does;
- what strangers wrote is always data: escaped in HTML, never a template, never able to begin a header line;
- the same order gives the same bytes, so a letter can be written again after a crash.

It sends nothing (see `smtp`) and decides nothing. The MIME is put together by hand (`wire`): a tenth of the time that
`email.message.EmailMessage` takes.
"""

from __future__ import annotations

import base64
import datetime as dt
import functools
import re
import tomllib
import traceback
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from email.utils import format_datetime
from enum import StrEnum
from pathlib import Path
from typing import Any

import css_inline
from jinja2 import Environment, FileSystemLoader, StrictUndefined, Template, TemplateError
from markupsafe import escape

from mailbot.casework.commands import CUT_LINE
from mailbot.casework.parts import Body, Landlord, Logo, Ombudsman
from mailbot.casework.vocabulary import Audience, Fact, Letter
from mailbot.languages import WORDS, languages_in
from mailbot.postroom import courtesies, tokens
from mailbot.postroom.contents import Held, lacking
from mailbot.postroom.own_templates import wrong_in
from mailbot.postroom.shown import Shown
from mailbot.postroom.wire import Enclosure as Enclosure
from mailbot.postroom.wire import LetterMistake as LetterMistake
from mailbot.postroom.wire import Picture as Picture
from mailbot.postroom.wire import (
    Pieces,
    address_header,
    clean_text,
    find_ids,
    ids_header,
    join_parts,
    one_line,
    read_address,
    words_header,
    write_enclosure,
    write_part,
    write_picture,
)
from mailbot.postroom.wording import (
    ENGLISH,
    Tongue,
    case_link,
    colleague_link,
    heading,
    mail_link,
    paragraphs_html,
    paragraphs_text,
    quoted_html,
    quoted_text,
    read_tongue,
)

COMMON = ("reference", "stage_name", "resident_name", "automatic_note")  # every letter takes these
BY_MATTER = ("building_safety_regulator", "information_commissioner", "property_tribunal")
"""Bodies that only letters about their own matter name."""
KPI_GROUND = {"plain": "#f1f5f6", "red": "#fdeceb", "amber": "#fff4df", "green": "#e7f5ed"}
"""What a count stands on, told to Outlook as an attribute (templates/base/style.css says the same)."""
LONGEST_SUBJECT = 160  # characters, without the reference


class Automatic(StrEnum):
    """Who speaks in a letter (RFC 3834 section 5)."""

    REPLIED = "replied"  # a machine answers a mail: Auto-Submitted: auto-replied
    GENERATED = "generated"  # a machine writes by itself: Auto-Submitted: auto-generated
    PERSON = "person"  # a person's words: no such header, an out-of-office may answer


@dataclass(frozen=True)
class Letterhead:
    """Who writes. `colour` is the landlord's, as #rrggbb: dark enough to carry white words. `logo` stands at the head
    of letters to residents. `bodies` are others who can help; those in `BY_MATTER` only with what is theirs."""

    landlord: Landlord
    ombudsman: Ombudsman | None  # None: whoever reads it has no way there (mrh 5.1.1)
    person_noun: str = "resident"
    colour: str = "#1d5b66"
    bodies: tuple[Body, ...] = ()
    logo: Logo | None = None

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
class Order:
    """One letter to one person. `date` is aware; ids are with their angle brackets; `reply_to` may be "". `language`:
    what it is written in, where there are templates in it, else English. `plain`: without any HTML."""

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
    language: str = ENGLISH.code
    plain: bool = False
    shown: tuple[Shown, ...] = ()


@dataclass(frozen=True)
class Written:
    """A letter, ready to hand over. `html` is "" where it goes as plain text alone. `null_sender`: its envelope sender
    should be empty (RFC 3834, 3.3)."""

    raw: bytes
    subject: str
    text: str
    html: str
    null_sender: bool = False
    pictures: tuple[Picture, ...] = ()

    @property
    def page(self) -> str:
        """The HTML as a page of its own, its pictures in it: for a file or a test, mail programs drop such links."""
        page = self.html or f"<!DOCTYPE html><meta charset=utf-8><pre>{escape(self.text)}</pre>"
        for one in self.pictures:
            page = page.replace(
                f"cid:{one.name}", f"data:image/{one.kind};base64,{base64.b64encode(one.content).decode()}"
            )
        return page


@dataclass(frozen=True)
class Form:
    """What letters.toml says of a letter. `clause` is why such a letter exists at all, `when` when it goes, `rule` the
    function that orders it, `shown` where a story or a test shows it; `contains` is what it must hold whatever the
    policy says."""

    letter: Letter
    audience: Audience
    automatic: Automatic
    null_sender: bool
    clause: str
    when: str
    rule: str
    shown: str
    required: frozenset[str]
    optional: Mapping[str, Fact] = field(default_factory=dict)
    contains: tuple[str, ...] = ()


def _key_of(order: Order) -> str:
    """The key line of a letter to staff whose reply address holds no token; "" for all others."""
    pair = tokens.parse_message_id(order.message_id)
    if order.reply_to or order.audience is Audience.RESIDENT or pair is None:
        return ""
    return tokens.key_line(*pair)


# ------------------------------------------------------------------ the stationery


STYLE = re.compile(r' style="([^"]*)"')


def shrunk(page: str) -> str:
    """The page with no blanks that nobody sees in its styles: a tenth less, and Gmail clips at 102 kB."""
    return STYLE.sub(lambda m: _tight(m[1]), page)


@functools.lru_cache(maxsize=1_000)
def _tight(style: str) -> str:
    """A letter has some hundred styles, and there are few of them."""
    return f' style="{style.replace(": ", ":").replace("; ", ";").rstrip(";")}"'


@dataclass(frozen=True)
class _Sheets:
    """The templates of one language: subject, text and HTML of each letter that there is in it."""

    tongue: Tongue
    of: Mapping[Letter, tuple[Template, Template, Template]]


class Stationery:
    """Forms and compiled templates, read once. Raises `LetterMistake` where the folder isn't whole.

    `own`: the landlord's own templates. What lies in it takes the place of the shipped file of the same name, one
    by one; which facts a letter may use stays as shipped, and one that uses others is refused at once. A folder in it
    that is called by a language ("cy") holds letters in that language; what it lacks is written in English."""

    def __init__(self, templates_dir: Path, own: Path | None = None) -> None:
        self._shipped = templates_dir
        self._many_lines, self._forms = read_forms(templates_dir / "letters.toml")
        self._inliner = css_inline.CSSInliner(
            keep_style_tags=False, keep_at_rules=True, load_remote_stylesheets=False
        )
        folders = [own, templates_dir] if own else [templates_dir]
        plain, html = _environments(folders, ENGLISH)
        self._sheets = {ENGLISH.code: _Sheets(ENGLISH, {each: _load(plain, html, each) for each in Letter})}
        if own is None:
            return
        if wrong := next(wrong_in(own, templates_dir, plain, self._forms), ""):
            raise LetterMistake(wrong)
        for code, letters in languages_in(own).items():
            tongue = read_tongue(own / code / WORDS, code)
            plain, html = _environments([own / code, *folders], tongue)
            self._sheets[code] = _Sheets(tongue, {each: _load(plain, html, each) for each in letters})

    def form(self, letter: Letter) -> Form:
        return self._forms[letter]

    @property
    def languages(self) -> Mapping[str, frozenset[Letter]]:
        """Which letters there are in which language."""
        return {code: frozenset(sheets.of) for code, sheets in self._sheets.items()}

    def write(self, order: Order, letterhead: Letterhead) -> Written:
        """The letter that was ordered. Raises `LetterMistake`, naming letter and fact."""
        form = self._forms[order.letter]
        sheets = self._sheets.get(order.language)
        if sheets is None or order.letter not in sheets.of:
            sheets = self._sheets[ENGLISH.code]
        tongue = sheets.tongue
        facts = self._check_facts(form, order)
        for name in ("stage_name", "next_stage_name"):
            if facts.get(name):
                facts[name] = tongue.phrase(facts[name])
        reply_address = order.reply_to or order.from_address
        subject_template, text_template, html_template = sheets.of[order.letter]
        logo = letterhead.logo if form.audience is Audience.RESIDENT else None
        context: dict[str, Any] = {
            **facts,
            "landlord": letterhead.landlord,
            "ombudsman": letterhead.ombudsman,
            "noun": letterhead.person_noun,
            "colour": letterhead.colour,
            "logo": logo,
            "lang": tongue.lang,
            "direction": tongue.direction,
            "reply_address": reply_address,
            "cut_line": CUT_LINE,
            "advisers": [body for body in letterhead.bodies if body.key not in BY_MATTER],
            "body_of": {body.key: body for body in letterhead.bodies},
            "enclosed": [enclosure.name for enclosure in order.attachments],
            "pictures": [picture.name for picture in order.pictures],
            "shown": order.shown,
            "colleague_link": colleague_link,
            "kpi_ground": KPI_GROUND,
            "day": tongue.day,
            "phrase": tongue.phrase,
            "holds": Held(),
        }
        subject = one_line(self._render(order.letter, subject_template, context))
        if len(subject) > LONGEST_SUBJECT:
            subject = subject[: LONGEST_SUBJECT - 1].rstrip() + "…"
        reference = one_line(order.reference) or str(facts.get("about_letter", ""))
        if reference and reference not in subject:
            subject = f"{subject} [{reference}]"
        context["title"] = subject
        context["mail_link"] = functools.partial(mail_link, reply_address, f"Re: {subject}", _key_of(order))
        context["case_link"] = functools.partial(case_link, reply_address, _key_of(order))
        in_text, in_html = Held(), Held()
        text = self._render(order.letter, text_template, {**context, "holds": in_text}).strip("\n")
        text = re.sub(r"\n{3,}", "\n\n", text) + "\n"
        html, pictures, renderings = "", order.pictures, [in_text]
        if order.plain:
            pictures = ()
        else:
            page = self._render(order.letter, html_template, {**context, "holds": in_html})
            html = shrunk(self._inliner.inline(page))
            renderings.append(in_html)
            if logo and f"cid:{logo.name}" in html:  # a template of the landlord's own may leave it out
                pictures = (*pictures, Picture(logo.name, logo.content, logo.kind))
        wanted = tuple(
            content
            for content in (*form.contains, *order.contains)
            if letterhead.ombudsman or content not in ("ombudsman", "ombudsman_by")
        )
        if lost := lacking(wanted, context, text, *renderings):
            raise LetterMistake(f"letter {order.letter}: must hold and does not: {', '.join(lost)}")
        raw = assemble(order, form, subject, text, html, pictures, tongue.lang)
        return Written(raw, subject, text, html, form.null_sender, pictures)

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
            raise LetterMistake(f"letter {letter}: {self._place(template, mistake)}: {why}") from mistake

    def _place(self, template: Template, mistake: BaseException) -> str:
        """The file and line of a template at which writing broke; of one of the landlord's own the whole path."""
        steps = traceback.extract_tb(mistake.__traceback__)
        inner = next((step for step in reversed(steps) if step.filename.endswith((".txt", ".html"))), None)
        if inner is None:
            return str(template.name)
        file = Path(inner.filename)
        shown = file.relative_to(self._shipped) if file.is_relative_to(self._shipped) else file
        return f"{shown}, line {inner.lineno}"


def _environments(folders: list[Path], tongue: Tongue) -> tuple[Environment, Environment]:
    """What reads templates of plain text, which has nothing to escape, and of HTML."""
    plain, html = (
        Environment(
            autoescape=escaping,
            loader=FileSystemLoader(folders),
            undefined=StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
            auto_reload=False,
            cache_size=-1,
        )
        for escaping in (False, True)
    )
    for environment in (plain, html):
        environment.filters.update({**tongue.filters, **courtesies.FILTERS})
        environment.tests.update(courtesies.TESTS)
    plain.filters.update(paragraphs=paragraphs_text, quoted=quoted_text, heading=heading)
    html.filters.update(paragraphs=paragraphs_html, quoted=quoted_html)
    for environment, kinds in ((plain, ("txt",)), (html, ("html", "css"))):
        for name in environment.list_templates(kinds):
            if name.startswith("base/"):  # now, and not when a letter is due: files may change meanwhile
                _get(environment, name)
    return plain, html


def _load(plain: Environment, html: Environment, letter: Letter) -> tuple[Template, Template, Template]:
    return (
        _get(plain, f"{letter}/subject.txt"),
        _get(plain, f"{letter}/text.txt"),
        _get(html, f"{letter}/html.html"),
    )


def _get(environment: Environment, name: str) -> Template:
    try:
        return environment.get_template(name)
    except (TemplateError, UnicodeDecodeError) as mistake:
        letter = name.partition("/")[0]
        raise LetterMistake(f"letter {letter}: template {name}: {mistake}") from mistake


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
        "when": str,
        "rule": str,
        "shown": str,
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


def assemble(
    order: Order, form: Form, subject: str, text: str, html: str, pictures: tuple[Picture, ...], lang: str
) -> bytes:
    """The bytes of the mail, with CRLF line ends. Without HTML the plain text is all of it."""
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
    if lang != ENGLISH.lang:
        headers.append(f"Content-Language: {lang}")
    headers.append("MIME-Version: 1.0")
    body: Pieces = (write_part("plain", text),)
    if html:
        # HTML in ASCII with character references: fewer bytes than quoted-printable, and no relay can spoil it
        shown: Pieces = (write_part("html", html.encode("ascii", "xmlcharrefreplace").decode("ascii")),)
        if pictures:
            parts = [shown, *map(write_picture, pictures)]
            shown = join_parts('related; type="text/html"', order.message_id, parts)
        body = join_parts("alternative", order.message_id, [body, shown])
    if order.attachments:
        enclosures = [write_enclosure(e) for e in order.attachments]
        body = join_parts("mixed", order.message_id, [body, *enclosures])
    return b"".join(("\r\n".join(headers).encode(), b"\r\n", *body))

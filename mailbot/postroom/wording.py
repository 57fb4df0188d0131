"""The words of templates: dates as people say them, greetings, what strangers wrote as data, links that open a mail.

What differs from language to language is a `Tongue`. English is built in; another comes with the landlord's own
templates for it, as `words.toml` in their folder.
"""

from __future__ import annotations

import datetime as dt
import functools
import re
import string
import tomllib
import urllib.parse
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final
from zoneinfo import ZoneInfo

from markupsafe import Markup

from mailbot.casework.commands import CUT_LINE
from mailbot.postroom.wire import LetterMistake

LONDON = ZoneInfo("Europe/London")
DAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
MONTHS = (
    *("January", "February", "March", "April", "May", "June"),
    *("July", "August", "September", "October", "November", "December"),
)
RIGHT_TO_LEFT: Final = ("ar", "fa", "ps", "ur")
NO_NAME = re.compile(r"[\d@<>/\\:;|{}\[\]]|www\.|\.\w{2,}$")
"""What stands in no name that a kind letter would use: a stranger chooses it, and may choose an advertisement."""


@dataclass(frozen=True)
class Tongue:
    """What a language says in many letters. `day` is spelled with {weekday}, {day}, {month} and {year}, `moment` with
    {day} and {time}, `greeting` with {name}; `phrases` are words of policies and rules ("Stage 1", "upheld") in it."""

    code: str = "en"
    lang: str = "en-GB"  # as HTML and Content-Language say it (RFC 5646)
    days: tuple[str, ...] = DAYS
    short_days: tuple[str, ...] = tuple(name[:3] for name in DAYS)
    months: tuple[str, ...] = MONTHS
    short_months: tuple[str, ...] = tuple(name[:3] for name in MONTHS)
    day_form: str = "{weekday} {day} {month} {year}"
    moment_form: str = "{day} at {time}"
    greeting_form: str = "Dear {name}"
    nobody: str = "Hello"
    phrases: Mapping[str, str] = field(default_factory=dict)

    def day(self, value: object) -> str:
        """Tuesday 30 December 2025"""
        return self._spelled(read_date(value), self.days, self.months)

    def short_day(self, value: object) -> str:
        """Tue 30 Dec 2025"""
        return self._spelled(read_date(value), self.short_days, self.short_months)

    def moment(self, value: object) -> str:
        """Tuesday 30 December 2025 at 14:05; without the time where none is known."""
        d = read_date(value)
        if not isinstance(d, dt.datetime):
            return self.day(value)
        return self.moment_form.format(day=self.day(value), time=f"{d:%H:%M}")

    def _spelled(self, d: dt.date, days: tuple[str, ...], months: tuple[str, ...]) -> str:
        return self.day_form.format(
            weekday=days[d.weekday()], day=d.day, month=months[d.month - 1], year=d.year
        )

    def cell(self, value: object) -> str:
        """What stands in a table: a bare ISO date as Tue 30 Dec 2025, all else as it is (also what only looks
        like a date: a stranger may choose a subject line)."""
        text = str(value)
        try:
            return self.short_day(text) if re.fullmatch(r"\d{4}-\d\d-\d\d", text) else text
        except ValueError:
            return text

    def said(self, value: object) -> str:
        """A sentence of the service with its ISO dates as people say them. Not for what residents wrote."""

        def spoken(found: re.Match[str]) -> str:
            try:
                return self.moment(found[0])
            except ValueError:
                return found[0]

        return ISO.sub(spoken, str(value))

    def greeting(self, name: object) -> str:
        """Dear Amina Begum, or Hello where the name is none that a kind letter would use."""
        text = " ".join(str(name).split())
        if not text or len(text) > 60 or NO_NAME.search(text) or not any(c.isalpha() for c in text):
            return self.nobody
        return self.greeting_form.format(name=text)

    def phrase(self, value: object) -> str:
        """A word of policies or rules in this language; as it is where nobody has translated it."""
        return self.phrases.get(str(value), str(value))

    @property
    def direction(self) -> str:
        return "rtl" if self.code in RIGHT_TO_LEFT else "ltr"

    @property
    def filters(self) -> dict[str, Callable[..., Any]]:
        return {
            "day": self.day,
            "short_day": self.short_day,
            "moment": self.moment,
            "cell": self.cell,
            "said": self.said,
            "greeting": self.greeting,
            "phrase": self.phrase,
            "sentence": sentence,
            "lower_first": lower_first,
            "with_gaps": with_gaps,
            "bare_web": bare_web,
        }


ENGLISH: Final = Tongue()
_LISTS: Final = {"days": 7, "short_days": 7, "months": 12, "short_months": 12}
_FORMS: Final = {
    "day_form": {"weekday", "day", "month", "year"},
    "moment_form": {"day", "time"},
    "greeting_form": {"name"},
}


def read_tongue(file: Path, code: str) -> Tongue:
    """The words of a language, from its `words.toml`. LetterMistake, with file, key and what to write."""
    try:
        content = tomllib.loads(file.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as mistake:
        raise LetterMistake(f"{file}: {mistake}") from mistake
    keys = (*_LISTS, *_FORMS, "nobody")
    if unknown := sorted(set(content) - {*keys, "phrases", "checked_by"}):
        raise LetterMistake(
            f"{file}: unknown key: {', '.join(unknown)}. Known are {', '.join(keys)}, [phrases]"
        )
    values: dict[str, Any] = {}
    for key in keys:
        if key not in content:
            raise LetterMistake(f"{file}: {key} is missing: write it as the sample does")
        values[key] = _checked(file, key, content[key])
    phrases = content.get("phrases", {})
    if not isinstance(phrases, dict) or not all(isinstance(v, str) and v for v in phrases.values()):
        raise LetterMistake(f'{file}: phrases: write each as "Stage 1" = "..."')
    return Tongue(code=code, lang=code, phrases=phrases, **values)


def _checked(file: Path, key: str, value: object) -> object:
    if key in _LISTS:
        if (
            not isinstance(value, list)
            or len(value) != _LISTS[key]
            or not all(isinstance(v, str) and v for v in value)
        ):
            first = "Monday" if "days" in key else "January"
            raise LetterMistake(f"{file}: {key}: write {_LISTS[key]} names, from {first} on")
        return tuple(value)
    if not isinstance(value, str) or not value:
        raise LetterMistake(f"{file}: {key}: write words in quotes")
    if key in _FORMS:
        try:
            named = {name for _, name, _, _ in string.Formatter().parse(value) if name is not None}
        except ValueError:
            named = set()
        if named != _FORMS[key]:
            wanted = ", ".join(f"{{{name}}}" for name in sorted(_FORMS[key]))
            raise LetterMistake(f"{file}: {key}: must hold {wanted} and nothing else in braces")
    return value


def read_date(value: object) -> dt.datetime | dt.date:
    """An ISO date, or an ISO datetime as London sees it. Raises `ValueError`."""
    text = str(value)
    if len(text) <= 10:
        return dt.date.fromisoformat(text)
    moment = dt.datetime.fromisoformat(text)
    return moment.astimezone(LONDON) if moment.tzinfo else moment


ISO = re.compile(r"(?<![\w-])\d{4}-\d\d-\d\d(?:T\d\d:\d\d(?::\d\d(?:\.\d+)?)?(?:Z|[+-]\d\d:\d\d)?)?(?![\w-])")


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


NO_WORDS = "(no words)"
"""Stands for a mail that is all in its subject line, or in what is attached."""


def quoted_html(value: object) -> Markup:
    return Markup('<blockquote class="quote">{}</blockquote>').format(
        paragraphs_html(value if str(value).strip() else NO_WORDS)
    )


def quoted_text(value: object) -> str:
    said = str(value) if str(value).strip() else NO_WORDS
    return "\n".join(f"> {line}".rstrip() for line in said.strip("\n").split("\n"))


def heading(value: object) -> str:
    """A heading of the plain text."""
    text = str(value)
    return f"{text}\n{'-' * len(text)}"


def mail_link(address: str, subject: str, key: str, line: str, body: str = "") -> str:
    """A mailto: link (RFC 6068) that opens a prepared mail. It begins with `line`; `body` says what to add, and
    stands below the cut line, so that it is never passed on. So does `key`, the line that says which letter the
    button stood in, for where the address can't. Outlook cuts links near 2,000 characters: a longer
    body is left out, the line never is."""

    def link(*words: str) -> str:
        return f"{_begin(address, subject)}{''.join(map(_quoted, words))}"

    bare = link(line, _BELOW, key) if key else link(line)
    if not body:
        return bare
    added = f"{body}\n{key}".rstrip("\n")
    whole = link(line, _BELOW, added) if added else link(f"{line}{_BELOW}".rstrip("\n"))
    return whole if len(whole) <= 1_900 else bare


_BELOW = f"\n\n\n\n{CUT_LINE}\n"


@functools.lru_cache(maxsize=64)
def _begin(address: str, subject: str) -> str:
    """A letter has a score of links, and each stands in its text and in its HTML."""
    return (
        f"mailto:{urllib.parse.quote(address, safe='@')}?subject={urllib.parse.quote(subject, safe='')}&body="
    )


@functools.lru_cache(maxsize=512)
def _quoted(words: str) -> str:
    return urllib.parse.quote(words.replace("\n", "\r\n"), safe="")


def case_link(address: str, key: str, reference: str) -> Callable[..., str]:
    """What makes the buttons of one line of a mail about several cases: their subject names that case."""
    return functools.partial(mail_link, address, f"Re: {reference}", key)


def colleague_link(address: str, subject: str) -> str:
    """A mailto: link that opens an empty mail to a colleague."""
    return f"mailto:{urllib.parse.quote(address, safe='@')}?subject={urllib.parse.quote(subject, safe='')}"

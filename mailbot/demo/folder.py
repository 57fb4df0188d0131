"""What the demo leaves behind: every letter and digest as .eml and .html, every mail, every case's history, and an
index page that opens from disk and needs nothing from anywhere.
"""

from __future__ import annotations

import datetime as dt
import email
import email.policy
import shutil
from collections import Counter, defaultdict
from collections.abc import Iterable
from email.message import EmailMessage
from itertools import groupby
from pathlib import Path
from typing import Any, Final

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from mailbot.casework.policy import Policy
from mailbot.casework.vocabulary import Audience, Case, SetTimer
from mailbot.demo.cast import name_of, staff_name
from mailbot.demo.checks import Books, Check
from mailbot.demo.clients import LONDON
from mailbot.demo.happenings import Happening, Kind, flag_words, tidy
from mailbot.demo.performance import Performance, Told
from mailbot.demo.summary import standing
from mailbot.postroom.reading import read
from storage.rows import JournalRow, LetterRow

MARK: Final = ".mailbot-demo"
DESK: Final = (
    "mailbot"  # the configuration and the database that the demo worked with: every command reads them
)
PAGES: Final = Path(__file__).parent / "pages"


class FolderTaken(Exception):
    """The folder holds something that no demo has left there."""


def clear(out: Path) -> None:
    """Make the folder, or empty one of an earlier demo. FolderTaken for anything else, and where nobody can."""
    try:
        _clear(out)
    except OSError as error:
        raise FolderTaken(f"{out} can't be made: {error.strerror}. Name another folder with --out") from error


def _clear(out: Path) -> None:
    if out.exists() and not out.is_dir():
        raise FolderTaken(f"{out} is a file: name a folder with --out")
    if out.is_dir() and any(out.iterdir()) and not (out / MARK).exists():
        raise FolderTaken(f"{out} holds files that no demo has left there: name another folder with --out")
    for name in ("letters", "mails", "cases", DESK):
        shutil.rmtree(out / name, ignore_errors=True)
        (out / name).mkdir(parents=True)
    (out / MARK).write_text("A demo of mailbot writes into this folder, and empties it first.\n")


def leave(out: Path, played: Performance, told: Told, books: Books, checks: tuple[Check, ...]) -> Path:
    """Write everything; gives the index page."""
    return Binder(out, played, told, books, checks).bind()


class Binder:
    """Puts the folder together."""

    def __init__(
        self, out: Path, played: Performance, told: Told, books: Books, checks: tuple[Check, ...]
    ) -> None:
        self._out = out
        self._played = played
        self._told = told
        self._books = books
        self._checks = checks
        self._policy: Policy = played.settings.mailboxes[0].policy
        self._files = {letter.id: file_name(letter) for letter in books.letters if letter.blob}
        self._mails: dict[str, str] = {}
        loader = FileSystemLoader(PAGES)
        self._pages = Environment(
            loader=loader, autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True
        )
        self._pages.globals["style"] = (PAGES / "style.css").read_text(encoding="utf-8")

    def bind(self) -> Path:
        self._write_letters()
        self._write_mails()
        for case in self._books.cases:
            self._write_case(case)
        index = self._out / "index.html"
        index.write_text(self._index(), encoding="utf-8")
        return index

    # -------------------------------------------------------------- files

    def _write_letters(self) -> None:
        with self._played.store.read() as work:
            for letter in self._books.letters:
                if letter.blob is None:
                    continue
                raw = work.blob(letter.blob)
                name = self._files[letter.id]
                (self._out / "letters" / f"{name}.eml").write_bytes(raw)
                (self._out / "letters" / f"{name}.html").write_text(html_of(raw), encoding="utf-8")

    def _write_mails(self) -> None:
        page = self._pages.get_template("mail.html")
        rows = sorted(self._books.mails, key=lambda row: (row.received_at, row.id))
        with self._played.store.read() as work:
            for number, row in enumerate(rows, 1):
                raw, name = work.raw(row.id), f"{number:03}"
                mail = read(raw)
                self._mails[row.id] = f"mails/{name}.html"
                (self._out / "mails" / f"{name}.eml").write_bytes(raw)
                attached = ", ".join(f"{a.name} ({a.size} bytes)" for a in mail.attachments)
                head = [
                    ("From", f"{mail.sender.name} <{mail.sender.address}>" if mail.sender else "(nobody)"),
                    ("Subject", mail.subject or "(none)"),
                    ("Received", moment(row.received_at)),
                    ("Became", f"{row.disposition}{f' on {row.reference}' if row.reference else ''}"),
                ]
                head += [("Attached", attached)] if attached else []
                text = page.render(subject=mail.subject, head=head, text=mail.text, eml=f"{name}.eml")
                (self._out / "mails" / f"{name}.html").write_text(text, encoding="utf-8")

    def _write_case(self, case: Case) -> None:
        with self._played.store.read() as work:
            journal, letters = work.journal_of(case.reference), work.letters_of(case.reference)
        record = case.current
        cited = sorted(
            {c for line in journal for c in line.because} | {c for x in letters for c in x.order.because}
        )
        text = self._pages.get_template("case.html").render(
            reference=case.reference,
            subject=case.subject,
            stands=standing(case, self._policy),
            head=self._facts_of(case),
            understood=record.definition if record else case.request_text,
            acts=self._acts(journal, letters),
            clauses=self._clauses(cited),
        )
        (self._out / "cases" / f"{case.reference}.html").write_text(text, encoding="utf-8")

    def _facts_of(self, case: Case) -> list[tuple[str, str]]:
        facts = [
            ("Resident", f"{case.resident.name} <{case.resident.address}>"),
            ("Received", moment(case.received_at)),
            ("Policy", case.policy),
            ("Handler", staff_name(case.handler) if case.handler else "nobody"),
        ]
        for number, record in ((1, case.stage1), (2, case.stage2)):
            if record is None:
                continue
            name = self._policy.stage(number).name
            done = f"answered {moment(record.responded_at)}" if record.responded_at else "not answered yet"
            facts.append((name, f"to be answered by {plain_day(record.promised.target)}; {done}"))
        if case.flags:
            facts.append(("To know", flag_words(case.flags)))
        if case.closed_at:
            facts.append(("Closed", moment(case.closed_at)))
        return facts

    def _acts(self, journal: Iterable[JournalRow], letters: Iterable[LetterRow]) -> list[dict[str, Any]]:
        """The journal, each line with the letters that it caused: those ordered at its moment."""
        ordered: dict[dt.datetime, list[LetterRow]] = defaultdict(list)
        for letter in letters:
            ordered[letter.created_at].append(letter)
        return [
            {
                "when": moment(line.at),
                "who": staff_name(line.who),
                "summary": tidy(line.summary),
                "mail": self._mails.get(line.mail or "", ""),
                "clauses": self._clauses(line.because),
                "letters": [self._letter(x) for x in ordered.pop(line.at, []) if x.blob],
                "timers": timers_of(line),
            }
            for line in journal
        ]

    # -------------------------------------------------------------- the index

    def _index(self) -> str:
        letters = self._books.letters
        came = len(self._books.mails)
        to_residents = sum(letter.order.audience is Audience.RESIDENT for letter in letters)
        first, last = self._told.happenings[0].at, self._told.happenings[-1].at
        return self._pages.get_template("index.html").render(
            policy=self._policy.id,
            policy_title=self._policy.title,
            first=plain_day(first.astimezone(LONDON).date()),
            last=plain_day(last.astimezone(LONDON).date()),
            figures=[
                (came, "mails came"),
                (len(self._books.cases), "cases"),
                (to_residents, "letters to residents"),
                (len(letters) - to_residents, "letters to staff"),
                (f"{sum(not c.broken for c in self._checks)} of {len(self._checks)}", "promises kept"),
            ],
            days=self._days(),
            cases=self._cases(),
            letters=[self._letter(letter) for letter in letters if letter.blob],
            promises=self._checks,
            opens_with=self._opens_with(),
        )

    def _opens_with(self) -> str:
        """The first acknowledgement: what a resident sees of all this."""
        found = [x for x in self._books.letters if x.order.audience is Audience.RESIDENT and x.blob]
        return f"letters/{self._files[found[0].id]}.html" if found else "about:blank"

    def _days(self) -> list[dict[str, Any]]:
        days = []
        calendar = self._played.settings.calendar
        for day, group in groupby(self._told.happenings, key=lambda one: one.at.astimezone(LONDON).date()):
            working = calendar.is_working(day)
            note = "" if working else "weekend" if day.weekday() >= 5 else "bank holiday"
            days.append(
                {
                    "title": f"{day:%A} {plain_day(day)}",
                    "note": note,
                    "events": [self._event(e) for e in group],
                }
            )
        return days

    def _event(self, one: Happening) -> dict[str, Any]:
        word = one.outcome.value if one.kind is Kind.CLOCK else one.kind.value
        return {
            "time": f"{one.at.astimezone(LONDON):%H:%M}",
            "word": word,
            "tone": "aside" if one.kind is Kind.ASIDE else one.kind.value,
            "who": one.who,
            "subject": one.subject,
            "mail": self._mails.get(one.mail, ""),
            "taken_for": one.taken_for,
            "sure": one.sure,
            "why": "; ".join(one.why),
            "flags": flag_words(one.flags),
            "found": one.how_found,
            "reference": one.reference,
            "case": f"cases/{one.reference}.html" if one.reference else "",
            "decided": one.decided,
            "clauses": self._clauses(one.because),
            "letters": [
                {
                    "words": out.words,
                    "name": name_of(out.to),
                    "resident": out.audience is Audience.RESIDENT,
                    "html": f"letters/{self._files[out.id]}.html",
                }
                for out in one.letters
                if out.id in self._files
            ],
        }

    def _cases(self) -> list[dict[str, Any]]:
        written = Counter(letter.reference for letter in self._books.letters)
        return [
            {
                "reference": case.reference,
                "page": f"cases/{case.reference}.html",
                "subject": case.subject,
                "resident": case.resident.name or case.resident.address,
                "stands": standing(case, self._policy),
                "handler": staff_name(case.handler) if case.handler else "nobody",
                "letters": written[case.reference],
            }
            for case in self._books.cases
        ]

    def _letter(self, letter: LetterRow) -> dict[str, Any]:
        name = self._files.get(letter.id, "")
        return {
            "words": letter.order.letter.value.replace("_", " "),
            "name": name_of(letter.order.to),
            "subject": letter.subject,
            "sent": moment(letter.sent_at) if letter.sent_at else letter.state.value,
            "html": f"letters/{name}.html",
            "eml": f"letters/{name}.eml",
            "clauses": self._clauses(letter.order.because),
        }

    def _clauses(self, ids: Iterable[str]) -> list[dict[str, str]]:
        known = self._policy.clauses
        return [{"id": id, "says": known[id].says if id in known else ""} for id in ids]


def timers_of(line: JournalRow) -> list[str]:
    """The clocks that an act set. One that was set twice stands as it was set last."""
    last = {effect.timer: effect.due_at for effect in line.effects if isinstance(effect, SetTimer)}
    return [f"{timer.value.replace('_', ' ')} on {moment(due)}" for timer, due in last.items()]


def file_name(letter: LetterRow) -> str:
    reference = f"-{letter.reference}" if letter.reference else ""
    return f"{letter.id:04}-{letter.order.letter.value.replace('_', '-')}{reference}"


def html_of(raw: bytes) -> str:
    """The HTML of a letter, as a browser shows it."""
    mail = email.message_from_bytes(raw, policy=email.policy.default)
    assert isinstance(mail, EmailMessage)
    body = mail.get_body(("html", "plain"))
    return str(body.get_content()) if body else ""


def moment(at: dt.datetime) -> str:
    local = at.astimezone(LONDON)
    return f"{local:%a} {local.day} {local:%b}, {local:%H:%M}"


def plain_day(day: dt.date) -> str:
    return f"{day.day} {day:%B %Y}"

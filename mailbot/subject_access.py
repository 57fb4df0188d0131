"""Subject access: everything that is held on a person, in one file that explains itself, for a person to look through
before it is handed over.

What names other people (a neighbour, a relative, staff) is flagged in `for-review.csv`: it is theirs as well (UK GDPR
article 15(4), DPA 2018 schedule 2 part 3), and a person decides what of it goes out. What others wrote about the person
lies in a folder of its own for the same reason.
"""

from __future__ import annotations

import csv
import datetime as dt
import hashlib
import io
import re
from collections.abc import Mapping
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from mailbot.casework.calendar import LONDON
from mailbot.casework.vocabulary import Case
from mailbot.evidence import Filed, Pack, gather
from mailbot.people import Held
from mailbot.places import templates_dir
from mailbot.postroom.reading import read
from mailbot.reports.history import date, moment, stage_words
from mailbot.settings import Settings, mailbox_named
from mailbot.surveys import wants_no_survey
from storage.work import Work

_ADDRESS = re.compile(r"[\w.+'-]+@[\w-]+(?:\.[\w-]+)+")
REVIEW = "for-review.csv"


def gather_person(
    work: Work, settings: Settings, held: Held, now: dt.datetime, with_pdf: bool = True
) -> Pack:
    """Everything on a person, laid out. Reads only."""
    files: list[Filed] = []
    notes: list[str] = []
    for case in held.cases:
        pack = gather(work, settings, case, now, with_pdf)
        files += [Filed(f"cases/{case.reference}/{f.path}", f.content, f.what, f.label) for f in pack.files]
        notes += [note for note in pack.notes if note not in notes]
    of_cases = {mail for case in held.cases for mail in work.mails_with(references=(case.reference,))}
    loose = [mail for mail in held.mails if mail not in of_cases]
    files += _mails(work, loose, "other-mails")
    files += _mails(work, [mail for mail, _ in held.about], "written-by-others")
    files += _letters(work, held)
    others = _others(settings, held)
    review = [(f.path, named) for f in files if (named := _named_in(f, held, settings, others))]
    first = [
        Filed(
            "what-we-hold.html",
            _page(work, settings, held, now, len(loose)).encode(),
            "what is held, in plain words",
        ),
        Filed(REVIEW, _csv(review), "files that name other people: look before they are handed over"),
    ]
    manifest = {
        "form": "mailbot subject access 1",
        "address": held.traces.addresses[0],
        "addresses": list(held.traces.addresses),
        "made_at": now.astimezone(LONDON).isoformat(timespec="seconds"),
        "left_out": notes,
        "files": [_entry(f, dict(review)) for f in [*first, *files]],
    }
    return Pack((*first, *files), manifest, tuple(notes))


def _entry(file: Filed, review: Mapping[str, str]) -> dict[str, Any]:
    return {
        "path": file.path,
        "what": file.what,
        **({"their_name": file.label} if file.label else {}),
        **({"names_others": review[file.path]} if file.path in review else {}),
        "bytes": len(file.content),
        "sha256": hashlib.sha256(file.content).hexdigest(),
    }


def _mails(work: Work, ids: list[str], folder: str) -> list[Filed]:
    files = []
    for number, id_ in enumerate(ids, 1):
        row, raw = work.mail(id_), work.raw(id_)
        mail = read(raw)
        who = mail.sender.address if mail.sender else "nobody that can be read"
        received = row.received_at.astimezone(LONDON)
        state = (
            f" ({row.state.value}: {row.cause_words or row.disposition})"
            if row.disposition or row.cause
            else ""
        )
        head = f"From: {who}\nReceived: {received:%d %B %Y %H:%M}\nSubject: {mail.subject}\n\n"
        stem = f"{folder}/{number:03d}-{received:%Y-%m-%d}"
        files.append(Filed(f"{stem}.eml", raw, f"mail from {who}{state}", mail.subject[:200]))
        files.append(Filed(f"{stem}.txt", f"{head}{mail.text}\n".encode(), "the same as text"))
    return files


def _letters(work: Work, held: Held) -> list[Filed]:
    files, own = [], {case.reference for case in held.cases}
    for id_ in (*held.letters, *held.telling):
        letter = work.letter(id_)
        if letter is None or letter.blob is None or letter.reference in own:
            continue
        at = (letter.sent_at or letter.created_at).astimezone(LONDON)
        stem = f"{'letters' if id_ in held.letters else 'told-to-staff'}/{id_:06d}-{at:%Y-%m-%d}"
        kind = letter.order.letter.value.replace("_", " ")
        files.append(Filed(f"{stem}.eml", work.blob(letter.blob), f"{kind} to {letter.order.to}"))
    return files


# ------------------------------------------------------------------ other people


def _others(settings: Settings, held: Held) -> dict[str, str]:
    """People who may be named beside the person: staff, and the other parties of their cases."""
    known = {person.name: f"staff: {person.name}" for person in settings.people}
    for case in (*held.cases, *held.party_to):
        for party in case.parties:
            if party.address not in held.traces.addresses and party.name:
                known[party.name] = f"{party.role.value}: {party.name}"
    return known


def _named_in(file: Filed, held: Held, settings: Settings, others: Mapping[str, str]) -> str:
    """Who else is named in a file, "" for nobody. A file that can't be read as text is flagged as such."""
    if file.path.startswith("written-by-others/"):
        return "written by somebody else"
    if file.path.endswith((".eml", ".pdf", ".json")) and not file.path.startswith(
        ("letters/", "told-to-staff/")
    ):
        return ""  # the same words lie beside it as text
    if file.path.endswith(("policy.txt", ".html")) and "chronology" not in file.path:
        return ""
    if file.path.endswith(".eml"):
        text = read(file.content).text
    elif file.path.endswith((".txt", ".html", ".csv")):
        text = file.content.decode("utf-8", "replace")
    else:
        return "can't be read by a program: look into it"
    ours = {a for box in settings.mailboxes for a in (box.imap.address, *box.imap.aliases)}
    named = [told for name, told in others.items() if name in text]
    strangers = {a.lower() for a in _ADDRESS.findall(text)} - set(held.traces.addresses) - ours
    staff = {p.address for p in settings.people}
    named += [
        f"address: {a}"
        for a in sorted(strangers - staff)
        if not a.endswith((".example", settings.landlord.web))
    ]
    if file.path.startswith("told-to-staff/"):
        named.append("may tell of other cases")
    return "; ".join(dict.fromkeys(named))


def _csv(rows: list[tuple[str, str]]) -> bytes:
    into = io.StringIO()
    writer = csv.writer(into)
    writer.writerow(("file", "names or holds", "looked at by", "hand over, redact or keep back"))
    writer.writerows((path, named, "", "") for path, named in rows)
    return into.getvalue().encode()


# ------------------------------------------------------------------ in plain words


def _page(work: Work, settings: Settings, held: Held, now: dt.datetime, loose: int) -> str:
    environment = Environment(
        autoescape=True,
        loader=FileSystemLoader([templates_dir() / "person", templates_dir() / "chronology"]),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    kinds: list[tuple[str, int | str, str]] = [
        ("Cases that are yours", len(held.cases), "cases/"),
        (
            "Cases of somebody else that you have a part in",
            len(held.party_to),
            "asked of them, not in this file",
        ),
        ("Mails of yours outside of any case", loose, "other-mails/"),
        ("Mails in which others name you", len(held.about), "written-by-others/"),
        ("Letters to you outside of your cases", _outside(work, held), "letters/"),
        ("Notices to staff that name you or a case of yours", len(held.telling), "told-to-staff/"),
    ]
    if any(wants_no_survey(work, a) for a in held.traces.addresses):
        kinds.append(("That you want no surveys", "yes", "kept for good, so that you get none"))
    return environment.get_template("page.html").render(
        landlord=settings.landlord,
        names=held.traces.names,
        addresses=held.traces.addresses,
        now=moment(now),
        kinds=[kind for kind in kinds if kind[1]],
        cases=[_case_row(settings, case) for case in held.cases],
        how_long=how_long(settings),
    )


def _outside(work: Work, held: Held) -> int:
    own = {case.reference for case in held.cases}
    letters = (work.letter(id_) for id_ in held.letters)
    return sum(1 for letter in letters if letter and letter.reference not in own)


def _case_row(settings: Settings, case: Case) -> dict[str, str]:
    policy = mailbox_named(settings, case.mailbox).policy_of(case)
    received = date(case.received_at.astimezone(LONDON).date())
    return {
        "reference": case.reference,
        "subject": case.subject,
        "received": received,
        "stage": stage_words(case, policy),
    }


def how_long(settings: Settings) -> str:
    kept = settings.retention
    cases = f"for {kept.cases_years} years after it was closed" if kept.cases_years else "for good"
    mails = f"for {kept.other_mail_months} months" if kept.other_mail_months else "for good"
    return (
        f"What belongs to a complaint is kept {cases}, mail that belongs to none {mails}. Then its words are erased; "
        "figures stay, and nobody can be told from them. It stays longer while a court or the Ombudsman may need it."
    )

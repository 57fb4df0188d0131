"""The evidence pack of one case: what the Ombudsman asks for, in one file that can be checked.

A readable chronology (HTML, and PDF where WeasyPrint is installed), every mail in and out as it was and as text, the
attachments, the case and its journal as data, the policy version in force, and a manifest with the SHA-256 of each.
The files' names are ours; what strangers called theirs stands in the manifest. The same case gives the same pack, apart
from the moment that it says it was made at.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import io
import json
import re
import zipfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from mailbot.casework.calendar import LONDON
from mailbot.casework.policy import Policy
from mailbot.casework.vocabulary import Case
from mailbot.places import templates_dir
from mailbot.policyfile import load_policy
from mailbot.postroom.reading import read
from mailbot.reports.chronology import Paper, Source, page
from mailbot.settings import Settings, mailbox_named
from storage import chain, codec
from storage.backup import BROKEN_ZIP
from storage.rows import LetterRow, MailRow
from storage.verifying import Verified
from storage.work import Work

MANIFEST = "manifest.json"
FIXED = (1980, 1, 1, 0, 0, 0)
"""The time of every file in the archive: the earliest that zip knows."""
KNOWN_ENDINGS = frozenset(
    [
        "pdf",
        "jpg",
        "jpeg",
        "png",
        "gif",
        "heic",
        "webp",
        "txt",
        "csv",
        "doc",
        "docx",
        "xls",
        "xlsx",
        "odt",
        "ods",
        "mp4",
        "mov",
        "mp3",
        "wav",
        "eml",
        "ics",
    ]
)
LONGEST_LABEL = 200


@dataclass(frozen=True)
class Filed:
    """A file of the pack. `label`: what its sender called it."""

    path: str
    content: bytes
    what: str
    label: str = ""


@dataclass(frozen=True)
class Pack:
    files: tuple[Filed, ...]
    manifest: Mapping[str, Any]
    notes: tuple[str, ...] = ()  # what is left out, and why


def gather(work: Work, settings: Settings, case: Case, now: dt.datetime, with_pdf: bool = True) -> Pack:
    """Everything that is held on a case, laid out. Reads only."""
    policy = mailbox_named(settings, case.mailbox).policy_of(case)
    journal = work.journal_of(case.reference)
    letters = work.letters_of(case.reference)
    files: list[Filed] = []
    came = {mail.id: paper for mail, paper in _mails_in(work, work.mails_of(case.reference), files)}
    sent = {letter.message_id: paper for letter, paper in _mails_out(work, letters, files)}
    verified = work.verify_journal(case.reference)
    source = Source(
        case=case,
        journal=journal,
        letters=letters,
        mails=came,
        sent=sent,
        policy=policy,
        code=statutory(settings, policy),
        calendar=settings.calendar,
        people=settings.people,
        landlord=settings.landlord.name,
        now=now,
        linked=tuple(linked(work, case)),
        seal=verified.last or _last_seal(work),
        verified=in_words(verified),
        erased=tuple(erasure.summary for erasure in verified.erasures),
    )
    html = page(source, templates_dir())
    notes: list[str] = []
    first = [Filed("chronology.html", html.encode(), "the chronology")]
    if with_pdf:
        pdf = as_pdf(html)
        if pdf is None:
            notes.append(
                "chronology.pdf is left out: WeasyPrint is not installed (pip install 'mailbot[pdf]')"
            )
        else:
            first.append(Filed("chronology.pdf", pdf, "the chronology on paper"))
    first += [
        Filed("case.json", _pretty(json.loads(codec.write_case(case))), "the case as mailbot keeps it"),
        Filed("journal.json", _pretty(_journal(work, case)), "every line of its journal, with its hash"),
        Filed("policy.txt", policy_text(policy).encode(), f"the policy version in force: {case.policy}"),
    ]
    files = first + files
    manifest = {
        "form": "mailbot evidence pack 1",
        "reference": case.reference,
        "policy": case.policy,
        "linked": [{"reference": r, "what": what} for r, what in source.linked],
        "made_at": now.astimezone(LONDON).isoformat(timespec="seconds"),
        "journal": {"lines": verified.lines, "verified": not verified.faults, "seal": source.seal},
        "left_out": notes,
        "files": [
            {
                "path": one.path,
                "what": one.what,
                **({"their_name": one.label} if one.label else {}),
                "bytes": len(one.content),
                "sha256": hashlib.sha256(one.content).hexdigest(),
            }
            for one in files
        ],
    }
    return Pack(tuple(files), manifest, tuple(notes))


def in_words(verified: Verified) -> str:
    if verified.faults:
        return f"It does NOT verify: faults: {len(verified.faults)}, the first: {verified.faults[0].what}."
    if verified.lines == 1:
        return "The one line of this case is as it was written."
    return f"All {verified.lines} lines of this case are as they were written."


def _last_seal(work: Work) -> str:
    last = work.last_checkpoint()
    return chain.code(last.hash) if last else ""


def statutory(settings: Settings, policy: Policy) -> Policy | None:
    """The Code that the policy stands under, None where it knows of none or is it."""
    return load_policy(policy.statutory, settings.policies_dir) if policy.statutory else None


def linked(work: Work, case: Case) -> Iterator[tuple[str, str]]:
    """The cases that this one hangs together with, and how."""
    for reference in case.linked:
        other = work.case(reference)
        merged = case.closed_because == "belongs_elsewhere"
        what = (
            "this case went into it"
            if merged
            else f"“{other.subject}”"
            if other
            else "it is not there any more"
        )
        yield reference, what
    for other in work.cases():
        if case.reference in other.linked and other.reference not in case.linked:
            merged = other.closed_because == "belongs_elsewhere"
            yield other.reference, "it went into this case" if merged else f"“{other.subject}”"


# ------------------------------------------------------------------ the files


def _mails_in(work: Work, mails: list[MailRow], files: list[Filed]) -> Iterator[tuple[MailRow, Paper]]:
    for number, row in enumerate(mails, 1):
        raw = work.raw(row.id)
        mail = read(raw)
        stem = f"mails/in/{number:03d}-{row.received_at.astimezone(LONDON):%Y-%m-%d}"
        who = mail.sender.address if mail.sender else row.sender or "nobody that can be read"
        own = [
            Filed(f"{stem}.eml", raw, f"mail {row.id} from {who}", mail.subject[:LONGEST_LABEL]),
            Filed(f"{stem}.txt", _text(row, mail.subject, who, mail.text), f"mail {row.id} as text"),
        ]
        attached = []
        for attachment in work.attachments(row.id):
            ending = Path(attachment.name).suffix.lower().lstrip(".")
            ending = ending if ending in KNOWN_ENDINGS else "bin"
            label = attachment.name[:LONGEST_LABEL]
            path = f"attachments/{number:03d}-{attachment.position:02d}.{ending}"
            attached.append(Filed(path, work.blob(attachment.sha256), f"came with mail {row.id}", label))
        files += [*own, *attached]
        names = tuple((one.label or Path(one.path).name, one.path) for one in attached)
        yield row, Paper(row.id, who, mail.subject, mail.new_text, own[0].path, own[1].path, names)


def _mails_out(work: Work, letters: list[LetterRow], files: list[Filed]) -> Iterator[tuple[LetterRow, Paper]]:
    number = 0
    for letter in letters:
        if letter.blob is None:
            continue
        number += 1
        raw = work.blob(letter.blob)
        mail = read(raw)
        at = (letter.sent_at or letter.handed_at or letter.created_at).astimezone(LONDON)
        kind = letter.order.letter.value.replace("_", "-")
        stem = f"mails/out/{number:03d}-{at:%Y-%m-%d}-{kind}"
        head = f"To: {letter.order.to}\nDate: {at:%d %B %Y %H:%M}\nSubject: {letter.subject}\n\n"
        files += [
            Filed(f"{stem}.eml", raw, f"{kind} to {letter.order.to}"),
            Filed(f"{stem}.txt", f"{head}{mail.text}\n".encode(), f"{kind} as text"),
        ]
        yield (
            letter,
            Paper(str(letter.id), letter.order.to, letter.subject, mail.text, f"{stem}.eml", f"{stem}.txt"),
        )


def _text(row: MailRow, subject: str, who: str, text: str) -> bytes:
    received = row.received_at.astimezone(LONDON)
    return f"From: {who}\nReceived: {received:%d %B %Y %H:%M}\nSubject: {subject}\n\n{text}\n".encode()


def _journal(work: Work, case: Case) -> list[dict[str, Any]]:
    """The lines as the columns hold them: whoever has the key can hash them anew."""
    return [dict(row) for row in work.lines_as_kept(case.reference)]


def _pretty(value: Any) -> bytes:
    return (json.dumps(value, ensure_ascii=False, indent=1, default=str) + "\n").encode()


def policy_text(policy: Policy) -> str:
    """The version in force: what it is, and each clause in our words with who keeps it."""
    lines = [f"{policy.title}, {policy.landlord}", f"{policy.key}, in force from {policy.valid_from}", ""]
    return "\n".join(
        [*lines, *(f"{c.id}  {c.says}  (kept by {c.kept_by.value})" for c in policy.clauses.values()), ""]
    )


def as_pdf(html: str) -> bytes | None:
    """The page on paper; None where WeasyPrint is not installed. Nothing is fetched."""
    try:
        import weasyprint
    except (ImportError, OSError):  # OSError: its libraries are missing
        return None

    def refuse(url: str, *rest: object, **more: object) -> dict[str, Any]:
        raise ValueError(f"nothing is fetched: {url}")

    made: bytes = weasyprint.HTML(
        string=re.sub(r'<a href="[^"]*">', "<a>", html), url_fetcher=refuse
    ).write_pdf()
    return made


# ------------------------------------------------------------------ the archive


def write_zip(files: tuple[Filed, ...], manifest: Mapping[str, Any]) -> bytes:
    """The pack as one file: the same content, the same bytes."""
    into = io.BytesIO()
    with zipfile.ZipFile(into, "w", zipfile.ZIP_DEFLATED) as archive:
        for path, content in [(MANIFEST, _pretty(manifest)), *((f.path, f.content) for f in files)]:
            member = zipfile.ZipInfo(path, FIXED)
            member.compress_type = zipfile.ZIP_DEFLATED
            member.external_attr = 0o100600 << 16
            archive.writestr(member, content)
    return into.getvalue()


class NotAPack(Exception):
    """The file is no pack that mailbot wrote, or is broken as a whole."""


def check_zip(file: Path) -> tuple[dict[str, Any], list[str]]:
    """The manifest of a pack, and everything that is not as it says: changed, missing, or not named in it."""
    faults: list[str] = []
    try:
        with zipfile.ZipFile(file) as archive:
            names = archive.namelist()
            manifest = json.loads(archive.read(MANIFEST))
            named = {one["path"]: one for one in manifest["files"]}
            for path, one in named.items():
                if path not in names:
                    faults.append(f"{path} is missing")
                elif hashlib.sha256(archive.read(path)).hexdigest() != one["sha256"]:
                    faults.append(f"{path} was changed")
            journals = [name for name in named if name.endswith("journal.json") and name in names]
            for name in journals:
                lines = json.loads(archive.read(name))
                told = chain.faults_of(
                    {**line, "at": dt.datetime.fromisoformat(line["at"])} for line in lines
                )
                faults += [f"{name}: {fault}" for fault in told]
            faults += [f"{name} is not in the manifest" for name in names if name not in (*named, MANIFEST)]
            faults += [
                f"{name} is there more than once" for name in sorted({n for n in names if names.count(n) > 1})
            ]
    except (OSError, AttributeError, *BROKEN_ZIP) as error:
        raise NotAPack(f"{file} is no pack that mailbot wrote ({type(error).__name__})") from error
    return manifest, faults

"""Writes an export of a complaints mailbox in which the team has made mistakes, and says which: for the test of
`mailbot replay` and for its bench. Everybody and everything in it is made up; the same seed gives the same bytes.

    python bench/export_with_faults.py OUT.mbox [MAILS] [SEED]
"""

from __future__ import annotations

import argparse
import datetime as dt
import random
from collections.abc import Iterator
from dataclasses import dataclass, field
from email.message import EmailMessage
from email.utils import format_datetime
from pathlib import Path

BOX = "complaints@brackenfieldhomes.example"
STAFF = "priya.shah@brackenfieldhomes.example"
FIRST = (
    "Jean",
    "Omar",
    "Grace",
    "Piotr",
    "Asha",
    "Colin",
    "Marta",
    "Denise",
    "Yusuf",
    "Hannah",
    "Leroy",
    "Siobhan",
)
LAST = ("Walker", "Ali", "Okoro", "Nowak", "Patel", "Reed", "Silva", "Grant", "Khan", "Moss", "Brown", "Daly")
MATTERS = (
    (
        "the leak above my bath",
        "Water has come through the bathroom ceiling since August and the plaster is down.",
    ),
    ("black mould in the bedroom", "There is black mould on two walls and my daughter coughs all night."),
    ("the broken lift", "The lift has been out for seven weeks and I am on the fifth floor with a bad hip."),
    ("my heating", "The radiators have been cold since October and three visits were missed."),
    ("the noise from the plant room", "The pump under my flat bangs all night and nobody has looked at it."),
    ("the front door", "The communal door does not lock and strangers sleep on the stairs."),
)


@dataclass
class Planted:
    """What was made wrong, by the resident's address."""

    late: list[str] = field(default_factory=list)
    never: list[str] = field(default_factory=list)
    unanswered: list[str] = field(default_factory=list)
    crossed: list[str] = field(default_factory=list)  # those into whose thread somebody else's answer went
    mails: int = 0


def _mail(
    at: dt.datetime, sender: str, to: str, subject: str, text: str, number: int, answers: tuple[str, ...] = ()
) -> tuple[dt.datetime, bytes]:
    mail = EmailMessage()
    mail["Received"] = f"from mx by imap.brackenfieldhomes.example; {format_datetime(at)}"
    mail["From"], mail["To"], mail["Subject"] = sender, to, subject
    mail["Date"] = format_datetime(at)
    mail["Message-ID"] = f"<m{number}@export.example>"
    if answers:
        mail["In-Reply-To"] = answers[-1]
        mail["References"] = " ".join(answers)
    mail.set_content(text)
    return at, mail.as_bytes()


def working(day: dt.date, days: int) -> dt.date:
    """So many weekdays later; the exports keep clear of bank holidays."""
    while days:
        day += dt.timedelta(days=1)
        days -= day.weekday() < 5
    return day


def _at(day: dt.date, hour: int, minute: int = 0) -> dt.datetime:
    return dt.datetime.combine(day, dt.time(hour, minute), dt.UTC)


def export(mails: int, seed: int = 7) -> tuple[list[bytes], Planted]:
    """About so many mails in the order of their dates, and what is wrong among them. One story in twelve is
    acknowledged late, one in fifteen never, one escalation in four is never answered, one answer in fifty goes out in
    the thread of somebody else. They run from January 2025 on, outside the weeks of bank holidays."""
    draw = random.Random(seed)
    planted = Planted()
    out: list[tuple[dt.datetime, bytes]] = []
    number = person = 0
    days = _days()
    day = next(days)
    previous: tuple[str, str, str] | None = None
    while len(out) < mails:
        if person % (mails // 1000 + 1) == 0:
            day = next(days)
        person += 1
        name = f"{draw.choice(FIRST)} {draw.choice(LAST)}"
        address = f"{name.split()[0].lower()}{person}@mail.example"
        matter, detail = draw.choice(MATTERS)
        subject = f"Complaint about {matter}"
        number += 1
        first = f"<m{number}@export.example>"
        text = (
            f"Hello,\n\nI want to make a formal complaint about {matter}. {detail} I have rung four times and nobody "
            f"calls back. This is not good enough. I want it put right and an apology.\n\n{name}\n{person} Mill Rd\n"
        )
        out.append(_mail(_at(day, 9, person % 60), f"{name} <{address}>", BOX, subject, text, number))
        fate = draw.random()
        if fate < 1 / 15:
            planted.never.append(address)
            continue
        late = fate < 1 / 15 + 1 / 12
        answered = working(day, draw.choice((8, 9, 12)) if late else draw.choice((1, 2, 3)))
        if late:
            planted.late.append(address)
        number += 1
        acknowledgement = f"<m{number}@export.example>"
        hello = f"Dear {name},\n\nThank you for your complaint. I am looking into it.\n\nPriya Shah\n"
        out.append(_mail(_at(answered, 11), STAFF, address, f"Re: {subject}", hello, number, (first,)))
        if previous and draw.random() < 0.02:
            planted.crossed.append(previous[0])
            number += 1
            note = f"Dear {name},\n\nA surveyor will visit you on Thursday morning.\n\nPriya Shah\n"
            out.append(
                _mail(_at(answered, 12), STAFF, address, f"Re: {previous[1]}", note, number, (previous[2],))
            )
        responded = working(answered, draw.choice((4, 5, 6)) if not late else 3)
        number += 1
        response = f"<m{number}@export.example>"
        words = (
            f"Dear {name},\n\nThis is our stage 1 response to your complaint. We have upheld your complaint. "
            "We are sorry. Our contractor starts on Monday. If you are unhappy you can ask for stage 2.\n\nPriya Shah\n"
        )
        chain = (first, acknowledgement)
        out.append(
            _mail(
                _at(responded, 15), STAFF, address, "Stage 1 response to your complaint", words, number, chain
            )
        )
        if draw.random() < 0.3:
            asked = working(responded, draw.choice((2, 3, 4)))
            number += 1
            more = (
                f"I am not happy with your stage 1 response. Please take my complaint to stage 2.\n\n{name}\n"
            )
            escalation = _mail(
                _at(asked, 10), f"{name} <{address}>", BOX, f"Re: {subject}", more, number, (*chain, response)
            )
            out.append(escalation)
            if draw.random() < 0.25:
                planted.unanswered.append(address)
            else:
                number += 1
                reply = f"Dear {name},\n\nI have passed your complaint to stage 2.\n\nPriya Shah\n"
                thread = (*chain, response, f"<m{number - 1}@export.example>")
                out.append(
                    _mail(_at(working(asked, 2), 9), STAFF, address, f"Re: {subject}", reply, number, thread)
                )
        previous = (address, subject, first)
    end = working(max(at for at, _ in out).date(), 45)
    out.append(
        _mail(
            _at(end, 9),
            "news@supplier.example",
            BOX,
            "Our spring catalogue",
            "Paint, tiles, taps.\n",
            number + 1,
        )
    )
    out.sort(key=lambda pair: pair[0])
    planted.mails = len(out)
    return [raw for _, raw in out], planted


def _days() -> Iterator[dt.date]:
    """Weekdays whose following weeks hold no bank holiday of England: mid-January to early March, June and July, and
    September to mid-November of each year."""
    for year in range(2025, 2028):
        for start, end in (((1, 13), (3, 7)), ((6, 2), (7, 18)), ((9, 1), (11, 14))):
            day, last = dt.date(year, *start), dt.date(year, *end)
            while day <= last:
                if day.weekday() < 5:
                    yield day
                day += dt.timedelta(days=1)


def write_mbox(path: Path, mails: list[bytes]) -> None:
    with path.open("wb") as file:
        for raw in mails:
            body = b"\n".join(b">" + line if line.startswith(b"From ") else line for line in raw.split(b"\n"))
            file.write(b"From export@example Thu Jan  1 00:00:00 2025\n" + body.rstrip(b"\n") + b"\n\n")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description="Write an export of a mailbox with planted mistakes.")
    parser.add_argument("out", type=Path, help="the mbox file to write")
    parser.add_argument("mails", type=int, nargs="?", default=5_000)
    parser.add_argument("seed", type=int, nargs="?", default=7)
    asked = parser.parse_args()
    made, faults = export(asked.mails, asked.seed)
    write_mbox(asked.out, made)
    print(
        f"{faults.mails} mails; late {len(faults.late)}, never {len(faults.never)}, "
        f"unanswered {len(faults.unanswered)}, crossed {len(faults.crossed)}"
    )

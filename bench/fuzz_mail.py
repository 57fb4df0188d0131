"""Mutate the odd mails of tests/postroom/mails and read, screen and search each mutant: no exception, no hang, no heap.

    python bench/fuzz_mail.py [--mutants 100000] [--seed 1] [--seconds 1.0] [--megabytes 64]

A mutant is a mail of the corpus with one to six changes: bytes flipped, cut, doubled or swapped, pieces of other mails
put in, lengths blown up, header fields repeated, transfer encodings and boundaries exchanged. What is asked of each:
`read` answers without its net for the unforeseen, `screen` answers, commands, clues and dates are looked for, within
the seconds (of this process, as on a machine of a known speed), and the process never holds more than the megabytes
above what it held at the start. The same seed gives the same mutants. Ends with 1 where a promise was broken, and
writes such a mutant to a file.
"""

from __future__ import annotations

import argparse
import datetime as dt
import random
import resource
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

from yardstick import as_seconds

from mailbot.casework.clues import clues
from mailbot.casework.commands import parse
from mailbot.casework.parts import TrustSettings
from mailbot.postroom import tokens
from mailbot.postroom.files import label
from mailbot.postroom.reading import read
from mailbot.postroom.screening import screen
from mailbot.postroom.trust import authenticate

MAILS = Path(__file__).parent.parent / "tests" / "postroom" / "mails"
OWN = frozenset({"complaints@elmbridge-homes.example"})
TRUST = TrustSettings("mx.elmbridge-homes.example")
MOST_BYTES = 2_000_000

Change = Callable[[random.Random, bytes, list[bytes]], bytes]

_FIELDS = (
    b"Content-Type: multipart/mixed; boundary=q",
    b"Content-Type: message/rfc822",
    b"Content-Type: text/html; charset=utf-16",
    b"Content-Type: application/ms-tnef",
    b"Content-Type: application/pkcs7-mime",
    b"Content-Type: text/plain; charset=idna; format=flowed",
    b"Content-Type: multipart/report; report-type=delivery-status",
    b"Content-Transfer-Encoding: base64",
    b"Content-Transfer-Encoding: quoted-printable",
    b"Content-Transfer-Encoding: x-uuencode",
    b"Auto-Submitted: auto-replied",
    b"In-Reply-To: <n1.abcdefghij234567abcd@elmbridge-homes.example>",
    b"Subject: Re: =?utf-8?b?" + b"QQ" * 300 + b"?=",
    b'From: ((((((((((("',
    b"Date: Thu, 1 Jan 9999999 99:99:99 +9999",
)
_SPLINTERS = (
    *(
        b"\x00",
        b"\xff\xfe",
        b"=?",
        b"?=",
        b"<",
        b">",
        b"\r\n",
        b"\r",
        b"\n\n",
        b"--",
        b"--q--\n",
        b"%E2%80%AE",
    ),
    *(b"<div>", b"<blockquote>", b"&#x1F600;", b"> ", b"-----BEGIN PGP SIGNED MESSAGE-----\n", b"{\\rtf1 "),
    *(b"#close because ", b"On 1 Jan 2026 x wrote:\n", "\u202e\u2028".encode(), b"\x78\x9f\x3e\x22"),
)


def _flip(r: random.Random, raw: bytes, seeds: list[bytes]) -> bytes:
    out = bytearray(raw)
    for _ in range(r.randint(1, 20)):
        if out:
            out[r.randrange(len(out))] = r.randrange(256)
    return bytes(out)


def _cut(r: random.Random, raw: bytes, seeds: list[bytes]) -> bytes:
    a, b = sorted((r.randint(0, len(raw)), r.randint(0, len(raw))))
    return raw[:a] + raw[b:]


def _double(r: random.Random, raw: bytes, seeds: list[bytes]) -> bytes:
    a, b = sorted((r.randint(0, len(raw)), r.randint(0, len(raw))))
    times = r.choice((1, 1, 2, 8, 50))
    return raw[:b] + raw[a:b] * min(times, MOST_BYTES // max(b - a, 1) + 1) + raw[b:]


def _insert(r: random.Random, raw: bytes, seeds: list[bytes]) -> bytes:
    at = r.randint(0, len(raw))
    return raw[:at] + r.choice(_SPLINTERS) * r.choice((1, 1, 2, 30, 2_000)) + raw[at:]


def _splice(r: random.Random, raw: bytes, seeds: list[bytes]) -> bytes:
    other = r.choice(seeds)
    a, b = sorted((r.randint(0, len(other)), r.randint(0, len(other))))
    at = r.randint(0, len(raw))
    return raw[:at] + other[a:b] + raw[at:]


def _head(r: random.Random, raw: bytes, seeds: list[bytes]) -> bytes:
    return r.choice(_FIELDS) + b"\r\n" + raw


def _swap_lines(r: random.Random, raw: bytes, seeds: list[bytes]) -> bytes:
    if raw.count(b"\n") > 20_000:  # so that the fuzzer itself takes no memory to speak of
        return raw[::-1]
    lines = raw.split(b"\n")
    for _ in range(r.randint(1, 4)):
        i, j = r.randrange(len(lines)), r.randrange(len(lines))
        lines[i], lines[j] = lines[j], lines[i]
    return b"\n".join(lines)


def _wrap(r: random.Random, raw: bytes, seeds: list[bytes]) -> bytes:
    kind = r.choice((b"message/rfc822", b"multipart/mixed; boundary=q", b"multipart/alternative; boundary=q"))
    return b"From: w@example.com\nSubject: Fwd: x\nContent-Type: " + kind + b"\n\n--q\n" + raw + b"\n--q--\n"


CHANGES: tuple[Change, ...] = (
    _flip,
    _flip,
    _cut,
    _double,
    _insert,
    _insert,
    _splice,
    _head,
    _swap_lines,
    _wrap,
)


def corpus() -> list[bytes]:
    return [path.read_bytes() for path in sorted(MAILS.glob("*.eml"))]


def mutants(seed: int, number: int, seeds: list[bytes]) -> Iterator[bytes]:
    """`number` mutants; the same for the same seed and corpus."""
    r = random.Random(seed)
    for _ in range(number):
        raw = r.choice(seeds)
        for _ in range(r.randint(1, 6)):
            raw = r.choice(CHANGES)(r, raw, seeds)[:MOST_BYTES]
        yield raw


def _days_on(day: dt.date, days: int) -> dt.date:
    return day + dt.timedelta(days=days)


def work_through(raw: bytes) -> str:
    """Everything that mailbot does with a mail before a person or the classifier sees it. Gives what went wrong."""
    mail = read(raw)
    if any(defect.startswith("unreadable (") for defect in mail.defects):
        return mail.defects[0]
    screen(mail, OWN)
    authenticate(mail, TRUST)
    clues(mail.in_reply_to, mail.references, mail.subject, mail.new_text, mail.text, mail.delivered_to, "CC")
    parse(mail.new_text, dt.date(2026, 11, 3), _days_on)
    tokens.pairs_in(mail.text)
    for attachment in mail.attachments:
        name = label(attachment.name, attachment.content_type, attachment.content)
        if any(c in name for c in "\r\n\x00/\\") and "/" not in name.partition("(")[2]:
            return f"an attachment's name is {name!r}"
    if any(c in mail.subject for c in "\r\n\u2028\u2029"):
        return "the subject is no line"
    return ""


@dataclass
class Figures:
    mutants: int = 0
    broken: list[str] = field(default_factory=list)
    slowest: float = 0.0
    megabytes_above: float = 0.0
    cpu: float = 0.0


def run(seed: int, number: int, seconds: float, megabytes: float, report: Path | None = None) -> Figures:
    seeds = corpus()
    for raw in seeds:  # imports, caches and compiled patterns belong to the base
        work_through(raw)
    base = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    figures = Figures()
    begun = time.process_time()
    for raw in mutants(seed, number, seeds):
        before = time.process_time()
        try:
            wrong = work_through(raw)
        except Exception as error:  # whatever it raises is what we look for: it is told, and the run goes on
            wrong = f"{type(error).__name__}: {error}"
        took = time.process_time() - before
        if took > seconds / 3:
            took = as_seconds(took)
        figures.mutants += 1
        figures.slowest = max(figures.slowest, took)
        if took > seconds:
            wrong = f"took {took:.2f} s"
        if wrong:
            figures.broken.append(f"mutant {figures.mutants}: {wrong[:200]}")
            if report:
                (report / f"mutant-{seed}-{figures.mutants}.eml").write_bytes(raw)
    figures.cpu = time.process_time() - begun
    figures.megabytes_above = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024 - base
    if figures.megabytes_above > megabytes:
        figures.broken.append(f"{figures.megabytes_above:.0f} MB above the base")
    return figures


def main() -> int:
    asked = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    asked.add_argument("--mutants", type=int, default=100_000)
    asked.add_argument("--seed", type=int, default=1)
    asked.add_argument("--seconds", type=float, default=1.0)
    asked.add_argument("--megabytes", type=float, default=64.0)
    asked.add_argument("--keep", type=Path, help="a folder for the mutants that broke a promise")
    told = asked.parse_args()
    figures = run(told.seed, told.mutants, told.seconds, told.megabytes, told.keep)
    for line in figures.broken[:50]:
        print(line)
    print(
        f"{figures.mutants:,} mutants, {len(figures.broken)} promises broken; slowest {figures.slowest:.3f} s, "
        f"{figures.megabytes_above:.1f} MB above the base, {figures.cpu / max(figures.mutants, 1) * 1000:.2f} ms each"
    )
    return 1 if figures.broken else 0


if __name__ == "__main__":
    sys.exit(main())

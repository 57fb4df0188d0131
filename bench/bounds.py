"""What the worst mails cost: processor seconds and memory above the base, each in a process of its own.

    python bench/bounds.py [--json] [NAME ...]

Each mail is made to be as dear as its kind can be (25 MB of words, 100,000 parts, endless nesting, a hundred thousand
header fields). It is read, screened and searched as `fuzz_mail.work_through` does; the base is what the process holds
with the mail's bytes in it. Seconds near the bound are told as of a machine of a known speed (`yardstick.py`). Linux
only: the peak is the kernel's own (VmHWM), reset before the mail is read.
"""

from __future__ import annotations

import argparse
import base64
import gc
import json
import os
import random
import sys
import time
from collections.abc import Callable
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))

from fuzz_mail import work_through
from yardstick import as_seconds

SECONDS = 1.0
MEGABYTES = 64
HEAD = b"From: amina.yusuf@example.com\nSubject: Leak\nMIME-Version: 1.0\n"
REPLY = HEAD + b"In-Reply-To: <a@b.example>\n"
HTML = HEAD + b"Content-Type: text/html\n\n"
MIXED = HEAD + b"Content-Type: multipart/mixed; boundary=q\n\n"
BASE64 = b"\nContent-Transfer-Encoding: base64\n\n"
DAEMON = b"From: mailer-daemon@x.example\nSubject: failure notice\n\n"


def many_parts(number: int) -> bytes:
    return MIXED + b"--q\n\nword\n" * number + b"--q--\n"


def nested(depth: int) -> bytes:
    lines = [HEAD, b"Content-Type: multipart/mixed; boundary=b0\n\n"]
    lines += [b"--b%d\nContent-Type: multipart/mixed; boundary=b%d\n\n" % (n, n + 1) for n in range(depth)]
    return b"".join(lines) + b"words"


def winmail(level: int, attribute: int, content: bytes) -> bytes:
    stream = b"\x78\x9f\x3e\x22\x01\x00" + bytes([level]) + attribute.to_bytes(4, "little")
    stream += len(content).to_bytes(4, "little") + content + b"\0\0"
    return HEAD + b"Content-Type: application/ms-tnef" + BASE64 + base64.encodebytes(stream)


def noise(size: int) -> bytes:
    return random.Random(5).randbytes(size)


HUGE: dict[str, Callable[[], bytes]] = {
    "25 MB of text": lambda: HEAD + b"\n" + b"The lift is stuck again.\n" * 1_000_000,
    "25 MB on one line": lambda: HEAD + b"\n" + b"x" * 25_000_000,
    "letters of four bytes": lambda: HEAD + b"\n" + "\U0001f600 дом\n".encode() * 600_000,
    "25 MB of text in base64": lambda: HEAD + b"Content-Type: text/plain; charset=utf-8" + BASE64
    + base64.encodebytes("Дом сырой. ".encode() * 900_000),
    "quoted-printable": lambda: HEAD + b"Content-Type: text/plain; charset=utf-8\n"
    b"Content-Transfer-Encoding: quoted-printable\n\n" + b"=D0=94=D0=BE=D0=BC is wet\n" * 300_000,
    "flowing text": lambda: HEAD + b"Content-Type: text/plain; format=flowed\n\n"
    + b"The lift is stuck again. \n" * 300_000,
    "a reply of 2,000,000 lines": lambda: REPLY + b"\n" + b"> a\nb\n" * 1_000_000,
    "a bounce of 300,000 recipients": lambda: DAEMON + b"<a@b.example>: no such user\n" * 300_000,
    "25 MB of HTML": lambda: HTML + b"<div><p>words</p>" * 1_400_000,
    "8,000,000 tags that are none": lambda: HTML + b"<" * 8_000_000,
    "25 MB of a photograph": lambda: MIXED + b"--q\n\nhello\n--q\nContent-Type: image/jpeg; name=a.jpg" + BASE64
    + base64.encodebytes(noise(1_000_000) * 18) + b"--q--\n",
    "a photograph in 1,000,000 pieces": lambda: MIXED + b"--q\nContent-Type: image/jpeg; name=a.jpg" + BASE64
    + b"QUJD=RA" * 1_000_000 + b"\n--q--\n",
    "uuencode of 1,000,000 lines": lambda: HEAD + b"Content-Type: image/jpeg; name=x\n"
    b"Content-Transfer-Encoding: x-uuencode\n\nbegin 644 x\n" + b"#86)C\n" * 1_000_000 + b"end\n",
    "25 MB of a mail sent on": lambda: HEAD.replace(b"Leak", b"Fwd: Leak") + b"Content-Type: message/rfc822\n\n" + HEAD
    + b"\n" + b"The lift is stuck again.\n" * 1_000_000,
    "8 MB of a winmail.dat": lambda: winmail(2, 0x0006800F, noise(6_000_000)),
    "a winmail.dat of 400,000 attributes": lambda: winmail(1, 0, b"\0" * 11 * 400_000),
    "a winmail.dat of properties": lambda: winmail(
        1, 0x00069003, b"\xff\xff\xff\x7f" + b"\x03\0\1\x66\0\0\0\0" * 500_000
    ),
    "7 MB of rich text": lambda: HEAD + b"Content-Type: text/rtf\n\n{\\rtf1 " + b"\\par x{\\b y}" * 550_000,
    "rich text of 4,000,000 braces": lambda: HEAD + b"Content-Type: text/rtf\n\n{\\rtf1 " + b"{" * 4_000_000,
    "a calendar of 800,000 lines": lambda: HEAD + b"Content-Type: text/calendar\n\n" + b"SUMMARY:x\n" * 800_000,
    "100,000 parts": lambda: many_parts(100_000),
    "1,000 parts of HTML": lambda: MIXED + (b"--q\nContent-Type: text/html\n\n" + b"<p>a</p>" * 30 + b"\n") * 1_000,
    "20,000 multiparts in each other": lambda: nested(20_000),
    "20,000 mails in each other": lambda: b"Subject: Fwd: x\nContent-Type: message/rfc822\n\n" * 20_000 + b"words",
    "20,000 tables in each other": lambda: HTML + b"<table><tr><td>" * 20_000 + b"words",
    "20,000 cells": lambda: HTML + b"<table><tr>" + b"<td>a" * 19_900,
    "20,000 rows": lambda: HTML + b"<table>" + b"<tr><td>a" * 9_900,
    "a long line before 250 quotations": lambda: HTML.replace(b"Leak", b"Re: Leak") + b"On 1 Jan 2026 x wrote: " * 3_000
    + b"<blockquote>" * 250 + b"a",
    "20,000 quotations": lambda: HTML.replace(b"Leak", b"Re: Leak") + b"<blockquote>a</blockquote>" * 9_600,
    "a subject of 1 MB": lambda: HEAD.replace(b"Leak", b"=?utf-8?q?a?= " * 70_000) + b"\nwords",
    "40,000 recipients": lambda: HEAD + b"Cc: " + b"a@example.com, " * 40_000 + b"\n\nwords",
    "100,000 header fields": lambda: HEAD + b"X-A: b\n" * 100_000 + b"\nwords",
    "100,000 opening brackets": lambda: HEAD.replace(b"amina", b"(" * 100_000 + b"amina") + b"\nwords",
    "quotes of all depths": lambda: REPLY + b"\n" + b"".join(b">" * n + b"\n" for n in range(2_000)),
    "9,999 lines that may head a history": lambda: REPLY + b"\n" + b"On 3 Nov 2026 at 10:15\n" * 9_999,
    "9,999 lines of addresses": lambda: REPLY + b"\n" + b"On 1:15 <a@b.example> and\n" * 9_999,
    "5,000 attributions with nothing said": lambda: REPLY + b"\n" + b"1:15 (a@b.example):\n-\n" * 4_900,
    "9,999 lines of From and To": lambda: REPLY + b"\n" + b"From: x\n\nTo: y\n" * 3_333,
    "a line of a million rules": lambda: DAEMON + b"-" * 1_000_000,
    "a bounce of 60,000 empty lines": lambda: DAEMON + b"\n" * 60_000,
    "PGP begun 50,000 times": lambda: HEAD + b"\n" + b"-----BEGIN PGP SIGNED MESSAGE-----\n" * 50_000,
    "a million combining marks": lambda: HEAD + b"\n" + "a\u0300".encode() * 1_000_000,
    "500,000 references": lambda: HEAD + b"\n" + b"CC-26-000123-K " * 35_000,
    "500,000 commands": lambda: REPLY + b"\n" + b"#close because x\n" * 29_000,
}  # fmt: skip


def cost_of(name: str) -> dict[str, float | str]:
    """Seconds of processor time and megabytes above the base, measured in a child process."""
    reader, writer = os.pipe()
    if os.fork() == 0:
        found: dict[str, float | str] = {"wrong": "the child ended"}
        try:
            raw = HUGE[name]()
            gc.collect()
            Path("/proc/self/clear_refs").write_text("5")
            base = _peak()
            begun = time.process_time()
            wrong = work_through(raw)
            spent, peak = time.process_time() - begun, _peak()
            if spent > SECONDS / 3:  # near the bound it counts how fast the machine is just now
                spent = as_seconds(spent)
            found = {"seconds": spent, "megabytes": peak - base, "wrong": wrong}
        except BaseException as error:  # a child must never go on as its parent; what broke is told
            found = {"wrong": repr(error)[:200]}
        finally:
            os.write(writer, json.dumps(found).encode())
            os._exit(0)
    os.close(writer)
    with os.fdopen(reader, "rb") as told:
        answer: dict[str, float | str] = json.loads(told.read() or b'{"wrong": "the child ended"}')
    os.wait()
    return answer


def _peak() -> float:
    line = next(one for one in Path("/proc/self/status").read_text().splitlines() if one.startswith("VmHWM"))
    return int(line.split()[1]) / 1024


def main() -> int:
    asked = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    asked.add_argument("names", nargs="*", help="which of the mails; all of them where none is named")
    asked.add_argument("--json", action="store_true")
    told = asked.parse_args()
    for form in (b"", b"Content-Type: text/html\n\n<p>"):  # imports and compiled patterns belong to the base
        work_through(HEAD + form + b"\nwords")
    work_through(DAEMON + b"<a@b.example>: no such user")
    costs = {name: cost_of(name) for name in told.names or HUGE}
    if told.json:
        print(json.dumps(costs))
    for name, cost in costs.items() if not told.json else ():
        print(
            f"{name:40}{cost.get('seconds', 0):6.2f} s  {cost.get('megabytes', 0):5.0f} MB  {cost['wrong']}"
        )
    over = [n for n, c in costs.items() if c["wrong"] or c["seconds"] > SECONDS or c["megabytes"] > MEGABYTES]
    return 1 if over else 0


if __name__ == "__main__":
    sys.exit(main())

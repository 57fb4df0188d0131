"""One mail costs so much time and memory and no more: a second of this process and 64 MB, whatever it holds."""

from __future__ import annotations

import base64
import random
import sys
import time
import tracemalloc
from collections.abc import Callable
from pathlib import Path

import pytest

from mailbot.postroom.opening import unarmoured
from mailbot.postroom.reading import MAX_LINES, MAX_TEXT_CHARS, read
from mailbot.postroom.screening import screen

sys.path.insert(0, str(Path(__file__).parents[2] / "bench"))
import fuzz_mail

SECONDS = 1.0
HEAD = b"From: amina.yusuf@example.com\nSubject: Leak\nMIME-Version: 1.0\n"
LONG = 5_000_000


def many_parts(number: int) -> bytes:
    return HEAD + b"Content-Type: multipart/mixed; boundary=q\n\n" + b"--q\n\nword\n" * number + b"--q--\n"


def nested(depth: int) -> bytes:
    lines = [HEAD, b"Content-Type: multipart/mixed; boundary=b0\n\n"]
    lines += [b"--b%d\nContent-Type: multipart/mixed; boundary=b%d\n\n" % (n, n + 1) for n in range(depth)]
    return b"".join(lines) + b"words"


HUGE: dict[str, Callable[[], bytes]] = {
    "25 MB of text": lambda: HEAD + b"\n" + b"The lift is stuck again.\n" * 1_000_000,
    "25 MB on one line": lambda: HEAD + b"\n" + b"x" * 25_000_000,
    "10 MB of HTML": lambda: HEAD + b"Content-Type: text/html\n\n" + b"<div><p>words</p>" * 600_000,
    "100,000 parts": lambda: many_parts(100_000),
    "20,000 multiparts in each other": lambda: nested(20_000),
    "a subject of 1 MB": lambda: HEAD.replace(b"Leak", b"=?utf-8?q?a?= " * 70_000) + b"\nwords",
    "40,000 recipients": lambda: HEAD + b"Cc: " + b"a@example.com, " * 40_000 + b"\n\nwords",
    "100,000 header fields": lambda: HEAD + b"X-A: b\n" * 100_000 + b"\nwords",
    "100,000 opening brackets": lambda: HEAD.replace(b"amina", b"(" * 100_000 + b"amina") + b"\nwords",
    "quotes of all depths": lambda: HEAD + b"In-Reply-To: <a@b>\n\n" + b"".join(b">" * n + b"\n" for n in range(2_000)),
    "a line of a million rules": lambda: HEAD + b"From: mailer-daemon@x.example\n\n" + b"-" * 1_000_000,
    "a bounce of 60,000 empty lines": lambda: b"From: mailer-daemon@x.example\n\n" + b"\n" * 60_000,
    "PGP begun 50,000 times": lambda: HEAD + b"\n" + b"-----BEGIN PGP SIGNED MESSAGE-----\n" * 50_000,
    "a million combining marks": lambda: HEAD + b"\n" + "a\u0300".encode() * 1_000_000,
    "a winmail.dat of nothing": lambda: HEAD
    + b"Content-Type: application/ms-tnef\nContent-Transfer-Encoding: base64\n\n"
    + base64.encodebytes(b"\x78\x9f\x3e\x22\x01\x00" + b"\x01\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00" * 400_000),
}  # fmt: skip


@pytest.mark.parametrize("what", sorted(HUGE))
def test_a_huge_mail_is_read_within_its_second(what: str) -> None:
    raw = HUGE[what]()
    begun = time.process_time()
    mail = read(raw)
    screen(mail, frozenset())
    assert time.process_time() - begun < 3 * SECONDS, "three times the bound, for a machine that is busy"
    assert len(mail.text) <= MAX_TEXT_CHARS
    assert not any(defect.startswith("unreadable (") for defect in mail.defects)


def test_what_is_cut_is_said_to_be_cut() -> None:
    assert f"text cut after {MAX_TEXT_CHARS} characters" in read(HUGE["25 MB on one line"]()).defects
    assert f"text cut after {MAX_LINES} lines" in read(HUGE["25 MB of text"]()).defects
    assert "more than 1000 parts" in read(many_parts(5_000)).defects
    assert "nested deeper than 40 parts" in read(nested(100)).defects


def test_a_mail_of_five_megabytes_takes_less_than_64_megabytes_more() -> None:
    raw = HEAD + b"\n" + b"The lift is stuck again.\n" * (LONG // 25)
    read(HEAD + b"\nwarm")
    tracemalloc.start()
    read(raw)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 64_000_000


def test_an_archive_is_a_file_and_is_never_unpacked() -> None:
    bomb = base64.encodebytes(b"PK\x03\x04" + b"\0" * 100_000)
    raw = HEAD + b'Content-Type: application/zip; name="b.zip"\nContent-Transfer-Encoding: base64\n\n' + bomb
    (file,) = read(raw).attachments
    assert (file.name, file.size) == ("b.zip", 100_004)


def test_armour_that_never_ends_swallows_no_words() -> None:
    text = (
        "-----BEGIN PGP SIGNED MESSAGE-----\nHash: SHA256\n\nwords\n-----BEGIN PGP SIGNATURE-----\nmore words"
    )
    assert unarmoured(text) == (text, "")


# ------------------------------------------------------------------ the fuzzer, in short


def test_a_thousand_mutants_break_no_promise() -> None:
    figures = fuzz_mail.run(seed=7, number=1_000, seconds=3 * SECONDS, megabytes=64 * 3)
    assert figures.broken == []


def test_the_fuzzer_notices_what_it_is_there_for(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(fuzz_mail, "work_through", lambda raw: "broken" if len(raw) % 2 else "")
    assert fuzz_mail.run(seed=1, number=50, seconds=1, megabytes=999).broken


def test_the_same_seed_gives_the_same_mutants() -> None:
    seeds = [random.Random(n).randbytes(200) for n in range(5)]
    assert list(fuzz_mail.mutants(3, 20, seeds)) == list(fuzz_mail.mutants(3, 20, seeds))

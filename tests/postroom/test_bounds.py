"""One mail costs so much time and memory and no more: a second of a machine of a known speed and 64 MB, whatever it
holds."""

from __future__ import annotations

import base64
import json
import random
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from mailbot.postroom.opening import unarmoured
from mailbot.postroom.reading import MAX_LINES, MAX_TEXT_CHARS, read

BENCH = Path(__file__).parents[2] / "bench"
sys.path.insert(0, str(BENCH))
import bounds  # noqa: E402
import fuzz_mail  # noqa: E402

HEAD = bounds.HEAD


@pytest.fixture(scope="module")
def costs() -> dict[str, Any]:
    """What each of the worst mails costs, measured once, in a process that holds nothing else."""
    done = subprocess.run(
        [sys.executable, str(BENCH / "bounds.py"), "--json"], capture_output=True, text=True, check=False
    )
    found: dict[str, Any] = json.loads(done.stdout)
    return found


@pytest.mark.parametrize("what", sorted(bounds.HUGE))
def test_a_huge_mail_is_read_within_its_second_and_its_64_megabytes(what: str, costs: dict[str, Any]) -> None:
    cost = costs[what]
    assert cost["wrong"] == ""
    assert cost["seconds"] <= bounds.SECONDS
    assert cost["megabytes"] <= bounds.MEGABYTES


def test_what_is_cut_is_said_to_be_cut() -> None:
    assert f"text cut after {MAX_TEXT_CHARS} characters" in read(bounds.HUGE["25 MB on one line"]()).defects
    assert f"text cut after {MAX_LINES} lines" in read(HEAD + b"\n" + b"x\n" * 100_000).defects
    assert "more than 1000 parts" in read(bounds.many_parts(5_000)).defects
    assert "nested deeper than 40 parts" in read(bounds.nested(100)).defects
    assert len(read(bounds.HUGE["25 MB on one line"]()).text) == MAX_TEXT_CHARS


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
    figures = fuzz_mail.run(seed=7, number=1_000, seconds=bounds.SECONDS, megabytes=bounds.MEGABYTES)
    assert figures.broken == []


def test_the_fuzzer_notices_what_it_is_there_for(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(fuzz_mail, "work_through", lambda raw: "broken" if len(raw) % 2 else "")
    assert fuzz_mail.run(seed=1, number=50, seconds=1, megabytes=999).broken


def test_the_same_seed_gives_the_same_mutants() -> None:
    seeds = [random.Random(n).randbytes(200) for n in range(5)]
    assert list(fuzz_mail.mutants(3, 20, seeds)) == list(fuzz_mail.mutants(3, 20, seeds))

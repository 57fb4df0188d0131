"""Bounces as some fifty mail systems write them: who was not reached, and which letter came back."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from mailbot.postroom.reading import read
from mailbot.postroom.screening import screen

OWN = frozenset({"complaints@elmbridge-homes.example"})
COPY = """Return-Path: <complaints@elmbridge-homes.example>
Received: from a.elmbridge-homes.example (a [192.0.2.1]) by mx with SMTP id 1; Tue, 3 Nov 2026 10:15:00 +0000
From: Complaints <complaints@elmbridge-homes.example>
To: amina@resident.example, other@nowhere.example
Subject: We have your complaint
Message-ID: <abc.123@elmbridge-homes.example>
Date: Tue, 3 Nov 2026 10:15:00 +0000

Dear Amina, write to help@ombudsman.example
"""
NOTICES = {
    name: (set(failed.split()), original, bool(delayed), text.replace("COPY", COPY))
    for name, failed, original, delayed, text in re.findall(
        r"^\[([\w-]+)\] ([^;\n]*); ([^;\n]*); (\w*)\n(.*?)\n(?=\n\[[\w-]+\] |\Z)",
        (Path(__file__).parent / "bounces.txt").read_text("utf-8"),
        re.MULTILINE | re.DOTALL,
    )
}


def test_there_are_many_notices() -> None:
    assert len(NOTICES) > 50


@pytest.mark.parametrize("own", [OWN, frozenset[str]()], ids=["known", "unknown"])
@pytest.mark.parametrize("name", sorted(NOTICES))
def test_a_notice_tells_who_was_not_reached_and_which_letter_came_back(
    name: str, own: frozenset[str]
) -> None:
    failed, original, delayed, text = NOTICES[name]
    found = screen(read(text.encode()), own)
    assert found.automatic == "bounce"
    assert set(found.failed_recipients) == failed
    assert found.delayed == delayed
    if original:
        assert found.original_message_id == original


def test_what_a_person_writes_about_a_bounce_is_no_bounce() -> None:
    for subject in (
        "Undeliverable: my parcel",
        "Delivery failed again",
        "Nicht zustellbar",
        "Message non remis",
    ):
        raw = f"From: Amina <amina@resident.example>\nSubject: {subject}\n\nYour letter could not be delivered: 550.\n"
        assert screen(read(raw.encode()), OWN).automatic is None

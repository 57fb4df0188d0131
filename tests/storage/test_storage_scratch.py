"""The database of a replay: a step is whole or not at all there too, and of mails that were read the head stays."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from pathlib import Path

import pytest

from storage import KeptMail
from storage.scratch import HEAD, Scratch

NINE = dt.datetime(2025, 3, 3, 9, 0, tzinfo=dt.UTC)


@pytest.fixture
def scratch(tmp_path: Path) -> Iterator[Scratch]:
    store = Scratch(tmp_path)
    yield store
    store.close()


def kept(uid: int, raw: bytes) -> KeptMail:
    return KeptMail("complaints", "INBOX", 1, uid, NINE, NINE, raw)


def test_what_fails_halfway_leaves_no_trace(scratch: Scratch) -> None:
    def keep_and_stumble() -> None:
        with scratch.begin() as work:
            work.keep_mail(kept(1, b"Subject: x\n\nHello"))
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        keep_and_stumble()
    with scratch.read() as work:
        assert not work.any_waits()
    with scratch.begin() as work:
        work.keep_mail(kept(1, b"Subject: x\n\nHello"))
    with scratch.read() as work:
        assert work.any_waits()


def test_of_a_mail_that_was_read_the_head_stays_and_the_same_mail_again_is_whole(scratch: Scratch) -> None:
    raw = b"Subject: x\n\n" + b"a long letter\n" * 9_000
    with scratch.begin() as work:
        first = work.keep_mail(kept(1, raw))
        short = work.keep_mail(kept(2, b"Subject: y\n\nHello"))
    assert first and short
    scratch.shorten()
    with scratch.read() as work:
        assert work.raw(first) == raw[:HEAD]
        assert work.raw(short) == b"Subject: y\n\nHello"
    with scratch.begin() as work:
        again = work.keep_mail(kept(3, raw))
    assert again
    with scratch.read() as work:
        assert work.raw(again) == raw
    scratch.shorten()
    with scratch.read() as work:
        assert work.raw(again) == raw[:HEAD]

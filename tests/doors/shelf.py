"""A keeper of mails without a database: what the door hands over stays on the shelf, and the door's promises
are checked as it does."""

from __future__ import annotations

import datetime as dt
import threading
import time
from collections.abc import Callable, Sequence
from typing import TypeVar

from mailbot.postroom.fetched import Fetched, Position

_T = TypeVar("_T")


class Shelf:
    """`refuse` is called with every batch before it is kept, and may raise. `on_keep` is called after."""

    def __init__(self) -> None:
        self.mails: dict[tuple[int, int], Fetched] = {}
        self.batches: list[tuple[int, ...]] = []
        self.stored: Position | None = None
        self.begun: list[Position] = []
        self.looks: list[dt.datetime] = []
        self.errors: list[str] = []
        self.again = 0  # mails handed over that were kept already
        self.refuse: Callable[[list[Fetched]], None] = lambda batch: None
        self.on_keep: Callable[[list[Fetched]], None] = lambda batch: None
        self._news = threading.Condition()

    # what the door calls

    def position(self, mailbox: str) -> Position | None:
        return self.stored

    def begin_at(self, mailbox: str, position: Position) -> None:
        assert self.stored is None
        self.begun.append(position)
        self.stored = position

    def keep(self, batch: list[Fetched], position: Position) -> None:
        self.refuse(batch)
        with self._news:
            if self.stored is not None and self.stored.uidvalidity == position.uidvalidity:
                assert position.last_uid >= self.stored.last_uid, "a position never goes back"
            for mail in batch:
                assert mail.received_at.utcoffset() == dt.timedelta(0)
                key = (mail.uidvalidity, mail.uid)
                self.again += key in self.mails
                self.mails.setdefault(key, mail)
            if batch:
                self.batches.append(tuple(mail.uid for mail in batch))
            self.stored = position
            self._news.notify_all()
        self.on_keep(batch)

    def kept(self, folder: str, uidvalidity: int) -> dict[int, bool]:
        return {
            mail.uid: not mail.truncated
            for mail in self.mails.values()
            if (mail.folder, mail.uidvalidity) == (folder, uidvalidity)
        }

    def looked(self, mailbox: str, at: dt.datetime) -> None:
        with self._news:
            self.looks.append(at)
            self._news.notify_all()

    def stumbled(self, mailbox: str, error_text: str) -> None:
        with self._news:
            self.errors.append(error_text)
            self._news.notify_all()

    # what tests ask

    @property
    def subjects(self) -> list[str]:
        """Of all mails kept, in the order of their UIDs."""
        return [subject_of(mail.raw) for _, mail in sorted(self.mails.items())]

    def wait_until(self, fact: Callable[[Shelf], bool], seconds: float = 15) -> float:
        """Wait for a fact; return how many seconds it took. Fails the test when the time is over."""
        began = time.monotonic()
        with self._news:
            happened = self._news.wait_for(lambda: fact(self), seconds)
            assert happened, f"not within {seconds} s; kept {len(self.mails)}, errors {self.errors}"
        return time.monotonic() - began


def wait_until(fact: Callable[[], _T], seconds: float = 15) -> _T:
    """Ask again and again until it is so; return the answer. Fails the test when the time is over."""
    ends_at = time.monotonic() + seconds
    while not (answer := fact()):
        assert time.monotonic() < ends_at, f"not within {seconds} s"
        time.sleep(0.02)
    return answer


def mail(subject: str, *, size: int = 0, body: str = "The boiler is broken again.") -> bytes:
    """A small mail; with `size`, one of about so many bytes."""
    lines = [
        "From: Amina Khan <resident@example.com>",
        "To: complaints@example.org",
        f"Subject: {subject}",
        f"Message-ID: <{subject.replace(' ', '-')}@example.com>",
        "Date: Mon, 2 Mar 2026 09:00:00 +0000",
        "",
        body,
    ]
    if size:
        lines += ["x" * 76] * (size // 78)
    return ("\r\n".join(lines) + "\r\n").encode()


def subject_of(raw: bytes) -> str:
    return raw.split(b"Subject: ", 1)[1].split(b"\r\n", 1)[0].decode()


def numbered(count: int) -> Sequence[str]:
    return [f"complaint {n}" for n in range(1, count + 1)]

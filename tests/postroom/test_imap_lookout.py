"""The lookout over real servers: it wakes, outlives whatever happens to them, and stops when told."""

from __future__ import annotations

import datetime as dt
import itertools
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from doors.dovecot import Dovecot
from doors.mailboxes import Mailboxes
from doors.meddler import Meddler
from doors.shelf import Shelf, mail, numbered, wait_until

from mailbot.casework.parts import ImapSettings
from mailbot.postroom import lookout as lookouts
from mailbot.postroom.fetched import Position
from mailbot.postroom.lookout import Lookout, pause_seconds


def now() -> dt.datetime:
    return dt.datetime.now(dt.UTC)


@contextmanager
def watching(settings: ImapSettings, shelf: Shelf, on_news: Any = lambda: None) -> Iterator[Lookout]:
    lookout = Lookout(settings, shelf, now, on_news)
    lookout.start()
    try:
        yield lookout
    finally:
        assert lookout.stop()


def test_a_mail_is_kept_and_told_within_five_seconds(mail_server: Mailboxes) -> None:
    address = mail_server.fresh_mailbox()
    shelf = Shelf()
    news = threading.Event()
    with watching(mail_server.settings(address), shelf, news.set) as lookout:
        shelf.wait_until(lambda s: len(s.looks) == 1)
        assert not news.is_set()
        mail_server.deliver(mail("the boiler"), to=address)
        assert shelf.wait_until(lambda s: s.subjects == ["the boiler"]) < 5
        assert news.wait(5)
        state = wait_until(lambda: lookout.state if lookout.state.last_look_at else None)
        assert (state.mailbox, state.connected, state.last_error) == ("complaints", True, "")
    assert not lookout.state.connected


def test_without_idle_the_poll_finds_it(mail_server: Mailboxes) -> None:
    address = mail_server.fresh_mailbox()
    shelf = Shelf()
    with watching(mail_server.settings(address, idle=False, poll_seconds=1), shelf):
        shelf.wait_until(lambda s: len(s.looks) >= 1)
        mail_server.deliver(mail("for the poll"), to=address)
        shelf.wait_until(lambda s: s.subjects == ["for the poll"])


def test_a_look_can_be_asked_for(mail_server: Mailboxes) -> None:
    address = mail_server.fresh_mailbox()
    shelf = Shelf()
    with watching(mail_server.settings(address, idle=False, poll_seconds=600), shelf) as lookout:
        shelf.wait_until(lambda s: len(s.looks) == 1)
        mail_server.deliver(mail("now please"), to=address)
        lookout.look_now()
        assert shelf.wait_until(lambda s: s.subjects == ["now please"]) < 5


def test_dovecot_stopped_for_a_while_loses_nothing(dovecot: Dovecot) -> None:
    address = dovecot.fresh_mailbox()
    shelf = Shelf()
    with watching(dovecot.settings(address, after="move"), shelf) as lookout:
        shelf.wait_until(lambda s: len(s.looks) == 1)
        dovecot.deliver(mail("complaint 1"), to=address)
        shelf.wait_until(lambda s: s.subjects == numbered(1))
        dovecot.stop()
        shelf.wait_until(lambda s: len(s.errors) >= 2)
        assert not lookout.state.connected
        assert lookout.state.last_error
        looks = len(shelf.looks)
        dovecot.start()
        dovecot.deliver(mail("complaint 2"), to=address)
        shelf.wait_until(lambda s: s.subjects == numbered(2), 30)
        assert len(shelf.looks) >= looks
        dovecot.deliver(mail("complaint 3"), to=address)
        # Where the system has no watch left for it, Dovecot looks by itself, every 30 seconds.
        shelf.wait_until(lambda s: s.subjects == numbered(3), 45)
        wait_until(lambda: lookout.state.connected and not lookout.state.last_error)
    assert shelf.again == 0
    assert len(dovecot.uids(address, "Done")) == 3


def test_a_line_that_is_cut_again_and_again_loses_and_doubles_nothing(mail_server: Mailboxes) -> None:
    address = mail_server.fresh_mailbox()
    shelf = Shelf()
    meddler = Meddler(mail_server.imap_port)
    settings = mail_server.settings(address, port=meddler.port, after="move")
    with watching(settings, shelf) as lookout:
        shelf.wait_until(lambda s: len(s.looks) == 1)
        for subject in numbered(6):
            mail_server.deliver(mail(subject), to=address)
            meddler.cut()
            lookout.look_now()
        shelf.wait_until(lambda s: s.subjects == numbered(6), 30)
        lookout.look_now()
        wait_until(lambda: lookout.look_now() or mail_server.uids(address) == [], 30)
    meddler.stop()
    assert shelf.again == 0
    assert len(mail_server.uids(address, "Done")) == 6


def test_a_folder_that_vanished_is_told_and_read_again_once_it_is_back(mail_server: Mailboxes) -> None:
    address = mail_server.fresh_mailbox()
    with mail_server.client(address) as client:
        client.create_folder("Complaints")
    shelf = Shelf()
    with watching(mail_server.settings(address, folder="Complaints", poll_seconds=1), shelf) as lookout:
        shelf.wait_until(lambda s: len(s.looks) >= 1)
        with mail_server.client(address) as client:
            client.rename_folder("Complaints", "Elsewhere")
        shelf.wait_until(lambda s: any("Complaints" in e for e in s.errors))
        mail_server.put(address, mail("while it was away"), folder="Elsewhere")
        with mail_server.client(address) as client:
            client.rename_folder("Elsewhere", "Complaints")
        wait_until(lambda: lookout.look_now() or shelf.subjects == ["while it was away"], 30)


def test_a_refused_login_is_tried_again_slowly_even_when_asked_to_hurry(mail_server: Mailboxes) -> None:
    address = mail_server.fresh_mailbox()
    shelf = Shelf()
    meddler = Meddler(mail_server.imap_port)
    with watching(mail_server.settings(address, password="wrong", port=meddler.port), shelf) as lookout:
        shelf.wait_until(lambda s: len(s.errors) == 1)
        for _ in range(5):
            lookout.look_now()
        assert not threading.Event().wait(1.5)
        assert meddler.connections == 1
        assert "LoginRefused" in lookout.state.last_error
        assert lookout.state.failures == 1
    meddler.stop()


def test_pauses_grow_to_their_limit_and_are_longer_after_a_refused_login() -> None:
    assert [pause_seconds(n, False) for n in (1, 2, 3, 9, 10, 5000)] == [1, 2, 4, 256, 300, 300]
    assert [pause_seconds(n, True) for n in (1, 2, 5, 6, 5000)] == [30, 60, 480, 900, 900]


def test_a_keeper_in_trouble_ends_nothing(mail_server: Mailboxes) -> None:
    address = mail_server.fresh_mailbox()
    shelf = Shelf()
    mail_server.deliver(mail("kept in the end"), to=address)
    shelf.stored = Position(4711, 0)
    troubles = iter([RuntimeError("locked"), OSError("disk full"), KeyError("odd")])

    def refuse(batch: Any) -> None:
        trouble = next(troubles, None)
        if trouble:
            raise trouble

    shelf.refuse = refuse
    with watching(mail_server.settings(address), shelf) as lookout:
        wait_until(lambda: lookout.look_now() or shelf.subjects == ["kept in the end"], 30)
        assert len(shelf.errors) == 3
        assert "locked" not in "".join(shelf.errors), "unknown errors may quote a mail"


def test_a_keeper_that_cannot_even_be_told_ends_nothing(mail_server: Mailboxes) -> None:
    class Silent(Shelf):
        def stumbled(self, mailbox: str, error_text: str) -> None:
            raise RuntimeError("the database is away")

    address = mail_server.fresh_mailbox()
    shelf = Silent()
    news = [0]

    def on_news() -> None:
        news[0] += 1
        raise RuntimeError("nobody listens")

    with watching(mail_server.settings(address), shelf, on_news) as lookout:
        shelf.wait_until(lambda s: len(s.looks) == 1)
        for subject in numbered(2):
            mail_server.deliver(mail(subject), to=address)
            wait_until(lambda wanted=subject: lookout.look_now() or wanted in shelf.subjects)
        wait_until(lambda: news[0] >= 1)


def test_stopping_while_idling_takes_less_than_two_seconds(mail_server: Mailboxes) -> None:
    shelf = Shelf()
    lookout = Lookout(mail_server.settings(mail_server.fresh_mailbox()), shelf, now, lambda: None)
    lookout.start()
    shelf.wait_until(lambda s: len(s.looks) == 1)
    began = time.monotonic()
    assert lookout.stop()
    assert time.monotonic() - began < 2


def test_stopping_while_the_server_is_mute_takes_less_than_two_seconds(mail_server: Mailboxes) -> None:
    """The connection stands, and no answer comes: in the middle of a look, and before the greeting."""
    meddler = Meddler(mail_server.imap_port)
    asked, released = threading.Event(), threading.Event()

    def fall_silent(said: bytes) -> None:
        if b"SELECT" in said or b"EXAMINE" in said:
            asked.set()
            released.wait(30)

    meddler.before = fall_silent
    settings = mail_server.settings(mail_server.fresh_mailbox(), port=meddler.port, timeout_read=60)
    lookout = Lookout(settings, Shelf(), now, lambda: None)
    lookout.start()
    assert asked.wait(10)
    began = time.monotonic()
    assert lookout.stop()
    assert time.monotonic() - began < 2
    released.set()
    meddler.stop()

    with socket.create_server(("127.0.0.1", 0)) as mute:
        settings = mail_server.settings("x@example.org", port=mute.getsockname()[1], timeout_connect=3)
        shelf = Shelf()
        lookout = Lookout(settings, shelf, now, lambda: None)
        lookout.start()
        mute.accept()
        began = time.monotonic()
        lookout.stop()
        assert time.monotonic() - began < 2
        assert lookout._thread is not None
        lookout._thread.join(10)
        assert not lookout._thread.is_alive(), "it ends by itself once the attempt is over"
        assert shelf.errors == []


def test_a_lookout_that_was_never_started_stops_at_once(mail_server: Mailboxes) -> None:
    assert Lookout(mail_server.settings("x@example.org"), Shelf(), now, lambda: None).stop()


def test_a_server_that_nobody_reaches_is_tried_later_and_later(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lookouts, "FIRST_PAUSE_SECONDS", 0.05)
    with socket.create_server(("127.0.0.1", 0)) as taken:
        free = taken.getsockname()[1]
    shelf = Shelf()
    at: list[float] = []
    record = shelf.stumbled
    shelf.stumbled = lambda mailbox, text: (at.append(time.monotonic()), record(mailbox, text))[1]  # type: ignore[method-assign]
    with watching(Mailboxes().settings("x@example.org", port=free), shelf) as lookout:
        shelf.wait_until(lambda s: len(s.errors) >= 6)
        assert lookout.state.failures >= 6
    gaps = [later - earlier for earlier, later in itertools.pairwise(at)]
    assert gaps[4] > 0.8 * 0.05 * 2**4
    assert gaps[4] > gaps[0]

"""Waiting for news: IDLE that wakes up, and IDLE that dies in each of the ways that it does."""

from __future__ import annotations

import datetime as dt
import threading
import time
from collections.abc import Callable
from typing import Any

import pytest
from doors.mailboxes import Mailboxes
from doors.meddler import Cut, Meddler
from doors.shelf import Shelf, mail

from mailbot.postroom.imap import ImapDoor
from mailbot.postroom.imap_login import DoorLost

BROKEN_SERVERS: dict[str, bytes] = {
    "says BYE and closes": b"* BYE shutting down\r\n",
    "closes without a word": b"",
    "sends half a line and closes": b"* 5 EXI",
    "talks nonsense and closes": b"\xff\xfe{99999}\r\n",
}


def now() -> dt.datetime:
    return dt.datetime(2026, 3, 2, 9, 30, tzinfo=dt.UTC)


def ready(server: Mailboxes, **changes: Any) -> tuple[ImapDoor, Shelf, str]:
    """A door that has looked once and may wait."""
    address = server.fresh_mailbox()
    door = ImapDoor(server.settings(address, **changes))
    door.connect()
    shelf = Shelf()
    door.look(shelf, now)
    return door, shelf, address


def soon(doing: Callable[[], None], seconds: float = 0.3) -> None:
    timer = threading.Timer(seconds, doing)
    timer.daemon = True
    timer.start()


def test_a_mail_that_arrives_wakes_the_door_at_once(mail_server: Mailboxes) -> None:
    door, shelf, address = ready(mail_server)
    began = time.monotonic()
    soon(lambda: mail_server.deliver(mail("the boiler"), to=address))
    assert door.wait(30, threading.Event()) is True
    assert time.monotonic() - began < 5
    assert door.look(shelf, now) == 1
    assert door.wait(0.2, threading.Event()) is False, "nothing new any more"
    door.close()


def test_a_mail_that_came_between_looking_and_waiting_is_not_slept_through(mail_server: Mailboxes) -> None:
    door, _, address = ready(mail_server)
    mail_server.deliver(mail("between"), to=address)
    began = time.monotonic()
    assert door.wait(30, threading.Event()) is True
    assert time.monotonic() - began < 5
    door.close()


def test_a_mail_that_came_while_others_were_taken_in_is_not_slept_through(mail_server: Mailboxes) -> None:
    """The server tells of it with the answer to our own MOVE, once; nothing of it is heard while idling."""
    door, shelf, address = ready(mail_server, after="move")
    mail_server.deliver(mail("complaint 1"), to=address)
    shelf.on_keep = lambda batch: mail_server.deliver(mail("complaint 2"), to=address)
    assert door.look(shelf, now) == 1
    shelf.on_keep = lambda batch: None
    assert door.wait(20, threading.Event()) is True
    assert door.look(shelf, now) == 1
    assert door.wait(0.5, threading.Event()) is False
    assert shelf.subjects == ["complaint 1", "complaint 2"]
    door.close()


def test_waiting_ends_when_the_time_is_over_and_the_door_still_works(mail_server: Mailboxes) -> None:
    door, shelf, address = ready(mail_server)
    began = time.monotonic()
    assert door.wait(0.7, threading.Event()) is False
    assert 0.6 < time.monotonic() - began < 5
    mail_server.deliver(mail("after the wait"), to=address)
    assert door.look(shelf, now) == 1
    door.close()


def test_a_stop_ends_the_wait(mail_server: Mailboxes) -> None:
    door, _, _ = ready(mail_server)
    stop = threading.Event()
    soon(stop.set)
    began = time.monotonic()
    assert door.wait(60, stop) is False
    assert time.monotonic() - began < 2
    door.close()


@pytest.mark.parametrize("how", ["the server has none", "the settings forbid it"])
def test_without_idle_the_door_sleeps_and_a_stop_still_ends_it(mail_server: Mailboxes, how: str) -> None:
    meddler = Meddler(mail_server.imap_port)
    meddler.edit = lambda said: said.replace(b" IDLE", b"") if "server" in how else said
    door, shelf, address = ready(mail_server, port=meddler.port, idle="server" in how)
    stop = threading.Event()
    soon(stop.set)
    mail_server.deliver(mail("for the poll"), to=address)
    assert door.wait(60, stop) is False
    assert b"IDLE" not in meddler.commands
    assert door.look(shelf, now) == 1
    door.close()
    meddler.stop()


@pytest.mark.parametrize("last_words", BROKEN_SERVERS.values(), ids=list(BROKEN_SERVERS))
def test_a_server_that_breaks_while_we_wait_is_noticed_without_spinning(
    mail_server: Mailboxes, last_words: bytes
) -> None:
    meddler = Meddler(mail_server.imap_port)
    door, _, _ = ready(mail_server, port=meddler.port)

    def break_down(said: bytes) -> bytes:
        if said.startswith(b"+"):
            raise Cut(said + last_words)
        return said

    meddler.edit = break_down
    began, used = time.monotonic(), time.thread_time()
    with pytest.raises(DoorLost):
        door.wait(30, threading.Event())
    assert time.monotonic() - began < 5
    assert time.thread_time() - used < 1
    door.close()
    meddler.stop()


def test_an_answer_that_comes_in_pieces_is_put_together(mail_server: Mailboxes) -> None:
    meddler = Meddler(mail_server.imap_port)
    door, shelf, address = ready(mail_server, port=meddler.port)

    def in_pieces(said: bytes) -> bytes:
        if b"EXISTS" not in said:
            return said
        meddler.edit = lambda said: said
        cut_at = said.index(b"EXISTS") + 3
        meddler.say(said[:cut_at])
        threading.Event().wait(0.4)  # the line is slow
        return said[cut_at:]

    meddler.edit = in_pieces
    soon(lambda: mail_server.deliver(mail("in pieces"), to=address))
    assert door.wait(20, threading.Event()) is True
    assert door.look(shelf, now) == 1
    door.close()
    meddler.stop()


def test_what_people_do_in_the_mailbox_is_no_news_and_keeps_nobody_busy(mail_server: Mailboxes) -> None:
    door, shelf, address = ready(mail_server)
    mail_server.deliver(mail("complaint 1"), to=address)
    door.look(shelf, now)

    def read_and_unread() -> None:
        with mail_server.client(address) as client:
            client.select_folder("INBOX")
            for _ in range(3):
                client.add_flags(client.search("ALL"), [b"\\Seen"])
                client.remove_flags(client.search("ALL"), [b"\\Seen"])

    soon(read_and_unread)
    used = time.thread_time()
    assert door.wait(1.5, threading.Event()) is False
    assert time.thread_time() - used < 0.5
    mail_server.deliver(mail("complaint 2"), to=address)
    assert door.wait(20, threading.Event()) is True
    door.close()


def test_a_door_that_was_hung_up_by_another_thread_stops_waiting(mail_server: Mailboxes) -> None:
    door, _, _ = ready(mail_server)
    soon(door.hang_up)
    began = time.monotonic()
    with pytest.raises(DoorLost):
        door.wait(60, threading.Event())
    assert time.monotonic() - began < 5
    door.close()

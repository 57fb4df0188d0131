"""What the door refuses: lines within lines, unverified servers, passwords that the server won't have."""

from __future__ import annotations

import datetime as dt
import os
import threading
from typing import Any

import pytest
from doors.dovecot import UMLAUT_PASSWORD, Dovecot
from doors.mailboxes import Mailboxes
from doors.meddler import Meddler
from doors.shelf import Shelf, mail

from mailbot.postroom.imap import ImapDoor
from mailbot.postroom.imap_login import (
    DoorLost,
    FolderGone,
    IMAPClientError,
    LoginRefused,
    RefusedArgument,
    in_words,
)


def now() -> dt.datetime:
    return dt.datetime(2026, 3, 2, 9, 30, tzinfo=dt.UTC)


@pytest.mark.parametrize("field", ["user", "password", "folder", "done_folder", "host"])
@pytest.mark.parametrize("character", ["\r\nA1 LOGOUT", "\n", "\0"])
def test_settings_that_would_be_commands_are_refused_at_once(field: str, character: str) -> None:
    fine = Mailboxes().settings("complaints@example.org")
    with pytest.raises(RefusedArgument):
        ImapDoor(Mailboxes().settings("complaints@example.org", **{field: getattr(fine, field) + character}))


@pytest.mark.parametrize(
    "arguments",
    [
        ("search", ["HEADER", "Message-ID", "x \r\nZZ1 UID MOVE 1:* Trash\r\nZZ3 NOOP "]),
        ("search", [["NOT", ("SUBJECT", "a\nb")]]),
        ("select_folder", "INBOX\r\nA1 DELETE INBOX"),
        ("create_folder", "Done\0"),
        ("copy", [1], "Done\r"),
        ("add_flags", [1], [b"$Kept\r\nA1 LOGOUT"]),
    ],
)
def test_no_argument_with_a_line_break_reaches_the_server(
    dovecot: Dovecot, arguments: tuple[Any, ...]
) -> None:
    address = dovecot.fresh_mailbox()
    dovecot.deliver(mail("stays where it is"), to=address)
    door = ImapDoor(dovecot.settings(address, after="move"))
    door.connect()
    shelf = Shelf()
    door.look(shelf, now)
    with pytest.raises(RefusedArgument):
        door._ask(*arguments)
    assert len(dovecot.uids(address)) == 1
    dovecot.deliver(mail("one more"), to=address)
    assert door.look(shelf, now) == 1, "the connection is as good as before"
    door.close()


def test_a_sent_folder_with_a_line_break_is_refused(mail_server: Mailboxes) -> None:
    door = ImapDoor(mail_server.settings(mail_server.fresh_mailbox()))
    with pytest.raises(RefusedArgument):
        door.append_sent(mail("a letter"), "Sent\r\nA1 LOGOUT")


def test_a_wrong_password_is_told_apart_from_a_server_in_trouble(mail_server: Mailboxes) -> None:
    address = mail_server.fresh_mailbox()
    with pytest.raises(LoginRefused):
        ImapDoor(mail_server.settings(address, password="wrong")).connect()


def test_a_password_beyond_ascii_is_sent_in_a_way_that_carries_it(dovecot: Dovecot) -> None:
    address = f"complaints-{os.getpid()}@umlaut.example.org"
    door = ImapDoor(dovecot.settings(address, password=UMLAUT_PASSWORD))
    door.connect()
    assert door.look(Shelf(), now) == 0
    door.close()
    with pytest.raises(LoginRefused, match="refuses"):
        ImapDoor(dovecot.settings(address, password="ganz geheimÄ€")).connect()


def test_a_user_name_that_login_cannot_carry_is_sent_in_a_way_that_can(mail_server: Mailboxes) -> None:
    address = mail_server.fresh_mailbox()
    meddler = Meddler(mail_server.imap_port)
    door = ImapDoor(mail_server.settings(address, user="nobody (at all)", port=meddler.port))
    with pytest.raises(LoginRefused, match="refuses"):
        door.connect()
    assert b"AUTHENTICATE PLAIN" in meddler.commands
    meddler.edit = lambda said: said.replace(b" AUTH=PLAIN", b"")
    with pytest.raises(LoginRefused, match="can't carry"):
        door.connect()
    meddler.stop()


def test_a_certificate_that_nobody_vouches_for_is_refused(dovecot: Dovecot) -> None:
    address = dovecot.fresh_mailbox()
    for security, port in (("tls", dovecot.imaps_port), ("starttls", dovecot.imap_port)):
        door = ImapDoor(dovecot.settings(address, security=security, port=port))
        with pytest.raises(OSError, match="CERTIFICATE_VERIFY_FAILED"):
            door.connect()
        assert not door.connected


@pytest.mark.parametrize("security", ["tls", "starttls"])
def test_an_encrypted_mailbox_is_read_and_waited_on(
    dovecot: Dovecot, monkeypatch: pytest.MonkeyPatch, security: str
) -> None:
    monkeypatch.setenv("SSL_CERT_FILE", str(dovecot.certificate))
    address = dovecot.fresh_mailbox()
    port = dovecot.imaps_port if security == "tls" else dovecot.imap_port
    door = ImapDoor(dovecot.settings(address, security=security, port=port))
    door.connect()
    shelf = Shelf()
    door.look(shelf, now)
    threading.Timer(0.3, lambda: dovecot.deliver(mail("encrypted"), to=address)).start()
    assert door.wait(20, threading.Event()) is True
    assert door.look(shelf, now) == 1
    threading.Timer(0.3, door.hang_up).start()
    with pytest.raises(DoorLost):
        door.wait(20, threading.Event())
    door.close()


def test_starttls_that_is_not_offered_is_never_done_without(embedded_mail: Any) -> None:
    address = embedded_mail.fresh_mailbox()
    door = ImapDoor(embedded_mail.settings(address, security="starttls"))
    with pytest.raises(IMAPClientError, match="STARTTLS"):
        door.connect()
    assert not door.connected


def test_a_folder_that_is_not_there_is_told_by_its_name(mail_server: Mailboxes) -> None:
    door = ImapDoor(mail_server.settings(mail_server.fresh_mailbox(), folder="Beschwerden"))
    door.connect()
    with pytest.raises(FolderGone, match="Beschwerden"):
        door.look(Shelf(), now)
    door.close()


def test_a_door_that_is_not_open_says_so() -> None:
    door = ImapDoor(Mailboxes().settings("complaints@example.org"))
    with pytest.raises(DoorLost):
        door.look(Shelf(), now)
    with pytest.raises(DoorLost):
        door.wait(1, threading.Event())
    door.close()


def test_what_could_not_be_parsed_is_not_quoted() -> None:
    assert in_words(ValueError("Dear Sir, my boiler")) == "ValueError"
    assert in_words(LoginRefused("no such user")) == "LoginRefused: no such user"

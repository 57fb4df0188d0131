"""What every mail server of the tests offers, whichever it is: mailboxes of their own, and a way in."""

from __future__ import annotations

import datetime as dt
import itertools
import os
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from imapclient import IMAPClient

from mailbot.casework.parts import ImapSettings

_numbers = itertools.count(1)


class Mailboxes:
    """An IMAP server on loopback, ours alone. Each test takes a `fresh_mailbox`, so none disturbs another."""

    host = "127.0.0.1"
    password = "secret"
    imap_port = 0

    def fresh_mailbox(self) -> str:
        """The address of an empty mailbox that nobody else uses."""
        address = f"complaints-{os.getpid()}-{next(_numbers)}@example.org"
        self.open_mailbox(address)
        return address

    def open_mailbox(self, address: str) -> None:
        raise NotImplementedError

    def deliver(self, raw: bytes, to: str, sender: str = "resident@example.com") -> None:
        """Deliver as the landlord's border would: the server dates it now."""
        raise NotImplementedError

    def put(self, to: str, raw: bytes, received_at: dt.datetime | None = None, folder: str = "INBOX") -> None:
        """Put a mail into a folder, with the date on which it is to have been received."""
        with self.client(to) as client:
            client.append(folder, raw, msg_time=received_at)

    @contextmanager
    def client(self, address: str) -> Iterator[Any]:
        """Somebody else's mail client, logged in."""
        client = IMAPClient(self.host, self.imap_port, ssl=False, timeout=20)
        client.normalise_times = False
        try:
            client.login(address, self.password)
            yield client
        finally:
            client.logout()

    def uids(self, address: str, folder: str = "INBOX") -> list[int]:
        with self.client(address) as client:
            client.select_folder(folder, readonly=True)
            return sorted(client.search("ALL"))

    def flags(self, address: str, folder: str = "INBOX") -> dict[int, set[bytes]]:
        """The flags of every mail, without \\Recent, which belongs to nobody."""
        with self.client(address) as client:
            client.select_folder(folder, readonly=True)
            found = client.get_flags(client.search("ALL"))
        return {uid: set(flags) - {b"\\Recent"} for uid, flags in found.items()}

    def settings(self, address: str, **changes: Any) -> ImapSettings:
        """Settings for this mailbox; `changes` are fields of ImapSettings."""
        fields: dict[str, Any] = {
            "name": "complaints",
            "address": address,
            "aliases": (),
            "host": self.host,
            "port": self.imap_port,
            "security": "none",
            "user": address,
            "password": self.password,
            "timeout_connect": 5,
            "timeout_read": 10,
        }
        return ImapSettings(**{**fields, **changes})

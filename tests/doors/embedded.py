"""The demo's own servers, with the face of every other mail server of the tests."""

from __future__ import annotations

import datetime as dt
import smtplib

from doors.mailboxes import Mailboxes

from mailbot.demo.servers import EmbeddedMail


class Embedded(Mailboxes):
    def __init__(self) -> None:
        self.mail = EmbeddedMail({})

    def start(self) -> None:
        self.mail.start()
        self.imap_port = self.mail.imap_port
        self.smtp_port = self.mail.smtp_port

    def throw_away(self) -> None:
        self.mail.stop()

    def open_mailbox(self, address: str) -> None:
        self.mail.add_user(address, self.password)

    def deliver(self, raw: bytes, to: str, sender: str = "resident@example.com") -> None:
        with smtplib.SMTP(self.host, self.smtp_port, timeout=20) as smtp:
            smtp.sendmail(sender, [to], raw)

    def put(self, to: str, raw: bytes, received_at: dt.datetime | None = None, folder: str = "INBOX") -> None:
        self.mail.deliver(to, raw, received_at, folder=folder)

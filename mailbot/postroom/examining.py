"""What the mail servers are like, as `mailbot doctor` asks them: nothing here changes a mail that is not our own.

Promises: servers are asked through the very doors that the service uses, so what works here works there. Headers
are read with PEEK, and of people's mail only Authentication-Results, Authentication-Results' relatives and From.
The one mail that is ever removed is the test mail that we sent ourselves, told by its Message-ID.
"""

from __future__ import annotations

import datetime as dt
import ssl
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any, Final

from mailbot.casework.parts import ImapSettings
from mailbot.postroom.imap import ImapDoor

RECENT: Final = 200  # mails whose headers are looked at
ASKED: Final = b"BODY[HEADER.FIELDS (FROM AUTHENTICATION-RESULTS X-MS-EXCHANGE-ORGANIZATION-AUTHAS)]"
CAPABILITIES: Final = {
    "IDLE": "mail is noticed at once instead of at the next look",
    "MOVE": "mail can be moved in one step",
    "UIDPLUS": "our own test mails can be taken away again",
}


@dataclass(frozen=True)
class MailboxFound:
    """A mailbox that let us in. `certificate_ends`: None without TLS. `sent`: the folder that the server marks for sent
    mail (RFC 6154), "" where it marks none. `headers`: raw header fields of the most recent mails, newest first."""

    certificate_ends: dt.date | None
    capabilities: frozenset[str]
    folders: frozenset[str]
    sent: str
    writable: bool
    mails: int
    headers: tuple[bytes, ...] = field(repr=False, default=())


@dataclass(frozen=True)
class OwnMail:
    """Our own mail, come back."""

    uid: int
    received_at: dt.datetime
    head: bytes = field(repr=False)


class Examiner(ImapDoor):
    """A door that also answers questions. One thread at a time, as ever."""

    def __init__(self, settings: ImapSettings) -> None:
        super().__init__(settings)

    def examine(self) -> MailboxFound:
        """Connects if need be. Raises as `ImapDoor.connect` and `look` do."""
        if not self.connected:
            self.connect()
        found = self._ask("select_folder", self.settings.folder, readonly=self.settings.read_only)
        total = int(found.get(b"EXISTS") or 0)
        headers: list[bytes] = []
        if total:
            uids = sorted(int(uid) for uid in self._ask("search", "ALL"))[-RECENT:]
            fetched = self._ask("fetch", uids, [ASKED.replace(b"BODY[", b"BODY.PEEK[")])
            headers = [bytes(_header_of(fetched[uid])) for uid in reversed(uids) if uid in fetched]
        return MailboxFound(
            certificate_ends=certificate_end(self._peer()),
            capabilities=frozenset(_text(c).upper() for c in self._client.capabilities()),
            folders=frozenset(str(name) for _, _, name in self._ask("list_folders")),
            sent=str(self._ask("find_special_folder", b"\\Sent") or ""),
            writable=b"READ-ONLY" not in found,
            mails=total,
            headers=tuple(headers),
        )

    def find_own(self, message_id: str) -> OwnMail | None:
        """The mail with this Message-ID, which must be one that we made ourselves."""
        self._ask("select_folder", self.settings.folder, readonly=True)
        for uid in self._ask("search", ["HEADER", "Message-ID", message_id]):
            fetched = self._ask("fetch", [uid], ["INTERNALDATE", "BODY.PEEK[HEADER]"]).get(uid)
            if fetched:
                at = fetched[b"INTERNALDATE"]
                return OwnMail(int(uid), at.astimezone(dt.UTC), bytes(fetched[b"BODY[HEADER]"]))
        return None

    def take_away(self, mails: list[OwnMail]) -> bool:
        """Remove these mails and no others (RFC 4315 UID EXPUNGE); False where the server can't do just that."""
        if not self._client.has_capability("UIDPLUS"):
            return False
        uids = [mail.uid for mail in mails]
        self._ask("select_folder", self.settings.folder)
        self._ask("delete_messages", uids)
        self._ask("uid_expunge", uids)
        return True

    def _peer(self) -> Mapping[str, Any]:
        connection = self._client.socket()
        return connection.getpeercert() or {} if isinstance(connection, ssl.SSLSocket) else {}


def certificate_end(peer: Mapping[str, Any]) -> dt.date | None:
    """The last day of a verified certificate, as ssl tells it."""
    with suppress(KeyError, ValueError):
        return dt.datetime.fromtimestamp(ssl.cert_time_to_seconds(peer["notAfter"]), dt.UTC).date()
    return None


def _header_of(fetched: Mapping[bytes, Any]) -> bytes:
    return next((value for key, value in fetched.items() if key.startswith(b"BODY[HEADER")), b"")


def _text(value: object) -> str:
    return value.decode("ascii", "replace") if isinstance(value, bytes) else str(value)


def own_mail(address: str, to: str, message_id: str, at: dt.datetime) -> bytes:
    """A mail to ourselves that nobody answers (RFC 3834)."""
    lines = (
        f"From: mailbot doctor <{address}>",
        f"To: <{to}>",
        "Subject: mailbot doctor: a test mail, please ignore it",
        f"Date: {at:%a, %d %b %Y %H:%M:%S} +0000",
        f"Message-ID: {message_id}",
        "Auto-Submitted: auto-generated",
        "X-Auto-Response-Suppress: All",
        "MIME-Version: 1.0",
        "Content-Type: text/plain; charset=us-ascii",
        "",
        "mailbot sent this to itself to see whether mail arrives.",
        "",
    )
    return "\r\n".join(lines).encode("ascii")


def heads(headers: tuple[bytes, ...]) -> Iterator[bytes]:
    """Each as a mail of its own that has a header only."""
    for header in headers:
        yield header.rstrip(b"\r\n") + b"\r\n\r\n"

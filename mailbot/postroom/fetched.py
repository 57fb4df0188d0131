"""What a mailbox's door hands over, and to whom: mails as the server gave them, and how far it has come."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Protocol


@dataclass(frozen=True)
class Fetched:
    """A mail as the server gave it. `received_at` is its INTERNALDATE in UTC, `size` in bytes is that of the
    whole mail; `truncated`: `raw` holds the header and the beginning only; `rescan`: the folder was numbered
    anew (RFC 3501 section 2.3.1.1), so the keeper may well have this mail under another UID."""

    mailbox: str
    folder: str
    uidvalidity: int
    uid: int
    received_at: dt.datetime
    raw: bytes
    size: int
    truncated: bool
    rescan: bool


@dataclass(frozen=True)
class Position:
    """Every UID up to `last_uid` has been kept, or is gone, or was there before us."""

    uidvalidity: int
    last_uid: int


class Keeper(Protocol):
    """Who keeps the mails. Called from the thread that looks."""

    def position(self, mailbox: str) -> Position | None:
        """What `begin_at` or `keep` last stored; None for a mailbox never read."""

    def begin_at(self, mailbox: str, position: Position) -> None:
        """First start: nothing up to here is answered."""

    def keep(self, batch: list[Fetched], position: Position) -> None:
        """Keep the batch and store the position, durably, before returning. A (mailbox, uidvalidity, uid)
        that is kept already is passed over; with `rescan` so is the same content. The batch may be empty."""

    def kept(self, folder: str, uidvalidity: int) -> Mapping[int, bool]:
        """Of what is kept from this folder under this numbering each UID, and whether it is kept whole."""

    def looked(self, mailbox: str, at: dt.datetime) -> None:
        """A look is complete: what lay in the mailbox at `at` has been kept, or been told by `stumbled`."""

    def stumbled(self, mailbox: str, error_text: str) -> None:
        """Something went wrong. The text names UIDs and folders, never a person."""

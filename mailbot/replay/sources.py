"""The mails of an export, in the order of their dates.

An export is an mbox file, a Maildir, a folder of .eml files (however deep), one .eml file, or a folder on an IMAP
server. Only the dates and places are held in memory: a mail is read again when its turn comes. Whatever is no
mail is counted and named, never a reason to stop.
"""

from __future__ import annotations

import datetime as dt
import email.utils
import mailbox
import os
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from mailbot.casework.parts import ImapSettings
from mailbot.postroom.imap import ImapDoor

HEAD: Final = 65_536  # bytes of a mail in which its header is looked for
EARLIEST: Final = dt.datetime(1990, 1, 1, tzinfo=dt.UTC)
_MAILS: Final = (".eml", ".msg.txt", ".txt", ".mbox", "")
_RECEIVED: Final = re.compile(rb"(?ims)^Received:(.*?)(?=^\S|\Z)")
_DATE: Final = re.compile(rb"(?im)^Date:[ \t]*(.+)$")
_DELIVERY: Final = re.compile(rb"(?im)^(?:Delivery-Date|X-Delivery-Time|X-GM-Received):[ \t]*(.+)$")


class NoExport(ValueError):
    """What was named is no export that we can read. The message says what to name instead."""


@dataclass(frozen=True, order=True)
class Exported:
    """One mail of the export: when it reached the mailbox (or was sent from it), and where its bytes are."""

    at: dt.datetime
    place: str
    fetch: Callable[[], bytes] = field(compare=False, repr=False)


@dataclass
class Export:
    """What was found. `undated`: places of mails without any date that can be believed; they are left out."""

    mails: list[Exported]
    undated: list[str]


def open_export(
    path: Path, latest: dt.datetime, progress: Callable[[int], None] = lambda done: None
) -> Export:
    """The export at this path. `latest`: no mail is from after that. NoExport."""
    found = Export([], [])
    for done, (place, head, fetch) in enumerate(_messages(path), 1):
        at = date_of(head(), latest)
        if at is None:
            found.undated.append(place)
        else:
            found.mails.append(Exported(at, place, fetch))
        progress(done)
    if not found.mails and not found.undated:
        raise NoExport(f"there is no mail in {path}: name an mbox file, a Maildir, or a folder of .eml files")
    found.mails.sort()
    return found


_Message = tuple[str, Callable[[], bytes], Callable[[], bytes]]


def _messages(path: Path) -> Iterator[_Message]:
    try:
        if path.is_dir() and (path / "cur").is_dir() and (path / "new").is_dir():
            files = sorted(f for sub in ("cur", "new") for f in (path / sub).iterdir() if f.is_file())
            yield from map(_file, files)
            for inner in sorted(d for d in path.iterdir() if d.is_dir() and (d / "cur").is_dir()):
                yield from _messages(inner)
        elif path.is_dir():
            yield from _folder(path)
        elif path.is_file():
            yield from _one_file(path)
        else:
            raise NoExport(f"{path} is not there: name an mbox file, a Maildir, or a folder of .eml files")
    except OSError as error:
        raise NoExport(f"{path} can't be read: {error.strerror}") from error


def _folder(path: Path) -> Iterator[_Message]:
    for root, folders, names in os.walk(path):
        folders.sort()
        for name in sorted(names):
            file = Path(root, name)
            if file.suffix.lower() not in _MAILS or name.startswith("."):
                continue
            yield from _one_file(file)


def _one_file(path: Path) -> Iterator[_Message]:
    with path.open("rb") as file:
        begins = file.read(5)
    if begins == b"From ":
        box = mailbox.mbox(path, create=False)
        try:
            for key in box.iterkeys():
                yield _of_mbox(box, key, path.name)
        finally:
            pass  # fetched from later; the process ends with it
    else:
        yield _file(path)


def _of_mbox(box: mailbox.mbox, key: str, name: str) -> _Message:
    return f"{name}#{int(key) + 1}", lambda: box.get_bytes(key)[:HEAD], lambda: box.get_bytes(key)


def _file(path: Path) -> _Message:
    def head() -> bytes:
        with path.open("rb") as file:
            return file.read(HEAD)

    return path.name, head, path.read_bytes


def date_of(head: bytes, latest: dt.datetime) -> dt.datetime | None:
    """When the mail reached us: the topmost Received (RFC 5321 section 4.4: the last server put it there), else its
    Date. A date before mail was common, or in the future, is no date."""
    header = re.split(rb"\r?\n\r?\n", head, maxsplit=1)[0]
    received = _RECEIVED.search(header)
    told = [received[1].rpartition(b";")[2]] if received else []
    told += [found[1] for pattern in (_DELIVERY, _DATE) if (found := pattern.search(header))]
    for text in told:
        try:
            at = email.utils.parsedate_to_datetime(" ".join(text.decode("ascii", "replace").split()))
        except (ValueError, TypeError, IndexError, OverflowError):
            continue
        at = at.replace(tzinfo=dt.UTC) if at.tzinfo is None else at
        try:
            at = at.astimezone(dt.UTC)
        except OverflowError:
            continue
        if EARLIEST <= at <= latest:
            return at
    return None


# ------------------------------------------------------------------ over IMAP


class _Reader(ImapDoor):
    """A folder, read and never written: EXAMINE, PEEK."""

    def all_since(self, since: dt.date, before: dt.date | None) -> Iterator[tuple[int, dt.datetime]]:
        self.connect()
        self._ask("select_folder", self.settings.folder, readonly=True)
        criteria: list[str | dt.date] = ["SINCE", since]
        if before:
            criteria += ["BEFORE", before]
        uids = sorted(int(uid) for uid in self._ask("search", criteria))
        for start in range(0, len(uids), 500):
            for uid, got in self._ask("fetch", uids[start : start + 500], ["INTERNALDATE"]).items():
                yield int(uid), got[b"INTERNALDATE"].astimezone(dt.UTC)

    def bytes_of(self, uid: int) -> bytes:
        got = self._ask("fetch", [uid], ["BODY.PEEK[]"]).get(uid) or {}
        return bytes(got.get(b"BODY[]") or b"")


def read_imap(
    settings: ImapSettings, folders: tuple[str, ...], since: dt.date, before: dt.date | None
) -> Export:
    """The mails of these folders that reached the server from `since` on, and before `before`. Raises as
    `ImapDoor.connect` does; ImapDoor.settings' own folder is not opened."""
    from dataclasses import replace

    found = Export([], [])
    for folder in folders:
        reader = _Reader(replace(settings, folder=folder, after="leave", read_only=True))
        for uid, at in reader.all_since(since, before):
            found.mails.append(
                Exported(at, f"{folder}/{uid}", lambda reader=reader, uid=uid: reader.bytes_of(uid))  # type: ignore[misc]
            )
    found.mails.sort()
    return found

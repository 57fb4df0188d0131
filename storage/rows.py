"""What goes into storage and what comes out of it: frozen dataclasses, and the refusals by name.

Times are aware UTC datetimes, sizes are bytes, `blob` and `sha256` are hex digests that `Work.blob` takes.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import re
from dataclasses import dataclass
from enum import StrEnum

from mailbot.casework.vocabulary import (
    Case,
    Decision,
    Effect,
    Event,
    Intent,
    SendLetter,
    Stage,
    Timer,
    Verdict,
)

# ------------------------------------------------------------------ refusals


class StorageRefused(Exception):
    """The database can't be used as it is configured. The message says what to do."""


class CaseChanged(Exception):
    """Somebody else stepped this case since it was read. Read it again and decide again."""


class SequenceMoved(Exception):
    """The number that the step consumes was taken since it was peeked. Peek again."""


class ClaimLost(Exception):
    """The letter or mail is no longer ours: we were taken for dead, or somebody settled it. Leave it alone."""


class NoSuchMail(LookupError):
    """No mail has this id."""


class NoSuchLetter(LookupError):
    """No letter has this id, or it was sent already and stays so."""


# ------------------------------------------------------------------ mails


UNREADABLE = "its record can't be read"
"""What the reason of a letter begins with that is held because of its record."""


class MailState(StrEnum):
    KEPT = "kept"  # its bytes are safe, nobody has attended to it
    ATTENDED = "attended"
    QUARANTINED = "quarantined"  # attending failed again and again; a person is to look
    DISCARDED = "discarded"  # attended, and of no use to anybody (the same mail by another way)


@dataclass(frozen=True)
class KeptMail:
    """A mail as the server gave it. `size` is the server's; `raw` is shorter where the mail was cut."""

    mailbox: str
    folder: str
    uidvalidity: int
    uid: int
    received_at: dt.datetime  # the server's receipt date: clocks run from here
    kept_at: dt.datetime
    raw: bytes
    size: int | None = None  # None: as long as `raw`
    truncated: bool = False


@dataclass(frozen=True)
class KeptAttachment:
    """An attachment, decoded. It is stored once for all mails that carry the same bytes."""

    name: str
    content_type: str
    content: bytes
    digest: str = ""  # its SHA-256 in hex, where somebody has reckoned it already

    @property
    def sha256(self) -> str:
        return self.digest or hashlib.sha256(self.content).hexdigest()


@dataclass(frozen=True)
class SettledMail:
    """What attending to a mail found out. `disposition` is the service's word for what became of it."""

    at: dt.datetime
    disposition: str
    state: MailState = MailState.ATTENDED
    reference: str | None = None
    fingerprint: str = ""  # "" : unknown, never matches
    message_id: str = ""
    sender: str = ""
    subject: str = ""
    verdict: Verdict | None = None
    how_found: str = ""
    automatic: str = ""  # "", bounce, vacation, list, other
    attachments: tuple[KeptAttachment, ...] = ()


@dataclass(frozen=True)
class MailRow:
    id: str
    mailbox: str
    folder: str
    uidvalidity: int
    uid: int
    received_at: dt.datetime
    kept_at: dt.datetime
    size: int
    truncated: bool
    blob: str
    state: MailState
    attempts: int
    again_at: dt.datetime | None  # backing off until then
    cause: str
    fingerprint: str | None
    message_id: str
    sender: str
    subject: str
    disposition: str
    reference: str | None
    verdict: Verdict | None
    how_found: str
    automatic: str
    attended_at: dt.datetime | None
    claimed_by: str = ""  # the worker that has it in hand, or had
    deaths: int = 0  # how many workers ended while they had it in hand

    @property
    def cause_code(self) -> str:
        """The code of the cause for which it was set aside, "" where the cause has none."""
        return code_of(self.cause)

    @property
    def cause_words(self) -> str:
        return self.cause.partition(": ")[2] if self.cause_code else self.cause


@dataclass(frozen=True)
class Waiting:
    """A mail that waits, for finding whose turn it is."""

    id: str
    size: int  # bytes
    in_hand: bool  # of another worker that is alive
    deaths: int


def code_of(cause: str) -> str:
    """The code that a stored cause begins with ("flood: ..."), "" where it has none."""
    code, colon, _ = cause.partition(": ")
    return code if colon and re.fullmatch(r"[a-z_]{1,30}", code) else ""


@dataclass(frozen=True)
class Sorting:
    """A person said what a mail is. The mail itself stays where it is kept: this only points to it."""

    mail: str
    at: dt.datetime
    who: str
    stage: Stage  # of its case when it arrived, NONE for a mail that stood alone
    intent: Intent
    taken_for: Intent  # what it was taken for before: UNSURE where the person was asked


@dataclass(frozen=True)
class AttachmentRow:
    mail: str
    position: int
    name: str
    content_type: str
    size: int
    sha256: str


@dataclass(frozen=True)
class Position:
    """How far a mailbox has been read: every uid up to `last_uid` is kept or was left on purpose."""

    uidvalidity: int
    last_uid: int


@dataclass(frozen=True)
class MailboxRow:
    name: str
    position: Position | None
    looked_at: dt.datetime | None  # the last look that succeeded
    last_error: str  # "" once a look succeeded again
    error_at: dt.datetime | None


# ------------------------------------------------------------------ letters


class LetterState(StrEnum):
    WAITING = "waiting"  # to be claimed from `next_at` on
    CLAIMED = "claimed"  # somebody renders it; its claim ends at `next_at`
    HANDING = "handing"  # the SMTP transaction may have begun
    SENT = "sent"  # a server took it; final
    FAILED = "failed"  # refused for good
    UNKNOWN = "unknown"  # it may have gone out: never resent blindly, a supervisor is told
    HELD = "held"  # a cap or a doubt: a person is to see to it


@dataclass(frozen=True)
class NewLetter:
    """A letter for the outbox. Message-ID and nonce are fixed here, however often it is tried."""

    order: SendLetter
    message_id: str
    nonce: str  # the token in its keyed reply address
    in_reply_to: str = ""
    references: tuple[str, ...] = ()
    held: str = ""  # why it is held from the beginning, "" for one that may go


@dataclass(frozen=True)
class LetterRow:
    id: int  # grows in the order in which letters were ordered
    reference: str | None
    order: SendLetter
    message_id: str
    nonce: str
    in_reply_to: str
    references: tuple[str, ...]
    state: LetterState
    attempts: int  # how often it was claimed
    next_at: dt.datetime
    created_at: dt.datetime
    handed_at: dt.datetime | None
    sent_at: dt.datetime | None
    subject: str
    blob: str | None  # the rendered bytes as handed over
    answer: str  # what the server said when it took it
    last_error: str
    unreadable: str = ""
    """Why its order can't be read, "" where it can: then `order` has only what stands beside it in the row."""
    damaged: str = ""  # what stands in place of the order that can't be read
    called: str = ""  # its kind as the row has it, where this version knows none of that name

    @property
    def kind(self) -> str:
        return self.called or self.order.letter.value


# ------------------------------------------------------------------ timers, journal, steps


@dataclass(frozen=True)
class TimerRow:
    reference: str
    timer: Timer
    subject: str
    due_at: dt.datetime
    because: tuple[str, ...]


@dataclass(frozen=True)
class JournalRow:
    """One line of the journal. Lines of a step have the event, its effects and the case's new version."""

    seq: int
    at: dt.datetime
    reference: str | None
    who: str
    kind: str  # mail_arrived, timer_fell, staff_acted, bounced, or the word given to `note`
    mail: str | None
    summary: str
    because: tuple[str, ...]
    event: Event | None
    effects: tuple[Effect, ...]
    version: int | None
    erased_by: int | None = None  # the line that ordered its words to be erased


@dataclass(frozen=True)
class Checkpoint:
    """Every line of the journal up to `up_to`, folded into one hash that names them all."""

    number: int
    at: dt.datetime
    up_to: int
    lines: int  # since the checkpoint before
    digest: str
    previous: str
    hash: str

    @property
    def content(self) -> list[object]:
        """What its hash is over."""
        return [self.number, self.at, self.up_to, self.lines, self.digest, self.previous]


@dataclass(frozen=True)
class Step:
    """All that one decision changes. `before` is the case as it was read, None where there was none.

    serial  the sequence that the new reference came from and the number taken, as `peek_reference` gave it
    """

    at: dt.datetime
    who: str
    before: Case | None
    decision: Decision
    event: Event
    letters: tuple[NewLetter, ...] = ()
    mail: str | None = None
    serial: tuple[str, int] | None = None

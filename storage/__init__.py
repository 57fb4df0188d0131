"""Storage keeps everything that mailbot must not forget: mails, cases, timers, letters and the journal.

It promises that a step is recorded whole or not at all, that a mail is kept once however often it is
delivered, that a letter is handed to one sender at a time, and that the journal only grows. It knows
nothing of IMAP, SMTP or policies: rows go in, frozen dataclasses come out, no SQLAlchemy object leaves.

Reading order: `rows.py` (what goes in and out), `work.py` (one transaction and `record`), `schema.py`.
"""

from storage.engines import away, overtaken
from storage.migrate import upgrade
from storage.rows import (
    AttachmentRow,
    CaseChanged,
    ClaimLost,
    JournalRow,
    KeptAttachment,
    KeptMail,
    LetterRow,
    LetterState,
    MailboxRow,
    MailRow,
    MailState,
    NewLetter,
    NoSuchLetter,
    NoSuchMail,
    Position,
    SequenceMoved,
    SettledMail,
    Sorting,
    Step,
    StorageRefused,
    TimerRow,
)
from storage.store import Store, open_store
from storage.work import Work

__all__ = [
    "AttachmentRow",
    "CaseChanged",
    "ClaimLost",
    "JournalRow",
    "KeptAttachment",
    "KeptMail",
    "LetterRow",
    "LetterState",
    "MailRow",
    "MailState",
    "MailboxRow",
    "NewLetter",
    "NoSuchLetter",
    "NoSuchMail",
    "Position",
    "SequenceMoved",
    "SettledMail",
    "Sorting",
    "Step",
    "StorageRefused",
    "Store",
    "TimerRow",
    "Work",
    "away",
    "open_store",
    "overtaken",
    "upgrade",
]

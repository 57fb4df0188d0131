"""The log: one canonical line a step, for machines; references, kinds, ages and counts, nothing that anybody wrote.

`EVENTS` are the steps, each with the keys of its line; `KEYS` are all keys that a line may have. A key that does not
stand here is not written, whatever a caller hands over, and neither is the message of an exception: it may hold a piece
of a resident's mail.
"""

from __future__ import annotations

import datetime as dt
import json
import logging
import re
import traceback
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from mailbot.attended import Attended
    from mailbot.casework.vocabulary import StaffActed
    from storage.rows import LetterRow, MailRow, TimerRow

FORMS: Final = ("json", "keyvalue")
KEYS: Final = (
    "mail",
    "mailbox",
    "mailboxes",
    "mails",
    "count",
    "reference",
    "letter",
    "letter_id",
    "audience",
    "timer",
    "act",
    "outcome",
    "intent",
    "confidence",
    "found_by",
    "attempt",
    "late_seconds",
    "age_seconds",
    "error",
)
EVENTS: Final = {
    "mail": ("mail", "mailbox", "outcome", "reference", "intent", "confidence", "found_by", "age_seconds"),
    "command": ("mail", "reference", "act", "outcome"),
    "timer": ("timer", "reference", "late_seconds"),
    "letter": ("letter_id", "letter", "audience", "reference", "outcome", "attempt", "age_seconds"),
}
"""The canonical lines, in the order of their keys; a key that has nothing to say is left out."""
_BARE: Final = re.compile(r"[\w.:@/+-]+\Z", re.ASCII)

log = logging.getLogger("mailbot.step")


class Line(logging.Formatter):
    """A record as one line: JSON, or key=value with values in quotes where they need them."""

    def __init__(self, form: str = "json") -> None:
        super().__init__()
        self._form = form

    def format(self, record: logging.LogRecord) -> str:
        line: dict[str, Any] = {
            "at": dt.datetime.fromtimestamp(record.created, dt.UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
            "log": record.name,
            "event": record.getMessage(),
            **{key: value for key in KEYS if (value := getattr(record, key, None)) not in (None, "")},
        }
        if record.exc_info and record.exc_info[0]:
            line["exception"] = record.exc_info[0].__name__
            frames = traceback.extract_tb(record.exc_info[2])
            line["where"] = [f"{frame.filename}:{frame.lineno} {frame.name}" for frame in frames]
        if self._form == "json":
            return json.dumps(line)
        return " ".join(f"{key}={_plain(value)}" for key, value in line.items())


def _plain(value: Any) -> str:
    text = " < ".join(value) if isinstance(value, list) else str(value)
    return text if _BARE.match(text) else json.dumps(text)


def to_stderr(form: str = "json", quiet: bool = False) -> None:
    """`quiet`: warnings and worse."""
    handler = logging.StreamHandler()
    handler.setFormatter(Line(form))
    logging.basicConfig(level=logging.WARNING if quiet else logging.INFO, handlers=[handler])
    for talkative in ("apscheduler", "alembic", "imapclient"):
        logging.getLogger(talkative).setLevel(logging.WARNING)


# ------------------------------------------------------------------ the canonical lines


def mail_attended(row: MailRow, what: Attended, now: dt.datetime) -> None:
    verdict = what.verdict
    likeliest = max((reading.probability for reading in verdict.readings), default=None) if verdict else None
    log.info(
        "mail",
        extra={
            "mail": row.id,
            "mailbox": row.mailbox,
            "outcome": what.disposition,
            "reference": what.reference,
            "intent": verdict.intent.value if verdict else None,
            "confidence": round(likeliest, 2) if likeliest is not None else None,
            "found_by": what.how_found,
            "age_seconds": _seconds(now - row.received_at),
        },
    )


def command_done(act: StaffActed, reference: str | None, refused: bool) -> None:
    told = {"mail": act.mail, "reference": reference, "act": act.act.value}
    log.info("command", extra={**told, "outcome": "refused" if refused else "done"})


def timer_fell(row: TimerRow, now: dt.datetime) -> None:
    late = _seconds(now - row.due_at)
    log.info("timer", extra={"timer": row.timer.value, "reference": row.reference, "late_seconds": late})


def letter_handled(letter: LetterRow, outcome: str, now: dt.datetime) -> None:
    log.info(
        "letter",
        extra={
            "letter_id": letter.id,
            "letter": letter.order.letter.value,
            "audience": letter.order.audience.value,
            "reference": letter.reference,
            "outcome": outcome,
            "attempt": letter.attempts,
            "age_seconds": _seconds(now - letter.created_at),
        },
    )


def _seconds(age: dt.timedelta) -> int:
    return max(int(age.total_seconds()), 0)


def place_of(error: Exception) -> str:
    """What broke and where, for the log. Never what the error says: it may quote a resident."""
    frames = traceback.extract_tb(error.__traceback__)
    ours = [frame for frame in frames if "site-packages" not in frame.filename] or frames
    spots = " < ".join(f"{Path(frame.filename).stem}:{frame.lineno}" for frame in reversed(ours[-3:]))
    return f"{type(error).__name__} at {spots}"

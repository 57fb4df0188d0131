"""Tells the operator by mail when the service is not well, and when it is again.

The alarm goes straight to the relay: it is about machines, and the outbox may be what stands still. One mail tells
everything that is wrong then; the same trouble is told once a day, what only comes nearer once a step, its end once.
With no address configured nothing is sent: the health door and the digest tell it as well.
"""

from __future__ import annotations

import datetime as dt
import logging
import secrets
from email.message import EmailMessage
from email.utils import format_datetime
from typing import Final

from mailbot.casework.parts import MODE_WORDS, Mode
from mailbot.health import Health, Trouble
from mailbot.postroom.smtp import Door, Outcome
from mailbot.settings import Settings
from storage import Store

log = logging.getLogger("mailbot.health")

AGAIN: Final = dt.timedelta(days=1)
TOLD: Final = "alarm:"
"""What storage remembers by: when the operator was last told of this trouble, "" once it has ended."""
GRACE: Final = dt.timedelta(minutes=10)
"""How long trouble that blocks may last before anybody is told: servers restart."""
QUIET_PARTS: Final = frozenset({"quarantine", "timers"})
"""Supervisors hear of these in their own way."""


class Alarms:
    """Asked after each examination. Remembers in the database what was told, so a restart tells nothing twice."""

    def __init__(self, settings: Settings, store: Store, door: Door) -> None:
        self._settings = settings
        self._store = store
        self._door = door
        self._since: dict[str, dt.datetime] = {}

    def raise_for(self, health: Health) -> bool:
        """Send what is to be told now. True if a mail went out. Never raises for what a relay does."""
        if not self._settings.alarm_to:
            return False
        now = health.at
        troubles = {t.part: t for t in health.troubles if t.part not in QUIET_PARTS}
        self._since = {part: self._since.get(part, now) for part in troubles}
        lasting = {p: t for p, t in troubles.items() if not t.blocks or now - self._since[p] >= GRACE}
        with self._store.read() as work:
            told = {part: work.recall(f"{TOLD}{part}") or "" for part in (*lasting, *_PARTS)}
        new = [t for part, t in lasting.items() if _is_news(t, told[part], now)]
        over = [part for part in _PARTS if told.get(part) and part not in troubles]
        if not new and not over:
            return False
        if not self._send(now, list(lasting.values()), over):
            return False
        with self._store.begin() as work:
            for part, trouble in lasting.items():
                work.remember(f"{TOLD}{part}", f"{now.isoformat()}|{trouble.step}")
            for part in over:
                work.remember(f"{TOLD}{part}", "")
        return True

    def _send(self, now: dt.datetime, troubles: list[Trouble], over: list[str]) -> bool:
        box = self._settings.mailboxes[0].imap.address
        mail = EmailMessage()
        mail["From"] = f"mailbot <{box}>"
        shadow = "[shadow] " if self._settings.mode is Mode.SHADOW else ""
        mail["Subject"] = shadow + subject_of(troubles)
        mail["Date"] = format_datetime(now)
        mail["Message-ID"] = f"<alarm.{secrets.token_hex(12)}@{box.rpartition('@')[2]}>"
        mail["Auto-Submitted"] = "auto-generated"
        mail.set_content(f"{text_of(troubles, over)}\nmailbot runs {MODE_WORDS[self._settings.mode]}.\n")
        sent = False
        for address in self._settings.alarm_to:
            del mail["To"]
            mail["To"] = address
            handed = self._door.hand_over(mail.as_bytes(), box, address, null_sender=True)
            sent = sent or handed.outcome in (Outcome.ACCEPTED, Outcome.UNKNOWN)
        log.info("alarm", extra={"outcome": "accepted" if sent else "not sent"})
        return sent


_PARTS: Final = (
    "heartbeat", "mailbox", "mails", "outbox", "letters", "unreadable", "silence", "reconciliation", "calendar",
    "secret", "token", "model",
)  # fmt: skip


def subject_of(troubles: list[Trouble]) -> str:
    """What the operator sees in the list of their mail."""
    if not troubles:
        return "mailbot is well again"
    blocking = [t for t in troubles if t.blocks]
    first = (blocking or troubles)[0]
    return f"mailbot {'stands still' if blocking else 'needs you'}: {first.told}"[:120]


def text_of(troubles: list[Trouble], over: list[str]) -> str:
    """The alarm in words."""
    lines = [
        f"- {t.part}: {t.told}." + (" Mail or letters stand still." if t.blocks else "") for t in troubles
    ]
    parts = ["What is wrong now:", *lines, ""] if lines else []
    if over:
        parts += [f"Well again: {', '.join(over)}.", ""]
    parts += [
        "mailbot doctor tries every part and says what to do; mailbot health shows this at any time.",
        "",
    ]
    return "\n".join(parts)


def _is_news(trouble: Trouble, told: str, now: dt.datetime) -> bool:
    """Whether the operator is to hear of it, by when they did last and how far it had come then."""
    at, _, step = told.partition("|")
    if not at or trouble.step != step:
        return True
    return not step and now - dt.datetime.fromisoformat(at) >= AGAIN

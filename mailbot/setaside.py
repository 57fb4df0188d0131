"""Mail that nobody may act on by rule: set aside for a person, with a cause that has a code.

A mail in quarantine keeps its bytes, its receipt date and its clock. A person is told at once (so many times an hour;
beyond that the digest shows them all), and can show it, release it (it then goes the normal way, dated from its
receipt) or discard it. What failed is tried once more by itself before.
"""

from __future__ import annotations

import datetime as dt
import logging
from collections.abc import Sequence
from dataclasses import replace
from enum import StrEnum
from typing import TYPE_CHECKING

from mailbot.attended import Attended
from mailbot.casework import orders
from mailbot.logs import place_of
from mailbot.postroom.reading import Mail, read
from mailbot.reports.rows import Aside as SetAside
from mailbot.sending import MOST_ALERTS, may_tell
from storage.rows import MailRow, SettledMail
from storage.work import Work

if TYPE_CHECKING:
    from mailbot.service import Service

log = logging.getLogger("mailbot.setaside")

TRIES = 2
"""How often a mail is attended to before it is set aside for a person."""


class Cause(StrEnum):
    """Why a mail is set aside. The code stands before the sentence wherever a cause is stored or listed."""

    NO_SENDER = "no_sender"
    STAFF_NOT_VOUCHED = "staff_not_vouched"
    STAFF_WITHOUT_BOTH = "staff_without_token_or_role"
    IMITATES_US = "imitates_us"
    TOO_BIG = "too_big"
    ENCRYPTED = "encrypted"
    FLOOD = "flood"
    FAILED = "failed"
    STOPPED_US = "stopped_us"


def told(cause: Cause, sentence: str) -> str:
    """The cause as it is stored: code, then words for people."""
    return f"{cause.value}: {sentence}"


def rows_set_aside(mails: Sequence[MailRow]) -> tuple[SetAside, ...]:
    """For the digest: each mail a row, a whole flood of one place a single one."""
    floods: dict[str, list[MailRow]] = {}
    rows = []
    for mail in mails:
        if mail.cause_code == Cause.FLOOD:
            floods.setdefault(mail.sender.rpartition("@")[2], []).append(mail)
        else:
            rows.append(SetAside(mail.id, mail.subject, mail.cause_words, mail.received_at))
    for place, held in floods.items():
        many = f"{len(held):,} mails from {place}" if len(held) > 1 else f"a mail from {place}"
        rows.append(SetAside(many, many, held[0].cause_words, held[0].received_at))
    return tuple(rows)


AGAIN = "to be tried again"
"""The disposition of a mail that could not be attended to at once."""


class Aside:
    """Sets mails aside for the service, in its transaction."""

    def __init__(self, service: Service) -> None:
        self._service = service

    def put(self, work: Work, row: MailRow, mail: Mail, cause: Cause, sentence: str) -> Attended:
        """Set aside for a person, who is told at once: its clock runs from receipt."""
        attended = self._service.settled(
            work, row, mail, "quarantined", None, summary=f"Set aside: {sentence}."
        )
        work.quarantine(row.id, told(cause, sentence))
        self._tell(work, row, mail, cause, sentence)
        return attended

    def _tell(self, work: Work, row: MailRow, mail: Mail, cause: Cause, sentence: str) -> None:
        service = self._service
        box = service.box(row.mailbox, None)
        now = service.clock.now()
        supervisor = service.settings.supervisor_on(service.settings.calendar.london_date(now))
        received = service.rules(work, box).told_time(row.received_at)
        why = box.policy.why("supervisor_told")
        work.note(now, "mailbot", "quarantined", f"Set aside: {sentence}.", why, mail=row.id)
        if cause is Cause.FLOOD:
            place = mail.sender.address if mail.sender else ""
            if not may_tell(work, f"flood:{place.rpartition('@')[2]}", now, 1, period="%Y-%m-%d"):
                return  # a thousand mails from one place are one alert and one line in the digest
        elif not may_tell(work, "quarantine", now, MOST_ALERTS):
            return  # the digest shows them all
        alert = orders.alert(
            supervisor,
            "",
            "A mail was set aside and needs you",
            f"It was not acted on because {sentence}. Its clock runs from {received}.",
            why,
            lines=(f"Mail {row.id} in {row.mailbox}",),
            subject=mail.subject,
        )
        work.add_letter(service.outbox.mint(work, alert, "", box), now, None)

    def after_failure(self, row: MailRow, cause: str, stopped_us: bool = False) -> Attended:
        """Attending failed: try once more later, then give it to a person."""
        service = self._service
        now = service.clock.now()
        with service.store.begin() as work:
            tries = work.fail_mail(row.id, cause, now, wait=dt.timedelta(minutes=1))
            if tries < TRIES:
                return Attended(row.id, AGAIN, None, "", "", cause)
        code = Cause.STOPPED_US if stopped_us else Cause.FAILED
        aside = Attended(row.id, "quarantined", None, "", "", f"Set aside: {cause}.")
        try:
            with service.store.begin() as work:
                mail = read(work.raw(row.id))
                sender = mail.sender.address if mail.sender else ""
                found = SettledMail(
                    now, "quarantined", sender=sender, subject=mail.subject, message_id=mail.message_id
                )
                work.settle_mail(row.id, found)  # so that people see whose mail it is
                work.quarantine(row.id, told(code, cause))
                self._tell(work, row, mail, code, "it could not be worked on")
            return replace(aside, subject=mail.subject)
        except (
            Exception
        ) as error:  # what broke attending may break this: then without a word of the mail itself
            log.error("a mail could not be told of", extra={"mail": row.id, "error": place_of(error)})
            with service.store.begin() as work:
                work.quarantine(row.id, told(code, cause))
                why = service.box(row.mailbox, None).policy.why("supervisor_told")
                work.note(now, "mailbot", "quarantined", "Set aside: it could not be read.", why, mail=row.id)
            return aside

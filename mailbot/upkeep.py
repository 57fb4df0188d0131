"""What is done once a day beside the mail: the journal is sealed and, once a week, verified; what is past its time is
looked for."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

from mailbot.casework import orders
from mailbot.casework.calendar import LONDON
from mailbot.logs import place_of
from mailbot.retention import once_a_day

if TYPE_CHECKING:
    from mailbot.service import Service

VERIFIED = "verified:last"
"""What storage remembers by: the week in which the journal was last verified, and what was found."""
COUNTED = "burdens:counted"
"""What storage remembers by: the day on which it was last counted who has how much to do."""
MOST_TOLD = 10

log = logging.getLogger("mailbot.upkeep")


def keep_up(service: Service) -> None:
    """The day's upkeep; asked again on the same day, it does nothing."""
    for part in (seal_journal, verify_journal, count_burdens, once_a_day):
        try:
            part(service)
        except Exception as error:  # upkeep in trouble must not keep mail from being attended to
            log.error("upkeep failed", extra={"error": place_of(error)})


def seal_journal(service: Service) -> None:
    """Fold the day's lines into a checkpoint. The digest names it, so that it is known outside of the database too."""
    now = service.clock.now()
    with service.store.read() as work:
        last = work.last_checkpoint()
    if last and last.at.astimezone(LONDON).date() == now.astimezone(LONDON).date():
        return
    with service.store.begin() as work:
        work.checkpoint(now)


def count_burdens(service: Service) -> None:
    """Who has how much to do is counted from the cases themselves, once a day: no mistake in it lasts."""
    today = service.settings.calendar.london_date(service.clock.now()).isoformat()
    with service.store.read() as work:
        if work.recall(COUNTED) == today:
            return
    with service.store.begin() as work:
        work.count_burdens_anew()
        work.remember(COUNTED, today)


def verify_journal(service: Service) -> None:
    """Once a week, hold the whole journal against its seals. A fault is told to a supervisor at once."""
    now, settings = service.clock.now(), service.settings
    today = settings.calendar.london_date(now)
    week = "{}-W{:02}".format(*today.isocalendar()[:2])
    with service.store.read() as work:
        if (work.recall(VERIFIED) or "").startswith(week):
            return
        found = work.verify_journal()
    lines = "line was" if found.lines == 1 else "lines were"
    said = f"The journal's {found.lines:,} {lines} verified on {today.day} {today:%B}: as they were written"
    if found.faults:
        said = (
            f"JOURNAL: {len(found.faults):,} lines or seals are not as they were written, found on {today.day} "
            f"{today:%B} (mailbot journal verify)"
        )
    with service.store.begin() as work:
        work.remember(VERIFIED, f"{week}|{said}")
        if found.faults:
            box = settings.mailboxes[0]
            why = box.policy.why("supervisor_told")
            alert = orders.alert(
                settings.supervisor_on(today),
                "",
                "The record was changed behind mailbot's back",
                "The journal is not as it was written. Have whoever runs mailbot look at it: mailbot journal verify",
                why,
                lines=tuple(
                    f"{fault.reference or ''} {fault.what}".strip() for fault in found.faults[:MOST_TOLD]
                ),
            )
            work.note(now, "mailbot", "verified", "The journal is not as it was written.", why)
            work.add_letter(service.outbox.mint(work, alert, "", box), now, None)

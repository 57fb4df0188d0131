"""What is done once a day beside the mail: the journal is sealed, and what is past its time is looked for."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

from mailbot.casework.calendar import LONDON
from mailbot.retention import once_a_day
from mailbot.sending import place_of

if TYPE_CHECKING:
    from mailbot.service import Service

log = logging.getLogger("mailbot.upkeep")


def keep_up(service: Service) -> None:
    """The day's upkeep; asked again on the same day, it does nothing."""
    for part in (seal_journal, once_a_day):
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

"""Some mails of a backlog settled by one commit, where the database has one writer anyway: a commit of thirty-two costs
little more than one's own.

They are kept, and marked as in hand, by commits before; no letter of theirs is claimed before the commit. What fails
takes none of the others with it: all of it is taken back, and each goes alone.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Iterator, Sequence
from typing import TYPE_CHECKING, TypeVar

from mailbot.logs import place_of
from storage import away
from storage.rows import MailRow

if TYPE_CHECKING:
    from storage import Store
    from storage.work import Work

log = logging.getLogger("mailbot.together")

AT_ONCE = 32

HELD = 0.5
"""Seconds after which no further mail is taken into such a commit: whoever else wants to write waits for it."""

What = TypeVar("What")


def groups(rows: Sequence[MailRow], most: int) -> Iterator[Sequence[MailRow]]:
    """The mails in their order, up to `most` at a time. One that failed, or that somebody died with, is alone."""
    group: list[MailRow] = []
    for row in rows:
        alone = bool(row.attempts or row.deaths)
        if group and (alone or len(group) >= most):
            yield group
            group = []
        group.append(row)
        if alone:
            yield group
            group = []
    if group:
        yield group


def in_one_commit(
    store: Store, rows: Sequence[MailRow], receive: Callable[[Work, MailRow], What]
) -> list[What]:
    """What `receive` gives for the first of these mails: for all of them where that is quick, for none where one is in
    trouble or there is but one. The others are to go alone, and what is wrong is told then. A database that can't be
    used at all is waited for once: its error is raised."""
    if len(rows) < 2:
        return []
    done: list[What] = []
    begun = False
    try:
        with store.begin() as work:
            begun = True
            until = time.monotonic() + HELD  # what we waited for others is not held against us
            for row in rows:
                if done and time.monotonic() > until:
                    break
                done.append(receive(work, row))
    except Exception as error:  # whosever fault it is, the database's or a mail's
        if not begun and away(error):
            raise
        log.info("not attended to together", extra={"mails": len(rows), "error": place_of(error)})
        return []
    return done

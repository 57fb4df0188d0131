"""How the service itself is, in the digest: short while all is well, plain where it is not."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence

from mailbot.casework.rulebook import Rulebook
from mailbot.casework.vocabulary import Fact
from mailbot.reports.wording import ago, count, near_day

STALE = dt.timedelta(hours=1)
"""A mailbox that was not read for so long is news."""
ENDS_SOON = dt.timedelta(days=30)
"""From then on the digest says when a password, secret or certificate ends."""


def stale_of(looks: Mapping[str, dt.datetime | None], now: dt.datetime) -> list[str]:
    return [box for box, at in sorted(looks.items()) if at is None or now - at > STALE]


def health_lines(
    looks: Mapping[str, dt.datetime | None],
    waiting_letters: int,
    filed: int,
    reckoned: Sequence[str],
    expiries: Sequence[tuple[str, dt.date]],
    now: dt.datetime,
    day: dt.date,
) -> list[Fact]:
    """What was read when, what waits, what was only filed, whether the mails add up, what ends soon."""
    read = [
        f"{mailbox} has not been read yet" if at is None else f"{mailbox} was read {ago(now - at)}"
        for mailbox, at in sorted(looks.items())
    ]
    waiting = count(waiting_letters, "letter waits", "letters wait") if waiting_letters else "no letter waits"
    looked = f"Mailbox {'; '.join(read)}" if read else "No mailbox has been read yet"
    lines: list[Fact] = [f"{looked}; {waiting} to go out."]
    if filed:
        lines.append(f"{count(filed, 'mail was', 'mails were')} filed without a case since the last digest.")
    lines += reckoned
    return [*lines, *endings(expiries, day)]


def endings(expiries: Sequence[tuple[str, dt.date]], day: dt.date) -> list[Fact]:
    lines: list[Fact] = []
    for what, ends in sorted(expiries, key=lambda pair: pair[1]):
        if ends < day:
            lines.append(f"{what} ended on {near_day(ends, day)}: no mail passes until it is renewed.")
        elif ends - day <= ENDS_SOON:
            left = (ends - day).days
            when = "today" if not left else f"on {near_day(ends, day)}, in {count(left, 'day', 'days')}"
            lines.append(f"{what} ends {when}: have it renewed.")
    return lines


def closures(day: dt.date, rules: Rulebook) -> list[Fact]:
    """The days on which the office is shut, two weeks ahead, and what that means for deadlines."""
    soon = sorted(d for d in rules.calendar.closure_days if day <= d <= day + dt.timedelta(days=14))
    if not soon:
        return []
    days = ", ".join(f"{d.day} {d:%B}" for d in soon)
    meanwhile = "Deadlines stand still on them." if rules.policy.closures.deducted else "Deadlines run on."
    return [f"The office is closed on {days}. {meanwhile}"]

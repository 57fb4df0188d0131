"""The daily reckoning: mailbox = cases + service requests + filed + set aside. Any difference is an alarm.

Every mail that was ever kept is counted once, by what became of it; what the sum leaves over, what has waited for
longer than an hour, what says that it belongs to a case that is not there, and what lies on the server below the last
number that we read without being on file is a difference. Nothing that fails disappears, because somebody looks.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from mailbot.casework import orders
from mailbot.casework.parts import MODE_WORDS, Mode
from mailbot.casework.vocabulary import Stage
from mailbot.retention import LAST
from mailbot.upkeep import VERIFIED
from storage.chain import code
from storage.rows import MailState

if TYPE_CHECKING:
    from mailbot.service import Service
    from mailbot.settings import Settings
    from storage.work import Work

MAY_WAIT = dt.timedelta(hours=1)
MOST_NAMED = 10
DIFFERENCE = "difference:"
"""What storage remembers by: the difference in a mailbox that people were told of last."""
BEGUN_UID = "begun_uid:"
"""What storage remembers by: where the first look ended; what lay there before is nobody's to count."""


@dataclass(frozen=True)
class Lying:
    """What lies in a mailbox's folder on the server now."""

    folder: str
    uidvalidity: int
    uids: frozenset[int]


@dataclass(frozen=True)
class Reckoning:
    """The mails of one mailbox by what became of them. `differences` are sentences; none: it comes out."""

    mailbox: str
    kept: int
    of_cases: int
    of_service_requests: int
    filed: int
    set_aside: int
    discarded: (
        int  # the same mail by another way, what lay there before the first start, what a person discarded
    )
    waiting: int
    differences: tuple[str, ...]


def reckon(work: Work, mailbox: str, now: dt.datetime, lying: Lying | None = None) -> Reckoning:
    """Count the mails of this mailbox. With `lying`, the server's folder is held against them too."""
    counts = dict.fromkeys(("cases", "requests", "filed", "aside", "discarded", "waiting"), 0)
    for (state, named, stage), number in work.fates(mailbox).items():
        if state is MailState.QUARANTINED:
            fate = "aside"
        elif state is MailState.DISCARDED:
            fate = "discarded"
        elif state is MailState.KEPT:
            fate = "waiting"
        elif not named:
            fate = "filed"
        else:
            fate = "requests" if stage == Stage.SERVICE_REQUEST.value else "cases"
        counts[fate] += number
    late, lost = work.mails_astray(mailbox, now - MAY_WAIT)
    differences = []
    if late:
        differences.append(f"{_named(late)} kept for more than an hour and not attended to")
    if lost:
        differences.append(f"{_named(lost)} said to belong to a case that is not there")
    if lying is not None and (missing := _not_on_file(work, mailbox, lying)):
        numbers = ", ".join(map(str, missing[:MOST_NAMED])) + (
            " and more" if len(missing) > MOST_NAMED else ""
        )
        differences.append(f"on the server but not on file: UID {numbers} in {lying.folder}")
    return Reckoning(
        mailbox=mailbox,
        kept=sum(counts.values()),
        of_cases=counts["cases"],
        of_service_requests=counts["requests"],
        filed=counts["filed"],
        set_aside=counts["aside"],
        discarded=counts["discarded"],
        waiting=counts["waiting"],
        differences=tuple(differences),
    )


def _not_on_file(work: Work, mailbox: str, lying: Lying) -> list[int]:
    """UIDs that the server has, between where we began and how far we read, and we have not."""
    position = work.position(mailbox)
    if position is None or position.uidvalidity != lying.uidvalidity:
        return []
    validity, _, uid = (work.recall(f"{BEGUN_UID}{mailbox}") or "").partition("|")
    if not uid:
        return []
    first = int(uid) if validity == str(lying.uidvalidity) else 0
    known = work.known_uids(mailbox, lying.folder, lying.uidvalidity)
    return sorted(number for number in lying.uids - known if first < number <= position.last_uid)


def _named(ids: Collection[str]) -> str:
    shown = ", ".join(list(ids)[:MOST_NAMED])
    return f"mail {shown}{' and more' if len(ids) > MOST_NAMED else ''}:"


def lines_of(found: Reckoning) -> tuple[str, ...]:
    """The reckoning for people: the sum, then each difference."""
    total = (
        f"{found.mailbox}: {found.kept:,} mails = {found.of_cases:,} of cases + {found.of_service_requests:,} of "
        f"service requests + {found.filed:,} filed + {found.set_aside:,} set aside + {found.discarded:,} discarded "
        f"+ {found.waiting:,} waiting"
    )
    return (total, *(f"DIFFERENCE: {difference}" for difference in found.differences))


def reckon_all(service: Service, lying: Mapping[str, Lying] | None = None) -> list[Reckoning]:
    """The reckoning of every mailbox. A difference is told to a supervisor once, and
    stands in the digest for as long as it lasts. `lying`: what lies in which mailbox on the server."""
    settings, now = service.settings, service.clock.now()
    done = []
    for box in settings.mailboxes:
        with service.store.begin() as work:
            found = reckon(work, box.name, now, (lying or {}).get(box.name))
            done.append(found)
            told = "; ".join(found.differences)
            if told == (work.recall(f"{DIFFERENCE}{box.name}") or ""):
                continue
            work.remember(f"{DIFFERENCE}{box.name}", told)
            if not told:
                continue
            why = box.policy.why("supervisor_told")
            alert = orders.alert(
                settings.supervisor_on(settings.calendar.london_date(now)),
                "",
                f"The mails of {box.name} don't add up",
                "Every mail must belong to a case or a service request, be filed, or be set aside. Some do not.",
                why,
                lines=lines_of(found),
            )
            work.note(
                now, "mailbot", "reckoning", f"The reckoning of {box.name} has a difference: {told}.", why
            )
            work.add_letter(service.outbox.mint(work, alert, "", box), now, None)
    return done


def as_of_now(work: Work, settings: Settings, now: dt.datetime) -> list[str]:
    """The reckoning for the digest: counted now, with what the last look at the server found missing."""
    lines = [] if settings.mode is Mode.LIVE else [f"mailbot runs {MODE_WORDS[settings.mode]}."]
    for box in settings.mailboxes:
        found = reckon(work, box.name, now)
        known = work.recall(f"{DIFFERENCE}{box.name}") or ""
        lines += (
            lines_of(found) if found.differences else [f"All {found.kept:,} mails of {found.mailbox} add up."]
        )
        if known and not found.differences:
            lines.append(f"DIFFERENCE: {known}")
    if sealed := work.last_checkpoint():
        when = settings.calendar.london_date(sealed.at)
        lines.append(f"Journal sealed on {when.day} {when:%B}: {code(sealed.hash)}")
    lines += [told for key in (VERIFIED, LAST) if (told := (work.recall(key) or "").partition("|")[2])]
    return lines

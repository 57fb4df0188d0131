"""The morning mail of a shadow run: what mailbot took yesterday's mails for, what it would have written, what the team
did, and what is late by the policy (House 49).

What is late is told by the very comparison that a replay makes (`mailbot.replay.comparing`), over the whole run so far:
so both count alike. Of a restricted case nothing but its reference is told.
"""

from __future__ import annotations

import datetime as dt
import logging
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from mailbot.casework.calendar import LONDON
from mailbot.casework.orders import KIND_WORDS
from mailbot.casework.vocabulary import Audience, Case, Fact, Intent, Letter, SendLetter
from mailbot.logs import place_of
from mailbot.replay.comparing import Compared, Finding, compare
from mailbot.replay.playing import Came, Replayed, Went
from mailbot.sending import NOT_SHOWN, OF_THE_RUN
from mailbot.settings import SENT
from storage.rows import LetterRow, MailRow, MailState

if TYPE_CHECKING:
    from mailbot.service import Service
    from mailbot.settings import MailboxSettings
    from storage.work import Work

log = logging.getLogger("mailbot.shadow")

WROTE, RESPONDED, BY_MACHINE = "the team wrote", "the team responded", "a machine of the team's wrote"
IGNORED: Final = "staff wrote to the shadow run: nothing was done"
OF_THE_TEAM: Final = (WROTE, RESPONDED, BY_MACHINE)
KIND: Final = "shadow"
MOST: Final = 40
EVER, FAR = dt.datetime(1970, 1, 1, tzinfo=dt.UTC), dt.datetime(9999, 1, 1, tzinfo=dt.UTC)


@dataclass(frozen=True)
class Day:
    """Everything that one morning's mail tells of."""

    since: dt.datetime
    until: dt.datetime
    came: tuple[MailRow, ...]
    team: tuple[MailRow, ...]
    ignored: int
    letters: tuple[LetterRow, ...]
    cases: dict[str, Case]
    compared: tuple[tuple[MailboxSettings, Compared], ...]
    began: dt.datetime
    unreached: tuple[str, ...]
    aside: int


def _not_read(told: str) -> str:
    """`told`: the place, then what stands in the way."""
    name, _, problem = told.partition(": ")
    if not name.endswith(SENT):
        return f"The mailbox was not reached: {told}"
    problem = problem.removeprefix("FolderGone: ")
    return (
        f"What your team sent from {name.removesuffix(SENT)} could not be read and is missing here: {problem}"
    )


def tell_the_day(service: Service) -> int:
    """One mail to each supervisor on each working morning; asked again, it does nothing."""
    settings, now = service.settings, service.clock.now()
    calendar = settings.calendar
    day = calendar.london_date(now)
    if not calendar.is_working(day) or now < calendar.instant(day, settings.digest_at):
        return 0
    sent = 0
    facts: dict[str, Fact] | None = None
    box = settings.mailboxes[0]
    for person in settings.supervisors:
        try:
            with service.store.read() as work:
                if work.digest_is_claimed(KIND, person.key, day):
                    continue
                facts = facts or facts_of(gather(service, work, now), service, day)
            with service.store.begin() as work:
                if not work.digest_claimed(KIND, person.key, day):
                    continue
                why = box.policy.why("shadow")
                order = SendLetter(
                    Letter.SHADOW_DAY, Audience.SUPERVISOR, person.address, why, facts, person=person.key
                )
                work.add_letter(service.outbox.mint(work, order, "", box), now, None)
                sent += 1
        except Exception as error:  # one that can't be written must not keep drafts from going out
            log.error("a day could not be told", extra={"error": place_of(error)})
    return sent


# ------------------------------------------------------------------ what happened


def gather(service: Service, work: Work, now: dt.datetime) -> Day:
    """From the last morning on that had such a mail until now."""
    settings = service.settings
    calendar = settings.calendar
    day = calendar.london_date(now)
    since = calendar.instant(calendar.subtract_working_days(day, 1), settings.digest_at)
    mails = work.attended_mails(EVER, FAR)
    team = [row for row in mails if row.disposition in OF_THE_TEAM]
    others = [row for row in mails if row.disposition not in (*OF_THE_TEAM, IGNORED)]
    cases = {case.reference: case for case in work.cases()}
    letters = [letter for reference in cases for letter in work.letters_of(reference)]
    began = min((row.received_at for row in mails), default=now)
    compared = tuple(
        (
            box,
            compare(
                replayed_of(box, others, team, cases, began, now), box.policy, box.policy.counting(calendar)
            ),
        )
        for box in settings.mailboxes
    )
    return Day(
        since=since,
        until=now,
        came=tuple(row for row in others if since <= row.received_at < now),
        team=tuple(row for row in team if since <= row.received_at < now),
        ignored=sum(since <= row.received_at < now for row in mails if row.disposition == IGNORED),
        letters=tuple(
            letter
            for letter in letters
            if letter.sent_at
            and since <= letter.sent_at < now
            and letter.order.letter not in (*NOT_SHOWN, *OF_THE_RUN)
        ),
        cases=cases,
        compared=compared,
        began=began,
        unreached=tuple(
            f"{row.name}: {row.last_error}"
            for row in work.mailboxes()
            if row.last_error and row.name in settings.places_watched
        ),
        aside=len(work.quarantined()),
    )


def replayed_of(
    box: MailboxSettings,
    came: Iterable[MailRow],
    went: Iterable[MailRow],
    cases: dict[str, Case],
    began: dt.datetime,
    now: dt.datetime,
) -> Replayed:
    """The run so far as a replay would have it, of the cases of this mailbox."""
    own = {reference: case for reference, case in cases.items() if case.mailbox == box.name}
    told = Replayed(began, now)
    told.cases = sorted(own.values(), key=lambda case: (case.received_at, case.reference))
    for row in sorted(came, key=lambda row: row.received_at):
        if row.reference in own:
            verdict = row.verdict
            told.came.append(
                Came(
                    at=row.received_at,
                    place=_place(row),
                    message_id=row.message_id,
                    thread=(),
                    sender=row.sender,
                    subject=row.subject,
                    text="",
                    disposition=row.disposition,
                    reference=row.reference,
                    intent=verdict.intent if verdict else None,
                    confidence=verdict.confidence if verdict else 0.0,
                    asked=bool(verdict and verdict.intent is Intent.UNSURE),
                    opened=own[row.reference].request_mail == row.id,
                )
            )
    for row in sorted(went, key=lambda row: row.received_at):
        if row.reference in own:
            told.went.append(
                Went(
                    at=row.received_at,
                    place=_place(row),
                    message_id=row.message_id,
                    thread=(),
                    sender=row.sender,
                    to=tuple(party.address for party in own[row.reference].parties),
                    subject=row.subject,
                    reference=row.reference,
                    threads=(),
                    formal=row.disposition == RESPONDED,
                    machine=row.disposition == BY_MACHINE,
                )
            )
    return told


def _place(row: MailRow) -> str:
    return f"{row.received_at.astimezone(LONDON):%d %b %H:%M}"


# ------------------------------------------------------------------ told


def facts_of(day: Day, service: Service, date: dt.date) -> dict[str, Fact]:
    """The mail's facts: figures, then what was missed, then mail by mail."""
    noun = service.settings.mailboxes[0].policy.person_noun
    to_residents = [row for row in day.letters if row.order.audience is Audience.RESIDENT]
    late = [finding for _, compared in day.compared for finding in compared.findings]
    missing = [finding for finding in late if finding.done is None]
    asked = sum(bool(row.verdict and row.verdict.intent is Intent.UNSURE) for row in day.came)
    wrote = [row for row in day.team if row.disposition != BY_MACHINE]
    headline = (
        f"{_many(len(day.came), 'mail')} came in; mailbot would have written {_many(len(to_residents), 'letter')} to "
        f"{noun}s, the team wrote {len(wrote)}"
    )
    lines = [headline]
    if missing:
        lines.append(
            f"Past its last day and still open, by the mail that mailbot can see: {len(missing)}. See below."
        )
    lines += [_not_read(told) for told in day.unreached]
    if day.ignored:
        lines.append(f"{_many(day.ignored, 'mail')} of staff to mailbot: read, and nothing was done.")
    if day.aside:
        lines.append(f"{_many(day.aside, 'mail')} would wait for a person to open them (set aside).")
    counts: list[Fact] = [
        {
            "value": len(day.came),
            "label": f"{'mail' if len(day.came) == 1 else 'mails'} came in",
            "tone": "plain",
        },
        {"value": asked, "label": "it would have asked", "tone": "amber" if asked else "plain"},
        {
            "value": len(to_residents),
            "label": f"{'letter' if len(to_residents) == 1 else 'letters'} to {noun}s",
            "tone": "plain",
        },
        {"value": len(wrote), "label": "the team wrote", "tone": "plain"},
        {"value": len(missing), "label": "past the last day, open", "tone": "red" if missing else "green"},
        {"value": len(late) - len(missing), "label": "done late in this run", "tone": "plain"},
    ]
    sections = [
        _section(
            "Late by the policy",
            "Since the run began, by the last day that policy and Code can be read to allow. What was said by "
            "telephone can't be seen: read it as questions to ask.",
            [_finding(finding, day.cases) for finding in (*missing, *(f for f in late if f.done))],
            "Nothing is late by the mail that mailbot can see.",
        ),
        _section(
            "What mailbot took the mails for",
            "",
            [_came(row, day.cases, service.settings.references_only) for row in day.came],
            "No mail came in.",
        ),
        _section(
            f"Letters to {noun}s: mailbot beside the team",
            "Case by case: what mailbot would have written, and what the team's own mail shows.",
            list(_side_by_side(day, to_residents, wrote)),
            "Neither would have written.",
        ),
        _section(
            "What colleagues would have had from mailbot",
            "",
            [
                {"lead": f"{words}: {count}", "cells": []}
                for words, count in Counter(
                    row.order.letter.value.replace("_", " ") for row in day.letters if row not in to_residents
                ).most_common()
            ],
            "Nothing.",
        ),
    ]
    return {"date": date.isoformat(), "headline_lines": [*lines], "counts": counts, "sections": [*sections]}


def _section(title: str, note: str, rows: Sequence[Fact], nothing: str) -> Fact:
    more = f"and {len(rows) - MOST} more" if len(rows) > MOST else ""
    return {"title": title, "note": note if rows else nothing, "rows": list(rows[:MOST]), "more": more}


def _finding(finding: Finding, cases: dict[str, Case]) -> Fact:
    late = f", {_many(finding.late, 'working day')} late" if finding.late else ""
    told = (
        f"{finding.told.partition(';')[0]}; mailbot has seen none" if finding.done is None else finding.told
    )
    cells: list[Fact] = [
        f"{told[:1].upper()}{told[1:]}{late}.",
        ", ".join(finding.clauses[:3]),
    ]
    return {
        "lead": f"{finding.kind.value.capitalize()}: {_called(finding.reference, cases)}",
        "cells": [cell for cell in cells if cell],
    }


def _came(row: MailRow, cases: dict[str, Case], references_only: bool) -> Fact:
    case = cases.get(row.reference or "")
    hidden = references_only or bool(case and case.restricted)
    verdict = row.verdict
    if verdict is None:
        taken = f"Not for the classifier: {row.disposition}."
    elif verdict.intent is Intent.UNSURE:
        taken = "Not clear: a person would have been asked."
    else:
        taken = f"Taken for {KIND_WORDS[verdict.intent]} ({verdict.confidence:.0%} sure)."
    lead = f"{_place(row)}  {'(not shown)' if hidden else row.subject or '(no subject)'}"
    cells: list[Fact] = [taken]
    if not hidden:
        cells.insert(0, f"From {row.sender}")
    if row.reference:
        cells.append(f"Case {row.reference}")
    if row.state is MailState.QUARANTINED:
        cells.append("Set aside for a person.")
    return {"lead": lead, "cells": cells}


def _side_by_side(day: Day, letters: Sequence[LetterRow], wrote: Sequence[MailRow]) -> Iterator[Fact]:
    ours: dict[str, list[str]] = {}
    theirs: dict[str, list[str]] = {}
    for row in letters:
        at = (row.sent_at or row.created_at).astimezone(LONDON)
        why = ", ".join(row.order.because[:3])
        ours.setdefault(row.reference or "", []).append(
            f"{row.order.letter.value.replace('_', ' ')}, {at:%d %b %H:%M} ({why})"
        )
    for mail in wrote:
        what = "a response" if mail.disposition == RESPONDED else "a mail"
        theirs.setdefault(mail.reference or "", []).append(f"{what}, {_place(mail)}")
    for reference in dict.fromkeys((*ours, *theirs)):
        lead = _called(reference, day.cases) if reference else "Mails of the team that belong to no case here"
        yield {
            "lead": lead,
            "cells": [
                f"mailbot: {'; '.join(ours.get(reference, ['nothing']))}",
                f"the team: {'; '.join(theirs.get(reference, ['nothing yet']))}",
            ],
        }


def _called(reference: str, cases: dict[str, Case]) -> str:
    case = cases.get(reference)
    if case is None or case.restricted:
        return reference
    return f"{reference} {case.subject}".strip()


def _many(count: int, what: str) -> str:
    return f"{count} {what}" if count == 1 else f"{count} {what}s"

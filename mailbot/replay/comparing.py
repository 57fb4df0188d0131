"""What the team did, held against what its policy asks for. Pure: rows in, findings out.

Every finding names the mails that it rests on, so that whoever doubts it can open them. Days are counted by date in
London, working days by the policy's calendar. An automatic answer is nobody's acknowledgement.
"""

from __future__ import annotations

import datetime as dt
from bisect import bisect_right
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

from mailbot.casework.calendar import Calendar
from mailbot.casework.policy import Policy
from mailbot.casework.vocabulary import Case, Due, Intent
from mailbot.replay.playing import Came, Replayed, Went


class Kind(StrEnum):
    """In the order in which a manager should read them."""

    ESCALATION_UNANSWERED = "escalation that nobody answered"
    NEVER_ACKNOWLEDGED = "complaint that nobody acknowledged"
    RESPONSE_MISSING = "complaint without a response"
    LATE_RESPONSE = "late response"
    ESCALATION_LATE = "escalation answered late"
    LATE_ACKNOWLEDGEMENT = "late acknowledgement"
    HIDDEN_COMPLAINT = "new complaint inside an old thread"
    WRONG_THREAD = "answer in somebody else's thread"


@dataclass(frozen=True)
class Finding:
    """`late`: working days after the last day, 0 where nothing came at all."""

    kind: Kind
    reference: str
    at: dt.datetime  # of the mail that began it
    due: dt.date | None
    done: dt.datetime | None
    late: int
    mails: tuple[str, ...]  # places in the export
    clauses: tuple[str, ...]
    told: str


@dataclass(frozen=True)
class Compared:
    findings: tuple[Finding, ...]
    acknowledged_in_time: int
    acknowledgements_due: int
    responded_in_time: int
    responses_due: int
    undecided: int  # duties whose last day lies after the end of the export

    def of(self, kind: Kind) -> tuple[Finding, ...]:
        return tuple(f for f in self.findings if f.kind is kind)


def compare(replayed: Replayed, policy: Policy, calendar: Calendar) -> Compared:
    """Everything that can be told from the two sides of the export."""
    went = _Went(replayed.went)
    opened = {came.reference: came for came in replayed.came if came.opened}
    findings: list[Finding] = []
    tally = {"acks": 0, "acks_due": 0, "responses": 0, "responses_due": 0, "undecided": 0}
    end = calendar.london_date(replayed.ended)
    for case in replayed.cases:
        first = opened.get(case.reference)
        if first is None or case.stage1 is None or (case.was_service_request and not case.stage1):
            continue
        for finding in _acknowledgement(case, first, went, calendar, end, tally):
            findings.append(finding)
        for finding in _response(case, first, went, calendar, end, tally):
            findings.append(finding)
    findings += _escalations(replayed, policy, went, calendar, end)
    findings += _threads(replayed, policy)
    order = list(Kind)
    findings.sort(key=lambda f: (order.index(f.kind), -f.late, f.at))
    return Compared(
        tuple(findings),
        tally["acks"],
        tally["acks_due"],
        tally["responses"],
        tally["responses_due"],
        tally["undecided"],
    )


class _Went:
    """The team's mails that people wrote, by case and in the order of their dates."""

    def __init__(self, went: Iterable[Went]) -> None:
        self._of: Mapping[str, list[Went]] = defaultdict(list)
        for mail in went:
            if mail.reference and not mail.machine:
                self._of[mail.reference].append(mail)

    def after(self, reference: str, at: dt.datetime) -> list[Went]:
        mails = self._of.get(reference, [])
        return mails[bisect_right([m.at for m in mails], at) :]


def _held(
    kinds: tuple[Kind, Kind],
    case: Case,
    at: dt.datetime,
    due: Due,
    done: Went | None,
    calendar: Calendar,
    end: dt.date,
    mails: Sequence[str],
    what: str,
) -> tuple[bool | None, Finding | None]:
    """Whether a duty was kept (None: the export ends before its last day), and what to tell where it was not."""
    missing, late_kind = kinds
    if done is None:
        if due.outer >= end:
            return None, None
        told = f"{what} was due by {due.outer:%A %d %B %Y}; the export holds none"
        return False, Finding(
            missing, case.reference, at, due.outer, None, 0, tuple(mails), due.clauses, told
        )
    on = calendar.london_date(done.at)
    if on <= due.outer:
        return True, None
    late = calendar.working_days_between(due.outer, on)
    told = f"{what} was due by {due.outer:%A %d %B %Y} and came on {on:%A %d %B %Y}"
    places = (*mails, done.place)
    return False, Finding(late_kind, case.reference, at, due.outer, done.at, late, places, due.clauses, told)


def _acknowledgement(
    case: Case, first: Came, went: _Went, calendar: Calendar, end: dt.date, tally: dict[str, int]
) -> Iterable[Finding]:
    assert case.stage1 is not None
    done = next(iter(went.after(case.reference, case.stage1.requested_at)), None)
    kinds = (Kind.NEVER_ACKNOWLEDGED, Kind.LATE_ACKNOWLEDGEMENT)
    kept, finding = _held(
        kinds,
        case,
        first.at,
        case.stage1.acknowledge,
        done,
        calendar,
        end,
        [first.place],
        "an acknowledgement",
    )
    yield from _count(kept, finding, tally, "acks")


def _response(
    case: Case, first: Came, went: _Went, calendar: Calendar, end: dt.date, tally: dict[str, int]
) -> Iterable[Finding]:
    assert case.stage1 is not None
    after = went.after(case.reference, case.stage1.requested_at)
    if not after:
        return  # told as never acknowledged: once is enough
    done = next((mail for mail in after if mail.formal), None)
    kinds = (Kind.RESPONSE_MISSING, Kind.LATE_RESPONSE)
    kept, finding = _held(
        kinds, case, first.at, case.stage1.respond, done, calendar, end, [first.place], "the stage 1 response"
    )
    yield from _count(kept, finding, tally, "responses")


def _count(kept: bool | None, finding: Finding | None, tally: dict[str, int], name: str) -> Iterable[Finding]:
    if kept is None:
        tally["undecided"] += 1
        return
    tally[f"{name}_due"] += 1
    tally[name] += kept
    if finding:
        yield finding


def _escalations(
    replayed: Replayed, policy: Policy, went: _Went, calendar: Calendar, end: dt.date
) -> Iterable[Finding]:
    """Each mail that asks for the next stage, once a case: held against stage 2's window to acknowledge."""
    cases = {case.reference: case for case in replayed.cases}
    seen: set[str] = set()
    for came in replayed.came:
        if came.intent is not Intent.ESCALATION_REQUEST or came.reference in seen or not came.reference:
            continue
        seen.add(came.reference)
        case = cases[came.reference]
        due = case.stage2.acknowledge if case.stage2 else _due_from(policy, came.at, calendar)
        done = next(iter(went.after(came.reference, came.at)), None)
        kinds = (Kind.ESCALATION_UNANSWERED, Kind.ESCALATION_LATE)
        _, finding = _held(
            kinds, case, came.at, due, done, calendar, end, [came.place], "an answer to the escalation"
        )
        if finding:
            yield finding


def _due_from(policy: Policy, at: dt.datetime, calendar: Calendar) -> Due:
    """Where the case itself opened no second stage: the Code's five working days (6.11)."""
    day = calendar.add_working_days(calendar.london_date(at), 5)
    return Due(day, day, policy.why("escalated"))


def _threads(replayed: Replayed, policy: Policy) -> Iterable[Finding]:
    cases = {case.reference: case for case in replayed.cases}
    by_id = {mail.message_id: mail.reference for mail in replayed.came if mail.message_id and mail.reference}
    for mail in replayed.went:
        others = [r for r in mail.threads if r in cases and not any(cases[r].is_party(a) for a in mail.to)]
        if others and not mail.machine:
            told = (
                f"the team wrote to {', '.join(mail.to)} in the thread of {others[0]}, who is somebody else"
            )
            yield Finding(Kind.WRONG_THREAD, others[0], mail.at, None, None, 0, (mail.place,), (), told)
    for came in replayed.came:
        if not came.opened or came.intent is not Intent.NEW_COMPLAINT:
            continue
        older = next((by_id[i] for i in came.thread if by_id.get(i, came.reference) != came.reference), "")
        if older:
            told = f"a new complaint came as a reply in the thread of {older}"
            why = policy.why("new_issue")
            yield Finding(
                Kind.HIDDEN_COMPLAINT, came.reference, came.at, None, None, 0, (came.place,), why, told
            )

"""Every date that follows from given moments: what the landlord owes by when, and what the resident may still do.

It asks the same rules as the lifecycle (`Deadline.due`, `ResidentWindow.due`, `SilenceRule.last_day`) and adds
none of its own, so that a page and a case never tell two dates. What has not happened counts from the day on
which it was due. What only a person can begin (a request for stage 2) has no date until it is given.

Refuses (ValueError): moments in an order in which they cannot have happened.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from mailbot.casework.calendar import Calendar
from mailbot.casework.policy import (
    Anchor,
    Deadline,
    Moment,
    Policy,
    ResidentWindow,
    Source,
    StageRules,
)
from mailbot.casework.vocabulary import Due

#: What a row can be about, and how people say it.
EVENTS = {
    "service_request_answer": "answer to a service request",
    "acknowledgement": "acknowledgement",
    "early_resolution": "settling it early, while its dates run",
    "understanding": "telling what was understood",
    "confirmation": "the {person} is asked to confirm it; nothing waits for that",
    "contact": "contact with the {person}",
    "review": "review",
    "response": "response",
    "extension_notice": "telling that more time is needed",
    "extension": "response after the longest extension",
    "stage2_request": "asking for {stage2}: the {person}'s last day",
    "closing_reminder": "telling that the case will close",
    "silence": "silence is complete at the end of this day",
    "survey": "asking how it was handled",
    "ombudsman_referral": "going to the Ombudsman: the {person}'s last day",
}


@dataclass(frozen=True)
class Row:
    """One date. `event` is a key of EVENTS; `stage` is None before any; `clause` names those that gave the
    dates, the governing ones first; `rule` is what they count, in the words of the policy file."""

    event: str
    stage: int | None
    target_due: dt.date
    outer_due: dt.date
    clause: str
    rule: str


@dataclass(frozen=True)
class Moments:
    """What has happened, by London's date. The fields that end in 2 belong to stage 2."""

    received: dt.date
    acknowledged: dt.date | None = None
    responded: dt.date | None = None
    escalated: dt.date | None = None
    acknowledged2: dt.date | None = None
    responded2: dt.date | None = None
    closed: dt.date | None = None


def arrange(
    received: dt.datetime,
    acknowledged: Iterable[dt.datetime] = (),
    responded: Iterable[dt.datetime] = (),
    escalated: dt.datetime | None = None,
    closed: dt.datetime | None = None,
    received_on: Callable[[dt.datetime], dt.date] = Calendar.london_date,
) -> Moments:
    """Instants (with a zone) to the moments of a case. Acknowledgements and responses belong to the stage in
    which they fall: those from `escalated` on to stage 2 (a response at that very instant to stage 1).
    `received_on`: day 0 of what reached the landlord, where the policy rolls it forward (`Policy.received_on`).

    ValueError names the moment that cannot be: earlier than what it follows, or the second of its stage."""
    acknowledgements, responses = sorted(acknowledged), sorted(responded)

    def after(name: str, at: dt.datetime | None, earlier: str, then: dt.datetime | None) -> None:
        if at and then and at < then:
            raise ValueError(f"{name} ({_told(at)}) lies before {earlier} ({_told(then)})")

    def only(name: str, stage: int, found: Sequence[dt.datetime]) -> dt.datetime | None:
        if len(found) > 1:
            hint = " (what comes from the escalation on belongs to stage 2)" if escalated else ""
            raise ValueError(
                f"{name} is given {len(found)} times for stage {stage}: "
                f"{' and '.join(_told(at) for at in found)}{hint}"
            )
        return found[0] if found else None

    for at in acknowledgements:
        after("acknowledged", at, "received", received)
    for at in responses:
        after("responded", at, "received", received)
    after("escalated", escalated, "received", received)
    far = dt.datetime.max.replace(tzinfo=dt.UTC)
    ends = escalated or far
    first = only("acknowledged", 1, [at for at in acknowledgements if at < ends])
    answer = only("responded", 1, [at for at in responses if at <= ends])
    second = only("acknowledged", 2, [at for at in acknowledgements if at >= ends])
    final = only("responded", 2, [at for at in responses if at > ends])
    after("responded", answer, "acknowledged", first)
    after("responded", final, "acknowledged", second)
    for name, then in (("received", received), ("acknowledged", first), ("responded", answer),
                     ("escalated", escalated), ("acknowledged", second), ("responded", final)):  # fmt: skip
        after("closed", closed, name, then)

    def day(at: dt.datetime | None) -> dt.date | None:
        return Calendar.london_date(at) if at else None

    return Moments(
        received_on(received), day(first), day(answer), received_on(escalated) if escalated else None,
        day(second), day(final), day(closed),
    )  # fmt: skip


def _told(at: dt.datetime) -> str:
    return at.isoformat(timespec="minutes") if at.time() != dt.time() else at.date().isoformat()


def timetable(
    policy: Policy,
    calendar: Calendar,
    received: dt.date,
    acknowledged: dt.date | None = None,
    responded: dt.date | None = None,
    escalated: dt.date | None = None,
    acknowledged2: dt.date | None = None,
    responded2: dt.date | None = None,
    closed: dt.date | None = None,
) -> tuple[Row, ...]:
    """The rows, stage by stage, each stage in the order in which things happen. Dates are London's."""
    calendar = policy.counting(calendar)
    rows: list[Row] = []
    if answer := policy.service_requests.answer:
        asked = {Anchor.RECEIVED: Moment(received)}
        rows.append(_owed("service_request_answer", None, answer, answer.due(asked, calendar)))
    ended = Moment(closed) if closed else None
    rows += _stage(policy, calendar, 1, received, acknowledged, responded, ended)
    if responded and not escalated:
        rows += _while_silent(policy, calendar, 1, received, responded, closed)
    if escalated:
        rows += _stage(policy, calendar, 2, escalated, acknowledged2, responded2, ended)
        if responded2:
            rows += _while_silent(policy, calendar, 2, received, responded2, closed)
        if responded2 and policy.referral_months:
            last = calendar.add_months(responded2, policy.referral_months)
            counted = f"{policy.referral_months} calendar months from the final response"
            rows.append(Row("ombudsman_referral", 2, last, last, _joined(policy.referral_clauses), counted))
    elif not responded:
        rows += _while_silent(policy, calendar, 1, received, None, closed)
    if closed and (survey := policy.survey):
        asked_on = calendar.add_working_days(closed, survey.after_working_days)
        counted = f"{survey.after_working_days} working days from closed"
        rows.append(Row("survey", None, asked_on, asked_on, _joined(survey.clauses), counted))
    return tuple(rows)


def of(policy: Policy, calendar: Calendar, moments: Moments) -> tuple[Row, ...]:
    """`timetable` of moments that were arranged."""
    return timetable(policy, calendar, **vars(moments))


def example(policy: Policy, calendar: Calendar, received: dt.date) -> tuple[Row, ...]:
    """Every row that the policy knows, for a complaint on which each thing is done on its outer date and stage
    2 is asked for on the next working day."""
    calendar, now = policy.counting(calendar), Moments(received)

    def outer(event: str, stage: int) -> dt.date:
        return next(
            row.outer_due for row in of(policy, calendar, now) if (row.event, row.stage) == (event, stage)
        )

    now = Moments(received, outer("acknowledgement", 1))
    now = Moments(received, now.acknowledged, outer("response", 1))
    assert now.responded
    first = of(policy, calendar, now)
    asked = calendar.add_working_days(now.responded, 1)
    now = Moments(received, now.acknowledged, now.responded, asked)
    now = Moments(received, now.acknowledged, now.responded, asked, outer("acknowledgement", 2))
    now = Moments(received, now.acknowledged, now.responded, asked, now.acknowledged2, outer("response", 2))
    second = [row for row in of(policy, calendar, now) if row.stage == 2 and row not in first]
    return (*first, *second)


# ------------------------------------------------------------------ one stage


def _stage(
    policy: Policy,
    calendar: Calendar,
    number: int,
    asked: dt.date,
    acknowledged: dt.date | None,
    responded: dt.date | None,
    ended: Moment | None,
) -> list[Row]:
    rules = policy.stage(number)
    begun = Moment(asked)
    anchors = {Anchor.RECEIVED: begun, Anchor.REQUESTED: begun, Anchor.LOGGED: begun}
    acknowledge = rules.acknowledge.due(anchors, calendar)
    rows = [_owed("acknowledgement", number, rules.acknowledge, acknowledge)]
    anchors[Anchor.ACKNOWLEDGED] = Moment(acknowledged, acknowledge)
    if number == 1 and (early := policy.early_resolution) and early.aim:
        rows.append(_owed("early_resolution", 1, early.aim, early.aim.due(anchors, calendar)))
    if said := rules.understanding:
        rows.append(_owed("understanding", number, said.letter, said.letter.due(anchors, calendar)))
        sent = acknowledged or acknowledge.target  # the acknowledgement tells it
        confirm = calendar.add_working_days(sent, said.confirm_working_days)
        counted = f"{said.confirm_working_days} working days from the acknowledgement, which tells it"
        rows.append(Row("confirmation", number, confirm, confirm, _joined(said.clauses), counted))
    if rules.contact:
        contact = rules.contact.due(anchors, calendar)
        rows.append(_owed("contact", number, rules.contact, contact))
        anchors[Anchor.CONTACTED] = Moment(None, contact)
    for anchor, duty in rules.respond.before:
        earlier = duty.due(anchors, calendar)
        rows.append(_owed("review", number, duty, earlier))
        anchors[anchor] = Moment(None, earlier)
    respond = rules.respond.due(anchors, calendar)
    rows.append(_owed("response", number, rules.respond, respond))
    rows += _extension(rules, respond, calendar)
    if number == 1 and responded:
        rows += _request(policy, calendar, responded, ended)
    return rows


def _owed(event: str, stage: int | None, duty: Deadline, due: Due) -> Row:
    return Row(event, stage, due.target, due.outer, _joined(due.clauses), _counted(duty.sources, due))


def _extension(rules: StageRules, respond: Due, calendar: Calendar) -> list[Row]:
    """Told before the original date has passed, and counted from it."""
    limits = rules.extension
    clause = _joined(limits.clauses)
    rows = [
        Row(
            "extension_notice", rules.number, respond.target, respond.outer, clause,
            "by the day on which the response is due" + (", with the reason" if limits.needs_reason else "")
            + (", by agreement" if limits.needs_agreement else ""),
        )
    ]  # fmt: skip
    last = limits.latest(respond, calendar)
    if last is not None and limits.cap_working_days is not None:
        target = calendar.add_working_days(respond.target, limits.cap_working_days)
        counted = f"{limits.cap_working_days} working days from due"
        rows.append(Row("extension", rules.number, target, last, clause, counted))
    return rows


def _request(policy: Policy, calendar: Calendar, responded: dt.date, ended: Moment | None) -> list[Row]:
    """The resident's time to ask for stage 2, where the policy sets one and it has begun."""
    window = policy.stage(2).window
    due = _window_due(window, calendar, responded, ended)
    if window is None or due is None:
        return []
    return [
        Row("stage2_request", 1, due.target, due.outer, _joined(due.clauses), _counted(window.sources, due))
    ]


def _window_due(
    window: ResidentWindow | None, calendar: Calendar, responded: dt.date, ended: Moment | None
) -> Due | None:
    known = {Anchor.RESPONDED: Moment(responded)}
    if ended:
        known[Anchor.CLOSED] = ended
    return window.due(known, calendar) if window else None


# ------------------------------------------------------------------ silence


def _while_silent(
    policy: Policy,
    calendar: Calendar,
    stage: int,
    received: dt.date,
    responded: dt.date | None,
    closed: dt.date | None,
) -> list[Row]:
    """When the resident hears that the case will close, and when the silence is complete: by each rule of the policy
    that may come to govern. One that counts from receipt is for somebody who has said nothing since, and a case is
    closed only once it was answered, whatever the day."""
    rows: list[Row] = []
    for rule in policy.silence:
        since = responded if rule.after is Anchor.RESPONDED else received if stage == 1 else None
        if since is None or closed:
            continue
        ends = rule.last_day(since, calendar)
        if (
            stage == 1
            and responded
            and (due := _window_due(policy.stage(2).window, calendar, responded, None))
        ):
            ends = max(ends, due.outer)  # the resident's own time is never cut short
        if responded and ends < responded:
            continue  # it was over before the answer: the other rule governs
        if before := rule.remind_before_working_days:
            remind = calendar.subtract_working_days(ends, before)
            counted = f"{before} working day{'' if before == 1 else 's'} before the silence is complete"
            rows.append(
                Row("closing_reminder", stage, remind, remind, _joined(policy.why("reminder")), counted)
            )
        rows.append(Row("silence", stage, ends, ends, _joined(rule.clauses), str(rule.window)))
    return rows


# ------------------------------------------------------------------ words


def _counted(sources: Iterable[Source], due: Due) -> str:
    """The governing texts: what gave neither date, or says no more than another, is left out."""
    told = dict.fromkeys(str(s) for s in sources if set(s.clauses) & set(due.clauses))
    return "; ".join(text for text in told if not any(text in other for other in told if other != text))


def _joined(clauses: Iterable[str]) -> str:
    return "; ".join(clauses)

"""What follows when days count differently: a holiday was added, a day was won back, a policy file was put right.

Everything that is still owed is counted anew, by the rules and from the moments that it was counted from before.
What was said in writing is kept where it is the better for the resident: of a date by which they hear from us the
earlier, of a day until which they may write the later. Told is whoever has the case; the resident is not, for
nothing becomes worse for them. Twice is as once: dates that stand already give nothing to do.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import TypeAlias

from mailbot.casework import clocks, orders, stages
from mailbot.casework.rulebook import Rulebook
from mailbot.casework.vocabulary import (
    Audience,
    CancelTimer,
    Case,
    DatesChanged,
    Decision,
    Due,
    Effect,
    Intent,
    SetTimer,
    Stage,
    StageRecord,
    Timer,
)

CalendarRule: TypeAlias = Callable[[Case, DatesChanged, Rulebook], tuple[Case, "list[Moved]", "list[Effect]"]]


@dataclass(frozen=True)
class Moved:
    """A date that people work to, before and after. `kept`: an earlier one that the resident was told stays."""

    what: str
    old: Due
    new: Due
    kept: bool = False

    def __str__(self) -> str:
        told = f"{self.what}: {_both(self.new)} instead of {_both(self.old)}"
        return f"{told} ({self.new.target.isoformat()} was told in writing, and stays)" if self.kept else told


def recount(case: Case, event: DatesChanged, rules: Rulebook) -> Decision:
    """The case with its open dates counted anew. The same case and no effect where nothing moves."""
    before = case
    case, asked, questions = _questions(case, event, rules)
    case, moved, timers = ON_CALENDAR[case.stage](case, event, rules)
    moved, timers = [*asked, *moved], [*questions, *timers]
    if case == before and not timers:
        return Decision(case)
    why = tuple(
        dict.fromkeys((*rules.policy.why("dates_changed"), *(c for m in moved for c in m.new.clauses)))
    )
    what = "the policy" if event.policy else "the calendar"
    if not moved:
        summary = f"Counted anew, for {what} has changed: no date that is owed moves."
        return Decision(case, tuple(timers), summary, why)
    told = orders.alert(
        rules.person(case.handler) or rules.supervisor,
        case.reference,
        f"{case.reference}: dates have changed",
        f"Dates were counted anew, because {what} has changed. Nothing is to be done but to work to these.",
        why,
        lines=tuple(str(m) for m in moved),
        audience=Audience.HANDLER if rules.person(case.handler) else Audience.SUPERVISOR,
    )
    summary = f"Counted anew, for {what} has changed: {'; '.join(map(str, moved))}."
    return Decision(case, (*timers, told), summary, why)


# ------------------------------------------------------------------ by stage


def nothing(case: Case, event: DatesChanged, rules: Rulebook) -> tuple[Case, list[Moved], list[Effect]]:
    """Nothing is owed that was counted ahead: what is owed here is counted when it is asked for."""
    return case, [], []


def open_stage(case: Case, event: DatesChanged, rules: Rulebook) -> tuple[Case, list[Moved], list[Effect]]:
    """The dates of the open stage, and the reminders that hang on them."""
    old = case.current
    assert old is not None
    number = 2 if case.stage2 else 1
    new = stages.recounted(old, number, rules)
    case = stages.with_record(case, new)
    timers: list[Effect] = []
    standing = {order.timer: order for order in event.timers if not order.subject}
    if new.acknowledged_at is None and Timer.ACKNOWLEDGE in standing:
        waiting = clocks.acknowledge_timer(new, rules, event.at)
        timers += _move((waiting,), standing, event.at, new.acknowledge != old.acknowledge)
    if new.contact != old.contact:
        timers += _move(clocks.contact_timer(new, rules, event.at), standing, event.at, dates_moved=True)
    for order in clocks.response_timers(case, rules, event.at):
        review = isinstance(order, SetTimer | CancelTimer) and order.timer is Timer.REVIEW
        dates_moved = new.review != old.review if review else new.promised != old.promised
        timers += _move((order,), standing, event.at, dates_moved)
    return case, list(_differences(old, new, number, rules)), timers


def answered(case: Case, event: DatesChanged, rules: Rulebook) -> tuple[Case, list[Moved], list[Effect]]:
    """The resident's time to ask for more, and the silence after our answer: neither ever ends sooner than it
    was going to."""
    record, moved = case.current, []
    assert record is not None
    onward = rules.policy.stage(2).window
    if onward and record.window and not case.stage2:
        fresh = onward.due(rules.anchors(record), rules.calendar)
        if fresh and fresh.outer > record.window.outer:
            person = rules.policy.person_noun
            moved.append(Moved(f"The {person} may ask for the next stage until", record.window, fresh))
            case = stages.with_record(case, replace(record, window=fresh))
    timers: list[Effect] = []
    if not clocks.owes_a_word(case):  # else the timer chases an answer of ours
        standing = {order.timer: order for order in event.timers}
        for order in clocks.silence_timers(case, rules):
            now = standing.get(order.timer) if isinstance(order, SetTimer) else None
            if now and isinstance(order, SetTimer) and order.due_at > now.due_at:
                timers.append(order)
    return case, moved, timers


ON_CALENDAR: Mapping[Stage, CalendarRule] = {
    Stage.UNSORTED: nothing,
    Stage.SERVICE_REQUEST: nothing,
    Stage.STAGE1_OPEN: open_stage,
    Stage.STAGE1_RESPONDED: answered,
    Stage.STAGE2_OPEN: open_stage,
    Stage.STAGE2_RESPONDED: answered,
    Stage.CLOSED: nothing,
}


# ------------------------------------------------------------------ dates


def _differences(old: StageRecord, new: StageRecord, number: int, rules: Rulebook) -> Iterator[Moved]:
    """What is still owed and now has other dates."""
    name = rules.policy.stage(number).name

    def differ(before: Due, after: Due) -> bool:
        return (before.target, before.outer) != (after.target, after.outer)

    if new.acknowledged_at is None and differ(old.acknowledge, new.acknowledge):
        yield Moved(f"{name} acknowledgement", old.acknowledge, new.acknowledge)
    if new.contact and old.contact and not new.contacted_at and differ(old.contact, new.contact):
        kept = new.acknowledged_at is not None and old.contact.target == new.contact.target
        yield Moved(f"{name} contact", old.contact, new.contact, kept)
    if new.review and old.review and not new.reviewed_at and differ(old.review, new.review):
        yield Moved(f"{name} review", old.review, new.review)
    if not differ(old.respond, new.respond):
        return
    if new.extension:
        what = f"{name} response, before its extension to {new.extension.to.isoformat()}, which stands"
        yield Moved(what, old.respond, new.respond)
    else:
        kept = new.acknowledged_at is not None and old.respond.target == new.respond.target
        yield Moved(f"{name} response", old.respond, new.respond, kept)


def _both(due: Due) -> str:
    if due.target == due.outer:
        return due.target.isoformat()
    return f"{due.target.isoformat()} (at the latest {due.outer.isoformat()})"


# ------------------------------------------------------------------ timers


def _move(
    wanted: Iterable[Effect], standing: Mapping[Timer, SetTimer], at: dt.datetime, dates_moved: bool
) -> Iterator[Effect]:
    """The orders that change something. What is due and only waits for the next tick is left to fall; what fell
    already is set again only if its date has moved; and what repeats keeps its beat."""
    for order in wanted:
        if not isinstance(order, SetTimer | CancelTimer):
            continue
        now = standing.get(order.timer)
        if isinstance(order, CancelTimer):
            if now and now.due_at > at:
                yield order
        elif now is None:
            if dates_moved:
                yield order
        elif order.due_at != now.due_at and (order.due_at > at or (dates_moved and now.due_at > at)):
            yield order


def _questions(case: Case, event: DatesChanged, rules: Rulebook) -> tuple[Case, list[Moved], list[Effect]]:
    """When the safe reading of a mail that nobody has sorted is taken: before its acknowledgement would be due."""
    standing = {order.subject for order in event.timers if order.timer is Timer.SORT}
    moved: list[Moved] = []
    timers: list[Effect] = []
    for question in case.open_questions:
        if str(question.number) not in standing or question.received_at is None:
            continue
        number = 2 if question.default is Intent.ESCALATION_REQUEST else 1
        if question.default_at <= event.at:
            continue  # it only waits for the next tick
        by = rules.sort_by(number, question.received_at)
        at = max(rules.calendar.instant(by, rules.habits.acknowledge_at), event.at)
        fresh = replace(question, default_at=at)
        old_day, day = rules.day(question.default_at), rules.day(fresh.default_at)
        if day == old_day:
            continue
        case = replace(case, questions=tuple(fresh if q == question else q for q in case.questions))
        timers.append(clocks.sort_timer(fresh, rules))
        triage = rules.policy.triage.clauses
        what = f"The mail that waits to be sorted counts as {orders.KIND_WORDS[question.default]} on"
        moved.append(Moved(what, Due(old_day, old_day, triage), Due(day, day, triage)))
    return case, moved, timers

"""The state chart of the README, drawn from the lifecycle's tables so that it can't drift.

An arrow is an answer of a table that moves a case. Where it leads is not written down anywhere: the answer is
carried out on a sample case of the stage, and the chart shows where that case ends.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Mapping
from dataclasses import replace

from mailbot.casework.lifecycle import ON_CLOCK, ON_MAIL, ON_STAFF, decide
from mailbot.casework.rulebook import Rulebook
from mailbot.casework.vocabulary import (
    Act,
    Case,
    Event,
    Intent,
    MailArrived,
    Party,
    Reading,
    StaffActed,
    Stage,
    Timer,
    TimerFell,
    Verdict,
)

BEGIN, END = "<!-- the chart: mailbot flow -->", "<!-- end of the chart -->"

NAMES: Mapping[Stage, str] = {
    Stage.NONE: "[*]",
    Stage.UNSORTED: "unsorted",
    Stage.SERVICE_REQUEST: "service_request",
    Stage.STAGE1_OPEN: "stage1_open",
    Stage.STAGE1_RESPONDED: "stage1_responded",
    Stage.STAGE2_OPEN: "stage2_open",
    Stage.STAGE2_RESPONDED: "stage2_responded",
    Stage.CLOSED: "closed",
}

RECEIVED = dt.datetime(2026, 3, 2, 10, 0, tzinfo=dt.UTC)
LATER = dt.datetime(2026, 5, 29, 10, 0, tzinfo=dt.UTC)


def mail(intent: Intent, at: dt.datetime = RECEIVED) -> MailArrived:
    return MailArrived(
        at=at,
        received_at=at,
        mail="sample",
        sender=Party("resident@example.org", "A Resident"),
        subject="Sample",
        text="Sample",
        verdict=Verdict(intent, (Reading(intent, 1.0),)),
    )


def act(
    what: Act,
    rules: Rulebook,
    words: str = "",
    text: str = "",
    at: dt.datetime = RECEIVED,
    who: str = "",
) -> StaffActed:
    """An act that is whole: with a text, a date, a person, so that nothing refuses it for a missing part. By
    `who`, who has the case, so that nobody answers both stages; by a supervisor where nobody has it."""
    return StaffActed(
        at=at,
        who=who or rules.supervisor.key,
        act=what,
        words=words,
        text=text or "Sample",
        until=dt.date(2026, 6, 30),
        number=1,
        reason="sample",
        intent=Intent.NEW_COMPLAINT,
        person=rules.supervisor.key,
    )


def samples(rules: Rulebook) -> dict[Stage, Case]:
    """One case of every stage, each made by the tables from the one before."""

    def go(case: Case | None, event: Event) -> Case:
        moved = decide(case, event, rules).case
        assert moved is not None
        return moved

    def answers(case: Case) -> str:
        """Who may send the response: where the policy has it approved, whoever approves."""
        if not rules.stage_rules(case).approver:
            return case.handler
        return (rules.holding(rules.stage_rules(case).approver) or (rules.supervisor,))[0].key

    first = go(None, mail(Intent.NEW_COMPLAINT))
    answered = go(first, act(Act.RESPOND, rules, "upheld", who=answers(first)))
    second = go(answered, mail(Intent.ESCALATION_REQUEST))
    final = go(second, act(Act.RESPOND, rules, "not upheld", who=answers(second)))
    return {
        Stage.UNSORTED: go(None, mail(Intent.UNSURE)),
        Stage.SERVICE_REQUEST: go(None, mail(Intent.SERVICE_REQUEST)),
        Stage.STAGE1_OPEN: first,
        Stage.STAGE1_RESPONDED: answered,
        Stage.STAGE2_OPEN: second,
        Stage.STAGE2_RESPONDED: final,
        Stage.CLOSED: go(answered, act(Act.CLOSE, rules, "agreed")),
    }


def moves(rules: Rulebook) -> dict[tuple[Stage, Stage], list[str]]:
    """Every way from one stage to another, and what causes it, in the order of the tables."""
    cases: dict[Stage, Case | None] = {Stage.NONE: None, **samples(rules)}
    found: dict[tuple[Stage, Stage], list[str]] = {}

    def note(stage: Stage, label: str, event: Event) -> None:
        after = decide(cases[stage], event, rules).case
        if after is not None and after.stage is not stage:
            labels = found.setdefault((stage, after.stage), [])
            if label not in labels:
                labels.append(label)

    for stage, intents in ON_MAIL.items():
        for intent in intents:
            note(stage, intent.value.replace("_", " "), mail(intent))
    for stage, timers in ON_CLOCK.items():
        for timer in timers:
            event = TimerFell(LATER, timer, LATER, "1")
            note(stage, CLOCK_WORDS.get(timer, timer.value.replace("_", " ")), event)
            case = cases[stage]
            put = decide(case, event, rules).case if case else None
            if (
                case and put and put.open_proposals != case.open_proposals
            ):  # the clock asks, a supervisor closes
                cases[stage] = put
                approved = act(Act.APPROVE, rules, at=LATER, who=rules.supervisor.key)
                note(stage, f"{CLOCK_WORDS[timer]} and a supervisor approves", approved)
                cases[stage] = case
    for stage, acts in ON_STAFF.items():
        holder = cases[stage]
        who = holder.handler if holder else ""
        for what in acts:
            for words in ARGUMENTS.get(what, ("",)):
                note(stage, f"#{what.value} {words}".strip(), act(what, rules, words, who=who))
        for words, intent in SORTED_AS.items():
            note(stage, f"#sort {words}", replace(act(Act.SORT, rules, who=who), intent=intent))
    return found


CLOCK_WORDS: Mapping[Timer, str] = {
    Timer.SORT: "nobody sorts it in time",
    Timer.CLOSE_SILENT: "silence is complete",
}
ARGUMENTS: Mapping[Act, tuple[str, ...]] = {
    Act.CLOSE: ("agreed", "withdrawn", "answered", "concern"),
    Act.SORT: (),
}
SORTED_AS: Mapping[str, Intent] = {
    "complaint": Intent.NEW_COMPLAINT,
    "service request": Intent.SERVICE_REQUEST,
    "other": Intent.OTHER,
}


def chart(rules: Rulebook) -> str:
    """The chart in Mermaid's language; residents' mail plain, the clock with a clock, staff with #."""
    lines = ["stateDiagram-v2"]
    for (stage, to), labels in moves(rules).items():
        lines.append(f"    {NAMES[stage]} --> {NAMES[to]}: {', '.join(labels)}")
    return "\n".join(lines)


def into_readme(text: str, rules: Rulebook, draw: Callable[[Rulebook], str] = chart) -> str:
    """The README with a fresh chart between its marks. ValueError where the marks are missing."""
    before, begin, rest = text.partition(BEGIN)
    _, end, after = rest.partition(END)
    if not begin or not end:
        raise ValueError(f"the marks {BEGIN} and {END} are missing")
    return f"{before}{BEGIN}\n```mermaid\n{draw(rules)}\n```\n{END}{after}"

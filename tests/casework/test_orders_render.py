"""Every letter that a rule can send is written, with the facts that the rule gives it."""

from __future__ import annotations

import datetime as dt
import itertools
from dataclasses import replace
from functools import cache
from typing import Any

import pytest
from casework_samples import at, mail, policy, rulebook

from mailbot.casework.contents import asked_of
from mailbot.casework.lifecycle import decide
from mailbot.casework.parts import Body, Landlord, Ombudsman
from mailbot.casework.rulebook import Habits, Rulebook
from mailbot.casework.vocabulary import (
    Act,
    Audience,
    Bounced,
    CancelTimer,
    Case,
    DatesChanged,
    Decision,
    Event,
    Flag,
    Intent,
    Letter,
    MailArrived,
    Raised,
    ReplyKind,
    SendLetter,
    StaffActed,
    Stage,
    Timer,
    TimerFell,
)
from mailbot.places import config_dir, templates_dir
from mailbot.postroom.letters import Letterhead, Order, Stationery, Written
from mailbot.reports.flow import samples

LETTERHEAD = Letterhead(
    Landlord(
        "Brackenfield Homes",
        "Brackenfield",
        "01632 960100",
        "brackenfield.example.org",
        "1 High Street",
        "complaints@brackenfield.example.org",
    ),
    Ombudsman(
        "Housing Ombudsman Service",
        "0300 111 3000",
        "www.housing-ombudsman.org.uk",
        "www.housing-ombudsman.org.uk/residents/make-a-complaint/",
        "PO Box 1484, Unit D, Preston PR2 0ET",
        dt.date(2026, 1, 13),
    ),
    bodies=(Body("Shelter", "0808 800 4444", "https://england.shelter.org.uk", "shelter"),),
)


SHIPPED = [p.stem for p in sorted((config_dir() / "policies").glob("*.toml")) if p.stem != "house"]


def write(effect: SendLetter, name: str) -> str:
    """The text of the letter, held to all that this policy asks of it."""
    return written_of(effect, name).text


def written_of(effect: SendLetter, name: str) -> Written:
    facts = {**effect.facts}
    if shown := facts.pop("preview_of", None):
        assert isinstance(shown, dict)
        preview = SendLetter(
            Letter(str(facts.pop("preview_letter", Letter.ACKNOWLEDGEMENT))),
            Audience.RESIDENT,
            "jo@example.org",
            effect.because,
            shown,
        )
        facts["preview"] = write(preview, name)
    return stationery().write(
        Order(
            letter=effect.letter,
            audience=effect.audience,
            to=effect.to,
            to_name="",
            person=effect.person,
            reference=str(effect.facts.get("reference", "")),
            facts=facts,
            message_id="<1.a@brackenfield.example.org>",
            in_reply_to="",
            references=(),
            from_name="Brackenfield complaints",
            from_address="complaints@brackenfield.example.org",
            reply_to="",
            date=at("2026-03-05"),
            contains=asked_of(policy(name), effect.letter, facts),
        ),
        LETTERHEAD,
    )


@cache
def stationery() -> Stationery:
    return Stationery(templates_dir())


def a_holiday_more(rules: Rulebook) -> Rulebook:
    return replace(rules, calendar=replace(rules.calendar, extra_holidays=frozenset({dt.date(2026, 3, 6)})))


def every_decision(name: str) -> list[Decision]:
    """What every cell of the three tables decides, with and without flags, confirmed and not."""
    events: list[Event] = []
    for intent in Intent:
        events += [mail(intent, "2026-03-05"), mail(intent, "2026-03-05", trusted=False)]
    everything = tuple(Raised(f, "some words") for f in Flag)
    events.append(mail(Intent.NEW_COMPLAINT, "2026-03-05", flags=everything))
    events.append(mail(Intent.SERVICE_REQUEST, "2026-03-05", flags=everything))
    events.append(mail(Intent.NEW_COMPLAINT, "2026-03-05", suggested="CC-2026-000009-1"))
    events += [TimerFell(at("2026-05-29"), timer, at("2026-05-29"), "1") for timer in Timer]
    events += [
        StaffActed(
            at("2026-03-05"),
            "alex",
            what,
            words=words,
            text="Dear Jo",
            until=dt.date(2026, 4, 14),
            number=1,
            reason="the survey is late",
            intent=Intent.NEW_COMPLAINT,
            person="alex",
        )
        for what in Act
        for words in ("upheld", "agreed", "withdrawn", "answered")
    ]
    events += [mail(Intent.OTHER, "2026-03-05", flags=(Raised(flag, "some words"),)) for flag in Flag]
    events += [mail(Intent.NEW_COMPLAINT, "2026-03-05", flags=(Raised(flag, "some words"),)) for flag in Flag]
    events += [mail(Intent.REPLY, "2026-03-05", kind=kind) for kind in ReplyKind]
    events.append(replace(mail(Intent.REPLY, "2026-03-05", text="2, sadly"), answers="survey"))
    events.append(replace(mail(Intent.OTHER, "2026-03-05"), from_ombudsman=True, trusted=False))
    words = " ".join(word for route in policy(name).routes for word in route.words)
    events.append(mail(Intent.NEW_COMPLAINT, "2026-03-05", text=f"I will {words}."))
    events += [
        StaffActed(at("2026-03-05"), who, what, words=said, text=text, reason="of that", ground=ground,
                   address="dee@example.net", number=1)
        for who in ("alex", "sam")
        for what, said, ground, text in (
            (Act.DECLINE, "", "age", "It is old.\n\nInstead: a visit."), (Act.DECLINE, "", "late", "It is late."),
            (Act.DECLINE, "", "already_handled", "We answered it."), (Act.AUTHORITY, "given", "", ""),
            (Act.CLOSE, "concern", "", ""), (Act.LEARNED, "ring first", "", ""), (Act.RESPOND, "upheld", "", "Dear Jo"),
        )
    ]  # fmt: skip
    events.append(Bounced(at("2026-03-05"), "m", "resident@example.org", "response", "550 no such user"))
    found = every_careful_step(name)
    for confirm, event in itertools.product((False, True), events):
        rules = rulebook(name, habits=Habits(confirm_acknowledgement=confirm, hold_minutes=2 * confirm))
        cases = [None] if isinstance(event, type(events[0])) else []
        for case in (*cases, *samples(rules).values()):
            found.append(decide(case, event, rules))
            if case is not None:
                found.append(decide(case, DatesChanged(at("2026-03-05")), a_holiday_more(rules)))
            if case is not None and case.stage in (Stage.STAGE1_OPEN, Stage.SERVICE_REQUEST):
                with_action = decide(
                    case,
                    StaffActed(
                        at("2026-03-04"), "alex", Act.ACTION, words="mend it", until=dt.date(2026, 3, 20)
                    ),
                    rules,
                ).case
                found.append(decide(with_action, event, rules))
    found += every_held_step(name, events)
    return found


def every_held_step(name: str, events: list[Event]) -> list[Decision]:
    """The same where nothing goes by itself: what a mail and a clock bring about, then the word that lets it go."""
    rules, found = rulebook(name, habits=Habits(by_hand=True)), []
    for event in events:
        if not isinstance(event, MailArrived | TimerFell):
            continue
        for case in (*([None] if isinstance(event, MailArrived) else []), *samples(rules).values()):
            decision = decide(case, event, rules)
            to_residents = [
                e for e in decision.effects if isinstance(e, SendLetter) and e.audience is Audience.RESIDENT
            ]
            assert [e for e in to_residents if decision.case is not None or not e.waits] == []
            found.append(decision)
            for held in decision.case.unsent if decision.case else ():
                said = (StaffActed(at("2026-06-02"), "alex", Act.RELEASE, number=held.number),
                        TimerFell(at("2026-06-02"), Timer.RELEASE, at("2026-06-02"), str(held.number)))  # fmt: skip
                found += [decide(decision.case, one, rules) for one in said]
    return found


def every_careful_step(name: str) -> list[Decision]:
    """What takes more than one step: an office and its resident, a draft and its approval, a late request, a ground
    and what is decided on it, more time and what is said of it, a review, a closed case and its survey."""
    rules, found = rulebook(name), []

    def go(case: Case | None, event: Event) -> Case | None:
        decision = decide(case, event, rules)
        found.append(decision)
        return decision.case

    def staff(what: Act, day: str = "2026-03-06", who: str = "alex", **told: Any) -> StaffActed:
        return StaffActed(at(day), who, what, **{"text": "Dear Jo", "reason": "the survey is late", **told})

    def timer(kind: Timer, day: str, subject: str = "") -> TimerFell:
        return TimerFell(at(day), kind, at(day), subject)

    writes_for = (Raised(Flag.REPRESENTATIVE), Raised(Flag.MP_OR_COUNCILLOR))
    for authority in ("given", "refused"):
        case = go(None, mail(Intent.NEW_COMPLAINT, "2026-03-05", flags=writes_for))
        go(case, staff(Act.RESPOND, who="sam"))
        case = go(case, staff(Act.RESIDENT, address="dee@example.net", words="Dee Marsh"))
        case = go(case, staff(Act.AUTHORITY, words=authority))
        case = go(case, staff(Act.RESPOND, words="upheld"))
    case = go(None, mail(Intent.NEW_COMPLAINT, "2026-03-05"))
    case = go(case, staff(Act.RESPOND, who="sam", words="upheld"))
    go(case, staff(Act.RETURN, words="because the date is missing"))
    case = go(case, staff(Act.APPROVE))
    late = go(case, mail(Intent.ESCALATION_REQUEST, "2026-06-30"))
    go(late, staff(Act.DECLINE, "2026-06-30", ground="late"))
    case = go(case, timer(Timer.CLOSE_SILENT, "2026-05-29"))
    case = go(case, staff(Act.CLOSE, "2026-06-01", words="agreed"))
    go(case, timer(Timer.SURVEY, "2026-06-10"))
    go(replace(case, flags=(Flag.SURVEY_OPT_OUT,)) if case else None, timer(Timer.SURVEY, "2026-06-10"))
    late = go(case, mail(Intent.ESCALATION_REQUEST, "2026-08-30"))
    case = go(None, mail(Intent.NEW_COMPLAINT, "2026-03-05"))
    for kind in (ReplyKind.AGREES_EXTENSION, ReplyKind.REFUSES_EXTENSION):
        longer = go(case, staff(Act.EXTEND, working_days=5))
        go(longer, mail(Intent.REPLY, "2026-03-09", kind=kind))
        go(longer, timer(Timer.UPDATE, "2026-03-16"))
    case = go(case, staff(Act.RESPOND, words="upheld", amount=5_000))
    for exclusion in rules.policy.exclusions:
        refusal = staff(Act.DECLINE, ground=exclusion.ground, text="It is old.\n\nInstead: a visit.")
        go(go(None, mail(Intent.NEW_COMPLAINT, "2026-03-05")), refusal)
    silent = go(case, staff(Act.TRIED, "2026-03-10", words="by phone"))
    for day in ("2026-03-20", "2026-05-29"):
        go(silent, timer(Timer.CLOSE_SILENT, day))
        go(silent, timer(Timer.REMIND_WINDOW, day))
    case = go(case, mail(Intent.ESCALATION_REQUEST, "2026-03-10"))
    go(case, mail(Intent.REPLY, "2026-03-12", kind=ReplyKind.CONFIRMS_SUMMARY))
    go(case, timer(Timer.REVIEW, "2026-04-10"))
    case = go(case, staff(Act.REVIEWED, "2026-03-20"))
    go(case, staff(Act.UPDATE, "2026-03-20"))
    return found


@pytest.mark.parametrize("name", SHIPPED)
def test_every_letter_that_a_rule_sends_can_be_written_and_every_kept_clause_is_cited(name: str) -> None:
    """Each letter of a policy in each of its shapes. Of the clauses that mailbot is said to keep: the landlord's own
    and the Code's; of the house's those that a rule rests on, for the others fill silences that this landlord and
    the Code do not leave."""
    decisions = every_decision(name)
    orders = [e for decision in decisions for e in decision.effects if isinstance(e, SendLetter)]
    seen: dict[tuple[Letter, str], SendLetter] = {}
    for order in orders:
        seen.setdefault((order.letter, str(sorted((k, bool(v)) for k, v in order.facts.items()))), order)
    for order in seen.values():
        assert write(order, name).strip()
    rules = policy(name)
    approves = any(stage.approver for stage in rules.stages)
    # these are the service's
    never = {Letter.DIGEST, Letter.REPORT, Letter.QUALITY_SAMPLE, Letter.COMMAND_REFUSED, Letter.CONFIRM_ACT}
    never |= {Letter.SHADOW_DRAFTS, Letter.SHADOW_DAY}
    never |= {Letter.SURVEY} if rules.survey is None else set()
    never |= set() if approves else {Letter.APPROVAL_REQUEST}
    assert {letter for letter, _ in seen} == set(Letter) - never

    cited = {clause for decision in decisions for clause in decision.because}
    for decision in decisions:
        for effect in decision.effects:
            if not isinstance(effect, CancelTimer):
                cited |= set(effect.because)
    rests_on = set(rules.cited) - (set() if approves else set(rules.why("approved")))
    rests_on -= {
        *rules.why("quality"),
        *rules.why("reported"),
        *rules.why("shadow"),
    }  # cited by mails that no step orders
    kept = [
        clause.id
        for clause in rules.clauses.values()
        if clause.kept_by == "mailbot"
        and (
            clause.id in rests_on
            if clause.origin == "house"
            else clause.origin == "policy" or name == "code-2024"
        )
    ]
    assert len(kept) > 10
    assert [clause for clause in kept if clause not in cited] == []

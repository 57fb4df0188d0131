"""Every letter that a rule can send is written, with the facts that the rule gives it."""

from __future__ import annotations

import datetime as dt
import itertools
from functools import cache

import pytest
from casework_samples import at, mail, policy, rulebook

from mailbot.casework.lifecycle import decide
from mailbot.casework.parts import Landlord, Ombudsman
from mailbot.casework.rulebook import Habits
from mailbot.casework.vocabulary import (
    Act,
    Audience,
    Bounced,
    CancelTimer,
    Decision,
    Event,
    Flag,
    Intent,
    Letter,
    Raised,
    SendLetter,
    StaffActed,
    Stage,
    Timer,
    TimerFell,
)
from mailbot.places import templates_dir
from mailbot.postroom.letters import Letterhead, Order, Stationery
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
)


def write(effect: SendLetter) -> str:
    facts = {**effect.facts}
    if shown := facts.pop("preview_of", None):
        assert isinstance(shown, dict)
        preview = SendLetter(
            Letter.ACKNOWLEDGEMENT, Audience.RESIDENT, "jo@example.org", effect.because, shown
        )
        facts["preview"] = write(preview)
    written = stationery().write(
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
        ),
        LETTERHEAD,
    )
    return written.text


@cache
def stationery() -> Stationery:
    return Stationery(templates_dir())


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
    events.append(Bounced(at("2026-03-05"), "m", "resident@example.org", "response", "550 no such user"))
    found = []
    for confirm, event in itertools.product((False, True), events):
        rules = rulebook(name, habits=Habits(confirm_acknowledgement=confirm))
        cases = [None] if isinstance(event, type(events[0])) else []
        for case in (*cases, *samples(rules).values()):
            found.append(decide(case, event, rules))
            if case is not None and case.stage in (Stage.STAGE1_OPEN, Stage.SERVICE_REQUEST):
                with_action = decide(
                    case,
                    StaffActed(
                        at("2026-03-04"), "alex", Act.ACTION, words="mend it", until=dt.date(2026, 3, 20)
                    ),
                    rules,
                ).case
                found.append(decide(with_action, event, rules))
    return found


def every_order(name: str) -> list[SendLetter]:
    return [e for decision in every_decision(name) for e in decision.effects if isinstance(e, SendLetter)]


@pytest.mark.parametrize("name", ["code-2024", "mtvh"])
def test_every_letter_that_a_rule_sends_can_be_written(name: str) -> None:
    orders = every_order(name)
    seen: dict[tuple[Letter, str], SendLetter] = {}
    for order in orders:
        seen.setdefault((order.letter, str(sorted((k, bool(v)) for k, v in order.facts.items()))), order)
    for order in seen.values():
        assert write(order).strip()
    assert {letter for letter, _ in seen} == set(Letter) - {Letter.DIGEST, Letter.COMMAND_REFUSED}


@pytest.mark.parametrize("name", ["code-2024", "mtvh"])
def test_every_clause_that_mailbot_says_it_keeps_is_cited_by_some_act(name: str) -> None:
    """The landlord's own clauses and the Code's. Of the house's, those that a rule rests on: the others fill
    silences that this landlord and the Code do not leave."""
    rules = policy(name)
    cited = {clause for decision in every_decision(name) for clause in decision.because}
    for decision in every_decision(name):
        for effect in decision.effects:
            if not isinstance(effect, CancelTimer):
                cited |= set(effect.because)
    rests_on = set(rules.cited)
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
    assert len(kept) > 20
    assert [clause for clause in kept if clause not in cited] == []

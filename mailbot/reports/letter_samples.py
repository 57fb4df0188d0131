"""An example of each letter that the lifecycle writes, under a landlord's own policy: for `mailbot letters preview`.

Nothing in it is a real case: a made-up resident, on made-up days. The facts are those that the rules give, so what is
shown is what would be sent.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from dataclasses import replace

from mailbot.casework.lifecycle import decide
from mailbot.casework.rulebook import Rulebook
from mailbot.casework.vocabulary import (
    Act,
    Bounced,
    Case,
    Event,
    Flag,
    Intent,
    Letter,
    Raised,
    ReplyKind,
    SendLetter,
    Stage,
    Timer,
    TimerFell,
)
from mailbot.reports.flow import LATER, act, mail, samples

WORDS = (
    "Water has come through our bathroom ceiling since August. I have rung four times and two visits were missed. "
    "I want the leak stopped and the ceiling made good."
)
ANSWER = (
    "Dear Jean,\n\nWe looked into your complaint. The leak was reported on 4 August and should have been stopped "
    "within a day. It was not, and we are sorry.\n\nOur contractor will make good the ceiling on 20 March.\n\nPriya"
)


def sample_orders(rules: Rulebook) -> dict[Letter, SendLetter]:
    """One order of each letter that some step of a case sends, in the order of the letters' names. Letters that come of
    no case (the digest, reports) are not among them."""
    found: dict[Letter, SendLetter] = {}
    for case, event in _steps(rules):
        for effect in decide(case, event, rules).effects:
            if isinstance(effect, SendLetter):
                found.setdefault(effect.letter, effect)
    return dict(sorted(found.items()))


def _steps(rules: Rulebook) -> Iterator[tuple[Case | None, Event]]:
    """Everything that may happen to a case of every stage; what is likely first, so that it is what is shown."""

    def heard(intent: Intent, *flags: Flag, kind: ReplyKind | None = None) -> Event:
        plain = mail(intent)
        sender = replace(plain.sender, address="jean.walker@mail.example", name="Jean Walker")
        verdict = replace(
            plain.verdict, flags=tuple(Raised(flag, "an example") for flag in flags), reply_kind=kind
        )
        return replace(plain, sender=sender, subject="Leak over the bath", text=WORDS, verdict=verdict)

    yield None, heard(Intent.NEW_COMPLAINT)
    yield None, heard(Intent.SERVICE_REQUEST)
    yield None, heard(Intent.UNSURE)
    cases = samples(rules)
    for case in cases.values():
        shown = replace(
            case,
            subject="Leak over the bath",
            request_text=WORDS,
            parties=tuple(
                replace(p, address="jean.walker@mail.example", name="Jean Walker") for p in case.parties
            ),
        )
        cases[case.stage] = shown
    staff = {case.handler or rules.supervisor.key for case in cases.values()} | {rules.supervisor.key}
    words = ("upheld", "agreed", "given", "refused", "withdrawn")
    for case in cases.values():
        for who in sorted(staff):
            for what in Act:
                for said in words:
                    yield (
                        case,
                        replace(
                            act(what, rules, said, ANSWER, who=who),
                            until=dt.date(2026, 6, 30),
                            reason="the survey of the roof comes late",
                            ground=next((e.ground for e in rules.policy.exclusions), ""),
                        ),
                    )
        for timer in Timer:
            yield case, TimerFell(LATER, timer, LATER, "1")
        for intent in Intent:
            yield case, heard(intent)
        for kind in ReplyKind:
            yield case, heard(Intent.REPLY, kind=kind)
        yield case, Bounced(LATER, "m", case.resident.address, "response", "550 no such user")
    for flag in Flag:
        yield None, heard(Intent.NEW_COMPLAINT, flag)
        yield None, heard(Intent.OTHER, flag)
    waiting = decide(
        cases[Stage.STAGE1_OPEN], act(Act.EXTEND, rules, text="", who=rules.supervisor.key), rules
    ).case
    if waiting is not None:
        yield waiting, heard(Intent.REPLY, kind=ReplyKind.REFUSES_EXTENSION)

"""While nobody has said what a mail on a case is, the strictest clock of its plausible readings runs."""

from __future__ import annotations

from dataclasses import replace

import pytest
from casework_samples import mail, rulebook, timers

from mailbot.casework.asking import strictest
from mailbot.casework.lifecycle import decide
from mailbot.casework.vocabulary import Intent, Reading, Stage, Timer, Verdict


def unsure(**chances: float) -> Verdict:
    return Verdict(Intent.UNSURE, tuple(Reading(Intent(name), share) for name, share in chances.items()))


@pytest.mark.parametrize(
    ("verdict", "default", "taken"),
    [
        (unsure(reply=0.6, new_complaint=0.3), Intent.REPLY, Intent.NEW_COMPLAINT),
        (unsure(reply=0.9, new_complaint=0.05), Intent.REPLY, Intent.REPLY),
        (unsure(reply=0.5, escalation_request=0.4, new_complaint=0.1), Intent.ESCALATION_REQUEST,
         Intent.ESCALATION_REQUEST),
        (unsure(reply=0.5, new_complaint=0.45), Intent.ESCALATION_REQUEST, Intent.NEW_COMPLAINT),
        (unsure(reply=0.5, other=0.45), Intent.ESCALATION_REQUEST, Intent.ESCALATION_REQUEST),
        (Verdict(Intent.NEW_COMPLAINT), Intent.ESCALATION_REQUEST, Intent.ESCALATION_REQUEST),
    ],
)  # fmt: skip
def test_the_strictest_plausible_reading_is_taken(verdict: Verdict, default: Intent, taken: Intent) -> None:
    assert strictest(verdict, default) is taken


def test_a_complaint_that_may_stand_in_an_old_thread_gets_its_clock() -> None:
    """Received on Tuesday 3 March 2026: a complaint must be acknowledged within five working days, by the 10th. Nobody
    says anything: the safe reading is taken on the working day before."""
    rules = rulebook()
    case = decide(None, mail(Intent.NEW_COMPLAINT, "2026-03-02"), rules).case
    assert case is not None
    assert case.stage is Stage.STAGE1_OPEN
    event = replace(
        mail(Intent.UNSURE, "2026-03-03"), verdict=unsure(reply=0.55, new_complaint=0.4, service_request=0.05)
    )
    asked = decide(case, event, rules)
    assert asked.case is not None
    (question,) = asked.case.questions
    assert question.default is Intent.NEW_COMPLAINT
    assert timers(asked.effects)[Timer.SORT].isoformat() == "2026-03-09"

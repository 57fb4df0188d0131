"""Letters that wait for a person's word: in assist mode nothing goes to a resident by itself (House 48)."""

from __future__ import annotations

import datetime as dt
import itertools
from dataclasses import replace

from casework_samples import at, letters, mail, rulebook

from mailbot.casework.acting import may_decide
from mailbot.casework.lifecycle import decide
from mailbot.casework.rulebook import Habits, Rulebook
from mailbot.casework.vocabulary import (
    Act,
    Audience,
    Case,
    Effect,
    Flag,
    Intent,
    Letter,
    LetterHeld,
    Person,
    Raised,
    SendLetter,
    SetTimer,
    StaffActed,
    Stage,
    Timer,
    TimerFell,
)
from mailbot.reports.flow import samples

ASSIST = rulebook("code-2024", habits=Habits(by_hand=True))
LIVE = rulebook("code-2024")


def to_resident(effects: tuple[Effect, ...]) -> list[SendLetter]:
    return [e for e in letters(effects) if e.audience is Audience.RESIDENT]


def requests(effects: tuple[Effect, ...]) -> list[SendLetter]:
    return [e for e in letters(effects) if e.letter is Letter.RELEASE_REQUEST]


def timer_of(effects: tuple[Effect, ...], kind: Timer) -> SetTimer:
    (found,) = [e for e in effects if isinstance(e, SetTimer) and e.timer is kind]
    return found


def opened(rules: Rulebook = ASSIST, day: str = "2026-03-02") -> tuple[Case, tuple[Effect, ...]]:
    """A complaint of Monday 2 March 2026: its acknowledgement is due by Monday 9 March."""
    decision = decide(None, mail(Intent.NEW_COMPLAINT, day), rules)
    assert decision.case is not None
    return decision.case, decision.effects


def said(act: Act, day: str = "2026-03-03", who: str = "sam", **told: object) -> StaffActed:
    return StaffActed(at(day), who, act, **told)  # type: ignore[arg-type]


def fell(timer: Timer, day: str, subject: str = "", time: str = "10:00") -> TimerFell:
    return TimerFell(at(day, time), timer, at(day, time), subject)


def test_an_acknowledgement_is_put_before_the_handler_and_the_case_is_not_acknowledged() -> None:
    case, effects = opened()
    assert to_resident(effects) == []
    (asked,) = requests(effects)
    assert asked.person == case.handler and asked.facts["last_day"] == "2026-03-09"
    assert "#acknowledge" in str(asked.facts["commands"])
    assert case.stage1 is not None and case.stage1.acknowledged_at is None


def test_released_it_goes_with_the_date_on_which_it_goes() -> None:
    for act in (said(Act.RELEASE), said(Act.RELEASE, words="acknowledgement"), said(Act.CONFIRM)):
        case, _ = opened()
        decision = decide(case, act, ASSIST)
        (sent,) = to_resident(decision.effects)
        assert sent.letter is Letter.ACKNOWLEDGEMENT
        assert decision.case is not None and decision.case.stage1 is not None
        assert decision.case.stage1.acknowledged_at == at("2026-03-03")


def test_nobody_decides_so_there_is_a_reminder_before_the_last_day_and_an_alarm_on_it_and_it_never_goes() -> (
    None
):
    case, effects = opened()
    first = timer_of(effects, Timer.ACKNOWLEDGE)
    assert first.due_at == at("2026-03-06", "16:00")  # the working day before the last one
    reminded = decide(case, TimerFell(first.due_at, Timer.ACKNOWLEDGE, first.due_at), ASSIST)
    assert [r.facts["tone"] for r in requests(reminded.effects)] == ["reminder"]
    alarm_at = timer_of(reminded.effects, Timer.ACKNOWLEDGE)
    assert alarm_at.due_at == at("2026-03-09", "08:30")
    assert reminded.case is not None
    alarmed = decide(reminded.case, TimerFell(alarm_at.due_at, Timer.ACKNOWLEDGE, alarm_at.due_at), ASSIST)
    assert {r.person for r in requests(alarmed.effects)} == {"alex", case.handler}
    assert {r.facts["tone"] for r in requests(alarmed.effects)} == {"alarm"}
    assert {r.audience for r in requests(alarmed.effects)} == {Audience.SUPERVISOR}
    # again the next working morning, in whatever mode it then runs
    again = timer_of(alarmed.effects, Timer.ACKNOWLEDGE)
    assert again.due_at == at("2026-03-10", "08:30") and alarmed.case is not None
    late = decide(alarmed.case, TimerFell(again.due_at, Timer.ACKNOWLEDGE, again.due_at), LIVE)
    assert [r.facts["tone"] for r in requests(late.effects)] == ["alarm", "alarm"]
    assert all(to_resident(d.effects) == [] for d in (reminded, alarmed, late))


def test_held_back_it_stays_due_until_somebody_says_that_it_was_given_in_another_way() -> None:
    case, _ = opened()
    assert "Say why" in decide(case, said(Act.DISCARD), ASSIST).refused
    kept = decide(case, said(Act.DISCARD, reason="I visit her today", words="acknowledgement"), ASSIST)
    assert to_resident(kept.effects) == [] and kept.case is not None and kept.case.stage1 is not None
    assert kept.case.stage1.acknowledged_at is None
    alarmed = decide(kept.case, fell(Timer.ACKNOWLEDGE, "2026-03-09"), ASSIST)
    assert "it was held back" in str(requests(alarmed.effects)[0].facts["why"])
    done = decide(kept.case, said(Act.CONFIRM, words="by post on 3 March"), ASSIST)
    assert to_resident(done.effects) == [] and done.case is not None and done.case.stage1 is not None
    assert done.case.stage1.acknowledged_at == at("2026-03-03")
    assert "acknowledged by post on 3 March" in done.summary


def test_a_response_sends_the_acknowledgement_first_unless_somebody_held_it_back() -> None:
    case, _ = opened()
    answer = said(Act.RESPOND, "2026-03-05", words="upheld", text="Dear Jo, sorry.")
    assert [e.letter for e in to_resident(decide(case, answer, ASSIST).effects)] == [
        Letter.ACKNOWLEDGEMENT,
        Letter.RESPONSE,
    ]
    kept = decide(case, said(Act.DISCARD, reason="I visit her"), ASSIST).case
    assert [e.letter for e in to_resident(decide(kept, answer, ASSIST).effects)] == [Letter.RESPONSE]


def test_every_other_automatic_letter_waits_with_a_number_and_a_clock_of_its_own() -> None:
    case = samples(ASSIST)[Stage.STAGE2_RESPONDED]
    decision = decide(case, mail(Intent.ESCALATION_REQUEST, "2026-03-05"), ASSIST)
    assert to_resident(decision.effects) == [] and decision.case is not None
    (held,) = decision.case.unsent
    assert held.order.letter is Letter.SIGNPOSTING and held.number == 1
    assert timer_of(decision.effects, Timer.RELEASE).due_at == at("2026-03-06", "08:30")
    sent = decide(decision.case, said(Act.RELEASE, "2026-03-06", "morgan", number=1), ASSIST)
    assert to_resident(sent.effects) == [replace(held.order, released=True)]
    assert sent.case is not None and sent.case.unsent == ()
    kept = decide(decision.case, said(Act.DISCARD, "2026-03-06", "morgan", reason="I rang her"), ASSIST)
    assert to_resident(kept.effects) == [] and kept.case is not None and kept.case.unsent == ()
    assert "not sent: I rang her" in kept.summary


def test_a_letter_that_waits_is_chased_each_working_morning_and_soon_to_the_supervisor_too() -> None:
    case = samples(ASSIST)[Stage.STAGE2_RESPONDED]
    waiting = decide(case, mail(Intent.ESCALATION_REQUEST, "2026-03-05"), ASSIST).case
    assert waiting is not None
    for day, told in (("2026-03-06", 1), ("2026-03-09", 2)):
        chased = decide(waiting, fell(Timer.RELEASE, day, "1"), ASSIST)
        reminders = [e for e in letters(chased.effects) if e.letter is Letter.CHASER]
        assert len(reminders) == told
        assert "#release 1" in str(reminders[0].facts["lines"])
        assert timer_of(chased.effects, Timer.RELEASE).due_at > at(day)


def test_a_letter_that_could_not_go_is_put_before_whoever_has_the_case_in_any_mode() -> None:
    case = samples(LIVE)[Stage.STAGE1_OPEN]
    facts = {"handler": {}, "text": "Dear Jo"}
    order = SendLetter(Letter.UPDATE, Audience.RESIDENT, "jo.finch@example.com", ("Code 6.6",), facts)
    decision = decide(case, LetterHeld(at("2026-03-05"), order, "more than 6 letters an hour", 7), LIVE)
    (asked,) = requests(decision.effects)
    assert asked.facts["why"] == "more than 6 letters an hour" and asked.person == case.handler
    assert decision.case is not None and decision.case.unsent[0].row == 7


def test_a_letter_of_no_case_is_held_for_a_supervisor_and_it_is_the_thanks_alone_that_there_is() -> None:
    """Every mail that opens no case, with each flag: what would go to its writer is held, whatever it is."""
    met = set()
    for rules, live in ((ASSIST, LIVE), (replace(LIVE, stale=True), LIVE)):
        for intent, flag in itertools.product(Intent, Flag):
            event = mail(intent, "2026-03-02", flags=(Raised(flag),))
            decision, usual = decide(None, event, rules), decide(None, event, live)
            if decision.case is not None:
                continue
            for letter in to_resident(decision.effects):
                assert letter.waits and replace(letter, waits=False) in usual.effects
                assert decision.summary.endswith("The feedback receipt waits for a supervisor's word.")
                met.add(letter.letter)
    assert met == {Letter.FEEDBACK_RECEIPT}


def test_supervisors_decide_on_what_belongs_to_no_case_and_whoever_stands_in_for_one_who_is_away() -> None:
    alex = Person("alex", "Alex", "alex@x.example", roles=("supervisor",), delegate="sam")
    sam = Person("sam", "Sam", "sam@x.example", roles=("handler",))
    monday = dt.date(2026, 3, 2)
    away = replace(alex, away=((monday, dt.date(2026, 3, 6)),))
    assert may_decide(alex, (alex, sam), monday) and not may_decide(sam, (alex, sam), monday)
    assert may_decide(sam, (away, sam), monday) and not may_decide(sam, (away, sam), dt.date(2026, 3, 9))


def test_closing_for_silence_is_a_supervisors_word_while_nothing_goes_by_itself() -> None:
    case = samples(ASSIST)[Stage.STAGE1_RESPONDED]
    for day in ("2026-05-29", "2026-06-30"):
        decision = decide(case, fell(Timer.CLOSE_SILENT, day), ASSIST)
        assert decision.case is not None and decision.case.stage is Stage.STAGE1_RESPONDED
        assert to_resident(decision.effects) == []


def test_what_fell_due_while_mailbot_was_set_aside_waits_although_it_works_live_now() -> None:
    stale = replace(LIVE, stale=True)
    case, effects = opened(stale)
    assert to_resident(effects) == [] and len(requests(effects)) == 1
    later = decide(case, fell(Timer.ACKNOWLEDGE, "2026-03-06"), LIVE)  # and it stays so
    assert to_resident(later.effects) == []

"""What a handler sends to a resident waits two minutes, and #cancel takes it back (House 40)."""

from __future__ import annotations

from dataclasses import replace

import pytest
from casework_samples import at, letters, mail, rulebook

from mailbot.casework.lifecycle import decide
from mailbot.casework.rulebook import Habits
from mailbot.casework.vocabulary import (
    Act,
    Audience,
    Case,
    Decision,
    Event,
    Intent,
    Letter,
    SetTimer,
    StaffActed,
    Stage,
    Timer,
    TimerFell,
)
from storage import codec

RULES = rulebook("code-2024", habits=Habits(hold_minutes=2))


def acted(what: Act, time: str = "11:00", who: str = "sam", **told: object) -> StaffActed:
    moment = at("2026-03-05").replace(hour=int(time[:2]), minute=int(time[3:]))
    return StaffActed(moment, who, what, **{"text": "Dear Jo, we are sorry.", **told})  # type: ignore[arg-type]


def opened() -> Case:
    case = decide(None, mail(Intent.NEW_COMPLAINT, "2026-03-02"), RULES).case
    assert case is not None
    return replace(case, handler="sam")


def go(case: Case, event: Event) -> Decision:
    decision = decide(case, event, RULES)
    assert decision.case is not None
    return decision


def moment_is_over(case: Case, number: int = 1) -> Decision:
    (waiting,) = [w for w in case.waiting if w.number == number] or [None]
    when = waiting.goes_at if waiting else at("2026-03-05")
    return go(case, TimerFell(when, Timer.SEND, when, str(number)))


def to_resident(decision: Decision) -> list[Letter]:
    return [e.letter for e in letters(decision.effects) if e.audience is Audience.RESIDENT]


def test_a_response_waits_two_minutes_and_leaves_with_the_time_at_which_it_was_sent() -> None:
    held = go(opened(), acted(Act.RESPOND, words="upheld"))
    assert to_resident(held) == []
    assert held.case is not None and held.case.stage is Stage.STAGE1_OPEN
    (timer,) = [e for e in held.effects if isinstance(e, SetTimer)]
    assert (timer.timer, timer.due_at) == (Timer.SEND, acted(Act.RESPOND, "11:02").at)
    sent = moment_is_over(held.case)
    assert to_resident(sent) == [Letter.RESPONSE]
    assert sent.case is not None and sent.case.waiting == ()
    assert sent.case.stage1 is not None and sent.case.stage1.responded_at == acted(Act.RESPOND).at
    assert [e.letter for e in letters(sent.effects) if e.person == "sam"] == []  # one echo is enough


def test_the_echo_shows_exactly_the_letter_that_goes_out() -> None:
    held = go(opened(), acted(Act.RESPOND, words="upheld"))
    (echo,) = letters(held.effects)
    sent = moment_is_over(held.case or opened())
    (letter,) = [e for e in letters(sent.effects) if e.letter is Letter.RESPONSE]
    assert echo.facts["preview_letter"] == "response"
    assert echo.facts["preview_of"] == letter.facts
    assert echo.facts["goes_at"] == acted(Act.RESPOND, "11:02").at.isoformat()


@pytest.mark.parametrize("what", [Act.REPLY, Act.RESPOND, Act.UPDATE])
def test_what_is_taken_back_never_goes_and_the_case_stands_as_before(what: Act) -> None:
    before = opened()
    held = go(before, acted(what, words="upheld" if what is Act.RESPOND else "")).case
    assert held is not None
    back = go(held, acted(Act.CANCEL, "11:01", text=""))
    assert back.case == before
    assert to_resident(back) == []
    assert to_resident(moment_is_over(replace(before, waiting=()))) == []  # its timer falls all the same


def test_too_late_is_said_and_changes_nothing() -> None:
    held = go(opened(), acted(Act.REPLY)).case
    assert held is not None
    sent = moment_is_over(held).case
    assert sent is not None
    late = decide(sent, acted(Act.CANCEL, "11:03"), RULES)
    assert "can't be taken back" in late.refused
    assert late.case == sent and late.effects == ()


def test_cancel_twice_or_before_anything_was_sent_is_refused() -> None:
    assert decide(opened(), acted(Act.CANCEL), RULES).refused
    held = go(opened(), acted(Act.REPLY)).case
    assert held is not None
    back = go(held, acted(Act.CANCEL, "11:01")).case
    assert back is not None
    assert decide(back, acted(Act.CANCEL, "11:01"), RULES).refused


def test_two_replies_in_a_row_go_each_at_its_time_or_come_back_together() -> None:
    one = go(opened(), acted(Act.REPLY, text="First.")).case
    assert one is not None
    two = go(one, acted(Act.REPLY, "11:01", text="Second.")).case
    assert two is not None and [w.number for w in two.waiting] == [1, 2]
    first = moment_is_over(two, 1)
    assert [e.facts["text"] for e in letters(first.effects)] == ["First."]
    assert first.case is not None
    second = moment_is_over(first.case, 2)
    assert [e.facts["text"] for e in letters(second.effects)] == ["Second."]
    assert go(two, acted(Act.CANCEL, "11:01")).case == opened()


def test_a_second_response_has_to_wait_for_the_first_to_be_taken_back() -> None:
    held = go(opened(), acted(Act.RESPOND, words="upheld")).case
    assert held is not None
    again = decide(held, acted(Act.RESPOND, "11:01", words="not upheld"), RULES)
    assert "#cancel first" in again.refused


def test_nobody_takes_back_what_a_colleague_sends_but_a_supervisor_may() -> None:
    held = go(opened(), acted(Act.REPLY)).case
    assert held is not None
    assert decide(held, acted(Act.CANCEL, "11:01", who="priya"), RULES).refused
    assert go(held, acted(Act.CANCEL, "11:01", who="alex")).case == opened()


def test_a_response_that_the_case_has_overtaken_is_not_sent_and_its_writer_hears_why() -> None:
    held = go(opened(), acted(Act.RESPOND, words="upheld")).case
    assert held is not None
    closed = go(held, acted(Act.CLOSE, "11:01", words="withdrawn", text="")).case
    assert closed is not None
    after = moment_is_over(closed)
    assert to_resident(after) == []
    (told,) = letters(after.effects)
    assert told.letter is Letter.ALERT and told.person == "sam"
    assert told.facts["text"] == "Dear Jo, we are sorry."


def test_what_waits_is_kept_with_the_case_whatever_stops() -> None:
    held = go(opened(), acted(Act.RESPOND, words="upheld")).case
    assert held is not None
    assert codec.read_case(codec.write_case(held)) == held


def test_a_note_and_a_contact_are_not_held() -> None:
    for what in (Act.NOTE, Act.CONTACTED, Act.TRIED):
        decision = go(opened(), acted(what, words="by phone"))
        assert decision.case is not None and decision.case.waiting == ()


def test_without_a_hold_a_reply_goes_at_once_and_is_shown_whole() -> None:
    rules = replace(RULES, habits=Habits(hold_minutes=0))
    sent = decide(opened(), acted(Act.REPLY), rules)
    assert to_resident(sent) == [Letter.HANDLER_REPLY]
    (echo,) = [e for e in letters(sent.effects) if e.letter is Letter.COMMAND_DONE]
    assert echo.facts["preview_letter"] == "handler_reply"

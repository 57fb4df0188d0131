"""What may not go to a resident by email, or not by itself, comes whole to whoever has the case (House 41)."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace

import pytest
from casework_samples import at, letters, mail, rulebook

from mailbot.casework.adjusting import suggested
from mailbot.casework.lifecycle import decide
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
    Timer,
    TimerFell,
)

RULES = rulebook("code-2024")


def opened() -> Case:
    case = decide(None, mail(Intent.NEW_COMPLAINT, "2026-03-02"), RULES).case
    assert case is not None
    return case


def acted(what: Act, words: str = "", **told: object) -> StaffActed:
    return StaffActed(at("2026-03-05"), "alex", what, words=words, **told)  # type: ignore[arg-type]


def go(case: Case, event: Event) -> Decision:
    decision = decide(case, event, RULES)
    assert not decision.refused and decision.case is not None
    return decision


def adjusted(words: str, **told: object) -> Case:
    case = go(opened(), acted(Act.ADJUST, words, **told)).case
    assert case is not None
    return case


@pytest.mark.parametrize(
    "words",
    [
        "no email, by post only",
        "Large print",
        "letters only",
        "everything in Urdu",
        "braille",
        "not by email",
    ],
)
def test_no_letter_leaves_in_a_barred_channel_or_format(words: str) -> None:
    case = adjusted(words)
    decision = go(case, acted(Act.RESPOND, "upheld", text="Dear Jo, we are sorry."))
    assert all(e.audience is not Audience.RESIDENT for e in letters(decision.effects))
    (by_hand,) = [e for e in letters(decision.effects) if e.letter is Letter.ALERT]
    assert by_hand.facts["preview_letter"] == "response"
    shown = by_hand.facts["preview_of"]
    assert isinstance(shown, dict) and shown["text"] == "Dear Jo, we are sorry."
    assert by_hand.person == case.handler


@pytest.mark.parametrize(
    "words", ["ring before a visit", "plain English, short sentences", "replies by email"]
)
def test_an_adjustment_that_email_can_keep_stops_no_letter(words: str) -> None:
    decision = go(adjusted(words), acted(Act.UPDATE, text="It goes on."))
    assert [e.letter for e in letters(decision.effects) if e.audience is Audience.RESIDENT] == [Letter.UPDATE]


def test_an_adjustment_is_looked_at_again_on_its_day_until_it_ends() -> None:
    decision = go(opened(), acted(Act.ADJUST, "large print", until=dt.date(2026, 6, 1)))
    (timer,) = [e for e in decision.effects if isinstance(e, SetTimer)]
    assert (timer.timer, timer.subject) == (Timer.ADJUSTMENT, "1")
    case = decision.case
    assert case is not None
    fell = go(case, TimerFell(at("2026-06-01"), Timer.ADJUSTMENT, at("2026-06-01"), "1"))
    assert [e.letter for e in letters(fell.effects)] == [Letter.CHASER]
    ended = go(case, acted(Act.ADJUST, "", number=1)).case
    assert ended is not None and ended.agreed == ()
    assert (
        letters(go(ended, TimerFell(at("2026-06-01"), Timer.ADJUSTMENT, at("2026-06-01"), "1")).effects) == []
    )
    assert decide(ended, acted(Act.ADJUST, "", number=1), RULES).refused


def test_held_back_nothing_goes_by_itself_but_what_a_person_sends_goes() -> None:
    case = go(opened(), acted(Act.RESPOND, "upheld", text="Dear Jo")).case
    assert case is not None
    case = go(case, acted(Act.HOLD, "until", until=dt.date(2026, 5, 29), reason="she is in hospital")).case
    assert case is not None
    reminded = go(case, TimerFell(at("2026-05-20"), Timer.REMIND_WINDOW, at("2026-05-20")))
    assert all(e.audience is not Audience.RESIDENT for e in letters(reminded.effects))
    sent = go(case, acted(Act.REPLY, text="Get well soon."))
    assert Letter.HANDLER_REPLY in [e.letter for e in letters(sent.effects)]
    over = go(case, acted(Act.HOLD, "off")).case
    assert over is not None and over.held_until is None
    assert decide(over, acted(Act.HOLD, "off"), RULES).refused


def test_other_people_of_the_case_are_still_written_to() -> None:
    case = adjusted("no email")
    asked = go(replace(case, held_until=None), mail(Intent.REPLY, "2026-03-06"))
    assert [e.letter for e in letters(asked.effects)] == [Letter.CASE_MAIL]


# ------------------------------------------------------------------ what they ask for themselves


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("I can't see well. Could you send letters in large print please?", ("large print",)),
        ("Please do not email me, send it by post.", ("by post, no email",)),
        ("I only read in Polish.", ("in Polish",)),
        ("My mother needs it translated into Urdu.", ("in Urdu",)),
        ("I have dyslexia and need an easy-read version.", ("easy read",)),
        ("I can\u2019t read, so phone me please.", ("by phone only",)),
        ("Nobody answered my email, and the post box is broken.", ()),
        ("The Polish neighbours shout at night.", ()),
        ("You did not email me back about the large crack.", ()),
    ],
)
def test_what_a_resident_asks_for_is_a_suggestion(text: str, found: tuple[str, ...]) -> None:
    assert suggested(text) == found


def test_a_suggestion_is_a_button_of_the_case_mail_and_nothing_is_recorded_by_itself() -> None:
    wrote = go(opened(), mail(Intent.REPLY, "2026-03-05", text="Please write to me in large print."))
    (shown,) = [e for e in letters(wrote.effects) if e.letter is Letter.CASE_MAIL]
    assert "#adjust large print" in str(shown.facts["commands"])
    assert "They seem to ask for: large print" in str(shown.facts["adjustments"])
    assert wrote.case is not None and not wrote.case.agreed
    again = go(adjusted("large print"), mail(Intent.REPLY, "2026-03-06", text="Please use large print."))
    (shown,) = [e for e in letters(again.effects) if e.letter is Letter.CASE_MAIL]
    assert "They seem to ask for" not in str(shown.facts["adjustments"])


@pytest.mark.parametrize(
    ("agreed", "told"),
    [
        ("no email, by post only", "Print it and post it."),
        ("by phone only", "Ring them and read it to them."),
        ("large print", "16 points"),
        ("everything in Urdu", "translated"),
        ("easy read", "easy read, and send that"),
    ],
)
def test_whoever_sends_a_letter_another_way_reads_how(agreed: str, told: str) -> None:
    sent = go(adjusted(agreed), acted(Act.UPDATE, text="The surveyor comes on Monday."))
    (stopped,) = [e for e in letters(sent.effects) if e.letter is Letter.ALERT]
    assert told in str(stopped.facts["what"])

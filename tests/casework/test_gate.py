"""What may not go to a resident by email, or not by itself, comes whole to whoever has the case (House 41)."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace

import pytest
from casework_samples import at, letters, mail, rulebook

from mailbot.casework.adjusting import suggested, wants_plain_text, written_in
from mailbot.casework.lifecycle import decide
from mailbot.casework.rulebook import Rulebook
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


def go(case: Case, event: Event, rules: Rulebook = RULES) -> Decision:
    decision = decide(case, event, rules)
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


# ------------------------------------------------------------------ another language, plain text


def speaking(*letters: Letter) -> Rulebook:
    """Rules of a landlord that has these letters in Welsh."""
    return replace(RULES, habits=replace(RULES.habits, languages={"cy": frozenset(letters)}))


def to_whom(decision: Decision) -> dict[Audience, list[Letter]]:
    found: dict[Audience, list[Letter]] = {}
    for letter in letters(decision.effects):
        found.setdefault(letter.audience, []).append(letter.letter)
    return found


@pytest.mark.parametrize("words", ["in Welsh", "translated into Welsh", "everything in Welsh please"])
def test_who_needs_welsh_gets_by_themselves_the_letters_that_there_are_in_welsh(words: str) -> None:
    rules = speaking(Letter.UPDATE)
    case = adjusted(words)
    update = decide(case, acted(Act.UPDATE, text="Mae'n mynd ymlaen."), rules)
    assert to_whom(update)[Audience.RESIDENT] == [Letter.UPDATE]
    response = decide(case, acted(Act.RESPOND, "upheld", text="Mae'n ddrwg gennym."), rules)
    assert Audience.RESIDENT not in to_whom(response)
    (by_hand,) = [e for e in letters(response.effects) if e.letter is Letter.ALERT]
    assert "Have it translated, and send both." in str(by_hand.facts["what"])


def test_where_the_landlord_wants_that_the_others_go_in_english() -> None:
    decision = decide(
        adjusted("in Welsh"), acted(Act.RESPOND, "upheld", text="We are sorry."), speaking(*Letter)
    )
    assert to_whom(decision)[Audience.RESIDENT] == [Letter.RESPONSE]


@pytest.mark.parametrize("words", ["in Welsh, by post only", "in Polish", "Welsh in large print"])
def test_a_need_beyond_that_language_still_stops_the_email(words: str) -> None:
    decision = decide(adjusted(words), acted(Act.UPDATE, text="It goes on."), speaking(Letter.UPDATE))
    assert Audience.RESIDENT not in to_whom(decision)


def test_the_echo_of_adjust_says_what_becomes_of_letters_in_that_language() -> None:
    def echo(rules: Rulebook) -> str:
        return decide(opened(), acted(Act.ADJUST, "in Welsh"), rules).summary

    assert echo(RULES).endswith("Letters come to you instead of going by email.")
    assert "in it by themselves; the others come to you" in echo(speaking(Letter.UPDATE))
    assert echo(speaking(*Letter)).endswith("go in it, the others in English.")


@pytest.mark.parametrize("words", ["Welsh", "welsh", "cy"])
def test_a_language_is_set_by_its_name_or_code_and_given_up_for_english(words: str) -> None:
    rules = speaking(Letter.UPDATE)
    set_ = go(opened(), acted(Act.LANGUAGE, words), rules)
    assert [a.text for a in set_.case.agreed] == ["in Welsh"]
    back = go(set_.case, acted(Act.LANGUAGE, "English"), rules)
    assert back.case.agreed == () and "go in English again" in back.summary
    assert "in English already" in decide(back.case, acted(Act.LANGUAGE, "en"), rules).refused


@pytest.mark.parametrize("words", ["Polish", "pl", "Klingon"])
def test_a_language_that_is_not_there_is_refused_with_those_that_are(words: str) -> None:
    refused = decide(opened(), acted(Act.LANGUAGE, words), speaking(Letter.UPDATE))
    assert (
        refused.case == opened()
        and f"no letters in “{words}”. There are letters in Welsh (cy)." in refused.refused
    )
    nowhere = decide(opened(), acted(Act.LANGUAGE, words), RULES).refused
    assert "There are no letters in another language." in nowhere
    assert ("#adjust in Polish to have each letter come to you" in nowhere) == (words != "Klingon")


def test_english_ends_no_adjustment_that_asks_for_more_than_a_language() -> None:
    both = decide(adjusted("in Welsh, by post only"), acted(Act.LANGUAGE, "English"), speaking(Letter.UPDATE))
    assert "Write #adjust ended 1, and #adjust with what still holds." in both.refused


@pytest.mark.parametrize(
    ("agreed", "language", "is_plain"),
    [
        ((), "", False),
        (("in Welsh",), "cy", False),
        (("Polish, translated",), "pl", False),
        (("in Welsh", "now in Polish"), "pl", False),
        (("plain text",), "", True),
        (("text only, for her screen reader", "in Urdu"), "ur", True),
        (("plain English",), "", False),
    ],
)
def test_how_letters_are_written_is_read_from_what_was_agreed(
    agreed: tuple[str, ...], language: str, is_plain: bool
) -> None:
    assert (written_in(agreed), wants_plain_text(agreed)) == (language, is_plain)


def test_plain_text_stops_no_letter_and_is_offered_where_somebody_asks_for_it() -> None:
    decision = go(adjusted("plain text"), acted(Act.UPDATE, text="It goes on."))
    assert to_whom(decision)[Audience.RESIDENT] == [Letter.UPDATE]
    assert suggested("My screen reader can't cope. Please send plain text emails.") == ("plain text",)
    assert suggested("I am in plain text angry.") == ()

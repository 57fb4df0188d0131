"""What an acknowledgement quotes of a resident's mail."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from classifiers import definition, outcome_sought
from classifiers.words import plain, spread

LETTER = """Dear Sir or Madam,

The boiler has been off since 3 November. I have rung four times and nobody came.

I want somebody to mend it this week, and to tell me why nobody rang back.

Kind regards,
Maureen Broadbent
01632 960118

This email is confidential and intended only for the addressee."""


@pytest.mark.parametrize(
    ("text", "sought"),
    [
        (LETTER, "I want somebody to mend it this week, and to tell me why nobody rang back."),
        ("The lift is out again. Please send an engineer today.", "Please send an engineer today."),
        ("Nobody came. I'd like £50 for the day off I lost. Thanks", "I'd like £50 for the day off I lost."),
        ("Bins overflowing. You need to sort this out.", "You need to sort this out."),
        ("Tap drips. Can someone come on Friday?", "Can someone come on Friday?"),
        ("I want to complain about the noise. I would like it to stop.", "I would like it to stop."),
        ("Please take my complaint to stage 2. I want the ceiling mended.", "I want the ceiling mended."),
        ("I want my rent reviewed.", "I want my rent reviewed."),
        ("I WANT MY DEPOSIT BACK", "I WANT MY DEPOSIT BACK"),
        ("I’d like a call back, not a letter.", "I’d like a call back, not a letter."),
    ],
)
def test_what_a_resident_wants_is_their_own_sentence(text: str, sought: str) -> None:
    assert outcome_sought(text) == sought


@pytest.mark.parametrize(
    "text",
    [
        "",
        "Nobody came on Tuesday.",
        "I do not want to make trouble.",
        "Please find attached my photos.",
        "I am not satisfied. Please review my complaint at the next stage.",
        "I want stage 2.",
        "Not acceptable, we want this taken further. Please look into it.",
        "Please log this as a formal complaint and acknowledge receipt.",
        "👍",
    ],
)
def test_nothing_is_put_into_the_mouth_of_a_resident_who_asks_for_nothing(text: str) -> None:
    assert outcome_sought(text) == ""


def test_saying_what_they_want_counts_more_than_a_polite_please() -> None:
    assert (
        outcome_sought("I want the mould treated. Please excuse my typing. Please reply.")
        == "I want the mould treated."
    )


def test_a_very_long_wish_is_cut_after_a_word() -> None:
    sought = outcome_sought("I want " + "the roof and " * 100 + "the door mended")
    assert len(sought) <= 400
    assert sought.endswith("…")
    assert sought[:-1].split()[-1] in {"the", "roof", "and"}


def test_a_definition_leaves_out_greeting_signature_and_disclaimer() -> None:
    assert definition(LETTER) == (
        "The boiler has been off since 3 November. I have rung four times and nobody came.\n\n"
        "I want somebody to mend it this week, and to tell me why nobody rang back."
    )


@pytest.mark.parametrize(
    ("text", "kept"),
    [
        ("Hi,\nNo heating.\n\nThanks\nDee", "No heating."),
        ("No heating again.\n\nSent from my iPhone", "No heating again."),
        ("hello the door is stuck", "hello the door is stuck"),
        ("Thank you", "Thank you"),
        ("Regards", "Regards"),
        ("The gate is broken.\nRosa Lund", "The gate is broken."),
        ("The gate is broken\nand so is the lock", "The gate is broken\nand so is the lock"),
        ("   ", ""),
    ],
)
def test_trimming_never_takes_the_message_itself(text: str, kept: str) -> None:
    assert definition(text) == kept


def test_a_definition_is_cut_after_a_sentence() -> None:
    text = "The first sentence stands here. " * 30
    cut = definition(text, limit=100)
    assert (
        cut
        == "The first sentence stands here. The first sentence stands here. The first sentence stands here."
    )


def test_a_definition_without_sentences_is_cut_after_a_word() -> None:
    assert definition("water everywhere and nobody comes", limit=20) == "water everywhere…"


def test_a_definition_needs_room() -> None:
    with pytest.raises(ValueError, match="limit"):
        definition("anything", limit=0)


@given(st.text(max_size=400), st.integers(min_value=1, max_value=120))
def test_a_definition_is_never_longer_than_asked_nor_made_up(text: str, limit: int) -> None:
    cut = definition(text, limit)
    assert len(cut) <= limit
    words = cut.removesuffix("…").split()
    typed = text.split()
    assert all(word in typed for word in words[:-1])
    # The last may have lost its comma, or be part of a single word longer than the limit.
    assert not words or any(whole.startswith(words[-1]) for whole in typed)


@given(st.text(max_size=300))
def test_every_plain_character_leads_back_to_what_was_typed(text: str) -> None:
    places = spread(text)
    assert len(places) == len(plain(text))
    assert places == sorted(places)

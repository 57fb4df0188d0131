"""A date that a letter promises is put before whoever wrote it, until an #action stands for it."""

from __future__ import annotations

import pytest

from mailbot.casework.promises import promised_in


@pytest.mark.parametrize(
    "sentence",
    [
        "Our plumber will mend the ceiling on 20 March.",
        "The contractor comes next Tuesday between 8 and 12.",
        "I have booked the surveyor, who visits on 3/4.",
        "We'll replace the door within 10 working days.",
        "A new fan is going to be fitted by the 2nd of April.",
        "He is coming tomorrow!",
    ],
)
def test_a_promise_with_a_date_is_quoted(sentence: str) -> None:
    assert promised_in(f"Dear Jo,\n\nWe are sorry. {sentence} Sam") == sentence


@pytest.mark.parametrize(
    "sentence",
    [
        "The ceiling was mended on 20 March.",
        "You will hear from us by 20 March.",
        "I will ring you on Friday.",
        "You will have it by 27 March.",
        "We will put it right.",
        "You came to us on 2 March and nobody called back.",
    ],
)
def test_what_is_past_or_ours_to_write_is_none(sentence: str) -> None:
    assert promised_in(f"Dear Jo,\n\nWe are sorry. {sentence} Sam") == ""

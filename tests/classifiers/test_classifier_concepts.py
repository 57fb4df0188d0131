"""Words that mean the same are one, sentence by sentence."""

from __future__ import annotations

import pytest

from classifiers.concepts import concepts_of, speak


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("nobody came", "nobody turned"),
        ("plumber visited", "electrician visited"),
        ("lovely lad", "brilliant chap"),
        ("the boiler packed", "the boiler"),
    ],
)
def test_synonyms_are_spoken_alike(one: str, other: str) -> None:
    assert speak(one)[0] == speak(other)[0]


def test_word_forms_share_their_concept_and_unknown_words_have_none() -> None:
    assert concepts_of("complaining")[0] == concepts_of("complained")[0] == "report"
    assert concepts_of("xylophone") == ()


def test_pairs_stay_within_a_sentence() -> None:
    _, pairs = speak("nobody visited. the neighbours laughed")
    assert "none+visit" in pairs.split()
    assert not any({"visit", "rude"} <= set(pair.split("+")) for pair in pairs.split())


def test_negations_are_one() -> None:
    assert speak("they havent visited")[0] == speak("they didnt visit")[0]

"""Letters to residents can be read at about twelve years of age, and in nobody's jargon."""

from __future__ import annotations

import re

import pytest
from letter_samples import FACTS, STAFF, TEMPLATES, write

from mailbot.casework.vocabulary import Letter
from mailbot.postroom.letters import Stationery

STATIONERY = Stationery(TEMPLATES)
RESIDENTS = [pytest.param(letter, id=letter.value) for letter in Letter if letter not in STAFF]
HIGHEST_GRADE = 7.0  # a school year of the United States: twelve years of age
LONGEST_SENTENCE = 34  # words, with a date's four

JARGON = re.compile(
    r"\b(vexatious|persistent|unreasonable|pursuant|herein|aforementioned|whilst|liaise|escalat\w+|stakeholder"
    r"|complainant|correspondence|in respect of|with regard to|in accordance|terminat\w+|commenc\w+|endeavour"
    r"|remedy|redress|ASB|SLA|GDPR|data subject|deemed|hereby|timescale|determination|maladministration"
    r"|jurisdiction|signpost\w*|triage|ticket|system|automat\w+)\b",
    re.IGNORECASE,
)


def own_words(letter: Letter) -> str:
    """What the landlord's template says: without what people wrote and without how to reach anybody."""
    text = write(STATIONERY, letter).text
    text = text.partition("How to reach us")[0]
    text = re.sub(
        r"(?m)^(>|Phone|Online form|Website|Post|Your reference|Our reference|Who |  |--).*$", "", text
    )
    for name in ("text", "reasons", "reason", "instead", "ground", "survey_link"):
        said = FACTS[letter].get(name)
        for paragraph in str(said or "").split("\n\n"):
            text = text.replace(paragraph, "") if paragraph else text
    return text.partition("Yours sincerely")[0] + text.partition("Yours sincerely")[2].partition("\n\n")[2]


def sentences(text: str) -> list[list[str]]:
    parts = re.split(r"[.?!]\s|\n\s*\n|\n(?=\* )|:\s", text)
    found = [re.findall(r"[A-Za-z][A-Za-z'-]*|\d+", part) for part in parts]
    return [words for words in found if len(words) > 2]


def syllables(word: str) -> int:
    """As English counts them, near enough for an average."""
    word = word.lower().removesuffix("'s")
    if not word.isalpha():
        return 1
    silent = word.endswith("e") and not word.endswith(("le", "ee", "ye")) and len(word) > 3
    silent = silent or (word.endswith("ed") and not word.endswith(("ted", "ded")) and len(word) > 4)
    return max(len(re.findall(r"[aeiouy]+", word)) - silent, 1)


def grade(told: list[list[str]]) -> float:
    """Flesch and Kincaid, 1975."""
    words = [word for sentence in told for word in sentence]
    return 0.39 * len(words) / len(told) + 11.8 * sum(map(syllables, words)) / len(words) - 15.59


@pytest.mark.parametrize("letter", [p for p in RESIDENTS if p.id != Letter.HANDLER_REPLY])
def test_a_letter_can_be_read_at_twelve(letter: Letter) -> None:
    told = sentences(own_words(letter))
    assert len(told) > 2
    assert grade(told) <= HIGHEST_GRADE, f"grade {grade(told):.1f}"
    for sentence in told:
        assert len(sentence) <= LONGEST_SENTENCE, " ".join(sentence)


@pytest.mark.parametrize("letter", RESIDENTS)
def test_a_letter_speaks_nobodys_jargon(letter: Letter) -> None:
    written = write(STATIONERY, letter)
    assert not JARGON.findall(own_words(letter) + written.subject)


@pytest.mark.parametrize("letter", RESIDENTS)
def test_only_letters_of_the_last_stage_speak_of_a_final_response(letter: Letter) -> None:
    """In one landlord's document the words mean the first answer, in the Code the last: so they are kept apart."""
    last = (Letter.FINAL_RESPONSE, Letter.SIGNPOSTING)
    if letter not in last:
        assert "final response" not in own_words(letter).lower().replace("after our final response", "")


@pytest.mark.parametrize("letter", RESIDENTS)
def test_no_letter_apologises_or_offers_money_unless_a_person_wrote_it(letter: Letter) -> None:
    told = own_words(letter).lower()
    if letter is Letter.ACKNOWLEDGEMENT:  # the lateness of this very letter is a fact
        told = told.replace("we are sorry that it is late", "")
    assert not re.search(r"\b(sorry|apolog\w+|compensat\w+|goodwill|£|refund)\b", told)


def test_the_measure_tells_a_lawyers_sentence_from_a_plain_one() -> None:
    plain = "We have your letter. We will look at it and write to you by Friday."
    legal = (
        "Notwithstanding the aforementioned determination, correspondence received subsequent to the expiration of "
        "the prescribed period will necessarily be considered inadmissible under our unacceptable behaviour provisions."
    )
    assert grade(sentences(plain)) < 4 < 15 < grade(sentences(legal))
    assert [syllables(w) for w in ("complaint", "wrote", "decided", "closed", "table", "you", "area")] == [
        *(2, 1, 3, 1, 2, 1, 2),
    ]

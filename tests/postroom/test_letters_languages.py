"""Letters in another language than English: by folder, whole, checked by somebody, with its own days and months."""

from __future__ import annotations

import email
import email.policy
import re
import shutil
from dataclasses import replace
from pathlib import Path

import pytest
from letter_samples import LETTERHEAD, TEMPLATES, order_of, plain, words_of

from mailbot.casework.vocabulary import Audience, Letter
from mailbot.languages import is_checked, languages_in
from mailbot.places import config_dir
from mailbot.postroom.letters import LetterMistake, Stationery
from mailbot.postroom.wording import ENGLISH, read_tongue

SAMPLE = config_dir() / "sample-templates" / "cy"


@pytest.fixture
def own(tmp_path: Path) -> Path:
    """A landlord's folder with the Welsh sample in it."""
    shutil.copytree(SAMPLE, tmp_path / "cy")
    return tmp_path


@pytest.fixture(scope="module")
def welsh(tmp_path_factory: pytest.TempPathFactory) -> Stationery:
    folder = tmp_path_factory.mktemp("own")
    shutil.copytree(SAMPLE, folder / "cy")
    return Stationery(TEMPLATES, folder)


def test_days_and_months_are_those_of_the_language() -> None:
    cy = read_tongue(SAMPLE / "words.toml", "cy")
    assert cy.day("2025-12-30") == "dydd Mawrth 30 Rhagfyr 2025"
    assert cy.moment("2026-06-30T23:30:00+00:00") == "dydd Mercher 1 Gorffennaf 2026 am 00:30", "summer time"
    assert cy.short_day("2026-03-12") == "Iau 12 Maw 2026"
    assert cy.greeting("Amina Begum") == "Annwyl Amina Begum"
    assert cy.greeting("win@prize.example") == "Helo"
    assert (cy.phrase("Stage 1"), cy.phrase("Adolygiad")) == ("Cam 1", "Adolygiad")
    assert ENGLISH.phrase("upheld") == "upheld"


@pytest.mark.parametrize("letter", [Letter.ACKNOWLEDGEMENT, Letter.SERVICE_REQUEST_RECEIPT])
def test_a_letter_that_there_is_goes_in_the_language_with_everything_it_must_hold(
    letter: Letter, welsh: Stationery
) -> None:
    order = replace(order_of(letter), language="cy")
    written = welsh.write(order, LETTERHEAD)
    english = welsh.write(order_of(letter), LETTERHEAD)
    assert 'lang="cy"' in written.html and 'lang="en-GB"' in english.html
    message = email.message_from_bytes(written.raw, policy=email.policy.default)
    assert message["Content-Language"] == "cy"
    assert "Annwyl Amina Begum" in written.text and "Dear" not in written.text
    assert "Sut i gysylltu â ni" in written.text and "How to reach us" not in written.text
    for english_word in ("Thursday", "April", "Phone", "Your reference", "Complaints"):
        assert english_word not in words_of(written.html) + written.text, english_word
    shown, said = (set(re.findall(r"\d+", plain(text))) for text in (words_of(written.html), written.text))
    assert shown <= said


def test_a_letter_that_there_is_not_goes_in_english(welsh: Stationery) -> None:
    assert welsh.languages["cy"] == {Letter.ACKNOWLEDGEMENT, Letter.SERVICE_REQUEST_RECEIPT}
    order = order_of(Letter.CLOSURE)
    assert welsh.write(replace(order, language="cy"), LETTERHEAD).raw == welsh.write(order, LETTERHEAD).raw
    assert welsh.write(replace(order, language="pl"), LETTERHEAD).raw == welsh.write(order, LETTERHEAD).raw


def test_the_sample_is_sent_to_nobody_before_somebody_put_their_name_to_it() -> None:
    assert not is_checked(SAMPLE)
    assert set(languages_in(SAMPLE.parent)) == {"cy", "new"}


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ({"cy/acknowledgement/html.html": None}, "html.html is missing: a letter is in one language"),
        ({"cy/base/parts.txt": None}, "base/parts.txt is missing: begin with"),
        ({"cy/words.toml": None}, "words.toml is missing: begin with"),
        (
            {"cy/acknowledgement/text.txt": "Annwyl {{ tywydd }}"},
            "the letter is not given tywydd. It may use ",
        ),
        ({"cy/closing/text.txt": "x"}, "no template is called 'closing/text.txt'"),
        ({"cy/letters.toml": "x"}, "no template is called 'letters.toml'"),
        ({"cy/words.toml": "days = ["}, "words.toml"),
        ({"cy/words.toml": 'colour = "red"'}, "unknown key: colour"),
        ({"cy/words.toml": "days = []"}, "days: write 7 names, from Monday on"),
        ({"cy/acknowledgement/text.txt": "Annwyl {{ noun"}, "acknowledgement/text.txt"),
    ],
)
def test_a_language_that_is_not_whole_stops_the_start(
    own: Path, change: dict[str, str | None], told: str
) -> None:
    for name, content in change.items():
        (own / name).parent.mkdir(exist_ok=True)
        if content is None:
            (own / name).unlink()
        else:
            (own / name).write_text(content)
    with pytest.raises(LetterMistake) as refused:
        Stationery(TEMPLATES, own)
    assert told in str(refused.value)


@pytest.mark.parametrize(
    ("written", "instead", "told"),
    [
        (
            'day_form = "{weekday} {day} {month} {year}"',
            'day_form = "{day}.{month}"',
            "day_form: must hold {day}, ",
        ),
        (
            'greeting_form = "Annwyl {name}"',
            'greeting_form = "Annwyl {name"',
            "greeting_form: must hold {name}",
        ),
        ('nobody = "Helo"', "nobody = 7", "nobody: write words in quotes"),
        ('nobody = "Helo"', "", "nobody is missing"),
        ('"Stage 1" = "Cam 1"', '"Stage 1" = 1', "phrases: write each as"),
    ],
)
def test_words_that_can_not_be_used_are_named(own: Path, written: str, instead: str, told: str) -> None:
    file = own / "cy" / "words.toml"
    assert written in file.read_text()
    file.write_text(file.read_text().replace(written, instead))
    with pytest.raises(LetterMistake) as refused:
        Stationery(TEMPLATES, own)
    assert told in str(refused.value) and "words.toml" in str(refused.value)


def test_a_folder_that_is_called_by_no_language_is_refused(own: Path) -> None:
    (own / "cy").rename(own / "xx")
    with pytest.raises(LetterMistake, match="no language is called by 'xx'"):
        Stationery(TEMPLATES, own)


def test_a_decision_is_held_to_its_translation(own: Path) -> None:
    """A response in another language must hold its own word for the decision, not the English one."""
    shutil.copytree(TEMPLATES / "response", own / "cy" / "response")
    base = own / "cy" / "base"
    for name in ("parts.txt", "parts.html"):
        source = (TEMPLATES / "base" / name).read_text()
        (base / name).write_text(source.replace("Our decision: upheld", "Ein penderfyniad: o'ch plaid"))
    words = own / "cy" / "words.toml"
    order = replace(order_of(Letter.RESPONSE), language="cy", contains=("decision",))
    order = replace(order, facts={**order.facts, "decision": "upheld"})
    words.write_text(words.read_text() + '"upheld" = "o\'ch plaid"\n')
    assert "o'ch plaid" in Stationery(TEMPLATES, own).write(order, LETTERHEAD).text
    words.write_text(words.read_text().replace("o'ch plaid", "ddim"))
    with pytest.raises(LetterMistake, match="must hold and does not: decision"):
        Stationery(TEMPLATES, own).write(order, LETTERHEAD)


def test_arabic_and_urdu_run_from_the_right(own: Path) -> None:
    (own / "cy").rename(own / "ur")
    page = (
        Stationery(TEMPLATES, own)
        .write(replace(order_of(Letter.ACKNOWLEDGEMENT), language="ur"), LETTERHEAD)
        .html
    )
    assert '<html lang="ur" dir="rtl">' in page


def test_what_becomes_of_the_folder_after_the_start_changes_no_letter(own: Path) -> None:
    stationery = Stationery(TEMPLATES, own)
    order = replace(order_of(Letter.ACKNOWLEDGEMENT), language="cy")
    before = Stationery(TEMPLATES, own).write(order, LETTERHEAD)
    shutil.rmtree(own / "cy")
    assert stationery.write(order, LETTERHEAD) == before


def test_no_language_is_ever_needed_for_staff(welsh: Stationery) -> None:
    staff = {letter for letter in Letter if welsh.form(letter).audience is not Audience.RESIDENT}
    assert not staff & welsh.languages["cy"]

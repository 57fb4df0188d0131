"""Letters greet and sign once, whatever their writer typed round what they had to say."""

from __future__ import annotations

import pytest
from letter_samples import FACTS, TEMPLATES, words_of, write

from mailbot.casework.vocabulary import Letter
from mailbot.postroom.courtesies import without_closing, without_greeting
from mailbot.postroom.letters import Stationery

SAM = {"name": "Sam Okafor", "title": "Complaints Officer", "phone": "01632 960101"}


@pytest.fixture(scope="module")
def stationery() -> Stationery:
    return Stationery(TEMPLATES)


@pytest.mark.parametrize(
    "letter", [Letter.HANDLER_REPLY, Letter.UPDATE, Letter.RESPONSE, Letter.FINAL_RESPONSE]
)
def test_a_letter_greets_and_signs_once(stationery: Stationery, letter: Letter) -> None:
    handler = FACTS[letter]["handler"]
    assert isinstance(handler, dict)
    text = f"Dear Mrs Begum,\n\nThe plumber comes on Friday.\n\nKind regards\n{handler['name']}"
    written = write(stationery, letter, text=text)
    for shown in (written.text, words_of(written.html)):
        assert shown.count("Dear ") == 1 and "The plumber comes on Friday." in shown
        assert "Kind regards" not in shown and shown.count("Yours sincerely") == 1
    first = "Dear Mrs Begum" if letter is Letter.HANDLER_REPLY else "Dear Amina Begum"
    assert written.text.startswith(first)


def test_a_reply_that_is_signed_with_more_keeps_it_and_is_not_signed_again(stationery: Stationery) -> None:
    handler = FACTS[Letter.HANDLER_REPLY]["handler"]
    assert isinstance(handler, dict)
    text = f"Hi Amina\n\nFriday at ten.\n\nBest wishes,\n{handler['name']}\nI work Monday to Wednesday"
    written = write(stationery, Letter.HANDLER_REPLY, text=text)
    for shown in (written.text, words_of(written.html)):
        assert "Dear" not in shown and "Yours sincerely" not in shown
        assert shown.count(str(handler["name"])) == 1 and "I work Monday to Wednesday" in shown
    bare = write(stationery, Letter.HANDLER_REPLY, text="Friday at ten.").text
    assert bare.startswith("Dear Amina Begum,\n\nFriday at ten.\n\nYours sincerely")


@pytest.mark.parametrize(
    "text",
    [
        "Dear Jo, the plumber comes on Friday. Sam",
        "Dear all of you who waited so long for the lift at Alder Court,\n\nIt is mended.",
        "It is mended.\n\nKind regards\nSam Okafor\nPS: the second visit is on Monday",
        "Thank you",
        "Dear Jo,",
    ],
)
def test_what_says_more_than_a_courtesy_stays(text: str) -> None:
    assert without_closing(without_greeting(text), SAM, object()) == text

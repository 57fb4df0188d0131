"""A letter that lacks what it must hold is never written: what the policy asks, and what holds whatever it says."""

from __future__ import annotations

import dataclasses
import re
import shutil
from pathlib import Path

import pytest
from letter_samples import LETTERHEAD, TEMPLATES, altered, order_of

from mailbot.casework.contents import asked_of
from mailbot.casework.policy import ACKNOWLEDGEMENT_CONTENTS, RESPONSE_CONTENTS
from mailbot.casework.provisions import REFUSAL_CONTENTS
from mailbot.casework.vocabulary import Fact, Letter
from mailbot.places import config_dir
from mailbot.policyfile import load_policy
from mailbot.postroom.letters import LetterMistake, Order, Stationery

WHOLE = Stationery(TEMPLATES)
ASKED = {
    Letter.ACKNOWLEDGEMENT: ACKNOWLEDGEMENT_CONTENTS,
    Letter.RESPONSE: tuple(c for c in RESPONSE_CONTENTS if c not in ("ombudsman_by", "other_bodies")),
    Letter.FINAL_RESPONSE: tuple(c for c in RESPONSE_CONTENTS if c != "next_stage"),
    Letter.REFUSAL: (*REFUSAL_CONTENTS, *WHOLE.form(Letter.REFUSAL).contains),
    Letter.NON_ESCALATION: WHOLE.form(Letter.NON_ESCALATION).contains,
    Letter.EXTENSION_NOTICE: WHOLE.form(Letter.EXTENSION_NOTICE).contains,
    Letter.SURVEY: WHOLE.form(Letter.SURVEY).contains,
}


def order(letter: Letter, **changes: Fact) -> Order:
    return altered(order_of(letter, **changes), contains=ASKED[letter])


@pytest.mark.parametrize("letter", list(ASKED))
def test_a_letter_that_holds_all_that_can_be_asked_of_it_is_written(letter: Letter) -> None:
    WHOLE.write(order(letter), LETTERHEAD)


@pytest.mark.parametrize("part", ["text.txt", "html.html"])
@pytest.mark.parametrize("letter", list(ASKED))
def test_a_letter_whose_paragraphs_were_taken_out_is_a_mistake_that_names_each(
    letter: Letter, part: str, tmp_path: Path
) -> None:
    """No paragraph says any more what it carries: in the text alone, or in the HTML alone."""
    folder = shutil.copytree(TEMPLATES, tmp_path / "templates")
    page = folder / letter.value / part
    page.write_text(re.sub(r"\{\{ holds\(.*?\}\}", "", page.read_text(encoding="utf-8")), encoding="utf-8")
    with pytest.raises(LetterMistake) as caught:
        Stationery(folder).write(order(letter), LETTERHEAD)
    told, _, names = str(caught.value).partition(" and does not: ")
    assert told == f"letter {letter}: must hold"
    assert set(names.split(", ")) == set(ASKED[letter])


@pytest.mark.parametrize(
    ("letter", "content", "facts"),
    [
        (Letter.ACKNOWLEDGEMENT, "definition", {"definition": " \n"}),
        (Letter.ACKNOWLEDGEMENT, "handler_name", {"handler": {"name": "", "title": "", "phone": "1", "address": ""}}),
        (Letter.RESPONSE, "definition", {"definition": ""}),
        (Letter.RESPONSE, "decision", {"decision": ""}),
        (Letter.RESPONSE, "reasons", {"text": "\n\n"}),
        (Letter.RESPONSE, "stage", {"stage_name": ""}),
        (Letter.FINAL_RESPONSE, "decision", {"decision": ""}),
        (Letter.FINAL_RESPONSE, "ombudsman_by", {"ombudsman_until": ""}),
        (Letter.REFUSAL, "reasons", {"reasons": ""}),
        (Letter.REFUSAL, "instead", {"instead": ""}),
        (Letter.REFUSAL, "definition", {"definition": ""}),
        (Letter.NON_ESCALATION, "reasons", {"reasons": "   "}),
        (Letter.EXTENSION_NOTICE, "reasons", {"reason": ""}),
    ],
)  # fmt: skip
def test_an_empty_fact_does_not_pass_for_what_the_letter_must_hold(
    letter: Letter, content: str, facts: dict[str, Fact]
) -> None:
    with pytest.raises(LetterMistake, match=rf"must hold and does not: (.*, )?{content}\b"):
        WHOLE.write(order(letter, **facts), LETTERHEAD)


def test_a_letter_that_quotes_nothing_of_what_it_was_given_is_caught_by_its_words(tmp_path: Path) -> None:
    """The mark stands there still; the words do not."""
    folder = shutil.copytree(TEMPLATES, tmp_path / "templates")
    page = folder / "refusal" / "text.txt"
    page.write_text(page.read_text().replace("{{ reasons | paragraphs }}", "We have our reasons."))
    with pytest.raises(LetterMistake, match=r"^letter refusal: must hold and does not: reasons$"):
        Stationery(folder).write(order(Letter.REFUSAL), LETTERHEAD)


def test_a_refusal_always_carries_reasons_and_the_way_to_the_ombudsman_whatever_the_policy_says() -> None:
    for letter in (Letter.REFUSAL, Letter.NON_ESCALATION):
        assert {"reasons", "ombudsman"} <= set(WHOLE.form(letter).contains)
        with pytest.raises(LetterMistake, match="reasons"):
            WHOLE.write(order_of(letter, reasons=""), LETTERHEAD)


def test_the_policy_is_asked_what_each_letter_must_hold() -> None:
    mtvh = load_policy("mtvh", config_dir() / "policies")
    assert set(asked_of(mtvh, Letter.ACKNOWLEDGEMENT, {"stage": 1})) == set(ACKNOWLEDGEMENT_CONTENTS)
    assert {"next_stage", "decision", "reasons"} <= set(asked_of(mtvh, Letter.RESPONSE, {"stage": 1}))
    assert {"ombudsman_by", "other_bodies"} <= set(asked_of(mtvh, Letter.FINAL_RESPONSE, {"stage": 2}))
    assert {"reasons", "ombudsman"} <= set(asked_of(mtvh, Letter.REFUSAL, {}))
    assert asked_of(mtvh, Letter.CLOSURE, {}) == ()


def test_what_is_done_instead_is_asked_of_a_refused_complaint_and_not_of_a_refused_stage() -> None:
    mtvh = load_policy("mtvh", config_dir() / "policies")
    refusal = dataclasses.replace(mtvh.refusal, contains=("reasons", "ombudsman", "instead"))
    policy = dataclasses.replace(mtvh, refusal=refusal)
    assert "instead" in asked_of(policy, Letter.REFUSAL, {})
    assert "instead" not in asked_of(policy, Letter.NON_ESCALATION, {})


def test_other_bodies_are_named_where_the_policy_asks_for_them_and_some_are_known() -> None:
    written = WHOLE.write(order(Letter.FINAL_RESPONSE), LETTERHEAD)
    assert "Shelter, phone 0808 800 4444, england.shelter.org.uk" in written.text
    assert "Information Commissioner" not in written.text, "only letters about personal data name it"
    alone = dataclasses.replace(LETTERHEAD, bodies=())
    with pytest.raises(LetterMistake, match=r"must hold and does not: other_bodies$"):
        WHOLE.write(order(Letter.FINAL_RESPONSE), alone)

"""A mail that nobody can be sure of: a person says what it is, the classifier learns, and knows the next time."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from conftest import ALEX, JO, House
from doors.mailboxes import Mailboxes

import classifiers
from classifiers.corpus_reading import shipped_corpus
from classifiers.relearning import relearn
from classifiers.training import notes_of, train
from mailbot.casework.vocabulary import Intent, Stage
from mailbot.learning import examples

MakeHouse = Callable[..., House]
UNCLEAR = (
    "Is it usual for the landing light to be nine weeks away? I am only curious. Flat 9",
    "The lift man was here and then he was not here. Flat 9, Alder Court",
    "I wonder who decides about the hedge. It is as it was. Flat 9",
    "About the door: well. Flat 9",
)
SUBJECT = "One for you"


def an_unclear_mail() -> str:
    """One that the shipped classifier asks about."""
    chain = classifiers.ensure(None)
    asked = (
        t for t in UNCLEAR if chain.read(classifiers.Ask(t, SUBJECT, Stage.NONE)).intent is Intent.UNSURE
    )
    return next(asked)


def few(folder: Path) -> tuple[Path, ...]:
    """A corpus that is quick to learn from: sixty messages of each of two writers."""
    made = []
    for path in shipped_corpus()[1:3]:
        part = folder / path.name
        part.write_text("\n".join(path.read_text("utf-8").splitlines()[:60]) + "\n", encoding="utf-8")
        made.append(part)
    return tuple(made)


@pytest.mark.timeout(600)
def test_a_supervisor_sorts_it_the_model_learns_and_the_same_mail_is_decided(
    make_house: MakeHouse, embedded_mail: Mailboxes, tmp_path: Path
) -> None:
    house = make_house(embedded_mail)
    text = an_unclear_mail()
    for number, writer in enumerate((JO, "ann.lee@example.com", "bo.lund@example.com")):
        house.write(writer, f"{text}\n", subject=SUBJECT)
        house.turn()
        question = house.letters(ALEX, "question")[number]
        assert "how it could be read" in question.text.lower()
        assert "#sort complaint" in question.text
        house.write(ALEX, "#sort complaint", answers=question)
        house.turn()
    assert {case.stage for case in house.cases()} == {Stage.STAGE1_OPEN}

    with house.parts.store.read() as work:
        sortings = work.sortings()
        decided = examples(work, sortings)
    assert [(s.who, s.intent, s.taken_for) for s in sortings] == [
        ("alex", Intent.NEW_COMPLAINT, Intent.UNSURE)
    ] * 3
    assert {m.ask.text.strip() for m in decided} == {text}

    out, before = tmp_path / "own.npz", tmp_path / "before.npz"
    guarding_badly = dict.fromkeys(
        ("guarded recall", "recall of urgent_hazard", "recall of safeguarding"), 0.5
    )
    in_use = train(few(tmp_path), before, figures=guarding_badly)
    done = relearn(few(tmp_path), decided, out, in_use, before)
    assert done.installed
    assert notes_of(out)["decisions"] == sorted(s.mail for s in sortings)

    house.stop()
    house.calendar = f'[classifier]\nmodel = "{out}"\nthresholds = {{ ask_below = 0.5 }}'
    house.write("cy.moss@example.com", f"{text}\n", subject=SUBJECT)
    house.turn()
    assert len(house.letters(ALEX, "question")) == 3, "nobody is asked again"
    (new,) = [case for case in house.cases() if case.resident.address == "cy.moss@example.com"]
    assert new.stage is Stage.STAGE1_OPEN


def test_a_request_that_turns_out_to_be_a_complaint_teaches_it(
    make_house: MakeHouse, embedded_mail: Mailboxes
) -> None:
    house = make_house(embedded_mail)
    house.write(JO, "Could I please order a second key fob for the front door? Thank you, Jo", subject="Fob")
    house.turn()
    assert house.the_case().stage is Stage.SERVICE_REQUEST
    (shown,) = [x for x in house.letters() if x.kind in ("case_assigned", "case_mail")][:1]
    house.write(shown.to, "#sort complaint", answers=shown)
    house.turn()
    with house.parts.store.read() as work:
        (sorting,) = work.sortings()
        (learnt,) = examples(work, [sorting])
    assert (sorting.intent, sorting.taken_for) == (Intent.NEW_COMPLAINT, Intent.SERVICE_REQUEST)
    assert learnt.ask == replace(learnt.ask, stage=Stage.NONE, reference_found=False)
    assert learnt.weight > 1

"""What the model sees of a mail: its ends, its subject, its sender; and what keeps it small."""

from __future__ import annotations

import datetime as dt

import numpy as np
import pytest

from classifiers.chain import TOGETHER, Chain
from classifiers.features import Ask, view
from mailbot.casework.vocabulary import Case, Party, Role, Stage
from mailbot.senders import kind_of

LETTER = """Dear Sir or Madam,

The stair light at Wren Court went out on Sunday. My neighbour has a torch. Could you send somebody to see to it?

Kind regards,
Ada Okafor
07700 900321
"""


def test_the_ends_are_what_is_said_first_and_last_not_greeting_and_name() -> None:
    seen = view(Ask(LETTER, "Light", Stage.NONE)).edges.split()
    assert {"f_stair", "f_light", "l_send", "l_somebody"} <= set(seen)
    assert not {"f_dear", "f_madam", "l_regards", "l_ada", "f_torch", "l_torch"} & set(seen)


def test_the_subject_is_seen_apart_from_the_text() -> None:
    seen = view(Ask(LETTER, "Re: CC-2026-001907 stair light", Stage.NONE))
    assert "someref" in seen.subject.split()
    assert "torch" not in seen.subject.split()
    assert view(Ask(LETTER, "", Stage.NONE)).subject == ""


def test_a_mail_of_nothing_but_a_greeting_still_has_ends() -> None:
    assert view(Ask("Hello", "", Stage.NONE)).edges
    assert view(Ask("", "", Stage.NONE)).edges == ""


@pytest.mark.parametrize(
    ("address", "name", "kind"),
    [
        ("jane.illingworth.mp@parliament.uk", "Jane Illingworth", "councillor_or_mp"),
        ("p.ransome@example.org", "Cllr Pete Ransome", "councillor_or_mp"),
        ("d.lennox@example.org", "David Lennox MP", "councillor_or_mp"),
        ("intake@example.com", "Hale & Marsh Solicitors", "solicitor"),
        ("case@halemarsh-law.example.com", "", "solicitor"),
        ("noreply@example.com", "", "organisation"),
        ("accounts+housing@example.com", "Drywell Hire", "organisation"),
        ("ward6@trust.nhs.uk", "Ward 6", "organisation"),
        ("ada.okafor@example.com", "Ada Okafor", ""),
        ("newsome@example.com", "Sam Newsome", ""),
        ("shawlaw@example.com", "Ann Shaw-Lawson", ""),
    ],
)
def test_address_and_name_show_what_a_stranger_is(address: str, name: str, kind: str) -> None:
    assert kind_of(Party(address, name), None) == kind


def test_a_case_knows_its_people(open_case: Case) -> None:
    assert kind_of(Party("ada.okafor@example.com", "Ada"), open_case) == "resident"
    assert kind_of(Party("office@example.org", "Office"), open_case) == "councillor_or_mp"
    assert (
        kind_of(Party("ben@example.com", "Ben"), open_case) == ""
    )  # a relative, a friend, an adviser: nobody said
    assert kind_of(Party("other@example.com", "Somebody else"), open_case) == ""


@pytest.fixture
def open_case() -> Case:
    return Case(
        reference="CC-2026-000041-7",
        policy="code-2024@1",
        mailbox="complaints",
        stage=Stage.STAGE1_OPEN,
        subject="Stair light",
        received_at=dt.datetime(2026, 3, 2, 9, 30, tzinfo=dt.UTC),
        parties=(
            Party("ada.okafor@example.com", "Ada Okafor"),
            Party("ben@example.com", "Ben", Role.REPRESENTATIVE),
            Party("office@example.org", "", Role.OFFICE),
        ),
    )


def test_who_a_sender_is_changes_what_their_words_mean(chain: Chain) -> None:
    text = "Your invoice is still unpaid after three reminders and we expect payment within seven days."
    told = chain.read(Ask(text, "Invoice 5521", Stage.NONE, "organisation"))
    untold = chain.read(Ask(text, "Invoice 5521", Stage.NONE))
    assert told.readings[0].intent.value == "other"
    assert told.readings != untold.readings


def test_a_batch_says_what_each_mail_alone_would_hear(chain: Chain) -> None:
    asks = [Ask(f"{LETTER} It is number {n}.", "Light", Stage.NONE) for n in range(TOGETHER + 2)]
    together = chain.read_many(asks)
    for place in (0, TOGETHER - 1, TOGETHER, TOGETHER + 1):
        alone = chain.read(asks[place])
        assert alone.intent is together[place].intent
        assert alone.confidence == pytest.approx(together[place].confidence)


def test_weights_are_kept_in_half_precision_and_none_is_lost_in_it(chain: Chain) -> None:
    assert chain.model.shared.dtype == chain.model.crossed.dtype == np.float16
    assert np.isfinite(chain.model.shared).all() and np.isfinite(chain.model.crossed).all()

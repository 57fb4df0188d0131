"""What a refusal tells the resident: which words of the supervisor's mail are the reasons, and which say what is
done instead."""

from __future__ import annotations

import pytest
from casework_samples import at, mail, rulebook

from mailbot.casework.lifecycle import decide
from mailbot.casework.proposals import told
from mailbot.casework.vocabulary import Act, Intent, Letter, SendLetter, StaffActed


@pytest.mark.parametrize(
    ("line", "text", "reasons", "instead"),
    [
        ("it is a claim", "", "it is a claim", ""),
        ("it is a claim", "You ask for damages.", "You ask for damages.", ""),
        ("it is a claim", "Instead: our insurer writes to you.", "it is a claim", "our insurer writes to you."),
        ("it is a claim", "You ask for damages.\n\nInstead: our insurer\nwrites to you.\n\nThat is all.",
         "You ask for damages.\n\n\n\nThat is all.", "our insurer\nwrites to you."),
        ("it is a claim", "You ask for damages.\ninstead: our insurer writes.", "You ask for damages.",
         "our insurer writes."),
        ("it is a claim", "You wanted stairs instead: we cannot.", "You wanted stairs instead: we cannot.", ""),
        ("", "", "", ""),
    ],
)  # fmt: skip
def test_a_paragraph_that_begins_with_instead_is_what_is_done_instead(line, text, reasons, instead):
    act = StaffActed(at("2026-06-03"), "alex", Act.DECLINE, text=text, reason=line, ground="insurance_claim")
    assert told(act) == (reasons, instead)


@pytest.mark.parametrize(("ground", "told_as"), [("behaviour", ""), ("already_handled", "considered before")])
def test_a_refusal_names_its_ground_and_labels_nobody(ground, told_as):
    """What somebody did is told in the reasons, by a person: no letter calls them anything."""
    rules = rulebook("ivh")
    case = decide(None, mail(Intent.NEW_COMPLAINT, "2026-03-05"), rules).case
    supervisor = rules.supervisor.key
    act = StaffActed(at("2026-03-06"), supervisor, Act.DECLINE, text="We answered it.", ground=ground)
    letters = [e for e in decide(case, act, rules).effects if isinstance(e, SendLetter)]
    (refusal,) = (e for e in letters if e.letter is Letter.REFUSAL)
    assert refusal.facts["ground"] == told_as

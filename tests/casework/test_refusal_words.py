"""What a refusal tells the resident: which words of the supervisor's mail are the reasons, and which say what is
done instead."""

from __future__ import annotations

import datetime as dt

import pytest

from mailbot.casework.proposals import told
from mailbot.casework.vocabulary import Act, StaffActed


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
    at = dt.datetime(2026, 6, 3, 9, 0, tzinfo=dt.UTC)
    act = StaffActed(at, "alex", Act.DECLINE, text=text, reason=line, ground="insurance_claim")
    assert told(act) == (reasons, instead)

"""The conflicts of five landlords' policies with the Code, as a reader of both found them: `check` finds them too.

The numbers are the reader's. Not among them, because no rule of a file shows them: 17 (later issues are joined if they
are related: a matter of reading), 44 (one stage for building safety, which the file reads as two), 46 (a day that may
be a calendar day: no breach), 53 (whoever supports the decider), 55 (closing by agreement: none of the Code's
business) and 63 (the wording of a definition).
"""

from __future__ import annotations

import pytest

from mailbot.casework.conformity import check
from mailbot.casework.findings import Finding, Kind, Severity
from mailbot.places import config_dir
from mailbot.policyfile import read_layer

POLICIES = config_dir() / "policies"
LANDLORDS = ("mtvh", "mhs", "mrh", "ivh", "tch")
FOUND = {
    id: check(read_layer(POLICIES / f"{id}.toml"), read_layer(POLICIES / "code-2024.toml"))
    for id in LANDLORDS
}
HIGH, MEDIUM, LOW = Severity


def findings(landlord: str, own: str, code: str) -> list[Finding]:
    """Those that set this clause of the landlord ("" for none: it is silent) against this one of the Code."""
    return [
        f
        for f in FOUND[landlord]
        if f"Code {code}" in f.code and (own in f.own if own else f.kind is Kind.SILENT)
    ]


@pytest.mark.parametrize(
    ("number", "landlord", "own", "code"),
    [
        (1, "mtvh", "3.2 b8", "6.12"),
        (2, "mtvh", "3.3 e1", "2.3"),
        (3, "mtvh", "3.3 e4", "2.5"),
        (3, "mtvh", "3.3 e7", "2.5"),
        (5, "mtvh", "3.2 b1", "5.2"),
        (6, "mtvh", "3.2 b5", "6.4"),
        (6, "mtvh", "3.2 b9", "6.15"),
        (7, "mtvh", "3.2 b7", "6.11"),
        (8, "mtvh", "3.3", "2.4"),
        (11, "mhs", "Appeal-para4", "3.7"),
        (12, "mhs", "Appeal-para2", "6.12"),
        (13, "mhs", "Closure (b)", "6.6"),
        (13, "mhs", "Closure (c)", "6.10"),
        (22, "mrh", "3.2", "5.2"),
        (22, "mrh", "7.2", "1.3"),
        (23, "mrh", "4.2", "2.3"),
        (25, "mrh", "4.6", "2.5"),
        (25, "mrh", "6.1", "2.5"),
        (27, "mrh", "5.1.3", "2.5"),
        (28, "mrh", "7.6.2", "6.12"),
        (31, "mrh", "7.7", "3.7"),
        (33, "mrh", "7.8", "6.6"),
        (36, "ivh", "3.1 b1", "2.3"),
        (37, "ivh", "5.1 S1 p3", "6.12"),
        (38, "ivh", "5.1 S1 p4", "5.11"),
        (41, "ivh", "", "6.11"),
        (47, "tch", "x7", "2.3"),
        (48, "tch", "7.2.1", "5.2"),
        (48, "tch", "7.2.1", "6.9"),
        (51, "tch", "9.4", "6.14"),
        (51, "tch", "9.3", "6.12"),
        (54, "tch", "9.9", "6.5"),
        (59, "tch", "14.2 (first)", "3.7"),
        (59, "mtvh", "6 p2", "3.7"),
        *((60, id, "", "5.10") for id in LANDLORDS),
        *((61, id, "", "8.1") for id in LANDLORDS),
    ],
)
def test_what_the_ombudsman_would_probably_order_to_be_changed_is_grave(number, landlord, own, code):
    assert HIGH in {f.severity for f in findings(landlord, own, code)}, f"conflict {number}"


@pytest.mark.parametrize(
    ("number", "landlord", "own", "code"),
    [
        (4, "mtvh", "3.3 e2", "2.2"),
        (9, "mtvh", "3.2 b3", "5.7"),
        (10, "mtvh", "3.2 b4", "6.3"),
        (14, "mhs", "Appeal-para2", "5.11"),
        (15, "mhs", "Resolve-para1", "6.5"),
        (16, "mhs", "Informing-para3", "5.2"),
        (18, "mhs", "Exclusions (a)", "2.2"),
        (19, "mhs", "Exclusions (c)", "2.3"),
        (21, "mhs", "Definition-para2", "1.5"),
        (24, "mrh", "4.4", "2.1"),
        (26, "mrh", "4.8", "2.1"),
        (29, "mrh", "7.6.5", "6.14"),
        (30, "mrh", "7.5.4", "6.5"),
        (30, "mrh", "7.5.4", "6.16"),
        (32, "mrh", "7.7", "3.7"),
        (34, "mrh", "2.7", "5.6"),
        (39, "ivh", "5.1 S1 p3", "5.11"),
        (40, "ivh", "5.1 S2", "6.10"),
        (42, "ivh", "5.1 S1 p2", "6.5"),
        (43, "ivh", "4.1 b9", "6.4"),
        (45, "ivh", "3.1 b4", "2.1"),
        (50, "tch", "x6", "2.5"),
        (52, "tch", "9.1", "5.11"),
        (56, "tch", "9.7", "6.19"),
        (57, "tch", "", "5.14"),
        (58, "tch", "x10", "2.1"),
        *((62, id, "", "9.5") for id in ("mhs", "mtvh", "mrh", "tch")),
        *((64, id, "", "5.9") for id in LANDLORDS),
        (65, "tch", "14.2 (second)", "3.7"),
    ],
)
def test_what_the_wording_or_the_overlay_must_mend_is_found(number, landlord, own, code):
    assert findings(landlord, own, code), f"conflict {number}"


@pytest.mark.parametrize(
    ("number", "landlord", "own", "code"),
    [
        (20, "mhs", "Informing-para5", "6.2"),
        (20, "mhs", "Resolve-para1", "6.3"),
        (20, "mhs", "Appeal-para3", "6.14"),
        (35, "mrh", "7.6.4", "6.13"),
    ],
)
def test_what_a_landlord_promises_beyond_the_code_is_kept(number, landlord, own, code):
    (found,) = (f for f in findings(landlord, own, code) if f.kind is Kind.STRICTER)
    assert found.severity is LOW, f"conflict {number}"


def test_a_first_enquiry_is_no_complaint_and_the_exclusion_of_it_is_shown():  # conflict 49
    assert [f.subject for f in findings("tch", "x2", "2.1")] == ["exclusion: whole kinds of complaint"]


def test_one_member_of_the_board_answers_for_complaints_at_ivh_alone():
    assert not findings("ivh", "", "9.5")

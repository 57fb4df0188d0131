"""The conflicts of five landlords' policies with the Code, as a reader of both found them: `check` finds them too.

The numbers and the gravity are the reader's: 65 conflicts, one row each, or one for each clause or landlord that a
conflict names. Where `check` is graver than the reader, the row says so (`GRAVER`).
"""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from mailbot.casework.conformity import check
from mailbot.casework.findings import Finding, Kind, Severity
from mailbot.places import config_dir
from mailbot.policyfile import read_layer

POLICIES = config_dir() / "policies"
PAGE = Path(__file__).resolve().parents[2] / "docs" / "policies.md"
LANDLORDS = ("mtvh", "mhs", "mrh", "ivh", "tch")
FOUND = {
    id: check(read_layer(POLICIES / f"{id}.toml"), read_layer(POLICIES / "code-2024.toml"))
    for id in LANDLORDS
}
HIGH, MEDIUM, LOW = Severity
BREACH, SILENT, STRICTER = Kind

#: number, landlord, its clause ("" where none speaks of it), the Code's clauses, kind, gravity
CONFLICTS = [
    (1, "mtvh", "3.2 b8", "6.10 6.12", BREACH, HIGH),
    (2, "mtvh", "3.3 e1", "2.2 2.3", BREACH, HIGH),
    *((3, "mtvh", e, "2.1 2.5", BREACH, HIGH) for e in ("3.3 e4", "3.3 e5", "3.3 e6", "3.3 e7")),
    (4, "mtvh", "3.3 e2", "2.2", BREACH, MEDIUM),
    *((5, "mtvh", b, "5.2 1.3", BREACH, HIGH) for b in ("3.2 b1", "3.2 b2")),
    (6, "mtvh", "3.2 b5", "6.4 6.5", BREACH, HIGH),
    (6, "mtvh", "3.2 b9", "6.15 6.16", BREACH, HIGH),
    (7, "mtvh", "3.2 b7", "6.11", SILENT, HIGH),
    (8, "mtvh", "3.3", "2.4", SILENT, HIGH),
    (9, "mtvh", "3.2 b3", "5.6 5.7", SILENT, MEDIUM),
    (10, "mtvh", "3.2 b4", "6.3", SILENT, LOW),
    (11, "mhs", "Appeal-para4", "3.7 6.19", BREACH, HIGH),
    (12, "mhs", "Appeal-para2", "6.12", BREACH, HIGH),
    *((13, "mhs", c, "6.6 6.10", BREACH, HIGH) for c in ("Closure (b)", "Closure (c)")),
    (14, "mhs", "Appeal-para2", "5.11", BREACH, MEDIUM),
    (15, "mhs", "Resolve-para1", "6.4 6.5", BREACH, MEDIUM),
    (16, "mhs", "Informing-para3", "5.2 6.2", BREACH, MEDIUM),
    (18, "mhs", "Exclusions (a)", "2.2", BREACH, MEDIUM),
    (19, "mhs", "Exclusions (c)", "2.3", SILENT, MEDIUM),
    (20, "mhs", "Informing-para5", "6.2", STRICTER, LOW),
    (20, "mhs", "Resolve-para1", "6.3", STRICTER, LOW),
    (20, "mhs", "Appeal-para3", "6.14", STRICTER, LOW),
    (21, "mhs", "Definition-para2", "1.3 1.5", SILENT, MEDIUM),
    *((22, "mrh", c, "5.2 1.3", BREACH, HIGH) for c in ("3.2", "7.2")),
    (23, "mrh", "4.2", "2.3", BREACH, HIGH),
    (24, "mrh", "4.4", "2.1", BREACH, MEDIUM),
    *((25, "mrh", c, "2.1 2.5", BREACH, HIGH) for c in ("4.6", "6.1")),
    (26, "mrh", "4.8", "2.1", BREACH, MEDIUM),
    (27, "mrh", "5.1.3", "2.1 2.5", BREACH, HIGH),
    (28, "mrh", "7.6.2", "6.10 6.12", BREACH, HIGH),
    (29, "mrh", "7.6.5", "6.14", BREACH, MEDIUM),
    (30, "mrh", "7.5.4", "6.4 6.5", SILENT, MEDIUM),
    (30, "mrh", "7.5.4", "6.15 6.16", SILENT, MEDIUM),
    (31, "mrh", "7.7", "3.7", BREACH, HIGH),
    (32, "mrh", "7.7", "3.7", BREACH, MEDIUM),
    (33, "mrh", "7.8", "6.6", BREACH, HIGH),
    (34, "mrh", "2.7", "5.6 5.7", SILENT, MEDIUM),
    (35, "mrh", "7.6.4", "6.13", STRICTER, LOW),
    (36, "ivh", "3.1 b1", "2.3", BREACH, HIGH),
    (37, "ivh", "5.1 S1 p3", "6.12", BREACH, HIGH),
    (38, "ivh", "5.1 S1 p4", "5.11 6.10", BREACH, HIGH),
    (39, "ivh", "5.1 S1 p3", "5.11", BREACH, MEDIUM),
    (40, "ivh", "5.1 S2", "6.10", BREACH, MEDIUM),
    (41, "ivh", "", "6.11", SILENT, HIGH),
    (41, "ivh", "", "5.6", SILENT, MEDIUM),
    (42, "ivh", "5.1 S1 p2", "6.5", SILENT, MEDIUM),
    (42, "ivh", "5.1 S2 p2", "6.16", SILENT, MEDIUM),
    (43, "ivh", "4.1 b9", "6.4", SILENT, MEDIUM),
    (43, "ivh", "4.1 b9", "5.9", SILENT, MEDIUM),
    (44, "ivh", "5.1 BS", "5.3", BREACH, MEDIUM),
    (45, "ivh", "3.1 b4", "2.1", BREACH, MEDIUM),
    (46, "ivh", "5.1 Ack", "6.2", SILENT, LOW),
    (47, "tch", "x7", "2.3", BREACH, HIGH),
    (48, "tch", "7.2.1", "5.2 6.9", BREACH, HIGH),
    (49, "tch", "x2", "2.1", BREACH, LOW),
    (50, "tch", "x6", "2.1 2.5", BREACH, MEDIUM),
    (51, "tch", "9.3", "6.12", BREACH, HIGH),
    (51, "tch", "9.4", "6.11 6.12 6.14", BREACH, HIGH),
    (52, "tch", "9.1", "5.11", BREACH, MEDIUM),
    (53, "tch", "9.2", "6.13", BREACH, MEDIUM),
    (54, "tch", "8.2", "6.5", BREACH, HIGH),
    (56, "tch", "9.7", "6.19", SILENT, MEDIUM),
    (57, "tch", "10.2", "5.14 6.10", BREACH, HIGH),
    *((58, "tch", x, "2.1", BREACH, MEDIUM) for x in ("x10", "x13")),
    (59, "tch", "14.2 (first)", "3.7", BREACH, HIGH),
    (59, "mtvh", "6 p2", "3.7", BREACH, HIGH),
    *((60, id, "", "5.10", SILENT, HIGH) for id in LANDLORDS),
    *((61, id, "", "8.1 8.2", SILENT, HIGH) for id in LANDLORDS),
    *((62, id, "", "9.5", SILENT, MEDIUM) for id in ("mhs", "mtvh", "mrh", "tch")),
    *((64, id, "", "5.9", SILENT, MEDIUM) for id in LANDLORDS),
    (65, "tch", "14.2 (second)", "3.7", BREACH, MEDIUM),
]

#: The same as 5, 6 and 22, which the reader found graver: no end to more time, a stage before the first.
GRAVER = {15: HIGH, 16: HIGH}

#: What no rule of a file shows, told on the page for those who run a check.
FOR_A_READER = {
    17: "later issues join a complaint if they are related: the document is silent, and silence is no conflict",
    55: "a case is closed when the resident agrees: none of the Code's business",
    63: "the wording of the definition of a complaint",
}


def findings(landlord: str, own: str, code: str) -> list[Finding]:
    """Those that set this clause of the landlord ("" for none: it is silent) against these of the Code."""
    asked = {f"Code {clause}" for clause in code.split()}
    return [
        f
        for f in FOUND[landlord]
        if asked <= set(f.code) and (own in f.own if own else f.kind is Kind.SILENT)
    ]


@pytest.mark.parametrize(
    ("number", "landlord", "own", "code", "kind", "gravity"),
    CONFLICTS,
    ids=[f"{row[0]}-{row[1]}-{row[2] or 'silent'}".replace(" ", "_") for row in CONFLICTS],
)
def test_check_finds_what_a_reader_found(
    number: int, landlord: str, own: str, code: str, kind: Kind, gravity: Severity
) -> None:
    found = [(f.kind, f.severity) for f in findings(landlord, own, code)]
    assert (kind, GRAVER.get(number, gravity)) in found, f"conflict {number}: {found}"


def test_every_conflict_is_found_by_check_or_is_named_with_its_reason() -> None:
    found = {row[0] for row in CONFLICTS}
    assert found | set(FOR_A_READER) == set(range(1, 66))
    assert not found & set(FOR_A_READER)


def test_the_page_says_what_only_a_reader_finds() -> None:
    told = " ".join(PAGE.read_text(encoding="utf-8").split())
    for reason in FOR_A_READER.values():
        assert reason.partition(":")[0] in told, reason


def test_what_a_document_no_longer_says_is_no_longer_found() -> None:
    """The rows are found by their rule: without the rule, nothing is found."""
    code = read_layer(POLICIES / "code-2024.toml")
    ivh, tch = read_layer(POLICIES / "ivh.toml"), read_layer(POLICIES / "tch.toml")
    both = tuple(replace(route, one_stage=False) for route in ivh.routes)
    assert not [f for f in check(replace(ivh, routes=both), code) if "Code 5.3" in f.code]
    kept = tuple(replace(route, ends_complaint=False) for route in tch.routes)
    assert not [f for f in check(replace(tch, routes=kept), code) if "10.2" in f.own]
    alone = (tch.stages[0], replace(tch.stages[1], supported_by=""))
    assert not [f for f in check(replace(tch, stages=alone), code) if "supports" in f.subject]
    plain = (replace(ivh.stages[0], readings={}), ivh.stages[1])
    assert not [f for f in check(replace(ivh, stages=plain), code) if "how it is read" in f.subject]


def test_every_finding_says_what_enforce_does_about_it() -> None:
    for landlord, found in FOUND.items():
        for finding in found:
            assert finding.enforce and finding.says and finding.asks and finding.code, (
                landlord,
                finding.subject,
            )


def test_the_gravest_come_first() -> None:
    for found in FOUND.values():
        assert [f.severity for f in found] == sorted((f.severity for f in found), key=list(Severity).index)


def test_one_member_of_the_board_answers_for_complaints_at_ivh_alone() -> None:
    assert not findings("ivh", "", "9.5")

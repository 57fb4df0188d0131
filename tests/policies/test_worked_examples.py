"""The twelve worked examples, as `mailbot policy timeline` tells them to a person who asks.

Each was counted by hand on a calendar of 2025 to 2027, with the bank holidays of England. Where a landlord counts from
elsewhere than the Code does, its own words alone are asked (`off`).
"""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from mailbot.places import config_dir

ACK, CONTACT, RESPONSE, REVIEW = "acknowledgement", "contact", "response", "review"
MORE, ASK, SILENT = "extension", "stage2_request", "silence"

EXAMPLES = [
    # 1: received on the Friday before Christmas, acknowledged on the last day
    (1, "code-2024", "off", "2025-12-19 acknowledged 2025-12-30",
     {(ACK, 1): "2025-12-30", (RESPONSE, 1): "2026-01-14"}),
    (1, "mtvh", "enforce", "2025-12-19 acknowledged 2025-12-30", {(ACK, 1): "2025-12-30"}),
    (1, "mtvh", "off", "2025-12-19 acknowledged 2025-12-30", {(ACK, 1): "2025-12-30"}),
    # 2: on Christmas Eve
    (2, "tch", "off", "2025-12-24 acknowledged 2025-12-30",
     {(ACK, 1): "2025-12-30", (CONTACT, 1): "2026-01-05", (RESPONSE, 1): "2026-01-14"}),
    (2, "tch", "enforce", "2025-12-24 acknowledged 2025-12-30",
     {(ACK, 1): "2025-12-30", (CONTACT, 1): "2026-01-05", (RESPONSE, 1): "2026-01-14"}),
    # 3: an email in the night to Christmas Day; day 0 is Christmas Day
    (3, "mrh", "off", "2025-12-25T02:14", {(ACK, 1): "2025-12-31", (RESPONSE, 1): "2026-01-12"}),
    (3, "mrh", "enforce", "2025-12-25T02:14", {(ACK, 1): "2025-12-31", (RESPONSE, 1): "2026-01-12"}),
    # 4: raised on the Monday before Christmas
    (4, "mhs", "off", "2025-12-22", {(ACK, 1): "2025-12-23", (RESPONSE, 1): "2026-01-05"}),
    (4, "mhs", "enforce", "2025-12-22", {(ACK, 1): "2025-12-23", (RESPONSE, 1): "2026-01-05"}),
    # 5: stage 2 asked for on New Year's Eve; from the request, from the acknowledgement, put off
    (5, "ivh", "off", "2025-12-01 escalated 2025-12-31 acknowledged 2026-01-08", {(RESPONSE, 2): "2026-01-29"}),
    (5, "ivh", "enforce", "2025-12-01 escalated 2025-12-31 acknowledged 2026-01-08",
     {(ACK, 2): "2026-01-08", (RESPONSE, 2): "2026-01-29"}),
    (5, "code-2024", "off", "2025-12-01 escalated 2025-12-31 acknowledged 2026-01-08",
     {(ACK, 2): "2026-01-08", (RESPONSE, 2): "2026-02-05", (MORE, 2): "2026-03-05"}),
    # 6: over Easter
    (6, "code-2024", "off", "2026-03-30 acknowledged 2026-04-02",
     {(ACK, 1): "2026-04-08", (RESPONSE, 1): "2026-04-20"}),
    # 7: an email late on Easter Saturday
    (7, "tch", "off", "2026-04-04T23:30", {(ACK, 1): "2026-04-08"}),
    (7, "tch", "enforce", "2026-04-04T23:30", {(ACK, 1): "2026-04-08"}),
    # 8: a resident's time over both May holidays; where twenty "days" may be either, the later
    (8, "mrh", "enforce", "2026-04-01 responded 2026-04-28", {(ASK, 1): "2026-05-28"}),
    (8, "ivh", "enforce", "2026-04-01 responded 2026-04-28", {(ASK, 1): "2026-05-13"}),
    (8, "tch", "enforce", "2026-04-01 responded 2026-04-28", {(ASK, 1): "2026-05-28"}),
    # 9: asked for on the Friday before the spring holiday; the review, then its outcome
    (9, "mrh", "off", "2026-04-01 responded 2026-04-28 escalated 2026-05-22",
     {(ACK, 2): "2026-05-28", (REVIEW, 2): "2026-06-22", (RESPONSE, 2): "2026-06-29"}),
    # 10: over the August holiday, with an extension that counts from the original date
    (10, "tch", "off", "2026-08-21 acknowledged 2026-08-25",
     {(ACK, 1): "2026-08-25", (RESPONSE, 1): "2026-09-09", (MORE, 1): "2026-09-23"}),
    (10, "tch", "enforce", "2026-08-21 acknowledged 2026-08-25",
     {(ACK, 1): "2026-08-25", (RESPONSE, 1): "2026-09-09", (MORE, 1): "2026-09-23"}),
    # 11: silence over Christmas
    (11, "mhs", "off", "2025-12-12", {(SILENT, 1): "2025-12-30"}),
    (11, "mhs", "off", "2025-11-24 responded 2025-12-05", {(SILENT, 1): "2026-01-07"}),
    (11, "mrh", "off", "2025-11-24 responded 2025-12-05", {(SILENT, 1): "2026-01-07"}),
    (11, "mrh", "enforce", "2025-11-24 responded 2025-12-05", {(SILENT, 1): "2026-01-07"}),
    # 12: over Christmas 2026, with its substitute day
    (12, "code-2024", "off", "2026-12-23", {(ACK, 1): "2027-01-04"}),
    (12, "mtvh", "enforce", "2026-12-23", {(ACK, 1): "2027-01-04"}),
]  # fmt: skip


def told(policy, id: str, overlay: str, moments: str) -> dict[tuple[str, int | None], list[str]]:
    """What the command says, by event and stage; the target dates, in the order of the rows."""
    received, *others = moments.split()
    options = [f"--{word}" if word.isalpha() else word for word in others]
    said = policy("timeline", id, "--overlay", overlay, "--received", received, *options, "--json")
    assert said.code == 0, said.err
    found: dict[tuple[str, int | None], list[str]] = {}
    for row in json.loads(said.out):
        found.setdefault((row["event"], row["stage"]), []).append(row["target_due"])
    return found


@pytest.mark.parametrize(
    ("example", "id", "overlay", "moments", "dates"),
    EXAMPLES,
    ids=[f"{n}-{id}-{overlay}-{m.split()[0]}" for n, id, overlay, m, _ in EXAMPLES],
)
def test_a_worked_example_comes_out_of_the_timeline(policy, example, id, overlay, moments, dates) -> None:
    rows = told(policy, id, overlay, moments)
    assert {event: rows[event][-1] for event in dates} == dates


def test_every_one_of_the_twelve_is_among_them() -> None:
    assert {example[0] for example in EXAMPLES} == set(range(1, 13))


@pytest.mark.parametrize("overlay", ["off", "enforce"])
def test_1_the_breach_is_ten_days_after_the_acknowledgement_and_the_target_ten_after_receipt(
    policy, overlay: str
) -> None:
    options = ("--received", "2025-12-19", "--acknowledged", "2025-12-30", "--overlay", overlay, "--json")
    (row,) = [r for r in json.loads(policy("timeline", "mtvh", *options).out) if r["event"] == RESPONSE]
    assert (row["target_due"], row["outer_due"]) == ("2026-01-07", "2026-01-14")


def test_3_rolled_forward_by_a_policy_that_says_so_it_ends_later(policy, tmp_path: Path) -> None:
    text = (config_dir() / "policies" / "mrh.toml").read_text(encoding="utf-8")
    own = tmp_path / "config" / "policies"
    own.mkdir(parents=True)
    rolled = '\n[receipt]\nroll_forward = true\nclauses = ["7.5.2"]\n'
    (own / "ours.toml").write_text(text.replace('id = "mrh"', 'id = "ours"', 1) + rolled, encoding="utf-8")
    rows = told(policy, "ours", "off", "2025-12-25T02:14")
    assert (rows[ACK, 1], rows[RESPONSE, 1]) == (["2026-01-02"], ["2026-01-13"])


def test_what_is_tried_early_and_what_is_confirmed_have_their_dates_too(policy) -> None:
    """TCH 7.2.2 and 9.4: three days to settle it quickly; ten to say what was understood, ten to confirm it."""
    rows = told(policy, "tch", "enforce", "2026-03-02 responded 2026-03-12 escalated 2026-03-16")
    assert rows["early_resolution", 1] == ["2026-03-05"]
    assert (rows["understanding", 2], rows["confirmation", 2]) == (["2026-03-30"], ["2026-04-01"])


def test_whoever_is_asked_how_it_was_handled_is_asked_on_a_day_that_the_timeline_tells(policy) -> None:
    """MRH 7.9."""
    rows = told(policy, "mrh", "enforce", "2026-03-02 responded 2026-03-12 closed 2026-04-16")
    assert rows["survey", None] == ["2026-04-23"]
    assert ("survey", None) not in told(policy, "mrh", "enforce", "2026-03-02 responded 2026-03-12")

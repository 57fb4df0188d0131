"""On which day something counts as received, and whether a shut office stops a clock: only where a policy says so."""

from __future__ import annotations

import datetime as dt
import json
from pathlib import Path

import pytest

from mailbot.casework.calendar import Calendar
from mailbot.casework.policy import Policy
from mailbot.casework.timetable import arrange, timetable
from mailbot.places import config_dir
from mailbot.policyfile import PolicyMistake, load_policy

D = dt.date
MTVH = (config_dir() / "policies" / "mtvh.toml").read_text(encoding="utf-8")
ENGLAND = Calendar("ENG")
CHRISTMAS = frozenset({D(2026, 12, 24), D(2026, 12, 29), D(2026, 12, 30), D(2026, 12, 31)})
ROLLED = '[receipt]\nroll_forward = true\nclauses = ["3.2 b3"]\n'
SHUT = '[closures]\ndeducted = true\nclauses = ["3.2 b3"]\n'


def at(text: str) -> dt.datetime:
    return dt.datetime.fromisoformat(text)


def ours(folder: Path, *tables: str, overlay: str = "off") -> Policy:
    """The shipped policy with these tables, as a landlord would add them."""
    folder.mkdir(parents=True, exist_ok=True)
    text = MTVH.replace('id = "mtvh"', 'id = "ours"') + "\n" + "\n".join(tables)
    (folder / "ours.toml").write_text(text, encoding="utf-8")
    return load_policy("ours", folder, overlay)


def acknowledge_by(policy: Policy, received: str, calendar: Calendar = ENGLAND) -> D:
    moments = arrange(at(received), received_on=lambda instant: policy.received_on(instant, calendar))
    rows = timetable(policy, calendar, moments.received)
    return next(row.target_due for row in rows if (row.event, row.stage) == ("acknowledgement", 1))


def test_unless_the_policy_says_otherwise_day_0_is_the_day_whatever_the_hour(tmp_path: Path) -> None:
    for policy in (load_policy("mtvh"), load_policy("code-2024"), ours(tmp_path)):
        assert policy.received_on(at("2026-04-04T23:30+01:00"), ENGLAND) == D(2026, 4, 4)  # Easter Saturday
        assert policy.received_on(at("2026-06-14T23:30+00:00"), ENGLAND) == D(2026, 6, 15)


@pytest.mark.parametrize(
    ("instant", "day"),
    [
        ("2025-12-25T02:14+00:00", D(2025, 12, 29)),  # Christmas Day; the 26th is a holiday too
        ("2026-03-02T17:00+00:00", D(2026, 3, 2)),
        ("2026-03-02T17:00:01+00:00", D(2026, 3, 3)),
        ("2026-03-06T18:00+00:00", D(2026, 3, 9)),  # Friday evening
        ("2026-04-04T09:00+01:00", D(2026, 4, 7)),  # Easter Saturday
        ("2026-06-15T16:30+00:00", D(2026, 6, 16)),  # half past five in London's summer
        ("2026-06-15T15:30+00:00", D(2026, 6, 15)),
        ("2026-10-23T16:30+00:00", D(2026, 10, 26)),  # the last Friday of summer time
        ("2026-10-26T16:30+00:00", D(2026, 10, 26)),  # and the Monday after it, by the same UTC clock
    ],
)
def test_where_it_does_what_comes_in_the_evening_or_on_no_working_day_counts_from_the_next(
    tmp_path: Path, instant: str, day: D
) -> None:
    assert ours(tmp_path, ROLLED).received_on(at(instant), ENGLAND) == day


def test_the_cutoff_is_the_policys_own(tmp_path: Path) -> None:
    policy = ours(tmp_path, ROLLED.replace("clauses", 'cutoff = "12:30"\nclauses'))
    assert policy.received_on(at("2026-03-02T12:31+00:00"), ENGLAND) == D(2026, 3, 3)
    assert policy.received_on(at("2026-03-02T12:30+00:00"), ENGLAND) == D(2026, 3, 2)
    with pytest.raises(
        PolicyMistake, match=r"ours.toml: receipt.cutoff = 'noon'\n    this is no time of day"
    ):
        ours(tmp_path, ROLLED.replace("clauses", 'cutoff = "noon"\nclauses'))
    with pytest.raises(PolicyMistake, match=r"ours.toml: receipt.clauses\n    this is missing"):
        ours(tmp_path, "[receipt]\nroll_forward = true\n")


def test_closure_days_are_deducted_only_where_the_policy_deducts_them(tmp_path: Path) -> None:
    shut = Calendar("ENG", closure_days=CHRISTMAS)
    assert acknowledge_by(ours(tmp_path), "2026-12-23T10:00+00:00", shut) == D(2027, 1, 4)
    assert acknowledge_by(ours(tmp_path, SHUT), "2026-12-23T10:00+00:00", shut) == D(2027, 1, 8)
    # An evening mail before a shut week, with both: received on 4 January.
    both = ours(tmp_path, ROLLED, SHUT)
    assert both.received_on(at("2026-12-23T18:00+00:00"), shut) == D(2027, 1, 4)
    assert acknowledge_by(both, "2026-12-23T18:00+00:00", shut) == D(2027, 1, 11)


def test_the_code_enforced_counts_from_receipt_and_says_what_it_changed(tmp_path: Path) -> None:
    shut = Calendar("ENG", closure_days=CHRISTMAS)
    policy = ours(tmp_path, ROLLED, SHUT, overlay="enforce")
    assert policy.received_on(at("2026-12-23T18:00+00:00"), shut) == D(2026, 12, 23)
    assert acknowledge_by(policy, "2026-12-23T18:00+00:00", shut) == D(2027, 1, 4)
    changes = {change.where: change for change in policy.changes}
    assert changes["received"].clauses == changes["closure days"].clauses == ("Code 6.2",)
    assert changes["received"].own == "after 17:00 or on no working day: on the next working day"
    warned = ours(tmp_path, ROLLED, SHUT, overlay="warn")
    assert warned.received_on(at("2026-12-23T18:00+00:00"), shut) == D(2027, 1, 4)
    assert {"received", "closure days"} <= {change.where for change in warned.changes}


def test_both_are_found_against_the_code(policy, tmp_path: Path) -> None:
    ours(tmp_path / "config" / "policies", ROLLED, SHUT)
    found = json.loads(policy("check", "ours", "--json").out)
    told = {f["subject"]: f for f in found if f["code"] == ["Code 6.2"] and f["kind"] == "breach"}
    assert {"from when a mail counts", "days on which the office is shut"} <= set(told)
    assert told["from when a mail counts"]["clauses"] == ["3.2 b3"]
    shipped = json.loads(policy("check", "mtvh", "--json").out)
    assert not {f["subject"] for f in shipped} & set(told)


def test_both_are_told_where_a_policy_is_read_and_asked(policy, tmp_path: Path) -> None:
    own = tmp_path / "config"
    ours(own / "policies", ROLLED, SHUT)
    (own / "mailbot.toml").write_text("[calendar]\nclosure_days = [2026-12-29]\n", encoding="utf-8")
    page = " ".join(policy("show", "ours", "--overlay", "off").out.split())
    assert "after 17:00 or on no working day: on the next working day [3.2 b3]" in page
    assert "(published to 2028); closure days (Tue 29 Dec 2026): no working days [3.2 b3]" in page
    told = policy("timeline", "ours", "--overlay", "off", "--received", "2026-12-24T18:00", "--json")
    rows = {(r["event"], r["stage"]): r["target_due"] for r in json.loads(told.out)}
    assert rows["acknowledgement", 1] == "2027-01-07"  # received on the 30th, five working days on
    shipped = " ".join(policy("show", "mtvh").out.split())
    assert "on the day on which it comes, whatever the hour" in shipped
    assert "closure days (Tue 29 Dec 2026): working days like any other" in shipped

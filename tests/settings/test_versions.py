"""A mailbox knows every version of its policy, and a case keeps the one of the day of its receipt."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mailbot.casework.policy import Policy
from mailbot.casework.versions import holds, in_force
from mailbot.places import config_dir
from mailbot.policyfile import PolicyMistake, load_policy, load_versions
from mailbot.settings import Settings, SettingsMistake, load

D = dt.date
SECRETS = {"MAILBOT_IMAP_PASSWORD": "hush", "MAILBOT_SMTP_PASSWORD": "hush"}
MAILBOT, STAFF = (
    (config_dir() / f"{name}.toml").read_text(encoding="utf-8") for name in ("mailbot", "staff")
)
MTVH = (config_dir() / "policies" / "mtvh.toml").read_text(encoding="utf-8")


@dataclass(frozen=True)
class Span:
    valid_from: dt.date
    valid_to: dt.date | None = None


BASE = Span(D(2021, 8, 23))
INTERIM = Span(D(2026, 3, 1), D(2026, 5, 31))


@pytest.mark.parametrize(
    ("day", "version"),
    [
        (D(2021, 8, 23), BASE),
        (D(2026, 2, 28), BASE),
        (D(2026, 3, 1), INTERIM),
        (D(2026, 5, 31), INTERIM),
        (D(2026, 6, 1), BASE),  # the interruption is over
        (D(2019, 1, 1), BASE),  # before any: the first
    ],
)
def test_an_interim_version_goes_before_the_one_that_it_interrupts_and_no_longer(
    day: D, version: Span
) -> None:
    assert in_force((BASE, INTERIM), day) == in_force((INTERIM, BASE), day) == version


def test_after_the_end_of_all_the_last_that_began_goes_on() -> None:
    ended = Span(D(2021, 8, 23), D(2026, 2, 28))
    assert in_force((ended, INTERIM), D(2027, 1, 1)) == INTERIM
    assert in_force((ended,), D(2027, 1, 1)) == ended


spans = st.builds(
    lambda start, length: Span(start, start + dt.timedelta(days=length) if length is not None else None),
    st.dates(D(2020, 1, 1), D(2028, 1, 1)),
    st.none() | st.integers(0, 900),
)


@given(st.lists(spans, min_size=1, max_size=6), st.dates(D(2019, 1, 1), D(2030, 1, 1)))
def test_some_version_always_governs_and_one_that_holds_before_one_that_does_not(
    versions: list[Span], day: D
) -> None:
    chosen = in_force(versions, day)
    assert chosen in versions
    assert holds(chosen, day) or not any(holds(v, day) for v in versions)
    assert all(v.valid_from <= chosen.valid_from for v in versions if holds(v, day)) or not holds(chosen, day)


# ------------------------------------------------------------------ on disk


def version(valid_from: str, valid_to: str = "", acknowledge: int = 5, more: str = "") -> str:
    dates = f"valid_from = {valid_from}" + (f"\nvalid_to = {valid_to}" if valid_to else "") + more
    text = MTVH.replace('id = "mtvh"', 'id = "ours"').replace("valid_from = 2021-08-23", dates)
    return text.replace('"5 working days from received"', f'"{acknowledge} working days from received"')


def write(directory: Path, policy: str = "ours", **files: str) -> Path:
    (directory / "policies").mkdir(exist_ok=True)
    for name, text in files.items():
        (directory / "policies" / f"{name}.toml").write_text(text, encoding="utf-8")
    (directory / "staff.toml").write_text(STAFF, encoding="utf-8")
    (directory / "mailbot.toml").write_text(
        MAILBOT.replace('policy = "code-2024"', f'policy = "{policy}"'), encoding="utf-8"
    )
    return directory


def loaded(directory: Path, today: D) -> Settings:
    return load(directory, environ=SECRETS, today=today)


def keys(policies: tuple[Policy, ...]) -> list[str]:
    return [policy.key for policy in policies]


@pytest.mark.parametrize("named", ["ours", "policies/ours.toml", "policies/interim.toml"])
def test_a_mailbox_has_all_versions_of_the_policy_that_it_names(tmp_path: Path, named: str) -> None:
    """By id or by any of their files: the file name says nothing, the `id` inside does."""
    directory = write(
        tmp_path, named, ours=version("2021-08-23"), interim=version("2026-03-01", "2026-05-31", 4)
    )
    (mailbox,) = loaded(directory, D(2026, 4, 1)).mailboxes
    assert keys(mailbox.versions) == ["ours@2021-08-23", "ours@2026-03-01"]
    assert mailbox.policy.key == "ours@2026-03-01"
    assert mailbox.policy_on(D(2026, 2, 28)).key == "ours@2021-08-23"
    assert mailbox.policy_on(D(2026, 6, 1)).key == "ours@2021-08-23"
    assert loaded(directory, D(2026, 7, 1)).mailboxes[0].policy.key == "ours@2021-08-23"


def test_a_mailbox_may_name_one_version_alone(tmp_path: Path) -> None:
    directory = write(tmp_path, "ours@2021-08-23", ours=version("2021-08-23"), newer=version("2026-01-01"))
    (mailbox,) = loaded(directory, D(2026, 4, 1)).mailboxes
    assert keys(mailbox.versions) == ["ours@2021-08-23"]


def test_a_landlords_own_versions_take_the_place_of_the_shipped_ones_but_a_case_finds_its_own(
    tmp_path: Path,
) -> None:
    own = version("2026-01-01").replace('id = "ours"', 'id = "mtvh"')
    directory = write(tmp_path, "mtvh", mtvh=own)
    assert keys(loaded(directory, D(2026, 4, 1)).mailboxes[0].versions) == ["mtvh@2026-01-01"]
    assert load_policy("mtvh@2021-08-23", tmp_path / "policies").landlord.startswith("Metropolitan")


def test_two_files_with_the_version_of_one_day_are_refused(tmp_path: Path) -> None:
    write(tmp_path, ours=version("2021-08-23"), again=version("2021-08-23"))
    with pytest.raises(
        PolicyMistake, match="valid_from = 2021-08-23\n    two files of ours hold the version"
    ):
        load_versions("ours", tmp_path / "policies")
    with pytest.raises(SettingsMistake, match="two files of ours"):
        loaded(tmp_path, D(2026, 4, 1))


def test_a_mistake_in_any_version_stops_the_start(tmp_path: Path) -> None:
    broken = version("2026-03-01").replace('"4 working days', '"soon').replace("person_noun", "person_nown")
    with pytest.raises(SettingsMistake, match="person_nown"):
        loaded(write(tmp_path, ours=version("2021-08-23"), later=broken), D(2026, 1, 1))


def test_versions_that_count_by_two_nations_are_refused(tmp_path: Path) -> None:
    scottish = version("2026-03-01", more='\nnation = "SCT"').replace('nation = "ENG"\n', "")
    with pytest.raises(SettingsMistake, match="the holidays of ENG, SCT"):
        loaded(write(tmp_path, ours=version("2021-08-23"), later=scottish), D(2026, 1, 1))


def test_a_day_without_any_version_in_force_is_warned_of(tmp_path: Path) -> None:
    directory = write(tmp_path, ours=version("2021-08-23", "2026-03-31"))
    assert loaded(directory, D(2026, 3, 31)).warnings == ()
    (warning,) = loaded(directory, D(2026, 4, 1)).warnings
    assert (warning.file, warning.key, warning.value) == ("mailbot.toml", "mailbox[1].policy", "'ours'")
    assert "in force today: ours@2021-08-23 holds from 2021-08-23 to 2026-03-31" in warning.problem

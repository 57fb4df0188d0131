"""A landlord begins a policy of its own with one command."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

import pytest
from doors.command_line import Said

from mailbot.casework.policy import Overlay
from mailbot.places import config_dir
from mailbot.policyfile import load_policy


def test_a_starter_file_is_written_and_can_be_used_as_it_is(
    policy: Callable[..., Said], tmp_path: Path
) -> None:
    said = policy("new", "our-homes", "--landlord", "Our Homes (Anytown) Ltd")
    assert said.code == 0 and "policy check our-homes" in said.out
    file = tmp_path / "config" / "policies" / "our-homes.toml"
    for overlay in Overlay:
        loaded = load_policy(file, file.parent, overlay)
        assert (loaded.id, loaded.landlord) == ("our-homes", "Our Homes (Anytown) Ltd")
    assert policy("show", "our-homes").code == 0
    assert policy("timeline", "our-homes", "--received", "2026-03-02").code == 0
    assert policy("check", "our-homes").code in (0, 1)


def test_a_starter_file_is_never_written_over_another(policy: Callable[..., Said], tmp_path: Path) -> None:
    assert policy("new", "our-homes").code == 0
    file = tmp_path / "config" / "policies" / "our-homes.toml"
    file.write_text(file.read_text() + "\n# mine\n")
    again = policy("new", "our-homes")
    assert again.code == 2 and "already" in again.err
    assert file.read_text().endswith("# mine\n")


@pytest.mark.parametrize(
    ("id", "told"),
    [("mtvh", "already"), ("house", "already"), ("Our Homes", "small letters"), ("../x", "small letters")],
)
def test_a_mistaken_id_is_refused_with_what_to_write(policy: Callable[..., Said], id: str, told: str) -> None:
    said = policy("new", id)
    assert said.code == 2 and told in said.err


def test_what_the_starter_file_offers_in_comments_is_right_too(tmp_path: Path) -> None:
    """Somebody who takes the comments over gets a policy that loads."""
    text = (config_dir() / "starter-policy.toml").read_text()
    for word, value in (("{id}", "ours"), ("{landlord}", "Ours"), ("{today}", "2026-01-05")):
        text = text.replace(word, value)
    taken = re.sub(r"^# (?=\[|[a-z_]+ = )", "", text, flags=re.MULTILINE)
    taken = re.sub(r'"\d\.x"', '"1"', taken)
    file = tmp_path / "ours.toml"
    file.write_text(taken)
    loaded = load_policy(file)
    assert loaded.survey and loaded.stage(2).window and loaded.silence and loaded.stage(1).approver

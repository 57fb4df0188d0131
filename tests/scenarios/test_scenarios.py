"""Every scenario under this folder comes true. One test a file, so that a failing story names itself."""

from __future__ import annotations

from pathlib import Path

import pytest

from mailbot.casework.policy import Overlay
from mailbot.places import config_dir
from mailbot.policyfile import HOUSE, list_policies
from mailbot.scenario_commands import policies_of
from mailbot.scenarios.coverage import cover
from mailbot.scenarios.reading import find_files, read_claims, read_scenarios, read_text
from mailbot.scenarios.rig import settings_for
from mailbot.scenarios.running import play
from mailbot.scenarios.telling import as_text

HERE = Path(__file__).parent
POLICIES = policies_of(Path("config"))
SHIPPED = sorted({found.id for found in list_policies(config_dir() / "policies")} - {HOUSE})


@pytest.mark.parametrize(
    "file", find_files([HERE]), ids=lambda file: file.relative_to(HERE).with_suffix("").as_posix()
)
def test_the_story_comes_true(file: Path) -> None:
    for scenario in read_scenarios(read_text(file), str(file.relative_to(HERE)), POLICIES):
        policy = POLICIES(scenario.policy, scenario.overlay)
        played = play(scenario, policy)
        assert played.checks, f"{scenario.title}: it expects nothing, so it can't fail"
        assert played.came_true, "\n" + as_text(played, settings_for(scenario, policy).calendar)


@pytest.mark.parametrize("id", SHIPPED)
def test_every_clause_that_mailbot_keeps_has_a_scenario(id: str) -> None:
    claims = [claim for file in find_files([HERE]) for claim in read_claims(read_text(file), file.name)]
    gaps = [row.clause.id for row in cover(POLICIES(id, Overlay.OFF), claims) if row.is_gap]
    assert not gaps

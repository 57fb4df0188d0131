"""Every scenario under this folder comes true. One test a file, so that a failing story names itself."""

from __future__ import annotations

from pathlib import Path

import pytest

from mailbot.scenario_commands import policies_of
from mailbot.scenarios.reading import find_files, read_scenarios, read_text
from mailbot.scenarios.rig import settings_for
from mailbot.scenarios.running import play
from mailbot.scenarios.telling import as_text

HERE = Path(__file__).parent
POLICIES = policies_of(Path("config"))


@pytest.mark.parametrize(
    "file", find_files([HERE]), ids=lambda file: file.relative_to(HERE).with_suffix("").as_posix()
)
def test_the_story_comes_true(file: Path) -> None:
    for scenario in read_scenarios(read_text(file), str(file.relative_to(HERE)), POLICIES):
        policy = POLICIES(scenario.policy, scenario.overlay)
        played = play(scenario, policy)
        assert played.came_true, "\n" + as_text(played, settings_for(scenario, policy).calendar)

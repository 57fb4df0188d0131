"""`mailbot simulate` and `mailbot policy coverage`: a policy's stories, played and counted.

Nothing here touches a mailbox, a database or a configuration; policies come from the configuration folder, if
there is one, and from the shipped ones. Rooms are imported when a command needs them.

Exit codes: 0 all came true, or every clause has its scenario; 1 something did not, or a clause has none; 2 a
mistake in the command or in a file.
"""

from __future__ import annotations

import functools
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from mailbot.casework.parts import Overlay
from mailbot.policy_commands import (
    HERE,
    AsJson,
    ConfigDir,
    PolicyId,
    find_policy,
    print_json,
    refuse,
)

if TYPE_CHECKING:
    from mailbot.casework.policy import Policy

Files = Annotated[
    list[Path], typer.Argument(metavar="FILE…", help="Scenario files, or folders that hold some.")
]
Verbose = Annotated[bool, typer.Option("--verbose", "-v", help="With the text of every mail and letter.")]
Stories = Annotated[
    Path | None, typer.Option("--scenarios", metavar="DIR", help="Where the scenario files lie.")
]


def simulate(
    files: Files, as_json: AsJson = False, verbose: Verbose = False, config: ConfigDir = HERE
) -> None:
    """Play scenarios: a policy told as stories, on a clock that jumps. Nothing is sent.

    How to read and write one: docs/scenarios.md. Exits with 1 if something did not come true."""
    from mailbot.mistakes import Mistake, Mistakes
    from mailbot.scenarios.reading import find_files, read_scenarios, read_text
    from mailbot.scenarios.rig import settings_for
    from mailbot.scenarios.running import play
    from mailbot.scenarios.story import Scenario
    from mailbot.scenarios.telling import as_json as tell_json
    from mailbot.scenarios.telling import as_text

    policies = policies_of(config)
    found = find_files(files)
    if not found:
        refuse("there is no scenario in these folders: a scenario's file ends in .txt")
    stories: list[Scenario] = []
    mistakes: list[Mistake] = []
    for file in found:
        try:
            stories += read_scenarios(read_text(file), str(file), policies)
        except Mistakes as wrong:
            mistakes += wrong.mistakes
    if mistakes:
        raise Mistakes(mistakes)
    told, came_true = [], 0
    for story in stories:
        policy = policies(story.policy, story.overlay)
        played = play(story, policy)
        came_true += played.came_true
        if as_json:
            told.append(tell_json(played))
        else:
            typer.echo(as_text(played, settings_for(story, policy).calendar, verbose))
    if as_json:
        print_json(told)
    elif len(stories) > 1:
        typer.echo(f"{came_true} of {len(stories)} scenarios came true.")
    if came_true < len(stories):
        raise typer.Exit(1)


def policies_of(config: Path) -> Callable[[str, Overlay], Policy]:
    """Finds policies by their id, each resolved once."""

    @functools.cache
    def find(id: str, overlay: Overlay) -> Policy:
        return find_policy(id, config, overlay)

    return find


def coverage(
    id: PolicyId, scenarios: Stories = None, as_json: AsJson = False, config: ConfigDir = HERE
) -> None:
    """Every clause of a policy that mailbot keeps: the rules that cite it, and the scenarios that show it kept.

    Exits with 1 if a clause has no scenario."""
    from mailbot.scenarios.coverage import as_text, cover, shipped_scenarios
    from mailbot.scenarios.reading import find_files, read_claims, read_text

    folder = scenarios or shipped_scenarios()
    if folder is None or not folder.is_dir():
        refuse(
            f"{folder or 'tests/scenarios'} is not a folder: name the one that holds them with --scenarios"
        )
    policy = find_policy(id, config, Overlay.OFF)
    claims = [
        claim
        for file in find_files([folder])
        for claim in read_claims(read_text(file), file.relative_to(folder).as_posix())
    ]
    covered = cover(policy, claims)
    if as_json:
        print_json([row.as_json() for row in covered])
    else:
        typer.echo(as_text(policy, covered), nl=False)
    if any(row.is_gap for row in covered):
        raise typer.Exit(1)

"""`mailbot health`: how the service is, for people and for whatever watches containers."""

from __future__ import annotations

from typing import Annotated

import typer

from mailbot.terminal import HERE, ConfigDir, load, open_database, print_json


def health(
    config: ConfigDir = HERE,
    as_json: Annotated[bool, typer.Option("--json", help="For programs.")] = False,
) -> None:
    """Whether mail is read and letters leave, and what needs somebody. Reads the database; asks no server.

    Exits with 1 while mail or letters stand still."""
    from mailbot.casework.parts import MODE_WORDS
    from mailbot.clock import WallClock
    from mailbot.health import examine

    settings = load(config)
    store = open_database(settings)
    with store.read() as work:
        found = examine(work, settings, WallClock().now())
    store.close()
    if as_json:
        print_json(found.as_json())
    else:
        typer.echo(f"Mode {MODE_WORDS[settings.mode]}.")
        for trouble in found.troubles:
            typer.echo(f"{'STANDS STILL' if trouble.blocks else 'look'}  {trouble.part}: {trouble.told}")
        typer.echo("Ready: mail is read and letters leave." if found.ready else "Not ready.")
    if not found.ready:
        raise typer.Exit(1)

"""`mailbot db move`: from SQLite to PostgreSQL with everything that is going on, or back."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Annotated

import typer

from mailbot.terminal import HERE, ConfigDir, load, plain, stop


def move(
    file: Annotated[
        Path | None, typer.Argument(metavar="FILE", help="The SQLite file that mailbot worked on until now.")
    ] = None,
    from_env: Annotated[
        str,
        typer.Option(
            metavar="VARIABLE", help="Or the variable that holds the URL of the database until now."
        ),
    ] = "",
    config: ConfigDir = HERE,
) -> None:
    """Carry the whole record into the empty database that mailbot.toml names now. Stop mailbot first.

    What waits goes on waiting there, and nothing is sent twice: the old database stays as it is, and no mailbot works
    on it any more. If anything goes wrong nothing has moved."""
    from mailbot.clock import WallClock
    from mailbot.daemon import AlreadyRunning, alone_on
    from storage import moving

    settings = load(config)
    source, target = _named(file, from_env), settings.database.url
    moving.refuse_the_same(source, target)
    try:
        with alone_on(source), alone_on(target):
            moved = moving.move(source, target, settings.database.journal_key, WallClock().now())
    except AlreadyRunning as running:
        stop(f"{running}. Nothing was changed")
    held = ", ".join(f"{moved.rows[name]:,} {name}" for name in ("cases", "mails", "letters", "timers"))
    typer.echo(f"Moved to {moving.place(target)}: {held}.")
    typer.echo(
        f"Start mailbot, and take a backup. {moving.place(source)} holds residents' mail: delete it then."
    )
    for fault in moved.verified.faults[:20]:
        typer.echo(plain(f"FAULT: {fault.reference or ''} {fault.what}"))
    if moved.verified.faults:
        stop("the journal is not as it was written, neither here nor there: run mailbot journal verify", 1)
    typer.echo(f"The journal is there as it was here: {moved.verified.lines:,} lines.")


def _named(file: Path | None, from_env: str) -> str:
    if (file is None) == (not from_env):
        stop(
            "name the SQLite file that mailbot worked on until now, or with --from-env the variable of its URL"
        )
    if file is None:
        return os.environ.get(from_env) or stop(f"--from-env {from_env}: this variable is empty")
    if not file.is_file():
        stop(f"there is no file {file}")
    return f"sqlite:///{file.resolve()}"

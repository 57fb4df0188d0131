"""`mailbot journal`: whether the record of what happened is as it was written, and the mark that it is checked by."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from mailbot.terminal import HERE, Commands, ConfigDir, load, open_database, plain, stop

if TYPE_CHECKING:
    from storage.verifying import Fault

journal_app = typer.Typer(cls=Commands, no_args_is_help=True, help="The journal: that nobody changed it.")

MOST_SHOWN = 50


SHORTEST_SEAL = 8
"""Characters, as digests name it. Any beginning would be that of one seal among many."""


@journal_app.command("verify")
def journal_verify(
    config: ConfigDir = HERE,
    case: Annotated[str, typer.Option("--case", help="Only the lines of this case.")] = "",
    witness: Annotated[
        str | None,
        typer.Option(help="A seal that a digest named: the journal must still hold what it stood for."),
    ] = None,
) -> None:
    """Hold every line against its seal, and say where one was changed, removed, added or put elsewhere.

    Exits with 1 if anything is not as it was written."""
    from mailbot.cases_typed import find_case
    from mailbot.casework.calendar import LONDON
    from mailbot.reports.history import moment

    if (
        witness is not None and len("".join(witness.split())) < SHORTEST_SEAL
    ):  # so little of one proves nothing
        stop(f"--witness {witness!r}: write the seal as the digest names it, like 8f3a c01b")
    settings = load(config)
    store = open_database(settings)
    with store.read() as work:
        reference = find_case(work, case, settings.reference_prefix).reference if case else None
        found = work.verify_journal(reference)
        witnessed = list(work.checkpoints_named(witness)) if witness else []
    store.close()
    for erasure in found.erasures:
        typer.echo(plain(f"{erasure.summary} ({erasure.lines:,} lines)"))
    for fault in found.faults[:MOST_SHOWN]:
        typer.echo(plain(f"FAULT: {_where(fault)}{fault.what}"))
    if len(found.faults) > MOST_SHOWN:
        typer.echo(f"... and {len(found.faults) - MOST_SHOWN:,} more faults")
    for mark in witnessed:
        at = moment(mark.at.astimezone(LONDON))
        typer.echo(f"The seal {witness} is checkpoint {mark.number} of {at}: all lines up to {mark.up_to:,}.")
    if witness and not witnessed:
        typer.echo(
            f"FAULT: no checkpoint has the seal {witness}: lines that it stood for were cut off or replaced"
        )
    held = f"{found.lines:,} lines in {found.chains:,} chains"
    if not reference:
        held += f", {found.checkpoints:,} checkpoints"
    if found.faults or (witness and not witnessed):
        number = len(found.faults) + (1 if witness and not witnessed else 0)
        stop(f"the journal is not as it was written: {number:,} fault{'s'[: number != 1]} in {held}", 1)
    keyed = ", each seal made with your key where it should be" if found.keyed else ""
    typer.echo(f"The journal is as it was written: {held}{keyed}.")
    if found.last:
        typer.echo(f"Last seal: {found.last}")


def _where(fault: Fault) -> str:
    from mailbot.reports.history import moment

    parts = [f"line {fault.seq}"] if fault.seq is not None else []
    parts += [fault.reference] if fault.reference else []
    parts += [moment(fault.at)] if fault.at else []
    return f"{', '.join(parts)}: " if parts else ""


@journal_app.command("seal")
def journal_seal(config: ConfigDir = HERE) -> None:
    """Seal every line so far, as is done by itself once a day: before a backup, or before evidence is handed over."""
    from mailbot.clock import WallClock
    from storage import chain

    store = open_database(load(config))
    with store.begin() as work:
        made = work.checkpoint(WallClock().now())
        last = made or work.last_checkpoint()
    store.close()
    if last is None:
        typer.echo("There is nothing to seal yet.")
        return
    since = f"{made.lines:,} new lines" if made else "nothing new since the last one"
    typer.echo(f"Checkpoint {last.number}: {since}. Seal: {chain.code(last.hash)}")

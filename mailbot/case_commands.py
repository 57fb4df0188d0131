"""`mailbot case export`: what is held on a case, in one file that proves itself. `mailbot case move`: its mailbox is
no more, and another goes on with it."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from mailbot.terminal import HERE, By, ConfigDir, load, open_database, plain, stop, who_types, write_bytes


def case_export(
    reference: Annotated[str, typer.Argument(help="The case, as anybody may type it.")] = "",
    to: Annotated[Path | None, typer.Option("--to", help="The file to write: .zip")] = None,
    check: Annotated[
        Path | None,
        typer.Option("--check", help="Instead: hold a pack that was written before against its manifest."),
    ] = None,
    config: ConfigDir = HERE,
) -> None:
    """The evidence pack: chronology, every mail, attachments, journal, policy, and a manifest with hashes.

    With --check exits with 1 if any file of the pack was changed."""
    if check is not None:
        _check(check)
        return
    if not reference or to is None:
        stop("name the case and the file: mailbot case export CC-2026-004217-7 --to pack.zip")
    if to.suffix.lower() != ".zip":
        stop(f"--to {to}: write a file name that ends in .zip")
    from mailbot.cases_typed import find_case
    from mailbot.clock import WallClock
    from mailbot.evidence import gather, write_zip
    from mailbot.kept_policies import with_kept_policies

    settings = load(config)
    store = open_database(settings)
    settings = with_kept_policies(settings, store, refuse=False)
    now = WallClock().now()
    with store.begin() as work:
        work.checkpoint(now)  # so that the pack can name a seal that holds all of it
    with store.read() as work:
        case = find_case(work, reference, settings.reference_prefix)
        pack = gather(work, settings, case, now)
    store.close()
    content = write_zip(pack.files, pack.manifest)
    write_bytes(to, content, private=True)
    typer.echo(f"{to}: {len(pack.files)} files on {case.reference}, {len(content):,} bytes")
    for other in pack.manifest["linked"]:
        typer.echo(plain(f"linked: {other['reference']}, {other['what']}. It has a pack of its own."))
    for note in pack.notes:
        typer.echo(note)
    if case.restricted:
        typer.echo("This case is restricted: mind who sees the pack.")
    if not pack.manifest["journal"]["verified"]:
        stop("its journal is not as it was written: see mailbot journal verify", 1)


def case_move(
    old: Annotated[
        str, typer.Argument(metavar="OLD", help="The name of a mailbox that mailbot.toml has no more.")
    ],
    into: Annotated[
        str, typer.Option("--into", metavar="NAME", help="The mailbox that goes on with its cases.")
    ],
    by: By = "",
    config: ConfigDir = HERE,
) -> None:
    """Have another mailbox go on with all cases of one that is no more, each by the policy that it keeps to.

    Letters of these cases then come from the new mailbox. Nothing is sent, and no date changes by it."""
    from dataclasses import replace

    from mailbot.casework.vocabulary import DatesChanged, Decision
    from mailbot.clock import WallClock
    from mailbot.mistakes import nearest
    from storage.rows import Step

    settings = load(config)
    names = [box.name for box in settings.mailboxes]
    if into not in names:
        stop(f"--into {into!r}: {nearest(into, names)}")
    if old in names:
        stop(
            f"{old} is in mailbot.toml: take its [[mailbox]] out first, or its mail would go on opening cases in it"
        )
    store, now, who = open_database(settings), WallClock().now(), who_types(settings, by)
    told = f"Goes on in the mailbox {into}: {old} is no more."
    with store.begin() as work:
        cases = work.cases(mailbox=old)
        lost = sorted(work.unreadable)
        for case in cases:
            decision = Decision(replace(case, mailbox=into), summary=told)
            work.record(Step(now, who, case, decision, DatesChanged(now)))
    store.close()
    if not cases and not lost:
        stop(f"no case belongs to a mailbox {old!r}. Nothing was changed")
    typer.echo(f"{len(cases)} case{' goes' if len(cases) == 1 else 's go'} on in {into}.")
    for reference in lost:
        typer.echo(f"{reference} can't be read: its record is damaged, or of a newer mailbot", err=True)


def _check(file: Path) -> None:
    from mailbot.evidence import NotAPack, check_zip

    try:
        manifest, faults = check_zip(file)
    except NotAPack as refused:
        stop(str(refused), 1)
    for fault in faults:
        typer.echo(plain(f"FAULT: {fault}"))
    if faults:
        stop(f"{file} is not as it was written", 1)
    what = manifest.get("reference") or manifest.get("address", "")
    typer.echo(plain(f"{file}: all {len(manifest['files'])} files on {what} are as they were written."))

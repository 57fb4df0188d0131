"""`mailbot backup` and `mailbot restore`: a copy of everything, taken while mailbot runs, and put back."""

from __future__ import annotations

import contextlib
import datetime as dt
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from mailbot.terminal import HERE, ConfigDir, load, open_database, plain, print_json, stop

if TYPE_CHECKING:
    from mailbot.backups import Backup
    from mailbot.settings import Settings
    from storage.backup import Standing
    from storage.verifying import Verified


MOST = 2**31 - 1
"""As the largest number of a letter that either database knows."""


def backup(
    to: Annotated[
        Path | None,
        typer.Argument(metavar="FILE|DIR", help="A new file, or a folder in which it gets its name."),
    ] = None,
    check: Annotated[
        Path | None, typer.Option("--verify", metavar="FILE", help="Write nothing: is this backup whole?")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="For programs.")] = False,
    config: ConfigDir = HERE,
) -> None:
    """Copy everything into one file, also while mailbot runs: database, configuration without secrets, own model.

    Its journal is verified; exits with 1 if it is not as it was written (the copy is made all the same)."""
    from mailbot import backups
    from mailbot.clock import WallClock

    if (to is None) == (check is None):
        stop("name a file or a folder to write the backup to, or --verify and a backup")
    if check is not None and config == HERE and not config.is_dir():  # where backups lie no mailbot need be
        _tell(check, *backups.verify(check, b"", check.parent), as_json)
        return
    settings = load(config)
    if check is not None:
        told, verified = backups.verify(check, settings.database.journal_key, settings.data_dir)
        _tell(check, told, verified, as_json)
        return
    assert to is not None
    store = open_database(settings)
    try:
        file, told, found = backups.make(settings, store, to, WallClock().now())
    finally:
        store.close()
    _tell(file, told, found, as_json)


def _tell(file: Path, told: Backup, verified: Verified | None, as_json: bool) -> None:
    from mailbot.reports.history import moment
    from storage.backup import code_of

    faults = verified.faults if verified else ()
    if as_json:
        print_json({"file": str(file), **told.as_json(), "faults": [fault.what for fault in faults]})
    else:
        typer.echo(f"{file}: mailbot {told.version}, {told.dialect}, as of {moment(told.made_at)}.")
        typer.echo(
            ", ".join(f"{number:,} {what}" for what, number in told.holds.items() if what != "lines") + "."
        )
        for fault in faults[:20]:
            typer.echo(plain(f"FAULT: {fault.reference or ''} {fault.what}".replace("  ", " ")))
        if verified is None:
            typer.echo("Each part is as it was put in, and pg_restore can read the database.")
            typer.echo("Its journal was verified as it was taken, and is again once it is put back.")
        elif not faults:
            typer.echo(f"The journal in it is as it was written: {verified.lines:,} lines.")
        if told.seal:
            typer.echo(f"Last seal: {code_of(told.seal)}")
        if not any(name.startswith("model/") for name in told.parts):
            typer.echo(f"The model ({told.model}) comes with mailbot and is not in it.")
    if faults:
        stop(f"the journal in it is not as it was written: {len(faults):,} faults", 1)


def restore(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="A backup.")],
    replace: Annotated[
        bool, typer.Option("--replace", help="Put aside the database that is there, also if it knows more.")
    ] = False,
    settings_to: Annotated[
        Path | None,
        typer.Option(
            "--settings-to", metavar="DIR", help="Only write the configuration in it to a new folder."
        ),
    ] = None,
    config: ConfigDir = HERE,
) -> None:
    """Put a backup back. mailbot must not run. What is there is put aside, and only with --replace.

    Letters to residents that may have gone out since are held: `mailbot letters held` shows them."""
    from mailbot import backups
    from mailbot.clock import WallClock
    from mailbot.daemon import AlreadyRunning, alone_on

    if settings_to is not None:
        names = backups.settings_to(file, settings_to)
        typer.echo(f"{settings_to}: {', '.join(names)}. Passwords and keys are not in it.")
        return
    settings = load(config)
    now = WallClock().now()
    try:
        with alone_on(settings.database.url), backups.opened(file, settings.data_dir) as (told, database):
            before = _put_back(settings, told, database, now, replace)
    except AlreadyRunning as running:
        stop(f"{running}. Nothing was changed")
    _finish(settings, told, file, now, before)


def _put_back(settings: Settings, told: Backup, database: Path, now: dt.datetime, replace: bool) -> str:
    from mailbot.restored import reason
    from storage import backup as copies
    from storage import migrate
    from storage.engines import understand

    url = settings.database.url
    ours = understand(url).get_backend_name()
    if told.dialect != ours:
        stop(
            f"the backup is of {told.dialect}, and database.url names {ours}: it can only be put back into "
            "its own kind, and mailbot db move carries it over from there"
        )
    if not migrate.knows(told.revision):
        stop(
            f"the backup is of a newer mailbot ({told.version}): install that one first. Nothing was changed"
        )
    if told.dialect == "sqlite":
        _, verified = copies.read_sqlite(database, settings.database.journal_key)
        if verified.faults:
            typer.echo(
                f"The journal in it is not as it was written: {len(verified.faults):,} faults.", err=True
            )
    if others := copies.others_at_work(url):
        stop(
            f"{others} other connections use the database: stop every mailbot on it first. Nothing was changed"
        )
    there = copies.standing(url)
    if there and not there.empty and not replace:
        stop(
            f"{_what_is_there(there, told)} With --replace it is put aside, not deleted. Nothing was changed"
        )
    return copies.put_back(url, database, now, told.made_at, reason(told.made_at))


def _what_is_there(there: Standing, told: Backup) -> str:
    from mailbot.reports.history import moment

    held = f"the database that is there holds {there.cases:,} cases and {there.mails:,} mails"
    if there.last_line and told.last_line and there.last_line > told.last_line:
        ends = moment(told.last_line)
        return f"{held}, and knows what happened up to {moment(there.last_line)}; the backup ends on {ends}."
    return f"{held}."


def _finish(settings: Settings, told: Backup, file: Path, now: dt.datetime, before: str) -> None:
    """Bring it to this version, note in it that it was put back, and verify it."""
    from mailbot.reports.history import moment
    from mailbot.restored import held_letters
    from storage.backup import code_of

    store = open_database(settings, upgrade=True)
    with store.begin() as work:
        work.forget_who_worked()
        work.note(
            now, "mailbot", "restored", f"Put back from the backup of {moment(told.made_at)} ({file.name})."
        )
        work.checkpoint(now)
    with store.read() as work:
        verified = work.verify_journal()
        sealed = not told.seal or any(
            mark.hash == told.seal for mark in work.checkpoints_named(code_of(told.seal))
        )
        held = held_letters(work)
    store.close()
    typer.echo(f"Put back as of {moment(told.made_at)}.")
    if before:
        typer.echo(f"What was there lies in {before}.")
    typer.echo(f"{len(held):,} letters waited in it and are held, because they may have gone out since.")
    typer.echo(
        "Start mailbot. It reads again what came since, and holds what would go to residents about it. Then:"
    )
    typer.echo("  mailbot letters reconcile   finds in the Sent folder what they have")
    typer.echo("  mailbot letters held        shows what is left; letters send and letters drop settle it")
    if verified.faults or not sealed:
        for fault in verified.faults[:20]:
            typer.echo(plain(f"FAULT: {fault.reference or ''} {fault.what}"))
        stop("its journal is not as it was written: run mailbot journal verify", 1)
    typer.echo(f"Its journal is as it was written: {verified.lines:,} lines.")


def held(
    config: ConfigDir = HERE, as_json: Annotated[bool, typer.Option("--json", help="For programs.")] = False
) -> None:
    """The letters that are held until a person has looked, and why."""
    from mailbot.reports.history import moment
    from mailbot.terminal import print_table
    from storage.rows import LetterState

    store = open_database(load(config))
    with store.read() as work:
        letters = work.letters_in(LetterState.HELD)
    store.close()
    if as_json:
        print_json(
            [
                {
                    "letter": one.id,
                    "kind": one.kind,
                    "case": one.reference,
                    "to": one.order.to,
                    "ordered_at": one.created_at.isoformat(),
                    "because": one.last_error,
                    "readable": not one.unreadable,
                }
                for one in letters
            ]
        )
    elif not letters:
        typer.echo("No letter is held.")
    else:
        print_table(
            ("Letter", "Kind", "Case", "To", "Ordered", "Held because"),
            [
                (
                    str(o.id),
                    o.kind,
                    o.reference or "",
                    o.order.to,
                    moment(o.created_at),
                    o.last_error,
                )
                for o in letters
            ],
        )
        if lost := [str(one.id) for one in letters if one.unreadable]:
            typer.echo(
                f"\n{', '.join(lost)}: nobody can read what it was to say, or when. Where a newer mailbot wrote it, go"
                " back to that one and say mailbot letters send. Else write to the person yourself (mailbot case show"
                " tells why it was ordered), then mailbot letters drop NUMBER --because ..."
            )


def send(
    numbers: Annotated[
        list[int] | None,
        typer.Argument(metavar="LETTER...", help="As `letters held` names them.", min=1, max=MOST),
    ] = None,
    everything: Annotated[
        bool, typer.Option("--all", help="All that are held because a backup was put back.")
    ] = False,
    config: ConfigDir = HERE,
) -> None:
    """Let held letters go: somebody has made sure that their readers do not have them. They leave at the next turn."""
    from mailbot.clock import WallClock
    from mailbot.restored import held_letters

    if bool(numbers) == everything:
        stop("name letters by their numbers, or say --all")
    store = open_database(load(config))
    now, gone = WallClock().now(), 0
    with store.begin() as work:
        for number in numbers or [one.id for one in held_letters(work)]:
            if not work.release_letter(number):
                stop(f"no letter {number} is held. Nothing was changed")
            letter = work.letter(number)
            assert letter is not None
            if letter.unreadable:
                stop(
                    f"letter {number} can't go: {letter.unreadable}. Write to the person yourself, then say mailbot"
                    f" letters drop {number}. Nothing was changed"
                )
            sentence = f"A person let the held {letter.kind.replace('_', ' ')} go (letter {number})."
            work.note(now, "operator", "letter", sentence, reference=letter.reference)
            gone += 1
    store.close()
    typer.echo(f"{gone} letter{'' if gone == 1 else 's'} may go.")


def drop(
    numbers: Annotated[
        list[int], typer.Argument(metavar="LETTER...", help="As `letters held` names them.", min=1, max=MOST)
    ],
    because: Annotated[str, typer.Option("--because", help="Why it need not go: it stands in the journal.")],
    config: ConfigDir = HERE,
) -> None:
    """Settle held letters that need not go: their readers have them, or they were told another way."""
    from mailbot.clock import WallClock
    from storage.rows import LetterState

    if not because.strip():
        stop('say why: --because "they have it: the relay\'s log of 3 March"')
    store = open_database(load(config))
    now = WallClock().now()
    with store.begin() as work:
        for number in numbers:
            letter = work.letter(number)
            if letter is None or letter.state is not LetterState.HELD:
                stop(f"no letter {number} is held. Nothing was changed")
            work.absorb(number, f"not sent: {because}")
            sentence = f"The held {letter.kind.replace('_', ' ')} need not go: {because}."
            work.note(now, "operator", "letter", sentence, reference=letter.reference)
    store.close()
    typer.echo(f"{len(numbers)} letter{'' if len(numbers) == 1 else 's'} settled.")


def reconcile(config: ConfigDir = HERE) -> None:
    """After a restore: look into the Sent folder for what is held, and settle what lies there. The rest stays held."""
    from mailbot.clock import WallClock
    from mailbot.restored import look_for_copies, may_have_gone, restored
    from mailbot.settings import mailbox_named

    settings = load(config, servers=True)
    if not settings.smtp.sent_folder:
        stop(
            "mailbot.toml: smtp.sent_folder names no folder, so there are no copies to look for. Ask your relay's log"
        )
    store = open_database(settings)
    since = restored(store)
    if since is None:
        stop("this database was never put back from a backup", 0)
    with contextlib.closing(store):
        with store.read() as work:
            letters = [one for one in may_have_gone(work) if one.order.audience.value == "resident"]
            homes = {
                one.id: work.case_if_readable(one.reference) if one.reference else None for one in letters
            }
        found = 0
        for box in settings.mailboxes:
            case_of = {i: mailbox_named(settings, case.mailbox if case else "") for i, case in homes.items()}
            own = [one for one in letters if case_of[one.id].name == box.name]
            for copy in look_for_copies(settings, since, box, own) if own else ():
                one, now = copy.letter, WallClock().now()
                name = one.order.letter.value.replace("_", " ")
                if copy.other:
                    typer.echo(
                        f"{one.id}  {one.reference or ''} {name}: they were written to as {copy.other}: look"
                    )
                if not copy.found:
                    continue
                with store.begin() as work:
                    work.absorb(
                        one.id, "it went out before the backup was put back: it lies in the Sent folder"
                    )
                    told = f"The {name} lies in the Sent folder: it went out before, and is not sent again."
                    work.note(now, "mailbot", "letter", told, reference=one.reference)
                found += 1
    left = len(letters) - found
    typer.echo(
        f"{found} of {len(letters)} held letters lie in the Sent folder and are settled; {left} stay held."
    )

"""`mailbot person` and `mailbot retention`: what is held on somebody, for how long, and how it goes."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from mailbot.terminal import (
    HERE,
    By,
    Commands,
    ConfigDir,
    load,
    open_database,
    plain,
    stop,
    who_types,
    write_bytes,
)

if TYPE_CHECKING:
    from mailbot.erasing import Done
    from mailbot.people import Held
    from mailbot.settings import Settings
    from storage import Store
    from storage.work import Work

person_app = typer.Typer(
    cls=Commands, no_args_is_help=True, help="What is held on a person: hand it out, or erase it."
)
retention_app = typer.Typer(cls=Commands, no_args_is_help=True, help="What is past its time.")

Address = Annotated[str, typer.Argument(help="An address of theirs.")]
MOST_NAMED = 20


@person_app.command("export")
def person_export(
    address: Address,
    to: Annotated[Path, typer.Option("--to", help="The file to write: .zip")],
    config: ConfigDir = HERE,
) -> None:
    """Subject access: everything that is held on an address, explained in plain words. What names other people is
    flagged for a person to look at."""
    if to.suffix.lower() != ".zip":
        stop(f"--to {to}: write a file name that ends in .zip")
    from mailbot.clock import WallClock
    from mailbot.evidence import write_zip
    from mailbot.subject_access import REVIEW, gather_person

    settings, store = _open(config)
    now = WallClock().now()
    with store.read() as work:
        held = _held(work, settings, address)
        pack = gather_person(work, settings, held, now)
    with store.begin() as work:
        work.note(now, "mailbot", "subject_access", "What is held on a person was put together for them.")
    store.close()
    content = write_zip(pack.files, pack.manifest)
    write_bytes(to, content, private=True)
    flagged = sum(1 for one in pack.manifest["files"] if "names_others" in one)
    typer.echo(
        f"{to}: {len(pack.files)} files, {len(held.cases)} cases, {len(held.mails)} mails, {len(content):,} bytes"
    )
    typer.echo(f"{flagged} files name other people: look through {REVIEW} in it before you hand it over.")
    for note in pack.notes:
        typer.echo(note)


@person_app.command("erase")
def person_erase(
    address: Address,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Only say what would go, and what stands against it.")
    ] = False,
    despite: Annotated[str, typer.Option(help="Erase although something stands against it, and why.")] = "",
    by: By = "",
    config: ConfigDir = HERE,
) -> None:
    """Erase what is held on a person. Figures stay, and the journal still proves that nothing else was changed.

    Refused, with the reason, for an open case, a legal hold, the Ombudsman, or before the time of keeping is over."""
    from mailbot.clock import WallClock
    from mailbot.erasing import StillGoing, erase_person
    from mailbot.people import held_back, still_waiting
    from storage.rows import CaseChanged

    settings, store = _open(config)
    now = WallClock().now()
    who = who_types(settings, by)
    with store.read() as work:
        held = _held(work, settings, address)
        concerned = (*held.cases, *held.party_to)
        against = [reason for case in concerned for reason in held_back(work, settings, case, now)]
        against += still_waiting(work, held)
    typer.echo(
        f"Held: {len(held.cases)} cases, {len(held.mails)} mails, {len(held.letters)} letters; named in "
        f"{len(held.about)} mails of others and {len(held.telling)} notices to staff."
    )
    for reason in against:
        typer.echo(plain(f"Against it: {reason}."))
    if dry_run:
        typer.echo("Nothing was changed.")
        return
    if against and not despite.strip():
        stop('nothing was erased. If it must be done all the same, say why: --despite "..."', 1)
    try:
        with store.begin() as work:
            done = erase_person(work, settings, held, now, who, despite.strip() if against else "")
    except (StillGoing, CaseChanged) as busy:
        stop(f"nothing was erased, somebody works on it at this moment ({busy}): try again in a minute", 1)
    _tell(store, done)


def _tell(store: Store, done: Done) -> None:
    shredded = store.shred()
    store.close()
    typer.echo(
        f"Erased: {len(done.cases)} cases, {done.mails} mails, {done.letters} letters, {done.lines} lines of the "
        f"journal (ordered by line {done.order})."
    )
    if not shredded:
        typer.echo(
            "The database is in use: what was deleted vanishes from the file when it is next compacted (VACUUM)."
        )
    typer.echo("Not reached from here, and yours to do:")
    by_folder: dict[tuple[str, str], list[int]] = {}
    for mailbox, folder, uid in done.on_server:
        by_folder.setdefault((mailbox, folder), []).append(uid)
    for (mailbox, folder), uids in sorted(by_folder.items()):
        shown = ", ".join(map(str, sorted(uids)[:MOST_NAMED])) + (
            " and more" if len(uids) > MOST_NAMED else ""
        )
        typer.echo(plain(f"- mails on the server: {mailbox}, folder {folder}, UID {shown}"))
    typer.echo("- copies in Sent folders and in the mail of staff")
    typer.echo("- backups, and packs that were written (they go when they are replaced)")
    if done.trained:
        typer.echo(
            "- a model of your own may have learnt from their mail: run mailbot train --decisions again"
        )
    for mail in done.for_a_person[:MOST_NAMED]:
        typer.echo(plain(f"- mail {mail} of somebody else names them: a person is to look at it"))


@retention_app.command("preview")
def retention_preview(config: ConfigDir = HERE) -> None:
    """What is past its time, and what is and stays, with the reasons. Nothing is changed."""
    from mailbot.clock import WallClock
    from mailbot.retention import look

    settings, store = _open(config)
    with store.read() as work:
        plan = look(work, settings, WallClock().now())
    store.close()
    kept = settings.retention
    typer.echo(
        f"Kept: closed cases {_time(kept.cases_years, 'year')}, mail of no case "
        f"{_time(kept.other_mail_months, 'month')}, digests and alerts {_time(kept.staff_letters_months, 'month')}."
    )
    typer.echo(f"Past its time: {plan.in_words}.")
    for case in plan.cases[:MOST_NAMED]:
        typer.echo(
            f"  {case.reference}, closed {settings.calendar.london_date(case.closed_at or case.received_at):%d %b %Y}"
        )
    if len(plan.cases) > MOST_NAMED:
        typer.echo(f"  and {len(plan.cases) - MOST_NAMED:,} more")
    for reference, reasons in plan.excepted:
        typer.echo(plain(f"Stays: {'; '.join(reasons) or reference}"))
    typer.echo(
        "It goes by itself, once a day."
        if kept.automatic
        else "Nothing goes by itself: mailbot retention run"
    )


@retention_app.command("run")
def retention_run(config: ConfigDir = HERE, by: By = "") -> None:
    """Erase the words of what is past its time, now. Figures and the proof of the journal stay."""
    from mailbot.clock import WallClock
    from mailbot.erasing import StillGoing
    from mailbot.retention import carry_out, look

    settings, store = _open(config)
    now, who = WallClock().now(), who_types(settings, by)
    try:
        with store.begin() as work:
            plan = look(work, settings, now)
            done = carry_out(work, settings, plan, now, who) if plan.anything else None
    except StillGoing as going:
        stop(str(going), 1)
    if done is None:
        store.close()
        typer.echo("Nothing is past its time.")
        return
    _tell(store, done)


def case_hold(
    reference: Annotated[str, typer.Argument(help="The case, as anybody may type it.")],
    because: Annotated[str, typer.Option(help="Why it must be kept.")] = "",
    end: Annotated[bool, typer.Option("--end", help="End the hold.")] = False,
    by: By = "",
    config: ConfigDir = HERE,
) -> None:
    """Legal hold: nothing of this case is erased, whatever its age, until the hold ends. The journal says why."""
    from mailbot.cases_typed import find_case
    from mailbot.clock import WallClock
    from mailbot.people import LEGAL_HOLD

    if not end and not because.strip():
        stop('say why: mailbot case hold CC-2026-004217-7 --because "claim issued in the county court"')
    settings, store = _open(config)
    now, who = WallClock().now(), who_types(settings, by)
    with store.begin() as work:
        found = find_case(work, reference, settings.reference_prefix).reference
        key = f"{LEGAL_HOLD}{found}"
        if end:
            if work.recall(key) is None:
                stop(f"{found} is under no legal hold", 1)
            work.forget(key)
            told = "Legal hold ended."
        else:
            work.remember(key, f"{now.isoformat()} {who}|{because.strip()}")
            told = f"Legal hold: {because.strip()}."
        work.note(now, who, "legal_hold", told, reference=found)
    store.close()
    typer.echo(plain(f"{found}: {told}"))


# ------------------------------------------------------------------ what they share


def _open(config: Path) -> tuple[Settings, Store]:
    from mailbot.kept_policies import with_kept_policies

    settings = load(config)
    store = open_database(settings)
    return with_kept_policies(settings, store, refuse=False), store


def _held(work: Work, settings: Settings, address: str) -> Held:
    from mailbot.people import held_on

    wanted = address.strip().lower()
    if any(wanted in (p.address, *p.aliases) for p in settings.people):
        stop(f"{wanted} is one of staff: their acts are the record of your decisions, and stay", 1)
    if any(wanted in (box.imap.address, *box.imap.aliases) for box in settings.mailboxes):
        stop(f"{wanted} is an address of yours, and nobody's", 1)
    held = held_on(work, settings, wanted)
    if not held.anything:
        stop(f"nothing is held on {wanted}", 1)
    return held


def _time(number: int, unit: str) -> str:
    return f"{number} {unit}{'s'[: number != 1]}" if number else "for ever"

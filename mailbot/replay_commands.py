"""`mailbot replay`: what would have happened, told from an export of the real mailbox. Nothing is sent."""

from __future__ import annotations

import datetime as dt
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from mailbot.terminal import print_json, stop, write_bytes

if TYPE_CHECKING:
    from collections.abc import Callable

    from mailbot.replay.sources import Export
    from mailbot.settings import Settings


def replay(
    path: Annotated[
        str,
        typer.Argument(
            metavar="PATH", help="An mbox, a Maildir, a folder of .eml files; or imap, with --config."
        ),
    ],
    policy: Annotated[str, typer.Option(help="The policy to work by.")] = "code-2024",
    overlay: Annotated[str, typer.Option(help="The Code over it: enforce, warn or off.")] = "enforce",
    address: Annotated[
        str,
        typer.Option(
            help="The mailbox's own address, also one of --config; told from the mails unless given."
        ),
    ] = "",
    staff: Annotated[Path | None, typer.Option(help="Your staff.toml, so that colleagues are known.")] = None,
    config: Annotated[
        Path | None,
        typer.Option(
            "--config", "-c", help="Your configuration folder, instead of policy, overlay and staff."
        ),
    ] = None,
    folder: Annotated[
        list[str] | None, typer.Option(help="imap: the folders to read; may be repeated.")
    ] = None,
    since: Annotated[
        dt.datetime | None, typer.Option(formats=["%Y-%m-%d"], help="Mails from this day on.")
    ] = None,
    until: Annotated[
        dt.datetime | None, typer.Option(formats=["%Y-%m-%d"], help="Mails to this day.")
    ] = None,
    html: Annotated[Path | None, typer.Option(help="Write the report for the manager here.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Everything, for programs.")] = False,
) -> None:
    """Run the whole service over an export of your mailbox, on the mail's own dates, and tell what would have been.

    Nothing is sent, and nothing on any server is changed."""
    import classifiers
    from mailbot.clock import WallClock, monotonic
    from mailbot.memory import give_large_blocks_back
    from mailbot.replay import comparing, landlord, page, playing
    from mailbot.reports.policies import as_html, as_text
    from mailbot.start import load_chain, stationery_of

    began = monotonic()
    give_large_blocks_back()
    if html and not html.resolve().parent.is_dir():
        stop(f"{html}: there is no folder {html.resolve().parent}")
    own = _own(config, path == "imap", address.lower()) if config else None
    export = _export(path, own, tuple(folder or ()), since, until, WallClock().now())
    mails = [m for m in export.mails if _within(m.at, since, until)]
    if not mails:
        stop(f"{path} holds no mail with a date{' between these days' if since or until else ''}")
    if own is None:
        address = (address or landlord.whose_mailbox(mails)).lower()
        if "@" not in address:
            stop("the mails do not tell whose mailbox this is: name it with --address")
        if staff and not staff.is_file():
            stop(f"{staff} is not there: name your staff.toml")
        own = landlord.settings_of(address, policy, overlay, staff)
        chain = classifiers.ensure(None)
    else:
        own = own if len(own.mailboxes) == 1 and address else _whose(own, landlord.whose_mailbox(mails))
        chain = load_chain(own)
    (box,) = own.mailboxes
    _say(f"{len(mails):,} mails; the mailbox is {box.imap.address}, the policy {box.policy.key}.")
    with _bar("Replaying", len(mails)) as progress:
        replayed = playing.replay(mails, own, chain, progress, stationery_of(own))
    calendar = box.policy.counting(own.calendar)
    compared = comparing.compare(replayed, box.policy, calendar)
    about = page.About(path, box.policy.key, box.imap.address, len(export.undated), monotonic() - began)
    report = page.make_page(replayed, compared, about)
    for fault in replayed.unwritten:
        _say(f"can't be written: {fault}")
    if html:
        write_bytes(html, as_html(report).encode())
    if as_json:
        print_json(page.as_json(replayed, compared, about))
    elif html:
        for name, value in report.facts:
            typer.echo(f"{name}: {value}")
        typer.echo("What was missed:")
        for name, value in page.missed(compared):
            typer.echo(f"  {name}: {value}")
        typer.echo(f"{html}: written, in {about.seconds:.0f} s.")
    else:
        typer.echo(as_text(report))


def _own(config: Path, over_imap: bool, address: str) -> Settings:
    """The landlord's own settings: with the mailbox of this address; with all, to be told from the mails, where it is
    ""."""
    from mailbot import settings
    from mailbot.replay.landlord import alone

    if not config.is_dir():
        stop(f"{config} is not a folder: name the one that holds mailbot.toml")
    loaded = settings.load(config, servers=over_imap)
    known = ", ".join(box.imap.address for box in loaded.mailboxes)
    if address:
        return alone(loaded, address) or stop(f"--address {address}: no mailbox has it. Known: {known}")
    if over_imap and len(loaded.mailboxes) > 1:
        stop(f"say with --address which mailbox: {known}")
    return loaded


def _whose(own: Settings, address: str) -> Settings:
    """With the mailbox that the mails came to; where they came to none of ours that is said, and the first is taken."""
    from dataclasses import replace

    from mailbot.replay.landlord import alone

    if found := alone(own, address):
        return found
    first = own.mailboxes[0]
    _say(
        f"Most of these mails are to {address or 'nobody'}, which mailbot.toml names as no mailbox or alias: what your "
        f"team wrote can't be told from what came in. They are read as mail to {first.imap.address}."
    )
    return replace(own, mailboxes=(first,))


def _export(
    path: str,
    own: Settings | None,
    folders: tuple[str, ...],
    since: dt.datetime | None,
    until: dt.datetime | None,
    now: dt.datetime,
) -> Export:
    from mailbot.replay.sources import NoExport, open_export, read_imap

    if path != "imap":
        with _bar("Finding mails", None) as progress:
            try:
                return open_export(Path(path), now, progress)
            except NoExport as refused:
                stop(str(refused))
    if own is None or since is None:
        stop("over IMAP: name your configuration with --config, and the first day with --since 2026-01-31")
    from mailbot.postroom.imap_login import in_words

    settings = own.mailboxes[0].imap
    after = until.date() + dt.timedelta(days=1) if until else None
    try:
        return read_imap(settings, folders or (settings.folder,), since.date(), after)
    except Exception as error:  # whatever a server does is told in a sentence
        stop(f"{settings.host}: {in_words(error)}")


def _within(at: dt.datetime, since: dt.datetime | None, until: dt.datetime | None) -> bool:
    from mailbot.casework.calendar import LONDON

    day = at.astimezone(LONDON).date()
    return (since is None or day >= since.date()) and (until is None or day <= until.date())


def _say(text: str) -> None:
    typer.echo(text, err=True)


@contextmanager
def _bar(what: str, total: int | None) -> Iterator[Callable[[int], None]]:
    """A bar with an estimate, on a terminal only; elsewhere nothing is shown."""
    if not sys.stderr.isatty():
        yield lambda done: None
        return
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Progress(*columns, console=Console(stderr=True)) as progress:
        task = progress.add_task(what, total=total)
        yield lambda done: progress.update(task, completed=done)

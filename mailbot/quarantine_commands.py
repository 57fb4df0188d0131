"""`mailbot quarantine` and `mailbot reconcile`: what was set aside for a person, and that nothing is missing."""

from __future__ import annotations

import datetime as dt
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from mailbot.terminal import (
    HERE,
    Commands,
    ConfigDir,
    load,
    open_database,
    plain,
    print_json,
    print_table,
    stop,
    write_bytes,
)

if TYPE_CHECKING:
    from storage import MailRow
    from storage.work import Work

quarantine_app = typer.Typer(
    cls=Commands, no_args_is_help=True, help="Mails that were set aside for a person."
)


@quarantine_app.command("list")
def quarantine_list(
    config: ConfigDir = HERE, as_json: Annotated[bool, typer.Option("--json")] = False
) -> None:
    """Mails that nobody acted on, and why. Their clocks run from receipt."""
    settings = load(config)
    with open_database(settings).read() as work:
        if as_json:
            print_json(_as_json(work))
            return
        rows = [
            (
                m.id,
                m.mailbox,
                f"{settings.calendar.london_date(m.received_at):%d %b %Y}",
                m.sender,
                m.subject,
                m.cause_code or "-",
                m.cause_words,
            )
            for m in work.quarantined()
        ]
    if rows:
        print_table(("Mail", "Mailbox", "Received", "From", "Subject", "Cause", "Set aside because"), rows)
    else:
        typer.echo("Nothing is set aside.")


def _as_json(work: Work) -> dict[str, object]:
    """What is set aside, for programs: the sums of the health answer, then each mail."""
    by_cause, oldest = work.quarantine_by_cause()
    return {
        "total": sum(by_cause.values()),
        "by_cause": by_cause,
        "oldest_received_at": oldest.isoformat() if oldest else None,
        "mails": [
            {
                "mail": m.id,
                "mailbox": m.mailbox,
                "received_at": m.received_at.isoformat(),
                "from": m.sender or None,
                "subject": m.subject,
                "cause": m.cause_code or "other",
                "because": m.cause_words,
                "size": m.size,
                "cut": m.truncated,
            }
            for m in work.quarantined()
        ],
    }


MailId = Annotated[str, typer.Argument(help="The mail's id, as `mailbot quarantine list` shows it.")]
OfFlood = Annotated[
    str,
    typer.Option("--flood-of", help="Instead of one mail: all that were held as a flood from this domain."),
]
MaybeMail = Annotated[str, typer.Argument(help="The mail's id, as `mailbot quarantine list` shows it.")]


@quarantine_app.command("show")
def quarantine_show(mail: MailId, config: ConfigDir = HERE) -> None:
    """A mail that was set aside: where it lies, why, and its words as far as they can be read."""
    from mailbot.postroom.reading import read

    settings = load(config)
    with open_database(settings).read() as work:
        row = set_aside(work, mail)
        found = read(work.raw(mail))
    received = settings.calendar.london_date(row.received_at)
    for name, told in (
        ("Mail", row.id),
        ("Mailbox", f"{row.mailbox}, folder {row.folder}, UID {row.uid}"),
        ("Received", f"{received:%d %B %Y}"),
        ("From", found.sender.address if found.sender else "nobody that can be read"),
        ("Subject", found.subject),
        ("Size", f"{row.size:,} bytes{', only its header was taken in' if row.truncated else ''}"),
        ("Cause", row.cause_code or "-"),
        ("Set aside", row.cause_words),
    ):
        typer.echo(plain(f"{name + ':':<11}{told}"))
    typer.echo(plain(f"\n{found.text}"))


@quarantine_app.command("raw")
def quarantine_raw(mail: MailId, file: Path, config: ConfigDir = HERE) -> None:
    """Write the bytes of a mail that was set aside into a file, as it came."""
    settings = load(config)
    with open_database(settings).read() as work:
        set_aside(work, mail)
        write_bytes(file, work.raw(mail))
    typer.echo(f"{mail} is in {file}")


@quarantine_app.command("release")
def quarantine_release(mail: MaybeMail = "", flood_of: OfFlood = "", config: ConfigDir = HERE) -> None:
    """Have a mail attended to again, as if it had just been kept; its dates count from its receipt."""
    settings = load(config)
    with open_database(settings).begin() as work:
        for row in chosen(work, mail, flood_of):
            if row.truncated:
                stop(
                    f"{row.id} was too big to be taken in whole: read it in the mailbox itself and answer it there"
                )
            work.release_mail(row.id)
            told = "Released from quarantine: it will be attended to again."
            work.note(dt.datetime.now(dt.UTC), "operator", "released", told, ("House 20",), mail=row.id)
            typer.echo(f"{row.id} will be attended to by the running service, or by: mailbot once")


@quarantine_app.command("discard")
def quarantine_discard(
    because: Annotated[
        str, typer.Option("--because", help="Why nothing is to be done; it goes into the journal.")
    ],
    mail: MaybeMail = "",
    flood_of: OfFlood = "",
    config: ConfigDir = HERE,
) -> None:
    """Decide that nothing is to be done about a mail. It stays on file, with the reason."""
    settings = load(config)
    if not because.strip():
        stop("say why: --because 'an advertisement'")
    with open_database(settings).begin() as work:
        for row in chosen(work, mail, flood_of):
            work.discard_mail(row.id)
            told = f"Discarded from quarantine: {because.strip()}"
            work.note(dt.datetime.now(dt.UTC), "operator", "discarded", told, ("House 20",), mail=row.id)
            typer.echo(f"{row.id} is discarded; its bytes stay on file")


def chosen(work: Work, mail: str, flood_of: str) -> list[MailRow]:
    """The one mail, or all mails of a flood."""
    if bool(mail) == bool(flood_of):
        stop("name one mail, or --flood-of a domain")
    if mail:
        return [set_aside(work, mail)]
    domain = flood_of.strip().lower()
    held = [
        m for m in work.quarantined() if m.cause_code == "flood" and m.sender.rpartition("@")[2] == domain
    ]
    if not held:
        stop(f"nothing is held as a flood from {domain}", 1)
    return held


def set_aside(work: Work, mail: str) -> MailRow:
    """The mail of that id, if it is in quarantine."""
    from storage import MailState, NoSuchMail

    try:
        row = work.mail(mail)
    except NoSuchMail:
        ids = ", ".join(m.id for m in work.quarantined()) or "none"
        stop(f"there is no mail {mail}. Set aside: {ids}", 1)
    if row.state is not MailState.QUARANTINED:
        case = f" (case {row.reference})" if row.reference else ""
        stop(f"{mail} is not set aside: it is {row.state.value}{case}", 1)
    return row


def reconcile(config: ConfigDir = HERE, as_json: Annotated[bool, typer.Option("--json")] = False) -> None:
    """Count every mail that was ever kept: each belongs to a case or a service request, is filed, or is set aside.
    Exit code 1 where the sum does not come out."""
    from dataclasses import asdict

    from mailbot.reckoning import lines_of, reckon

    settings = load(config)
    with open_database(settings).read() as work:
        reckonings = [reckon(work, box.name, dt.datetime.now(dt.UTC)) for box in settings.mailboxes]
    if as_json:
        print_json([asdict(one) for one in reckonings])
    else:
        for one in reckonings:
            for line in lines_of(one):
                typer.echo(plain(line))
    if any(one.differences for one in reckonings):
        raise SystemExit(1)

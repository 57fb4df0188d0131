"""The command line: every command that a person types. Rooms are imported when a command needs them, so that
help and typing mistakes answer at once.

Exit codes: 0 done; 1 done, but something is wrong that the output names; 2 the command, its file or the
configuration is mistaken; 3 the daemon gave up and wants to be started again.
"""

from __future__ import annotations

import datetime as dt
import errno
import io
import sys
from pathlib import Path
from typing import Annotated

import typer

from mailbot.backup_commands import backup, drop, held, restore, send
from mailbot.backup_commands import reconcile as reconcile_letters
from mailbot.case_commands import case_export, case_move
from mailbot.classifier_commands import classify, evaluate, train
from mailbot.health_commands import health
from mailbot.journal_commands import journal_app
from mailbot.letters_commands import letters_app
from mailbot.move_command import move
from mailbot.person_commands import case_hold, person_app, retention_app
from mailbot.policy_commands import policy_app
from mailbot.quarantine_commands import quarantine_app, reconcile
from mailbot.read_command import read_mail
from mailbot.release_commands import licences
from mailbot.release_commands import version as tell_version
from mailbot.replay_commands import replay
from mailbot.report_command import report
from mailbot.scenario_commands import coverage, simulate
from mailbot.setup_commands import doctor, init
from mailbot.terminal import (
    HERE,
    Commands,
    ConfigDir,
    load,
    open_database,
    plain,
    print_table,
    read_bytes,
    stop,
    write_bytes,
)

app = typer.Typer(
    cls=Commands,
    name="mailbot",
    help="Works a social landlord's complaints mailbox by the landlord's own policy.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,  # a help of plain lines is there in half the time, and read aloud well
)
case_app = typer.Typer(cls=Commands, no_args_is_help=True, help="Look at cases.")
config_app = typer.Typer(cls=Commands, no_args_is_help=True, help="Check the configuration.")
db_app = typer.Typer(cls=Commands, no_args_is_help=True, help="Look after the database.")
app.add_typer(case_app, name="case")
app.add_typer(config_app, name="config")
app.add_typer(db_app, name="db")
app.add_typer(quarantine_app, name="quarantine")
app.add_typer(policy_app, name="policy")
app.add_typer(letters_app, name="letters")
app.command()(init)
app.command()(doctor)
app.command()(health)
app.command()(backup)
app.command()(restore)
letters_app.command("held")(held)
letters_app.command("send")(send)
letters_app.command("drop")(drop)
letters_app.command("reconcile")(reconcile_letters)
app.command("version")(tell_version)
app.command()(licences)
app.add_typer(journal_app, name="journal")
case_app.command("export")(case_export)
case_app.command("move")(case_move)
app.command()(replay)
case_app.command("hold")(case_hold)
app.add_typer(person_app, name="person")
app.add_typer(retention_app, name="retention")
app.command()(report)
app.command()(simulate)
app.command("read")(read_mail)
app.command()(reconcile)
app.command()(classify)
app.command()(train)
app.command()(evaluate)
policy_app.command("coverage")(coverage)

OF_THE_MACHINE = (
    errno.EACCES, errno.EPERM, errno.EROFS, errno.ENOENT, errno.ENOTDIR, errno.EISDIR, errno.EEXIST,
    errno.ENOSPC, errno.EDQUOT, errno.EMFILE, errno.EIO,
)  # fmt: skip
"""What only whoever runs the machine can mend: a path, a right, a disk."""

Since = Annotated[
    dt.datetime | None,
    typer.Option(
        formats=["%Y-%m-%d"],
        help="A mailbox that is looked into for the first time: take in its mail from this day on.",
    ),
]


def main() -> None:
    """The console script. Mistakes of people end in a sentence, not in a traceback."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):  # a mail holds letters that this terminal may not know
            stream.reconfigure(errors="backslashreplace")
    try:
        app()
    except Exception as error:  # what a person can mend is told in a sentence; anything else is our mistake
        if sentence := sentence_for(error):
            stop(sentence)
        raise


def sentence_for(error: Exception) -> str:
    """What to tell a person about an error that they can mend, "" for one that only we can. Imports here and
    not above, because `mailbot --help` needs none of it."""
    from sqlalchemy.exc import DatabaseError, OperationalError, ProgrammingError

    from classifiers import ModelMistake
    from mailbot.mistakes import Mistakes
    from mailbot.postroom.letters import LetterMistake
    from storage.rows import StorageRefused

    if isinstance(error, Mistakes | StorageRefused | ModelMistake | LetterMistake):
        return str(error)
    if isinstance(error, OperationalError | ProgrammingError) or type(error) is DatabaseError:
        assert isinstance(error, DatabaseError)
        told = str(error.orig).strip().partition("\n")[0]
        ours = any(word in told for word in ("disk", "readonly", "unable to open"))  # as SQLite says it
        ask = "is there room on its disk, and may this user write there" if ours else "is the server there"
        return f"the database can't be used ({told}). Is database.url right, and {ask}?"
    if isinstance(error, OSError) and error.errno in OF_THE_MACHINE:
        return f"{error.filename or 'this machine'}: {error.strerror}"
    return ""


@app.callback(invoke_without_command=True)
def start(
    version: Annotated[bool, typer.Option("--version", help="Which mailbot this is.")] = False,
) -> None:
    if version:
        tell_version()
        raise typer.Exit


# ------------------------------------------------------------------ running


@app.command()
def run(config: ConfigDir = HERE, since: Since = None) -> None:
    """Run the daemon until it is stopped (SIGTERM or Ctrl-C)."""
    from mailbot import logs
    from mailbot.daemon import AlreadyRunning, Daemon, alone_on
    from mailbot.memory import give_large_blocks_back
    from mailbot.start import build

    give_large_blocks_back()
    settings = load(config, since, servers=True)
    logs.to_stderr(settings.log_form)
    try:
        with alone_on(settings.database.url):
            parts = build(settings, open_database(settings))
            code = Daemon(parts.service, parts.clock).run()
            parts.close()
    except AlreadyRunning as running:
        stop(str(running))
    raise typer.Exit(code)


@app.command()
def once(config: ConfigDir = HERE, since: Since = None) -> None:
    """Do everything that can be done now, once: look, attend, what is due, digest, dispatch.

    Exits with 1 if a mailbox was not reached or a letter did not go out; both are tried again next time."""
    from mailbot import logs
    from mailbot.daemon import AlreadyRunning, Rounds, alone_on
    from mailbot.health import ONCE
    from mailbot.presence import at_work
    from mailbot.start import build

    settings = load(config, since, servers=True)
    logs.to_stderr(settings.log_form, quiet=True)
    try:
        with alone_on(settings.database.url):
            parts = build(settings, open_database(settings))
            rounds = Rounds(parts.service)
            with at_work(parts.service):
                parts.service.recompute_dates()
                turn = rounds.turn(parts.clock)
                rounds.close()
                with parts.store.begin() as work:
                    work.beat(ONCE, parts.clock.now())
            with parts.store.read() as work:
                here = settings.places_watched
                unreached = [m for m in work.mailboxes() if m.last_error and m.name in here]
            parts.close()
    except AlreadyRunning as running:
        stop(str(running))
    typer.echo(
        f"{turn.kept} mails kept, {len(turn.attended)} attended to, {len(turn.fell)} timers fell, "
        f"{turn.digests} digests, {len(turn.sent)} letters handled."
    )
    troubled = [s for s in turn.sent if s.outcome is None or s.outcome.value != "accepted"]
    for sent in troubled:
        typer.echo(f"  {sent.letter.reference or ''} {sent.letter.order.letter.value}: {sent.answer}")
    for mailbox in unreached:
        typer.echo(f"  mailbox {here[mailbox.name]} was not reached: {mailbox.last_error}")
    if troubled or unreached:
        raise typer.Exit(1)


@app.command()
def demo(
    policy: Annotated[str, typer.Option(help="The policy to work by: code-2024 or mtvh.")] = "code-2024",
    out: Annotated[Path | None, typer.Option(help="Where to leave letters and the index page.")] = None,
) -> None:
    """Some weeks of a complaints mailbox in a minute, on servers of its own. Needs nothing and touches nothing."""
    try:
        from mailbot.demo import run_demo
    except ModuleNotFoundError as missing:
        if missing.name not in ("pymap", "pysasl", "aiosmtpd"):
            raise
        stop(
            f"the demo brings servers of its own, and {missing.name} is not there: pip install 'mailbot[demo]'"
        )
    raise typer.Exit(run_demo(policy=policy, out=out))


# ------------------------------------------------------------------ cases


@case_app.command("list")
def case_list(
    config: ConfigDir = HERE,
    everything: Annotated[bool, typer.Option("--all", help="Closed cases too.")] = False,
) -> None:
    """Open cases, the next duty first."""
    from mailbot.casework.vocabulary import Stage
    from mailbot.kept_policies import with_kept_policies
    from mailbot.reports.history import next_duty
    from mailbot.settings import mailbox_named

    settings = load(config)
    store = open_database(settings)
    settings = with_kept_policies(settings, store, refuse=False)
    with store.read() as work:
        cases = work.cases() if everything else work.open_cases()
        unreadable = sorted(work.unreadable)
    for damaged in unreadable:
        typer.echo(f"{damaged} can't be read: its record is damaged, or of a newer mailbot", err=True)
    if not cases:
        typer.echo("There are no cases." if everything else "There are no open cases.")
        return
    far, rows = dt.date.max, []
    duties = {
        case.reference: next_duty(
            case, mailbox_named(settings, case.mailbox).policy_of(case), settings.calendar
        )
        for case in cases
    }
    for case in sorted(
        cases, key=lambda c: (d.due.target if (d := duties[c.reference]) else far, c.reference)
    ):
        duty = duties[case.reference]
        stage = (
            case.stage.value.replace("_", " ")
            if case.stage is not Stage.CLOSED
            else f"closed: {case.closed_because}"
        )
        rows.append(
            (
                case.reference,
                stage,
                case.handler or "nobody",
                duty.what if duty else "",
                f"{duty.due.target:%d %b %Y}" if duty else "",
                f"{duty.due.outer:%d %b %Y}" if duty else "",
                case.subject,
            )
        )
    print_table(("Case", "Stage", "Handler", "Next", "Target", "Latest", "Subject"), rows)


@case_app.command("show")
def case_show(
    reference: Annotated[str, typer.Argument(help="The case, as anybody may type it: cc 2026 4217 7")],
    config: ConfigDir = HERE,
) -> None:
    """The whole story of a case: each act with its clause."""
    from mailbot.cases_typed import find_case
    from mailbot.kept_policies import with_kept_policies
    from mailbot.reports.history import tell
    from mailbot.settings import mailbox_named

    settings = load(config)
    store = open_database(settings)
    settings = with_kept_policies(settings, store, refuse=False)
    with store.read() as work:
        case = find_case(work, reference, settings.reference_prefix)
        policy = mailbox_named(settings, case.mailbox).policy_of(case)
        told = tell(
            case, work.journal_of(case.reference), work.letters_of(case.reference), policy, settings.calendar
        )
    typer.echo(plain(told))


@app.command()
def digest(
    preview: Annotated[Path, typer.Option("--preview", help="Write today's digest here: .html or .eml")],
    config: ConfigDir = HERE,
    person: Annotated[str, typer.Option(help="For this supervisor (the key in staff.toml).")] = "",
) -> None:
    """Write today's digest to a file; nothing is sent."""
    from mailbot.start import build

    if preview.suffix.lower() not in (".html", ".eml"):
        stop(f"--preview {preview}: write a file name that ends in .html or .eml")
    settings = load(config)
    supervisors = settings.supervisors
    chosen = next((p for p in supervisors if not person or p.key == person), None)
    if chosen is None:
        stop(f"{person} is no supervisor. Supervisors: {', '.join(p.key for p in supervisors)}")
    parts = build(settings, open_database(settings), with_classifier=False)
    written = parts.service.preview_digest(chosen)
    parts.close()
    write_bytes(preview, written.raw if preview.suffix.lower() == ".eml" else written.html.encode())
    typer.echo(f"{preview}: {written.subject}")


# ------------------------------------------------------------------ configuration and database


@config_app.command("new")
def config_new(folder: Annotated[Path, typer.Argument(help="A folder that has none yet.")] = HERE) -> None:
    """Begin a configuration: mailbot.toml and staff.toml with every key explained, to be changed."""
    from mailbot.places import config_dir

    names = ("mailbot.toml", "staff.toml")
    for name in names:
        if (folder / name).exists():
            stop(f"{folder / name} is there already, and nothing was changed: name another folder")
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        stop(f"{folder} can't be made: {error.strerror}")
    for name in names:
        write_bytes(folder / name, (config_dir() / name).read_bytes())
    typer.echo(
        f"{folder}: change mailbot.toml and staff.toml, then run: mailbot config check --config {folder}"
    )


@config_app.command("check")
def config_check(config: ConfigDir = HERE) -> None:
    """Read the whole configuration and say what is wrong with it, or that nothing is."""
    from mailbot.start import stationery_of

    settings = load(config, servers=True)
    stationery_of(settings)
    for warning in settings.warnings:
        typer.echo(f"warning: {warning}")
    boxes = ", ".join(
        f"{b.imap.address} by {b.policy.key} ({b.policy.overlay.value})" for b in settings.mailboxes
    )
    typer.echo(f"The configuration is right: {boxes}; {len(settings.people)} people.")


db_app.command("move")(move)


@db_app.command("upgrade")
def db_upgrade(config: ConfigDir = HERE) -> None:
    """Bring the database to this version."""
    open_database(load(config), upgrade=True)
    typer.echo("The database is up to date.")


@app.command()
def flow(
    write: Annotated[
        Path | None, typer.Option(help="Write the chart into this README between its marks.")
    ] = None,
    check: Annotated[
        Path | None, typer.Option(help="Exit 1 if the chart in this README is out of date.")
    ] = None,
) -> None:
    """Draw the state chart (Mermaid) from the lifecycle's tables."""
    from mailbot.casework.allocation import Desk
    from mailbot.casework.calendar import Calendar
    from mailbot.casework.rulebook import Rulebook
    from mailbot.casework.vocabulary import Person
    from mailbot.policyfile import load_policy
    from mailbot.reports.flow import chart, into_readme

    people = tuple(
        Person(role, role.title(), f"{role}@example.org", roles=(role,))
        for role in ("handler", "stage2", "supervisor")
    )
    rules = Rulebook(
        load_policy("code-2024"), Calendar("ENG"), Desk(people, {}), "complaints", "CC-2026-000001-6"
    )
    readme = check or write
    if readme is None:
        typer.echo(chart(rules))
        return
    try:
        text = read_bytes(readme).decode()
        drawn = into_readme(text, rules)
    except UnicodeDecodeError:
        stop(f"{readme} is not UTF-8: save it as UTF-8")
    except ValueError as missing:
        stop(f"{readme}: {missing}. Write both into it where the chart shall stand")
    if write:
        write_bytes(write, drawn.encode())
        typer.echo(f"{write}: drawn.")
    elif drawn != text:
        stop(f"the chart in {check} is not what the tables say. Run: mailbot flow --write {check}", 1)
    else:
        typer.echo("The chart is what the tables say.")


if __name__ == "__main__":
    main()

"""The command line: every command that a person types. Rooms are imported when a command needs them, so that
help and typing mistakes answer at once.

Exit codes: 0 done; 1 done, but something is wrong that the output names; 2 the command, its file or the
configuration is mistaken; 3 the daemon gave up and wants to be started again.
"""

from __future__ import annotations

import datetime as dt
import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, NoReturn

import typer

import mailbot

if TYPE_CHECKING:
    from mailbot.settings import Settings
    from storage import Store

app = typer.Typer(
    name="mailbot",
    help="Works a social landlord's complaints mailbox by the landlord's own policy.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)
case_app = typer.Typer(no_args_is_help=True, help="Look at cases.")
config_app = typer.Typer(no_args_is_help=True, help="Check the configuration.")
db_app = typer.Typer(no_args_is_help=True, help="Look after the database.")
app.add_typer(case_app, name="case")
app.add_typer(config_app, name="config")
app.add_typer(db_app, name="db")

ConfigDir = Annotated[
    Path,
    typer.Option(
        "--config", "-c", envvar="MAILBOT_CONFIG", help="Folder with mailbot.toml, staff.toml and policies/."
    ),
]
HERE = Path("config")


def main() -> None:
    """The console script. Mistakes of people end in a sentence, not in a traceback."""
    from sqlalchemy.exc import OperationalError

    from mailbot.mistakes import Mistakes
    from storage.rows import StorageRefused

    try:
        app()
    except Mistakes as mistake:
        stop(str(mistake))
    except StorageRefused as refused:
        stop(str(refused))
    except OperationalError as error:
        stop(f"the database can't be used: {error.orig}")
    except BrokenPipeError:
        sys.exit(0)  # whoever read our output (head, less) has seen enough


def stop(message: str, code: int = 2) -> NoReturn:
    typer.echo(f"mailbot: {message}", err=True)
    raise SystemExit(code)


def load(config: Path) -> Settings:
    from mailbot import settings

    if not config.is_dir():
        stop(
            f"{config} is not a folder. Name the folder that holds mailbot.toml with --config or MAILBOT_CONFIG."
        )
    return settings.load(config)


def open_database(settings: Settings, upgrade: bool | None = None) -> Store:
    from storage import open_store

    store = open_store(settings.database.url)
    if settings.database.upgrade_on_start if upgrade is None else upgrade:
        store.upgrade()
    elif not store.schema_is_current():
        stop("the database is of another version. Run: mailbot db upgrade")
    return store


# ------------------------------------------------------------------ running


@app.command()
def run(config: ConfigDir = HERE) -> None:
    """Run the daemon until it is stopped (SIGTERM or Ctrl-C)."""
    from mailbot.daemon import AlreadyRunning, Daemon, alone_on
    from mailbot.start import build

    log_to_stderr()
    settings = load(config)
    try:
        with alone_on(settings.database.url):
            parts = build(settings, open_database(settings))
            code = Daemon(parts.service, parts.clock).run()
            parts.close()
    except AlreadyRunning as running:
        stop(str(running))
    raise typer.Exit(code)


@app.command()
def once(config: ConfigDir = HERE) -> None:
    """Do everything that can be done now, once: look, attend, what is due, digest, dispatch."""
    from mailbot.daemon import AlreadyRunning, Rounds, alone_on
    from mailbot.start import build

    settings = load(config)
    try:
        with alone_on(settings.database.url):
            parts = build(settings, open_database(settings))
            parts.service.outbox.recover()
            rounds = Rounds(parts.service)
            turn = rounds.turn(parts.clock)
            rounds.close()
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


@app.command()
def demo(
    policy: Annotated[str, typer.Option(help="The policy to work by: code-2024 or mtvh.")] = "code-2024",
    out: Annotated[Path | None, typer.Option(help="Where to leave letters and the index page.")] = None,
) -> None:
    """Some weeks of a complaints mailbox in a minute, on servers of its own. Needs nothing and touches nothing."""
    from mailbot.demo import run_demo

    raise typer.Exit(run_demo(policy=policy, out=out))


# ------------------------------------------------------------------ cases


@case_app.command("list")
def case_list(
    config: ConfigDir = HERE,
    everything: Annotated[bool, typer.Option("--all", help="Closed cases too.")] = False,
) -> None:
    """Open cases, the next duty first."""
    from rich.console import Console
    from rich.table import Table

    from mailbot.casework.vocabulary import Stage
    from mailbot.reports.history import next_duty

    settings = load(config)
    with open_database(settings).read() as work:
        cases = work.cases() if everything else work.open_cases()
    table = Table(box=None, pad_edge=False)
    for heading in ("Case", "Stage", "Handler", "Next", "Target", "Latest", "Subject"):
        table.add_column(heading)
    far = dt.date.max
    duties = {
        case.reference: next_duty(case, settings.mailbox(case.mailbox).policy, settings.calendar)
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
        table.add_row(
            case.reference,
            stage,
            case.handler or "nobody",
            duty.what if duty else "",
            f"{duty.due.target:%d %b %Y}" if duty else "",
            f"{duty.due.outer:%d %b %Y}" if duty else "",
            case.subject,
        )
    Console().print(table if cases else "There are no cases.")


@case_app.command("show")
def case_show(reference: str, config: ConfigDir = HERE) -> None:
    """The whole story of a case: each act with its clause."""
    from mailbot.casework.references import find
    from mailbot.reports.history import tell

    settings = load(config)
    wanted = next(iter(find(reference, settings.reference_prefix)), reference.strip().upper())
    with open_database(settings).read() as work:
        case = work.case(wanted)
        if case is None:
            near = ", ".join(work.case_references_like(wanted[:7])) or "none"
            stop(f"there is no case {wanted}. Cases that begin like it: {near}", 1)
        policy = settings.mailbox(case.mailbox).policy
        typer.echo(tell(case, work.journal_of(wanted), work.letters_of(wanted), policy, settings.calendar))


@app.command()
def digest(
    preview: Annotated[Path, typer.Option("--preview", help="Write today's digest here: .html or .eml")],
    config: ConfigDir = HERE,
    person: Annotated[str, typer.Option(help="For this supervisor (the key in staff.toml).")] = "",
) -> None:
    """Write today's digest to a file; nothing is sent."""
    from mailbot.start import build

    settings = load(config)
    supervisors = [p for p in settings.people if "supervisor" in p.roles]
    chosen = next((p for p in supervisors if not person or p.key == person), None)
    if chosen is None:
        stop(f"{person} is no supervisor. Supervisors: {', '.join(p.key for p in supervisors)}")
    parts = build(settings, open_database(settings), with_classifier=False)
    written = parts.service.preview_digest(chosen)
    preview.write_bytes(written.raw if preview.suffix == ".eml" else written.html.encode())
    parts.close()
    typer.echo(f"{preview}: {written.subject}")


# ------------------------------------------------------------------ mail


def read_bytes(file: Path) -> bytes:
    if str(file) == "-":
        return sys.stdin.buffer.read()
    try:
        return file.read_bytes()
    except OSError as error:
        stop(f"{file} can't be read: {error.strerror}")


@app.command("read")
def read_mail(
    file: Annotated[Path, typer.Argument(help="A mail as a file (.eml), or - for standard input.")],
    as_json: Annotated[bool, typer.Option("--json", help="As JSON.")] = False,
) -> None:
    """Show what mailbot reads in a mail: sender, subject, text, what is new, whether it is automatic."""
    from mailbot.postroom.reading import read
    from mailbot.postroom.screening import screen

    mail = read(read_bytes(file))
    screening = screen(mail, frozenset())
    seen: dict[str, Any] = {
        "from": mail.sender.address if mail.sender else None,
        "subject": mail.subject,
        "text": mail.text,
        "new_text": mail.new_text,
        "automatic": screening.automatic,
        "failed_recipients": list(screening.failed_recipients),
        "attachments": [{"name": a.name, "size": a.size} for a in mail.attachments],
        "message_id": mail.message_id or None,
        "original_message_id": screening.original_message_id or None,
        "date": mail.date.isoformat() if mail.date else None,
        "rule": screening.rule or None,
        "defects": list(mail.defects),
    }
    if as_json:
        typer.echo(json.dumps(seen, ensure_ascii=False, indent=2))
        return
    for key in (
        "from",
        "subject",
        "date",
        "automatic",
        "rule",
        "failed_recipients",
        "attachments",
        "defects",
    ):
        if seen[key]:
            typer.echo(f"{key}: {seen[key]}")
    typer.echo(f"\n{mail.new_text}")


@app.command()
def classify(
    file: Annotated[Path, typer.Argument(help="A mail as a file (.eml), or - for standard input.")],
    stage: Annotated[str, typer.Option(help="Where the sender's case stands, e.g. stage1_open.")] = "none",
    as_json: Annotated[bool, typer.Option("--json", help="As JSON.")] = False,
) -> None:
    """Show what mailbot takes a mail for, how sure it is, and why."""
    import classifiers
    from mailbot.casework.vocabulary import Stage
    from mailbot.postroom.reading import read

    if stage not in [s.value for s in Stage]:
        stop(f"--stage {stage}: write one of {', '.join(s.value for s in Stage)}")
    mail = read(read_bytes(file))
    text = mail.text if stage == "none" else mail.new_text
    verdict = classifiers.ensure(None).read(
        classifiers.Ask(text=text, subject=mail.subject, stage=Stage(stage))
    )
    seen = {
        "intent": verdict.intent.value,
        "confidence": round(verdict.confidence, 4),
        "readings": [
            {"intent": r.intent.value, "probability": round(r.probability, 4), "reasons": list(r.reasons)}
            for r in verdict.readings
        ],
        "reply_kind": verdict.reply_kind.value if verdict.reply_kind else None,
        "topics": [t.value for t in verdict.topics],
        "flags": [{"flag": r.flag.value, "phrase": r.phrase} for r in verdict.flags],
        "reasons": list(verdict.reasons),
        "model": verdict.model,
    }
    if as_json:
        typer.echo(json.dumps(seen, ensure_ascii=False, indent=2))
        return
    for key, value in seen.items():
        if value:
            typer.echo(f"{key}: {value}")


@app.command()
def train() -> None:
    """Build the classifier's model from the shipped corpus, if this machine has none that fits."""
    import classifiers

    chain = classifiers.ensure(None)
    typer.echo(f"The model is ready: {chain.version}")


# ------------------------------------------------------------------ configuration and database


@config_app.command("check")
def config_check(config: ConfigDir = HERE) -> None:
    """Read the whole configuration and say what is wrong with it, or that nothing is."""
    from mailbot.places import templates_dir
    from mailbot.postroom.letters import Stationery

    settings = load(config)
    Stationery(templates_dir())
    for warning in settings.warnings:
        typer.echo(f"warning: {warning}")
    boxes = ", ".join(
        f"{b.imap.address} by {b.policy.key} ({b.policy.overlay.value})" for b in settings.mailboxes
    )
    typer.echo(f"The configuration is right: {boxes}; {len(settings.people)} people.")


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
    if check:
        text = check.read_text()
        if into_readme(text, rules) != text:
            stop(f"the chart in {check} is not what the tables say. Run: mailbot flow --write {check}", 1)
        typer.echo("The chart is what the tables say.")
    elif write:
        write.write_text(into_readme(write.read_text(), rules))
        typer.echo(f"{write}: drawn.")
    else:
        typer.echo(chart(rules))


@app.command()
def version() -> None:
    """Which mailbot this is."""
    typer.echo(f"mailbot {mailbot.__version__}")


def log_to_stderr() -> None:
    """One line an event, references and counts only: residents' data stays out of logs."""
    import logging

    class Line(logging.Formatter):
        keys = ("reference", "letter", "outcome", "mailbox", "mailboxes", "mail", "error", "timer")

        def format(self, record: logging.LogRecord) -> str:
            line = {
                "at": dt.datetime.fromtimestamp(record.created, dt.UTC).isoformat(timespec="milliseconds"),
                "level": record.levelname.lower(),
                "log": record.name,
                "event": record.getMessage(),
                **{k: getattr(record, k) for k in self.keys if getattr(record, k, None) is not None},
            }
            if record.exc_info:
                line["exception"] = self.formatException(record.exc_info)
            return json.dumps(line, ensure_ascii=False)

    handler = logging.StreamHandler()
    handler.setFormatter(Line())
    logging.basicConfig(level=logging.INFO, handlers=[handler])
    logging.getLogger("apscheduler").setLevel(logging.WARNING)


if __name__ == "__main__":
    main()

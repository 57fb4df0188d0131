"""`mailbot policy`: read a policy, its dates and its differences from the Code, without a mailbox or a database.

The landlord's own files are those in `policies/` of the configuration folder, and the shipped ones are always
there; nothing else of the configuration is needed, except that a list of bank holidays and `mailbot.toml`'s [calendar],
where there are any, say the working days. Rooms are imported when a command needs them.

Exit codes: 0 done; 1 `check` found something of high severity; 2 a mistake in the command or in a file.
"""

from __future__ import annotations

import datetime as dt
import json
import re
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, NoReturn

import typer

from mailbot.casework.parts import Overlay
from mailbot.terminal import Commands

if TYPE_CHECKING:
    from mailbot.casework.calendar import Calendar
    from mailbot.casework.layers import Layer
    from mailbot.casework.policy import Policy
    from mailbot.reports.policies import Page

policy_app = typer.Typer(
    cls=Commands, no_args_is_help=True, help="Read policies: their clauses, dates, and the Code."
)

PolicyId = Annotated[
    str,
    typer.Argument(
        metavar="ID", help="As `mailbot policy list` shows it; with its version: mtvh@2021-08-23; or a file."
    ),
]
ConfigDir = Annotated[
    Path,
    typer.Option("--config", "-c", envvar="MAILBOT_CONFIG", help="Folder whose policies/ are read too."),
]
Laid = Annotated[Overlay, typer.Option(help="How the statutory Code is laid over the policy.")]
HtmlFile = Annotated[Path | None, typer.Option("--html", help="Write the page here, as one HTML file.")]
AsJson = Annotated[bool, typer.Option("--json", help="For a program.")]
When = Annotated[str | None, typer.Option(metavar="WHEN", help="2025-12-30 or 2025-12-30T16:00, London.")]
Whens = Annotated[
    list[str] | None,
    typer.Option(metavar="WHEN", help="Likewise; twice if both stages have it: each falls to its stage."),
]
HERE = Path("config")


@policy_app.command("list")
def policy_list(config: ConfigDir = HERE) -> None:
    """The policies there are: yours and the shipped ones. A file with mistakes is listed with their number."""
    from mailbot.policyfile import list_policies
    from mailbot.reports.policies import Table, columns

    rows: list[tuple[str, ...]] = []
    for directory in directories(config):
        for found in list_policies(directory):
            wrong = f"{found.mistakes} mistake{'' if found.mistakes == 1 else 's'}" if found.mistakes else ""
            row = (found.id, found.version, found.landlord, found.title or wrong, str(found.path))
            if row[:2] not in [r[:2] for r in rows]:
                rows.append(row)
    headings = ("Policy", "Version", "Landlord", "Title", "File")
    for line in columns(Table(headings, tuple(rows), (2, 2, 4, 3, 9)), width=200):
        typer.echo(line.rstrip())


@policy_app.command("show")
def policy_show(
    id: PolicyId, html: HtmlFile = None, overlay: Laid = Overlay.ENFORCE, config: ConfigDir = HERE
) -> None:
    """A policy to be read beside the landlord's document: dates, letters, terms, clauses, rules."""
    from mailbot.reports.policies import policy_page

    policy = find_policy(id, config, overlay)
    _show(policy_page(policy, _calendar(policy, config)), html)


@policy_app.command("timeline")
def policy_timeline(
    id: PolicyId,
    received: Annotated[
        str, typer.Option(metavar="WHEN", help="When it reached the landlord: 2025-12-19T10:00, London.")
    ],
    acknowledged: Whens = None,
    responded: Whens = None,
    escalated: When = None,
    closed: When = None,
    overlay: Laid = Overlay.ENFORCE,
    as_json: AsJson = False,
    config: ConfigDir = HERE,
) -> None:
    """Every date that follows from what has happened, target and latest, each with its clause.

    What has not happened counts from the day on which it was due. An acknowledgement or a response from the
    escalation on is stage 2's."""
    from mailbot.casework.timetable import arrange, of
    from mailbot.reports.policies import timetable_page

    policy = find_policy(id, config, overlay)
    calendar = _calendar(policy, config)
    try:
        moments = arrange(
            _instant("received", received),
            [_instant("acknowledged", when) for when in acknowledged or ()],
            [_instant("responded", when) for when in responded or ()],
            _instant("escalated", escalated) if escalated else None,
            _instant("closed", closed) if closed else None,
            lambda at: policy.received_on(at, calendar),
        )
    except ValueError as wrong:
        refuse(f"{wrong}: put the dates right")
    rows = of(policy, calendar, moments)
    if as_json:
        print_json(
            [
                {
                    "event": row.event,
                    "stage": row.stage,
                    "target_due": row.target_due.isoformat(),
                    "outer_due": row.outer_due.isoformat(),
                    "clause": row.clause,
                    "rule": row.rule,
                }
                for row in rows
            ]
        )
    else:
        _show(timetable_page(policy, rows, moments), None)


@policy_app.command("check")
def policy_check(
    id: PolicyId, as_json: AsJson = False, html: HtmlFile = None, config: ConfigDir = HERE
) -> None:
    """Hold a policy against the statutory Code, clause against clause.

    Tells where it breaches the Code, is silent or is stricter, how grave that is, and what overlay = "enforce"
    does about it. Exits with 1 if something is of high severity."""
    from mailbot.casework.conformity import check
    from mailbot.casework.findings import Severity
    from mailbot.policyfile import CODE
    from mailbot.reports.policies import conformity_page

    policy = find_policy(id, config, Overlay.ENFORCE)
    findings = check(_layer(id, policy, config), _layer(CODE, find_policy(CODE, config, Overlay.OFF), config))
    page = conformity_page(policy, findings)
    if html:
        _write(html, page)
    if as_json:
        print_json(
            [
                {
                    "severity": f.severity,
                    "kind": f.kind,
                    "subject": f.subject,
                    "clauses": f.own,
                    "says": f.says,
                    "code": f.code,
                    "asks": f.asks,
                    "enforce": f.enforce,
                }
                for f in findings
            ]
        )
    elif not html:
        _show(page, None)
    if any(f.severity is Severity.HIGH for f in findings):
        raise typer.Exit(1)


@policy_app.command("new")
def policy_new(
    id: Annotated[str, typer.Argument(metavar="ID", help="Small letters, digits and hyphens: our-homes.")],
    landlord: Annotated[str, typer.Option(help="The landlord's name, as the document says it.")] = "",
    config: ConfigDir = HERE,
) -> None:
    """Write a commented starter file, policies/ID.toml in the configuration folder. It can be used as it is, and is
    meant to be made the landlord's own beside its document."""
    from mailbot.places import config_dir
    from mailbot.policyfile import list_policies

    if not re.fullmatch(r"[a-z0-9][a-z0-9-]*", id):
        refuse(f"{id!r} can't be a policy's id: write small letters, digits and hyphens, like our-homes")
    known = {found.id for directory in directories(config) for found in list_policies(directory)}
    if id in known | {"house"}:
        refuse(f"there is a policy {id} already: choose another id, or change that one")
    name = " ".join(landlord.split())
    if any(sign in name for sign in '"\\'):
        refuse('the name of a landlord holds no " and no \\: leave them out')
    text = (config_dir() / "starter-policy.toml").read_text(encoding="utf-8")
    today = dt.date.today().isoformat()  # noqa: DTZ011 - a day for a person to correct, on this person's own clock
    for word, value in (("{id}", id), ("{landlord}", name or "Our Homes"), ("{today}", today)):
        text = text.replace(word, value)
    file = config / "policies" / f"{id}.toml"
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        with file.open("x", encoding="utf-8") as opened:
            opened.write(text)
    except FileExistsError:
        refuse(f"{file} is there already: it is left as it is")
    except OSError as error:
        refuse(f"{file} can't be written: {error.strerror}")
    typer.echo(
        f"{file}: written. Make it yours beside the document, then: mailbot policy show {id}, "
        f'mailbot policy check {id}. A mailbox works by it with policy = "{id}" in mailbot.toml.'
    )


# ------------------------------------------------------------------ finding


def directories(config: Path) -> tuple[Path, ...]:
    from mailbot.places import config_dir

    if config != HERE and not config.is_dir():
        refuse(
            f"{config} is not a folder: name the one that holds mailbot.toml and policies/, or leave it out"
        )
    own = config / "policies"
    shipped = config_dir() / "policies"
    return (own, shipped) if own.is_dir() and own.resolve() != shipped.resolve() else (shipped,)


def find_policy(id: str, config: Path, overlay: Overlay) -> Policy:
    """PolicyMistake with the ids that there are for one that is not among them."""
    from mailbot.policyfile import load_policy

    return load_policy(id if id.endswith(".toml") else id.lower(), directories(config)[0], overlay)


def _layer(id: str, policy: Policy, config: Path) -> Layer:
    """What the policy's own file says, before anything is laid over or under it."""
    from mailbot.policyfile import list_policies, read_layer

    if id.endswith(".toml"):
        return read_layer(Path(id))
    return next(
        read_layer(found.path)
        for directory in directories(config)
        for found in list_policies(directory)
        if (found.id, found.version) == (policy.id, policy.version)
    )


def _calendar(policy: Policy, config: Path) -> Calendar:
    """The nation's working days: the published list, corrected by [calendar] of mailbot.toml where there is one."""
    from mailbot.calendarfile import publish
    from mailbot.mistakes import Mistake, Mistakes, hold_against, read_toml
    from mailbot.settings.tables import CalendarTable

    file = config / "mailbot.toml"
    mistakes: list[Mistake] = []
    tables = (read_toml(file, mistakes) if file.exists() else None) or {}
    own = tables.get("calendar", {})
    table = hold_against(CalendarTable, own if isinstance(own, dict) else {}, file.name, mistakes)
    calendar = publish(table.calendar(policy.nation), config, mistakes) if table else None
    if mistakes or calendar is None:
        raise Mistakes(mistakes)
    return calendar


def _instant(option: str, text: str) -> dt.datetime:
    """A day or a moment as people type it; London's clock unless it names a zone."""
    from mailbot.casework.calendar import LONDON

    try:
        at = dt.datetime.fromisoformat(text.strip())
    except ValueError:
        refuse(
            f"--{option} {text!r} is no date: write it like 2025-12-19 or 2025-12-19T10:00 (year, month, day)"
        )
    if not 2000 <= at.year <= 2100:
        refuse(f"--{option} {text!r}: the year {at.year} lies outside 2000 to 2100")
    return at if at.tzinfo else at.replace(tzinfo=LONDON)


# ------------------------------------------------------------------ telling


def _show(page: Page, file: Path | None) -> None:
    from mailbot.reports.policies import as_text

    if file:
        _write(file, page)
    else:
        typer.echo(as_text(page), nl=False)


def _write(file: Path, page: Page) -> None:
    from mailbot.reports.policies import as_html

    try:
        file.write_text(as_html(page), encoding="utf-8")
    except OSError as error:
        refuse(f"{file} can't be written: {error.strerror}")
    typer.echo(f"{file}: written.", err=True)


def print_json(value: object) -> None:
    typer.echo(json.dumps(value, ensure_ascii=False, indent=2).encode())


def refuse(message: str) -> NoReturn:
    typer.echo(f"mailbot: {message}", err=True)
    raise SystemExit(2)

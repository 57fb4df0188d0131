"""The commands of the first afternoon: `mailbot init` writes a configuration, `mailbot doctor` tries it."""

from __future__ import annotations

import re
import sys
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Final

import typer

from mailbot.terminal import HERE, ConfigDir, load, print_json, stop, write_bytes

if TYPE_CHECKING:
    from mailbot.settings.writing import Colleague

_ADDRESS: Final = r"[^\s@<>,;:\"()]+@[^\s@<>,;:\"()]+"
_PERSON: Final = rf"\s*([^<>\"\x00-\x1f]+?)\s*<({_ADDRESS})>\s*"
SIGNS: Final = {"ok": "  ok     ", "warning": "  look   ", "wrong": "  WRONG  "}

PROVIDERS: Final[dict[str, dict[str, str | bool]]] = {
    "password": {},
    "microsoft": {
        "imap.host": "outlook.office365.com",
        "smtp.host": "smtp.office365.com",
        "smtp.null_sender": False,
        "trust.mode": "microsoft365",
    },
    "google": {
        "imap.host": "imap.gmail.com",
        "smtp.host": "smtp.gmail.com",
        "smtp.null_sender": False,
        "trust.authserv_id": "mx.google.com",
    },
}
"""What each provider settles without a question."""


def doctor(
    config: ConfigDir = HERE,
    send: Annotated[
        bool | None,
        typer.Option("--send/--no-send", help="Send mails to ourselves; unless said, not in shadow mode."),
    ] = None,
    wait: Annotated[int, typer.Option(help="Wait so many seconds for our own mail.", min=1, max=600)] = 60,
    as_json: Annotated[bool, typer.Option("--json", help="For programs.")] = False,
) -> None:
    """Try everything that mailbot stands on, for real, and say what to do about what fails.

    Exits with 1 if something is wrong. Sends two mails to the mailbox itself, and takes them away again."""
    from mailbot.casework.parts import Mode
    from mailbot.clock import WallClock
    from mailbot.doctor import State, examine

    settings = load(config, servers=True)
    findings = []
    tries = settings.mode is not Mode.SHADOW if send is None else send
    for finding in examine(settings, WallClock(), send=tries, seconds=wait):
        findings.append(finding)
        if not as_json:
            typer.echo(f"{SIGNS[finding.state]}{finding.part}: {finding.told}")
            if finding.fix:
                typer.echo(f"           -> {finding.fix}")
    bad = sum(f.state is State.WRONG for f in findings)
    if as_json:
        print_json([{"part": f.part, "state": f.state, "told": f.told, "fix": f.fix} for f in findings])
    elif bad:
        typer.echo(
            f"\n{bad} thing{'s are' if bad > 1 else ' is'} wrong. Put the first one right, then run doctor again."
        )
    else:
        typer.echo("\nNothing is wrong.")
    if bad:
        raise typer.Exit(1)


def init(
    folder: Annotated[Path, typer.Argument(help="A folder that has no configuration yet.")] = HERE,
    name: Annotated[str, typer.Option(help="The landlord's full name.")] = "",
    phone: Annotated[str, typer.Option(help="The phone number that residents ring.")] = "",
    web: Annotated[str, typer.Option(help="The landlord's web address.")] = "",
    postal_address: Annotated[str, typer.Option(help="On one line.")] = "",
    address: Annotated[str, typer.Option(help="The complaints mailbox.")] = "",
    policy: Annotated[str, typer.Option(help="The policy: a name of `mailbot policy list`.")] = "",
    provider: Annotated[str, typer.Option(help="password, microsoft or google.")] = "",
    imap_host: Annotated[str, typer.Option(help="Where the mailbox is read.")] = "",
    smtp_host: Annotated[str, typer.Option(help="Where letters leave.")] = "",
    authserv_id: Annotated[
        str,
        typer.Option(help="What your server puts first into Authentication-Results; doctor finds it too."),
    ] = "",
    supervisor: Annotated[
        list[str] | None, typer.Option(help='"Helen Marsh <helen@...>"; may be repeated.')
    ] = None,
    handler: Annotated[list[str] | None, typer.Option(help="Likewise.")] = None,
    stage2: Annotated[
        list[str] | None, typer.Option(help="Likewise; the first supervisor unless given.")
    ] = None,
    duty: Annotated[
        list[str] | None, typer.Option(help="Likewise; the first supervisor unless given.")
    ] = None,
) -> None:
    """Write a configuration: what is not given as an option is asked for.

    The files come with every key explained. Nothing is overwritten, and no password is asked for or written."""
    from mailbot.places import config_dir
    from mailbot.policyfile import list_policies
    from mailbot.settings.writing import filled_in, staff_file

    for file in ("mailbot.toml", "staff.toml"):
        if (folder / file).exists():
            stop(f"{folder / file} is there already, and nothing was changed: name another folder")
    known = sorted({found.id for found in list_policies(config_dir() / "policies") if found.title})
    ask = _Questions()
    name = ask.text("--name", "The landlord's full name", name)
    phone = ask.text("--phone", "The phone number that residents ring", phone)
    web = ask.text("--web", "The landlord's web address", web)
    postal_address = ask.text("--postal-address", "The postal address, on one line", postal_address)
    address = ask.address("--address", "The complaints mailbox's address", address)
    policy = ask.one_of("--policy", "The policy", policy, known, "code-2024")
    provider = ask.one_of("--provider", "How mailbot logs in", provider, list(PROVIDERS), "password")
    given = PROVIDERS[provider]
    domain = address.rpartition("@")[2]
    imap_host = str(
        given.get("imap.host") or ask.text("--imap-host", "The IMAP server", imap_host, f"imap.{domain}")
    )
    smtp_host = str(
        given.get("smtp.host") or ask.text("--smtp-host", "The SMTP server", smtp_host, f"smtp.{domain}")
    )
    roles: list[tuple[str, list[Colleague]]] = []
    for role, option, question, people in (
        ("supervisor", "--supervisor", "Who supervises complaints", supervisor),
        ("handler", "--handler", "Who handles complaints", handler),
        ("stage2", "--stage2", "Who answers at stage 2", stage2),
        ("duty", "--duty", "Who is told of danger at once", duty),
    ):
        first = roles[0][1] if roles and role in ("stage2", "duty") else []
        roles.append((role, ask.people(option, question, people, first)))
    if ask.missing:
        stop(f"there is nobody to ask here. Give as options: {', '.join(ask.missing)}")
    values: dict[str, str | bool] = {
        ".mode": "shadow",
        "landlord.name": name,
        "landlord.short_name": name,
        "landlord.phone": phone,
        "landlord.web": web,
        "landlord.postal_address": postal_address,
        "landlord.complaints_address": address,
        "mailbox.address": address,
        "mailbox.policy": policy,
        "mailbox.imap.host": imap_host,
        "mailbox.imap.user": address,
        "smtp.host": smtp_host,
        "smtp.user": address,
        "trust.authserv_id": authserv_id or f"mx.{domain}",
        **{key: value for key, value in given.items() if key.startswith(("smtp.null", "trust."))},
    }
    main = filled_in((config_dir() / "mailbot.toml").read_text(encoding="utf-8"), values, provider)
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        stop(f"{folder} can't be made: {error.strerror}")
    write_bytes(folder / "mailbot.toml", main.encode())
    write_bytes(
        folder / "staff.toml",
        staff_file((config_dir() / "staff.toml").read_text(encoding="utf-8"), roles).encode(),
    )
    secret = {
        "password": "set MAILBOT_IMAP_PASSWORD and MAILBOT_SMTP_PASSWORD",
        "microsoft": "fill in [oauth] in mailbot.toml (docs/microsoft365.md)",
        "google": "fill in [oauth] in mailbot.toml (docs/google.md)",
    }[provider]
    typer.echo(f"{folder}/mailbot.toml and staff.toml are written. Next:")
    typer.echo(f"  1. {secret}")
    typer.echo(f"  2. mailbot config check --config {folder}")
    typer.echo(f"  3. mailbot doctor --config {folder}")
    typer.echo(
        "It begins as a shadow run: nothing in the mailbox is changed and only supervisors are written to "
        '(docs/modes.md). When you trust it, write mode = "assist" or "live".'
    )


class _Questions:
    """Asks at a terminal for what no option gave; elsewhere notes which options are missing. An answer that can't be
    one is asked for again; an option stops the command."""

    def __init__(self) -> None:
        self.missing: list[str] = []
        self._somebody = sys.stdin.isatty()

    def text(
        self,
        option: str,
        question: str,
        given: str,
        usual: str = "",
        wrong: Callable[[str], str] = lambda answer: "",
    ) -> str:
        """`wrong` says what is wrong with an answer, "" if nothing is."""
        while True:
            answer = given
            if not given and self._somebody:
                answer = typer.prompt(question, default=usual or None)
            answer = (answer or usual).strip()
            problem = "it must be on one line" if re.search(r"[\x00-\x1f]", answer) else ""
            problem = problem or (wrong(answer) if answer else "")
            if problem and given:
                stop(f"{option} {given!r}: {problem}")
            if not problem:
                break
            typer.echo(f"{answer}: {problem}")
        if not answer:
            self.missing.append(option)
        return answer

    def address(self, option: str, question: str, given: str) -> str:
        return self.text(option, question, given, wrong=_no_address).lower()

    def one_of(self, option: str, question: str, given: str, known: list[str], usual: str) -> str:
        from mailbot.mistakes import nearest

        def unknown(answer: str) -> str:
            return "" if answer in known else nearest(answer, known)

        return self.text(option, f"{question} ({', '.join(known)})", given, usual, unknown)

    def people(
        self, option: str, question: str, given: list[str] | None, usual: list[Colleague]
    ) -> list[Colleague]:
        for each in given or ():
            self.text(option, question, each, wrong=_nobody)
        if not given and not usual:
            wanted = f"{question} (Name <address>, several with commas)"
            given = _parts(self.text(option, wanted, "", wrong=_nobody_among))
        return [_colleague(each) for each in given or ()] or usual


def _no_address(answer: str) -> str:
    return "" if re.fullmatch(_ADDRESS, answer) else 'write a bare address like "complaints@landlord.example"'


def _parts(answer: str) -> list[str]:
    return [part for part in answer.split(",") if part.strip()]


def _nobody(answer: str) -> str:
    fits = re.fullmatch(_PERSON, answer)
    return "" if fits else 'write it like "Helen Marsh <helen.marsh@landlord.example>"'


def _nobody_among(answer: str) -> str:
    return next(filter(None, map(_nobody, _parts(answer))), "")


def _colleague(answer: str) -> Colleague:
    from mailbot.settings.writing import Colleague

    match = re.fullmatch(_PERSON, answer)
    assert match
    return Colleague(match[1], match[2].lower())

"""What the commands share: the configuration folder, the database, and how they speak to a terminal.

Rooms are imported when a command needs them, so that help and typing mistakes answer at once.
"""

from __future__ import annotations

import datetime as dt
import getpass
import json
import os
import re
import sys
import unicodedata
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, NoReturn

import typer
from typer.core import TyperGroup

if TYPE_CHECKING:
    from mailbot.settings import Settings
    from storage import Store

ConfigDir = Annotated[
    Path,
    typer.Option(
        "--config", "-c", envvar="MAILBOT_CONFIG", help="Folder with mailbot.toml, staff.toml and policies/."
    ),
]
HERE = Path("config")
By = Annotated[str, typer.Option("--by", help="Who orders it: a key in staff.toml.")]


class Commands(TyperGroup):
    """A group of commands whose help names each with its whole first sentence."""

    def format_commands(self, ctx: Any, formatter: Any) -> None:
        named = ((name, self.get_command(ctx, name)) for name in self.list_commands(ctx))
        rows = [(name, _first_sentence(one.help or "")) for name, one in named if one and not one.hidden]
        if rows:
            with formatter.section("Commands"):
                formatter.write_dl(rows)


def _first_sentence(text: str) -> str:
    paragraph = " ".join(text.partition("\n\n")[0].split())
    return re.split(r"(?<=\.) (?=[A-Z])", paragraph, maxsplit=1)[0]


def stop(message: str, code: int = 2) -> NoReturn:
    typer.echo(f"mailbot: {message}", err=True)
    raise SystemExit(code)


def load(config: Path, since: dt.datetime | None = None, servers: bool = False) -> Settings:
    """`servers`: for a command that speaks to the mail servers; no other asks for their passwords."""
    from dataclasses import replace

    from mailbot import settings

    if config.is_file():
        stop(f"{config} is a file: name the folder that it lies in, --config {config.parent}")
    if not config.is_dir():
        stop(
            f"{config} is not a folder. Name the folder that holds mailbot.toml with --config or MAILBOT_CONFIG, "
            f"or begin one with: mailbot config new {config}"
        )
    loaded = settings.load(config, servers=servers)
    if since is None:
        return loaded
    boxes = tuple(replace(b, imap=replace(b.imap, since=since.date())) for b in loaded.mailboxes)
    return replace(loaded, mailboxes=boxes)


def open_database(settings: Settings, upgrade: bool | None = None) -> Store:
    from mailbot.modes import refuse_other_database
    from storage import open_store

    store = open_store(settings.database.url, settings.database.journal_key)
    if settings.database.upgrade_on_start if upgrade is None else upgrade:
        store.upgrade()
    elif not store.schema_is_current():
        stop("the database is of another version. Run: mailbot db upgrade")
    refuse_other_database(settings, store)
    return store


def print_table(headings: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
    """Columns that fit the terminal; one line a row where the output goes to a file or another program."""
    from rich.console import Console
    from rich.table import Table

    table = Table(box=None, pad_edge=False)
    for heading in headings:
        table.add_column(heading, no_wrap=heading in ("Case", "Mail"))
    for row in rows:
        table.add_row(*(plain(cell) for cell in row))
    width = None if sys.stdout.isatty() else 400
    # A subject is a stranger's: what looks like markup in it is text.
    Console(width=width, markup=False, emoji=False, highlight=False).print(table, soft_wrap=False)


def plain(text: str) -> str:
    """A stranger's words without what a terminal would obey (escape sequences, turned direction)."""
    return "".join(
        c if c in "\n\t" or unicodedata.category(c) not in ("Cc", "Cf", "Cs") else "\N{REPLACEMENT CHARACTER}"
        for c in text.replace("\r\n", "\n")
    )


def read_bytes(file: Path) -> bytes:
    if str(file) == "-":
        return sys.stdin.buffer.read()
    try:
        return file.read_bytes()
    except OSError as error:
        stop(f"{file} can't be read: {error.strerror}")


def write_bytes(file: Path, content: bytes, private: bool = False) -> None:
    """`private`: readable by its owner alone, from the first byte on."""
    try:
        if private:
            file.unlink(missing_ok=True)
            file.touch(mode=0o600, exist_ok=False)
        file.write_bytes(content)
    except OSError as error:
        stop(f"{file} can't be written: {error.strerror}")


def print_json(value: object) -> None:
    """JSON is UTF-8, whatever this terminal speaks (RFC 8259 section 8.1)."""
    text = json.dumps(value, ensure_ascii=False, indent=2)
    typer.echo(text.encode("utf-8", "backslashreplace"))


def in_words(value: object) -> str:
    """A value of the JSON answer, for people."""
    if isinstance(value, dict):
        return " ".join(in_words(v) for v in value.values() if v)
    if isinstance(value, list):
        return "; ".join(in_words(v) for v in value)
    return str(value)


def _user() -> str:
    try:
        return getpass.getuser()
    except (KeyError, OSError):  # a container may run as a number that nobody has
        return f"user {os.getuid()}"


def who_types(settings: Settings, by: str) -> str:
    """Who does it: a key in staff.toml, else the user of this machine."""
    if not by:
        return f"the operator ({_user()})"
    person = next((p for p in settings.people if p.key == by), None)
    if person is None:
        stop(
            f"--by {by}: nobody in staff.toml has this key. Known: {', '.join(p.key for p in settings.people)}"
        )
    return person.key

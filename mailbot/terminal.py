"""What the commands share: reading files, printing a stranger's words, stopping with a sentence."""

from __future__ import annotations

import datetime as dt
import json
import sys
import unicodedata
from pathlib import Path
from typing import TYPE_CHECKING, NoReturn

import typer

if TYPE_CHECKING:
    from mailbot.settings import Settings


def stop(message: str, code: int = 2) -> NoReturn:
    typer.echo(f"mailbot: {message}", err=True)
    raise SystemExit(code)


def load(config: Path, since: dt.datetime | None = None) -> Settings:
    from dataclasses import replace

    from mailbot import settings

    if not config.is_dir():
        stop(
            f"{config} is not a folder. Name the folder that holds mailbot.toml with --config or MAILBOT_CONFIG, "
            f"or begin one with: mailbot config new {config}"
        )
    loaded = settings.load(config)
    if since is None:
        return loaded
    boxes = tuple(replace(b, imap=replace(b.imap, since=since.date())) for b in loaded.mailboxes)
    return replace(loaded, mailboxes=boxes)


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


def write_bytes(file: Path, content: bytes) -> None:
    try:
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

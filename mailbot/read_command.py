"""`mailbot read`: what mailbot makes of a mail, whole, for a person or for a program."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from mailbot.terminal import in_words, plain, print_json, read_bytes


def read_mail(
    file: Annotated[Path, typer.Argument(help="A mail as a file (.eml), or - for standard input.")],
    as_json: Annotated[bool, typer.Option("--json", help="As JSON.")] = False,
) -> None:
    """Show what mailbot reads in a mail: sender, subject, text, what is new, whether it is automatic."""
    from mailbot.postroom.reading import read

    seen = what_is_seen(read(read_bytes(file)))
    if as_json:
        print_json(seen)
        return
    shown = ("from", "name", "subject", "date", "automatic", "rule", "header", "failed_recipients", "attachments",
             "sealed", "enclosed", "warnings", "defects")  # fmt: skip
    for key in shown:
        if seen[key]:
            typer.echo(plain(f"{key}: {in_words(seen[key])}"))
    typer.echo(plain(f"\n{seen['new_text']}"))


def what_is_seen(mail: Any) -> dict[str, Any]:
    """Everything that is read in a mail, as JSON has it. The first seven keys are promised; the rest may grow."""
    from mailbot.postroom import tokens
    from mailbot.postroom.files import danger_of
    from mailbot.postroom.screening import screen

    screening = screen(mail, frozenset())
    return {
        "from": mail.sender.address if mail.sender else None,
        "subject": mail.subject,
        "text": mail.whole_text,
        "new_text": mail.new_text,
        "automatic": screening.automatic,
        "failed_recipients": list(screening.failed_recipients),
        "attachments": [{"name": a.name, "size": a.size} for a in mail.attachments],
        "message_id": mail.message_id or None,
        "original_message_id": screening.original_message_id or None,
        "date": mail.date.isoformat() if mail.date else None,
        "rule": screening.rule or None,
        "header": screening.header or None,
        "name": mail.sender.name if mail.sender else None,
        "reply_to": [a.address for a in mail.reply_to],
        "to": [a.address for a in mail.to],
        "cc": [a.address for a in mail.cc],
        "is_reply": mail.is_reply,
        "html": mail.html,
        "delayed": screening.delayed,
        "permanent": screening.permanent,
        "diagnostic": screening.diagnostic or None,
        "tokens": [
            f"{n}.{t}" for n, t in tokens.pairs_in(" ".join((*mail.delivered_to, mail.whole_text[:200_000])))
        ],
        "sealed": mail.sealed or None,
        "message_class": mail.message_class or None,
        "enclosed": [
            {
                "from": one.sender.address if one.sender else None,
                "subject": one.subject,
                "date": one.date.isoformat() if one.date else None,
                "message_id": one.message_id or None,
                "text": one.text,
            }
            for one in mail.enclosed
        ],
        "files": [
            {
                "name": a.name,
                "type": a.content_type,
                "size": a.size,
                "sha256": a.sha256,
                "dangerous": danger_of(a.name, a.content_type, a.content) or None,
            }
            for a in mail.attachments
        ],
        "links": [{"words": words, "host": host} for words, host in mail.links],
        "warnings": list(mail.warnings),
        "fingerprint": mail.fingerprint,
        "defects": list(mail.defects),
    }

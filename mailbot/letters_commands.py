"""`mailbot letters`: what residents and staff will read, before anybody reads it."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from mailbot.terminal import HERE, ConfigDir, load, print_table, stop, write_bytes

if TYPE_CHECKING:
    from mailbot.casework.vocabulary import Letter, SendLetter
    from mailbot.postroom.letters import Written
    from mailbot.settings import Settings

letters_app = typer.Typer(no_args_is_help=True, help="Letters: what they are, and how yours look.")


@letters_app.command("list")
def letters_list(config: ConfigDir = HERE) -> None:
    """Every letter, whom it is for, the facts that its template may use, and whether yours replaces it."""
    from mailbot.casework.vocabulary import Letter
    from mailbot.start import stationery_of

    settings = load(config)
    stationery = stationery_of(settings)
    rows = []
    for letter in Letter:
        form = stationery.form(letter)
        own = settings.letters.templates
        yours = "yours" if own and (own / letter.value).is_dir() else ""
        rows.append(
            (letter.value, form.audience.value, yours, ", ".join(sorted({*form.required, *form.optional})))
        )
    print_table(("Letter", "For", "Template", "Facts"), rows)


@letters_app.command("preview")
def letters_preview(
    name: Annotated[str, typer.Argument(metavar="NAME", help="A letter, as `letters list` names it.")] = "",
    every: Annotated[bool, typer.Option("--all", help="All that the lifecycle writes.")] = False,
    html: Annotated[
        Path | None, typer.Option(help="A folder: each letter as .html and .txt in it, with an index.")
    ] = None,
    config: ConfigDir = HERE,
) -> None:
    """Show letters as they would go out, under your policy, your names and your templates. Nothing is sent."""
    from mailbot.mistakes import nearest

    if bool(name) == every:
        stop("name a letter, or say --all")
    settings = load(config)
    orders = _orders(settings)
    if name and name not in {letter.value for letter in orders}:
        stop(f"{name!r} is no letter that a case sends: {nearest(name, [letter.value for letter in orders])}")
    chosen = {letter: order for letter, order in orders.items() if every or letter.value == name}
    written = _write(settings, chosen)
    if html is None:
        for letter, one in written.items():
            typer.echo(f"== {letter.value}: {one.subject}\n\n{one.text}")
        return
    try:
        html.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        stop(f"{html} can't be made: {error.strerror}")
    for letter, one in written.items():
        write_bytes(html / f"{letter.value}.html", one.html.encode())
        write_bytes(html / f"{letter.value}.txt", one.text.encode())
    write_bytes(html / "index.html", _index(written).encode())
    typer.echo(f"{html / 'index.html'}: {len(written)} letter{'' if len(written) == 1 else 's'}.")


def _orders(settings: Settings) -> dict[Letter, SendLetter]:
    from mailbot.casework.allocation import Desk
    from mailbot.casework.references import compose
    from mailbot.casework.rulebook import Rulebook
    from mailbot.reports.letter_samples import sample_orders

    box = settings.mailboxes[0]
    reference = compose(settings.reference_prefix, 2026, 42)
    rules = Rulebook(
        box.policy, box.policy.counting(settings.calendar), Desk(settings.people, {}), box.name, reference
    )
    return sample_orders(rules)


def _write(settings: Settings, orders: dict[Letter, SendLetter]) -> dict[Letter, Written]:
    """As the outbox writes them. It stands on an empty store that is thrown away, and nothing is handed over."""
    import tempfile

    from mailbot.clock import WallClock
    from mailbot.postroom.smtp import SmtpDoor
    from mailbot.sending import Outbox
    from mailbot.start import stationery_of
    from storage import open_store

    stationery = stationery_of(settings)
    with tempfile.TemporaryDirectory(prefix="mailbot-letters-") as folder:
        store = open_store(f"sqlite:///{folder}/none.db")
        store.upgrade()
        try:
            outbox = Outbox(settings, store, stationery, SmtpDoor(settings.smtp), WallClock().now)
            return {letter: outbox.preview(order, settings.mailboxes[0]) for letter, order in orders.items()}
        finally:
            store.close()


def _index(written: dict[Letter, Written]) -> str:
    import html

    rows = "".join(
        f'<li><a href="{letter.value}.html">{letter.value.replace("_", " ")}</a>: {html.escape(one.subject)} '
        f'(<a href="{letter.value}.txt">text</a>)</li>'
        for letter, one in written.items()
    )
    return (
        '<!doctype html><html lang="en-GB"><meta charset="utf-8"><title>Letters</title>'
        '<meta name="viewport" content="width=device-width,initial-scale=1">'
        "<style>body{font:16px/1.6 sans-serif;max-width:44rem;margin:2rem auto;padding:0 1rem}"
        "@media(prefers-color-scheme:dark){body{background:#14191d;color:#e8edf0}a{color:#8fd3df}}</style>"
        f"<h1>Letters</h1><ul>{rows}</ul></html>\n"
    )

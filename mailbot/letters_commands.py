"""`mailbot letters`: what residents and staff will read, before anybody reads it."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from mailbot.terminal import HERE, Commands, ConfigDir, load, print_table, stop, write_bytes

if TYPE_CHECKING:
    from mailbot.casework.vocabulary import Letter, SendLetter
    from mailbot.postroom.letters import Written
    from mailbot.settings import Settings

LetterName = Annotated[str, typer.Argument(metavar="NAME", help="A letter, as `letters list` names it.")]
letters_app = typer.Typer(
    cls=Commands, no_args_is_help=True, help="Letters: what they are, and how yours look."
)


@letters_app.command("list")
def letters_list(config: ConfigDir = HERE) -> None:
    """Every letter: whom it is for, whether yours replaces it and in which languages it is there, and why there is one.
    `letters show` tells the rest of it."""
    from mailbot.casework.vocabulary import Letter
    from mailbot.start import stationery_of

    settings = load(config)
    stationery = stationery_of(settings)
    own = settings.letters.templates
    languages = {code: there for code, there in stationery.languages.items() if code != "en"}
    rows = []
    for letter in Letter:
        form = stationery.form(letter)
        yours = ["yours"] if own and (own / letter.value).is_dir() else []
        spoken = [code for code, there in languages.items() if letter in there]
        rows.append((letter.value, form.audience.value, ", ".join([*yours, *spoken]), form.clause))
    print_table(("Letter", "For", "Template", "Why"), rows)


@letters_app.command("show")
def letters_show(name: LetterName, config: ConfigDir = HERE) -> None:
    """One letter from end to end: its template, why there is one, the rule that orders it, where a test shows it, what
    it must hold and which facts its template may use."""
    from mailbot.languages import FILES
    from mailbot.places import templates_dir
    from mailbot.start import stationery_of

    settings = load(config)
    stationery = stationery_of(settings)
    letter = _named(name)
    form = stationery.form(letter)
    own = settings.letters.templates
    shipped = templates_dir() / letter.value
    lines = [
        ("Letter", letter.value),
        ("For", form.audience.value),
        ("When", form.when),
        ("Why", form.clause),
    ]
    for file in FILES:
        mine = own / letter.value / file if own else shipped / file
        lines.append(("Template", str(mine if mine.is_file() else shipped / file)))
    spoken = [code for code, there in stationery.languages.items() if letter in there and code != "en"]
    if own:
        lines += [("Language", f"{code}: {own / code / letter.value}") for code in spoken]
    lines.append(("Rule", f"mailbot.{form.rule}"))
    lines.append(("Shown in", f"tests/{form.shown}"))
    if form.contains:
        lines.append(("Must hold", ", ".join(form.contains)))
    lines.append(("Facts", ", ".join(sorted(form.required))))
    lines.append(("May lack", ", ".join(sorted(form.optional))))
    for what, told in lines:
        typer.echo(f"{what:<10} {told}")


@letters_app.command("copy")
def letters_copy(
    names: Annotated[
        list[str] | None, typer.Argument(metavar="[NAME...]", help="Letters, as `letters list` names them.")
    ] = None,
    language: Annotated[
        str, typer.Option(metavar="CODE", help="To be translated: cy, pl, ... as its folder is called.")
    ] = "",
    config: ConfigDir = HERE,
) -> None:
    """Copy shipped templates into your folder, to be changed or translated. What is there already is left as it is.

    For Welsh there is a sample to begin with: `mailbot letters copy --language cy`."""
    from mailbot.languages import WORDS

    settings = load(config)
    own = settings.letters.templates
    if own is None:
        stop('mailbot.toml names no folder: make one, and write templates = "templates" under [landlord]')
    chosen = [_named(name) for name in names or ()]
    sources = _sources(chosen, language)
    target = own / language if language else own
    made = 0
    for name, source in sources.items():
        file = target / name
        if file.exists():
            continue
        try:
            file.parent.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            stop(f"{file.parent} can't be made: {error.strerror}")
        write_bytes(file, source.read_bytes())
        made += 1
    typer.echo(
        f"{target}: {made} file{'' if made == 1 else 's'} written, {len(sources) - made} left as they were."
    )
    if language:
        look = f"mailbot letters preview --all --language {language} --html letters"
        typer.echo(
            f"Translate them, have them read by somebody who speaks the language, and write their name into "
            f"{target / WORDS} (checked_by). Until then nothing is sent in it. To look at them: {look}"
        )
    else:
        typer.echo("Change them, and look at them with: mailbot letters preview NAME --html letters")


def _sources(chosen: list[Letter], language: str) -> dict[str, Path]:
    """Where each file of the target folder is copied from: a sample in the language where there is one."""
    from mailbot.casework.adjusting import LANGUAGES
    from mailbot.languages import FILES, SHARED, WORDS
    from mailbot.mistakes import nearest
    from mailbot.places import config_dir, templates_dir

    shipped = templates_dir()
    files = [f"{letter}/{file}" for letter in chosen for file in FILES]
    if not language:
        if not chosen:
            stop("name one letter or more, as `mailbot letters list` names them")
        return {name: shipped / name for name in files}
    if language not in LANGUAGES.values():
        stop(f"no language is called {language!r} here: {nearest(language, sorted(set(LANGUAGES.values())))}")
    samples = config_dir() / "sample-templates"
    sample = samples / language
    if not chosen and not sample.is_dir():
        stop(f"there is no sample in {language}: name the letters to be translated")
    if not chosen:
        return {
            file.relative_to(sample).as_posix(): file for file in sorted(sample.rglob("*")) if file.is_file()
        }
    found = {WORDS: (sample if sample.is_dir() else samples / "new") / WORDS}
    for name in (*SHARED, *files):
        found[name] = sample / name if (sample / name).is_file() else shipped / name
    return found


def _named(name: str) -> Letter:
    from mailbot.casework.vocabulary import Letter
    from mailbot.mistakes import nearest

    if name not in set(Letter):
        stop(f"there is no letter {name!r}: {nearest(name, [letter.value for letter in Letter])}")
    return Letter(name)


@letters_app.command("preview")
def letters_preview(
    name: Annotated[str, typer.Argument(metavar="NAME", help="A letter, as `letters list` names it.")] = "",
    every: Annotated[bool, typer.Option("--all", help="All that the lifecycle writes.")] = False,
    html: Annotated[
        Path | None, typer.Option(help="A folder: each letter as .html and .txt in it, with an index.")
    ] = None,
    language: Annotated[
        str, typer.Option(metavar="CODE", help="Those that there are in this language: cy, pl, ...")
    ] = "",
    config: ConfigDir = HERE,
) -> None:
    """Show letters as they would go out, under your policy, your names and your templates. Nothing is sent."""
    from mailbot.mistakes import nearest
    from mailbot.start import stationery_of

    if bool(name) == every:
        stop("name a letter, or say --all")
    settings = load(config)
    orders = _orders(settings)
    if language:
        there = stationery_of(settings).languages
        if language not in there:
            stop(f"there are no letters in {language!r}: {nearest(language, sorted(there))}")
        orders = {letter: order for letter, order in orders.items() if letter in there[language]}
    if name and name not in {letter.value for letter in orders}:
        stop(f"{name!r} is no letter that a case sends: {nearest(name, [letter.value for letter in orders])}")
    chosen = {letter: order for letter, order in orders.items() if every or letter.value == name}
    written = _write(settings, chosen, language)
    if html is None:
        for letter, one in written.items():
            typer.echo(f"== {letter.value}: {one.subject}\n\n{one.text}")
        return
    try:
        html.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        stop(f"{html} can't be made: {error.strerror}")
    for letter, one in written.items():
        write_bytes(html / f"{letter.value}.html", one.page.encode())
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


def _write(settings: Settings, orders: dict[Letter, SendLetter], language: str) -> dict[Letter, Written]:
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
            box = settings.mailboxes[0]
            return {letter: outbox.composer.preview(order, box, language) for letter, order in orders.items()}
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

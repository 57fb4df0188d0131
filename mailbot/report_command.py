"""`mailbot report`: how complaints went in a week, a month, a quarter, a half-year or a year."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from mailbot.reports.periods import Cycle
from mailbot.terminal import HERE, ConfigDir, load, open_database, plain, stop, write_bytes


def report(
    cycle: Annotated[Cycle, typer.Argument(help="Which report.")],
    period: Annotated[
        str,
        typer.Option(
            "--for",
            help="2026-W34, 2026-08, 2026-Q3, 2026-27-H1 or 2026-27; the last one that is over unless given.",
        ),
    ] = "",
    html: Annotated[Path | None, typer.Option(help="Write the page here: .html")] = None,
    csv: Annotated[
        Path | None, typer.Option(help="Write every figure, and the cases behind it, into this folder.")
    ] = None,
    pdf: Annotated[Path | None, typer.Option(help="Write it for paper: .pdf")] = None,
    publish: Annotated[
        bool, typer.Option("--publish", help="Leave out small numbers and words about single cases.")
    ] = False,
    config: ConfigDir = HERE,
) -> None:
    """Tell how complaints went: in the terminal, or as a page, a PDF or tables.

    The weekly one names what comes up unusually often, the quarterly and the annual one hold CH01 and CH02. With
    --publish the tables name no case, and numbers under five are left out so that none can be worked out."""
    for file, ending in ((html, ".html"), (pdf, ".pdf")):
        if file is not None and file.suffix.lower() != ending:
            stop(f"--{ending[1:]} {file}: write a file name that ends in {ending}")
    if csv is not None and csv.exists() and not csv.is_dir():
        stop(f"--csv {csv}: that is a file, and a folder is wanted")
    from mailbot.clock import WallClock
    from mailbot.kept_policies import with_kept_policies
    from mailbot.reporting import gather
    from mailbot.reports import contents
    from mailbot.reports.page import NoPdf, as_html, paper_pdf
    from mailbot.reports.periods import PeriodMistake, last_ended, read_period
    from mailbot.reports.plain import as_text
    from mailbot.reports.sheets import sheets
    from mailbot.reports.suppression import for_publication

    settings = load(config)
    today = settings.calendar.london_date(WallClock().now())
    starts = settings.reports.year_starts
    try:
        wanted = read_period(cycle, period, today, starts) if period else last_ended(cycle, today, starts)
    except PeriodMistake as mistake:
        stop(str(mistake))
    store = open_database(settings)
    settings = with_kept_policies(settings, store, refuse=False)
    with store.read() as work:
        facts = gather(work, settings, cycle, today)
    store.close()
    paper = contents.report(facts, wanted)
    if publish:
        paper = for_publication(paper)
    if html is not None:
        write_bytes(html, as_html(paper).encode())
        typer.echo(f"{html}: {paper.title}, {wanted.days}")
    if pdf is not None:
        try:
            write_bytes(pdf, paper_pdf(paper))
        except NoPdf as missing:
            stop(str(missing))
        typer.echo(f"{pdf}: {paper.title}, {wanted.days}")
    if csv is not None:
        made = sheets(paper, facts.rows)
        try:
            csv.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            stop(f"{csv} can't be made: {error.strerror}")
        for name, text in made.items():
            write_bytes(csv / name, text.encode())
        typer.echo(f"{csv}: {len(made)} tables, {wanted.days}")
    if html is None and pdf is None and csv is None:
        typer.echo(plain(as_text(paper)))

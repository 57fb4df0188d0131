"""Some weeks of a complaints mailbox in a minute: the real daemon code on real sockets, with a fast clock.

`run_demo` is all that the command line needs. It touches nothing but a temporary folder, which is gone
afterwards, and the folder of letters that it leaves; it needs no network and ends by itself.
"""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from rich.console import Console

OUT = Path("demo-out")


def run_demo(policy: str = "code-2024", out: Path | None = None, console: Console | None = None) -> int:
    """Play the demo under this policy, print its timeline, leave its letters in `out` (default ./demo-out).

    Gives the exit code: 0 when every promise was kept, 1 when one was broken, 2 when it could not be played (a
    package of the extra `demo` is missing, the policy is unknown, `out` is somebody else's folder). A `console`
    that records can export the timeline as a picture afterwards.
    """
    from mailbot.demo.checks import read_books, run_checks
    from mailbot.demo.folder import FolderTaken, clear, leave
    from mailbot.demo.performance import raised
    from mailbot.demo.servers import DemoExtraMissing
    from mailbot.demo.summary import print_summary
    from mailbot.demo.timeline import Timeline, new_console
    from mailbot.mistakes import Mistakes

    console = console or new_console()
    out = out or OUT
    try:
        clear(out)
        with tempfile.TemporaryDirectory(prefix="mailbot-demo-") as scratch:
            say_that_it_trains(console)
            with raised(policy, Path(scratch)) as played:
                settings = played.settings
                rules = settings.mailboxes[0].policy
                console.print(
                    f"Brackenfield Homes, six weeks of spring 2026 under {rules.title} ({policy}), on real "
                    "IMAP and SMTP sockets with a fast clock.\nReferences are shown without the "
                    f"{settings.reference_prefix}-2026- before them, clauses stand in [brackets].",
                    markup=False,
                )
                timeline = Timeline(console, settings.calendar)
                told = played.play(timeline.show)
                books = read_books(played.store)
                checks = run_checks(told, books, settings.calendar)
                print_summary(console, told.happenings, books, checks, rules, settings.calendar)
                index = leave(out, played, told, books, checks)
    except DemoExtraMissing as missing:
        console.print(f"mailbot demo: {missing}", style="red", markup=False)
        return 2
    except (FolderTaken, Mistakes) as refused:
        console.print(f"mailbot demo: {refused}", style="red", markup=False)
        return 2
    console.print()
    console.print(
        f"Six weeks in {told.seconds:.0f} seconds. Every letter, digest and case history: {index}",
        style="bold",
        markup=False,
        soft_wrap=True,
    )
    return 1 if any(check.broken for check in checks) else 0


def say_that_it_trains(console: Console) -> None:
    """The first run on a machine trains the classifier; say so, so that nobody thinks it hangs."""
    from classifiers.training import default_cache

    if not any(default_cache().glob("model-*/model.skops")):
        console.print("Training the classifier from the corpus, once on this machine: some 20 seconds ...")

"""Some weeks of a complaints mailbox in a minute: the real daemon code on real sockets, with a fast clock.

`run_demo` is all that the command line needs. It touches nothing but a temporary folder, which is gone
afterwards, and the folder of letters that it leaves; it needs no network and ends by itself.
"""

from __future__ import annotations

import datetime as dt
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from rich.console import Console

    from mailbot.demo.checks import Books, Check
    from mailbot.demo.performance import Told

OUT = Path("demo-out")
PATIENCE = 5.0
"""Seconds of silence before somebody at a terminal thinks that it hangs."""


@dataclass(frozen=True)
class Ended:
    """A demo that was played to its end."""

    told: Told
    books: Books
    checks: tuple[Check, ...]
    index: Path

    @property
    def kept_all(self) -> bool:
        return not any(check.broken for check in self.checks)


def run_demo(policy: str = "code-2024", out: Path | None = None, console: Console | None = None) -> int:
    """Play the demo under this policy, print its timeline, leave its letters in `out` (default ./demo-out).

    Gives the exit code: 0 when every promise was kept, 1 when one was broken, 2 when it could not be played (a
    package of the extra `demo` is missing, the policy is unknown, `out` is somebody else's folder). A `console`
    that records can export the timeline as a picture afterwards.
    """
    from classifiers import ModelMistake
    from mailbot.demo.folder import DESK, FolderTaken
    from mailbot.demo.servers import DemoExtraMissing
    from mailbot.demo.timeline import new_console
    from mailbot.mistakes import Mistakes

    console = console or new_console()
    try:
        ended = perform(policy, out or OUT, console)
    except (DemoExtraMissing, FolderTaken, Mistakes, ModelMistake) as refused:
        console.print(f"mailbot demo: {refused}", style="red", markup=False, soft_wrap=True)
        return 2
    console.print()
    console.print(
        f"Six weeks in {ended.told.seconds:.0f} seconds. Every letter, digest and case history: {ended.index}",
        style="bold",
        markup=False,
        soft_wrap=True,
    )
    desk = ended.index.parent / DESK
    console.print(
        f"Its cases stay open to questions: mailbot case list --config {desk}, then case show REF",
        markup=False,
        soft_wrap=True,
    )
    return 0 if ended.kept_all else 1


def perform(policy: str, out: Path, console: Console, until: dt.date | None = None) -> Ended:
    """The demo without its exit code: play it (to the evening of `until`), count, leave the folder.

    Raises DemoExtraMissing, FolderTaken, SettingsMistake and ModelMistake, each with a sentence for people.
    """
    from mailbot.demo.checks import read_books, run_checks
    from mailbot.demo.folder import DESK, clear, leave
    from mailbot.demo.performance import raised
    from mailbot.demo.story import LAST_DAY
    from mailbot.demo.summary import print_summary
    from mailbot.demo.timeline import Timeline

    clear(out)
    with (
        saying_that_it_trains(console) as it_is_ready,
        raised(policy, out / DESK) as played,
    ):
        it_is_ready()
        settings = played.settings
        rules = settings.mailboxes[0].policy
        console.print(
            f"Brackenfield Homes, spring 2026, by the policy {rules.id}: real IMAP and SMTP, a fast clock.\n"
            f"References stand without their {settings.reference_prefix}-2026-, clauses in [brackets].",
            markup=False,
        )
        timeline = Timeline(console, settings.calendar)
        told = played.play(timeline.show, until or LAST_DAY)
        books = read_books(played.store)
        checks = run_checks(told, books, settings.calendar)
        print_summary(console, told.happenings, books, checks, rules, settings.calendar)
        return Ended(told, books, checks, leave(out, played, told, books, checks))


@contextmanager
def saying_that_it_trains(console: Console) -> Iterator[Callable[[], None]]:
    """The first run on a machine trains the classifier; say so if it lasts, so that nobody thinks it hangs.
    Gives what is to be called once that is over."""
    told = threading.Timer(
        PATIENCE,
        console.print,
        ["Getting the classifier ready. It is trained once on a machine, in some 20 seconds ..."],
    )
    told.daemon = True
    told.start()
    try:
        yield told.cancel
    finally:
        told.cancel()

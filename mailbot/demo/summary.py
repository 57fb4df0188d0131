"""The tables that the demo ends with: cases, mails, letters, timeliness, promises."""

from __future__ import annotations

from collections import Counter

from rich.console import Console
from rich.table import Table
from rich.text import Text

from mailbot.casework.calendar import Calendar
from mailbot.casework.orders import CLOSED_WORDS
from mailbot.casework.policy import Policy
from mailbot.casework.vocabulary import Audience, Case, Stage
from mailbot.demo.checks import Books, Check, stages_of
from mailbot.demo.happenings import Happening, Kind, Outcome


def print_summary(
    console: Console,
    happenings: list[Happening],
    books: Books,
    checks: tuple[Check, ...],
    policy: Policy,
    calendar: Calendar,
) -> None:
    columns = Table.grid(padding=(0, 3))
    left = Table.grid()
    left.add_row(counted("Cases", Counter(standing(case, policy) for case in books.cases)))
    left.add_row("")
    left.add_row(timeliness(books, calendar))
    middle = counted("Mails", Counter(map(fate, (h for h in happenings if h.mail))))
    columns.add_row(left, middle, letters(books))
    console.print()
    console.print(columns)
    console.print()
    console.print(promises(checks))


def counted(title: str, numbers: Counter[str]) -> Table:
    table = Table(
        title=title, title_justify="left", title_style="bold", box=None, show_header=False, padding=(0, 1)
    )
    for words, number in sorted(numbers.items(), key=lambda pair: -pair[1]):
        table.add_row(Text(str(number), justify="right", style="cyan"), words)
    table.add_section()
    table.add_row(Text(str(numbers.total()), justify="right", style="bold"), Text("in all", style="bold"))
    return table


def standing(case: Case, policy: Policy) -> str:
    match case.stage:
        case Stage.CLOSED:
            return f"closed: {CLOSED_WORDS.get(case.closed_because, case.closed_because)}"
        case Stage.SERVICE_REQUEST:
            return "service request, answered" if case.service_answered_at else "service request, open"
        case Stage.UNSORTED:
            return "to be sorted"
        case Stage.STAGE1_OPEN | Stage.STAGE2_OPEN:
            return f"{policy.stage(2 if case.stage2 else 1).name}, being answered"
        case _:
            return f"{policy.stage(2 if case.stage2 else 1).name}, answered"


def fate(one: Happening) -> str:
    """What became of a mail, in a few words."""
    match one.kind:
        case Kind.STAFF:
            return "staff: done"
        case Kind.REFUSED:
            return "staff: refused, with help"
        case Kind.ASIDE:
            return "set aside for a person"
        case Kind.MACHINE:
            return "from machines, or twice: filed"
    return {
        Outcome.OPENED: "opened a case",
        Outcome.MOVED: "moved a case on",
        Outcome.ASKED: "a person was asked",
        Outcome.FILED: "filed, no case",
        Outcome.REOPENED: "reopened a case",
    }.get(one.outcome, "passed to the handler")


def letters(books: Books) -> Table:
    table = Table(
        title="Letters", title_justify="left", title_style="bold", box=None, show_header=False, padding=(0, 1)
    )
    for title, resident in (("to residents", True), ("to staff", False)):
        kinds = Counter(
            letter.order.letter.value.replace("_", " ")
            for letter in books.letters
            if (letter.order.audience is Audience.RESIDENT) is resident
        )
        table.add_row(Text(str(kinds.total()), justify="right", style="bold"), Text(title, style="bold"))
        for words, number in kinds.most_common():
            table.add_row(Text(str(number), justify="right", style="cyan"), words)
    return table


def timeliness(books: Books, calendar: Calendar) -> Table:
    records = [record for _, record in stages_of(books)]
    day = calendar.london_date
    acknowledged = [r for r in records if r.acknowledged_at and day(r.acknowledged_at) <= r.acknowledge.outer]
    answered = [r for r in records if r.responded_at]
    in_time = [r for r in answered if r.responded_at and day(r.responded_at) <= r.promised.outer]
    extended = [r for r in answered if r.extension]
    table = Table(
        title="In time", title_justify="left", title_style="bold", box=None, show_header=False, padding=(0, 1)
    )
    for words, part, whole in (
        ("acknowledged within the window", len(acknowledged), len(records)),
        ("answered by the promised date", len(in_time), len(answered)),
        ("of these with an extension", len([r for r in extended if r in in_time]), len(extended)),
    ):
        style = "green" if part == whole else "yellow"
        table.add_row(Text(f"{part} of {whole}", justify="right", style=style), words)
    return table


def promises(checks: tuple[Check, ...]) -> Table:
    table = Table(
        title="Promises kept",
        title_justify="left",
        title_style="bold",
        box=None,
        show_header=False,
        padding=(0, 1),
    )
    for check in checks:
        mark = Text("BROKEN", style="bold red") if check.broken else Text("kept", style="green")
        table.add_row(
            mark, check.promise, Text(check.broken or check.measured, style="red" if check.broken else "dim")
        )
    return table

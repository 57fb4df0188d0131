"""Reports go out: gathers what they are made of, and mails each once, on the first working day after its period.

Who gets which: whoever holds the role that [reports] names for it. Where nobody does and a policy asks for the report
([[report]]), the supervisors get it, to hand on. What nobody asks for and nobody is to get is not written. A report
that could not go on its day goes within ten working days of it; one of a time before there was any case never does.
"""

from __future__ import annotations

import base64
import datetime as dt
import logging
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from mailbot.casework.conformity import check
from mailbot.casework.findings import Finding
from mailbot.casework.layers import Layer
from mailbot.casework.policy import Clause, Policy
from mailbot.casework.vocabulary import Audience, Fact, Letter, Person, SendLetter
from mailbot.logs import place_of
from mailbot.places import config_dir
from mailbot.policyfile import CODE, list_policies, load_policy, read_layer
from mailbot.reports import contents, quality
from mailbot.reports.ledger import TELLING, rows_of
from mailbot.reports.page import as_html
from mailbot.reports.paper import Paper, Section
from mailbot.reports.periods import Cycle, Period, before, last_ended, period_of
from mailbot.reports.plain import as_text
from mailbot.reports.sections import Facts
from mailbot.reports.sheets import cases_sheet
from mailbot.settings import Settings, mailbox_named
from storage.work import Work

if TYPE_CHECKING:
    from mailbot.service import Service

log = logging.getLogger("mailbot.reporting")

OVERDUE: Final = 10
"""Working days after which a report that was missed is not sent any more."""
ALWAYS: Final = (Cycle.WEEKLY, Cycle.MONTHLY, Cycle.QUARTERLY, Cycle.ANNUAL)
"""What goes to whoever holds its role, also where no policy asks for it."""


# ------------------------------------------------------------------ what a report is made of


def gather(work: Work, settings: Settings, cycle: Cycle, today: dt.date) -> Facts:
    """Every case and its journal as rows, with what the landlord set."""
    cases, told = work.cases(), work.journal_holding(TELLING)
    rows = rows_of(
        cases,
        told,
        lambda case: mailbox_named(settings, case.mailbox).policy_of(case),
        settings.calendar,
        settings.people,
        settings.reports,
    )
    unreadable = tuple(sorted(work.unreadable))
    code, findings = held_against_the_code(settings) if cycle is Cycle.ANNUAL else ((), ())
    asked = [
        (report, box.policy)
        for box in settings.mailboxes
        for report in box.policy.reports
        if report.cycle == cycle
    ]
    because = (
        *(c for report, _ in asked for c in report.clauses),
        *settings.mailboxes[0].policy.why("reported"),
    )
    return Facts(
        rows=rows,
        landlord=settings.landlord,
        settings=settings.reports,
        calendar=settings.calendar,
        as_of=today,
        by_code=any(box.policy.nation == "ENG" for box in settings.mailboxes),
        code=code,
        findings=findings,
        because=tuple(dict.fromkeys(because)),
        unreadable=unreadable,
        asked_for=tuple(
            dict.fromkeys(
                f"{report.to} ({', '.join(report.clauses)}): {report.holds.rstrip('.')}"
                for report, _ in asked
            )
        ),
    )


def held_against_the_code(settings: Settings) -> tuple[tuple[Clause, ...], tuple[Finding, ...]]:
    """The Code's provisions, and where the landlord's documents differ from it. Empty where the Code does not hold."""
    policies = {box.policy.id: box.policy for box in settings.mailboxes if box.policy.nation == "ENG"}
    if not policies:
        return (), ()
    code = load_policy(CODE, settings.policies_dir, "off")
    statutory = layer_of(code, settings)
    findings = [
        finding
        for policy in policies.values()
        if policy.id != CODE and statutory and (own := layer_of(policy, settings))
        for finding in check(own, statutory)
    ]
    return tuple(code.clauses.values()), tuple(findings)


def layer_of(policy: Policy, settings: Settings) -> Layer | None:
    """What the policy's own file says, before anything is laid over it; None where the file lies elsewhere."""
    shipped = config_dir() / "policies"
    folders = [folder for folder in (settings.policies_dir, shipped) if folder]
    found = (
        one
        for folder in folders
        for one in list_policies(folder)
        if (one.id, one.version) == (policy.id, policy.version)
    )
    first = next(found, None)
    return read_layer(first.path) if first else None


# ------------------------------------------------------------------ who gets what


@dataclass(frozen=True)
class Due:
    cycle: Cycle
    period: Period
    people: tuple[Person, ...]

    @property
    def kind(self) -> str:
        """What storage remembers it by."""
        return f"report {self.cycle}"


def asks_for(policies: Sequence[Policy], cycle: Cycle) -> bool:
    return any(report.cycle == cycle for policy in policies for report in policy.reports)


def readers(settings: Settings, cycle: Cycle) -> tuple[Person, ...]:
    """Who gets this report; nobody where it is not written."""
    role = settings.reports.roles.get(cycle, "")
    holders = tuple(person for person in settings.people if role and role in person.roles)
    wanted = asks_for([box.policy for box in settings.mailboxes], cycle)
    if holders and (wanted or cycle in ALWAYS):
        return holders
    return settings.supervisors if wanted else ()


def due_on(settings: Settings, day: dt.date) -> Iterator[Due]:
    """The reports whose time has come on this working day."""
    calendar = settings.calendar
    for cycle in Cycle:
        people = readers(settings, cycle)
        period = last_ended(cycle, day, settings.reports.year_starts)
        first = calendar.add_working_days(period.last, 1)
        if people and first <= day <= calendar.add_working_days(first, OVERDUE):
            yield Due(cycle, period, people)


# ------------------------------------------------------------------ sending


def send_reports(service: Service) -> int:
    """Whatever report is due and has not gone; asked again, it does nothing."""
    settings, now = service.settings, service.clock.now()
    day = settings.calendar.london_date(now)
    if not settings.calendar.is_working(day) or now < settings.calendar.instant(day, settings.digest_at):
        return 0
    sent = 0
    try:
        sent += _sample_due(service, day)
    except Exception as error:  # one case that can't be read must not keep letters from going out
        log.error("the sample could not be drawn", extra={"error": place_of(error)})
    due = list(due_on(settings, day))
    with service.store.read() as work:
        waiting = [
            (one, person)
            for one in due
            for person in one.people
            if not work.digest_is_claimed(one.kind, person.key, one.period.last)
        ]
    for one in dict.fromkeys(one for one, _ in waiting):
        people = [person for due_now, person in waiting if due_now is one]
        try:
            sent += _send(service, one, people, day)
        except Exception as error:  # a report that can't be written must not keep letters from going out
            log.error("a report could not be written", extra={"letter": one.kind, "error": place_of(error)})
    return sent


def _send(service: Service, due: Due, people: Sequence[Person], day: dt.date) -> int:
    with service.store.read() as work:
        facts = gather(work, service.settings, due.cycle, day)
    old_enough = [row for row in facts.rows if row.received <= due.period.last]
    paper = contents.report(facts, due.period) if old_enough else None
    sent = 0
    for person in people:
        with service.store.begin() as work:
            if work.digest_claimed(due.kind, person.key, due.period.last) and paper:
                order = order_of(paper, facts, person)
                box = service.settings.mailboxes[0]
                work.add_letter(service.outbox.mint(work, order, "", box), service.clock.now(), None)
                sent += 1
    return sent


def order_of(paper: Paper, facts: Facts, person: Person) -> SendLetter:
    """The report as a mail: what matters in it, the whole as text, the page and the cases behind it as files."""
    name = f"complaints-{paper.period.name}".lower()
    told: dict[str, Fact] = {
        "headline": f"{paper.title}: {paper.period.title}",
        "days": paper.period.days,
        "headline_lines": list(paper.headlines),
        "counts": [
            {"label": figure.title, "value": figure.cell.shown} for figure in paper.sections[0].figures[:6]
        ],
        "sections": [_in_mail(section) for section in paper.sections[1:] if not section.answers],
        "text": as_text(paper),
        "files": [
            _file(f"{name}.html", "text/html", as_html(paper)),
            _file(f"{name}-cases.csv", "text/csv", cases_sheet(paper, facts.rows)),
        ],
    }
    return SendLetter(
        Letter.REPORT, Audience.SUPERVISOR, person.address, paper.because, told, person=person.key
    )


MOST_ROWS: Final = 12
"""Lines that the mail itself shows of a list, and rows of a table that it shows at all: the file has them all."""


def _in_mail(section: Section) -> Fact:
    tables: list[Fact] = [
        {
            "title": table.title,
            "columns": [table.head, *table.columns],
            "rows": [[row.label, *(cell.shown for cell in row.cells)] for row in table.all_rows],
        }
        for table in section.tables
        if len(table.columns) <= 4 and len(table.all_rows) <= MOST_ROWS
    ]
    lines: list[Fact] = [line for listed in section.listed for line in listed.lines]
    return {
        "title": section.heading,
        "figures": [[figure.title, figure.cell.shown] for figure in section.figures],
        "tables": tables,
        "lines": lines[:MOST_ROWS],
        "write": list(section.write),
    }


def _file(name: str, content_type: str, text: str) -> Fact:
    return {"name": name, "content_type": content_type, "base64": base64.b64encode(text.encode()).decode()}


# ------------------------------------------------------------------ quality


QUALITY: Final = "quality sample"


def _sample_due(service: Service, day: dt.date) -> int:
    """On the first working day of a week: a share of what was closed in the week before, to the quality reviewers."""
    settings = service.settings
    people = [person for person in settings.people if "quality" in person.roles]
    week = before(period_of(Cycle.WEEKLY, day))
    with service.store.read() as work:
        left = [p for p in people if not work.digest_is_claimed(QUALITY, p.key, week.last)]
    if not left or not settings.reports.quality_share:
        return 0
    with service.store.begin() as work:
        key = work.secret_key()
    with service.store.read() as work:
        facts = gather(work, settings, Cycle.WEEKLY, day)
    share = settings.reports.quality_share
    closed = [row for row in facts.rows if row.is_complaint and week.holds(row.closed)]
    chosen = quality.sample(facts.rows, week.first, week.last, share, key)
    sent = 0
    for person in left:
        with service.store.begin() as work:
            if not work.digest_claimed(QUALITY, person.key, week.last) or not chosen:
                continue
            box = settings.mailboxes[0]
            told = quality.facts_of(chosen, len(closed), box.policy, week.first, week.last, share)
            why = box.policy.why("quality")
            order = SendLetter(
                Letter.QUALITY_SAMPLE, Audience.SUPERVISOR, person.address, why, told, person=person.key
            )
            work.add_letter(service.outbox.mint(work, order, "", box), service.clock.now(), None)
            sent += 1
    return sent

"""Reports that go out by themselves: to whom, when, once; and what is in the mails.

Storage, outbox and letters are the real ones."""

from __future__ import annotations

import datetime as dt
import email
import email.policy
from collections.abc import Iterator
from dataclasses import replace

import pytest

from mailbot.casework.calendar import Calendar
from mailbot.casework.lifecycle import decide
from mailbot.casework.parts import ReportSettings
from mailbot.casework.vocabulary import Act, Case, Letter, Person, StaffActed, Stage
from mailbot.clock import SetClock
from mailbot.demo.year import PEOPLE, Player
from mailbot.demo.year import Step as Played
from mailbot.places import config_dir
from mailbot.policyfile import load_policy
from mailbot.reporting import due_on, gather, readers, send_reports
from mailbot.reports.ledger import rows_of
from mailbot.reports.periods import Cycle
from mailbot.scenarios.rig import EARLY, FAR, Laid, Rig, common_settings
from mailbot.settings import Settings
from storage.rows import Step

BOARD = Person("bea", "Bea Ward", "bea@board.example", roles=("board",))
HEAD = Person("hugh", "Hugh Dean", "hugh@brackenfieldhomes.example", roles=("head",))
QUALITY = Person("quinn", "Quinn Avery", "quinn@brackenfieldhomes.example", roles=("quality",))
ROLES = {
    "weekly": "head",
    "monthly": "executive",
    "quarterly": "board",
    "half-yearly": "board",
    "annual": "board",
}


def at(day: str, time: str = "07:30") -> dt.datetime:
    return Calendar.instant(dt.date.fromisoformat(day), dt.time.fromisoformat(time))


def settings_with(*people: Person, share: float = 1.0) -> Settings:
    reports = ReportSettings(roles=ROLES, quality_share=share)
    return replace(common_settings(), people=(*PEOPLE, *people), reports=reports)


@pytest.fixture
def rig() -> Iterator[Rig]:
    """Forty cases of the first quarter of 2026 in real storage; it is Sunday 29 March."""
    with Rig(settings_with(BOARD, HEAD, QUALITY), SetClock(at("2026-03-29"))) as rig:
        policy = load_policy("code-2024", config_dir() / "policies")

        def record(step: Played) -> Case | None:
            with rig.store.begin() as work:
                if step.serial:
                    work.peek_reference(step.serial[0])
                return work.record(
                    Step(step.event.at, step.who, step.before, step.decision, step.event, serial=step.serial)
                )

        first, last = dt.date(2026, 1, 5), dt.date(2026, 3, 27)
        Player((policy,), first, last, seed=6, until=dt.date(2026, 3, 28), record=record).play(40)
        act(rig, Stage.CLOSED, StaffActed(at("2026-03-28"), "owen", Act.REOPEN, text="She wrote again."))
        more = StaffActed(at("2026-03-28"), "owen", Act.EXTEND, working_days=5, reason="the surveyor is ill")
        act(rig, Stage.STAGE1_OPEN, more)
        yield rig


def act(rig: Rig, stage: Stage, event: StaffActed) -> None:
    """A supervisor acts on the latest case that stands there."""
    case = [case for case in rig.cases() if case.stage is stage and case.stage1][-1]
    with rig.store.begin() as work:
        decision = decide(case, event, rig.service.rules(work, rig.service.box("", case), case))
        work.record(Step(event.at, event.who, case, decision, event))
    assert not decision.refused, decision.refused


def turn(rig: Rig, when: str, time: str = "07:30") -> list[Laid]:
    """What goes out when the service wakes up then."""
    rig.clock.put(at(when, time))
    known = len(rig.laid)
    send_reports(rig.service)
    rig.service.dispatch()
    rig._gather()
    return rig.laid[known:]


def told(letters: list[Laid]) -> list[tuple[str, str]]:
    kinds = {Letter.REPORT: "report", Letter.QUALITY_SAMPLE: "sample"}
    return [(kinds[one.row.order.letter], one.to) for one in letters]


def test_each_goes_once_on_the_first_working_day_after_its_period(rig: Rig) -> None:
    """A week ends on Sunday 29 March, the quarter and the landlord's year on Tuesday 31. One story, in its order."""
    assert turn(rig, "2026-03-29", "12:00") == [], "a Sunday"
    assert turn(rig, "2026-03-30", "07:29") == [], "before the time of the digest"
    monday = turn(rig, "2026-03-30")
    assert told(monday) == [("sample", QUALITY.address), ("report", HEAD.address)]
    assert turn(rig, "2026-03-30", "07:31") == [], "asked again"
    assert turn(rig, "2026-03-31") == [], "the quarter is not over"
    wednesday = turn(rig, "2026-04-01")
    assert told(wednesday) == [("report", BOARD.address)] * 2, (
        "quarter and year; nobody is the executive of the month"
    )
    subjects = sorted(one.letter.subject for one in wednesday)
    assert subjects[0].startswith("Complaints in the quarter: quarter 4 of 2025-26: ")
    assert subjects[1].startswith("Complaints performance and service improvement: the year 2025-26: ")
    rig.start(rig.settings)
    assert turn(rig, "2026-04-02") == [], "and none twice after a restart"
    look_at_the_rows(rig)
    look_at_the_week(rig, monday[1])
    look_at_the_sample(rig, monday[0])
    look_at_the_year(wednesday)


def look_at_the_rows(rig: Rig) -> None:
    """What is read of the journal is all that rows are made of."""
    with rig.store.read() as work:
        facts = gather(work, rig.settings, Cycle.WEEKLY, dt.date(2026, 4, 2))
        whole = rows_of(
            work.cases(),
            work.journal_between(EARLY, FAR),
            rig.service.policy_of,
            rig.settings.calendar,
            rig.settings.people,
            rig.settings.reports,
        )
    assert facts.rows == whole
    assert any(stage.extensions for row in whole for stage in row.stages)
    assert any(row.reopened for row in whole)


def look_at_the_week(rig: Rig, letter: Laid) -> None:
    mail = letter.letter
    assert "What comes up again and again" in mail.text
    files = list(email.message_from_bytes(letter.raw, policy=email.policy.default).iter_attachments())
    names = [file.get_filename() for file in files]
    assert names == ["complaints-2026-w13.html", "complaints-2026-w13-cases.csv"]
    page, cases = (file.get_payload(decode=True).decode("utf-8-sig") for file in files)
    assert page.startswith("<!doctype html>") and "Stage 1 complaints received" in page
    sheet = cases.splitlines()
    assert sheet[0].startswith("reference,policy,mailbox,received,complaint,topic")
    with rig.store.read() as work:
        known = {case.reference for case in work.cases()}
    assert {line.partition(",")[0] for line in sheet[1:]} <= known and len(sheet) > 1
    addresses = {case.resident.address for case in rig.cases()}
    assert not any(address in mail.text + page + "\n".join(sheet) for address in addresses), "nobody is named"


def look_at_the_sample(rig: Rig, letter: Laid) -> None:
    mail = letter.letter
    closed = [
        c for c in rig.cases() if c.closed_at and at("2026-03-23", "00:00") <= c.closed_at < at("2026-03-30")
    ]
    complaints = [c for c in closed if c.stage1 and c.closed_because != "concern"]
    assert f"of {len(complaints)} closed complaints to look at" in mail.subject
    assert complaints and all(c.reference in mail.text for c in complaints), "here the share is the whole"
    assert "Was every point answered, with reasons and in plain words? (Code 6.3" in " ".join(
        mail.text.split()
    )


def look_at_the_year(letters: list[Laid]) -> None:
    annual = next(one for one in letters if "the year 2025-26" in one.letter.subject).letter
    text = " ".join(annual.text.split())
    assert "Self-assessment against the Code" in text and "[To be written]" in text
    assert "Asked for by the policy: the governing body (Code 8.1, Code 8.2)" in text
    assert "homes were owned at the end of the year is not set: [landlord] homes_low_cost_rental" in text


def test_who_gets_what() -> None:
    """The roles of [reports]; where nobody holds one and a policy asks, the supervisors; else nobody."""
    with_board, alone = settings_with(BOARD), settings_with()
    assert readers(with_board, Cycle.QUARTERLY) == (BOARD,)
    assert [p.key for p in readers(alone, Cycle.QUARTERLY)] == ["owen"], "the Code asks for it (9.6)"
    assert readers(alone, Cycle.MONTHLY) == (), "nobody asks for it, nobody is to get it"
    assert readers(with_board, Cycle.HALF_YEARLY) == (), "only where a policy asks for it"
    ivh = load_policy("ivh", config_dir() / "policies")
    box = replace(with_board.mailboxes[0], policy=ivh)
    assert readers(replace(with_board, mailboxes=(box,)), Cycle.HALF_YEARLY) == (BOARD,)


def test_what_was_missed_is_sent_within_ten_working_days_and_not_after() -> None:
    settings = settings_with(BOARD)
    on = {
        day: [one.cycle for one in due_on(settings, dt.date.fromisoformat(day))]
        for day in ("2026-07-01", "2026-07-15", "2026-07-16")
    }
    assert on == {"2026-07-01": [Cycle.QUARTERLY], "2026-07-15": [Cycle.QUARTERLY], "2026-07-16": []}


def test_a_service_that_had_no_cases_then_reports_nothing() -> None:
    with Rig(settings_with(BOARD, HEAD, QUALITY), SetClock(at("2026-04-01"))) as empty:
        assert turn(empty, "2026-04-01") == []

"""Code time, CH01 and CH02 on cases worked out by hand: real dates, and beside each why it is what it is.

Bank holidays of England in these tests: 25 and 26 December 2025, 1 January, 3 and 6 April, 4 and 25 May 2026.
Everything is played through the lifecycle, so that what is counted is what the service would have kept.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from dataclasses import dataclass, field, replace

import pytest

from mailbot.casework.allocation import Desk
from mailbot.casework.calendar import Calendar
from mailbot.casework.lifecycle import decide
from mailbot.casework.parts import ReportSettings
from mailbot.casework.policy import Policy
from mailbot.casework.references import compose
from mailbot.casework.rulebook import Rulebook
from mailbot.casework.vocabulary import (
    Act,
    Case,
    Event,
    Intent,
    MailArrived,
    Party,
    Person,
    Reading,
    ReplyKind,
    StaffActed,
    Verdict,
)
from mailbot.demo.year import Line
from mailbot.places import config_dir
from mailbot.policyfile import load_policy
from mailbot.reports import tsm
from mailbot.reports.ledger import Row, StageRow, rows_of
from mailbot.reports.measures import MEASURES
from mailbot.reports.periods import Cycle, Period, period_of

PEOPLE = (
    Person("sam", "Sam Okafor", "sam@landlord.example.org", team="Repairs"),
    Person("mo", "Mo Bell", "mo@landlord.example.org", team="Reviews", roles=("stage2",)),
    Person("alex", "Alex Reid", "alex@landlord.example.org", roles=("supervisor",)),
)
CALENDAR = Calendar("ENG")
YEAR = period_of(Cycle.ANNUAL, dt.date(2026, 1, 1))  # 1 April 2025 to 31 March 2026
CODE = load_policy("code-2024", config_dir() / "policies")
MTVH_ALONE = load_policy("mtvh", config_dir() / "policies", "off")


def at(day: str, time: str = "10:00") -> dt.datetime:
    return Calendar.instant(dt.date.fromisoformat(day), dt.time.fromisoformat(time))


@dataclass
class Told:
    """One case, as it is told."""

    policy: Policy = CODE
    number: int = 1
    case: Case | None = None
    lines: list[Line] = field(default_factory=list)

    def step(self, event: Event, refused: bool = False) -> Told:
        rules = Rulebook(
            self.policy, CALENDAR, Desk(PEOPLE, {}), "complaints", compose("CC", 2026, self.number)
        )
        decision = decide(self.case, event, rules)
        assert bool(decision.refused) is refused, decision.refused or decision.summary
        self.case = decision.case
        self.lines.append(
            Line(
                len(self.lines), event.at, compose("CC", 2026, self.number), "x", "x", None, decision.summary,
                decision.because, event, decision.effects, len(self.lines),
            )
        )  # fmt: skip
        return self

    def mail(self, day: str, intent: Intent, attended: str = "", text: str = "The roof leaks.") -> Told:
        kind = ReplyKind.PROVIDES_INFORMATION if intent is Intent.REPLY else None
        return self.step(
            MailArrived(
                at(attended or day), at(day), f"m{day}", Party(f"r{self.number}@example.com", "R"), "Roof", text,
                Verdict(intent, (Reading(intent, 0.9),), kind), definition=text,
            )
        )  # fmt: skip

    def complains(self, day: str, attended: str = "") -> Told:
        return self.mail(day, Intent.NEW_COMPLAINT, attended).staff(
            attended or day, Act.RECORD, words="low cost rental", name="tenure"
        )

    def staff(
        self, day: str, act: Act, *, who: str = "", time: str = "15:00", refused: bool = False, **told: object
    ) -> Told:
        assert self.case is not None
        event = StaffActed(at(day, time), who or self.case.handler or "alex", act)
        return self.step(replace(event, **told), refused)  # type: ignore[arg-type]

    def answers(self, day: str, decision: str = "upheld") -> Told:
        return self.staff(day, Act.RESPOND, words=decision, text="Dear R, here is our answer.")

    def puts_off(self, day: str, **told: object) -> Told:
        return self.staff(day, Act.EXTEND, reason="the surveyor comes late", **told)  # type: ignore[arg-type]

    @property
    def row(self) -> Row:
        (row,) = rows([self])
        return row


def rows(told: list[Told]) -> tuple[Row, ...]:
    by_reference = {one.case.reference: one.policy for one in told if one.case}
    return rows_of(
        [one.case for one in told if one.case],
        [line for one in told for line in one.lines],
        lambda case: by_reference[case.reference],
        CALENDAR,
        PEOPLE,
        ReportSettings(),
    )


def day(text: str) -> dt.date:
    return dt.date.fromisoformat(text)


def code(stage: StageRow | None) -> tuple[str, str, str]:
    """Acknowledge by, answer by, answer by with valid extensions."""
    assert stage is not None and stage.code is not None
    return stage.code.acknowledge.isoformat(), stage.code.answer.isoformat(), stage.code.extended.isoformat()


def in_time(told: Told, number: int = 1) -> bool:
    """What CH02 says of this one complaint, by the base of those answered."""
    measured = tsm.ch02((told.row,), number, "low cost rental", YEAR, tsm.ANSWERED)
    assert len(measured.base) == 1
    return len(measured.counted) == 1


# ------------------------------------------------------------------ late acknowledgement


def test_a_late_acknowledgement_buys_no_time() -> None:
    # Received Mon 2 Mar 2026, acknowledged only on Wed 11 Mar (7 working days; the Code gives 5: Mon 9 Mar).
    # 10 working days then count from Mon 9 Mar, when it was due, and not from the 11th: Mon 23 Mar.
    told = Told().complains("2026-03-02", attended="2026-03-11")
    assert code(told.row.stage1) == ("2026-03-09", "2026-03-23", "2026-03-23")
    on_the_day = told.answers("2026-03-23")
    assert in_time(on_the_day)
    measure = MEASURES["stage1_acknowledged_code"].compute((on_the_day.row,), YEAR)
    assert (len(measure.cases), len(measure.base)) == (0, 1), "the acknowledgement itself was late"
    # One day later would have been in time if the late acknowledgement (Wed 11 Mar + 10 = Wed 25 Mar) counted.
    assert not in_time(Told().complains("2026-03-02", attended="2026-03-11").answers("2026-03-24"))


def test_an_early_acknowledgement_starts_the_clock_on_its_day() -> None:
    # Acknowledged on receipt, Mon 2 Mar: 10 working days end on Mon 16 Mar.
    told = Told().complains("2026-03-02")
    assert code(told.row.stage1)[1] == "2026-03-16"
    assert in_time(told.answers("2026-03-16"))
    assert not in_time(Told().complains("2026-03-02").answers("2026-03-17"))


# ------------------------------------------------------------------ extensions


def test_a_valid_extension_moves_the_day() -> None:
    # Due Mon 16 Mar; told on that very day, with a reason, 10 working days more: Mon 30 Mar. That is the most.
    told = Told().complains("2026-03-02").puts_off("2026-03-16", working_days=10).answers("2026-03-30")
    assert code(told.row.stage1) == ("2026-03-09", "2026-03-16", "2026-03-30")
    assert in_time(told)
    plain = MEASURES["stage1_code_time"].compute((told.row,), YEAR)
    assert (len(plain.cases), len(plain.base)) == (0, 1), "without extensions it is late"


def test_an_extension_that_is_itself_missed_is_late() -> None:
    # Put off by 5 working days to Mon 23 Mar, answered on the 24th.
    told = Told().complains("2026-03-02").puts_off("2026-03-16", working_days=5).answers("2026-03-24")
    assert not in_time(told)


def test_what_the_code_does_not_know_as_an_extension_moves_nothing() -> None:
    # MTVH's own policy (3.2 b5) sets no most. 15 working days from Mon 16 Mar is Tue 7 Apr (Good Friday 3 and Easter
    # Monday 6 April are none): more than the Code's 10 (Mon 30 Mar), and the handler gave it, no supervisor.
    told = Told(MTVH_ALONE).complains("2026-03-02").puts_off("2026-03-13", until=day("2026-04-07"))
    told.answers("2026-03-27")
    assert code(told.row.stage1)[2] == "2026-03-16"
    assert (
        told.row.stage1
        and told.row.stage1.code
        and "more than 10 working days" in told.row.stage1.code.faults[0]
    )
    assert not in_time(told), "answered on 27 March: in the landlord's own time, and not in the Code's"
    by_policy = MEASURES["stage1_policy_time_extended"].compute((told.row,), YEAR)
    assert len(by_policy.cases) == 1


def test_a_supervisor_may_give_more_than_the_most_for_good_reason() -> None:
    told = Told(MTVH_ALONE).complains("2026-03-02")
    told.puts_off("2026-03-13", until=day("2026-03-31"), who="alex").answers("2026-03-31")
    # Tue 31 Mar is 11 working days after Mon 16 Mar; a supervisor let it through (Code 6.4: with good reason).
    assert code(told.row.stage1)[2] == "2026-03-31"
    assert in_time(told)


def test_a_second_extension_counts_only_while_the_first_one_runs() -> None:
    told = Told().complains("2026-03-02").puts_off("2026-03-16", working_days=3)  # to Thu 19 Mar
    told.puts_off("2026-03-19", working_days=10).answers(
        "2026-03-30"
    )  # told on its last day, counted from 16 Mar
    assert code(told.row.stage1)[2] == "2026-03-30"
    assert in_time(told)
    late = Told().complains("2026-03-02").puts_off("2026-03-16", working_days=3)
    late.staff("2026-03-20", Act.EXTEND, reason="still waiting", working_days=10, refused=True)
    assert not in_time(late.answers("2026-03-30")), (
        "Fri 20 Mar: the promised day had passed, it was not told at all"
    )


def test_an_extension_is_told_within_the_codes_time_and_not_only_within_the_landlords() -> None:
    # mtvh alone: its 10 working days have no anchor; the latest reading counts from the acknowledgement. Attended to
    # on Tue 10 Mar, acknowledged then; the Code counts from Mon 9 Mar: Mon 23 Mar. So does the landlord's backstop.
    told = Told(MTVH_ALONE).complains("2026-03-02", attended="2026-03-10")
    assert code(told.row.stage1)[1] == "2026-03-23"
    assert told.row.stage1 and told.row.stage1.answer_by == day("2026-03-23")


# ------------------------------------------------------------------ withdrawn, reopened, refused


def test_a_withdrawn_complaint_was_received_and_never_answered() -> None:
    told = Told().complains("2026-03-02").staff("2026-03-05", Act.CLOSE, words="withdrawn")
    row = told.row
    assert tsm.ch01((row,), 1, "low cost rental", YEAR, 1_000).per_thousand == 1.0
    received = tsm.ch02((row,), 1, "low cost rental", YEAR, tsm.RECEIVED)
    assert (len(received.counted), len(received.base)) == (0, 1), (
        "in the base of those received, and not in time"
    )
    answered = tsm.ch02((row,), 1, "low cost rental", YEAR, tsm.ANSWERED)
    assert (len(answered.counted), len(answered.base)) == (0, 0), "in the base of those answered it is not"
    withdrawn, waiting = tsm.unanswered((row,), 1, "low cost rental", YEAR)
    assert (len(withdrawn), len(waiting)) == (1, 0)


def test_a_complaint_that_was_withdrawn_and_taken_up_again_counts_from_its_first_day() -> None:
    # Received Mon 2 Mar, withdrawn Thu 5, opened again Mon 9; the answer of Tue 17 Mar is a day late, for the clock
    # never stopped: 10 working days from the acknowledgement of 2 Mar end on Mon 16.
    told = Told().complains("2026-03-02").staff("2026-03-05", Act.CLOSE, words="withdrawn")
    told.staff("2026-03-09", Act.REOPEN, text="She wants an answer after all.").answers("2026-03-17")
    assert told.row.reopened == (day("2026-03-09"),)
    assert not in_time(told)
    assert len(tsm.ch01((told.row,), 1, "low cost rental", YEAR, 1_000).counted) == 1, (
        "one complaint, counted once"
    )


def test_a_complaint_that_is_reopened_after_its_answer_stays_answered_in_time() -> None:
    told = Told().complains("2026-03-02").answers("2026-03-12").staff("2026-03-18", Act.CLOSE, words="agreed")
    told.mail("2026-03-24", Intent.REPLY, text="It leaks again.")
    assert told.row.reopened == (day("2026-03-24"),)
    assert in_time(told)
    assert len(MEASURES["reopened"].compute((told.row,), YEAR).cases) == 1


def test_a_refused_complaint_is_no_complaint_received() -> None:
    told = Told().complains("2026-03-02")
    told.staff(
        "2026-03-04", Act.DECLINE, who="alex", ground="age", text="It was settled in 2019.", reason="old"
    )
    assert len(tsm.ch01((told.row,), 1, "low cost rental", YEAR, 1_000).counted) == 0
    assert len(MEASURES["refused"].compute((told.row,), YEAR).cases) == 1
    told.staff("2026-03-10", Act.REOPEN, who="alex", text="The Ombudsman asks us to take it.")
    assert len(tsm.ch01((told.row,), 1, "low cost rental", YEAR, 1_000).counted) == 1, "taken up after all"


# ------------------------------------------------------------------ stage 2


def escalated(day_asked: str = "2026-02-09") -> Told:
    told = Told().complains("2026-01-12").answers("2026-01-23", "not upheld")
    return told.mail(day_asked, Intent.ESCALATION_REQUEST, text="Stage 2, please.")


def test_stage_2_has_twenty_working_days_and_one_more_is_late() -> None:
    # Asked for and acknowledged Mon 9 Feb 2026: 20 working days end on Mon 9 Mar.
    told = escalated().answers("2026-03-09", "upheld")
    assert code(told.row.stage2) == ("2026-02-16", "2026-03-09", "2026-03-09")
    assert in_time(told, 2)
    assert not in_time(escalated().answers("2026-03-10", "upheld"), 2)
    assert in_time(told), "stage 1 is judged by itself: 12 to 23 January are nine working days"


def test_a_late_stage_2_counts_as_late_though_stage_1_was_in_time() -> None:
    told = escalated().answers("2026-03-25", "upheld")
    assert (in_time(told, 1), in_time(told, 2)) == (True, False)
    assert tsm.ch01((told.row,), 2, "low cost rental", YEAR, 2_000).per_thousand == 0.5  # one for 2,000 homes


def test_an_extension_of_stage_2_does_not_reach_back_to_stage_1() -> None:
    told = escalated().staff("2026-03-09", Act.EXTEND, reason="the panel meets later", working_days=20)
    told.answers("2026-04-08", "upheld")
    # 20 working days after Mon 9 Mar, without Good Friday and Easter Monday: Wed 8 Apr.
    assert code(told.row.stage2)[2] == "2026-04-08"
    assert told.row.stage1 and told.row.stage1.extensions == ()
    assert code(told.row.stage1)[2] == "2026-01-26"  # 12 Jan + 10 working days


# ------------------------------------------------------------------ Christmas and the year's end


def test_christmas() -> None:
    # Received Fri 19 Dec 2025 and attended to on Tue 30 Dec, the last day for the acknowledgement (22, 23, 24, 29, 30).
    # 10 working days from there: 31 Dec, 2, 5, 6, 7, 8, 9, 12, 13, 14 January.
    told = Told().complains("2025-12-19", attended="2025-12-30")
    assert code(told.row.stage1) == ("2025-12-30", "2026-01-14", "2026-01-14")
    assert in_time(told.answers("2026-01-14"))
    assert (
        told.row.stage1 and told.row.stage1.days == 15
    )  # 22, 23, 24, 29, 30, 31 Dec, 2, 5 to 9, 12 to 14 Jan


def test_the_year_ends_at_midnight_in_london() -> None:
    # 23:30 UTC on 31 March 2026 is 00:30 on 1 April in London (summer time began on 29 March): the next year.
    late = Told()
    late.step(
        MailArrived(
            dt.datetime(2026, 3, 31, 23, 30, tzinfo=dt.UTC), dt.datetime(2026, 3, 31, 23, 30, tzinfo=dt.UTC), "m",
            Party("r@example.com"), "Roof", "It leaks.", Verdict(Intent.NEW_COMPLAINT), definition="It leaks.",
        )
    )  # fmt: skip
    late.staff("2026-04-01", Act.RECORD, words="low cost rental", name="tenure")
    assert late.row.stage1 and late.row.stage1.requested == day("2026-04-01")
    assert tsm.ch01((late.row,), 1, "low cost rental", YEAR, 1_000).counted == ()


@pytest.fixture(scope="module")
def a_small_year() -> tuple[Row, ...]:
    """Eight complaints of tenants and one of a leaseholder, and what became of them:

    1  received 2 Mar, answered 16 Mar, the last day                          in time
    2  received 2 Mar, answered 17 Mar                                        late
    3  received 2 Mar, put off to 30 Mar in time, answered 30 Mar             in time
    4  received 2 Mar, withdrawn                                              received, never answered
    5  received 2 Mar, refused                                                not received
    6  received 26 Mar 2025 (the year before), answered 9 Apr 2025, in time   answered in the year, not received in it
    7  received 30 Mar 2026, answered 10 Apr 2026                             received in the year, answered after it
    8  received 12 Jan, answered, stage 2 asked 9 Feb, answered 10 Mar        stage 1 in time, stage 2 a day late
    9  a leaseholder's, received 2 Mar, answered in time                      in no measure
    """
    told = [Told(number=n) for n in range(1, 10)]
    for n in (0, 1, 2, 3, 4):
        told[n].complains("2026-03-02")
    told[0].answers("2026-03-16")
    told[1].answers("2026-03-17")
    told[2].puts_off("2026-03-13", working_days=10).answers("2026-03-30")
    told[3].staff("2026-03-05", Act.CLOSE, words="withdrawn")
    told[4].staff("2026-03-04", Act.DECLINE, who="alex", ground="age", text="Settled in 2019.", reason="old")
    told[5].complains("2025-03-26").answers("2025-04-09")
    told[6].complains("2026-03-30").answers("2026-04-10")
    told[7].complains("2026-01-12").answers("2026-01-23")
    told[7].mail("2026-02-09", Intent.ESCALATION_REQUEST, text="Stage 2.").answers("2026-03-10")
    told[8].mail("2026-03-02", Intent.NEW_COMPLAINT).staff(
        "2026-03-02", Act.RECORD, words="leaseholder", name="tenure"
    )
    told[8].answers("2026-03-10")
    return rows(told)


Measured = Callable[[tuple[Row, ...]], object]


@pytest.mark.parametrize(
    ("what", "measured", "expected"),
    [
        # received in the year: 1, 2, 3, 4, 7, 8 = 6; for 3,000 homes that is 2 for each 1,000
        ("CH01(1)", lambda r: tsm.ch01(r, 1, "low cost rental", YEAR, 3_000).per_thousand, 2.0),
        # stage 2 received in the year: 8 alone
        ("CH01(2)", lambda r: tsm.ch01(r, 2, "low cost rental", YEAR, 3_000).per_thousand, 1_000 / 3_000),
        # received in the year and answered in Code time: 1, 3, 7, 8 of 1, 2, 3, 4, 7, 8
        ("CH02(1) received", lambda r: tsm.ch02(r, 1, "low cost rental", YEAR, tsm.RECEIVED), (4, 6)),
        # answered in the year: 1, 2, 3, 6, 8; in time all but 2
        ("CH02(1) answered", lambda r: tsm.ch02(r, 1, "low cost rental", YEAR, tsm.ANSWERED), (4, 5)),
        ("CH02(2) received", lambda r: tsm.ch02(r, 2, "low cost rental", YEAR, tsm.RECEIVED), (0, 1)),
        ("CH02(2) answered", lambda r: tsm.ch02(r, 2, "low cost rental", YEAR, tsm.ANSWERED), (0, 1)),
        ("nobody owns a share", lambda r: tsm.ch02(r, 1, "low cost ownership", YEAR, tsm.RECEIVED), (0, 0)),
    ],
)
def test_the_measures_of_a_small_year(
    what: str, measured: Measured, expected: object, a_small_year: tuple[Row, ...]
) -> None:
    found = measured(a_small_year)
    if isinstance(found, tsm.Measured):
        found = (len(found.counted), len(found.base))
    assert found == pytest.approx(expected), what


def test_the_year_is_the_regulators() -> None:
    assert Period(Cycle.ANNUAL, day("2025-04-01"), day("2026-03-31"), "2025-26", "the year 2025-26") == YEAR

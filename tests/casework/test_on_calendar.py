"""A holiday is added, a day is won back, a policy is put right: open cases are counted anew, and what the resident
was told stays where it is the better for them. Dates are hand-counted; 2026 has its Easter on 5 April."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, field, replace

from casework_samples import ALEX, at, letters, mail, policy, rulebook
from hypothesis import given, settings
from hypothesis import strategies as st

from mailbot.casework.calendar import Calendar
from mailbot.casework.lifecycle import decide
from mailbot.casework.on_calendar import ON_CALENDAR
from mailbot.casework.rulebook import Habits, Rulebook
from mailbot.casework.vocabulary import (
    Act,
    Audience,
    CancelTimer,
    Case,
    DatesChanged,
    Decision,
    Event,
    Intent,
    Letter,
    SetTimer,
    StaffActed,
    Stage,
    StageRecord,
    Timer,
    TimerFell,
)

D = dt.date
CONFIRMED = Habits(confirm_acknowledgement=True)


def with_holiday(*days: D, worked: tuple[D, ...] = ()) -> Calendar:
    return Calendar("ENG", extra_holidays=frozenset(days), extra_working_days=frozenset(worked))


@dataclass
class Desk:
    """One case with its timers, as storage keeps them."""

    rules: Rulebook
    case: Case | None = None
    timers: dict[tuple[Timer, str], SetTimer] = field(default_factory=dict)

    def step(self, event: Event) -> Decision:
        decision = decide(self.case, event, self.rules)
        assert not decision.refused, decision.refused
        self.case = decision.case
        if isinstance(event, TimerFell):
            self.timers.pop((event.timer, event.subject), None)
        for effect in decision.effects:
            if isinstance(effect, SetTimer):
                self.timers[effect.timer, effect.subject] = effect
            elif isinstance(effect, CancelTimer):
                self.timers.pop((effect.timer, effect.subject), None)
        return decision

    def complain(self, day: str) -> None:
        self.step(mail(Intent.NEW_COMPLAINT, day))

    def staff(self, act: Act, day: str, who: str = "sam", **more: object) -> None:
        self.step(StaffActed(at(day), who, act, **more))  # type: ignore[arg-type]

    def recount(self, calendar: Calendar, day: str, time: str = "10:00") -> Decision:
        """The service starts with this calendar."""
        self.rules = replace(self.rules, calendar=calendar)
        return self.step(DatesChanged(at(day, time), tuple(self.timers.values())))

    @property
    def record(self) -> StageRecord:
        assert self.case and self.case.current
        return self.case.current

    @property
    def respond(self) -> tuple[D, D]:
        return self.record.promised.target, self.record.promised.outer

    def falls(self, timer: Timer, subject: str = "") -> D:
        return Calendar.london_date(self.timers[timer, subject].due_at)


def nothing_moved(decision: Decision) -> bool:
    return not decision.effects and not decision.summary


def alert_of(decision: Decision) -> str:
    (letter,) = letters(decision.effects)
    assert letter.letter is Letter.ALERT
    lines = letter.facts["lines"]
    assert isinstance(lines, list)
    return "\n".join(map(str, lines))


# ------------------------------------------------------------------ a holiday more


def test_a_holiday_after_the_acknowledgement_leaves_the_promised_date_and_moves_the_breach() -> None:
    desk = Desk(rulebook())
    desk.complain("2026-03-02")  # acknowledged at once, with "by Monday 16 March"
    assert desk.respond == (D(2026, 3, 16), D(2026, 3, 16))
    decision = desk.recount(with_holiday(D(2026, 3, 9)), "2026-03-04")
    assert desk.respond == (D(2026, 3, 16), D(2026, 3, 17))
    assert "House 35" in desk.record.respond.clauses and "3.2 b4" in desk.record.respond.clauses
    assert "House 35" in decision.because
    assert desk.falls(Timer.RESPONSE_DUE) == D(2026, 3, 16)
    assert desk.falls(Timer.RESPONSE_LATE) == D(2026, 3, 18)
    told = alert_of(decision)
    assert "Stage One response: 2026-03-16 (at the latest 2026-03-17) instead of 2026-03-16" in told
    assert "2026-03-16 was told in writing, and stays" in told
    assert "2026-03-16" in decision.summary and "the calendar has changed" in decision.summary
    (letter,) = letters(decision.effects)
    assert (letter.person, letter.audience) == (desk.record.handler, Audience.HANDLER)


def test_a_holiday_before_the_acknowledgement_moves_every_date() -> None:
    desk = Desk(rulebook(habits=CONFIRMED))
    desk.complain("2026-03-02")
    assert (desk.record.acknowledge.target, desk.falls(Timer.ACKNOWLEDGE)) == (D(2026, 3, 9), D(2026, 3, 6))
    decision = desk.recount(with_holiday(D(2026, 3, 6)), "2026-03-04")
    assert desk.record.acknowledge.target == D(2026, 3, 10)
    assert desk.falls(Timer.ACKNOWLEDGE) == D(2026, 3, 9)
    assert desk.respond == (D(2026, 3, 17), D(2026, 3, 24))  # from receipt; at the latest from the 10th
    assert desk.record.acknowledged_at is None
    told = alert_of(decision)
    assert "Stage One acknowledgement: 2026-03-10 instead of 2026-03-09" in told
    assert "stays" not in told
    assert "House 35" not in desk.record.respond.clauses


def test_the_date_of_a_contact_that_was_promised_stays_and_one_that_was_made_is_left_alone() -> None:
    desk = Desk(rulebook("tch"))
    desk.complain("2026-03-02")
    assert desk.record.contact and desk.record.contact.target == D(2026, 3, 5)
    desk.recount(with_holiday(D(2026, 3, 4)), "2026-03-03")
    assert (desk.record.contact.target, desk.record.contact.outer) == (D(2026, 3, 5), D(2026, 3, 6))
    assert desk.falls(Timer.CONTACT) == D(2026, 3, 5)
    desk.staff(Act.CONTACTED, "2026-03-05", words="by phone")
    made = desk.record.contact
    desk.recount(with_holiday(D(2026, 3, 4), D(2026, 3, 6)), "2026-03-05")
    assert desk.record.contact == made and (Timer.CONTACT, "") not in desk.timers


# ------------------------------------------------------------------ a holiday less


def test_a_day_that_is_won_back_makes_the_answer_due_earlier_than_was_told() -> None:
    desk = Desk(rulebook())
    desk.complain("2026-04-02")  # Easter Monday is the 6th
    assert desk.respond == (D(2026, 4, 20), D(2026, 4, 20))
    near = desk.falls(Timer.RESPONSE_NEAR)
    decision = desk.recount(with_holiday(worked=(D(2026, 4, 6),)), "2026-04-03")
    assert desk.respond == (D(2026, 4, 17), D(2026, 4, 17))
    assert desk.falls(Timer.RESPONSE_DUE) == D(2026, 4, 17)
    assert desk.falls(Timer.RESPONSE_LATE) == D(2026, 4, 20)
    assert desk.falls(Timer.RESPONSE_NEAR) < near
    assert "2026-04-17 instead of 2026-04-20" in alert_of(decision) and "stays" not in alert_of(decision)


def test_a_date_that_has_passed_by_the_new_count_is_chased_at_once() -> None:
    desk = Desk(rulebook())
    desk.complain("2026-04-02")
    desk.recount(with_holiday(worked=(D(2026, 4, 6),)), "2026-04-20", "07:00")
    late = desk.timers[Timer.RESPONSE_LATE, ""].due_at
    assert late == at("2026-04-20", "08:30")
    decision = desk.step(TimerFell(at("2026-04-20", "08:30"), Timer.RESPONSE_LATE, late))
    assert letters(decision.effects)[0].letter is Letter.CHASER


# ------------------------------------------------------------------ twice, closed, and other places


def test_counted_anew_twice_nothing_is_done_the_second_time() -> None:
    for habits in (Habits(), CONFIRMED):
        desk = Desk(rulebook(habits=habits))
        desk.complain("2026-03-02")
        calendar = with_holiday(D(2026, 3, 5))
        assert desk.recount(calendar, "2026-03-03").effects
        before = desk.case
        for day in ("2026-03-03", "2026-03-04", "2026-03-12", "2026-04-01"):
            assert nothing_moved(desk.recount(calendar, day)), day
        assert desk.case == before


def test_a_second_holiday_keeps_the_first_promise() -> None:
    desk = Desk(rulebook())
    desk.complain("2026-03-02")
    desk.recount(with_holiday(D(2026, 3, 9)), "2026-03-04")
    desk.recount(with_holiday(D(2026, 3, 9), D(2026, 3, 11)), "2026-03-05")
    assert desk.respond == (D(2026, 3, 16), D(2026, 3, 18))
    desk.recount(with_holiday(), "2026-03-06")  # both were a mistake
    assert desk.respond == (D(2026, 3, 16), D(2026, 3, 16))
    assert "House 35" not in desk.record.respond.clauses


def test_a_holiday_that_touches_nothing_moves_nothing() -> None:
    desk = Desk(rulebook())
    desk.complain("2026-03-02")
    assert nothing_moved(desk.recount(with_holiday(D(2026, 2, 27), D(2026, 6, 15)), "2026-03-03"))


def test_of_a_closed_case_nothing_is_counted_anew() -> None:
    desk = Desk(rulebook())
    desk.complain("2026-03-02")
    desk.staff(Act.CLOSE, "2026-03-04", words="withdrawn")
    closed = desk.case
    assert nothing_moved(desk.recount(with_holiday(D(2026, 3, 9)), "2026-03-05"))
    assert desk.case == closed and closed and closed.stage is Stage.CLOSED


def test_every_stage_says_what_becomes_of_its_dates() -> None:
    assert set(ON_CALENDAR) == set(Stage) - {Stage.NONE}


def test_at_stage_2_only_its_own_dates_are_counted_anew() -> None:
    desk = Desk(rulebook())
    desk.complain("2026-03-02")
    desk.staff(Act.RESPOND, "2026-03-10", words="not upheld", text="We found no fault.")
    desk.step(mail(Intent.ESCALATION_REQUEST, "2026-03-30"))
    assert desk.case and desk.case.stage is Stage.STAGE2_OPEN
    first = desk.case.stage1
    assert desk.respond == (D(2026, 4, 29), D(2026, 4, 29))
    decision = desk.recount(with_holiday(D(2026, 3, 11), D(2026, 4, 13)), "2026-04-01")
    assert desk.respond == (D(2026, 4, 29), D(2026, 4, 30))
    assert desk.case.stage1 == first
    assert "Stage Two response" in alert_of(decision)


def test_an_extension_stands_as_it_was_told() -> None:
    desk = Desk(rulebook())
    desk.complain("2026-03-02")
    desk.staff(Act.EXTEND, "2026-03-12", working_days=5, reason="the survey is late")
    assert desk.respond == (D(2026, 3, 23), D(2026, 3, 23))
    timers = dict(desk.timers)
    decision = desk.recount(with_holiday(D(2026, 3, 13)), "2026-03-12")
    assert desk.respond == (D(2026, 3, 23), D(2026, 3, 23))
    assert (desk.record.respond.target, desk.record.respond.outer) == (D(2026, 3, 16), D(2026, 3, 17))
    assert "before its extension to 2026-03-23, which stands" in alert_of(decision)
    moved = {key for key in timers if timers[key] != desk.timers[key]}
    assert moved == set()


def test_an_extension_over_a_holiday_moves_only_the_reminders_that_count_from_it() -> None:
    desk = Desk(rulebook())
    desk.complain("2026-03-02")
    desk.staff(Act.EXTEND, "2026-03-12", working_days=5, reason="the survey is late")
    near = desk.falls(Timer.RESPONSE_NEAR)
    decision = desk.recount(with_holiday(D(2026, 3, 20), D(2026, 3, 24)), "2026-03-12")
    assert letters(decision.effects) == [] and "no date that is owed moves" in decision.summary
    assert desk.falls(Timer.RESPONSE_DUE) == D(2026, 3, 23)
    assert desk.falls(Timer.RESPONSE_NEAR) == near - dt.timedelta(days=1)
    assert desk.falls(Timer.RESPONSE_LATE) == D(2026, 3, 25)


# ------------------------------------------------------------------ what residents may do


def answered(name: str) -> Desk:
    desk = Desk(rulebook(name))
    desk.complain("2026-04-20")
    desk.staff(Act.RESPOND, "2026-04-28", words="upheld", text="We are sorry.")
    return desk


def test_the_residents_own_time_grows_with_a_holiday_and_never_shrinks() -> None:
    desk = answered("mrh")
    assert desk.record.window and desk.record.window.outer == D(2026, 5, 28)
    closing = desk.falls(Timer.CLOSE_SILENT)
    decision = desk.recount(with_holiday(D(2026, 5, 12)), "2026-05-01")
    assert desk.record.window.outer == D(2026, 5, 29)
    assert desk.falls(Timer.CLOSE_SILENT) > closing
    assert "may ask for the next stage until: 2026-05-29 instead of 2026-05-28" in alert_of(decision)
    grown = desk.falls(Timer.CLOSE_SILENT)
    assert nothing_moved(desk.recount(with_holiday(worked=(D(2026, 5, 4),)), "2026-05-02"))
    assert desk.record.window.outer == D(2026, 5, 29) and desk.falls(Timer.CLOSE_SILENT) == grown


def test_a_reminder_that_went_is_not_sent_again_and_its_day_of_closing_does_not_come_closer() -> None:
    desk = answered("mrh")
    fell = desk.timers[Timer.REMIND_WINDOW, ""].due_at
    desk.step(TimerFell(fell, Timer.REMIND_WINDOW, fell))
    told = desk.falls(Timer.CLOSE_SILENT)
    day = Calendar.london_date(fell).isoformat()
    assert nothing_moved(desk.recount(with_holiday(worked=(D(2026, 5, 25),)), day, "12:00"))
    assert desk.falls(Timer.CLOSE_SILENT) == told
    assert (Timer.REMIND_WINDOW, "") not in desk.timers


def test_an_answer_that_we_owe_is_chased_as_before() -> None:
    desk = answered("mrh")
    desk.step(mail(Intent.REPLY, "2026-05-05"))
    chased = desk.timers[Timer.CLOSE_SILENT, ""]
    desk.recount(with_holiday(D(2026, 5, 12)), "2026-05-05", "11:00")
    assert desk.timers[Timer.CLOSE_SILENT, ""] == chased


# ------------------------------------------------------------------ what waits for somebody


def test_a_mail_that_waits_to_be_sorted_is_taken_as_a_complaint_before_the_new_date() -> None:
    desk = Desk(rulebook())
    desk.step(mail(Intent.UNSURE, "2026-03-02"))
    assert desk.case and desk.case.stage is Stage.UNSORTED
    assert desk.falls(Timer.SORT, "1") == D(2026, 3, 6)
    decision = desk.recount(with_holiday(worked=(D(2026, 3, 7),)), "2026-03-03")
    assert nothing_moved(desk.recount(with_holiday(worked=(D(2026, 3, 7),)), "2026-03-04"))
    assert desk.falls(Timer.SORT, "1") == D(2026, 3, 6), "the Saturday is worked: it is the due day itself"
    decision = desk.recount(with_holiday(D(2026, 3, 5)), "2026-03-04")
    assert desk.falls(Timer.SORT, "1") == D(2026, 3, 9)
    (letter,) = letters(decision.effects)
    assert letter.to == ALEX.address
    assert "2026-03-09 instead of 2026-03-06" in alert_of(decision)
    assert desk.case.questions[0].default_at == desk.timers[Timer.SORT, "1"].due_at


def test_a_timer_that_is_due_and_waits_for_its_tick_still_falls() -> None:
    """The service was down on the morning of the target: it is counted anew before it ticks."""
    desk = Desk(rulebook())
    desk.complain("2026-03-02")
    due = desk.timers[Timer.RESPONSE_DUE, ""]
    assert due.due_at == at("2026-03-16", "08:30")
    desk.recount(with_holiday(D(2026, 3, 17)), "2026-03-16", "09:15")
    assert desk.timers[Timer.RESPONSE_DUE, ""] == due
    assert desk.falls(Timer.RESPONSE_LATE) == D(2026, 3, 18)


def test_a_late_answer_is_chased_on_its_own_beat() -> None:
    desk = Desk(rulebook())
    desk.complain("2026-03-02")
    late = desk.timers[Timer.RESPONSE_LATE, ""].due_at
    desk.step(TimerFell(late, Timer.RESPONSE_LATE, late))
    again = desk.timers[Timer.RESPONSE_LATE, ""]
    assert nothing_moved(desk.recount(with_holiday(D(2026, 6, 15)), "2026-03-17", "12:00"))
    assert desk.timers[Timer.RESPONSE_LATE, ""] == again


def test_a_policy_that_is_put_right_says_so_and_a_promise_outlives_its_rule() -> None:
    desk = Desk(rulebook("tch"))
    desk.complain("2026-03-02")
    told = desk.record.contact
    first, second = policy("tch").stages
    longer = replace(policy("tch"), stages=(replace(first, contact=None), second))
    desk.rules = replace(desk.rules, policy=longer)
    desk.step(DatesChanged(at("2026-03-03"), tuple(desk.timers.values()), policy=True))
    assert desk.record.contact == told
    mtvh = Desk(rulebook())
    mtvh.complain("2026-03-02")
    hurried = replace(policy().stages[0], respond=policy("mhs").stages[0].respond)
    mtvh.rules = replace(
        mtvh.rules,
        policy=replace(
            policy(),
            stages=(hurried, policy().stages[1]),
            clauses={**policy().clauses, **policy("mhs").clauses},
        ),
    )
    decision = mtvh.step(DatesChanged(at("2026-03-03"), tuple(mtvh.timers.values()), policy=True))
    assert mtvh.respond[0] < D(2026, 3, 16)
    assert "the policy has changed" in decision.summary


# ------------------------------------------------------------------ whatever comes

_days = st.dates(D(2026, 3, 2), D(2026, 4, 30)).filter(lambda d: d.weekday() < 5)
_calendars = st.builds(
    lambda off, on: with_holiday(*(off - on), worked=tuple(on)),
    st.frozensets(_days, max_size=4),
    st.frozensets(st.sampled_from([D(2026, 4, 3), D(2026, 4, 6), D(2026, 3, 7)]), max_size=2),
)


@settings(deadline=None)
@given(
    st.sampled_from(["mtvh", "mhs", "mrh", "ivh", "tch", "code-2024"]),
    st.lists(_calendars, min_size=1, max_size=4),
)
def test_what_people_work_to_is_the_earliest_that_was_ever_told_or_is_due(
    name: str, calendars: list[Calendar]
) -> None:
    desk = Desk(rulebook(name))
    desk.complain("2026-03-12")
    targets = [desk.respond[0]]
    number = 1
    for calendar in calendars:
        desk.recount(calendar, "2026-03-12", "11:00")
        rules = replace(desk.rules, calendar=calendar)
        fresh = rules.policy.stage(number).respond.due(rules.anchors(desk.record), calendar)
        targets.append(fresh.target)
        assert desk.record.respond.target == min(targets)
        assert desk.record.respond.outer == fresh.outer >= desk.record.respond.target
        assert nothing_moved(desk.recount(calendar, "2026-03-12", "11:00"))
        ladder = {t: o.due_at for (t, _), o in desk.timers.items()}
        assert Calendar.london_date(ladder[Timer.RESPONSE_DUE]) == desk.respond[0]
        late = calendar.add_working_days(desk.respond[1], 1)
        assert Calendar.london_date(ladder[Timer.RESPONSE_LATE]) == late

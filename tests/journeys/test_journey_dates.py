"""A bank holiday is proclaimed while cases are open, and taken back again: dates, timers, one mail and the record."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable

from conftest import COMPLAINT, JO, SAM, House, london
from doors.mailboxes import Mailboxes
from doors.primed import Ended, Primed

from mailbot.casework.calendar import Calendar
from mailbot.casework.vocabulary import Timer
from mailbot.places import config_dir
from mailbot.recounting import CALENDAR, fingerprint

D = dt.date
MakeHouse = Callable[..., House]
ROYAL_DAY = "extra_holidays = [2026-03-09]"
KIM = "kim.adeyemi@example.com"


def start_anew(house: House, calendar: str) -> list[str]:
    """The service ends, the calendar is changed, and it starts as `mailbot run` and `mailbot once` do."""
    house.stop()
    house.calendar = calendar
    changed = [reference for reference, _ in house.parts.service.recompute_dates()]
    house.turn()
    return changed


def alerts(house: House) -> list[str]:
    return [r.text for r in house.letters(SAM, "alert") if "dates have changed" in r.subject]


def falls(house: House, timer: Timer) -> D:
    with house.parts.store.read() as work:
        (row,) = [t for t in work.timers_of(house.the_case().reference) if t.timer is timer]
    return Calendar.london_date(row.due_at)


def test_a_holiday_that_is_proclaimed_after_the_acknowledgement(
    make_house: MakeHouse, embedded_mail: Mailboxes
) -> None:
    house = make_house(embedded_mail)
    house.write(JO, COMPLAINT)
    house.turn()
    case = house.the_case()
    assert "Monday 16 March 2026" in house.last(JO, "acknowledgement").text
    house.go_to("2026-03-04", "11:00")

    assert start_anew(house, ROYAL_DAY) == [case.reference]
    after = house.the_case()
    assert after.stage1 and (after.stage1.respond.target, after.stage1.respond.outer) == (
        D(2026, 3, 16),
        D(2026, 3, 17),
    )
    assert falls(house, Timer.RESPONSE_LATE) == D(2026, 3, 18)
    (told,) = alerts(house)
    assert "Monday 16 March 2026" in told and "Tuesday 17 March 2026" in told and "stays" in told
    line = next(r for r in house.journal(case.reference) if r.kind == "dates_changed")
    assert line.who == "mailbot" and "House 35" in line.because and "Code 6.3" in line.because
    assert len(house.letters(JO)) == 1, "the resident has a date, and it holds"

    # Started again and again, nothing more happens.
    for _ in range(2):
        assert start_anew(house, ROYAL_DAY) == []
    assert len(alerts(house)) == 1
    assert len([r for r in house.journal(case.reference) if r.kind == "dates_changed"]) == 1

    # Taken back: all is as before, and the handler hears of that too.
    assert start_anew(house, "") == [case.reference]
    assert house.the_case().stage1 == case.stage1
    assert len(alerts(house)) == 2
    assert falls(house, Timer.RESPONSE_LATE) == D(2026, 3, 17)


def test_where_nothing_has_changed_no_case_is_read(make_house: MakeHouse, embedded_mail: Mailboxes) -> None:
    house = make_house(embedded_mail)
    house.parts.service.recompute_dates()
    with house.parts.store.read() as work:
        assert work.recall(CALENDAR) == fingerprint(house.parts.service.settings.calendar)
    house.write(JO, COMPLAINT)
    house.turn()
    version = house.the_case().version
    assert house.parts.service.recompute_dates() == []
    assert house.the_case().version == version
    assert start_anew(house, "closure_days = [2026-03-05]") == [], "a shut office moves nothing"


def test_a_policy_that_is_put_right_counts_for_its_open_cases_at_once(
    make_house: MakeHouse, embedded_mail: Mailboxes
) -> None:
    text = (
        (config_dir() / "policies" / "mtvh.toml").read_text(encoding="utf-8").replace('"mtvh"', '"ours"', 1)
    )
    house = make_house(embedded_mail, policy="ours", policies={"ours": text})
    house.parts.service.recompute_dates()
    house.write(JO, COMPLAINT)
    house.turn()
    case = house.the_case()
    house.policies["ours"] = text.replace(
        'target = "10 working days from received"', 'target = "8 working days from received"'
    )
    assert start_anew(house, "") == [case.reference]
    after = house.the_case()
    assert after.stage1 and after.stage1.respond.target == D(2026, 3, 12)
    (told,) = alerts(house)
    assert "because the policy has changed" in told


def test_closed_cases_are_left_alone_and_others_each_hear_once(
    make_house: MakeHouse, embedded_mail: Mailboxes
) -> None:
    house = make_house(embedded_mail)
    house.write(JO, COMPLAINT)
    house.turn()
    house.write(SAM, "#close withdrawn", answers=house.last(SAM, "case_assigned"))
    house.write(KIM, COMPLAINT.replace("Jo Finch", "Kim Adeyemi"), subject="Lift out of order")
    house.go_to("2026-03-03", "09:30")
    closed, open_one = sorted(house.cases(), key=lambda c: c.reference)
    assert start_anew(house, ROYAL_DAY) == [open_one.reference]
    assert house.cases()[0] == closed
    assert len(alerts(house)) == 1


STARTS = """
import datetime as dt, sys
from pathlib import Path
from mailbot import settings
from mailbot.clock import SetClock
from mailbot.start import build
from storage import open_store
loaded = settings.load(Path(sys.argv[1]))
parts = build(loaded, open_store(loaded.database.url), SetClock(dt.datetime.fromisoformat(sys.argv[2])), False)
print(*(reference for reference, _ in parts.service.recompute_dates()))
"""


def test_a_process_that_dies_half_way_through_goes_on_where_it_stopped(
    make_house: MakeHouse, embedded_mail: Mailboxes, primed: Primed
) -> None:
    house = make_house(embedded_mail)
    house.parts.service.recompute_dates()
    for n, sender in enumerate((JO, KIM, "lee.ward@example.com")):
        house.write(sender, COMPLAINT, subject=f"Leak number {n}")
        house.turn()
    references = [case.reference for case in house.cases()]
    house.stop()
    house.calendar = ROYAL_DAY
    arguments = (STARTS, house.write_config(), london("2026-03-04").isoformat())

    def start(crash_at: str = "") -> Ended:
        return primed.run("-c", *arguments, env={"MAILBOT_CRASH_AT": crash_at})

    # In the middle of the second case; after its commit; before the fingerprint is remembered.
    assert start("record:letters:2").killed
    assert start("committed:2").killed
    ended = start()
    assert ended.code == 0, ended.err
    assert len(ended.out.split()) < len(references), "what was counted anew already was passed over"
    house.clock.put(london("2026-03-04"))
    house.turn()
    assert start().out.split() == []
    assert len(alerts(house)) == len(references) == 3
    for reference in references:
        assert len([r for r in house.journal(reference) if r.kind == "dates_changed"]) == 1
    for case in house.cases():
        assert case.stage1 and case.stage1.respond.outer == D(2026, 3, 17)

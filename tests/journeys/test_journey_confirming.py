"""Where the landlord wants the handler to see the acknowledgement before it goes out."""

from __future__ import annotations

from collections.abc import Callable

from conftest import COMPLAINT, JO, SAM, House
from doors.dovecot import Dovecot

MakeHouse = Callable[..., House]
CONFIRM = "confirm_acknowledgement = true"


def test_a_handler_sees_the_whole_letter_and_releases_it(make_house: MakeHouse, dovecot: Dovecot) -> None:
    house = make_house(dovecot, casework=CONFIRM)
    house.write(f"Jo Finch <{JO}>", COMPLAINT)
    house.turn()
    assert house.letters(JO) == []
    shown = house.last(SAM, "confirm_acknowledgement")
    assert "nobody has come" in shown.text
    assert "Housing Ombudsman" in shown.text, "the letter as it will go, not an extract"
    house.go_to("2026-03-03", "11:00")
    house.write(SAM, "#acknowledge", answers=shown)
    house.turn()
    (sent,) = house.letters(JO, "acknowledgement")
    house.go_to("2026-03-10", "12:00")
    assert len(house.letters(JO, "acknowledgement")) == 1
    assert "Sam Okafor" in sent.text


def test_one_that_nobody_releases_goes_by_itself_before_its_window_ends(
    make_house: MakeHouse, dovecot: Dovecot
) -> None:
    house = make_house(dovecot, casework=CONFIRM)
    house.write(JO, COMPLAINT)
    house.turn()
    house.go_to("2026-03-06", "15:00")
    assert house.letters(JO) == []
    house.go_to("2026-03-06", "17:00")  # the window ends on Monday the 9th
    assert len(house.letters(JO, "acknowledgement")) == 1
    case = house.the_case()
    assert case.stage1 is not None and case.stage1.acknowledged_at is not None
    calendar = house.parts.service.settings.calendar
    assert calendar.london_date(case.stage1.acknowledged_at) <= case.stage1.acknowledge.target

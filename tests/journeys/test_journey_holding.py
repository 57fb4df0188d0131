"""A handler's letter waits in the house for two minutes; a mail with #cancel takes it back."""

from __future__ import annotations

from collections.abc import Callable

from conftest import COMPLAINT, JO, SAM, House
from doors.embedded import Embedded


def test_a_letter_that_is_taken_back_within_two_minutes_never_leaves(
    make_house: Callable[..., House], embedded_mail: Embedded
) -> None:
    house = make_house(embedded_mail, hold=2)
    house.write(JO, COMPLAINT)
    house.turn()
    house.write(SAM, "Dear Jo, you are mistaken.\n\nSam", answers=house.last(SAM, "case_assigned"))
    house.turn()
    echo = house.last(SAM, "command_done")
    assert "#cancel" in echo.text and "Dear Jo, you are mistaken." in echo.text
    assert house.letters(JO, "handler_reply") == []
    house.go_to("2026-03-02", "09:01")
    house.write(SAM, "#cancel", answers=echo)
    house.turn()
    assert "taken back" in house.last(SAM, "command_done").text
    house.go_to("2026-03-02", "09:10")
    assert house.letters(JO, "handler_reply") == []

    house.write(SAM, "Dear Jo, you are right.\n\nSam", answers=house.last(SAM, "case_assigned"))
    house.turn()
    assert house.letters(JO, "handler_reply") == []
    house.stop()  # the process ends meanwhile: what waits is in the database
    house.go_to("2026-03-02", "09:13")
    (reply,) = house.letters(JO, "handler_reply")
    assert "Dear Jo, you are right." in reply.text
    house.write(SAM, "#cancel", answers=house.last(SAM, "command_done"))
    house.turn()
    assert "can't be taken back" in house.last(SAM, "command_refused").text
    assert len(house.letters(JO, "handler_reply")) == 1

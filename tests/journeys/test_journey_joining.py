"""Two complaints that are one: the younger goes into the older, and only there."""

from __future__ import annotations

from collections.abc import Callable

from conftest import COMPLAINT, JO, SAM, House
from doors.embedded import Embedded

from mailbot.casework.vocabulary import Stage


def test_only_the_younger_case_of_the_same_resident_is_merged(
    make_house: Callable[..., House], embedded_mail: Embedded
) -> None:
    house = make_house(embedded_mail)
    house.write(JO, COMPLAINT)
    house.turn()
    house.go_to("2026-03-03")
    house.write(JO, COMPLAINT.replace("kitchen ceiling", "bedroom wall"), subject="Bedroom wall")
    house.write("kim@example.com", COMPLAINT.replace("kitchen", "hall"), subject="Hall")
    house.turn()
    elder, younger, kims = sorted(house.cases(), key=lambda c: (c.resident.address != JO, c.received_at))
    mails = {c.reference: next(r for r in house.letters(SAM, "case_assigned") if c.reference in r.subject)
             for c in (elder, younger, kims)}  # fmt: skip
    house.write(SAM, f"#merge {kims.reference}", answers=mails[younger.reference])
    house.turn()
    assert "same resident" in house.last(SAM, "command_refused").text
    house.write(SAM, f"#merge {younger.reference}", answers=mails[elder.reference])
    house.turn()
    assert "younger" in house.last(SAM, "command_refused").text
    before = len(house.letters(JO))
    house.write(SAM, f"#merge {elder.reference}", answers=mails[younger.reference])
    house.turn()
    stages = {c.reference: c.stage for c in house.cases()}
    assert stages[younger.reference] is Stage.CLOSED and stages[elder.reference] is Stage.STAGE1_OPEN
    shown = house.last(SAM, "case_mail")
    assert elder.reference in shown.subject and "bedroom wall" in shown.text
    assert len(house.letters(JO)) == before


def test_what_the_same_resident_wrote_from_another_address_is_merged_once_that_is_known_to_be_theirs(
    make_house: Callable[..., House], embedded_mail: Embedded
) -> None:
    house, other = make_house(embedded_mail), "jo.at.work@example.net"
    house.write(JO, COMPLAINT)
    house.turn()
    first = house.last(SAM, "case_assigned")
    elder = house.the_case().reference
    house.go_to("2026-03-04")
    house.write(
        other, "Still nobody came about the leak in my kitchen. I complain again.", subject="Leak AGAIN"
    )
    house.turn()
    second = house.last(SAM, "case_assigned")
    house.write(SAM, f"#merge {elder}", answers=second)
    house.turn()
    refused = house.last(SAM, "command_refused").text
    assert "same resident" in refused and f"#resident {other}" in refused
    house.write(SAM, f"#resident {other} Jo Finch", answers=first)
    house.write(SAM, f"#note it is hers\n#merge {elder}", answers=second)
    house.turn()
    assert [c.reference for c in house.cases() if c.closed_at is None] == [elder]
    assert "Still nobody came" in house.last(SAM, "case_mail").text

"""Mails of a backlog are settled together, by one commit: one in trouble takes none of the others with it."""

from __future__ import annotations

from collections.abc import Callable

from conftest import COMPLAINT, House
from doors.embedded import Embedded
from sqlalchemy import create_engine

from mailbot.daemon import Rounds
from storage.rows import MailState

RESIDENTS = [f"resident{n}@example.com" for n in range(5)]
THIRD = RESIDENTS[2]


def instruct(house: House, statement: str) -> None:
    engine = create_engine(house.url)
    with engine.begin() as connection:
        connection.exec_driver_sql(statement)
    engine.dispose()


def test_a_mail_that_fails_halfway_through_a_group_is_tried_again_and_the_others_are_settled_once(
    make_house: Callable[..., House], embedded_mail: Embedded
) -> None:
    """On Monday 2 March 2026 five residents complain at once; the database will have no case of the third."""
    house = make_house(embedded_mail, day="2026-03-02", time="09:00")
    for n, resident in enumerate(RESIDENTS):
        house.write(resident, COMPLAINT, subject=f"The lift of block {n}")
    instruct(
        house,
        f"CREATE TRIGGER refuse BEFORE INSERT ON parties WHEN new.address = '{THIRD}' "
        "BEGIN SELECT RAISE(ABORT, 'not this one'); END",
    )
    others = [resident for resident in RESIDENTS if resident != THIRD]
    house.turn()
    assert sorted(case.resident.address for case in house.cases()) == others
    assert sorted(letter.to for letter in house.letters(kind="acknowledgement")) == others
    with house.parts.store.read() as work:
        states = work.mails_by_state()
        (waiting,) = work.waiting_mails(10)
        numbers = sorted(int(case.reference.split("-")[2]) for case in work.cases())
    assert (states[MailState.ATTENDED], waiting.attempts) == (4, 1)
    assert numbers == [1, 2, 3, 4], "what was taken back has left no gap"

    instruct(house, "DROP TRIGGER refuse")
    house.write(
        "resident5@example.com", COMPLAINT, subject="The lift of block 5"
    )  # it goes alone, beside another
    house.go_to("2026-03-02", "09:05")
    everybody = [*RESIDENTS, "resident5@example.com"]
    assert sorted(case.resident.address for case in house.cases()) == everybody
    assert sorted(letter.to for letter in house.letters(kind="acknowledgement")) == everybody


def test_a_commit_that_fails_for_a_group_has_each_of_its_mails_attended_to_for_itself(
    make_house: Callable[..., House], embedded_mail: Embedded
) -> None:
    """The third has something asked for that is missed by the commit alone."""
    house = make_house(embedded_mail, day="2026-03-02", time="09:00")
    for n, resident in enumerate(RESIDENTS):
        house.write(resident, COMPLAINT, subject=f"The lift of block {n}")
    instruct(house, "CREATE TABLE known (address TEXT PRIMARY KEY)")
    instruct(
        house,
        "CREATE TABLE wanted (address TEXT REFERENCES known DEFERRABLE INITIALLY DEFERRED)",
    )
    instruct(
        house,
        f"CREATE TRIGGER hold AFTER INSERT ON parties WHEN new.address = '{THIRD}' "
        "BEGIN INSERT INTO wanted VALUES ('nobody'); END",
    )
    rounds = Rounds(house.parts.service)
    rounds.look(house.clock)
    rounds.close()
    house.parts.service.attend()
    assert sorted(case.resident.address for case in house.cases()) == [r for r in RESIDENTS if r != THIRD]
